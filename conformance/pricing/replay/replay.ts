/**
 * Recorded usage under other prices: added up by the server, priced here. Costs are linear in tokens and seconds, so what is
 * added up by price, threshold and time costs the same to the last digit as the records one by one.
 */
import type { Row, Session } from '../../engines/index.ts'
import { Book, decimal, unitsOf } from '../book.ts'
import { before as isBefore, type Known, type Version } from '../known.ts'
import { e2bLines, llmLines, quotaFlips, readQuotas } from './sums.ts'

/** What the same usage costs in three ways, in units of 10^-18 USD, and what was charged for it. */
export interface Costs {
  records: number
  stored: bigint
  before: bigint
  /** From the effective date on. */
  after: bigint
  /** As if the new prices had always been in force. */
  always: bigint
  unpricedBefore: number
  unpricedAfter: number
}

/** By what usage is added up. */
export const DIMENSIONS = ['total', 'tenant', 'model', 'task', 'day'] as const
export type Dimension = (typeof DIMENSIONS)[number]

/** Usage under old and new prices. */
export interface Replay {
  readonly by: Readonly<Record<Dimension, ReadonlyMap<string, Costs>>>
  /** Names in use without a price: how many records, before and after. */
  readonly unpriced: ReadonlyMap<string, Costs>
  readonly quotas: readonly Flip[]
  readonly first: string | undefined
  readonly last: string | undefined
}

/** A quota that is exceeded under one list of prices, and not, or later, under the other. */
export interface Flip {
  readonly quota: string
  readonly period: string
  readonly limit: string
  readonly before: { readonly spent: bigint; readonly exceeded: string | undefined }
  readonly after: { readonly spent: bigint; readonly exceeded: string | undefined }
}

/** The three lists of prices that usage is priced by. */
export interface Sides {
  readonly before: Book
  readonly after: Book
  readonly always: Book
}

/**
 * Prices as they are to be, and as if they had always been so: of a price that differs the version that is new, at all times,
 * whenever it begins and ends. Of several the one that begins last; where none is new, the last that is left.
 */
export function sidesOf(before: Known, after: Known): Sides {
  const always = new Map(
    [...after.versions].map(([key, versions]): [string, readonly Version[]] => {
      const former = new Set((before.versions.get(key) ?? []).map(content))
      const fresh = versions.filter((version) => !former.has(content(version)))
      const last = fresh.at(-1) ?? (versions.length === former.size ? undefined : versions.at(-1))
      if (!last) return [key, versions]
      const { until: _, ...endless } = last
      return [key, [{ ...endless, from: '0001-01-01T00:00:00Z' }]]
    }),
  )
  return {
    before: new Book(before),
    after: new Book(after),
    always: new Book({ ...after, versions: always }),
  }
}

/** What a version comes to: two that say the same are one. */
function content({ amounts, derived, threshold, from, until }: Version): string {
  return JSON.stringify([Object.entries(amounts).sort(), [...derived].sort(), threshold, from, until])
}

/** Moments at which any price begins or ends during the usage, and thresholds: what usage has to be told apart by. */
export function boundaries(before: Known, after: Known, first: string, last: string) {
  const versions = [before, after].flatMap((known) => [...known.versions.values()].flat())
  const moments = [...new Set(versions.flatMap(({ from, until }) => (until ? [from, until] : [from])))]
  const thresholds = [
    ...new Set(versions.flatMap(({ threshold }) => (threshold === undefined ? [] : [threshold]))),
  ]
  // Before the first record and after the last nothing has to be told apart.
  const within = moments.filter((moment) => !isBefore(moment, first) && isBefore(moment, last))
  return {
    moments: within.sort((a, b) => Date.parse(a) - Date.parse(b)),
    thresholds: thresholds.sort((a, b) => a - b),
  }
}

/** Prices all recorded usage under both lists. */
export async function replay(session: Session, before: Known, after: Known): Promise<Replay> {
  const [span] = await session.query(
    `select to_char(min(a) at time zone 'UTC', ${ISO}) as first, to_char(max(b) at time zone 'UTC', ${ISO}) as last from (
       select min(recorded_at) as a, max(recorded_at) as b from copilot_internal.llm_cost_records
       union all select min(recorded_at), max(recorded_at) from copilot_internal.e2b_cost_records) as spans`,
  )
  const by: Record<Dimension, Map<string, Costs>> = {
    total: new Map(),
    tenant: new Map(),
    model: new Map(),
    task: new Map(),
    day: new Map(),
  }
  const unpriced = new Map<string, Costs>()
  const [first, last] = [span?.['first'] ?? undefined, span?.['last'] ?? undefined]
  if (first === undefined || last === undefined) return { by, unpriced, quotas: [], first, last }

  const sides = sidesOf(before, after)
  const limits = boundaries(before, after, first, last)
  const price = pricer(sides, limits, first)
  const quotas = await readQuotas(session)
  const tenants = quotas.flatMap(({ scope, scope_id: id }) => (scope === 'tenant' && id ? [id] : []))
  const lines = [
    ...(await llmLines(session, limits, tenants)),
    ...(await e2bLines(session, limits, tenants, sides)),
  ]
  for (const row of lines) {
    const { dimension } = row
    if (dimension !== 'tenant' && dimension !== 'task' && dimension !== 'day') continue
    const costs = price(row)
    add(by[dimension], row['value'] ?? '–', costs)
    // Every record is in each dimension once.
    if (dimension !== 'tenant') continue
    add(by.total, 'all', costs)
    const name =
      row['kind'] === 'llm' ? `${row['provider']}/${row['model']}` : `e2b/${row['model']}@${row['provider']}`
    add(by.model, name, costs)
    if (costs.unpricedBefore + costs.unpricedAfter > 0) add(unpriced, name, costs)
  }
  return { by, unpriced, quotas: await quotaFlips(session, limits, { quotas, lines, price }), first, last }
}

const ISO = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`

type Limits = ReturnType<typeof boundaries>
export type Pricer = (row: Row) => Costs

/** Prices a line of sums. */
export function pricer(sides: Sides, { moments, thresholds }: Limits, first: string): Pricer {
  const starts = moments.map((moment) => Date.parse(moment))
  const momentIn = (segment: number) => (segment > 0 ? (starts[segment - 1] ?? 0) : Date.parse(first))
  return (row) => {
    const moment = momentIn(Number(row['segment']))
    const cost = row['kind'] === 'llm' ? llmCost(row, moment, thresholds) : e2bCost(row, moment)
    const records = Number(row['records'])
    const [before, after, always] = [cost(sides.before), cost(sides.after), cost(sides.always)]
    return {
      records,
      stored: unitsOf(row['stored'] ?? '0', 18),
      before: before ?? 0n,
      after: after ?? 0n,
      always: always ?? 0n,
      unpricedBefore: before === undefined ? records : 0,
      unpricedAfter: after === undefined ? records : 0,
    }
  }
}

function llmCost(row: Row, moment: number, thresholds: readonly number[]) {
  const isBatch = row['is_batch']?.startsWith('t') ?? false
  const count = (column: string) => BigInt(row[column] ?? 0)
  return (book: Book): bigint | undefined => {
    const version = book.versionOf(row['provider'] ?? '', row['model'] ?? '', moment)
    if (!version) return undefined
    const isLong =
      version.threshold !== undefined && thresholds.indexOf(version.threshold) < Number(row['band'])
    const rate = book.units(version, isLong, isBatch)
    return (
      count('plain') * rate.input +
      count('output') * rate.output +
      count('cached') * rate.cached_input +
      count('write_5m') * rate.cache_write_5m +
      count('write_1h') * rate.cache_write_1h
    )
  }
}

const RATES = [
  ['seconds', 'price_per_second'],
  ['core', 'price_per_cpu_core_second'],
  ['memory', 'price_per_gb_memory_second'],
  ['disk', 'price_per_gb_disk_io'],
] as const

function e2bCost(row: Row, moment: number) {
  return (book: Book): bigint | undefined => {
    const own = book.at(`e2b/${row['model']}@${row['provider']}`, moment)
    const versions = own ? [own] : book.regionsOf(row['model'] ?? '', moment)
    // Without a price of its own, that of the region which is dearest for this usage.
    const costs = versions.map(({ amounts }) =>
      RATES.reduce(
        (sum, [column, field]) => sum + unitsOf(row[column] ?? '0', 6) * unitsOf(amounts[field] ?? '0', 12),
        0n,
      ),
    )
    return costs.reduce<bigint | undefined>(
      (most, one) => (most === undefined || one > most ? one : most),
      undefined,
    )
  }
}

function add(into: Map<string, Costs>, key: string, costs: Costs): void {
  const sum = into.get(key)
  if (!sum) {
    into.set(key, { ...costs })
    return
  }
  sum.records += costs.records
  sum.stored += costs.stored
  sum.before += costs.before
  sum.after += costs.after
  sum.always += costs.always
  sum.unpricedBefore += costs.unpricedBefore
  sum.unpricedAfter += costs.unpricedAfter
}

/** USD, without padding: `12.5`. */
export function usd(units: bigint): string {
  const text = decimal(units < 0n ? -units : units, 18)
  const trimmed = text.replace(/0+$/, '').replace(/\.$/, '')
  return `${units < 0n ? '-' : ''}${trimmed}`
}
