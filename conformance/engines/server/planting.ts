/** Databases with a fault planted in them: the templates that the engine's own databases are then copied from. */
import type { Session } from '../engine.ts'
import { connectSession, during } from '../pg-session.ts'
import { type Migration, migrations } from '../product.ts'
import { type Contents, templateName } from './contents.ts'
import { asAdmin, asPostgres, type ServerAddress } from './server-address.ts'
import { Ticket } from './server-kind.ts'
import { cloning, exists, Templates } from './template.ts'

/** What a template with a fault is made from. */
export interface PlantingSource {
  /** Made from the first migrations, so many of them; absent: from all. */
  readonly after?: number
  /** What the role `postgres` runs there, one after the other. */
  readonly scripts: readonly string[]
}

/** Whose migrations, and what else the databases hold. */
export interface PlantingOptions {
  /** Default: our own. */
  readonly migrations?: readonly Migration[]
  /** Whether pgTAP is installed. */
  readonly pgtap?: boolean
}

const CONTENTS: Contents = {
  holds: 'migrations',
  regime: 'closed',
  appliedBy: 'suite',
  pgtap: false,
  prepare: '',
}

/** Plants faults on one server of our own. Opened while the migrations on trial are the real ones. */
export class Planting {
  readonly #place: ServerAddress
  readonly #admin: Session
  readonly #migrations: readonly Migration[]
  readonly #contents: Contents
  readonly #bases = new Map<number, Promise<string>>()

  private constructor(place: ServerAddress, admin: Session, options: PlantingOptions) {
    this.#place = place
    this.#admin = admin
    this.#migrations = options.migrations ?? migrations()
    this.#contents = { ...CONTENTS, pgtap: options.pgtap ?? false }
  }

  static async on(ticket: string, options: PlantingOptions = {}): Promise<Planting> {
    const { place } = Ticket.parse(JSON.parse(ticket))
    return new Planting(place, await connectSession(asAdmin(place)), options)
  }

  /** Makes a database of that name, with the fault. Throws what the server says when it refuses a script. */
  async plantAs(name: string, { after, scripts }: PlantingSource): Promise<void> {
    const base = await this.#base(after ?? this.#migrations.length)
    await this.#admin.run(`drop database if exists ${name} with (force)`)
    await this.#admin.run(cloning(base, name))
    await this.#run(name, scripts)
  }

  /**
   * Makes the template of the migrations that are on trial now, the changed ones. Throws what the server says when it refuses
   * a script. Answers the template's name.
   */
  async plant({ after, scripts }: PlantingSource): Promise<string> {
    const base = await this.#base(after ?? this.#migrations.length)
    const name = templateName(this.#contents)
    if (await exists(this.#admin, name)) throw new Error(`${name} is there already: nothing was changed.`)
    await this.#admin.run(cloning(base, name))
    try {
      await this.#run(name, scripts)
    } catch (error) {
      await this.uproot(name)
      throw error
    }
    await this.#admin.run(`alter database ${name} with is_template true allow_connections false`)
    return name
  }

  /** Drops a template. */
  async uproot(name: string): Promise<void> {
    await this.#admin.run(
      `alter database ${name} with is_template false; drop database if exists ${name} with (force)`,
    )
  }

  /** Ends every statement that runs in a database for a test, so that what waits for it goes on. */
  async interrupt(): Promise<void> {
    await this.#admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname like 'migrations\\_%' and pid <> pg_backend_pid()`,
    )
  }

  /** Drops the databases of tests that are left. */
  async sweep(): Promise<void> {
    const left = await this.#admin.query(
      `select datname as name from pg_database where datname like 'migrations\\_%'`,
    )
    for (const { name } of left) await this.#admin.run(`drop database if exists ${name} with (force)`)
  }

  async close(): Promise<void> {
    await this.#admin.close()
  }

  async #run(database: string, scripts: readonly string[]): Promise<void> {
    await during(connectSession(asPostgres(this.#place, database)), async (session) => {
      for (const script of scripts) await session.run(script)
    })
  }

  /** A database with the first `count` migrations, made once. */
  #base(count: number): Promise<string> {
    const made = this.#bases.get(count) ?? this.#make(count)
    this.#bases.set(count, made)
    return made
  }

  async #make(count: number): Promise<string> {
    const name = `planting_base_${count}`
    const holds = count === 0 ? 'platform' : 'migrations'
    const from =
      count === 0
        ? await new Templates(this.#admin, this.#place).ensure({ ...this.#contents, holds })
        : await this.#base(count - 1)
    await this.#admin.run(`drop database if exists ${name} with (force)`)
    await this.#admin.run(cloning(from, name))
    const migration = this.#migrations[count - 1]
    if (migration) await this.#run(name, [migration.sql])
    return name
  }
}
