/**
 * What a watched replay notices: each class of incident is planted in a second file of a small project, and a near miss
 * beside it passes.
 *
 * Method: a folder without a manifest, so that the second file is judged against what the first has made.
 */
import type { RunningEngine } from '../../engines/index.ts'
import { afterAll, beforeAll, describe, expect, referenceServer, test } from '../../harness/index.ts'
import { observe, observedStep, readFolder, staticStep } from '../../predeploy/index.ts'
import { errorsOf, planted, plantedFolder } from './planted-folder.ts'
import { BASE, findings } from './watched-shop.ts'

let engine: RunningEngine
beforeAll(async () => {
  engine = await referenceServer()
})
afterAll(() => engine.stop())

type Case = readonly [what: string, breach: string, said: RegExp, nearMiss: string]

const LOCKS: readonly Case[] = [
  [
    'a foreign key on rows that are there',
    'alter table public.orders add foreign key (shop_id) references public.shops (id)',
    /stops all writes of public\.(shops|orders).* reads all of public\.orders/,
    'alter table public.orders add foreign key (shop_id) references public.shops (id) not valid',
  ],
  [
    'a volatile default',
    'alter table public.orders add column token uuid default gen_random_uuid()',
    /stops all reads and writes of public\.orders while it writes anew public\.orders/,
    "alter table public.orders add column state text not null default 'new'",
  ],
  [
    'a change of type',
    'alter table public.orders alter column amount type float',
    /writes anew public\.orders/,
    'alter table public.orders alter column email type varchar',
  ],
  [
    'a stored generated column',
    'alter table public.orders add column doubled numeric generated always as (amount * 2) stored',
    /writes anew public\.orders/,
    'alter table public.orders add column doubled numeric',
  ],
  [
    'NOT NULL',
    'alter table public.orders alter column email set not null',
    /stops all reads and writes of public\.orders while it reads all of public\.orders/,
    'alter table public.orders alter column email drop not null',
  ],
  [
    'a check',
    'alter table public.orders add constraint positive check (amount > 0)',
    /reads all of public\.orders/,
    'alter table public.orders add constraint positive check (amount > 0) not valid',
  ],
  [
    'a unique index',
    'create unique index on public.orders (email)',
    /stops all writes of public\.orders while it builds an index of public\.orders/,
    'create unique index concurrently orders_email_key on public.orders (email)',
  ],
  [
    'rows changed while the table is locked',
    `alter table public.orders add column state text;\n update public.orders set state = 'old'`,
    /locked since line 1, while it reads all of public\.orders/,
    `update public.orders set note = 'old'`,
  ],
  [
    'a table written anew by dynamic SQL',
    `do $$ begin execute 'alter table public.orders alter column amount type float'; end $$`,
    /writes anew public\.orders/,
    `do $$ begin execute 'alter table public.orders add column x int'; end $$`,
  ],
]

const PRIVILEGES: readonly Case[] = [
  [
    'a view that loses security_invoker',
    'create or replace view public.order_notes as select id, note from public.orders',
    /view public\.order_notes: It reads with the rights of its owner/,
    'create or replace view public.order_notes with (security_invoker) as select id, note from public.orders',
  ],
  [
    'a view whose security_invoker is off',
    `create view public.ids with (security_invoker = off) as select id from public.orders;
     grant select on public.ids to authenticated`,
    /view public\.ids: It reads with the rights of its owner/,
    ['', ' = yes', ' = TRUE', " = 'tr'", ' = y', ' = ON', ' = 1']
      .map(
        (
          option,
          i,
        ) => `create view public.ids_${i} with (security_invoker${option}) as select id from public.orders;
        grant select on public.ids_${i} to authenticated;`,
      )
      .join('\n'),
  ],
  [
    'a definer function that anon may call',
    `create function public.f() returns int language sql security definer set search_path = '' as 'select 1'`,
    /function public\.f\(\): It runs with the rights of its owner, and (anon and )?public may call it/,
    `create function public.f() returns int language sql security definer set search_path = '' as 'select 1';
     revoke execute on function public.f() from public, anon`,
  ],
  [
    'a definer function without a search_path',
    `create function public.f() returns int language sql security definer as 'select 1';
     revoke execute on function public.f() from public, anon`,
    /finds what its caller’s search_path finds/,
    `create function public.f() returns int language sql as 'select 1'`,
  ],
  [
    'a definer function of triggers without a search_path',
    `create function public.f() returns trigger language plpgsql security definer as 'begin return new; end'`,
    /function public\.f\(\): It runs .*finds what its caller’s search_path finds/,
    `create function public.f() returns trigger language plpgsql security definer set search_path = ''
       as 'begin return new; end';
     create function public.g() returns event_trigger language plpgsql security definer set search_path = '' as 'begin end'`,
  ],
  [
    'a table without row level security',
    'create table private.notes (id int primary key); grant select on private.notes to anon',
    /table private\.notes: anon or authenticated have privileges on it/,
    `create table private.notes (id int primary key); alter table private.notes enable row level security;
     grant select on private.notes to anon`,
  ],
  [
    'row level security switched off',
    'alter table public.orders disable row level security',
    /table public\.orders: anon or authenticated/,
    'alter table public.orders force row level security',
  ],
  [
    'a policy that lets every row pass',
    'alter policy orders_select_own on public.orders using (true)',
    /policy orders_select_own on public\.orders: .* every row now passes its USING/,
    `alter policy orders_select_own on public.orders using (note = (select auth.uid())::text and id > 0)`,
  ],
  [
    'a second policy that lets every row pass',
    'create policy everybody on public.orders for select to authenticated using (true)',
    /policy everybody on public\.orders: .* permissive policies add up/,
    'create policy nobody on public.orders as restrictive for select to authenticated using (true)',
  ],
  [
    'a policy that holds for everybody',
    'alter policy orders_select_own on public.orders to public',
    /it now holds for public/,
    'alter policy orders_select_own on public.orders to service_role',
  ],
  [
    'TRUNCATE for anon',
    'grant truncate on public.shops to anon',
    /table public\.shops: anon may truncate it/,
    'grant truncate on public.shops to service_role',
  ],
  [
    'a default privilege that opens later objects',
    'alter default privileges in schema public grant select on tables to anon',
    /later tables of postgres in schema public: anon may select them/,
    'alter default privileges in schema public grant select on tables to service_role',
  ],
  [
    'a role that goes past row level security',
    'create role careless bypassrls',
    /role careless: It now bypasses row level security/,
    'create role careful',
  ],
]

const FORMER: readonly Case[] = [
  [
    'a column that is dropped',
    'alter table public.orders drop column email',
    /column public\.orders\.email: It is gone/,
    'alter table public.orders alter column email drop not null',
  ],
  [
    'a table that is renamed',
    'alter table public.shops rename to stores',
    /table public\.shops: It is gone, or has another name/,
    'create table private.stores (id int primary key)',
  ],
  [
    'arguments that are others',
    `drop function public.total(bigint);
     create function public.total(shop bigint, since date) returns numeric language sql set search_path = '' as 'select 1.0';
     revoke execute on function public.total(bigint, date) from public`,
    /function public\.total\(bigint\): It is gone, or takes other arguments/,
    `create or replace function public.total(shop bigint) returns numeric language sql set search_path = '' as 'select 1.0'`,
  ],
  [
    'an argument with another name',
    `drop function public.total(bigint);
     create function public.total(store bigint) returns numeric language sql set search_path = '' as 'select 1.0';
     revoke execute on function public.total(bigint) from public`,
    /Its arguments’ names or its answer have changed/,
    `create function public.total() returns numeric language sql set search_path = '' as 'select 1.0'`,
  ],
  [
    'a new column that has to be given',
    'alter table public.shops add column owner uuid not null',
    /column public\.shops\.owner: It is new, required, and has no default/,
    "alter table public.shops add column state text not null default 'open'",
  ],
  [
    'a required column without its default',
    'alter table public.shops alter column since drop default',
    /column public\.shops\.since: It is required, and no longer has a default/,
    `alter table public.shops alter column since set default '2026-01-01'`,
  ],
  [
    'a key that is gone',
    'alter table public.shops drop constraint shops_pkey',
    /table public\.shops: No key holds id unique any more/,
    'alter table public.shops rename constraint shops_pkey to shops_key',
  ],
  [
    'a privilege that users have lost',
    'revoke select on public.shops from authenticated',
    /table public\.shops: authenticated may no longer select on it/,
    'revoke select on public.shops from service_role',
  ],
  [
    'the last policy of a command',
    'drop policy orders_select_own on public.orders',
    /table public\.orders: No policy lets anybody select any more/,
    `drop policy orders_select_own on public.orders;
     create policy orders_select_note on public.orders for select to authenticated using (note = (select auth.uid())::text)`,
  ],
]

describe.for([
  ['who waits', LOCKS],
  ['access', PRIVILEGES],
  ['the former release', FORMER],
] as const)('%s', ([, cases]) => {
  test.for(cases)('%s is noticed', async ([, breach, said]) => {
    expect((await findings(engine, breach)).join('\n')).toMatch(said)
  })

  test.for(cases)('what is like %s passes', async ([, , , nearMiss]) => {
    expect(await findings(engine, nearMiss)).toEqual([])
  })
})

test.for([
  ['nothing is known of releases', {}],
  ['files are released', { applied: new Set(['20260101000000_dump.sql']) }],
  ['a target has no history', { applied: new Set<string>(), there: new Set(['public.notes']) }],
] as const)('what a file sets ends with it, where %s', async ([, known]) => {
  const folder = plantedFolder({
    '20260101000000_dump.sql': `select pg_catalog.set_config('search_path', '', false);
      create table if not exists public.notes (id int primary key);`,
    '20260102000000_more.sql': `create table if not exists more (id int primary key);
      alter table more enable row level security;`,
    '20260103000000_most.sql': `alter table more add column body text check (body <> '');`,
  })
  const { findings: all } = await observedStep(await readFolder(folder), {
    on: engine,
    budget: { rows: 10, budgetMs: 5_000 },
    ...known,
  })
  expect(all.filter(({ outcome }) => outcome === 'skipped' || outcome === 'error')).toEqual([])
})

test.for<readonly [what: string, sql: string, isHarmless: boolean]>([
  ['to the same type', 'alter table public.orders alter column email type text', true],
  ['to a type of the same rows', 'alter table public.orders alter column email type varchar', true],
  ['in a DO block', 'do $$\nbegin\n  alter table public.orders alter column email type text;\nend $$', true],
  ['that writes rows anew', 'alter table public.orders alter column amount type float', false],
  [
    'that reads rows',
    `create domain public.few as text check (value <> '');
    alter table public.orders alter column email type public.few`,
    false,
  ],
])('a change %s is judged by what it was seen to do', async ([, sql, isHarmless]) => {
  const folder = await planted({
    '20260101000000_base.sql': BASE,
    '20260102000000_change.sql': `set lock_timeout = '3s';\n${sql}`,
  })
  const { files } = await observe(folder, { on: engine })
  const told = (await staticStep(folder, { watched: files })).findings.filter(({ id }) =>
    id.startsWith('static/squawk/changing-column-type'),
  )
  expect(told.map(({ outcome }) => outcome)).toEqual([isHarmless ? 'passed' : 'failed'])
  const unseen = await staticStep(folder)
  expect(errorsOf(unseen).join()).toContain('static/squawk/changing-column-type: 20260102')
})
