/**
 * What the gate reads of a target: who it is, what goes on there, in what state it is; and that it is in nobody’s way.
 *
 * Method: each thing that it looks for is made in a database of the test’s own; beside it stands a similar thing that is fine.
 */
import { connectRemote } from '../../engines/index.ts'
import { describe, expect, test } from '../../harness/index.ts'
import { activityStep, readFolder, targetStep } from '../../predeploy/index.ts'
import { inReadOnlyTransaction } from '../../verify/index.ts'
import { connectionTo, projectOf, SHOP, serverForFile } from './project.ts'

const ownDatabase = serverForFile()
const OURS = new URL('../../../supabase/migrations/', import.meta.url).pathname

test('the target says who it is, and no password', async () => {
  const { url = '' } = await ownDatabase({ holds: 'platform' })
  const { failed, unchecked, sections } = await projectOf(SHOP).target(url)
  expect({ failed, unchecked }).toEqual({ failed: [], unchecked: [] })
  const { hostname, port, pathname, password } = new URL(url)
  for (const part of [hostname, port, pathname.slice(1), 'closed']) expect(sections).toContain(part)
  expect(sections).not.toContain(password)
})

test('it takes no lock that a writer waits for', async () => {
  const { url = '', connect } = await ownDatabase()
  const connection = await connectionTo(url)
  const session = await connectRemote(connection)
  const folder = await readFolder(OURS)
  const modes = await inReadOnlyTransaction(session, async () => {
    const { findings } = await targetStep(session, folder, connection)
    expect(findings.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
    return session.query(
      `select distinct mode from pg_locks where pid = pg_backend_pid() and locktype <> 'virtualxid' and granted`,
    )
  })
  expect(modes).toEqual([{ mode: 'AccessShareLock' }])
  await session.close()
  await (await connect()).close()
})

test('drift of the target’s own version is found', async () => {
  const { url = '', connect } = await ownDatabase()
  const owner = await connect()
  await owner.run('grant select on copilot_internal.cost_quotas to anon')
  await owner.close()
  const connection = await connectionTo(url)
  const session = await connectRemote(connection)
  const folder = await readFolder(OURS)
  const { findings } = await inReadOnlyTransaction(session, () => targetStep(session, folder, connection))
  await session.close()
  const failed = findings.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id)
  expect(failed).toEqual(['target/drift: table copilot_internal.cost_quotas'])
})

describe('what goes on', () => {
  test('a session that waits for a lock is found; a busy one is not', async () => {
    const { url, connect } = await ownDatabase({
      holds: 'platform',
      prepare: SHOP['20250101000001_goods.sql'],
    })
    const [holder, waiter] = [await connect(), await connect()]
    const project = projectOf(SHOP)
    await holder.query('begin')
    await holder.query('select 1 from pg_catalog.pg_class limit 1')
    await holder.query('select pg_advisory_xact_lock(1)')
    expect((await project.target(url)).failed).toEqual([])
    await waiter.query('begin')
    const waiting = waiter.query('select pg_advisory_xact_lock(1)')
    await expect
      .poll(async () => (await project.target(url)).failed.join())
      .toMatch(/^target\/blockers: process \d+$/)
    await holder.query('rollback')
    await waiting
    await waiter.query('rollback')
    for (const session of [holder, waiter]) await session.close()
  })

  test('a transaction that is open for long is found with its tables', async () => {
    const { url, connect } = await ownDatabase({
      holds: 'platform',
      prepare: SHOP['20250101000001_goods.sql'],
    })
    const [holder, reader] = [await connect(), await connect()]
    const failedAfter = async (seconds: number) =>
      inReadOnlyTransaction(reader, async () => {
        const { findings } = await activityStep(reader, seconds)
        return findings.filter(({ outcome }) => outcome === 'failed')
      })
    await holder.query('begin')
    await holder.query('lock table public.goods in access share mode')
    expect(await failedAfter(60)).toEqual([])
    await expect
      .poll(() => failedAfter(1))
      .toMatchObject([{ reason: expect.stringContaining('holds locks on public.goods: ') }])
    await holder.query('rollback')
    expect(await failedAfter(1)).toEqual([])
    expect((await projectOf(SHOP).target(url)).failed).toEqual([])
    for (const session of [holder, reader]) await session.close()
  })

  test('a role that sees nobody’s transactions does not say none is long', async () => {
    const { url = '' } = await ownDatabase({
      holds: 'platform',
      prepare: `do $$ begin create role blind_reader login password 'seen-by-nobody'; exception when duplicate_object then null; end $$`,
    })
    const blind = new URL(url)
    blind.username = 'blind_reader'
    blind.password = 'seen-by-nobody'
    const { failed, unchecked, warnings } = await projectOf(SHOP).target(blind.href)
    expect(failed).toEqual([])
    expect(unchecked).toEqual(['target/long-transactions'])
    expect(warnings.join()).toContain('It may not create schemas')
  })
})

describe('the state', () => {
  test('an index left invalid is found, and a valid one is not', async () => {
    const { url, connect } = await ownDatabase({ holds: 'platform' })
    const session = await connect()
    await session.run(`create table public.twice (id int); insert into public.twice values (1), (1);
      create index twice_sound on public.twice (id)`)
    await session
      .run('create unique index concurrently twice_id on public.twice (id)')
      .catch(() => 'has duplicates')
    await session.close()
    const { failed, words } = await projectOf(SHOP).target(url)
    expect(failed).toEqual(['target/invalid-indexes: public.twice_id'])
    expect(words).toContain('drop index concurrently public.twice_id')
  })

  test('an unvalidated constraint is told; one that is meant so is not', async () => {
    const { url, connect } = await ownDatabase({ holds: 'platform' })
    const session = await connect()
    const sql = "alter table public.goods add constraint named check (name <> '') not valid;\n"
    await session.run(`${SHOP['20250101000001_goods.sql']} ${sql}`)
    await session.close()
    const told = (await projectOf(SHOP).target(url)).warnings.join('\n')
    expect(told).toContain('constraint named on public.goods: It was never validated')
    const meant = await projectOf({ ...SHOP, '20250101000003_named.sql': sql }).target(url)
    expect(meant.warnings.join('\n')).not.toContain('validated')
  })
})
