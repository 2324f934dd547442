import type { Session } from '../engines/index.ts'

/**
 * The grants of an object, one statement per grantee, the owner's left out: the owner may do everything anyway. `acl` is
 * the catalog's own text; NULL stands for Postgres' default.
 */
export async function grantsOn(
  session: Session,
  kind: 'schema' | 'table' | 'function',
  name: string,
  acl: string | null,
): Promise<string[]> {
  const type = { schema: 'n', table: 'r', function: 'f' }[kind]
  const rows = await session.query(
    `select coalesce(r.rolname, 'public') as grantee, string_agg(lower(a.privilege_type), ', ' order by a.privilege_type) as privileges
     from aclexplode(coalesce($1::aclitem[], acldefault($2::"char", current_user::regrole))) as a
     left join pg_catalog.pg_roles as r on r.oid = a.grantee
     where a.grantee <> a.grantor
     group by 1 order by 1`,
    [acl, type],
  )
  if (rows.length === 0) return []
  const on = kind === 'table' ? name : `${kind} ${name}`
  return [rows.map(({ privileges, grantee }) => `grant ${privileges} on ${on} to ${grantee};`).join('\n')]
}
