/** Sees what each claim does to its databases, and makes the database that claims share anew for each fault. */
import type { Database, Engine, Session } from '../../engines/index.ts'
import type { Watcher } from '../../harness/index.ts'
import { PROBE } from '../mutants/probes.ts'

type Shared = Parameters<Watcher['migrated']>[0]

const RAN_HERE = `select funcid::regproc::text as name from pg_stat_xact_user_functions`
const RAN = `select funcid::regproc::text as name from pg_stat_user_functions`

/** See {@link Watcher}. While `records` is off, it costs nothing. */
export class Recorder implements Watcher {
  records = false
  readonly ran = new Set<string>()
  readonly words = new Set<string>()
  readonly steps = new Set<number>()
  readonly #shared: Shared[] = []

  clear(): void {
    this.ran.clear()
    this.words.clear()
    this.steps.clear()
  }

  migrated(database: Shared): void {
    this.#shared.push(database)
  }

  /** Drops the databases that claims share: the next claim gets one of the migrations on trial. */
  async renew(): Promise<void> {
    for (const database of this.#shared) await database.close()
  }

  watch(engine: Engine): Engine {
    return { ...engine, open: async (options) => this.#database(await engine.open(options)) }
  }

  #database(database: Database): Database {
    return {
      ...database,
      connect: async () => this.#session(await database.connect()),
      close: async () => {
        if (this.records) await this.#noteAll(database)
        await database.close()
      },
    }
  }

  #session(session: Session): Session {
    const note = (text: string) => {
      if (this.records) for (const [word] of text.matchAll(/\w{3,}/g)) this.words.add(word.toLowerCase())
    }
    session.onNotice(({ message }) => {
      if (message.startsWith(PROBE)) this.steps.add(Number(message.slice(PROBE.length)))
    })
    return {
      ...session,
      // A claim on notices hears what it would without probes.
      onNotice: (listener) =>
        session.onNotice((notice) => {
          if (!notice.message.startsWith(PROBE)) listener(notice)
        }),
      query: async (text, values) => {
        note(text)
        if (this.records && text === 'rollback') await this.#note(session, RAN_HERE)
        return session.query(text, values)
      },
      lookUp: (text, values) => {
        note(text)
        return session.lookUp(text, values)
      },
      answer: (text, values) => {
        note(text)
        return session.answer(text, values)
      },
      run: (script) => {
        note(script)
        return session.run(script)
      },
    }
  }

  async #noteAll(database: Database): Promise<void> {
    const session = await database.connect()
    await this.#note(session, RAN)
    await session.close()
  }

  /** A transaction that has failed answers nothing: what it did is then known from the words alone. */
  async #note(session: Session, query: string): Promise<void> {
    const rows = await session.query(query).catch(() => [])
    for (const { name } of rows) if (name) this.ran.add(name)
  }
}
