/** Functions that tell which of their steps are run: how it is known which claims can see a fault within a body. */
import type { Located } from './functions.ts'
import { bodyOf, lastOfEachFunction } from './functions.ts'
import { otherBranches, stepBegins } from './steps.ts'
import { Words } from './words.ts'

/** A step of a function, by its place in the file. */
export interface Probe {
  readonly number: number
  readonly file: string
  readonly from: number
}

/** What a probed step tells: a notice with this, and its number. */
export const PROBE = 'step of a probed function:'

/** The functions with probes, and where each probe stands. */
export interface Probed {
  readonly scripts: readonly string[]
  readonly probes: readonly Probe[]
}

/** Puts a probe before each step of each function. */
export async function probed(statements: readonly Located[]): Promise<Probed> {
  const probes: Probe[] = []
  const scripts: string[] = []
  for (const statement of lastOfEachFunction(statements)) {
    const body = await bodyOf(statement)
    if (!body?.isProcedural) continue
    const words = await Words.of(statement.text.slice(body.begin, body.end))
    let text = statement.text
    const numbers = new Map<number, number>()
    for (const at of stepBegins(words).reverse()) {
      const number = scripts.length * 10_000 + numbers.size
      numbers.set(at, number)
      probes.push({ number, file: statement.file, from: statement.from + body.begin + at })
      text = `${text.slice(0, body.begin + at)}raise notice '${PROBE} ${number}'; ${text.slice(body.begin + at)}`
    }
    for (const { at, of } of otherBranches(words)) {
      const number = numbers.get(of)
      if (number !== undefined)
        probes.push({ number, file: statement.file, from: statement.from + body.begin + at })
    }
    scripts.push(text)
  }
  return { scripts, probes }
}

/** The step that a place in a file belongs to: the last one that begins before it, in the same function. */
export function probeAt(
  probes: readonly Probe[],
  file: string,
  from: number,
  functionFrom: number,
): number | undefined {
  let best: Probe | undefined
  for (const probe of probes)
    if (
      probe.file === file &&
      probe.from <= from &&
      probe.from >= functionFrom &&
      (best === undefined || probe.from > best.from)
    )
      best = probe
  return best?.number
}
