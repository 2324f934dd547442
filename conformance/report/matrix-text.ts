import type { Outcome } from './finding.ts'
import { type Cell, type Matrix, totalOf } from './matrix.ts'
import { type Paint, plain } from './paint.ts'
import { indented, wrapped } from './wrapped.ts'

const GAP = '  '
/** Of the first column: there has to be room for reasons. */
const WIDEST = 24

/** A line per engine, and below it how many claims were not tried there and why, in 80 columns. */
export function matrixTotals(matrix: Matrix, paint: Paint = plain, { reasons: told = true } = {}): string {
  const width = Math.min(Math.max(...matrix.engines.map((engine) => engine.length), 0), WIDEST) + GAP.length
  return matrix.engines
    .map((engine) => {
      const cell = totalOf(matrix, engine)
      const [failed, errors] = [sum(cell, 'failed'), sum(cell, 'error')]
      const counts = [
        paint('green', `${sum(cell, 'passed')} passed`),
        failed > 0 ? paint('red', `${failed} failed`) : `${failed} failed`,
        ...(errors > 0 ? [paint('yellow', `${errors} could not be checked`)] : []),
        `${sum(cell, 'skipped')} skipped`,
      ]
      const reasons = cell
        .filter(({ reason }) => told && reason !== undefined)
        .map(({ count, outcome, reason }) => wrapped(`${count} ${worded(outcome, reason)}`, width))
        .map((text) => `${paint('dim', indented(text, width))}\n`)
      return `${wrapped(engine.padEnd(width) + counts.join(', '), 0)}\n${reasons.join('')}`
    })
    .join('')
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
