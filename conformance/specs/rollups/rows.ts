/** Records of a day, as statements, and what they come to. */
import { acme, birch } from '../../../fixtures/people.ts'

/** Two tenants. */
export const [A, B] = [acme.tenantId, birch.tenantId]
/** What usage is of. */
export const kinds = ['llm', 'e2b'] as const
/** One of them. */
export type Kind = (typeof kinds)[number]

/** Records with other figures each: n = 1 to 4, one a call, in the columns named. */
export const records = (kind: Kind, at: string, tenant = A) => {
  const usage = {
    llm: `'p' as provider, 'm' as model, 't' as task, 1000 * n as input_tokens, 2 * n as output_tokens, 3 * n as cached_input_tokens,
          5 * n as cache_write_5m_tokens, 7 * n as cache_write_1h_tokens, 11 * cost as input_cost_usd, 13 * cost as output_cost_usd`,
    e2b: `'t' as tier, 'r' as region, 2 * n as execution_time_seconds, 3 * n as cpu_core_seconds, 5 * n as memory_gb_seconds,
          7 * n as disk_io_gb, 11 * cost as execution_cost_usd, 13 * cost as resource_cost_usd`,
  }
  return `
    insert into copilot_internal.${kind}_cost_records
    select (jsonb_populate_record(null::copilot_internal.${kind}_cost_records, to_jsonb(u) || u.more)).*
    from (
      select '${tenant}' as tenant_id, gen_random_uuid() as id, '{}'::jsonb as metadata, '${at}'::timestamptz + n * interval '1 hour' as recorded_at,
             n < 4 as is_adopted, n = 4 as is_unpriced, n = 2 as is_estimated, 17 * cost as total_cost_usd, ${usage[kind]},
             '{"variant": "standard", "is_batch": false, "status": "completed"}'::jsonb as more
      from generate_series(1, 4) as n cross join lateral (select n * (n < 4)::integer) as c (cost)
    ) as u;`
}
/** What these come to: each column. */
export const sums = {
  llm: {
    ...{
      provider: 'p',
      model: 'm',
      task: 't',
      request_count: '4',
      input_tokens: '10000',
      output_tokens: '20',
    },
    ...{ cached_input_tokens: '30', cache_write_5m_tokens: '50', cache_write_1h_tokens: '70' },
    ...{ input_cost_usd: '66', output_cost_usd: '78' },
  },
  e2b: {
    ...{
      tier: 't',
      run_count: '4',
      execution_time_seconds: '20',
      cpu_core_seconds: '30',
      memory_gb_seconds: '50',
    },
    ...{ disk_io_gb: '70', execution_cost_usd: '66', resource_cost_usd: '78' },
  },
} as const
