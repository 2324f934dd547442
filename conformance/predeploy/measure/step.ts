/** The claim that no migration makes others wait for longer than its budget, measured where rows are asked for. */

import type { Measurement } from '../observe/locks.ts'
import { type Claim, judged, type StepResult, skipped, type Trouble, together } from '../step.ts'
import { budgetSection, budgetTroubles, seconds } from './budget.ts'
import type { MeasuredFile } from './measure.ts'

/** What `--rows` and `--lock-budget` say. */
export interface Budget {
  /** How many rows each table is given. */
  readonly rows: number
  /** How long a file may make others wait. */
  readonly budgetMs: number
}

/** See the file. */
export const BUDGET = {
  id: 'locks/within-budget',
  title: 'no migration makes others wait for longer than its budget',
  group: 'locks',
} as const satisfies Claim

/** What was measured, as `judge` tells it. */
export function budgetStep(
  measured: readonly MeasuredFile[],
  { rows, budgetMs }: Budget,
  judge: (troubles: readonly Trouble[]) => StepResult,
): StepResult {
  const section = budgetSection(measured, rows, budgetMs)
  const told = judge(budgetTroubles(measured, budgetMs))
  const isOver = told.findings.some(({ outcome }) => outcome !== 'passed')
  const gaps = measured.filter((each) => each.gaps.length > 0)
  return {
    ...together([
      // What passed is not all there is where a file is not measured.
      isOver || gaps.length === 0 ? told : { findings: [], notes: told.notes },
      ...gaps.map(({ file, gaps: why }) =>
        skipped(
          { ...BUDGET, id: `${BUDGET.id}: ${file.name}` },
          `not run: ${file.name} is not measured: ${why.join('; ')}`,
        ),
      ),
    ]),
    sections: section ? [section] : [],
  }
}

/** Where nothing is measured: it passes where no statement works through a table while others wait. */
export function budgetNotMeasured(isAnyWork: boolean): StepResult {
  if (!isAnyWork) return judged(BUDGET, [])
  return skipped(BUDGET, 'not run: --rows N measures it on a copy whose tables hold that many rows')
}

/** What the measurement of a file says of its statements; `undefined` where it is not one of all that the file does. */
export function measurementOf(
  measured: readonly MeasuredFile[],
  name: string,
  { rows, budgetMs }: Budget,
): Measurement | undefined {
  const own = measured.find(({ file, gaps }) => file.name === name && gaps.length === 0)
  if (!own) return undefined
  return {
    isWithinBudget: own.ms <= budgetMs,
    inWords: `Measured with ${rows.toLocaleString('en-US')} rows a table, the file makes others wait for ${seconds(own.ms)} of ${seconds(budgetMs)}.`,
  }
}
