import { causesText } from './causes.ts'
import { matrixOf } from './matrix.ts'
import { matrixTotals } from './matrix-text.ts'
import { type Paint, plain } from './paint.ts'
import type { Report } from './report.ts'
import { sectionText } from './section-text.ts'
import { tallyLine } from './tally.ts'
import { wrapped } from './wrapped.ts'

/** For what failed: a screen. All of it stands in the other reports. */
const MOST_LINES = 36

/** For people at a terminal of 80 columns: what failed and of what, a line per engine with the reasons (see {@link matrixTotals}), and the tally. */
export function terminal(report: Report, paint: Paint = plain): string {
  const { findings, notes = [], sections = [], trial } = report
  const causes = causesText(report, MOST_LINES, paint)
  const said = notes.map(({ kind, text }) => `${wrapped(`${kind === 'warning' ? '!' : '·'} ${text}`, 0)}\n`)
  const totals = matrixTotals(matrixOf(findings, trial.notStarted), paint)
  return [
    ...(causes === '' ? [] : [causes]),
    ...said,
    ...sections.map(sectionText),
    ...(totals === '' ? [] : [totals]),
    `${tallyLine(findings)}\n`,
  ].join('\n')
}
