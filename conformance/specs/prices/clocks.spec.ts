/**
 * The database's clock decides when a price starts, whatever clock a recipe reads.
 *
 * Method: the published recipe, with times of its own, on both lists: in one transaction, where now() stands still, and in
 * autocommit, as a client library sends it. Within a minute it ends as if it had sent now(); beyond that, times count as given.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import { misdatedRecords, type PriceList, periodsOf, priceLists } from '../../../fixtures/price-lists.ts'
import type { Session } from '../../engines/index.ts'
import { describe, expect, needs, sampled, test } from '../../harness/index.ts'

const update = ({ table, prices, where }: PriceList, at: string, price = '5') =>
  `update copilot_internal.${table}
   set ${prices.map((column) => `${column} = ${price}`).join(', ')}, expires_at = ${at}, updated_at = ${at} where ${where}`
const end = ({ table, where }: PriceList, at: string) =>
  `update copilot_internal.${table} set expires_at = ${at}, updated_at = ${at} where ${where}`
const insert = ({ table, columns, row }: PriceList, at: string, price = '5') =>
  `insert into copilot_internal.${table} (${columns}, effective_date) values (${row(price)}, ${at})`

const clocks = [
  { clock: 'now()' },
  { clock: 'clock_timestamp()' },
  { clock: 'statement_timestamp()' },
  { clock: `now() - interval '50 milliseconds'` },
  { clock: `clock_timestamp() - interval '50 milliseconds'` },
  { clock: `now() - interval '30 seconds'` },
  { clock: `clock_timestamp() - interval '30 seconds'` },
  { clock: `now() + interval '50 milliseconds'` },
  { clock: `now() + interval '30 seconds'` },
  { clock: `clock_timestamp() + interval '30 seconds'` },
  { clock: `now() - interval '1 minute'` },
  { clock: `now() + interval '1 minute'` },
] as const

describe.each(priceLists)('$table', (list) => {
  const { seeded, cost, record, set, table, where } = list
  const changedNow = [
    { price: seeded, starts: null, ends: '00:00:00' },
    { price: 5, starts: '00:00:00', ends: null },
  ]

  describe('in one transaction', () => {
    sampled(clocks)('with $clock, the recipe changes the price now', async ({ clock }, { as }) => {
      await as(service)(update(list, clock)).livesOk()
      await as(service)(cost('now()')).resultsEq([{ cost: seeded }])
      await as(service)(insert(list, clock)).livesOk()
      await as(owner)(periodsOf(list)).resultsEq(changedNow)
    })

    sampled(clocks)(
      'with $clock, the recipe without prices in its UPDATE changes the price now',
      async ({ clock }, { as }) => {
        await as(service)(end(list, clock)).livesOk()
        await as(service)(insert(list, clock)).livesOk()
        await as(owner)(periodsOf(list)).resultsEq(changedNow)
      },
    )

    sampled(clocks)('with $clock, a new version alone starts now', async ({ clock }, { as }) => {
      await as(service)(insert(list, clock)).livesOk()
      await as(owner)(periodsOf(list)).resultsEq(changedNow)
    })

    sampled(clocks)('with $clock, the function changes the price now', async ({ clock }, { as }) => {
      await as(service)(set('5', `effective_date => ${clock}`)).livesOk()
      await as(owner)(periodsOf(list)).resultsEq(changedNow)
    })

    sampled(clocks)('with $clock, the end of a price is now', async ({ clock }, { as }) => {
      await as(service)(end(list, clock)).livesOk()
      await as(owner)(periodsOf(list)).resultsEq([{ price: seeded, starts: null, ends: '00:00:00' }])
    })

    sampled(clocks)(
      'with $clock, usage of the last seconds keeps its price',
      async ({ clock }, { as, session }) => {
        await session.query(record(acme.tenantId, `now() - interval '2 seconds'`))
        await as(service)(update(list, clock)).livesOk()
        await as(service)(insert(list, clock)).livesOk()
        await as(owner)(misdatedRecords).isEmpty()
        await as(service)(cost(`now() - interval '2 seconds'`)).resultsEq([{ cost: seeded }])
      },
    )

    sampled(clocks)('with $clock, sent twice, the recipe counts once', async ({ clock }, { as }) => {
      for (const statement of [
        update(list, clock),
        insert(list, clock),
        update(list, clock),
        insert(list, clock),
      ]) {
        await as(service)(statement).livesOk()
      }
      await as(service)(cost(`now() + interval '1 millisecond'`)).resultsEq([{ cost: 5 }])
      await as(service)(cost(`now() - interval '1 microsecond'`)).resultsEq([{ cost: seeded }])
      await as(owner)(
        `select count(*) from copilot_internal.${table} where ${where} and ${list.prices[0]} <> ${seeded}`,
      ).resultsEq([{ count: 1 }])
    })
  })

  describe('beyond a minute, times count as given', () => {
    test('ten minutes ahead, the price is scheduled', async ({ as }) => {
      const clock = `now() + interval '10 minutes'`
      await as(service)(update(list, clock)).livesOk()
      await as(service)(insert(list, clock)).livesOk()
      await as(owner)(periodsOf(list)).resultsEq([
        { price: seeded, starts: null, ends: '00:10:00' },
        { price: 5, starts: '00:10:00', ends: null },
      ])
    })

    test('a start after the announced one is refused: it would be a gap', async ({ as }) => {
      await as(service)(update(list, `now() + interval '10 minutes'`)).livesOk()
      await as(service)(insert(list, `now() + interval '15 minutes'`)).throwsOk('QT007', {
        hint: /or earlier/,
      })
      await as(service)(insert(list, `now() + interval '10 minutes'`)).livesOk()
    })

    test('an announced end that is followed by nothing ends nothing', async ({ as }) => {
      await as(service)(update(list, `now() + interval '10 minutes'`)).livesOk()
      await as(service)(cost(`now() + interval '1 hour'`)).resultsEq([{ cost: seeded }])
    })

    test('a start after an end that was asked for is refused: it would be a gap', async ({ as }) => {
      await as(service)(end(list, `now() + interval '10 minutes'`)).livesOk()
      await as(service)(insert(list, `now() + interval '15 minutes'`)).throwsOk('QT007', {
        hint: /or earlier/,
      })
    })

    test('an end ten minutes ago, before the successor is there, is refused', async ({ as }) => {
      await as(service)(update(list, `now() - interval '10 minutes'`)).throwsOk('QT001', {
        message: /before its successor is there/,
        hint: /now\(\) or later/,
      })
    })

    test('a start ten minutes ago is refused where usage was charged since', async ({ as, session }) => {
      await session.query(record(acme.tenantId, `now() - interval '2 minutes'`))
      await as(service)(insert(list, `now() - interval '10 minutes'`)).throwsOk('QT001', { hint: /after/ })
    })
  })

  needs('own-database').for([
    { by: '0' },
    { by: '-50 milliseconds' },
    { by: '50 milliseconds' },
    { by: '-30 seconds' },
    { by: '30 seconds' },
  ])(
    `${table}, in autocommit, a client's clock ahead by $by changes the price at once`,
    async ({ by }, { ownDatabase }) => {
      const session = await (await ownDatabase()).connect()
      const before = await clock(session, '0')
      await session.query(update(list, `'${await clock(session, by)}'`))
      await session.query(list.record(acme.tenantId))
      await session.query(insert(list, `'${await clock(session, by)}'`))
      const after = await clock(session, '0')
      expect(await session.query(list.cost('now()'))).toEqual([{ cost: '5' }])
      expect(
        await session.query(
          `select count(*) as versions,
                bool_and(effective_date between '${before}' and '${after}') filter (where expires_at is null) as at_once,
                bool_and(expires_at = next) filter (where expires_at is not null) as whole
         from (
           select effective_date, expires_at, lead(effective_date) over (order by effective_date) as next
           from copilot_internal.${list.periods} where ${where}
         ) as p`,
        ),
      ).toEqual([{ versions: '2', at_once: 't', whole: 't' }])
      expect(await session.query(misdatedRecords)).toEqual([])
      await session.close()
    },
  )
})

/** What a client's clock says that goes wrong by an interval. */
async function clock(session: Session, by: string): Promise<string> {
  const [row] = await session.query(`select (clock_timestamp() + interval '${by}')::text as at`)
  return row?.['at'] ?? ''
}

test.for(clocks)(
  'the E2B recipe changes the price now, also when it says $clock',
  async ({ clock }, { as }) => {
    await as(service)(
      `update copilot_internal.e2b_pricing set price_per_second = 5, updated_at = ${clock} where tier = 'gpu' and region = 'us-east-1'`,
    ).livesOk()
    await as(owner)`
    select trim_scale(price_per_second) as price, expires_at - now() as ends from copilot_internal.e2b_price_periods
    where tier = 'gpu' order by effective_date`.resultsEq([
      { price: '0.0012', ends: '00:00:00' },
      { price: 5, ends: null },
    ])
  },
)
