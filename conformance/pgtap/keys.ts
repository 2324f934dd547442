/** Claims on the primary key of a table. */
import type { Session } from '../engines/index.ts'
import { constrainedColumns, constraintExistence } from './constrained.ts'
import { columnsOf } from './parts.ts'
import { otherText, sameText, type Verdict } from './verdict.ts'

const primaryKey = constraintExistence('p', 'a primary key')

/**
 * `has_pk`: the table has a primary key.
 *
 * @example
 * await tap.hasPk('zoo.animals')
 */
export const hasPk = primaryKey.has

/**
 * `hasnt_pk`: the table has no primary key.
 *
 * @example
 * await tap.hasntPk('zoo.notes')
 */
export const hasntPk = primaryKey.hasnt

/**
 * `col_is_pk`: the table's primary key is this column, or these in this order.
 *
 * @example
 * await tap.colIsPk('zoo.feedings', ['animal_id', 'fed_at'])
 */
export async function colIsPk(
  session: Session,
  table: string,
  columns: string | readonly string[],
  description = `${columnsOf(table, columns)} should be a primary key`,
): Promise<Verdict> {
  const { have, want } = await constrainedColumns(session, table, 'p', columns)
  return sameText(description, have[0] ?? null, want)
}

/**
 * `col_isnt_pk`: the table's primary key is not this column, nor just these in this order.
 *
 * @example
 * await tap.colIsntPk('zoo.feedings', 'animal_id')
 */
export async function colIsntPk(
  session: Session,
  table: string,
  columns: string | readonly string[],
  description = `${columnsOf(table, columns)} should not be a primary key`,
): Promise<Verdict> {
  const { have, want } = await constrainedColumns(session, table, 'p', columns)
  return otherText(description, have[0] ?? null, want)
}
