/**
 * copilot_internal.set_quota — of the quotas of all scopes it closes and changes the one that is meant.
 *
 * Method: each scope has a quota of the same kind and period, over long ago, with something spent. A user has the id of a tenant, too.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import { expect, test } from '../../harness/index.ts'
import { MADE, set } from './set-quota.ts'

const SCOPES = [
  ['tenant', acme.tenantId],
  ['tenant', birch.tenantId],
  ['user', acme.tenantId],
  ['user', birch.userId],
  ['platform', null],
] as const
const literal = (id: string | null) => (id === null ? 'null' : `'${id}'`)
const rows = SCOPES.map(
  ([scope, id]) => `('${scope}', ${literal(id)}::uuid, 'llm', 10, 7, 'day', '2026-01-01'::timestamptz)`,
)
const OVER = `
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, spent_usd, period, period_start)
  values ${rows.join()}`
const quotas = `
  select scope, scope_id as id, trim_scale(limit_usd) as limit, trim_scale(spent_usd) as spent, now() < period_end as open
  from copilot_internal.cost_quotas`
const closed = `
  select scope, scope_id as id, trim_scale(limit_usd) as limit, trim_scale(spent_usd) as spent
  from copilot_internal.cost_quota_periods`

test.for(SCOPES)('of %s %s is closed and changed, and no other', async ([scope, id], { as, session }) => {
  await session.run(OVER)
  for (const [given, limit] of [
    [`'llm', 20`, 20],
    [`'llm', 30, 'day'`, 30],
  ] as const) {
    await as(service)(set(given, `'${scope}', ${literal(id)}`)).resultsEq(MADE)
    const others = SCOPES.filter((other) => other[0] !== scope || other[1] !== id)
    await as(owner)(quotas).bagEq([
      { scope, id, limit, spent: 0, open: true },
      ...others.map(([ofScope, ofId]) => ({ scope: ofScope, id: ofId, limit: 10, spent: 7, open: false })),
    ])
    await as(owner)(closed).resultsEq([{ scope, id, limit: 10, spent: 7 }])
  }
})

test.for(SCOPES)('of %s %s is a new one beside those of others', async ([scope, id], { as, session }) => {
  await session.run(OVER)
  const own = `scope = '${scope}' and scope_id is not distinct from ${literal(id)}`
  await session.run(`delete from copilot_internal.cost_quotas where ${own}`)
  await as(service)(set(`'llm', 20`, `'${scope}', ${literal(id)}`)).throwsOk('22004')
  await as(service)(set(`'llm', 20, 'day'`, `'${scope}', ${literal(id)}`)).resultsEq(MADE)
  const limits = await session.query(
    `select trim_scale(limit_usd) as limit, ${own} as own from copilot_internal.cost_quotas`,
  )
  expect(limits.filter((quota) => quota['own'] === 't')).toEqual([{ limit: '20', own: 't' }])
  expect(limits.filter((quota) => quota['limit'] === '10')).toHaveLength(4)
})
