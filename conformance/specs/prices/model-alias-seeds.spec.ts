/**
 * The names that providers answer with, as the migrations seed them: each stands for one priced model, and none takes the place of
 * a model that has a price of its own.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

test('every alias stands for a model of the price list', async ({ as }) => {
  await as(owner)`
    select a.provider, a.alias from copilot_internal.model_aliases as a
    where not exists (
      select from copilot_internal.model_pricing as p where p.provider = a.provider and p.model = a.model)`.isEmpty()
})

test('no alias is the name of a priced model', async ({ as }) => {
  await as(owner)`
    select a.alias from copilot_internal.model_aliases as a
    join copilot_internal.model_pricing as p on p.provider = a.provider and p.model = a.alias`.isEmpty()
})

test('a snapshot with prices of its own is no alias', async ({ as }) => {
  await as(owner)`select from copilot_internal.model_aliases where alias like '%gpt-4o-2024-05-13'`.isEmpty()
})

describe('usage under a name that providers answer with is priced', () => {
  test.for([
    ['openai', 'gpt-4o-2024-08-06'],
    ['openai', 'openai/gpt-4o'],
    ['openai', 'gpt-4o-mini-2024-07-18'],
    ['openai', 'gpt-4.1-2025-04-14'],
    ['openai', 'gpt-5-2025-08-07'],
    ['openai', 'openai/gpt-5-mini-2025-08-07'],
    ['anthropic', 'claude-sonnet-4-5'],
    ['anthropic', 'claude-haiku-4-5'],
    ['anthropic', 'claude-opus-4-5'],
    ['anthropic', 'anthropic/claude-sonnet-4-5-20250929'],
    ['google', 'models/gemini-2.5-pro'],
    ['google', 'gemini/gemini-2.5-flash'],
    ['groq', 'groq/llama-3.3-70b-versatile'],
    ['groq', 'groq/openai/gpt-oss-120b'],
  ])('%s %s', async ([provider, model], { as }) => {
    await as(service)(
      `select r.model, r.is_unpriced from copilot_internal.record_llm_usage($1, $2, $3, 1000, 10) as r`,
      acme.tenantId,
      provider,
      model,
    ).resultsEq([{ model, is_unpriced: false }])
  })
})
