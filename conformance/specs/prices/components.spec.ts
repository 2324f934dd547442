/**
 * copilot_internal.model_pricing_components — what was calculated with a component stays explained.
 *
 * Method: gpt-4o has components; its price has been in force, and one call is recorded at it, or none. The same change is free
 * where a price is scheduled.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

const of = (model: string) =>
  `pricing_id = (
     select pricing_id from copilot_internal.get_current_model_pricing('${model.startsWith('gemini') ? 'google' : 'openai'}', '${model}'))`
const rewrites = [
  'set price_per_million = 9',
  `set variant = 'long_context', threshold_input_tokens = 1`,
  `set component = 'cache_write_1h'`,
  `set pricing_id = (select id from copilot_internal.model_pricing where model = 'gpt-4')`,
]
const update = (set: string, model: string) =>
  `update copilot_internal.model_pricing_components ${set}
   where ${of(model)} and variant = 'standard' and component = 'cached_input'`
const remove = (model: string) => `delete from copilot_internal.model_pricing_components where ${of(model)}`

describe.each([
  { which: 'that usage refers to', used: true },
  { which: 'in force that nobody has used', used: false },
])('of a price $which', ({ used }) => {
  test.beforeEach(async ({ session }) => {
    if (used)
      await session.run(
        `select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4o', 1, 1),
                copilot_internal.record_llm_usage('${acme.tenantId}', 'google', 'gemini-2.5-pro', 1, 1)`,
      )
  })

  test.for(rewrites)('a component is not rewritten: %s', async (set, { as }) => {
    await as(service)(update(set, 'gpt-4o')).throwsOk('QT001', {
      detail: /standard cached_input/,
      hint: /set_model_price/,
    })
  })

  test('the threshold of a component is not moved', async ({ as }) => {
    await as(service)(
      `update copilot_internal.model_pricing_components set threshold_input_tokens = 1
       where ${of('gemini-2.5-pro')} and variant = 'long_context'`,
    ).throwsOk('QT001')
  })

  test('whether a component is derived stays: it says what is an estimate', async ({ as }) => {
    await as(service)(update('set is_derived = true', 'gpt-4o')).throwsOk('QT001')
  })

  test('a component is not deleted', async ({ as }) => {
    await as(service)(remove('gpt-4o')).throwsOk('QT001')
  })

  test('another component is not added', async ({ as }) => {
    await as(service)(`
      insert into copilot_internal.model_pricing_components (pricing_id, variant, component, price_per_million)
      select id, 'batch', 'cached_input', 0.5 from copilot_internal.model_pricing where model = 'gpt-4o'`).throwsOk(
      'QT001',
      { message: /cannot be given another component/, hint: /set_model_price/ },
    )
  })

  test('notes may be written', async ({ as }) => {
    await as(service)(update(`set notes = 'checked'`, 'gpt-4o')).livesOk()
  })
})

test('the components of a scheduled price are free until it starts', async ({ as, session }) => {
  await session.query(
    `select copilot_internal.set_model_price('openai', 'gpt-4o', 3, 9, now() + interval '1 day', components => '{"cached_input": 1}')`,
  )
  const scheduled = `pricing_id in (select id from copilot_internal.model_pricing where effective_date > now())`
  for (const change of [
    `update copilot_internal.model_pricing_components set price_per_million = 9 where ${scheduled}`,
    `insert into copilot_internal.model_pricing_components (pricing_id, variant, component, price_per_million)
     select id, 'batch', 'cached_input', 0.5 from copilot_internal.model_pricing where effective_date > now()`,
    `delete from copilot_internal.model_pricing_components where ${scheduled}`,
  ]) {
    await as(service)(change).livesOk()
  }
})

describe('of a version that begins now', () => {
  const now = `pricing_id in (select id from copilot_internal.model_pricing where effective_date = now())`
  const change = `update copilot_internal.model_pricing_components set price_per_million = 9 where ${now}`

  test('a component is free until it is charged', async ({ as, session }) => {
    await session.query(
      `select copilot_internal.set_model_price('openai', 'gpt-4o', 3, 9, components => '{"cached_input": 1}')`,
    )
    await as(service)(change).livesOk()
    await as(owner)(
      `select trim_scale(price_per_million) as price from copilot_internal.model_pricing_components where ${now}`,
    ).resultsEq([{ price: 9 }])
    await as(service)(
      `select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4o', 1, 1)`,
    ).livesOk()
    await as(service)(change.replace('9', '8')).throwsOk('QT001')
    await as(service)(`delete from copilot_internal.model_pricing_components where ${now}`).throwsOk('QT001')
  })
})

test('components of a version that begins now may be given one by one', async ({ as, session }) => {
  await session.query(
    `select copilot_internal.set_model_price('openai', 'gpt-4o', 3, 9, components => '{"cached_input": 1}')`,
  )
  for (const component of ['cache_write_5m', 'cache_write_1h'])
    await as(service)(`
      insert into copilot_internal.model_pricing_components (pricing_id, variant, component, price_per_million)
      select id, 'standard', '${component}', 1 from copilot_internal.model_pricing where effective_date = now()`).livesOk()
})

test('a scheduled version that is charged already is given no component', async ({ as, session }) => {
  await session.query(
    `select copilot_internal.set_model_price('p', 'm', 3, 9, now() + interval '1 day', components => '{"cached_input": 1}')`,
  )
  const give = (component: string) => `
    insert into copilot_internal.model_pricing_components (pricing_id, variant, component, price_per_million)
    select id, 'standard', '${component}', 1 from copilot_internal.model_pricing where provider = 'p'`
  await as(service)(give('cache_write_5m')).livesOk()
  await session.query(
    `select copilot_internal.record_llm_usage('${acme.tenantId}', 'p', 'm', 1, 1, recorded_at => now() + interval '2 days')`,
  )
  await as(service)(give('cache_write_1h')).throwsOk('QT001', { message: /another component/ })
})

describe('of a version in force that has none', () => {
  const give = (components: string, where = `provider = 'p'`) => `
    insert into copilot_internal.model_pricing_components (pricing_id, variant, component, price_per_million)
    select p.id, 'standard', c.component, 1 from copilot_internal.model_pricing as p, unnest(string_to_array('${components}', ' ')) as c (component)
    where ${where}`
  test.beforeEach(({ session }) =>
    session.run(
      `select copilot_internal.set_model_price('p', model, 3, 9, '2026-02-01') from unnest(array['m', 'n']) as model`,
    ),
  )

  test('components are given once, and all at once', async ({ as }) => {
    await as(service)(give('cached_input cache_write_5m')).livesOk()
    await as(service)(give('cache_write_1h')).throwsOk('QT001', { message: /another component/ })
    await as(owner)`
      select p.model, count(*) from copilot_internal.model_pricing_components as c
      join copilot_internal.model_pricing as p on p.id = c.pricing_id where p.provider = 'p' group by p.model`.bagEq(
      [
        { model: 'm', count: 2 },
        { model: 'n', count: 2 },
      ],
    )
  })

  test('none is given where it was charged, and that names it', async ({ as, session }) => {
    await session.query(`select copilot_internal.record_llm_usage('${acme.tenantId}', 'p', 'm', 1, 1)`)
    await as(service)(give('cached_input')).throwsOk('QT001', {
      detail: /standard cached_input would belong to/,
    })
    await as(service)(give('cached_input', `model = 'n'`)).livesOk()
  })
})

describe('of a price that is over', () => {
  test.beforeEach(({ session }) =>
    session.run(
      `update copilot_internal.model_pricing set expires_at = now() where model in ('gpt-4o', 'gpt-4.1')`,
    ),
  )
  const ended = (model: string) =>
    `pricing_id in (select id from copilot_internal.model_pricing where model = '${model}' and expires_at is not null)`

  test('a component is kept, used or not', async ({ as }) => {
    await as(service)(
      `update copilot_internal.model_pricing_components set price_per_million = 9 where ${ended('gpt-4o')}`,
    ).throwsOk('QT001')
    await as(service)(
      `delete from copilot_internal.model_pricing_components where ${ended('gpt-4o')}`,
    ).throwsOk('QT001')
  })

  test('components go with a price that nobody used', async ({ as }) => {
    await as(service)`delete from copilot_internal.model_pricing where model = 'gpt-4.1'`.livesOk()
    await as(owner)`
      select count(*) filter (where model = 'gpt-4o') > 0 as others, count(*) filter (where model = 'gpt-4.1') as gone
      from copilot_internal.model_pricing_components as c
      join copilot_internal.model_pricing as p on p.id = c.pricing_id`.resultsEq([{ others: true, gone: 0 }])
  })
})

test('a price that is changed keeps its components for its period', async ({ as }) => {
  await as(service)`
    select copilot_internal.set_model_price('openai', 'gpt-4o', 3, 9, components => '{"cached_input": 2}')`.livesOk()
  const cached = (at: string) => `
    select total_cost_usd, is_estimated from copilot_internal.calculate_llm_cost_detailed(
      'openai', 'gpt-4o', 1000000, 0, 1000000, pricing_date => ${at})`
  await as(acme)(cached(`now() - interval '1 microsecond'`)).resultsEq([
    { total_cost_usd: '1.250', is_estimated: false },
  ])
  await as(acme)(cached('now()')).resultsEq([{ total_cost_usd: '2.000', is_estimated: false }])
})

test('components of twelve decimals are priced to the last of eighteen', async ({ as, session }) => {
  await session.run(`
    insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million)
    values ('p', 'm', 0.000000000001, 0.000000000002);
    insert into copilot_internal.model_pricing_components (pricing_id, variant, component, price_per_million)
    select id, 'standard', c.name, c.price from copilot_internal.model_pricing,
      (values ('cached_input', 0.000000000003), ('cache_write_5m', 0.000000000004), ('cache_write_1h', 0.000000000005)) as c (name, price)
    where provider = 'p'`)
  await as(acme)`
    select input_cost_usd, cached_input_cost_usd, cache_write_cost_usd, output_cost_usd, total_cost_usd
    from copilot_internal.calculate_llm_cost_detailed('p', 'm', 4, 1, 1, 1, 1)`.resultsEq([
    {
      input_cost_usd: '0.000000000000000001',
      cached_input_cost_usd: '0.000000000000000003',
      cache_write_cost_usd: '0.000000000000000009',
      output_cost_usd: '0.000000000000000002',
      total_cost_usd: '0.000000000000000015',
    },
  ])
})
