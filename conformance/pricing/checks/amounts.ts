/** Amounts that look like another unit, a slip, or no price at all. */
import Big from 'big.js'
import type { Change, FieldChange } from '../compare.ts'
import { isStorable, times } from '../decimal.ts'
import { fieldsOf } from '../price.ts'
import { type Check, perPrice } from './check.ts'

const THREEFOLD = 3
/** The factor from which on set_model_price takes a change for another unit. */
const JUMP = 100
/** How much of an amount is shown. */
const SHOWN = 40
/** How far from a power of ten a ratio may be, of its logarithm. */
const NEAR = 0.005

const GUESSES: Readonly<Record<number, string>> = {
  6: 'per million tokens taken for per token',
  3: 'per million tokens taken for per thousand, or a slip of three digits',
  2: 'cents taken for dollars',
  1: 'a slip of one digit',
  [-1]: 'a slip of one digit',
  [-2]: 'dollars taken for cents',
  [-3]: 'per thousand tokens taken for per million, or a slip of three digits',
  [-6]: 'per token taken for per million tokens',
}

/** What a ratio looks like, when it is a power of ten. */
export function guess(ratio: number | undefined): string | undefined {
  if (ratio === undefined || ratio <= 0) return undefined
  const power = Math.round(Math.log10(ratio))
  return Math.abs(Math.log10(ratio) - power) <= NEAR ? GUESSES[power] : undefined
}

export function inWords({ field, before, after, ratio }: FieldChange): string {
  const looks = guess(ratio)
  const factor = ratio === undefined ? '' : ` (${times(ratio)}${looks ? `: ${looks}` : ''})`
  return `${field}: ${short(before ?? 'none')} → ${short(after ?? 'none')}${factor}`
}

/** An amount may have a thousand digits. */
function short(amount: string): string {
  return amount.length > SHOWN ? `${amount.slice(0, SHOWN)}… (${amount.length} characters)` : amount
}

/** Where the plain price moves as it does, a component that follows it says nothing more. */
const isUnit = ({ ratio }: FieldChange) =>
  ratio !== undefined &&
  ratio > 0 &&
  (ratio >= JUMP || ratio <= 1 / JUMP || Math.abs(ratio - 1 / 3600) < 1e-6 || ratio === 3600)
const isThreefold = ({ ratio }: FieldChange) =>
  ratio !== undefined && ratio > 0 && (ratio >= THREEFOLD || ratio <= 1 / THREEFOLD)

/** What no price of today is near: USD per million tokens, USD per second. */
const PLAUSIBLE: Readonly<Record<string, readonly [least: string, most: string]>> = {
  input: ['0.001', '500'],
  output: ['0.001', '2000'],
  price_per_second: ['0.0000001', '0.1'],
}

function implausible({ price, kind }: Change): string[] {
  if (kind !== 'added') return []
  return fieldsOf(price).flatMap((field) => {
    const [least, most] = PLAUSIBLE[field] ?? []
    const amount = price.amounts[field]
    if (least === undefined || most === undefined || amount === undefined) return []
    const value = new Big(amount)
    if (value.lte(0) || (value.gte(least) && value.lte(most))) return []
    return [`${field}: ${short(amount)}, where prices are between ${least} and ${most}`]
  })
}

export const amounts: readonly Check[] = [
  {
    id: 'negative',
    title: 'No price is negative',
    weight: 'never',
    hint: 'Routers write −1 for a price that they do not know: leave it out.',
    notice: (proposal) =>
      perPrice(proposal, 'A price is below zero.', ({ price }) =>
        fieldsOf(price).flatMap((field) =>
          price.amounts[field]?.startsWith('-') ? [`${field}: ${price.amounts[field]}`] : [],
        ),
      ),
  },
  {
    id: 'precision',
    title: 'A price list can hold every price',
    weight: 'never',
    hint: 'A price list holds 8 digits before the point, and 12 after it: more would be refused, or rounded in silence.',
    notice: (proposal) =>
      perPrice(proposal, 'A price has more digits than a price list can hold.', ({ price }) =>
        fieldsOf(price).flatMap((field) => {
          const amount = price.amounts[field] ?? ''
          return isStorable(amount) ? [] : [`${field}: ${short(amount)}`]
        }),
      ),
  },
  {
    id: 'unit',
    title: 'No price changes as if its unit were another',
    weight: 'unsafe',
    hint: 'Compare it with the page of the provider, unit included.',
    notice: (proposal) =>
      perPrice(
        proposal,
        'A price changes a hundredfold, or is nowhere near any other: it looks like another unit.',
        (change) => [...change.fields.filter(isUnit).map(inWords), ...implausible(change)],
      ),
  },
  {
    id: 'threefold',
    title: 'No price changes threefold',
    weight: 'unsafe',
    hint: 'Cuts of 80 % happen: if the provider says so, accept it with that source.',
    notice: (proposal) =>
      perPrice(proposal, 'A price changes threefold or more.', ({ fields }) =>
        // Of what is another unit nothing else need be said.
        fields.some(isUnit) ? [] : fields.filter(isThreefold).map(inWords),
      ),
  },
  {
    id: 'zero',
    title: 'No price becomes free, or stops being so',
    weight: 'unsafe',
    hint: 'Lists write 0 for what they do not know. If it is free, accept it with the source.',
    notice: (proposal) =>
      perPrice(
        proposal,
        'A price is zero where it was not, or the other way round.',
        ({ fields, kind, price }) =>
          kind === 'added'
            ? ['input', 'output', 'price_per_second']
                .filter((field) => isZero(price.amounts[field]))
                .map((field) => `${field}: 0`)
            : fields
                .filter(
                  ({ before, after }) =>
                    before !== undefined && after !== undefined && isZero(before) !== isZero(after),
                )
                .map(inWords),
      ),
  },
]

function isZero(amount: string | undefined): boolean {
  return amount !== undefined && new Big(amount).eq(0)
}
