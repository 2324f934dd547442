/** Figures of the benchmarks: both ways in turns, ratios and not times, growth as a power of the number of records. */
import {
  growthOf,
  type Measured,
  middle,
  type Ratio,
  ratioOf,
  ratiosText,
  together,
} from '../../bench/index.ts'
import { expect, test } from '../../harness/index.ts'

/** Runs a comparison by a clock that only its two ways move, by so many milliseconds; answers who ran, in turn. */
async function compared(ms: { product: number; alternative: number }) {
  const ran: string[] = []
  let now = 0
  const way = (name: 'product' | 'alternative') => async () => {
    ran.push(name)
    now += ms[name]
  }
  const ratio = await ratioOf(
    { figure: 'a', against: 'b', product: way('product'), alternative: way('alternative'), rounds: 2 },
    () => {},
    () => now,
  )
  return { ran, ratio }
}

test('both ways run in turns, each first in every other round', async () => {
  const { ran, ratio } = await compared({ product: 300, alternative: 200 })
  const turn = ['alternative', 'product']
  expect(ran).toEqual([...turn, ...turn, ...turn.toReversed()])
  expect(ratio).toMatchObject({ ratio: 1.5, spread: [1.5, 1.5], productMs: 300, alternativeMs: 200 })
})

test('what is soon over fills a round', async () => {
  const { ran, ratio } = await compared({ product: 30, alternative: 200 })
  expect(ran.filter((name) => name === 'product')).toHaveLength(1 + 2 * 4)
  expect(ratio).toMatchObject({ productMs: 30, alternativeMs: 200 })
})

test('the median is the one in the middle', () => {
  expect(middle([9, 1, 5])).toBe(5)
  expect(middle([4, 1, 2, 3])).toBe(3)
})

test('of several runs the one in the middle counts, with the spread of all', () => {
  const run = (ratio: number, spread: [number, number]): Ratio[] => [
    { figure: 'f', against: 'a', ratio, spread, productMs: ratio, alternativeMs: 1, rounds: 3, atMost: 2 },
  ]
  expect(together([run(3, [2, 9]), run(1, [0.5, 1]), run(2, [1, 3])])).toEqual([
    {
      figure: 'f',
      against: 'a',
      ratio: 2,
      spread: [0.5, 9],
      productMs: 2,
      alternativeMs: 1,
      rounds: 9,
      atMost: 2,
    },
  ])
})

test.for([0, 0.5, 1, 2])('time that grows as the power %s is found to do so', (power) => {
  const points = [1e3, 1e4, 1e5, 1e6].map((records) => [records, 7 * records ** power] as const)
  expect(growthOf(points)).toBeCloseTo(power, 10)
})

test('a ratio above what is promised is marked, in both forms', () => {
  const ratio = {
    figure: 'f',
    against: 'a',
    spread: [1, 3],
    productMs: 2,
    alternativeMs: 1,
    rounds: 3,
  } as const
  const measured: Measured = {
    server: 'PostgreSQL 17',
    machine: 'two cores',
    records: 1000,
    ratios: [
      { ...ratio, ratio: 2, atMost: 1.5 },
      { ...ratio, ratio: 1.2, atMost: 1.5 },
    ],
    growth: [],
  }
  for (const markdown of [true, false]) {
    const marked = ratiosText(measured, markdown)
      .split('\n')
      .filter((line) => line.includes('✗'))
    expect(marked).toHaveLength(1)
    expect(marked[0]).toContain('2.00')
  }
})
