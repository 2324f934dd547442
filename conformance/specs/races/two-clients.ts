/** Two clients who meet in a known order. */
import type { Database, Row, Session } from '../../engines/index.ts'
import { Run } from '../../harness/index.ts'

/** Two clients of one database. */
export async function two(ownDatabase: () => Promise<Database>, setup: string): Promise<[Session, Session]> {
  const database = await ownDatabase()
  const [first, second] = [await database.connect(), await database.connect()]
  await first.run(setup)
  return [first, second]
}

/** Lets the second begin a statement, and comes back when it waits for the first. */
export async function waiting(first: Session, second: Session, statement: string): Promise<Promise<Row[]>[]> {
  const [own] = await second.query('select pg_backend_pid() as pid')
  const answer = second.query(statement)
  let isOver = false
  answer.then(
    () => {
      isOver = true
    },
    () => {
      isOver = true
    },
  )
  await new Run().until('the second waits for the first', async () => {
    if (isOver) throw new Error(`It does not wait: ${statement}`)
    const waits = await first.query('select from pg_locks where pid = $1 and not granted', [own?.['pid']])
    return waits.length > 0
  })
  // In an array, as a promise that is returned would be waited for.
  return [answer]
}
