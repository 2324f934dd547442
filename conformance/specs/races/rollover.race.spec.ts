/**
 * A period ends while clients reserve and settle: each dollar is in one period's books, and neither period is overspent.
 *
 * Method: quotas of the platform, a tenant and a user end their first period in the middle of the run. What a settlement
 * charged is noted in the same transaction. No hold outlives the run.
 */
import { acme } from '../../../fixtures/people.ts'
import type { Database } from '../../engines/index.ts'
import { expect, needs } from '../../harness/index.ts'

const CLIENTS = 16
const LASTS_MS = 1_500
const LIMIT_USD = 5

const LIMITS = `
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period, period_start, period_end)
  select s.scope, s.id::uuid, 'llm', ${LIMIT_USD}, 'hour', now() - interval '1 minute', now() + interval '700 milliseconds'
  from (values ('platform', null), ('tenant', '${acme.tenantId}'), ('user', '${acme.userId}')) as s (scope, id);
  create table public.settled (amount_usd numeric(38,18))`

needs('two-sessions', 'own-database')(
  'a period that ends meanwhile is archived once, and every charge is in one period',
  async ({ ownDatabase }) => {
    const database = await ownDatabase()
    const session = await database.connect()
    await session.run(LIMITS)
    const until = Date.now() + LASTS_MS
    const refusals = await Promise.all(Array.from({ length: CLIENTS }, () => client(database, until)))

    const books = await session.query(`
      select q.scope, count(a.id) as archived,
             q.spent_usd + coalesce(sum(a.spent_usd), 0) = (select sum(amount_usd) from public.settled) as balanced,
             q.spent_usd <= q.limit_usd and bool_and(a.spent_usd <= a.limit_usd) as within,
             q.spent_usd > 0 and bool_and(a.spent_usd > 0) as both_used,
             bool_and(a.period_end = q.period_start) as no_gap
      from copilot_internal.cost_quotas as q
      left join copilot_internal.cost_quota_periods as a on a.quota_id = q.id
      group by q.id order by q.scope`)
    expect(books).toEqual(
      ['platform', 'tenant', 'user'].map((scope) => ({
        scope,
        archived: '1',
        balanced: 't',
        within: 't',
        both_used: 't',
        no_gap: 't',
      })),
    )
    // The limit was felt, or nothing has been shown.
    expect(refusals.reduce((sum, refused) => sum + refused, 0)).toBeGreaterThan(0)
    await session.close()
  },
  30_000,
)

/** Reserves and settles until the run is over; how often it was refused. */
async function client(database: Database, until: number): Promise<number> {
  const session = await database.connect()
  let refused = 0
  while (Date.now() < until) {
    const amount = `0.${1 + Math.floor(Math.random() * 999_999)}`
    const [hold] = await session.query(
      `select reservation_id as id, granted from copilot_internal.reserve_quota($1, 'llm', $2, $3)`,
      [acme.tenantId, amount, acme.userId],
    )
    if (hold?.['granted'] !== 't') {
      refused += 1
      continue
    }
    await session.query(
      `with charged as (select copilot_internal.settle_reservation($1, $2, $3) as yes)
       insert into public.settled select $3 from charged where yes`,
      [acme.tenantId, hold['id'], amount],
    )
  }
  await session.close()
  return refused
}
