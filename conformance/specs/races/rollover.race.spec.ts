/**
 * Periods end while clients reserve and settle: each dollar is in one period's books, and no period is overspent.
 *
 * Method: quotas of the platform, which is spread, a tenant and a user, whose period is made to end a moment later once enough has happened in
 * it: now when something has been spent, now when clients have also been refused. What a settlement charged is noted in the same
 * transaction. No hold outlives the run.
 */
import { acme } from '../../../fixtures/people.ts'
import type { Database, Session } from '../../engines/index.ts'
import { expect, needs, Run, rounds } from '../../harness/index.ts'

const CLIENTS = 16
const PERIODS_ENDED = rounds(8)
const LIMIT_USD = 5

const LIMITS = `
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period, period_start)
  select s.scope, s.id::uuid, 'llm', ${LIMIT_USD}, 'hour', now() - interval '1 minute'
  from (values ('platform', null), ('tenant', '${acme.tenantId}'), ('user', '${acme.userId}')) as s (scope, id);
  create table public.settled (amount_usd numeric(38,18));
  select copilot_internal.spread_quota(id) from copilot_internal.cost_quotas where scope = 'platform'`

/** Locks in the order in which everybody does. */
const END_PERIODS = `
  with locked as materialized (select id from copilot_internal.cost_quotas order by id for update)
  update copilot_internal.cost_quotas as q
  set period_end = clock_timestamp() + interval '20 milliseconds'
  from locked where q.id = locked.id`

const QUOTAS = `select *, spent_usd + copilot_internal.quota_parts_usd(id) as spent from copilot_internal.cost_quotas`

/** What clients were answered so far. */
interface Answers {
  settled: number
  refused: number
}

needs('two-sessions', 'own-database')(
  'a period that ends meanwhile is archived once, and every charge is in one period',
  async ({ ownDatabase }) => {
    const database = await ownDatabase()
    const session = await database.connect()
    await session.run(LIMITS)
    const run = new Run()
    const answers = { settled: 0, refused: 0 }
    await run.all([
      ...Array.from({ length: CLIENTS }, () => client(database, answers, run)),
      endPeriods(await database.connect(), answers, run),
    ])

    const books = await session.query(`
      select q.scope, count(a.id) as archived,
             q.spent + coalesce(sum(a.spent_usd), 0) = (select sum(amount_usd) from public.settled) as balanced,
             q.spent <= q.limit_usd and bool_and(a.spent_usd <= a.limit_usd) as within,
             q.spent > 0 and bool_and(a.spent_usd > 0) as all_used,
             array_agg(a.period_end order by a.period_start)
             = array_agg(a.period_start order by a.period_start) filter (where a.period_start > q.created_at) || q.period_start
               as no_gap
      from (${QUOTAS}) as q
      left join copilot_internal.cost_quota_periods as a on a.quota_id = q.id
      group by q.id, q.scope, q.spent, q.limit_usd, q.created_at, q.period_start order by q.scope`)
    expect(books).toEqual(
      ['platform', 'tenant', 'user'].map((scope) => ({
        scope,
        archived: String(PERIODS_ENDED),
        balanced: 't',
        within: 't',
        all_used: 't',
        no_gap: 't',
      })),
    )
    await session.close()
  },
)

/** Ends each period when enough has happened in it, and the run when enough has happened in the last one. */
async function endPeriods(session: Session, answers: Answers, run: Run): Promise<void> {
  const holds = async (condition: string) => {
    const [quotas] = await session.query(`select bool_and(${condition}) as yes from (${QUOTAS}) as q`)
    return quotas?.['yes'] === 't'
  }
  let settled = 0
  for (let ended = 0; ; ended += 1) {
    const { refused } = answers
    // No fewer fit the limit: an amount is less than a dollar.
    await run.until(
      `settlements in period ${ended}`,
      async () => answers.settled >= settled + LIMIT_USD - 1 && (await holds('q.spent > 0')),
    )
    // In every other one the limit is felt. Each client asks for one thing at a time, so one of these has asked since.
    if (ended % 2 === 1)
      await run.until(`refusals in period ${ended}`, () => answers.refused > refused + CLIENTS)
    if (ended === PERIODS_ENDED) break
    settled = answers.settled
    await session.query(END_PERIODS)
    const archived = `(select count(*) from copilot_internal.cost_quota_periods where quota_id = q.id)`
    await run.until(`the end of period ${ended}`, () => holds(`${archived} > ${ended}`))
  }
  run.end()
  await session.close()
}

/** Reserves and settles until the run is over. */
async function client(database: Database, answers: Answers, run: Run): Promise<void> {
  const session = await database.connect()
  while (!run.over) {
    const amount = `0.${1 + Math.floor(Math.random() * 999_999)}`
    const [hold] = await session.query(
      `select reservation_id as id, granted from copilot_internal.reserve_quota($1, 'llm', $2, $3)`,
      [acme.tenantId, amount, acme.userId],
    )
    if (hold?.['granted'] !== 't') {
      answers.refused += 1
      continue
    }
    await session.query(
      `with charged as (select copilot_internal.settle_reservation($1, $2, $3) as yes)
       insert into public.settled select $3 from charged where yes`,
      [acme.tenantId, hold['id'], amount],
    )
    answers.settled += 1
  }
  await session.close()
}
