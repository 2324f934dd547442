/**
 * copilot_internal.prune_usage — what it adds the records to that it removes: each column is the sum of its own.
 *
 * Method: records with other figures each, all of one day, removed together, and then again later and earlier ones of that day.
 */
import { owner } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'
import { kinds, records, sums } from '../rollups/rows.ts'

describe.each(kinds)('prune_usage, %s', (kind) => {
  const prune = `select from copilot_internal.prune_usage('2026-03-01', false)`
  const costs = { total_cost_usd: '102', estimated_count: '1', unpriced_count: '1' }
  const wanted: Readonly<Record<string, string>> = { ...sums[kind], ...costs }
  const isName = (name: string) => /provider|model|task|tier/.test(name)
  const columns = Object.keys(wanted).map((name) =>
    isName(name) ? name : `trim_scale(${name}::numeric)::text as ${name}`,
  )
  const totals = `select ${columns}, day, first_recorded_at, last_recorded_at from copilot_internal.${kind}_usage_totals`
  const times = (n: number, first: number, last: number) => ({
    ...Object.fromEntries(
      Object.entries(wanted).map(([name, sum]) => [name, isName(name) ? sum : String(n * Number(sum))]),
    ),
    day: '2026-02-01',
    first_recorded_at: `2026-02-01 ${String(first).padStart(2, '0')}:00:00+00`,
    last_recorded_at: `2026-02-01 ${last}:00:00+00`,
  })

  test('adds each column up, and says from when to when', async ({ as, session }) => {
    await session.run(`set local timezone = 'UTC'; ${records(kind, '2026-02-01 10:00+00')} ${prune}`)
    await as(owner)(totals).resultsEq([times(1, 11, 14)])
    await session.run(records(kind, '2026-02-01 19:00+00') + prune)
    await as(owner)(totals).resultsEq([times(2, 11, 23)])
    await session.run(records(kind, '2026-02-01 00:00+00') + prune)
    await as(owner)(totals).resultsEq([times(3, 1, 23)])
  })
})
