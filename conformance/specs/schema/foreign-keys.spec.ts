/**
 * What refers to what, and what becomes of it when that goes: a record is never deleted along with a price or a quota.
 *
 * Method: the definition of each foreign key, as the server prints it.
 */
import { owner } from '../../../fixtures/people.ts'
import { test } from '../../harness/index.ts'

const KEYS = {
  cost_quota_periods: 'FOREIGN KEY (quota_id) REFERENCES copilot_internal.cost_quotas(id) ON DELETE SET NULL',
  e2b_cost_records: 'FOREIGN KEY (pricing_id) REFERENCES copilot_internal.e2b_pricing(id) NOT VALID',
  llm_cost_records: 'FOREIGN KEY (pricing_id) REFERENCES copilot_internal.model_pricing(id) NOT VALID',
  model_pricing_components:
    'FOREIGN KEY (pricing_id) REFERENCES copilot_internal.model_pricing(id) ON DELETE CASCADE',
  quota_charge_estimates:
    'FOREIGN KEY (quota_id) REFERENCES copilot_internal.cost_quotas(id) ON DELETE CASCADE',
}

test('each foreign key is as declared', async ({ as }) => {
  await as(owner)`
    select conrelid::regclass::text || ': ' || pg_get_constraintdef(oid) as key from pg_catalog.pg_constraint
    where connamespace = 'copilot_internal'::regnamespace and contype = 'f' order by 1`.resultsEq(
    Object.entries(KEYS).map(([table, keys]) => ({ key: `copilot_internal.${table}: ${keys}` })),
  )
})
