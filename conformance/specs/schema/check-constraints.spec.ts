/**
 * What the tables refuse to hold: every CHECK constraint of the schema, by its name.
 *
 * Method: each table has a row that it accepts, and for each constraint the changes to it that break this one and no
 * other. The list is compared with the catalog, so that a constraint without a refusal is noticed.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

/** Column → value, as SQL. */
type Cells = Readonly<Record<string, string>>

interface Table {
  readonly accepts: Cells
  /** The edges: what differs from it in these cells is still accepted. */
  readonly edges: readonly Cells[]
  /** Constraint, without the name of its table → rows that differ from what is accepted in these cells. */
  readonly refuses: Readonly<Record<string, readonly Cells[]>>
}

const NOT_MONEY = ['-0.000001', `'NaN'`]
const METERED = ['execution_time_seconds', 'cpu_core_seconds', 'memory_gb_seconds', 'disk_io_gb']
const BLANK = [`''`, `' '`]
const ENDLESS = [`'infinity'`, `'-infinity'`]

/** One row for each value, in this column. */
const each = (column: string, values: readonly string[], rest: Cells = {}): Cells[] =>
  values.map((value) => ({ [column]: value, ...rest }))

/** One row for each of these costs and each value that is none, the total being that, too. */
const costs = (...columns: string[]): Cells[] =>
  columns.flatMap((column) => NOT_MONEY.map((value) => ({ [column]: value, total_cost_usd: value })))

const metadata = each('metadata', [`'[]'`, `'null'`, `'"text"'`, `'1'`])

const price = (names: readonly string[], prices: readonly string[], accepts: Cells): Table => ({
  accepts,
  edges: [
    ...prices.flatMap((column) => each(column, ['0', '0.000000000001', '99999999.999999999999'])),
    { effective_date: `'2026-02-01 00:00+00'`, expires_at: `'2026-02-01 00:00+00'` },
    { expires_at: `'infinity'` },
  ],
  refuses: {
    ...Object.fromEntries(names.map((name) => [`${name}_not_blank`, each(name, BLANK)])),
    prices_not_negative: prices.flatMap((column) => each(column, NOT_MONEY)),
    effective_date_finite: each('effective_date', ENDLESS),
    expires_at_not_before_effective_date: [
      { effective_date: `'2026-02-01 00:00+00'`, expires_at: `'2026-01-31 23:59:59.999999+00'` },
    ],
  },
})

const tables: Readonly<Record<string, Table>> = {
  llm_cost_records: {
    accepts: { tenant_id: `'${acme.tenantId}'`, provider: `'openai'`, model: `'gpt-4'` },
    edges: [
      { input_tokens: '9223372036854775807', output_tokens: '9223372036854775807' },
      { input_cost_usd: '0.000000000000000001', total_cost_usd: '0.000000000000000001' },
      { is_unpriced: 'true' },
      { is_estimated: 'true', output_cost_usd: '1', total_cost_usd: '1' },
      { metadata: `'{"a": [1]}'` },
    ],
    refuses: {
      input_tokens_not_negative: [{ input_tokens: '-1' }],
      output_tokens_not_negative: [{ output_tokens: '-1' }],
      costs_not_negative: costs('input_cost_usd', 'output_cost_usd'),
      total_cost_usd_is_the_sum: [
        { total_cost_usd: '0.01' },
        { input_cost_usd: '1' },
        { output_cost_usd: '1' },
      ],
      unpriced_costs_nothing: [{ is_unpriced: 'true', input_cost_usd: '1', total_cost_usd: '1' }],
      metadata_is_object: metadata,
    },
  },
  e2b_cost_records: {
    accepts: {
      tenant_id: `'${acme.tenantId}'`,
      tier: `'standard'`,
      region: `'us-east-1'`,
      execution_time_seconds: '1',
    },
    edges: [
      ...each('status', [`'running'`, `'paused'`, `'completed'`, `'failed'`, `'timed_out'`, `'killed'`]),
      ...each('execution_time_seconds', ['0', '0.000001']),
      { is_unpriced: 'true' },
      { is_estimated: 'true', resource_cost_usd: '1', total_cost_usd: '1' },
      { metadata: `'{"a": [1]}'` },
    ],
    refuses: {
      status_known: each('status', [`'lost'`, `''`]),
      usage_not_negative: METERED.flatMap((column) => each(column, NOT_MONEY)),
      costs_not_negative: costs('execution_cost_usd', 'resource_cost_usd'),
      total_cost_usd_is_the_sum: [
        { total_cost_usd: '0.01' },
        { execution_cost_usd: '1' },
        { resource_cost_usd: '1' },
      ],
      unpriced_costs_nothing: [{ is_unpriced: 'true', resource_cost_usd: '1', total_cost_usd: '1' }],
      metadata_is_object: metadata,
    },
  },
  model_pricing: price(['provider', 'model'], ['input_price_per_million', 'output_price_per_million'], {
    provider: `'openai'`,
    model: `'new'`,
    input_price_per_million: '1',
    output_price_per_million: '1',
  }),
  e2b_pricing: price(
    ['tier', 'region'],
    ['price_per_second', 'price_per_cpu_core_second', 'price_per_gb_memory_second', 'price_per_gb_disk_io'],
    { tier: `'new'`, region: `'us-east-1'`, price_per_second: '1' },
  ),
  cost_quotas: {
    accepts: { scope: `'tenant'`, scope_id: `'${acme.tenantId}'`, limit_usd: '1', period: `'day'` },
    edges: [
      { limit_usd: '0', spent_usd: '0' },
      { spent_usd: '2' },
      ...each('warning_threshold', ['0.0001', '1']),
      ...each('resource_type', [`'llm'`, `'e2b'`, `'all'`]),
      ...each('period', [`'hour'`, `'day'`, `'week'`, `'month'`]),
      { scope: `'user'` },
      { scope: `'platform'`, scope_id: 'null' },
      { period_end: `now() + interval '1 microsecond'` },
    ],
    refuses: {
      scope_known: each('scope', [`'team'`]),
      scope_id_fits_scope: [
        { scope: `'platform'` },
        { scope_id: 'null' },
        { scope: `'user'`, scope_id: 'null' },
      ],
      resource_type_known: each('resource_type', [`'gpu'`]),
      limit_usd_not_negative: each('limit_usd', NOT_MONEY),
      spent_usd_not_negative: each('spent_usd', NOT_MONEY),
      warning_threshold_is_share: each('warning_threshold', ['0', '-0.5', '1.0001', `'NaN'`]),
      period_known: [{ period: `'year'`, period_end: `now() + interval '1 year'` }],
      period_end_after_start: [{ period_end: 'now()' }, { period_end: `now() - interval '1 day'` }],
      period_start_finite: [
        { period_start: `'-infinity'`, period_anchor: 'now()', period_end: 'now()' },
        ...each('period_anchor', ENDLESS, { period_end: `now() + interval '1 day'` }),
      ],
    },
  },
  quota_reservations: {
    accepts: {
      tenant_id: `'${acme.tenantId}'`,
      resource_type: `'e2b'`,
      amount_usd: '1',
      expires_at: `now() + interval '1 minute'`,
    },
    edges: [
      { amount_usd: '0' },
      ...each('resource_type', [`'llm'`, `'e2b'`]),
      { expires_at: `now() + interval '1 microsecond'` },
    ],
    refuses: {
      resource_type_known: each('resource_type', [`'all'`, `'gpu'`]),
      amount_usd_not_negative: each('amount_usd', NOT_MONEY),
      expires_at_after_created_at: each('expires_at', ['now()', `now() - interval '1 second'`]),
    },
  },
  usage_requests: {
    accepts: {
      tenant_id: `'${acme.tenantId}'`,
      resource_type: `'llm'`,
      request_id: `'req-1'`,
      recorded_at: 'now()',
      record_id: 'gen_random_uuid()',
    },
    refuses: { resource_type_known: each('resource_type', [`'all'`, `'gpu'`]) },
  },
  model_pricing_components: {
    accepts: {
      pricing_id: `(select id from copilot_internal.model_pricing where model = 'gpt-4')`,
      variant: `'standard'`,
      component: `'cached_input'`,
      price_per_million: '1',
    },
    refuses: {
      variant_known: each('variant', [`'express'`]),
      component_known: each('component', [`'image'`]),
      standard_is_not_plain: each('component', [`'input'`, `'output'`]),
      threshold_for_long_context: [{ threshold_input_tokens: '200000' }, { variant: `'long_context'` }],
      threshold_not_negative: [{ variant: `'long_context'`, threshold_input_tokens: '-1' }],
      price_not_negative: each('price_per_million', NOT_MONEY),
    },
  },
}

function insert(table: string, cells: Cells): string {
  const { accepts } = tables[table] ?? { accepts: {} }
  const row = Object.entries({ ...accepts, ...cells })
  return `insert into copilot_internal.${table} (${row.map(([column]) => column).join(', ')})
          values (${row.map(([, value]) => value).join(', ')})`
}

test('every check constraint of the schema is refused by name below', async ({ as }) => {
  await as(owner)`
    select conrelid::regclass::text as table, conname as name from pg_constraint
    where connamespace = 'copilot_internal'::regnamespace and contype = 'c'`.bagEq(
    Object.entries(tables).flatMap(([table, { refuses }]) =>
      Object.keys(refuses).map((name) => ({
        table: `copilot_internal.${table}`,
        name: `${table}_${name}`,
      })),
    ),
  )
})

describe.each(Object.entries(tables))('%s', (table, { edges, refuses }) => {
  test('an ordinary row is accepted, and so is each that is just within', async ({ as, session }) => {
    for (const cells of [{}, ...edges]) {
      await session.query('savepoint without')
      await as(service)(insert(table, cells)).livesOk()
      await session.query('rollback to savepoint without')
    }
  })

  test.for(Object.entries(refuses))('%s', async ([name, rows], { as }) => {
    for (const cells of rows) {
      await as(service)(insert(table, cells)).throwsOk('23514', {
        message: new RegExp(`"${table}_${name}"`),
      })
    }
  })
})
