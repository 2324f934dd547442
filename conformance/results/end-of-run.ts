import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { sinceBase } from '../evidence/index.ts'
import {
  causesText,
  loadRenderers,
  type Matrix,
  matrixOf,
  matrixTable,
  matrixTotals,
  paintFor,
  printable,
  REPORTERS,
  type Report,
  type ReporterName,
  tallyLine,
  withTexts,
} from '../report/index.ts'
import type { LeftOut } from '../selection/index.ts'
import type { Listener, Ran } from './listener.ts'
import { reportOfRun } from './report-of-run.ts'
import { writeReports } from './write-reports.ts'

/** Up to here, a line per engine says all. */
const FEW = 2
/** A screen, without what stands below the causes. */
const SCREEN = 40

/** What {@link EndOfRun} is told. All of it may be left out. */
export interface EndOptions {
  /** The engines that do not take part, and why. */
  readonly notStarted?: Matrix['notStarted']
  /** What was not even started on those that do. */
  readonly leftOut?: readonly LeftOut[]
  /** Where the reports are written, from the folder of the process. */
  readonly folder?: string
  /** Which reports. */
  readonly reporters?: readonly ReporterName[]
  /** What reproduces the run. */
  readonly command?: string
  /** Takes the secrets out of a text. */
  readonly clean?: (text: string) => string
  /** Is called with the report when all is written. */
  readonly done?: (report: Report) => unknown
}

/**
 * Ends a run: writes its reports, and prints the causes of what failed in at most a screen, where the page is, how many claims
 * ended in which way on each engine, and last the plain line `N passed, N failed, N skipped`. With many engines, the table
 * engine × spec stands above. A file that could not be loaded and an error outside any test count as failed: nothing passes
 * because it did not run.
 */
export class EndOfRun implements Listener {
  readonly #options: EndOptions
  #startedAt = new Date()
  #since: ReturnType<typeof sinceBase> | undefined
  /** Meanwhile: the specs are at work elsewhere. */
  #loaded: Promise<void> | undefined

  constructor(options: EndOptions = {}) {
    this.#options = options
  }

  started(): void {
    this.#startedAt = new Date()
    this.#since = sinceBase()
    this.#loaded = loadRenderers(this.#options.reporters ?? [])
  }

  async ended(ran: Ran): Promise<void> {
    const { notStarted = [], leftOut = [], reporters = [], command = 'npx vitest run' } = this.#options
    const { clean = (text: string) => text } = this.#options
    const folder = resolve(this.#options.folder ?? 'reports')
    const report = reportOfRun({
      ...ran,
      notStarted,
      leftOut,
      since: await this.#since,
      command,
      startedAt: this.#startedAt,
      durationMs: Date.now() - this.#startedAt.getTime(),
    })
    keep(withTexts(matrixOf(report.findings, notStarted), clean), folder)
    await this.#loaded
    if (reporters.length > 0) await writeReports(report, folder, reporters, clean)
    const page = reporters.includes('html')
      ? relative(process.cwd(), join(folder, REPORTERS.html))
      : undefined
    process.stdout.write(ending(printable(withTexts(report, clean)), page))
    this.#options.done?.(report)
  }
}

/** What is printed of a report: all that one needs first, on one screen. */
export function ending(report: Report, page: string | undefined): string {
  const { findings, trial } = report
  const paint = paintFor(process.env, process.stdout.isTTY)
  const matrix = matrixOf(findings, trial.notStarted)
  const failed = findings.some(({ outcome }) => outcome === 'failed' || outcome === 'error')
  const hasPage = page !== undefined
  const totals = matrixTotals(matrix, paint, { reasons: !failed, hasPage })
  const below = totals.split('\n').length + 5
  const causes = causesText(report, Math.max(SCREEN - below, 10), paint, hasPage)
  return [
    ...(matrix.engines.length > FEW + 1 ? [matrixTable(matrix)] : []),
    ...(causes === '' ? [] : [causes]),
    ...(page === undefined ? [] : [`The page: ${page}\n`]),
    ...(totals === '' ? [] : [totals]),
    `${tallyLine(findings)}\n`,
  ]
    .map((part) => `\n${part}`)
    .join('')
}

/** In one step: another run may be writing, or somebody reading. */
function keep(matrix: Matrix, reports: string): void {
  const draft = join(reports, `.matrix-${process.pid}.json`)
  mkdirSync(reports, { recursive: true })
  writeFileSync(draft, `${JSON.stringify(printable(matrix), null, 2)}\n`)
  renameSync(draft, join(reports, 'matrix.json'))
}
