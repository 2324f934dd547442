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
