/** What would change: proposed prices against those that are in force when they would begin. */
import Big from 'big.js'
import { ratio } from './decimal.ts'
import { before, type Known, type Version, versionAt } from './known.ts'
import { fieldsOf, keyOf, type Price } from './price.ts'

/** One amount of a price that changes. */
export interface FieldChange {
  readonly field: string
  readonly before: string | undefined
  readonly after: string | undefined
  readonly ratio: number | undefined
  /** Whether the amounts are the same, and only one of them follows from a rule. */
  readonly isMark: boolean
}

/** A proposed price beside what is there. */
export interface Change {
  readonly key: string
  readonly kind: 'added' | 'changed' | 'same'
  /** Complete: with the derived components that it takes over. */
  readonly price: Price
  readonly before: Version | undefined
  readonly fields: readonly FieldChange[]
  /** Versions that began before the one that it replaces. */
  readonly former: readonly Version[]
  /** Versions that begin after it would. */
  readonly later: readonly Version[]
  /** Whether it is put forward: other lists name a thousand prices that nobody here asks for. */
  readonly isProposed: boolean
}

/** What is put forward of the prices that are not in the database. */
export interface Wanted {
  /** Whether new prices are put forward, too. */
  readonly added: boolean
  /** When prices without a date of their own are to begin. */
  readonly from: string
}

/** Compares prices with those of a database. */
export function compare(prices: readonly Price[], known: Known, { added, from }: Wanted): Change[] {
  return prices.map((price) => {
    const key = keyOf(price)
    const versions = known.versions.get(key) ?? []
    const begins = price.from ?? from
    const current = versionAt(known, key, begins)
    const whole = complete(price, current)
    const fields = current ? changes(current, whole) : []
    const isSame =
      current !== undefined && fields.length === 0 && (whole.until ?? '') === (current.until ?? '')
    return {
      key,
      kind: current === undefined ? 'added' : isSame ? 'same' : 'changed',
      price: whole,
      before: current,
      fields,
      former: versions.filter(
        (version) => current && version !== current && before(version.from, current.from),
      ),
      later: versions.filter((version) => version !== current && !before(version.from, begins)),
      isProposed: current !== undefined || added,
    }
  })
}

/** The amounts that differ, in the order of the fields. */
export function changes(is: Price, wanted: Price): FieldChange[] {
  const amounts = fieldsOf(wanted).flatMap((field) => {
    const [then, now] = [is.amounts[field], wanted.amounts[field]]
    const isMark = is.derived.includes(field) !== wanted.derived.includes(field)
    if (then === now && (now === undefined || !isMark)) return []
    return [
      {
        field,
        before: then,
        after: now,
        ratio: then !== undefined && now !== undefined ? ratio(now, then) : undefined,
        isMark: then === now,
      },
    ]
  })
  if (is.threshold === wanted.threshold) return amounts
  const moved = {
    field: 'threshold_input_tokens',
    before: is.threshold?.toString(),
    after: wanted.threshold?.toString(),
  }
  return [...amounts, { ...moved, ratio: undefined, isMark: false }]
}

/**
 * The price with what it does not state: derived components of the version before, unchanged or scaled with the plain price,
 * whichever is dearer, as the product would take them over; of a sandbox, the rates that stay as they are.
 */
function complete(price: Price, former: Version | undefined): Price {
  if (!former) return price
  const amounts: Record<string, string> = { ...price.amounts }
  const derived = new Set(price.derived)
  for (const field of fieldsOf(price)) {
    const was = former.amounts[field]
    if (was === undefined || amounts[field] !== undefined) continue
    if (price.list === 'e2b') amounts[field] = was
    else if (
      former.derived.includes(field) &&
      (!field.startsWith('long_context.') || price.threshold !== undefined)
    ) {
      const plain = field.endsWith('output') ? 'output' : 'input'
      amounts[field] = dearer(was, price.amounts[plain] ?? was, former.amounts[plain] ?? was)
      derived.add(field)
    }
  }
  return { ...price, amounts, derived: [...derived] }
}

const Twelve = Big()
Twelve.DP = 12
Twelve.RM = Big.roundUp

function dearer(amount: string, numerator: string, denominator: string): string {
  const was = new Big(amount)
  if (new Big(denominator).lte(0)) return was.toFixed()
  const scaled = new Twelve(was.times(numerator).toFixed()).div(new Twelve(denominator))
  return (scaled.gt(was) ? scaled : was).toFixed()
}

/** Keys in force at a moment that a complete list does not name, of the providers that it names. */
export function missing(prices: readonly Price[], known: Known, at: string): string[] {
  const named = new Set(prices.map(keyOf))
  const groups = new Set(prices.map(groupOf))
  return [...known.versions.keys()].sort().filter((key) => {
    const version = versionAt(known, key, at)
    return version !== undefined && !named.has(key) && groups.has(groupOf(version))
  })
}

function groupOf({ list, of }: Price): string {
  return list === 'llm' ? of : 'e2b'
}
