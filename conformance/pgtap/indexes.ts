/** Claims on which indexes a table has, and what they are on. */
import type { Session } from '../engines/index.ts'
import { type Rest, restOf } from './detail.ts'
import { INDEXES } from './kinds.ts'
import { quoted, shown } from './name.ts'
import { listOf, partExistence, partOf, partsAre } from './parts.ts'
import { rowsOfRelation } from './relation.ts'
import { sameText, type Verdict, verdict } from './verdict.ts'

const indexes = partExistence(INDEXES, (_table, index, be) => `Index ${index} ${be} exist`)

/** What an index is on, in its order: columns and expressions as the server prints them. An array, in SQL. */
const KEYS = `array(select pg_catalog.pg_get_indexdef(i.indexrelid, place, false)
                    from pg_catalog.generate_series(1, i.indnatts) as place order by place)`

/**
 * `has_index`: the table has an index of that name; where columns are given, on just these, in this order. A column is written
 * as the server prints it, quoted where it must be, and may be an expression: `lower(name)`.
 *
 * @example
 * await tap.hasIndex('zoo.animals', 'animals_species_name_idx', ['species', 'name'])
 */
export async function hasIndex(
  session: Session,
  table: string,
  index: string,
  ...rest: Rest<readonly string[]>
): Promise<Verdict> {
  const { detail: columns, description = `Index ${quoted(index)} should exist` } = restOf(rest)
  if (columns === undefined) return indexes.has(session, table, index, description)
  const on = `${quoted(index)} ON ${shown(table)}`
  const keys = `pg_catalog.array_to_string(${KEYS}, ', ') as keys`
  const row = await partOf(session, INDEXES, table, index, keys)
  if (!row) return verdict(false, description, `Index ${on} not found`)
  return sameText(description, `${on}(${row['keys']})`, `${on}(${columns.join(', ')})`)
}

/**
 * `hasnt_index`: the table has no index of that name.
 *
 * @example
 * await tap.hasntIndex('zoo.animals', 'animals_wings_idx')
 */
export const hasntIndex = indexes.hasnt

/**
 * `indexes_are`: the table has these indexes and no others.
 *
 * @example
 * await tap.indexesAre('zoo.keepers', ['keepers_pkey', 'keepers_name_key'])
 */
export const indexesAre = partsAre(INDEXES)

/**
 * `is_indexed`: an index of the table is on this column, or on these in this order, and nothing else. They are written as for
 * `hasIndex`.
 *
 * @example
 * await tap.isIndexed('zoo.animals', ['species', 'name'])
 */
export async function isIndexed(
  session: Session,
  table: string,
  columns: string | readonly string[],
  description = `Should have an index on ${shown(table)}(${listOf(columns).join(', ')})`,
): Promise<Verdict> {
  const join = `${INDEXES.join} and ${KEYS} = $3::text[]`
  const rows = await rowsOfRelation(session, table, { join, values: [listOf(columns)] })
  return verdict(rows.length > 0, description)
}
