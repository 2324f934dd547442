import type { Finding } from './finding.ts'
import { printable } from './printable.ts'
import { countsOf, verdictOf } from './report.ts'

/** What a full verification found out. */
export interface FullVerification {
  /** How far the database is migrated, in words. */
  readonly state: string
  readonly findings: readonly Finding[]
  /** Of many findings the ones that a reader should see first; they stand among the others, too. */
  readonly leading: readonly Finding[]
  /** What costs money, but is data and not drift. Broken findings all of them; they count when the reader is strict. */
  readonly warnings: readonly Finding[]
  /** What a reader may want to know, and nobody has to mend. */
  readonly notes: readonly Note[]
}

/** See {@link FullVerification.notes}. */
export interface Note {
  readonly group: string
  readonly text: string
}

const WIDTH = 80

/**
 * The section that `verify:phase1 --full` prints below the nine lines: by part, what holds and what does not, then warnings
 * and notes, and the verdict last. Fits 80 columns.
 */
export function fullBlock(verification: FullVerification, { strict = false } = {}): string {
  const full = printable(verification)
  const counted = strict ? [...full.findings, ...full.warnings] : full.findings
  return [
    '=== Full Verification ===',
    '',
    ...wrapped(full.state, ''),
    ...section(
      `first of ${countsOf(full.findings).failed} findings, below in full:`,
      full.leading.flatMap((finding) => wrapped(nameOf(finding), '  ✗ ')),
    ),
    ...groupsOf(full.findings).flatMap(([group, findings]) => ['', `${group}:`, ...findings.flatMap(told)]),
    ...section(
      strict ? 'warnings, which count as findings:' : 'warnings:',
      full.warnings.flatMap((warning) => brokenLines('!', warning)),
    ),
    ...section(
      'for your information:',
      full.notes.flatMap(({ text }) => wrapped(text, '  · ')),
    ),
    '',
    ...verdict(counted, full),
    '',
  ].join('\n')
}

function verdict(counted: readonly Finding[], { warnings, notes }: FullVerification): string[] {
  const counts = countsOf(counted)
  const beside = `${plural(warnings.length, 'warning')}, ${plural(notes.length, 'note')}`
  switch (verdictOf(counted)) {
    case 'passed':
      return [
        '=== Full Verification PASSED ===',
        `${plural(counts.passed, 'check')} ${counts.passed === 1 ? 'holds' : 'hold'}, ${beside}.`,
      ]
    case 'failed':
      return [
        '=== Full Verification FAILED ===',
        `${plural(counts.failed, 'finding')}, ${counts.error} not checked, ${beside}.`,
      ]
    case 'error':
      return [
        '=== Full Verification INCOMPLETE ===',
        `No finding, but ${counts.error} could not be checked; ${beside}.`,
      ]
  }
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines]
}

function groupsOf(findings: readonly Finding[]): [group: string, findings: Finding[]][] {
  const groups = new Map<string, Finding[]>()
  for (const finding of findings) groups.set(finding.group, [...(groups.get(finding.group) ?? []), finding])
  return [...groups]
}

function told(finding: Finding): string[] {
  switch (finding.outcome) {
    case 'passed':
      return wrapped(finding.title, '  ✓ ')
    case 'failed':
      return brokenLines('✗', finding)
    default:
      return [
        ...wrapped(finding.title, finding.outcome === 'error' ? '  ? ' : '  - '),
        ...wrapped(`${finding.outcome === 'error' ? 'error: ' : ''}${finding.reason}`, '      '),
        ...(finding.hint ? wrapped(finding.hint, '      → ') : []),
      ]
  }
}

/** What is concerned, or what is claimed. */
function nameOf({ objects = [], title }: Finding): string {
  return objects.length === 1 ? String(objects[0]) : title
}

function brokenLines(mark: string, finding: Finding): string[] {
  if (finding.outcome !== 'failed') return told(finding)
  const { reason, have, want, hint } = finding
  return [
    ...wrapped(nameOf(finding), `  ${mark} `),
    ...(reason ? reason.split('\n').flatMap((line) => wrapped(line, '      ')) : []),
    ...compared(have, want),
    ...(hint ? wrapped(hint, '      → ') : []),
  ]
}

/** Have and want line by line, where each line of one answers a line of the other; what both lines start with comes first. */
function compared(have: string | undefined, want: string | undefined): string[] {
  const haves = have?.split('\n') ?? []
  const wants = want?.split('\n') ?? []
  if (haves.length !== wants.length)
    return [
      ...haves.flatMap((line) => wrapped(line, '      have: ')),
      ...wants.flatMap((line) => wrapped(line, '      want: ')),
    ]
  return haves.flatMap((line, i) => {
    const other = wants[i] ?? ''
    const what = line.slice(0, line.indexOf(': ') + 2)
    if (what.length < 3 || !other.startsWith(what))
      return [...wrapped(line, '      have: '), ...wrapped(other, '      want: ')]
    return [
      ...wrapped(what.slice(0, -2), '      '),
      ...wrapped(line.slice(what.length), '        have: '),
      ...wrapped(other.slice(what.length), '        want: '),
    ]
  })
}

/** `text` in lines of 80 columns, the first after `lead` and the others aligned below it. A longer word stays whole. */
function wrapped(text: string, lead: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line && lead.length + line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = word
    } else line = line ? `${line} ${word}` : word
  }
  lines.push(line)
  return lines.map((each, i) => (i === 0 ? lead : ' '.repeat(lead.length)) + each)
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
