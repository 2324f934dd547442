import { Parser, type Result } from 'tap-parser'
import { counted } from './counted.ts'

/** One test of a file, as it reported it. */
export interface TestPoint {
  readonly number: number
  readonly description: string
  readonly ok: boolean
  readonly skip?: string
  readonly todo?: string
  /** The comments after it. Of a failure pgTAP says have and want, the error it caught, rows that are missing. */
  readonly diagnostics: readonly string[]
}

/** What the TAP of a file comes to. */
export interface Verdict {
  readonly points: readonly TestPoint[]
  readonly planned: number | undefined
  /** Why the whole file was skipped, by a plan of none. */
  readonly skipped: string | undefined
  readonly bailedOut: string | undefined
  /** Why it fails, a sentence each; none when it passes. */
  readonly reasons: readonly string[]
}

/** Reads the TAP of one file, line by line. */
export class Judge {
  readonly #parser = new Parser()
  readonly #points: (Omit<TestPoint, 'diagnostics'> & { diagnostics: string[] })[] = []
  #planned: number | undefined
  #plans = 1
  #skipped: string | undefined
  #bailedOut: string | undefined

  constructor() {
    this.#parser.on('assert', (result: Result) => this.#points.push(pointOf(result)))
    this.#parser.on('comment', (comment: string) => {
      const said = comment.trimEnd().replace(/^# ?/, '')
      if (!/^(Looks like you |test count\()/.test(said)) this.#points.at(-1)?.diagnostics.push(said)
    })
    this.#parser.on('plan', ({ start, end, comment }: { start: number; end: number; comment: string }) => {
      if (this.#parser.syntheticPlan) return // made up for the lack of one
      this.#planned = end - start + 1
      if (/^skip/i.test(comment)) this.#skipped = comment.replace(/^skip\S*\s*/i, '')
    })
    this.#parser.on('extra', (line: string) => {
      if (/^1\.\.\d+\s*$/.test(line)) this.#plans += 1
    })
    this.#parser.on('bailout', (reason: string) => {
      this.#bailedOut = reason
    })
  }

  take(line: string): void {
    this.#parser.write(`${asTap(line)}\n`)
  }

  /** Whether the file has asked that nothing more be run. */
  get bailedOut(): boolean {
    return this.#bailedOut !== undefined
  }

  /** The verdict. `broken` is why the file did not come to its end, when it did not. */
  end(broken?: string): Verdict {
    this.#parser.end()
    const [points, planned, bailedOut] = [this.#points, this.#planned, this.#bailedOut]
    // A plan of none that says nothing more skips the file, too.
    if (planned === 0 && points.length === 0) this.#skipped ??= 'no reason given'
    const reasons = [
      ...(broken === undefined ? [] : [broken]),
      ...(bailedOut === undefined ? [] : [`It bailed out: ${bailedOut || 'no reason given'}.`]),
      ...failures(points),
      // What was cut short cannot be expected to be complete.
      ...(broken === undefined && bailedOut === undefined ? this.#irregular() : []),
    ]
    return { points, planned, skipped: this.#skipped, bailedOut, reasons }
  }

  /** How the tests are not those that were planned: the first thing that is wrong. */
  #irregular(): string[] {
    const [planned, ran] = [this.#planned, this.#points.length]
    if (planned === undefined && ran === 0)
      return ['It printed no TAP: expected select plan(n), the tests, and select * from finish().']
    if (planned === undefined)
      return [
        `It ran ${counted(ran, 'test')} without a plan: expected select plan(n), or no_plan() and finish().`,
      ]
    if (this.#plans > 1) return [`It has ${this.#plans} plans: expected one, as each file is one test.`]
    if (ran < planned) return [`It planned ${counted(planned, 'test')} and ended after ${ran}.`]
    if (ran > planned) return [`It planned ${counted(planned, 'test')} and ran ${ran}.`]
    const odd = this.#points.findIndex(({ number }, i) => number !== i + 1)
    return odd < 0
      ? []
      : [`Its tests are out of sequence: number ${this.#points[odd]?.number} where ${odd + 1} is due.`]
  }
}

/** A test that is selected with something beside it prints `ok 1|beside`: readers in Perl take what follows for a description. */
export function asTap(line: string): string {
  return line.replace(/^((?:not )?ok(?: \d+)?)\|/, '$1 |')
}

function failures(points: readonly TestPoint[]): string[] {
  const failed = points.filter(({ ok }) => !ok).map(({ number }) => number)
  return failed.length > 0
    ? [`${failed.length} of ${counted(points.length, 'test')} failed: ${failed.join(', ')}.`]
    : []
}

function pointOf({ id, name, ok, skip, todo }: Result) {
  const reason = (word: 'skip' | 'todo', said: string | boolean) =>
    said === false || said === undefined ? {} : { [word]: said === true ? '' : said }
  return {
    number: id,
    description: name,
    ok: ok || todo !== false,
    ...reason('skip', skip),
    ...reason('todo', todo),
    diagnostics: [],
  }
}
