/**
 * What concerns one tenant, user or the platform reads no quota of others, however many there are.
 *
 * Method: among 3,000 quotas of others, how many rows of the table each call reads: by the server's own count of this transaction.
 * Each is called ten times, as a session that is kept plans otherwise after five.
 */
import { acme } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { expect, needs } from '../../harness/index.ts'

const test = needs('thorough-run')
const CALLS = 10
/** A call asks a few times for four quotas at most, in an index and in the table. */
const ROWS_A_CALL = 100
const MANY = `
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
  select scope, gen_random_uuid(), 'all', 100, 'month' from unnest('{tenant,user}'::text[]) as scope, generate_series(1, 1500);
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
  values ('tenant', '${acme.tenantId}', 'e2b', 100, 'day'), ('user', '${acme.userId}', 'e2b', 100, 'day'),
         ('platform', null, 'e2b', 100, 'day'), ('tenant', '${acme.tenantId}', 'all', 100, 'day');
  analyze copilot_internal.cost_quotas`
const read = `
  select pg_stat_get_xact_tuples_returned(c.oid) + pg_stat_get_xact_tuples_fetched(c.oid) as rows
  from pg_catalog.pg_class as c where c.oid in (
    select 'copilot_internal.cost_quotas'::regclass
    union all select indexrelid from pg_catalog.pg_index where indrelid = 'copilot_internal.cost_quotas'::regclass)`
const rowsRead = async (session: Session) =>
  (await session.query(read)).reduce((sum, { rows }) => sum + Number(rows), 0)

const SCOPES = {
  tenant: `'tenant', '${acme.tenantId}'`,
  user: `'user', '${acme.userId}'`,
  platform: `'platform', null`,
}
const CONCERNS: Record<string, (scope: string, n: number) => string> = {
  check_e2b_quota: (scope) => `copilot_internal.check_e2b_quota(${scope}, 0.01)`,
  check_llm_quota: (scope) => `copilot_internal.check_llm_quota(${scope}, 0.01)`,
  increment_e2b_quota_spend: (scope) => `copilot_internal.increment_e2b_quota_spend(${scope}, 0.01)`,
  increment_llm_quota_spend: (scope) => `copilot_internal.increment_llm_quota_spend(${scope}, 0.01)`,
  quota_status: (scope) => `copilot_internal.quota_status(${scope})`,
  set_quota: (scope, n) => `copilot_internal.set_quota(${scope}, 'e2b', ${50 + n}, 'day')`,
}
const RECORDS: Record<string, (n: number) => string> = {
  reserve_quota: (n) =>
    `copilot_internal.reserve_quota('${acme.tenantId}', 'e2b', 0.01, '${acme.userId}', 'hold-${n}')`,
  record_e2b_usage: (n) =>
    `copilot_internal.record_e2b_usage('${acme.tenantId}', 'gpu', 'us-east-1', 1, request_id => 'run-${n}', user_id => '${acme.userId}')`,
}

const calls = [
  ...Object.entries(CONCERNS).flatMap(([name, call]) =>
    Object.entries(SCOPES).map(([scope, args]) => [name, scope, (n: number) => call(args, n)] as const),
  ),
  ...Object.entries(RECORDS).map(([name, call]) => [name, 'all three', call] as const),
]

test.for(calls)('%s for %s reads few quotas', async ([, , call], { session }) => {
  await session.run(MANY)
  for (let n = 0; n < CALLS; n += 1) {
    const before = await rowsRead(session)
    await session.query(`select * from ${call(n)}`)
    expect((await rowsRead(session)) - before).toBeLessThan(ROWS_A_CALL)
  }
})
