/** What changes, and when, as sections of a report. */
import type { Section } from '../../report/index.ts'
import { guess } from '../checks/amounts.ts'
import { type Proposal, proposed } from '../checks/check.ts'
import { times } from '../decimal.ts'
import { leftoversText } from '../diff-text.ts'
import { type Known, listOf } from '../known.ts'
import { PLAIN, type PriceList } from '../price.ts'

const AT_LAST = '9999-12-31T00:00:00Z'
/** A chart with more lines than that cannot be read. */
const DRAWN = 4

/** Both sides: where they are from, of when, and their hashes. */
export function identitySection(
  lists: readonly PriceList[],
  before: Known,
  after: Known,
  names: readonly [string, string],
): Section {
  const side = (name: string, known: Known) => {
    const { prices, sha256 } = listOf(known, AT_LAST, name)
    return [name, '', `${prices.length}`, '', sha256]
  }
  return {
    title: 'What is compared',
    columns: [
      { name: 'list' },
      { name: 'of' },
      { name: 'prices', isNumber: true },
      { name: 'not taken', isNumber: true },
      { name: 'SHA-256' },
    ],
    rows: [
      side(`before: ${names[0]}`, before),
      side(`after: ${names[1]}`, after),
      ...lists.map(({ source, file, asOf = '', prices, leftovers, sha256 }) => [
        source === file ? source : `${source}: ${file}`,
        asOf,
        `${prices.length}`,
        `${leftovers.length}`,
        sha256,
      ]),
    ],
  }
}

/** What lists say and a price cannot, by kind. */
export function leftoverSection(lists: readonly PriceList[]): Section[] {
  const lines = lists.flatMap(({ source, leftovers }) =>
    leftoversText(leftovers, false).map((line) => `${source}: ${line.trim()}`),
  )
  return lines.length === 0 ? [] : [{ title: 'What was not taken from the lists', lines }]
}

/** The difference, amount by amount. */
export function differenceSection(proposal: Proposal): Section {
  const changes = proposed(proposal)
  const count = (kind: string) => changes.filter((change) => change.kind === kind).length
  const { missing } = proposal
  return {
    title: 'What changes',
    lines: [
      `${count('changed')} prices change, ${count('added')} are new, ${missing.length} are no longer named and stay as they are.`,
    ],
    columns: [
      { name: 'price' },
      { name: 'field' },
      { name: 'before', isNumber: true },
      { name: 'after', isNumber: true },
      { name: 'ratio', isNumber: true },
      { name: 'looks like' },
      { name: 'from' },
      { name: 'source' },
    ],
    rows: changes.flatMap(({ key, price, fields, kind }) => {
      const from = price.from ?? 'when it is applied'
      const mark = (field: string) => (price.derived.includes(field) ? ' (estimate)' : '')
      const source = price.sources.join(', ')
      if (kind === 'added')
        return Object.entries(price.amounts).map(([field, amount]) => [
          key,
          `${field}${mark(field)}`,
          '',
          amount,
          'new',
          '',
          from,
          source,
        ])
      return fields.map(({ field, before = 'none', after = 'none', ratio }) => [
        key,
        `${field}${mark(field)}`,
        before,
        after,
        ratio === undefined ? '' : times(ratio),
        guess(ratio) ?? '',
        from,
        source,
      ])
    }),
  }
}

/** The versions of every price that changes, one after the other. */
export function timelineSection(proposal: Proposal, after: Known): Section {
  const changed = proposed(proposal).map(({ key }) => key)
  const rows = changed.flatMap((key) =>
    (after.versions.get(key) ?? []).map((version, index, all) => {
      const next = all[index + 1]?.from
      const isNew = version.id.startsWith('proposed ')
      const end =
        version.until && (!next || version.until < next) ? `${version.until} (its own end)` : (next ?? '')
      const plain = version.list === 'llm' ? [...PLAIN] : ['price_per_second']
      return [
        key,
        isNew ? 'new' : 'there',
        version.from,
        end,
        plain.map((field) => version.amounts[field]).join(' / '),
      ]
    }),
  )
  return {
    title: 'Timeline of each price that changes',
    columns: [
      { name: 'price' },
      { name: 'version' },
      { name: 'from' },
      { name: 'until' },
      { name: 'input / output' },
    ],
    rows,
    ...(changed.length === 0 ? {} : { chart: timelineChart(changed.slice(0, DRAWN), proposal, after) }),
  }
}

function timelineChart(
  keys: readonly string[],
  { today }: Proposal,
  after: Known,
): NonNullable<Section['chart']> {
  const points = keys.flatMap((key) => {
    const versions = after.versions.get(key) ?? []
    const last = versions.at(-1)
    const field = last?.list === 'e2b' ? 'price_per_second' : 'output'
    const steps = versions.map((version) => ({
      series: key,
      at: version.from,
      value: version.amounts[field] ?? '0',
    }))
    const end = `${today}T00:00:00Z`
    return last && last.from < end
      ? [...steps, { series: key, at: end, value: last.amounts[field] ?? '0' }]
      : steps
  })
  return { kind: 'steps', caption: `Output price over time: ${keys.join(', ')}`, unit: 'USD', points }
}
