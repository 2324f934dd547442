import type { z } from 'zod'
import { scaled } from '../decimal.ts'
import { momentOf } from '../moment.ts'
import { byKey, duplicate, type Price } from '../price.ts'
import { Refused } from '../refused.ts'
import { type Sheet, type SheetModel, SheetSchema, type SheetTier, TOKEN_UNITS } from '../sheet.ts'
import { isWritten, type Read } from './file.ts'

/** A price sheet of our own. What is unknown, of another unit or there twice is refused, by name. */
export function readSheet(json: unknown, file: string): Read {
  const sheet = parsed(json, file)
  const { meta, models = [], e2b } = sheet
  const prices = [
    ...models.map((model) => modelPrice(model, meta.as_of)),
    ...(e2b ? e2b.tiers.map((tier) => tierPrice(tier, e2b)) : []),
  ]
  const twice = duplicate(prices)
  if (twice)
    throw new Refused(`${file}: ${twice} is there twice, and nobody can tell which is meant: keep one.`)
  return {
    ...(meta.source ? { source: meta.source } : {}),
    ...(meta.title ? { title: meta.title } : {}),
    ...(meta.sources ? { sources: meta.sources } : {}),
    format: 'sheet',
    asOf: meta.as_of,
    complete: meta.complete ?? false,
    prices: prices.sort(byKey),
    leftovers: [],
    accepted: sheet.accepted ?? {},
  }
}

function parsed(json: unknown, file: string): Sheet {
  const result = SheetSchema.safeParse(withNumbers(json))
  if (result.success) return result.data
  const [issue] = result.error.issues
  const at = issue ? whereIs(json, issue) : ''
  const more = result.error.issues.length - 1
  const rest = more > 0 ? ` (and ${more} more)` : ''
  throw new Refused(`${file} is no price sheet: ${at}${issue?.message.replace(/\.$/, '')}${rest}.`)
}

/** The place of an issue, with the name of the model and the value that is there. */
function whereIs(json: unknown, { path, code }: z.core.$ZodIssue): string {
  if (path.length === 0) return ''
  const inside = (value: unknown, key: PropertyKey) =>
    typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
  const value = path.reduce<unknown>(inside, json)
  const entry = inside(inside(json, path[0] ?? ''), path[1] ?? '')
  const model = inside(entry, 'model')
  const named = typeof model === 'string' ? ` (${model})` : ''
  const shown = typeof value === 'string' && code !== 'unrecognized_keys' ? ` "${value.slice(0, 60)}"` : ''
  return `${path.map(String).join('.')}${named}${shown}: `
}

/** Only whole numbers stand in a sheet; an amount is a string, and a number in its place is refused. */
function withNumbers(value: unknown): unknown {
  if (isWritten(value)) return Number(value.written)
  if (Array.isArray(value)) return value.map(withNumbers)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withNumbers(inner)]))
  return value
}

const COMPONENTS = ['input', 'output', 'cached_input', 'cache_write_5m', 'cache_write_1h'] as const
type Components = Readonly<Partial<Record<(typeof COMPONENTS)[number], string | null | undefined>>>

function modelPrice(model: SheetModel, asOf: string): Price {
  const power = TOKEN_UNITS[model.unit]
  const amounts = (of: Components, prefix = '') =>
    COMPONENTS.flatMap((component) => {
      const stated = of[component]
      return stated ? [[`${prefix}${component}`, scaled(stated, power)] as const] : []
    })
  const batch = amounts(model.batch ?? {}, 'batch.')
  const isRule = model.batch?.basis?.startsWith('derived') ?? false
  return {
    list: 'llm',
    of: model.provider,
    name: model.model,
    amounts: Object.fromEntries([
      ...amounts(model),
      ...batch,
      ...amounts(model.long_context ?? {}, 'long_context.'),
    ]),
    derived: [...new Set([...(isRule ? batch.map(([field]) => field) : []), ...(model.derived ?? [])])],
    ...(model.long_context ? { threshold: model.long_context.threshold_input_tokens } : {}),
    ...times(model),
    sources: model.source_ids ?? [],
    verifiedOn: model.as_of ?? asOf,
    ...(model.notes ? { notes: model.notes } : {}),
  }
}

function tierPrice(tier: SheetTier, { as_of, sources, list_rates: rates }: NonNullable<Sheet['e2b']>): Price {
  const stated: Readonly<Record<string, string | null | undefined>> = {
    price_per_second: tier.price_per_second,
    price_per_cpu_core_second: tier.price_per_cpu_core_second ?? rates?.vcpu_per_second,
    price_per_gb_memory_second: tier.price_per_gb_memory_second ?? rates?.gib_ram_per_second,
    price_per_gb_disk_io: tier.price_per_gb_disk_io,
  }
  const verifiedOn = tier.as_of ?? as_of?.slice(0, 'yyyy-mm-dd'.length)
  return {
    list: 'e2b',
    of: tier.region,
    name: tier.tier,
    amounts: Object.fromEntries(
      Object.entries(stated).flatMap(([field, amount]) => (amount ? [[field, scaled(amount, 0)]] : [])),
    ),
    derived: [],
    ...times(tier),
    sources,
    ...(verifiedOn ? { verifiedOn } : {}),
    ...(tier.binding ? { notes: tier.binding } : {}),
  }
}

function times({
  effective_from,
  expires_at,
}: {
  effective_from?: string | undefined
  expires_at?: string | undefined
}) {
  return {
    ...(effective_from ? { from: momentOf(effective_from) } : {}),
    ...(expires_at ? { until: momentOf(expires_at) } : {}),
  }
}
