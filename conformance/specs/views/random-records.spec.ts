/**
 * The seven views add up whatever is recorded, exactly.
 *
 * Method: random records of few tenants, models, tasks, tiers and conversations, so that they meet; an oracle that shares
 * nothing with the SQL but the contract adds them up. Their costs are arbitrary, so they are records that were adopted; some
 * calls are priced, by a price of the test's own.
 */
import Big from 'big.js'
import fc from 'fast-check'
import { acme, birch, dahlia } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { expect, rounds, test } from '../../harness/index.ts'
import {
  combinedSummary,
  type E2bRecord,
  e2bCost,
  e2bSummary,
  type LlmRecord,
  llmCost,
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

/** Prices of the test's own, by which a record may be priced: of each model, and of each tier. */
const CALL = { id: '00000000-0000-4000-8000-00000000000c', input: '0.125', output: '3' }
const RUN = {
  id: '00000000-0000-4000-8000-00000000000e',
  second: '0.000000000001',
  core: '7',
  memory: '0.5',
  disk: '0',
}
const PRICES = `
  insert into copilot_internal.model_pricing
    (id, provider, model, input_price_per_million, output_price_per_million, effective_date)
  values ('${CALL.id}', 'openai', 'small', ${CALL.input}, ${CALL.output}, '2025-01-01');
  insert into copilot_internal.e2b_pricing
    (id, tier, region, price_per_second, price_per_cpu_core_second, price_per_gb_memory_second, price_per_gb_disk_io, effective_date)
  values ('${RUN.id}', 'slow', 'us-east-1', ${RUN.second}, ${RUN.core}, ${RUN.memory}, ${RUN.disk}, '2025-01-01');`

const common = {
  tenant_id: fc.constantFrom(acme.tenantId, birch.tenantId, dahlia.tenantId),
  recorded_at: fc
    .integer({ min: Date.UTC(2026, 0) / 1000, max: Date.UTC(2027, 0) / 1000 })
    .map((seconds) => new Date(seconds * 1000).toISOString()),
  is_estimated: fc.boolean(),
  // Costs are arbitrary where a record was adopted, and follow from the price where there is one.
  costs: fc.constantFrom('adopted', 'priced', 'unpriced'),
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
  .map(({ costs, ...call }) => {
    if (costs === 'unpriced') return marked(costs, { ...call, input_cost_usd: '0', output_cost_usd: '0' })
    if (costs === 'adopted' || call.provider !== 'openai' || call.model !== 'small')
      return marked('adopted', call)
    const { input, output } = llmCost(CALL, { input: call.input_tokens, output: call.output_tokens })
    return marked(costs, {
      ...call,
      input_cost_usd: input.toFixed(),
      output_cost_usd: output.toFixed(),
      pricing_id: CALL.id,
      priced_model: 'small',
      input_price_per_million: CALL.input,
      output_price_per_million: CALL.output,
    })
  })
  .map((call): LlmRecord => summed(call, 'input_cost_usd', 'output_cost_usd'))

const sandboxes = fc
  .record({
    ...common,
    tier: fc.constantFrom('slow', 'fast'),
    conversation_id: fc.constantFrom('one', 'two', null),
    execution_time_seconds: quantity,
    cpu_core_seconds: quantity,
    memory_gb_seconds: quantity,
    disk_io_gb: quantity,
    execution_cost_usd: cost,
    resource_cost_usd: cost,
  })
  .map(({ costs, ...run }) => {
    if (costs === 'unpriced')
      return marked(costs, { ...run, execution_cost_usd: '0', resource_cost_usd: '0' })
    if (costs === 'adopted' || run.tier !== 'slow') return marked('adopted', run)
    const { execution, resource } = e2bCost(
      { second: RUN.second, cpuCoreSecond: RUN.core, gbMemorySecond: RUN.memory, gbDiskIo: RUN.disk },
      {
        seconds: run.execution_time_seconds,
        cpuCoreSeconds: run.cpu_core_seconds,
        gbMemorySeconds: run.memory_gb_seconds,
        gbDiskIo: run.disk_io_gb,
      },
    )
    return marked(costs, {
      ...run,
      // It has the region of its price, so it is none.
      is_estimated: false,
      execution_cost_usd: execution.toFixed(),
      resource_cost_usd: resource.toFixed(),
      pricing_id: RUN.id,
      price_per_second: RUN.second,
      price_per_cpu_core_second: RUN.core,
      price_per_gb_memory_second: RUN.memory,
      price_per_gb_disk_io: RUN.disk,
    })
  })
  .map((run): E2bRecord => summed(run, 'execution_cost_usd', 'resource_cost_usd'))

test('every view adds up what is recorded, as the oracle does', async ({ session }) => {
  await session.query(`set local timezone = 'UTC'`)
  await session.run(PRICES)
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
    { numRuns: rounds(60) },
  )
})

/** A record that says where its costs are from. */
function marked<R>(costs: 'adopted' | 'priced' | 'unpriced', record: R) {
  return { ...record, is_unpriced: costs === 'unpriced', is_adopted: costs === 'adopted' }
}

/** A record with its total. */
function summed<R extends Record<A | B, string>, A extends string, B extends string>(
  record: R,
  one: A,
  other: B,
) {
  return { ...record, total_cost_usd: new Big(record[one]).plus(record[other]).toFixed() }
}

/** Puts rows into a table of records. */
async function record(session: Session, table: string, rows: readonly object[]): Promise<void> {
  const columns = [...new Set(rows.flatMap(Object.keys))].join(', ')
  if (!columns) return
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
