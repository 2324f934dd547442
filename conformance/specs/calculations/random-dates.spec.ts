/**
 * At any moment, whatever the session's time zone and way of writing dates: a call and a run cost what the price in force
 * then says, calculated, in detail or recorded.
 *
 * Method: prices that start at hostile moments (ends of months, a leap day, nights when clocks change), each set in a session
 * with settings of its own. A timeline that shares nothing with the SQL but the contract says the price at each of those
 * moments, and one microsecond before and after it. Moments are microseconds since 1970.
 */
import fc from 'fast-check'
import { acme } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { expect, rounds, test } from '../../harness/index.ts'
import { llmCost, money, PriceTimeline } from '../../oracle/index.ts'

const micros = (iso: string) => Date.parse(iso) * 1000
const HOSTILE = [
  '2036-01-31T23:59:59.999Z',
  '2036-02-28T23:30:00Z',
  '2036-02-29T00:00:00Z',
  '2036-03-01T00:00:00Z',
  // New York puts its clocks forward and back, Berlin back; Kathmandu is 5:45 ahead.
  '2036-03-09T07:00:00Z',
  '2036-11-02T05:30:00Z',
  '2036-11-02T06:30:00Z',
  '2036-10-26T00:30:00Z',
  '2036-10-26T01:30:00Z',
  '2036-12-31T18:15:00Z',
  '2037-01-01T00:00:00Z',
].map(micros)

const moment = fc
  .tuple(fc.constantFrom(...HOSTILE), fc.integer({ min: -1, max: 1 }))
  .map(([at, off]) => at + off)
const change = fc.record({
  from: moment,
  price: fc.constantFrom('0', '0.000000000001', '0.05', '30', '99999999.999999999999'),
  zone: fc.constantFrom('UTC', 'America/New_York', 'Europe/Berlin', 'Asia/Kathmandu', 'Pacific/Apia'),
  dates: fc.constantFrom('ISO, MDY', 'German, DMY', 'SQL, DMY', 'Postgres, YMD'),
})
const tokens = fc.constantFrom(0n, 1n, 999_999n, 10n ** 15n, 10n ** 18n)

/** A moment as the database takes it, exact: a double would not hold the microsecond. */
const AT = (n: number) => `(timestamptz 'epoch' + $${n}::bigint * interval '1 microsecond')`

async function settings(session: Session, zone: string, dates: string): Promise<void> {
  await session.query(`select set_config('TimeZone', $1, true), set_config('DateStyle', $2, true)`, [
    zone,
    dates,
  ])
}

test('each moment has the price that the timeline says', async ({ session }) => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), tokens, async (changes, used) => {
      await session.query('savepoint dates')
      const timeline = new PriceTimeline()
      for (const { from, price, zone, dates } of [...changes].sort((a, b) => a.from - b.from)) {
        timeline.set(from, price)
        await settings(session, zone, dates)
        await session.query(
          `select copilot_internal.set_model_price('p', 'm', $1, $1, ${AT(2)}, allow_jump => true),
                  copilot_internal.set_e2b_price('t', 'r', $1, effective_date => ${AT(2)}, allow_jump => true)`,
          [price, from],
        )
      }
      for (const at of new Set(changes.flatMap(({ from }) => [from - 1, from, from + 1]))) {
        await expectPrice(session, at, timeline.at(at), used)
      }
      await session.query('rollback to savepoint dates')
      await session.query('release savepoint dates')
    }),
    { numRuns: rounds(12) },
  )
})

/** Everything that prices usage agrees with the oracle on this moment. */
async function expectPrice(
  session: Session,
  at: number,
  price: string | undefined,
  used: bigint,
): Promise<void> {
  const cost = money(llmCost({ input: price ?? '0', output: '0' }, { input: used, output: 0n }).total)
  const found = price === undefined ? 'f' : 't'
  expect(
    await session.query(
      `select c.total_cost_usd as plain, c.pricing_found as found, d.total_cost_usd as detailed, d.pricing_found as too
       from copilot_internal.calculate_llm_cost('p', 'm', $2, 0, ${AT(1)}) as c,
            copilot_internal.calculate_llm_cost_detailed('p', 'm', $2, 0, pricing_date => ${AT(1)}) as d`,
      [at, used],
    ),
  ).toEqual([{ plain: cost, found, detailed: cost, too: found }])
  // A run of so many millionths of a second costs the same as so many tokens; the type of a record ends before 10^14 seconds.
  const [recorded] = await session.query(
    `select (l.total_cost_usd = $3::numeric) as call, l.is_unpriced as unpriced, (e.total_cost_usd = $3::numeric) as run,
            e.is_unpriced as too, trim_scale(l.input_price_per_million) as stamped, trim_scale(e.price_per_second) as likewise,
            l.recorded_at = ${AT(1)} and e.recorded_at = ${AT(1)} as dated
     from copilot_internal.record_llm_usage('${acme.tenantId}', 'p', 'm', $2, 0, recorded_at => ${AT(1)}) as l,
          copilot_internal.record_e2b_usage('${acme.tenantId}', 't', 'r', $2::numeric * 0.000001, recorded_at => ${AT(1)}) as e`,
    [at, used, cost],
  )
  const unpriced = price === undefined ? 't' : 'f'
  const stamped = price ?? null
  expect(recorded).toEqual({
    call: 't',
    unpriced,
    run: 't',
    too: unpriced,
    stamped,
    likewise: stamped,
    dated: 't',
  })
}
