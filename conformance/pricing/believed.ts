/** Several lists of the same prices: what each says, where they differ, and which one is believed. */
import Big from 'big.js'
import { byKey, fieldsOf, keyOf, type Price, type PriceList } from './price.ts'
import { Refused } from './refused.ts'

/** A field for which sources give different amounts. */
export interface Disagreement {
  readonly key: string
  readonly field: string
  /** In the order in which they are believed. */
  readonly said: readonly { readonly source: string; readonly amount: string; readonly since: string }[]
  /** The largest over the smallest, less one. */
  readonly spread: number | undefined
  /** Whether `--prefer` says which one is believed. */
  readonly isDecided: boolean
}

/** One list of several. */
export interface Believed {
  readonly prices: readonly Price[]
  readonly disagreements: readonly Disagreement[]
}

type Said = readonly (readonly [PriceList, Price])[]

/** Makes one list of several: those that are preferred first, the others in the order in which they are named. */
export function believe(lists: readonly PriceList[], prefer: readonly string[]): Believed {
  const sources = lists.map(({ source }) => source)
  const unknown = prefer.filter((name) => !sources.includes(name))
  if (unknown.length > 0)
    throw new Refused(`--prefer ${unknown.join(',')}: the sources here are ${sources.join(', ')}.`)
  const twice = sources.find((name, index) => sources.indexOf(name) !== index)
  if (twice) throw new Refused(`Two lists are called ${twice}: give one another name, as in other=FILE.`)

  const rank = ({ source }: PriceList) => (prefer.includes(source) ? prefer.indexOf(source) : prefer.length)
  const ordered = [...lists].sort((a, b) => rank(a) - rank(b))
  const said = new Map<string, [PriceList, Price][]>()
  for (const list of ordered)
    for (const price of list.prices) {
      const key = keyOf(price)
      const others = said.get(key)
      if (others) others.push([list, price])
      else said.set(key, [[list, price]])
    }
  const all = [...said.values()]
  return {
    prices: all.map(combined).sort(byKey),
    disagreements: all.flatMap((each) => (each.length > 1 ? disagreements(each, prefer) : [])),
  }
}

function combined(said: Said): Price {
  const prices = said.map(([, price]) => price)
  const [first, ...others] = prices
  if (first === undefined) throw new Error('A price that nobody names.')
  if (others.length === 0) return first
  // Long-context prices go with their threshold.
  const long = prices.find(({ threshold }) => threshold !== undefined)
  const amounts: Record<string, string> = {}
  const derived = new Set<string>()
  for (const field of fieldsOf(first)) {
    const source = field.startsWith('long_context.')
      ? long
      : (prices.find((price) => price.amounts[field] !== undefined && !price.derived.includes(field)) ??
        prices.find((price) => price.amounts[field] !== undefined))
    const amount = source?.amounts[field]
    if (amount === undefined) continue
    amounts[field] = amount
    if (source?.derived.includes(field)) derived.add(field)
  }
  const { threshold: _, ...rest } = first
  const from = prices.find((price) => price.from)?.from
  const verifiedOn = prices.find((price) => price.verifiedOn)?.verifiedOn
  return {
    ...rest,
    amounts,
    derived: [...derived],
    ...(long?.threshold === undefined ? {} : { threshold: long.threshold }),
    ...(from ? { from } : {}),
    ...(verifiedOn ? { verifiedOn } : {}),
    sources: [...new Set(prices.flatMap(({ sources }) => sources))],
  }
}

function disagreements(said: Said, prefer: readonly string[]): Disagreement[] {
  const [first] = said
  if (!first) return []
  const [believedList, price] = first
  return fieldsOf(price).flatMap((field) => {
    const values = said.flatMap(([{ source, asOf }, { amounts, derived, from }]) => {
      const amount = amounts[field]
      // What follows from a rule is nobody's word.
      if (amount === undefined || derived.includes(field)) return []
      return [
        { source, amount, since: from?.slice(0, 10) ?? (asOf ? `the list of ${asOf}` : 'an unknown day') },
      ]
    })
    if (new Set(values.map(({ amount }) => amount)).size < 2) return []
    const amounts = values.map(({ amount }) => new Big(amount)).sort((a, b) => a.cmp(b))
    const [least, most] = [amounts[0], amounts.at(-1)]
    const spread = least && most && least.gt(0) ? Number(most.div(least).minus(1).toPrecision(6)) : undefined
    return [
      { key: keyOf(price), field, said: values, spread, isDecided: prefer.includes(believedList.source) },
    ]
  })
}
