/** What a change of prices comes to in money, as sections of a report: recorded usage under old and new prices. */
import type { Section } from '../../report/index.ts'
import { type Costs, type Dimension, type Flip, type Replay, usd } from '../replay/replay.ts'

const MOST = 10
const TITLES: Readonly<Record<Exclude<Dimension, 'total'>, string>> = {
  tenant: 'Replay by tenant: the ten most affected',
  model: 'Replay by model',
  task: 'Replay by task',
  day: 'Replay by day',
}

const COLUMNS = (first: string) => [
  { name: first },
  ...[
    'records',
    'before',
    'from the date on',
    'difference',
    '%',
    'as if always',
    'difference always',
    '% always',
  ].map((name) => ({
    name,
    isNumber: true,
  })),
]

/** Recorded usage, in all ways of adding up. */
export function effectSections({ by, quotas, first, last }: Replay, usage: string): Section[] {
  const total = by.total.get('all')
  if (!total)
    return [{ title: 'Replay', lines: [`There is no recorded usage in ${usage}: nothing can be replayed.`] }]
  return [
    {
      title: 'Replay of recorded usage',
      lines: [
        `${total.records} records of ${usage}, from ${first?.slice(0, 10)} to ${last?.slice(0, 10)}, in USD.`,
        `From the effective date on, they cost ${signed(total.after - total.before)} (${percent(total.after, total.before)}): ${usd(total.before)} before, ${usd(total.after)} after.`,
        `As if it had always been so, ${signed(total.always - total.before)} (${percent(total.always, total.before)}): ${usd(total.always)}.`,
        ...(total.stored === total.before
          ? ['The old prices give what was charged, to the last digit.']
          : [
              `Charged was ${usd(total.stored)}, which the old prices do not give: they are not those of the time.`,
            ]),
      ],
    },
    ...(['tenant', 'model', 'task', 'day'] as const).map((dimension) => table(dimension, by[dimension])),
    quotaSection(quotas),
  ]
}

function table(dimension: Exclude<Dimension, 'total'>, sums: ReadonlyMap<string, Costs>): Section {
  const rows = [...sums]
  if (dimension === 'day') rows.sort(([a], [b]) => (a < b ? -1 : 1))
  else rows.sort(([a, x], [b, y]) => compare(weight(y), weight(x)) || (a < b ? -1 : 1))
  const shown = dimension === 'tenant' ? rows.slice(0, MOST) : rows
  const drawn = dimension === 'model' ? shown.slice(0, MOST) : shown
  const points = drawn.flatMap(([name, { before, after }]) => [
    { series: 'before', at: dimension === 'day' ? `${name}T00:00:00Z` : name, value: usd(before) },
    { series: 'after', at: dimension === 'day' ? `${name}T00:00:00Z` : name, value: usd(after) },
  ])
  return {
    title: TITLES[dimension],
    columns: COLUMNS(dimension),
    rows: shown.map(([name, costs]) => row(name, costs)),
    ...(dimension === 'model' || dimension === 'day'
      ? {
          chart: {
            kind: dimension === 'day' ? ('steps' as const) : ('bars' as const),
            caption: `Spend by ${dimension} before (grey) and after (accent)`,
            unit: 'USD',
            points,
          },
        }
      : {}),
  }
}

function row(name: string, { records, before, after, always }: Costs): string[] {
  return [
    name,
    String(records),
    usd(before),
    usd(after),
    signed(after - before),
    percent(after, before),
    usd(always),
    signed(always - before),
    percent(always, before),
  ]
}

function quotaSection(quotas: readonly Flip[]): Section {
  const title = 'Quotas that flip'
  if (quotas.length === 0)
    return {
      title,
      lines: ['No quota is exceeded under one list and not, or at another hour, under the other.'],
    }
  return {
    title,
    lines: [
      'To the hour, in UTC, by recorded usage alone: reservations and spend without a record have no say.',
    ],
    columns: [
      { name: 'quota' },
      { name: 'period' },
      { name: 'limit', isNumber: true },
      { name: 'spent before', isNumber: true },
      { name: 'exceeded before' },
      { name: 'spent after', isNumber: true },
      { name: 'exceeded after' },
    ],
    rows: quotas.map(({ quota, period, limit, before, after }) => [
      quota,
      period.slice(0, 10),
      limit,
      usd(before.spent),
      before.exceeded ?? 'never',
      usd(after.spent),
      after.exceeded ?? 'never',
    ]),
  }
}

/** By how much a line moves, whichever way of asking moves it more. */
function weight({ before, after, always }: Costs): bigint {
  const [a, b] = [absolute(after - before), absolute(always - before)]
  return a > b ? a : b
}

function absolute(units: bigint): bigint {
  return units < 0n ? -units : units
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function signed(units: bigint): string {
  return units > 0n ? `+${usd(units)}` : usd(units)
}

/** With two decimals: for people, and no money. */
function percent(after: bigint, before: bigint): string {
  if (before === 0n) return after === 0n ? '0 %' : 'from 0'
  const parts = ((after - before) * 1_000_000n) / before
  return `${(Number(parts) / 10_000).toFixed(2)} %`
}
