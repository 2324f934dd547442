/**
 * copilot_internal.set_quota — what it changes of a quota that there is, and what it leaves as it is.
 *
 * Method: Acme has the quotas that the claim names. Within a test now() stands still, so that a period can end at this very
 * moment.
 */
import { birch, owner, service } from '../../../fixtures/people.ts'
import { describe, expect, test } from '../../harness/index.ts'
import { given, id, MADE, plain, quotas, set } from './set-quota.ts'

describe('a quota that there is', () => {
  test('gets another limit, share, policy or anchor, and keeps the rest', async ({ as, session }) => {
    for (const [change, changed] of [
      [`limit_usd => 20`, { limit: 20 }],
      [`warning_threshold => 0.5`, { warned: '0.5' }],
      [`unpriced_policy => 'refuse_hold'`, { policy: 'refuse_hold' }],
      [`period_anchor => now() - interval '1 hour'`, { anchored: '-01:00:00' }],
    ] as const) {
      await session.query('savepoint one')

      await session.run(given('day'))
      await as(service)(set(`'llm', ${change}`)).resultsEq(MADE)
      await as(owner)(quotas).resultsEq([{ period: 'day', ...plain, ...changed }])

      await session.query('rollback to savepoint one')
    }
  })

  test('keeps all where nothing is given', async ({ as, session }) => {
    await session.run(given('day'))
    await session.run(`update copilot_internal.cost_quotas
      set warning_threshold = 0.7, unpriced_policy = 'charge_hold', spent_usd = 3`)
    await as(service)(set(`'llm'`)).resultsEq(MADE)
    await as(owner)(quotas).resultsEq([
      { period: 'day', ...plain, spent: 3, warned: '0.7', policy: 'charge_hold' },
    ])
  })

  test('is not written where nothing changes', async ({ as, session }) => {
    await session.run(given('day'))
    const place = async () => session.query('select ctid from copilot_internal.cost_quotas')
    const before = await place()
    await as(service)(
      set(
        `'llm', 10.0000000000000000004, 'day', now(), 0.80004, from_period => 'day', unpriced_policy => 'allow'`,
      ),
    ).resultsEq(MADE)
    expect(await place()).toEqual(before)
  })

  test('is not written where its period ends only as this goes on', async ({ as, session }) => {
    await session.run(`
      insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period, period_start, updated_at)
      values ('tenant', '${id}', 'llm', 10, 'hour', now() - interval '1 hour' + interval '1 microsecond', '2026-01-04')`)
    await as(service)(set(`'llm', 10, 'hour'`)).resultsEq(MADE)
    await as(
      owner,
    )`select updated_at = '2026-01-04' as untouched from copilot_internal.cost_quotas`.resultsEq([
      { untouched: true },
    ])
  })

  test('says when it was changed', async ({ as, session }) => {
    await session.run(given('day'))
    await session.run(`update copilot_internal.cost_quotas set updated_at = '2026-01-04'`)
    await as(service)(set(`'llm', 20`)).resultsEq(MADE)
    await as(owner)`select updated_at = now() as now from copilot_internal.cost_quotas`.resultsEq([
      { now: true },
    ])
  })

  test('is changed alone: others keep their limits', async ({ as, session }) => {
    await session.run(`
      insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
      values ('tenant', '${id}', 'llm', 10, 'day'), ('tenant', '${id}', 'llm', 11, 'month'), ('tenant', '${id}', 'e2b', 12, 'day'),
             ('user', '${id}', 'llm', 13, 'day'), ('tenant', '${birch.tenantId}', 'llm', 14, 'day'), ('platform', null, 'llm', 15, 'day')`)
    await as(service)(set(`'llm', 20, 'day'`)).resultsEq(MADE)
    await as(
      owner,
    )`select trim_scale(limit_usd) as limit from copilot_internal.cost_quotas order by 1`.resultsEq(
      [11, 12, 13, 14, 15, 20].map((limit) => ({ limit })),
    )
  })

  test('is the only one of its kind, whatever others there are', async ({ as, session }) => {
    await session.run(`
      insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
      values ('tenant', '${id}', 'llm', 10, 'day'), ('tenant', '${id}', 'e2b', 12, 'hour'), ('user', '${id}', 'llm', 13, 'hour'),
             ('tenant', '${birch.tenantId}', 'llm', 14, 'hour')`)
    await as(service)(set(`'llm', 20`)).resultsEq(MADE)
    await as(owner)`select period from copilot_internal.cost_quotas where limit_usd = 20`.resultsEq([
      { period: 'day' },
    ])
  })

  test('a period that is over is closed under the limit it had', async ({ as, session }) => {
    // The last hour ended at this very moment, the day five minutes ago; the month goes on.
    await session.run(`
      insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, spent_usd, period, period_start)
      values ('tenant', '${id}', 'llm', 10, 3, 'hour', now() - interval '1 hour'),
             ('tenant', '${id}', 'llm', 10, 4, 'day', now() - interval '24 hours 5 minutes'),
             ('tenant', '${id}', 'llm', 10, 5, 'month', now() - interval '1 hour'),
             ('tenant', '${id}', 'e2b', 10, 6, 'hour', now() - interval '2 hours'),
             ('user', '${id}', 'llm', 10, 7, 'hour', now() - interval '2 hours'),
             ('tenant', '${birch.tenantId}', 'llm', 10, 8, 'hour', now() - interval '2 hours')`)
    await as(service)(set(`'llm', 20, 'hour'`)).resultsEq(MADE)
    await as(owner)`
      select period, trim_scale(limit_usd) as limit, trim_scale(spent_usd) as spent from copilot_internal.cost_quota_periods order by 1`.resultsEq(
      [
        { period: 'day', limit: 10, spent: 4 },
        { period: 'hour', limit: 10, spent: 3 },
      ],
    )
    await as(owner)`
      select trim_scale(limit_usd) as limit, trim_scale(spent_usd) as spent from copilot_internal.cost_quotas
      where resource_type = 'llm' and scope_id = ${id} and scope = 'tenant' order by period_end - period_start`.resultsEq(
      [
        { limit: 20, spent: 0 },
        { limit: 10, spent: 0 },
        { limit: 10, spent: 5 },
      ],
    )
  })
})
