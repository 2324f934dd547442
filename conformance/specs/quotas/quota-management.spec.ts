/**
 * Quotas that people edit: their periods change and end with their books kept, they start later, they are deleted; and a tenant
 * sees how its own stand.
 *
 * Method: within a test now() stands still, so that what was spent before a change and after it can be told apart.
 */
import { acme, birch, nomad, owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

const id = acme.tenantId
const charge = (amount: number) =>
  `select copilot_internal.increment_llm_quota_spend('tenant', '${id}', ${amount})`
const quotas = `
  select period, trim_scale(limit_usd) as limit, trim_scale(spent_usd) as spent, now() - period_start as since
  from copilot_internal.cost_quotas order by period`
const archive = `
  select period, trim_scale(spent_usd) as spent, period_end = now() as now, quota_id is null as deleted
  from copilot_internal.cost_quota_periods`

/** A quota of 10 USD an hour with 3 spent, in a period that began half an hour ago. */
const hourly = `
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, spent_usd, period, period_start)
  values ('tenant', '${id}', 'llm', 10, 3, 'hour', now() - interval '30 minutes')`

describe('a quota whose period changes', () => {
  test.beforeEach(({ session }) => session.run(hourly))

  test.for([
    `update copilot_internal.cost_quotas set period = 'month'`,
    `select copilot_internal.set_quota('tenant', '${id}', 'llm', period => 'month', from_period => 'hour')`,
  ])('archives the open one under its name, and starts now: %s', async (change, { as }) => {
    await as(service)(change).livesOk()
    await as(owner)(quotas).resultsEq([{ period: 'month', limit: 10, spent: 0, since: '00:00:00' }])
    await as(owner)(archive).resultsEq([{ period: 'hour', spent: 3, now: true, deleted: false }])
    await as(service)(charge(2)).livesOk()
    await as(owner)(quotas).resultsEq([{ period: 'month', limit: 10, spent: 2, since: '00:00:00' }])
  })

  test('starts with the spend that the same statement gives it', async ({ as }) => {
    await as(service)(`update copilot_internal.cost_quotas set period = 'month', spent_usd = 5`).livesOk()
    await as(owner)(quotas).resultsEq([{ period: 'month', limit: 10, spent: 5, since: '00:00:00' }])
    await as(owner)(archive).resultsEq([{ period: 'hour', spent: 3, now: true, deleted: false }])
  })

  test('a change of its limit leaves its period open', async ({ as }) => {
    await as(service)(`select copilot_internal.set_quota('tenant', '${id}', 'llm', 20, 'hour')`).livesOk()
    await as(owner)(quotas).resultsEq([{ period: 'hour', limit: 20, spent: 3, since: '00:30:00' }])
    await as(owner)(archive).isEmpty()
  })
})

test('a quota that is deleted leaves the books of its open period', async ({ as, session }) => {
  await session.run(hourly)
  await as(service)`delete from copilot_internal.cost_quotas`.livesOk()
  await as(owner)(archive).resultsEq([{ period: 'hour', spent: 3, now: true, deleted: true }])
})

describe('a quota that starts later', () => {
  test.beforeEach(({ session }) =>
    session.run(`insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period, period_start)
                 values ('tenant', '${id}', 'llm', 0.01, 'month', now() + interval '3 months')`),
  )

  test('refuses nothing yet', async ({ as }) => {
    await as(service)`select copilot_internal.check_llm_quota('tenant', ${id}, 5) as fits`.resultsEq([
      { fits: true },
    ])
    await as(service)`select granted from copilot_internal.reserve_quota(${id}, 'llm', 5)`.resultsEq([
      { granted: true },
    ])
  })

  test('is charged nothing yet', async ({ as }) => {
    await as(service)(charge(5)).livesOk()
    await as(service)`select copilot_internal.record_llm_usage(${id}, 'openai', 'gpt-4', 1000, 0)`.livesOk()
    await as(owner)`select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas`.resultsEq([
      { spent: 0 },
    ])
  })
})

describe('set_quota', () => {
  test('makes a quota, and says the same of it the second time', async ({ as }) => {
    const set = `select copilot_internal.set_quota('tenant', '${id}', 'llm', 50, 'month') is not null as id`
    for (const _ of ['first', 'second']) await as(service)(set).resultsEq([{ id: true }])
    await as(owner)(quotas).resultsEq([{ period: 'month', limit: 50, spent: 0, since: '00:00:00' }])
  })

  test('day and month live side by side', async ({ as }) => {
    await as(service)`select copilot_internal.set_quota('tenant', ${id}, 'llm', 5, 'day')`.livesOk()
    await as(service)`select copilot_internal.set_quota('tenant', ${id}, 'llm', 50, 'month')`.livesOk()
    await as(owner)(quotas).resultsEq([
      { period: 'day', limit: 5, spent: 0, since: '00:00:00' },
      { period: 'month', limit: 50, spent: 0, since: '00:00:00' },
    ])
  })

  test.for([
    [`'team', '${id}', 'llm', 5, 'day'`, '22023'],
    [`'tenant', null, 'llm', 5, 'day'`, '22004'],
    [`'tenant', '${id}', 'gpu', 5, 'day'`, '22023'],
    [`'tenant', '${id}', 'llm', -1, 'day'`, '22023'],
    [`'tenant', '${id}', 'llm', 5, 'year'`, '22023'],
  ] as const)('refuses %s', async ([given, code], { as }) => {
    await as(service)(`select copilot_internal.set_quota(${given})`).throwsOk(code)
  })
})

describe('a quota that refuses what has no price', () => {
  const reserve = (named: string) =>
    `select granted, refused_by is not null as refused from copilot_internal.reserve_quota('${id}', 'llm', 1, ${named})`

  test.beforeEach(({ session }) =>
    session.run(
      `select copilot_internal.set_quota('tenant', '${id}', 'llm', 50, 'day', unpriced_policy => 'refuse_hold')`,
    ),
  )

  test('grants no hold for a model without a price', async ({ as }) => {
    await as(service)(reserve(`provider => 'openai', model => 'gpt-unheard-of'`)).resultsEq([
      { granted: false, refused: true },
    ])
  })

  test.for([`provider => 'openai', model => 'gpt-4o'`, `provider => 'openai', model => 'openai/gpt-4o'`])(
    'grants one for %s',
    async (named, { as }) => {
      await as(service)(reserve(named)).resultsEq([{ granted: true, refused: false }])
    },
  )
})

describe('my_quota_status', () => {
  test.beforeEach(({ session }) =>
    session.run(`
      insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, spent_usd, period, period_start)
      values ('tenant', '${id}', 'llm', 10, 9, 'month', now() - interval '1 day'),
             ('tenant', '${id}', 'e2b', 10, 9, 'month', now() - interval '75 days'),
             ('user', '${acme.userId}', 'all', 10, 4, 'week', now() - interval '3 weeks'),
             ('tenant', '${birch.tenantId}', 'llm', 10, 4, 'day', now()), ('platform', null, 'all', 10, 4, 'day', now())`),
  )

  const standing = `
    select scope, resource_type as kind, spent_usd as spent, left_usd as left, warning_reached as warned
    from copilot_internal.my_quota_status() order by 1, 2`

  test('shows a tenant its own, with the spend of the current period', async ({ as }) => {
    await as(acme)(standing).resultsEq([
      { scope: 'tenant', kind: 'e2b', spent: 0, left: '10.000', warned: false },
      { scope: 'tenant', kind: 'llm', spent: '9.000', left: '1.000', warned: true },
      { scope: 'user', kind: 'all', spent: 0, left: '10.000', warned: false },
    ])
  })

  test('says of periods what quota_status says', async ({ as, session }) => {
    const mine = (await session.query(
      `select resource_type, period_start, period_end, spent_usd from copilot_internal.quota_status('tenant', '${id}') order by 1`,
    )) as Record<string, string>[]
    await as(acme)`
      select resource_type, period_start, period_end, spent_usd from copilot_internal.my_quota_status()
      where scope = 'tenant' order by 1`.resultsEq(mine)
  })

  test('shows a user whose id is no UUID what the tenant has', async ({ as }) => {
    const stranger = {
      ...acme,
      name: 'stranger',
      claims: { ...acme.claims, sub: 'auth0|5f7c8ec7c33c6c004bbafe82' },
    }
    await as(stranger)`select distinct scope from copilot_internal.my_quota_status()`.resultsEq([
      { scope: 'tenant' },
    ])
    await as(stranger)`select distinct scope from copilot_internal.cost_quotas`.resultsEq([
      { scope: 'tenant' },
    ])
  })

  test('shows nothing to a user without a tenant', async ({ as }) => {
    await as(nomad)(standing).isEmpty()
  })
})
