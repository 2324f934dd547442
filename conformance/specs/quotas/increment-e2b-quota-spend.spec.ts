/**
 * copilot_internal.increment_e2b_quota_spend — a sandbox run is charged.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

test.beforeEach(({ session }) =>
  session.run(`
    insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, spent_usd, period)
    select s.scope, s.id::uuid, kind, 10, 1, 'day'
    from (values ('platform', null), ('tenant', '${acme.tenantId}'), ('tenant', '${birch.tenantId}'),
                 ('user', '${acme.userId}')) as s (scope, id)
    cross join unnest('{llm,e2b,all}'::text[]) as kind;`),
)

const changed = `
  select scope, scope_id, resource_type, trim_scale(spent_usd) as spent
  from copilot_internal.cost_quotas where spent_usd <> 1`

test('it charges the e2b and all quotas of the scope, and no other', async ({ as }) => {
  await as(service)`
    select copilot_internal.increment_e2b_quota_spend('tenant', ${acme.tenantId}, 2.000000000000000001)`.livesOk()
  await as(owner)(changed).bagEq([
    { scope: 'tenant', scope_id: acme.tenantId, resource_type: 'e2b', spent: '3.000000000000000001' },
    { scope: 'tenant', scope_id: acme.tenantId, resource_type: 'all', spent: '3.000000000000000001' },
  ])
})

test('it charges the platform', async ({ as }) => {
  await as(service)`select copilot_internal.increment_e2b_quota_spend('platform', null, 2)`.livesOk()
  await as(owner)(changed).bagEq([
    { scope: 'platform', scope_id: null, resource_type: 'e2b', spent: 3 },
    { scope: 'platform', scope_id: null, resource_type: 'all', spent: 3 },
  ])
})

test('a scope without quotas is none of its business', async ({ as }) => {
  await as(service)`
    select copilot_internal.increment_e2b_quota_spend('user', ${birch.userId}, 2)`.livesOk()
  await as(owner)(changed).isEmpty()
})

test('spend may pass the limit: what was used was used', async ({ as }) => {
  await as(
    service,
  )`select copilot_internal.increment_e2b_quota_spend('tenant', ${acme.tenantId}, 100)`.livesOk()
  await as(owner)(changed).bagEq([
    { scope: 'tenant', scope_id: acme.tenantId, resource_type: 'e2b', spent: 101 },
    { scope: 'tenant', scope_id: acme.tenantId, resource_type: 'all', spent: 101 },
  ])
})

test('a period that is over is archived before the charge', async ({ as, session }) => {
  await session.run(`
    update copilot_internal.cost_quotas
    set period_anchor = now() - interval '3 days 1 hour', period_start = now() - interval '3 days 1 hour',
        period_end = now() - interval '2 days 1 hour'
    where scope = 'tenant' and scope_id = '${acme.tenantId}' and resource_type = 'e2b'`)
  await as(
    service,
  )`select copilot_internal.increment_e2b_quota_spend('tenant', ${acme.tenantId}, 2)`.livesOk()
  await as(owner)`
    select resource_type, trim_scale(spent_usd) as spent, now() - period_start as since
    from copilot_internal.cost_quotas where scope_id = ${acme.tenantId} and resource_type <> 'llm'`.bagEq([
    { resource_type: 'e2b', spent: 2, since: '01:00:00' },
    { resource_type: 'all', spent: 3, since: '00:00:00' },
  ])
  await as(owner)`
    select scope_id, trim_scale(spent_usd) as spent from copilot_internal.cost_quota_periods`.resultsEq([
    { scope_id: acme.tenantId, spent: 1 },
  ])
})

test('the books of a closed period outlive their quota', async ({ as, session }) => {
  await session.run(`
    update copilot_internal.cost_quotas set period_start = now() + interval '1 hour' where scope = 'user';
    delete from copilot_internal.cost_quotas where scope = 'user';`)
  await as(owner)`
    select scope_id, resource_type, quota_id, trim_scale(spent_usd) as spent
    from copilot_internal.cost_quota_periods`.bagEq(
    ['llm', 'e2b', 'all'].map((kind) => ({
      scope_id: acme.userId,
      resource_type: kind,
      quota_id: null,
      spent: 1,
    })),
  )
})

describe('refusals', () => {
  const id = acme.tenantId
  test.for([
    [`null, '${id}', 1`, '22004'],
    [`'team', '${id}', 1`, '22023'],
    [`'user', null, 1`, '22004'],
    [`'platform', '${id}', 1`, '22023'],
    [`'tenant', '${id}', null`, '22004'],
    [`'tenant', '${id}', -1`, '22023'],
    [`'tenant', '${id}', 'NaN'`, '22023'],
  ] as const)('(%s) is refused with %s', async ([args, code], { as }) => {
    await as(service)(`select copilot_internal.increment_e2b_quota_spend(${args})`).throwsOk(code, {
      detail: /./,
      hint: /./,
    })
  })
})
