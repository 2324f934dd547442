/**
 * The two tables of cost records: their shape, and what they refuse to hold.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

const COMMON = [
  'tenant_id',
  'recorded_at',
  'id',
  'user_id',
  'conversation_id',
  'request_id',
  'pricing_id',
  'total_cost_usd',
  'is_estimated',
  'is_unpriced',
  'is_adopted',
  'reservation_id',
  'charged_at',
  'metadata',
]

test('an LLM record names its call, its usage, its prices and its costs', async ({ tap }) => {
  await tap.columnsAre('copilot_internal.llm_cost_records', [
    ...COMMON,
    ...['provider', 'model', 'task', 'input_tokens', 'output_tokens'],
    ...['cached_input_tokens', 'cache_write_5m_tokens', 'cache_write_1h_tokens', 'is_batch'],
    ...['priced_model', 'variant', 'input_price_per_million', 'output_price_per_million'],
    ...[
      'cached_input_price_per_million',
      'cache_write_5m_price_per_million',
      'cache_write_1h_price_per_million',
    ],
    ...['input_cost_usd', 'output_cost_usd'],
  ])
})

test('an E2B record names its run, its usage, its prices and its costs', async ({ tap }) => {
  await tap.columnsAre('copilot_internal.e2b_cost_records', [
    ...COMMON,
    ...['sandbox_id', 'tier', 'region', 'status'],
    ...['execution_time_seconds', 'cpu_core_seconds', 'memory_gb_seconds', 'disk_io_gb'],
    ...[
      'price_per_second',
      'price_per_cpu_core_second',
      'price_per_gb_memory_second',
      'price_per_gb_disk_io',
    ],
    ...['execution_cost_usd', 'resource_cost_usd'],
  ])
})

describe.each(['llm_cost_records', 'e2b_cost_records'])('%s', (name) => {
  const table = `copilot_internal.${name}`

  test('its key starts with the tenant and holds the time', async ({ tap }) => {
    await tap.colIsPk(table, ['tenant_id', 'recorded_at', 'id'])
  })

  test('it could be partitioned by time as it is', async ({ as }) => {
    await as(owner)(
      `create temporary table partitioned (like ${table} including all) partition by range (recorded_at)`,
    ).livesOk()
  })

  test('a price that does not exist is refused', async ({ session, as }) => {
    await as(service)(priced(name, 'gen_random_uuid()')).throwsOk('23503')
    // The refusal is the table's, not the statement's: with a price that there is, it is accepted.
    await session.query(priced(name, 'p.id'))
  })
})

test('one token at the lowest price is not rounded to zero', async ({ as }) => {
  await as(service)`
    select trim_scale(total_cost_usd) as total
    from copilot_internal.record_llm_usage(${acme.tenantId}, 'openai', 'gpt-5-nano', 1, 0)`.resultsEq([
    { total: '0.00000005' },
  ])
})

/** A record of nothing used, at the price that a seeded version has, under this id. */
function priced(table: string, id: string): string {
  return table === 'llm_cost_records'
    ? `insert into copilot_internal.llm_cost_records
         (tenant_id, provider, model, pricing_id, priced_model, input_price_per_million, output_price_per_million)
       select '${acme.tenantId}', p.provider, p.model, ${id}, p.model, p.input_price_per_million, p.output_price_per_million
       from copilot_internal.model_pricing as p where p.model = 'gpt-4'`
    : `insert into copilot_internal.e2b_cost_records
         (tenant_id, tier, region, execution_time_seconds, pricing_id, price_per_second, price_per_cpu_core_second,
          price_per_gb_memory_second, price_per_gb_disk_io)
       select '${acme.tenantId}', p.tier, p.region, 0, ${id}, p.price_per_second, p.price_per_cpu_core_second,
              p.price_per_gb_memory_second, p.price_per_gb_disk_io
       from copilot_internal.e2b_pricing as p where p.tier = 'standard'`
}
