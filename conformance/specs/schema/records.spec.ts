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
  'metadata',
]

test('an LLM record names its call, its usage, its prices and its costs', async ({ tap }) => {
  await tap.columnsAre('copilot_internal.llm_cost_records', [
    ...COMMON,
    ...['provider', 'model', 'task', 'input_tokens', 'output_tokens'],
    ...['input_price_per_million', 'output_price_per_million', 'input_cost_usd', 'output_cost_usd'],
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
    await as(service)(insertInto(name, 'pricing_id', `gen_random_uuid()`)).throwsOk('23503')
    // The refusal is the table's, not the statement's: without the unknown price it is accepted.
    await session.query(insertInto(name, 'pricing_id', 'null'))
  })
})

test('one token at the lowest price is not rounded to zero', async ({ as }) => {
  await as(service)`
    insert into copilot_internal.llm_cost_records
      (tenant_id, provider, model, input_tokens, input_cost_usd, total_cost_usd)
    select ${acme.tenantId}, 'openai', 'gpt-5-nano', 1, c.input_cost_usd, c.total_cost_usd
    from copilot_internal.calculate_llm_cost('openai', 'gpt-5-nano', 1, 0) as c
    returning trim_scale(total_cost_usd) as total`.resultsEq([{ total: '0.00000005' }])
})

function insertInto(table: string, column: string, value: string): string {
  return table === 'llm_cost_records'
    ? `insert into copilot_internal.llm_cost_records (tenant_id, provider, model, ${column})
       values ('${acme.tenantId}', 'openai', 'gpt-4', ${value})`
    : `insert into copilot_internal.e2b_cost_records (tenant_id, tier, region, execution_time_seconds, ${column})
       values ('${acme.tenantId}', 'standard', 'us-east-1', 1, ${value})`
}
