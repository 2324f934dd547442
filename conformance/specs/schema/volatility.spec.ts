/**
 * What a function promises the planner: a wrong promise is a wrong result, or a price looked up once for each row.
 */
import { immutable, stable, volatile } from '../../../fixtures/functions.ts'
import { test } from '../../harness/index.ts'

test('what depends on its arguments alone is immutable', async ({ tap }) => {
  await tap.functionsOfVolatilityAre('copilot_internal', 'immutable', immutable)
})

test('calculations and look-ups are stable: they read, and change nothing', async ({ tap }) => {
  await tap.functionsOfVolatilityAre('copilot_internal', 'stable', stable)
})

test('what writes is volatile', async ({ tap }) => {
  await tap.functionsOfVolatilityAre('copilot_internal', 'volatile', volatile)
})
