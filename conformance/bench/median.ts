import { Bench } from 'tinybench'

/** A line for whoever waits. */
export type Say = (line: string) => void

/** What one way of doing something takes. */
export interface Figure {
  readonly way: string
  readonly medianMs: number
  readonly runs: number
}

/** The median of so many runs, after two that do not count. Throws what a run throws. */
export async function median(
  way: string,
  iterations: number,
  run: () => Promise<unknown>,
  { say, afterEach = async () => {} }: { readonly say: Say; readonly afterEach?: () => Promise<void> },
): Promise<Figure> {
  say(`Measuring ${way} …`)
  const bench = new Bench({ iterations, time: 0, warmupIterations: 2, warmupTime: 0, throws: true })
  // Written as async: of any other function the library makes a call of its own first, to see what it returns.
  bench.add(way, async () => void (await run()), { afterEach })
  const [task] = await bench.run()
  const result = task?.result
  if (!result || !('latency' in result)) throw new Error(`${way} was not measured.`)
  return { way, medianMs: result.latency.p50, runs: result.latency.samplesCount }
}

/** A line a figure, in milliseconds. */
export function figuresTable(figures: readonly Figure[]): string {
  const line = ({ way, medianMs, runs }: Figure) =>
    `${medianMs.toFixed(2).padStart(9)} ms  ${way} (${runs} runs)\n`
  return `${'median'.padStart(9)}\n${figures.map(line).join('')}`
}
