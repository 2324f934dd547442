import Big from 'big.js'

/** A decimal of a sheet, or a number of a JSON text: no binary float has seen it. */
const DECIMAL = /^-?(?:0|[1-9]\d*|\.\d+|0\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?$/

/** What a price list can hold: its columns are numeric(20,12). */
const DECIMALS = 12
const WHOLE_DIGITS = 8

/** Whether a text is a number, as exact as it is written. */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text.trim())
}

/** An amount times a power of ten, without padding: `1.5e-07` by 6 is `0.15`. Nothing is rounded. */
export function scaled(text: string, power: number): string {
  const amount = new Big(text.trim())
  amount.e += amount.eq(0) ? 0 : power
  return amount.toFixed()
}

/** Whether a price list holds it as it is. */
export function isStorable(amount: string): boolean {
  const [whole = '', fraction = ''] = amount.replace('-', '').split('.')
  return whole.length <= WHOLE_DIGITS && fraction.length <= DECIMALS
}

/** How often one amount goes into another, with four significant digits: for people and thresholds, not for money. */
export function ratio(after: string, before: string): number | undefined {
  const base = new Big(before)
  if (base.eq(0)) return undefined
  return Number(new Big(after).div(base).toPrecision(12))
}

/** A ratio in words: `×0.5`. */
export function times(value: number | undefined): string {
  return value === undefined ? 'from 0' : `×${Number(value.toPrecision(4))}`
}
