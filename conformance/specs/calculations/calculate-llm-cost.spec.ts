/**
 * copilot_internal.calculate_llm_cost — what an LLM call costs.
 *
 * Method: examples by hand, refusals with their SQLSTATE, and random calls compared with an oracle that shares nothing
 * with the SQL but the contract.
 */
import fc from 'fast-check'
import { acme } from '../../../fixtures/people.ts'
import { prices } from '../../../fixtures/prices.ts'
import { describe, expect, rounds, test } from '../../harness/index.ts'
import { llmCost, money } from '../../oracle/index.ts'

const calculate = 'select * from copilot_internal.calculate_llm_cost'

describe('examples', () => {
  test('one token at the lowest price costs 0.00000005', async ({ as }) => {
    await as(acme)(`${calculate}('openai', 'gpt-5-nano', 1, 0)`).resultsEq([
      {
        input_cost_usd: '0.00000005',
        output_cost_usd: '0',
        total_cost_usd: '0.00000005',
        pricing_found: true,
      },
    ])
  })

  test('a quadrillion tokens are priced to the last digit', async ({ as }) => {
    await as(acme)(
      `${calculate}('anthropic', 'claude-opus-4-1-20250805', 1000000000000001, 1000000000000001)`,
    ).resultsEq([
      {
        input_cost_usd: '15000000000.000015',
        output_cost_usd: '75000000000.000075',
        total_cost_usd: '90000000000.00009',
        pricing_found: true,
      },
    ])
  })

  test('no tokens cost nothing, and the price is still found', async ({ as }) => {
    await as(acme)(`${calculate}('openai', 'gpt-4', 0, 0)`).resultsEq([
      { input_cost_usd: '0', output_cost_usd: '0', total_cost_usd: '0', pricing_found: true },
    ])
  })

  test.for([
    ['openai', 'gpt-99'],
    ['nobody', 'gpt-4'],
    ['OpenAI', 'gpt-4'],
    ['', ''],
  ] as const)('an unknown model (%s, %s) costs 0 and says so', async ([provider, model], { as }) => {
    await as(acme)`
      select * from copilot_internal.calculate_llm_cost(${provider}, ${model}, 1000, 500)`.resultsEq([
      { input_cost_usd: '0', output_cost_usd: '0', total_cost_usd: '0', pricing_found: false },
    ])
  })

  test('arguments can be named as documented', async ({ as }) => {
    await as(acme)(
      `${calculate}(provider => 'openai', model => 'gpt-4', input_tokens => 1, output_tokens => 1, pricing_date => now())`,
    ).livesOk()
  })
})

describe('date', () => {
  test.beforeEach(({ session }) =>
    session.run(`
      update copilot_internal.model_pricing set expires_at = '2026-03-01 00:00+00' where model = 'gpt-4';
      insert into copilot_internal.model_pricing
        (provider, model, input_price_per_million, output_price_per_million, effective_date)
      values ('openai', 'gpt-4', 1, 2, '2026-03-01 00:00+00');`),
  )

  test.for([
    ['2023-03-13 23:59:59.999999+00', '0', false],
    ['2023-03-14 00:00:00+00', '0.060', true],
    ['2026-02-28 23:59:59.999999+00', '0.060', true],
    ['2026-03-01 00:00:00+00', '0.002', true],
    ['infinity', '0.002', true],
    ['-infinity', '0', false],
  ] as const)('at %s the call costs %s', async ([date, cost, found], { as }) => {
    await as(acme)`
      select total_cost_usd, pricing_found
      from copilot_internal.calculate_llm_cost('openai', 'gpt-4', 1000, 500, ${date})`.resultsEq([
      { total_cost_usd: cost, pricing_found: found },
    ])
  })
})

describe('refusals', () => {
  test.for([
    ["null, 'gpt-4', 1, 1", '22004'],
    ["'openai', null, 1, 1", '22004'],
    ["'openai', 'gpt-4', null, 1", '22004'],
    ["'openai', 'gpt-4', 1, null", '22004'],
    ["'openai', 'gpt-4', 1, 1, null", '22004'],
    ["'openai', 'gpt-4', -1, 1", '22023'],
    ["'openai', 'gpt-4', 1, -1", '22023'],
    ["'openai', 'gpt-99', -1, 1", '22023'],
  ] as const)('(%s) is refused with %s', async ([args, code], { as }) => {
    await as(acme)(`${calculate}(${args})`).throwsOk(code, { detail: /Got/, hint: /./ })
  })
})

test('any call costs what the oracle says', async ({ session }) => {
  const tokens = fc.oneof(
    fc.bigInt({ min: 0n, max: 1_000_000n }),
    fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...prices.models), tokens, tokens, async (model, input, output) => {
      const cost = llmCost(model, { input, output })
      const rows = await session.query(`${calculate}($1, $2, $3, $4)`, [
        model.provider,
        model.model,
        input,
        output,
      ])
      expect(rows).toEqual([
        {
          input_cost_usd: money(cost.input),
          output_cost_usd: money(cost.output),
          total_cost_usd: money(cost.total),
          pricing_found: 't',
        },
      ])
    }),
    { numRuns: rounds(200) },
  )
})
