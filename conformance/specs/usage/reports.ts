/** Reports of both kinds, and the two ways to send them; quantities that are all different, so that none can stand for another. */
import { acme } from '../../../fixtures/people.ts'

/** The tenant that reports. */
export const A = acme.tenantId
/** The id of a hold. */
export const R1 = '00000000-0000-4000-8000-000000000001'
/** A call, with something of each kind of token. */
export const LLM = {
  ...{ tenant_id: A, provider: 'openai', model: 'gpt-5', input_tokens: 1000, output_tokens: 50 },
  ...{ cached_input_tokens: 300, cache_write_5m_tokens: 200, cache_write_1h_tokens: 100, is_batch: false },
}
/** A sandbox run, with something of each metric. */
export const E2B = {
  ...{ tenant_id: A, tier: 'standard', region: 'us-east-1', execution_time_seconds: 300 },
  ...{ cpu_core_seconds: 1, memory_gb_seconds: 2, disk_io_gb: 3 },
}
/** Each kind: its report, what takes the price from it, and the quantity to change. */
export const kinds = [
  ['llm', LLM, { model: 'in-house' }, 'input_tokens'],
  ['e2b', E2B, { tier: 'mainframe' }, 'execution_time_seconds'],
] as const
/** A report’s keys and values. */
export type Report = Readonly<Record<string, unknown>>

/** A call that records reports in one go. */
export const batch = (kind: string, ...reports: readonly Report[]) =>
  `select * from copilot_internal.record_${kind}_usage_batch('${JSON.stringify(reports)}')`
/** A call that records one. */
export const single = (kind: string, report: Report) =>
  `select * from copilot_internal.record_${kind}_usage(${Object.entries(report)
    .map(([name, value]) => `${name} => ${value === null ? 'null' : `'${value}'`}`)
    .join(', ')})`
