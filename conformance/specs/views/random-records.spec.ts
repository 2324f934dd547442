/**
 * The seven views add up whatever is recorded, exactly.
 *
 * Method: random records of few tenants, models, tasks, tiers and conversations, so that they meet; an oracle that shares
 * nothing with the SQL but the contract adds them up.
 */
import Big from 'big.js'
import fc from 'fast-check'
import { acme, birch, dahlia } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { expect, test } from '../../harness/index.ts'
import {
  combinedSummary,
  type E2bRecord,
  e2bSummary,
  type LlmRecord,
  llmSummary,
  type SummaryRow,
} from '../../oracle/index.ts'

const decimal = (digits: bigint, scale: number) =>
  fc
    .tuple(fc.bigInt({ min: 0n, max: 10n ** digits }), fc.bigInt({ min: 0n, max: 10n ** BigInt(scale) - 1n }))
    .map(([whole, fraction]) => `${whole}.${String(fraction).padStart(scale, '0')}`)

const cost = fc.oneof(fc.constant('0'), decimal(2n, 3), decimal(12n, 18))
const tokens = fc.oneof(fc.nat(1000), fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })).map(String)
const quantity = fc.oneof(fc.constant('0'), decimal(12n, 6))

const common = {
  tenant_id: fc.constantFrom(acme.tenantId, birch.tenantId, dahlia.tenantId),
  recorded_at: fc
    .integer({ min: Date.UTC(2026, 0) / 1000, max: Date.UTC(2027, 0) / 1000 })
    .map((seconds) => new Date(seconds * 1000).toISOString()),
  is_estimated: fc.boolean(),
  is_unpriced: fc.boolean(),
}

const calls = fc
  .record({
    ...common,
    provider: fc.constantFrom('openai', 'groq'),
    model: fc.constantFrom('small', 'large'),
    task: fc.constantFrom('planning', 'summary', null),
    input_tokens: tokens,
    output_tokens: tokens,
    input_cost_usd: cost,
    output_cost_usd: cost,
  })
  .map((record): LlmRecord => priced(record, 'input_cost_usd', 'output_cost_usd'))

const sandboxes = fc
  .record({
    ...common,
    tier: fc.constantFrom('standard', 'gpu'),
    conversation_id: fc.constantFrom('one', 'two', null),
    execution_time_seconds: quantity,
    cpu_core_seconds: quantity,
    memory_gb_seconds: quantity,
    disk_io_gb: quantity,
    execution_cost_usd: cost,
    resource_cost_usd: cost,
  })
  .map((record): E2bRecord => priced(record, 'execution_cost_usd', 'resource_cost_usd'))

test('every view adds up what is recorded, as the oracle does', async ({ session }) => {
  await session.query(`set local timezone = 'UTC'`)
  await fc.assert(
    fc.asyncProperty(
      fc.array(calls, { maxLength: 15 }),
      fc.array(sandboxes, { maxLength: 15 }),
      async (llm, e2b) => {
        await session.query('savepoint records')
        await record(session, 'llm_cost_records', llm)
        await record(
          session,
          'e2b_cost_records',
          e2b.map((run) => ({ ...run, region: 'us-east-1' })),
        )
        const summaries: Readonly<Record<string, SummaryRow[]>> = {
          cost_summary_by_tenant: llmSummary(llm, ['tenant_id']),
          cost_summary_by_model: llmSummary(llm, ['provider', 'model']),
          cost_summary_by_task: llmSummary(llm, ['task']),
          e2b_cost_summary_by_tenant: e2bSummary(e2b, ['tenant_id']),
          e2b_cost_summary_by_tier: e2bSummary(e2b, ['tier']),
          e2b_cost_summary_by_conversation: e2bSummary(e2b, ['tenant_id', 'conversation_id']),
          combined_cost_summary_by_tenant: combinedSummary(llm, e2b),
        }
        const have: Record<string, unknown> = {}
        for (const view of Object.keys(summaries)) {
          have[view] = sorted(await session.query(`select * from copilot_internal.${view}`))
        }
        await session.query('rollback to savepoint records')
        expect(have).toEqual(
          Object.fromEntries(Object.entries(summaries).map(([view, rows]) => [view, sorted(rows)])),
        )
      },
    ),
    { numRuns: 60 },
  )
})

/** A record with its total; an unpriced one costs nothing. */
function priced<
  R extends { is_unpriced: boolean } & Record<A | B, string>,
  A extends string,
  B extends string,
>(record: R, one: A, other: B): R & { total_cost_usd: string } {
  const free = record.is_unpriced ? { [one]: '0', [other]: '0' } : {}
  const total = record.is_unpriced ? '0' : new Big(record[one]).plus(record[other]).toFixed()
  return { ...record, ...free, total_cost_usd: total }
}

/** Puts rows into a table of records. */
async function record(session: Session, table: string, rows: readonly object[]): Promise<void> {
  const [first] = rows
  if (!first) return
  const columns = Object.keys(first).join(', ')
  await session.query(
    `insert into copilot_internal.${table} (${columns})
     select ${columns} from jsonb_populate_recordset(null::copilot_internal.${table}, $1)`,
    [JSON.stringify(rows)],
  )
}

/** In an order of its own: by all cells. */
function sorted(rows: readonly SummaryRow[]): SummaryRow[] {
  const text = (row: SummaryRow) => JSON.stringify(Object.entries(row).sort())
  return [...rows].sort((a, b) => (text(a) < text(b) ? -1 : 1))
}
