import { type Call, call, name, names, text } from '../call.ts'
import { allPlainly, plainly } from './database.ts'

const members = (claim: string): Call[] => [
  ...['zoo_keeper', 'zoo_vets', 'Zoo Guest', 'nobody_at_all'].flatMap((member) => [
    call(claim, name('zoo_keepers'), name(member)),
    call(claim, name('zoo_keepers'), name(member), text('a description')),
    call(claim, name('zoo_vets'), names(member)),
  ]),
  call(claim, name('zoo_keepers'), names('zoo_keeper', 'zoo_keeper')),
  call(
    claim,
    name('zoo_keepers'),
    names('zoo_vets', 'zoo_keeper', 'Zoo Guest', 'anon'),
    text('a description'),
  ),
  call(claim, name('zoo_keepers'), names()),
  call(claim, name('zoo_keepers'), names(), text('a description')),
  call(claim, name('Not There'), names('zoo_keeper'), text('a description')),
  call(claim, name('Not There'), names()),
  call(claim, name('not_there'), name('zoo_keeper')),
  call(claim, name('zoo_vets'), name('zoo_keepers')),
]

export const roles: readonly Call[] = [
  ...plainly('role', 'Zoo Guest', 'zoo_poacher'),
  ...plainly('role', 'zoo_vets', 'Zoo_Vets'),
  ...plainly('user', 'zoo_keeper', 'zoo_vets'),
  ...plainly('user', 'Zoo Guest', 'nobody_at_all'),
  ...plainly('group', 'zoo_vets', 'zoo_keeper'),
  ...plainly('group', 'pg_monitor', 'nobody_at_all'),
  ...allPlainly('roles_are', 'Zoo Guest', 'select rolname as value from pg_roles'),
  ...allPlainly('users_are', 'Zoo Guest', 'select usename as value from pg_user'),
  ...allPlainly('groups_are', 'zoo_vets', 'select groname as value from pg_group'),
  ...['is_superuser', 'isnt_superuser'].flatMap((claim) =>
    ['zoo_director', 'zoo_keeper', 'Zoo Guest', 'Not There'].flatMap((role) => [
      call(claim, name(role)),
      call(claim, name(role), text('a description')),
    ]),
  ),
  ...members('is_member_of'),
  ...members('isnt_member_of'),
]
