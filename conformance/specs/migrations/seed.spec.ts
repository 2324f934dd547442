/**
 * supabase/seed.sql — development data: a demo tenant with two quotas and some usage.
 */
import { readFileSync } from 'node:fs'
import { owner } from '../../../fixtures/people.ts'
import { test } from '../../harness/index.ts'

const seed = readFileSync(new URL('../../../supabase/seed.sql', import.meta.url), 'utf8')

test('run twice, it leaves one demo tenant with usage that is priced', async ({ as, session }) => {
  await session.run(seed)
  await session.run(seed)
  await as(owner)`
    select llm_request_count, e2b_run_count, llm_cost_usd, e2b_cost_usd, total_cost_usd, unpriced_count
    from copilot_internal.combined_cost_summary_by_tenant`.resultsEq([
    {
      llm_request_count: 3,
      e2b_run_count: 1,
      llm_cost_usd: '0.1258',
      e2b_cost_usd: '0.030',
      total_cost_usd: '0.1558',
      unpriced_count: 0,
    },
  ])
  await as(owner)`
    select resource_type, trim_scale(limit_usd) as limit, trim_scale(spent_usd) as spent
    from copilot_internal.cost_quotas`.bagEq([
    { resource_type: 'e2b', limit: 10, spent: '0.03' },
    { resource_type: 'llm', limit: 50, spent: '0.1258' },
  ])
})

test('its usage is priced at its own time, whatever prices are now', async ({ as, session }) => {
  await session.run(`
    select copilot_internal.set_model_price('openai', 'gpt-4', 7, 7);
    update copilot_internal.e2b_pricing set price_per_second = 7 where tier = 'standard'`)
  await session.run(seed)
  await as(owner)`
    select llm_cost_usd, e2b_cost_usd from copilot_internal.combined_cost_summary_by_tenant`.resultsEq([
    { llm_cost_usd: '0.1258', e2b_cost_usd: '0.030' },
  ])
})

test('it seeds no price', async ({ as, session }) => {
  await session.run(seed)
  await as(owner)`
    select (select count(*) from copilot_internal.e2b_pricing) as tiers,
           (select count(*) from copilot_internal.model_pricing) as models`.resultsEq([
    { tiers: 4, models: 27 },
  ])
})
