/**
 * copilot_internal.model_aliases — usage under the names that providers answer with is priced as their models.
 *
 * Method: eleven ordinary spellings, mapped by hand as a platform would; recorded under the name given.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import { describe, fixture, test } from '../../harness/index.ts'

/** Provider, name as it is met, model as it is priced. */
const SPELLINGS = [
  ['openai', 'gpt-4o-2024-08-06', 'gpt-4o'],
  ['openai', 'openai/gpt-4o', 'gpt-4o'],
  ['openai', 'gpt-4o-latest', 'gpt-4o'],
  ['openai', 'GPT-4o', 'gpt-4o'],
  ['openai', 'gpt-4-0613', 'gpt-4'],
  ['openai', 'gpt-4.1-2025-04-14', 'gpt-4.1'],
  ['anthropic', 'claude-sonnet-4-5', 'claude-sonnet-4-5-20250929'],
  ['anthropic', 'anthropic/claude-sonnet-4-5-20250929', 'claude-sonnet-4-5-20250929'],
  ['anthropic', 'claude-opus-4-5', 'claude-opus-4-5-20251101'],
  ['google', 'models/gemini-2.5-pro', 'gemini-2.5-pro'],
  ['groq', 'groq/llama-3.1-8b-instant', 'llama-3.1-8b-instant'],
] as const

const alias = (provider: string, name: string, model: string) =>
  `insert into copilot_internal.model_aliases (provider, alias, model) values ('${provider}', '${name}', '${model}')`

// What the migrations have seeded is put aside: here it is mapped by hand.
test.beforeEach(({ session }) =>
  session.run(`delete from copilot_internal.model_aliases;${fixture('quotas')}`),
)

test.for(SPELLINGS)('%s %s is priced as %s once it is mapped', async ([provider, name, model], { as }) => {
  const compared = `
    select r.model, r.priced_model, r.is_unpriced, r.total_cost_usd = c.total_cost_usd as as_model, c.total_cost_usd > 0 as paid
    from copilot_internal.record_llm_usage('${acme.tenantId}', '${provider}', '${name}', 250000, 1000, cached_input_tokens => 5) as r
    cross join copilot_internal.calculate_llm_cost_detailed('${provider}', '${model}', 250000, 1000, 5) as c`
  await as(service)(compared).resultsEq([
    { model: name, priced_model: null, is_unpriced: true, as_model: false, paid: true },
  ])
  await as(service)(alias(provider, name, model)).livesOk()
  await as(service)(compared).resultsEq([
    { model: name, priced_model: model, is_unpriced: false, as_model: true, paid: true },
  ])
})

describe('a name is matched exactly', () => {
  test.for(['gpt-4o-2024', 'GPT-4O-2024-08-06', 'gpt-4o-2024-08-06 ', 'x-gpt-4o-2024-08-06', 'gpt-4o%'])(
    '%j is no alias, and not guessed',
    async (name, { as, session }) => {
      await session.run(alias('openai', 'gpt-4o-2024-08-06', 'gpt-4o'))
      await as(service)`
        select is_unpriced, priced_model from copilot_internal.record_llm_usage(${acme.tenantId}, 'openai', ${name}, 1, 1)`.resultsEq(
        [{ is_unpriced: true, priced_model: null }],
      )
    },
  )

  test('of another provider it is no alias', async ({ as, session }) => {
    await session.run(alias('openai', 'gpt-4o-2024-08-06', 'gpt-4o'))
    await as(service)`
      select is_unpriced from copilot_internal.record_llm_usage(${acme.tenantId}, 'azure', 'gpt-4o-2024-08-06', 1, 1)`.resultsEq(
      [{ is_unpriced: true }],
    )
  })

  test('an alias of an alias is none', async ({ as, session }) => {
    await session.run(alias('openai', 'one', 'two'))
    await session.run(alias('openai', 'two', 'gpt-4o'))
    await as(service)`
      select is_unpriced from copilot_internal.record_llm_usage(${acme.tenantId}, 'openai', 'one', 1, 1)`.resultsEq(
      [{ is_unpriced: true }],
    )
  })
})

test('a price of its own wins over an alias', async ({ as, session }) => {
  await session.run(alias('openai', 'gpt-4o-mini', 'gpt-4'))
  await as(service)`
    select priced_model, trim_scale(total_cost_usd) as cost
    from copilot_internal.record_llm_usage(${acme.tenantId}, 'openai', 'gpt-4o-mini', 1000000, 0)`.resultsEq([
    { priced_model: 'gpt-4o-mini', cost: '0.15' },
  ])
})

test('a record written by hand is priced by no alias of another provider', async ({ as, session }) => {
  await session.run(alias('google', 'one', 'gpt-4'))
  const written = (provider: string) => `
    insert into copilot_internal.llm_cost_records
      (tenant_id, provider, model, priced_model, recorded_at, input_tokens, pricing_id, input_price_per_million,
       output_price_per_million, input_cost_usd, total_cost_usd)
    select '${acme.tenantId}', '${provider}', 'one', model, '2026-02-01', 1000, id, input_price_per_million,
           output_price_per_million, input_price_per_million * 0.001, input_price_per_million * 0.001
    from copilot_internal.model_pricing where model = 'gpt-4'`
  await as(service)(written('openai')).throwsOk('QT001')
  await session.run(alias('openai', 'one', 'gpt-4'))
  await as(service)(written('openai')).livesOk()
})

test('the calculations follow aliases', async ({ as, session }) => {
  await session.run(alias('openai', 'gpt-4-0613', 'gpt-4'))
  await as(birch)`
    select (select total_cost_usd from copilot_internal.calculate_llm_cost('openai', 'gpt-4-0613', 1000, 500)) as plain,
           (select total_cost_usd from copilot_internal.calculate_llm_cost_detailed('openai', 'gpt-4-0613', 1000, 500)) as detailed,
           (select input_price_per_million
            from copilot_internal.get_current_model_pricing('openai', 'gpt-4-0613')) as current`.resultsEq([
    { plain: '0.060', detailed: '0.060', current: '30.000' },
  ])
})

test('an alias that is removed leaves what was recorded', async ({ as, session }) => {
  await session.run(alias('openai', 'gpt-4-0613', 'gpt-4'))
  await session.query(
    `select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4-0613', 1000, 0, 'req-1')`,
  )
  await as(service)`delete from copilot_internal.model_aliases`.livesOk()
  await as(owner)`
    select model, priced_model, trim_scale(total_cost_usd) as cost from copilot_internal.llm_cost_records`.resultsEq(
    [{ model: 'gpt-4-0613', priced_model: 'gpt-4', cost: '0.03' }],
  )
})

describe('a call that is revised stays the model that it was priced as', () => {
  const BEST = `select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'best', 100000, 0, 's1')`
  const MOVED = `update copilot_internal.model_aliases set model = 'gpt-5-nano' where alias = 'best'`
  const revised = (change: string) => `
    select model, priced_model, is_estimated, trim_scale(total_cost_usd) as cost
    from copilot_internal.revise_llm_usage('${acme.tenantId}', 's1', ${change})`
  const asGpt4 = { model: 'best', priced_model: 'gpt-4', is_estimated: false }

  test.beforeEach(async ({ session }) => {
    await session.run(alias('openai', 'best', 'gpt-4'))
    await session.query(BEST)
  })

  test('whatever its alias means by now, and when it is gone', async ({ as, session }) => {
    await session.run(MOVED)
    await as(service)(revised('100001')).resultsEq([{ ...asGpt4, cost: '3.00003' }])
    await session.run('delete from copilot_internal.model_aliases')
    await as(service)(revised('100002')).resultsEq([{ ...asGpt4, cost: '3.00006' }])
    await as(owner)`
      select distinct trim_scale(spent_usd) as spent from copilot_internal.cost_quotas where spent_usd <> 0`.resultsEq(
      [{ spent: '3.00006' }],
    )
  })

  test('also when the name has a price of its own by now', async ({ as, session }) => {
    await session.run(`
      insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million, effective_date)
      values ('openai', 'best', 1, 1, '2026-01-01')`)
    await as(service)(revised('100001')).resultsEq([{ ...asGpt4, cost: '3.00003' }])
  })

  test('at the price of its own time, in another variant too', async ({ as, session }) => {
    await session.run(`
      insert into copilot_internal.model_aliases (provider, alias, model) values ('google', 'long', 'gemini-2.5-pro');
      select copilot_internal.record_llm_usage('${acme.tenantId}', 'google', 'long', 200000, 10000, 's2', recorded_at => now() - interval '1 day');
      select copilot_internal.set_model_price('google', 'gemini-2.5-pro', 9, 90);
      delete from copilot_internal.model_aliases`)
    await as(service)`
      select priced_model, variant, trim_scale(total_cost_usd) as cost
      from copilot_internal.revise_llm_usage(${acme.tenantId}, 's2', 300000)`.resultsEq([
      { priced_model: 'gemini-2.5-pro', variant: 'long_context', cost: '0.9' },
    ])
  })

  test('and what the price list made an estimate is judged as that model', async ({ as, session }) => {
    await session.run(`
      insert into copilot_internal.model_aliases (provider, alias, model) values ('google', 'long', 'gemini-2.5-pro');
      select copilot_internal.record_llm_usage('${acme.tenantId}', 'google', 'long', 300000, 0, 's2', is_batch => true);
      delete from copilot_internal.model_aliases`)
    await as(service)`
      select r.is_estimated as before, n.is_estimated as after
      from copilot_internal.llm_cost_records as r
      cross join copilot_internal.revise_llm_usage(${acme.tenantId}, 's2', is_batch => false) as n
      where r.request_id = 's2'`.resultsEq([{ before: true, after: false }])
  })

  test('one that was unpriced is priced by the aliases of now', async ({ as, session }) => {
    await session.run('delete from copilot_internal.model_aliases')
    await session.query(BEST.replace('s1', 's2'))
    await session.run(alias('openai', 'best', 'gpt-5-nano'))
    await as(service)(revised('100001').replace('s1', 's2')).resultsEq([
      { model: 'best', priced_model: 'gpt-5-nano', is_estimated: false, cost: '0.00500005' },
    ])
  })

  test('but nothing else goes past the aliases under its id', async ({ as, session }) => {
    await session.run(MOVED)
    // A revision of another transaction: what is done in a savepoint of this one has an id of its own as well.
    await session.query('savepoint one')
    await session.query(`select copilot_internal.revise_llm_usage('${acme.tenantId}', 's1', 100001)`)
    await session.query('release savepoint one')
    const again = (tenant: string, change: string) => `
      with gone as (delete from copilot_internal.llm_cost_records returning *)
      insert into copilot_internal.llm_cost_records
      select r.* from gone as g
      cross join jsonb_populate_record(null::copilot_internal.llm_cost_records, to_jsonb(g) || '{"tenant_id": "${tenant}"${change}}') as r`
    for (const [tenant, change] of [
      [acme.tenantId, ''],
      [acme.tenantId, ', "id": "00000000-0000-4000-8000-000000000001"'],
      [birch.tenantId, ''],
    ] as const)
      await as(service)(again(tenant, change)).throwsOk('QT001')
  })

  test('nor by a change that was none of that name', async ({ as, session }) => {
    await session.run(MOVED)
    // Each is written in the transaction of the record, as a revision is.
    const forged = (former: string, more: Readonly<Record<string, string>> = {}) => `
      with gone as (delete from copilot_internal.llm_cost_records returning *),
      change as (
        insert into copilot_internal.usage_changes (tenant_id, resource_type, record_id, change, former)
        select '${more['tenant'] ?? acme.tenantId}', '${more['kind'] ?? 'llm'}', ${more['id'] ?? 'id'}, '${more['change'] ?? 'revised'}', to_jsonb(g) || '${former}' from gone as g
      )
      insert into copilot_internal.llm_cost_records select * from gone`
    for (const statement of [
      forged('{"model": "worst"}'),
      forged('{"priced_model": "gpt-5-nano"}'),
      forged('{"priced_model": null}'),
      forged('{"provider": "azure"}'),
      forged('{}', { change: 'voided' }),
      forged('{}', { change: 'repriced' }),
      forged('{}', { kind: 'e2b' }),
      forged('{}', { id: 'gen_random_uuid()' }),
      forged('{}', { tenant: birch.tenantId }),
    ])
      await as(service)(statement).throwsOk('QT001')
    await as(service)(forged('{}')).livesOk()
  })
})

test.for([
  [`'openai', ' ', 'gpt-4'`, '23514'],
  [`'openai', 'gpt-4', 'gpt-4'`, '23514'],
  [`'openai', 'name', ''`, '23514'],
  [`'openai', 'name', null`, '23502'],
] as const)('an alias of (%s) is refused with %s', async ([values, code], { as }) => {
  await as(service)(
    `insert into copilot_internal.model_aliases (provider, alias, model) values (${values})`,
  ).throwsOk(code)
})
