/**
 * Records that are written past the functions: each carries the price that was applied, or says that it has none.
 *
 * Method: INSERT, MERGE and rows copied from others, as service_role; a record of a million tokens of gpt-4 in every way that
 * would make it free, or of another price.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import { describe, expect, test } from '../../harness/index.ts'

const CALLS = 'copilot_internal.llm_cost_records'
const RUNS = 'copilot_internal.e2b_cost_records'

/** A call of gpt-4, a million tokens, as SQL; what differs from a consistent record is given. */
function call(cells: Readonly<Record<string, string>> = {}): string {
  const row: Record<string, string> = {
    tenant_id: `'${acme.tenantId}'`,
    provider: `'openai'`,
    model: `'gpt-4'`,
    recorded_at: `'2026-02-01'`,
    input_tokens: '1000000',
    output_tokens: '1000000',
    pricing_id: 'p.id',
    priced_model: 'p.model',
    input_price_per_million: 'p.input_price_per_million',
    output_price_per_million: 'p.output_price_per_million',
    input_cost_usd: '30',
    output_cost_usd: '60',
    total_cost_usd: '90',
    ...cells,
  }
  return `insert into ${CALLS} (${Object.keys(row).join(', ')}) select ${Object.values(row).join(', ')}
          from copilot_internal.model_pricing as p where p.provider = 'openai' and p.model = 'gpt-4'`
}

/** A run on a GPU of 100 seconds, likewise. */
function run(cells: Readonly<Record<string, string>> = {}): string {
  const row: Record<string, string> = {
    tenant_id: `'${acme.tenantId}'`,
    tier: `'gpu'`,
    region: `'us-east-1'`,
    recorded_at: `'2026-02-01'`,
    execution_time_seconds: '100',
    cpu_core_seconds: '1000000',
    pricing_id: 'p.id',
    price_per_second: 'p.price_per_second',
    price_per_cpu_core_second: 'p.price_per_cpu_core_second',
    price_per_gb_memory_second: 'p.price_per_gb_memory_second',
    price_per_gb_disk_io: 'p.price_per_gb_disk_io',
    execution_cost_usd: '0.12',
    resource_cost_usd: '14',
    total_cost_usd: '14.12',
    ...cells,
  }
  return `insert into ${RUNS} (${Object.keys(row).join(', ')}) select ${Object.values(row).join(', ')}
          from copilot_internal.e2b_pricing as p where p.tier = 'gpu' and p.region = 'us-east-1'`
}

const FREE_CALL = { input_cost_usd: '0', output_cost_usd: '0', total_cost_usd: '0' }
const UNSTAMPED_CALL = {
  pricing_id: 'null',
  priced_model: 'null',
  input_price_per_million: 'null',
  output_price_per_million: 'null',
}
const FREE_RUN = { execution_cost_usd: '0', resource_cost_usd: '0', total_cost_usd: '0' }
const UNSTAMPED_RUN = {
  pricing_id: 'null',
  price_per_second: 'null',
  price_per_cpu_core_second: 'null',
  price_per_gb_memory_second: 'null',
  price_per_gb_disk_io: 'null',
}

test.for([
  ['a call', 'that is consistent', call()],
  ['a run', 'that is consistent', run()],
  ['a call', 'that is marked unpriced', call({ ...FREE_CALL, ...UNSTAMPED_CALL, is_unpriced: 'true' })],
  ['a run', 'that is marked unpriced', run({ ...FREE_RUN, ...UNSTAMPED_RUN, is_unpriced: 'true' })],
  ['a call', 'that was adopted, at its costs', call({ ...UNSTAMPED_CALL, is_adopted: 'true' })],
  ['a run', 'that was adopted, at its costs', run({ ...UNSTAMPED_RUN, is_adopted: 'true' })],
] as const)('%s %s is accepted', async ([, , insert], { as }) => {
  await as(service)(insert).livesOk()
})

describe('a call is refused', () => {
  test.for([
    [
      'with nothing but its tokens',
      `insert into ${CALLS} (tenant_id, provider, model, input_tokens, output_tokens)
       values ('${acme.tenantId}', 'openai', 'gpt-4', 1000000, 0)`,
      '23514',
    ],
    ['without a price', call(UNSTAMPED_CALL), '23514'],
    ['with a price and no unit prices', call({ input_price_per_million: 'null' }), '23514'],
    ['with unit prices and no price', call({ pricing_id: 'null' }), '23514'],
    ['with a price and no model of it', call({ priced_model: 'null' }), '23514'],
    ['at no cost', call(FREE_CALL), '23514'],
    ['at another cost', call({ input_cost_usd: '29', total_cost_usd: '89' }), '23514'],
    ['unpriced with a price', call({ ...FREE_CALL, is_unpriced: 'true' }), '23514'],
    [
      'unpriced and adopted',
      call({ ...FREE_CALL, ...UNSTAMPED_CALL, is_unpriced: 'true', is_adopted: 'true' }),
      '23514',
    ],
    ['adopted with a price', call({ is_adopted: 'true' }), '23514'],
    ['with cached tokens and no price of those', call({ cached_input_tokens: '1' }), '23514'],
    [
      'with more cached tokens than tokens',
      call({ cached_input_tokens: '1000001', cached_input_price_per_million: '30' }),
      '23514',
    ],
    ['before its price began', call({ recorded_at: `'2000-01-01'` }), 'QT001'],
    ['with the price of another model', call({ model: `'gpt-4o'`, priced_model: `'gpt-4o'` }), 'QT001'],
  ] as const)('%s', async ([, insert, code], { as }) => {
    await as(service)(insert).throwsOk(code)
  })

  test('priced as a model that its name is no alias of', async ({ as }) => {
    await as(service)(call({ model: `'claude-opus'` })).throwsOk('QT001')
  })

  test('with unit prices that its price never asked for', async ({ as }) => {
    await as(service)(
      call({ ...FREE_CALL, input_price_per_million: '0', output_price_per_million: '0' }),
    ).throwsOk('QT001')
  })
})

describe('a run is refused', () => {
  test.for([
    [
      'with nothing but its seconds',
      `insert into ${RUNS} (tenant_id, tier, region, execution_time_seconds)
       values ('${acme.tenantId}', 'gpu', 'us-east-1', 100)`,
      '23514',
    ],
    ['without a price', run(UNSTAMPED_RUN), '23514'],
    ['with a price and one unit price missing', run({ price_per_gb_disk_io: 'null' }), '23514'],
    ['with unit prices and no price', run({ pricing_id: 'null' }), '23514'],
    ['at no cost', run(FREE_RUN), '23514'],
    ['at another cost', run({ resource_cost_usd: '13', total_cost_usd: '13.12' }), '23514'],
    ['unpriced with a price', run({ ...FREE_RUN, is_unpriced: 'true' }), '23514'],
    ['adopted with a price', run({ is_adopted: 'true' }), '23514'],
    ['before its price began', run({ recorded_at: `'2000-01-01'` }), 'QT001'],
    ['with the price of another tier', run({ tier: `'standard'` }), 'QT001'],
    ['with the price of another region, unless it is an estimate', run({ region: `'eu-west-1'` }), 'QT001'],
  ] as const)('%s', async ([, insert, code], { as }) => {
    await as(service)(insert).throwsOk(code)
  })

  test('with unit prices that its price never asked for', async ({ as }) => {
    await as(service)(run({ ...FREE_RUN, price_per_second: '0', price_per_cpu_core_second: '0' })).throwsOk(
      'QT001',
    )
  })
})

test('a merge that inserts is held to the same', async ({ as }) => {
  const merge = (columns: string, values: string) => `
    merge into ${CALLS} as r using (select 1) as one on false
    when not matched then insert (tenant_id, provider, model, input_tokens, output_tokens${columns})
      values ('${acme.tenantId}', 'openai', 'gpt-4', 1000000, 0${values})`
  await as(service)(merge('', '')).throwsOk('23514')
  await as(service)(merge(', is_unpriced', ', true')).livesOk()
})

test('rows that are copied keep their cost, while their price is in force', async ({ as, session }) => {
  const copy = (time: string) => `
    insert into ${CALLS}
    select (jsonb_populate_record(r, jsonb_build_object(
      'tenant_id', '${birch.tenantId}', 'id', gen_random_uuid(), 'recorded_at', ${time}))).*
    from ${CALLS} as r`
  await session.run(call())
  await as(service)(copy('recorded_at')).livesOk()
  await as(service)(copy(`'2000-01-01'`)).throwsOk('QT001')
  await as(owner)(`select distinct trim_scale(total_cost_usd) as cost from ${CALLS}`).resultsEq([
    { cost: 90 },
  ])
})

test('no row of a statement is written when one of them is refused', async ({ as, session }) => {
  const two = call({ recorded_at: 'd.moment' }).replace(
    / where /,
    ` cross join unnest('{2026-02-01,2000-01-01}'::timestamptz[]) as d (moment) where `,
  )
  await as(service)(two).throwsOk('QT001')
  expect(await session.query(`select id from ${CALLS}`)).toEqual([])
})
