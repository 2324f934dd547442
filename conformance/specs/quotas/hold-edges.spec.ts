/**
 * reserve_quota, settle_reservation, release_reservation, close_expired_reservations — what is refused, and whose hold is meant; and
 * quotas that begin within a transaction.
 *
 * Method: holds of the same id at two tenants. Within a test now() stands still, while the clock goes on.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

const [A, B] = [acme.tenantId, birch.tenantId]
const HOLD = '00000000-0000-4000-8000-000000000001'
const OTHER = '00000000-0000-4000-8000-000000000002'
const hold = (tenant: string, id = HOLD, more: Readonly<Record<string, string>> = {}) => {
  const all = {
    ...{ tenant_id: `'${tenant}'`, id: `'${id}'`, resource_type: `'llm'`, amount_usd: '1' },
    ...{ expires_at: `now() + interval '1 hour'`, ...more },
  }
  return `insert into copilot_internal.quota_reservations (${Object.keys(all)}) values (${Object.values(all)});`
}
const holds = `
  select tenant_id, id, closed_at is null as open, trim_scale(settled_usd) as settled from copilot_internal.quota_reservations`
const untouched = { open: true, settled: null }
const quota = (columns: string, values: string) => `
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, ${columns})
  values ('tenant', '${A}', 'llm', 10, ${values});`

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

describe('settle and release', () => {
  test('each thing that names no hold or no cost is refused', async ({ as, session }) => {
    for (const [name, given, code, message] of [
      [
        'settle_reservation',
        `null, '${HOLD}', 1`,
        '22004',
        /^tenant_id, reservation_id and actual_cost must not be NULL.$/,
      ],
      ['settle_reservation', `'${A}', null, 1`, '22004', /^tenant_id, reservation_id/],
      ['settle_reservation', `'${A}', '${HOLD}', null`, '22004', /^tenant_id, reservation_id/],
      [
        'settle_reservation',
        `'${A}', '${HOLD}', -0.000001`,
        '22023',
        /^actual_cost must be a finite number, 0 or more.$/,
      ],
      ['settle_reservation', `'${A}', '${HOLD}', 'NaN'`, '22023', /^actual_cost must/],
      ['settle_reservation', `'${A}', '${HOLD}', 'Infinity'`, '22023', /^actual_cost must/],
      ['settle_reservation', `'${A}', '${OTHER}', 1`, 'QT002', /^There is no reservation .*2 of tenant /],
      ['settle_reservation', `'${B}', '${HOLD}', 1`, 'QT002', /^There is no reservation .*1 of tenant /],
      ['release_reservation', `null, '${HOLD}'`, '22004', /^tenant_id and reservation_id must not be NULL.$/],
      ['release_reservation', `'${A}', null`, '22004', /^tenant_id and reservation_id/],
      ['release_reservation', `'${A}', '${OTHER}'`, 'QT002', /^There is no reservation .*2 of tenant /],
      ['release_reservation', `'${B}', '${HOLD}'`, 'QT002', /^There is no reservation .*1 of tenant /],
    ] as const) {
      await session.query('savepoint one')

      await session.run(hold(A))
      await as(service)(`select copilot_internal.${name}(${given})`).throwsOk(code, { message })
      await as(owner)(holds).resultsEq([{ tenant_id: A, id: HOLD, ...untouched }])

      await session.query('rollback to savepoint one')
    }
  })

  test('are about one hold of one tenant', async ({ as, session }) => {
    for (const [call, after] of [
      [`settle_reservation('${A}', '${HOLD}', 2)`, { open: false, settled: 2 }],
      [`release_reservation('${A}', '${HOLD}')`, { open: false, settled: null }],
    ] as const) {
      await session.query('savepoint one')

      await session.run(hold(A) + hold(B) + hold(A, OTHER))
      await as(service)(`select copilot_internal.${call} as done`).resultsEq([{ done: true }])
      await as(owner)(holds).bagEq([
        { tenant_id: A, id: HOLD, ...after },
        { tenant_id: B, id: HOLD, ...untouched },
        { tenant_id: A, id: OTHER, ...untouched },
      ])
      await as(service)(`select copilot_internal.${call} as done`).resultsEq([{ done: false }])

      await session.query('rollback to savepoint one')
    }
  })

  test('a hold can be settled or given back until it was, or was recorded', async ({ as, session }) => {
    for (const [, given, isDone] of [
      ['is open', {}, true],
      [
        'is over',
        { created_at: `now() - interval '2 hours'`, expires_at: `now() - interval '1 hour'` },
        true,
      ],
      ['was closed, being over', { closed_at: 'now()', is_expired: 'true' }, true],
      ['was given back', { closed_at: 'now()' }, false],
      ['was settled', { closed_at: 'now()', settled_usd: '1' }, false],
      ['was recorded', { closed_at: 'now()', record_id: `'${OTHER}'` }, false],
    ] as const) {
      await session.query('savepoint one')

      for (const call of [
        `settle_reservation('${A}', '${HOLD}', 0)`,
        `release_reservation('${A}', '${HOLD}')`,
      ]) {
        await session.run(`delete from copilot_internal.quota_reservations; ${hold(A, HOLD, given)}`)
        await as(service)(`select copilot_internal.${call} as done`).resultsEq([{ done: isDone }])
        if (isDone)
          await as(
            owner,
          )`select closed_at = now() as now, is_expired from copilot_internal.quota_reservations`.resultsEq([
            { now: true, is_expired: false },
          ])
      }

      await session.query('rollback to savepoint one')
    }
  })

  test('a settlement is charged to whom the hold concerns', async ({ as, session }) => {
    await session.run(`
      insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
      select scope, scope_id::uuid, kind, 10, 'day'
      from (values ('platform', null), ('tenant', '${A}'), ('user', '${acme.userId}'), ('tenant', '${acme.userId}'), ('user', '${A}'),
                   ('tenant', '${B}'), ('user', '${birch.userId}')) as s (scope, scope_id) cross join unnest('{llm,e2b,all}'::text[]) as kind;
      ${hold(A, HOLD, { user_id: `'${acme.userId}'` })}`)
    await as(service)(`select copilot_internal.settle_reservation('${A}', '${HOLD}', 2) as done`).resultsEq([
      { done: true },
    ])
    await as(owner)`
      select scope, scope_id, resource_type as kind, trim_scale(spent_usd) as spent from copilot_internal.cost_quotas where spent_usd <> 0`.bagEq(
      [
        { scope: 'platform', scope_id: null },
        { scope: 'tenant', scope_id: A },
        { scope: 'user', scope_id: acme.userId },
      ].flatMap((whose) => ['llm', 'all'].map((kind) => ({ ...whose, kind, spent: 2 }))),
    )
  })
})

test('close_expired_reservations closes what is over, as of its end', async ({ as, session }) => {
  const over = { created_at: `now() - interval '2 hours'`, expires_at: `now() - interval '1 hour'` }
  await session.run(
    hold(A, HOLD, over) +
      hold(B, HOLD, { ...over, expires_at: 'now()' }) +
      hold(B, OTHER, over) +
      // It ends as this goes on, and is counted as long: by the time at which the transaction began.
      hold(A, OTHER, { expires_at: `now() + interval '1 microsecond'` }) +
      hold(A, '00000000-0000-4000-8000-000000000003', {
        ...over,
        closed_at: `now() - interval '90 minutes'`,
      }),
  )
  await as(service)`select copilot_internal.close_expired_reservations() as closed`.resultsEq([{ closed: 3 }])
  await as(owner)`
    select tenant_id, id, closed_at = expires_at as at_its_end, is_expired from copilot_internal.quota_reservations where closed_at is not null`.bagEq(
    [
      { tenant_id: A, id: HOLD, at_its_end: true, is_expired: true },
      { tenant_id: B, id: HOLD, at_its_end: true, is_expired: true },
      { tenant_id: B, id: OTHER, at_its_end: true, is_expired: true },
      { tenant_id: A, id: '00000000-0000-4000-8000-000000000003', at_its_end: false, is_expired: false },
    ],
  )
  await as(service)`select copilot_internal.close_expired_reservations() as closed`.resultsEq([{ closed: 0 }])
})

describe('a quota that begins', () => {
  const soon = `${quota('period, period_start', `'day', now() + interval '1 microsecond'`)} select pg_sleep(0.001);`

  test('meanwhile leaves its books when it is deleted', async ({ as, session }) => {
    await session.run(soon)
    await as(service)`select copilot_internal.increment_llm_quota_spend('tenant', ${A}, 2)`.livesOk()
    await session.run('delete from copilot_internal.cost_quotas')
    await as(owner)`select trim_scale(spent_usd) as spent from copilot_internal.cost_quota_periods`.resultsEq(
      [{ spent: 2 }],
    )
  })

  test('meanwhile limits what is held', async ({ as, session }) => {
    await session.run(soon)
    await as(service)`select granted from copilot_internal.reserve_quota(${A}, 'llm', 11)`.resultsEq([
      { granted: false },
    ])
    await as(service)`select copilot_internal.check_llm_quota('tenant', ${A}, 11) as fits`.resultsEq([
      { fits: false },
    ])
  })

  test('meanwhile, and is counted otherwise, starts anew', async ({ as, session }) => {
    await session.run(`${soon} update copilot_internal.cost_quotas set spent_usd = 2`)
    await session.run(`update copilot_internal.cost_quotas set period = 'week'`)
    await as(owner)`select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas`.resultsEq([
      { spent: 0 },
    ])
  })

  test('before, and is counted otherwise, begins anew where nobody says when', async ({ as, session }) => {
    await session.run(quota('period, period_start, spent_usd', `'day', now() - interval '1 hour', 3`))
    await session.run(`update copilot_internal.cost_quotas set period = 'week', period_start = null`)
    await as(owner)`
      select period_start = now() as now, trim_scale(spent_usd) as spent from copilot_internal.cost_quotas`.resultsEq(
      [{ now: true, spent: 0 }],
    )
  })

  test('later, and is counted otherwise, begins when it was to', async ({ as, session }) => {
    await session.run(quota('period, period_start, spent_usd', `'day', now() + interval '1 hour', 3`))
    await session.run(`update copilot_internal.cost_quotas set period = 'week'`)
    await as(owner)`
      select period_start - now() as starts, period_end - period_start as lasts, trim_scale(spent_usd) as spent
      from copilot_internal.cost_quotas`.resultsEq([{ starts: '01:00:00', lasts: '7 days', spent: 3 }])
    await as(owner)`select id from copilot_internal.cost_quota_periods`.isEmpty()
  })
})
