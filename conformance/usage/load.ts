/** A month of usage into a database: by COPY, streamed, or by INSERT where there is no COPY. */
import type { Session } from '../engines/index.ts'
import { Book, Refused, readKnown } from '../pricing/index.ts'
import { month, TENANTS } from './month.ts'
import { COLUMNS, type RecordRow, type RecordTable, recordOf } from './records.ts'

/** So many lines go over the wire at once. */
const CHUNK = 2_000
const TABLES = Object.keys(COLUMNS) as readonly RecordTable[]

/** Quotas of the month: some are close to what is spent. */
const QUOTAS = [
  ['tenant', TENANTS[1][1], 'all', '12', 'month'],
  ['tenant', TENANTS[2][1], 'llm', '5', 'month'],
  ['tenant', TENANTS[3][1], 'llm', '0.25', 'day'],
  ['tenant', TENANTS[0][1], 'e2b', '20', 'month'],
  ['platform', null, 'all', '100', 'month'],
] as const

/** Loads a month with so many records. Throws {@link Refused} for a database that holds usage already. */
export async function loadMonth(session: Session, records: number): Promise<void> {
  const book = new Book(await readKnown(session))
  const [there] = await session.query(
    `select exists (select from copilot_internal.llm_cost_records) or exists (select from copilot_internal.e2b_cost_records) as used`,
  )
  if (there?.['used']?.startsWith('t'))
    throw new Refused(
      'The database holds usage already: load a month into a database of your own that holds none.',
    )
  for (const table of TABLES) await load(session, table, rowsOf(table, records, book))
  for (const [scope, id, kind, limit, period] of QUOTAS)
    await session.query(`select copilot_internal.set_quota($1, $2, $3, $4, $5, '2026-01-01T00:00:00Z')`, [
      scope,
      id,
      kind,
      limit,
      period,
    ])
}

/**
 * Loads the records of a month and nothing else, into a schema that has all columns of them. Answers whether it has; where not,
 * nothing is done.
 */
export async function loadRecords(session: Session, records: number): Promise<boolean> {
  const there = await session.query(
    `select table_name || '.' || column_name as name from information_schema.columns where table_schema = 'copilot_internal'`,
  )
  const names = new Set(there.map(({ name }) => name))
  const isThere = (table: RecordTable) => COLUMNS[table].every((column) => names.has(`${table}.${column}`))
  if (!TABLES.every(isThere)) return false
  const book = new Book(await readKnown(session))
  for (const table of TABLES) await load(session, table, rowsOf(table, records, book))
  return true
}

async function load(session: Session, table: RecordTable, rows: Generator<RecordRow>): Promise<void> {
  const columns = COLUMNS[table]
  if (!session.copyIn) return insert(session, table, [...rows])
  const statement = `copy copilot_internal.${table} (${columns.join(', ')}) from stdin`
  await session.copyIn(statement, lines(rows, columns))
}

function* rowsOf(table: RecordTable, records: number, book: Book): Generator<RecordRow> {
  for (const use of month(records)) {
    if ((use.kind === 'llm') !== (table === 'llm_cost_records')) continue
    yield recordOf(use, book).row
  }
}

/** Text of COPY, some thousand lines a piece. Values are numbers, ids and names without signs that COPY knows. */
function* lines(rows: Iterable<RecordRow>, columns: readonly string[]): Generator<string> {
  let chunk: string[] = []
  for (const row of rows) {
    chunk.push(columns.map((column) => row[column] ?? String.raw`\N`).join('\t'))
    if (chunk.length < CHUNK) continue
    yield `${chunk.join('\n')}\n`
    chunk = []
  }
  if (chunk.length > 0) yield `${chunk.join('\n')}\n`
}

async function insert(session: Session, table: RecordTable, rows: readonly RecordRow[]): Promise<void> {
  const columns = COLUMNS[table]
  const parsed = rows.map((row) => ({ ...row, metadata: JSON.parse(row['metadata'] ?? '{}') }))
  await session.query(
    `insert into copilot_internal.${table} (${columns.join(', ')})
     select ${columns.join(', ')} from jsonb_populate_recordset(null::copilot_internal.${table}, $1::jsonb)`,
    [JSON.stringify(parsed)],
  )
}
