/** Claims on the columns of a relation. */
import type { Session } from '../engines/index.ts'
import { nameOf, quoted, shown } from './name.ts'
import { sameThings, type Verdict } from './verdict.ts'

/**
 * `columns_are`: the relation has these columns and no others.
 *
 * @example
 * await tap.columnsAre('zoo.notes', ['body'])
 */
export async function columnsAre(
  session: Session,
  relation: string,
  columns: readonly string[],
  description?: string,
): Promise<Verdict> {
  const { schema, name } = nameOf(relation)
  const rows = await session.query(
    `select a.attname as name
     from pg_catalog.pg_class as c
     join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relname = $2::name
       and case when $1::name is null then pg_catalog.pg_table_is_visible(c.oid)
                else c.relnamespace = (select n.oid from pg_catalog.pg_namespace as n where n.nspname = $1) end`,
    [schema, name],
  )
  return sameThings(
    'columns',
    rows.map((row) => quoted(row['name'] ?? '')),
    columns.map(quoted),
    description ?? `Table ${shown(relation)} should have the correct columns`,
  )
}
