/** Claims on which roles are members of a role. */
import type { Session } from '../engines/index.ts'
import { quoted } from './name.ts'
import { listed, type Verdict, verdict } from './verdict.ts'

/** A claim on one member or several. */
export type OnMembers = (
  session: Session,
  role: string,
  members: string | readonly string[],
  description?: string | undefined,
) => Promise<Verdict>

/**
 * `is_member_of`: the role's members include this one, or each of these, directly.
 *
 * @example
 * await tap.isMemberOf('zoo_keepers', 'zoo_keeper')
 */
export const isMemberOf = membership(
  (role) => `Should have members of role ${role}`,
  (role) => `Members missing from the ${role} role`,
  (isMember) => !isMember,
)

/**
 * `isnt_member_of`: the role is there, and neither this role nor any of these is directly a member of it.
 *
 * @example
 * await tap.isntMemberOf('zoo_keepers', ['zoo_director', 'Zoo Guest'])
 */
export const isntMemberOf = membership(
  (role) => `Should not have members of role ${role}`,
  (role) => `Members, who should not be in ${role} role`,
  (isMember) => isMember,
)

/** `isWrong` tells from whether a role is a member whether that breaks the claim. */
function membership(
  should: (role: string) => string,
  wrong: (role: string) => string,
  isWrong: (isMember: boolean) => boolean,
): OnMembers {
  return async (session, role, members, description = should(quoted(role))) => {
    const [row, ...others] = await session.query(
      `select (r.oid is not null)::text as known, w.name,
              exists (select from pg_catalog.pg_auth_members as a
                      where a.roleid = r.oid
                        and a.member = (select m.oid from pg_catalog.pg_roles as m where m.rolname = w.name)
              )::text as "isMember"
       from (select) as one
       left join pg_catalog.pg_roles as r on r.rolname = $1
       left join pg_catalog.unnest($2::name[]) with ordinality as w (name, n) on true
       order by w.n`,
      [role, [members].flat()],
    )
    if (row?.['known'] !== 'true')
      return verdict(false, description, `    Role ${quoted(role)} does not exist`)
    const found = [row, ...others]
      .filter(({ name, isMember }) => name != null && isWrong(isMember === 'true'))
      .map(({ name }) => quoted(name ?? ''))
    return verdict(found.length === 0, description, listed(wrong(quoted(role)), found).join('\n'))
  }
}
