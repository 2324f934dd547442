/**
 * Claims on what a role may do: its effective privileges, by grants of its own, of its roles, and of PUBLIC. Nothing more, and
 * nothing less.
 */
import type { Session } from '../engines/index.ts'
import { type Meant, signature } from './function-named.ts'
import { nameOf, quoted, shown } from './name.ts'
import { isNamed } from './named.ts'
import { judge, privilegesOf } from './privileges-held.ts'
import { rowsOfRelation } from './relation.ts'
import type { Verdict } from './verdict.ts'

export type TablePrivilege = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE' | 'TRUNCATE' | 'REFERENCES' | 'TRIGGER'
export type ColumnPrivilege = 'SELECT' | 'INSERT' | 'UPDATE' | 'REFERENCES'
export type SequencePrivilege = 'SELECT' | 'UPDATE' | 'USAGE'

/**
 * `table_privs_are`: the role has these privileges on the table or view.
 *
 * @example
 * await tap.tablePrivsAre('zoo.animals', 'zoo_keepers', ['SELECT', 'INSERT'])
 */
export const tablePrivsAre = onRelation<TablePrivilege>('table', 'table', 'has_table_privilege', [
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'TRUNCATE',
  'REFERENCES',
  'TRIGGER',
])

/**
 * `sequence_privs_are`: the role has these privileges on the sequence.
 *
 * @example
 * await tap.sequencePrivsAre('zoo.ticket_numbers', 'zoo_keepers', ['SELECT', 'USAGE', 'UPDATE'])
 */
export const sequencePrivsAre = onRelation<SequencePrivilege>(
  'sequence',
  'sequence',
  'has_sequence_privilege',
  ['SELECT', 'UPDATE', 'USAGE'],
)

const COLUMN_PRIVILEGES: readonly ColumnPrivilege[] = ['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']

/**
 * `any_column_privs_are`: the role has these privileges on some column of the table.
 *
 * @example
 * await tap.anyColumnPrivsAre('zoo.keepers', 'zoo_vets', ['SELECT', 'UPDATE'])
 */
export const anyColumnPrivsAre = onRelation<ColumnPrivilege>(
  'table',
  'any column in',
  'has_any_column_privilege',
  COLUMN_PRIVILEGES,
)

/**
 * `column_privs_are`: the role has these privileges on the column, its own or the table's.
 *
 * @example
 * await tap.columnPrivsAre('zoo.keepers', 'name', 'zoo_vets', ['SELECT', 'UPDATE'])
 */
export async function columnPrivsAre(
  session: Session,
  table: string,
  column: string,
  role: string,
  privileges: readonly ColumnPrivilege[],
  description?: string,
): Promise<Verdict> {
  const { schema, name } = nameOf(table)
  const printed = `${shown(table)}.${quoted(column)}`
  const held = await privilegesOf(session, role, COLUMN_PRIVILEGES, {
    thing: `select c.oid from pg_catalog.pg_class as c
            join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attname = $5 and not a.attisdropped
            where ${isNamed('pg_class', 'c', 3)}`,
    has: 'has_column_privilege(role.name, thing.oid, $5, p)',
    values: [schema, name, column],
  })
  const found = held !== 'no thing' || (await rowsOfRelation(session, table, {})).length > 0
  const missing = found ? `Column ${printed}` : `Table ${shown(table)}`
  return judge(held, { role, privileges, description, on: `column ${printed}`, missing })
}

/**
 * `database_privs_are`: the role has these privileges on the database.
 *
 * @example
 * await tap.databasePrivsAre('postgres', 'zoo_keepers', ['CONNECT', 'TEMPORARY'])
 */
export const databasePrivsAre = onNamed<'CREATE' | 'CONNECT' | 'TEMPORARY'>(
  'database',
  'select oid from pg_catalog.pg_database where datname = $3',
  'has_database_privilege',
  ['CREATE', 'CONNECT', 'TEMPORARY'],
)

/**
 * `schema_privs_are`: the role has these privileges on the schema.
 *
 * @example
 * await tap.schemaPrivsAre('zoo', 'zoo_keepers', ['USAGE'])
 */
export const schemaPrivsAre = onNamed<'CREATE' | 'USAGE'>(
  'schema',
  'select oid from pg_catalog.pg_namespace where nspname = $3',
  'has_schema_privilege',
  ['CREATE', 'USAGE'],
)

/**
 * `tablespace_privs_are`: the role has these privileges on the tablespace.
 *
 * @example
 * await tap.tablespacePrivsAre('pg_default', 'zoo_keepers', [])
 */
export const tablespacePrivsAre = onNamed<'CREATE'>(
  'tablespace',
  'select oid from pg_catalog.pg_tablespace where spcname = $3',
  'has_tablespace_privilege',
  ['CREATE'],
)

/**
 * `language_privs_are`: the role has these privileges on the language.
 *
 * @example
 * await tap.languagePrivsAre('zoo_language', 'zoo_vets', ['USAGE'])
 */
export const languagePrivsAre = onNamed<'USAGE'>(
  'language',
  'select oid from pg_catalog.pg_language where lanname = $3',
  'has_language_privilege',
  ['USAGE'],
)

/**
 * `fdw_privs_are`: the role has these privileges on the foreign data wrapper.
 *
 * @example
 * await tap.fdwPrivsAre('zoo_wrapper', 'zoo_keepers', ['USAGE'])
 */
export const fdwPrivsAre = onNamed<'USAGE'>(
  'FDW',
  'select oid from pg_catalog.pg_foreign_data_wrapper where fdwname = $3',
  'has_foreign_data_wrapper_privilege',
  ['USAGE'],
)

/**
 * `server_privs_are`: the role has these privileges on the foreign server.
 *
 * @example
 * await tap.serverPrivsAre('zoo_server', 'zoo_keepers', ['USAGE'])
 */
export const serverPrivsAre = onNamed<'USAGE'>(
  'server',
  'select oid from pg_catalog.pg_foreign_server where srvname = $3',
  'has_server_privilege',
  ['USAGE'],
)

/**
 * `function_privs_are`: the role may execute the function with arguments of these types, or may not.
 *
 * @example
 * await tap.functionPrivsAre('zoo.greet', ['text'], 'zoo_keepers', ['EXECUTE'])
 */
export async function functionPrivsAre(
  session: Session,
  name: string,
  types: readonly string[],
  role: string,
  privileges: readonly 'EXECUTE'[],
  description?: string,
): Promise<Verdict> {
  const meant: Meant = { name, types }
  const held = await privilegesOf(session, role, ['EXECUTE'], {
    thing: 'select pg_catalog.to_regprocedure($3)::pg_catalog.oid as oid',
    has: 'has_function_privilege(role.name, thing.oid, p)',
    values: [signature(meant)],
  })
  const printed = signature(meant)
  return judge(held, {
    role,
    privileges,
    description,
    on: `function ${printed}`,
    missing: `Function ${printed}`,
  })
}

type Claim<Privilege extends string> = (
  session: Session,
  name: string,
  role: string,
  privileges: readonly Privilege[],
  description?: string,
) => Promise<Verdict>

/** Claims on a relation, whose name may be qualified. */
function onRelation<Privilege extends string>(
  kind: 'table' | 'sequence',
  on: string,
  has: string,
  known: readonly Privilege[],
): Claim<Privilege> {
  return async (session, relation, role, privileges, description) => {
    const { schema, name } = nameOf(relation)
    const held = await privilegesOf(session, role, known, {
      thing: `select c.oid from pg_catalog.pg_class as c
              where ${isNamed('pg_class', 'c', 3)} ${kind === 'sequence' ? `and c.relkind = 'S'` : ''}`,
      has: `${has}(role.name, thing.oid, p)`,
      values: [schema, name],
    })
    const missing = `${kind === 'table' ? 'Table' : 'Sequence'} ${shown(relation)}`
    return judge(held, { role, privileges, description, on: `${on} ${shown(relation)}`, missing })
  }
}

/** Claims on what has no schema. `thing` selects its oid by its name, $3. */
function onNamed<Privilege extends string>(
  kind: string,
  thing: string,
  has: string,
  known: readonly Privilege[],
): Claim<Privilege> {
  return async (session, name, role, privileges, description) => {
    const held = await privilegesOf(session, role, known, {
      thing,
      has: `${has}(role.name, thing.oid, p)`,
      values: [name],
    })
    const missing = `${kind.slice(0, 1).toUpperCase()}${kind.slice(1)} ${quoted(name)}`
    return judge(held, { role, privileges, description, on: `${kind} ${quoted(name)}`, missing })
  }
}
