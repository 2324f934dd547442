/** What the views cost beside an aggregate written by hand, where days are folded and where nobody ever folds. */
import type { Session } from '../engines/index.ts'
import { TENANTS } from '../usage/index.ts'
import type { Say } from './median.ts'
import { type Ratio, ratioOf } from './ratio.ts'
import { foldAll, unfold } from './usage-data.ts'

/** Of middling size. */
const TENANT = TENANTS[3][1]
const LLM_SUMS = `count(*), sum(input_tokens), sum(output_tokens), sum(input_cost_usd), sum(output_cost_usd), sum(total_cost_usd),
  count(*) filter (where is_estimated), count(*) filter (where is_unpriced), min(recorded_at), max(recorded_at)`
const E2B_SUMS = `count(*), sum(execution_time_seconds), sum(cpu_core_seconds), sum(memory_gb_seconds), sum(disk_io_gb),
  sum(execution_cost_usd), sum(resource_cost_usd), sum(total_cost_usd), count(*) filter (where is_estimated),
  count(*) filter (where is_unpriced), min(recorded_at), max(recorded_at)`
const VIEWS = [
  [
    'cost_summary_by_tenant',
    `select tenant_id, ${LLM_SUMS} from copilot_internal.llm_cost_records group by tenant_id`,
  ],
  [
    'cost_summary_by_model',
    `select provider, model, ${LLM_SUMS} from copilot_internal.llm_cost_records group by provider, model`,
  ],
  ['cost_summary_by_task', `select task, ${LLM_SUMS} from copilot_internal.llm_cost_records group by task`],
  [
    'e2b_cost_summary_by_tier',
    `select tier, ${E2B_SUMS} from copilot_internal.e2b_cost_records group by tier`,
  ],
] as const

/** What cost_summary is asked for: the month of the data, and a day of it. */
const SUMMARIES = [
  ['a month by tenant', '2026-01-01', '2026-02-01', 'month'],
  ['a day by tenant', '2026-01-15', '2026-01-16', 'day'],
] as const
/** A session that is kept plans otherwise after five calls. */
const CALLS_BEFORE = 6

/** What is added up by day. */
const DAYS = [
  ['llm', 'provider, model, task', LLM_SUMS],
  ['e2b', 'tier', E2B_SUMS],
] as const

/** A tenth is promised where sums have something to save: from ten million records on. */
export async function viewCosts(session: Session, isLarge: boolean, say: Say): Promise<Ratio[]> {
  await unfold(session)
  const costs = [
    await ratioOf(
      {
        figure: 'cost_summary_by_tenant where nobody folds',
        against: 'a hand-written aggregate over the records',
        product: () => session.query('select * from copilot_internal.cost_summary_by_tenant'),
        alternative: () => session.query(VIEWS[0][1]),
        rounds: 3,
      },
      say,
    ),
  ]
  costs.push(
    await ratioOf(
      {
        figure: 'fold_usage, all days that are over',
        against: 'CREATE TABLE AS the same sums by tenant, day, model and task, or tier',
        product: async () => {
          await unfold(session)
          const started = performance.now()
          await foldAll(session)
          return performance.now() - started
        },
        alternative: async () => {
          for (const [kind, by, sums] of DAYS)
            await session.run(
              `create temporary table sums as
               select tenant_id, (recorded_at at time zone 'UTC')::date as day, ${by}, row(${sums})::text as sums
               from copilot_internal.${kind}_cost_records group by tenant_id, day, ${by}; drop table sums`,
            )
        },
        rounds: 3,
      },
      say,
    ),
  )
  for (const [view, aggregate] of VIEWS)
    costs.push(
      await ratioOf(
        {
          figure: `${view}, days added up`,
          against: 'a hand-written aggregate over the records',
          product: () => session.query(`select * from copilot_internal.${view}`),
          alternative: () => session.query(aggregate),
          rounds: 3,
          ...(isLarge ? { atMost: 0.1 } : {}),
        },
        say,
      ),
    )
  return [...costs, ...(await summaryCosts(session, isLarge, say))]
}

/** Both kinds in one answer, as an invoice has it. */
async function summaryCosts(session: Session, isLarge: boolean, say: Say): Promise<Ratio[]> {
  const costs: Ratio[] = []
  for (const [what, since, until, bucket] of SUMMARIES) {
    const range = `recorded_at >= '${since}T00:00Z' and recorded_at < '${until}T00:00Z'`
    // One bucket is asked for, so no date is calculated: whoever groups by date_trunc as well waits twice as long.
    const part = (kind: string, sums: string) => `
      select tenant_id, ${sums} from copilot_internal.${kind}_cost_records where ${range} group by tenant_id`
    const summary = () =>
      session.query(
        `select * from copilot_internal.cost_summary('${since}T00:00Z', '${until}T00:00Z', '${bucket}', '{tenant}')`,
      )
    for (let call = 0; call < CALLS_BEFORE; call += 1) await summary()
    costs.push(
      await ratioOf(
        {
          figure: `cost_summary of ${what}, in a session that has asked before`,
          against: 'a hand-written aggregate over the records of that time',
          product: summary,
          alternative: async () => {
            await session.query(part('llm', LLM_SUMS))
            await session.query(part('e2b', E2B_SUMS))
          },
          rounds: 5,
          ...(isLarge ? { atMost: 0.1 } : {}),
        },
        say,
      ),
    )
  }
  return costs
}

/** One tenant through row level security, beside an explicit WHERE by the owner. */
export async function accessCosts(session: Session, say: Say): Promise<Ratio[]> {
  await foldAll(session)
  const as = async (role: string, claims: string, query: string, settings = '') => {
    await session.query('begin')
    await session.query(`select set_config('request.jwt.claims', '${claims}', true)`)
    if (settings !== '') await session.query(settings)
    await session.query(`set local role ${role}`)
    await session.query(query)
    await session.query('commit')
  }
  const cost = (relation: string, read: string, against: string, settings?: string) =>
    ratioOf(
      {
        figure: `${relation} of one tenant, as authenticated`,
        against,
        product: () => as('authenticated', `{"tenant_id": "${TENANT}"}`, read, settings),
        alternative: () => as('postgres', '{}', `${read} where tenant_id = '${TENANT}'`, settings),
        rounds: 15,
        atMost: 1.1,
      },
      say,
    )
  const costs: Ratio[] = []
  for (const view of ['cost_summary_by_tenant', 'combined_cost_summary_by_tenant'])
    costs.push(await cost(view, `select * from copilot_internal.${view}`, 'the owner with an explicit WHERE'))
  // Policies ask auth.jwt(), which Supabase has not marked parallel safe: a tenant's question has no workers at any size.
  costs.push(
    await cost(
      'llm_cost_records',
      'select count(*) from copilot_internal.llm_cost_records',
      'the owner with an explicit WHERE, without parallel workers either',
      'set local max_parallel_workers_per_gather = 0',
    ),
  )
  return costs
}
