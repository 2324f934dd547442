/**
 * A clean-up that comes while somebody is in the middle of what it would remove: it passes over it, and waits for nobody.
 *
 * Method: the first leaves its transaction open. Whoever has to wait is seen waiting before the first goes on; whoever must not
 * gives up at once if it waits. No round is left to chance.
 */
import { acme } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { describe, expect, fixture, needs } from '../../harness/index.ts'
import { two, waiting } from './two-clients.ts'

const concurrent = needs('two-sessions', 'own-database', 'own-backend')

/** Something old of each kind that a clean-up removes. */
const HISTORY = `${fixture('reported-in-time')};
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period, created_at)
  values ('tenant', '${acme.tenantId}', 'all', 1000, 'month', '2026-01-01');
  insert into copilot_internal.cost_quota_periods
    (quota_id, scope, scope_id, resource_type, period, period_start, period_end, limit_usd, spent_usd)
  select id, scope, scope_id, resource_type, period, '2026-01-01', '2026-02-01', limit_usd, 0 from copilot_internal.cost_quotas;
  select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1000, 0, 'old', recorded_at => '2026-02-01');
  select copilot_internal.record_e2b_usage('${acme.tenantId}', 'standard', 'us-east-1', 1, request_id => 'old', recorded_at => '2026-02-01');
  insert into copilot_internal.usage_requests (tenant_id, resource_type, request_id, record_id)
  values ('${acme.tenantId}', 'llm', 'of a record that is gone', gen_random_uuid());
  insert into copilot_internal.usage_changes (tenant_id, resource_type, record_id, change, changed_at, former)
  values ('${acme.tenantId}', 'llm', gen_random_uuid(), 'voided', '2026-02-01', '{}');
  insert into copilot_internal.quota_charge_estimates (tenant_id, record_id, quota_id, amount_usd)
  select '${acme.tenantId}', gen_random_uuid(), id, 1 from copilot_internal.cost_quotas;
  insert into copilot_internal.quota_reservations (tenant_id, resource_type, amount_usd, created_at, expires_at, closed_at, is_expired)
  values ('${acme.tenantId}', 'llm', 1, '2026-02-01', '2026-02-02', '2026-02-02', true);`
const PRUNE = `select what, rows from copilot_internal.prune_usage('2026-03-01', false)`

describe('prune_usage: a clean-up', () => {
  // Held for share, as by a reader: what goes is locked alone before it goes.
  const pass = async (session: Session) => {
    const rows = await session.query(PRUNE)
    return Object.fromEntries(rows.flatMap(({ what, rows: count }) => (count === '0' ? [] : [[what, count]])))
  }

  concurrent('passes over what somebody uses, and waits for nobody', async ({ ownDatabase }) => {
    const [first, second] = await two(ownDatabase, HISTORY)
    await first.query('begin')
    for (const [table, where] of [
      ['llm_cost_records', 'true'],
      ['e2b_cost_records', 'true'],
      ['usage_requests', `request_id = 'of a record that is gone'`],
      ['usage_changes', 'true'],
      ['quota_charge_estimates', 'true'],
      ['quota_reservations', 'true'],
      ['cost_quota_periods', 'true'],
    ] as const)
      expect(
        await first.query(`select from copilot_internal.${table} where ${where} for share`),
      ).toHaveLength(1)
    await second.run(`set lock_timeout = '500ms'`)
    for (const _ of [1, 2]) expect(await pass(second)).toEqual({})
    await first.query('rollback')
    expect(await pass(second)).toMatchObject({ llm_cost_records: '1', e2b_cost_records: '1' })
    await second.query(PRUNE)
    expect(await pass(second)).toEqual({})
    await Promise.all([first.close(), second.close()])
  })

  concurrent('leaves a request that somebody uses, and not its record', async ({ ownDatabase }) => {
    const [first, second] = await two(ownDatabase, HISTORY)
    await first.query('begin')
    expect(
      await first.query(`select from copilot_internal.usage_requests where request_id = 'old' for share`),
    ).toHaveLength(2)
    await second.run(`set lock_timeout = '500ms'`)
    expect(await pass(second)).toMatchObject({ llm_cost_records: '1', e2b_cost_records: '1' })
    // And again, as one whose record is gone.
    await second.query(PRUNE)
    expect(await pass(second)).toEqual({})
    await first.query('rollback')
    expect(await pass(second)).toEqual({ usage_requests: '2' })
    await Promise.all([first.close(), second.close()])
  })

  concurrent('waits for another one to end', async ({ ownDatabase }) => {
    const [first, second] = await two(ownDatabase, HISTORY)
    await first.query('begin')
    await first.query(PRUNE)
    const [answer] = await waiting(first, second, PRUNE)
    await first.query('rollback')
    expect(await answer).toContainEqual({ what: 'llm_cost_records', rows: '1' })
    await Promise.all([first.close(), second.close()])
  })

  concurrent(
    'close_expired_reservations passes over one that is just being settled',
    async ({ ownDatabase }) => {
      const [first, second] = await two(
        ownDatabase,
        `insert into copilot_internal.quota_reservations (tenant_id, resource_type, amount_usd, created_at, expires_at)
       select '${acme.tenantId}', 'llm', 1, now() - interval '2 hours', now() - interval '1 hour' from generate_series(1, 2)`,
      )
      await first.query('begin')
      await first.query('select from copilot_internal.quota_reservations limit 1 for share')
      await second.run(`set lock_timeout = '500ms'`)
      const close = 'select copilot_internal.close_expired_reservations() as closed'
      expect(await second.query(close)).toEqual([{ closed: '1' }])
      await first.query('rollback')
      expect(await second.query(close)).toEqual([{ closed: '1' }])
      await Promise.all([first.close(), second.close()])
    },
  )
})
