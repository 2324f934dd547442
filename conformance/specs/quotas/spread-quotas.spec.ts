/**
 * A quota of the platform that is spread: recordings charge its parts, and all that is answered counts the row and the parts
 * together.
 *
 * Method: one such quota, and usage of acme at 30 USD per million tokens. What the row holds and what the parts hold is read apart.
 */
import { acme, owner, service, visitor } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { describe, test } from '../../harness/index.ts'

const platform = `copilot_internal.cost_quotas where scope = 'platform'`
const spread = `select copilot_internal.spread_quota(id) from ${platform}`
const gather = `select copilot_internal.gather_quota(id) from ${platform}`
/** As many dollars. */
const record = (dollars: number) =>
  `select id from copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', ${(dollars * 1_000_000) / 30}, 0)`
const held = `
  select trim_scale(spent_usd) as row, trim_scale(copilot_internal.quota_parts_usd(id)) as parts,
         (select trim_scale(s.spent_usd) from copilot_internal.quota_status('platform', null) as s where s.quota_id = q.id) as status
  from copilot_internal.cost_quotas as q where q.scope = 'platform'`
const closed = `select trim_scale(spent_usd) as spent from copilot_internal.cost_quota_periods order by period_start`

async function quota(session: Session, limit: number): Promise<void> {
  await session.query(`select copilot_internal.set_quota('platform', null, 'llm', ${limit}, 'day')`)
  await session.query(spread)
}

test('recordings charge parts, and quota_status adds them up', async ({ as, session }) => {
  await session.query(`select copilot_internal.set_quota('platform', null, 'llm', 10, 'day')`)
  await session.query(record(3))
  await as(service)(spread).livesOk()
  await as(service)(record(1.5)).livesOk()
  await as(owner)(held).resultsEq([{ row: 3, parts: 1.5, status: 4.5 }])
})

test('who charges a quota of the tenant, too, charges the row of that', async ({ as, session }) => {
  await quota(session, 10)
  await session.query(`select copilot_internal.set_quota('tenant', '${acme.tenantId}', 'all', 10, 'day')`)
  await session.query(record(3))
  await as(owner)(held).resultsEq([{ row: 0, parts: 3, status: 3 }])
  await as(
    owner,
  )`select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas where scope = 'tenant'`.resultsEq(
    [{ spent: 3 }],
  )
})

test('recordings one after the other charge the same part', async ({ as, session }) => {
  await quota(session, 10)
  await session.query(record(3))
  await session.query(record(3))
  await as(owner)`select count(*) as parts from copilot_internal.cost_quota_parts`.resultsEq([{ parts: 1 }])
})

describe('of two quotas of the platform', () => {
  const both = `select resource_type as kind, trim_scale(spent_usd) as row, trim_scale(copilot_internal.quota_parts_usd(id)) as parts
    from copilot_internal.cost_quotas order by 1`
  const of = (kind: string, call: string) =>
    `select copilot_internal.${call}(id) from copilot_internal.cost_quotas where resource_type = '${kind}'`

  test.beforeEach(async ({ session }) => {
    for (const kind of ['all', 'llm'])
      await session.query(`select copilot_internal.set_quota('platform', null, '${kind}', 10, 'day')`)
  })

  test('the one that is not spread is charged in its row', async ({ as, session }) => {
    await session.query(of('llm', 'spread_quota'))
    await as(owner)`select count(*) as parts from copilot_internal.cost_quota_parts`.resultsEq([{ parts: 1 }])
    await as(service)(record(3)).livesOk()
    await as(owner)(both).resultsEq([
      { kind: 'all', row: 3, parts: 0 },
      { kind: 'llm', row: 0, parts: 3 },
    ])
  })

  test('each is spread, gathered, rolled over and deleted by itself', async ({ as, session }) => {
    for (const kind of ['all', 'llm']) await as(service)(of(kind, 'spread_quota')).livesOk()
    await session.query(record(3))
    await as(owner)(both).resultsEq([
      { kind: 'all', row: 0, parts: 3 },
      { kind: 'llm', row: 0, parts: 3 },
    ])
    await as(service)(of('llm', 'gather_quota')).livesOk()
    await as(owner)(both).resultsEq([
      { kind: 'all', row: 0, parts: 3 },
      { kind: 'llm', row: 3, parts: 0 },
    ])
    await as(service)(of('llm', 'spread_quota')).livesOk()
    await session.query(record(1.5))
    await as(
      service,
    )`update copilot_internal.cost_quotas set period = 'week' where resource_type = 'llm'`.livesOk()
    await as(owner)(both).resultsEq([
      { kind: 'all', row: 0, parts: 4.5 },
      { kind: 'llm', row: 0, parts: 0 },
    ])
    await as(service)`delete from copilot_internal.cost_quotas where resource_type = 'llm'`.livesOk()
    await as(owner)(both).resultsEq([{ kind: 'all', row: 0, parts: 4.5 }])
  })
})

test('several parts are added up, and gathered together', async ({ as, session }) => {
  await quota(session, 10)
  await session.query(
    `insert into copilot_internal.cost_quota_parts (quota_id, spent_usd)
     select id, part from copilot_internal.cost_quotas cross join unnest('{2,3}'::integer[]) as part`,
  )
  await as(owner)(held).resultsEq([{ row: 0, parts: 5, status: 5 }])
  await as(service)(gather).livesOk()
  await as(owner)(held).resultsEq([{ row: 5, parts: 0, status: 5 }])
})

describe('charge_quota_part', () => {
  const charge = (amount: string) =>
    `select copilot_internal.charge_quota_part(id, ${amount}) as done from ${platform}`

  test('rounds each amount to 18 decimals, the half away from zero', async ({ as, session }) => {
    await quota(session, 10)
    await session.query(`update copilot_internal.cost_quota_parts set spent_usd = -0.000000000000000001`)
    await as(service)(charge('0.0000000000000000005')).resultsEq([{ done: true }])
    await as(owner)(held).resultsEq([{ row: 0, parts: 0, status: 0 }])
  })

  test('does nothing for a quota that is not spread', async ({ as, session }) => {
    await session.query(`select copilot_internal.set_quota('platform', null, 'llm', 10, 'day')`)
    await as(service)(charge('1')).resultsEq([{ done: false }])
    await as(owner)(held).resultsEq([{ row: 0, parts: 0, status: 0 }])
  })

  test.for([
    ['period_end = now()', false],
    [`period_end = now() + interval '1 microsecond'`, true],
    [`period_start = clock_timestamp()`, true],
    [`period_start = now() + interval '1 hour'`, false],
  ] as const)('where %s: %s', async ([period, done], { as, session }) => {
    await quota(session, 10)
    await session.query(`update copilot_internal.cost_quotas set period_start = now() - interval '1 hour'`)
    await session.query(`update copilot_internal.cost_quotas set ${period}`)
    await as(service)(charge('1')).resultsEq([{ done }])
  })
})

test('what is taken back is credited to a part', async ({ as, session }) => {
  await session.query(`select copilot_internal.set_quota('platform', null, 'llm', 10, 'day')`)
  await session.query(
    `select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 100000, 0, 'r')`,
  )
  await session.query(spread)
  await session.query(`select copilot_internal.void_usage('${acme.tenantId}', 'llm', 'r')`)
  await as(owner)(held).resultsEq([{ row: 3, parts: -3, status: 0 }])
})

describe('a limit', () => {
  const check = (dollars: number) =>
    `select copilot_internal.check_llm_quota('platform', null, ${dollars}) as fits`
  const reserve = (dollars: number) =>
    `select granted, trim_scale(left_usd) as left from copilot_internal.reserve_quota('${acme.tenantId}', 'llm', ${dollars})`

  test('a check counts the parts', async ({ as, session }) => {
    await quota(session, 10)
    await session.query(record(6))
    await as(service)(check(4)).resultsEq([{ fits: true }])
    await as(service)(check(4.000001)).resultsEq([{ fits: false }])
  })

  test('a reservation counts the parts', async ({ as, session }) => {
    await quota(session, 10)
    await session.query(record(6))
    await as(service)(reserve(4.000001)).resultsEq([{ granted: false, left: 4 }])
    await as(service)(reserve(4)).resultsEq([{ granted: true, left: 0 }])
  })
})

describe('gathered', () => {
  test('its row has all of it, and recordings charge it again', async ({ as, session }) => {
    await quota(session, 10)
    await session.query(record(3))
    await as(service)(gather).livesOk()
    await as(service)(record(1.5)).livesOk()
    await as(owner)(held).resultsEq([{ row: 4.5, parts: 0, status: 4.5 }])
    await as(owner)`select from copilot_internal.cost_quota_parts`.isEmpty()
  })

  test('spread twice, or gathered twice, is as once', async ({ as, session }) => {
    await quota(session, 10)
    await session.query(record(3))
    await as(service)(spread).livesOk()
    await as(owner)`select count(*) as parts from copilot_internal.cost_quota_parts`.resultsEq([{ parts: 1 }])
    await as(owner)(held).resultsEq([{ row: 0, parts: 3, status: 3 }])
    for (const _ of [1, 2]) await as(service)(gather).livesOk()
    await as(owner)(held).resultsEq([{ row: 3, parts: 0, status: 3 }])
  })
})

describe('a period that ends', () => {
  const isOver = `
    update copilot_internal.cost_quotas set period_start = now() - interval '25 hours', period_end = now() - interval '1 hour'`

  test('is archived with its parts, and the next is spread, too', async ({ as, session }) => {
    await quota(session, 10)
    await session.query(record(3))
    await session.query(isOver)
    await as(
      service,
    )`select trim_scale(spent_usd) as spent from copilot_internal.quota_status('platform', null)`.resultsEq([
      { spent: 0 },
    ])
    await as(service)(record(1.5)).livesOk()
    await as(owner)(closed).resultsEq([{ spent: 3 }])
    await as(owner)(held).resultsEq([{ row: 1.5, parts: 0, status: 1.5 }])
    await as(service)(record(1.5)).livesOk()
    await as(owner)(held).resultsEq([{ row: 1.5, parts: 1.5, status: 3 }])
  })

  test('a quota that is counted by another period begins with no parts', async ({ as, session }) => {
    await quota(session, 10)
    await session.query(record(3))
    await as(service)`update copilot_internal.cost_quotas set period = 'week'`.livesOk()
    await as(owner)(closed).resultsEq([{ spent: 3 }])
    await as(owner)(held).resultsEq([{ row: 0, parts: 0, status: 0 }])
  })

  test('a quota that is deleted is archived with its parts, and they are gone', async ({ as, session }) => {
    await quota(session, 10)
    await session.query(record(3))
    await as(service)`delete from copilot_internal.cost_quotas`.livesOk()
    await as(owner)(closed).resultsEq([{ spent: 3 }])
    await as(owner)`select from copilot_internal.cost_quota_parts`.isEmpty()
  })
})

test('one that has not started is charged nothing', async ({ as, session }) => {
  await quota(session, 10)
  await session.query(
    `update copilot_internal.cost_quotas set period_start = now() + interval '1 hour', period_end = now() + interval '25 hours'`,
  )
  await as(service)(record(3)).livesOk()
  await as(owner)(held).resultsEq([{ row: 0, parts: 0, status: 0 }])
})

test('one that has not started leaves no parts when it is deleted', async ({ as, session }) => {
  await session.query(
    `insert into copilot_internal.cost_quotas (scope, resource_type, limit_usd, period, period_start)
     values ('platform', 'llm', 10, 'day', now() + interval '1 hour')`,
  )
  await session.query(spread)
  await as(service)`delete from copilot_internal.cost_quotas`.livesOk()
  await as(owner)`select from copilot_internal.cost_quota_parts`.isEmpty()
})

test('one that counts another kind stays spread', async ({ as, session }) => {
  await quota(session, 10)
  await session.query(record(3))
  await as(service)`update copilot_internal.cost_quotas set resource_type = 'all'`.livesOk()
  await as(owner)(held).resultsEq([{ row: 0, parts: 3, status: 3 }])
})

test('one that becomes a tenant’s has all of it in its row', async ({ as, session }) => {
  await quota(session, 10)
  await session.query(record(3))
  await as(
    service,
  )`update copilot_internal.cost_quotas set scope = 'tenant', scope_id = ${acme.tenantId}`.livesOk()
  await as(owner)`select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas`.resultsEq([
    { spent: 3 },
  ])
  await as(owner)`select from copilot_internal.cost_quota_parts`.isEmpty()
})

describe('refused', () => {
  test('a quota of a tenant, and what is none', async ({ as, session }) => {
    await session.query(`select copilot_internal.set_quota('tenant', '${acme.tenantId}', 'all', 10, 'day')`)
    await as(service)`select copilot_internal.spread_quota(id) from copilot_internal.cost_quotas`.throwsOk(
      '22023',
      {
        message: /^The platform has no quota /,
      },
    )
    await session.query(`select copilot_internal.set_quota('platform', null, 'all', 10, 'day')`)
    await as(service)`select copilot_internal.spread_quota(${acme.tenantId})`.throwsOk('22023', {
      message: `The platform has no quota ${acme.tenantId}.`,
    })
  })

  test('NULL', async ({ as }) => {
    for (const call of ['spread_quota', 'gather_quota'])
      await as(service)(`select copilot_internal.${call}(null)`).throwsOk('22004', {
        message: 'quota_id must not be NULL.',
      })
  })
})

test('members and strangers read no parts', async ({ as, session }) => {
  await quota(session, 10)
  for (const who of [acme, visitor])
    await as(who)`select from copilot_internal.cost_quota_parts`.throwsOk('42501')
})
