/** Amounts of one price that do not fit each other. */
import Big from 'big.js'
import type { Price } from '../price.ts'
import { type Check, perPrice } from './check.ts'

type Pair = readonly [field: string, other: string]

/** A rule: the first amount is not above the second. */
function notAbove(
  rule: Omit<Check, 'weight' | 'notice'>,
  reason: string,
  pairs: readonly Pair[],
  orEqual = false,
): Check {
  return {
    ...rule,
    weight: 'unsafe',
    notice: (proposal) =>
      perPrice(proposal, reason, ({ price, kind, before }) =>
        pairs.flatMap(([field, other]) => {
          if (!isAbove(price, field, other, orEqual)) return []
          // What stands in the list already, and is not touched, is not this change's mistake.
          const isOld = kind === 'changed' && before !== undefined && isSame(before, price, field, other)
          return isOld ? [] : [`${field} ${price.amounts[field]}, ${other} ${price.amounts[other]}`]
        }),
      ),
  }
}

function isAbove({ amounts }: Price, field: string, other: string, orEqual: boolean): boolean {
  const [a, b] = [amounts[field], amounts[other]]
  if (a === undefined || b === undefined) return false
  return orEqual ? new Big(a).gte(b) && new Big(b).gt(0) : new Big(a).gt(b)
}

function isSame(before: Price, price: Price, field: string, other: string): boolean {
  return before.amounts[field] === price.amounts[field] && before.amounts[other] === price.amounts[other]
}

const prefixes = ['', 'batch.', 'long_context.']
const components = ['input', 'output', 'cached_input', 'cache_write_5m', 'cache_write_1h']

export const rules: readonly Check[] = [
  notAbove(
    {
      id: 'cached-above-input',
      title: 'Cached input costs no more than input',
      hint: 'A cache makes input cheaper: look whether the two are swapped, or the amount is that of a cache write.',
    },
    'Cached input costs more than input.',
    prefixes.map((prefix) => [`${prefix}cached_input`, `${prefix}input`] as const),
  ),
  notAbove(
    {
      id: 'output-below-input',
      title: 'Output costs no less than input',
      hint: 'Look whether the two are swapped. Some providers do charge less for output: accept it with the source.',
    },
    'Output costs less than input.',
    prefixes.map((prefix) => [`${prefix}input`, `${prefix}output`] as const),
  ),
  notAbove(
    {
      id: 'long-context-below-base',
      title: 'A long context costs no less than a short one',
      hint: 'Look whether the tiers are swapped.',
    },
    'A long context costs less than a short one.',
    components.map((component) => [component, `long_context.${component}`] as const),
  ),
  notAbove(
    {
      id: 'batch-above-standard',
      title: 'A batch costs no more than a request at once',
      hint: 'Batches are cheaper everywhere: look whether the two are swapped.',
    },
    'A batch costs more than a request at once.',
    components.map((component) => [`batch.${component}`, component] as const),
  ),
  notAbove(
    {
      id: 'one-hour-write',
      title: 'A cache write for an hour costs more than one for five minutes',
      hint: 'A write for an hour has a price of its own, twice that of input at Anthropic.',
    },
    'A cache write for an hour is priced as one for five minutes, or below it.',
    prefixes.map((prefix) => [`${prefix}cache_write_5m`, `${prefix}cache_write_1h`] as const),
    true,
  ),
]
