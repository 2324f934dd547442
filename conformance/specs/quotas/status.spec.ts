/**
 * copilot_internal.quota_status, my_quota_status — how quotas stand, for the platform and for whoever is signed in.
 *
 * Method: quotas at their edges. Within a test now() stands still, while the clock goes on: a period can end now, or since the
 * transaction began. What a member sees of periods is compared with what the platform sees of them.
 */
import { acme, birch, service } from '../../../fixtures/people.ts'
import { describe, expect, test } from '../../harness/index.ts'

const id = acme.tenantId
const status = (columns: string, whose = `'tenant', '${id}'`) =>
  `select ${columns} from copilot_internal.quota_status(${whose})`
const mine = (columns: string) => `select ${columns} from copilot_internal.my_quota_status()`
const quota = (columns: string, values: string) => `
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, ${columns})
  values ('tenant', '${id}', 'llm', ${values})`

test('a quota without an end has a status, and another limit', async ({ as, session }) => {
  await session.run(
    `${quota('period, period_end', `10, 'month', 'infinity'`)}; ${quota('period', `10, 'day'`)}`,
  )
  await session.query(`select copilot_internal.set_quota('tenant', '${id}', 'llm', 20, 'month')`)
  const wanted = [
    { period: 'day', limit_usd: '10.000' },
    { period: 'month', limit_usd: '20.000' },
  ]
  await as(service)(status('period, limit_usd::text')).resultsEq(wanted)
  await as(acme)(mine('period, limit_usd::text')).resultsEq(wanted)
})

describe('a period', () => {
  const ages = [
    '1 second',
    '50 minutes',
    '23 hours',
    '6 days',
    '20 days',
    '45 days',
    '100 days',
    '400 days',
    '11 years',
  ]

  test.for(['hour', 'day', 'week', 'month'])(
    'by the %s is the same for the platform and a member, however old',
    async (period, { as, session }) => {
      for (const age of ages) {
        await session.run(
          `delete from copilot_internal.cost_quotas;
           ${quota('period, period_start', `10, '${period}', now() - interval '${age}'`)}`,
        )
        const columns = 'period, period_start, period_end, limit_usd, spent_usd'
        const [seen] = await session.query(status(columns))
        expect(seen).toMatchObject({ period })
        await as(acme)(mine(columns)).resultsEq([seen as Record<string, string>])
        await as(service)(status('period_start <= now() and now() < period_end as current')).resultsEq([
          { current: true },
        ])
      }
    },
  )

  test('of a month begins where the one before it ends', async ({ as }) => {
    await as(service)`
      select lower(copilot_internal.quota_period('2026-01-15', 'month', '2026-03-15')) = '2026-03-15' as begins`.resultsEq(
      [{ begins: true }],
    )
  })

  test('that ends at this very moment is over', async ({ as, session }) => {
    await session.run(quota('period, period_start, spent_usd', `10, 'hour', now() - interval '1 hour', 9`))
    const columns =
      'now() - period_start as since, period_end - now() as left, spent_usd as spent, warning_reached as warned'
    for (const [who, question] of [
      [acme, mine(columns)],
      [service, status(columns)],
    ] as const)
      await as(who)(question).resultsEq([{ since: '00:00:00', left: '01:00:00', spent: 0, warned: false }])
  })

  test('that ends while somebody looks is shown as it was, spend and all', async ({ as, session }) => {
    await session.run(`
      ${quota('period, period_start, spent_usd', `10, 'hour', now() - interval '1 hour' + interval '1 microsecond', 9`)};
      select pg_sleep(0.001)`)
    const columns = 'period_end - now() as left, spent_usd as spent'
    for (const [who, question] of [
      [acme, mine(columns)],
      [service, status(columns)],
    ] as const)
      await as(who)(question).resultsEq([{ left: '00:00:00.000001', spent: '9.000' }])
  })

  test('that was longer than the others is followed from its end on', async ({ as, session }) => {
    await session.run(
      quota(
        'period, period_start, period_end',
        `10, 'day', now() - interval '60 hours', now() - interval '1 hour'`,
      ),
    )
    const columns = 'now() - period_start as since, period_end - now() as left'
    for (const [who, question] of [
      [acme, mine(columns)],
      [service, status(columns)],
    ] as const)
      await as(who)(question).resultsEq([{ since: '01:00:00', left: '12:00:00' }])
  })

  test('that begins later is the first', async ({ as, session }) => {
    await session.run(quota('period, period_start', `10, 'day', now() + interval '2 hours'`))
    const columns = 'period_start - now() as starts, period_end - period_start as lasts'
    for (const [who, question] of [
      [acme, mine(columns)],
      [service, status(columns)],
    ] as const)
      await as(who)(question).resultsEq([{ starts: '02:00:00', lasts: '1 day' }])
  })
})

describe('the warning', () => {
  test.for([
    ['8', true],
    ['7.999999999999999999', false],
  ] as const)('of a limit of 10 at 80 %, with %s spent: %s', async ([spent, warned], { as, session }) => {
    await session.run(quota('period, spent_usd', `10, 'day', ${spent}`))
    await as(acme)(mine('warning_reached as warned')).resultsEq([{ warned }])
    await as(service)(status('warning_reached as warned')).resultsEq([{ warned }])
  })

  test('is for spend and holds together, for the platform', async ({ as, session }) => {
    await session.run(`
      ${quota('period, spent_usd', `10, 'day', 3`)};
      insert into copilot_internal.quota_reservations (tenant_id, resource_type, amount_usd, expires_at)
      values ('${id}', 'llm', 5, now() + interval '1 hour')`)
    await as(service)(
      status('held_usd as held, spent_usd as spent, left_usd as left, warning_reached as warned'),
    ).resultsEq([{ held: '5.000', spent: '3.000', left: '2.000', warned: true }])
    await as(acme)(mine('spent_usd as spent, left_usd as left, warning_reached as warned')).resultsEq([
      { spent: '3.000', left: '7.000', warned: false },
    ])
  })
})

describe('money', () => {
  test('is shown without loss or padding, and what is left may be negative', async ({ as, session }) => {
    await session.run(quota('period, spent_usd', `0.1, 'day', 10.000000000000000001`))
    const wanted = { limit: '0.100', spent: '10.000000000000000001', left: '-9.900000000000000001' }
    const columns = 'limit_usd as limit, spent_usd as spent, left_usd as left'
    await as(acme)(mine(columns)).resultsEq([wanted])
    await as(service)(status(`${columns}, held_usd as held`)).resultsEq([{ ...wanted, held: '0' }])
  })

  test('of nothing is 0', async ({ as, session }) => {
    await session.run(quota('period', `0, 'day'`))
    const columns = 'limit_usd as limit, spent_usd as spent, left_usd as left'
    const nothing = [{ limit: '0', spent: '0', left: '0' }]
    await as(acme)(mine(columns)).resultsEq(nothing)
    await as(service)(status(columns)).resultsEq(nothing)
  })
})

describe('whose quotas', () => {
  // A tenant and a user may have one id: of a tenant of one user, say.
  const MANY = `
    insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
    select scope, scope_id::uuid, kind, 10, period
    from (values ('platform', null), ('tenant', '${id}'), ('user', '${id}'), ('tenant', '${acme.userId}'), ('user', '${acme.userId}'),
                 ('tenant', '${birch.tenantId}'), ('user', '${birch.userId}')) as s (scope, scope_id)
    cross join unnest('{llm,all}'::text[]) as kind cross join unnest('{month,hour,week,day}'::text[]) as period`
  const periods = ['hour', 'day', 'week', 'month']
  const ofEach = (kind: string) => periods.map((period) => ({ kind, period }))
  const inOrder = [...ofEach('all'), ...ofEach('llm')]

  test('a member’s are those of tenant and user in the token, in order', async ({ as, session }) => {
    await session.run(MANY)
    const wanted = ['tenant', 'user'].flatMap((scope) => inOrder.map((one) => ({ scope, ...one })))
    // Also for who sees all rows: a server that asks with a member's token.
    for (const who of [acme, { ...acme, name: 'a server', role: 'service_role' } as const])
      await as(who)(mine('scope, resource_type as kind, period')).resultsEq(wanted)
    await as(service)(mine('scope')).isEmpty()
    await session.run(`update copilot_internal.cost_quotas set limit_usd = 20
      where (scope, scope_id) in (('tenant', '${id}'), ('user', '${acme.userId}'))`)
    await as({ ...acme, name: 'a server', role: 'service_role' })(
      mine('distinct limit_usd as limit'),
    ).resultsEq([{ limit: '20.000' }])
  })

  test.for([
    ['platform', 'null'],
    ['tenant', `'${id}'`],
    ['user', `'${id}'`],
  ] as const)('the platform asks for one scope: %s, %s', async ([scope, scopeId], { as, session }) => {
    await session.run(MANY)
    await as(service)(status('resource_type as kind, period', `'${scope}', ${scopeId}`)).resultsEq(inOrder)
    await session.run(`update copilot_internal.cost_quotas set limit_usd = 20
      where scope = '${scope}' and scope_id is not distinct from ${scopeId}`)
    await as(service)(status('distinct limit_usd as limit', `'${scope}', ${scopeId}`)).resultsEq([
      { limit: '20.000' },
    ])
  })

  test('holds count for those whom they concern', async ({ as, session }) => {
    await session.run(`${MANY};
      insert into copilot_internal.quota_reservations (tenant_id, user_id, resource_type, amount_usd, expires_at)
      values ('${id}', null, 'llm', 1, now() + interval '1 hour'), ('${id}', '${acme.userId}', 'e2b', 2, now() + interval '1 hour'),
             ('${birch.tenantId}', '${birch.userId}', 'llm', 4, now() + interval '1 hour'),
             ('${id}', null, 'llm', 8, now() + interval '1 microsecond')`)
    const held = (whose: string) =>
      `${status('resource_type as kind, trim_scale(max(held_usd)) as held', whose)} group by 1 order by 1`
    await as(service)(held(`'platform', null`)).resultsEq([
      { kind: 'all', held: 15 },
      { kind: 'llm', held: 13 },
    ])
    await as(service)(held(`'tenant', '${id}'`)).resultsEq([
      { kind: 'all', held: 11 },
      { kind: 'llm', held: 9 },
    ])
    await as(service)(held(`'user', '${acme.userId}'`)).resultsEq([
      { kind: 'all', held: 2 },
      { kind: 'llm', held: 0 },
    ])
  })
})
