/** Usage added up by the server, by all that a price depends on. Only reads. */

import type { Row, Session } from '../../engines/index.ts'
import { type QuotaPeriod, quotaPeriod } from '../../oracle/index.ts'
import { unitsOf } from '../usage/book.ts'
import type { Flip, Pricer, Sides } from './replay.ts'

interface Limits {
  readonly moments: readonly string[]
  readonly thresholds: readonly number[]
}

const SEGMENT = `width_bucket(recorded_at, $1::timestamptz[])`
/** Above how many thresholds the input is. */
const BAND = `width_bucket(input_tokens - 1, $2::bigint[])`

const LLM_SUMS = `
  count(*)::text as records, sum(total_cost_usd)::text as stored,
  (sum(input_tokens) - sum(cached_input_tokens) - sum(cache_write_5m_tokens) - sum(cache_write_1h_tokens))::text as plain,
  sum(output_tokens)::text as output, sum(cached_input_tokens)::text as cached, sum(cache_write_5m_tokens)::text as write_5m,
  sum(cache_write_1h_tokens)::text as write_1h`

const E2B_SUMS = `
  count(*)::text as records, sum(total_cost_usd)::text as stored, sum(execution_time_seconds)::text as seconds,
  sum(cpu_core_seconds)::text as core, sum(memory_gb_seconds)::text as memory, sum(disk_io_gb)::text as disk`

const LLM = (value: string) => `
  select 'llm' as kind, provider, model, is_batch::text, ${SEGMENT} as segment, ${BAND} as band, ${value} as value, ${LLM_SUMS}
  from copilot_internal.llm_cost_records
  where not is_adopted
  group by provider, model, is_batch, 5, 6, 7`

/** An array that `width_bucket` takes: it refuses an empty one. */
function limitsOf({ moments, thresholds }: Limits): [readonly string[], readonly number[]] {
  return [
    moments.length > 0 ? moments : ['infinity'],
    thresholds.length > 0 ? thresholds : [Number.MAX_SAFE_INTEGER],
  ]
}

const VALUES = {
  tenant: 'tenant_id::text',
  task: 'task',
  day: `(recorded_at at time zone 'UTC')::date::text`,
} as const

/** Calls of models by tenant, task and day: one query each, which the server can share among its workers. */
export async function llmLines(session: Session, limits: Limits): Promise<Row[]> {
  const lines: Row[] = []
  for (const [dimension, value] of Object.entries(VALUES)) {
    const rows = await session.query(LLM(value), limitsOf(limits))
    for (const row of rows) lines.push({ ...row, dimension })
  }
  return lines
}

/** Runs of sandboxes by tenant and day. Where a region has no price and several others have, each usage by itself. */
export async function e2bLines(session: Session, { moments }: Limits, sides: Sides): Promise<Row[]> {
  const [bounds] = limitsOf({ moments, thresholds: [] })
  const pairs = await session.query(
    'select distinct tier, region from copilot_internal.e2b_cost_records where not is_adopted',
  )
  const hard = pairs.filter(({ tier, region }) =>
    [sides.before, sides.after, sides.always].some((book) => book.isAmbiguous(tier ?? '', region ?? '')),
  )
  const hardTiers = hard.map(({ tier }) => tier)
  const hardRegions = hard.map(({ region }) => region)
  const isHard = `exists (select from unnest($2::text[], $3::text[]) as h (tier, region) where (h.tier, h.region) = (r.tier, r.region))`
  const lines: Row[] = []
  for (const [dimension, value] of Object.entries(VALUES)) {
    const of = dimension === 'task' ? `'sandbox'` : value
    const select = `select 'e2b' as kind, region as provider, tier as model, ${SEGMENT} as segment, ${of} as value, ${E2B_SUMS}
      from copilot_internal.e2b_cost_records as r where not is_adopted`
    const values = [bounds, hardTiers, hardRegions]
    const rows = [
      ...(await session.query(`${select} and not ${isHard} group by 2, 3, 4, 5`, values)),
      ...(hard.length === 0
        ? []
        : await session.query(
            `${select} and ${isHard} group by 2, 3, 4, 5, execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb, r.id`,
            values,
          )),
    ]
    for (const row of rows) lines.push({ ...row, dimension })
  }
  return lines
}

const HOUR = `extract(epoch from date_trunc('hour', recorded_at, 'UTC'))::bigint`

/** Quotas that are exceeded under one list and not, or at another hour, under the other. */
export async function quotaLines(session: Session, limits: Limits, price: Pricer): Promise<Flip[]> {
  const quotas = await session.query(
    `select scope, scope_id::text, resource_type, period, trim_scale(limit_usd)::text as limit_usd,
            (extract(epoch from period_anchor) * 1000)::bigint::text as anchor
     from copilot_internal.cost_quotas order by scope, scope_id, resource_type, period`,
  )
  const flips: Flip[] = []
  for (const scope of new Map(quotas.map((row) => [`${row['scope']} ${row['scope_id']}`, row])).values()) {
    const lines = await linesOf(session, limits, scope)
    const mine = quotas.filter(
      (row) => row['scope'] === scope['scope'] && row['scope_id'] === scope['scope_id'],
    )
    for (const quota of mine) flips.push(...flipsOf(quota, lines, price))
  }
  return flips
}

/** What concerns a quota's scope, by the hour. */
async function linesOf(session: Session, limits: Limits, quota: Row): Promise<Row[]> {
  const column = quota['scope'] === 'tenant' ? 'tenant_id' : quota['scope'] === 'user' ? 'user_id' : undefined
  const filter = (number: number) => (column === undefined ? '' : ` and ${column} = $${number}`)
  const id = column === undefined ? [] : [quota['scope_id']]
  const [moments, thresholds] = limitsOf(limits)
  return [
    ...(await session.query(
      `select 'llm' as kind, provider, model, is_batch::text, ${SEGMENT} as segment, ${BAND} as band, ${HOUR} as hour, ${LLM_SUMS}
       from copilot_internal.llm_cost_records where not is_adopted${filter(3)} group by 2, 3, is_batch, 5, 6, 7 order by 7`,
      [moments, thresholds, ...id],
    )),
    ...(await session.query(
      `select 'e2b' as kind, region as provider, tier as model, ${SEGMENT} as segment, ${HOUR} as hour, ${E2B_SUMS}
       from copilot_internal.e2b_cost_records where not is_adopted${filter(2)} group by 2, 3, 4, 5 order by 5`,
      [moments, ...id],
    )),
  ]
}

function flipsOf(quota: Row, lines: readonly Row[], price: Pricer): Flip[] {
  const kind = quota['resource_type']
  const limit = unitsOf(quota['limit_usd'] ?? '0', 18)
  const hours = new Map<number, { before: bigint; after: bigint }>()
  for (const line of lines) {
    if (kind !== 'all' && line['kind'] !== kind) continue
    const costs = price(line)
    const hour = Number(line['hour']) * 1000
    const sum = hours.get(hour) ?? { before: 0n, after: 0n }
    hours.set(hour, { before: sum.before + costs.before, after: sum.after + costs.after })
  }
  const periods = new Map<number, { before: Side; after: Side }>()
  for (const [hour, costs] of [...hours].sort(([a], [b]) => a - b)) {
    const [start] = quotaPeriod(Number(quota['anchor']), quota['period'] as QuotaPeriod, hour)
    const one = periods.get(start) ?? {
      before: { spent: 0n, exceeded: undefined },
      after: { spent: 0n, exceeded: undefined },
    }
    periods.set(start, {
      before: spend(one.before, costs.before, limit, hour),
      after: spend(one.after, costs.after, limit, hour),
    })
  }
  const name = `${quota['scope']} ${quota['scope_id'] ?? ''} ${kind} a ${quota['period']}`.replace(/ +/g, ' ')
  return [...periods]
    .filter(([, { before, after }]) => before.exceeded !== after.exceeded)
    .map(([start, sides]) => ({
      quota: name,
      period: new Date(start).toISOString(),
      limit: quota['limit_usd'] ?? '',
      ...sides,
    }))
}

type Side = Flip['before']

function spend({ spent, exceeded }: Side, cost: bigint, limit: bigint, hour: number): Side {
  const sum = spent + cost
  return {
    spent: sum,
    exceeded: exceeded ?? (sum > limit ? new Date(hour).toISOString().slice(0, 16) : undefined),
  }
}

/** Records whose stored costs do not follow from the prices that are stamped on them. */
export async function drift(session: Session): Promise<{ records: number; examples: string[] }> {
  const [row] = await session.query(`
    with drifted as (
      select 'llm ' || id as record from copilot_internal.llm_cost_records
      where not is_adopted and not is_unpriced and (
        output_cost_usd <> output_tokens * output_price_per_million * 0.000001
        or input_cost_usd <> ((input_tokens - cached_input_tokens - cache_write_5m_tokens - cache_write_1h_tokens) * input_price_per_million
          + cached_input_tokens * coalesce(cached_input_price_per_million, 0)
          + cache_write_5m_tokens * coalesce(cache_write_5m_price_per_million, 0)
          + cache_write_1h_tokens * coalesce(cache_write_1h_price_per_million, 0)) * 0.000001
        or total_cost_usd <> input_cost_usd + output_cost_usd)
      union all
      select 'e2b ' || id from copilot_internal.e2b_cost_records
      where not is_adopted and not is_unpriced and (
        execution_cost_usd <> execution_time_seconds * price_per_second
        or resource_cost_usd <> cpu_core_seconds * price_per_cpu_core_second + memory_gb_seconds * price_per_gb_memory_second
                                + disk_io_gb * price_per_gb_disk_io
        or total_cost_usd <> execution_cost_usd + resource_cost_usd)
    )
    select (select count(*)::text from drifted) as records,
           array_to_string(array(select record from drifted order by record limit 10), ', ') as examples`)
  const examples = row?.['examples'] ?? ''
  return { records: Number(row?.['records'] ?? 0), examples: examples === '' ? [] : examples.split(', ') }
}
