/** What is created in the schema later: closed, whoever creates it. */
import type { Check } from './check.ts'
import { versionNamed } from './price-lists.ts'

/** Default privileges in the schema of roles other than its owner's, which are told with the schema. */
export const laterObjects: Check = {
  id: 'full/schema/later-objects',
  title: 'What is created in the schema later is open to no role of an API request',
  group: 'schema',
  since: versionNamed('cost_tracking_foundation'),
  reads: [],
  async ask(session) {
    const rows = await session.query(
      `select pg_get_userbyid(d.defaclrole) as creator, t.kind, string_agg(coalesce(r.rolname, 'public') || ' ' || a.privileges, '; ' order by r.rolname) as have
       from pg_catalog.pg_default_acl as d
       join pg_catalog.pg_namespace as n on n.oid = d.defaclnamespace
       cross join lateral (
         select case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' else 'types' end as kind
       ) as t
       cross join lateral (
         select grantee, string_agg(privilege_type, ', ' order by privilege_type) as privileges
         from pg_catalog.aclexplode(d.defaclacl) group by grantee
       ) as a
       left join pg_catalog.pg_roles as r on r.oid = a.grantee
       where n.nspname = 'copilot_internal' and d.defaclrole <> n.nspowner
         and (a.grantee = 0 or r.rolname in ('anon', 'authenticated', 'authenticator', 'service_role'))
       group by 1, 2 order by 1, 2`,
    )
    return {
      broken: rows.map(({ creator, kind, have }) => ({
        objects: ['schema copilot_internal'],
        have: `default privileges on ${kind} that ${creator} creates: ${have}`,
        want: `default privileges on ${kind} that ${creator} creates: none`,
        hint: `alter default privileges for role ${creator} in schema copilot_internal revoke all on ${kind} from public, anon, authenticated, authenticator, service_role;`,
      })),
    }
  },
}
