/**
 * A price is in force from effective_date until just before expires_at, also where no other price follows.
 *
 * Method: prices that end without a successor, and prices that start or end exactly now: within a test now() stands still.
 */
import { acme } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

describe('a price that ends on 1 March and has no successor', () => {
  test.beforeEach(({ session }) =>
    session.run(`
      update copilot_internal.model_pricing set expires_at = '2026-03-01 00:00+00' where model = 'gpt-4';
      update copilot_internal.e2b_pricing set expires_at = '2026-03-01 00:00+00' where tier = 'gpu';`),
  )
  const llm = (date: string) =>
    `select total_cost_usd, pricing_found from copilot_internal.calculate_llm_cost('openai', 'gpt-4', 1000, 500, '${date}')`
  const e2b = (date: string) =>
    `select total_cost_usd, is_estimated
     from copilot_internal.calculate_e2b_cost('gpu', 'us-east-1', 1, pricing_date => '${date}')`

  test('is charged until just before', async ({ as }) => {
    await as(acme)(llm('2026-02-28 23:59:59.999999+00')).resultsEq([
      { total_cost_usd: '0.060', pricing_found: true },
    ])
    await as(acme)(e2b('2026-02-28 23:59:59.999999+00')).resultsEq([
      { total_cost_usd: '0.0012', is_estimated: false },
    ])
  })

  test.for(['2026-03-01 00:00:00+00', '2026-06-01 00:00:00+00', 'infinity'])(
    'is charged no more at %s',
    async (date, { as }) => {
      await as(acme)(llm(date)).resultsEq([{ total_cost_usd: '0', pricing_found: false }])
      await as(acme)(e2b(date)).throwsOk('22023', {
        message: /No price for E2B tier 'gpu'/,
        detail: /'standard'/,
      })
    },
  )

  test('leaves a region to the estimate of another, at that very moment', async ({ as, session }) => {
    await session.run(`
      insert into copilot_internal.e2b_pricing (tier, region, price_per_second, effective_date)
      values ('gpu', 'eu-west-1', 0.5, '2026-01-04')`)
    await as(acme)(e2b('2026-02-28 23:59:59.999999+00')).resultsEq([
      { total_cost_usd: '0.0012', is_estimated: false },
    ])
    await as(acme)(e2b('2026-03-01 00:00:00+00')).resultsEq([{ total_cost_usd: '0.500', is_estimated: true }])
  })
})

describe('now', () => {
  const current = (model: string) =>
    `select input_price_per_million as input from copilot_internal.get_current_model_pricing('acme', '${model}')`
  const llm = (model: string) =>
    `select input_cost_usd as input from copilot_internal.calculate_llm_cost('acme', '${model}', 1000000, 0)`
  const e2b = (tier: string) =>
    `select execution_cost_usd as input from copilot_internal.calculate_e2b_cost('${tier}', 'us-east-1', 1)`

  test.beforeEach(({ session }) =>
    session.run(`
      insert into copilot_internal.model_pricing
        (provider, model, input_price_per_million, output_price_per_million, effective_date, expires_at)
      values ('acme', 'starts', 1, 1, now(), null),
             ('acme', 'ends', 2, 2, now() - interval '1 day', now()),
             ('acme', 'starts-soon', 3, 3, now() + interval '2 minutes', null),
             ('acme', 'ends-soon', 4, 4, now() - interval '1 day', now() + interval '1 microsecond');
      insert into copilot_internal.e2b_pricing (tier, region, price_per_second, effective_date, expires_at)
      select model, 'us-east-1', input_price_per_million, effective_date, expires_at
      from copilot_internal.model_pricing where provider = 'acme';`),
  )

  test.for([
    ['starts', '1.000'],
    ['ends-soon', '4.000'],
  ] as const)('a price that %s is the current one', async ([name, price], { as }) => {
    for (const question of [current(name), llm(name), e2b(name)]) {
      await as(acme)(question).resultsEq([{ input: price }])
    }
  })

  test.for(['ends', 'starts-soon'])('a price that %s is not', async (name, { as }) => {
    await as(acme)(current(name)).isEmpty()
    await as(acme)(llm(name)).resultsEq([{ input: '0' }])
    await as(acme)(e2b(name)).throwsOk('22023')
  })
})
