/** Rows as a spec writes them, and how they differ from those that came. */
import type { Answer, Session } from '../engines/index.ts'
import type { Query } from './query.ts'
import { typeNames } from './record.ts'
import { isTyped, type Typed } from './value.ts'

/**
 * A row as a spec writes it, by the names of its columns, in their order. Values are compared as the server prints them:
 * `true` is `t`, NULL is `null`, and 1.50 is not 1.5. One that is `typed` must have that type, too.
 */
export type WantedRow = Readonly<Record<string, unknown>>

/** What a statement should answer: rows, the values of its only column, or what another statement answers. */
export type Wanted = readonly WantedRow[] | readonly Scalar[] | Query

export type Scalar = string | number | bigint | boolean | null

/** Whether another statement says what is wanted. */
export function isQuery(wanted: Wanted): wanted is Query {
  return typeof wanted === 'string' || 'text' in wanted
}

/** A cell of a row, its name and its value told apart from any other. */
interface Cell {
  readonly name: string
  readonly value: string | null
  /** Where it is known, or matters. */
  readonly type?: string
}

/** A row that can be compared with another by its text. */
export type Cells = readonly Cell[]

/** The rows of an answer, and those that are wanted, in the same form. */
export async function rowsOf(
  session: Session,
  answer: Answer,
  wanted: readonly WantedRow[] | readonly Scalar[],
): Promise<{ have: Cells[]; want: Cells[] }> {
  const want = wanted.map((row) => wantedCells(row, answer.columns[0]?.name ?? ''))
  const typesMatter = want.some((cells) => cells.some(({ type }) => type !== undefined))
  const types = typesMatter ? await typeNames(session, answer.columns) : []
  const matters = new Set(want.flatMap((cells) => cells.filter(({ type }) => type).map(({ name }) => name)))
  const have = answer.rows.map((row) =>
    answer.columns.map(({ name }, i) => cell(name, row[i] ?? null, matters.has(name) ? types[i] : undefined)),
  )
  return { have, want }
}

function cell(name: string, value: string | null, type: string | undefined): Cell {
  return { name, value, ...(type === undefined ? {} : { type }) }
}

function wantedCells(row: WantedRow | Scalar, onlyColumn: string): Cells {
  const named = typeof row === 'object' && row !== null ? Object.entries(row) : [[onlyColumn, row] as const]
  return named.map(([name, value]) =>
    isTyped(value) ? cellOf(name, value) : cell(name, printed(value), undefined),
  )
}

function cellOf(name: string, { type, value }: Typed): Cell {
  return { name, value, type }
}

function printed(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean') return value ? 't' : 'f'
  return String(value)
}

/** A row in a line: what two rows have in common when they are the same. */
export function line(cells: Cells): string {
  return cells
    .map(({ name, value, type }) => `${name}=${value ?? 'NULL'}${type ? ` (${type})` : ''}`)
    .join(' | ')
}

/** What makes two rows the same; unlike {@link line}, NULL is not the text NULL. */
export function key(cells: Cells): string {
  return JSON.stringify(cells.map(({ name, value, type }) => [name, value, type]))
}

/** The columns in which two rows differ, a line each. NULL and the text NULL, which look alike, are told apart. */
export function differingColumns(have: Cells, want: Cells): string[] {
  const names = [...new Set([...have, ...want].map(({ name }) => name))]
  const find = (cells: Cells, name: string) => cells.find((other) => other.name === name)
  return names
    .map((name) => ({ name, have: find(have, name), want: find(want, name) }))
    .filter(({ have, want }) => JSON.stringify(have) !== JSON.stringify(want))
    .map(({ name, have, want }) => `        ${name}: have ${exact(have)}, want ${exact(want)}`)
}

function exact(cell: Cell | undefined): string {
  if (cell === undefined) return 'no such column'
  const value = cell.value === null ? 'NULL' : JSON.stringify(cell.value)
  return cell.type === undefined ? value : `${value} (${cell.type})`
}
