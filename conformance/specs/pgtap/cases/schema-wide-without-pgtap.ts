/** Claims on all things of a kind that pgTAP lacks, where they hold and where they do not. */
import { catalog } from '../../../pgtap/index.ts'
import { type Broken, differs, type Kept } from './without-pgtap.ts'

const OF_KEEPERS = { keepers_pkey: 'UNIQUE btree (id)', keepers_name_key: 'UNIQUE btree (name)' }

const OF_VETS = {
  keepers: ['SELECT (id, name)', 'UPDATE (name)'],
  lobby: ['SELECT'],
  notes: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'],
  ticket_numbers: ['SELECT', 'UPDATE', 'USAGE'],
} as const

export const kept: readonly Kept[] = [
  [
    'Index animals_lower_name_idx on table zoo.animals should be UNIQUE btree (lower((name)::text))',
    (zoo) =>
      catalog.indexIs(zoo, 'zoo.animals', 'animals_lower_name_idx', 'UNIQUE btree (lower((name)::text))'),
  ],
  [
    'Index "Strange Index" on table "Odd Zoo"."Strange Table" should be btree ("select", (("Some Id" + 1)))',
    (zoo) =>
      catalog.indexIs(
        zoo,
        '"Odd Zoo"."Strange Table"',
        'Strange Index',
        'btree ("select", (("Some Id" + 1)))',
      ),
  ],
  ['words', (zoo) => catalog.indexIs(zoo, 'animals', 'animals_tags_idx', 'gin (tags)', 'words')],
  [
    'Index days_idx on table calendar.days should be btree (day DESC)',
    async (zoo) => {
      await zoo.run(`create schema calendar;
                     create table calendar.days (day date) partition by range (day);
                     create index days_idx on calendar.days (day desc)`)
      return catalog.indexIs(zoo, 'calendar.days', 'days_idx', 'btree (day DESC)')
    },
  ],
  [
    'Table guests should have the correct indexes',
    async (zoo) => {
      await zoo.query('create temporary table guests (id integer constraint guests_id unique)')
      return catalog.indexDefinitionsAre(zoo, 'guests', { guests_id: 'UNIQUE btree (id)' })
    },
  ],
  [
    'Table zoo.keepers should have the correct indexes',
    (zoo) => catalog.indexDefinitionsAre(zoo, 'zoo.keepers', OF_KEEPERS),
  ],
  ['words', (zoo) => catalog.indexDefinitionsAre(zoo, 'zoo.empty_table', {}, 'words')],
  [
    'Table zoo.feedings should have the correct check constraints',
    (zoo) => catalog.checksAre(zoo, 'zoo.feedings', ['feedings_amount_kg_check']),
  ],
  ['words', (zoo) => catalog.checksAre(zoo, 'keepers', [], 'words')],
  [
    'Schema zoo_annex should have the correct volatile functions',
    (zoo) => catalog.functionsOfVolatilityAre(zoo, 'zoo_annex', 'volatile', ['greet(text)']),
  ],
  ['words', (zoo) => catalog.functionsOfVolatilityAre(zoo, 'zoo_annex', 'stable', [], 'words')],
  [
    'Schema "Odd Zoo" should have the correct immutable functions',
    (zoo) =>
      catalog.functionsOfVolatilityAre(zoo, 'Odd Zoo', 'immutable', [
        '"Odd Function"("Odd Zoo"."Mood Swing")',
      ]),
  ],
  [
    'Columns of schema zoo that match /_kg$/ should be type decimal',
    (zoo) => catalog.columnsAreType(zoo, 'zoo', /_kg$/, 'decimal'),
  ],
  [
    'Columns of schema zoo that match /^mood$/ should be type zoo.mood',
    (zoo) => catalog.columnsAreType(zoo, 'zoo', /^mood$/, { schema: 'zoo', type: 'mood' }),
  ],
  ['words', (zoo) => catalog.columnsAreType(zoo, 'Odd Zoo', /^lasts$/, 'interval(2)', 'words')],
  [
    'Role zoo_keeper should have the correct privileges in schema "Odd Zoo"',
    (zoo) => catalog.privsOnRelationsAre(zoo, 'Odd Zoo', 'zoo_keeper', {}),
  ],
  ['words', (zoo) => catalog.privsOnRelationsAre(zoo, 'zoo', 'public', { lobby: ['SELECT'] }, 'words')],
  [
    'Role zoo_vets should have the correct privileges in schema zoo',
    (zoo) => catalog.privsOnRelationsAre(zoo, 'zoo', 'zoo_vets', OF_VETS),
  ],
  [
    'Role "Zoo Guest" should be able to execute the correct functions of schema zoo_shop',
    async (zoo) => {
      await zoo.run(`create schema zoo_shop;
                     create function zoo_shop.sell() returns integer language sql return 1;
                     revoke execute on function zoo_shop.sell() from public`)
      return catalog.executableFunctionsAre(zoo, 'zoo_shop', 'Zoo Guest', [])
    },
  ],
  [
    'words',
    (zoo) => catalog.executableFunctionsAre(zoo, 'zoo_annex', 'zoo_keepers', ['greet(text)'], 'words'),
  ],
]

export const broken: readonly Broken[] = [
  [
    differs('UNIQUE btree (lower((name)::text))', 'btree (lower((name)::text))'),
    (zoo) => catalog.indexIs(zoo, 'zoo.animals', 'animals_lower_name_idx', 'btree (lower((name)::text))'),
  ],
  [
    '    Index "Odd One" does not exist on zoo.animals',
    (zoo) => catalog.indexIs(zoo, 'zoo.animals', 'Odd One', 'btree (id)'),
  ],
  [
    differs('btree (day) INVALID', 'btree (day)'),
    async (zoo) => {
      await zoo.run(`create schema calendar;
                     create table calendar.days (day date) partition by range (day);
                     create table calendar.any_day partition of calendar.days default;
                     create index days_idx on only calendar.days (day)`)
      return catalog.indexIs(zoo, 'calendar.days', 'days_idx', 'btree (day)')
    },
  ],
  [
    '    Extra indexes:\n        keepers_name_key: UNIQUE btree (name)\n    Missing indexes:\n        "Odd One": hash (name)\n        keepers_name_key: btree (name)',
    (zoo) =>
      catalog.indexDefinitionsAre(zoo, 'zoo.keepers', {
        ...OF_KEEPERS,
        keepers_name_key: 'btree (name)',
        'Odd One': 'hash (name)',
      }),
  ],
  ['    Table nothing does not exist', (zoo) => catalog.indexDefinitionsAre(zoo, 'nothing', {})],
  [
    '    Extra check constraints:\n        animals_legs_are_few\n        animals_name_and_species_differ\n    Missing check constraints:\n        animals_pkey',
    (zoo) => catalog.checksAre(zoo, 'zoo.animals', ['animals_pkey']),
  ],
  ['    Table zoo.nothing does not exist', (zoo) => catalog.checksAre(zoo, 'zoo.nothing', [])],
  [
    '    Extra volatile functions:\n        greet(text)\n    Missing volatile functions:\n        greet()',
    (zoo) => catalog.functionsOfVolatilityAre(zoo, 'zoo_annex', 'volatile', ['greet()']),
  ],
  [
    '    Schema nowhere does not exist',
    (zoo) => catalog.functionsOfVolatilityAre(zoo, 'nowhere', 'stable', []),
  ],
  [
    '    Columns of another type:\n        "Odd Table"."Odd_id": text',
    async (zoo) => {
      await zoo.run(
        'create schema zoo_files; create table zoo_files."Odd Table" ("Odd_id" text, animal_id bigint)',
      )
      return catalog.columnsAreType(zoo, 'zoo_files', /_id$/, 'bigint')
    },
  ],
  [
    '    No column of schema zoo matches /_usd$/',
    (zoo) => catalog.columnsAreType(zoo, 'zoo', /_usd$/, 'numeric'),
  ],
  ['    Type nothing does not exist', (zoo) => catalog.columnsAreType(zoo, 'zoo', /_id$/, 'nothing')],
  ['    Schema nowhere does not exist', (zoo) => catalog.columnsAreType(zoo, 'nowhere', /_id$/, 'bigint')],
  [
    '    Extra privileges:\n        keepers: SELECT (id, name)\n        keepers: UPDATE (name)\n    Missing privileges:\n        animals: SELECT\n        keepers: SELECT',
    (zoo) =>
      catalog.privsOnRelationsAre(zoo, 'zoo', 'zoo_vets', {
        ...OF_VETS,
        animals: ['SELECT'],
        keepers: ['SELECT'],
      }),
  ],
  [
    '    Extra privileges:\n        lobby: SELECT',
    (zoo) => catalog.privsOnRelationsAre(zoo, 'zoo', 'anon', {}),
  ],
  ['    Role nobody does not exist', (zoo) => catalog.privsOnRelationsAre(zoo, 'zoo', 'nobody', {})],
  ['    Schema nowhere does not exist', (zoo) => catalog.privsOnRelationsAre(zoo, 'nowhere', 'anon', {})],
  [
    '    Extra functions:\n        greet(text)\n    Missing functions:\n        greet()',
    (zoo) => catalog.executableFunctionsAre(zoo, 'zoo_annex', 'zoo_keepers', ['greet()']),
  ],
  ['    Role nobody does not exist', (zoo) => catalog.executableFunctionsAre(zoo, 'zoo', 'nobody', [])],
  ['    Schema nowhere does not exist', (zoo) => catalog.executableFunctionsAre(zoo, 'nowhere', 'anon', [])],
]
