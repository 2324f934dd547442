/**
 * reprice_unpriced_usage, reprice_unpriced_e2b_usage — of all usage without a price, that of one name is priced.
 *
 * Method: usage of names that share a part; all of them have a price by then.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import { test } from '../../harness/index.ts'

const ONE = { tenant_id: acme.tenantId, recorded_at: '2026-02-15' }

test('reprice_unpriced_usage prices one model of one provider', async ({ as, session }) => {
  const names = [
    ['other', 'one'],
    ['acme', 'two'],
    ['acme', 'one'],
  ] as const
  const usage = names.map(([provider, model]) => ({
    ...{ ...ONE, provider, model },
    ...{ input_tokens: 1, output_tokens: 0 },
  }))
  await session.run(`select copilot_internal.record_llm_usage_batch('${JSON.stringify(usage)}')`)
  for (const [provider, model] of names)
    await session.run(`
      insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million, effective_date)
      values ('${provider}', '${model}', 1, 1, '2026-02-01')`)
  await as(service)`select copilot_internal.reprice_unpriced_usage('acme', 'one') as priced`.resultsEq([
    { priced: 1 },
  ])
  await as(owner)`
    select provider, model from copilot_internal.llm_cost_records where not is_unpriced`.resultsEq([
    { provider: 'acme', model: 'one' },
  ])
})

test('reprice_unpriced_e2b_usage prices one tier, in whatever region', async ({ as, session }) => {
  const usage = ['two us-east-1', 'one us-east-1', 'one nowhere'].map((name) => ({
    ...{ ...ONE, tier: name.split(' ')[0], region: name.split(' ')[1] },
    execution_time_seconds: 1,
  }))
  await session.run(`
    select copilot_internal.record_e2b_usage_batch('${JSON.stringify(usage)}');
    insert into copilot_internal.e2b_pricing (tier, region, price_per_second, effective_date)
    values ('one', 'us-east-1', 1, '2026-02-01'), ('two', 'us-east-1', 1, '2026-02-01')`)
  await as(service)`select copilot_internal.reprice_unpriced_e2b_usage('one') as priced`.resultsEq([
    { priced: 2 },
  ])
  await as(owner)`
    select tier, is_unpriced as unpriced, count(*) as runs from copilot_internal.e2b_cost_records group by 1, 2`.bagEq(
    [
      { tier: 'one', unpriced: false, runs: 2 },
      { tier: 'two', unpriced: true, runs: 1 },
    ],
  )
})
