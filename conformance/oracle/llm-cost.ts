import Big from 'big.js'

/** Prices of a model in USD per million tokens. */
export interface LlmPrices {
  readonly input: string
  readonly output: string
}

/** What a call costs in USD, exact: the contract's own arithmetic, without SQL. */
export function llmCost(
  prices: LlmPrices,
  tokens: { input: string | bigint; output: string | bigint },
): { input: Big; output: Big; total: Big } {
  const input = perMillion(prices.input, tokens.input)
  const output = perMillion(prices.output, tokens.output)
  return { input, output, total: input.plus(output) }
}

/** Tokens times price, the decimal point moved by six places: exact, where a division is not for every divisor. */
function perMillion(price: string, tokens: string | bigint): Big {
  return new Big(price).times(tokens.toString()).times('0.000001')
}
