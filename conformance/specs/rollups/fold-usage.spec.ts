/**
 * copilot_internal.fold_usage adds up days that are over, once, and anew what changed since; what the views answer stays the same.
 */
import { acme, service } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { migrations } from '../../engines/index.ts'
import { describe, expect, fixture, test } from '../../harness/index.ts'

const CALL = (day: string, usd: number) => `
  insert into copilot_internal.llm_cost_records (tenant_id, recorded_at, provider, model, is_adopted, input_cost_usd, total_cost_usd)
  values ('${acme.tenantId}', '${day} 10:00+00', 'p', 'm', true, ${usd}, ${usd})`
const RUN = (day: string, usd: number) => `
  insert into copilot_internal.e2b_cost_records
    (tenant_id, recorded_at, tier, region, execution_time_seconds, is_adopted, execution_cost_usd, total_cost_usd)
  values ('${acme.tenantId}', '${day} 10:00+00', 't', 'r', 1, true, ${usd}, ${usd})`
const TOTAL = `select trim_scale(llm_cost_usd) as llm_cost_usd, trim_scale(e2b_cost_usd) as e2b_cost_usd from copilot_internal.combined_cost_summary_by_tenant`
const ALL = `select * from copilot_internal.fold_usage(100000)`
const noted = (session: Session) =>
  session.query('select distinct day from copilot_internal.usage_changed_days')

test('it says how far it came, and has nothing left to do then', async ({ session, as }) => {
  await session.query(CALL('2026-02-01', 1))
  await session.query(CALL('2026-02-03', 2))
  const days = (kind: string, limit: number) =>
    `select resource_type, days_renewed, writers_awaited, covered_before, days_folded
     from copilot_internal.fold_usage(${limit}) where resource_type = '${kind}'`
  const answer = { resource_type: 'llm', days_renewed: 0, writers_awaited: 0 }
  await as(service)(days('llm', 2)).resultsEq([{ ...answer, covered_before: '2026-02-03', days_folded: 2 }])
  await as(service)(days('llm', 1)).resultsEq([{ ...answer, covered_before: '2026-02-04', days_folded: 1 }])
  await session.query(ALL)
  await as(service)(`select days_folded, days_renewed from copilot_internal.fold_usage()`).bagEq([
    { days_folded: 0, days_renewed: 0 },
    { days_folded: 0, days_renewed: 0 },
  ])
})

test.for([
  ['llm', CALL],
  ['e2b', RUN],
] as const)('%s: years without usage take no call', async ([kind, used], { session, as }) => {
  // The first moment that some languages know, by mistake.
  await session.query(used('0001-01-01', 1))
  await session.query(used('2026-02-01', 2))
  await session.query(used('2026-02-02', 3))
  const fold = `select days_folded, covered_before from copilot_internal.fold_usage(1) where resource_type = '${kind}'`
  for (const covered of ['0001-01-02', '2026-02-02', '2026-02-03'])
    await as(service)(fold).resultsEq([{ days_folded: 1, covered_before: covered }])
  await as(service)(`select days_folded from copilot_internal.fold_usage(1)`).bagEq([
    { days_folded: 0 },
    { days_folded: 0 },
  ])
  await session.query(`select copilot_internal.fold_usage()`)
  await session.query(used('2026-02-01', 4))
  await as(service)(
    `select trim_scale(${kind}_cost_usd) as usd from copilot_internal.combined_cost_summary_by_tenant`,
  ).resultsEq([{ usd: 10 }])
})

test('the views read a day that was added up from its rollup', async ({ session, as }) => {
  await session.query(CALL('2026-02-01', 1))
  await session.query(RUN('2026-02-01', 4))
  await session.query(ALL)
  // Nobody is told: only so can it be seen what is read.
  await session.run(`
    alter table copilot_internal.llm_cost_records disable trigger user;
    alter table copilot_internal.e2b_cost_records disable trigger user;
    delete from copilot_internal.llm_cost_records; delete from copilot_internal.e2b_cost_records;`)
  await as(service)(TOTAL).resultsEq([{ llm_cost_usd: 1, e2b_cost_usd: 4 }])
  for (const view of ['cost_summary_by_model', 'cost_summary_by_task', 'e2b_cost_summary_by_tier'])
    await as(service)(`select 1 as found from copilot_internal.${view}`).resultsEq([{ found: 1 }])
})

test.for([
  ['a late report', CALL('2026-02-01', 2), 3],
  ['a record that is deleted', 'delete from copilot_internal.llm_cost_records', undefined],
  ['a record that gets another task', `update copilot_internal.llm_cost_records set task = 'other'`, 1],
] as const)('%s is seen at once, and added up by the next fold', async ([, change, usd], { session, as }) => {
  await session.query(CALL('2026-02-01', 1))
  await session.query(ALL)
  await session.query(change)
  const wanted = usd === undefined ? [] : [{ llm_cost_usd: usd, e2b_cost_usd: 0 }]
  await as(service)(TOTAL).resultsEq(wanted)
  expect(await noted(session)).toEqual([{ day: '2026-02-01' }])
  await as(service)(
    `select days_renewed from copilot_internal.fold_usage() where resource_type = 'llm'`,
  ).resultsEq([{ days_renewed: 1 }])
  await as(service)(TOTAL).resultsEq(wanted)
  expect(await noted(session)).toEqual([])
  const [rollups] = await session.query('select count(*) as count from copilot_internal.llm_usage_rollups')
  expect(rollups).toEqual({ count: usd === undefined ? '0' : '1' })
})

test('usage of today and of later days leaves no note, and is not added up', async ({ session, as }) => {
  await session.query(
    CALL(`today`, 1).replace(`'today 10:00+00'`, `date_trunc('day', now(), 'UTC') + interval '23:59:59'`),
  )
  await session.query(CALL('2100-01-01', 2))
  expect(await noted(session)).toEqual([])
  await session.query(ALL)
  await as(service)('select count(*) from copilot_internal.llm_usage_rollups').resultsEq([{ count: 0 }])
  await as(service)(TOTAL).resultsEq([{ llm_cost_usd: 3, e2b_cost_usd: 0 }])
})

test('notes of days that nobody has added up yet are cleared away', async ({ session }) => {
  await session.query(CALL('2026-02-01', 1))
  await session.query(CALL('2026-03-01', 1))
  expect(await noted(session)).toHaveLength(2)
  await session.query('select copilot_internal.fold_usage(1)')
  expect(await noted(session)).toEqual([])
})

test('records of a day that was added up may go one by one', async ({ session, as }) => {
  await session.query(CALL('2026-02-01', 1))
  await session.query(CALL('2026-02-01', 2).replace('10:00', '11:00'))
  await session.query(ALL)
  for (const left of [1, 0]) {
    await session.query(`select copilot_internal.prune_usage('2026-03-01', false, 1)`)
    await as(service)('select count(*) from copilot_internal.llm_cost_records').resultsEq([{ count: left }])
    await as(service)(TOTAL).resultsEq([{ llm_cost_usd: 3, e2b_cost_usd: 0 }])
    await session.query(ALL)
    await as(service)(TOTAL).resultsEq([{ llm_cost_usd: 3, e2b_cost_usd: 0 }])
  }
  await as(service)('select count(*) from copilot_internal.llm_usage_rollups').resultsEq([{ count: 0 }])
})

test('where all records are gone, so are their rollups', async ({ session, as }) => {
  await session.query(CALL('2026-02-01', 1))
  await session.query(RUN('2026-02-01', 4))
  await session.query(ALL)
  await session.query('truncate copilot_internal.llm_cost_records')
  await as(service)(TOTAL).resultsEq([{ llm_cost_usd: 0, e2b_cost_usd: 4 }])
  await session.query(CALL('2026-02-01', 5))
  await as(service)(TOTAL).resultsEq([{ llm_cost_usd: 5, e2b_cost_usd: 4 }])
  await session.query(ALL)
  await as(service)(TOTAL).resultsEq([{ llm_cost_usd: 5, e2b_cost_usd: 4 }])
})

test('a table of records that is made again begins without rollups', async ({ platform, on }) => {
  for (const { sql } of migrations()) await platform.run(sql)
  await platform.query(CALL('2026-02-01', 1))
  await platform.query(ALL)
  await platform.query('drop table copilot_internal.llm_cost_records cascade')
  for (const { sql } of migrations()) await platform.run(sql)
  await on(platform).as(service)(TOTAL).isEmpty()
})

describe('arguments', () => {
  test.for([
    ['null', '22004'],
    ['1, null', '22004'],
    ['0', '22023'],
    ['-1', '22023'],
    [`1, interval '-1 second'`, '22023'],
  ] as const)('fold_usage(%s) raises %s', async ([list, code], { as }) => {
    await as(service)(`select copilot_internal.fold_usage(${list})`).throwsOk(code)
  })

  test('a member may not fold', async ({ as }) => {
    await as(acme)('select copilot_internal.fold_usage()').throwsOk('42501')
  })
})

describe('cost_summary', () => {
  test.for([
    [`null, now()`, '22004'],
    [`now(), null`, '22004'],
    [`now(), now(), null`, '22004'],
    [`now(), now() - interval '1 second'`, '22023'],
    [`'-infinity', now()`, '22023'],
    [`now(), now(), 'fortnight'`, '22023'],
    [`now(), now(), 'day', '{colour}'`, '22023'],
    [`now(), now(), 'day', '{tenant,null}'`, '22023'],
    [`now(), now(), 'day', '{}', 'Mars/Base'`, '22023'],
    [`now(), now(), resource_type => 'gpu'`, '22023'],
  ] as const)('(%s) raises %s', async ([list, code], { as }) => {
    await as(service)(`select * from copilot_internal.cost_summary(${list})`).throwsOk(code)
  })

  test('a day whose records are gone is known as a whole, and not split', async ({ session, as }) => {
    await session.query(CALL('2026-02-01', 3))
    await session.query(`select copilot_internal.prune_usage('2026-03-01', false)`)
    const ask = (rest: string) =>
      `select trim_scale(total_cost_usd) as usd from copilot_internal.cost_summary('2026-02-01', '2026-02-02', ${rest})`
    for (const rest of [`'day'`, `'week'`, `'month'`, `'all'`, `'day', '{tenant,model,task,tier}'`])
      await as(service)(ask(rest)).resultsEq([{ usd: 3 }])
    for (const rest of [
      `'hour'`,
      `'day', '{user}'`,
      `'day', '{conversation}'`,
      `'day', '{}', 'Europe/Berlin'`,
    ])
      await as(service)(ask(rest)).throwsOk('QT010')
    const halfway = `select * from copilot_internal.cost_summary('2026-02-01 12:00+00', '2026-02-02')`
    await as(service)(halfway).throwsOk('QT010')
    await as(service)(
      `select count(*) from copilot_internal.cost_summary('2026-02-02', '2026-02-03', 'hour')`,
    ).resultsEq([{ count: 0 }])
  })

  test('a member asks for their own tenant, whatever they name', async ({ session, as }) => {
    await session.run(fixture('two-tenants'))
    const tenants = (more: string) =>
      `select distinct tenant from copilot_internal.cost_summary('2025-01-01', now(), 'all', '{tenant}'${more})`
    await as(acme)(tenants('')).resultsEq([{ tenant: acme.tenantId }])
    await as(acme)(tenants(`, tenant_id => 'bbbbbbbb-0000-4000-8000-000000000001'`)).isEmpty()
    await as(service)(tenants('')).bagEq([
      { tenant: acme.tenantId },
      { tenant: 'bbbbbbbb-0000-4000-8000-000000000001' },
    ])
  })
})

test('two runs that are alike to the last digit are two', async ({ session, as }) => {
  await session.query(RUN('2026-02-01', 4))
  await session.query(RUN('2026-02-01', 4))
  for (const granularity of ['hour', 'day'])
    await as(
      service,
    )`select e2b_run_count, trim_scale(e2b_cost_usd) as cost from copilot_internal.cost_summary('2026-02-01', '2026-02-02', ${granularity})`.resultsEq(
      [{ e2b_run_count: 2, cost: '8' }],
    )
})
