import type { Session } from '../../engines/index.ts'

const KINDS: Readonly<Record<string, string>> = {
  r: 'tables',
  S: 'sequences',
  f: 'functions',
  T: 'types',
  n: 'schemas',
}

/**
 * What objects that are created later will be open to: how the defaults of the schema's owner differ from Postgres' own,
 * for all schemas and for this one. Defaults of other schemas are somebody else's.
 */
export async function defaultPrivileges(session: Session, schema: string): Promise<string[]> {
  const rows = await session.query(
    `with defaults as (
       select d.defaclobjtype as kind, d.defaclnamespace <> 0 as in_schema, d.defaclrole::regrole as owner,
              d.defaclacl as acl,
              case when d.defaclnamespace = 0 then acldefault(d.defaclobjtype, d.defaclrole) end as postgres
       from pg_catalog.pg_default_acl as d
       join pg_catalog.pg_namespace as n on n.nspname = $1
       where d.defaclrole = n.nspowner and d.defaclnamespace in (0, n.oid)
     ),
     changes as (
       select kind, in_schema, owner, 'grant' as verb, 'to' as preposition, a.grantee, a.privilege_type
       from defaults cross join aclexplode(acl) as a
       where not exists (
         select from aclexplode(postgres) as p where (p.grantee, p.privilege_type) = (a.grantee, a.privilege_type))
       union all
       select kind, in_schema, owner, 'revoke', 'from', p.grantee, p.privilege_type
       from defaults cross join aclexplode(postgres) as p
       where not exists (
         select from aclexplode(acl) as a where (p.grantee, p.privilege_type) = (a.grantee, a.privilege_type))
     )
     select kind, in_schema, owner, verb, preposition, coalesce(r.rolname, 'public') as grantee,
            string_agg(lower(privilege_type), ', ' order by privilege_type) as privileges
     from changes left join pg_catalog.pg_roles as r on r.oid = changes.grantee
     group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 6`,
    [schema],
  )
  return rows.map(({ kind, in_schema, owner, verb, preposition, grantee, privileges }) => {
    const where = in_schema === 't' ? ` in schema ${schema}` : ''
    return `alter default privileges for role ${owner}${where} ${verb} ${privileges} on ${KINDS[kind ?? '']} ${preposition} ${grantee};`
  })
}
