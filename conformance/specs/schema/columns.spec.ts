/**
 * What may be missing in a row, and what is stored for what is left out: of every column of every table.
 *
 * Method: the columns that may be NULL are named here, and all others may not. Defaults are named as a reader knows them.
 */
import { tables as every } from '../../../fixtures/tables.ts'
import { describe, expect, test } from '../../harness/index.ts'

interface Columns {
  /** May be NULL. */
  readonly optional: readonly string[]
  /** What is stored when a column is left out, as the server prints it. */
  readonly defaults: Readonly<Record<string, string>>
}

const ID = { id: 'gen_random_uuid()' }
const zero = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, '0']))
const unless = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 'false']))
const RECORD = {
  ...ID,
  ...zero('total_cost_usd'),
  ...unless('is_adopted', 'is_estimated', 'is_unpriced'),
  metadata: `'{}'::jsonb`,
  recorded_at: 'now()',
}
const OF_A_RECORD = ['charged_at', 'conversation_id', 'pricing_id', 'request_id', 'reservation_id', 'user_id']
const PRICE: Columns = {
  optional: ['announced_end', 'expires_at', 'notes', 'source', 'verified_on'],
  defaults: {
    ...ID,
    created_at: 'now()',
    created_by: 'CURRENT_USER',
    effective_date: 'now()',
    updated_at: 'now()',
  },
}
const TOKENS = ['cache_write_1h_tokens', 'cache_write_5m_tokens', 'cached_input_tokens']

const tables: Readonly<Record<string, Columns>> = {
  cost_quota_parts: { optional: [], defaults: { ...ID, ...zero('spent_usd') } },
  cost_quota_periods: { optional: ['quota_id', 'scope_id'], defaults: { ...ID, closed_at: 'now()' } },
  cost_quotas: {
    optional: ['scope_id', 'former_coverage'],
    defaults: {
      ...ID,
      ...zero('spent_usd'),
      created_at: 'now()',
      updated_at: 'now()',
      resource_type: `'llm'::text`,
      unpriced_policy: `'allow'::text`,
      warning_threshold: '0.80',
    },
  },
  e2b_cost_records: {
    optional: [
      ...OF_A_RECORD,
      'price_per_cpu_core_second',
      'price_per_gb_disk_io',
      'price_per_gb_memory_second',
      'price_per_second',
      'sandbox_id',
    ],
    defaults: {
      ...RECORD,
      ...zero('cpu_core_seconds', 'disk_io_gb', 'memory_gb_seconds'),
      ...zero('execution_cost_usd', 'resource_cost_usd'),
      status: `'completed'::text`,
    },
  },
  e2b_pricing: PRICE,
  e2b_usage_rollups: { optional: [], defaults: {} },
  e2b_usage_totals: { optional: ['conversation_id'], defaults: {} },
  llm_cost_records: {
    optional: [
      ...OF_A_RECORD,
      'cache_write_1h_price_per_million',
      'cache_write_5m_price_per_million',
      'cached_input_price_per_million',
      'input_price_per_million',
      'output_price_per_million',
      'priced_model',
      'task',
    ],
    defaults: {
      ...RECORD,
      ...zero(...TOKENS, 'input_tokens', 'output_tokens', 'input_cost_usd', 'output_cost_usd'),
      ...unless('is_batch'),
      variant: `'standard'::text`,
    },
  },
  llm_usage_rollups: { optional: ['task'], defaults: {} },
  llm_usage_totals: { optional: ['task'], defaults: zero(...TOKENS) },
  model_aliases: { optional: ['source'], defaults: { created_at: 'now()', created_by: 'CURRENT_USER' } },
  model_pricing: PRICE,
  model_pricing_components: {
    optional: ['notes', 'threshold_input_tokens'],
    defaults: { ...unless('is_derived'), created_at: 'now()' },
  },
  quota_charge_estimates: { optional: [], defaults: {} },
  quota_reservations: {
    optional: ['closed_at', 'record_id', 'request_id', 'settled_usd', 'user_id'],
    defaults: { ...ID, ...unless('is_expired'), created_at: 'now()' },
  },
  usage_changes: {
    optional: ['reason', 'request_id'],
    defaults: { ...ID, changed_at: 'clock_timestamp()', changed_by: 'CURRENT_USER' },
  },
  usage_changed_days: { optional: [], defaults: { transaction: 'pg_current_xact_id()' } },
  usage_requests: { optional: [], defaults: {} },
  usage_rollup_state: { optional: [], defaults: { folded_at: 'now()' } },
}

const COLUMNS = `
  select a.attname as name, a.attnotnull as required, pg_get_expr(d.adbin, d.adrelid) as value
  from pg_attribute as a left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum and a.attgenerated = ''
  where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped
  order by a.attname`

test('every table is named here', () => {
  expect(Object.keys(tables).sort()).toEqual(Object.keys(every).sort())
})

describe.each(Object.entries(tables))('%s', (table, { optional, defaults }) => {
  test('no column may be NULL but those that are named', async ({ session }) => {
    const rows = await session.query(COLUMNS, [`copilot_internal.${table}`])
    const free = rows.filter(({ required }) => required === 'f').map(({ name }) => name)
    expect(free).toEqual([...optional].sort())
  })

  test('what is left out is stored as stated', async ({ session }) => {
    const rows = await session.query(COLUMNS, [`copilot_internal.${table}`])
    const stored = Object.fromEntries(
      rows.filter(({ value }) => value !== null).map(({ name, value }) => [name, value]),
    )
    expect(stored).toEqual(defaults)
  })
})
