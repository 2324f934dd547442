/** Claims on which roles the server has: roles, users, which are those that may log in, and groups, which may not. */
import type { Session } from '../engines/index.ts'
import { finds, type OnThing, plainExistence } from './existence.ts'
import { plainListing } from './listing.ts'
import { quoted } from './name.ts'
import { verdict } from './verdict.ts'

const ROLES = 'pg_catalog.pg_roles as r where true'
const USERS = 'pg_catalog.pg_roles as r where r.rolcanlogin'
const GROUPS = 'pg_catalog.pg_roles as r where not r.rolcanlogin'

const roles = plainExistence('Role', among(ROLES))
const users = plainExistence('User', among(USERS))
const groups = plainExistence('Group', among(GROUPS))

/**
 * `has_role`: there is a role of that name.
 *
 * @example
 * await tap.hasRole('zoo_vets')
 */
export const hasRole = roles.has

/**
 * `hasnt_role`: there is no role of that name.
 *
 * @example
 * await tap.hasntRole('zoo_poacher')
 */
export const hasntRole = roles.hasnt

/**
 * `roles_are`: the server has these roles and no others. Its own `pg_…` count.
 *
 * @example
 * await expect(tap.rolesAre(['zoo_vets'])).rejects.toThrow('Extra roles')
 */
export const rolesAre = plainListing('roles', `select r.rolname as name from ${ROLES}`)

/**
 * `has_user`: there is a role of that name and it may log in.
 *
 * @example
 * await tap.hasUser('zoo_keeper')
 */
export const hasUser = users.has

/**
 * `hasnt_user`: there is no role of that name that may log in.
 *
 * @example
 * await tap.hasntUser('zoo_vets')
 */
export const hasntUser = users.hasnt

/**
 * `users_are`: these roles may log in and no others.
 *
 * @example
 * await expect(tap.usersAre(['zoo_keeper'])).rejects.toThrow('Extra users')
 */
export const usersAre = plainListing('users', `select r.rolname as name from ${USERS}`)

/**
 * `has_group`: there is a role of that name and it may not log in.
 *
 * @example
 * await tap.hasGroup('zoo_vets')
 */
export const hasGroup = groups.has

/**
 * `hasnt_group`: there is no role of that name that may not log in.
 *
 * @example
 * await tap.hasntGroup('zoo_keeper')
 */
export const hasntGroup = groups.hasnt

/**
 * `groups_are`: these roles may not log in, and all others may. The server's own `pg_…` count.
 *
 * @example
 * await expect(tap.groupsAre(['zoo_vets'])).rejects.toThrow('Extra groups')
 */
export const groupsAre = plainListing('groups', `select r.rolname as name from ${GROUPS}`)

/**
 * `is_superuser`: the role is there and is a superuser.
 *
 * @example
 * await tap.isSuperuser('zoo_director')
 */
export const isSuperuser = superuser(true, 'should be a super user')

/**
 * `isnt_superuser`: the role is there and is no superuser.
 *
 * @example
 * await tap.isntSuperuser('zoo_keeper')
 */
export const isntSuperuser = superuser(false, 'should not be a super user')

function among(which: string) {
  return (session: Session, name: string): Promise<boolean> =>
    finds(session, `select from ${which} and r.rolname = $1`, [name])
}

function superuser(wanted: boolean, should: string): OnThing {
  return async (session, role, description = `User ${quoted(role)} ${should}`) => {
    const [row] = await session.query(
      'select r.rolsuper::text as super from pg_catalog.pg_roles as r where r.rolname = $1',
      [role],
    )
    return row === undefined
      ? verdict(false, description, `    User ${quoted(role)} does not exist`)
      : verdict((row['super'] === 'true') === wanted, description)
  }
}
