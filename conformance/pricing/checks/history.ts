/** Prices beside what they were, and what they are to be. */

import { before } from '../known.ts'
import { daysBetween } from '../moment.ts'
import { keyOf, type Price } from '../price.ts'
import { type Breach, type Check, type Proposal, perPrice, proposed } from './check.ts'
import { family, isVersionOf, PLAIN_FIELDS } from './names.ts'

const OLD_DAYS = 90

export const history: readonly Check[] = [
  {
    id: 'reverted',
    title: 'No price goes back to what it was',
    weight: 'unsafe',
    hint: 'An old list, or a change put back: look at the date of the source. If the provider did go back, accept it.',
    notice: (proposal) =>
      perPrice(proposal, 'A price goes back to a former value.', ({ fields, former }) => {
        const moved = fields.filter(({ field }) => PLAIN_FIELDS.includes(field))
        if (moved.length === 0) return []
        return former
          .filter(({ amounts }) => moved.every(({ field, after }) => amounts[field] === after))
          .slice(-1)
          .map(
            ({ from }) =>
              `${moved.map(({ field, after }) => `${field} ${after}`).join(', ')}, as from ${from} on`,
          )
      }),
  },
  {
    id: 'component-lost',
    title: 'No component of a price is lost',
    weight: 'unsafe',
    hint: 'What has no price of its own is charged by the dearest rule of the list. State it, or accept that it is gone.',
    notice: (proposal) =>
      perPrice(proposal, 'A component that had a price of its own has none any more.', ({ fields }) => {
        const lost = fields.filter(({ before, after }) => before !== undefined && after === undefined)
        return lost.some(({ field }) => field.startsWith('long_context.') || field.startsWith('threshold'))
          ? []
          : lost.map(({ field, before }) => `${field}: ${before} → none`)
      }),
  },
  {
    id: 'long-context-lost',
    title: 'No long-context price is lost',
    weight: 'unsafe',
    hint: 'Requests above the threshold would be charged as short ones. State the tier, or accept that it is gone.',
    notice: (proposal) =>
      perPrice(proposal, 'A long-context price is gone.', ({ fields }) => {
        const lost = fields.filter(({ before, after }) => before !== undefined && after === undefined)
        return lost.some(({ field }) => field.startsWith('long_context.') || field.startsWith('threshold'))
          ? lost.map(({ field, before }) => `${field}: ${before} → none`)
          : []
      }),
  },
  {
    id: 'older-generation',
    title: 'No price is that of another generation of the model',
    weight: 'unsafe',
    hint: 'A name that was matched by its beginning gets the price of an older model: compare it with the page of the provider.',
    notice: otherGenerations,
  },
  {
    id: 'superseded',
    title: 'No price begins before one that is there already',
    weight: 'unsafe',
    hint: 'It would hold until the later one begins. Cancel that one, or let this one begin after it.',
    notice: (proposal) =>
      perPrice(proposal, 'A later price is there already, and goes on as it is.', ({ later, price }) =>
        later
          .filter(({ until }) => !until)
          .map(({ from }) => `begins ${price.from ?? 'now'}, and another at ${from}`),
      ),
  },
  {
    id: 'gap',
    title: 'No price ends without another to follow',
    weight: 'unsafe',
    hint: 'Usage after the end would have no price. Leave the end out, or set the price that follows first.',
    notice: (proposal) =>
      perPrice(proposal, 'After the end of the price there is none.', ({ price, before: current, later }) =>
        price.until && !current && !later.some(({ from }) => before(from, price.until ?? ''))
          ? [`ends at ${price.until}`]
          : [],
      ),
  },
  {
    id: 'retroactive',
    title: 'No price begins in the past',
    weight: 'warning',
    hint: 'Usage that is recorded keeps what it was charged; where there is some after the start, the migration is refused.',
    notice: (proposal) =>
      perPrice(proposal, 'A price begins before today.', ({ price }) =>
        price.from && daysBetween(price.from, proposal.today) > 0 ? [`begins ${price.from}`] : [],
      ),
  },
  {
    id: 'ended',
    title: 'No price has ended already',
    weight: 'warning',
    hint: 'A promotion that is over is not begun again: the migration does nothing for it. Leave it out, or correct its end.',
    notice: (proposal) =>
      perPrice(proposal, 'A price ends before today: a migration does nothing for it.', ({ price }) =>
        price.until && before(price.until, `${proposal.today}T00:00:00Z`) ? [`ended ${price.until}`] : [],
      ),
  },
  {
    id: 'stale',
    title: 'Every price has been verified within 90 days',
    weight: 'warning',
    hint: 'Compare it with its source, and put the day into the sheet.',
    notice: (proposal) =>
      proposal.changes
        .filter(
          ({ isProposed, price }) =>
            isProposed && price.verifiedOn && daysBetween(price.verifiedOn, proposal.today) > OLD_DAYS,
        )
        .map(({ key, price }) => ({
          about: key,
          have: `verified on ${price.verifiedOn}, ${daysBetween(price.verifiedOn ?? '', proposal.today)} days ago`,
          reason: 'Nobody has compared it with its source for more than 90 days.',
        })),
  },
  {
    id: 'same-name',
    title: 'No new price has the name of another but for its case',
    weight: 'unsafe',
    hint: 'It would be a second provider or model beside the first, and usage finds one of them only. Write the name as it is there.',
    notice: sameNames,
  },
  {
    id: 'added',
    title: 'No price is new',
    weight: 'warning',
    hint: 'Its components come with it: what has none is charged as plain input.',
    notice: (proposal) =>
      proposed(proposal)
        .filter(({ kind }) => kind === 'added')
        .map(({ key, price }) => {
          const extra = Object.keys(price.amounts).filter((field) => !PLAIN_FIELDS.includes(field))
          return {
            about: key,
            have:
              extra.length > 0
                ? `with ${extra.join(', ')}`
                : 'without components: cached input and batches are charged as plain',
            reason: 'It has no price yet.',
          }
        }),
  },
]

/** As somebody would read it: whatever its case, the width of its letters and the spaces around it. */
function folded(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase()
}

function sameNames(proposal: Proposal): Breach[] {
  const spellings = new Map<string, Set<string>>()
  const put = (kind: string, name: string) => {
    const fold = `${kind} ${folded(name)}`
    const others = spellings.get(fold)
    if (others) others.add(name)
    else spellings.set(fold, new Set([name]))
  }
  const prices = [...proposal.known.versions.values()].flatMap((versions) => versions.slice(-1))
  for (const price of [...prices, ...proposed(proposal).map((change) => change.price)]) {
    put('key', keyOf(price))
    put(price.list, price.of)
  }
  for (const alias of proposal.known.aliases.keys()) put('key', alias)
  const others = (kind: string, name: string) =>
    [...(spellings.get(`${kind} ${folded(name)}`) ?? [])].filter((other) => other !== name)
  return perPrice(proposal, 'Its name is that of another, written otherwise.', ({ price, kind }) =>
    kind === 'added'
      ? [...new Set([...others('key', keyOf(price)), ...others(price.list, price.of)])].map(
          (other) => `${other} is there`,
        )
      : [],
  )
}

function otherGenerations(proposal: Proposal): Breach[] {
  const families = new Map<string, Price[]>()
  for (const versions of proposal.known.versions.values()) {
    const last = versions.at(-1)
    if (last?.list !== 'llm') continue
    const name = `${last.of} ${family(last.name)}`
    const others = families.get(name)
    if (others) others.push(last)
    else families.set(name, [last])
  }
  return perPrice(proposal, 'The price is that of another generation.', ({ price, kind, fields }) => {
    if (price.list !== 'llm' || kind !== 'changed') return []
    if (!fields.some(({ field }) => PLAIN_FIELDS.includes(field))) return []
    return (families.get(`${price.of} ${family(price.name)}`) ?? [])
      .filter(({ amounts }) => ['input', 'output'].every((field) => amounts[field] === price.amounts[field]))
      .filter(({ name }) => isVersionOf(name, price.name))
      .map((other) => `${price.amounts['input']} and ${price.amounts['output']}, as ${keyOf(other)}`)
  })
}
