/** What was measured against how long a migration may make others wait, in words. */
import type { Section } from '../../report/index.ts'
import { type HeldLock, inMillions, rewriteOf, type Work } from '../observe/locks.ts'
import type { Trouble } from '../step.ts'
import type { MeasuredFile, Timed } from './measure.ts'

/** Tables into which every use of the platform writes a row. */
const RECORDINGS = /^copilot_internal\.(llm|e2b)_cost_records$/

/** One trouble for each file that takes longer than its budget: its worst statement. The worst file comes first. */
export function budgetTroubles(measured: readonly MeasuredFile[], budgetMs: number): Trouble[] {
  return measured
    .filter(({ ms }) => ms > budgetMs)
    .sort((a, b) => b.ms - a.ms)
    .flatMap((each) => {
      const worst = worstOf(each)
      if (!worst) return []
      return [
        {
          objects: [`${each.file.name}:${worst.statement.line}`],
          reason: `It ${told(worst, each.rows)}, for ${seconds(worst.ms)}. The file makes others wait for ${seconds(each.ms)}; its budget is ${seconds(budgetMs)}.`,
          hint: rewriteOf(worst.statement),
        },
      ]
    })
}

/** The statement that takes longest while others wait. */
export function worstOf({ timed }: MeasuredFile): Timed | undefined {
  return [...timed].sort((a, b) => b.ms - a.ms)[0]
}

/** `blocks every recording while it reads 40 million rows of …`. */
function told({ locks, work }: Timed, rows: ReadonlyMap<string, number>): string {
  const blocked = [...new Set(locks.map(blockedBy))].join(' and ')
  const doing = work.map((each) => workTold(each, rows)).join(' and ') || 'runs'
  return `blocks ${blocked} while it ${doing}`
}

function blockedBy({ table, stops }: HeldLock): string {
  if (RECORDINGS.test(table))
    return stops === 'writes' ? 'every recording' : `every recording and every read of ${table}`
  return stops === 'writes' ? `every write of ${table}` : `every read and write of ${table}`
}

function workTold({ table, how }: Work, rows: ReadonlyMap<string, number>): string {
  const count = `${inMillions(rows.get(table) ?? 0)} rows of ${table}`
  switch (how) {
    case 'writes anew':
      return `writes ${count} anew`
    case 'builds an index of':
      return `builds an index of ${count}`
    case 'reads all of':
      return `reads ${count}`
  }
}

/** How long something took, as people say it. */
export function seconds(ms: number): string {
  return ms < 1000 ? `${Math.ceil(ms)} ms` : `${Number((ms / 1000).toPrecision(3))} s`
}

/** A line for each file that makes anybody wait, the longest first. */
export function budgetSection(
  measured: readonly MeasuredFile[],
  rows: number,
  budgetMs: number,
): Section | undefined {
  const lines = [...measured]
    .filter(({ timed, gaps }) => timed.length > 0 || gaps.length > 0)
    .sort((a, b) => b.ms - a.ms)
    .map((each) => {
      const worst = worstOf(each)
      return [
        each.file.name,
        each.ms.toFixed(0),
        worst ? `line ${worst.statement.line} ${told(worst, each.rows)}` : '',
        each.gaps.join('; '),
      ]
    })
  if (lines.length === 0) return undefined
  return {
    title: 'How long each file makes others wait',
    lines: [
      `Measured on this machine with ${inMillions(rows)} rows a table, counted up to what the target has. The budget is ${seconds(budgetMs)} a file.`,
    ],
    columns: [{ name: 'file' }, { name: 'ms', isNumber: true }, { name: 'worst' }, { name: 'not measured' }],
    rows: lines,
  }
}
