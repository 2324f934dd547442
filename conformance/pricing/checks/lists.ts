/** What shows only in the whole list, or in several. */
import { times } from '../decimal.ts'
import { keyOf } from '../price.ts'
import { type Breach, type Check, type Proposal, proposed } from './check.ts'

/** From how many prices on a common factor is no chance. */
const FEW = 3
const MOST_OF = 0.8
const SPREAD = 0.1
/** A list that lacks so many is not a list with models withdrawn. */
const MANY_GONE = 20
const SHARE_GONE = 0.1
const NAMED = 20

export const lists: readonly Check[] = [
  {
    id: 'provider-shift',
    title: 'No provider moves all its prices by one factor',
    weight: 'unsafe',
    hint: 'A currency, a unit or a discount that went into the list: compare some of them with the page of the provider.',
    notice: shifts,
  },
  {
    id: 'mass-removal',
    title: 'No list loses its prices by the dozen',
    weight: 'unsafe',
    hint: 'The list was cut off, or its form has changed. Prices that it lacks are kept in any case.',
    notice: ({ missing, changes }) => {
      const groups = new Map<string, string[]>()
      for (const key of missing) push(groups, groupOf(key), key)
      const known = changes.filter(({ before }) => before).length + missing.length
      const gone = missing.length >= MANY_GONE && missing.length >= known * SHARE_GONE
      if (gone) return [removal('all', missing)]
      return [...groups].flatMap(([group, keys]) => {
        const left = changes.filter(({ key, before }) => before && groupOf(key) === group).length
        return keys.length >= FEW && keys.length >= left ? [removal(group, keys)] : []
      })
    },
  },
  {
    id: 'removed',
    title: 'The list names every price that is in force',
    weight: 'warning',
    hint: 'It is kept as it is. If the model is withdrawn, nothing need be done.',
    notice: ({ missing }) =>
      missing.map((key) => ({ about: key, have: 'not in the list', reason: 'The list no longer names it.' })),
  },
  {
    id: 'sources-disagree',
    title: 'No two sources differ by more than 10 %',
    weight: 'unsafe',
    hint: 'Compare both with the page of the provider, then say which one is right with --prefer, or pin the pair.',
    notice: (proposal) =>
      disagreements(
        proposal,
        ({ isDecided, spread }) => !isDecided && (spread === undefined || spread > SPREAD),
      ),
  },
  {
    id: 'sources-differ',
    title: 'No two sources differ',
    weight: 'warning',
    hint: 'The first that is preferred, or named, is believed.',
    notice: (proposal) =>
      disagreements(
        proposal,
        ({ isDecided, spread }) => isDecided || (spread !== undefined && spread <= SPREAD),
      ),
  },
  {
    id: 'pin-moved',
    title: 'Every pinned deviation is as it was pinned',
    weight: 'unsafe',
    hint: 'Compare the new value with the page of the provider; then change the line in the file of the pins, or take it out.',
    notice: ({ pinned }) =>
      pinned
        .filter(({ holds }) => !holds)
        .map(({ pin, theirs }) => ({
          about: `${pin.price}#${pin.field}`,
          have: `${pin.source} says ${theirs ?? 'nothing'}`,
          want: `${pin.source} says ${pin.theirs}`,
          reason: `The source has moved since ${pin.verified_on}: ${pin.why}`,
        })),
  },
  {
    id: 'alias-differs',
    title: 'Every alias is priced as its model',
    weight: 'warning',
    hint: 'Usage under the alias is charged at the price of the model: give the name a price of its own if that is wrong.',
    notice: ({ named, known }) => {
      const prices = new Map(named.map((price) => [keyOf(price), price]))
      return [...known.aliases].flatMap(([alias, model]) => {
        const [one, other] = [prices.get(alias), prices.get(model)]
        if (!one || !other || known.versions.has(alias)) return []
        const differ = ['input', 'output', 'cached_input'].filter(
          (field) =>
            one.amounts[field] !== undefined &&
            other.amounts[field] !== undefined &&
            one.amounts[field] !== other.amounts[field],
        )
        return differ.length === 0
          ? []
          : [
              {
                about: alias,
                have: differ.map((field) => `${field} ${one.amounts[field]}`).join(', '),
                want: differ.map((field) => `${field} ${other.amounts[field]}, as ${model}`).join(', '),
                reason: 'The list prices the alias otherwise than its model.',
              },
            ]
      })
    },
  },
]

function shifts(proposal: Proposal): Breach[] {
  const groups = new Map<string, Map<string, string[]>>()
  for (const { key, fields } of proposed(proposal)) {
    const plain = fields.find(({ field }) => field === 'input' || field === 'price_per_second')
    if (plain?.ratio === undefined) continue
    const group = groups.get(groupOf(key)) ?? new Map<string, string[]>()
    groups.set(groupOf(key), group)
    const factor = times(plain.ratio)
    push(group, factor, key)
  }
  return [...groups].flatMap(([group, factors]) => {
    const compared = proposal.changes.filter(({ key, before }) => before && groupOf(key) === group).length
    return [...factors]
      .filter(([, keys]) => keys.length >= FEW && keys.length >= compared * MOST_OF)
      .map(([factor, keys]) => ({
        about: group,
        have: `${keys.length} of ${compared} prices ${factor}: ${some(keys)}`,
        reason: 'All prices of a provider move by one factor.',
      }))
  })
}

function disagreements(
  proposal: Proposal,
  fits: (one: Proposal['disagreements'][number]) => boolean,
): Breach[] {
  const concerned = new Set(proposal.changes.filter(({ isProposed }) => isProposed).map(({ key }) => key))
  const byKey = new Map<string, string[]>()
  for (const one of proposal.disagreements.filter((each) => fits(each) && concerned.has(each.key))) {
    const said = one.said
      .map(({ source, amount, since }) => `${amount} (${source}, since ${since})`)
      .join(', ')
    byKey.set(one.key, [...(byKey.get(one.key) ?? []), `${one.field}: ${said}`])
  }
  return [...byKey].map(([about, lines]) => ({
    about,
    have: lines.join('\n'),
    reason: 'Sources give different prices; the one named first is believed.',
  }))
}

function removal(about: string, keys: readonly string[]): Breach {
  return { about, have: `${keys.length} prices: ${some(keys)}`, reason: 'Prices are gone by the dozen.' }
}

function some(keys: readonly string[]): string {
  const more = keys.length - NAMED
  return `${keys.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** The provider of a price; sandboxes are one group. */
function groupOf(key: string): string {
  return key.slice(0, key.indexOf('/'))
}

function push(into: Map<string, string[]>, name: string, key: string): void {
  const keys = into.get(name)
  if (keys) keys.push(key)
  else into.set(name, [key])
}
