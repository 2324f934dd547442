import type { Database } from '../engines/index.ts'

/** Hands out the databases of a run. */
export interface Databases {
  /** The database for the next file. */
  next(): Promise<Database>
  /** Takes one back. */
  done(database: Database): Promise<void>
  /** Ends them all. Throws when one could not be dropped. */
  close(): Promise<void>
}

/** One database for all files. */
export function oneForAll(database: Database): Databases {
  return { next: async () => database, done: async () => {}, close: () => database.close() }
}

/**
 * A copy for each file. The next copy is made while a file runs, and a former one is dropped meanwhile: nobody waits for
 * either, as long as copying is faster than the files.
 */
export function copiesOf(base: Database, files: number): Databases {
  const { copy } = base
  if (!copy) throw new Error('A database of this engine cannot be copied.')
  let left = files
  let coming: Promise<Database> | undefined
  const dropping: Promise<void>[] = []
  const begin = () => {
    left -= 1
    const made = copy()
    // Whoever asks for it hears of a failure; until then it is nobody's.
    made.catch(() => {})
    return made
  }
  return {
    async next() {
      const database = await (coming ?? begin())
      coming = left > 0 ? begin() : undefined
      return database
    },
    async done(database) {
      const dropped = database.close()
      dropped.catch(() => {})
      dropping.push(dropped)
    },
    async close() {
      const rest = await coming?.catch(() => undefined)
      await Promise.all([...dropping, rest?.close()])
      await base.close()
    },
  }
}

/** A new database for each file. */
export function freshOnes(open: () => Promise<Database>): Databases {
  return { next: open, done: (database) => database.close(), close: async () => {} }
}
