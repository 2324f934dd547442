import type { Reporter, SerializedError, TestModule } from 'vitest/node'
import { type Finding, tallyLine } from '../report/index.ts'
import { findingsOf } from './findings-of.ts'

/**
 * Ends a run with the plain line `N passed, N failed, N skipped`. A file that could not be loaded and an error outside
 * any test count as failed: nothing passes because it did not run.
 */
export class SummaryLine implements Reporter {
  readonly #leftOut: readonly Finding[]

  /** `leftOut`: what was not even started, which counts as skipped. */
  constructor(leftOut: readonly Finding[] = []) {
    this.#leftOut = leftOut
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    process.stdout.write(`\n${tallyLine([...findingsOf(modules, errors), ...this.#leftOut])}\n`)
  }
}
