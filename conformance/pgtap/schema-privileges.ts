/**
 * Claims on all that a role may do in a schema, which pgTAP has no words for: effective privileges, so that it does not matter
 * by which way one came, on what the schema has now and on what is added later.
 */
import type { Row, Session } from '../engines/index.ts'
import { finds } from './existence.ts'
import { SIGNATURE } from './function-named.ts'
import { quoted } from './name.ts'
import type { ColumnPrivilege, SequencePrivilege, TablePrivilege } from './privileges.ts'
import { roleIn } from './privileges-held.ts'
import { thingsOf } from './schema-wide.ts'
import { sameThings, type Verdict, verdict } from './verdict.ts'

/** A privilege on a relation; with columns, in their order, where it is held on those alone: `SELECT (id, name)`. */
export type RelationPrivilege = TablePrivilege | SequencePrivilege | `${ColumnPrivilege} (${string})`

/** On `c` and `role`: the privilege `p.name`, and the columns that it is held on where it is not held on all. */
const PRIVILEGES = `
  select c.relname as name, p.name as privilege, held.whole, held.columns
  from (${roleIn('$2')}) as role
  cross join pg_catalog.pg_class as c
  cross join unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER,USAGE}'::text[]) as p (name)
  cross join lateral (
    select case when c.relkind = 'S' then p.name in ('SELECT', 'UPDATE', 'USAGE')
                                          and pg_catalog.has_sequence_privilege(role.name, c.oid, p.name)
                else p.name <> 'USAGE' and pg_catalog.has_table_privilege(role.name, c.oid, p.name) end as whole,
           case when c.relkind <> 'S' and p.name in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
                then array_to_string(array(
                  select pg_catalog.quote_ident(a.attname) from pg_catalog.pg_attribute as a
                  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                    and pg_catalog.has_column_privilege(role.name, c.oid, a.attnum, p.name)
                  order by a.attnum
                ), ', ') else '' end as columns
  ) as held
  where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and (held.whole or held.columns <> '')`

/**
 * The role has these privileges on the tables, views and sequences of the schema, and none on any other: what is not named is
 * closed to it. PUBLIC is `public`. MAINTAIN, which only version 17 and later have, is not asked for.
 *
 * @example
 * await tap.privsOnRelationsAre('zoo_annex', 'zoo_vets', {})
 */
export async function privsOnRelationsAre(
  session: Session,
  schema: string,
  role: string,
  privileges: Readonly<Record<string, readonly RelationPrivilege[]>>,
  description = `Role ${quoted(role)} should have the correct privileges in schema ${quoted(schema)}`,
): Promise<Verdict> {
  const want = Object.entries(privileges).flatMap(([relation, those]) =>
    those.map((privilege) => `${quoted(relation)}: ${privilege}`),
  )
  const rows = await thingsOf(session, schema, PRIVILEGES, [role])
  const missing = await lacking(session, schema, role, rows)
  if (missing) return verdict(false, description, `    ${missing} does not exist`)
  return sameThings('privileges', (rows ?? []).map(printed), want, description)
}

/**
 * The role may execute these functions of the schema and no others, each with the types of its arguments.
 *
 * @example
 * await tap.executableFunctionsAre('zoo_annex', 'zoo_vets', ['greet(text)'])
 */
export async function executableFunctionsAre(
  session: Session,
  schema: string,
  role: string,
  signatures: readonly string[],
  description = `Role ${quoted(role)} should be able to execute the correct functions of schema ${quoted(schema)}`,
): Promise<Verdict> {
  const things = `select ${SIGNATURE} as name from (${roleIn('$2')}) as role cross join pg_catalog.pg_proc as p
                  where p.pronamespace = n.oid and pg_catalog.has_function_privilege(role.name, p.oid, 'EXECUTE')`
  const rows = await thingsOf(session, schema, things, [role])
  const missing = await lacking(session, schema, role, rows)
  if (missing) return verdict(false, description, `    ${missing} does not exist`)
  const have = (rows ?? []).map(({ name }) => name ?? '')
  return sameThings('functions', have, signatures, description)
}

function printed({ name, privilege, whole, columns }: Row): string {
  return `${quoted(name ?? '')}: ${whole === 't' ? privilege : `${privilege} (${columns})`}`
}

/** What there is not, schema or role, where that is why nothing was found. */
async function lacking(
  session: Session,
  schema: string,
  role: string,
  rows: readonly Row[] | undefined,
): Promise<string | undefined> {
  if (rows === undefined) return `Schema ${quoted(schema)}`
  if (rows.length > 0 || (await finds(session, roleIn('$1'), [role]))) return undefined
  return `Role ${quoted(role)}`
}
