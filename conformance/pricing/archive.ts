/** The sheet that a migration is made of, as it is kept beside it: what changes, and the reasons, and nothing else. */
import { shortMoment } from './moment.ts'
import { fieldsOf, type Price, type PriceList, VARIANTS } from './price.ts'

/** What is kept. */
export interface Archived {
  readonly asOf: string
  readonly title: string
  readonly sources: Readonly<Record<string, string>>
  readonly prices: readonly Price[]
  readonly accepted: Readonly<Record<string, string>>
}

/** The text of the sheet: the same for the same content. */
export function archiveText({ asOf, title, sources, prices, accepted }: Archived): string {
  const models = prices.filter(({ list }) => list === 'llm').map(model)
  const tiers = prices.filter(({ list }) => list === 'e2b')
  const sheet = {
    $schema: '../../conformance/pricing/sheet.schema.json',
    meta: { as_of: asOf, currency: 'USD', title, ...(Object.keys(sources).length > 0 ? { sources } : {}) },
    ...(models.length > 0 ? { models } : {}),
    ...(tiers.length > 0
      ? { e2b: { sources: [...new Set(tiers.flatMap((tier) => tier.sources))], tiers: tiers.map(tier) } }
      : {}),
    ...(Object.keys(accepted).length > 0 ? { accepted: sorted(accepted) } : {}),
  }
  return `${JSON.stringify(sheet, null, 2)}\n`
}

/** Where lists were read from, by their names: the file, its day and its hash. */
export function provenance(lists: readonly PriceList[]): Record<string, string> {
  return Object.fromEntries(
    lists.map(({ source, file, asOf, sha256 }) => [
      source,
      `${file.split('/').at(-1)}${asOf ? ` of ${asOf}` : ''}, SHA-256 ${sha256}`,
    ]),
  )
}

function model(price: Price) {
  const { of, name, derived, threshold, sources, notes, verifiedOn } = price
  const part = (prefix: string) =>
    Object.fromEntries(
      stated(price)
        .filter(([field]) => (prefix === '' ? !field.includes('.') : field.startsWith(prefix)))
        .map(([field, amount]) => [field.slice(prefix.length), amount]),
    )
  const variants = VARIANTS.flatMap((variant) => {
    const own = part(`${variant}.`)
    const limit = variant === 'long_context' ? { threshold_input_tokens: threshold } : {}
    return Object.keys(own).length > 0 ? [[variant, { ...limit, ...own }]] : []
  })
  return {
    provider: of,
    model: name,
    unit: 'USD per 1,000,000 tokens',
    ...part(''),
    ...Object.fromEntries(variants),
    ...(derived.length > 0 ? { derived: [...derived].sort() } : {}),
    ...dates(price),
    ...(verifiedOn ? { as_of: verifiedOn } : {}),
    ...(sources.length > 0 ? { source_ids: sources } : {}),
    ...(notes ? { notes } : {}),
  }
}

function tier(price: Price) {
  const { of, name, notes, verifiedOn } = price
  return {
    tier: name,
    region: of,
    ...Object.fromEntries(stated(price)),
    ...dates(price),
    ...(verifiedOn ? { as_of: verifiedOn } : {}),
    ...(notes ? { binding: notes } : {}),
  }
}

/** The amounts of a price in the order of the fields, wherever it was read from. */
function stated(price: Price): [field: string, amount: string][] {
  return fieldsOf(price).flatMap((field): [string, string][] => {
    const amount = price.amounts[field]
    return amount === undefined ? [] : [[field, amount]]
  })
}

function dates({ from, until }: Price) {
  return {
    ...(from ? { effective_from: shortMoment(from) } : {}),
    ...(until ? { expires_at: shortMoment(until) } : {}),
  }
}

function sorted(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}
