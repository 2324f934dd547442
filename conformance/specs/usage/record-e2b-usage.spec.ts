/**
 * copilot_internal.record_e2b_usage — one call prices, records and charges.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import { fixture, test } from '../../harness/index.ts'

test.beforeEach(({ session }) => session.run(fixture('quotas')))

const record = 'select * from copilot_internal.record_e2b_usage'
const spent = `
  select scope, resource_type, trim_scale(spent_usd) as spent from copilot_internal.cost_quotas where spent_usd <> 0`

test('the record holds usage, cost, and the prices that were applied', async ({ as }) => {
  await as(service)`
    select r.sandbox_id, r.status, trim_scale(r.execution_cost_usd) as execution, trim_scale(r.resource_cost_usd) as resource,
           trim_scale(r.total_cost_usd) as total, r.is_estimated, r.is_unpriced,
           (p.price_per_second, p.price_per_cpu_core_second, p.price_per_gb_memory_second, p.price_per_gb_disk_io)
           = (r.price_per_second, r.price_per_cpu_core_second, r.price_per_gb_memory_second, r.price_per_gb_disk_io) as stamped
    from copilot_internal.record_e2b_usage(
      ${acme.tenantId}, 'gpu', 'us-east-1', 10.5, 2, 4, null, 'req-1', ${acme.userId}, 'chat-1', 'sbx-1', 'failed') as r
    join copilot_internal.e2b_pricing as p on p.id = r.pricing_id`.resultsEq([
    {
      sandbox_id: 'sbx-1',
      status: 'failed',
      execution: '0.0126',
      resource: '0.000046',
      total: '0.012646',
      is_estimated: false,
      is_unpriced: false,
      stamped: true,
    },
  ])
})

test('it charges platform, tenant and user, e2b and all, and nobody else', async ({ as }) => {
  await as(service)(
    `${record}('${acme.tenantId}', 'standard', 'us-east-1', 300, user_id => '${acme.userId}')`,
  ).livesOk()
  await as(owner)(spent).bagEq(
    ['platform', 'tenant', 'user'].flatMap((scope) =>
      ['e2b', 'all'].map((kind) => ({ scope, resource_type: kind, spent: '0.03' })),
    ),
  )
})

test('the same request again answers the first record and charges nothing', async ({ as }) => {
  for (const seconds of [300, 999]) {
    await as(service)`
      select trim_scale(execution_time_seconds) as seconds
      from copilot_internal.record_e2b_usage(${acme.tenantId}, 'standard', 'us-east-1', ${seconds}, request_id => 'req-1')`.resultsEq(
      [{ seconds: 300 }],
    )
  }
  await as(owner)`select trim_scale(max(spent_usd)) as spent from copilot_internal.cost_quotas`.resultsEq([
    { spent: '0.03' },
  ])
})

test('a region without a price is recorded at the dearest other’s', async ({ as, session }) => {
  await session.query(
    `insert into copilot_internal.e2b_pricing (tier, region, price_per_second, effective_date)
     values ('standard', 'ap-east-1', 0.0003, '2026-01-04')`,
  )
  await as(service)`
    select trim_scale(r.total_cost_usd) as cost, r.is_estimated, p.region
    from copilot_internal.record_e2b_usage(${acme.tenantId}, 'standard', 'eu-west-1', 100) as r
    join copilot_internal.e2b_pricing as p on p.id = r.pricing_id`.resultsEq([
    { cost: '0.03', is_estimated: true, region: 'ap-east-1' },
  ])
})

test('a run of an unknown tier is kept, marked, counted and not charged', async ({ as }) => {
  await as(service)`
    select trim_scale(total_cost_usd) as cost, is_unpriced, pricing_id
    from copilot_internal.record_e2b_usage(${acme.tenantId}, 'mainframe', 'us-east-1', 100)`.resultsEq([
    { cost: 0, is_unpriced: true, pricing_id: null },
  ])
  await as(owner)(spent).isEmpty()
  await as(
    owner,
  )`select run_count, unpriced_count from copilot_internal.e2b_cost_summary_by_tenant`.resultsEq([
    { run_count: 1, unpriced_count: 1 },
  ])
})

test('quantities are kept and priced to six decimals', async ({ as }) => {
  await as(service)`
    select execution_time_seconds, trim_scale(total_cost_usd) as cost
    from copilot_internal.record_e2b_usage(${acme.tenantId}, 'standard', 'us-east-1', 1.23456789)`.resultsEq([
    { execution_time_seconds: '1.234568', cost: '0.0001234568' },
  ])
})

test.for([
  [`null, 'gpu', 'us-east-1', 1`, '22004'],
  [`'${acme.tenantId}', null, 'us-east-1', 1`, '22004'],
  [`'${acme.tenantId}', 'gpu', null, 1`, '22004'],
  [`'${acme.tenantId}', 'gpu', 'us-east-1', null`, '22004'],
  [`'${acme.tenantId}', 'gpu', 'us-east-1', -1`, '22023'],
  [`'${acme.tenantId}', 'mainframe', 'us-east-1', -1`, '22023'],
  [`'${acme.tenantId}', 'gpu', 'us-east-1', 1, 'Infinity'`, '22023'],
  [`'${acme.tenantId}', 'gpu', 'us-east-1', 1, status => 'lost'`, '23514'],
] as const)('(%s) is refused with %s, and nothing is charged', async ([args, code], { as }) => {
  await as(service)(`${record}(${args})`).throwsOk(code)
  await as(owner)(spent).isEmpty()
})
