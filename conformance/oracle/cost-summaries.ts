import Big from 'big.js'
import { money } from './money.ts'

/** What every record of a cost has. Amounts are decimal strings, moments ISO 8601 in UTC, without fractions. */
interface CostRecord {
  readonly tenant_id: string
  readonly recorded_at: string
  readonly total_cost_usd: string
  readonly is_estimated: boolean
  readonly is_unpriced: boolean
}

/** A row of llm_cost_records, as far as it is added up. */
export interface LlmRecord extends CostRecord {
  readonly provider: string
  readonly model: string
  readonly task: string | null
  readonly input_tokens: string
  readonly output_tokens: string
  readonly input_cost_usd: string
  readonly output_cost_usd: string
}

/** A row of e2b_cost_records, as far as it is added up. */
export interface E2bRecord extends CostRecord {
  readonly tier: string
  readonly conversation_id: string | null
  readonly execution_time_seconds: string
  readonly cpu_core_seconds: string
  readonly memory_gb_seconds: string
  readonly disk_io_gb: string
  readonly execution_cost_usd: string
  readonly resource_cost_usd: string
}

/** A row of a summary, each cell as the product prints it. */
export type SummaryRow = Readonly<Record<string, string | null>>

/** LLM usage and cost, one row for each combination of the columns `by`. */
export function llmSummary(records: readonly LlmRecord[], by: readonly (keyof LlmRecord)[]): SummaryRow[] {
  return grouped(records, by).map((group) => {
    const input = sum(group, 'input_tokens')
    const output = sum(group, 'output_tokens')
    return {
      ...names(group, by),
      request_count: String(group.length),
      input_tokens: input.toFixed(),
      output_tokens: output.toFixed(),
      total_tokens: input.plus(output).toFixed(),
      input_cost_usd: money(sum(group, 'input_cost_usd')),
      output_cost_usd: money(sum(group, 'output_cost_usd')),
      ...totals(group),
    }
  })
}

/** Sandbox usage and cost, one row for each combination of the columns `by`. */
export function e2bSummary(records: readonly E2bRecord[], by: readonly (keyof E2bRecord)[]): SummaryRow[] {
  return grouped(records, by).map((group) => ({
    ...names(group, by),
    run_count: String(group.length),
    execution_time_seconds: sum(group, 'execution_time_seconds').toFixed(),
    cpu_core_seconds: sum(group, 'cpu_core_seconds').toFixed(),
    memory_gb_seconds: sum(group, 'memory_gb_seconds').toFixed(),
    disk_io_gb: sum(group, 'disk_io_gb').toFixed(),
    execution_cost_usd: money(sum(group, 'execution_cost_usd')),
    resource_cost_usd: money(sum(group, 'resource_cost_usd')),
    ...totals(group),
  }))
}

/** Both kinds side by side and in sum, one row for each tenant that has either. */
export function combinedSummary(llm: readonly LlmRecord[], e2b: readonly E2bRecord[]): SummaryRow[] {
  return grouped<CostRecord>([...llm, ...e2b], ['tenant_id']).map((group) => {
    const mine = ({ tenant_id }: CostRecord) => tenant_id === group[0]?.tenant_id
    const calls = llm.filter(mine)
    const runs = e2b.filter(mine)
    return {
      ...names(group, ['tenant_id']),
      llm_request_count: String(calls.length),
      e2b_run_count: String(runs.length),
      total_count: String(group.length),
      llm_total_tokens: sum(calls, 'input_tokens').plus(sum(calls, 'output_tokens')).toFixed(),
      e2b_execution_time_seconds: sum(runs, 'execution_time_seconds').toFixed(),
      llm_cost_usd: money(sum(calls, 'total_cost_usd')),
      e2b_cost_usd: money(sum(runs, 'total_cost_usd')),
      ...totals(group),
    }
  })
}

/** What every summary ends with. The average is rounded to 18 decimals, the half upwards; nothing else is rounded. */
function totals(group: readonly CostRecord[]): SummaryRow {
  const total = sum(group, 'total_cost_usd')
  const moments = group.map(({ recorded_at }) => recorded_at).sort()
  return {
    total_cost_usd: money(total),
    average_cost_usd: money(divided(total, group.length)),
    estimated_count: String(group.filter(({ is_estimated }) => is_estimated).length),
    unpriced_count: String(group.filter(({ is_unpriced }) => is_unpriced).length),
    first_recorded_at: printed(moments.at(0)),
    last_recorded_at: printed(moments.at(-1)),
  }
}

const Eighteen = Big()
Eighteen.DP = 18
Eighteen.RM = Big.roundHalfUp

function divided(total: Big, count: number): Big {
  return new Eighteen(total).div(count)
}

function sum<R>(records: readonly R[], column: keyof R): Big {
  return records.reduce((total, record) => total.plus(String(record[column])), new Big(0))
}

function grouped<R>(records: readonly R[], by: readonly (keyof R)[]): R[][] {
  const groups = new Map<string, R[]>()
  for (const record of records) {
    const key = JSON.stringify(by.map((column) => record[column]))
    groups.set(key, [...(groups.get(key) ?? []), record])
  }
  return [...groups.values()]
}

function names<R>([first]: readonly R[], by: readonly (keyof R)[]): SummaryRow {
  return Object.fromEntries(by.map((column) => [column, (first?.[column] ?? null) as string | null]))
}

/** As the server prints a moment in UTC. */
function printed(moment: string | undefined): string | null {
  return moment?.replace('T', ' ').replace(/(\.0+)?Z$/, '+00') ?? null
}
