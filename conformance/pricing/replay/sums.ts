/** Usage added up by the server, by all that a price depends on. Only reads. */

import type { Row, Session } from '../../engines/index.ts'
import { type QuotaPeriod, quotaPeriod } from '../../oracle/index.ts'
import { unitsOf } from '../book.ts'
import type { Flip, Pricer, Sides } from './replay.ts'

interface Limits {
  readonly moments: readonly string[]
  readonly thresholds: readonly number[]
}

/** Where no price begins or ends while there was usage, or no price has a threshold, nothing need be told apart. */
function segment({ moments }: Limits, number: number): string {
  return moments.length === 0 ? '0' : `width_bucket(recorded_at, $${number}::timestamptz[])`
}

/** Above how many thresholds the input is. */
function band({ thresholds }: Limits, number: number): string {
  return thresholds.length === 0 ? '0' : `width_bucket(input_tokens - 1, $${number}::bigint[])`
}

const LLM_COLUMNS = ['records', 'stored', 'plain', 'output', 'cached', 'write_5m', 'write_1h'] as const
const LLM_SUMS = `
  count(*) as records, sum(total_cost_usd) as stored,
  sum(input_tokens - cached_input_tokens - cache_write_5m_tokens - cache_write_1h_tokens) as plain,
  sum(output_tokens) as output, sum(cached_input_tokens) as cached, sum(cache_write_5m_tokens) as write_5m,
  sum(cache_write_1h_tokens) as write_1h`

const E2B_COLUMNS = ['records', 'stored', 'seconds', 'core', 'memory', 'disk'] as const
const E2B_SUMS = `
  count(*) as records, sum(total_cost_usd) as stored, sum(execution_time_seconds) as seconds,
  sum(cpu_core_seconds) as core, sum(memory_gb_seconds) as memory, sum(disk_io_gb) as disk`

const DAY = `(recorded_at at time zone 'UTC')::date`

/** Sums of sums, once for each dimension; of tenants with quotas also by day. */
function dimensions(keys: string, columns: readonly string[], tenants: number): string {
  const sums = columns.map((column) => `sum(${column})::text as ${column}`).join(', ')
  const of = (dimension: string, value: string, filter = '') =>
    `select '${dimension}' as dimension, ${value} as value, ${keys}, ${sums} from sums ${filter} group by ${keys}, 2`
  return [
    of('tenant', 'tenant_id::text'),
    of('task', 'task'),
    of('day', 'day::text'),
    of('tenant day', `tenant_id || ' ' || day`, `where tenant_id = any ($${tenants}::uuid[])`),
  ].join('\nunion all\n')
}

/** Calls of models by tenant, task and day. The records are read once. */
export async function llmLines(session: Session, limits: Limits, tenants: readonly string[]): Promise<Row[]> {
  const query = `
    with sums as materialized (
      select provider, model, is_batch, ${segment(limits, 2)} as segment, ${band(limits, limits.moments.length > 0 ? 3 : 2)} as band,
             tenant_id, task, ${DAY} as day, ${LLM_SUMS}
      from copilot_internal.llm_cost_records
      where not is_adopted
      group by 1, 2, 3, 4, 5, 6, 7, 8
    )
    ${dimensions('provider, model, is_batch, segment, band', LLM_COLUMNS, 1)}`
  const rows = await hashed(session, query, [tenants, ...given(limits.moments), ...given(limits.thresholds)])
  return rows.map((row) => ({ ...row, kind: 'llm' }))
}

/**
 * A query whose groups are hashed and not sorted: the planner cannot know how few days and thresholds there are. For this
 * transaction alone, and put back.
 */
async function hashed(session: Session, query: string, values: readonly unknown[]): Promise<Row[]> {
  const set = (sort: string, memory: string) =>
    session.query(`select set_config('enable_sort', $1, true), set_config('work_mem', $2, true)`, [
      sort,
      memory,
    ])
  const [former] = await session.query(
    `select current_setting('enable_sort') as sort, current_setting('work_mem') as memory`,
  )
  await set('off', '128MB')
  const rows = await session.query(query, values)
  await set(former?.['sort'] ?? 'on', former?.['memory'] ?? '4MB')
  return rows
}

function given(list: readonly unknown[]): (readonly unknown[])[] {
  return list.length > 0 ? [list] : []
}

/** Runs of sandboxes by tenant and day. Where a region has no price and several others have, each usage by itself. */
export async function e2bLines(
  session: Session,
  { moments }: Limits,
  tenants: readonly string[],
  sides: Sides,
): Promise<Row[]> {
  const limits = { moments, thresholds: [] }
  const pairs = await session.query(
    'select distinct tier, region from copilot_internal.e2b_cost_records where not is_adopted',
  )
  const alone = pairs.filter(({ tier, region }) =>
    [sides.before, sides.after, sides.always].some((book) => book.isAmbiguous(tier ?? '', region ?? '')),
  )
  const each =
    alone.length === 0
      ? 'null'
      : `case when (tier, region) in (select * from unnest($2::text[], $3::text[])) then id end`
  const chosen = alone.length === 0 ? [] : [alone.map(({ tier }) => tier), alone.map(({ region }) => region)]
  const query = `
    with sums as materialized (
      select region as provider, tier as model, ${segment(limits, 2 + chosen.length)} as segment, ${each} as alone,
             tenant_id, 'sandbox' as task, ${DAY} as day, ${E2B_SUMS}
      from copilot_internal.e2b_cost_records
      where not is_adopted
      group by 1, 2, 3, 4, 5, 6, 7
    )
    ${dimensions('provider, model, segment, alone', E2B_COLUMNS, 1)}`
  const rows = await hashed(session, query, [tenants, ...chosen, ...given(moments)])
  return rows.map((row) => ({ ...row, kind: 'e2b' }))
}

const HOUR = `extract(epoch from date_trunc('hour', recorded_at, 'UTC'))::bigint`

const DAY_MS = 86_400_000

/** The quotas there are. */
export async function readQuotas(session: Session): Promise<Row[]> {
  return session.query(
    `select scope, scope_id::text, resource_type, period, trim_scale(limit_usd)::text as limit_usd,
            (extract(epoch from period_anchor) * 1000)::bigint::text as anchor
     from copilot_internal.cost_quotas order by scope, scope_id, resource_type, period`,
  )
}

/** Quotas that are exceeded under one list and not, or at another time, under the other. */
export async function quotaFlips(
  session: Session,
  limits: Limits,
  { quotas, lines, price }: { quotas: readonly Row[]; lines: readonly Row[]; price: Pricer },
): Promise<Flip[]> {
  const byDay = new Map<string, Row[]>()
  for (const line of lines) {
    const [, tenant = '', day = ''] = /^(?:(\S+) )?(\S+)$/.exec(line['value'] ?? '') ?? []
    if (line['dimension'] !== 'day' && line['dimension'] !== 'tenant day') continue
    const scope = line['dimension'] === 'day' ? '' : tenant
    const dated = { ...line, hour: `${Date.parse(`${day}T00:00:00Z`) / 1000}` }
    const others = byDay.get(scope)
    if (others) others.push(dated)
    else byDay.set(scope, [dated])
  }
  const flips: Flip[] = []
  for (const quota of quotas) {
    // Periods of whole days are told by the day; of others, and of users, the records are asked by the hour.
    const isByDay =
      quota['scope'] !== 'user' && quota['period'] !== 'hour' && Number(quota['anchor']) % DAY_MS === 0
    const mine = isByDay ? (byDay.get(quota['scope_id'] ?? '') ?? []) : await hourly(session, limits, quota)
    flips.push(...flipsOf(quota, mine, price))
  }
  return flips
}

/** What concerns a quota's scope, by the hour. */
async function hourly(session: Session, limits: Limits, quota: Row): Promise<Row[]> {
  const column = quota['scope'] === 'tenant' ? 'tenant_id' : quota['scope'] === 'user' ? 'user_id' : undefined
  const filter = column === undefined ? '' : ` and ${column} = $1::uuid`
  const id = column === undefined ? [] : [quota['scope_id']]
  const { moments, thresholds } = limits
  const at = id.length + 1
  const bounds = at + (moments.length > 0 ? 1 : 0)
  const llm = await session.query(
    `select provider, model, is_batch, ${segment(limits, at)} as segment, ${band(limits, bounds)} as band, ${HOUR} as hour, ${LLM_SUMS}
     from copilot_internal.llm_cost_records where not is_adopted${filter} group by 1, 2, 3, 4, 5, 6`,
    [...id, ...given(moments), ...given(thresholds)],
  )
  const e2b = await session.query(
    `select region as provider, tier as model, ${segment(limits, at)} as segment, ${HOUR} as hour, ${E2B_SUMS}
     from copilot_internal.e2b_cost_records where not is_adopted${filter} group by 1, 2, 3, 4`,
    [...id, ...given(moments)],
  )
  return [...llm.map((row) => ({ ...row, kind: 'llm' })), ...e2b.map((row) => ({ ...row, kind: 'e2b' }))]
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
    exceeded:
      exceeded ?? (sum > limit ? new Date(hour).toISOString().slice(0, 16).replace('T00:00', '') : undefined),
  }
}

/** Records whose stored costs do not follow from the prices that are stamped on them. */
export async function drift(session: Session): Promise<{ records: number; examples: string[] }> {
  const counts = await session.query(
    `select count(*)::text as records from copilot_internal.llm_cost_records where ${LLM_DRIFTS}
     union all select count(*)::text from copilot_internal.e2b_cost_records where ${E2B_DRIFTS}`,
  )
  const records = counts.reduce((sum, row) => sum + Number(row['records']), 0)
  if (records === 0) return { records, examples: [] }
  const examples = await session.query(
    `select 'llm ' || id as record from copilot_internal.llm_cost_records where ${LLM_DRIFTS}
     union all select 'e2b ' || id from copilot_internal.e2b_cost_records where ${E2B_DRIFTS}
     order by record limit 10`,
  )
  return { records, examples: examples.map(({ record }) => record ?? '') }
}

const LLM_DRIFTS = `not is_adopted and not is_unpriced and (
  output_cost_usd <> output_tokens * output_price_per_million * 0.000001
  or input_cost_usd <> ((input_tokens - cached_input_tokens - cache_write_5m_tokens - cache_write_1h_tokens) * input_price_per_million
    + coalesce(cached_input_tokens * cached_input_price_per_million, 0)
    + coalesce(cache_write_5m_tokens * cache_write_5m_price_per_million, 0)
    + coalesce(cache_write_1h_tokens * cache_write_1h_price_per_million, 0)) * 0.000001
  or total_cost_usd <> input_cost_usd + output_cost_usd)`

const E2B_DRIFTS = `not is_adopted and not is_unpriced and (
  execution_cost_usd <> execution_time_seconds * price_per_second
  or resource_cost_usd <> cpu_core_seconds * price_per_cpu_core_second + memory_gb_seconds * price_per_gb_memory_second
                          + disk_io_gb * price_per_gb_disk_io
  or total_cost_usd <> execution_cost_usd + resource_cost_usd)`
