/**
 * copilot_internal.get_current_model_pricing — until when a price is known to be in force.
 */
import { acme } from '../../../fixtures/people.ts'
import { test } from '../../harness/index.ts'

const END = `select expires_at - now() as ends from copilot_internal.get_current_model_pricing('openai', 'gpt-4')`
const set = (price: number, when: string) =>
  `select copilot_internal.set_model_price('openai', 'gpt-4', ${price}, ${price}, effective_date => now() + interval '${when}', allow_jump => true)`

test('no end is known while no other price is scheduled', async ({ as }) => {
  await as(acme)(END).resultsEq([{ ends: null }])
})

test('of two scheduled prices, the next one ends it', async ({ as, session }) => {
  await session.query(set(7, '3 days'))
  await session.query(set(8, '2 days'))
  await as(acme)(END).resultsEq([{ ends: '2 days' }])
})

test('a price of another model, or of another provider, ends nothing', async ({ as, session }) => {
  await session.query(
    `select copilot_internal.set_model_price('openai', 'gpt-4o', 7, 7, effective_date => now() + interval '1 day', allow_jump => true)`,
  )
  await session.query(
    `select copilot_internal.set_model_price('azure', 'gpt-4', 7, 7, effective_date => now() + interval '1 day')`,
  )
  await as(acme)(END).resultsEq([{ ends: null }])
})

test('a price that begins now is not ended by its own beginning', async ({ as, session }) => {
  await session.query(set(7, '0'))
  await as(acme)(END).resultsEq([{ ends: null }])
})

test('of two that begin about now, the next ends the first', async ({ as, session }) => {
  for (const price of [7, 8]) {
    await session.query(`
      insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million)
      values ('openai', 'gpt-4', ${price}, ${price})`)
  }
  await session.query('select pg_sleep(0.002)')
  await as(acme)(END).resultsEq([{ ends: '00:00:00.000001' }])
})

test('an end of its own that comes before the next price ends it', async ({ as, session }) => {
  await session.query(
    `update copilot_internal.model_pricing set expires_at = now() + interval '3 days' where model = 'gpt-4'`,
  )
  await session.query(set(8, '2 days'))
  await as(acme)(END).resultsEq([{ ends: '2 days' }])
  await session.query(`select copilot_internal.cancel_model_price('openai', 'gpt-4')`)
  await as(acme)(END).resultsEq([{ ends: '3 days' }])
})
