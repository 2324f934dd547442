import type { Say } from './median.ts'

/** One way of doing something. What is measured is the time it takes, or the milliseconds that it answers. */
export type Way = () => Promise<unknown>

/** What is compared with what. */
export interface Comparison {
  /** What the product does. */
  readonly figure: string
  /** What a team would write itself. */
  readonly against: string
  readonly product: Way
  readonly alternative: Way
  readonly rounds: number
  /** The ratio that the product promises, if it does. */
  readonly atMost?: number
}

/** A ratio, measured in one run: the product's time by the alternative's. */
export interface Ratio {
  readonly figure: string
  readonly against: string
  readonly ratio: number
  /** The smallest and the largest ratio of a round. */
  readonly spread: readonly [number, number]
  readonly productMs: number
  readonly alternativeMs: number
  readonly rounds: number
  readonly atMost?: number
}

/** Milliseconds since some moment. */
type Clock = () => number
const wallClock = () => performance.now()

/** Of what is over sooner, a round takes as many as fill this time: one alone would measure the machine's moods. */
const ROUND_MS = 100

/**
 * Measures both ways in turns, after one round that does not count, and each first in every other round. A busy machine slows
 * both alike.
 */
export async function ratioOf(comparison: Comparison, say: Say, now: Clock = wallClock): Promise<Ratio> {
  const { figure, against, product, alternative, rounds, atMost } = comparison
  say(`Measuring ${figure} …`)
  const before = await filling(alternative, now)
  const after = await filling(product, now)
  const turns: { product: number; alternative: number }[] = []
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) turns.push({ alternative: await before(), product: await after() })
    else turns.push({ product: await after(), alternative: await before() })
  }
  const ratios = turns.map((turn) => turn.product / turn.alternative)
  return {
    figure,
    against,
    ratio: middle(ratios),
    spread: [Math.min(...ratios), Math.max(...ratios)],
    productMs: middle(turns.map((turn) => turn.product)),
    alternativeMs: middle(turns.map((turn) => turn.alternative)),
    rounds,
    ...(atMost === undefined ? {} : { atMost }),
  }
}

/** Tries a way, and answers how to measure it in a round: the mean of as many times as fill it. */
async function filling(way: Way, now: Clock): Promise<() => Promise<number>> {
  const started = now()
  await way()
  const times = Math.ceil(ROUND_MS / (now() - started))
  return async () => {
    let sum = 0
    for (let time = 0; time < times; time += 1) sum += await took(way, now)
    return sum / times
  }
}

async function took(way: Way, now: Clock): Promise<number> {
  const started = now()
  const answered = await way()
  return typeof answered === 'number' ? answered : now() - started
}

/** The same ratios, measured several times: of each the one in the middle, with the rounds and the spread of all. */
export function together(runs: readonly (readonly Ratio[])[]): Ratio[] {
  const [first = []] = runs
  return first.map((one, index) => {
    const all = runs.map((run) => run[index] ?? one).toSorted((a, b) => a.ratio - b.ratio)
    return {
      ...(all[Math.floor(all.length / 2)] ?? one),
      spread: [
        Math.min(...all.map(({ spread }) => spread[0])),
        Math.max(...all.map(({ spread }) => spread[1])),
      ],
      rounds: all.reduce((sum, { rounds }) => sum + rounds, 0),
    }
  })
}

/** The median; of an even number, the upper of the two in the middle. */
export function middle(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** How something grows with the number of records: the exponent of the power law that fits best, 0 for not at all. */
export function growthOf(points: readonly (readonly [records: number, ms: number])[]): number {
  const logs = points.map(([records, ms]) => [Math.log(records), Math.log(ms)] as const)
  const mean = (index: 0 | 1) => logs.reduce((sum, point) => sum + point[index], 0) / logs.length
  const [x, y] = [mean(0), mean(1)]
  const over = logs.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0)
  return over / logs.reduce((sum, [a]) => sum + (a - x) ** 2, 0)
}
