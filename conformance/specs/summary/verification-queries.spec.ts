/**
 * The verification queries that are published with phase 1, word for word: each answers exactly the cells that are
 * printed beside it.
 *
 * Method: the queries are run right after the migrations, by the owner and by the platform's own role.
 */
import { owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

describe.each([owner, service])('as $name', (actor) => {
  test('1. the tables exist', async ({ as }) => {
    await as(actor)`
      SELECT table_name
      FROM information_schema.tables
      WHERE table_schema = 'copilot_internal'
        AND table_name IN ('e2b_pricing', 'e2b_cost_records', 'model_pricing')
      ORDER BY table_name;`.resultsEq([
      { table_name: 'e2b_cost_records' },
      { table_name: 'e2b_pricing' },
      { table_name: 'model_pricing' },
    ])
  })

  test('2. E2B pricing is seeded, cheapest first', async ({ as }) => {
    await as(actor)`
      SELECT tier, region, price_per_second, notes IS NOT NULL AS noted
      FROM copilot_internal.e2b_pricing
      ORDER BY price_per_second;`.resultsEq([
      { tier: 'standard', region: 'us-east-1', price_per_second: '0.000100000000', noted: true },
      { tier: 'high-cpu', region: 'us-east-1', price_per_second: '0.000400000000', noted: true },
      { tier: 'high-memory', region: 'us-east-1', price_per_second: '0.000540000000', noted: true },
      { tier: 'gpu', region: 'us-east-1', price_per_second: '0.001200000000', noted: true },
    ])
  })

  test('3. LLM pricing is seeded for four providers', async ({ as }) => {
    // Google and Groq tie, and may come in either order.
    await as(actor)`
      SELECT provider, COUNT(*) as model_count
      FROM copilot_internal.model_pricing
      GROUP BY provider
      ORDER BY model_count DESC;`.bagEq([
      { provider: 'openai', model_count: 13 },
      { provider: 'anthropic', model_count: 6 },
      { provider: 'google', model_count: 4 },
      { provider: 'groq', model_count: 4 },
    ])
  })

  test('4. cost_quotas has a resource_type, llm by default', async ({ as }) => {
    await as(actor)`
      SELECT column_name, data_type, column_default
      FROM information_schema.columns
      WHERE table_schema = 'copilot_internal'
        AND table_name = 'cost_quotas'
        AND column_name = 'resource_type';`.resultsEq([
      { column_name: 'resource_type', data_type: 'text', column_default: "'llm'::text" },
    ])
  })

  test('5. the five helper functions exist', async ({ as }) => {
    await as(actor)`
      SELECT routine_name, routine_type
      FROM information_schema.routines
      WHERE routine_schema = 'copilot_internal'
        AND routine_name IN (
          'check_e2b_quota',
          'calculate_e2b_cost',
          'increment_e2b_quota_spend',
          'get_current_model_pricing',
          'calculate_llm_cost'
        )
      ORDER BY routine_name;`.resultsEq([
      { routine_name: 'calculate_e2b_cost', routine_type: 'FUNCTION' },
      { routine_name: 'calculate_llm_cost', routine_type: 'FUNCTION' },
      { routine_name: 'check_e2b_quota', routine_type: 'FUNCTION' },
      { routine_name: 'get_current_model_pricing', routine_type: 'FUNCTION' },
      { routine_name: 'increment_e2b_quota_spend', routine_type: 'FUNCTION' },
    ])
  })

  test('6a. five minutes of a standard sandbox cost 0.030', async ({ as }) => {
    await as(actor)`
      SELECT *
      FROM copilot_internal.calculate_e2b_cost(
        'standard',           -- tier
        'us-east-1',          -- region
        300,                  -- execution_time_seconds
        NULL,                 -- cpu_core_seconds (optional)
        NULL,                 -- memory_gb_seconds (optional)
        NULL,                 -- disk_io_gb (optional)
        NOW()                 -- pricing_date
      );`.resultsEq([
      { execution_cost_usd: '0.030', resource_cost_usd: '0', total_cost_usd: '0.030', is_estimated: false },
    ])
  })

  test('6b. a call to gpt-4 costs 0.060', async ({ as }) => {
    await as(actor)`
      SELECT *
      FROM copilot_internal.calculate_llm_cost(
        'openai',             -- provider
        'gpt-4',              -- model
        1000,                 -- input_tokens
        500                   -- output_tokens
      );`.resultsEq([
      { input_cost_usd: '0.030', output_cost_usd: '0.030', total_cost_usd: '0.060', pricing_found: true },
    ])
  })

  test('7. the seven views exist, and no other is named like them', async ({ as }) => {
    await as(actor)`
      SELECT table_name
      FROM information_schema.views
      WHERE table_schema = 'copilot_internal'
        AND table_name LIKE '%cost%summary%'
      ORDER BY table_name;`.resultsEq([
      { table_name: 'combined_cost_summary_by_tenant' },
      { table_name: 'cost_summary_by_model' },
      { table_name: 'cost_summary_by_task' },
      { table_name: 'cost_summary_by_tenant' },
      { table_name: 'e2b_cost_summary_by_conversation' },
      { table_name: 'e2b_cost_summary_by_tenant' },
      { table_name: 'e2b_cost_summary_by_tier' },
    ])
  })

  test('8. row level security is on', async ({ as }) => {
    await as(actor)`
      SELECT tablename, rowsecurity
      FROM pg_tables
      WHERE schemaname = 'copilot_internal'
        AND tablename IN ('e2b_pricing', 'e2b_cost_records', 'model_pricing');`.bagEq([
      { tablename: 'e2b_cost_records', rowsecurity: true },
      { tablename: 'e2b_pricing', rowsecurity: true },
      { tablename: 'model_pricing', rowsecurity: true },
    ])
  })
})
