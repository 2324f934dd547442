/**
 * The seven views that add costs up, every column of them: priced, estimated and unpriced usage, and tenants with one
 * kind of cost only.
 *
 * Method: a few records with round numbers; what they add up to is written down as the server prints it.
 */
import { acme, birch, dahlia, owner } from '../../../fixtures/people.ts'
import { describe, fixture, test } from '../../harness/index.ts'

const COST =
  'total_cost_usd | average_cost_usd | estimated_count | unpriced_count | first_recorded_at | last_recorded_at'
const LLM = `request_count | input_tokens | output_tokens | total_tokens | input_cost_usd | output_cost_usd | ${COST}`
const E2B = `run_count | execution_time_seconds | cpu_core_seconds | memory_gb_seconds | disk_io_gb | execution_cost_usd | resource_cost_usd | ${COST}`

/** View → what it answers, with its header. */
const views: Readonly<Record<string, string>> = {
  cost_summary_by_tenant: `
    tenant_id | ${LLM}
    acme      | 3 | 3010    | 605 | 3615    | 0.090 | 0.036 | 0.126 | 0.042 | 1 | 1 | 2026-02-01 10:00:00+00 | 2026-02-02 09:00:00+00
    birch     | 1 | 1000000 | 0   | 1000000 | 0.050 | 0     | 0.050 | 0.050 | 0 | 0 | 2026-02-04 10:00:00+00 | 2026-02-04 10:00:00+00`,
  cost_summary_by_model: `
    provider | model | ${LLM}
    openai   | gpt-4                | 2 | 3000    | 600 | 3600    | 0.090 | 0.036 | 0.126 | 0.063 | 1 | 0 | 2026-02-01 10:00:00+00 | 2026-02-01 12:00:00+00
    in house | in-house             | 1 | 10      | 5   | 15      | 0     | 0     | 0     | 0     | 0 | 1 | 2026-02-02 09:00:00+00 | 2026-02-02 09:00:00+00
    groq     | llama-3.1-8b-instant | 1 | 1000000 | 0   | 1000000 | 0.050 | 0     | 0.050 | 0.050 | 0 | 0 | 2026-02-04 10:00:00+00 | 2026-02-04 10:00:00+00`,
  cost_summary_by_task: `
    task     | ${LLM}
    planning | 2 | 3000    | 600 | 3600    | 0.090 | 0.036 | 0.126 | 0.063 | 1 | 0 | 2026-02-01 10:00:00+00 | 2026-02-01 12:00:00+00
    NULL     | 1 | 10      | 5   | 15      | 0     | 0     | 0     | 0     | 0 | 1 | 2026-02-02 09:00:00+00 | 2026-02-02 09:00:00+00
    summary  | 1 | 1000000 | 0   | 1000000 | 0.050 | 0     | 0.050 | 0.050 | 0 | 0 | 2026-02-04 10:00:00+00 | 2026-02-04 10:00:00+00`,
  e2b_cost_summary_by_tenant: `
    tenant_id | ${E2B}
    acme      | 3 | 370.5 | 11 | 22 | 3.5 | 0.0426 | 0.00023 | 0.04283 | 0.014276666666666667 | 1 | 1 | 2026-02-01 10:30:00+00 | 2026-02-03 10:00:00+00
    dahlia    | 1 | 100   | 0  | 0  | 0   | 0.010  | 0       | 0.010   | 0.010                | 0 | 0 | 2026-02-05 10:00:00+00 | 2026-02-05 10:00:00+00`,
  e2b_cost_summary_by_tier: `
    tier      | ${E2B}
    standard  | 2 | 400  | 10 | 20 | 0.5 | 0.040  | 0.00023 | 0.04023 | 0.020115 | 0 | 0 | 2026-02-01 10:30:00+00 | 2026-02-05 10:00:00+00
    gpu       | 1 | 10.5 | 0  | 0  | 0   | 0.0126 | 0       | 0.0126  | 0.0126   | 1 | 0 | 2026-02-01 11:00:00+00 | 2026-02-01 11:00:00+00
    mainframe | 1 | 60   | 1  | 2  | 3   | 0      | 0       | 0       | 0        | 0 | 1 | 2026-02-03 10:00:00+00 | 2026-02-03 10:00:00+00`,
  e2b_cost_summary_by_conversation: `
    tenant_id | conversation_id | ${E2B}
    acme      | a-1  | 2 | 310.5 | 10 | 20 | 0.5 | 0.0426 | 0.00023 | 0.04283 | 0.021415 | 1 | 0 | 2026-02-01 10:30:00+00 | 2026-02-01 11:00:00+00
    acme      | NULL | 1 | 60    | 1  | 2  | 3   | 0      | 0       | 0       | 0        | 0 | 1 | 2026-02-03 10:00:00+00 | 2026-02-03 10:00:00+00
    dahlia    | d-1  | 1 | 100   | 0  | 0  | 0   | 0.010  | 0       | 0.010   | 0.010    | 0 | 0 | 2026-02-05 10:00:00+00 | 2026-02-05 10:00:00+00`,
  combined_cost_summary_by_tenant: `
    tenant_id | llm_request_count | e2b_run_count | total_count | llm_total_tokens | e2b_execution_time_seconds | llm_cost_usd | e2b_cost_usd | ${COST}
    acme      | 3 | 3 | 6 | 3615    | 370.5 | 0.126 | 0.04283 | 0.16883 | 0.028138333333333333 | 2 | 2 | 2026-02-01 10:00:00+00 | 2026-02-03 10:00:00+00
    birch     | 1 | 0 | 1 | 1000000 | 0     | 0.050 | 0       | 0.050   | 0.050                | 0 | 0 | 2026-02-04 10:00:00+00 | 2026-02-04 10:00:00+00
    dahlia    | 0 | 1 | 1 | 0       | 100   | 0     | 0.010   | 0.010   | 0.010                | 0 | 0 | 2026-02-05 10:00:00+00 | 2026-02-05 10:00:00+00`,
}

describe.each(Object.entries(views))('%s', (view, wanted) => {
  test('it answers every column of what is recorded', async ({ as, session }) => {
    await session.query(`set local timezone = 'UTC'`)
    await session.run(fixture('every-kind-of-record'))
    await as(owner)(`select * from copilot_internal.${view}`).bagEq(rows(wanted))
  })

  test('it is empty while nothing is recorded', async ({ as }) => {
    await as(owner)(`select * from copilot_internal.${view}`).isEmpty()
  })
})

/** The rows of a table that is written down with its header; people stand for their tenants. */
function rows(table: string): Record<string, string | null>[] {
  const people: Readonly<Record<string, string | null>> = {
    acme: acme.tenantId,
    birch: birch.tenantId,
    dahlia: dahlia.tenantId,
    NULL: null,
  }
  const [header = [], ...body] = table
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
  return body.map((cells) =>
    Object.fromEntries(
      header.map((column, i) => {
        const cell = cells[i] ?? ''
        return [column, cell in people ? (people[cell] ?? null) : cell]
      }),
    ),
  )
}
