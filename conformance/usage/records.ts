/** Usage as rows of the product: priced, stamped, and its costs to the last digit. The triggers check all of it. */

import { type Component, isDerived, ownPrice, type Variant } from '../oracle/index.ts'
import { type Book, cardOf, decimal, unitsOf, type Version } from '../pricing/index.ts'
import type { E2bUse, LlmUse } from './month.ts'

/** A row by column. Null is SQL's. */
export type RecordRow = Readonly<Record<string, string | null>>

/** The columns of both tables, in the order in which rows are written. */
export const COLUMNS = {
  llm_cost_records: [
    'tenant_id',
    'recorded_at',
    'id',
    'user_id',
    'conversation_id',
    'provider',
    'model',
    'task',
    'input_tokens',
    'output_tokens',
    'cached_input_tokens',
    'cache_write_5m_tokens',
    'cache_write_1h_tokens',
    'is_batch',
    'variant',
    'pricing_id',
    'priced_model',
    'input_price_per_million',
    'output_price_per_million',
    'cached_input_price_per_million',
    'cache_write_5m_price_per_million',
    'cache_write_1h_price_per_million',
    'input_cost_usd',
    'output_cost_usd',
    'total_cost_usd',
    'is_estimated',
    'is_unpriced',
    'metadata',
  ],
  e2b_cost_records: [
    'tenant_id',
    'recorded_at',
    'id',
    'user_id',
    'conversation_id',
    'sandbox_id',
    'tier',
    'region',
    'execution_time_seconds',
    'cpu_core_seconds',
    'memory_gb_seconds',
    'disk_io_gb',
    'pricing_id',
    'price_per_second',
    'price_per_cpu_core_second',
    'price_per_gb_memory_second',
    'price_per_gb_disk_io',
    'execution_cost_usd',
    'resource_cost_usd',
    'total_cost_usd',
    'is_estimated',
    'is_unpriced',
    'metadata',
  ],
} as const

/** A table of records. */
export type RecordTable = keyof typeof COLUMNS

export function recordOf(use: LlmUse | E2bUse, book: Book): { table: RecordTable; row: RecordRow } {
  return use.kind === 'llm'
    ? { table: 'llm_cost_records', row: { ...common(use), ...llm(use, book) } }
    : { table: 'e2b_cost_records', row: { ...common(use), ...e2b(use, book) } }
}

function common({ tenant, at, id, user, conversation, late }: LlmUse | E2bUse): RecordRow {
  return {
    tenant_id: tenant,
    recorded_at: at,
    id,
    user_id: user,
    conversation_id: conversation,
    metadata: late > 0 ? `{"reported_late_days": ${late}}` : '{}',
  }
}

function llm(use: LlmUse, book: Book): RecordRow {
  const { provider, model, task, input, output, cached, write5m, write1h, batch } = use
  const used = {
    provider,
    model,
    task,
    input_tokens: `${input}`,
    output_tokens: `${output}`,
    cached_input_tokens: `${cached}`,
    cache_write_5m_tokens: `${write5m}`,
    cache_write_1h_tokens: `${write1h}`,
    is_batch: `${batch}`,
  }
  const version = book.versionOf(provider, model, Date.parse(use.at))
  if (!version)
    return {
      ...used,
      variant: 'standard',
      input_cost_usd: '0',
      output_cost_usd: '0',
      total_cost_usd: '0',
      is_estimated: 'false',
      is_unpriced: 'true',
    }
  const isLong = version.threshold !== undefined && input > version.threshold
  const variant: Variant = isLong ? 'long_context' : batch ? 'batch' : 'standard'
  const rate = book.units(version, isLong, batch)
  const plain = input - cached - write5m - write1h
  const inputCost =
    BigInt(plain) * rate.input +
    BigInt(cached) * rate.cached_input +
    BigInt(write5m) * rate.cache_write_5m +
    BigInt(write1h) * rate.cache_write_1h
  const outputCost = BigInt(output) * rate.output
  const special = (tokens: number, units: bigint) =>
    variant !== 'standard' || plain !== input || tokens > 0 ? decimal(units, 12) : null
  const tokens: readonly (readonly [Component, number])[] = [
    ['input', plain],
    ['output', output],
    ['cached_input', cached],
    ['cache_write_5m', write5m],
    ['cache_write_1h', write1h],
  ]
  return {
    ...used,
    variant,
    pricing_id: version.id,
    priced_model: version.name,
    input_price_per_million: decimal(rate.input, 12),
    output_price_per_million: decimal(rate.output, 12),
    cached_input_price_per_million: special(cached, rate.cached_input),
    cache_write_5m_price_per_million: special(write5m, rate.cache_write_5m),
    cache_write_1h_price_per_million: special(write1h, rate.cache_write_1h),
    input_cost_usd: decimal(inputCost, 18),
    output_cost_usd: decimal(outputCost, 18),
    total_cost_usd: decimal(inputCost + outputCost, 18),
    is_estimated: `${(batch && isLong) || tokens.some(([component, count]) => count > 0 && isEstimate(version, variant, component))}`,
    is_unpriced: 'false',
  }
}

const estimates = new Map<string, boolean>()

function isEstimate(version: Version, variant: Variant, component: Component): boolean {
  const key = `${version.id} ${variant} ${component}`
  let answer = estimates.get(key)
  if (answer === undefined) {
    const card = cardOf(version)
    answer = !ownPrice(card, variant, component) || isDerived(card, variant, component)
    estimates.set(key, answer)
  }
  return answer
}

function e2b(use: E2bUse, book: Book): RecordRow {
  const { tier, region, seconds, core, memory, disk } = use
  const used = {
    sandbox_id: `sbx-${use.id.slice(0, 8)}`,
    tier,
    region,
    execution_time_seconds: seconds,
    cpu_core_seconds: core,
    memory_gb_seconds: memory,
    disk_io_gb: disk,
  }
  const own = book.at(`e2b/${tier}@${region}`, Date.parse(use.at))
  // The month knows one other region, and every tier has a price in us-east-1.
  const version = own ?? book.at(`e2b/${tier}@us-east-1`, Date.parse(use.at))
  if (!version)
    return {
      ...used,
      execution_cost_usd: '0',
      resource_cost_usd: '0',
      total_cost_usd: '0',
      is_estimated: 'false',
      is_unpriced: 'true',
    }
  const price = (field: string) => version.amounts[field] ?? '0'
  const cost = (amount: string, field: string) => unitsOf(amount, 6) * unitsOf(price(field), 12)
  const execution = cost(seconds, 'price_per_second')
  const resource =
    cost(core, 'price_per_cpu_core_second') +
    cost(memory, 'price_per_gb_memory_second') +
    cost(disk, 'price_per_gb_disk_io')
  return {
    ...used,
    pricing_id: version.id,
    price_per_second: price('price_per_second'),
    price_per_cpu_core_second: price('price_per_cpu_core_second'),
    price_per_gb_memory_second: price('price_per_gb_memory_second'),
    price_per_gb_disk_io: price('price_per_gb_disk_io'),
    execution_cost_usd: decimal(execution, 18),
    resource_cost_usd: decimal(resource, 18),
    total_cost_usd: decimal(execution + resource, 18),
    is_estimated: `${own === undefined}`,
    is_unpriced: 'false',
  }
}
