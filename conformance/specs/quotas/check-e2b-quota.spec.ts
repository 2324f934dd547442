/**
 * copilot_internal.check_e2b_quota — may this sandbox run start?
 *
 * Method: Acme may spend 10 USD a day on sandboxes and has spent 4.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

const quota = (
  scope: string,
  scopeId: string | null,
  kind: string,
  limit: number,
  spent: number,
  period = 'day',
) =>
  `insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, spent_usd, period)
   values ('${scope}', ${scopeId ? `'${scopeId}'` : 'null'}, '${kind}', ${limit}, ${spent}, '${period}')`

test.beforeEach(({ session }) => session.run(quota('tenant', acme.tenantId, 'e2b', 10, 4)))

describe('room', () => {
  test.for([
    ['5.999999999999999999', true],
    ['6', true],
    ['6.000000000000000001', false],
    ['0', true],
  ] as const)('an estimate of %s fits: %s', async ([estimate, fits], { as }) => {
    await as(service)`
      select copilot_internal.check_e2b_quota('tenant', ${acme.tenantId}, ${estimate}) as fits`.resultsEq([
      { fits },
    ])
  })

  test('no quota means no limit', async ({ as }) => {
    await as(service)`
      select copilot_internal.check_e2b_quota('tenant', ${birch.tenantId}, 1000000) as tenant,
             copilot_internal.check_e2b_quota('platform', null, 1000000) as platform,
             copilot_internal.check_e2b_quota('user', ${acme.userId}, 1000000) as member`.resultsEq([
      { tenant: true, platform: true, member: true },
    ])
  })

  test('a limit of zero admits nothing but what is free', async ({ as, session }) => {
    await session.run(quota('user', acme.userId, 'all', 0, 0))
    await as(service)`
      select copilot_internal.check_e2b_quota('user', ${acme.userId}, 0) as free,
             copilot_internal.check_e2b_quota('user', ${acme.userId}, 0.000000000001) as not_free`.resultsEq([
      { free: true, not_free: false },
    ])
  })

  test('every quota of the scope has to have room: all kinds, all periods', async ({ as, session }) => {
    await session.run(quota('tenant', acme.tenantId, 'all', 100, 97))
    await session.run(quota('tenant', acme.tenantId, 'e2b', 100, 98, 'month'))
    await as(service)`
      select copilot_internal.check_e2b_quota('tenant', ${acme.tenantId}, 2) as two,
             copilot_internal.check_e2b_quota('tenant', ${acme.tenantId}, 3) as three`.resultsEq([
      { two: true, three: false },
    ])
  })

  test('an llm quota does not limit sandboxes', async ({ as, session }) => {
    await session.run(quota('tenant', acme.tenantId, 'llm', 0, 0))
    await as(service)`
      select copilot_internal.check_e2b_quota('tenant', ${acme.tenantId}, 6) as fits`.resultsEq([
      { fits: true },
    ])
  })
})

describe('open reservations', () => {
  const hold = (kind: string, amount: number, state: string) =>
    `insert into copilot_internal.quota_reservations
       (tenant_id, user_id, resource_type, amount_usd, created_at, expires_at, closed_at)
     values ('${acme.tenantId}', '${acme.userId}', '${kind}', ${amount}, ${state})`
  const open = `now(), now() + interval '1 minute', null`
  const expired = `now() - interval '1 hour', now(), null`
  const closed = `now(), now() + interval '1 minute', now()`

  test.for([
    ['an open hold of the kind counts', hold('e2b', 6, open), false],
    ['a hold of the other kind does not', hold('llm', 6, open), true],
    ['an expired hold does not', hold('e2b', 6, expired), true],
    ['a closed hold does not', hold('e2b', 6, closed), true],
  ] as const)('%s', async ([, script, fits], { as, session }) => {
    await session.run(script)
    await as(service)`
      select copilot_internal.check_e2b_quota('tenant', ${acme.tenantId}, 1) as fits`.resultsEq([{ fits }])
  })

  test('an all quota counts holds of both kinds, at every scope they touch', async ({ as, session }) => {
    await session.run(hold('llm', 1, open))
    await session.run(hold('e2b', 2, open))
    await session.run(quota('platform', null, 'all', 10, 0))
    await session.run(quota('user', acme.userId, 'all', 10, 0))
    await session.run(quota('user', birch.userId, 'all', 10, 0))
    await as(service)`
      select copilot_internal.check_e2b_quota('platform', null, 7) as platform_7,
             copilot_internal.check_e2b_quota('platform', null, 8) as platform_8,
             copilot_internal.check_e2b_quota('user', ${acme.userId}, 7) as user_7,
             copilot_internal.check_e2b_quota('user', ${acme.userId}, 8) as user_8,
             copilot_internal.check_e2b_quota('user', ${birch.userId}, 10) as other_10`.resultsEq([
      { platform_7: true, platform_8: false, user_7: true, user_8: false, other_10: true },
    ])
  })
})

test('a period that is over no longer counts, and is archived', async ({ as, session }) => {
  await session.run(`
    update copilot_internal.cost_quotas
    set period_start = now() - interval '25 hours', period_anchor = now() - interval '25 hours',
        period_end = now() - interval '1 hour'`)
  await as(service)`
    select copilot_internal.check_e2b_quota('tenant', ${acme.tenantId}, 10) as fits`.resultsEq([
    { fits: true },
  ])
  await as(owner)`
    select trim_scale(spent_usd) as spent, now() - period_start as since, period_end - now() as until
    from copilot_internal.cost_quotas`.resultsEq([{ spent: 0, since: '01:00:00', until: '23:00:00' }])
  await as(owner)`
    select p.scope, p.resource_type, trim_scale(p.limit_usd) as limit, trim_scale(p.spent_usd) as spent,
           now() - p.period_end as ended, q.id is not null as known
    from copilot_internal.cost_quota_periods as p
    join copilot_internal.cost_quotas as q on q.id = p.quota_id`.resultsEq([
    { scope: 'tenant', resource_type: 'e2b', limit: 10, spent: 4, ended: '01:00:00', known: true },
  ])
})

describe('refusals', () => {
  const id = acme.tenantId
  test.for([
    [`null, '${id}', 1`, '22004', /scope must not be NULL/],
    [`'team', '${id}', 1`, '22023', /Unknown scope 'team'/],
    [`'tenant', null, 1`, '22004', /scope_id must not be NULL/],
    [`'platform', '${id}', 1`, '22023', /scope_id must be NULL/],
    [`'tenant', '${id}', null`, '22004', /estimated_cost must not be NULL/],
    [`'tenant', '${id}', -0.01`, '22023', /estimated_cost must be/],
    [`'tenant', '${id}', 'NaN'`, '22023', /estimated_cost must be/],
    [`'tenant', '${id}', 'Infinity'`, '22023', /estimated_cost must be/],
    [`'tenant', 'acme', 1`, '22P02', /uuid/],
  ] as const)('(%s) is refused with %s', async ([args, code, message], { as }) => {
    await as(service)(`select copilot_internal.check_e2b_quota(${args})`).throwsOk(code, { message })
  })
})
