/** What a contended quota costs beside a bare UPDATE of one row, and that nothing is lost. */
import type { Database, Session } from '../engines/index.ts'
import type { Say } from './median.ts'
import { type Ratio, ratioOf } from './ratio.ts'

const TENANT = 'c3000000-0000-4000-8000-000000000001'
const CLIENTS = 8
const CALLS = 100
const looped = (body: string) => `do $$ begin for i in 1..${CALLS} loop ${body} commit; end loop; end $$`

/** Throws an error when an increment was lost. `durable`: whether the server waits for its disk at each commit. */
export async function quotaCosts(
  database: Database,
  session: Session,
  durable: boolean,
  say: Say,
): Promise<Ratio[]> {
  await session.query(`select copilot_internal.set_quota('tenant', '${TENANT}', 'e2b', 1000000000, 'month')`)
  await session.query(
    'create table if not exists public.counters (id integer primary key, spent numeric(38,18) not null)',
  )
  await session.query('insert into public.counters values (1, 0) on conflict do nothing')
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => database.connect()))
  const all = (body: string) => () => Promise.all(clients.map((client) => client.query(looped(body))))
  let turns = 0
  const increment = all(`perform copilot_internal.increment_e2b_quota_spend('tenant', '${TENANT}', 1);`)
  try {
    const cost = await ratioOf(
      {
        figure: `increment_e2b_quota_spend by ${CLIENTS} clients, ${durable ? 'durable' : 'without fsync'}`,
        against: 'a bare UPDATE of one row by as many',
        product: async () => {
          turns += 1
          await increment()
        },
        alternative: all('update public.counters set spent = spent + 1 where id = 1;'),
        rounds: 7,
        atMost: durable ? 1.25 : 2.5,
      },
      say,
    )
    const [quota] = await session.query(
      `select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas where scope_id = '${TENANT}'`,
    )
    const wanted = turns * CLIENTS * CALLS
    if (Number(quota?.['spent']) !== wanted)
      throw new Error(`Increments were lost: spent is ${quota?.['spent']}, and should be ${wanted}.`)
    return [cost]
  } finally {
    for (const client of clients) await client.close()
  }
}
