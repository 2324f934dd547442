/** Claims on the foreign keys of a table. */
import type { Session } from '../engines/index.ts'
import { CONSTRAINTS, constraintExistence, listOfNames, namesOf } from './constrained.ts'
import { nameOf, qualified, quoted, shown } from './name.ts'
import { columnsOf, listOf, withColumns } from './parts.ts'
import { rowsOfRelation } from './relation.ts'
import { listed, sameText, type Verdict, verdict } from './verdict.ts'

const foreignKey = constraintExistence('f', 'a foreign key constraint')

/**
 * `has_fk`: the table has a foreign key.
 *
 * @example
 * await tap.hasFk('zoo.animals')
 */
export const hasFk = foreignKey.has

/**
 * `hasnt_fk`: the table has no foreign key.
 *
 * @example
 * await tap.hasntFk('zoo.keepers')
 */
export const hasntFk = foreignKey.hasnt

/**
 * `col_is_fk`: a foreign key of the table is on this column, or on these in this order.
 *
 * @example
 * await tap.colIsFk('zoo.portions', ['animal_id', 'fed_at'])
 */
export async function colIsFk(
  session: Session,
  table: string,
  columns: string | readonly string[],
  description = `${columnsOf(table, columns)} should be a foreign key`,
): Promise<Verdict> {
  const keys = await foreignKeys(session, table, columns)
  const others = keys.map(({ columns }) => columns).sort()
  const are = listed(`Table ${shown(table)} has foreign key constraints on these columns`, others)
  return verdict(
    keys.some(({ onThese }) => onThese),
    description,
    are[0] ?? `    Table ${shown(table)} has no foreign key columns`,
  )
}

/**
 * `col_isnt_fk`: no foreign key of the table is on this column, or on just these in this order.
 *
 * @example
 * await tap.colIsntFk('zoo.portions', 'portion')
 */
export async function colIsntFk(
  session: Session,
  table: string,
  columns: string | readonly string[],
  description = `${columnsOf(table, columns)} should not be a foreign key`,
): Promise<Verdict> {
  const keys = await foreignKeys(session, table, columns)
  return verdict(!keys.some(({ onThese }) => onThese), description)
}

/**
 * `fk_ok`: a foreign key on these columns of the one table refers to those of the other.
 *
 * @example
 * await tap.fkOk('zoo.animals', 'keeper_id', 'zoo.keepers', 'id')
 */
export async function fkOk(
  session: Session,
  table: string,
  columns: string | readonly string[],
  referenced: string,
  referencedColumns: string | readonly string[],
  description?: string,
): Promise<Verdict> {
  const from = withColumns(shown(table), columns)
  const wanted = withColumns(shown(referenced), referencedColumns)
  const keys = (await foreignKeys(session, table, columns)).filter(({ onThese }) => onThese)
  const targets = keys.map(({ target }) => target(nameOf(referenced).schema !== null))
  const found = targets.find((target) => target === wanted) ?? targets[0] ?? 'NOTHING'
  return sameText(
    description ?? `${from} should reference ${wanted}`,
    `${from} REFERENCES ${found}`,
    `${from} REFERENCES ${wanted}`,
  )
}

interface ForeignKey {
  /** Its columns, in a list. */
  readonly columns: string
  /** Whether these are the ones that were asked for. */
  readonly onThese: boolean
  /** The columns that it refers to. Their table has its schema where that is wanted, or needed. */
  readonly target: (withSchema: boolean) => string
}

async function foreignKeys(
  session: Session,
  table: string,
  columns: string | readonly string[],
): Promise<ForeignKey[]> {
  const rows = await rowsOfRelation(session, table, {
    columns: FOREIGN_KEY,
    join: TARGET,
    values: [listOf(columns)],
  })
  return rows.map(({ columns, on_these, schema, name, visible, target_columns }) => ({
    columns: columns ?? '',
    onThese: on_these === 'true',
    target: (withSchema) => {
      const relation = withSchema || visible !== 'true' ? qualified(schema, name ?? '') : quoted(name ?? '')
      return `${relation}(${target_columns ?? ''})`
    },
  }))
}

const FOREIGN_KEY = `
  ${listOfNames(namesOf('c.oid', 'k.conkey'))} as columns,
  (${namesOf('c.oid', 'k.conkey')} = $3::name[])::text as on_these,
  tn.nspname as schema, t.relname as name, pg_catalog.pg_table_is_visible(t.oid)::text as visible,
  ${listOfNames(namesOf('t.oid', 'k.confkey'))} as target_columns`

const TARGET = `
  ${CONSTRAINTS} and k.contype = 'f'
  join pg_catalog.pg_class as t on t.oid = k.confrelid
  join pg_catalog.pg_namespace as tn on tn.oid = t.relnamespace`
