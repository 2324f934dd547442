import { type Session, SqlError } from '../engines/index.ts'
import type { Probe } from './probe.ts'

/** What an engine answered, line by line: the columns with their types, the rows, or the refusal. */
export type Answer = readonly string[]

/** What is answered where no answer comes, or one that cannot be trusted. */
export const WEDGED: Answer = ['the engine no longer answers']

/** Asks, in a transaction of the caller's, and takes back what the question changed. */
export async function answerOf(session: Session, probe: Probe): Promise<Answer> {
  await session.query('savepoint probe')
  const answer = await asked(session, probe)
  try {
    await session.query('rollback to savepoint probe')
    await session.query('release savepoint probe')
    return (await answers(session)) ? answer : WEDGED
  } catch (error) {
    if (error instanceof SqlError) return WEDGED
    throw error
  }
}

async function asked(session: Session, { setup = [], ask }: Probe): Promise<Answer> {
  try {
    for (const statement of setup) await session.query(statement)
    const { columns, rows } = await session.answer(ask)
    const types = await typesOf(
      session,
      columns.map(({ type }) => type),
    )
    const heads = columns.map(({ name }, i) => `${name} ${types[i]}`)
    return [
      ...(heads.length > 0 ? [`columns: ${heads.join(', ')}`] : []),
      ...rows.map((row) => `row: ${row.map(cell).join(' | ')}`),
      ...(rows.length === 0 ? ['no row'] : []),
    ]
  } catch (error) {
    if (error instanceof SqlError) return refusal(error)
    throw error
  }
}

/** As no text is printed that a probe asks for. */
function cell(value: string | null): string {
  return value ?? '␀'
}

/** The names of types, in the order of their oids. */
async function typesOf(session: Session, oids: readonly number[]): Promise<(string | null)[]> {
  const rows = await session.query(
    `select pg_catalog.format_type(t.oid, null) as name
     from pg_catalog.unnest($1::oid[]) with ordinality as t (oid, n) order by t.n`,
    [oids],
  )
  return rows.map(({ name }) => name ?? null)
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

/** The SQLSTATE and all words, but for the values of a row, which hold the time, and for ids, which are random. */
function refusal({ code, message, detail, hint }: SqlError): Answer {
  return [
    `refused: ${code} ${message}`,
    ...(detail
      ? [`detail: ${detail.replace(/^(Failing row contains) .*/s, '$1 …').replace(UUID, '<id>')}`]
      : []),
    ...(hint ? [`hint: ${hint}`] : []),
  ]
}

/** Whether the engine still says something that only a working one can. */
async function answers(session: Session): Promise<boolean> {
  const nonce = crypto.randomUUID()
  const rows = await session.query('select $1::text as nonce, current_user as role, session_user as login', [
    nonce,
  ])
  const [row] = rows
  return (
    rows.length === 1 && row?.['nonce'] === nonce && row['role'] === 'postgres' && row['login'] === 'postgres'
  )
}
