/** Claims on the type of a column. */
import type { Session } from '../engines/index.ts'
import { COLUMNS } from './kinds.ts'
import { quoted } from './name.ts'
import { columnOf, partOf } from './parts.ts'
import { sameText, type Verdict, verdict } from './verdict.ts'

/** A type of this schema, whatever the search path makes of its name. It is printed with its schema. */
export interface TypeIn {
  readonly schema: string
  readonly type: string
}

/**
 * `col_type_is`: the column has this type, in any of SQL's spellings and with its length or precision: `int8`, `decimal(10, 2)`,
 * `zoo.mood`.
 *
 * @example
 * await tap.colTypeIs('zoo.animals', 'fee', 'numeric(10,2)')
 */
export async function colTypeIs(
  session: Session,
  relation: string,
  column: string,
  type: string | TypeIn,
  description = `Column ${columnOf(relation, column)} should be type ${spelled(type)}`,
): Promise<Verdict> {
  const wanted = typeof type === 'string' ? [null, type] : [type.schema, type.type]
  const row = await partOf(session, COLUMNS, relation, column, HAVE_AND_WANT, wanted)
  if (!row) return verdict(false, description, `   Column ${columnOf(relation, column)} does not exist`)
  const want = row['want'] ?? null
  if (want === null) return verdict(false, description, `    Type ${spelled(type)} does not exist`)
  return sameText(description, row['have'] ?? null, want)
}

function spelled(type: string | TypeIn): string {
  return typeof type === 'string' ? type : `${quoted(type.schema)}.${type.type}`
}

/** A type as the server prints it; where a schema was asked for ($4), with it even if the search path finds it. */
const printed = (type: string, modifier: string) =>
  `(select case when $4::name is not null and pg_catalog.pg_type_is_visible(t.oid)
                then pg_catalog.quote_ident(n.nspname) || '.' else '' end || pg_catalog.format_type(t.oid, ${modifier})
    from pg_catalog.pg_type as t
    join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
    where t.oid = ${type})`

/** Whether the server reads a type's modifier, too: from version 17 on. */
const READS_MODIFIERS = `current_setting('server_version_num')::integer >= 170000`

const INTERVAL = `'pg_catalog.interval'::pg_catalog.regtype`

/**
 * The statement that answers with a wanted type's modifier. Servers that do not read it have it made of what stands in
 * parentheses, as they do it themselves, or of the one that SQL means where `char` and `bit` have none.
 */
const MODIFIER = `
  case when ${READS_MODIFIERS} then pg_catalog.format('select pg_catalog.to_regtypemod(%L) as m', s.text)
       when t.typmodin = 0::pg_catalog.regproc or t.oid = ${INTERVAL} then 'select -1 as m'
       else pg_catalog.format('select %s(%L::cstring[]) as m', t.typmodin, coalesce(
         pg_catalog.translate(substring(s.text from '[(][^")]+[)]'), '()', '{}'),
         substring('{1}' from 1 for case when s.text ~* '^\\s*(char|character|bit)\\s*$' then 3 end))) end`

/** The wanted type ($5, in schema $4 unless that is NULL), and its modifier: -1 for none. */
const WANTED = `
  select t.oid, s.text,
         coalesce(substring(pg_catalog.query_to_xml(${MODIFIER}, true, true, '')::text from '<m>(-?\\d+)</m>')::integer, -1)
           as modifier
  from (select case when pg_catalog.to_regtype(pg_catalog.quote_ident($4::name) || '.' || $5::text) is null then $5::text
                    else pg_catalog.quote_ident($4::name) || '.' || $5::text end as text) as s
  join pg_catalog.pg_type as t on t.oid = pg_catalog.to_regtype(s.text)
  where $4::name is null
     or t.typnamespace = (select n.oid from pg_catalog.pg_namespace as n where n.nspname = $4::name)`

/** Before version 17 nothing reads the fields of an interval: there they have to be spelled as the server prints them. */
const HAVE_AND_WANT = `
  ${printed('x.atttypid', 'x.atttypmod')} as have,
  (select case when w.oid = ${INTERVAL} and not ${READS_MODIFIERS} then lower(w.text)
               else ${printed('w.oid', 'w.modifier')} end
   from (${WANTED}) as w) as want`
