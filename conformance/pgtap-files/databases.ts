import type { Database, Session } from '../engines/index.ts'
import { isAsBefore, type State, stateOf } from './database-state.ts'

/** Hands out connections for the files of a run, each to the database where the file is to run. */
export interface Databases {
  /** A connection for the next file, which closes it. */
  next(): Promise<Session>
  /** The file has ended, and its connection with it. */
  done(): Promise<void>
  /** Ends all databases. Throws when one could not be dropped. */
  close(): Promise<void>
}

/** One database for all files. */
export function oneForAll(database: Database): Databases {
  return { next: () => database.connect(), done: async () => {}, close: () => database.close() }
}

/** A new database for each file. */
export function freshOnes(open: () => Promise<Database>): Databases {
  let current: Database | undefined
  return {
    async next() {
      current = await open()
      return current.connect()
    },
    async done() {
      await current?.close()
      current = undefined
    },
    close: async () => current?.close(),
  }
}

/** After so many files that left something behind, the others are expected to do so, too. */
const LEAVING = 3

/**
 * A copy for each file; one that a file has left as it was is good for the next. Where files leave something behind, the next
 * copy is made while a file runs, and a former one is dropped meanwhile.
 */
export function copiesOf(base: Database, files: number): Databases {
  return new Copies(base, files)
}

class Copies implements Databases {
  readonly #base: Database
  readonly #dropping: Promise<void>[] = []
  #left: number
  #changed = 0
  #current: { readonly database: Database; readonly state?: State } | undefined
  #coming: Promise<Database> | undefined

  constructor(base: Database, files: number) {
    this.#base = base
    this.#left = files
  }

  async next(): Promise<Session> {
    this.#left -= 1
    return (await this.#again()) ?? this.#another()
  }

  async done(): Promise<void> {
    // Looked at by whoever comes next, in a connection that is made anyway.
    if (this.#current?.state) return
    if (this.#current) void this.#drop(this.#current.database)
    this.#current = undefined
  }

  async close(): Promise<void> {
    const rest = await this.#coming?.catch(() => undefined)
    await Promise.all([...this.#dropping, this.#current?.database.close(), rest?.close()])
    await this.#base.close()
  }

  /** A connection to the same database, where the file before has left it as it was. */
  async #again(): Promise<Session | undefined> {
    if (!this.#current?.state) return undefined
    const { database, state } = this.#current
    const session = await database.connect()
    if (await isAsBefore(session, state)) return session
    await session.close()
    this.#changed += 1
    this.#current = undefined
    const dropped = this.#drop(database)
    // What is dropped meanwhile would look as if it had been written by the next file.
    if (this.#changed < LEAVING) await dropped
    return undefined
  }

  async #another(): Promise<Session> {
    const database = await (this.#coming ?? this.#copy())
    this.#coming = undefined
    this.#current = { database }
    const session = await database.connect()
    if (this.#changed < LEAVING) this.#current = { database, state: await stateOf(session) }
    else if (this.#left > 0) this.#coming = this.#copy()
    return session
  }

  #copy(): Promise<Database> {
    const { copy } = this.#base
    if (!copy) throw new Error('A database of this engine cannot be copied.')
    const made = copy()
    made.catch(() => {}) // whoever asks for it hears of it
    return made
  }

  #drop(database: Database): Promise<void> {
    const dropped = database.close()
    dropped.catch(() => {}) // whoever closes hears of it
    this.#dropping.push(dropped)
    return dropped
  }
}
