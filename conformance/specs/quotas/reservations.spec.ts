/**
 * reserve_quota, settle_reservation, release_reservation — an estimate is held until the cost is known.
 *
 * Method: Acme may spend 10 USD a day on everything, the platform 15 on LLM calls.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

test.beforeEach(({ session }) =>
  session.run(`
    insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
    values ('tenant', '${acme.tenantId}', 'all', 10, 'day'), ('platform', null, 'llm', 15, 'day');`),
)

const reserve = (tenant: string, kind: string, amount: number, more = '') =>
  `select granted, left_usd from copilot_internal.reserve_quota('${tenant}', '${kind}', ${amount}${more})`
const open = `select count(*) as holds, trim_scale(sum(amount_usd)) as held
  from copilot_internal.quota_reservations where closed_at is null and expires_at > now()`
const spent = `select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas order by scope`
const anyHold = `(select id from copilot_internal.quota_reservations limit 1)`

describe('reserve', () => {
  test('what fits is held, equal included, and what is left is told', async ({ as }) => {
    await as(service)(reserve(acme.tenantId, 'llm', 4)).resultsEq([{ granted: true, left_usd: '6.000' }])
    await as(service)(reserve(acme.tenantId, 'e2b', 6)).resultsEq([{ granted: true, left_usd: '0' }])
    await as(owner)(open).resultsEq([{ holds: 2, held: 10 }])
  })

  test('what does not fit is refused by a named quota, and nothing is held', async ({ as }) => {
    await as(service)`
      select r.reservation_id, r.granted, r.left_usd, q.scope
      from copilot_internal.reserve_quota(${acme.tenantId}, 'llm', 10.000000000000000001) as r
      join copilot_internal.cost_quotas as q on q.id = r.refused_by`.resultsEq([
      { reservation_id: null, granted: false, left_usd: '10.000', scope: 'tenant' },
    ])
    await as(owner)(open).resultsEq([{ holds: 0, held: null }])
  })

  test('every quota concerned has to have room, the platform’s too', async ({ as }) => {
    await as(service)(reserve(birch.tenantId, 'llm', 14)).resultsEq([{ granted: true, left_usd: '1.000' }])
    await as(service)(reserve(acme.tenantId, 'llm', 2)).resultsEq([{ granted: false, left_usd: '1.000' }])
    await as(service)(reserve(acme.tenantId, 'e2b', 2)).resultsEq([{ granted: true, left_usd: '8.000' }])
  })

  test('without a quota everything is granted, and nothing is said to be left', async ({ as }) => {
    await as(service)(reserve(birch.tenantId, 'e2b', 1000)).resultsEq([{ granted: true, left_usd: null }])
  })

  test('the same request holds once', async ({ as }) => {
    for (const _ of ['first', 'second'])
      await as(service)(reserve(acme.tenantId, 'llm', 4, `, null, 'req-1'`)).livesOk()
    await as(owner)(open).resultsEq([{ holds: 1, held: 4 }])
  })

  test('a hold that is over no longer counts, and its request may hold again', async ({ as, session }) => {
    await as(service)(reserve(acme.tenantId, 'llm', 10, `, null, 'req-1'`)).livesOk()
    await session.run(`
      update copilot_internal.quota_reservations set created_at = now() - interval '1 hour', expires_at = now()`)
    await as(service)(reserve(acme.tenantId, 'llm', 10, `, null, 'req-1'`)).resultsEq([
      { granted: true, left_usd: '0' },
    ])
    await as(owner)(open).resultsEq([{ holds: 1, held: 10 }])
  })

  test('a period that is over makes room', async ({ as, session }) => {
    await session.run(`
      update copilot_internal.cost_quotas
      set spent_usd = limit_usd, period_anchor = now() - interval '25 hours', period_start = now() - interval '25 hours',
          period_end = now() - interval '1 hour'`)
    await as(service)(reserve(acme.tenantId, 'llm', 10)).resultsEq([{ granted: true, left_usd: '0' }])
  })

  test.for([
    [`null, 'llm', 1`, '22004'],
    [`'${acme.tenantId}', null, 1`, '22004'],
    [`'${acme.tenantId}', 'llm', null`, '22004'],
    [`'${acme.tenantId}', 'all', 1`, '22023'],
    [`'${acme.tenantId}', 'llm', -1`, '22023'],
    [`'${acme.tenantId}', 'llm', 'NaN'`, '22023'],
    [`'${acme.tenantId}', 'llm', 1, hold_for => interval '0'`, '22023'],
  ] as const)('(%s) is refused with %s', async ([args, code], { as }) => {
    await as(service)(`select copilot_internal.reserve_quota(${args})`).throwsOk(code, {
      detail: /./,
      hint: /./,
    })
  })
})

describe('settle', () => {
  test('the hold is replaced by the cost, once', async ({ as }) => {
    await as(service)(reserve(acme.tenantId, 'llm', 4)).livesOk()
    const settle = `select copilot_internal.settle_reservation('${acme.tenantId}', ${anyHold}, 3.5) as charged`
    await as(service)(settle).resultsEq([{ charged: true }])
    await as(service)(settle).resultsEq([{ charged: false }])
    await as(owner)(spent).resultsEq([{ spent: '3.5' }, { spent: '3.5' }])
    await as(owner)(open).resultsEq([{ holds: 0, held: null }])
  })

  test('a hold whose time is over is still charged: what was used was used', async ({ as, session }) => {
    await as(service)(reserve(acme.tenantId, 'llm', 4)).livesOk()
    await session.run(`
      update copilot_internal.quota_reservations set created_at = now() - interval '1 hour', expires_at = now()`)
    await as(service)(
      `select copilot_internal.settle_reservation('${acme.tenantId}', ${anyHold}, 4) as charged`,
    ).resultsEq([{ charged: true }])
    await as(owner)(spent).resultsEq([{ spent: 4 }, { spent: 4 }])
  })

  test('it charges the user the hold was made for', async ({ as, session }) => {
    await session.run(`
      insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
      values ('user', '${acme.userId}', 'llm', 10, 'day')`)
    await as(service)(reserve(acme.tenantId, 'llm', 4, `, '${acme.userId}'`)).livesOk()
    await as(service)(
      `select copilot_internal.settle_reservation('${acme.tenantId}', ${anyHold}, 1)`,
    ).livesOk()
    await as(owner)(
      `select scope, trim_scale(spent_usd) as spent from copilot_internal.cost_quotas where scope = 'user'`,
    ).resultsEq([{ scope: 'user', spent: 1 }])
  })

  test('one of another tenant, or none, is refused', async ({ as }) => {
    await as(service)(reserve(acme.tenantId, 'llm', 4)).livesOk()
    await as(service)(
      `select copilot_internal.settle_reservation('${birch.tenantId}', ${anyHold}, 1)`,
    ).throwsOk('QT002')
    await as(service)(
      `select copilot_internal.release_reservation('${birch.tenantId}', ${anyHold})`,
    ).throwsOk('QT002', {
      hint: /reserve_quota/,
    })
  })

  test.for([
    [`null, gen_random_uuid(), 1`, '22004'],
    [`gen_random_uuid(), null, 1`, '22004'],
    [`gen_random_uuid(), gen_random_uuid(), null`, '22004'],
    [`gen_random_uuid(), gen_random_uuid(), -1`, '22023'],
  ] as const)('(%s) is refused with %s', async ([args, code], { as }) => {
    await as(service)(`select copilot_internal.settle_reservation(${args})`).throwsOk(code)
  })
})

describe('release', () => {
  test('the hold is given back, once, and nothing is charged', async ({ as }) => {
    await as(service)(reserve(acme.tenantId, 'llm', 10)).livesOk()
    const release = `select copilot_internal.release_reservation('${acme.tenantId}', ${anyHold}) as released`
    await as(service)(release).resultsEq([{ released: true }])
    await as(service)(release).resultsEq([{ released: false }])
    await as(owner)(spent).resultsEq([{ spent: 0 }, { spent: 0 }])
    await as(service)(reserve(acme.tenantId, 'llm', 10)).resultsEq([{ granted: true, left_usd: '0' }])
  })

  test('a NULL is refused', async ({ as }) => {
    await as(service)`select copilot_internal.release_reservation(null, gen_random_uuid())`.throwsOk('22004')
  })

  test('a scheduled job closes what is over, and only that', async ({ as, session }) => {
    for (const amount of [1, 2]) await as(service)(reserve(acme.tenantId, 'llm', amount)).livesOk()
    await session.run(`
      update copilot_internal.quota_reservations set created_at = now() - interval '1 hour', expires_at = now() where amount_usd = 1`)
    await as(service)`select copilot_internal.close_expired_reservations() as closed`.resultsEq([
      { closed: 1 },
    ])
    await as(owner)(open).resultsEq([{ holds: 1, held: 2 }])
  })
})

test('the LLM twins check and charge llm and all quotas', async ({ as }) => {
  await as(service)`
    select copilot_internal.check_llm_quota('platform', null, 15) as fits,
           copilot_internal.check_llm_quota('platform', null, 15.01) as too_much`.resultsEq([
    { fits: true, too_much: false },
  ])
  await as(service)`select copilot_internal.increment_llm_quota_spend('platform', null, 2)`.livesOk()
  await as(
    service,
  )`select copilot_internal.increment_llm_quota_spend('tenant', ${acme.tenantId}, 3)`.livesOk()
  await as(owner)(spent).resultsEq([{ spent: 2 }, { spent: 3 }])
})

describe('status', () => {
  const status = (scope: string, id: string | null) =>
    `select resource_type, limit_usd, spent_usd, held_usd, left_usd, warning_reached, period_end - period_start as lasts
     from copilot_internal.quota_status('${scope}', ${id ? `'${id}'` : 'null'})`

  test('limit, spend, holds, what is left, and whether a warning is due', async ({ as }) => {
    await as(service)(reserve(acme.tenantId, 'llm', 5)).livesOk()
    await as(
      service,
    )`select copilot_internal.increment_llm_quota_spend('tenant', ${acme.tenantId}, 3)`.livesOk()
    await as(service)(status('tenant', acme.tenantId)).resultsEq([
      {
        resource_type: 'all',
        limit_usd: '10.000',
        spent_usd: '3.000',
        held_usd: '5.000',
        left_usd: '2.000',
        warning_reached: true,
        lasts: '1 day',
      },
    ])
    await as(service)(status('platform', null)).resultsEq([
      {
        resource_type: 'llm',
        limit_usd: '15.000',
        spent_usd: '0',
        held_usd: '5.000',
        left_usd: '10.000',
        warning_reached: false,
        lasts: '1 day',
      },
    ])
  })

  test('a period that is over is shown as the next, and nothing is written', async ({ as, session }) => {
    await session.run(`
      update copilot_internal.cost_quotas
      set spent_usd = 9, period_anchor = now() - interval '25 hours', period_start = now() - interval '25 hours',
          period_end = now() - interval '1 hour' where scope = 'tenant'`)
    await as(service)`
      select spent_usd, now() - period_start as since from copilot_internal.quota_status('tenant', ${acme.tenantId})`.resultsEq(
      [{ spent_usd: '0', since: '01:00:00' }],
    )
    await as(
      owner,
    )`select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas where scope = 'tenant'`.resultsEq(
      [{ spent: 9 }],
    )
  })

  test('bad arguments are refused', async ({ as }) => {
    await as(service)(`select copilot_internal.quota_status('team', null)`).throwsOk('22023')
    await as(service)(`select copilot_internal.quota_status('tenant', null)`).throwsOk('22004')
  })
})
