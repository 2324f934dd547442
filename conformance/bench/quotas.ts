/** What a contended quota costs beside a bare UPDATE of one row, and that nothing is lost. */
import type { Database, Session } from '../engines/index.ts'
import type { Say } from './median.ts'
import { type Ratio, ratioOf } from './ratio.ts'

const TENANT = 'c3000000-0000-4000-8000-000000000001'
const CLIENTS = 8
const CALLS = 100

/** How a server commits, and what is promised of quotas there. */
export interface Commits {
  /** As it is said of a figure, such as `without fsync`. */
  readonly how: string
  readonly rounds: number
  readonly atMost?: number
}

/** Throws an error when an increment was lost. */
export async function quotaCosts(
  database: Database,
  session: Session,
  { how, rounds, atMost }: Commits,
  say: Say,
): Promise<Ratio[]> {
  await session.query(`select copilot_internal.set_quota('tenant', '${TENANT}', 'e2b', 1000000000, 'month')`)
  await session.query(
    'create table if not exists public.counters (id integer primary key, spent numeric(38,18) not null)',
  )
  await session.query('insert into public.counters values (1, 0) on conflict do nothing')
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => database.connect()))
  let calls = 0
  const increment = `select copilot_internal.increment_e2b_quota_spend('tenant', '${TENANT}', 1)`
  const update = 'update public.counters set spent = spent + 1 where id = 1'
  const sameRow = `update copilot_internal.cost_quotas set spent_usd = spent_usd + 1 where scope_id = '${TENANT}'`
  const counted = async (statement: string) => {
    calls += CLIENTS * CALLS
    return latencies(clients, statement)
  }
  const against = `a bare UPDATE of one row by as many`
  const which = `increment_e2b_quota_spend by ${CLIENTS} clients, ${how}`
  const fewer = Math.ceil(rounds / 3)
  try {
    const costs = [
      await ratioOf(
        {
          ...{ figure: which, against, rounds, ...(atMost === undefined ? {} : { atMost }) },
          product: async () => void (await counted(increment)),
          alternative: async () => void (await latencies(clients, update)),
        },
        say,
      ),
      await ratioOf(
        {
          ...{
            figure: which,
            against: `a bare UPDATE of the same quota by as many, with its constraints`,
            rounds: fewer,
          },
          product: async () => void (await counted(increment)),
          alternative: async () => void (await counted(sameRow)),
        },
        say,
      ),
      await ratioOf(
        {
          ...{ figure: `${which}: the slowest call of a hundred`, against, rounds: fewer },
          product: async () => slowestOfHundred(await counted(increment)),
          alternative: async () => slowestOfHundred(await latencies(clients, update)),
        },
        say,
      ),
    ]
    const [quota] = await session.query(
      `select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas where scope_id = '${TENANT}'`,
    )
    if (Number(quota?.['spent']) !== calls)
      throw new Error(`Increments were lost: spent is ${quota?.['spent']}, and should be ${calls}.`)
    return costs
  } finally {
    for (const client of clients) await client.close()
  }
}

/** Whether a run fits is asked beside the quotas of a hundred thousand others. */
export async function manyQuotasCost(session: Session, say: Say): Promise<Ratio> {
  await session.query(`select copilot_internal.set_quota('tenant', '${TENANT}', 'e2b', 1000000000, 'month')`)
  await session.query(
    `insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
     select 'tenant', gen_random_uuid(), 'e2b', 100, 'month' from generate_series(1, 100000)`,
  )
  await session.query('analyze copilot_internal.cost_quotas')
  const byHand = `
    select not exists (
      select from copilot_internal.cost_quotas as q
      where q.scope = 'tenant' and q.scope_id = '${TENANT}' and q.resource_type in ('e2b', 'all')
        and q.limit_usd < 1 + q.spent_usd + coalesce((
          select sum(r.amount_usd) from copilot_internal.quota_reservations as r
          where r.tenant_id = q.scope_id and r.resource_type = 'e2b' and r.closed_at is null and r.expires_at > now()
        ), 0)
    )`
  const times = async (statement: string) => {
    for (let call = 0; call < CALLS; call += 1) await session.lookUp(statement)
  }
  return ratioOf(
    {
      figure: 'check_e2b_quota beside 100000 quotas of others',
      against: 'one SELECT of the quota and its holds by scope and id',
      product: () => times(`select copilot_internal.check_e2b_quota('tenant', '${TENANT}', 1)`),
      alternative: () => times(byHand),
      rounds: 9,
    },
    say,
  )
}

/** Each client asks one call after the other, all clients at once. Answers how long each call took, in milliseconds. */
async function latencies(clients: readonly Session[], statement: string): Promise<number[]> {
  const each = clients.map(async (client) => {
    const took: number[] = []
    for (let call = 0; call < CALLS; call += 1) {
      const started = performance.now()
      await client.lookUp(statement)
      took.push(performance.now() - started)
    }
    return took
  })
  return (await Promise.all(each)).flat()
}

function slowestOfHundred(latencies: readonly number[]): number {
  return latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? Number.NaN
}
