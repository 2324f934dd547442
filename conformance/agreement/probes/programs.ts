import type { Probe } from '../probe.ts'

const raising = (words: string) => `do $$ begin ${words}; end $$`
const caught = (setup: string) => [
  `create function public.caught() returns text language plpgsql as $f$
   declare code text; said text; about text; word text; place text;
   begin
     ${setup};
     return 'nothing was raised';
   exception when others then
     get stacked diagnostics code = returned_sqlstate, said = message_text, about = constraint_name, word = column_name, place = table_name;
     return concat_ws(' | ', code, said, about, word, place);
   end $f$`,
]

/** PL/pgSQL, triggers and SQL functions: how the product is written. */
export const programProbes: readonly Probe[] = [
  {
    name: 'an error of the product’s own',
    ask: raising(`raise exception 'said' using errcode = 'QT999', detail = 'D', hint = 'H'`),
    refused: 'QT999',
  },
  {
    name: 'an error raised from a caught one',
    ask: `do $$ begin perform 1 / 0; exception when division_by_zero then raise exception 'caught' using errcode = 'QT999', detail = 'D', hint = 'H'; end $$`,
    refused: 'QT999',
  },
  { name: 'an error by its name', ask: raising('raise unique_violation'), refused: '23505' },
  { name: 'an assertion that fails', ask: raising(`assert 1 = 2, 'one is not two'`), refused: 'P0004' },
  {
    name: 'a strict query without rows',
    ask: `do $$ declare v int; begin select 1 into strict v where false; end $$`,
    refused: 'P0002',
  },
  {
    name: 'a strict query with two rows',
    ask: `do $$ declare v int; begin select a into strict v from generate_series(1, 2) as a; end $$`,
    refused: 'P0003',
  },
  {
    name: 'a function that returns nothing',
    setup: [`create function public.f() returns int language plpgsql as 'begin end'`],
    ask: 'select public.f()',
    refused: '2F005',
  },
  {
    name: 'a variable of a column’s name',
    setup: [
      'create table public.t (v int)',
      `create function public.f() returns int language plpgsql as 'declare v int = 1; begin return (select v from public.t); end'`,
    ],
    ask: 'select public.f()',
    refused: '42702',
  },
  { name: 'a notice is no refusal', ask: raising(`raise notice 'only saying'`) },
  {
    name: 'what is known of a broken check',
    setup: [
      'create table public.t (v int constraint t_v_positive check (v > 0))',
      ...caught('insert into public.t values (-1)'),
    ],
    ask: 'select public.caught()',
  },
  {
    name: 'what is known of a missing value',
    setup: ['create table public.t (v int not null)', ...caught('insert into public.t values (null)')],
    ask: 'select public.caught()',
  },
  {
    name: 'what a block did before its error is undone',
    setup: ['create table public.t (v int)', ...caught('insert into public.t values (1); perform 1 / 0')],
    ask: 'select public.caught(), (select count(*) from public.t)',
  },
  { name: 'a commit within a transaction', ask: 'do $$ begin commit; end $$', refused: '2D000' },
  {
    name: 'dynamic SQL with values',
    setup: [
      `create function public.f(name text) returns bigint language plpgsql as $f$ declare n bigint; begin execute format('select count(*) from %I.%I where provider = $1', 'copilot_internal', 'model_pricing') into n using name; return n; end $f$`,
    ],
    ask: `select public.f('openai')`,
  },
  {
    name: 'how many rows were touched',
    setup: [
      'create table public.t (v int)',
      `create function public.f() returns int language plpgsql as $f$ declare n int; begin insert into public.t select generate_series(1, 3); get diagnostics n = row_count; if not found then n = -1; end if; return n; end $f$`,
    ],
    ask: 'select public.f()',
  },
  {
    name: 'a loop over rows',
    setup: [
      `create function public.f() returns setof text language plpgsql as $f$ declare r record; begin for r in values (1, 'a'), (2, 'b') loop return next r.column1 || r.column2; end loop; return query select 'c'; end $f$`,
    ],
    ask: 'select * from public.f()',
  },
  {
    name: 'arguments by name, by default and by position',
    setup: [
      `create function public.f(a int, b int default 2) returns text language sql as 'select concat_ws('','', a, b)'`,
      `create function public.g(variadic c int[]) returns int language sql as 'select cardinality(c)'`,
    ],
    ask: 'select public.f(1), public.f(b => 3, a => 1), public.g(1, 2, 3), public.g(variadic array[4])',
  },
  {
    name: 'a call that fits two functions',
    setup: [
      `create function public.f(a int, b bigint) returns int language sql as 'select 1'`,
      `create function public.f(a bigint, b int) returns int language sql as 'select 2'`,
    ],
    ask: 'select public.f(1, 2)',
    refused: '42725',
  },
  {
    name: 'a function with a body of statements',
    setup: [
      `create function public.f(a int) returns int language sql immutable begin atomic select a + 1; end`,
    ],
    ask: 'select public.f(1)',
  },
  {
    name: 'a strict function of NULL',
    setup: [`create function public.f(a int) returns int language sql strict as 'select 1'`],
    ask: 'select public.f(null)',
  },
  {
    name: 'a function that changes what it may not',
    setup: [
      'create table public.t (v int)',
      `create function public.f() returns int language plpgsql stable as 'begin insert into public.t values (1); return 1; end'`,
    ],
    ask: 'select public.f()',
    refused: '0A000',
  },
  {
    name: 'a function with an empty search path',
    setup: [
      'create table public.t (v int)',
      `create function public.f() returns bigint language plpgsql set search_path = '' as 'begin return (select count(*) from t); end'`,
    ],
    ask: 'select public.f()',
    refused: '42P01',
  },
  {
    name: 'triggers fire in the order of their names',
    setup: [
      'create table public.t (v text)',
      `create function public.add() returns trigger language plpgsql as 'begin new.v = new.v || tg_argv[0]; return new; end'`,
      `create trigger _200_b before insert on public.t for each row execute function public.add('b')`,
      `create trigger _100_a before insert on public.t for each row execute function public.add('a')`,
    ],
    ask: `insert into public.t values ('-') returning v`,
  },
  {
    name: 'a trigger that keeps the row out',
    setup: [
      'create table public.t (v int)',
      `create function public.no() returns trigger language plpgsql as 'begin return null; end'`,
      'create trigger no before insert on public.t for each row execute function public.no()',
    ],
    ask: 'insert into public.t values (1) returning v',
  },
  {
    name: 'the rows that a statement changed',
    setup: [
      'create table public.t (v int)',
      'create table public.log (n bigint)',
      `create function public.note() returns trigger language plpgsql as 'begin insert into public.log select count(*) from changed; return null; end'`,
      'create trigger note after insert on public.t referencing new table as changed for each statement execute function public.note()',
      'insert into public.t select generate_series(1, 4)',
    ],
    ask: 'select n from public.log',
  },
  {
    name: 'a trigger that asks about its columns',
    setup: [
      'create table public.t (a int, b int)',
      `create function public.note() returns trigger language plpgsql as $f$ begin raise exception '% % %', tg_op, tg_when, old.b is distinct from new.b using errcode = 'QT998'; end $f$`,
      'create trigger note before update of b on public.t for each row when (old.* is distinct from new.*) execute function public.note()',
      'insert into public.t values (1, 1)',
      'update public.t set a = 2',
    ],
    ask: 'update public.t set b = 2',
    refused: 'QT998',
  },
  {
    name: 'a function that calls itself too often',
    setup: [
      `create function public.f(a int) returns int language sql as 'select case when a = 0 then 0 else 1 end'`,
    ],
    ask: 'select public.f(3)',
  },
]
