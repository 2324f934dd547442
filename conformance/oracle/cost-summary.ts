import Big from 'big.js'
import type { E2bRecord, LlmRecord } from './cost-summaries.ts'
import { money } from './money.ts'

/** A record as a summary asks for it. */
export type AnyRecord =
  | (LlmRecord & { readonly user_id: string | null; readonly conversation_id: string | null })
  | (E2bRecord & { readonly user_id: string | null })

/** What is asked of `cost_summary`. Moments are ISO 8601 in UTC. */
export interface SummaryAsked {
  readonly since: string
  readonly until: string
  readonly granularity: 'hour' | 'day' | 'week' | 'month' | 'all'
  readonly by: readonly ('tenant' | 'user' | 'model' | 'task' | 'tier' | 'conversation')[]
  readonly zone: string
}

/** The answer of `cost_summary`, by bucket and dimensions: names as JSON, then count, tokens, seconds and both costs. */
export function costSummary(records: readonly AnyRecord[], asked: SummaryAsked): Map<string, string> {
  const groups = new Map<string, AnyRecord[]>()
  for (const record of records) {
    if (record.recorded_at < asked.since || record.recorded_at >= asked.until) continue
    const key = JSON.stringify([
      bucketOf(record.recorded_at, asked),
      ...asked.by.map((name) => named(record, name)),
    ])
    groups.set(key, [...(groups.get(key) ?? []), record])
  }
  return new Map([...groups].map(([key, group]) => [key, sums(group)]))
}

function sums(group: readonly AnyRecord[]): string {
  const calls = group.filter(isCall)
  const runs = group.filter((record) => !isCall(record)) as readonly E2bRecord[]
  const llm = total(calls.map((call) => call.total_cost_usd))
  const e2b = total(runs.map((run) => run.total_cost_usd))
  return [
    calls.length,
    runs.length,
    total(calls.map((call) => call.input_tokens)).toFixed(),
    total(calls.map((call) => call.output_tokens)).toFixed(),
    total(runs.map((run) => run.execution_time_seconds)).toFixed(),
    money(llm),
    money(e2b),
    money(llm.plus(e2b)),
    group.filter((record) => record.is_estimated).length,
    group.filter((record) => record.is_unpriced).length,
  ].join(' ')
}

function isCall(record: AnyRecord): record is Extract<AnyRecord, LlmRecord> {
  return 'provider' in record
}

function named(record: AnyRecord, by: SummaryAsked['by'][number]): unknown {
  switch (by) {
    case 'tenant':
      return record.tenant_id
    case 'user':
      return record.user_id
    case 'conversation':
      return record.conversation_id
    case 'model':
      return isCall(record) ? `${record.provider}/${record.model}` : null
    case 'task':
      return isCall(record) ? record.task : null
    case 'tier':
      return isCall(record) ? null : record.tier
  }
}

/** Where a bucket begins: the local date and time there, without the seconds. */
function bucketOf(moment: string, { granularity, since, zone }: SummaryAsked): string {
  if (granularity === 'all') return local(since, zone)
  if (granularity === 'hour') return `${local(moment, zone).slice(0, 13)}:00`
  const day = local(moment, zone).slice(0, 10)
  if (granularity === 'day') return `${day} 00:00`
  if (granularity === 'month') return `${day.slice(0, 7)}-01 00:00`
  const date = new Date(`${day}T00:00:00Z`)
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7))
  return `${date.toISOString().slice(0, 10)} 00:00`
}

function local(moment: string, zone: string): string {
  return new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'short',
  }).format(new Date(moment))
}

function total(amounts: readonly string[]): Big {
  return amounts.reduce((sum, amount) => sum.plus(amount), new Big(0))
}
