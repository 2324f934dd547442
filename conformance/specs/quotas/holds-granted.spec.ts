/**
 * copilot_internal.reserve_quota — what it refuses, what it grants, and which quota it names.
 *
 * Method: holds of the same request at another tenant, of the other kind, and beside it.
 */
import { owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'
import { A, B, HOLD, hold, holds, OTHER } from './holds.ts'

describe('reserve_quota', () => {
  test('each thing that no hold can be is refused, and nothing is held', async ({ as }) => {
    for (const [given, code, message] of [
      [`null, 'llm', 1`, '22004', /^tenant_id, resource_type, amount and hold_for must not be NULL.$/],
      [`'${A}', null, 1`, '22004', /^tenant_id, resource_type/],
      [`'${A}', 'llm', null`, '22004', /^tenant_id, resource_type/],
      [`'${A}', 'llm', 1, hold_for => null`, '22004', /^tenant_id, resource_type/],
      [`'${A}', 'all', 1`, '22023', /^Unknown resource type 'all'.$/],
      [`'${A}', 'llm', -0.000001`, '22023', /^amount must be a finite number, 0 or more.$/],
      [`'${A}', 'llm', 'NaN'`, '22023', /^amount must/],
      [`'${A}', 'llm', 'Infinity'`, '22023', /^amount must/],
      [`'${A}', 'llm', 1, hold_for => '0'`, '22023', /^hold_for must be longer than nothing, and finite.$/],
      [`'${A}', 'llm', 1, hold_for => '-1 second'`, '22023', /^hold_for must/],
      [`'${A}', 'llm', 1, provider => 'openai'`, '22004', /^provider and model must be given together.$/],
      [`'${A}', 'llm', 1, model => 'gpt-4'`, '22004', /^provider and model must/],
      [`'${A}', 'llm', 1, tier => 'gpu'`, '22023', /^llm has no tier.$/],
      [`'${A}', 'e2b', 1, provider => 'openai', model => 'gpt-4'`, '22023', /^e2b has no model.$/],
      [`'${A}', 'llm', 1, request_id => ' '`, '22023', /^request_id must not be blank.$/],
    ] as const) {
      await as(service)(`select copilot_internal.reserve_quota(${given})`).throwsOk(code, { message })
      await as(owner)(holds).isEmpty()
    }
  })

  test('the least amount and time, and what has a price, are granted', async ({ as, session }) => {
    for (const [given] of [
      [`'${A}', 'llm', 0`],
      [`'${A}', 'e2b', 1, hold_for => '1 microsecond'`],
      [`'${A}', 'llm', 1, provider => 'openai', model => 'gpt-4'`],
      [`'${A}', 'e2b', 1, tier => 'gpu'`],
    ] as const) {
      await session.query('savepoint one')

      await as(service)(`select granted from copilot_internal.reserve_quota(${given})`).resultsEq([
        { granted: true },
      ])

      await session.query('rollback to savepoint one')
    }
  })

  test('a hold lasts from when it is granted, however long that took', async ({ as, session }) => {
    const reserved = `select copilot_internal.reserve_quota('${A}', 'llm', 1, request_id => 'r', hold_for => '1 second')`
    // Once new, and once asked again.
    for (const seconds of [0.1, 0.2]) {
      await session.query('select pg_sleep(0.1)')
      await session.query(reserved)
      await as(owner)(
        `select expires_at - now() >= interval '1 second' + ${seconds} * interval '1 second' as lasts
         from copilot_internal.quota_reservations`,
      ).resultsEq([{ lasts: true }])
    }
  })

  test('answers the open hold of the request, of its tenant and kind', async ({ as, session }) => {
    await session.run(
      hold(B, HOLD, { request_id: `'r'` }) +
        hold(A, HOLD, { request_id: `'r'`, resource_type: `'e2b'` }) +
        hold(A, OTHER, { request_id: `'s'` }) +
        hold(A, '00000000-0000-4000-8000-000000000003', { request_id: `'r'`, closed_at: 'now()' }),
    )
    const reserve = `select reservation_id as id from copilot_internal.reserve_quota('${A}', 'llm', 1, request_id => 'r')`
    await as(service)(
      `select count(*) as known from copilot_internal.quota_reservations where id = (${reserve})`,
    ).resultsEq([{ known: 0 }])
    await as(owner)`
      select count(distinct id) as holds from copilot_internal.quota_reservations
      where tenant_id = ${A} and resource_type = 'llm' and request_id = 'r'`.resultsEq([{ holds: 2 }])
    await as(service)(`
      select id = (${reserve}) as same from copilot_internal.quota_reservations
      where tenant_id = '${A}' and resource_type = 'llm' and request_id = 'r' and closed_at is null`).resultsEq(
      [{ same: true }],
    )
  })

  test('of several quotas the tightest is told, of those that refuse', async ({ as, session }) => {
    await session.run(`
      insert into copilot_internal.cost_quotas (id, scope, scope_id, resource_type, limit_usd, period, unpriced_policy)
      values ('${HOLD}', 'tenant', '${A}', 'llm', 5, 'day', 'allow'), ('${OTHER}', 'platform', null, 'llm', 20, 'day', 'refuse_hold'),
             ('00000000-0000-4000-8000-000000000003', 'platform', null, 'all', 10, 'day', 'charge_hold')`)
    const reserve = (given: string) =>
      `select granted, refused_by, left_usd as left from copilot_internal.reserve_quota('${A}', 'llm', ${given})`
    await as(service)(reserve('5.000000000000000001')).resultsEq([
      { granted: false, refused_by: HOLD, left: '5.000' },
    ])
    await as(service)(reserve('5')).resultsEq([{ granted: true, refused_by: null, left: '0' }])
    await as(service)(reserve(`0, provider => 'acme', model => 'in-house'`)).resultsEq([
      { granted: false, refused_by: OTHER, left: '15.000' },
    ])
    await as(service)(reserve(`0, provider => 'openai', model => 'gpt-4'`)).resultsEq([
      { granted: true, refused_by: null, left: '0' },
    ])
  })
})
