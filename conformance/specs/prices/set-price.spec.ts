/**
 * set_model_price and set_e2b_price — the right way to change a price.
 *
 * Method: examples, refusals, and random changes at random times compared with a timeline that shares nothing with the
 * SQL but the contract.
 */
import fc from 'fast-check'
import { owner, service } from '../../../fixtures/people.ts'
import { describe, expect, rounds, test } from '../../harness/index.ts'
import { PriceTimeline } from '../../oracle/index.ts'

const timeline = (where: string, price: string, table: string, view: string) => `
  select trim_scale(p.${price}) as price, t.effective_date - now() as starts, t.expires_at - now() as ends, p.source, p.created_by
  from copilot_internal.${view} as t join copilot_internal.${table} as p on p.id = t.pricing_id
  where p.${where} and (t.expires_at is null or t.expires_at >= now()) order by t.effective_date`

describe('set_model_price', () => {
  const prices = timeline(
    `model = 'gpt-4'`,
    'input_price_per_million',
    'model_pricing',
    'model_price_periods',
  )

  test('it ends the price before and opens the next, with source and author', async ({ as, session }) => {
    await session.run(
      `alter table copilot_internal.model_pricing disable trigger user;
       update copilot_internal.model_pricing set effective_date = now() - interval '1 day' where model = 'gpt-4';
       alter table copilot_internal.model_pricing enable trigger user`,
    )
    await as(service)`
      select copilot_internal.set_model_price('openai', 'gpt-4', 20, 40, source => 'openai.com', changed_by => 'ada')`.livesOk()
    await as(owner)(prices).resultsEq([
      {
        price: 30,
        starts: '-1 days',
        ends: '00:00:00',
        source: 'litellm, models.dev, langfuse, genai-prices',
        created_by: 'postgres',
      },
      { price: 20, starts: '00:00:00', ends: null, source: 'openai.com', created_by: 'ada' },
    ])
  })

  test('it does nothing when nothing changes, and answers the price in force', async ({ as }) => {
    await as(service)`
      select copilot_internal.set_model_price('openai', 'gpt-4', 30, 60.000) = p.id as same
      from copilot_internal.model_pricing as p where p.model = 'gpt-4'`.resultsEq([{ same: true }])
    await as(owner)`select count(*) from copilot_internal.model_pricing`.resultsEq([{ count: 27 }])
  })

  test('a future date schedules a price, and may be corrected', async ({ as, session }) => {
    await session.run(
      `alter table copilot_internal.model_pricing disable trigger user;
       update copilot_internal.model_pricing set effective_date = now() - interval '1 day' where model = 'gpt-4';
       alter table copilot_internal.model_pricing enable trigger user`,
    )
    for (const price of [20, 25]) {
      await as(service)`
        select copilot_internal.set_model_price('openai', 'gpt-4', ${price}, 40, now() + interval '1 day')`.livesOk()
    }
    await as(owner)`
      select input_price_per_million from copilot_internal.get_current_model_pricing('openai', 'gpt-4')`.resultsEq(
      [{ input_price_per_million: '30.000' }],
    )
    await as(owner)(prices).resultsEq([
      {
        price: 30,
        starts: '-1 days',
        ends: '1 day',
        source: 'litellm, models.dev, langfuse, genai-prices',
        created_by: 'postgres',
      },
      { price: 25, starts: '1 day', ends: null, source: null, created_by: 'service_role' },
    ])
  })

  test('a price set before a scheduled one ends where that starts', async ({ as }) => {
    await as(
      service,
    )`select copilot_internal.set_model_price('openai', 'gpt-4', 20, 40, now() + interval '2 days')`.livesOk()
    await as(
      service,
    )`select copilot_internal.set_model_price('openai', 'gpt-4', 10, 20, now() + interval '1 day')`.livesOk()
    await as(owner)`
      select trim_scale(input_price_per_million) as price, expires_at - effective_date as lasts
      from copilot_internal.model_price_periods where model = 'gpt-4' and effective_date > now() order by effective_date`.resultsEq(
      [
        { price: 10, lasts: '1 day' },
        { price: 20, lasts: null },
      ],
    )
  })

  test('a price that has started is not replaced from its own start', async ({ as }) => {
    await as(service)`
      select copilot_internal.set_model_price('openai', 'gpt-4', 1, 2, p.effective_date)
      from copilot_internal.model_pricing as p where p.model = 'gpt-4'`.throwsOk('QT001', {
      hint: /now or later/,
    })
  })

  test('a model without a price gets its first', async ({ as }) => {
    await as(service)`select copilot_internal.set_model_price('mistral', 'large', 2, 6)`.livesOk()
    await as(service)`
      select total_cost_usd from copilot_internal.calculate_llm_cost('mistral', 'large', 1000000, 1000000)`.resultsEq(
      [{ total_cost_usd: '8.000' }],
    )
  })

  test.for([
    [`null, 'gpt-4', 1, 1`, '22004'],
    [`'openai', null, 1, 1`, '22004'],
    [`'openai', 'gpt-4', null, 1`, '22004'],
    [`'openai', 'gpt-4', 1, 1, null`, '22004'],
    [`'openai', 'gpt-4', -1, 1`, '22023'],
    [`'openai', 'gpt-4', 1, 'NaN'`, '22023'],
    [`'openai', 'gpt-4', 'Infinity', 1`, '22023'],
    [`'openai', 'gpt-4', 0.0000000000001, 1`, '22023'],
    [`'', 'gpt-4', 1, 1`, '23514'],
  ] as const)('(%s) is refused with %s', async ([args, code], { as }) => {
    await as(service)(`select copilot_internal.set_model_price(${args})`).throwsOk(code)
  })
})

describe('set_e2b_price', () => {
  test('it changes what is given and keeps the other rates', async ({ as, session }) => {
    await session.run(
      `alter table copilot_internal.e2b_pricing disable trigger user;
       update copilot_internal.e2b_pricing set effective_date = now() - interval '1 day';
       alter table copilot_internal.e2b_pricing enable trigger user`,
    )
    await as(
      service,
    )`select copilot_internal.set_e2b_price('gpu', 'us-east-1', 0.002, price_per_gb_disk_io => 0.1)`.livesOk()
    await as(
      service,
    )`select * from copilot_internal.calculate_e2b_cost('gpu', 'us-east-1', 1, 1, 1, 1)`.resultsEq([
      {
        execution_cost_usd: '0.002',
        resource_cost_usd: '0.1000185',
        total_cost_usd: '0.1020185',
        is_estimated: false,
      },
    ])
    await as(service)`
      select total_cost_usd from copilot_internal.calculate_e2b_cost(
        'gpu', 'us-east-1', 1, pricing_date => now() - interval '1 microsecond')`.resultsEq([
      { total_cost_usd: '0.0012' },
    ])
  })

  test('it does nothing when nothing changes', async ({ as }) => {
    await as(service)`select copilot_internal.set_e2b_price('gpu', 'us-east-1', 0.0012)`.livesOk()
    await as(owner)`select count(*) from copilot_internal.e2b_pricing`.resultsEq([{ count: 4 }])
  })

  test('a region gets its own price', async ({ as }) => {
    await as(service)`select copilot_internal.set_e2b_price('gpu', 'eu-west-1', 0.003)`.livesOk()
    await as(service)`
      select total_cost_usd, is_estimated from copilot_internal.calculate_e2b_cost('gpu', 'eu-west-1', 1)`.resultsEq(
      [{ total_cost_usd: '0.003', is_estimated: false }],
    )
  })

  test.for([
    [`null, 'us-east-1', 1`, '22004'],
    [`'gpu', null, 1`, '22004'],
    [`'gpu', 'us-east-1', null`, '22004'],
    [`'gpu', 'us-east-1', -1`, '22023'],
    [`'gpu', 'us-east-1', 1, -1`, '22023'],
  ] as const)('(%s) is refused with %s', async ([args, code], { as }) => {
    await as(service)(`select copilot_internal.set_e2b_price(${args})`).throwsOk(code)
  })
})

test('whatever is set when, each moment has the price that the timeline says', async ({ session }) => {
  const start = Date.UTC(2040, 5, 1)
  // Few moments and few prices, so that changes meet each other at the same moment and repeat each other.
  const moment = fc.integer({ min: 0, max: 12 }).map((hours) => start + hours * 3_600_000)
  const change = fc.record({ from: moment, price: fc.constantFrom('1', '2', '3') })
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
      await session.query('savepoint changes')
      const expected = new PriceTimeline()
      for (const { from, price } of [...changes].sort((a, b) => a.from - b.from)) {
        expected.set(from, price)
        await session.query(
          `select copilot_internal.set_model_price('p', 'm', $1, $1, to_timestamp($2::numeric / 1000))`,
          [price, from],
        )
      }
      for (let hours = -1; hours <= 13; hours += 1) {
        const at = start + hours * 3_600_000
        const [row] = await session.query(
          `select trim_scale(input_cost_usd) as price, pricing_found as found
           from copilot_internal.calculate_llm_cost('p', 'm', 1000000, 0, to_timestamp($1::numeric / 1000))`,
          [at],
        )
        const price = expected.at(at)
        expect(row).toEqual({ price: price ?? '0', found: price === undefined ? 'f' : 't' })
      }
      await session.query('rollback to savepoint changes')
      await session.query('release savepoint changes')
    }),
    { numRuns: rounds(30) },
  )
})

test.for([`set_model_price('openai', 'gpt-4', 20, 40`, `set_e2b_price('gpu', 'us-east-1', 0.002`])(
  '%s, …) that ends before it starts is refused, also when both are to come',
  async (call, { as }) => {
    const over = (end: string) =>
      `select copilot_internal.${call}, effective_date => now() + interval '2 days', expires_at => now() + interval '${end}')`
    for (const end of ['1 day', '2 days'])
      await as(service)(over(end)).throwsOk('22023', {
        message: 'expires_at must be later than now and effective_date.',
      })
    await as(service)(over('3 days')).livesOk()
  },
)
