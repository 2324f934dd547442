import { type Engine, type Session, SqlError } from '../engines/index.ts'
import { canary } from './actor.ts'

/** SQLSTATEs: the transaction is read-only; it has failed already. */
const READ_ONLY = '25006'
const ALREADY_FAILED = '25P02'

/** What a transaction of a test needs of it. */
export interface RolledBackOptions {
  readonly readOnly: Engine['readOnly']
  /** Ends the test as skipped, with this note. */
  readonly skip: (note: string) => never
}

/** Starts the transaction of a test. What a read-only database refuses for being written to, skips the test. */
export async function beginTest(session: Session, { readOnly, skip }: RolledBackOptions): Promise<Session> {
  if (!readOnly) {
    await session.query('begin')
    return session
  }
  await session.query('begin read only')
  const unlessWriting = <Result>(asking: Promise<Result>): Promise<Result> =>
    asking.catch((error: unknown) => {
      if (error instanceof SqlError && error.code === READ_ONLY) return skip(readOnly)
      throw error
    })
  return {
    ...session,
    query: (text, values) => unlessWriting(session.query(text, values)),
    lookUp: (text, values) => unlessWriting(session.lookUp(text, values)),
    answer: (text, values) => unlessWriting(session.answer(text, values)),
    run: (script) => unlessWriting(session.run(script)),
  }
}

/**
 * Ends the transaction of a test: takes back all that it did, and makes sure that the session still answers. Throws what a
 * deferred constraint would have refused at the commit that never comes.
 */
export async function endTest(session: Session): Promise<void> {
  const refused = await session.query('set constraints all immediate').then(
    () => undefined,
    (error: unknown) => error,
  )
  await session.query('rollback')
  await canary(session)
  if (refused === undefined || (refused instanceof SqlError && refused.code === ALREADY_FAILED)) return
  throw refused
}
