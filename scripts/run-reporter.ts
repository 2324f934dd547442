/** What reports a run that `npm test` has started. */
import type { Reporter } from 'vitest/node'
import {
  EndOfRun,
  KeptReporter,
  leftOut,
  Progress,
  type RunAnswer,
  type RunRequest,
  Slowest,
  scopeOf,
} from '../conformance/results/index.ts'
import { untilInterrupted } from './until-interrupted.ts'
import { cleanOutput, say } from './verb.ts'

/** The reporters of a run, one after the other, and what they tell the process that has started it. */
export class RunReporter implements Reporter {
  readonly #parts: readonly Reporter[]

  constructor(request: RunRequest) {
    const secrets = cleanOutput()
    const end = new EndOfRun({
      notStarted: request.notStarted,
      leftOut: leftOut(scopeOf(request)),
      folder: request.folder,
      reporters: request.reporters,
      command: request.command,
      clean: (text) => secrets.clean(text),
      done({ verdict, findings }) {
        const skipped = findings.filter(({ outcome }) => outcome === 'skipped').length
        process.send?.({ verdict, findings: findings.length, skipped } satisfies RunAnswer)
      },
    })
    const kept = new KeptReporter({
      disclose: (url) => secrets.disclose(url),
      async wait() {
        say('The databases above are there until Ctrl-C.')
        await untilInterrupted()
      },
    })
    const slowest = request.slowest > 0 ? [new Slowest(request.slowest)] : []
    this.#parts = [...(request.verbose ? [] : [new Progress()]), ...slowest, end, kept]
  }

  onInit(...args: Parameters<NonNullable<Reporter['onInit']>>): void {
    for (const part of this.#parts) part.onInit?.(...args)
  }

  onTestRunStart(...args: Parameters<NonNullable<Reporter['onTestRunStart']>>): void {
    for (const part of this.#parts) part.onTestRunStart?.(...args)
  }

  onTestCaseResult(...args: Parameters<NonNullable<Reporter['onTestCaseResult']>>): void {
    for (const part of this.#parts) part.onTestCaseResult?.(...args)
  }

  onTestModuleEnd(...args: Parameters<NonNullable<Reporter['onTestModuleEnd']>>): void {
    for (const part of this.#parts) part.onTestModuleEnd?.(...args)
  }

  async onTestRunEnd(...args: Parameters<NonNullable<Reporter['onTestRunEnd']>>): Promise<void> {
    for (const part of this.#parts) await part.onTestRunEnd?.(...args)
  }
}
