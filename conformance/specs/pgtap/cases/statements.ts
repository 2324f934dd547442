import { after, type Call, call, char, cursor, int, numeric, text, texts, value } from '../call.ts'

const prepared = [
  // Prepared statements outlive a savepoint.
  `do $$ begin
     if exists (select from pg_catalog.pg_prepared_statements where name = 'species') then execute 'deallocate species'; end if;
   end $$`,
  'prepare species as select species from zoo.animals order by id',
]
const cursors = [
  'declare have cursor for select id from zoo.animals order by id',
  'declare want cursor for select id from zoo.animals order by id',
]
const otherCursors = [
  'declare have cursor for select id from zoo.animals order by id',
  'declare want cursor for select id from zoo.animals order by id desc',
]

/** Two statements that answer the same, and pairs that differ in each way that there is. */
const pairs: readonly (readonly [have: string, want: string])[] = [
  [
    'select id, name from zoo.animals order by id',
    "values (1::bigint, 'Leo'::varchar), (2, 'Otto'), (3, 'Olga')",
  ],
  ['select species from zoo.animals order by id', "values ('lion'), ('otter'), ('otter')"],
  ['select species from zoo.animals order by id', "values ('otter'), ('lion'), ('otter')"],
  ['select species from zoo.animals order by id', "values ('lion'), ('otter')"],
  ['select species from zoo.animals order by id', "values ('lion'), ('otter'), ('otter'), ('shark')"],
  ['select 1.0 as n', 'select 1.00'],
  ["select interval '1 day'", "select interval '24:00:00'"],
  ['select 1', 'select 1::bigint'],
  ['select 1 as a, 2 as b', 'select 1 as a'],
  ["select 1 as a, 'two words' as b", "select 2 as a, 'with, comma' as b"],
  ["select null::text as a, ''::text as b", 'select null::text as a, null::text as b'],
  ['select 1 where false', 'select 2 where false'],
  ['select 1 where false', 'select 2'],
  ['select 1 where false', "values (1::bigint, 'Leo'::varchar)"],
  ['select null::integer where false', 'select null::integer'],
  ["select 'a'::text", 'select 2 where false'],
  ["select 'a'::text", 'select 1'],
  [
    'select id, mood, tags, home from zoo.animals order by id',
    "select 1::bigint, 'calm'::zoo.mood, '{}'::text[], null::zoo.place",
  ],
  ['insert into zoo.keepers (name) values ($$x$$) returning name', "select 'x'::text"],
]

const onRows = [
  'results_eq',
  'results_ne',
  'set_eq',
  'set_ne',
  'bag_eq',
  'bag_ne',
  'set_has',
  'set_hasnt',
  'bag_has',
  'bag_hasnt',
]
const withArrays = ['results_eq', 'results_ne', 'set_eq', 'set_ne', 'bag_eq', 'bag_ne']
/** pgTAP makes tables of these, which it cannot do of what writes. */
const asTables = (have: string) => !have.startsWith('insert')

const rows: readonly Call[] = onRows.flatMap((claim) =>
  pairs
    .filter(([have]) => claim.startsWith('results') || asTables(have))
    .flatMap(([have, want], i) =>
      i === 0
        ? [call(claim, text(have), text(want), text('a description'))]
        : [call(claim, text(have), text(want))],
    ),
)

const arrays: readonly Call[] = withArrays.flatMap((claim) => [
  call(claim, text('select species from zoo.animals order by id'), texts('lion', 'otter', 'otter')),
  call(
    claim,
    text('select species from zoo.animals order by id'),
    texts('otter', 'lion'),
    text('a description'),
  ),
  call(claim, text('select legs from zoo.animals'), value('smallint[]', ['4', '4', '4'])),
  call(claim, text('select legs from zoo.animals'), value('integer[]', ['4', '4', '4'])),
  after(prepared, call(claim, text('species'), texts('lion', 'otter', 'otter'))),
])

const byCursor: readonly Call[] = ['results_eq', 'results_ne'].flatMap((claim) =>
  [cursors, otherCursors].flatMap((declared) => [
    after(declared, call(claim, cursor('have'), cursor('want'), text('a description'))),
    after(declared, call(claim, cursor('have'), cursor('want'))),
    after(declared, call(claim, text('select id from zoo.animals order by id'), cursor('want'))),
    after(
      declared,
      call(claim, text('select id from zoo.animals order by id'), cursor('want'), text('a description')),
    ),
    after(declared, call(claim, cursor('want'), text('select id from zoo.animals order by id'))),
    after(
      declared,
      call(claim, cursor('want'), text('select id from zoo.animals order by id'), text('a description')),
    ),
    after(declared, call(claim, cursor('want'), value('bigint[]', ['1', '2', '3']))),
    after(declared, call(claim, cursor('want'), value('bigint[]', ['1', '2', '3']), text('a description'))),
  ]),
)

const FAILS = 'select 1 / 0'
const UNIQUE = 'insert into zoo.keepers (id, name) overriding system value values (7, $$Anna$$)'

const refusals: readonly Call[] = [
  call('throws_ok', text(FAILS), char('22012'), text('division by zero'), text('a description')),
  call('throws_ok', text(FAILS), char('22012'), text('another'), text('a description')),
  call('throws_ok', text(FAILS), char('42501'), text('division by zero'), text('a description')),
  call('throws_ok', text(FAILS), text('22012'), text('division by zero')),
  call('throws_ok', text(FAILS), text('division by zero'), text('a description')),
  call('throws_ok', text(FAILS), text('something else'), text('a description')),
  call('throws_ok', text(FAILS), text('22012')),
  call('throws_ok', text(FAILS), text('division by zero')),
  call('throws_ok', text(FAILS), text('something else')),
  call('throws_ok', text(FAILS)),
  call('throws_ok', text('select 1')),
  call('throws_ok', text('select 1'), text('22012')),
  call('throws_ok', text(FAILS), int('22012'), text('division by zero'), text('a description')),
  call('throws_ok', text(FAILS), int('22012'), text('division by zero')),
  call('throws_ok', text(FAILS), int('22012')),
  call('throws_ok', text(UNIQUE), text('23505')),
  ...['throws_like', 'throws_ilike'].flatMap((claim) => [
    call(claim, text(FAILS), text('division%'), text('a description')),
    call(claim, text(FAILS), text('DIVISION%')),
    call(claim, text(FAILS), text('%nothing%')),
    call(claim, text('select 1'), text('division%')),
  ]),
  ...['throws_matching', 'throws_imatching'].flatMap((claim) => [
    call(claim, text(FAILS), text('^division'), text('a description')),
    call(claim, text(FAILS), text('^DIVISION')),
    call(claim, text(FAILS), text('nothing')),
    call(claim, text('select 1'), text('division')),
  ]),
  call('lives_ok', text('select 1'), text('a description')),
  call('lives_ok', text('select 1')),
  call('lives_ok', text(FAILS), text('a description')),
  call('lives_ok', text(UNIQUE)),
  after(prepared, call('lives_ok', text('species'))),
  after(prepared, call('throws_ok', text('species'))),
]

const singles: readonly Call[] = [
  call('set_eq', text('select 1, 2'), text('select 1, 2')),
  call('bag_has', text('select pg_sleep(0)'), text('select pg_sleep(0)')),
  call('is_empty', text('select 1 where false'), text('a description')),
  call('is_empty', text('select id, name from zoo.animals order by id')),
  after(prepared, call('is_empty', text('species'))),
  call('isnt_empty', text('select 1'), text('a description')),
  call('isnt_empty', text('select 1 where false')),
  call('row_eq', text('select 1, 2'), value('zoo.place', '(1,2)'), text('a description')),
  call('row_eq', text('select 1, 2'), value('zoo.place', '(1,3)')),
  call('row_eq', text('select 1'), value('zoo.place', '(1,3)')),
  call('row_eq', text('select 1, 2 where false'), value('zoo.place', '(1,3)')),
  call('performs_ok', text('select 1'), numeric('1000'), text('a description')),
  call('performs_ok', text('select 1'), numeric('1000')),
  call('performs_ok', text('select pg_sleep(0.002)'), numeric('1')),
  call('performs_within', text('select 1'), numeric('0'), numeric('1000'), int('3'), text('a description')),
  call('performs_within', text('select 1'), numeric('0'), numeric('1000'), int('3')),
  call('performs_within', text('select 1'), numeric('0'), numeric('1000'), text('a description')),
  call('performs_within', text('select 1'), numeric('0'), numeric('1000')),
  call('performs_within', text('select 1'), numeric('5000'), numeric('1'), int('1')),
  call('performs_within', text('select 1'), numeric('0'), numeric('1000'), int('0')),
]

export const statements: readonly Call[] = [...rows, ...arrays, ...byCursor, ...refusals, ...singles]
