import type { Finding } from './finding.ts'
import { countsOf } from './report.ts'

/**
 * The block that `verify:phase1` prints: a title, a line for each finding, and the verdict. A broken claim has what is
 * there and what should be there below it.
 */
export function phase1Block(findings: readonly Finding[]): string {
  const failed = findings.length - countsOf(findings).kept
  const verdict =
    failed === 0
      ? ['=== Phase 1 Verification PASSED ===', 'All migrations applied successfully!']
      : ['=== Phase 1 Verification FAILED ===', `${failed} of ${findings.length} checks failed.`]
  return ['=== Phase 1 Migration Verification ===', '', ...findings.flatMap(lines), '', ...verdict, ''].join(
    '\n',
  )
}

function lines(finding: Finding): string[] {
  if (finding.outcome === 'kept') return [`✓ ${finding.title}`]
  const { have = '', want = '' } = finding.outcome === 'broken' ? finding : { have: finding.reason }
  return [`✗ ${finding.title}`, ...labelled('have', have), ...labelled('want', want)]
}

/** `    have: first line`, further lines aligned below it. */
function labelled(label: string, text: string): string[] {
  const [first = '', ...rest] = text.split('\n')
  return [`    ${label}: ${first}`, ...rest.map((line) => `          ${line}`)]
}
