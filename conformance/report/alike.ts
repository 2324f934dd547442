import { evidenceText } from './evidence.ts'
import type { Finding } from './finding.ts'
import { grouped } from './tally.ts'

/** What is broken or could not be checked; a claim that ended in the same way on several engines is told once. */
export function failedAlike(findings: readonly Finding[]): Finding[][] {
  const failed = findings.filter(({ outcome }) => outcome === 'failed' || outcome === 'error')
  return [
    ...grouped(failed, (finding) =>
      JSON.stringify([finding.id, finding.outcome, evidenceText(finding)]),
    ).values(),
  ]
}

/** Where findings that are alike were made: `quotas/rollover.spec.ts · pglite, embedded-17`. */
export function placeOf(alike: readonly Finding[]): string {
  const engines = alike.flatMap(({ engine }) => engine ?? [])
  return [alike[0]?.group, engines.join(', ')].filter(Boolean).join(' · ')
}
