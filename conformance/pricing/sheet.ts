/**
 * A price sheet: the project's own form of a list of prices, read and checked by people. The schema is the type, the
 * published JSON Schema and the parser in one.
 */
import { z } from 'zod'
import { isDecimal } from './decimal.ts'
import { isDay, isMoment } from './moment.ts'
import { MODEL_FIELDS } from './price.ts'

/** How many powers of ten a unit is away from what a price list holds. */
export const TOKEN_UNITS = {
  'USD per 1,000,000 tokens': 0,
  'USD per 1,000 tokens': 3,
  'USD per token': 6,
} as const

/** A minus is read, so that a check can name it. */
const amount = z
  .string('a price is a decimal string such as "0.15": a number would pass through a binary float')
  .refine(isDecimal, 'is no decimal number')
  .meta({ pattern: String.raw`^-?\d+(\.\d+)?$` })
  .describe('A decimal as text, such as "0.15".')
const day = z.string().refine(isDay, 'is no day: expected YYYY-MM-DD').meta({ format: 'date' })
const moment = z
  .string()
  .refine(isMoment, 'is neither a day nor a moment in UTC: expected YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ')
  .describe('A day, which is its first moment in UTC, or a moment such as 2026-01-19T12:00:00Z.')
const text = z.string().min(1)
/** Null and absent are one: no such price is stated. */
const maybe = amount.nullish()
/** For people: kept, and not read. */
const info = z.unknown().optional().describe('For readers; no price follows from it.')

const components = {
  input: maybe,
  output: maybe,
  cached_input: maybe,
  cache_write_5m: maybe,
  cache_write_1h: maybe,
}

const Batch = z.strictObject({
  ...components,
  basis: text
    .optional()
    .describe(
      'Where the prices are from. `derived: …` marks those that follow from a rule; they are estimates.',
    ),
})

const LongContext = z.strictObject({
  threshold_input_tokens: z
    .int()
    .min(0)
    .describe('With more input tokens than this the whole request is priced so.'),
  ...components,
  semantics: info,
  note: info,
})

const Model = z.strictObject({
  provider: text,
  model: text.describe('As the API of the provider names it.'),
  unit: z.enum(
    Object.keys(TOKEN_UNITS) as [keyof typeof TOKEN_UNITS, ...(keyof typeof TOKEN_UNITS)[]],
    `is no unit of a price: expected one of "${Object.keys(TOKEN_UNITS).join('", "')}"`,
  ),
  input: amount,
  output: amount,
  cached_input: maybe,
  cache_write_5m: maybe,
  cache_write_1h: maybe,
  batch: Batch.nullish(),
  long_context: LongContext.nullish(),
  derived: z
    .array(z.enum(MODEL_FIELDS))
    .optional()
    .describe('Fields that no vendor states, such as `batch.input`: what is charged by them is an estimate.'),
  effective_from: moment.optional().describe('When it begins. Needed for a migration.'),
  effective_from_basis: info,
  expires_at: moment.optional().describe('An end of its own, as of a promotion.'),
  as_of: day.optional().describe('The day on which somebody compared it with its sources.'),
  source_ids: z.array(text).optional().describe('Keys of meta.sources.'),
  notes: text.nullish(),
  context_window: info,
  max_output: info,
  disagreements: info,
})

const Tier = z.strictObject({
  tier: text,
  region: text,
  price_per_second: amount,
  price_per_cpu_core_second: maybe.describe('Default: list_rates.vcpu_per_second.'),
  price_per_gb_memory_second: maybe.describe('Default: list_rates.gib_ram_per_second.'),
  price_per_gb_disk_io: maybe,
  effective_from: moment.optional(),
  expires_at: moment.optional(),
  as_of: day.optional(),
  binding: text.optional().describe('What the price is, such as a placeholder.'),
  shape: info,
  e2b_list_per_second: info,
  price_per_cpu_core_hour: info,
  price_per_gb_memory_hour: info,
})

const E2b = z.strictObject({
  as_of: text.optional().describe('Begins with the day of verification.'),
  sources: z.array(text).min(1),
  list_rates: z
    .object({ vcpu_per_second: amount.optional(), gib_ram_per_second: amount.optional() })
    .optional()
    .describe('Rates of the vendor that hold for every tier, in USD per second.'),
  tiers: z.array(Tier),
  source_defect: info,
  seed_relation: info,
})

/** See {@link Sheet}. */
export const SheetSchema = z
  .strictObject({
    $schema: z.string().optional(),
    meta: z.strictObject({
      as_of: day.describe('The day that the sheet is of.'),
      currency: z.literal('USD', 'is no currency of the product: expected USD'),
      source: text
        .optional()
        .describe('The name of this sheet beside others. Default: the name of its file.'),
      title: text.optional().describe('What it is about, as the heading of its migration.'),
      complete: z
        .boolean()
        .optional()
        .describe(
          'Whether it names every price there is, so that one that it lacks is gone. Default: false.',
        ),
      sources: z.record(text, text).optional().describe('What the ids of the prices stand for.'),
      number_format: info,
      counts: info,
      generated_on: info,
    }),
    models: z.array(Model).optional(),
    e2b: E2b.optional(),
    accepted: z
      .record(text, text)
      .optional()
      .describe('Reasons for what the checks call unsafe, by the key that they name.'),
  })
  .meta({ title: 'Price sheet' })

/** A price sheet. */
export type Sheet = z.infer<typeof SheetSchema>
export type SheetModel = z.infer<typeof Model>
export type SheetTier = z.infer<typeof Tier>

/** The JSON Schema of a sheet, as it is published. */
export function sheetJsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(SheetSchema, { io: 'input', unrepresentable: 'any' }), null, 2)}\n`
}
