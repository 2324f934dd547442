/**
 * A price that has been in force is history: usage that refers to it keeps it as it was.
 *
 * Method: one call is recorded at the price of gpt-4, one run at the price of a standard sandbox. Each attempt to change
 * the past is refused with QT001 and a hint; the same attempt at a price that nobody has used shows what is free.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

test.beforeEach(({ session }) =>
  session.run(`
    select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1, 1, recorded_at => '2026-02-01 00:00+00'),
           copilot_internal.record_e2b_usage('${acme.tenantId}', 'standard', 'us-east-1', 1, recorded_at => '2026-02-01 00:00+00');`),
)

const lists = [
  {
    table: 'model_pricing',
    periods: 'model_price_periods',
    used: `model = 'gpt-4'`,
    unused: `model = 'gpt-4o'`,
    name: 'model',
  },
  {
    table: 'e2b_pricing',
    periods: 'e2b_price_periods',
    used: `tier = 'standard'`,
    unused: `tier = 'gpu'`,
    name: 'tier',
  },
] as const

describe.each(lists)('$table', ({ table, periods, used, unused, name }) => {
  const price = table === 'model_pricing' ? 'output_price_per_million' : 'price_per_second'

  test('a used price is not deleted, an unused one is', async ({ as }) => {
    await as(service)(`delete from copilot_internal.${table} where ${used}`).throwsOk('QT001', {
      message: /cannot be deleted/,
      hint: /expires_at/,
    })
    await as(service)(`delete from copilot_internal.${table} where ${unused}`).livesOk()
  })

  test.for(['other', 'later'])(
    'a price in force keeps its name and start, used or not: %s',
    async (to, { as }) => {
      const change =
        to === 'other' ? `${name} = 'other'` : `effective_date = effective_date + interval '1 hour'`
      for (const where of [used, unused]) {
        await as(service)(`update copilot_internal.${table} set ${change} where ${where}`).throwsOk('QT001', {
          message: /keeps its name and its start/,
          hint: /set_model_price/,
        })
      }
    },
  )

  test('a used price does not end before its usage', async ({ as }) => {
    const end = (at: string) => `update copilot_internal.${table} set expires_at = ${at} where ${used}`
    await as(service)(end(`'2026-02-01 00:00+00'`)).throwsOk('QT001', {
      message: /cannot end at/,
      hint: /Let it end after 2026-02-01 00:00:00/,
    })
    await as(service)(end(`'2026-02-01 00:00:00.000001+00'`)).livesOk()
  })

  test('a used price may end after its usage, and its value then stays', async ({ as }) => {
    await as(service)(
      `update copilot_internal.${table} set expires_at = now() - interval '1 hour' where ${used}`,
    ).livesOk()
    await as(service)(`update copilot_internal.${table} set ${price} = 9 where ${used}`).throwsOk('QT001', {
      message: /is over cannot be rewritten/,
    })
  })

  test('a price that is over is not rewritten, used or not', async ({ as }) => {
    await as(service)(
      `update copilot_internal.${table} set expires_at = now() - interval '1 hour' where ${unused}`,
    ).livesOk()
    await as(service)(`update copilot_internal.${table} set ${price} = 9 where ${unused}`).throwsOk('QT001')
    await as(service)(`update copilot_internal.${table} set notes = 'withdrawn' where ${unused}`).livesOk()
  })

  test('a price in force that is changed in place leaves the old one behind', async ({ as, session }) => {
    await as(service)(`update copilot_internal.${table} set ${price} = 9 where ${used}`).livesOk()
    await as(owner)(
      `select trim_scale(${price}) = 9 as changed, expires_at = now() as ended, effective_date = now() as started
       from copilot_internal.${periods} where ${used} order by effective_date`,
    ).resultsEq([
      { changed: false, ended: true, started: false },
      { changed: true, ended: null, started: true },
    ])
    // What was recorded still refers to the old one.
    const records = table === 'model_pricing' ? 'llm_cost_records' : 'e2b_cost_records'
    await session.query('savepoint look')
    await as(owner)(
      `select trim_scale(p.${price}) = 9 as changed from copilot_internal.${records} as r
       join copilot_internal.${table} as p on p.id = r.pricing_id`,
    ).resultsEq([{ changed: false }])
  })

  test('periods of one price never overlap: what began last is in force', async ({ as }) => {
    const columns =
      table === 'model_pricing'
        ? 'provider, model, input_price_per_million, output_price_per_million'
        : 'tier, region, price_per_second'
    await as(service)(
      `insert into copilot_internal.${table} (${columns}, effective_date, expires_at)
       select ${columns}, now() + interval '1 day', now() + interval '3 days' from copilot_internal.${table} where ${unused}`,
    ).livesOk()
    await as(service)(
      `update copilot_internal.${table} set expires_at = now() + interval '2 days' where ${unused} and effective_date < now()`,
    ).livesOk()
    await as(owner)(
      `select effective_date - now() as starts, expires_at - now() as ends from copilot_internal.${periods}
       where ${unused} and expires_at > now() order by effective_date offset 1`,
    ).resultsEq([{ starts: '1 day', ends: '3 days' }])
    await as(owner)(
      `select expires_at - now() as ends from copilot_internal.${periods} where ${unused} and effective_date < now()`,
    ).resultsEq([{ ends: '1 day' }])
  })

  test('a price has one version from any moment', async ({ as }) => {
    const columns =
      table === 'model_pricing'
        ? 'provider, model, input_price_per_million, output_price_per_million'
        : 'tier, region, price_per_second'
    await as(service)(
      `insert into copilot_internal.${table} (${columns}, effective_date)
       select ${columns}, effective_date from copilot_internal.${table} where ${unused}`,
    ).throwsOk('23505')
  })

  test('a new price does not start before usage that is recorded', async ({ as }) => {
    const columns =
      table === 'model_pricing'
        ? 'provider, model, input_price_per_million, output_price_per_million'
        : 'tier, region, price_per_second'
    const insert = (at: string) =>
      `insert into copilot_internal.${table} (${columns}, effective_date)
       select ${columns}, '${at}' from copilot_internal.${table} where ${used}`
    await as(service)(insert('2026-02-01 00:00+00')).throwsOk('QT001', { hint: /after 2026-02-01 00:00:00/ })
    await as(service)(insert('2026-02-01 00:00:00.000001+00')).livesOk()
  })
})

test('a scheduled price is free to change until it starts', async ({ as, session }) => {
  await session.query(
    `insert into copilot_internal.e2b_pricing (tier, region, price_per_second, effective_date)
     values ('gpu', 'us-east-1', 5, now() + interval '1 day')`,
  )
  await as(
    service,
  )`update copilot_internal.e2b_pricing set price_per_second = 6 where effective_date > now()`.livesOk()
  await as(owner)`
    select trim_scale(price_per_second) as price, expires_at - now() as ends
    from copilot_internal.e2b_price_periods where tier = 'gpu' order by effective_date`.resultsEq([
    { price: '0.0012', ends: '1 day' },
    { price: 6, ends: null },
  ])
})
