/**
 * A deploy by the real CLI: what it applies, what it says, and that running it again is safe.
 *
 * Method: each thing that goes wrong is made to go wrong on a database of the test’s own; the deploy’s words are compared with
 * what is there, and the same plan is carried out again.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from '../../harness/index.ts'
import { Project, projectOf, SHOP, serverForFile } from './project.ts'

const ownDatabase = serverForFile()
const [GOODS, ORDERS] = Object.keys(SHOP) as [string, string]
const OURS = new URL('../../../supabase/migrations/', import.meta.url)
const SLOW = '20250101000003_slow.sql'

async function planned(files: Readonly<Record<string, string>>) {
  const { url, connect } = await ownDatabase({ holds: 'platform' })
  const project = projectOf(files)
  return { url, connect, project, plan: await project.plan(url) }
}

type Connect = Awaited<ReturnType<typeof planned>>['connect']

/** The one column of a query’s rows. */
async function asked(connect: Connect, query: string): Promise<(string | null | undefined)[]> {
  const session = await connect()
  const rows = await session.query(query)
  await session.close()
  return rows.map((row) => Object.values(row)[0])
}

const noted = (connect: Connect) =>
  asked(connect, 'select version from supabase_migrations.schema_migrations order by 1')
const relations = (connect: Connect) =>
  asked(
    connect,
    `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`,
  )

test('a plan is carried out with lock_timeout, and again does nothing', async () => {
  const { url, connect, project, plan } = await planned({
    ...SHOP,
    [SLOW]: `create table public.settings as select current_setting('lock_timeout') as lock_timeout;\n`,
  })
  const first = await project.deploy(plan, url)
  expect(first.failed).toEqual([])
  expect(first.passed).toContain('deploy/verified')
  expect(new Set(Object.values(first.states))).toEqual(new Set(['applied by this run']))
  expect(await asked(connect, 'select lock_timeout from public.settings')).toEqual(['2s'])
  expect(first.progress).toMatch(new RegExp(`Applying ${GOODS}\nApplying ${ORDERS}\nApplying ${SLOW}`))

  const second = await project.deploy(plan, url)
  expect(second.failed).toEqual([])
  expect(new Set(Object.values(second.states))).toEqual(new Set(['applied before this run']))
  expect(second.progress).not.toContain('Applying')
})

test('this project’s own migrations are verified after the push', async () => {
  const { url } = await ownDatabase({ holds: 'platform' })
  const project = projectOf(ownFiles())
  const { failed, passed } = await project.deploy(await project.plan(url), url, { lockTimeoutMs: 5_000 })
  expect(failed).toEqual([])
  expect(passed.filter((id) => id.startsWith('phase1/'))).toHaveLength(9)
  expect(passed).toContain('full/schema')
})

function ownFiles(): Record<string, string> {
  const names = readdirSync(OURS)
  return Object.fromEntries(names.map((name) => [name, readFileSync(new URL(name, OURS), 'utf8')]))
}

test('a file that fails leaves nothing of itself; what is before it stays', async () => {
  const broken = `create table public.half (id int);\ninsert into public.missing values (1);\n`
  const { url, connect, project, plan } = await planned({ ...SHOP, [SLOW]: broken })
  const first = await project.deploy(plan, url)
  expect(first.failed).toEqual([`deploy/push: ${SLOW}`])
  expect(first.words).toMatch(
    /relation "public.missing" does not exist[\s\S]*Of 20250101000003_slow.sql nothing stays/,
  )
  expect(first.states).toEqual({
    [GOODS]: 'applied by this run',
    [ORDERS]: 'applied by this run',
    [SLOW]: 'not applied',
  })
  expect(await relations(connect)).toEqual(['goods', 'orders'])

  // The cause was the target’s, and is cured there.
  await (await cured(connect, 'create table public.missing (id int)')).close()
  const second = await project.deploy(plan, url)
  expect(second.failed).toEqual([])
  expect(second.states).toEqual({
    [GOODS]: 'applied before this run',
    [ORDERS]: 'applied before this run',
    [SLOW]: 'applied by this run',
  })
})

async function cured(connect: Connect, statement: string) {
  const session = await connect()
  await session.run(statement)
  return session
}

test('a file outside a transaction is said to have left what it left', async () => {
  const { url, connect, project, plan } = await planned({
    [GOODS]: 'create table public.goods (id int);\ninsert into public.goods values (1), (1);\n',
    [ORDERS]: 'create unique index concurrently goods_id on public.goods (id);\n',
  })
  const { failed, states, words } = await project.deploy(plan, url)
  expect(failed).toEqual([`deploy/push: ${ORDERS}`])
  expect(states[ORDERS]).toMatch(/parts of it may be there/)
  expect(words).toMatch(/look for what it has left, such as an invalid index/)
  expect(
    await asked(connect, `select indisvalid from pg_index where indexrelid = 'public.goods_id'::regclass`),
  ).toEqual(['f'])
  expect((await project.target(url)).failed).toEqual(['target/invalid-indexes: public.goods_id'])
})

describe('a lock that somebody holds', () => {
  const files = {
    [GOODS]: SHOP['20250101000001_goods.sql'],
    [ORDERS]: 'alter table public.held add column more int;\n',
  }

  async function held() {
    const { url, connect } = await ownDatabase({ holds: 'platform' })
    const holder = await cured(connect, 'create table public.held (id int)')
    const project = projectOf(files)
    const plan = await project.plan(url)
    await holder.query('begin')
    await holder.query('select from public.held')
    return { url, connect, holder, project, plan }
  }

  test('is waited for in turns, and the rest is applied when it is gone', async () => {
    const { url, holder, project, plan } = await held()
    const { failed, states, progress } = await project.deploy(plan, url, {
      lockTimeoutMs: 300,
      attempts: 8,
      progress: (line) => void (/attempt 2/.test(line) && holder.query('rollback')),
    })
    await holder.close()
    expect(failed).toEqual([])
    expect(progress).toMatch(/waited 300 ms for a lock in vain: attempt 1 of 8, the next in 300 ms/)
    expect(new Set(Object.values(states))).toEqual(new Set(['applied by this run']))
  })

  test('ends the deploy after the last attempt, with what to do', async () => {
    const { url, holder, project, plan } = await held()
    const { failed, states, words } = await project.deploy(plan, url, { lockTimeoutMs: 200 })
    await holder.close()
    expect(failed).toEqual([`deploy/push: ${ORDERS}`])
    expect(words).toMatch(/lock timeout.*[\s\S]*Somebody holds a lock/)
    expect(states).toEqual({ [GOODS]: 'applied by this run', [ORDERS]: 'not applied' })
  })
})

test('a second deploy is refused by name, or waits and finds all applied', async () => {
  const { url, connect, project, plan } = await planned({ ...SHOP, [SLOW]: 'select pg_sleep(2);\n' })
  let began: () => void = () => undefined
  const pushing = new Promise<void>((resolve) => {
    began = resolve
  })
  const first = project.deploy(plan, url, { beforePush: async () => began() })
  await pushing
  const [refused, waited] = await Promise.all([
    project.deploy(plan, url),
    project.deploy(plan, url, { waitMs: 60_000 }),
  ])
  expect((await first).failed).toEqual([])
  expect(refused.failed).toEqual(['deploy/alone: target'])
  expect(refused.words).toMatch(/Another deploy is at work: deploy by /)
  expect(waited.failed).toEqual([])
  expect(waited.progress).toMatch(/Waiting for deploy by /)
  expect(new Set(Object.values(waited.states))).toEqual(new Set(['applied before this run']))
  expect(await noted(connect)).toHaveLength(3)
})

test('an interrupted one says what is applied, and the next goes on', async () => {
  const LATER = '20250101000004_later.sql'
  const { url, connect, project, plan } = await planned({
    ...SHOP,
    [SLOW]: 'create table public.slow (id int);\nselect pg_sleep(1);\n',
    [LATER]: 'create table public.later (id int);\n',
  })
  const controller = new AbortController()
  const first = await project.deploy(plan, url, {
    signal: controller.signal,
    progress: (line) => void (line === `Applying ${SLOW}` && sleep(200).then(() => controller.abort())),
  })
  // The server ends what it was sent, a whole file: also after the CLI is gone, and the deploy waits for that.
  expect(first.progress).toMatch(/Waiting for the server to end what it was sent/)
  expect(await relations(connect)).toEqual(['goods', 'orders', 'slow'])
  expect(first.failed).toEqual([`deploy/push: ${LATER}`])
  expect(first.words).toMatch(/interrupted at 20250101000004_later.sql\. .*Run the same command again/)
  expect(first.states).toMatchObject({ [SLOW]: 'applied by this run', [LATER]: 'not applied' })
  const second = await project.deploy(plan, url)
  expect(second.failed).toEqual([])
  expect(second.states).toMatchObject({ [SLOW]: 'applied before this run', [LATER]: 'applied by this run' })
})

test('what somebody else has applied in between stops the rest', async () => {
  const { url, connect, project, plan } = await planned(SHOP)
  const other = new Project({ '20250101000001_goods.sql': 'create table public.other (id int);\n' })
  await other.cli(url)
  other.delete()
  const { failed, words } = await project.deploy(plan, url)
  expect(failed).toEqual(['deploy/target: migration 20250101000001_goods'])
  expect(words).toContain('It was applied since the plan, and not by it.')
  expect(await relations(connect)).toEqual(['other'])
})
