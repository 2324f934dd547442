/**
 * Row level security of schema copilot_internal: on for every table, and what each policy lets through.
 *
 * Method: policies are compared with what the server prints of them, so that nothing of a policy goes unread. A table without
 * a policy shows its rows to nobody but the platform, whose roles bypass row level security.
 */
import { acme } from '../../../fixtures/people.ts'
import { EVERY_ROW, tables } from '../../../fixtures/tables.ts'
import { test } from '../../harness/index.ts'

test('it is on for every table', async ({ tap }) => {
  await tap.tablesAre('copilot_internal', Object.keys(tables))
  for (const table of Object.keys(tables)) await tap.rlsIsEnabled(`copilot_internal.${table}`)
})

test.for(Object.entries(tables))(
  '%s has its policies, for authenticated and for reading',
  async ([name, { policies }], { tap }) => {
    const table = `copilot_internal.${name}`
    await tap.policiesAre(table, Object.keys(policies))
    for (const [policy, using] of Object.entries(policies)) {
      await tap.policyRolesAre(table, policy, ['authenticated'])
      await tap.policyCmdIs(table, policy, 'SELECT')
      await tap.policyIsPermissive(table, policy)
      await tap.policyUsingIs(table, policy, using)
      await tap.policyWithCheckIs(table, policy, null)
    }
  },
)

/** Table → how many of its policies ask who calls. */
const asking = Object.entries(tables)
  .map(
    ([table, { policies }]) =>
      [table, Object.values(policies).filter((using) => using !== EVERY_ROW).length] as const,
  )
  .filter(([, count]) => count > 0)

test.for(asking)(
  '%s asks for its caller once a statement, not once a row',
  async ([table, count], { as }) => {
    await as(acme)(`select 1 from copilot_internal.${table}`).hasInitPlans(count)
  },
)
