/**
 * What a function promises the planner: a wrong promise is a wrong result, or a price looked up once for each row.
 */
import { owner } from '../../../fixtures/people.ts'
import { test } from '../../harness/index.ts'

const functions = (volatility: string) => `
  select proname as function from pg_proc
  where pronamespace = 'copilot_internal'::regnamespace and provolatile = '${volatility}'`

const named = (...names: string[]) => names.map((name) => ({ function: name }))

test('what depends on its arguments alone is immutable', async ({ as }) => {
  await as(owner)(functions('i')).bagEq(
    named('assert_no_price_jump', 'assert_price', 'assert_quota_arguments', 'quota_period'),
  )
})

test('calculations and look-ups are stable: they read, and change nothing', async ({ as }) => {
  await as(owner)(functions('s')).bagEq(
    named(
      'assert_request',
      'calculate_e2b_cost',
      'calculate_llm_cost',
      'calculate_llm_cost_detailed',
      'get_current_model_pricing',
      'quota_held_usd',
      'quota_status',
      'quotas_concerned',
    ),
  )
})
