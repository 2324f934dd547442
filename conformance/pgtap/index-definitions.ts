/** Claims on the whole of an index, which pgTAP has no words for: uniqueness, method, what it is on, and its WHERE. */
import type { Session } from '../engines/index.ts'
import { INDEXES } from './kinds.ts'
import { quoted, shown } from './name.ts'
import { partOf, partsOf } from './parts.ts'
import { sameText, sameThings, type Verdict, verdict } from './verdict.ts'

const UNIQUE = `case when i.indisunique then 'UNIQUE ' else '' end`

/** The names that the server prints before the definition. It calls every session's schema of temporary tables pg_temp. */
const NAMES = `pg_catalog.format('CREATE %sINDEX %I ON %s%I.%I USING ', ${UNIQUE}, x.relname,
  case when x.relkind = 'I' then 'ONLY ' else '' end,
  case when c.relnamespace = pg_catalog.pg_my_temp_schema() then 'pg_temp'
       else (select n.nspname from pg_catalog.pg_namespace as n where n.oid = c.relnamespace) end,
  c.relname)`

const DEFINITION = `${UNIQUE}
  || pg_catalog.substr(pg_catalog.pg_get_indexdef(x.oid), pg_catalog.length(${NAMES}) + 1)
  || case when i.indisvalid then '' else ' INVALID' end`

/**
 * The index of the table is this: what `pg_get_indexdef` prints after USING, with UNIQUE before it where it is unique, and
 * INVALID after it where building it has failed and no query uses it.
 *
 * @example
 * await tap.indexIs('zoo.animals', 'animals_lower_name_idx', 'UNIQUE btree (lower((name)::text))')
 */
export async function indexIs(
  session: Session,
  table: string,
  index: string,
  definition: string,
  description = `Index ${quoted(index)} on table ${shown(table)} should be ${definition}`,
): Promise<Verdict> {
  const row = await partOf(session, INDEXES, table, index, `${DEFINITION} as have`)
  if (row) return sameText(description, row['have'] ?? null, definition)
  return verdict(false, description, `    Index ${quoted(index)} does not exist on ${shown(table)}`)
}

/**
 * The table has these indexes and no others, those of its constraints among them, each defined as for `indexIs`.
 *
 * @example
 * await tap.indexDefinitionsAre('zoo.keepers', {
 *   keepers_pkey: 'UNIQUE btree (id)',
 *   keepers_name_key: 'UNIQUE btree (name)',
 * })
 */
export async function indexDefinitionsAre(
  session: Session,
  table: string,
  definitions: Readonly<Record<string, string>>,
  description = `Table ${shown(table)} should have the correct indexes`,
): Promise<Verdict> {
  const rows = await partsOf(session, INDEXES, table, `x.relname as name, ${DEFINITION} as definition`)
  if (rows === undefined) return verdict(false, description, `    Table ${shown(table)} does not exist`)
  const line = (name: string, definition: string) => `${quoted(name)}: ${definition}`
  const have = rows.map(({ name, definition }) => line(name ?? '', definition ?? ''))
  const want = Object.entries(definitions).map(([name, definition]) => line(name, definition))
  return sameThings('indexes', have, want, description)
}
