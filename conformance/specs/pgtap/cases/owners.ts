import { asked, type Call, call, name, names, text } from '../call.ts'

/** What may have a schema: one of the kind with its owner, and a thing of another kind. */
const kinds: readonly (readonly [kind: string, thing: string, owner: string, other: string])[] = [
  ['relation', 'feedings', 'zoo_keepers', 'nothing'],
  ['relation', 'animals_species_idx', 'postgres', 'nothing'],
  ['table', 'notes', 'zoo_vets', 'census'],
  ['table', 'visits', 'postgres', 'heavy_animals'],
  ['view', 'heavy_animals', 'zoo_keepers', 'animals'],
  ['materialized_view', 'census', 'zoo_keepers', 'heavy_animals'],
  ['sequence', 'ticket_numbers', 'zoo_vets', 'animals'],
  ['composite', 'place', 'zoo_keepers', 'animals'],
  ['foreign_table', 'visitors_elsewhere', 'zoo_keepers', 'animals'],
  ['type', 'mood', 'zoo_vets', 'nothing'],
  ['type', 'animals', 'postgres', 'nothing'],
  ['opclass', 'place_ops', 'zoo_vets', 'mood_ops'],
]

const inSchemas = kinds.flatMap(([kind, thing, owner, other]) => {
  const claim = `${kind}_owner_is`
  return [
    ...[owner, 'Zoo Guest'].flatMap((role) => [
      call(claim, name('zoo'), name(thing), name(role), text('a description')),
      call(claim, name('zoo'), name(thing), name(role)),
      call(claim, name(thing), name(role), text('a description')),
      call(claim, name(thing), name(role)),
    ]),
    call(claim, name('zoo'), name(other), name(owner)),
    call(claim, name(other), name(owner), text('a description')),
    call(claim, name('Odd Zoo'), name('Not There'), name(owner), text('a description')),
    call(claim, name('nowhere'), name(thing), name('Not There')),
    call(claim, name('Not There'), name('Zoo Guest')),
  ]
})

/** What has no schema, and the query for its owner. */
const plain: readonly (readonly [claim: string, thing: Call['args'][number], owner: string])[] = [
  [
    'db_owner_is',
    asked('name', 'select current_database() as value'),
    `select pg_get_userbyid(datdba) as value from pg_database where datname = current_database()`,
  ],
  ['schema_owner_is', name('zoo_annex'), `select 'zoo_keepers' as value`],
  [
    'schema_owner_is',
    name('Odd Zoo'),
    `select nspowner::regrole as value from pg_namespace where nspname = 'Odd Zoo'`,
  ],
  ['language_owner_is', name('zoo_language'), `select 'zoo_director' as value`],
  [
    'tablespace_owner_is',
    name('pg_default'),
    `select pg_get_userbyid(spcowner) as value from pg_tablespace where spcname = 'pg_default'`,
  ],
]

const withoutSchema = plain.flatMap(([claim, thing, owner]) => [
  call(claim, thing, asked('name', owner), text('a description')),
  call(claim, thing, asked('name', owner)),
  call(claim, thing, name('Zoo Guest'), text('a description')),
  call(claim, thing, name('not_there')),
  call(claim, name('Not There'), name('zoo_vets'), text('a description')),
  call(claim, name('not_there'), name('Zoo Guest')),
])

const indexes: readonly Call[] = [
  ...['zoo_keepers', 'Zoo Guest'].flatMap((owner) => [
    call(
      'index_owner_is',
      name('zoo'),
      name('feedings'),
      name('feedings_pkey'),
      name(owner),
      text('a description'),
    ),
    call('index_owner_is', name('zoo'), name('feedings'), name('feedings_pkey'), name(owner)),
    call('index_owner_is', name('feedings'), name('feedings_pkey'), name(owner), text('a description')),
    call('index_owner_is', name('feedings'), name('feedings_pkey'), name(owner)),
  ]),
  call('index_owner_is', name('zoo'), name('animals'), name('feedings_pkey'), name('postgres')),
  call('index_owner_is', name('Odd Zoo'), name('Strange Table'), name('Strange Index'), name('postgres')),
  call('index_owner_is', name('feedings'), name('Not There'), name('postgres'), text('a description')),
  call('index_owner_is', name('nothing'), name('feedings_pkey'), name('postgres')),
  call('index_owner_is', name('nowhere'), name('feedings'), name('feedings_pkey'), name('postgres')),
]

const functions: readonly Call[] = [
  ...['zoo_keepers', 'Zoo Guest'].flatMap((owner) => [
    call('function_owner_is', name('zoo'), name('greet'), names('text'), name(owner), text('a description')),
    call('function_owner_is', name('zoo'), name('greet'), names('text'), name(owner)),
    call('function_owner_is', name('greet'), names('text'), name(owner), text('a description')),
    call('function_owner_is', name('greet'), names('text'), name(owner)),
  ]),
  call('function_owner_is', name('zoo'), name('greet'), names('text', 'int'), name('postgres')),
  call('function_owner_is', name('greet'), names('text', 'bigint'), name('postgres')),
  call('function_owner_is', name('ring'), names(), name('postgres')),
  call(
    'function_owner_is',
    name('Odd Zoo'),
    name('Odd Function'),
    names(),
    name('postgres'),
    text('a description'),
  ),
  call('function_owner_is', name('nothing'), names('nothing'), name('postgres'), text('a description')),
  call('function_owner_is', name('nowhere'), name('greet'), names('text'), name('postgres')),
  call('function_owner_is', name('zoo'), name('clean'), names('integer'), name('postgres')),
]

export const owners: readonly Call[] = [...inSchemas, ...withoutSchema, ...indexes, ...functions]
