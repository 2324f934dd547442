import * as members from '../memberships.ts'
import * as claims from '../roles.ts'
import { plainThing, plainThings } from './database.ts'
import { overloads } from './overloads.ts'

const membership = (claim: members.OnMembers) => [
  ...overloads('role:name members:name[] [description:text]', (session, { role, members, description }) =>
    claim(session, role, members, description),
  ),
  ...overloads('role:name member:name [description:text]', (session, { role, member, description }) =>
    claim(session, role, member, description),
  ),
]

export const roles = {
  has_role: plainThing(claims.hasRole),
  hasnt_role: plainThing(claims.hasntRole),
  roles_are: plainThings(claims.rolesAre),
  has_user: plainThing(claims.hasUser),
  hasnt_user: plainThing(claims.hasntUser),
  users_are: plainThings(claims.usersAre),
  has_group: plainThing(claims.hasGroup),
  hasnt_group: plainThing(claims.hasntGroup),
  groups_are: plainThings(claims.groupsAre),
  is_superuser: plainThing(claims.isSuperuser),
  isnt_superuser: plainThing(claims.isntSuperuser),
  is_member_of: membership(members.isMemberOf),
  isnt_member_of: membership(members.isntMemberOf),
}
