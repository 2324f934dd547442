/**
 * The indexes of schema copilot_internal, those of its constraints among them: what is looked up is found without a search.
 */
import { service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

/** Table → its indexes, each as the server prints it. */
const indexes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  cost_quota_periods: {
    cost_quota_periods_pkey: 'UNIQUE btree (id)',
    cost_quota_periods_quota_id_period_start_idx: 'btree (quota_id, period_start)',
  },
  cost_quotas: {
    cost_quotas_pkey: 'UNIQUE btree (id)',
    cost_quotas_scope_scope_id_resource_type_period_key:
      'UNIQUE btree (scope, scope_id, resource_type, period) NULLS NOT DISTINCT',
  },
  e2b_cost_records: {
    e2b_cost_records_pkey: 'UNIQUE btree (tenant_id, recorded_at, id)',
    e2b_cost_records_pricing_id_recorded_at_idx: 'btree (pricing_id, recorded_at)',
    e2b_cost_records_recorded_at_idx: 'btree (recorded_at)',
    e2b_cost_records_tenant_id_conversation_id_idx: 'btree (tenant_id, conversation_id)',
    e2b_cost_records_tenant_id_id_idx: 'btree (tenant_id, id)',
    e2b_cost_records_tenant_id_request_id_idx: 'btree (tenant_id, request_id)',
    e2b_cost_records_tier_recorded_at_idx: 'btree (tier, recorded_at) WHERE is_unpriced',
  },
  e2b_pricing: {
    e2b_pricing_pkey: 'UNIQUE btree (id)',
    e2b_pricing_tier_region_effective_date_key: 'UNIQUE btree (tier, region, effective_date)',
  },
  e2b_usage_totals: {
    e2b_usage_totals_pkey: 'UNIQUE btree (tenant_id, day, dimensions_hash)',
  },
  llm_cost_records: {
    llm_cost_records_pkey: 'UNIQUE btree (tenant_id, recorded_at, id)',
    llm_cost_records_pricing_id_recorded_at_idx: 'btree (pricing_id, recorded_at)',
    llm_cost_records_provider_model_recorded_at_idx: 'btree (provider, model, recorded_at) WHERE is_unpriced',
    llm_cost_records_recorded_at_idx: 'btree (recorded_at)',
    llm_cost_records_tenant_id_conversation_id_idx: 'btree (tenant_id, conversation_id)',
    llm_cost_records_tenant_id_id_idx: 'btree (tenant_id, id)',
    llm_cost_records_tenant_id_request_id_idx: 'btree (tenant_id, request_id)',
  },
  llm_usage_totals: {
    llm_usage_totals_pkey: 'UNIQUE btree (tenant_id, day, dimensions_hash)',
  },
  model_aliases: {
    model_aliases_pkey: 'UNIQUE btree (provider, alias)',
  },
  model_pricing: {
    model_pricing_pkey: 'UNIQUE btree (id)',
    model_pricing_provider_model_effective_date_key: 'UNIQUE btree (provider, model, effective_date)',
  },
  model_pricing_components: {
    model_pricing_components_pkey: 'UNIQUE btree (pricing_id, variant, component)',
  },
  quota_charge_estimates: {
    quota_charge_estimates_pkey: 'UNIQUE btree (tenant_id, record_id, quota_id)',
    quota_charge_estimates_quota_id_idx: 'btree (quota_id)',
  },
  quota_reservations: {
    quota_reservations_open_expires_at_idx: 'btree (expires_at) WHERE (closed_at IS NULL)',
    quota_reservations_open_request_id_idx:
      'UNIQUE btree (tenant_id, resource_type, request_id) WHERE ((closed_at IS NULL) AND (request_id IS NOT NULL))',
    quota_reservations_open_tenant_id_idx: 'btree (tenant_id, expires_at) WHERE (closed_at IS NULL)',
    quota_reservations_open_user_id_idx: 'btree (user_id, expires_at) WHERE (closed_at IS NULL)',
    quota_reservations_pkey: 'UNIQUE btree (tenant_id, id)',
  },
  usage_changes: {
    usage_changes_pkey: 'UNIQUE btree (tenant_id, id)',
    usage_changes_tenant_id_record_id_idx: 'btree (tenant_id, record_id)',
  },
  usage_requests: {
    usage_requests_pkey: 'UNIQUE btree (tenant_id, resource_type, request_id)',
  },
}

test.for(Object.entries(indexes))('%s has these indexes and no other', async ([table, those], { tap }) => {
  await tap.indexDefinitionsAre(`copilot_internal.${table}`, those)
})

test('no other table has any, and no view', async ({ tap }) => {
  await tap.tablesAre('copilot_internal', Object.keys(indexes))
  await tap.materializedViewsAre('copilot_internal', [])
})

const lists = [
  { table: 'model_pricing', columns: 'provider, model, input_price_per_million, output_price_per_million' },
  { table: 'e2b_pricing', columns: 'tier, region, price_per_second' },
]

describe.each(lists)('$table', ({ table, columns }) => {
  /** A second version that starts when the first did, and ends so much later. */
  const second = (lasts: string) => `
    insert into copilot_internal.${table} (${columns}, effective_date, expires_at)
    select ${columns}, effective_date, effective_date + interval '${lasts}' from copilot_internal.${table} limit 1`

  test('two versions do not start at once, however short', async ({ as }) => {
    await as(service)(second('0')).throwsOk('23505')
    await as(service)(second('1 microsecond')).throwsOk('23505')
  })
})
