/**
 * The published recipes for a price change, run literally, day after day: every old price stays readable for its own
 * period, and the new one is current.
 *
 * Method: between two runs, time is made to pass in the rows: every date of the price list moves a day into the past.
 */
import { owner } from '../../../fixtures/people.ts'
import { letTimePass } from '../../../fixtures/price-lists.ts'
import type { Session } from '../../engines/index.ts'
import { describe, expect, needs, type SessionClaims, test } from '../../harness/index.ts'

const DAYS = 10

const llmRecipe = (price: number) => [
  `UPDATE copilot_internal.model_pricing
   SET
     input_price_per_million = ${price},
     output_price_per_million = ${price},
     expires_at = NOW(),
     updated_at = NOW()
   WHERE provider = 'openai' AND model = 'gpt-4';`,
  `INSERT INTO copilot_internal.model_pricing
     (provider, model, input_price_per_million, output_price_per_million, effective_date, notes)
   VALUES
     ('openai', 'gpt-4', ${price}, ${price}, NOW(), 'Updated pricing 2026-01-04');`,
]

const e2bRecipe = (price: number) => [
  `UPDATE copilot_internal.e2b_pricing
   SET price_per_second = ${price}
   WHERE tier = 'standard' AND region = 'us-east-1';`,
]

async function passADay(session: Session, table: 'model_pricing' | 'e2b_pricing'): Promise<void> {
  await session.run(letTimePass({ table }, '1 day'))
}

/** Runs a recipe on ten successive days, with the prices 1 to 10. */
async function tenDays(
  session: Session,
  table: 'model_pricing' | 'e2b_pricing',
  recipe: (price: number) => string[],
): Promise<void> {
  for (let day = 1; day <= DAYS; day += 1) {
    for (const statement of recipe(day)) await session.query(statement)
    await passADay(session, table)
  }
}

/** What a million tokens cost on each of the last days, the earliest first; day 0 is before the first change. */
const llmByDay = `
  select c.input_cost_usd as cost
  from generate_series(${DAYS}, 0, -1) as ago
  cross join lateral copilot_internal.calculate_llm_cost(
    'openai', 'gpt-4', 1000000, 0, now() - ago * interval '1 day' - interval '12 hours') as c
  order by ago desc`

const e2bByDay = `
  select c.execution_cost_usd as cost
  from generate_series(${DAYS}, 0, -1) as ago
  cross join lateral copilot_internal.calculate_e2b_cost(
    'standard', 'us-east-1', 1, pricing_date => now() - ago * interval '1 day' - interval '12 hours') as c
  order by ago desc`

/** Periods of a price, and whether any two leave a gap or overlap. */
const versions = (view: string, where: string) => `
  select count(*) as versions, count(*) filter (where expires_at is null) as open,
         count(*) filter (where expires_at is distinct from next_start and next_start is not null) as breaks
  from (
    select expires_at, lead(effective_date) over (order by effective_date) as next_start
    from copilot_internal.${view} where ${where}
  ) as v`

async function llmHistoryIsKept({ as }: Pick<SessionClaims, 'as'>): Promise<void> {
  await as(owner)(versions('model_price_periods', `model = 'gpt-4'`)).resultsEq([
    { versions: 11, open: 1, breaks: 0 },
  ])
  const costs = ['30.000', ...Array.from({ length: DAYS }, (_, i) => `${i + 1}.000`)]
  await as(owner)(llmByDay).resultsEq(costs)
}

describe('the LLM recipe', () => {
  test('in one transaction, ten days leave eleven versions', async ({ session, as }) => {
    await tenDays(session, 'model_pricing', llmRecipe)
    await llmHistoryIsKept({ as })
  })

  needs('own-database')('in autocommit, ten days leave eleven versions', async ({ ownDatabase, on }) => {
    const session = await (await ownDatabase()).connect()
    await tenDays(session, 'model_pricing', llmRecipe)
    await session.query('begin')
    await llmHistoryIsKept(on(session))
    await session.close()
  })

  needs('own-database')('between its two statements the old price is in force', async ({ ownDatabase }) => {
    const session = await (await ownDatabase()).connect()
    const current = `select input_cost_usd as cost from copilot_internal.calculate_llm_cost('openai', 'gpt-4', 1000000, 0)`
    const [update = '', insert = ''] = llmRecipe(7)
    await session.query(update)
    expect(await session.query(current)).toEqual([{ cost: '30.000' }])
    await session.query(insert)
    expect(await session.query(current)).toEqual([{ cost: '7.000' }])
    await session.close()
  })

  test('with the price it has already, it changes nothing that is charged', async ({ session, as }) => {
    await tenDays(session, 'model_pricing', () => llmRecipe(30))
    await as(owner)(llmByDay).resultsEq(Array(DAYS + 1).fill('30.000'))
    await as(owner)(
      `select open, breaks from (${versions('model_price_periods', `model = 'gpt-4'`)}) as v`,
    ).resultsEq([{ open: 1, breaks: 0 }])
  })

  test.for([
    { prices: [7, 8] },
    { prices: [7, 8, 9] },
    { prices: [7, 8, 7] },
    { prices: [7, 7] },
    { prices: [7, 30] },
  ])(
    'run several times at one moment, the last price counts: $prices',
    async ({ prices }, { session, as }) => {
      for (const price of prices) {
        for (const statement of llmRecipe(price)) await session.query(statement)
      }
      // Each starts a microsecond after the one before.
      await as(owner)`
      select input_cost_usd from copilot_internal.calculate_llm_cost(
        'openai', 'gpt-4', 1000000, 0, now() + interval '1 millisecond')`.resultsEq([`${prices.at(-1)}.000`])
    },
  )

  test('it leaves the other models alone', async ({ session, as }) => {
    const others = `select * from copilot_internal.model_pricing where model <> 'gpt-4' order by id`
    const before = await session.query(others)
    for (const statement of llmRecipe(7)) await session.query(statement)
    await as(owner)(others).resultsEq(before)
  })
})

describe('the E2B recipe', () => {
  test('three runs leave four live rows and every former price', async ({ session, as }) => {
    for (const price of [0.0002, 0.0003, 0.00035]) {
      for (const statement of e2bRecipe(price)) await session.query(statement)
      await passADay(session, 'e2b_pricing')
    }
    await as(owner)`
      select tier, trim_scale(price_per_second) as price from copilot_internal.e2b_price_periods
      where effective_date <= now() and expires_at is null order by price_per_second`.resultsEq([
      { tier: 'standard', price: '0.00035' },
      { tier: 'high-cpu', price: '0.0004' },
      { tier: 'high-memory', price: '0.00054' },
      { tier: 'gpu', price: '0.0012' },
    ])
    await as(owner)(`${e2bByDay} offset ${DAYS - 3}`).resultsEq(['0.0001', '0.0002', '0.0003', '0.00035'])
  })

  needs('own-database')('in autocommit, ten days leave eleven versions', async ({ ownDatabase, on }) => {
    const session = await (await ownDatabase()).connect()
    await tenDays(session, 'e2b_pricing', e2bRecipe)
    await session.query('begin')
    const { as } = on(session)
    await as(owner)(versions('e2b_price_periods', `tier = 'standard'`)).resultsEq([
      { versions: 11, open: 1, breaks: 0 },
    ])
    const costs = ['0.0001', ...Array.from({ length: DAYS }, (_, i) => `${i + 1}.000`)]
    await as(owner)(e2bByDay).resultsEq(costs)
    await session.close()
  })

  test('a price that is changed keeps its resource rates', async ({ session, as }) => {
    for (const statement of e2bRecipe(1)) await session.query(statement)
    await as(
      owner,
    )`select resource_cost_usd from copilot_internal.calculate_e2b_cost('standard', 'us-east-1', 0, 1, 1)`.resultsEq(
      ['0.0000185'],
    )
  })
})
