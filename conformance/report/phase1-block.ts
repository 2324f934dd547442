import type { Finding } from './finding.ts'
import { countsOf, verdictOf } from './report.ts'

/** How many of the migrations are applied. */
export interface Progress {
  readonly applied: number
  readonly of: number
}

/**
 * The block that `verify:phase1` prints: a title, a line for each finding, and the verdict. A broken claim has what is
 * there and what should be there below it. `below` are findings that are told below the block: it does not say PASSED while
 * one of them does not hold.
 */
export function phase1Block(
  findings: readonly Finding[],
  below: readonly Finding[] = [],
  progress?: Progress,
): string {
  return [
    '=== Phase 1 Migration Verification ===',
    '',
    ...findings.flatMap(lines),
    '',
    ...verdict(findings, below, progress),
    '',
  ].join('\n')
}

function verdict(findings: readonly Finding[], below: readonly Finding[], progress?: Progress): string[] {
  const { failed, error } = countsOf(findings)
  const unchecked = `${error} of ${findings.length} could not be made`
  if (failed > 0)
    return [
      '=== Phase 1 Verification FAILED ===',
      `${failed} of ${findings.length} checks failed${error > 0 ? `, ${unchecked}` : ''}.`,
    ]
  if (error > 0) return ['=== Phase 1 Verification INCOMPLETE ===', `Of the checks, ${unchecked}.`]
  switch (verdictOf([...findings, ...below])) {
    case 'passed':
      return ['=== Phase 1 Verification PASSED ===', inWords(progress)]
    case 'failed':
      return [
        '=== Phase 1 Verification FAILED ===',
        'These checks hold, but the full verification has findings.',
      ]
    case 'error':
      return [
        '=== Phase 1 Verification INCOMPLETE ===',
        'These checks hold, but not all of the full verification could be checked.',
      ]
  }
}

/** The summary's own sentence, where it is true. */
function inWords(progress: Progress | undefined): string {
  return progress === undefined || progress.applied === progress.of
    ? 'All migrations applied successfully!'
    : `Phase 1 is in place; ${progress.applied} of ${progress.of} migrations are applied.`
}

function lines(finding: Finding): string[] {
  if (finding.outcome === 'passed') return [`✓ ${finding.title}`]
  if (finding.outcome !== 'failed') return [`? ${finding.title}`, `    ${finding.reason}`]
  const { have = '', want = '' } = finding
  return [`✗ ${finding.title}`, ...labelled('have', have), ...labelled('want', want)]
}

/** `    have: first line`, further lines aligned below it. */
function labelled(label: string, text: string): string[] {
  const [first = '', ...rest] = text.split('\n')
  return [`    ${label}: ${first}`, ...rest.map((line) => `          ${line}`)]
}
