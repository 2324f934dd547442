import { after, type Call, call, int, name, names, numeric, text, value } from '../call.ts'
import { allWays, inTurn } from '../ways.ts'

/** The columns that each claim is tried on: ordinary and odd, of tables, views and nothing. */
const places: readonly (readonly [schema: string, relation: string, column: string])[] = [
  ['zoo', 'animals', 'species'],
  ['zoo', 'animals', 'name'],
  ['zoo', 'animals', 'doubled'],
  ['zoo', 'animals', 'wings'],
  ['zoo', 'heavy_animals', 'weight'],
  ['public', 'lobby', 'note'],
  ['zoo', 'lobby', 'note'],
  ['zoo', 'keepers', 'id'],
  ['Odd Zoo', 'Strange Table', 'Some Id'],
  ['Odd Zoo', 'Strange Table', 'has "quotes"'],
  ['zoo', 'nothing', 'species'],
  ['Odd Zoo', 'Strange Table', 'some id'],
]

const properties: readonly Call[] = [
  ['has_column', false],
  ['hasnt_column', false],
  ['col_has_default', false],
  ['col_hasnt_default', false],
  ['col_not_null', true],
  ['col_is_null', true],
].flatMap(([claim, undescribed]) => [
  ...inTurn(places, ([schema, relation, column]) =>
    allWays(String(claim), schema, [name(relation), name(column)], { undescribed: undescribed === true }),
  ),
  call(String(claim), name('nowhere'), name('animals'), name('species'), text('a description')),
])

const lists: readonly Call[] = [
  call('columns_are', name('zoo'), name('lobby'), names('id', 'seats')),
  call('columns_are', name('zoo'), name('lobby'), names('seats', 'id', 'id'), text('a description')),
  call('columns_are', name('zoo'), name('lobby'), names('id', 'Seats')),
  call('columns_are', name('public'), name('lobby'), names('id', 'seats', 'Odd One'), text('a description')),
  call('columns_are', name('Odd Zoo'), name('Strange Table'), names('select')),
  call('columns_are', name('zoo'), name('empty_table'), names()),
  call('columns_are', name('zoo'), name('nothing'), names('id')),
  call('columns_are', name('lobby'), names('id', 'seats')),
  call('columns_are', name('lobby'), names('id', 'note')),
  call('columns_are', name('lobby'), names('id', 'note'), text('a description')),
  call('columns_are', name('heavy_animals'), names('id', 'name', 'weight'), text('a description')),
]

/** A type as it is wanted, of a column of `zoo.animals`. */
const types: readonly (readonly [column: string, type: string])[] = [
  ['species', 'text'],
  ['species', 'varchar'],
  ['name', 'character varying(40)'],
  ['name', 'varchar(40)'],
  ['name', 'varchar(41)'],
  ['name', 'varchar'],
  ['fee', 'decimal(10, 2)'],
  ['fee', 'NUMERIC(10,2)'],
  ['fee', 'numeric(10)'],
  ['fee', 'numeric'],
  ['id', 'int8'],
  ['id', 'integer'],
  ['legs', 'int2'],
  ['born', 'timestamptz'],
  ['born', 'timestamp with time zone'],
  ['born', 'timestamp(3) with time zone'],
  ['tags', 'text[]'],
  ['tags', 'text'],
  ['mood', 'mood'],
  ['mood', 'zoo.mood'],
  ['mood', 'zoo.moody'],
  ['weight', 'weight_kg'],
  ['weight', 'numeric(8,3)'],
  ['home', 'zoo.place'],
  ['wings', 'integer'],
]

const columnTypes: readonly Call[] = [
  ...inTurn(types, ([column, type]) =>
    allWays('col_type_is', 'zoo', [name('animals'), name(column), text(type)]),
  ),
  call('col_type_is', name('animals'), name('species'), text('text'), text('a description')),
  call('col_type_is', name('animals'), name('species'), text('json'), text('a description')),
  call('col_type_is', name('Odd Zoo'), name('Strange Table'), name('Some Id'), text('integer')),
  call('col_type_is', name('Odd Zoo'), name('Strange Table'), name('Swing'), text('"Odd Zoo"."Mood Swing"')),
  call('col_type_is', name('Odd Zoo'), name('Strange Table'), name('Swing'), text('zoo.mood')),
  call('col_type_is', name('Odd Zoo'), name('Strange Table'), name('lasts'), text('interval')),
  call('col_type_is', name('Odd Zoo'), name('Strange Table'), name('lasts'), text('interval(2)')),
  call('col_type_is', name('Odd Zoo'), name('Strange Table'), name('lasts'), text('interval(3)')),
  call('col_type_is', name('Odd Zoo'), name('Strange Table'), name('nothing'), text('integer')),
  ...(
    [
      ['mood', 'zoo', 'mood'],
      ['mood', 'zoo', 'moody'],
      ['mood', 'Odd Zoo', '"Mood Swing"'],
      ['fee', 'pg_catalog', 'numeric(10,2)'],
      ['fee', 'pg_catalog', 'numeric(11,2)'],
      ['species', 'pg_catalog', 'text'],
      ['id', 'pg_catalog', 'bigint'],
      ['weight', 'zoo', 'weight_kg'],
      ['wings', 'zoo', 'mood'],
    ] as const
  ).flatMap(([column, schema, type], i) =>
    call(
      'col_type_is',
      ...[name('zoo'), name('animals'), name(column), name(schema), text(type)],
      ...(i % 2 === 0 ? [text('a description')] : []),
    ),
  ),
  call(
    'col_type_is',
    name('Odd Zoo'),
    name('Strange Table'),
    name('Swing'),
    name('Odd Zoo'),
    text('"Mood Swing"'),
  ),
]

/** A value as a default is wanted. */
const defaults: readonly (readonly [column: string, value: ReturnType<typeof text>])[] = [
  ['species', text('otter')],
  ['species', text('lion')],
  ['species', text(null)],
  ['mood', text('calm')],
  ['mood', value('zoo.mood', 'calm')],
  ['mood', value('zoo.mood', 'hungry')],
  ['born', text('now()')],
  ['born', text('then()')],
  ['tags', text('{}')],
  ['tags', value('text[]', ['a'])],
  ['fee', text('12.5')],
  ['fee', numeric('12.500')],
  ['fee', numeric('13')],
  ['legs', int('4')],
  ['legs', int('5')],
  ['legs', text('4')],
  ['name', text('Leo')],
  ['nickname', text(null)],
  ['wings', text('two')],
]

const columnDefaults: readonly Call[] = [
  ...inTurn(defaults, ([column, want]) =>
    allWays('col_default_is', 'zoo', [name('animals'), name(column), want], { undescribed: false }),
  ),
  // What is no text has overloads of its own.
  ...allWays('col_default_is', 'zoo', [name('animals'), name('legs'), int('4')], { undescribed: false }),
  call('col_default_is', name('keepers'), name('hired_on'), text('CURRENT_DATE')),
  call('col_default_is', name('keepers'), name('hired_on'), text('now()'), text('a description')),
  call('col_default_is', name('animals'), name('doubled'), text('(legs * 2)')),
  call('col_default_is', name('stables'), name('id'), text(`nextval('stables_id_seq'::regclass)`)),
  call(
    'col_default_is',
    name('Odd Zoo'),
    name('Strange Table'),
    name('Swing'),
    text('up'),
    text('described'),
  ),
  call('col_default_is', name('Odd Zoo'), name('Strange Table'), name('Wing'), text('up'), text('described')),
]

/** Types with what SQL alone reads, and those of a schema that needs quotes, on the path and not. */
const typesInSchemas: readonly Call[] = [
  ...['interval(2)', 'interval', 'numeric'].map((type) =>
    call(
      'col_type_is',
      name('Odd Zoo'),
      name('Strange Table'),
      name('lasts'),
      name('pg_catalog'),
      text(type),
    ),
  ),
  // What has a length of 1 in SQL.
  ...['char', 'character', 'bit', 'char(1)', 'CHAR'].flatMap((type) =>
    ['letter', 'bits'].flatMap((column) =>
      [
        call('col_type_is', name('letters'), name(column), text(type)),
        call('col_type_is', name('zoo'), name('letters'), name(column), text(type), text('a description')),
        call('col_type_is', name('zoo'), name('letters'), name(column), name('pg_catalog'), text(type)),
      ].map((one) => after(['create table zoo.letters (letter char, bits bit)'], one)),
    ),
  ),
  ...['"Odd Zoo", extensions', 'extensions', 'zoo, extensions'].flatMap((path) =>
    ['"Mood Swing"', '"Short Text"'].map((type) =>
      after(
        [`set local search_path = ${path}`],
        call(
          'col_type_is',
          name('Odd Zoo'),
          name('Strange Table'),
          name('Swing'),
          name('Odd Zoo'),
          text(type),
        ),
      ),
    ),
  ),
]

export const columns: readonly Call[] = [
  ...properties,
  ...lists,
  ...columnTypes,
  ...typesInSchemas,
  ...columnDefaults,
]
