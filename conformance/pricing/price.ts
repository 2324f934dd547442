/** A price as every reader gives it and every check takes it: amounts by field, each an exact decimal in one unit. */

/** Fields of a model's price, in USD per million tokens. */
export const PLAIN = ['input', 'output'] as const
const SPECIAL = ['cached_input', 'cache_write_5m', 'cache_write_1h'] as const
const ALL = [...PLAIN, ...SPECIAL] as const

/** When a price other than the standard one applies. */
export const VARIANTS = ['batch', 'long_context'] as const

/** Every field that a model's price can have. Those of a variant are named after it, such as `batch.input`. */
export const MODEL_FIELDS: readonly string[] = [
  ...ALL,
  ...VARIANTS.flatMap((variant) => ALL.map((component) => `${variant}.${component}`)),
]

/** Fields of a sandbox's price: USD per second, core-second, GiB-second and GB, named as the columns of `e2b_pricing`. */
export const TIER_FIELDS: readonly string[] = [
  'price_per_second',
  'price_per_cpu_core_second',
  'price_per_gb_memory_second',
  'price_per_gb_disk_io',
]

/** What a model or a sandbox costs, in force from some moment on. */
export interface Price {
  readonly list: 'llm' | 'e2b'
  /** The provider of a model, the region of a sandbox. */
  readonly of: string
  /** The model, the tier. */
  readonly name: string
  /** Exact decimals without padding, by field. */
  readonly amounts: Readonly<Record<string, string>>
  /** Fields whose amount no vendor states: it follows from a rule, and what is charged by it is an estimate. */
  readonly derived: readonly string[]
  /** With more input tokens than this, the long-context prices apply. */
  readonly threshold?: number
  /** First moment, in UTC, as `2026-01-19T00:00:00Z`. Absent: the source does not say. */
  readonly from?: string
  /** An end of its own. */
  readonly until?: string
  readonly sources: readonly string[]
  /** The day on which somebody compared it with its source. */
  readonly verifiedOn?: string
  readonly notes?: string
}

/** Something that a list says and a price cannot. It is counted and named, never dropped in silence. */
export interface Leftover {
  /** What kind of thing, such as `priority`: what the table in docs/prices.md calls it. */
  readonly kind: string
  /** Whose price it would be, where that is known. */
  readonly of?: string
  /** Where it stands: an entry of the list, and its key. */
  readonly at: string
  readonly why: string
}

/** What was read from one source. */
export interface PriceList {
  /** By this name `--prefer` and the pins know it. */
  readonly source: string
  readonly file: string
  readonly sha256: string
  readonly format: 'sheet' | 'litellm' | 'models.dev' | 'csv' | 'database'
  /** What it is about, in its own words. */
  readonly title?: string
  /** What the ids of its sources stand for, where it says so. */
  readonly sources?: Readonly<Record<string, string>>
  /** The day it is of, where it says so. */
  readonly asOf?: string
  /** Whether it names every price there is: then one that it lacks is gone. */
  readonly complete: boolean
  readonly prices: readonly Price[]
  readonly leftovers: readonly Leftover[]
  /** Reasons that somebody gave for what the checks call unsafe, by key. */
  readonly accepted: Readonly<Record<string, string>>
}

/** Names a price for good: `openai/gpt-5`, `e2b/standard@us-east-1`. */
export function keyOf({ list, of, name }: Pick<Price, 'list' | 'of' | 'name'>): string {
  return list === 'llm' ? `${of}/${name}` : `e2b/${name}@${of}`
}

/** A key that two prices have. */
export function duplicate(prices: readonly Price[]): string | undefined {
  const keys = new Set<string>()
  return prices.map(keyOf).find((key) => keys.size === keys.add(key).size)
}

/** By key, in the order of keys. Code points, so that no locale has a say. */
export function byKey(a: Price, b: Price): number {
  const [left, right] = [keyOf(a), keyOf(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

/** The fields that a price may have. */
export function fieldsOf({ list }: Pick<Price, 'list'>): readonly string[] {
  return list === 'llm' ? MODEL_FIELDS : TIER_FIELDS
}

/** The unit of a field, in words. */
export function unitOf(price: Pick<Price, 'list'>, field: string): string {
  if (price.list === 'llm') return 'USD per 1,000,000 tokens'
  const units: Readonly<Record<string, string>> = {
    price_per_second: 'USD per second',
    price_per_cpu_core_second: 'USD per core-second',
    price_per_gb_memory_second: 'USD per GiB-second',
    price_per_gb_disk_io: 'USD per GB',
  }
  return units[field] ?? 'USD'
}
