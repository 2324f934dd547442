/**
 * calculate_llm_cost, calculate_llm_records, model_price_at, get_current_model_pricing — one look-up of a price in four places: at each moment that of the version in force, by the model's name or by an alias of the same provider.
 *
 * Method: a model with three versions, a promotion that is over, and a version to come; another provider has an alias of the same name.
 */
import { owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

const version = (provider: string, model: string, price: number, from: string, until = 'null') => `
  insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million, effective_date, expires_at)
  values ('${provider}', '${model}', ${price}, ${price}, ${from}, ${until});`
const ALIASES = `
  insert into copilot_internal.model_aliases (provider, alias, model) values
    ('p', 'alias', 'm'), ('p', 'other', 'n'), ('q', 'alias', 'n'), ('q', 'foreign', 'm');`

/** What a million tokens of input cost at a moment; null where there is no price. */
const questions: Readonly<Record<string, (provider: string, model: string, at: string) => string>> = {
  calculate_llm_cost: (provider, model, at) => `
    select case when pricing_found then trim_scale(input_cost_usd) end as price
    from copilot_internal.calculate_llm_cost('${provider}', '${model}', 1000000, 0, ${at})`,
  'calculate_llm_records, of one': (provider, model, at) => `
    select price from (${records(provider, model, at)}) as r (price)`,
  'calculate_llm_records, of several': (provider, model, at) => `
    select distinct price from (${records(provider, model, at, 2)}) as r (price)`,
  model_price_at: (provider, model, at) => `
    select (
      select trim_scale(p.input_price_per_million) from copilot_internal.model_pricing as p
      where p.id = copilot_internal.model_price_at('${provider}', '${model}', ${at})
    ) as price`,
}

function records(provider: string, model: string, at: string, count = 1): string {
  return `
    select trim_scale(r.input_price_per_million)
    from unnest(copilot_internal.calculate_llm_records(array(
      select jsonb_populate_record(null::copilot_internal.llm_cost_records, jsonb_build_object(
        'provider', '${provider}', 'model', '${model}', 'recorded_at', ${at}, 'input_tokens', 1, 'output_tokens', 0,
        'cached_input_tokens', 0, 'cache_write_5m_tokens', 0, 'cache_write_1h_tokens', 0, 'is_batch', false, 'is_estimated', false))
      from generate_series(1, ${count})
    ))) as r`
}

describe.each(Object.entries(questions))('%s', (_name, question) => {
  test.beforeEach(({ session }) =>
    session.run(`
      ${ALIASES}${version('p', 'm', 3, `'2026-02-10'`)}${version('p', 'm', 1, `'2026-02-01'`)}
      ${version('p', 'm', 4, `'2026-02-15'`, `'2026-02-20'`)}${version('p', 'm', 2, `'2026-02-05'`)}
      ${version('p', 'm', 5, `now() + interval '1 day'`)}
      ${version('q', 'm', 8, `'2026-02-01'`)}${version('q', 'n', 9, `'2026-02-01'`)}${version('p', 'n', 7, `'2026-02-01'`)}`),
  )

  test('has the version that is in force at the moment', async ({ as }) => {
    for (const [at, price] of [
      [`'2026-01-31 23:59:59.999999'`, null],
      [`'2026-02-01'`, 1],
      [`'2026-02-04 23:59:59.999999'`, 1],
      [`'2026-02-05'`, 2],
      [`'2026-02-15'`, 4],
      [`'2026-02-19 23:59:59.999999'`, 4],
      [`'2026-02-20'`, 3],
      ['now()', 3],
      [`now() + interval '1 day'`, 5],
    ] as const) {
      const moment = `timestamptz ${at}`.replace('timestamptz now()', 'now()')
      for (const model of ['m', 'alias'])
        await as(service)(question('p', model, moment)).resultsEq([{ price }])
    }
  })

  test('knows aliases of the same provider, and no other', async ({ as }) => {
    for (const [provider, model, price] of [
      ['q', 'alias', 9],
      ['q', 'm', 8],
      ['q', 'foreign', 8],
      ['p', 'foreign', null],
      ['p', 'other', 7],
      ['q', 'other', null],
      ['r', 'alias', null],
      ['r', 'm', null],
    ] as const)
      await as(service)(question(provider, model, 'now()')).resultsEq([{ price }])
  })

  test('has a price of its own before that of an alias, while it lasts', async ({ as, session }) => {
    await session.run(
      version('p', 'alias', 6, `now() - interval '1 hour'`, `now() + interval '1 hour'`) +
        version('p', 'other', 1, `now() - interval '1 hour'`, `now()`),
    )
    for (const [model, at, price] of [
      ['alias', `now() - interval '61 minutes'`, 3],
      ['alias', 'now()', 6],
      ['alias', `now() + interval '1 hour'`, 3],
      ['other', `now() - interval '1 minute'`, 1],
      ['other', 'now()', 7],
    ] as const)
      await as(service)(question('p', model, at)).resultsEq([{ price }])
  })
})

describe('get_current_model_pricing', () => {
  const current = (provider: string, model: string) => `
    select trim_scale(input_price_per_million) as price from copilot_internal.get_current_model_pricing('${provider}', '${model}')`

  test('has the version in force, by the name or by an alias', async ({ as, session }) => {
    await session.run(`
      ${ALIASES}${version('p', 'm', 3, `now() - interval '1 hour'`)}${version('p', 'm', 1, `'2026-02-01'`)}
      ${version('p', 'm', 5, `now() + interval '1 day'`)}${version('p', 'm', 4, `now() - interval '1 minute'`, 'now()')}
      ${version('q', 'n', 9, `'2026-02-01'`)}${version('p', 'other', 6, `'2026-02-01'`)}${version('p', 'n', 7, `'2026-03-01'`)}`)
    for (const [provider, model, price] of [
      ['p', 'm', 3],
      ['p', 'alias', 3],
      ['p', 'other', 6],
      ['q', 'alias', 9],
    ] as const)
      await as(owner)(current(provider, model)).resultsEq([{ price }])
    for (const [provider, model] of [
      ['p', 'foreign'],
      ['q', 'other'],
      ['r', 'alias'],
    ] as const)
      await as(owner)(current(provider, model)).isEmpty()
  })
})
