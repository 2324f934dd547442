/**
 * model_price_periods, e2b_price_periods — no statement makes a gap that nobody asked for.
 *
 * Method: promotions, and scheduled prices that are cancelled, deleted and moved, on both lists. Within a test now() stands
 * still; distances are measured from it.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import { letTimePass, periodsOf, priceLists } from '../../../fixtures/price-lists.ts'
import { describe, test } from '../../harness/index.ts'

const inDays = (days: number) => `now() + interval '${days} days'`

describe.each(priceLists)('$table', (list) => {
  const { table, columns, row, where, seeded, set, cancel, cost, record } = list
  const periods = periodsOf(list, 'now()')
  const schedule = (price: string, from: string) => set(price, `effective_date => ${from}`)
  const promote = (price: string, from: string, to: string) =>
    set(price, `effective_date => ${from}, expires_at => ${to}`)
  const remove = `delete from copilot_internal.${table} where ${where} and effective_date > now()`
  const move = (to: string) =>
    `update copilot_internal.${table} set effective_date = ${to} where ${where} and effective_date > now()`

  describe('a promotion', () => {
    test('is followed by the price before it', async ({ as }) => {
      await as(service)(promote('1', 'now()', inDays(3))).livesOk()
      await as(owner)(periods).resultsEq([
        { price: 1, starts: '00:00:00', ends: '3 days' },
        { price: seeded, starts: '3 days', ends: null },
      ])
      await as(service)(cost(inDays(2))).resultsEq([{ cost: 1 }])
      await as(service)(cost(inDays(3))).resultsEq([{ cost: seeded }])
    })

    test('that is inserted is followed by the price before it', async ({ as }) => {
      await as(service)(
        `insert into copilot_internal.${table} (${columns}, effective_date, expires_at)
         values (${row('1')}, ${inDays(1)}, ${inDays(3)})`,
      ).livesOk()
      await as(owner)(periods).resultsEq([
        { price: seeded, starts: null, ends: '1 day' },
        { price: 1, starts: '1 day', ends: '3 days' },
        { price: seeded, starts: '3 days', ends: null },
      ])
    })

    test('over which another price starts leaves it in force', async ({ as }) => {
      await as(service)(promote('1', inDays(1), inDays(3))).livesOk()
      await as(service)(schedule('5', inDays(2))).livesOk()
      await as(owner)(periods).resultsEq([
        { price: seeded, starts: null, ends: '1 day' },
        { price: 1, starts: '1 day', ends: '2 days' },
        { price: 5, starts: '2 days', ends: null },
      ])
    })

    test('within another is followed by that, and both by the price before', async ({ as }) => {
      await as(service)(promote('2', inDays(1), inDays(9))).livesOk()
      await as(service)(promote('1', inDays(3), inDays(5))).livesOk()
      await as(owner)(periods).resultsEq([
        { price: seeded, starts: null, ends: '1 day' },
        { price: 2, starts: '1 day', ends: '3 days' },
        { price: 1, starts: '3 days', ends: '5 days' },
        { price: 2, starts: '5 days', ends: '9 days' },
        { price: seeded, starts: '9 days', ends: null },
      ])
    })

    test('is prolonged, and ended early', async ({ as }) => {
      await as(service)(promote('1', 'now()', inDays(3))).livesOk()
      for (const [end, ends] of [
        [inDays(6), '6 days'],
        [inDays(1), '1 day'],
      ] as const) {
        await as(service)(
          `update copilot_internal.${table} set expires_at = ${end} where ${where} and effective_date = now()`,
        ).livesOk()
        await as(owner)(periods).resultsEq([
          { price: 1, starts: '00:00:00', ends },
          { price: seeded, starts: ends, ends: null },
        ])
      }
    })

    test('is not ended before the usage that was charged at it', async ({ as }) => {
      await as(service)(promote('1', 'now()', inDays(9))).livesOk()
      await as(service)(record(acme.tenantId, inDays(5))).livesOk()
      const end = (at: string) =>
        `update copilot_internal.${table} set expires_at = ${at} where ${where} and effective_date = now()`
      await as(service)(end(inDays(5))).throwsOk('QT001', { hint: /after/ })
      await as(service)(end(`${inDays(5)} + interval '1 microsecond'`)).livesOk()
    })

    test('does not return to where usage was charged at the price before', async ({ as }) => {
      await as(service)(promote('1', 'now()', inDays(3))).livesOk()
      await as(service)(record(acme.tenantId, inDays(5))).livesOk()
      await as(service)(
        `update copilot_internal.${table} set expires_at = ${inDays(6)} where ${where} and effective_date = now()`,
      ).throwsOk('QT001')
    })

    test.for([`now()`, `now() - interval '1 day'`])('does not end at %s', async (end, { as }) => {
      await as(service)(promote('1', 'now()', end)).throwsOk('22023', { message: /expires_at/ })
    })

    test('set again as it is changes nothing', async ({ as }) => {
      await as(service)(promote('1', 'now()', inDays(3))).livesOk()
      await as(service)(promote('1', 'now()', inDays(3))).livesOk()
      await as(owner)(
        `select count(*) from copilot_internal.${table} where ${where} and expires_at is not null`,
      ).resultsEq([{ count: 1 }])
    })
  })

  describe('an end of the price in force', () => {
    test('ends the model, where it is asked for and no price was before', async ({ as }) => {
      await as(service)(
        `update copilot_internal.${table} set expires_at = ${inDays(1)} where ${where}`,
      ).livesOk()
      await as(service)(cost(`${inDays(1)} - interval '1 microsecond'`)).resultsEq([{ cost: seeded }])
      await as(service)(cost(inDays(1))).resultsEq([{ cost: null }])
    })

    test('ends the model, where it is set for all versions', async ({ as }) => {
      await as(service)(set('5')).livesOk()
      await as(service)(
        `update copilot_internal.${table} set expires_at = ${inDays(1)} where ${where}`,
      ).livesOk()
      await as(service)(cost(inDays(1))).resultsEq([{ cost: null }])
    })
  })

  describe('a scheduled price', () => {
    test.for([
      ['that is cancelled', cancel()],
      ['that is cancelled by its date', cancel(inDays(1))],
      ['that is deleted', remove],
    ] as const)('%s hands its time back', async ([, statement], { as }) => {
      await as(service)(schedule('5', inDays(1))).livesOk()
      await as(service)(statement).livesOk()
      await as(owner)(periods).resultsEq([{ price: seeded, starts: null, ends: null }])
    })

    test.for([
      ['later', 5, '5 days'],
      ['earlier', 0.5, '12:00:00'],
    ] as const)('that is moved to %s leaves no gap', async ([, to, starts], { as }) => {
      await as(service)(schedule('5', inDays(1))).livesOk()
      await as(service)(move(inDays(to))).livesOk()
      await as(owner)(periods).resultsEq([
        { price: seeded, starts: null, ends: starts },
        { price: 5, starts, ends: null },
      ])
    })

    test('that is moved past another follows it', async ({ as }) => {
      await as(service)(schedule('5', inDays(1))).livesOk()
      await as(service)(schedule('6', inDays(2))).livesOk()
      await as(service)(`${move(inDays(3))} and effective_date < ${inDays(2)}`).livesOk()
      await as(owner)(periods).resultsEq([
        { price: seeded, starts: null, ends: '2 days' },
        { price: 6, starts: '2 days', ends: '3 days' },
        { price: 5, starts: '3 days', ends: null },
      ])
    })

    test('of several, one is cancelled by its date, or all are', async ({ as }) => {
      for (const days of [1, 2, 3]) await as(service)(schedule(`${days}`, inDays(days))).livesOk()
      await as(service)(cancel(inDays(2))).resultsEq([{ cancelled: 1 }])
      await as(service)(cost(inDays(2))).resultsEq([{ cost: 1 }])
      await as(service)(cancel(inDays(2))).resultsEq([{ cancelled: 0 }])
      await as(service)(cancel()).resultsEq([{ cancelled: 2 }])
      await as(service)(cancel()).resultsEq([{ cancelled: 0 }])
      await as(owner)(periods).resultsEq([{ price: seeded, starts: null, ends: null }])
    })

    test('that was announced by the recipe hands its time back', async ({ as }) => {
      await as(service)(
        `update copilot_internal.${table} set ${list.prices[0]} = 5, expires_at = ${inDays(1)} where ${where}`,
      ).livesOk()
      await as(service)(
        `insert into copilot_internal.${table} (${columns}, effective_date) values (${row('5')}, ${inDays(1)})`,
      ).livesOk()
      await as(service)(cost(inDays(2))).resultsEq([{ cost: 5 }])
      await as(service)(cancel()).resultsEq([{ cancelled: 1 }])
      await as(service)(cost(inDays(2))).resultsEq([{ cost: seeded }])
    })

    test('at which usage is reported is not cancelled, deleted or moved', async ({ as }) => {
      await as(service)(schedule('5', inDays(1))).livesOk()
      await as(service)(record(acme.tenantId, inDays(2))).livesOk()
      for (const statement of [cancel(), remove, move(inDays(1.5))]) {
        await as(service)(statement).throwsOk('QT001')
      }
    })

    test('is not moved to before usage at the price before', async ({ as }) => {
      await as(service)(schedule('5', inDays(9))).livesOk()
      await as(service)(record(acme.tenantId, inDays(2))).livesOk()
      await as(service)(move(inDays(1))).throwsOk('QT001')
      await as(service)(move(inDays(3))).livesOk()
    })

    test('set after a promotion is announced leaves no gap', async ({ as }) => {
      await as(service)(promote('1', 'now()', inDays(1))).livesOk()
      await as(service)(schedule('5', inDays(2))).livesOk()
      await as(owner)(periods).resultsEq([
        { price: 1, starts: '00:00:00', ends: '1 day' },
        { price: seeded, starts: '1 day', ends: '2 days' },
        { price: 5, starts: '2 days', ends: null },
      ])
    })
  })

  describe('cancelling', () => {
    test.for(['now()', `now() - interval '1 day'`])('a price from %s is refused', async (from, { as }) => {
      await as(service)(cancel(from)).throwsOk('QT001', { hint: /scheduled/ })
    })

    test('a name that is NULL is refused', async ({ as }) => {
      await as(service)(cancel().replace(/\('[^']+'/, '(null')).throwsOk('22004')
    })

    test('a price nobody knows cancels nothing', async ({ as }) => {
      await as(service)(cancel().replace(/\('[^']+'/, `('nobody'`)).resultsEq([{ cancelled: 0 }])
    })
  })

  test('a price from after the last one’s end is refused: it leaves a gap', async ({ as }) => {
    await as(service)(
      `update copilot_internal.${table} set expires_at = ${inDays(1)} where ${where}`,
    ).livesOk()
    const insert = (from: string) =>
      `insert into copilot_internal.${table} (${columns}, effective_date) values (${row('5')}, ${from})`
    for (const statement of [insert(inDays(2)), schedule('5', inDays(2))]) {
      await as(service)(statement).throwsOk('QT007', {
        message: /would have no price from/,
        hint: /or earlier/,
      })
    }
    await as(service)(insert(inDays(1))).livesOk()
  })

  test('periods of many versions touch, and each is shown once', async ({ as, session }) => {
    for (const price of ['1', '2', '1', '1', '3']) {
      await session.query(set(price))
      await session.run(letTimePass(list, '1 hour'))
    }
    // A price that is set as it is makes no version.
    await as(owner)(periodsOf(list, `'-infinity'`)).resultsEq([
      { price: seeded, starts: null, ends: '-05:00:00' },
      { price: 1, starts: '-05:00:00', ends: '-04:00:00' },
      { price: 2, starts: '-04:00:00', ends: '-03:00:00' },
      { price: 1, starts: '-03:00:00', ends: '-01:00:00' },
      { price: 3, starts: '-01:00:00', ends: null },
    ])
  })
})

describe('the E2B recipe beside a scheduled price', () => {
  const recipe = `UPDATE copilot_internal.e2b_pricing
    SET price_per_second = 0.0002
    WHERE tier = 'standard' AND region = 'us-east-1';`
  const scheduled = `select copilot_internal.set_e2b_price('standard', 'us-east-1', 0.0005, effective_date => ${inDays(1)})`

  test('changes the price in force, and leaves the scheduled one as it is', async ({ as, session }) => {
    await session.query(scheduled)
    await as(service)(recipe).livesOk()
    await as(owner)`
      select trim_scale(price_per_second) as price, effective_date >= now() as later, expires_at - now() as ends
      from copilot_internal.e2b_price_periods where tier = 'standard' order by effective_date`.resultsEq([
      { price: '0.0001', later: false, ends: '00:00:00' },
      { price: '0.0002', later: true, ends: '1 day' },
      { price: '0.0005', later: true, ends: null },
    ])
  })

  test('never rewrites what is over', async ({ as, session }) => {
    await session.query(`select copilot_internal.set_e2b_price('standard', 'us-east-1', 0.00015)`)
    await session.run(letTimePass({ table: 'e2b_pricing' }, '1 day'))
    await session.query(scheduled)
    await as(service)(recipe).livesOk()
    await as(owner)`
      select trim_scale(price_per_second) as price from copilot_internal.e2b_pricing
      where tier = 'standard' order by effective_date`.resultsEq([
      { price: '0.0001' },
      { price: '0.00015' },
      { price: '0.0002' },
      { price: '0.0005' },
    ])
  })

  test('meets tiers and regions one by one', async ({ as, session }) => {
    await session.query(scheduled)
    await session.query(`select copilot_internal.set_e2b_price('standard', 'eu-west-1', 0.0003)`)
    await session.run(letTimePass({ table: 'e2b_pricing' }, '1 hour'))
    await as(
      service,
    )`update copilot_internal.e2b_pricing set price_per_second = price_per_second * 2`.livesOk()
    await as(owner)`
      select tier, region, trim_scale(price_per_second) as price from copilot_internal.e2b_price_periods
      where effective_date = now() and expires_at is null or tier = 'standard' and effective_date > now()
      order by tier, region`.bagEq([
      { tier: 'gpu', region: 'us-east-1', price: '0.0024' },
      { tier: 'high-cpu', region: 'us-east-1', price: '0.0008' },
      { tier: 'high-memory', region: 'us-east-1', price: '0.00108' },
      { tier: 'standard', region: 'eu-west-1', price: '0.0006' },
      { tier: 'standard', region: 'us-east-1', price: '0.0005' },
    ])
  })
})

test('the LLM recipe leaves a scheduled price as it is', async ({ as, session }) => {
  await session.query(`select copilot_internal.set_model_price('openai', 'gpt-4', 50, 90, ${inDays(1)})`)
  await as(service)`
    UPDATE copilot_internal.model_pricing
    SET input_price_per_million = 20, output_price_per_million = 40, expires_at = NOW(), updated_at = NOW()
    WHERE provider = 'openai' AND model = 'gpt-4';`.livesOk()
  await as(service)`
    INSERT INTO copilot_internal.model_pricing
      (provider, model, input_price_per_million, output_price_per_million, effective_date, notes)
    VALUES ('openai', 'gpt-4', 20, 40, NOW(), 'Updated pricing 2026-01-04');`.livesOk()
  await as(owner)`
    select trim_scale(input_price_per_million) as price, expires_at - now() as ends
    from copilot_internal.model_price_periods where model = 'gpt-4' order by effective_date`.resultsEq([
    { price: 30, ends: '00:00:00' },
    { price: 20, ends: '1 day' },
    { price: 50, ends: null },
  ])
})
