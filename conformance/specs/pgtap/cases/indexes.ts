import { after, type Call, call, name, names, text } from '../call.ts'
import { allWays, inTurn } from '../ways.ts'

/** Indexes of a table: right ones, another table's, and none. */
const places: readonly (readonly [table: string, index: string])[] = [
  ['animals', 'animals_pkey'],
  ['animals', 'animals_species_name_idx'],
  ['animals', 'animals_lower_name_idx'],
  ['animals', 'animals_hungry_idx'],
  ['animals', 'animals_tags_idx'],
  ['feedings', 'feedings_pkey'],
  ['census', 'census_species_idx'],
  ['animals', 'feedings_pkey'],
  ['animals', 'nothing_idx'],
  ['nothing', 'animals_pkey'],
]

/** Without a schema pgTAP takes no description here, and an index may be named without its table. */
const properties: readonly Call[] = [
  'index_is_unique',
  'index_is_primary',
  'index_is_partial',
  'is_clustered',
].flatMap((claim) => [
  ...inTurn(places, ([table, index]) => [
    call(claim, name('zoo'), name(table), name(index), text('a description')),
    call(claim, name('zoo'), name(table), name(index)),
    call(claim, name(table), name(index)),
    call(claim, name(index)),
  ]),
  call(claim, name('Odd Zoo'), name('Strange Table'), name('Strange Index')),
  call(claim, name('Odd Zoo'), name('Strange Table'), name('Strange Table_pkey')),
  call(claim, name('nowhere'), name('animals'), name('animals_pkey')),
  call(claim, name('Strange Index')),
])

const types: readonly Call[] = [
  ...['btree', 'gin'].flatMap((type) =>
    inTurn(places, ([table, index]) => [
      call('index_is_type', name('zoo'), name(table), name(index), name(type), text('a description')),
      call('index_is_type', name('zoo'), name(table), name(index), name(type)),
      call('index_is_type', name(table), name(index), name(type)),
      call('index_is_type', name(index), name(type)),
    ]),
  ),
  call('index_is_type', name('Odd Zoo'), name('Strange Table'), name('Strange Index'), name('btree')),
  call('index_is_type', name('animals'), name('animals_name_hash_idx'), name('hash')),
]

const existence: readonly Call[] = [
  ...['has_index', 'hasnt_index'].flatMap((claim) =>
    inTurn(places, ([table, index]) => allWays(claim, 'zoo', [name(table), name(index)])),
  ),
  call('has_index', name('Odd Zoo'), name('Strange Table'), name('Strange Index')),
  call('hasnt_index', name('Odd Zoo'), name('Strange Table'), name('strange index')),
]

/** What an index is on. */
const keys: readonly (readonly [index: string, columns: readonly string[]])[] = [
  ['animals_species_name_idx', ['species', 'name']],
  ['animals_species_name_idx', ['name', 'species']],
  ['animals_species_idx', ['species']],
  ['animals_species_idx', ['name']],
  ['animals_lower_name_idx', ['lower((name)::text)']],
  ['animals_lower_name_idx', ['lower(name)']],
  ['nothing_idx', ['name']],
]

const onColumns: readonly Call[] = [
  ...inTurn(keys, ([index, columns]) =>
    allWays('has_index', 'zoo', [name('animals'), name(index), names(...columns)]),
  ),
  ...inTurn(
    keys.filter(([, { length }]) => length === 1),
    ([index, [column = '']]) => [
      ...allWays('has_index', 'zoo', [name('animals'), name(index), name(column)]),
      call('has_index', name('animals'), name(index), text(column)),
    ],
  ),
  call(
    'has_index',
    ...[name('Odd Zoo'), name('Strange Table'), name('Strange Index')],
    names('"select"', '("Some Id" + 1)'),
  ),
]

const indexed: readonly Call[] = [
  ...inTurn(
    [
      ['species'],
      ['species', 'name'],
      ['name', 'species'],
      ['lower((name)::text)'],
      ['id'],
      ['legs'],
      ['id', 'Odd One'],
    ],
    (columns) => allWays('is_indexed', 'zoo', [name('animals'), names(...columns)]),
  ),
  ...inTurn(['species', 'legs', 'nothing'], (column) => [
    call('is_indexed', name('zoo'), name('animals'), name(column), text('a description')),
    call('is_indexed', name('zoo'), name('animals'), name(column)),
    call('is_indexed', name('animals'), name(column), name('a description')),
    call('is_indexed', name('animals'), name(column)),
  ]),
  call('is_indexed', name('Odd Zoo'), name('Strange Table'), names('"select"', '("Some Id" + 1)')),
  call('is_indexed', name('nowhere'), name('animals'), names('species')),
]

const lists: readonly Call[] = [
  call('indexes_are', name('zoo'), name('keepers'), names('keepers_pkey', 'keepers_name_key')),
  call('indexes_are', name('zoo'), name('keepers'), names('keepers_pkey', 'Odd One'), text('a description')),
  call('indexes_are', name('keepers'), names('keepers_pkey', 'keepers_name_key')),
  call('indexes_are', name('keepers'), names('other'), text('a description')),
  call('indexes_are', name('Odd Zoo'), name('Strange Table'), names('Strange Index')),
  call('indexes_are', name('nowhere'), name('animals'), names('animals_pkey')),
  call('indexes_are', name('zoo'), name('notes'), names()),
]

/** A name of more than 63 bytes, cut within a letter of two. */
const LONG = `${'long_'.repeat(12)}nößchen`

/** The server cuts the name of the index as it cuts the name that pgTAP is given. */
const overlong: readonly Call[] = [
  call('has_index', name('zoo'), name('keepers'), name(LONG), name('email')),
  call('hasnt_index', name('keepers'), name(LONG)),
  call('index_is_unique', name('zoo'), name('keepers'), name(LONG)),
  call('index_is_type', name(LONG), name('btree')),
  call('indexes_are', name('zoo'), name('keepers'), names('keepers_pkey', 'keepers_name_key', LONG)),
  call('indexes_are', name('keepers'), names(LONG)),
  call('has_table', name('zoo'), name(LONG)),
].map((one) => after([`create index "${LONG}" on zoo.keepers (email)`], one))

export const indexes: readonly Call[] = [
  ...overlong,
  ...properties,
  ...types,
  ...existence,
  ...onColumns,
  ...indexed,
  ...lists,
]
