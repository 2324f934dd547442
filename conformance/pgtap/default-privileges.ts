/** Claims on what later objects will be born with, which pgTAP has no words for. */
import type { Session } from '../engines/index.ts'
import { quoted } from './name.ts'
import { sameThings, type Verdict, verdict } from './verdict.ts'

/** The kinds of object that have default privileges. */
export type DefaultKind = 'tables' | 'sequences' | 'functions' | 'types' | 'schemas'

const TYPE: Readonly<Record<DefaultKind, string>> = {
  tables: 'r',
  sequences: 'S',
  functions: 'f',
  types: 'T',
  schemas: 'n',
}

/** What applies where nothing has been altered, by the letter `acldefault` knows the kind by. */
const BUILT_IN: Readonly<Record<DefaultKind, string>> = {
  tables: 'r',
  sequences: 's',
  functions: 'f',
  types: 'T',
  schemas: 'n',
}

/**
 * Objects of a kind that `owner` creates from now on are born with these privileges for `grantee`: those altered for the schema
 * and those for every schema together, or PostgreSQL's own where nothing has been altered. PUBLIC is `public`. A schema of null
 * means: in a schema for which nothing has been said.
 *
 * @example
 * await tap.defaultPrivsAre('postgres', 'zoo', 'tables', 'zoo_vets', ['SELECT'])
 */
export async function defaultPrivsAre(
  session: Session,
  owner: string,
  schema: string | null,
  kind: DefaultKind,
  grantee: string,
  privileges: readonly string[],
  description?: string,
): Promise<Verdict> {
  const place = schema === null ? '' : ` in schema ${quoted(schema)}`
  const granted = privileges.length === 0 ? 'no privileges' : privileges.join(', ')
  const claimed =
    description ??
    `Role ${quoted(grantee)} should get ${granted} on later ${kind} of ${quoted(owner)}${place}`
  const rows = await session.query(
    `with owner as (select r.oid from pg_catalog.pg_roles as r where r.rolname = $1),
          grantee as (select r.oid from pg_catalog.pg_roles as r where r.rolname = $4
                      union all select 0::pg_catalog.oid where $4 = 'public'),
          acl as (
            select coalesce(
                     (select d.defaclacl from pg_catalog.pg_default_acl as d
                      where d.defaclrole = owner.oid and d.defaclobjtype = $3::"char" and d.defaclnamespace = 0),
                     pg_catalog.acldefault($5::"char", owner.oid)
                   ) as items
            from owner
            union all
            select d.defaclacl
            from owner, pg_catalog.pg_default_acl as d
            join pg_catalog.pg_namespace as n on n.oid = d.defaclnamespace
            where d.defaclrole = owner.oid and d.defaclobjtype = $3::"char" and n.nspname = $2
          )
     select distinct a.privilege_type as privilege,
            (select count(*) from owner) as owners, (select count(*) from grantee) as grantees
     from (select) as one
     left join (acl cross join pg_catalog.aclexplode(acl.items) as a) on a.grantee in (select g.oid from grantee as g)`,
    [owner, schema, TYPE[kind], grantee, BUILT_IN[kind]],
  )
  for (const [role, count] of [
    [owner, rows[0]?.['owners']] as const,
    [grantee, rows[0]?.['grantees']] as const,
  ])
    if (count === '0') return verdict(false, claimed, `    Role ${quoted(role)} does not exist`)
  return sameThings(
    'privileges',
    rows.flatMap(({ privilege }) => privilege ?? []),
    privileges,
    claimed,
  )
}
