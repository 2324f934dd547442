/**
 * The indexes of schema copilot_internal, besides those of its constraints: what is looked up is found without a search.
 */
import { owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

const LIVE = 'WHERE ((expires_at IS NULL) OR (expires_at > effective_date))'
const OPEN = 'WHERE (closed_at IS NULL)'

/** Index → its columns, as the server prints them. */
const indexes: Readonly<Record<string, string>> = {
  llm_cost_records_recorded_at_idx: '(recorded_at)',
  llm_cost_records_tenant_id_conversation_id_idx: '(tenant_id, conversation_id)',
  llm_cost_records_tenant_id_request_id_idx: '(tenant_id, request_id)',
  llm_cost_records_pricing_id_idx: '(pricing_id)',
  e2b_cost_records_recorded_at_idx: '(recorded_at)',
  e2b_cost_records_tenant_id_conversation_id_idx: '(tenant_id, conversation_id)',
  e2b_cost_records_tenant_id_request_id_idx: '(tenant_id, request_id)',
  e2b_cost_records_pricing_id_idx: '(pricing_id)',
  model_pricing_provider_model_effective_date_idx: `unique (provider, model, effective_date) ${LIVE}`,
  e2b_pricing_tier_region_effective_date_idx: `unique (tier, region, effective_date) ${LIVE}`,
  quota_reservations_open_tenant_id_idx: `(tenant_id, expires_at) ${OPEN}`,
  quota_reservations_open_user_id_idx: `(user_id, expires_at) ${OPEN}`,
  quota_reservations_open_expires_at_idx: `(expires_at) ${OPEN}`,
  quota_reservations_open_request_id_idx:
    'unique (tenant_id, resource_type, request_id) WHERE ((closed_at IS NULL) AND (request_id IS NOT NULL))',
  cost_quota_periods_quota_id_period_start_idx: '(quota_id, period_start)',
}

test('it holds these indexes and no other', async ({ as }) => {
  await as(owner)`
    select c.relname as index,
           case when i.indisunique then 'unique ' else '' end
           || regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING btree ', '') as columns
    from pg_index as i
    join pg_class as c on c.oid = i.indexrelid
    where c.relnamespace = 'copilot_internal'::regnamespace and i.indisvalid
      and not exists (select from pg_constraint as k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))`.bagEq(
    Object.entries(indexes).map(([index, columns]) => ({ index, columns })),
  )
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

  test('an empty period is no version, however many there are', async ({ as }) => {
    await as(service)(second('0')).livesOk()
    await as(service)(second('0')).livesOk()
  })

  test('two versions do not start at once, however short', async ({ as }) => {
    await as(service)(second('1 microsecond')).throwsOk('23505')
  })
})
