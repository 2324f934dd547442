/** Holds of the same id at two tenants, as statements. */
import { acme, birch } from '../../../fixtures/people.ts'

/** Two tenants. */
export const [A, B] = [acme.tenantId, birch.tenantId]
/** The id of the hold that is meant. */
export const HOLD = '00000000-0000-4000-8000-000000000001'
/** The id of another one. */
export const OTHER = '00000000-0000-4000-8000-000000000002'
/** An open hold of 1 USD, with what else it has. */
export const hold = (tenant: string, id = HOLD, more: Readonly<Record<string, string>> = {}) => {
  const all = {
    ...{ tenant_id: `'${tenant}'`, id: `'${id}'`, resource_type: `'llm'`, amount_usd: '1' },
    ...{ expires_at: `now() + interval '1 hour'`, ...more },
  }
  return `insert into copilot_internal.quota_reservations (${Object.keys(all)}) values (${Object.values(all)});`
}
/** The holds that there are. */
export const holds = `
  select tenant_id, id, closed_at is null as open, trim_scale(settled_usd) as settled from copilot_internal.quota_reservations`
/** What an open hold shows there. */
export const untouched = { open: true, settled: null }
/** A quota of 10 USD. */
export const quota = (columns: string, values: string) => `
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, ${columns})
  values ('tenant', '${A}', 'llm', 10, ${values});`
