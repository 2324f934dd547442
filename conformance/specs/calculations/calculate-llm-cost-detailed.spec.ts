/**
 * copilot_internal.calculate_llm_cost_detailed — what a call costs with cached input, cache writes, batch and long context.
 *
 * Method: examples by hand, refusals with their SQLSTATE, and random requests compared with an oracle that reads the
 * price sheet and shares nothing with the SQL but the contract.
 */
import fc from 'fast-check'
import { acme, owner } from '../../../fixtures/people.ts'
import { prices } from '../../../fixtures/prices.ts'
import { describe, expect, rounds, test } from '../../harness/index.ts'
import { detailedCost, money } from '../../oracle/index.ts'

const calculate = 'select * from copilot_internal.calculate_llm_cost_detailed'
const total = `select total_cost_usd, is_long_context, is_estimated from copilot_internal.calculate_llm_cost_detailed`
const sonnet = `'anthropic', 'claude-sonnet-4-5-20250929'`

describe('examples', () => {
  test('without special tokens it costs what calculate_llm_cost says', async ({ as }) => {
    await as(acme)(`${calculate}('openai', 'gpt-4', 1000, 500)`).resultsEq([
      {
        input_cost_usd: '0.030',
        cached_input_cost_usd: '0',
        cache_write_cost_usd: '0',
        output_cost_usd: '0.030',
        total_cost_usd: '0.060',
        pricing_found: true,
        is_long_context: false,
        is_estimated: false,
      },
    ])
  })

  test('cached tokens and cache writes are part of the input', async ({ as }) => {
    // 1,000 plain at 3, 7,000 cached at 0.30, 1,000 written at 3.75, 1,000 written for an hour at 6.
    await as(acme)(`${calculate}(${sonnet}, 10000, 0, 7000, 1000, 1000)`).resultsEq([
      {
        input_cost_usd: '0.003',
        cached_input_cost_usd: '0.0021',
        cache_write_cost_usd: '0.00975',
        output_cost_usd: '0',
        total_cost_usd: '0.01485',
        pricing_found: true,
        is_long_context: false,
        is_estimated: false,
      },
    ])
  })

  test('a batch costs half', async ({ as }) => {
    await as(acme)(`${total}('openai', 'gpt-4o', 1000, 500, is_batch => true)`).resultsEq([
      { total_cost_usd: '0.00375', is_long_context: false, is_estimated: false },
    ])
  })

  test('a batch price that the sheet derives is an estimate', async ({ as }) => {
    await as(acme)(`${total}('openai', 'gpt-4', 1000, 500, is_batch => true)`).resultsEq([
      { total_cost_usd: '0.030', is_long_context: false, is_estimated: true },
    ])
  })

  test('one-hour cache writes in a long context cost twice, as an estimate', async ({ as }) => {
    // Standard 6; the other components are twice as dear in a long context: 12, as the provider takes.
    await as(acme)(`${total}(${sonnet}, 1000000, 0, 0, 0, 1000000)`).resultsEq([
      { total_cost_usd: '12.000', is_long_context: true, is_estimated: true },
    ])
  })

  test.for([
    ['at the threshold', 200_000, '0.615', false],
    ['one token above it, the whole request is re-rated', 200_001, '1.222506', true],
  ] as const)('long context: %s', async ([, tokens, cost, isLong], { as }) => {
    await as(acme)(`${total}(${sonnet}, ${tokens}, 1000)`).resultsEq([
      { total_cost_usd: cost, is_long_context: isLong, is_estimated: false },
    ])
  })

  test('a long batch is priced as long context, as an estimate', async ({ as }) => {
    await as(acme)(`${total}('google', 'gemini-2.5-pro', 300000, 0, is_batch => true)`).resultsEq([
      { total_cost_usd: '0.750', is_long_context: true, is_estimated: true },
    ])
  })

  test('the price of a date is asked for, its start included and its end not', async ({ as, session }) => {
    await session.run(
      `update copilot_internal.model_pricing set expires_at = '2026-03-01 00:00+00' where model = 'gpt-4'`,
    )
    for (const [date, found] of [
      ['2023-03-13 23:59:59.999999+00', false],
      ['2023-03-14 00:00:00+00', true],
      ['2026-02-28 23:59:59.999999+00', true],
      ['2026-03-01 00:00:00+00', false],
      ['infinity', false],
    ] as const) {
      await as(acme)`
        select pricing_found from copilot_internal.calculate_llm_cost_detailed(
          'openai', 'gpt-4', 1, 1, pricing_date => ${date})`.resultsEq([{ pricing_found: found }])
    }
  })

  test('the limits of the token counts are priced, to the last digit', async ({ as }) => {
    await as(acme)(`
      select total_cost_usd from copilot_internal.calculate_llm_cost_detailed(
        'openai', 'gpt-4o', 9223372036854775807, 9223372036854775807, 9223372036854775807)`).resultsEq([
      { total_cost_usd: '103762935414616.22782875' },
    ])
  })

  test('what has no price of its own costs as plain input, as an estimate', async ({ as }) => {
    await as(acme)(`${total}('openai', 'gpt-4', 1000, 0, 1000)`).resultsEq([
      { total_cost_usd: '0.030', is_long_context: false, is_estimated: true },
    ])
  })

  test('a new price has the components of the one before, as estimates', async ({ as, session }) => {
    await session.query(`select copilot_internal.set_model_price('openai', 'gpt-4o', 3, 9)`)
    // 1.25 × 3 ÷ 2.5.
    await as(acme)(`${total}('openai', 'gpt-4o', 1000, 0, 1000)`).resultsEq([
      { total_cost_usd: '0.0015', is_long_context: false, is_estimated: true },
    ])
  })

  test('an unknown model costs 0 and says so', async ({ as }) => {
    await as(acme)(
      `select total_cost_usd, pricing_found from copilot_internal.calculate_llm_cost_detailed('a', 'b', 1, 1)`,
    ).resultsEq([{ total_cost_usd: '0', pricing_found: false }])
  })
})

describe('refusals', () => {
  test.for([
    [`'openai', 'gpt-4', null, 1`, '22004'],
    [`'openai', 'gpt-4', 1, 1, null`, '22004'],
    [`'openai', 'gpt-4', 1, 1, is_batch => null`, '22004'],
    [`'openai', 'gpt-4', 1, -1`, '22023'],
    [`'openai', 'gpt-4', 1, 1, -1`, '22023'],
    [`'openai', 'gpt-4', -1, 1`, '22023'],
    [`'openai', 'gpt-4', 1, 1, 0, -1`, '22023'],
    [`'openai', 'gpt-4', 1, 1, 0, 0, -1`, '22023'],
    [`null, 'gpt-4', 1, 1`, '22004'],
    [`'openai', null, 1, 1`, '22004'],
    [`'openai', 'gpt-4', 1, null`, '22004'],
    [`'openai', 'gpt-4', 1, 1, 0, null`, '22004'],
    [`'openai', 'gpt-4', 1, 1, 0, 0, null`, '22004'],
    [`'openai', 'gpt-4', 1, 1, pricing_date => null`, '22004'],
    [`'openai', 'gpt-4', 10, 1, 5, 5, 1`, '22023'],
    [`'openai', 'gpt-4', 10, 1, 9223372036854775807, 9223372036854775807`, '22023'],
  ] as const)('(%s) is refused with %s', async ([args, code], { as }) => {
    await as(acme)(`${calculate}(${args})`).throwsOk(code, { detail: /Got/, hint: /./ })
  })
})

test('any request costs what the oracle says', async ({ session }) => {
  const tokens = fc.oneof(
    fc.constant(0n),
    fc.bigInt({ min: 0n, max: 1000n }),
    fc.bigInt({ min: 199_998n, max: 200_002n }),
    fc.bigInt({ min: 0n, max: 10n ** 15n }),
  )
  const request = fc.record({
    plain: tokens,
    output: tokens,
    cached: tokens,
    write5m: tokens,
    write1h: tokens,
    batch: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...prices.models), request, async (model, { plain, ...rest }) => {
      const usage = { ...rest, input: plain + rest.cached + rest.write5m + rest.write1h }
      const cost = detailedCost(model, usage)
      const rows = await session.query(`${calculate}($1, $2, $3, $4, $5, $6, $7, $8)`, [
        model.provider,
        model.model,
        usage.input,
        usage.output,
        usage.cached,
        usage.write5m,
        usage.write1h,
        usage.batch,
      ])
      expect(rows).toEqual([
        {
          input_cost_usd: money(cost.input),
          cached_input_cost_usd: money(cost.cached),
          cache_write_cost_usd: money(cost.write),
          output_cost_usd: money(cost.output),
          total_cost_usd: money(cost.total),
          pricing_found: 't',
          is_long_context: cost.isLong ? 't' : 'f',
          is_estimated: cost.estimated ? 't' : 'f',
        },
      ])
    }),
    { numRuns: rounds(200) },
  )
})

test('the components are those of the price sheet, derived ones marked', async ({ as }) => {
  const of = (model: (typeof prices.models)[number]) => {
    const row = (
      variant: string,
      component: string,
      price: string | null | undefined,
      derived = false,
      threshold?: number,
    ) =>
      price
        ? [
            {
              model: model.model,
              variant,
              component,
              price: Number(price),
              threshold: threshold ?? null,
              is_derived: derived,
            },
          ]
        : []
    const derived = model.batch.basis.startsWith('derived')
    const long = model.long_context
    return [
      ...(['cached_input', 'cache_write_5m', 'cache_write_1h'] as const).flatMap((c) =>
        row('standard', c, model[c]),
      ),
      ...(['input', 'output'] as const).flatMap((c) => row('batch', c, model.batch[c], derived)),
      ...(['input', 'output', 'cached_input', 'cache_write_5m'] as const).flatMap((c) =>
        row('long_context', c, long?.[c], false, long?.threshold_input_tokens),
      ),
    ]
  }
  await as(owner)`
    select p.model, c.variant, c.component, trim_scale(c.price_per_million) as price,
           c.threshold_input_tokens as threshold, c.is_derived
    from copilot_internal.model_pricing_components as c
    join copilot_internal.model_pricing as p on p.id = c.pricing_id`.bagEq(prices.models.flatMap(of))
})
