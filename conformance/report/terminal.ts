import { failedAlike, placeOf } from './alike.ts'
import { evidenceText } from './evidence.ts'
import type { Finding, Outcome } from './finding.ts'
import { matrixOf } from './matrix.ts'
import { matrixTotals } from './matrix-text.ts'
import { type Paint, plain, type Style } from './paint.ts'
import type { Report } from './report.ts'
import { sectionText } from './section-text.ts'
import { tallyLine } from './tally.ts'
import { indented, wrapped } from './wrapped.ts'

/** Of one claim: the rest stands in the other reports. */
const MOST_LINES = 24

const MARKS: Readonly<Partial<Record<Outcome, readonly [mark: string, style: Style]>>> = {
  broken: ['✗', 'red'],
  'could not check': ['?', 'yellow'],
}

/** For people at a terminal of 80 columns: what is broken, in full; a line per engine, with the reasons; the tally. */
export function terminal(
  { findings, notes = [], sections = [], trial }: Report,
  paint: Paint = plain,
): string {
  const blocks = failedAlike(findings).flatMap((alike) => block(alike, paint))
  const said = notes.map(({ kind, text }) => `${wrapped(`${kind === 'warning' ? '!' : '·'} ${text}`, 0)}\n`)
  return [
    ...blocks,
    ...said,
    ...sections.map(sectionText),
    matrixTotals(matrixOf(findings, trial.notStarted), paint),
    `${tallyLine(findings)}\n`,
  ].join('\n')
}

/** A claim that is broken or could not be checked: what, where, and what speaks for it. */
function block(alike: readonly Finding[], paint: Paint): string[] {
  const [finding] = alike
  if (finding === undefined) return []
  const [mark, style] = MARKS[finding.outcome] ?? []
  if (mark === undefined || style === undefined) return []
  const lines = wrapped(evidenceText(finding), 4).split('\n')
  const omitted = lines.length - MOST_LINES
  const shown = omitted > 0 ? [...lines.slice(0, MOST_LINES), `… and ${omitted} more lines`] : lines
  const [title = '', ...rest] = wrapped(finding.title, 2).split('\n')
  return [
    [
      paint(style, [`${mark} ${title}`, ...rest.map((line) => `  ${line}`)].join('\n')),
      paint('dim', indented(wrapped(placeOf(alike), 2), 2)),
      indented(shown.join('\n'), 4),
      '',
    ].join('\n'),
  ]
}
