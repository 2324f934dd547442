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
    const columns = await columnsOf(session, ask)
    const rows = await session.query(ask)
    return [
      ...columns,
      ...rows.map((row) => `row: ${Object.values(row).map(cell).join(' | ')}`),
      ...none(rows),
    ]
  } catch (error) {
    if (error instanceof SqlError) return [`refused: ${error.code} ${error.message}`]
    throw error
  }
}

const none = (rows: readonly unknown[]): string[] => (rows.length === 0 ? ['no row'] : [])
const cell = (value: string | null): string => value ?? 'NULL'

/** The columns of a query with their types, as a view over it would have them; nothing for other statements. */
async function columnsOf(session: Session, ask: string): Promise<string[]> {
  if (!/^(select|with|values|table)\b/i.test(ask)) return []
  await session.query('savepoint columns')
  try {
    await session.query(`create temporary view agreement_probe as ${ask}`)
    const [row] = await session.query(
      `select string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' order by attnum) as columns
       from pg_catalog.pg_attribute where attrelid = 'pg_temp.agreement_probe'::regclass`,
    )
    return [`columns: ${row?.['columns']}`]
  } catch (error) {
    if (error instanceof SqlError) return [] // what is wrong with the question, the question itself will say
    throw error
  } finally {
    await session.query('rollback to savepoint columns')
  }
}

/** Whether the engine still says something that only a working one can. */
async function answers(session: Session): Promise<boolean> {
  const nonce = crypto.randomUUID()
  const rows = await session.query('select $1::text as nonce', [nonce])
  return rows.length === 1 && rows[0]?.['nonce'] === nonce
}
