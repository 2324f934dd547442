/** What tests said before and after a change: those that passed and do not any more. */
import type { FileResult, TestPoint } from '../pgtap-files/index.ts'
import type { Trouble } from './step.ts'

const HINT =
  'Keep what programs of the former release go by, beside the new. Where the change is meant, let it pass by a comment that names the spec.'

/** See the file. */
export interface Lost {
  readonly troubles: readonly Trouble[]
  /** How many tests were run before. */
  readonly count: number
}

/** Compares the results of the same files before and after. */
export function lostSince(before: readonly FileResult[], after: readonly FileResult[]): Lost {
  return {
    count: before.reduce((sum, { points }) => sum + points.length, 0),
    troubles: before.flatMap((former) => [
      ...failedBefore(former),
      ...lostOf(
        former,
        after.find(({ file }) => file === former.file),
      ),
    ]),
  }
}

function failedBefore({ file, outcome, reasons }: FileResult): Trouble[] {
  if (outcome === 'passed' || outcome === 'skipped') return []
  return [
    {
      objects: [file],
      severity: 'warning',
      reason: `It does not pass with the released files alone: ${reasons.join(' ') || 'it could not be run'}`,
      hint: 'What failed before says nothing of the change.',
    },
  ]
}

function lostOf(former: FileResult, now: FileResult | undefined): Trouble[] {
  const lost = former.points
    .filter(({ ok, skip }) => ok && skip === undefined)
    .flatMap((point) => lostPoint(former.file, point, now))
  if (lost.length > 0) return lost
  if (former.outcome !== 'passed' || !now || now.outcome === 'passed' || now.outcome === 'skipped') return []
  return [
    {
      objects: [former.file],
      reason: `It passed, and does not any more: ${now.reasons.join(' ')}`,
      hint: HINT,
    },
  ]
}

/** The same test, by its number and what it says of itself. */
function lostPoint(file: string, { number, description }: TestPoint, now: FileResult | undefined): Trouble[] {
  const same = now?.points.find((each) => each.number === number && each.description === description)
  // What cuts a file short takes all later tests with it: one sentence about the file is enough.
  if (!same || same.ok) return []
  return [
    {
      objects: [file, `test ${number}`],
      reason: `“${description}” passes with the released files, and fails with the new ones.`,
      ...(same.diagnostics.length > 0 ? { have: same.diagnostics.join('\n') } : {}),
      hint: HINT,
    },
  ]
}
