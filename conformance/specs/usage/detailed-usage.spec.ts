/**
 * copilot_internal.record_llm_usage — what is recorded is what is billed: cached input, cache writes, batches, long context.
 *
 * Method: usage as providers report it, recorded for Acme; the same figures by calculate_llm_cost_detailed; and random usage,
 * recomputed from what was stamped on the record alone.
 */
import Big from 'big.js'
import fc from 'fast-check'
import { acme, owner, service } from '../../../fixtures/people.ts'
import { prices } from '../../../fixtures/prices.ts'
import type { Row } from '../../engines/index.ts'
import { describe, expect, fixture, test } from '../../harness/index.ts'

test.beforeEach(({ session }) => session.run(fixture('quotas')))

const record = `
  select trim_scale(total_cost_usd) as cost, variant, is_estimated, is_unpriced from copilot_internal.record_llm_usage`
const SONNET = `'anthropic', 'claude-sonnet-4-5-20250929'`

test.for([
  ['a long context', `'google', 'gemini-2.5-pro', 300000, 10000`, '0.9', 'long_context'],
  ['95 % cached input', `${SONNET}, 100000, 1000, cached_input_tokens => 95000`, '0.0585', 'standard'],
  ['a batch', `'openai', 'gpt-4o', 1000000, 100000, is_batch => true`, '1.75', 'batch'],
  ['a call outside a batch', `'openai', 'gpt-4o', 1000000, 100000`, '3.5', 'standard'],
  [
    'cache writes for five minutes',
    `${SONNET}, 1000, 0, cache_write_5m_tokens => 1000`,
    '0.00375',
    'standard',
  ],
  ['cache writes for an hour', `${SONNET}, 1000, 0, cache_write_1h_tokens => 1000`, '0.006', 'standard'],
] as const)('%s is recorded and charged at its own price', async ([, usage, cost, variant], { as }) => {
  await as(service)(`${record}('${acme.tenantId}', ${usage})`).resultsEq([
    { cost, variant, is_estimated: false, is_unpriced: false },
  ])
  await as(owner)`
    select distinct trim_scale(spent_usd) as spent from copilot_internal.cost_quotas where spent_usd <> 0`.resultsEq(
    [{ spent: cost }],
  )
})

test('quantities, every rate applied and the variant are stamped', async ({ as }) => {
  await as(service)`
    select input_tokens, cached_input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, is_batch, variant, priced_model,
           trim_scale(input_price_per_million) as input, trim_scale(output_price_per_million) as output,
           trim_scale(cached_input_price_per_million) as cached, trim_scale(cache_write_5m_price_per_million) as write_5m,
           trim_scale(cache_write_1h_price_per_million) as write_1h
    from copilot_internal.record_llm_usage(
      ${acme.tenantId}, 'anthropic', 'claude-sonnet-4-5-20250929', 250000, 10,
      cached_input_tokens => 200000, cache_write_5m_tokens => 7, cache_write_1h_tokens => 9)`.resultsEq([
    {
      input_tokens: 250000,
      cached_input_tokens: 200000,
      cache_write_5m_tokens: 7,
      cache_write_1h_tokens: 9,
      is_batch: false,
      variant: 'long_context',
      priced_model: 'claude-sonnet-4-5-20250929',
      input: 6,
      output: '22.5',
      cached: '0.6',
      write_5m: '7.5',
      write_1h: 12,
    },
  ])
})

test('plain usage is stamped with plain prices only', async ({ as }) => {
  await as(service)`
    select num_nonnulls(cached_input_price_per_million, cache_write_5m_price_per_million,
                        cache_write_1h_price_per_million) as more, trim_scale(total_cost_usd) as cost, variant
    from copilot_internal.record_llm_usage(${acme.tenantId}, 'openai', 'gpt-4o', 1000, 500)`.resultsEq([
    { more: 0, cost: '0.0075', variant: 'standard' },
  ])
})

test('what has no price of its own is recorded as an estimate', async ({ as }) => {
  await as(service)(
    `${record}('${acme.tenantId}', 'google', 'gemini-2.5-pro', 300000, 0, is_batch => true)`,
  ).resultsEq([{ cost: '0.75', variant: 'long_context', is_estimated: true, is_unpriced: false }])
})

test('usage is priced with the components of its own time', async ({ as, session }) => {
  await session.query(
    `select copilot_internal.set_model_price('openai', 'gpt-4o', 2.5, 10, components => '{"cached_input": 1}')`,
  )
  for (const [at, cost] of [
    [`now() - interval '1 second'`, '1.25'],
    ['now()', '1'],
  ] as const) {
    await as(service)(
      `${record}('${acme.tenantId}', 'openai', 'gpt-4o', 1000000, 0, cached_input_tokens => 1000000, recorded_at => ${at})`,
    ).resultsEq([{ cost, variant: 'standard', is_estimated: false, is_unpriced: false }])
  }
})

describe('random usage', () => {
  const models = fc.constantFrom(...prices.models.map(({ provider, model }) => ({ provider, model })))
  const part = fc.oneof(fc.constant(0), fc.nat(500_000))
  const usage = fc.record({
    name: models,
    plain: part,
    output: part,
    cached: part,
    write5m: part,
    write1h: part,
    batch: fc.boolean(),
  })

  test('costs what the calculation and its stamps say, to the last digit', async ({ session }) => {
    const sample = fc.sample(usage, 200)
    const rows = await session.query(
      `select r.*, c.total_cost_usd as calculated, c.is_estimated as is_calculated_estimate,
              c.is_long_context
       from jsonb_array_elements($1) as u
       cross join lateral copilot_internal.record_llm_usage(
         '${acme.tenantId}', u ->> 'provider', u ->> 'model', (u ->> 'input')::bigint, (u ->> 'output')::bigint,
         cached_input_tokens => (u ->> 'cached')::bigint, cache_write_5m_tokens => (u ->> 'write5m')::bigint,
         cache_write_1h_tokens => (u ->> 'write1h')::bigint, is_batch => (u ->> 'batch')::boolean) as r
       cross join lateral copilot_internal.calculate_llm_cost_detailed(
         r.provider, r.model, r.input_tokens, r.output_tokens, r.cached_input_tokens, r.cache_write_5m_tokens,
         r.cache_write_1h_tokens, r.is_batch) as c`,
      [
        JSON.stringify(
          sample.map(({ name, plain, ...rest }) => ({
            ...name,
            ...rest,
            input: plain + rest.cached + rest.write5m + rest.write1h,
          })),
        ),
      ],
    )
    expect(rows).toHaveLength(sample.length)
    expect(rows.filter((row) => !cost(row).eq(row['total_cost_usd'] ?? '-1'))).toEqual([])
    expect(rows.filter((row) => !cost(row).eq(row['calculated'] ?? '-1'))).toEqual([])
    expect(rows.filter((row) => row['is_estimated'] !== row['is_calculated_estimate'])).toEqual([])
    expect(
      rows.filter((row) => (row['variant'] === 'long_context') !== (row['is_long_context'] === 't')),
    ).toEqual([])
  })
})

/** The cost of a record from nothing but its own stamps. */
function cost(row: Row): Big {
  const of = (tokens: Big | string | null | undefined, price: string) =>
    new Big(tokens ?? '0').times(row[`${price}_price_per_million`] ?? '0').times('0.000001')
  const special = ['cached_input', 'cache_write_5m', 'cache_write_1h']
  const plain = special.reduce(
    (left, kind) => left.minus(row[`${kind}_tokens`] ?? '0'),
    new Big(row['input_tokens'] ?? '0'),
  )
  return special.reduce(
    (sum, kind) => sum.plus(of(row[`${kind}_tokens`], kind)),
    of(plain, 'input').plus(of(row['output_tokens'], 'output')),
  )
}

test.for([
  [`1000, 0, cached_input_tokens => 1001`, '22023', /part of input_tokens/],
  [
    `1000, 0, cached_input_tokens => 500, cache_write_5m_tokens => 500, cache_write_1h_tokens => 1`,
    '22023',
    /part of input/,
  ],
  [
    `9223372036854775807, 0, cached_input_tokens => 9223372036854775807, cache_write_5m_tokens => 9223372036854775807`,
    '22023',
    /part of input/,
  ],
  [`1000, 0, cached_input_tokens => -1`, '22023', /0 or more/],
  [`1000, 0, cache_write_5m_tokens => -1`, '22023', /0 or more/],
  [`1000, 0, cache_write_1h_tokens => -1`, '22023', /0 or more/],
  [`1000, 0, cached_input_tokens => null`, '22004', /must not be NULL/],
  [`1000, 0, cache_write_5m_tokens => null`, '22004', /must not be NULL/],
  [`1000, 0, cache_write_1h_tokens => null`, '22004', /must not be NULL/],
  [`1000, 0, is_batch => null`, '22004', /must not be NULL/],
] as const)('(%s) is refused with %s, and nothing is charged', async ([args, code, message], { as }) => {
  await as(service)(`${record}('${acme.tenantId}', 'openai', 'gpt-4o', ${args})`).throwsOk(code, {
    message,
    detail: /Got/,
  })
  await as(owner)`select id from copilot_internal.cost_quotas where spent_usd <> 0`.isEmpty()
})
