/**
 * copilot_internal.calculate_e2b_cost — what a sandbox run costs.
 *
 * Method: examples by hand, refusals with their SQLSTATE, and random runs compared with an oracle that shares nothing
 * with the SQL but the contract.
 */
import fc from 'fast-check'
import { acme, owner } from '../../../fixtures/people.ts'
import { prices } from '../../../fixtures/prices.ts'
import { describe, expect, rounds, test } from '../../harness/index.ts'
import { e2bCost, money } from '../../oracle/index.ts'

const calculate = 'select * from copilot_internal.calculate_e2b_cost'

describe('examples', () => {
  test('metered resources are charged besides the time', async ({ as }) => {
    await as(acme)(`${calculate}('gpu', 'us-east-1', 10.5, 2, 4, 8)`).resultsEq([
      {
        execution_cost_usd: '0.0126',
        resource_cost_usd: '0.000046',
        total_cost_usd: '0.012646',
        is_estimated: false,
      },
    ])
  })

  test('metrics that are left out count as nothing and are no estimate', async ({ as }) => {
    await as(acme)(`${calculate}('standard', 'us-east-1', 300)`).resultsEq([
      { execution_cost_usd: '0.030', resource_cost_usd: '0', total_cost_usd: '0.030', is_estimated: false },
    ])
  })

  test('no time costs nothing', async ({ as }) => {
    await as(acme)(`${calculate}('standard', 'us-east-1', 0)`).resultsEq([
      { execution_cost_usd: '0', resource_cost_usd: '0', total_cost_usd: '0', is_estimated: false },
    ])
  })

  test('arguments can be named as documented', async ({ as }) => {
    await as(acme)(
      `${calculate}(tier => 'standard', region => 'us-east-1', execution_time_seconds => 1, cpu_core_seconds => 1,
                    memory_gb_seconds => 1, disk_io_gb => 1, pricing_date => now())`,
    ).livesOk()
  })
})

describe('region', () => {
  test('a region without a price is an estimate at another region’s', async ({ as }) => {
    await as(acme)(`${calculate}('standard', 'eu-west-1', 300)`).resultsEq([
      { execution_cost_usd: '0.030', resource_cost_usd: '0', total_cost_usd: '0.030', is_estimated: true },
    ])
  })

  test('what is metered is charged besides, also when it is an estimate', async ({ as }) => {
    await as(acme)(`${calculate}('gpu', 'eu-west-1', 10.5, 2, 4, 8)`).resultsEq([
      {
        execution_cost_usd: '0.0126',
        resource_cost_usd: '0.000046',
        total_cost_usd: '0.012646',
        is_estimated: true,
      },
    ])
  })

  test('of several other regions, the dearest is taken', async ({ as, session }) => {
    await session.query(
      `insert into copilot_internal.e2b_pricing (tier, region, price_per_second, effective_date) values
         ('standard', 'ap-east-1', 0.0003, '2026-01-01'), ('standard', 'sa-east-1', 0.0002, '2026-02-01')`,
    )
    await as(acme)(`${calculate}('standard', 'eu-west-1', 10)`).resultsEq([
      { execution_cost_usd: '0.003', resource_cost_usd: '0', total_cost_usd: '0.003', is_estimated: true },
    ])
    await as(acme)(`${calculate}('standard', 'sa-east-1', 10)`).resultsEq([
      { execution_cost_usd: '0.002', resource_cost_usd: '0', total_cost_usd: '0.002', is_estimated: false },
    ])
  })
})

describe('date', () => {
  test.beforeEach(({ session }) =>
    session.run(`
      update copilot_internal.e2b_pricing set expires_at = '2026-03-01 00:00+00' where tier = 'gpu';
      insert into copilot_internal.e2b_pricing (tier, region, price_per_second, effective_date)
      values ('gpu', 'us-east-1', 1, '2026-03-01 00:00+00');`),
  )

  test.for([
    ['2026-01-04 00:00:00+00', '0.0012'],
    ['2026-02-28 23:59:59.999999+00', '0.0012'],
    ['2026-03-01 00:00:00+00', '1.000'],
    ['infinity', '1.000'],
  ] as const)('at %s a second costs %s', async ([date, cost], { as }) => {
    await as(acme)`
      select total_cost_usd, is_estimated
      from copilot_internal.calculate_e2b_cost('gpu', 'us-east-1', 1, pricing_date => ${date})`.resultsEq([
      { total_cost_usd: cost, is_estimated: false },
    ])
  })

  test.for(['2026-01-03 23:59:59.999999+00', '-infinity'])(
    'at %s there is no price',
    async (date, { as }) => {
      await as(acme)(`${calculate}('gpu', 'us-east-1', 1, pricing_date => '${date}')`).throwsOk('22023', {
        message: /No price for E2B tier 'gpu'/,
        detail: /none/,
        hint: /e2b_pricing/,
      })
    },
  )
})

describe('refusals', () => {
  test('an unknown tier is refused, and the known ones are named', async ({ as }) => {
    await as(acme)(`${calculate}('mainframe', 'us-east-1', 1)`).throwsOk('22023', {
      message: /'mainframe'/,
      detail: /'gpu', 'high-cpu', 'high-memory', 'standard'/,
      hint: /spelling/,
    })
  })

  test.for([
    ["null, 'us-east-1', 1", '22004'],
    ["'standard', null, 1", '22004'],
    ["'standard', 'us-east-1', null", '22004'],
    ["'standard', 'us-east-1', 1, pricing_date => null", '22004'],
    ...['-0.000001', "'-Infinity'", "'Infinity'", "'NaN'"].flatMap((amount) =>
      ['', '1, ', '1, 1, ', '1, 1, 1, '].map(
        (before) => [`'standard', 'us-east-1', ${before}${amount}`, '22023'] as const,
      ),
    ),
  ] as const)('(%s) is refused with %s', async ([args, code], { as }) => {
    await as(acme)(`${calculate}(${args})`).throwsOk(code, { detail: /Got/, hint: /./ })
  })
})

test('any run costs what the oracle says', async ({ session }) => {
  const metric = fc.option(decimal({ max: 10n ** 12n, scale: 6 }), { nil: undefined })
  const { vcpu_per_second, gib_ram_per_second } = prices.e2b.list_rates
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...prices.e2b.tiers),
      decimal({ max: 10n ** 14n, scale: 6 }),
      metric,
      metric,
      metric,
      async (tier, seconds, cpuCoreSeconds, gbMemorySeconds, gbDiskIo) => {
        const cost = e2bCost(
          {
            second: tier.price_per_second,
            cpuCoreSecond: vcpu_per_second,
            gbMemorySecond: gib_ram_per_second,
            gbDiskIo: tier.price_per_gb_disk_io,
          },
          { seconds, cpuCoreSeconds, gbMemorySeconds, gbDiskIo },
        )
        const rows = await session.query(`${calculate}($1, $2, $3, $4, $5, $6)`, [
          tier.tier,
          tier.region,
          seconds,
          cpuCoreSeconds,
          gbMemorySeconds,
          gbDiskIo,
        ])
        expect(rows).toEqual([
          {
            execution_cost_usd: money(cost.execution),
            resource_cost_usd: money(cost.resource),
            total_cost_usd: money(cost.total),
            is_estimated: 'f',
          },
        ])
      },
    ),
    { numRuns: rounds(200) },
  )
})

test('the price list decides, not the function', async ({ as, session }) => {
  await session.query(
    `update copilot_internal.e2b_pricing set price_per_gb_disk_io = 0.5 where tier = 'standard'`,
  )
  await as(owner)(`${calculate}('standard', 'us-east-1', 0, 0, 0, 3)`).resultsEq([
    { execution_cost_usd: '0', resource_cost_usd: '1.500', total_cost_usd: '1.500', is_estimated: false },
  ])
})

/** Decimal strings from 0 to max, with up to `scale` decimals. */
function decimal({ max, scale }: { max: bigint; scale: number }): fc.Arbitrary<string> {
  return fc
    .tuple(fc.bigInt({ min: 0n, max: max - 1n }), fc.integer({ min: 0, max: 10 ** scale - 1 }))
    .map(([whole, fraction]) => `${whole}.${String(fraction).padStart(scale, '0')}`)
}
