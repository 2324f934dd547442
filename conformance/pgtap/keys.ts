/** Claims on the keys of a table. */
import type { Session } from '../engines/index.ts'
import { nameOf, quoted, shown } from './name.ts'
import { sameText, type Verdict } from './verdict.ts'

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
  description?: string,
): Promise<Verdict> {
  const { schema, name } = nameOf(table)
  const [row] = await session.query(
    `select array(select a.attname from unnest(k.conkey) with ordinality as u (attnum, n)
                  join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum = u.attnum order by n) as columns
     from pg_catalog.pg_class as c
     join pg_catalog.pg_constraint as k on k.conrelid = c.oid and k.contype = 'p'
     where c.relname = $2::name
       and case when $1::name is null then pg_catalog.pg_table_is_visible(c.oid)
                else c.relnamespace = (select n.oid from pg_catalog.pg_namespace as n where n.nspname = $1) end`,
    [schema, name],
  )
  const wanted = [columns].flat()
  const [want] = await session.query('select $1::name[]::text as columns', [wanted])
  const noun = typeof columns === 'string' ? 'Column' : 'Columns'
  return sameText(
    description ?? `${noun} ${shown(table)}(${wanted.map(quoted).join(', ')}) should be a primary key`,
    row?.['columns'] ?? null,
    want?.['columns'] ?? null,
  )
}
