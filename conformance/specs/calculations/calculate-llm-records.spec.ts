/**
 * copilot_internal.calculate_llm_records — each call has the rates of its own variant and quantities, whatever other calls it is asked with.
 *
 * Method: calls alone and in one array with others. Whose price it is at which moment: changed-prices.spec.ts.
 */
import { service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

type Call = Readonly<Record<string, string | number | boolean>>

const NONE = {
  provider: 'p',
  recorded_at: '2026-03-01',
  input_tokens: 0,
  output_tokens: 0,
  cached_input_tokens: 0,
  cache_write_5m_tokens: 0,
  cache_write_1h_tokens: 0,
  is_batch: false,
  is_estimated: false,
}
/** What calls are priced at, in their order. */
const priced = (calls: readonly Call[], columns: string) => `
  select ${columns} from unnest(copilot_internal.calculate_llm_records(array(
    select jsonb_populate_record(null::copilot_internal.llm_cost_records, c.call)
    from jsonb_array_elements('${JSON.stringify(calls.map((call) => ({ ...NONE, ...call })))}') with ordinality as c (call, n)
    order by c.n
  ))) with ordinality as r order by r.ordinality`
const set = (model: string, price: number, more = '') =>
  `select copilot_internal.set_model_price('p', '${model}', ${price}, ${price}, '2026-02-01'${more && `, ${more}`});`

test('calculate_llm_records: plain usage has no other rate stamped', async ({ as, session }) => {
  await session.run(set('m', 3, `components => '{"cached_input": 1}'`))
  const plain = { model: 'm', input_tokens: 2, output_tokens: 1 }
  await as(service)(
    priced(
      [plain, { ...plain, cached_input_tokens: 1 }, plain],
      `trim_scale(r.cached_input_price_per_million) as cached, r.cache_write_5m_price_per_million is null as unwritten,
       trim_scale(r.total_cost_usd) as cost`,
    ),
  ).resultsEq([
    { cached: null, unwritten: true, cost: '0.000009' },
    { cached: 1, unwritten: false, cost: '0.000007' },
    { cached: null, unwritten: true, cost: '0.000009' },
  ])
})

test('calculate_llm_records: the least threshold makes a long context', async ({ as, session }) => {
  await session.run(`${set('m', 3)}
    insert into copilot_internal.model_pricing_components (pricing_id, variant, component, price_per_million, threshold_input_tokens)
    select id, 'long_context', c.name, 9, c.threshold from copilot_internal.model_pricing,
      (values ('input', 1000), ('output', 2000)) as c (name, threshold)
    where provider = 'p'`)
  const calls = [1000, 1001, 2000, 2001].map((input_tokens) => ({ model: 'm', input_tokens }))
  const variants = ['standard', 'long_context', 'long_context', 'long_context']
  await as(service)(priced(calls, 'r.variant')).resultsEq(variants.map((variant) => ({ variant })))
  for (const [i, call] of calls.entries())
    await as(service)(priced([call], 'r.variant')).resultsEq([{ variant: variants[i] }])
})

describe('calculate_llm_records: an estimated rate makes an estimate', () => {
  const COMPONENTS = ['input', 'output', 'cached_input', 'cache_write_5m', 'cache_write_1h'] as const
  /** A call with one token of each of these. */
  const of = (model: string, components: readonly string[]): Call => ({
    model,
    is_batch: true,
    ...Object.fromEntries(components.map((name) => [`${name}_tokens`, 1])),
    input_tokens: components.filter((name) => name !== 'output').length,
  })

  test.for(COMPONENTS)('of what it is for, and of nothing else: %s', async (name, { as, session }) => {
    const others = COMPONENTS.filter((other) => other !== name)
    const batch = Object.fromEntries(others.map((other) => [other, 1]))
    const special = { cached_input: 1, cache_write_5m: 1, cache_write_1h: 1 }
    await session.run(set('m', 3, `components => '${JSON.stringify({ ...special, batch })}'`))
    await as(service)(
      priced(
        [of('m', others), of('m', [name]), of('m', COMPONENTS), { ...of('m', []), is_estimated: true }],
        'r.is_estimated as estimated',
      ),
    ).resultsEq([{ estimated: false }, { estimated: true }, { estimated: true }, { estimated: true }])
  })
})
