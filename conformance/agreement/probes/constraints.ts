import type { Probe } from '../probe.ts'

const periods = [
  'create extension if not exists btree_gist with schema extensions',
  'create table public.periods (name text, during tstzrange, constraint periods_do_not_overlap exclude using gist (name with =, during with &&))',
  `insert into public.periods values ('a', '[2026-01-01 00:00+00,2026-02-01 00:00+00)')`,
]
const scopes = [
  'create table public.scopes (scope text, scope_id uuid, constraint scopes_once unique nulls not distinct (scope, scope_id))',
  `insert into public.scopes values ('platform', null)`,
]
const parents = [
  'create table public.parent (id int primary key)',
  'create table public.child (id int constraint child_of_parent references public.parent on delete cascade)',
  'insert into public.parent values (1)',
  'insert into public.child values (1)',
]

/** Constraints of every kind that the product, or a table beside it, is built with. */
export const constraintProbes: readonly Probe[] = [
  {
    name: 'periods that overlap are excluded',
    setup: periods,
    ask: `insert into public.periods values ('a', '[2026-01-31 00:00+00,2026-03-01 00:00+00)')`,
    refused: '23P01',
  },
  {
    name: 'periods that touch, or of another name, are not',
    setup: periods,
    ask: `insert into public.periods values ('a', '[2026-02-01 00:00+00,)'), ('b', '[2026-01-15 00:00+00,)') returning name, during`,
  },
  {
    name: 'a unique constraint that NULL meets, too',
    setup: scopes,
    ask: `insert into public.scopes values ('platform', null)`,
    refused: '23505',
  },
  {
    name: 'a unique constraint that NULL slips through',
    setup: ['create table public.t (v int unique)', 'insert into public.t values (null)'],
    ask: `insert into public.t values (null) returning v`,
  },
  {
    name: 'a foreign key to nothing',
    setup: parents,
    ask: 'insert into public.child values (2)',
    refused: '23503',
  },
  {
    name: 'a parent that has children goes with them',
    setup: [...parents, 'delete from public.parent'],
    ask: 'select count(*) from public.child',
  },
  {
    name: 'a parent that may not go',
    setup: [
      'create table public.parent (id int primary key)',
      'create table public.child (id int references public.parent)',
      'insert into public.parent values (1)',
      'insert into public.child values (1)',
    ],
    ask: 'delete from public.parent',
    refused: '23503',
  },
  {
    name: 'a constraint that is not valid yet',
    setup: [
      'create table public.t (v int)',
      'insert into public.t values (-1)',
      'alter table public.t add constraint t_v_positive check (v > 0) not valid',
    ],
    ask: 'alter table public.t validate constraint t_v_positive',
    refused: '23514',
  },
  {
    name: 'a constraint that is deferred',
    setup: [
      'create table public.parent (id int primary key)',
      'create table public.child (id int references public.parent deferrable initially deferred)',
      'insert into public.child values (1)',
    ],
    ask: 'set constraints all immediate',
    refused: '23503',
  },
  {
    name: 'a check that is NULL passes',
    setup: ['create table public.t (v int check (v > 0))'],
    ask: 'insert into public.t values (null) returning v',
  },
  {
    name: 'a domain',
    setup: [
      `create domain public.share as numeric(5,4) constraint share_is_part check (value between 0 and 1)`,
    ],
    ask: `select 1.5::public.share`,
    refused: '23514',
  },
  {
    name: 'a generated column',
    setup: ['create table public.t (a numeric, b numeric, total numeric generated always as (a + b) stored)'],
    ask: 'insert into public.t (a, b) values (0.1, 0.2) returning total',
  },
  {
    name: 'a generated column cannot be set',
    setup: ['create table public.t (a int, b int generated always as (a * 2) stored)'],
    ask: 'insert into public.t values (1, 5)',
    refused: '428C9',
  },
  {
    name: 'a generated column that would change by itself',
    ask: 'create table public.t (a timestamptz, b text generated always as (a::text) stored)',
    refused: '42P17',
  },
  {
    name: 'an identity',
    setup: ['create table public.t (id bigint generated always as identity (start with 5), v int)'],
    ask: 'insert into public.t (v) values (1), (2) returning id',
  },
  {
    name: 'an identity cannot be set',
    setup: ['create table public.t (id bigint generated always as identity, v int)'],
    ask: 'insert into public.t values (1, 1)',
    refused: '428C9',
  },
  {
    name: 'a sequence goes on',
    setup: ['create sequence public.s increment 5 start 10', `select nextval('public.s')`],
    ask: `select nextval('public.s'), currval('public.s'), lastval()`,
  },
  {
    name: 'an enum in its order',
    setup: [`create type public.mood as enum ('low', 'high')`],
    ask: `select 'high' > 'low'::public.mood, enum_range(null::public.mood), 'low'::public.mood`,
  },
  {
    name: 'a value that an enum does not have',
    setup: [`create type public.mood as enum ('low', 'high')`],
    ask: `select 'middle'::public.mood`,
    refused: '22P02',
  },
  {
    name: 'an index that cannot be unique',
    setup: ['create table public.t (v int)', 'insert into public.t values (1), (1)'],
    ask: 'create unique index t_v_key on public.t (v)',
    refused: '23505',
  },
  {
    name: 'a partial unique index',
    setup: [
      'create table public.t (v int, gone boolean)',
      'create unique index t_v_key on public.t (v) where not gone',
      'insert into public.t values (1, true), (1, false)',
    ],
    ask: 'insert into public.t values (1, false)',
    refused: '23505',
  },
  {
    name: 'an index on what is not immutable',
    setup: ['create table public.t (v timestamptz)'],
    ask: 'create index on public.t ((v::date))',
    refused: '42P17',
  },
  {
    name: 'a column that must not be NULL',
    setup: ['create table public.t (v int not null)'],
    ask: 'insert into public.t values (null)',
    refused: '23502',
  },
  {
    name: 'a table that others depend on',
    setup: ['create table public.t (v int)', 'create view public.of_t as select v from public.t'],
    ask: 'drop table public.t',
    refused: '2BP01',
  },
  {
    name: 'a table that is there already',
    setup: ['create table public.t (v int)'],
    ask: 'create table public.t (v int)',
    refused: '42P07',
  },
]
