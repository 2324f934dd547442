import type { Probe } from '../probe.ts'

const C = 'copilot_internal'

/** Calendars, time zones and periods. */
export const timeProbes: readonly Probe[] = [
  {
    name: 'a month after the 31st',
    ask: `select timestamp '2026-01-31' + interval '1 month', timestamp '2028-01-31' + interval '1 month'`,
  },
  {
    name: 'a day that daylight saving makes 23 hours',
    setup: [`set local time zone 'Europe/Berlin'`],
    ask: `select timestamptz '2026-03-28 12:00' + interval '1 day', timestamptz '2026-03-28 12:00' + interval '24 hours'`,
  },
  {
    name: 'an hour that comes twice',
    setup: [`set local time zone 'Europe/Berlin'`],
    ask: `select timestamptz '2026-10-25 02:30', timestamptz '2026-10-25 02:30' at time zone 'UTC'`,
  },
  {
    name: 'how a timestamp is printed',
    ask: `select timestamptz '2026-02-01 10:00:00.123456+02', date '2026-02-01', interval '1 month 2 days 03:04:05.5'`,
  },
  { name: 'infinity as a time', ask: `select 'infinity'::timestamptz > now() as later, '-infinity'::date` },
  { name: 'a day that there is not', ask: `select date '2026-02-29'` },
  {
    name: 'the week starts on Monday',
    ask: `select date_trunc('week', timestamp '2026-03-01'), extract(isodow from date '2026-03-01')`,
  },
  {
    name: 'periods that touch do not overlap',
    ask: `select tstzrange('2026-01-01', '2026-02-01') && tstzrange('2026-02-01', null) as overlap, tstzrange('2026-01-01', '2026-02-01') -|- tstzrange('2026-02-01', null) as adjacent`,
  },
  {
    name: 'the period of a quota',
    ask: `select * from ${C}.quota_period('2026-01-31 00:00+00', 'month', '2026-03-15 00:00+00')`,
  },
  {
    name: 'the month of a leap day',
    ask: `select * from ${C}.quota_period('2028-02-29 00:00+00', 'month', '2029-02-28 12:00+00')`,
  },
  {
    name: 'now is the time of the transaction',
    ask: `select now() = transaction_timestamp() as same, clock_timestamp() >= now() as later`,
  },
]
