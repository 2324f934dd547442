/**
 * Tenant isolation: who sees whose costs and quotas.
 *
 * Method: Acme and Birch have rows in every table and view; people ask with the claims that Supabase would put into
 * their token. The owner counts the rows first, so that nobody's "nothing" is an empty table.
 */
import {
  acme,
  acmeBeforeBirch,
  acmeByAppMetadata,
  birch,
  garbled,
  impostor,
  namesake,
  nomad,
  owner,
  service,
} from '../../../fixtures/people.ts'
import { describe, fixture, test } from '../../harness/index.ts'

test.beforeEach(({ session }) => session.run(fixture('two-tenants')))

const TENANT_ROWS = [
  'llm_cost_records',
  'e2b_cost_records',
  'llm_usage_totals',
  'e2b_usage_totals',
  'llm_usage_rollups',
  'e2b_usage_rollups',
  'usage_changed_days',
  'llm_uncovered_records',
  'e2b_uncovered_records',
  'llm_usage_by_day',
  'e2b_usage_by_day',
  'cost_summary_by_tenant',
  'e2b_cost_summary_by_tenant',
  'e2b_cost_summary_by_conversation',
  'combined_cost_summary_by_tenant',
]

describe.each(TENANT_ROWS)('%s', (relation) => {
  const tenants = `select distinct tenant_id from copilot_internal.${relation}`

  test('each tenant sees its own rows and no other', async ({ as }) => {
    await as(owner)(tenants).bagEq([{ tenant_id: acme.tenantId }, { tenant_id: birch.tenantId }])
    await as(service)(tenants).bagEq([{ tenant_id: acme.tenantId }, { tenant_id: birch.tenantId }])
    await as(acme)(tenants).resultsEq([{ tenant_id: acme.tenantId }])
    await as(birch)(tenants).resultsEq([{ tenant_id: birch.tenantId }])
  })

  test('a tenant named in app_metadata is as good as one in the token', async ({ as }) => {
    await as(acmeByAppMetadata)(tenants).resultsEq([{ tenant_id: acme.tenantId }])
  })

  test('the token’s own tenant goes before the one of app_metadata', async ({ as }) => {
    await as(acmeBeforeBirch)(tenants).resultsEq([{ tenant_id: acme.tenantId }])
  })

  test('a tenant named in user_metadata, which users can edit, is no tenant', async ({ as }) => {
    await as(impostor)(tenants).isEmpty()
  })

  test('a user without a tenant sees nothing', async ({ as }) => {
    await as(nomad)(tenants).isEmpty()
  })

  test('a tenant that is no UUID is an error, not an empty answer', async ({ as }) => {
    await as(garbled)(tenants).throwsOk('22P02')
  })
})

describe.each(['cost_summary_by_model', 'cost_summary_by_task', 'e2b_cost_summary_by_tier'])('%s', (view) => {
  const count = `select sum(${view.startsWith('e2b') ? 'run_count' : 'request_count'}) as rows from copilot_internal.${view}`

  test('it adds up the caller’s own tenant only', async ({ as }) => {
    const [all, mine, theirs] = view.startsWith('e2b') ? [9, 6, 3] : [10, 7, 3]
    await as(owner)(count).resultsEq([{ rows: all }])
    await as(service)(count).resultsEq([{ rows: all }])
    await as(acme)(count).resultsEq([{ rows: mine }])
    await as(birch)(count).resultsEq([{ rows: theirs }])
    await as(impostor)(count).resultsEq([{ rows: null }])
    await as(nomad)(count).resultsEq([{ rows: null }])
  })
})

describe('cost_quotas', () => {
  const quotas = `select scope, scope_id, resource_type from copilot_internal.cost_quotas`

  test('a member sees the quotas of their tenant and their own', async ({ as }) => {
    await as(owner)(`select count(*) from copilot_internal.cost_quotas`).resultsEq([{ count: 6 }])
    await as(acme)(quotas).bagEq([
      { scope: 'tenant', scope_id: acme.tenantId, resource_type: 'e2b' },
      { scope: 'tenant', scope_id: acme.tenantId, resource_type: 'llm' },
      { scope: 'user', scope_id: acme.userId, resource_type: 'all' },
    ])
    await as(birch)(quotas).bagEq([
      { scope: 'tenant', scope_id: birch.tenantId, resource_type: 'e2b' },
      { scope: 'user', scope_id: birch.userId, resource_type: 'all' },
    ])
  })

  test('a tenant named in app_metadata counts where the token names none', async ({ as }) => {
    for (const actor of [acmeByAppMetadata, acmeBeforeBirch]) {
      await as(actor)(`${quotas} where scope = 'tenant'`).bagEq([
        { scope: 'tenant', scope_id: acme.tenantId, resource_type: 'e2b' },
        { scope: 'tenant', scope_id: acme.tenantId, resource_type: 'llm' },
      ])
    }
  })

  test('a tenant named in user_metadata opens no quota', async ({ as }) => {
    await as(impostor)(quotas).isEmpty()
  })

  test('a user without a tenant or quota sees nothing', async ({ as }) => {
    await as(nomad)(quotas).isEmpty()
  })

  test('a tenant whose id is a user’s id does not see the user’s quota', async ({ as }) => {
    const confused = { ...acme, claims: { ...nomad.claims, tenant_id: birch.userId } }
    await as(confused)(quotas).isEmpty()
  })

  test('a user whose id is a tenant’s id does not see the tenant’s quotas', async ({ as }) => {
    await as(namesake)(quotas).isEmpty()
  })
})

test('price lists are the same for everybody who is signed in', async ({ as }) => {
  for (const actor of [acme, nomad, impostor]) {
    await as(actor)`
      select (select count(*) from copilot_internal.e2b_pricing) as tiers,
             (select count(*) from copilot_internal.model_pricing) as models`.resultsEq([
      { tiers: 4, models: 27 },
    ])
  }
})
