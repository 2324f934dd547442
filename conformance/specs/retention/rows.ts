/** Rows as retention finds them, as statements; and what it removes of them. */
import { acme, birch } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'

/** Two tenants. */
export const [A, B] = [acme.tenantId, birch.tenantId]
/** The ids of two records. */
export const [R1, R2] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']
/** The date before which usage goes. */
export const DATE = '2026-03-01 00:00+00'
/** Times before and after it. */
export const [OLD, YOUNG] = ['2026-02-01 10:00+00', '2026-03-02 10:00+00']
/** What usage is of. */
export const kinds = ['llm', 'e2b'] as const
/** One of them. */
export type Kind = (typeof kinds)[number]

/** An unpriced record. `charged`: when it was reported. */
export const record = (
  kind: Kind,
  tenant: string,
  id: string,
  at: string,
  request?: string,
  charged?: string,
) => {
  const [columns, values] =
    kind === 'llm' ? ['provider, model', `'p', 'm'`] : ['tier, region, execution_time_seconds', `'t', 'r', 1`]
  const texts = [request, charged].map((text) => (text === undefined ? 'null' : `'${text}'`)).join(', ')
  return `insert into copilot_internal.${kind}_cost_records (tenant_id, id, recorded_at, request_id, charged_at, is_unpriced, ${columns})
          values ('${tenant}', '${id}', '${at}', ${texts}, true, ${values});`
}
/** The name of a request, and the record that it has. */
export const request = (kind: Kind, tenant: string, name: string, id: string) => `
  insert into copilot_internal.usage_requests (tenant_id, resource_type, request_id, record_id)
  values ('${tenant}', '${kind}', '${name}', '${id}');`
/** What became of a record. */
export const change = (kind: Kind, tenant: string, name: string, id: string, what: string, at: string) => `
  insert into copilot_internal.usage_changes (tenant_id, resource_type, request_id, record_id, change, changed_at, former)
  values ('${tenant}', '${kind}', '${name}', '${id}', '${what}', '${at}', '{}');`
/** An estimate that each quota was charged. */
export const estimate = (tenant: string, id: string) => `
  insert into copilot_internal.quota_charge_estimates (tenant_id, record_id, quota_id, amount_usd)
  select '${tenant}', '${id}', id, 1 from copilot_internal.cost_quotas;`
/** A quota. */
export const QUOTA = `insert into copilot_internal.cost_quotas (scope, limit_usd, period) values ('platform', 1, 'day');`
/** A hold that ends at a time. */
export const hold = (over: string) => `
  insert into copilot_internal.quota_reservations (tenant_id, resource_type, amount_usd, created_at, expires_at)
  values ('${A}', 'llm', 1, '2024-01-01', '${over}');`
/** A closed period that ends at a time. */
export const period = (ends: string) => `
  insert into copilot_internal.cost_quota_periods (scope, resource_type, period, period_start, period_end, limit_usd, spent_usd)
  values ('platform', 'llm', 'day', '2024-01-01', '${ends}', 1, 1);`

/** The tables, in the order of the answer. */
export const TABLES = [
  ...['llm_cost_records', 'e2b_cost_records', 'usage_requests', 'usage_changes', 'quota_charge_estimates'],
  ...['quota_reservations', 'cost_quota_periods'],
]
/** A dry run. */
export const asked = `select * from copilot_internal.prune_usage('${DATE}')`
/** A run. */
export const done = (more = '') => `select * from copilot_internal.prune_usage('${DATE}', false${more})`
/** How many rows go by the dry run, and by all runs together: of one table, or of each. */
export async function going(session: Session, ...tables: readonly string[]): Promise<unknown> {
  const told = await session.query(asked)
  const gone = new Map<unknown, number>()
  for (let call = 1; call <= 2; call += 1)
    for (const { what, rows } of await session.query(done()))
      gone.set(what, (gone.get(what) ?? 0) + Number(rows))
  const counts = tables.map((table) => ({
    told: Number(told.find(({ what }) => what === table)?.['rows']),
    gone: gone.get(table),
  }))
  return counts.length > 1 ? counts : counts[0]
}
