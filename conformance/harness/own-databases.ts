import type { Database, Engine, OpenOptions, Session } from '../engines/index.ts'

/** The databases of one test: opened for it, and gone with it. */
export class OwnDatabases {
  readonly #engine: Engine
  readonly #opened: Database[] = []
  readonly #sessions = new Set<Session>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  async open(options?: OpenOptions): Promise<Database> {
    const database = await this.#engine.open(options)
    this.#opened.push(database)
    return { ...database, connect: async () => this.#watched(await database.connect()) }
  }

  /** Drops them, or with `keep` only lets go of them, and answers their URLs. */
  async close({ keep = false } = {}): Promise<string[]> {
    for (const session of this.#sessions) await session.close().catch(() => 'its process was killed')
    if (!keep) for (const database of this.#opened) await database.close()
    return this.#opened.flatMap(({ url }) => url ?? [])
  }

  /** How many connections have not been closed: whoever leaks them here leaks them elsewhere. */
  get leaked(): number {
    return this.#sessions.size
  }

  #watched(session: Session): Session {
    const watched = {
      ...session,
      close: async () => {
        this.#sessions.delete(watched)
        await session.close()
      },
    }
    this.#sessions.add(watched)
    return watched
  }
}
