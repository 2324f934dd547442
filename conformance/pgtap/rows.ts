/** Claims on the rows of an answer: `results_eq`, `bag_eq`, `set_eq`, `is_empty`. */
import type { Row } from '../engines/index.ts'
import { same, sameItems, type Verdict } from './verdict.ts'

/** A row as a spec writes it. Values are compared as the server prints them: `true` is `t`, NULL is `null`. */
export type WantedRow = Readonly<Record<string, unknown>>

/** The same rows in the same order. */
export function resultsEq(have: readonly Row[], want: readonly WantedRow[]): Verdict {
  return same('the rows are as wanted', have.map(line).join('\n'), want.map(line).join('\n'))
}

/** The same rows in any order, as often. */
export function bagEq(have: readonly Row[], want: readonly WantedRow[]): Verdict {
  return sameItems('the rows are as wanted, in any order', have.map(line), want.map(line))
}

/** The same rows in any order, however often. */
export function setEq(have: readonly Row[], want: readonly WantedRow[]): Verdict {
  const distinct = (rows: readonly WantedRow[]) => [...new Set(rows.map(line))]
  return sameItems('the distinct rows are as wanted', distinct(have), distinct(want))
}

/** No row at all. */
export function isEmpty(have: readonly Row[]): Verdict {
  return sameItems('there is no row', have.map(line), [])
}

function line(row: WantedRow): string {
  return Object.entries(row)
    .map(([column, value]) => `${column}=${cell(value)}`)
    .join(' | ')
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  if (typeof value === 'boolean') return value ? 't' : 'f'
  return String(value)
}
