/**
 * copilot_internal.fold_usage beside everybody else: two sessions stepped by hand, each in a known order, and clients that record,
 * correct and fold at once. What a view answers is at every moment, in one statement, the sum of the records.
 */
import { acme, birch } from '../../../fixtures/people.ts'
import type { Database, Session } from '../../engines/index.ts'
import { expect, needs, Run } from '../../harness/index.ts'

const CALL = (day: string, usd: number, tenant = acme.tenantId) => `
  insert into copilot_internal.llm_cost_records (tenant_id, recorded_at, provider, model, is_adopted, input_cost_usd, total_cost_usd)
  values ('${tenant}', '${day} 10:00+00', 'p', 'm', true, ${usd}, ${usd})`
const FOLD = `select days_folded, days_renewed, writers_awaited from copilot_internal.fold_usage(100000, '0')
              where resource_type = 'llm'`
/** The view beside the records, in one snapshot. */
const IN_ORDER = `
  select coalesce((select sum(total_cost_usd) from copilot_internal.cost_summary_by_tenant), 0)
       = coalesce((select sum(total_cost_usd) from copilot_internal.llm_cost_records), 0)
     and coalesce((select sum(request_count) from copilot_internal.cost_summary_by_model), 0)
       = (select count(*) from copilot_internal.llm_cost_records) as in_order`

const concurrent = needs('two-sessions', 'own-database')
const total = async (session: Session) => {
  const [row] = await session.query(
    'select sum(total_cost_usd) as usd from copilot_internal.cost_summary_by_tenant',
  )
  return Number(row?.['usd'])
}

async function two(database: Database): Promise<[Session, Session]> {
  return [await database.connect(), await database.connect()]
}

concurrent('it waits for those who are still writing, and takes no day before', async ({ ownDatabase }) => {
  const [writer, folder] = await two(await ownDatabase())
  await folder.query(CALL('2026-02-01', 1))
  // Whoever wrote it as a record of their own day has left no note.
  await writer.query('begin')
  await writer.query(CALL('2026-02-01', 2))
  await writer.query(
    'delete from copilot_internal.usage_changed_days where transaction = pg_current_xact_id()',
  )
  expect(await folder.query(FOLD)).toEqual([{ days_folded: '0', days_renewed: '0', writers_awaited: '1' }])
  expect(await folder.query('select 1 from copilot_internal.usage_rollup_state')).toEqual([])
  await writer.query('commit')
  const [done] = await folder.query(FOLD)
  expect(done).toMatchObject({ writers_awaited: '0' })
  expect(Number(done?.['days_folded'])).toBeGreaterThan(100)
  expect(await total(folder)).toBe(3)
  await writer.close()
  await folder.close()
})

needs(
  'two-sessions',
  'own-database',
  'thorough-run',
)('patience is how long it waits', async ({ ownDatabase }) => {
  const [writer, folder] = await two(await ownDatabase())
  await writer.query('begin')
  await writer.query(CALL('2026-02-01', 2))
  const folding = folder.query(
    `select writers_awaited from copilot_internal.fold_usage(100000, '1 hour') where resource_type = 'llm'`,
  )
  await writer.query('select pg_sleep(0.3)')
  await writer.query('commit')
  expect(await folding).toEqual([{ writers_awaited: '0' }])
  expect(await total(folder)).toBe(2)
  await writer.close()
  await folder.close()
})

concurrent('a report that commits while its day is added up anew is not lost', async ({ ownDatabase }) => {
  const [writer, folder] = await two(await ownDatabase())
  await folder.query(CALL('2026-02-01', 1))
  await folder.query(FOLD)
  await folder.query(CALL('2026-02-01', 2))
  await writer.query('begin')
  await writer.query(CALL('2026-02-01', 4))
  expect(await folder.query(FOLD)).toMatchObject([{ days_renewed: '1' }])
  expect(await total(folder)).toBe(3)
  await writer.query('commit')
  expect(await total(folder)).toBe(7)
  expect(await folder.query(FOLD)).toMatchObject([{ days_renewed: '1' }])
  expect(await total(folder)).toBe(7)
  await writer.close()
  await folder.close()
})

concurrent('nobody who records, corrects or reads waits for a fold', async ({ ownDatabase }) => {
  const [folder, client] = await two(await ownDatabase())
  await client.query(CALL('2026-02-01', 1))
  await client.query(FOLD)
  await client.query(CALL('2026-02-01', 2))
  await client.query(CALL('2026-02-02', 4))
  await folder.query('begin')
  await folder.query(FOLD)
  await client.query(`set lock_timeout = '5s'`)
  for (const change of [
    CALL('2026-02-01', 8),
    CALL('2026-02-02', 16),
    `select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1000, 1000, 'r', recorded_at => '2026-02-01')`,
    `select copilot_internal.void_usage('${acme.tenantId}', 'llm', 'r')`,
    `delete from copilot_internal.llm_cost_records where total_cost_usd = 1`,
  ])
    await client.query(change)
  expect(await total(client)).toBe(30)
  await folder.query('commit')
  expect(await total(client)).toBe(30)
  await folder.query(FOLD)
  expect(await total(client)).toBe(30)
  await client.close()
  await folder.close()
})

concurrent(
  'two at once do the work once, and one that is killed leaves all right',
  async ({ ownDatabase }) => {
    const [first, second] = await two(await ownDatabase())
    await second.query(CALL('2026-02-01', 1))
    await first.query('begin')
    const [done] = await first.query(FOLD)
    expect(Number(done?.['days_folded'])).toBeGreaterThan(100)
    expect(await second.query(FOLD)).toEqual([])
    const [backend] = await first.query('select pg_backend_pid() as pid')
    await second.query('select pg_terminate_backend($1, 10000)', [backend?.['pid']])
    await first.close().catch(() => 'it is closed already')
    expect(await total(second)).toBe(1)
    expect(await second.query('select 1 from copilot_internal.llm_usage_rollups')).toEqual([])
    expect(await second.query(FOLD)).toEqual([done])
    expect(await total(second)).toBe(1)
    await second.close()
  },
)

concurrent('an old snapshot is refused', async ({ ownDatabase }) => {
  const session = await (await ownDatabase()).connect()
  for (const level of ['read committed', 'read uncommitted']) {
    await session.query(`begin isolation level ${level}`)
    await session.query('select copilot_internal.fold_usage()')
    await session.query('rollback')
  }
  for (const level of ['repeatable read', 'serializable']) {
    await session.query(`begin isolation level ${level}`)
    await expect(session.query('select copilot_internal.fold_usage()')).rejects.toMatchObject({
      code: '25001',
    })
    await session.query('rollback')
  }
  await session.close()
})

needs(
  'two-sessions',
  'own-database',
  'time',
)('beside clients that record and correct, the views are right at any moment', async ({ ownDatabase }) => {
  const database = await ownDatabase()
  const run = new Run()
  const seen = { recorded: 0, removed: 0, folds: 0, renewed: 0, looks: 0 }
  const wrong: unknown[] = []
  await run.all([
    ...[0, 1, 2].map(async (seed) => {
      const session = await database.connect()
      for (let turn = seed; !run.over; turn += 3) {
        const day = `2026-02-0${1 + (turn % 5)}`
        await session.query(CALL(day, (turn % 7) + 1, turn % 2 ? acme.tenantId : birch.tenantId))
        seen.recorded += 1
        if (turn % 4 !== 0) continue
        await session.query(
          `delete from copilot_internal.llm_cost_records
             where id = (select id from copilot_internal.llm_cost_records where recorded_at::date = $1 limit 1 for update skip locked)`,
          [day],
        )
        seen.removed += 1
      }
      await session.close()
    }),
    ...[1, 2].map(async () => {
      const session = await database.connect()
      while (!run.over) {
        const [row] = await session.query(FOLD.replace(`'0'`, `'1 second'`))
        seen.folds += row ? 1 : 0
        seen.renewed += Number(row?.['days_renewed'] ?? 0)
      }
      await session.close()
    }),
    (async () => {
      const session = await database.connect()
      while (!run.over) {
        const [row] = await session.query(IN_ORDER)
        if (row?.['in_order'] !== 't') wrong.push(row)
        seen.looks += 1
      }
      await session.close()
    })(),
    run
      .until(
        '200 records, 40 removals, 30 folds, 60 days renewed, 60 looks',
        () =>
          seen.recorded >= 200 &&
          seen.removed >= 40 &&
          seen.folds >= 30 &&
          seen.renewed >= 60 &&
          seen.looks >= 60,
      )
      .then(() => run.end()),
  ])
  expect(wrong).toEqual([])
  const session = await database.connect()
  await session.query(FOLD)
  expect(await session.query(IN_ORDER)).toEqual([{ in_order: 't' }])
  await session.close()
})
