/**
 * Schema copilot_internal: what it holds. What holds for all of it is the rules' (specs/rules).
 */
import { functions } from '../../../fixtures/functions.ts'
import { test } from '../../harness/index.ts'

test('it holds these tables and no other', async ({ tap }) => {
  await tap.tablesAre('copilot_internal', [
    'cost_quota_periods',
    'cost_quotas',
    'e2b_cost_records',
    'e2b_pricing',
    'e2b_usage_totals',
    'llm_cost_records',
    'llm_usage_totals',
    'model_aliases',
    'model_pricing',
    'model_pricing_components',
    'quota_charge_estimates',
    'quota_reservations',
    'usage_changes',
    'usage_requests',
  ])
})

test('it holds these views and no other', async ({ tap }) => {
  await tap.viewsAre('copilot_internal', [
    'combined_cost_summary_by_tenant',
    'cost_summary_by_model',
    'cost_summary_by_task',
    'cost_summary_by_tenant',
    'e2b_cost_summary_by_conversation',
    'e2b_cost_summary_by_tenant',
    'e2b_cost_summary_by_tier',
    'e2b_price_periods',
    'model_price_periods',
    'price_versions',
    'priced_usage',
  ])
})

test('it holds these functions, none of them overloaded', async ({ tap }) => {
  await tap.functionSignaturesAre('copilot_internal', functions)
})

test('it holds nothing else: no sequence, no type, nothing foreign', async ({ tap }) => {
  await tap.sequencesAre('copilot_internal', [])
  await tap.typesAre('copilot_internal', [])
  await tap.materializedViewsAre('copilot_internal', [])
  await tap.foreignTablesAre('copilot_internal', [])
})

test('its comment says who writes it, and who reads it', async ({ tap }) => {
  await tap.commentIs(
    'schema',
    'copilot_internal',
    'What AI agents cost: price lists, cost records, quotas. Written by the platform (service_role), read per tenant.',
  )
})
