/**
 * Calls without a schema that pgTAP decides by relations which the search path does not find, and by namesakes of what it finds.
 */
import { after, asked, type Call, call, name, names, text } from '../call.ts'

/** A path that finds nothing of the zoo, one that finds what has namesakes elsewhere, and one that finds the namesakes. */
const PATHS = ['extensions', 'public, zoo, extensions', 'twins, zoo, extensions']

/** A table of the same name in another schema, with other parts. */
const namesakes = [
  'create schema twins',
  'create table twins.animals (id integer, species text, keeper_id integer)',
  'create index animals_annex_idx on twins.animals using hash (keeper_id)',
  'create trigger annex_change before update on twins.animals for each row execute function zoo.note_change()',
  'create policy animals_annex on twins.animals for delete to zoo_vets',
  'create rule annex_rule as on delete to twins.animals do instead nothing',
]

/** All views on a path, but for pgTAP's own. */
const VIEWS = `select relname as value from pg_class
               where relkind = 'v' and pg_table_is_visible(oid) and relnamespace <> 'pg_catalog'::regnamespace
                 and relnamespace <> 'extensions'::regnamespace`

/** With a description and without, on each path. */
const everywhere = (claim: string, ...args: Call['args']): Call[] =>
  PATHS.flatMap((path) =>
    [[text('a description')], []].map((description) =>
      after([...namesakes, `set local search_path = ${path}`], call(claim, ...args, ...description)),
    ),
  )

/** Where pgTAP takes no description. */
const undescribed = (claim: string, ...args: Call['args']): Call[] =>
  PATHS.map((path) => after([...namesakes, `set local search_path = ${path}`], call(claim, ...args)))

const ofZoo = ['_100_note_change', 'Odd Trigger']
const policiesOfZoo = ['animals_select_keepers', 'animals_insert_vets', 'animals_all']

export const namesakesOf: readonly Call[] = [
  ...[
    ofZoo,
    ['annex_change'],
    [...ofZoo, 'annex_change'],
    [...ofZoo, 'annex_change', 'stables_change'],
    [],
    ['nothing'],
  ].flatMap((triggers) => everywhere('triggers_are', name('animals'), names(...triggers))),
  ...everywhere('triggers_are', name('nothing'), names('stables_change')),
  ...[
    policiesOfZoo,
    [...policiesOfZoo, 'animals_annex'],
    [...policiesOfZoo, 'animals_annex', 'Odd Policy'],
    ['nothing'],
    [],
  ].flatMap((policies) => everywhere('policies_are', name('animals'), names(...policies))),
  ...everywhere('policies_are', name('nothing'), names('Odd Policy')),
  ...everywhere('policy_roles_are', name('animals'), name('animals_annex'), names('zoo_vets')),
  ...everywhere('policy_roles_are', name('feedings'), name('Odd Policy'), names('zoo_keepers', 'zoo_vets')),
  ...['delete', 'select'].flatMap((command) =>
    everywhere('policy_cmd_is', name('animals'), name('animals_annex'), text(command)),
  ),
  ...['delete', 'select', 'truncate'].flatMap((event) =>
    everywhere('rule_is_on', name('animals'), name('annex_rule'), text(event)),
  ),
  ...everywhere('rule_is_on', name('Strange Table'), name('Odd Rule'), text('update')),
  ...['note_change', 'greet'].flatMap((called) =>
    everywhere('trigger_is', name('animals'), name('_100_note_change'), name(called)),
  ),
  ...['note_change', 'greet'].map((called) =>
    after(
      ['set local search_path = zoo_annex, extensions'],
      call('trigger_is', name('stables'), name('stables_change'), name(called)),
    ),
  ),
  ...['id', 'keeper_id', 'species'].flatMap((column) => [
    ...everywhere('is_indexed', name('animals'), names(column)),
    ...undescribed('is_indexed', name('animals'), name(column)),
    ...undescribed('is_indexed', name('animals'), name(column), name('a description')),
  ]),
  ...['hash', 'btree'].flatMap((type) => [
    ...undescribed('index_is_type', name('animals'), name('animals_annex_idx'), name(type)),
    ...undescribed('index_is_type', name('animals_annex_idx'), name(type)),
    ...undescribed('index_is_type', name('Strange Table'), name('Strange Index'), name(type)),
  ]),
  ...undescribed('index_is_type', name('nothing'), name('btree')),
  ...undescribed('is_clustered', name('feedings'), name('feedings_pkey')),
  ...undescribed('is_clustered', name('feedings_pkey')),
  ...undescribed('is_clustered', name('animals_annex_idx')),
  ...undescribed('index_is_primary', name('animals_pkey')),
  ...undescribed('index_is_unique', name('lobby_pkey')),
  // The path finds the index, and not its table.
  ...['index_is_unique', 'index_is_primary', 'index_is_partial', 'is_clustered'].map((claim) =>
    after(
      [
        'create schema twins',
        'create table twins.lobby (id integer constraint twins_lobby_key primary key)',
        'create unique index twins_lobby_idx on twins.lobby (id) where id > 0',
        'alter table twins.lobby cluster on twins_lobby_key',
        'set local search_path = zoo, twins, extensions',
      ],
      call(claim, name(claim === 'index_is_partial' ? 'twins_lobby_idx' : 'twins_lobby_key')),
    ),
  ),
  ...everywhere('columns_are', name('pg_attrdef'), names('oid', 'adrelid', 'adnum', 'adbin')),
  ...everywhere('columns_are', name('pg_attrdef'), names()),
  ...everywhere('indexes_are', name('pg_attrdef'), names()),
  ...everywhere('rules_are', name('pg_tables'), names()),
  ...[
    call('tables_are', names('sql_parts', 'nothing')),
    call('tables_are', names(), text('a description')),
    call('views_are', names('columns')),
    call('views_are', asked('name[]', VIEWS)),
  ].map((one) => after(['set local search_path = information_schema, "Odd Zoo", extensions'], one)),
]
