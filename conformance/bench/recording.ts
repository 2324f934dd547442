/** What recording costs beside a bare INSERT and UPDATE, one by one and many at once, and what a platform's quota adds. */
import { randomUUID } from 'node:crypto'
import type { Database, Session } from '../engines/index.ts'
import type { Say } from './median.ts'
import type { Commits } from './quotas.ts'
import { type Ratio, ratioOf } from './ratio.ts'

const TENANT = 'c1000000-0000-4000-8000-000000000001'
const CALLS = 500
const CLIENTS = 8

const REPORT = (tenant: string) =>
  `copilot_internal.record_llm_usage('${tenant}', 'openai', 'gpt-4o-mini', 1000 + i, i, gen_random_uuid()::text)`
const looped = (calls: number, body: string) =>
  `do $$ begin for i in 1..${calls} loop ${body} commit; end loop; end $$`

export async function recordingCosts(database: Database, session: Session, say: Say): Promise<Ratio[]> {
  await session.query(`select copilot_internal.set_quota('tenant', '${TENANT}', 'llm', 1000000000, 'month')`)
  const single = () => session.query(looped(CALLS, `perform ${REPORT(TENANT)};`))
  const costs = [
    await ratioOf(
      {
        figure: 'record_llm_usage, a call at a time',
        against: 'a bare INSERT of a record and an UPDATE of a quota, in one transaction',
        product: single,
        alternative: () =>
          session.query(
            looped(
              CALLS,
              `insert into copilot_internal.llm_cost_records (tenant_id, provider, model, request_id, input_tokens, output_tokens, is_adopted, total_cost_usd)
               values ('${TENANT}', 'openai', 'gpt-4o-mini', gen_random_uuid()::text, 1000 + i, i, true, 1);
               update copilot_internal.cost_quotas set spent_usd = spent_usd + 1 where scope_id = '${TENANT}';`,
            ),
          ),
        rounds: 9,
        atMost: 2.5,
      },
      say,
    ),
    await ratioOf(
      {
        figure: `record_llm_usage_batch, ${CALLS} reports in a call`,
        against: `${CALLS} calls of record_llm_usage`,
        product: async () => {
          const reports = reportsOfABatch()
          const started = performance.now()
          await session.query('select count(*) from copilot_internal.record_llm_usage_batch($1)', [reports])
          return performance.now() - started
        },
        alternative: single,
        rounds: 15,
        atMost: 0.1,
      },
      say,
    ),
  ]
  const inMemory = { how: 'in memory', rounds: 7, atMost: 1.5 }
  return [
    ...costs,
    ...(await platformQuotaCosts(database, session, { row: inMemory, spread: inMemory }, say)),
  ]
}

/** As JSON, which is made before the clock starts: a client that calls once for each has none to make. */
function reportsOfABatch(): string {
  return JSON.stringify(
    Array.from({ length: CALLS }, (_, i) => ({
      ...{
        tenant_id: TENANT,
        provider: 'openai',
        model: 'gpt-4o-mini',
        input_tokens: 1000 + i,
        output_tokens: i,
      },
      request_id: randomUUID(),
    })),
  )
}

/** Eight clients of tenants of their own, with a quota that all of them are charged to, as one row and spread, and without. */
export async function platformQuotaCosts(
  database: Database,
  session: Session,
  { row, spread }: { readonly row: Commits; readonly spread: Commits },
  say: Say,
): Promise<Ratio[]> {
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => database.connect()))
  const all = () =>
    Promise.all(
      clients.map((client, index) =>
        client.query(looped(100, `perform ${REPORT(`c2000000-0000-4000-8000-00000000000${index}`)};`)),
      ),
    )
  const cost = ({ how, rounds, atMost }: Commits, figure: string, statement?: string) =>
    ratioOf(
      {
        figure: `${CLIENTS} clients that record, with a platform quota${figure}, ${how}`,
        against: 'the same without one',
        product: async () => {
          await session.query(
            `select copilot_internal.set_quota('platform', null, 'llm', 1000000000, 'month')`,
          )
          if (statement) await session.query(statement)
          await all()
          await session.query(`delete from copilot_internal.cost_quotas where scope = 'platform'`)
        },
        alternative: all,
        rounds,
        ...(atMost === undefined ? {} : { atMost }),
      },
      say,
    )
  try {
    return [
      await cost(row, ''),
      await cost(
        spread,
        ' that is spread',
        `select copilot_internal.spread_quota(id) from copilot_internal.cost_quotas where scope = 'platform'`,
      ),
    ]
  } finally {
    for (const client of clients) await client.close()
  }
}
