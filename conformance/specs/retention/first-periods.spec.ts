/**
 * copilot_internal.prune_usage keeps the first closed period of a quota: it says since when the quota has been charged.
 *
 * Method: quotas of ten and more periods, of which all but the first go; then usage that is charged or credited by what is left.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { describe, expect, test } from '../../harness/index.ts'
import { A, kinds } from '../usage/rows.ts'
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

describe.each(kinds)('%s usage that was charged', (kind) => {
  const usage =
    kind === 'llm'
      ? `copilot_internal.record_llm_usage('${A}', 'openai', 'gpt-4', 100000, 0, 'r')`
      : `copilot_internal.record_e2b_usage('${A}', 'gpu', 'us-east-1', 2500, request_id => 'r')`
  const other = kind === 'llm' ? 'e2b' : 'llm'
  const voided = `select copilot_internal.void_usage('${A}', '${kind}', 'r') as voided`
  const made = (scope: string, id: string | null, of: string) => `
    insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
    values ('${scope}', ${id ? `'${id}'` : 'null'}, '${of}', 100, 'day')`

  test('to nobody is credited to no quota that is edited to count it', async ({ as, session }) => {
    for (const [before, edit, spent] of [
      [made('tenant', A, other), `resource_type = 'all'`, 0],
      [made('tenant', A, other), `resource_type = '${kind}'`, 0],
      [made('tenant', Q1, 'all'), `scope_id = '${A}'`, 0],
      [made('tenant', Q1, 'all'), `scope = 'platform', scope_id = null`, 0],
      [made('user', A, 'all'), `scope = 'tenant'`, 0],
      // These were charged, and still count it.
      [made('tenant', A, 'all'), `resource_type = '${kind}'`, 0],
      [made('platform', null, 'all'), `scope = 'tenant', scope_id = '${A}'`, 0],
      [made('tenant', A, kind), 'limit_usd = 50', 0],
      [made('tenant', A, kind), `resource_type = 'all'`, 0],
      [made('tenant', A, kind), `scope = 'platform', scope_id = null, resource_type = 'all'`, 0],
    ] as const) {
      await session.query('savepoint one')
      await session.query(before)
      await session.query(`select ${usage}`)
      await session.query(`update copilot_internal.cost_quotas set ${edit}`)
      await as(service)(voided).resultsEq([{ voided: true }])
      await as(owner)`select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas`.resultsEq([
        { spent },
      ])
      await session.query('rollback to savepoint one')
    }
  })

  const edit = (to: string) => `update copilot_internal.cost_quotas set ${to}`
  const spent = 'select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas'

  test('is credited after a quota was widened, narrowed and widened again', async ({ as, session }) => {
    await session.run(`${made('tenant', A, 'all')}; select ${usage};`)
    for (const to of [
      `scope = 'platform', scope_id = null`,
      `scope = 'tenant', scope_id = '${A}'`,
      `resource_type = '${kind}'`,
      `scope = 'platform', scope_id = null, resource_type = 'all'`,
    ])
      await session.query(edit(to))
    await as(service)(voided).resultsEq([{ voided: true }])
    await as(owner)(spent).resultsEq([{ spent: 0 }])
  })

  test('of a user is credited after the quota of the user was widened twice', async ({ as, session }) => {
    await session.run(made('user', A, kind))
    await session.query(`select ${usage.replace(/\)$/, `, user_id => '${A}')`)}`)
    for (const to of [`resource_type = 'all'`, `scope = 'platform', scope_id = null`])
      await session.query(edit(to))
    await as(service)(voided).resultsEq([{ voided: true }])
    await as(owner)(spent).resultsEq([{ spent: 0 }])
  })

  test('while a quota did not count it is not credited by a later edit', async ({ as, session }) => {
    await session.run(`${made('tenant', A, 'all')}; ${edit(`resource_type = '${other}'`)}; select ${usage}`)
    await session.query(edit(`resource_type = 'all'`))
    await as(service)(voided).resultsEq([{ voided: true }])
    await as(owner)(spent).resultsEq([{ spent: 0 }])
  })

  test('by its hold is given back to no quota that no longer counts it', async ({ as, session }) => {
    await session.run(`${made('tenant', A, kind)}; ${edit(`unpriced_policy = 'charge_hold'`)}`)
    const [held] = await session.query(
      `select reservation_id as id from copilot_internal.reserve_quota('${A}', '${kind}', 5)`,
    )
    const report =
      kind === 'llm'
        ? `copilot_internal.record_llm_usage('${A}', 'openai', 'none', 1, 0, 'r', reservation_id => '${held?.['id']}')`
        : `copilot_internal.record_e2b_usage('${A}', 'none', 'us-east-1', 1, request_id => 'r', reservation_id => '${held?.['id']}')`
    await session.query(`select ${report}`)
    await as(owner)(spent).resultsEq([{ spent: 5 }])
    await session.query(edit(`scope_id = '${Q1}', spent_usd = 0`))
    await as(service)(voided).resultsEq([{ voided: true }])
    await as(owner)(spent).resultsEq([{ spent: 0 }])
  })

  test('by a settlement is taken off, be its quota newer', async ({ as, session }) => {
    const [held] = await session.query(
      `select reservation_id as id from copilot_internal.reserve_quota('${A}', '${kind}', 3)`,
    )
    // As another client would have made it meanwhile.
    await session.run(`${made('tenant', A, kind)}; ${edit('created_at = clock_timestamp()')}`)
    await session.query(`select copilot_internal.settle_reservation('${A}', '${held?.['id']}', 3)`)
    await session.query(`select ${usage.replace(/\)$/, `, reservation_id => '${held?.['id']}')`)}`)
    await as(owner)(spent).resultsEq([{ spent: 3 }])
  })

  test('by a settlement is taken off after its quota was widened', async ({ as, session }) => {
    await session.run(made('tenant', A, kind))
    const [held] = await session.query(
      `select reservation_id as id from copilot_internal.reserve_quota('${A}', '${kind}', 3)`,
    )
    await session.query(`select copilot_internal.settle_reservation('${A}', '${held?.['id']}', 3)`)
    await session.query(edit(`resource_type = 'all'`))
    await session.query(`select ${usage.replace(/\)$/, `, reservation_id => '${held?.['id']}')`)}`)
    await as(owner)(spent).resultsEq([{ spent: 3 }])
  })
})
