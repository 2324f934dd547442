/** From lists of prices and a database to a proposal that can be judged. */
import { believe } from './believed.ts'
import type { Proposal } from './checks/check.ts'
import { compare, missing } from './compare.ts'
import { mustEndLater } from './ends.ts'
import type { Known } from './known.ts'
import { momentOf } from './moment.ts'
import { type Pin, type Pinned, withPins } from './pins.ts'
import type { PriceList } from './price.ts'
import { Refused } from './refused.ts'

/** How lists are to be taken. */
export interface Taken {
  readonly prefer?: readonly string[]
  readonly pins?: readonly Pin[]
  /** Only prices of these providers, and `e2b`. All when empty. */
  readonly providers?: readonly string[]
  /** Whether a public list puts forward prices that the database does not have. Sheets always do. */
  readonly add?: boolean
  /** When prices without a date begin: a day or a moment. Default: when the database is read. */
  readonly effective?: string
  readonly today: string
}

/** What a list says of these providers, and of those whose name it does not give; of all when there are none. */
export function ofProviders(list: PriceList, providers: readonly string[]): PriceList {
  if (providers.length === 0) return list
  return {
    ...list,
    prices: list.prices.filter((price) => providers.includes(groupOf(price))),
    leftovers: list.leftovers.filter(({ of }) => of === undefined || providers.includes(of)),
  }
}

/** How many providers are named to somebody who has named none of them. */
const TOLD = 12

/** Throws {@link Refused} for a provider of which nothing is known anywhere: it is misspelt, and nothing would be compared. */
export function mustHaveProviders(
  providers: readonly string[],
  lists: readonly PriceList[],
  known?: Known,
): void {
  const versions = [...(known?.versions.values() ?? [])].flat()
  const priced = new Set([...lists.flatMap(({ prices }) => prices), ...versions].map(groupOf))
  const others = new Set(lists.flatMap(({ leftovers }) => leftovers.map(({ of }) => of)))
  const unknown = providers.find((name) => !priced.has(name) && !others.has(name))
  if (unknown === undefined) return
  const there = [...priced].sort()
  const more = there.length > TOLD ? ` and ${there.length - TOLD} more` : ''
  throw new Refused(
    `Nothing that is compared has a price of --provider ${unknown}: there is ${there.slice(0, TOLD).join(', ') || 'none'}${more}.`,
  )
}

/** What the lists put forward. */
export function propose(lists: readonly PriceList[], known: Known, taken: Taken): Proposal {
  const { prefer = [], pins = [], providers = [], add = false, effective, today } = taken
  mustHaveProviders(providers, lists, known)
  const restricted = lists.map((list) => ofProviders(list, providers))
  const pinned: Pinned[] = []
  const pinnedLists = restricted.map((list) => {
    const after = withPins(list, pins)
    pinned.push(...after.pinned)
    return after.list
  })
  const { prices, disagreements } = believe(pinnedLists, prefer)
  const from = effective ? momentOf(effective) : known.now
  const dated = effective ? prices.map((price) => (price.from ? price : { ...price, from })) : prices
  mustEndLater(dated, '')
  // Only a sheet, which people have written, asks for prices that are not there yet.
  const bySheets = new Set(
    lists
      .filter(({ format }) => format === 'sheet' || format === 'csv')
      .flatMap((list) => list.prices.map(nameOf)),
  )
  const changes = compare(dated, known, { added: true, from }).map((change) =>
    change.kind === 'added' && !add && !bySheets.has(nameOf(change.price))
      ? { ...change, isProposed: false }
      : change,
  )
  return {
    known,
    changes,
    missing: lists.some(({ complete }) => complete) ? missing(prices, known, from) : [],
    disagreements,
    pinned,
    named: prices,
    today,
  }
}

function groupOf({ list, of }: PriceList['prices'][number]): string {
  return list === 'llm' ? of : 'e2b'
}

function nameOf({ list, of, name }: PriceList['prices'][number]): string {
  return `${list} ${of} ${name}`
}
