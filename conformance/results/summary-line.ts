import type { Reporter, SerializedError, TestModule, TestRunEndReason } from 'vitest/node'

/**
 * Ends a run with the plain line `N passed, N failed, N skipped`. A file that could not be loaded and an error outside
 * any test count as failed: nothing passes because it did not run.
 */
export class SummaryLine implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly SerializedError[],
    _reason: TestRunEndReason,
  ): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      let tests = 0
      for (const test of module.children.allTests()) {
        tests += 1
        count[test.result().state] += 1
      }
      if (!module.ok() && (tests === 0 || module.errors().length > 0)) count.failed += 1
    }
    const failed = count.failed + count.pending
    process.stdout.write(`\n${count.passed} passed, ${failed} failed, ${count.skipped} skipped\n`)
  }
}
