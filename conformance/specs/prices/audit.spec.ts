/**
 * What an auditor asks of a price list: usage lies in the period of its price, nobody goes past the triggers, and a value
 * has the source it was read from.
 *
 * Method: within a test now() stands still, so usage "since the change began" is usage recorded now.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import { misdatedRecords, priceLists } from '../../../fixtures/price-lists.ts'
import { describe, test } from '../../harness/index.ts'

const recordCall = `select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1000000, 0)`
const recordRun = `select copilot_internal.record_e2b_usage('${acme.tenantId}', 'standard', 'us-east-1', 1)`

const changes = [
  {
    what: 'set_model_price',
    record: recordCall,
    change: `select copilot_internal.set_model_price('openai', 'gpt-4', 7, 7)`,
  },
  {
    what: 'the published LLM recipe',
    record: recordCall,
    change: `insert into copilot_internal.model_pricing
               (provider, model, input_price_per_million, output_price_per_million, effective_date)
             values ('openai', 'gpt-4', 7, 7, now())`,
  },
  {
    what: 'a change of a model in place',
    record: recordCall,
    change: `update copilot_internal.model_pricing set input_price_per_million = 7 where model = 'gpt-4'`,
  },
  {
    what: 'the end of a price',
    record: recordCall,
    change: `update copilot_internal.model_pricing set expires_at = now() where model = 'gpt-4'`,
  },
  {
    what: 'set_e2b_price',
    record: recordRun,
    change: `select copilot_internal.set_e2b_price('standard', 'us-east-1', 0.0002)`,
  },
  {
    what: 'the published E2B recipe',
    record: recordRun,
    change: `update copilot_internal.e2b_pricing set price_per_second = 0.0002 where tier = 'standard'`,
  },
] as const

describe('usage that was recorded since a change began', () => {
  test.for(changes)('stays in the period of its price: $what', async ({ record, change }, { as }) => {
    await as(service)(record).livesOk()
    await as(service)(change).livesOk()
    await as(owner)(misdatedRecords).isEmpty()
    await as(owner)`
      select (select count(*) from copilot_internal.model_price_periods where expires_at is not null)
             + (select count(*) from copilot_internal.e2b_price_periods where expires_at is not null) as ended,
             (select max(expires_at) - now() from copilot_internal.model_price_periods) as model,
             (select max(expires_at) - now() from copilot_internal.e2b_price_periods) as tier`.resultsEq([
      {
        ended: 1,
        model: record === recordCall ? '00:00:00.000001' : null,
        tier: record === recordRun ? '00:00:00.000001' : null,
      },
    ])
  })

  test('a change that was used at once leaves both prices a period', async ({ as }) => {
    for (const price of [0.0002, 0.0003]) {
      await as(service)(
        `update copilot_internal.e2b_pricing set price_per_second = ${price} where tier = 'standard' and expires_at is null`,
      ).livesOk()
      await as(service)(
        `select copilot_internal.record_e2b_usage('${acme.tenantId}', 'standard', 'us-east-1', 1, recorded_at => now())`,
      ).livesOk()
    }
    await as(owner)(misdatedRecords).isEmpty()
    await as(owner)`
      select trim_scale(r.total_cost_usd) as cost from copilot_internal.e2b_cost_records as r
      order by cost`.resultsEq([{ cost: '0.0002' }, { cost: '0.0002' }])
  })

  test('a change starts after usage that is reported for the next minute', async ({ as }) => {
    await as(service)(recordCall.replace('0)', `0, recorded_at => now() + interval '5 seconds')`)).livesOk()
    await as(service)`select copilot_internal.set_model_price('openai', 'gpt-4', 7, 7)`.livesOk()
    await as(owner)(misdatedRecords).isEmpty()
    await as(owner)`
      select effective_date - now() as starts from copilot_internal.model_price_periods
      where model = 'gpt-4' and expires_at is null`.resultsEq([{ starts: '00:00:05.000001' }])
  })

  test('a change before usage that is reported for later is refused', async ({ as }) => {
    await as(service)(recordCall.replace('0)', `0, recorded_at => now() + interval '1 hour')`)).livesOk()
    const change = (from: string) =>
      `select copilot_internal.set_model_price('openai', 'gpt-4', 7, 7, ${from})`
    await as(service)(change('now()')).throwsOk('QT001', { hint: /after/ })
    await as(service)(change(`now() + interval '1 hour'`)).throwsOk('QT001', { hint: /after/ })
    await as(service)(change(`now() + interval '1 hour 1 microsecond'`)).livesOk()
    await as(owner)(misdatedRecords).isEmpty()
  })
})

describe.each(priceLists)('several changes of $table in one transaction, with usage between', (list) => {
  const { table, columns, row, prices, where, cost, set, record } = list
  const change = {
    'set by function': (price: string) => set(price),
    'changed in place': (price: string) =>
      `update copilot_internal.${table} set ${prices.map((column) => `${column} = ${price}`).join(', ')} where ${where}`,
    inserted: (price: string) => `insert into copilot_internal.${table} (${columns}) values (${row(price)})`,
  }

  test.for([
    ['set by function', 'set by function', 'set by function'],
    ['changed in place', 'changed in place', 'changed in place'],
    ['inserted', 'inserted', 'inserted'],
    ['inserted', 'inserted', 'set by function'],
    ['inserted', 'inserted', 'changed in place'],
    ['set by function', 'changed in place', 'inserted'],
  ] as const)('the last price counts: %s, %s, %s', async (ways, { as, session }) => {
    for (const [i, way] of ways.entries()) {
      await session.query(change[way](['7', '8', '7'][i] ?? '7'))
      await session.query(record(acme.tenantId))
    }
    await as(owner)(cost(`now() + interval '1 millisecond'`)).resultsEq([{ cost: 7 }])
    await as(owner)(misdatedRecords).isEmpty()
  })
})

describe('the periods of a price', () => {
  const insert = (price: number, starts: string, ends = 'null') => `
    insert into copilot_internal.model_pricing
      (provider, model, input_price_per_million, output_price_per_million, effective_date, expires_at)
    values ('openai', 'gpt-4', ${price}, ${price}, ${starts}, ${ends})`
  const from = (moment: string) => `
    select trim_scale(input_price_per_million) as price, expires_at - now() as ends
    from copilot_internal.model_price_periods
    where model = 'gpt-4' and effective_date >= ${moment}
    order by effective_date`

  test('usage of another price delays no change', async ({ as }) => {
    await as(service)(recordCall.replace('gpt-4', 'gpt-4o')).livesOk()
    await as(service)`select copilot_internal.set_model_price('openai', 'gpt-4', 7, 7)`.livesOk()
    await as(owner)(from('now()')).resultsEq([{ price: 7, ends: null }])
    await as(owner)`
      select effective_date = now() as now from copilot_internal.model_price_periods
      where model = 'gpt-4' and expires_at is null`.resultsEq([{ now: true }])
  })

  test('after an end that is given, the price before is in force again', async ({ as }) => {
    await as(service)(insert(8, `now() + interval '9 hours'`)).livesOk()
    await as(service)(insert(7, 'now()', `now() + interval '3 hours'`)).livesOk()
    await as(owner)(from('now()')).resultsEq([
      { price: 7, ends: '03:00:00' },
      { price: 30, ends: '09:00:00' },
      { price: 8, ends: null },
    ])
  })

  test('a scheduled price that was withdrawn ends no other', async ({ as }) => {
    await as(service)(insert(8, `now() + interval '9 hours'`)).livesOk()
    await as(service)`
      update copilot_internal.model_pricing set expires_at = effective_date
      where model = 'gpt-4' and effective_date > now()`.livesOk()
    await as(service)(insert(7, 'now()')).livesOk()
    await as(owner)(from('now()')).resultsEq([{ price: 7, ends: null }])
  })

  test('a price that has started is not replaced from its own start', async ({ as }) => {
    await as(service)(insert(7, `'2023-03-14 00:00+00'`)).throwsOk('23505')
    await as(owner)(from('now()')).isEmpty()
  })

  test('a used price keeps its id', async ({ as }) => {
    await as(service)(recordCall).livesOk()
    await as(
      service,
    )`update copilot_internal.model_pricing set id = gen_random_uuid() where model = 'gpt-4'`.throwsOk(
      'QT001',
      { message: /keeps its name/ },
    )
  })

  test('a price that has just ended is not rewritten', async ({ as }) => {
    await as(service)`update copilot_internal.e2b_pricing set expires_at = now() where tier = 'gpu'`.livesOk()
    await as(
      service,
    )`update copilot_internal.e2b_pricing set price_per_second = 9 where tier = 'gpu'`.throwsOk('QT001')
    await as(owner)`
      select trim_scale(price_per_second) as price from copilot_internal.e2b_pricing where tier = 'gpu'`.resultsEq(
      [{ price: '0.0012' }],
    )
  })

  test('the same name at another provider or region is another price', async ({ as }) => {
    await as(service)`select copilot_internal.set_model_price('azure', 'gpt-4', 31, 61)`.livesOk()
    await as(service)`select copilot_internal.set_e2b_price('gpu', 'eu-west-1', 0.0013)`.livesOk()
    await as(owner)`
      select trim_scale(input_price_per_million) as price, expires_at from copilot_internal.model_price_periods
      where model = 'gpt-4'
      union all
      select trim_scale(price_per_second), expires_at from copilot_internal.e2b_price_periods where tier = 'gpu'`.bagEq(
      [30, 31, '0.0012', '0.0013'].map((price) => ({ price, expires_at: null })),
    )
  })

  test('a scheduled price at which usage is recorded already keeps its value', async ({ as }) => {
    await as(service)(insert(8, `now() + interval '1 hour'`)).livesOk()
    const change = `update copilot_internal.model_pricing set output_price_per_million = 9 where model = 'gpt-4' and effective_date > now()`
    await as(service)(change).livesOk()
    await as(service)(recordCall.replace('0)', `0, recorded_at => now() + interval '2 hours')`)).livesOk()
    await as(service)(change.replace('9', '10')).throwsOk('QT001', { message: /keeps its name/ })
  })
})

describe('the setting of the triggers', () => {
  test.beforeEach(({ session }) => session.run(recordCall))

  test.for([
    `update copilot_internal.model_pricing set effective_date = effective_date - interval '1 day' where model = 'gpt-4'`,
    `update copilot_internal.model_pricing set model = 'other' where model = 'gpt-4'`,
    `delete from copilot_internal.model_pricing where model = 'gpt-4'`,
  ])('opens nothing to a client who sets it: %s', async (statement, { as, session }) => {
    await session.run(`set local copilot_internal.price_change = 'on'`)
    await as(service)(statement).throwsOk('QT001')
  })

  test('keeps no price from leaving the old one behind', async ({ as, session }) => {
    await session.run(`set local copilot_internal.price_change = 'on'`)
    await as(
      service,
    )`update copilot_internal.model_pricing set input_price_per_million = 7 where model = 'gpt-4'`.livesOk()
    await as(owner)`
      select trim_scale(input_price_per_million) as price from copilot_internal.model_pricing
      where model = 'gpt-4' order by effective_date`.resultsEq([{ price: 30 }, { price: 7 }])
  })

  test('keeps no new price from ending the one before', async ({ as, session }) => {
    await session.run(`set local copilot_internal.price_change = 'on'`)
    await as(service)`
      insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million)
      values ('openai', 'gpt-4o', 7, 7)`.livesOk()
    await as(owner)`
      select trim_scale(input_price_per_million) as price, expires_at = now() as ended
      from copilot_internal.model_price_periods
      where model = 'gpt-4o' order by effective_date`.resultsEq([
      { price: '2.5', ended: true },
      { price: 7, ended: null },
    ])
  })

  test('lets nobody announce a successor, or rewrite what is over', async ({ as, session }) => {
    await session.run(`set local copilot_internal.price_change = 'on'`)
    await as(service)`
      update copilot_internal.model_pricing set input_price_per_million = 7, expires_at = now() where model = 'gpt-4o'`.livesOk()
    await as(owner)`
      select trim_scale(input_price_per_million) as price, expires_at from copilot_internal.model_pricing
      where model = 'gpt-4o'`.resultsEq([{ price: '2.5', expires_at: null }])
    await session.run(
      `update copilot_internal.model_pricing set expires_at = now() - interval '1 hour' where model = 'gpt-4o'`,
    )
    await as(service)`
      update copilot_internal.model_pricing set input_price_per_million = 7 where model = 'gpt-4o'`.throwsOk(
      'QT001',
    )
  })

  test('is off again when a change is over', async ({ as }) => {
    await as(
      service,
    )`update copilot_internal.model_pricing set input_price_per_million = 7 where model = 'gpt-4'`.livesOk()
    await as(service)`select copilot_internal.set_model_price('openai', 'gpt-4', 8, 8)`.livesOk()
    await as(owner)`
      select coalesce(current_setting('copilot_internal.price_change', true), '') as setting`.resultsEq([
      { setting: '' },
    ])
  })
})

describe('the source of a price that is changed in place', () => {
  const now = `
    select p.source, p.verified_on from copilot_internal.e2b_price_periods as t
    join copilot_internal.e2b_pricing as p on p.id = t.pricing_id
    where t.tier = 'gpu' and t.expires_at is null`

  test('is not that of the value before', async ({ as }) => {
    await as(
      service,
    )`update copilot_internal.e2b_pricing set price_per_second = 2 where tier = 'gpu'`.livesOk()
    await as(owner)(now).resultsEq([{ source: null, verified_on: null }])
    await as(owner)`
      select p.source is not null as kept, p.verified_on from copilot_internal.e2b_price_periods as t
      join copilot_internal.e2b_pricing as p on p.id = t.pricing_id
      where t.tier = 'gpu' and t.expires_at is not null`.resultsEq([
      { kept: true, verified_on: '2026-01-04' },
    ])
  })

  test('is what the change says', async ({ as }) => {
    await as(service)`
      update copilot_internal.e2b_pricing set price_per_second = 2, source = 'a contract', verified_on = '2026-05-01'
      where tier = 'gpu'`.livesOk()
    await as(owner)(now).resultsEq([{ source: 'a contract', verified_on: '2026-05-01' }])
  })

  test('its author is who changed it', async ({ as }) => {
    await as(
      service,
    )`update copilot_internal.e2b_pricing set price_per_second = 2 where tier = 'gpu'`.livesOk()
    await as(owner)`
      select created_by, created_at = now() as now from copilot_internal.e2b_pricing
      where tier = 'gpu' order by effective_date`.resultsEq([
      { created_by: 'postgres', now: false },
      { created_by: 'service_role', now: true },
    ])
  })
})

test('names with quotes, and prices of all precision, survive a change', async ({ as }) => {
  const name = `it's "a" \\ b; -- 漢`
  const insert = `select copilot_internal.set_model_price($1, $1, 12345678.123456789012, 0.000000000001, now() - interval '1 day', $1)`
  await as(service)(insert, name).livesOk()
  await as(service)(
    `update copilot_internal.model_pricing set input_price_per_million = 12345678.123456789011
     where model = $1`,
    name,
  ).livesOk()
  await as(service)(
    `select input_cost_usd, output_cost_usd from copilot_internal.calculate_llm_cost($1, $1, 1, 1)`,
    name,
  ).resultsEq([{ input_cost_usd: '12.345678123456789011', output_cost_usd: '0.000000000000000001' }])
  await as(service)(
    `select input_cost_usd from copilot_internal.calculate_llm_cost($1, $1, 1, 1, now() - interval '1 hour')`,
    name,
  ).resultsEq([{ input_cost_usd: '12.345678123456789012' }])
})
