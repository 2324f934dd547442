/**
 * Components belong to their version: a new one has those that it is given, else its predecessor's, never cheaper.
 *
 * Method: Claude Sonnet 4.5 at 3 and 15, with cached input, cache writes, batch and long-context prices. Its plain price
 * changes, by function and by both recipes.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import { letTimePass } from '../../../fixtures/price-lists.ts'
import { describe, test } from '../../harness/index.ts'

const MODEL = 'claude-sonnet-4-5-20250929'
const set = (input: number, output: number, more = '') =>
  `select copilot_internal.set_model_price('anthropic', '${MODEL}', ${input}, ${output}${more && `, ${more}`}) as id`
/** The components of the version that starts now, or else is in force. */
const components = `
  select c.variant, c.component, trim_scale(c.price_per_million) as price, c.is_derived as derived
  from copilot_internal.model_pricing_components as c
  where c.pricing_id = (select pricing_id from copilot_internal.get_current_model_pricing('anthropic', '${MODEL}'))
  order by c.variant, c.component`
const component = (variant: string, name: string) =>
  `select price, derived from (${components}) as c where variant = '${variant}' and component = '${name}'`
/** A standard component of the version that begins in some days. */
const later = (days: number, name = 'cached_input') => `
  select trim_scale(c.price_per_million) as price, c.is_derived as derived
  from copilot_internal.model_pricing_components as c
  join copilot_internal.model_pricing as p on p.id = c.pricing_id
  where p.model = '${MODEL}' and p.effective_date = now() + interval '${days} days' and c.variant = 'standard' and c.component = '${name}'`
const cost = (tokens: string) =>
  `select trim_scale(total_cost_usd) as cost, is_estimated as estimated
   from copilot_internal.calculate_llm_cost_detailed('anthropic', '${MODEL}', ${tokens})`

const cheaper = [
  { way: 'set_model_price', statements: [set(2.97, 15)] },
  {
    way: 'the published recipe',
    statements: [
      `update copilot_internal.model_pricing
       set input_price_per_million = 2.97, output_price_per_million = 15, expires_at = now() where model = '${MODEL}'`,
      `insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million, effective_date)
       values ('anthropic', '${MODEL}', 2.97, 15, now())`,
    ],
  },
  {
    way: 'a change in place',
    statements: [
      `update copilot_internal.model_pricing set input_price_per_million = 2.97 where model = '${MODEL}'`,
    ],
  },
  {
    way: 'merge',
    statements: [
      `merge into copilot_internal.model_pricing as p using (values (2.97)) as s (price) on p.model = '${MODEL}'
       when matched then update set input_price_per_million = s.price`,
    ],
  },
]

describe.each(cheaper)('by $way', ({ statements }) => {
  test.beforeEach(async ({ session }) => {
    for (const statement of statements) await session.query(statement)
  })

  test('a long request costs no less after a price cut, as an estimate', async ({ as }) => {
    await as(acme)(cost('500000, 10000')).resultsEq([{ cost: '3.225', estimated: true }])
  })

  test('plain usage is no estimate', async ({ as }) => {
    await as(acme)(cost('100000, 1000')).resultsEq([{ cost: '0.312', estimated: false }])
  })

  test('all components are there, unchanged and derived', async ({ as }) => {
    await as(owner)(
      `select variant, component, price, derived from (${components}) as c where component <> 'output'`,
    ).resultsEq([
      { variant: 'batch', component: 'input', price: '1.5', derived: true },
      { variant: 'long_context', component: 'cache_write_5m', price: '7.5', derived: true },
      { variant: 'long_context', component: 'cached_input', price: '0.6', derived: true },
      { variant: 'long_context', component: 'input', price: 6, derived: true },
      { variant: 'standard', component: 'cache_write_1h', price: 6, derived: true },
      { variant: 'standard', component: 'cache_write_5m', price: '3.75', derived: true },
      { variant: 'standard', component: 'cached_input', price: '0.3', derived: true },
    ])
  })

  test('what was calculated before stays exact', async ({ as }) => {
    await as(acme)(cost(`500000, 10000, pricing_date => now() - interval '1 microsecond'`)).resultsEq([
      { cost: '3.225', estimated: false },
    ])
  })
})

describe('inherited components', () => {
  test('are scaled with a plain price that rises', async ({ as, session }) => {
    await session.query(set(6, 45))
    for (const [variant, name, price] of [
      ['standard', 'cached_input', '0.6'],
      ['standard', 'cache_write_1h', 12],
      ['batch', 'input', 3],
      ['batch', 'output', '22.5'],
      ['long_context', 'input', 12],
      ['long_context', 'output', '67.5'],
    ] as const) {
      await as(owner)(component(variant, name)).resultsEq([{ price, derived: true }])
    }
  })

  test('are scaled with the price of their own side', async ({ as, session }) => {
    await session.query(set(3, 30))
    await as(owner)(component('batch', 'input')).resultsEq([{ price: '1.5', derived: true }])
    await as(owner)(component('batch', 'output')).resultsEq([{ price: 15, derived: true }])
  })

  test('are rounded up where a ratio does not end', async ({ as, session }) => {
    await session.query(set(3, 15, `components => '{"cached_input": 0.1}'`))
    await session.run(letTimePass({ table: 'model_pricing' }, '1 hour'))
    // 0.1 × 10 ÷ 3 = 0.333…: twelve decimals, the last one up.
    await session.query(set(10, 15))
    await as(owner)(component('standard', 'cached_input')).resultsEq([
      { price: '0.333333333334', derived: true },
    ])
  })

  test('of a model that was free are unchanged', async ({ as, session }) => {
    await session.query(set(0, 0, `components => '{"cached_input": 0.1}'`))
    await session.run(letTimePass({ table: 'model_pricing' }, '1 hour'))
    await session.query(set(10, 15))
    await as(owner)(component('standard', 'cached_input')).resultsEq([{ price: '0.1', derived: true }])
  })

  test('keep their threshold', async ({ as, session }) => {
    await session.query(set(4, 15))
    await as(owner)`
      select distinct c.threshold_input_tokens as threshold from copilot_internal.model_pricing_components as c
      join copilot_internal.model_price_periods as p on p.pricing_id = c.pricing_id
      where p.model = ${MODEL} and p.effective_date = now() and c.variant = 'long_context'`.resultsEq([
      { threshold: 200000 },
    ])
  })

  test('come from the price before in time, not the last one that was written', async ({ as, session }) => {
    await session.query(set(3, 15, `now() + interval '9 days', components => '{"cached_input": 2}'`))
    await session.query(set(3, 16, `now() + interval '1 day'`))
    await as(owner)`
      select trim_scale(c.price_per_million) as price from copilot_internal.model_pricing_components as c
      join copilot_internal.model_price_periods as p on p.pricing_id = c.pricing_id
      where p.model = ${MODEL} and p.effective_date > now() and c.variant = 'standard' and c.component = 'cached_input'
      order by p.effective_date`.resultsEq([{ price: '0.3' }, { price: 2 }])
  })

  test('of a scheduled price follow it when it is corrected', async ({ as, session }) => {
    const at = `now() + interval '1 day'`
    await session.query(set(6, 15, at))
    await session.query(
      `update copilot_internal.model_pricing set input_price_per_million = 9 where model = '${MODEL}' and effective_date > now()`,
    )
    await as(acme)(cost(`1000000, 0, 1000000, is_batch => false, pricing_date => ${at}`)).resultsEq([
      { cost: '1.8', estimated: true },
    ])
  })

  test('come from what is in force then, not from a promotion that is over', async ({ as, session }) => {
    await session.query(
      set(
        3,
        15,
        `now() + interval '1 day', expires_at => now() + interval '2 days', components => '{"cached_input": 9}'`,
      ),
    )
    await session.query(set(3, 16, `now() + interval '3 days'`))
    await as(owner)(later(3)).resultsEq([{ price: '0.3', derived: true }])
  })

  test('come from the last of several versions', async ({ as, session }) => {
    await session.query(set(3, 15, `now() + interval '1 day', components => '{"cached_input": 9}'`))
    await session.query(set(3, 16, `now() + interval '3 days'`))
    await as(owner)(later(3)).resultsEq([{ price: 9, derived: true }])
  })

  test('come from a promotion while it lasts', async ({ as, session }) => {
    await session.query(
      set(
        3,
        15,
        `now() + interval '1 day', expires_at => now() + interval '9 days', components => '{"cached_input": 9}'`,
      ),
    )
    await session.query(set(3, 16, `now() + interval '3 days'`))
    await as(owner)(later(3)).resultsEq([{ price: 9, derived: true }])
  })

  test('come from the last version, where that ends as it begins', async ({ as, session }) => {
    await session.query(set(3, 15, `now() + interval '1 day', components => '{"cached_input": 9}'`))
    await session.query(
      `update copilot_internal.model_pricing set expires_at = now() + interval '3 days' where model = '${MODEL}'`,
    )
    await session.query(set(3, 16, `now() + interval '3 days'`))
    await as(owner)(later(3)).resultsEq([{ price: 9, derived: true }])
  })

  test('leave alone what a scheduled price was given, when it is corrected', async ({ as, session }) => {
    await session.query(set(3, 15, `now() + interval '3 days', components => '{"cached_input": 9}'`))
    await session.query(
      `update copilot_internal.model_pricing set input_price_per_million = 6 where model = '${MODEL}' and effective_date > now()`,
    )
    await as(owner)(later(3)).resultsEq([{ price: 9, derived: false }])
    await as(owner)(later(3, 'cache_write_5m')).resultsEq([{ price: '7.5', derived: true }])
  })

  test('of a promotion end with it', async ({ as, session }) => {
    await session.query(set(6, 15, `expires_at => now() + interval '1 day'`))
    await as(acme)(cost(`100000, 0, 100000`)).resultsEq([{ cost: '0.06', estimated: true }])
    await as(acme)(cost(`100000, 0, 100000, pricing_date => now() + interval '1 day'`)).resultsEq([
      { cost: '0.03', estimated: false },
    ])
  })
})

describe('given components', () => {
  test('are what the version has, and nothing else', async ({ as, session }) => {
    await session.query(
      set(
        3,
        15,
        `components => '{"cached_input": 0.25, "batch": {"input": 1, "output": 5},
        "long_context": {"threshold_input_tokens": 1000, "input": 9}}'`,
      ),
    )
    await as(owner)(components).resultsEq([
      { variant: 'batch', component: 'input', price: 1, derived: false },
      { variant: 'batch', component: 'output', price: 5, derived: false },
      { variant: 'long_context', component: 'input', price: 9, derived: false },
      { variant: 'standard', component: 'cached_input', price: '0.25', derived: false },
    ])
    await as(acme)(cost('1000, 0, 1000')).resultsEq([{ cost: '0.00025', estimated: false }])
    await as(acme)(cost('1001, 0')).resultsEq([{ cost: '0.009009', estimated: false }])
  })

  test('with the same plain prices are a new version', async ({ as }) => {
    await as(service)(
      `with former as (select pricing_id from copilot_internal.get_current_model_pricing('anthropic', '${MODEL}'))
       select s.id <> former.pricing_id as changed from former, (${set(3, 15, `components => '{"cached_input": 0.25}'`)}) as s`,
    ).resultsEq([{ changed: true }])
    await as(acme)(cost('100000, 0, 100000')).resultsEq([{ cost: '0.025', estimated: false }])
    await as(acme)(cost(`100000, 0, 100000, pricing_date => now() - interval '1 microsecond'`)).resultsEq([
      { cost: '0.03', estimated: false },
    ])
  })

  test('after usage at the same moment are a new version, and the id its', async ({ as, session }) => {
    await session.query(set(4, 15))
    await session.query(
      `select copilot_internal.record_llm_usage('${acme.tenantId}', 'anthropic', '${MODEL}', 100, 0, cached_input_tokens => 50)`,
    )
    const [version] = await session.query(set(4, 15, `components => '{"cached_input": 0.25}'`))
    await session.run('set constraints all immediate')
    await as(owner)`
      select pricing_id as id, effective_date - now() as starts from copilot_internal.model_price_periods
      where model = ${MODEL} and expires_at is null`.resultsEq([
      { id: version?.['id'] ?? '', starts: '00:00:00.000001' },
    ])
    const at = `pricing_date => now() + interval '1 second'`
    await as(acme)(cost(`100000, 0, 100000, ${at}`)).resultsEq([{ cost: '0.025', estimated: false }])
  })

  test('none at all, by an empty object, are a new version after usage, too', async ({ as, session }) => {
    await session.query(set(4, 15))
    await session.query(
      `select copilot_internal.record_llm_usage('${acme.tenantId}', 'anthropic', '${MODEL}', 1, 1)`,
    )
    await as(service)(set(4, 15, `components => '{}'`)).livesOk()
    await as(owner)`
      select count(c.component) as components from copilot_internal.model_pricing as p
      left join copilot_internal.model_pricing_components as c on c.pricing_id = p.id
      where p.model = ${MODEL} and p.effective_date = now() + interval '1 microsecond' group by p.id`.resultsEq(
      [{ components: 0 }],
    )
  })

  test('as they are change nothing', async ({ as, session }) => {
    const change = set(3, 15, `components => '{"cached_input": 0.25, "batch": {"input": 1}}'`)
    await session.query(change)
    await session.run(letTimePass({ table: 'model_pricing' }, '1 hour'))
    await as(service)(change.replace('0.25', '"0.250"')).livesOk()
    await as(owner)`
      select count(*) from copilot_internal.model_price_periods where model = ${MODEL}`.resultsEq([
      { count: 2 },
    ])
  })

  test('equal to inherited ones make them exact: a new version', async ({ as, session }) => {
    await session.query(set(3, 16))
    await session.run(letTimePass({ table: 'model_pricing' }, '1 hour'))
    await session.query(
      set(3, 16, `components => '{"cached_input": 0.3, "cache_write_5m": 3.75, "cache_write_1h": 6}'`),
    )
    await as(acme)(cost('1000, 0, 1000')).resultsEq([{ cost: '0.0003', estimated: false }])
    await as(acme)(cost(`1000, 0, 1000, pricing_date => now() - interval '1 minute'`)).resultsEq([
      { cost: '0.0003', estimated: true },
    ])
  })

  test('none at all are given by an empty object', async ({ as, session }) => {
    await session.query(set(3, 15, `components => '{}'`))
    await as(owner)(components).isEmpty()
  })

  test('are not those of the next version', async ({ as, session }) => {
    await session.query(set(3, 15, `components => '{"cached_input": 0.25}'`))
    await session.query(`select copilot_internal.set_model_price('nobody', 'knows', 1, 1)`)
    await as(owner)`
      select count(*) from copilot_internal.model_pricing_components as c
      join copilot_internal.model_pricing as p on p.id = c.pricing_id where p.provider = 'nobody'`.resultsEq([
      { count: 0 },
    ])
  })

  test.for([
    [`'[]'`, /must be a JSON object/],
    [`'null'`, /must be a JSON object/],
    [`'{"input": 1}'`, /Unknown component/],
    [`'{"cached": 1}'`, /Unknown component/],
    [`'{"batch": {"cached": 1}}'`, /Unknown component/],
    [`'{"batch": 1}'`, /not understood/],
    [`'{"long_context": {"input": 1}}'`, /not understood/],
    [`'{"batch": {"input": 1, "threshold_input_tokens": 5}}'`, /not understood/],
    [`'{"cached_input": -1}'`, /no number/],
    [`'{"cached_input": null}'`, /no number/],
    [`'{"cached_input": "NaN"}'`, /no number/],
    [`'{"cached_input": 0.0000000000001}'`, /12 decimals/],
    [`'{"long_context": {"threshold_input_tokens": "abc", "input": 6}}'`, /whole number/],
    [`'{"long_context": {"threshold_input_tokens": 200000.5, "input": 6}}'`, /whole number/],
    [`'{"long_context": {"threshold_input_tokens": -1, "input": 6}}'`, /whole number/],
    [`'{"long_context": {"threshold_input_tokens": null, "input": 6}}'`, /whole number/],
    [`'{"long_context": {"threshold_input_tokens": 1e18, "input": 6}}'`, /18 digits/],
    [`'{"derived": {"long_context": {"threshold_input_tokens": true, "input": 6}}}'`, /whole number/],
    [`'{"long_context": {"threshold_input_tokens": 200000}}'`, /no price/],
    [`'{"derived": {"long_context": {"threshold_input_tokens": 200000}}}'`, /no price/],
    [`'{"cached_input": 1, "derived": {"cached_input": 1}}'`, /two prices/],
    [`'{"batch": {"input": 1}, "derived": {"batch": {"input": 2}}}'`, /two prices/],
  ] as const)('%s are refused', async ([given, message], { as }) => {
    await as(service)(set(3, 15, `components => ${given}`)).throwsOk('22023', {
      message,
      detail: /./,
      hint: /./,
    })
  })
})

test('a cached price is changed by the way that the error names', async ({ as }) => {
  await as(service)(`
    update copilot_internal.model_pricing_components set price_per_million = 0.2
    where component = 'cached_input' and pricing_id = (
      select pricing_id from copilot_internal.get_current_model_pricing('anthropic', '${MODEL}'))`).throwsOk(
    'QT001',
    {
      hint: /set_model_price, and give it its components/,
    },
  )
  await as(service)(set(3, 15, `components => '{"cached_input": 0.2}'`)).livesOk()
  await as(acme)(cost('1000, 0, 1000')).resultsEq([{ cost: '0.0002', estimated: false }])
})
