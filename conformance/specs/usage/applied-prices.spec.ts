/**
 * check_llm_record_prices, check_e2b_record_prices — a record that is written past the functions carries each price that the list has for its usage, variant and time.
 *
 * Method: a record as the functions make it is taken out again, and inserted bare with one thing changed. A million tokens of each
 * kind cost a dollar more where a price is a dollar higher, so that the record is consistent with itself.
 */
import { acme, service } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { describe, test } from '../../harness/index.ts'

const CALLS = 'copilot_internal.llm_cost_records'
const RUNS = 'copilot_internal.e2b_cost_records'

type Cells = Readonly<Record<string, unknown>>

/** The record that a statement makes, with its costs and prices as text; it is not there any more. */
async function recorded(session: Session, statement: string): Promise<Cells> {
  const table = statement.includes('e2b') ? RUNS : CALLS
  await session.query('savepoint before_it')
  await session.query(statement)
  const [row] = await session.query(
    `select jsonb_object_agg(key, value #>> '{}')::text as record from ${table} as r cross join jsonb_each(to_jsonb(r))`,
  )
  await session.query('rollback to savepoint before_it')
  return { ...JSON.parse(row?.['record'] ?? '{}'), metadata: {} }
}

/** Inserts a record; some of its columns are given in SQL. */
const insert = (table: string, record: Cells, columns = `'{}'`) => `
  insert into ${table}
  select * from jsonb_populate_record(null::${table}, $record$${JSON.stringify(record)}$record$::jsonb || ${columns})`
const dearer = (record: Cells, price: string, cost: string) => ({
  ...record,
  [price]: plusOne(record[price]),
  [cost]: plusOne(record[cost]),
  total_cost_usd: plusOne(record['total_cost_usd']),
})

/** A decimal string that is larger by one. */
function plusOne(decimal: unknown): string {
  const [whole = '0', part] = String(decimal).split('.')
  return `${BigInt(whole) + 1n}${part === undefined ? '' : `.${part}`}`
}

const call = (model: string, more: string, [input, output] = ['4000000', '1000000']) =>
  `select copilot_internal.record_llm_usage('${acme.tenantId}', 'anthropic', '${model}', ${input}, ${output}${more})`
const EACH =
  ', cached_input_tokens => 1000000, cache_write_5m_tokens => 1000000, cache_write_1h_tokens => 1000000'
const [HAIKU, SONNET] = ['claude-haiku-4-5-20251001', 'claude-sonnet-4-5-20250929']

describe.each([
  { which: 'of plain tokens', statement: call(HAIKU, '', ['1000000', '1000000']) },
  { which: 'with cached input', statement: call(HAIKU, EACH) },
  { which: 'in a batch', statement: call(HAIKU, `${EACH}, is_batch => true`) },
  {
    which: 'in a batch of plain tokens',
    statement: call(HAIKU, ', is_batch => true', ['1000000', '1000000']),
  },
  { which: 'in a long context', statement: call(SONNET, EACH) },
  { which: 'in a long context and a batch', statement: call(SONNET, `${EACH}, is_batch => true`) },
])('check_llm_record_prices, a call $which', ({ which, statement }) => {
  test('as it was recorded is accepted', async ({ as, session }) => {
    await as(service)(insert(CALLS, await recorded(session, statement))).livesOk()
  })

  test.for(
    ['input', 'output', 'cached_input', 'cache_write_5m', 'cache_write_1h'].filter(
      (name) => !which.includes('plain') || !name.includes('cache'),
    ),
  )('at another price is refused: %s', async (name, { as, session }) => {
    const record = await recorded(session, statement)
    const cost = name === 'output' ? 'output_cost_usd' : 'input_cost_usd'
    await as(service)(insert(CALLS, dearer(record, `${name}_price_per_million`, cost))).throwsOk('QT001', {
      message: /not what the price list says/,
    })
  })

  test('as another variant is refused', async ({ as, session }) => {
    const record = await recorded(session, statement)
    for (const variant of ['standard', 'batch', 'long_context'].filter((one) => one !== record['variant']))
      await as(service)(insert(CALLS, { ...record, variant })).throwsOk('QT001')
  })
})

test.for(['cached_input', 'cache_write_5m', 'cache_write_1h'])(
  'check_llm_record_prices: a call of %s alone is held to its price',
  async (name, { as, session }) => {
    const record = await recorded(session, call(HAIKU, `, ${name}_tokens => 1000000`))
    await as(service)(insert(CALLS, dearer(record, `${name}_price_per_million`, 'input_cost_usd'))).throwsOk(
      'QT001',
    )
    await as(service)(insert(CALLS, record)).livesOk()
  },
)

test.for(['cached_input', 'cache_write_5m', 'cache_write_1h'])(
  'check_llm_record_prices: one token is held to its price, none is not: %s',
  async (name, { as, session }) => {
    for (const tokens of [0, 1]) {
      // Beside much of the others, or alone.
      const others =
        tokens === 0
          ? EACH.replace(`${name}_tokens => 1000000`, `${name}_tokens => 0`)
          : `, ${name}_tokens => 1`
      const record = await recorded(session, call(HAIKU, others))
      const price = `${name}_price_per_million`
      const costs = ['input_cost_usd', 'total_cost_usd'].map(
        (cost) => `'${cost}', ${record[cost]} + ${tokens} * 0.000001`,
      )
      const columns = `jsonb_build_object('${price}', ${record[price]} + 1, ${costs})`
      const claim = as(service)(insert(CALLS, record, columns))
      await (tokens === 0 ? claim.livesOk() : claim.throwsOk('QT001'))
    }
  },
)

describe('check_llm_record_prices, the model that a call is priced as', () => {
  const alias = (provider: string) =>
    `select copilot_internal.record_llm_usage('${acme.tenantId}', '${provider}', 'gpt-4o', 1, 1)`
  test.beforeEach(({ session }) =>
    session.run(`
      select copilot_internal.set_model_price('azure', 'gpt-4o', 2.5, 10, '2026-02-01');
      select copilot_internal.set_model_price('openai', 'gpt-4x', 2.5, 10, '2026-02-01')`),
  )

  test('may be what its name is an alias of', async ({ as, session }) => {
    const record = await recorded(session, alias('openai'))
    await as(service)(insert(CALLS, { ...record, model: 'gpt-4o-2024-08-06' })).livesOk()
  })

  test('is none by an alias of another provider, or of another model', async ({ as, session }) => {
    const record = await recorded(session, alias('azure'))
    await as(service)(insert(CALLS, { ...record, model: 'gpt-4o-2024-08-06' })).throwsOk('QT001')
    const other = await recorded(session, alias('openai').replace('gpt-4o', 'gpt-4x'))
    await as(service)(insert(CALLS, { ...other, model: 'gpt-4o-2024-08-06' })).throwsOk('QT001')
  })
})

const run = (region: string) =>
  `select copilot_internal.record_e2b_usage('${acme.tenantId}', 'gpu', '${region}', 1, 1, 1, 1)`

describe.each(['us-east-1', 'nowhere'])('check_e2b_record_prices, a run in %s', (region) => {
  test('as it was recorded is accepted', async ({ as, session }) => {
    await as(service)(insert(RUNS, await recorded(session, run(region)))).livesOk()
  })

  test.for([
    'price_per_second',
    'price_per_cpu_core_second',
    'price_per_gb_memory_second',
    'price_per_gb_disk_io',
  ])('at another price is refused: %s', async (price, { as, session }) => {
    const record = await recorded(session, run(region))
    const cost = price === 'price_per_second' ? 'execution_cost_usd' : 'resource_cost_usd'
    await as(service)(insert(RUNS, dearer(record, price, cost))).throwsOk('QT001', {
      message: /not what the price list says/,
    })
  })

  test('as an estimate where it is none, or the other way, is refused', async ({ as, session }) => {
    const record = await recorded(session, run(region))
    const is_estimated = record['is_estimated'] === 'false'
    await as(service)(insert(RUNS, { ...record, is_estimated })).throwsOk('QT001')
  })
})

describe.each([
  {
    list: 'model_pricing',
    table: CALLS,
    statement: call(HAIKU, ''),
    set: `set_model_price('anthropic', '${HAIKU}', 2, 5`,
  },
  {
    list: 'e2b_pricing',
    table: RUNS,
    statement: run('us-east-1'),
    set: `set_e2b_price('gpu', 'us-east-1', 0.002`,
  },
])('a record at a price of $list', ({ table, statement, set }) => {
  test('lies in the time in which that is in force', async ({ as, session }) => {
    await session.query(
      `select copilot_internal.${set}, effective_date => now() + interval '1 day', expires_at => now() + interval '2 days')`,
    )
    // And a third, that neither of them reaches to.
    await session.query(`select copilot_internal.${set}, effective_date => now() + interval '9 days')`)
    const record = await recorded(session, statement)
    const at = (time: string) =>
      insert(
        table,
        record,
        `jsonb_build_object('id', gen_random_uuid(), 'recorded_at', now() + interval '${time}')`,
      )
    for (const time of ['1 day', '1 day 23:59:59.999999']) await as(service)(at(time)).throwsOk('QT001')
    for (const time of ['23:59:59.999999', '2 days']) await as(service)(at(time)).livesOk()
  })
})

test('a record in the gap between two prices is at neither', async ({ as, session }) => {
  await session.run(`
    insert into copilot_internal.model_pricing
      (provider, model, input_price_per_million, output_price_per_million, effective_date, expires_at)
    values ('ours', 'm', 1, 1, now() - interval '9 days', now() - interval '5 days'), ('ours', 'm', 2, 2, now() - interval '2 days', null)`)
  const record = await recorded(
    session,
    `select copilot_internal.record_llm_usage('${acme.tenantId}', 'ours', 'm', 1, 1, recorded_at => now() - interval '6 days')`,
  )
  const at = (days: number) =>
    insert(CALLS, record, `jsonb_build_object('recorded_at', now() - interval '${days} days')`)
  for (const days of [4, 2, 1]) await as(service)(at(days)).throwsOk('QT001')
  await as(service)(at(7)).livesOk()
})
