import type { Outcome } from './finding.ts'
import { fitting, otherReports } from './fitting.ts'
import { type Cell, type Matrix, NO_ENGINE, totalOf } from './matrix.ts'
import { type Paint, plain } from './paint.ts'
import { indented, wrapped } from './wrapped.ts'

const GAP = '  '
/** Of the first column: there has to be room for reasons. */
const WIDEST = 24

/** So many reasons of one engine are all told; of more of them, so many lines. */
const MOST_REASONS = 12

/** What is told besides the counts. */
interface Told {
  /** Whether the reasons are. */
  readonly reasons?: boolean
  /** Whether a page was written, which has what is left out. */
  readonly hasPage?: boolean
}

/**
 * A line per engine, and below it how many claims were not tried there and why, in 80 columns. Where no claim is about an
 * engine, the tally says the same, and the line is left out.
 */
export function matrixTotals(matrix: Matrix, paint: Paint = plain, told: Told = {}): string {
  const width = Math.min(Math.max(...matrix.engines.map((engine) => engine.length), 0), WIDEST) + GAP.length
  const isNamed = matrix.engines.some((engine) => engine !== NO_ENGINE)
  return matrix.engines
    .map((engine) => {
      const cell = totalOf(matrix, engine)
      const indent = isNamed ? width : 0
      const counts = isNamed ? `${wrapped(engine.padEnd(width) + countsOf(cell, paint), 0)}\n` : ''
      const reasons = reasonsOf(cell, indent, told).map((line) => `${paint('dim', indented(line, indent))}\n`)
      return counts + reasons.join('')
    })
    .join('')
}

function countsOf(cell: Cell, paint: Paint): string {
  const [failed, errors] = [sum(cell, 'failed'), sum(cell, 'error')]
  return [
    paint('green', `${sum(cell, 'passed')} passed`),
    failed > 0 ? paint('red', `${failed} failed`) : `${failed} failed`,
    ...(errors > 0 ? [paint('yellow', `${errors} could not be checked`)] : []),
    `${sum(cell, 'skipped')} skipped`,
  ].join(', ')
}

/** Why claims were not checked, then why they were not tried, in lines: the reasons of most claims first. */
function reasonsOf(cell: Cell, indent: number, { reasons = true, hasPage = false }: Told): string[] {
  const all = cell
    .filter(({ reason }) => reasons && reason !== undefined)
    .sort((a, b) => Number(b.outcome === 'error') - Number(a.outcome === 'error') || b.count - a.count)
    .map(({ count, outcome, reason }) => wrapped(`${count} ${worded(outcome, reason)}`, indent).split('\n'))
  const room = all.length > MOST_REASONS ? MOST_REASONS : Number.POSITIVE_INFINITY
  // At least two are left out: a dozen lines hold no more than a dozen reasons, one of which gives way to this line.
  return fitting(all, room, (left) => `… and ${left} more reasons: ${otherReports(hasPage)}.`)
}

/**
 * The whole table: a line per spec, a column per engine. A cell holds the number of claims that passed, `✗` and the number
 * of those that failed, and a letter and a number for each reason why others were skipped or not checked; the letters stand below.
 */
export function matrixTable(matrix: Matrix): string {
  const letters = new Letters()
  const cells = matrix.rows.map(({ group, cells }) => [
    group,
    ...matrix.engines.map((engine) => cellText(cells[engine] ?? [], letters)),
  ])
  const lines = [['', ...matrix.engines.map((_, i) => `[${i + 1}]`)], ...cells]
  const widths = lines[0]?.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0))) ?? []
  const table = lines.map((line) =>
    line
      .map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0)))
      .join(GAP)
      .trimEnd(),
  )
  const columns = matrix.engines.map((engine, i) => `[${i + 1}]${GAP}${engine}`)
  const missing = [...new Set(matrix.notStarted.map(({ reason }) => reason))].map((reason) => {
    const those = matrix.notStarted.filter((one) => one.reason === reason).map(({ engine }) => engine)
    return ` – ${GAP}not run: ${reason}: ${those.join(', ')}`
  })
  return [...table, '', ...columns, ...missing, ...letters.legend(), ''].join('\n')
}

function cellText(cell: Cell, letters: Letters): string {
  if (cell.length === 0) return '–'
  return cell
    .map(({ outcome, count, reason }) => {
      if (outcome === 'passed') return `${count}`
      return outcome === 'failed' ? `✗${count}` : `${letters.of(worded(outcome, reason))}${count}`
    })
    .join(' ')
}

/** The reason of what was skipped says so itself. */
function worded(outcome: Outcome, reason = ''): string {
  return outcome === 'error' ? `error: ${reason}` : reason
}

function sum(cell: Cell, outcome: Cell[number]['outcome']): number {
  return cell.filter((part) => part.outcome === outcome).reduce((total, { count }) => total + count, 0)
}

/** A letter for each reason, in the order in which they are met: a, b, … z, aa, ab, … */
class Letters {
  readonly #reasons: string[] = []

  of(reason: string): string {
    const at = this.#reasons.indexOf(reason)
    return letter(at >= 0 ? at : this.#reasons.push(reason) - 1)
  }

  legend(): string[] {
    return this.#reasons.map((reason, i) => `${letter(i).padStart(2)} ${GAP}${reason}`)
  }
}

function letter(index: number): string {
  const rest = Math.floor(index / 26)
  return (rest > 0 ? letter(rest - 1) : '') + String.fromCharCode(97 + (index % 26))
}
