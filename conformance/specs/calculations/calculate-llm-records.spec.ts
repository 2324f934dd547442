/**
 * copilot_internal.calculate_llm_records — each call has the rates of its own variant and quantities, whatever other calls it is asked with.
 *
 * Method: calls alone and in one array with others. Whose price it is at which moment: changed-prices.spec.ts.
 */
import { service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

type Call = Readonly<Record<string, string | number | boolean>>

const COMPONENTS = ['input', 'output', 'cached_input', 'cache_write_5m', 'cache_write_1h'] as const

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

test('calculate_llm_records: each variant costs the same among others', async ({ as, session }) => {
  await session.run(`
    ${set('m', 3)}
    insert into copilot_internal.model_pricing_components (pricing_id, variant, component, price_per_million, threshold_input_tokens)
    select p.id, c.* from copilot_internal.model_pricing as p, (values
      ('standard', 'cached_input', 1, null), ('batch', 'input', 2, null), ('batch', 'cached_input', 20, null),
      ('long_context', 'input', 9, 1000), ('long_context', 'cached_input', 9, 1000)
    ) as c where p.provider = 'p'`)
  const each = [
    [10, false, { variant: 'standard', is_estimated: false, cost: '0.000022' }],
    [10, true, { variant: 'batch', is_estimated: false, cost: '0.000092' }],
    [2000, false, { variant: 'long_context', is_estimated: false, cost: '0.018' }],
    [2000, true, { variant: 'long_context', is_estimated: true, cost: '0.018044' }],
  ] as const
  const calls = each.map(([input_tokens, is_batch]) => ({
    ...{ model: 'm', cached_input_tokens: 4, input_tokens, is_batch },
  }))
  const rows = each.map(([, , row]) => row)
  const costs = 'r.variant, r.is_estimated, trim_scale(r.total_cost_usd) as cost'
  for (const [i, [, , row]] of each.entries())
    await as(service)(priced(calls.slice(i, i + 1), costs)).resultsEq([row])
  await as(service)(priced(calls, costs)).resultsEq(rows)
  await as(service)(priced(calls.toReversed(), costs)).resultsEq(rows.toReversed())
})

describe('calculate_llm_records: what a call has been stamped with before', () => {
  const BEFORE = {
    pricing_id: '00000000-0000-4000-8000-000000000001',
    priced_model: 'before',
    variant: 'before',
    ...Object.fromEntries(COMPONENTS.map((name) => [`${name}_price_per_million`, 99])),
    ...{ input_cost_usd: 99, output_cost_usd: 99, total_cost_usd: 99, is_unpriced: true, is_adopted: true },
  }
  const stamps = `
    r.pricing_id is not null and r.pricing_id <> '${BEFORE.pricing_id}' as has_price, r.priced_model, r.variant,
    trim_scale(r.input_price_per_million) as input, trim_scale(r.output_price_per_million) as output,
    trim_scale(r.cached_input_price_per_million) as cached, trim_scale(r.cache_write_5m_price_per_million) as written,
    trim_scale(r.cache_write_1h_price_per_million) as kept, trim_scale(r.input_cost_usd) as input_cost,
    trim_scale(r.output_cost_usd) as output_cost, trim_scale(r.total_cost_usd) as cost, r.is_unpriced, r.is_adopted, r.is_estimated`
  const plain = {
    ...{
      has_price: true,
      priced_model: 'm',
      variant: 'standard',
      input: 3,
      output: 4,
      cached: null,
      written: null,
    },
    ...{ kept: null, input_cost: '0.000006', output_cost: '0.000004', cost: '0.00001' },
    ...{ is_unpriced: false, is_adopted: false, is_estimated: false },
  }
  const nothing = {
    ...{
      has_price: false,
      priced_model: null,
      variant: 'standard',
      input: null,
      output: null,
      cached: null,
      written: null,
    },
    ...{
      kept: null,
      input_cost: 0,
      output_cost: 0,
      cost: 0,
      is_unpriced: true,
      is_adopted: false,
      is_estimated: false,
    },
  }
  const special = { ...plain, cached: 1, written: 2, kept: 5 }

  test.for([
    ['plain usage', { input_tokens: 2 }, plain],
    ['usage of an alias', { model: 'alias', input_tokens: 2 }, plain],
    ['cached input', { input_tokens: 4, cached_input_tokens: 3 }, special],
    ['a model without a price', { model: 'nobody', input_tokens: 2 }, nothing],
  ] as const)('is written anew: %s', async ([, call, row], { as, session }) => {
    await session.run(`
      ${set('m', 3, `components => '{"cached_input": 1, "cache_write_5m": 2, "cache_write_1h": 5}'`).replace('3, 3', '3, 4')}
      insert into copilot_internal.model_aliases (provider, alias, model) values ('p', 'alias', 'm')`)
    const one = { ...BEFORE, model: 'm', output_tokens: 1, ...call }
    await as(service)(priced([one], stamps)).resultsEq([row])
    await as(service)(priced([one, one], stamps)).resultsEq([row, row])
  })
})

describe('calculate_llm_records: an estimated rate makes an estimate', () => {
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
