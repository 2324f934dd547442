import Big from 'big.js'

export type Variant = 'standard' | 'batch' | 'long_context'
export type Component = 'input' | 'output' | 'cached_input' | 'cache_write_5m' | 'cache_write_1h'

/** What a version of a model's price asks for: the plain prices, and components of their own, in USD per million tokens. */
export interface PriceCard {
  readonly input: string
  readonly output: string
  /** Above so many input tokens a request is a long one; null where there is no such price. */
  readonly threshold: number | null
  readonly components: readonly {
    readonly variant: Variant
    readonly component: Component
    readonly price: string
    /** Whether it was derived, and not read from a price list. */
    readonly derived?: boolean
  }[]
}

/** Prices of a model in USD per million tokens, as the price sheet has them. What is absent has no price of its own. */
export interface DetailedPrices {
  readonly input: string
  readonly output: string
  readonly cached_input: string | null
  readonly cache_write_5m: string | null
  readonly cache_write_1h: string | null
  readonly batch: { readonly input: string; readonly output: string; readonly basis?: string }
  readonly long_context: {
    readonly threshold_input_tokens: number
    readonly input: string
    readonly output: string
    readonly cached_input: string
    readonly cache_write_5m?: string | undefined
  } | null
}

/** What a request used; special tokens are part of `input`. */
export interface DetailedUsage {
  readonly input: bigint
  readonly output: bigint
  readonly cached: bigint
  readonly write5m: bigint
  readonly write1h: bigint
  readonly batch: boolean
}

/** The card of a model of the price sheet. */
export function cardOf(sheet: DetailedPrices): PriceCard {
  const derived = sheet.batch.basis?.startsWith('derived') ?? false
  const long = sheet.long_context
  const priced = (variant: Variant, component: Component, price: string | null | undefined, marks = {}) =>
    price ? [{ variant, component, price, ...marks }] : []
  return {
    input: sheet.input,
    output: sheet.output,
    threshold: long?.threshold_input_tokens ?? null,
    components: [
      ...priced('standard', 'cached_input', sheet.cached_input),
      ...priced('standard', 'cache_write_5m', sheet.cache_write_5m),
      ...priced('standard', 'cache_write_1h', sheet.cache_write_1h),
      ...priced('batch', 'input', sheet.batch.input, { derived }),
      ...priced('batch', 'output', sheet.batch.output, { derived }),
      ...priced('long_context', 'input', long?.input),
      ...priced('long_context', 'output', long?.output),
      ...priced('long_context', 'cached_input', long?.cached_input),
      ...priced('long_context', 'cache_write_5m', long?.cache_write_5m),
    ],
  }
}

/** The price of a component that its list states; undefined where it has none of its own. */
export function ownPrice(card: PriceCard, variant: Variant, component: Component): Big | undefined {
  if (variant === 'standard' && (component === 'input' || component === 'output'))
    return new Big(card[component])
  const stated = card.components.find((one) => one.variant === variant && one.component === component)
  return stated && new Big(stated.price)
}

/**
 * What each rule of the same list makes of a component that has no price of its own in a variant: its standard price; that, by
 * the ratio at which the variant prices another component; for tokens that are part of the input, plain input of the variant; for a
 * cache write, the other cache write.
 */
export function rulesFor(card: PriceCard, variant: Variant, component: Component): Big[] {
  const special = component !== 'input' && component !== 'output'
  const usual = ownPrice(card, 'standard', component)
  // What has no standard price either is charged as plain input there.
  const standard = usual ?? new Big(card.input)
  const rules: Big[] = [standard]
  for (const other of COMPONENTS) {
    const before = ownPrice(card, 'standard', other)
    const here = ownPrice(card, variant, other)
    if (before?.gt(0) && here) rules.push(scaled(standard, here, before))
  }
  if (special) rules.push(ownPrice(card, variant, 'input') ?? dearest(rulesFor(card, variant, 'input')))
  const write = OTHER_WRITE[component]
  if (write) {
    for (const one of [ownPrice(card, variant, write), ownPrice(card, 'standard', write)])
      if (one) rules.push(one)
  }
  return rules
}

/** What a request costs in USD, exact, and whether something had no price of its own, or a derived one: the contract, no SQL. */
export function detailedCost(prices: DetailedPrices | PriceCard, usage: DetailedUsage) {
  const card = 'components' in prices ? prices : cardOf(prices)
  const isLong = card.threshold !== null && usage.input > BigInt(card.threshold)
  const variant = isLong ? 'long_context' : usage.batch ? 'batch' : 'standard'

  let estimated = usage.batch && isLong
  const cost = (component: Component, tokens: bigint): Big => {
    if (tokens === 0n) return new Big(0)
    if (!ownPrice(card, variant, component) || isDerived(card, variant, component)) estimated = true
    return rateOf(card, component, { isLong, isBatch: usage.batch })
      .times(tokens.toString())
      .times('0.000001')
  }

  const input = cost('input', usage.input - usage.cached - usage.write5m - usage.write1h)
  const cached = cost('cached_input', usage.cached)
  const write = cost('cache_write_5m', usage.write5m).plus(cost('cache_write_1h', usage.write1h))
  const output = cost('output', usage.output)
  return {
    input,
    cached,
    write,
    output,
    total: input.plus(cached).plus(write).plus(output),
    isLong,
    estimated,
  }
}

/** What a million tokens of a component cost in a request that is long or not, in a batch or not. */
export function rateOf(
  card: PriceCard,
  component: Component,
  { isLong, isBatch }: { readonly isLong: boolean; readonly isBatch: boolean },
): Big {
  const rate = (one: Variant) => ownPrice(card, one, component) ?? dearest(rulesFor(card, one, component))
  // A long request in a batch has no price of its own at all: it costs the dearer of the two.
  if (isLong && isBatch) return dearest([rate('long_context'), rate('batch')])
  return rate(isLong ? 'long_context' : isBatch ? 'batch' : 'standard')
}

export function isDerived(card: PriceCard, variant: Variant, component: Component): boolean {
  return card.components.some(
    (one) => one.variant === variant && one.component === component && one.derived === true,
  )
}

const COMPONENTS = ['input', 'output', 'cached_input', 'cache_write_5m', 'cache_write_1h'] as const
const OTHER_WRITE: Readonly<Partial<Record<Component, Component>>> = {
  cache_write_5m: 'cache_write_1h',
  cache_write_1h: 'cache_write_5m',
}

const Twelve = Big()
Twelve.DP = 12
Twelve.RM = Big.roundUp

/** A price times a ratio, rounded up to the twelve decimals of a price list. */
function scaled(price: Big, numerator: Big, denominator: Big): Big {
  return new Twelve(price.times(numerator)).div(new Twelve(denominator))
}

function dearest(prices: readonly Big[]): Big {
  return prices.reduce((most, one) => (one.gt(most) ? one : most), new Big(0))
}
