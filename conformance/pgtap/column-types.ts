/** Claims on the type of a column. */
import type { Session } from '../engines/index.ts'
import { COLUMNS } from './kinds.ts'
import { quoted } from './name.ts'
import { columnOf, partOf } from './parts.ts'
import { noSuchSchema, thingsOf } from './schema-wide.ts'
import { listed, sameText, type Verdict, verdict } from './verdict.ts'

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
  const row = await partOf(session, COLUMNS, relation, column, haveAndWant('$4', '$5'), wanted)
  if (!row) return verdict(false, description, `   Column ${columnOf(relation, column)} does not exist`)
  const want = row['want'] ?? null
  if (want === null) return noSuchType(type, description)
  return sameText(description, row['have'] ?? null, want)
}

/**
 * Every column of the schema's tables whose name matches has this type, spelled as for `colTypeIs`: columns of one meaning, also
 * those of later tables. There has to be one.
 *
 * @example
 * await tap.columnsAreType('zoo', /_at$/, 'timestamptz')
 */
export async function columnsAreType(
  session: Session,
  schema: string,
  pattern: RegExp,
  type: string | TypeIn,
  description = `Columns of schema ${quoted(schema)} that match ${pattern} should be type ${spelled(type)}`,
): Promise<Verdict> {
  const wanted = typeof type === 'string' ? [null, type] : [type.schema, type.type]
  const things = `select x.attname as name, c.relname as "table", ${haveAndWant('$2', '$3')}
                  from pg_catalog.pg_class as c ${COLUMNS.join}
                  where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'f')`
  const columns = await thingsOf(session, schema, things, wanted)
  if (columns === undefined) return noSuchSchema(schema, description)
  const meant = columns.filter(({ name }) => (name ?? '').search(pattern) >= 0)
  const [first] = meant
  if (first === undefined)
    return verdict(false, description, `    No column of schema ${quoted(schema)} matches ${pattern}`)
  const want = first['want'] ?? null
  if (want === null) return noSuchType(type, description)
  const others = meant
    .filter(({ have }) => have !== want)
    .map(({ table, name, have }) => `${quoted(table ?? '')}.${quoted(name ?? '')}: ${have}`)
    .sort()
  return verdict(others.length === 0, description, listed('Columns of another type', others).join(), {
    have: others.join('\n'),
    want,
  })
}

function noSuchType(type: string | TypeIn, description: string): Verdict {
  return verdict(false, description, `    Type ${spelled(type)} does not exist`)
}

function spelled(type: string | TypeIn): string {
  return typeof type === 'string' ? type : `${quoted(type.schema)}.${type.type}`
}

/** A type as the server prints it; where a schema was asked for, with it even if the search path finds it. */
const printed = (type: string, modifier: string, schema: string) =>
  `(select case when ${schema}::name is not null and pg_catalog.pg_type_is_visible(t.oid)
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

/** Whether the search path finds the type in that schema: then it is read alone, since `interval(2)` is SQL, and no name has a (2). */
const foundThere = (schema: string, type: string) =>
  `exists (select from pg_catalog.pg_type as f
           join pg_catalog.pg_namespace as n on n.oid = f.typnamespace and n.nspname = ${schema}::name
           where f.oid = pg_catalog.to_regtype(${type}::text) and pg_catalog.pg_type_is_visible(f.oid))`

/** The type with that schema before it; NULL where there is none. */
const qualifiedType = (schema: string, type: string) =>
  `(select q.text from (select pg_catalog.quote_ident(${schema}::name) || '.' || ${type}::text as text) as q
    where pg_catalog.to_regtype(q.text) is not null)`

/** The wanted type, in that schema unless it is NULL, and its modifier: -1 for none. */
const wantedType = (schema: string, type: string) => `
  select t.oid, s.text,
         coalesce(substring(pg_catalog.query_to_xml(${MODIFIER}, true, true, '')::text from '<m>(-?\\d+)</m>')::integer, -1)
           as modifier
  from (select case when ${foundThere(schema, type)} then ${type}::text
                    else coalesce(${qualifiedType(schema, type)}, ${type}::text) end as text) as s
  join pg_catalog.pg_type as t on t.oid = pg_catalog.to_regtype(s.text)
  where ${schema}::name is null
     or t.typnamespace = (select n.oid from pg_catalog.pg_namespace as n where n.nspname = ${schema}::name)`

/** An interval as it was wanted, with the schema where one was asked for. */
const printedInterval = (schema: string, type: string) =>
  `coalesce(pg_catalog.quote_ident(${schema}::name) || '.', '') || lower(${type}::text)`

/**
 * The type of a column, `x`, and the wanted one, in the same spelling; of the latter, its schema and its text are parameters.
 * Before version 17 nothing reads the fields of an interval: there they have to be spelled as the server prints them.
 */
const haveAndWant = (schema: string, type: string) => `
  ${printed('x.atttypid', 'x.atttypmod', schema)} as have,
  (select case when w.oid = ${INTERVAL} and not ${READS_MODIFIERS} then ${printedInterval(schema, type)}
               else ${printed('w.oid', 'w.modifier', schema)} end
   from (${wantedType(schema, type)}) as w) as want`
