import type { Probe } from '../probe.ts'

const C = 'copilot_internal'
const inBerlin = [`set local time zone 'Europe/Berlin'`]

/** Calendars, time zones and periods. */
export const timeProbes: readonly Probe[] = [
  {
    name: 'a month after the 31st',
    ask: `select timestamp '2026-01-31' + interval '1 month', timestamp '2028-01-31' + interval '1 month', timestamp '2026-03-31' - interval '1 month'`,
  },
  {
    name: 'a day that daylight saving makes 23 hours',
    setup: inBerlin,
    ask: `select timestamptz '2026-03-28 12:00' + interval '1 day', timestamptz '2026-03-28 12:00' + interval '24 hours'`,
  },
  {
    name: 'an hour that comes twice',
    setup: inBerlin,
    ask: `select timestamptz '2026-10-25 02:30', timestamptz '2026-10-25 02:30' at time zone 'UTC'`,
  },
  { name: 'an hour that there is not', setup: inBerlin, ask: `select timestamptz '2026-03-29 02:30'` },
  {
    name: 'how a timestamp is printed',
    ask: `select timestamptz '2026-02-01 10:00:00.123456+02', date '2026-02-01', interval '1 month 2 days 03:04:05.5'`,
  },
  {
    name: 'zones of a quarter of an hour, and long ago',
    setup: [`set local time zone 'Asia/Kathmandu'`],
    ask: `select timestamptz '2026-02-01 00:00+00', timestamptz '1900-01-01 00:00+00'`,
  },
  { name: 'a zone that there is not', ask: `set local time zone 'Mars/Olympus'`, refused: '22023' },
  {
    name: 'microseconds are rounded',
    ask: `select timestamp '2026-02-01 00:00:00.1234567', time '23:59:59.9999999'`,
  },
  {
    name: 'before Christ, and far from now',
    ask: `select date '0044-03-15 BC', timestamp '294276-12-31 23:59:59', date 'infinity'`,
  },
  {
    name: 'a time beyond the last',
    ask: `select timestamp '294276-12-31' + interval '1 year'`,
    refused: '22008',
  },
  { name: 'infinity as a time', ask: `select 'infinity'::timestamptz > now() as later, '-infinity'::date` },
  { name: 'a day that there is not', ask: `select date '2026-02-29'`, refused: '22008' },
  { name: 'a day in no known order', ask: `select date '13/14/2026'`, refused: '22008' },
  { name: 'text that is no time', ask: `select timestamptz 'yesterday-ish'`, refused: '22007' },
  {
    name: 'the week starts on Monday',
    ask: `select date_trunc('week', timestamp '2026-03-01'), extract(isodow from date '2026-03-01'), extract(week from date '2026-01-01')`,
  },
  {
    name: 'truncation in a zone',
    ask: `select date_trunc('day', timestamptz '2026-03-29 23:30+00', 'Europe/Berlin'), date_bin('15 minutes', timestamptz '2026-02-01 00:37+00', '2026-01-01 00:00+00')`,
  },
  {
    name: 'seconds since 1970',
    ask: `select extract(epoch from timestamptz '2026-02-01 00:00:00.5+00'), to_timestamp(0.25) at time zone 'UTC'`,
  },
  {
    name: 'the age of a time',
    ask: `select age(timestamp '2026-03-01', timestamp '2026-01-31'), timestamp '2026-03-01' - timestamp '2026-01-31'`,
  },
  {
    name: 'intervals as they are printed and compared',
    ask: `select interval '36 hours', interval '1 year -1 day', interval '1 month' = interval '30 days', justify_interval('35 days 25 hours'), interval 'P1Y2M3DT4H5M6S'`,
  },
  {
    name: 'an interval times a number',
    ask: `select interval '1 day' * 1.5, interval '1 month' / 3, -interval '1 hour'`,
  },
  {
    name: 'a time as text and back',
    ask: `select to_char(timestamp '2026-02-01 15:04:05.6789', 'YYYY-MM-DD"T"HH24:MI:SS.MS'), to_date('01.02.2026', 'DD.MM.YYYY')`,
  },
  {
    name: 'periods that touch do not overlap',
    ask: `select tstzrange('2026-01-01', '2026-02-01') && tstzrange('2026-02-01', null) as overlap, tstzrange('2026-01-01', '2026-02-01') -|- tstzrange('2026-02-01', null) as adjacent`,
  },
  {
    name: 'ranges in their canonical form',
    ask: `select '[1,3]'::int4range, '(1,2)'::int4range, '[2026-01-01,2026-01-31]'::daterange, 'empty'::tstzrange, isempty('[1,1)'::int4range)`,
  },
  {
    name: 'several ranges in one',
    ask: `select '{[1,3),[5,7)}'::int4multirange + '{[3,5)}'::int4multirange, range_agg(r) from (values ('[1,2)'::int4range), ('[4,5)')) as t (r)`,
  },
  {
    name: 'a range that ends before it starts',
    ask: `select tstzrange('2026-02-01', '2026-01-01')`,
    refused: '22000',
  },
  {
    name: 'a series of months',
    ask: `select generate_series(timestamptz '2026-01-31 00:00+00', '2026-05-01 00:00+00', '1 month')`,
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
    name: 'the period of a quota, whatever the session’s zone',
    setup: inBerlin,
    ask: `select lower(p) at time zone 'UTC', upper(p) at time zone 'UTC' from ${C}.quota_period('2026-03-01 00:00+00', 'day', '2026-03-29 12:00+00') as p`,
  },
  {
    name: 'now is the time of the transaction',
    ask: `select now() = transaction_timestamp() as same, clock_timestamp() >= now() as later`,
  },
]
