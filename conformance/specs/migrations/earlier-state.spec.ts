/**
 * Who applied an earlier state of the files gets the present one by running them again: also where a constraint was written otherwise.
 */
import { schemaText } from '../../catalog/index.ts'
import { migrations } from '../../engines/index.ts'
import { expect, test } from '../../harness/index.ts'

const EARLIER = `
  alter table copilot_internal.cost_quotas
    drop constraint cost_quotas_scope_known,
    add constraint cost_quotas_scope_known check (scope in ('platform', 'tenant', 'user')),
    drop constraint cost_quotas_period_known,
    add constraint cost_quotas_period_known check (period in ('hour', 'day', 'week', 'month')),
    drop constraint cost_quotas_resource_type_known,
    add constraint cost_quotas_resource_type_known check (resource_type in ('llm', 'e2b', 'all')),
    drop constraint cost_quotas_unpriced_policy_known,
    add constraint cost_quotas_unpriced_policy_known check (unpriced_policy in ('allow', 'charge_hold', 'refuse_hold'))`

test('what a quota may be for is written as in the files', async ({ session }) => {
  const present = await schemaText(session)
  await session.run(EARLIER)
  expect(await schemaText(session)).not.toBe(present)
  for (const { sql } of migrations()) await session.run(sql)
  expect(await schemaText(session)).toBe(present)
})
