/** What would change, for people at a terminal. Whatever a database or a path holds, it is shown and does nothing. */
import { printableLines } from '../report/index.ts'
import { guess } from './checks/amounts.ts'
import type { Proposal } from './checks/check.ts'
import type { Change, FieldChange } from './compare.ts'
import { times } from './decimal.ts'
import type { Leftover, PriceList } from './price.ts'

/** How many of a kind are named one by one; `--all` names them all. */
const NAMED = 5

/** The lists that were read, a line each, with what none of our prices can say. */
export function listsText(lists: readonly PriceList[], all: boolean): string {
  const texts = lists.map((list) => {
    const { source, file, format, asOf, prices, leftovers } = list
    const head = `${source}: ${file} (${format}${asOf ? `, of ${asOf}` : ''}), ${prices.length} prices, ${leftovers.length} not taken`
    return [head, ...leftoversText(leftovers, all)].join('\n')
  })
  return printableLines(texts.join('\n'))
}

/** Leftovers by kind: how many, why, and which. */
export function leftoversText(leftovers: readonly Leftover[], all: boolean): string[] {
  const kinds = new Map<string, Leftover[]>()
  for (const one of leftovers) kinds.set(one.kind, [...(kinds.get(one.kind) ?? []), one])
  return [...kinds].map(([kind, ones]) => {
    const named = all ? ones : ones.slice(0, NAMED)
    const more = ones.length - named.length
    return `  not taken, ${kind}: ${ones.length}, ${ones[0]?.why}: ${named.map(({ at }) => at).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  })
}

/** The difference: what changes, what is new, what is gone, in the order of keys. */
export function diffText({ changes, missing }: Proposal, all: boolean): string {
  const proposed = changes.filter(({ isProposed }) => isProposed)
  const of = (kind: Change['kind']) => proposed.filter((change) => change.kind === kind)
  const unasked = changes.length - proposed.length
  const more = all ? 0 : Math.max(0, missing.length - NAMED)
  const lines = [
    ...of('changed').map(changed),
    ...of('added').map(added),
    ...missing.slice(0, missing.length - more).map((key) => `- ${key}: not in the list; it is kept`),
    ...(more > 0 ? [`- and ${more} more that the list lacks`] : []),
    `${of('changed').length} changed, ${of('added').length} added, ${missing.length} missing, ${of('same').length} the same${unasked > 0 ? `, ${unasked} that are not in the price lists here` : ''}`,
  ]
  return printableLines(lines.join('\n'))
}

function changed({ key, price, before, fields, later }: Change): string {
  const end = price.until && price.until !== before?.until ? [`    ends at ${price.until}`] : []
  return [
    `~ ${key}, from ${price.from ?? 'when it is applied'} (so far: from ${before?.from})`,
    ...fields.map(
      (field) => `    ${line(field)}${price.derived.includes(field.field) ? ', an estimate' : ''}`,
    ),
    ...end,
    ...later.map(({ from }) => `    another begins at ${from}`),
  ].join('\n')
}

function line({ field, before, after, ratio, isMark }: FieldChange): string {
  if (isMark) return `${field}: ${after}, now ${'as a source states it'}`
  const looks = guess(ratio)
  const factor = ratio === undefined ? '' : ` (${times(ratio)}${looks ? `: ${looks}?` : ''})`
  return `${field}: ${before ?? 'none'} → ${after ?? 'none'}${factor}`
}

function added({ key, price }: Change): string {
  const amounts = Object.entries(price.amounts).map(([field, amount]) => `    ${field}: ${amount}`)
  return [`+ ${key}, from ${price.from ?? 'when it is applied'}`, ...amounts].join('\n')
}
