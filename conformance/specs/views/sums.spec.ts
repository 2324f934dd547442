/**
 * The seven views: each figure is the sum over all parts, whatever these are; and sums that are too large.
 *
 * Method: two records, two days that are kept as totals and two that are added up, with figures that are multiples of six numbers
 * of which no others have the same sum. Then the records alone, in each state of folding in which they are read.
 */
import { acme, owner } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'
import { columns, counted, day, type Kind, kinds, quiet, record } from './rows.ts'

const records = kinds
  .map((kind) => record(kind, '2026-02-03 12:00+00', 1) + record(kind, '2026-02-04 12:00+00', 2))
  .join('')
const days = kinds
  .map(
    (kind) =>
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
/** What each view answers, by what its days come to: of all, and of those whose records are gone. */
const answers = (all: number, gone: number) => ({
  ...{ cost_summary_by_tenant: figures('llm', all), cost_summary_by_model: figures('llm', all) },
  ...{ cost_summary_by_task: figures('llm', all), e2b_cost_summary_by_tenant: figures('e2b', all) },
  e2b_cost_summary_by_tier: figures('e2b', all),
  // Days that are added up do not know of conversations: it reads the records.
  e2b_cost_summary_by_conversation: figures('e2b', gone),
  combined_cost_summary_by_tenant: {
    ...{ llm_request_count: 2 + 19 * all, e2b_run_count: 2 + 19 * all, total_count: 2 * (2 + 19 * all) },
    ...{ llm_total_tokens: 5 * (3 + all), e2b_execution_time_seconds: 2 * (3 + all) },
    ...{ llm_cost_usd: 11 * (3 + all), e2b_cost_usd: 11 * (3 + all), total_cost_usd: 22 * (3 + all) },
    ...{ estimated_count: 2 * (1 + all), unpriced_count: 8 * all },
  },
})
const query = (view: string, wanted: object, first: string, last: string) => `
  select ${Object.keys(wanted).map((name) => `trim_scale(${name}::numeric) as ${name}`)},
         first_recorded_at = '${first}' as first, last_recorded_at = '${last}' as last
  from copilot_internal.${view}`

/** How far somebody has folded, and which days have changed since. */
const foldedBefore = (covered: string) =>
  `insert into copilot_internal.usage_rollup_state (resource_type, covered_before)
   select kind, '${covered}' from unnest('{llm,e2b}'::text[]) as kind;`
const changedSince = `
  insert into copilot_internal.usage_changed_days (resource_type, tenant_id, day)
  select kind, '${acme.tenantId}', day::date from unnest('{llm,e2b}'::text[]) as kind
  cross join unnest('{2026-02-03,2026-02-04}'::date[]) as day;`
const states = [
  ['where nobody has folded', ''],
  ['of days that are open', foldedBefore('2026-02-03')],
  ['of days that changed', foldedBefore('2026-02-05') + changedSince],
  ['of a day that changed and an open one', foldedBefore('2026-02-04') + changedSince],
] as const

test.beforeEach(({ session }) => session.run(quiet))

describe.each(Object.entries(answers(4 + 8 + 16 + 32, 4 + 8)))('%s', (view, wanted) => {
  test('each figure is the sum over all parts', async ({ as, session }) => {
    await session.run(records + days)
    const until = view.endsWith('conversation') ? '2026-02-05 23:00+00' : '2026-02-06 23:00+00'
    await as(owner)(query(view, wanted, '2026-02-01 01:00+00', until)).resultsEq([
      { ...wanted, first: true, last: true },
    ])
  })
})

describe.each(Object.entries(answers(0, 0)))('%s', (view, wanted) => {
  test.for(states)('each figure is the sum of records %s', async ([, state], { as, session }) => {
    await session.run(records + state)
    await as(owner)(query(view, wanted, '2026-02-03 12:00+00', '2026-02-04 12:00+00')).resultsEq([
      { ...wanted, first: true, last: true },
    ])
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
