/**
 * Behaviour across a change: the specs of a former release are run against the new schema, and what passed has to pass.
 *
 * Method: a release is planted, with pgTAP files that say what it does; a later file keeps that or does not.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { RunningEngine } from '../../engines/index.ts'
import { afterAll, beforeAll, describe, expect, referenceServer, test } from '../../harness/index.ts'
import { formerSpecsStep, readFolder } from '../../predeploy/index.ts'
import { plantedFolder, release } from './planted-folder.ts'

const FIRST = '20260101000000_shop.sql'
const LATER = '20260102000000_later.sql'
const SHOP = `
  create table public.orders (id int primary key, amount numeric not null, state text not null default 'new');
  create function public.total() returns numeric language sql set search_path = '' as 'select coalesce(sum(amount), 0) from public.orders';`
const SPEC = `
  begin;
  select plan(3);
  insert into public.orders (id, amount) values (1, 5), (2, 7);
  select is(public.total(), 12::numeric, 'amounts add up');
  select is((select state from public.orders where id = 1), 'new', 'an order is new');
  select throws_ok('insert into public.orders (id) values (3)', '23502', null, 'an order has an amount');
  select * from finish();
  rollback;`
const BREACH = `create or replace function public.total() returns numeric language sql set search_path = ''
  as 'select coalesce(sum(amount) * 1.2, 0) from public.orders';`

let engine: RunningEngine
beforeAll(async () => {
  engine = await referenceServer()
})
afterAll(() => engine.stop())

/** A shop with its specs, of which one file is released. */
async function shop(later: string, spec = SPEC): Promise<string> {
  const path = plantedFolder({ [FIRST]: SHOP, [LATER]: later })
  await release(path, 1)
  mkdirSync(join(dirname(path), 'tests'))
  writeFileSync(join(dirname(path), 'tests/orders.sql'), spec)
  return path
}

async function said(path: string, how: Parameters<typeof formerSpecsStep>[1] = {}): Promise<string[]> {
  const { findings, notes } = await formerSpecsStep(await readFolder(path), { on: engine, ...how })
  return [
    ...findings.map((one) => `${one.outcome}${'reason' in one ? `: ${one.reason}` : ''}`),
    ...notes.map(({ kind, text }) => `${kind}: ${text}`),
  ]
}

describe('a later file', () => {
  test('that answers otherwise is told, with the test', async () => {
    const [first, ...more] = await said(await shop(BREACH))
    expect(first).toBe(
      'failed: orders.sql, test 1: “amounts add up” passes with the released files, and fails with the new ones.',
    )
    expect(more).toEqual([expect.stringMatching(/^note: 3 tests .* run before and after, as they are in /)])
  })

  test('that ends a spec with an error is told', async () => {
    const [first] = await said(await shop('alter table public.orders drop column state'))
    expect(first).toMatch(
      /^failed: orders\.sql: It passed, and does not any more: .*column "state" does not exist/,
    )
  })

  test('that adds something passes', async () => {
    const later = `alter table public.orders add column note text;
      create or replace function public.total() returns numeric language sql set search_path = ''
        as 'select coalesce(sum(o.amount), 0.0) from public.orders as o';`
    expect((await said(await shop(later)))[0]).toBe('passed')
  })

  test('passes where a comment names the spec', async () => {
    const allowed = (file: string) =>
      `-- predeploy: allow former-release/specs-pass until 2099-12-31: ${file} has no taxes\n${BREACH}`
    expect((await said(await shop(allowed('orders.sql'))))[0]).toBe('passed')
    expect((await said(await shop(allowed('others.sql'))))[0]).toMatch(/^failed: /)
  })
})

test('what failed before says nothing of the change', async () => {
  const told = await said(await shop('select 1', SPEC.replace('12::', '13::')))
  expect(told[0]).toBe('passed')
  expect(told[1]).toMatch(/^warning: orders\.sql: It does not pass with the released files alone: 1 of 3/)
})

test('the specs are those of the commit that released', async () => {
  const path = await shop(BREACH)
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
      cwd: dirname(path),
    })
  git('init', '--quiet')
  git('add', '.')
  git('commit', '--quiet', '--message=first')
  const edited = SPEC.replace('12::', '14.4::')
  writeFileSync(join(dirname(path), 'tests/orders.sql'), edited)
  const [first, note] = await said(path)
  expect(first).toMatch(/^failed: orders\.sql, test 1: /)
  expect(note).toMatch(/as they were in commit [0-9a-f]{10}, which released it/)
  expect((await said(path, { formerSpecs: join(dirname(path), 'tests') }))[0]).toBe('passed')
})

test('what is not run does not pass', async () => {
  const unreleased = plantedFolder({ [FIRST]: SHOP, [LATER]: BREACH })
  expect((await said(unreleased))[0]).toMatch(/^skipped: not run: nobody knows what is released/)
  await release(unreleased, 1)
  expect((await said(unreleased))[0]).toMatch(/^skipped: not run: the former release has no specs/)
  await release(unreleased)
  expect((await said(unreleased))[0]).toMatch(/^skipped: not applicable: every file is released/)
})

test('the public interface of this project lets a price update pass', async () => {
  const path = plantedFolder({})
  cpSync('supabase/migrations', path, { recursive: true })
  await release(path)
  writeFileSync(
    join(path, '20990101000000_later.sql'),
    `select copilot_internal.set_model_price('openai', 'gpt-4', 45, 90);
     select copilot_internal.set_model_price('openai', 'gpt-next', 1, 2);`,
  )
  const told = await said(path, { formerSpecs: 'supabase/tests' })
  expect(told.filter((one) => one.startsWith('failed: '))).toEqual([])
})

test('and notices what users no longer read', async () => {
  const path = plantedFolder({})
  cpSync('supabase/migrations', path, { recursive: true })
  await release(path)
  writeFileSync(
    join(path, '20990101000000_later.sql'),
    'drop policy model_pricing_select_authenticated on copilot_internal.model_pricing;',
  )
  const told = await said(path, { formerSpecs: 'supabase/tests' })
  expect(told.filter((one) => one.startsWith('failed: ')).length).toBeGreaterThan(0)
  expect(told.join('\n')).toMatch(
    /public_interface\.sql, test \d+: “whoever is signed in reads prices” passes with/,
  )
})
