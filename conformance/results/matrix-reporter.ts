import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Reporter, TestModule, Vitest } from 'vitest/node'
import {
  type Finding,
  type Matrix,
  matrixOf,
  matrixTable,
  matrixTotals,
  paintFor,
  printable,
} from '../report/index.ts'
import { findingsOf } from './findings-of.ts'

/** Up to here, a line per engine says all. */
const FEW = 2

/**
 * Prints the matrix of a run: a line per engine with the reasons of what was not tried there, and above it, when there are
 * several, the table engine × spec. `reports/matrix.json` holds the same for programs.
 */
export class MatrixReporter implements Reporter {
  readonly #notStarted: Matrix['notStarted']
  readonly #leftOut: readonly Finding[]
  #reports = 'reports'

  /** `notStarted`: the engines that do not take part, and why. `leftOut`: what was not even started on those that do. */
  constructor(notStarted: Matrix['notStarted'] = [], leftOut: readonly Finding[] = []) {
    this.#notStarted = notStarted
    this.#leftOut = leftOut
  }

  onInit({ config }: Vitest): void {
    this.#reports = join(config.root, 'reports')
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const matrix = printable(matrixOf([...findingsOf(modules), ...this.#leftOut], this.#notStarted))
    const paint = paintFor(process.env, process.stdout.isTTY)
    if (matrix.engines.length > FEW + 1) process.stdout.write(`\n${matrixTable(matrix)}`)
    process.stdout.write(`\n${matrixTotals(matrix, paint)}`)
    keep(matrix, this.#reports)
  }
}

/** In one step: another run may be writing, or somebody reading. */
function keep(matrix: Matrix, reports: string): void {
  const draft = join(reports, `.matrix-${process.pid}.json`)
  mkdirSync(reports, { recursive: true })
  writeFileSync(draft, `${JSON.stringify(matrix, null, 2)}\n`)
  renameSync(draft, join(reports, 'matrix.json'))
}
