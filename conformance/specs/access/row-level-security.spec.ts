/**
 * Row level security of schema copilot_internal: on for every table, and what each policy lets through.
 *
 * Method: policies are compared with what the server prints of them, so that nothing of a policy goes unread. A table without
 * a policy shows its rows to nobody but the platform, whose roles bypass row level security.
 */
import { acme } from '../../../fixtures/people.ts'
import { test } from '../../harness/index.ts'

/** The caller's own id; of one that is no UUID, none. */
const CALLER = `( SELECT
        CASE
            WHEN ((auth.jwt() ->> 'sub'::text) ~* '^([0-9a-f]{4}-?){7}[0-9a-f]{4}$'::text) THEN ((auth.jwt() ->> 'sub'::text))::uuid
            ELSE NULL::uuid
        END AS "case")`
const CALLERS_TENANT = `( SELECT (COALESCE((auth.jwt() ->> 'tenant_id'::text), ((auth.jwt() -> 'app_metadata'::text) ->> 'tenant_id'::text)))::uuid AS "coalesce")`

/** Table → its policies, each with what it lets through. All are for reading. */
const policies: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  e2b_pricing: { e2b_pricing_select_authenticated: 'true' },
  model_pricing: { model_pricing_select_authenticated: 'true' },
  model_pricing_components: { model_pricing_components_select_authenticated: 'true' },
  e2b_cost_records: { e2b_cost_records_select_tenant: `(tenant_id = ${CALLERS_TENANT})` },
  llm_cost_records: { llm_cost_records_select_tenant: `(tenant_id = ${CALLERS_TENANT})` },
  cost_quotas: {
    cost_quotas_select_tenant: `((scope = 'tenant'::text) AND (scope_id = ${CALLERS_TENANT}))`,
    cost_quotas_select_user: `((scope = 'user'::text) AND (scope_id = ${CALLER}))`,
  },
  llm_usage_totals: { llm_usage_totals_select_tenant: `(tenant_id = ${CALLERS_TENANT})` },
  e2b_usage_totals: { e2b_usage_totals_select_tenant: `(tenant_id = ${CALLERS_TENANT})` },
  model_aliases: { model_aliases_select_authenticated: 'true' },
  cost_quota_periods: {},
  usage_changes: {},
  quota_charge_estimates: {},
  quota_reservations: {},
  usage_requests: {},
}

test('it is on for every table', async ({ tap }) => {
  await tap.tablesAre('copilot_internal', Object.keys(policies))
  for (const table of Object.keys(policies)) await tap.rlsIsEnabled(`copilot_internal.${table}`)
})

test.for(Object.entries(policies))(
  '%s has its policies, for authenticated and for reading',
  async ([name, those], { tap }) => {
    const table = `copilot_internal.${name}`
    await tap.policiesAre(table, Object.keys(those))
    for (const [policy, using] of Object.entries(those)) {
      await tap.policyRolesAre(table, policy, ['authenticated'])
      await tap.policyCmdIs(table, policy, 'SELECT')
      await tap.policyIsPermissive(table, policy)
      await tap.policyUsingIs(table, policy, using)
      await tap.policyWithCheckIs(table, policy, null)
    }
  },
)

/** Table → how many of its policies ask who calls. */
const asking = Object.entries(policies)
  .map(([table, those]) => [table, Object.values(those).filter((using) => using !== 'true').length] as const)
  .filter(([, count]) => count > 0)

test.for(asking)(
  '%s asks for its caller once a statement, not once a row',
  async ([table, count], { as }) => {
    await as(acme)(`select 1 from copilot_internal.${table}`).hasInitPlans(count)
  },
)
