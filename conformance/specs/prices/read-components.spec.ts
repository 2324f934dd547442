/** copilot_internal.read_components — components as they are given become rows, each marked as given or derived. */
import { service } from '../../../fixtures/people.ts'
import { expect, needs, test } from '../../harness/index.ts'

test('each component of each variant is a row, given or derived', async ({ as }) => {
  const given = {
    cached_input: 1,
    batch: { input: 2 },
    derived: { cache_write_5m: '3.5', long_context: { threshold_input_tokens: 200000, output: 4 } },
  }
  await as(service)(`
    select variant, component, price_per_million as price, threshold_input_tokens as threshold, is_derived as derived
    from copilot_internal.read_components('${JSON.stringify(given)}')`).bagEq([
    { variant: 'standard', component: 'cached_input', price: 1, threshold: null, derived: false },
    { variant: 'batch', component: 'input', price: 2, threshold: null, derived: false },
    { variant: 'standard', component: 'cache_write_5m', price: '3.5', threshold: null, derived: true },
    { variant: 'long_context', component: 'output', price: 4, threshold: 200000, derived: true },
  ])
})

test.for(['0', '200000', '2e5', '200000.0', '"200000"', '999999999999999999'])(
  'the threshold %s is read as the number that it is',
  async (threshold, { as }) => {
    const given = `{"long_context": {"threshold_input_tokens": ${threshold}, "input": 6}}`
    await as(service)(
      `select threshold_input_tokens as threshold from copilot_internal.read_components('${given}')`,
    ).resultsEq([{ threshold: threshold.startsWith('9') ? threshold : Number(JSON.parse(threshold)) }])
  },
)

// A function is read once in a session: each setting needs one of its own.
needs('two-sessions', 'own-database').for([
  ['on', '{"cached_input": "1x5"}'],
  ['off', '{"cached_input": "1x5"}'],
  ['off', '{"long_context": {"threshold_input_tokens": "1x0", "input": 6}}'],
] as const)(
  'with standard_conforming_strings %s, what is no number is refused: %s',
  async ([setting, given], { ownDatabase }) => {
    const session = await (await ownDatabase()).connect()
    await session.run(`set standard_conforming_strings = ${setting}`)
    await expect(session.query(`select copilot_internal.read_components('${given}')`)).rejects.toMatchObject({
      code: '22023',
    })
    await session.close()
  },
)

test('a component may be given, and derived for another variant', async ({ as }) => {
  await as(service)(`
    select variant, component, is_derived as derived from copilot_internal.read_components(
      '{"cached_input": 1, "derived": {"batch": {"cached_input": 2}}}')`).bagEq([
    { variant: 'standard', component: 'cached_input', derived: false },
    { variant: 'batch', component: 'cached_input', derived: true },
  ])
})
