/**
 * copilot_internal.prune_usage keeps the first closed period of a quota: it says since when the quota has been charged.
 *
 * Method: quotas of ten and more periods, of which all but the first go; then usage that is charged or credited by what is left.
 */
import { acme, owner } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { describe, expect, test } from '../../harness/index.ts'
import { A } from '../usage/rows.ts'
import { going } from './rows.ts'

const [Q1, Q2] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']

/** Makes a quota that was charged for so many days before 2026-02-20, and is in its period of today. */
const quota = (id: string, days: number) => `
  insert into copilot_internal.cost_quotas (id, scope, scope_id, resource_type, limit_usd, period, created_at, unpriced_policy)
  values ('${id}', 'tenant', '${acme.tenantId}', '${id === Q1 ? 'all' : 'llm'}', 100, 'day', '2025-01-01', 'allow');
  insert into copilot_internal.cost_quota_periods
    (quota_id, scope, scope_id, resource_type, period, period_start, period_end, limit_usd, spent_usd)
  select '${id}', 'tenant', '${acme.tenantId}', 'all', 'day', day, day + interval '1 day', 100, 1
  from generate_series('2026-02-20 00:00+00'::timestamptz - interval '${days - 1} days', '2026-02-20 00:00+00', '1 day') as day;`

const periods = (session: Session) =>
  session.query(
    `select quota_id, min(period_start)::date::text as first, count(*) as periods
     from copilot_internal.cost_quota_periods group by quota_id order by quota_id`,
  )

describe('prune_usage', () => {
  test('leaves of each quota its first closed period, as it said', async ({ session }) => {
    await session.query(`set local timezone = 'UTC'`)
    await session.run(quota(Q1, 10) + quota(Q2, 3))
    expect(await going(session, 'cost_quota_periods')).toEqual({ told: 11, gone: 11 })
    expect(await periods(session)).toEqual([
      { quota_id: Q1, first: '2026-02-11', periods: '1' },
      { quota_id: Q2, first: '2026-02-18', periods: '1' },
    ])
    // Without its quota it is of no use.
    await session.query(`delete from copilot_internal.cost_quotas where id = '${Q1}'`)
    expect(await going(session, 'cost_quota_periods')).toEqual({ told: 1, gone: 1 })
  })

  test('leaves usage that was settled to be charged the difference', async ({ as, session }) => {
    await session.run(quota(Q1, 10))
    await session.run(`
      insert into copilot_internal.quota_reservations
        (tenant_id, id, resource_type, amount_usd, created_at, expires_at, closed_at, settled_usd)
      values ('${A}', '${Q1}', 'llm', 5, '2026-02-15', '2026-02-16', '2026-02-15', 5)`)
    await going(session, 'cost_quota_periods')
    await session.query(
      `select copilot_internal.record_llm_usage('${A}', 'openai', 'gpt-4', 200000, 0, reservation_id => '${Q1}')`,
    )
    await as(owner)`select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas`.resultsEq([
      { spent: 1 },
    ])
  })
})
