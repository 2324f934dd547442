/**
 * e2b_pricing — a new region has its tier's resource rates, and the estimate for an unknown region does not flatter.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

const rates = (region: string) => `
  select trim_scale(price_per_second) as second, trim_scale(price_per_cpu_core_second) as core_second,
         trim_scale(price_per_gb_memory_second) as gb_second, trim_scale(price_per_gb_disk_io) as gb_disk
  from copilot_internal.e2b_price_periods
  where tier = 'gpu' and region = '${region}' and effective_date <= now() and (expires_at is null or now() < expires_at)`
const set = (region: string, rest: string) =>
  `select copilot_internal.set_e2b_price('gpu', '${region}', ${rest})`

describe('start_e2b_price: a price for a new region', () => {
  test.for([
    ['set', set('eu-west-1', '0.002')],
    [
      'inserted',
      `insert into copilot_internal.e2b_pricing (tier, region, price_per_second) values ('gpu', 'eu-west-1', 0.002)`,
    ],
  ] as const)('that is %s has the resource rates of its tier', async ([, statement], { as }) => {
    await as(service)(statement).livesOk()
    await as(owner)(rates('eu-west-1')).resultsEq([
      { second: '0.002', core_second: '0.000014', gb_second: '0.0000045', gb_disk: 0 },
    ])
  })

  test('has the dearest of each, of several regions', async ({ as, session }) => {
    await session.query(set('ap-east-1', '0.001, 0.00002, 0.000001, 0.5'))
    await session.query(set('sa-east-1', '0.001, 0.00001, 0.000009, 0.1'))
    await as(service)(set('eu-west-1', '0.002')).livesOk()
    await as(owner)(rates('eu-west-1')).resultsEq([
      { second: '0.002', core_second: '0.00002', gb_second: '0.000009', gb_disk: '0.5' },
    ])
  })

  test('has the rates that it is given, zero included', async ({ as }) => {
    await as(service)(set('eu-west-1', '0.002, 0, price_per_gb_disk_io => 0.3')).livesOk()
    await as(owner)(rates('eu-west-1')).resultsEq([
      { second: '0.002', core_second: 0, gb_second: '0.0000045', gb_disk: '0.3' },
    ])
  })

  test('has no rates of regions whose price is over or yet to come', async ({ as, session }) => {
    await session.query(set('ap-east-1', "0.001, 0.5, effective_date => now() + interval '1 day'"))
    await session.query(
      set('sa-east-1', `0.001, 0.5, effective_date => '2026-02-01', expires_at => now() + interval '1 day'`),
    )
    await session.run(`update copilot_internal.e2b_pricing set expires_at = now() where region = 'sa-east-1'`)
    await as(service)(set('eu-west-1', '0.002')).livesOk()
    await as(owner)(`select core_second from (${rates('eu-west-1')}) as r`).resultsEq(['0.000014'])
  })

  test('of a tier nobody knows charges no resources', async ({ as }) => {
    await as(service)`select copilot_internal.set_e2b_price('tpu', 'eu-west-1', 0.002)`.livesOk()
    await as(service)`
      select resource_cost_usd from copilot_internal.calculate_e2b_cost('tpu', 'eu-west-1', 1, 1, 1, 1)`.resultsEq(
      [{ resource_cost_usd: '0' }],
    )
  })

  test('that is changed keeps its own rates, not the dearest', async ({ as, session }) => {
    await session.query(set('eu-west-1', '0.002, 0.000001'))
    await as(service)(set('eu-west-1', '0.003')).livesOk()
    await as(service)(
      `insert into copilot_internal.e2b_pricing (tier, region, price_per_second, effective_date)
       values ('gpu', 'eu-west-1', 0.004, now() + interval '1 day')`,
    ).livesOk()
    await as(owner)`
      select trim_scale(price_per_cpu_core_second) as core_second from copilot_internal.e2b_price_periods
      where region = 'eu-west-1' and effective_date >= now()`.resultsEq([
      { core_second: '0.000001' },
      { core_second: '0.000001' },
    ])
  })
})

describe('the estimate for an unknown region', () => {
  const cost = (usage: string) =>
    `select trim_scale(total_cost_usd) as cost, is_estimated as estimated
     from copilot_internal.calculate_e2b_cost('gpu', 'nowhere', ${usage})`
  test.beforeEach(async ({ session }) => {
    await session.query(set('slow', '0.01, 0, 0, 0'))
    await session.query(set('cores', '0.001, 1, 0, 0'))
    await session.query(set('memories', '0.001, 0, 1, 0'))
    await session.query(set('disks', '0.001, 0, 0, 1'))
  })

  test.for([
    ['time only', '10', '0.1'],
    ['cores', '10, 5', '5.01'],
    ['memory', '10, 0, 6', '6.01'],
    ['disk', '10, 0, 0, 7', '7.01'],
    ['little of either', '10, 0.001, 0, 0.001', '0.1'],
    ['nothing', '0', '0'],
  ] as const)('is the region that is dearest for this usage: %s', async ([, usage, price], { as }) => {
    await as(acme)(cost(usage)).resultsEq([{ cost: price === '0' ? 0 : price, estimated: true }])
  })

  test.for([
    ['cpu_core_seconds => 5', '5.01', 'cores'],
    ['memory_gb_seconds => 6', '6.01', 'memories'],
    ['disk_io_gb => 7', '7.01', 'disks'],
  ] as const)('is recorded at that region’s price: %s', async ([usage, total, region], { as }) => {
    await as(service)(
      `select trim_scale((r).total_cost_usd) as cost, p.region
       from copilot_internal.record_e2b_usage('${acme.tenantId}', 'gpu', 'nowhere', 10, ${usage}) as r
       join copilot_internal.e2b_pricing as p on p.id = r.pricing_id`,
    ).resultsEq([{ cost: total, region }])
  })

  test('of no usage is that of the dearest second, then of the first name', async ({ as, session }) => {
    const applied = (usage: string) => `
      select p.region from copilot_internal.calculate_e2b_rates('gpu', 'nowhere', ${usage}, now()) as r
      join copilot_internal.e2b_pricing as p on p.id = r.pricing_id`
    await as(acme)(applied('0, 0, 0, 0')).resultsEq(['slow'])
    for (const region of ['slower', 'quick']) await session.query(set(region, '0.01, 0, 0, 0'))
    await as(acme)(applied('0, 0, 0, 0')).resultsEq(['quick'])
    await as(acme)(applied('10, 0, 0, 0')).resultsEq(['quick'])
    await as(acme)(applied('10, 0, 1, 0')).resultsEq(['memories'])
  })

  test('is made of what each region asks at that time', async ({ as, session }) => {
    await session.query(set('late', `1, effective_date => now() + interval '1 day'`))
    await session.query(set('slow', '0.02, 0, 0, 0'))
    await as(acme)(cost('10')).resultsEq([{ cost: '0.2', estimated: true }])
    await as(acme)(cost(`10, pricing_date => now() - interval '1 microsecond'`)).resultsEq([
      { cost: '0.012', estimated: true },
    ])
    await as(acme)(cost(`10, pricing_date => now() + interval '1 day'`)).resultsEq([
      { cost: 10, estimated: true },
    ])
  })

  test('is none for a region with a price, however cheap', async ({ as }) => {
    await as(acme)`
      select is_estimated from copilot_internal.calculate_e2b_cost('gpu', 'slow', 10, 5)`.resultsEq([
      { is_estimated: false },
    ])
  })
})
