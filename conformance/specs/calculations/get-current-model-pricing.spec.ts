/**
 * copilot_internal.get_current_model_pricing — the price that is in force now.
 */
import { acme } from '../../../fixtures/people.ts'
import { test } from '../../harness/index.ts'

test('it answers the price in force, and which row it is', async ({ as }) => {
  await as(acme)`
    select g.input_price_per_million, g.output_price_per_million, g.expires_at, p.provider, p.model
    from copilot_internal.get_current_model_pricing('groq', 'openai/gpt-oss-20b') as g
    join copilot_internal.model_pricing as p on p.id = g.pricing_id and p.effective_date = g.effective_date`.resultsEq(
    [
      {
        input_price_per_million: '0.075',
        output_price_per_million: '0.300',
        expires_at: null,
        provider: 'groq',
        model: 'openai/gpt-oss-20b',
      },
    ],
  )
})

test('a price that has expired or has yet to come is not current', async ({ as, session }) => {
  await session.run(`
    update copilot_internal.model_pricing set expires_at = now() where model = 'gpt-4';
    insert into copilot_internal.model_pricing
      (provider, model, input_price_per_million, output_price_per_million, effective_date)
    values ('openai', 'gpt-4', 1, 2, now() + interval '2 minutes');`)
  await as(acme)`select * from copilot_internal.get_current_model_pricing('openai', 'gpt-4')`.isEmpty()
})

test('an unknown model has no price', async ({ as }) => {
  await as(acme)`select * from copilot_internal.get_current_model_pricing('openai', 'gpt-99')`.isEmpty()
})

test('a known model has no price with another provider', async ({ as }) => {
  for (const [provider, model] of [
    ['anthropic', 'gpt-4'],
    ['openai', 'gemini-2.5-pro'],
  ]) {
    await as(acme)`select * from copilot_internal.get_current_model_pricing(${provider}, ${model})`.isEmpty()
  }
})

test('a NULL is refused', async ({ as }) => {
  await as(acme)`select * from copilot_internal.get_current_model_pricing(null, 'gpt-4')`.throwsOk('22004')
  await as(acme)`select * from copilot_internal.get_current_model_pricing('openai', null)`.throwsOk('22004')
})
