/**
 * The seven views: each figure is the sum over all parts, whatever these are; and sums that are too large.
 *
 * Method: two records, two days that are kept as totals and two that are added up, with figures that are multiples of six numbers
 * of which no others have the same sum.
 */
import { acme, owner } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'
import { columns, counted, day, type Kind, kinds, quiet, record } from './rows.ts'

const parts = kinds
  .map(
    (kind) =>
      record(kind, '2026-02-03 12:00+00', 1) +
      record(kind, '2026-02-04 12:00+00', 2) +
      day(kind, 'totals', '2026-02-01', 4) +
      day(kind, 'totals', '2026-02-05', 8) +
      day(kind, 'rollups', '2026-02-02', 16) +
      day(kind, 'rollups', '2026-02-06', 32),
  )
  .join('')
/** What the two records and these days come to: each column, and the last day. */
const figures = (kind: Kind, days: number) => ({
  ...Object.fromEntries(
    Object.entries(columns[kind]).flatMap(([name, value]) => {
      const factor = Number(/^(\d+) \* n$/.exec(value)?.[1])
      return Number.isNaN(factor) ? [] : [[name, factor * (1 + 2 + days)]]
    }),
  ),
  [counted[kind]]: 1 + 1 + 19 * days,
  // Of the records, that of 2.
  estimated_count: 1 + days,
  unpriced_count: 4 * days,
})
const ALL = 4 + 8 + 16 + 32
const views = {
  ...{ cost_summary_by_tenant: figures('llm', ALL), cost_summary_by_model: figures('llm', ALL) },
  ...{ cost_summary_by_task: figures('llm', ALL), e2b_cost_summary_by_tenant: figures('e2b', ALL) },
  e2b_cost_summary_by_tier: figures('e2b', ALL),
  // Days that are added up do not know of conversations: it reads the records.
  e2b_cost_summary_by_conversation: figures('e2b', 4 + 8),
  combined_cost_summary_by_tenant: {
    ...{ llm_request_count: 2 + 19 * ALL, e2b_run_count: 2 + 19 * ALL, total_count: 2 * (2 + 19 * ALL) },
    ...{ llm_total_tokens: 5 * (3 + ALL), e2b_execution_time_seconds: 2 * (3 + ALL) },
    ...{ llm_cost_usd: 11 * (3 + ALL), e2b_cost_usd: 11 * (3 + ALL), total_cost_usd: 22 * (3 + ALL) },
    ...{ estimated_count: 2 * (1 + ALL), unpriced_count: 8 * ALL },
  },
} as const

test.beforeEach(({ session }) => session.run(quiet))

describe.each(Object.entries(views))('%s', (view, wanted) => {
  test('each figure is the sum over all parts', async ({ as, session }) => {
    await session.run(parts)
    const until = view.endsWith('conversation') ? '2026-02-05 23:00+00' : '2026-02-06 23:00+00'
    await as(owner)(`
      select ${Object.keys(wanted).map((name) => `trim_scale(${name}::numeric) as ${name}`)},
             first_recorded_at = '2026-02-01 01:00+00' as first, last_recorded_at = '${until}' as last
      from copilot_internal.${view}`).resultsEq([{ ...wanted, first: true, last: true }])
  })
})

test('a sum that no cost can be is refused, and not shown as another one', async ({ as, session }) => {
  await session.run(`
    insert into copilot_internal.llm_cost_records (tenant_id, provider, model, is_adopted, total_cost_usd)
    values ('${acme.tenantId}', 'p', 'm', true, 6e19);
    insert into copilot_internal.e2b_cost_records (tenant_id, tier, region, execution_time_seconds, is_adopted, total_cost_usd)
    values ('${acme.tenantId}', 't', 'r', 1, true, 6e19)`)
  await as(owner)`select * from copilot_internal.combined_cost_summary_by_tenant`.throwsOk('22003')
})
