import type { Finding } from './finding.ts'
import { countsOf } from './report.ts'

/** How many claims passed, failed and were skipped, in the words of test runners. */
export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** The same counts in fewer words. What could not be checked has failed: nothing passes because it did not run. */
export function tallyOf(findings: readonly Finding[]): Tally {
  const counts = countsOf(findings)
  return {
    passed: counts.passed,
    failed: counts.failed + counts.error,
    skipped: counts.skipped,
  }
}

/** The line that a run of tests ends with: `N passed, N failed, N skipped`. */
export function tallyLine(findings: readonly Finding[]): string {
  const { passed, failed, skipped } = tallyOf(findings)
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** Things by what `key` says of them, in the order in which the keys first come. */
export function grouped<Thing>(
  things: readonly Thing[],
  key: (thing: Thing) => string,
): Map<string, Thing[]> {
  const groups = new Map<string, Thing[]>()
  for (const thing of things) {
    const group = groups.get(key(thing))
    if (group) group.push(thing)
    else groups.set(key(thing), [thing])
  }
  return groups
}
