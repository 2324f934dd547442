/**
 * calculate_llm_cost and calculate_e2b_cost are exact at any price a list can hold, not only at those it holds today.
 *
 * Method: a random price of twelve decimals is put into the list, random usage is priced at it, and an oracle that shares
 * nothing with the SQL but the contract says what it costs.
 */
import fc from 'fast-check'
import { expect, rounds, test } from '../../harness/index.ts'
import { e2bCost, llmCost, money } from '../../oracle/index.ts'

/** Decimal strings below 10^digits, with exactly `scale` decimals. */
const decimal = (digits: number, scale: number) =>
  fc
    .tuple(fc.integer({ min: 0, max: digits }), fc.bigInt({ min: 0n, max: 10n ** BigInt(scale) - 1n }))
    .chain(([length, fraction]) =>
      fc
        .bigInt({ min: 0n, max: 10n ** BigInt(length) - 1n })
        .map((whole) => `${whole}.${String(fraction).padStart(scale, '0')}`),
    )

const price = decimal(8, 12)
const runs = { numRuns: rounds(150) }

test('any tokens at any price cost what the oracle says', async ({ session }) => {
  const tokens = fc.oneof(fc.bigInt({ min: 0n, max: 1000n }), fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }))
  await fc.assert(
    fc.asyncProperty(price, price, tokens, tokens, async (input, output, sent, received) => {
      await session.query('savepoint price')
      await session.query(
        `insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million)
         values ('any', 'any', $1, $2)`,
        [input, output],
      )
      const [list] = await session.query(
        `select trim_scale(input_price_per_million) = $1 and trim_scale(output_price_per_million) = $2 as exact
         from copilot_internal.model_pricing where provider = 'any'`,
        [input, output],
      )
      const rows = await session.query(
        `select * from copilot_internal.calculate_llm_cost('any', 'any', $1, $2)`,
        [sent, received],
      )
      await session.query('rollback to savepoint price')
      const cost = llmCost({ input, output }, { input: sent, output: received })
      expect(list).toEqual({ exact: 't' })
      expect(rows).toEqual([
        {
          input_cost_usd: money(cost.input),
          output_cost_usd: money(cost.output),
          total_cost_usd: money(cost.total),
          pricing_found: 't',
        },
      ])
    }),
    runs,
  )
})

test('any run at any rates costs what the oracle says, estimated or not', async ({ session }) => {
  const rates = fc.record({ second: price, cpuCoreSecond: price, gbMemorySecond: price, gbDiskIo: price })
  const metric = decimal(14, 6)
  const usage = fc.record({
    seconds: metric,
    cpuCoreSeconds: fc.option(metric, { nil: undefined }),
    gbMemorySeconds: fc.option(metric, { nil: undefined }),
    gbDiskIo: fc.option(metric, { nil: undefined }),
  })
  await fc.assert(
    fc.asyncProperty(rates, usage, fc.boolean(), async (rate, used, estimated) => {
      await session.query('savepoint price')
      await session.query(
        `insert into copilot_internal.e2b_pricing
           (tier, region, price_per_second, price_per_cpu_core_second, price_per_gb_memory_second, price_per_gb_disk_io)
         values ('any', 'here', $1, $2, $3, $4)`,
        [rate.second, rate.cpuCoreSecond, rate.gbMemorySecond, rate.gbDiskIo],
      )
      const rows = await session.query(
        `select * from copilot_internal.calculate_e2b_cost('any', $1, $2, $3, $4, $5)`,
        [
          estimated ? 'there' : 'here',
          used.seconds,
          used.cpuCoreSeconds,
          used.gbMemorySeconds,
          used.gbDiskIo,
        ],
      )
      await session.query('rollback to savepoint price')
      const cost = e2bCost(rate, used)
      expect(rows).toEqual([
        {
          execution_cost_usd: money(cost.execution),
          resource_cost_usd: money(cost.resource),
          total_cost_usd: money(cost.total),
          is_estimated: estimated ? 't' : 'f',
        },
      ])
    }),
    runs,
  )
})
