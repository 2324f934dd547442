/** Rows as records: how the server prints them, and how answers are handed back to it to be compared. */
import type { Answer, Column, Session } from '../engines/index.ts'
import { attempt } from './query.ts'

/** One row of an answer: its values by position. */
export type Cells = Answer['rows'][number]

/** A row as the server prints a record: `(1,"two words",)`. */
export function recordText(cells: Cells): string {
  return `(${cells.map(field).join(',')})`
}

function field(value: string | null): string {
  if (value === null) return ''
  const needsQuotes = value === '' || /["\\(),\s]/.test(value)
  return needsQuotes ? `"${value.replaceAll(/["\\]/g, '$&$&')}"` : value
}

/** The names of the columns' types, as `format_type` gives them. */
export async function typeNames(session: Session, columns: readonly Column[]): Promise<string[]> {
  const rows = await session.query(
    'select format_type(t.oid, null) as name from unnest($1::oid[]) with ordinality as t (oid, n) order by n',
    [columns.map(({ type }) => type)],
  )
  return rows.map(({ name }) => name ?? '')
}

/** Two answers as relations of one statement, with the values of its parameters. */
export interface Relations {
  readonly have: string
  readonly want: string
  readonly values: readonly unknown[]
}

/** Makes relations of two answers, so that the server can compare values by their types. */
export async function relations(session: Session, have: Answer, want: Answer): Promise<Relations> {
  const types = await typeNames(session, [...have.columns, ...want.columns])
  const columnsOf = ({ columns, rows }: Answer) => columns.map((_, i) => rows.map((row) => row[i] ?? null))
  return {
    have: relation(types.slice(0, have.columns.length), 0),
    want: relation(types.slice(have.columns.length), have.columns.length),
    values: [...columnsOf(have), ...columnsOf(want)],
  }
}

/** A relation whose columns are array parameters, the first of them $`after + 1`. */
function relation(types: readonly string[], after: number): string {
  const columns = types.map((type, i) => `c${i}::${type} as c${i}`).join(', ')
  const parameters = types.map((_, i) => `$${after + i + 1}::text[]`).join(', ')
  const names = types.map((_, i) => `c${i}`).join(', ')
  return `select ${columns} from unnest(${parameters}) as u (${names})`
}

/** Whether two cells of one type are the same value to the server: text that differs may be equal, as 1.0 and 1.00 are. */
export async function equalValues(
  session: Session,
  { type }: Column,
  one: string | null,
  other: string | null,
): Promise<boolean> {
  if (one === other) return true
  if (one === null || other === null) return false
  const [name] = await typeNames(session, [{ name: '', type }])
  const { answer, error } = await attempt(session, {
    text: `select $1::${name} is not distinct from $2::${name}`,
    values: [one, other],
  })
  if (answer) return answer.rows[0]?.[0] === 't'
  if (error.code === UNDEFINED_FUNCTION) return false
  throw error
}

/** The SQLSTATE of a type that knows no equality, such as json: its text is all there is. */
const UNDEFINED_FUNCTION = '42883'
