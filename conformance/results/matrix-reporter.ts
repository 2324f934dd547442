import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
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

/** What {@link MatrixReporter} is told. */
export interface MatrixOptions {
  /** The engines that do not take part, and why. */
  readonly notStarted?: Matrix['notStarted']
  /** What was not even started on those that do. */
  readonly leftOut?: readonly Finding[]
  /** Where `matrix.json` is written, from the root of the run. */
  readonly folder?: string
}

/**
 * Prints the matrix of a run: a line per engine with the reasons of what was not tried there, and above it, when there are
 * several, the table engine × spec. `matrix.json` beside the reports holds the same for programs.
 */
export class MatrixReporter implements Reporter {
  readonly #notStarted: Matrix['notStarted']
  readonly #leftOut: readonly Finding[]
  #folder: string

  constructor({ notStarted = [], leftOut = [], folder = 'reports' }: MatrixOptions = {}) {
    this.#notStarted = notStarted
    this.#leftOut = leftOut
    this.#folder = folder
  }

  onInit({ config }: Vitest): void {
    this.#folder = resolve(config.root, this.#folder)
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const matrix = printable(matrixOf([...findingsOf(modules), ...this.#leftOut], this.#notStarted))
    const paint = paintFor(process.env, process.stdout.isTTY)
    if (matrix.engines.length > FEW + 1) process.stdout.write(`\n${matrixTable(matrix)}`)
    process.stdout.write(`\n${matrixTotals(matrix, paint)}`)
    keep(matrix, this.#folder)
  }
}

/** In one step: another run may be writing, or somebody reading. */
function keep(matrix: Matrix, reports: string): void {
  const draft = join(reports, `.matrix-${process.pid}.json`)
  mkdirSync(reports, { recursive: true })
  writeFileSync(draft, `${JSON.stringify(matrix, null, 2)}\n`)
  renameSync(draft, join(reports, 'matrix.json'))
}
