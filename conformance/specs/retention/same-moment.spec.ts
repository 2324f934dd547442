/**
 * The seven views, where what was removed and what is kept look alike: the same usage, at the same moment.
 *
 * Method: usage is recorded, goes into the totals, and is recorded again at the very same time: each view then has it twice.
 */
import { acme, service } from '../../../fixtures/people.ts'
import { describe, expect, fixture, test } from '../../harness/index.ts'

const MOMENT = `'2026-02-01 10:00+00'`
const USAGE = `
  select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1000, 500, task => 'planning', recorded_at => ${MOMENT});
  select copilot_internal.record_e2b_usage('${acme.tenantId}', 'standard', 'us-east-1', 300, conversation_id => 'c-1', recorded_at => ${MOMENT});`

const views = {
  cost_summary_by_tenant: 'request_count',
  cost_summary_by_model: 'request_count',
  cost_summary_by_task: 'request_count',
  e2b_cost_summary_by_tenant: 'run_count',
  e2b_cost_summary_by_tier: 'run_count',
  e2b_cost_summary_by_conversation: 'run_count',
} as const

test.beforeEach(async ({ session }) => {
  await session.run(fixture('reported-in-time') + USAGE)
  const [removed] = await session.query(
    `select sum(rows) as rows from copilot_internal.prune_usage('2026-03-01', false) where what like '%records'`,
  )
  expect(removed).toEqual({ rows: '2' })
  await session.run(USAGE)
})

describe.each(Object.entries(views))('%s', (view, count) => {
  test('usage that looks like what was removed counts beside it', async ({ as }) => {
    await as(service)(`select ${count} as count from copilot_internal.${view}`).resultsEq([{ count: '2' }])
  })
})

test('the total of both kinds has all four', async ({ as }) => {
  await as(service)`
    select total_cost_usd = 2 * (0.06 + 300 * 0.0001) as doubled from copilot_internal.combined_cost_summary_by_tenant`.resultsEq(
    [{ doubled: 't' }],
  )
})
