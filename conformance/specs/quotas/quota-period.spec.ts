/**
 * copilot_internal.quota_period — where a quota's periods begin and end.
 *
 * Method: calendar cases by hand, then random anchors and moments compared with an oracle that counts in UTC with plain
 * JavaScript dates, under several time zones of the session.
 */
import fc from 'fast-check'
import { service } from '../../../fixtures/people.ts'
import { describe, expect, rounds, test } from '../../harness/index.ts'
import { type QuotaPeriod, quotaPeriod } from '../../oracle/index.ts'

describe('calendar', () => {
  test.for([
    ['a day', '2026-01-04 06:00Z', 'day', '2026-01-09 05:59Z', '2026-01-08 06:00', '2026-01-09 06:00'],
    [
      'the start belongs to it',
      '2026-01-04 06:00Z',
      'day',
      '2026-01-09 06:00Z',
      '2026-01-09 06:00',
      '2026-01-10 06:00',
    ],
    ['a week', '2026-01-04 00:00Z', 'week', '2026-01-20 00:00Z', '2026-01-18 00:00', '2026-01-25 00:00'],
    ['an hour', '2026-01-04 00:30Z', 'hour', '2026-01-04 02:00Z', '2026-01-04 01:30', '2026-01-04 02:30'],
    [
      'the 31st in February',
      '2026-01-31 00:00Z',
      'month',
      '2026-03-01 00:00Z',
      '2026-02-28 00:00',
      '2026-03-31 00:00',
    ],
    [
      'the 31st has not drifted',
      '2026-01-31 00:00Z',
      'month',
      '2026-04-01 00:00Z',
      '2026-03-31 00:00',
      '2026-04-30 00:00',
    ],
    ['a leap day', '2028-01-30 00:00Z', 'month', '2028-02-29 12:00Z', '2028-02-29 00:00', '2028-03-30 00:00'],
    [
      'before the anchor',
      '2026-03-31 00:00Z',
      'month',
      '2026-02-01 00:00Z',
      '2026-01-31 00:00',
      '2026-02-28 00:00',
    ],
  ] as const)('%s', async ([, anchor, period, moment, start, end], { as }) => {
    await as(service)`
      select to_char(lower(p) at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as "start",
             to_char(upper(p) at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as "end"
      from copilot_internal.quota_period(${anchor}, ${period}, ${moment}) as p`.resultsEq([{ start, end }])
  })

  test('an unknown period is refused', async ({ as }) => {
    await as(service)`select copilot_internal.quota_period(now(), 'year', now())`.throwsOk('22023')
    await as(service)`select copilot_internal.quota_period(now(), null, now())`.throwsOk('22023')
  })
})

describe.each(['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu'])('in time zone %s', (zone) => {
  test('any moment lies in the period that the oracle says', async ({ session }) => {
    await session.query(`select set_config('TimeZone', $1, true)`, [zone])
    const moment = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2036, 0) })
    const period = fc.constantFrom<QuotaPeriod>('hour', 'day', 'week', 'month')
    await fc.assert(
      fc.asyncProperty(moment, period, moment, async (anchor, length, at) => {
        const [row] = await session.query(
          `select (extract(epoch from lower(p)) * 1000)::bigint as "from", (extract(epoch from upper(p)) * 1000)::bigint as "to"
           from copilot_internal.quota_period(to_timestamp($1::numeric / 1000), $2, to_timestamp($3::numeric / 1000)) as p`,
          [anchor, length, at],
        )
        expect([Number(row?.['from']), Number(row?.['to'])]).toEqual(quotaPeriod(anchor, length, at))
      }),
      { numRuns: rounds(100) },
    )
  })
})
