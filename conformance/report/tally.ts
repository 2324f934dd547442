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
    passed: counts.kept,
    failed: counts.broken + counts['could not check'],
    skipped: counts['not applicable'] + counts['not run'],
  }
}

/** The line that a run of tests ends with: `N passed, N failed, N skipped`. */
export function tallyLine(findings: readonly Finding[]): string {
  const { passed, failed, skipped } = tallyOf(findings)
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** Findings by what `key` says of them, in the order in which the keys first come. */
export function grouped(
  findings: readonly Finding[],
  key: (finding: Finding) => string,
): Map<string, Finding[]> {
  const groups = new Map<string, Finding[]>()
  for (const finding of findings) {
    const group = groups.get(key(finding))
    if (group) group.push(finding)
    else groups.set(key(finding), [finding])
  }
  return groups
}
