import type { Row, Session } from '../engines/index.ts'
import { type Privileges, PrivilegesSchema } from '../report/index.ts'

/** The roles that requests come in as on Supabase. */
const API_ROLES = ['anon', 'authenticated', 'service_role']

const QUERY = `
  with object as (
    select case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'view' else 'table' end as kind,
           c.relname::text as name, c.oid, null::oid as function
    from pg_catalog.pg_class as c
    where c.relnamespace = pg_catalog.to_regnamespace('copilot_internal') and c.relkind in ('r', 'p', 'f', 'v', 'm', 'S')
    union all
    select 'function', p.proname::text, null, p.oid
    from pg_catalog.pg_proc as p
    where p.pronamespace = pg_catalog.to_regnamespace('copilot_internal')
  ), asked (place, privilege) as (
    values (1, 'SELECT'), (2, 'INSERT'), (3, 'UPDATE'), (4, 'DELETE'), (5, 'TRUNCATE'), (6, 'REFERENCES'),
           (7, 'TRIGGER'), (8, 'USAGE'), (9, 'EXECUTE')
  )
  select object.kind, object.name, role.rolname as role,
         coalesce(string_agg(privilege, ' ' order by place) filter (where case
           when object.kind = 'function' then privilege = 'EXECUTE'
             and pg_catalog.has_function_privilege(role.oid, object.function, 'EXECUTE')
           when object.kind = 'sequence' then privilege in ('SELECT', 'UPDATE', 'USAGE')
             and pg_catalog.has_sequence_privilege(role.oid, object.oid, privilege)
           else place <= 7 and pg_catalog.has_table_privilege(role.oid, object.oid, privilege)
         end), '') as privileges
  from object cross join pg_catalog.pg_roles as role cross join asked
  where role.rolname = any($1)
  group by object.kind, object.name, object.oid, object.function, role.rolname
  order by array_position('{table,view,sequence,function}'::text[], object.kind), object.name, object.function,
           array_position($1::text[], role.rolname::text)`

/**
 * What each API role may do with each table, view, sequence and function of the product: privileges in effect, by whichever
 * way they came. Reads the catalog only. Roles that the server does not have are left out.
 */
export async function privilegesOf(session: Session): Promise<Privileges[]> {
  return (await session.query(QUERY, [API_ROLES])).map(cellOf)
}

function cellOf({ kind, name, role, privileges }: Row): Privileges {
  return PrivilegesSchema.parse({
    kind,
    object: name,
    role,
    privileges: (privileges ?? '').split(' ').filter((privilege) => privilege !== ''),
  })
}
