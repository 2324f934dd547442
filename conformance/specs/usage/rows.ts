/** Usage that is reported, and rows that only a mistake or a removal by hand leaves behind, as statements. */
import { acme, birch } from '../../../fixtures/people.ts'

/** Two tenants. */
export const [A, B] = [acme.tenantId, birch.tenantId]
/** The ids of two records. */
export const [R1, R2] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']
/** What usage is of. */
export const kinds = ['llm', 'e2b'] as const
/** One of them. */
export type Kind = (typeof kinds)[number]

/** A report of a request of 1000 tokens, or 300 seconds. */
export const report = (kind: Kind, request: string, more = '') =>
  kind === 'llm'
    ? `copilot_internal.record_llm_usage('${A}', 'openai', 'gpt-4', 1000, 0, request_id => '${request}'${more})`
    : `copilot_internal.record_e2b_usage('${A}', 'standard', 'us-east-1', 300, request_id => '${request}'${more})`
/** An unpriced record, inserted by hand. */
export const record = (kind: Kind, tenant: string, id: string, request: string | null) => {
  const [columns, values] =
    kind === 'llm' ? ['provider, model', `'p', 'm'`] : ['tier, region, execution_time_seconds', `'t', 'r', 1`]
  return `insert into copilot_internal.${kind}_cost_records (tenant_id, id, request_id, is_unpriced, ${columns})
          values ('${tenant}', '${id}', ${request === null ? 'null' : `'${request}'`}, true, ${values});`
}
/** The name of a request, and the record that it has. */
export const request = (kind: Kind, tenant: string, name: string, id: string) => `
  insert into copilot_internal.usage_requests (tenant_id, resource_type, request_id, record_id)
  values ('${tenant}', '${kind}', '${name}', '${id}');`
/** What became of a record. */
export const change = (kind: Kind, tenant: string, name: string, id: string, what: string) => `
  insert into copilot_internal.usage_changes (tenant_id, resource_type, request_id, record_id, change, former)
  values ('${tenant}', '${kind}', '${name}', '${id}', '${what}', jsonb_build_object('id', '${id}', 'request_id', '${name}'));`
