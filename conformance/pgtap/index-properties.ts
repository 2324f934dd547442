/** Claims on what kind of an index one is. It is named alone, or with its table: an index alone may have a schema. */
import type { Row, Session } from '../engines/index.ts'
import { INDEXES } from './kinds.ts'
import { quoted, shown } from './name.ts'
import { partOf } from './parts.ts'
import { rowsOfRelation } from './relation.ts'
import { sameText, type Verdict, verdict } from './verdict.ts'

/** An index alone, or a table and an index of it; then the description. */
type OnIndex = [table: string, index: string, description?: string | undefined] | [index: string]

/** How an index is made. Extensions add others. */
type AccessMethod = 'btree' | 'hash' | 'gist' | 'gin' | 'spgist' | 'brin' | (string & {})

/**
 * `index_is_unique`: the index is unique.
 *
 * @example
 * await tap.indexIsUnique('zoo.animals', 'animals_lower_name_idx')
 */
export const indexIsUnique = property('i.indisunique', (index) => `Index ${index} should be unique`)

/**
 * `index_is_primary`: the index is that of a primary key.
 *
 * @example
 * await tap.indexIsPrimary('zoo.animals_pkey')
 */
export const indexIsPrimary = property(
  'i.indisprimary',
  (index) => `Index ${index} should be on a primary key`,
)

/**
 * `index_is_partial`: the index has a WHERE.
 *
 * @example
 * await tap.indexIsPartial('zoo.animals', 'animals_hungry_idx')
 */
export const indexIsPartial = property('i.indpred is not null', (index) => `Index ${index} should be partial`)

/**
 * `is_clustered`: the table was last clustered on the index.
 *
 * @example
 * await tap.isClustered('zoo.feedings', 'feedings_pkey')
 */
export const isClustered = property(
  'i.indisclustered',
  (index, table) => `Table ${table === undefined ? '' : `${table} `}should be clustered on index ${index}`,
)

/**
 * `index_is_type`: the index has this access method.
 *
 * @example
 * await tap.indexIsType('zoo.animals', 'animals_tags_idx', 'gin')
 */
export async function indexIsType(
  session: Session,
  ...args:
    | [table: string, index: string, type: AccessMethod, description?: string | undefined]
    | [index: string, type: AccessMethod]
): Promise<Verdict> {
  const [table, index, type, description] = args.length === 2 ? [undefined, ...args] : args
  const row = await indexOf(
    session,
    table,
    index,
    '(select m.amname from pg_catalog.pg_am as m where m.oid = x.relam) as have',
  )
  const named = table === undefined ? shown(index) : quoted(index)
  return sameText(
    description ?? `Index ${named} should be a ${quoted(type)} index`,
    row?.['have'] ?? null,
    type,
  )
}

/** The claim that `condition` holds of an index, which has to exist. */
function property(condition: string, sentence: (index: string, table?: string) => string) {
  return async (session: Session, ...args: OnIndex): Promise<Verdict> => {
    const [table, index, description] = args.length === 1 ? [undefined, ...args] : args
    const row = await indexOf(session, table, index, `(${condition})::text as held`)
    const claimed = table === undefined ? sentence(shown(index)) : sentence(quoted(index), shown(table))
    return verdict(row?.['held'] === 'true', description ?? claimed)
  }
}

/** What is asked for of an index, `i` and `x`, by its own name or by its table's and its own. */
async function indexOf(
  session: Session,
  table: string | undefined,
  index: string,
  columns: string,
): Promise<Row | undefined> {
  if (table !== undefined) return partOf(session, INDEXES, table, index, columns)
  const [row] = await rowsOfRelation(session, index, {
    columns,
    join: 'join pg_catalog.pg_index as i on i.indexrelid = c.oid join pg_catalog.pg_class as x on x.oid = c.oid',
  })
  return row
}
