/**
 * Whose quota is meant: a check or a charge concerns the scope that was asked for and no other.
 *
 * Method: a tenant and a user that go by the same id, another tenant, and the platform, which has none; each with an e2b
 * and an all quota. Whatever mixes two of them up is seen.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import { describe, expect, test } from '../../harness/index.ts'

const scopes = [
  ['platform', null],
  ['tenant', acme.tenantId],
  ['user', acme.tenantId],
  ['tenant', birch.tenantId],
] as const

/** Arguments of a quota function. */
const asked = ([scope, id]: (typeof scopes)[number]) => `'${scope}', ${id ? `'${id}'` : 'null'}`

/** Each scope gets an e2b and an all quota of 10 USD with 4 spent; the period is over when `ended`. */
const quotas = (ended: boolean) =>
  scopes
    .map(
      (scope) => `
        insert into copilot_internal.cost_quotas
          (scope, scope_id, resource_type, limit_usd, spent_usd, period, period_start)
        select ${asked(scope)}, kind, 10, 4, 'day', now() - interval '${ended ? 25 : 1} hours'
        from unnest('{e2b,all}'::text[]) as kind;`,
    )
    .join('')

/** The quotas of this scope alone, as the two kinds of one row. */
const only = ([scope, id]: (typeof scopes)[number], rest: object) =>
  ['e2b', 'all'].map((kind) => ({ scope, scope_id: id, kind, ...rest }))

const spent = `
  select scope, scope_id, resource_type as kind, trim_scale(spent_usd) as spent
  from copilot_internal.cost_quotas where spent_usd <> 4`

test('a login that sees no quotas is refused, and not told that all fits', async ({ as, session }) => {
  await session.run(
    `${quotas(false)} create role backend in role service_role; grant backend to current_user`,
  )
  const asking = [
    'check_e2b_quota',
    'check_llm_quota',
    'increment_e2b_quota_spend',
    'increment_llm_quota_spend',
  ]
  const calls = asking.map((name) => `copilot_internal.${name}('tenant', '${acme.tenantId}', 500)`)
  for (const call of [...calls, `copilot_internal.quota_status('tenant', '${acme.tenantId}')`]) {
    await session.query('savepoint one')
    await session.query('set local role backend')
    await expect(session.query(`select ${call}`)).rejects.toMatchObject({
      code: '42501',
      message: 'Row level security hides quotas from role backend.',
      hint: expect.stringMatching(/set role service_role/),
    })
    await session.query('rollback to savepoint one')
  }
  await as(owner)(spent).isEmpty()
})

describe.each(scopes.map((scope) => ({ scope, name: asked(scope) })))('($name)', ({ scope }) => {
  test('a charge is put on its own quotas and no other', async ({ as, session }) => {
    await session.run(quotas(false))
    await as(service)(`select copilot_internal.increment_e2b_quota_spend(${asked(scope)}, 2)`).livesOk()
    await as(owner)(spent).bagEq(only(scope, { spent: 6 }))
  })

  test('a check closes the ended periods of its own quotas and no other', async ({ as, session }) => {
    await session.run(quotas(true))
    await as(service)(`select copilot_internal.check_e2b_quota(${asked(scope)}, 10) as fits`).resultsEq([
      { fits: true },
    ])
    await as(owner)(spent).bagEq(only(scope, { spent: 0 }))
    await as(owner)`
      select scope, scope_id, resource_type as kind from copilot_internal.cost_quota_periods`.bagEq(
      only(scope, {}),
    )
  })

  test('a check heeds its own limit and no other', async ({ as, session }) => {
    await session.run(quotas(false))
    const fits = `select copilot_internal.check_e2b_quota(${asked(scope)}, 6) as fits`
    await session.run(`
      update copilot_internal.cost_quotas set spent_usd = 10
      where (scope, scope_id) is distinct from (${asked(scope)}::uuid)`)
    await as(service)(fits).resultsEq([{ fits: true }])
    // The other way about: now it is the only one that is spent.
    await session.run(`update copilot_internal.cost_quotas set spent_usd = 14 - spent_usd`)
    await as(service)(fits).resultsEq([{ fits: false }])
  })
})

describe('open reservations', () => {
  // Birch holds 6 USD on behalf of a user who goes by Acme's id.
  test.beforeEach(({ session }) =>
    session.run(`${quotas(false)}
      insert into copilot_internal.quota_reservations (tenant_id, user_id, resource_type, amount_usd, expires_at)
      values ('${birch.tenantId}', '${acme.tenantId}', 'e2b', 6, now() + interval '1 minute')`),
  )

  test.for([
    { scope: scopes[0], fits: false },
    { scope: scopes[1], fits: true },
    { scope: scopes[2], fits: false },
    { scope: scopes[3], fits: false },
  ])('Birch’s hold for a user of Acme’s id: $scope has room $fits', async ({ scope, fits }, { as }) => {
    await as(service)(`select copilot_internal.check_e2b_quota(${asked(scope)}, 1) as fits`).resultsEq([
      { fits },
    ])
  })
})
