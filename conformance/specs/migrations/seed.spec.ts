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
    select resource_type, trim_scale(limit_usd) as limit from copilot_internal.cost_quotas`.bagEq([
    { resource_type: 'e2b', limit: 10 },
    { resource_type: 'llm', limit: 50 },
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
