/**
 * inherit_components, read_components — whose components a version without its own has, at the edges.
 *
 * Method: models made for the purpose, whose versions end, begin and are changed at one moment.
 */
import { owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

const ahead = (time: string) => `now() + interval '${time}'`
const set = (price: number, more = '') =>
  `select copilot_internal.set_model_price('p', 'm', ${price}, ${price}${more && `, ${more}`}, allow_jump => true)`
const cached = (price: number) => `components => '{"cached_input": ${price}}'`
/** The components of the version that begins at a moment. */
const components = (from = 'now()') => `
  select c.variant, c.component, trim_scale(c.price_per_million) as price, c.is_derived as derived
  from copilot_internal.model_pricing_components as c
  join copilot_internal.model_pricing as p on p.id = c.pricing_id
  where p.provider = 'p' and p.effective_date = ${from} order by 1, 2`

test('inherit_components: a promotion that is just over hands nothing on', async ({ as, session }) => {
  await session.query(set(3, `${cached(1)}, effective_date => '2026-02-01'`))
  await session.query(
    set(3, `${cached(9)}, effective_date => ${ahead('1 day')}, expires_at => ${ahead('3 days')}`),
  )
  await as(service)(set(4, `effective_date => ${ahead('3 days')}`)).livesOk()
  await as(owner)(components(ahead('3 days'))).resultsEq([
    { variant: 'standard', component: 'cached_input', price: '1.333333333334', derived: true },
  ])
})

test('inherit_components: another model, or provider, hands nothing on', async ({ as, session }) => {
  await session.query(set(3, `${cached(1)}, effective_date => '2026-02-01'`).replace(`'m'`, `'n'`))
  await session.query(set(3, `${cached(1)}, effective_date => '2026-02-01'`).replace(`'p'`, `'q'`))
  await as(service)(set(4)).livesOk()
  await as(owner)(components()).isEmpty()
})

test('set_model_price: components are not given to what is inserted after', async ({ as, session }) => {
  await session.query(set(3, cached(1)).replace(`'p'`, `'q'`))
  await as(service)`
    insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million)
    values ('p', 'm', 1, 1)`.livesOk()
  await as(owner)(components()).isEmpty()
})

test('keep_former_model_price: versions changed at once inherit one by one', async ({ as, session }) => {
  await session.query(set(3, `${cached(1)}, effective_date => '2026-02-01'`))
  // The later one comes first: as it was written, by its id, and without an index.
  await session.run('set local enable_indexscan = off; set local enable_bitmapscan = off')
  for (const days of [2, 1])
    await session.query(`
      insert into copilot_internal.model_pricing
        (id, provider, model, input_price_per_million, output_price_per_million, effective_date)
      values ('00000000-0000-4000-8000-00000000000${3 - days}', 'p', 'm', 6, 6, ${ahead(`${days} days`)})`)
  await as(
    service,
  )`update copilot_internal.model_pricing set input_price_per_million = 9 where provider = 'p' and effective_date > now()`.livesOk()
  for (const days of [1, 2])
    await as(owner)(components(ahead(`${days} days`))).resultsEq([
      { variant: 'standard', component: 'cached_input', price: 3, derived: true },
    ])
})

describe('inherit_components: a version changed as it began', () => {
  const derived = `components => '{"derived": {"cached_input": 2}}'`
  const change = `update copilot_internal.model_pricing set input_price_per_million = 6 where provider = 'p' and effective_date = now()`

  test('keeps what it was given, if it is the first', async ({ as, session }) => {
    await session.query(set(3, derived))
    await as(service)(change).livesOk()
    await as(owner)(components()).resultsEq([
      { variant: 'standard', component: 'cached_input', price: 2, derived: true },
    ])
  })

  test('has what is derived from the version before anew, if there is one', async ({ as, session }) => {
    await session.query(set(3, `${cached(1)}, effective_date => '2026-02-01'`))
    await session.query(set(4, derived))
    await as(service)(change).livesOk()
    await as(owner)(components()).resultsEq([
      { variant: 'standard', component: 'cached_input', price: 2, derived: true },
    ])
    await as(service)(change.replace('6', '9')).livesOk()
    await as(owner)(components()).resultsEq([
      { variant: 'standard', component: 'cached_input', price: 3, derived: true },
    ])
  })
})

describe('calculate_dearest_price', () => {
  test.for([
    ['of no ratio is the price', '{}', 2],
    ['of ratios that make it cheaper is the price', '{1,2,3,4}', 2],
    ['is what the first makes of it', '{3,1,2,1}', 6],
    ['is what the last makes of it', '{2,1,1,1,3,1}', 6],
    ['counts no ratio with a null', '{null,1,9,null,3,2}', 3],
    ['counts no ratio to nothing', '{9,0,3,2}', 3],
    ['of a ratio of one is the price to its last digit', '{1,1}', '0.0000000000001'],
  ] as const)('%s', async ([, ratios, price], { as }) => {
    const of = price === '0.0000000000001' ? price : 2
    await as(owner)(
      `select trim_scale(copilot_internal.calculate_dearest_price(${of}, '${ratios}')) as price`,
    ).resultsEq([{ price }])
  })
})
