import type { PgtapArgument } from '../../../pgtap/index.ts'
import { type Call, call, name, names, text } from '../call.ts'

const described = text('a description')

/** A thing, by all ways of naming it, a role with these privileges on it, and a thing of that kind that is not there. */
const things: readonly {
  readonly claim: string
  readonly there: readonly (readonly PgtapArgument[])[]
  readonly missing: readonly (readonly PgtapArgument[])[]
  readonly role: string
  readonly held: readonly string[]
}[] = [
  {
    claim: 'table_privs_are',
    there: [[name('zoo'), name('animals')], [name('animals')], [name('zoo'), name('heavy_animals')]],
    missing: [[name('zoo'), name('nothing')], [name('nothing')]],
    role: 'zoo_keepers',
    held: ['SELECT', 'INSERT'],
  },
  {
    claim: 'sequence_privs_are',
    there: [[name('zoo'), name('ticket_numbers')], [name('ticket_numbers')]],
    missing: [[name('zoo'), name('nothing')], [name('nothing')]],
    role: 'zoo_keepers',
    held: ['SELECT', 'USAGE', 'UPDATE'],
  },
  {
    claim: 'any_column_privs_are',
    there: [[name('zoo'), name('keepers')], [name('keepers')]],
    missing: [[name('zoo'), name('nothing')], [name('nothing')]],
    role: 'zoo_vets',
    held: ['SELECT', 'UPDATE'],
  },
  {
    claim: 'column_privs_are',
    there: [
      [name('zoo'), name('keepers'), name('name')],
      [name('keepers'), name('name')],
    ],
    missing: [
      [name('zoo'), name('keepers'), name('nothing')],
      [name('keepers'), name('nothing')],
    ],
    role: 'zoo_vets',
    held: ['SELECT', 'UPDATE'],
  },
  {
    claim: 'function_privs_are',
    there: [
      [name('zoo'), name('greet'), names('text')],
      [name('greet'), names('text')],
    ],
    missing: [
      [name('zoo'), name('nothing'), names('text')],
      [name('nothing'), names()],
    ],
    role: 'anon',
    held: ['EXECUTE'],
  },
  {
    claim: 'schema_privs_are',
    there: [[name('zoo')], [name('zoo_annex')]],
    missing: [[name('nothing')]],
    role: 'zoo_keepers',
    held: ['USAGE'],
  },
  {
    claim: 'database_privs_are',
    there: [[name('postgres')]],
    missing: [[name('nothing')]],
    role: 'zoo_keepers',
    held: ['CONNECT', 'TEMPORARY'],
  },
  {
    claim: 'tablespace_privs_are',
    there: [[name('pg_default')]],
    missing: [[name('nothing')]],
    role: 'zoo_keepers',
    held: [],
  },
  {
    claim: 'language_privs_are',
    there: [[name('zoo_language')]],
    missing: [[name('nothing')]],
    role: 'zoo_vets',
    held: ['USAGE'],
  },
  {
    claim: 'fdw_privs_are',
    there: [[name('zoo_wrapper')]],
    missing: [[name('nothing')]],
    role: 'zoo_keepers',
    held: ['USAGE'],
  },
  {
    claim: 'server_privs_are',
    there: [[name('zoo_server')]],
    missing: [[name('nothing')]],
    role: 'zoo_keepers',
    held: ['USAGE'],
  },
]

export const privileges: readonly Call[] = things.flatMap(({ claim, there, missing, role, held }) => [
  ...['table_privs_are', 'any_column_privs_are'].flatMap((claim) =>
    [['SELECT'], []].map((privileges) =>
      call(claim, name('ticket_numbers'), name('zoo_keepers'), names(...privileges)),
    ),
  ),
  // Neither the role is there nor the thing.
  call('table_privs_are', name('zoo'), name('nothing'), name('nobody'), names()),
  call('schema_privs_are', name('nowhere'), name('nobody'), names(), text('a description')),
  call('function_privs_are', name('nothing'), names(), name('nobody'), names()),
  call('column_privs_are', name('nothing'), name('id'), name('zoo_vets'), names()),
  call('column_privs_are', name('zoo'), name('animals'), name('nothing'), name('zoo_vets'), names()),
  call('sequence_privs_are', name('animals'), name('zoo_keepers'), names()),
  ...there.flatMap((thing) => [
    call(claim, ...thing, name(role), names(...held)),
    call(claim, ...thing, name(role), names(...held), described),
    call(claim, ...thing, name(role), names()),
    call(claim, ...thing, name(role), names('DELETE', 'NONSENSE')),
    call(claim, ...thing, name('Zoo Guest'), names(), described),
    call(claim, ...thing, name('zoo_director'), names(...held)),
    call(claim, ...thing, name('nobody'), names(...held)),
    call(claim, ...thing, name('public'), names(...held)),
  ]),
  ...missing.flatMap((thing) => [
    call(claim, ...thing, name(role), names(...held)),
    call(claim, ...thing, name(role), names(...held), described),
  ]),
])
