/**
 * Views and cost_summary equal the sum of what is recorded, to the last digit, at every moment: whatever is recorded, late or on
 * time, changed, voided, deleted, folded, folded again or pruned.
 *
 * Method: random things happen to random records; after each, an oracle that keeps a list of its own adds it up. Costs are
 * arbitrary, so the records are adopted ones or without a price.
 */
import fc from 'fast-check'
import { type Actor, acme, birch, service } from '../../../fixtures/people.ts'
import type { Row, Session } from '../../engines/index.ts'
import { expect, rounds, test } from '../../harness/index.ts'
import {
  type AnyRecord,
  combinedSummary,
  costSummary,
  type E2bRecord,
  e2bSummary,
  type LlmRecord,
  llmSummary,
  type SummaryAsked,
  type SummaryRow,
} from '../../oracle/index.ts'

const DAY_MS = 86_400_000
const MIDNIGHT = Math.floor(Date.now() / DAY_MS) * DAY_MS
const at = (ms: number) => new Date(Math.floor(ms / 1000) * 1000).toISOString()

/** Four days that are over, and today, and some of what is reported ahead of time. */
const moments = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -4 * DAY_MS, max: -1 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 * DAY_MS }) },
  { weight: 1, arbitrary: fc.constantFrom(-4 * DAY_MS, -2 * DAY_MS, -DAY_MS, -1000, 0) },
)
const usd = fc
  .bigInt({ min: 0n, max: 10n ** 12n })
  .map((n) => `${n / 1_000_000n}.${String(n % 1_000_000n).padStart(18, '0')}`)
const common = {
  id: fc.uuid({ version: 4 }),
  tenant_id: fc.constantFrom(acme.tenantId, birch.tenantId),
  user_id: fc.constantFrom(acme.userId, null),
  recorded_at: moments.map((ms) => at(MIDNIGHT + ms)),
  conversation_id: fc.constantFrom('one', null),
  is_estimated: fc.boolean(),
  cost: fc.option(fc.tuple(usd, usd), { freq: 3 }),
}
const marks = (cost: unknown) => ({ is_adopted: cost !== null, is_unpriced: cost === null })
const calls = fc
  .record({
    ...common,
    provider: fc.constantFrom('openai', 'groq'),
    model: fc.constantFrom('small', 'large'),
    task: fc.constantFrom('planning', '', null),
    input_tokens: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String),
    output_tokens: fc.nat(1000).map(String),
  })
  .map(({ cost, ...call }) => {
    const [input_cost_usd, total_cost_usd] = cost ?? ['0', '0']
    return { ...call, ...marks(cost), input_cost_usd, output_cost_usd: '0', total_cost_usd }
  })
const runs = fc
  .record({
    ...common,
    tier: fc.constantFrom('standard', 'gpu'),
    region: fc.constant('us-east-1'),
    execution_time_seconds: fc.nat(10_000_000).map((n) => `${n}.${String(n % 1_000_000).padStart(6, '0')}`),
    cpu_core_seconds: fc.nat(100).map(String),
    memory_gb_seconds: fc.nat(100).map(String),
    disk_io_gb: fc.nat(100).map(String),
  })
  .map(({ cost, ...run }) => {
    const [execution_cost_usd, total_cost_usd] = cost ?? ['0', '0']
    return { ...run, ...marks(cost), execution_cost_usd, resource_cost_usd: '0', total_cost_usd }
  })

const steps = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('calls' as const),
      rows: fc.array(calls, { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('runs' as const),
      rows: fc.array(runs, { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ act: fc.constant('fold' as const), days: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constantFrom('void' as const, 'delete' as const, 'relabel' as const),
      nth: fc.nat(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('prune' as const),
      ago: fc.integer({ min: 0, max: 5 * DAY_MS }),
      rows: fc.integer({ min: 1, max: 12 }),
    }),
  },
)
const questions = fc.record({
  since: fc.oneof(
    fc.constantFrom(-4, -3, -1).map((day) => day * DAY_MS),
    moments,
  ),
  lasts: fc.oneof(
    fc.constantFrom(1, 2, 4).map((days) => days * DAY_MS),
    fc.integer({ min: 0, max: 6 * DAY_MS }),
  ),
  granularity: fc.constantFrom(
    'hour' as const,
    'day' as const,
    'week' as const,
    'month' as const,
    'all' as const,
  ),
  by: fc.subarray(['tenant', 'user', 'model', 'task', 'tier', 'conversation'] as const),
  zone: fc.constantFrom('UTC', 'Asia/Kolkata'),
})

type Recorded = { [table in 'llm' | 'e2b']: Map<string, AnyRecord> }

test('views and cost_summary equal the oracle, whatever happens', async ({ session }) => {
  await session.query(`set local timezone = 'UTC'`)
  const seen = { covered: 0, renewed: 0, pruned: 0, asked: 0, split: 0 }
  await fc.assert(
    fc.asyncProperty(
      fc.array(steps, { minLength: 4, maxLength: 12 }),
      fc.infiniteStream(questions),
      async (acts, asks) => {
        await session.query('savepoint nothing')
        try {
          const there: Recorded = { llm: new Map(), e2b: new Map() }
          const gone: Recorded = { llm: new Map(), e2b: new Map() }
          for (const step of acts) {
            await happen(session, step, there, gone, seen)
            const llm = [...there.llm.values(), ...gone.llm.values()] as LlmRecord[]
            const e2b = [...there.e2b.values(), ...gone.e2b.values()] as E2bRecord[]
            expect(await answers(session, service)).toEqual(summaries(llm, e2b))
            const own = <R extends { tenant_id: string }>(rows: R[]) =>
              rows.filter((row) => row.tenant_id === acme.tenantId)
            expect(await answers(session, acme)).toEqual(summaries(own(llm), own(e2b)))
            const [question] = asks.take(1)
            if (question) await ask(session, question, there, gone, seen)
          }
        } finally {
          await session.query('rollback to savepoint nothing')
        }
      },
    ),
    { numRuns: rounds(12) },
  )
  // By chance, a run renews, prunes and splits nothing; what that comes to is claimed in fold-usage.spec.ts.
  expect(seen.covered).toBeGreaterThan(0)
  expect(seen.asked).toBeGreaterThan(0)
})

async function happen(
  session: Session,
  step: typeof steps extends fc.Arbitrary<infer S> ? S : never,
  there: Recorded,
  gone: Recorded,
  seen: { covered: number; renewed: number; pruned: number },
): Promise<void> {
  switch (step.act) {
    case 'calls':
    case 'runs': {
      const kind = step.act === 'calls' ? 'llm' : 'e2b'
      await record(session, `${kind}_cost_records`, step.rows)
      for (const row of step.rows) there[kind].set(row.id, row as unknown as AnyRecord)
      return
    }
    case 'fold':
      for (const row of await session.query('select * from copilot_internal.fold_usage($1)', [step.days])) {
        seen.covered += Number(row['days_folded'])
        seen.renewed += Number(row['days_renewed'])
      }
      return
    case 'prune':
      await session.query('select copilot_internal.prune_usage($1, false, $2)', [
        at(MIDNIGHT - step.ago),
        step.rows,
      ])
      for (const kind of ['llm', 'e2b'] as const) {
        const left = new Set(
          (await session.query(`select id from copilot_internal.${kind}_cost_records`)).map(
            (row) => row['id'],
          ),
        )
        for (const [id, row] of there[kind]) {
          if (left.has(id)) continue
          there[kind].delete(id)
          gone[kind].set(id, row)
          seen.pruned += 1
        }
      }
      return
    default: {
      const all = [...there.llm.values(), ...there.e2b.values()] as (AnyRecord & { id: string })[]
      const one = all[step.nth % Math.max(all.length, 1)]
      if (!one) return
      const kind = there.llm.has(one.id) ? 'llm' : 'e2b'
      if (step.act === 'relabel') {
        const column = kind === 'llm' ? 'task' : 'conversation_id'
        await session.query(
          `update copilot_internal.${kind}_cost_records set ${column} = 'other' where id = $1`,
          [one.id],
        )
        there[kind].set(one.id, { ...one, [column]: 'other' } as AnyRecord)
        return
      }
      if (step.act === 'void')
        await session.query('select copilot_internal.void_usage($1, $2, $3)', [one.tenant_id, kind, one.id])
      else await session.query(`delete from copilot_internal.${kind}_cost_records where id = $1`, [one.id])
      there[kind].delete(one.id)
    }
  }
}

async function ask(
  session: Session,
  { since, lasts, ...rest }: typeof questions extends fc.Arbitrary<infer Q> ? Q : never,
  there: Recorded,
  gone: Recorded,
  seen: { asked: number; split: number },
): Promise<void> {
  const asked: SummaryAsked = { ...rest, since: at(MIDNIGHT + since), until: at(MIDNIGHT + since + lasts) }
  const all = [...there.llm.values(), ...there.e2b.values(), ...gone.llm.values(), ...gone.e2b.values()]
  await session.query('savepoint question')
  const answer = session.query(
    `select to_char(bucket at time zone $5, 'YYYY-MM-DD HH24:MI') as bucket, tenant, user_id as "user",
            provider || '/' || model as model, task, tier, conversation_id as conversation,
            concat_ws(' ', llm_request_count, e2b_run_count, input_tokens, output_tokens, execution_time_seconds,
                      llm_cost_usd, e2b_cost_usd, total_cost_usd, estimated_count, unpriced_count) as sums
     from copilot_internal.cost_summary($1, $2, $3, $4, $5)`,
    [asked.since, asked.until, asked.granularity, asked.by, asked.zone],
  )
  const rows = await answer.catch((error: unknown) => {
    // What is gone is known by whole days in UTC only.
    expect(error).toMatchObject({ code: 'QT010' })
    expect(gone.llm.size + gone.e2b.size).toBeGreaterThan(0)
    seen.split += 1
  })
  await session.query(rows ? 'release savepoint question' : 'rollback to savepoint question')
  if (!rows) return
  seen.asked += 1
  const have = new Map(
    rows.map((row) => [JSON.stringify([row['bucket'], ...asked.by.map((name) => row[name])]), row['sums']]),
  )
  expect(Object.fromEntries(have)).toEqual(Object.fromEntries(costSummary(all, asked)))
}

function summaries(llm: LlmRecord[], e2b: E2bRecord[]): Record<string, SummaryRow[]> {
  return {
    cost_summary_by_tenant: sorted(llmSummary(llm, ['tenant_id'])),
    cost_summary_by_model: sorted(llmSummary(llm, ['provider', 'model'])),
    cost_summary_by_task: sorted(llmSummary(llm, ['task'])),
    e2b_cost_summary_by_tenant: sorted(e2bSummary(e2b, ['tenant_id'])),
    e2b_cost_summary_by_tier: sorted(e2bSummary(e2b, ['tier'])),
    e2b_cost_summary_by_conversation: sorted(e2bSummary(e2b, ['tenant_id', 'conversation_id'])),
    combined_cost_summary_by_tenant: sorted(combinedSummary(llm, e2b)),
  }
}

async function answers(session: Session, actor: Actor): Promise<Record<string, Row[]>> {
  await session.query(`select set_config('request.jwt.claims', $1, true)`, [
    JSON.stringify(actor.claims ?? {}),
  ])
  await session.query(`set local role ${actor.role}`)
  const all: Record<string, Row[]> = {}
  for (const view of Object.keys(summaries([], [])))
    all[view] = sorted(await session.query(`select * from copilot_internal.${view}`))
  await session.query('reset role')
  return all
}

function sorted<R extends SummaryRow>(rows: readonly R[]): R[] {
  const text = (row: SummaryRow) => JSON.stringify(Object.entries(row).sort())
  return [...rows].sort((a, b) => (text(a) < text(b) ? -1 : 1))
}

async function record(session: Session, table: string, rows: readonly object[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {}).join(', ')
  await session.query(
    `insert into copilot_internal.${table} (${columns})
     select ${columns} from jsonb_populate_recordset(null::copilot_internal.${table}, $1)`,
    [JSON.stringify(rows)],
  )
}
