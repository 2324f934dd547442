/**
 * reserve_quota, asked again — and what a hold is at its edges: amounts, ends, tenants and users.
 *
 * Method: Acme may spend 10 USD a day on LLM calls, and each of two of its users 5.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

test.beforeEach(({ session }) =>
  session.run(`
    insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
    values ('tenant', '${acme.tenantId}', 'llm', 10, 'day'),
           ('user', '${acme.userId}', 'llm', 5, 'day'), ('user', '${birch.userId}', 'llm', 5, 'day')`),
)

const reserve = (amount: string | number, more = '') =>
  `select granted, left_usd from copilot_internal.reserve_quota('${acme.tenantId}', 'llm', ${amount}${more})`
const holds = `
  select trim_scale(amount_usd) as amount, date_trunc('minute', expires_at - now()) as lasts, closed_at is null as open
  from copilot_internal.quota_reservations order by amount_usd`

describe('the same request again', () => {
  const again = (amount: number, more = '') => reserve(amount, `, request_id => 'req-1'${more}`)

  test('with a larger amount holds that, and asks for room', async ({ as }) => {
    await as(service)(again(4)).resultsEq([{ granted: true, left_usd: '6.000' }])
    await as(service)(again(9)).resultsEq([{ granted: true, left_usd: '1.000' }])
    await as(owner)(holds).resultsEq([{ amount: 9, lasts: '00:15:00', open: true }])
    await as(service)(again(10)).resultsEq([{ granted: true, left_usd: '0' }])
  })

  test('without room for the amount is refused, and the former stays held', async ({ as }) => {
    await as(service)(reserve(5)).livesOk()
    await as(service)(again(4)).resultsEq([{ granted: true, left_usd: '1.000' }])
    await as(service)(again(5.000001)).resultsEq([{ granted: false, left_usd: '5.000' }])
    await as(owner)(`${holds} limit 1`).resultsEq([{ amount: 4, lasts: '00:15:00', open: true }])
  })

  test('with a smaller amount keeps the larger one', async ({ as }) => {
    await as(service)(again(4)).livesOk()
    await as(service)(again(1)).resultsEq([{ granted: true, left_usd: '6.000' }])
    await as(owner)(holds).resultsEq([{ amount: 4, lasts: '00:15:00', open: true }])
  })

  test('is granted what it holds, also when the limit was passed since', async ({ as }) => {
    await as(service)(again(4)).livesOk()
    await as(
      service,
    )`select copilot_internal.increment_llm_quota_spend('tenant', ${acme.tenantId}, 20)`.livesOk()
    await as(service)(again(4)).resultsEq([{ granted: true, left_usd: '-14.000' }])
  })

  test('holds until the later of both ends', async ({ as }) => {
    await as(service)(again(1, `, hold_for => interval '1 minute'`)).livesOk()
    await as(service)(again(1, `, hold_for => interval '1 hour'`)).livesOk()
    await as(service)(again(1, `, hold_for => interval '1 second'`)).livesOk()
    await as(owner)(holds).resultsEq([{ amount: 1, lasts: '01:00:00', open: true }])
  })

  test('for another user is refused: that user’s limit was not asked', async ({ as }) => {
    await as(service)(again(4, `, user_id => '${acme.userId}'`)).livesOk()
    for (const user of [`'${birch.userId}'`, 'null']) {
      await as(service)(again(4, `, user_id => ${user}`)).throwsOk('QT004', {
        message: /'req-1' already holds/,
        detail: new RegExp(acme.userId),
        hint: /request_id of its own/,
      })
    }
    await as(service)(again(4, `, user_id => '${acme.userId}'`)).livesOk()
  })

  test('of another kind or tenant is another request', async ({ as }) => {
    await as(service)(again(4)).livesOk()
    await as(service)(again(4).replace(`'llm'`, `'e2b'`)).livesOk()
    await as(service)(again(4).replace(acme.tenantId, birch.tenantId)).livesOk()
    await as(owner)`
      select count(*) as holds from copilot_internal.quota_reservations where closed_at is null`.resultsEq([
      { holds: 3 },
    ])
  })

  test('after it was given back holds anew', async ({ as }) => {
    await as(service)(again(4)).livesOk()
    await as(service)(`
      select copilot_internal.release_reservation('${acme.tenantId}', id) as released
      from copilot_internal.quota_reservations`).resultsEq([{ released: true }])
    await as(service)(again(3)).resultsEq([{ granted: true, left_usd: '7.000' }])
    await as(owner)(holds).resultsEq([
      { amount: 3, lasts: '00:15:00', open: true },
      { amount: 4, lasts: '00:15:00', open: false },
    ])
  })

  test('after its time is over closes the old hold at its end', async ({ as, session }) => {
    await as(service)(again(4)).livesOk()
    await session.run(`
      update copilot_internal.quota_reservations
      set created_at = now() - interval '1 hour', expires_at = now() - interval '1 minute'`)
    await as(service)(again(3)).resultsEq([{ granted: true, left_usd: '7.000' }])
    await as(owner)`
      select closed_at = expires_at as at_its_end from copilot_internal.quota_reservations
      where closed_at is not null`.resultsEq([{ at_its_end: true }])
  })

  test('after its time is over closes no other hold of the tenant', async ({ as, session }) => {
    await as(service)(reserve(2, `, request_id => 'another'`)).livesOk()
    await as(service)(again(4)).livesOk()
    await session.run(`
      update copilot_internal.quota_reservations
      set created_at = now() - interval '1 hour', expires_at = now() - interval '1 minute' where request_id = 'req-1'`)
    await as(service)(again(3)).resultsEq([{ granted: true, left_usd: '5.000' }])
    await as(owner)`
      select request_id, closed_at is null as open, is_expired from copilot_internal.quota_reservations
      order by amount_usd`.resultsEq([
      { request_id: 'another', open: true, is_expired: false },
      { request_id: 'req-1', open: true, is_expired: false },
      { request_id: 'req-1', open: false, is_expired: true },
    ])
  })

  test('is told apart by the clock: a hold that ended while it waited is over', async ({ as, session }) => {
    await as(service)(again(10)).livesOk()
    // It ends a moment after this transaction began, and by now that moment has passed; somebody else was admitted.
    await session.run(`
      update copilot_internal.quota_reservations
      set created_at = now() - interval '1 hour', expires_at = now() + interval '1 microsecond';
      update copilot_internal.cost_quotas set spent_usd = 10 where scope = 'tenant';`)
    await as(service)(again(10)).resultsEq([{ granted: false, left_usd: '0' }])
  })
})

describe('amounts', () => {
  test.for([
    ['0.0000000000000000004', '0', '10.000'],
    ['0.0000000000000000005', '0.000000000000000001', '9.999999999999999999'],
    ['9.9999999999999999996', '10', '0'],
    ['10.0000000000000000004', '10', '0'],
  ] as const)('%s is held as %s: to 18 decimals', async ([amount, held, left], { as }) => {
    await as(service)(reserve(amount)).resultsEq([{ granted: true, left_usd: left }])
    await as(owner)(holds).resultsEq([{ amount: held, lasts: '00:15:00', open: true }])
  })

  test('what is charged is charged to 18 decimals, to every quota alike', async ({ as }) => {
    await as(service)(reserve(1, `, '${acme.userId}'`)).livesOk()
    await as(service)(`
      select copilot_internal.settle_reservation(tenant_id, id, 0.33333333333333333333) as charged
      from copilot_internal.quota_reservations`).resultsEq([{ charged: true }])
    await as(owner)`
      select scope, spent_usd from copilot_internal.cost_quotas where spent_usd <> 0`.bagEq(
      ['tenant', 'user'].map((scope) => ({ scope, spent_usd: '0.333333333333333333' })),
    )
  })

  test('nothing can be held, and nothing is left of it', async ({ as }) => {
    await as(service)(reserve(0)).resultsEq([{ granted: true, left_usd: '10.000' }])
  })

  test('the tightest quota decides, and is named', async ({ as }) => {
    await as(service)`
      select r.granted, r.left_usd, q.scope
      from copilot_internal.reserve_quota(${acme.tenantId}, 'llm', 6, ${acme.userId}) as r
      join copilot_internal.cost_quotas as q on q.id = r.refused_by`.resultsEq([
      { granted: false, left_usd: '5.000', scope: 'user' },
    ])
    await as(service)(reserve(5, `, '${acme.userId}'`)).resultsEq([{ granted: true, left_usd: '0' }])
  })

  test('a hold counts against its own user and no other', async ({ as }) => {
    await as(service)(reserve(4, `, '${acme.userId}'`)).resultsEq([{ granted: true, left_usd: '1.000' }])
    await as(service)(reserve(4, `, '${birch.userId}'`)).resultsEq([{ granted: true, left_usd: '1.000' }])
    await as(service)`
      select scope, held_usd from copilot_internal.quota_status('user', ${acme.userId}) as s
      join copilot_internal.cost_quotas as q on q.id = s.quota_id`.resultsEq([
      { scope: 'user', held_usd: '4.000' },
    ])
  })
})

describe('arguments', () => {
  test.for([
    [`, request_id => ''`, /must not be blank/],
    [`, request_id => repeat('x', 1001)`, /1000 bytes/],
    [`, hold_for => interval '-1 second'`, /longer than nothing/],
    [`, hold_for => interval '1 month -31 days'`, /longer than nothing/],
  ] as const)('(%s) is refused', async ([more, message], { as }) => {
    await as(service)(reserve(1, more)).throwsOk('22023', { message, detail: /Got/, hint: /Pass/ })
    await as(owner)(holds).isEmpty()
  })

  test('a hold lasts as long as is asked, else fifteen minutes', async ({ as }) => {
    await as(service)(reserve(1, `, hold_for => interval '1 minute'`)).livesOk()
    await as(service)(reserve(2)).livesOk()
    await as(owner)(holds).resultsEq([
      { amount: 1, lasts: '00:01:00', open: true },
      { amount: 2, lasts: '00:15:00', open: true },
    ])
  })

  test('a hold without an end is refused', async ({ as, session }) => {
    const [version] = await session.query(
      `select current_setting('server_version_num')::int >= 170000 as knows`,
    )
    // Before version 17 an interval cannot be infinite: the argument itself is refused.
    await as(service)(reserve(1, `, hold_for => 'infinity'`)).throwsOk(
      version?.['knows'] === 't' ? '22023' : '22007',
    )
  })
})

describe('settle and release', () => {
  const settle = (cost: number) => `
    select copilot_internal.settle_reservation(tenant_id, id, ${cost}) as charged from copilot_internal.quota_reservations`
  const spent = `select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas where scope = 'tenant'`

  test('more than was estimated is charged in full, also beyond the limit', async ({ as }) => {
    await as(service)(reserve(10)).livesOk()
    await as(service)(settle(12.5)).resultsEq([{ charged: true }])
    await as(owner)(spent).resultsEq([{ spent: '12.5' }])
    await as(service)(reserve(0)).resultsEq([{ granted: false, left_usd: '-2.500' }])
  })

  test('a hold that was given back is charged nothing more', async ({ as }) => {
    await as(service)(reserve(4)).livesOk()
    await as(service)(`
      select copilot_internal.release_reservation(tenant_id, id) as released from copilot_internal.quota_reservations`).resultsEq(
      [{ released: true }],
    )
    await as(service)(settle(4)).resultsEq([{ charged: false }])
    await as(owner)(spent).resultsEq([{ spent: 0 }])
  })

  test('what is settled in a later period is charged to that', async ({ as, session }) => {
    await as(service)(reserve(4)).livesOk()
    await session.run(`
      update copilot_internal.cost_quotas
      set spent_usd = 3, period_anchor = now() - interval '25 hours', period_start = now() - interval '25 hours',
          period_end = now() - interval '1 hour'`)
    await as(service)(settle(4)).resultsEq([{ charged: true }])
    await as(owner)(spent).resultsEq([{ spent: 4 }])
    await as(owner)`
      select trim_scale(spent_usd) as spent from copilot_internal.cost_quota_periods where scope = 'tenant'`.resultsEq(
      [{ spent: 3 }],
    )
  })

  const expire = `
    update copilot_internal.quota_reservations
    set created_at = now() - interval '1 hour', expires_at = now() - interval '1 minute' where closed_at is null`
  const closings = [
    ['by the job', 'select copilot_internal.close_expired_reservations()'],
    ['by its request, asked again', reserve(1, `, request_id => 'req-1'`)],
  ] as const

  test.for(closings)(
    'a hold that was closed %s is still charged, once',
    async ([, close], { as, session }) => {
      await as(service)(reserve(4, `, request_id => 'req-1'`)).livesOk()
      await session.run(expire)
      await session.run(close)
      const settleIt = `
      select copilot_internal.settle_reservation(tenant_id, id, 4) as charged from copilot_internal.quota_reservations
      where expires_at < now()`
      await as(service)(settleIt).resultsEq([{ charged: true }])
      await as(service)(settleIt).resultsEq([{ charged: false }])
      await as(owner)(spent).resultsEq([{ spent: 4 }])
    },
  )

  test.for(closings)('a hold that was closed %s is given back, once', async ([, close], { as, session }) => {
    await as(service)(reserve(4, `, request_id => 'req-1'`)).livesOk()
    await session.run(expire)
    await session.run(close)
    const over = `from copilot_internal.quota_reservations where expires_at < now()`
    const release = `select copilot_internal.release_reservation(tenant_id, id) as released ${over}`
    await as(service)(release).resultsEq([{ released: true }])
    await as(service)(release).resultsEq([{ released: false }])
    await as(service)(
      `select copilot_internal.settle_reservation(tenant_id, id, 4) as charged ${over}`,
    ).resultsEq([{ charged: false }])
  })

  test('a hold closed by the job and then recorded is not charged again', async ({ as, session }) => {
    await as(service)(reserve(4)).livesOk()
    await session.run(expire)
    await session.run('select copilot_internal.close_expired_reservations()')
    await as(service)`
      select trim_scale(r.total_cost_usd) as cost from copilot_internal.quota_reservations as h
      cross join lateral copilot_internal.record_llm_usage(h.tenant_id, 'openai', 'gpt-4', 1000, 0, reservation_id => h.id) as r`.resultsEq(
      [{ cost: '0.03' }],
    )
    await as(service)(settle(4)).resultsEq([{ charged: false }])
    await as(owner)(spent).resultsEq([{ spent: '0.03' }])
  })

  test('a job that closes what is over leaves a hold of the same id alone', async ({ as, session }) => {
    const hold = (tenant: string, ends: string) => `
      insert into copilot_internal.quota_reservations (tenant_id, id, resource_type, amount_usd, created_at, expires_at)
      values ('${tenant}', '00000000-0000-4000-8000-000000000001', 'llm', 1, now() - interval '1 hour', ${ends})`
    await session.run(hold(acme.tenantId, 'now()'))
    await session.run(hold(birch.tenantId, `now() + interval '1 hour'`))
    await as(service)`select copilot_internal.close_expired_reservations() as closed`.resultsEq([
      { closed: 1 },
    ])
    await as(owner)`
      select tenant_id, closed_at = expires_at as at_its_end from copilot_internal.quota_reservations`.bagEq([
      { tenant_id: acme.tenantId, at_its_end: true },
      { tenant_id: birch.tenantId, at_its_end: null },
    ])
  })
})
