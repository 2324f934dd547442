/** What the views are made of, as statements: each row with figures of its own. */
import { acme, birch } from '../../../fixtures/people.ts'

/** Two tenants. */
export const [A, B] = [acme.tenantId, birch.tenantId]
/** What usage is of. */
export const kinds = ['llm', 'e2b'] as const
/** One of them. */
export type Kind = (typeof kinds)[number]

/** A record of every column that the views show, times n. */
export const columns = {
  llm: {
    ...{ provider: `'p'`, model: `'m'`, task: `'t'`, input_tokens: '2 * n', output_tokens: '3 * n' },
    ...{ input_cost_usd: '5 * n', output_cost_usd: '7 * n', total_cost_usd: '11 * n' },
  },
  e2b: {
    ...{
      tier: `'t'`,
      execution_time_seconds: '2 * n',
      cpu_core_seconds: '3 * n',
      memory_gb_seconds: '13 * n',
      disk_io_gb: '17 * n',
    },
    ...{ execution_cost_usd: '5 * n', resource_cost_usd: '7 * n', total_cost_usd: '11 * n' },
  },
} as const
export const record = (kind: Kind, at: string, n: number, tenant = A) => {
  const all = {
    ...columns[kind],
    ...(kind === 'e2b' ? { region: `'r'` } : {}),
    is_estimated: `n = 2`,
    is_adopted: 'true',
  }
  return `insert into copilot_internal.${kind}_cost_records (tenant_id, recorded_at, ${Object.keys(all)})
          select '${tenant}', '${at}', ${Object.values(all)} from (values (${n})) as v (n);`
}
/** The column that counts them. */
export const counted = { llm: 'request_count', e2b: 'run_count' } as const
/** A day that is kept as totals or added up, of every column that the views show, times n. */
export const day = (kind: Kind, table: 'totals' | 'rollups', on: string, n: number, tenant = A) => {
  const more =
    kind === 'llm' && table === 'rollups'
      ? { cached_input_tokens: '0', cache_write_5m_tokens: '0', cache_write_1h_tokens: '0' }
      : {}
  const all = {
    ...columns[kind],
    ...more,
    [counted[kind]]: '19 * n',
    estimated_count: 'n',
    unpriced_count: '4 * n',
  }
  return `insert into copilot_internal.${kind}_usage_${table} (tenant_id, day, first_recorded_at, last_recorded_at, ${Object.keys(all)})
          select '${tenant}', '${on}', '${on} 01:00+00', '${on} 23:00+00', ${Object.values(all)} from (values (${n})) as v (n);`
}
/** A note that a day has changed. */
export const note = (kind: Kind, on: string, tenant = A, transaction = 1) => `
  insert into copilot_internal.usage_changed_days (resource_type, tenant_id, day, transaction)
  values ('${kind}', '${tenant}', '${on}', '${transaction}');`
/** How far a kind is added up. */
export const state = (kind: Kind, before: string) => `
  insert into copilot_internal.usage_rollup_state (resource_type, covered_before) values ('${kind}', '${before}');`

/** Nobody notes what is inserted: the notes are the test's. */
export const quiet = kinds
  .map((kind) => `alter table copilot_internal.${kind}_cost_records disable trigger user;`)
  .join('')
