/**
 * How long a migration makes others wait, measured on tables that hold rows.
 *
 * Method: a project has released one file; a second one works through its tables under a lock. Each table is given some rows, and
 * the budget is so short, or so long, that the clock of the machine decides nothing.
 */
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunningEngine } from '../../engines/index.ts'
import { afterAll, beforeAll, describe, expect, referenceServer, test } from '../../harness/index.ts'
import { observedStep, readFolder, type StepResult, type Watching } from '../../predeploy/index.ts'
import { plantedFolder, release } from './planted-folder.ts'

const ROWS = 2_000
const NONE = 0.001
const PLENTY = 3_600_000

const BASE = `
  create type public.state as enum ('new', 'paid');
  create domain public.email as text check (value ~ '@');
  create table public.shops (id bigint generated always as identity primary key, code text not null unique check (code ~ '^[a-z]'));
  create table public.orders (
    shop_id bigint not null references public.shops, number integer not null, state public.state not null,
    amount numeric(10, 2) not null check (amount > 0), currency text not null check (currency in ('EUR', 'USD')), buyer public.email,
    parent integer, placed_at timestamptz not null default now(), lines jsonb not null, tags text[] not null,
    primary key (shop_id, number), foreign key (shop_id, parent) references public.orders (shop_id, number)
  );
  create function public.refuse() returns trigger language plpgsql as $$ begin raise exception 'nobody may'; end $$;
  create trigger orders_refuse before insert on public.orders for each row execute function public.refuse();
  create table public.odd (id int primary key, place point not null);
  create table public.kinds (name text primary key);
  insert into public.kinds values ('one'), ('two');`

let engine: RunningEngine
beforeAll(async () => {
  engine = await referenceServer()
})
afterAll(() => engine.stop())

async function judge(path: string, budgetMs: number, how: Watching = {}): Promise<StepResult> {
  return observedStep(await readFolder(path), { on: engine, budget: { rows: ROWS, budgetMs }, ...how })
}

/** What is said of a second file about its budget, and what is a warning. */
async function said(sql: string, budgetMs: number, how: Watching = {}) {
  const path = plantedFolder({ '20260101000000_base.sql': BASE, '20260102000000_change.sql': sql })
  await release(path, 1)
  const { findings, notes, sections = [] } = await judge(path, budgetMs, how)
  const own = findings.filter(({ id }) => id.startsWith('locks/'))
  return {
    budget: own
      .filter(({ id }) => id.startsWith('locks/within-budget'))
      .map((one) => ('reason' in one ? `${one.outcome}: ${one.reason}` : one.outcome)),
    waits: own.filter(({ id }) => id.startsWith('locks/nobody-waits')).map(({ outcome }) => outcome),
    warnings: notes.filter(({ group }) => group === 'locks').map(({ text }) => text),
    sections: sections.map(({ title }) => title),
  }
}

const SCAN = 'alter table public.orders add constraint small check (amount < 100000)'

describe('a statement that goes through a whole table', () => {
  test('over its budget it is an error that says who waits, and what to write', async () => {
    const { budget, waits, sections } = await said(`select 1;\n${SCAN}`, NONE)
    expect(budget).toHaveLength(1)
    expect(budget[0]).toMatch(
      /^failed: 20260102000000_change\.sql:2: It blocks every read and write of public\.orders while it reads 2,000 rows of public\.orders, for \d+ ms\. .* budget is 1 ms/,
    )
    expect(waits).toEqual(['failed'])
    expect(sections[0]).toBe('How long each file makes others wait')
  })

  test('within its budget it is a warning with the time it took', async () => {
    const { budget, waits, warnings } = await said(SCAN, PLENTY)
    expect({ budget, waits }).toEqual({ budget: ['passed'], waits: ['passed'] })
    expect(warnings.join()).toMatch(
      /Measured with 2,000 rows a table, the file makes others wait for \d+ ms of/,
    )
  })

  test('the rows of the target count where they are more', async () => {
    const { budget } = await said(SCAN, PLENTY / 60, { rows: () => 4_000_000_000_000 })
    expect(budget[0]).toMatch(/reads 4000000 million rows of public\.orders, for \d/)
  })

  test('the worst of several statements is named', async () => {
    const slow = 'alter table public.orders add column at timestamptz default clock_timestamp()'
    const { budget } = await said(
      `${SCAN};\n${slow.replace('pg_sleep(0.0001)::text::interval', "interval '1 s'")};\nselect pg_sleep(0.2)`,
      NONE,
    )
    expect(budget[0]).toMatch(
      /^failed: \S+:3: It blocks every read and write of public\.orders while it runs, for [23]\d\d ms/,
    )
  })

  test('the trigger of the project that refuses rows is there again', async () => {
    const { budget } = await said(
      `${SCAN};\ndo $$ begin if (select tgenabled from pg_trigger where tgname = 'orders_refuse') <> 'O' then raise 'off'; end if; end $$`,
      PLENTY,
    )
    expect(budget).toEqual(['passed'])
  })
})

test('a list that a migration filled keeps its rows', async () => {
  const { budget } = await said('alter table public.kinds add check (length(name) < 9)', NONE)
  expect(budget[0]).toContain('reads 2 rows of public.kinds')
})

test.for<readonly [string, string]>([
  ['alone and concurrently', 'create index concurrently orders_state on public.orders (state)'],
  ['for a moment', "set lock_timeout = '1s'; alter table public.orders add column note text"],
])('what locks %s has nothing to be measured', async ([, sql]) => {
  const { budget, sections } = await said(sql, PLENTY)
  expect(budget).toEqual(['passed'])
  expect(sections).not.toContain('How long each file makes others wait')
})

describe('what is not measured does not pass', () => {
  test('a table for which no rows can be made', async () => {
    const { budget, waits } = await said('alter table public.odd add check (id > 0)', PLENTY)
    expect(budget).toEqual([
      'skipped: not run: 20260102000000_change.sql is not measured: public.odd has no rows: nothing is known of the type point of place',
    ])
    expect(waits).toEqual(['failed'])
  })

  test('a file that the rows stop', async () => {
    const { budget } = await said('alter table public.orders add check (amount > 5)', PLENTY)
    expect(budget[0]).toMatch(
      /^skipped: not run: .* with made-up rows the server refuses \S+:1: check constraint/,
    )
  })

  test('anything, without rows asked for', async () => {
    const path = plantedFolder({ '20260101000000_base.sql': BASE, '20260102000000_change.sql': SCAN })
    await release(path, 1)
    const { findings } = await observedStep(await readFolder(path), { on: engine })
    expect(findings.find(({ id }) => id === 'locks/within-budget')).toMatchObject({ outcome: 'skipped' })
  })
})

test('on records of usage, made by its generator, every recording waits', async () => {
  const path = plantedFolder({})
  cpSync('supabase/migrations', path, { recursive: true })
  await release(path)
  writeFileSync(
    join(path, '20990101000000_later.sql'),
    'create index later_idx on copilot_internal.llm_cost_records (model);\n',
  )
  const { findings } = await judge(path, NONE, { rows: () => 40_000_000 })
  expect(findings.filter(({ id }) => id.startsWith('locks/within-budget'))).toMatchObject([
    {
      outcome: 'failed',
      reason: expect.stringMatching(
        /blocks every recording while it builds an index of 40 million rows of copilot_internal\.llm_cost_records, for/,
      ),
    },
  ])
})
