/**
 * copilot_internal.cost_summary — which days are read as a whole, and which a range, a bucket or a time zone splits.
 *
 * Method: a day of each kind that is kept as a total, so that it is told (QT010) when it would have to be split.
 */
import { acme, owner } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

const TOTALS = `
  insert into copilot_internal.llm_usage_totals
    (tenant_id, day, provider, model, request_count, input_tokens, output_tokens, input_cost_usd, output_cost_usd, total_cost_usd,
     estimated_count, unpriced_count, first_recorded_at, last_recorded_at)
  values ('${acme.tenantId}', '2026-02-02', 'p', 'm', 1, 1, 1, 1, 0, 1, 0, 0, '2026-02-02 10:00+00', '2026-02-02 10:00+00');
  insert into copilot_internal.e2b_usage_totals
    (tenant_id, day, tier, run_count, execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb, execution_cost_usd,
     resource_cost_usd, total_cost_usd, estimated_count, unpriced_count, first_recorded_at, last_recorded_at)
  values ('${acme.tenantId}', '2026-02-02', 't', 1, 1, 0, 0, 0, 2, 0, 2, 0, 0, '2026-02-02 10:00+00', '2026-02-02 10:00+00')`
const kinds = [
  ['llm', '1.000'],
  ['e2b', '2.000'],
] as const
const asked = (kind: string, since: string, until: string, more = `'all'`) =>
  `select total_cost_usd as usd from copilot_internal.cost_summary('${since}', '${until}', ${more}, resource_type => '${kind}')`

test.beforeEach(({ session }) => session.run(TOTALS))

describe.each(kinds)('%s', (kind, usd) => {
  test('cost_summary reads a whole day, to the microsecond', async ({ as, session }) => {
    for (const zone of ['UTC', 'America/New_York', 'Asia/Tokyo']) {
      await session.run(`set local timezone = '${zone}'`)
      for (const [since, until, found] of [
        ['2026-02-02 00:00+00', '2026-02-03 00:00+00', true],
        ['2026-02-01 23:59:59.999999+00', '2026-02-03 00:00:00.000001+00', true],
        ['2026-02-01 00:00+00', '2026-02-02 00:00+00', false],
        ['2026-02-03 00:00+00', '2026-02-04 00:00+00', false],
      ] as const)
        await as(owner)(asked(kind, since, until)).resultsEq(found ? [{ usd }] : [])
    }
  })

  test('cost_summary splits no day that begins or ends a microsecond off', async ({ as }) => {
    for (const [since, until] of [
      ['2026-02-02 00:00:00.000001+00', '2026-02-03 00:00+00'],
      ['2026-02-02 00:00+00', '2026-02-02 23:59:59.999999+00'],
      ['2026-02-01 00:00+00', '2026-02-02 00:00:00.000001+00'],
      ['2026-02-02 23:59:59.999999+00', '2026-02-03 00:00+00'],
      // Where it is the day before in New York, or the next one in Tokyo.
      ['2026-02-01 00:00+00', '2026-02-02 03:00+00'],
      ['2026-02-02 20:00+00', '2026-02-03 00:00+00'],
    ] as const)
      await as(owner)(asked(kind, since, until)).throwsOk('QT010', {
        message: /^Usage of 2026-02-02 is kept as totals of UTC days/,
      })
  })

  test('cost_summary knows UTC by four names, and no other zone as it', async ({ as }) => {
    const by = (zone: string) =>
      asked(kind, '2026-02-02 00:00+00', '2026-02-03 00:00+00', `'day', time_zone => '${zone}'`)
    for (const zone of ['UTC', 'Etc/UTC', 'GMT', 'Etc/GMT', 'utc', 'etc/gmt'])
      await as(owner)(by(zone)).resultsEq([{ usd }])
    for (const zone of ['America/New_York', 'Europe/London', 'Asia/Tokyo'])
      await as(owner)(by(zone)).throwsOk('QT010')
  })
})
