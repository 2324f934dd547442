/** Deviations from a source that somebody has verified by hand: each pins both values, and silences that pair alone. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { isDecimal, scaled } from './decimal.ts'
import { isDay } from './moment.ts'
import { keyOf, type Price, type PriceList } from './price.ts'
import { Refused } from './refused.ts'

const amount = z.string().refine(isDecimal, 'is no decimal number')

const Pins = z.strictObject({
  $schema: z.string().optional(),
  pins: z.array(
    z.strictObject({
      price: z.string().min(1),
      field: z.string().min(1),
      source: z.string().min(1),
      theirs: amount,
      ours: amount,
      verified_on: z.string().refine(isDay, 'is no day'),
      why: z.string().min(1),
    }),
  ),
})

/** A pair of values that may differ. */
export type Pin = z.infer<typeof Pins>['pins'][number]

/** What became of a pin. */
export interface Pinned {
  readonly pin: Pin
  /** What the source says now. */
  readonly theirs: string | undefined
  readonly holds: boolean
}

/** The pins of a file; none when there is no such file and nobody asked for it. */
export function readPins(file: string, isAsked: boolean): readonly Pin[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    if (!isAsked) return []
    throw new Refused(`${resolve(file)} cannot be read: name the file of the pinned deviations.`)
  }
  try {
    return Pins.parse(JSON.parse(text)).pins
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : []
    throw new Refused(
      `${file} holds no pins: ${issue ? `${issue.path.join('.')} ${issue.message}` : 'it is not JSON'}.`,
    )
  }
}

/** Puts our value in the place of theirs where a pin holds. Pins of sources that are not read have no say. */
export function withPins(list: PriceList, pins: readonly Pin[]): { list: PriceList; pinned: Pinned[] } {
  const mine = pins.filter(({ source }) => source === list.source)
  const prices = new Map(list.prices.map((price) => [keyOf(price), price]))
  const pinned = mine.map((pin) => {
    const price = prices.get(pin.price)
    const theirs = price?.amounts[pin.field]
    const holds = theirs !== undefined && theirs === scaled(pin.theirs, 0)
    if (price && holds) prices.set(pin.price, replaced(price, pin))
    return { pin, theirs, holds }
  })
  return { list: { ...list, prices: [...prices.values()] }, pinned }
}

function replaced(price: Price, { field, ours }: Pin): Price {
  return { ...price, amounts: { ...price.amounts, [field]: scaled(ours, 0) } }
}
