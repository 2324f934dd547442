import Big from 'big.js'

/** Prices of a model in USD per million tokens, as the price sheet has them. What is absent has no price of its own. */
export interface DetailedPrices {
  readonly input: string
  readonly output: string
  readonly cached_input: string | null
  readonly cache_write_5m: string | null
  readonly cache_write_1h: string | null
  readonly batch: { readonly input: string; readonly output: string }
  readonly long_context: {
    readonly threshold_input_tokens: number
    readonly input: string
    readonly output: string
    readonly cached_input: string
    readonly cache_write_5m?: string | undefined
  } | null
}

/** Tokens that are part of the input and may have a price of their own. */
type Special = 'cached_input' | 'cache_write_5m' | 'cache_write_1h'

/** What a request used; special tokens are part of `input`. */
export interface DetailedUsage {
  readonly input: bigint
  readonly output: bigint
  readonly cached: bigint
  readonly write5m: bigint
  readonly write1h: bigint
  readonly batch: boolean
}

/** What a request costs in USD, exact, and whether something had no price of its own: the contract's arithmetic, no SQL. */
export function detailedCost(prices: DetailedPrices, usage: DetailedUsage) {
  const long = prices.long_context
  const isLong = long !== null && usage.input > BigInt(long.threshold_input_tokens)
  const variant = isLong ? long : usage.batch ? prices.batch : prices
  const own: { readonly input: string } & { readonly [C in Special]?: string | null | undefined } = variant

  let estimated = usage.batch && isLong
  const rate = (component: Special, tokens: bigint): Big => {
    const price = own[component]
    if (price) return new Big(price)
    if (tokens > 0n) estimated = true
    const input = new Big(variant.input)
    const otherwise = new Big(prices[component] ?? 0)
    return otherwise.gt(input) ? otherwise : input
  }
  const cost = (tokens: bigint, price: Big | string) =>
    new Big(price).times(tokens.toString()).times('0.000001')

  const plain = usage.input - usage.cached - usage.write5m - usage.write1h
  const input = cost(plain, variant.input)
  const cached = cost(usage.cached, rate('cached_input', usage.cached))
  const write = cost(usage.write5m, rate('cache_write_5m', usage.write5m)).plus(
    cost(usage.write1h, rate('cache_write_1h', usage.write1h)),
  )
  const output = cost(usage.output, variant.output)
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
