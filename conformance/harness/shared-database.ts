import { type Database, type Session, SqlError } from '../engines/index.ts'

/** What became of a database that was to be kept: where it is found, or why there is none. */
export type Kept = { readonly url: string } | { readonly why: string }

/** SQLSTATE: the transaction has failed already. */
const ALREADY_FAILED = '25P02'

/**
 * A database that the tests of a worker use one after the other, each in a transaction of its own. Opened when it is first
 * asked for.
 */
export class SharedDatabase {
  readonly #open: () => Promise<Database>
  #opened: Promise<{ database: Database; session: Session }> | undefined

  constructor(open: () => Promise<Database>) {
    this.#open = open
  }

  async session(): Promise<Session> {
    this.#opened ??= this.#open().then(async (database) => ({ database, session: await database.connect() }))
    return (await this.#opened).session
  }

  /**
   * Commits what the test has done so far, and leaves the database to whoever wants to look at it: the next test gets another.
   * Where that cannot be done, nothing is committed, and the transaction is still there to be rolled back.
   */
  async keep(): Promise<Kept> {
    if (!this.#opened) return { why: 'it was never opened' }
    const { database, session } = await this.#opened
    if (database.url === undefined) return { why: 'this engine listens nowhere' }
    try {
      await session.query('select 1')
      await session.query('commit')
    } catch (error) {
      if (!(error instanceof SqlError)) throw error
      return {
        why:
          error.code === ALREADY_FAILED
            ? 'its transaction had failed, and Postgres had taken everything back'
            : `it could not be committed: ${error.message}`,
      }
    }
    this.#opened = undefined
    await session.close()
    return { url: database.url }
  }

  /** Drops it. Whoever asks for a session later gets another database. */
  async close(): Promise<void> {
    const opened = await this.#opened
    this.#opened = undefined
    await opened?.database.close()
  }
}
