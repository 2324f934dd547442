/**
 * copilot_internal.model_aliases — usage under the names that providers answer with is priced as their models.
 *
 * Method: eleven ordinary spellings, mapped by hand as a platform would; recorded under the name given.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import { describe, fixture, test } from '../../harness/index.ts'

/** Provider, name as it is met, model as it is priced. */
const SPELLINGS = [
  ['openai', 'gpt-4o-2024-08-06', 'gpt-4o'],
  ['openai', 'openai/gpt-4o', 'gpt-4o'],
  ['openai', 'gpt-4o-latest', 'gpt-4o'],
  ['openai', 'GPT-4o', 'gpt-4o'],
  ['openai', 'gpt-4-0613', 'gpt-4'],
  ['openai', 'gpt-4.1-2025-04-14', 'gpt-4.1'],
  ['anthropic', 'claude-sonnet-4-5', 'claude-sonnet-4-5-20250929'],
  ['anthropic', 'anthropic/claude-sonnet-4-5-20250929', 'claude-sonnet-4-5-20250929'],
  ['anthropic', 'claude-opus-4-5', 'claude-opus-4-5-20251101'],
  ['google', 'models/gemini-2.5-pro', 'gemini-2.5-pro'],
  ['groq', 'groq/llama-3.1-8b-instant', 'llama-3.1-8b-instant'],
] as const

const alias = (provider: string, name: string, model: string) =>
  `insert into copilot_internal.model_aliases (provider, alias, model) values ('${provider}', '${name}', '${model}')`

// What the migrations have seeded is put aside: here it is mapped by hand.
test.beforeEach(({ session }) =>
  session.run(`delete from copilot_internal.model_aliases;${fixture('quotas')}`),
)

test.for(SPELLINGS)('%s %s is priced as %s once it is mapped', async ([provider, name, model], { as }) => {
  const compared = `
    select r.model, r.priced_model, r.is_unpriced, r.total_cost_usd = c.total_cost_usd as as_model, c.total_cost_usd > 0 as paid
    from copilot_internal.record_llm_usage('${acme.tenantId}', '${provider}', '${name}', 250000, 1000, cached_input_tokens => 5) as r
    cross join copilot_internal.calculate_llm_cost_detailed('${provider}', '${model}', 250000, 1000, 5) as c`
  await as(service)(compared).resultsEq([
    { model: name, priced_model: null, is_unpriced: true, as_model: false, paid: true },
  ])
  await as(service)(alias(provider, name, model)).livesOk()
  await as(service)(compared).resultsEq([
    { model: name, priced_model: model, is_unpriced: false, as_model: true, paid: true },
  ])
})

describe('a name is matched exactly', () => {
  test.for(['gpt-4o-2024', 'GPT-4O-2024-08-06', 'gpt-4o-2024-08-06 ', 'x-gpt-4o-2024-08-06', 'gpt-4o%'])(
    '%j is no alias, and not guessed',
    async (name, { as, session }) => {
      await session.run(alias('openai', 'gpt-4o-2024-08-06', 'gpt-4o'))
      await as(service)`
        select is_unpriced, priced_model from copilot_internal.record_llm_usage(${acme.tenantId}, 'openai', ${name}, 1, 1)`.resultsEq(
        [{ is_unpriced: true, priced_model: null }],
      )
    },
  )

  test('of another provider it is no alias', async ({ as, session }) => {
    await session.run(alias('openai', 'gpt-4o-2024-08-06', 'gpt-4o'))
    await as(service)`
      select is_unpriced from copilot_internal.record_llm_usage(${acme.tenantId}, 'azure', 'gpt-4o-2024-08-06', 1, 1)`.resultsEq(
      [{ is_unpriced: true }],
    )
  })

  test('an alias of an alias is none', async ({ as, session }) => {
    await session.run(alias('openai', 'one', 'two'))
    await session.run(alias('openai', 'two', 'gpt-4o'))
    await as(service)`
      select is_unpriced from copilot_internal.record_llm_usage(${acme.tenantId}, 'openai', 'one', 1, 1)`.resultsEq(
      [{ is_unpriced: true }],
    )
  })
})

test('a price of its own wins over an alias', async ({ as, session }) => {
  await session.run(alias('openai', 'gpt-4o-mini', 'gpt-4'))
  await as(service)`
    select priced_model, trim_scale(total_cost_usd) as cost
    from copilot_internal.record_llm_usage(${acme.tenantId}, 'openai', 'gpt-4o-mini', 1000000, 0)`.resultsEq([
    { priced_model: 'gpt-4o-mini', cost: '0.15' },
  ])
})

test('a record written by hand is priced by no alias of another provider', async ({ as, session }) => {
  await session.run(alias('google', 'one', 'gpt-4'))
  const written = (provider: string) => `
    insert into copilot_internal.llm_cost_records
      (tenant_id, provider, model, priced_model, recorded_at, input_tokens, pricing_id, input_price_per_million,
       output_price_per_million, input_cost_usd, total_cost_usd)
    select '${acme.tenantId}', '${provider}', 'one', model, '2026-02-01', 1000, id, input_price_per_million,
           output_price_per_million, input_price_per_million * 0.001, input_price_per_million * 0.001
    from copilot_internal.model_pricing where model = 'gpt-4'`
  await as(service)(written('openai')).throwsOk('QT001')
  await session.run(alias('openai', 'one', 'gpt-4'))
  await as(service)(written('openai')).livesOk()
})

test('the calculations follow aliases', async ({ as, session }) => {
  await session.run(alias('openai', 'gpt-4-0613', 'gpt-4'))
  await as(birch)`
    select (select total_cost_usd from copilot_internal.calculate_llm_cost('openai', 'gpt-4-0613', 1000, 500)) as plain,
           (select total_cost_usd from copilot_internal.calculate_llm_cost_detailed('openai', 'gpt-4-0613', 1000, 500)) as detailed,
           (select input_price_per_million
            from copilot_internal.get_current_model_pricing('openai', 'gpt-4-0613')) as current`.resultsEq([
    { plain: '0.060', detailed: '0.060', current: '30.000' },
  ])
})

test('an alias that is removed leaves what was recorded', async ({ as, session }) => {
  await session.run(alias('openai', 'gpt-4-0613', 'gpt-4'))
  await session.query(
    `select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4-0613', 1000, 0, 'req-1')`,
  )
  await as(service)`delete from copilot_internal.model_aliases`.livesOk()
  await as(owner)`
    select model, priced_model, trim_scale(total_cost_usd) as cost from copilot_internal.llm_cost_records`.resultsEq(
    [{ model: 'gpt-4-0613', priced_model: 'gpt-4', cost: '0.03' }],
  )
})

test.for([
  [`'openai', ' ', 'gpt-4'`, '23514'],
  [`'openai', 'gpt-4', 'gpt-4'`, '23514'],
  [`'openai', 'name', ''`, '23514'],
  [`'openai', 'name', null`, '23502'],
] as const)('an alias of (%s) is refused with %s', async ([values, code], { as }) => {
  await as(service)(
    `insert into copilot_internal.model_aliases (provider, alias, model) values (${values})`,
  ).throwsOk(code)
})
