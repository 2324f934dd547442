import { randomBytes } from 'node:crypto'
import type { Database, OpenOptions, Session } from '../engine.ts'
import { connectSession } from '../pg-session.ts'
import type { AppliedBy } from './contents.ts'
import { asAdmin, asPostgres, type ServerAddress, urlOf } from './server-address.ts'
import { cloning, exists, Templates } from './template.ts'

/** What databases of a server are opened as when nothing else is said, and how their sessions get there. */
export interface Mode {
  readonly regime?: NonNullable<OpenOptions['regime']>
  readonly appliedBy?: AppliedBy
  /** Whether sessions share processes of the server. */
  readonly pooled?: boolean
}

/** The databases of one server, seen from one process. */
export interface Databases {
  open(options?: OpenOptions): Promise<Database>
  /** Gives back the connection that opening keeps. The databases stay. */
  leave(): Promise<void>
}

/** Opens databases on a server: each a copy of a template that is built when it is first asked for. */
export function databasesOf(place: ServerAddress, sessions: ServerAddress, mode: Mode): Databases {
  let held: Promise<{ admin: Session; templates: Templates }> | undefined
  const hold = async () => {
    const admin = await connectSession(asAdmin(place))
    return { admin, templates: new Templates(admin, place) }
  }
  const holding = () => {
    held ??= hold().catch((error: unknown) => {
      held = undefined // what could not be had once is asked for again
      throw error
    })
    return held
  }
  const opened = (database: string, admin: Session): Database => ({
    url: urlOf(sessions, database),
    connect: () => connectSession(asPostgres(sessions, database), { keepsPlans: !mode.pooled }),
    async copy() {
      const copy = `copy_${randomBytes(6).toString('hex')}`
      await admin.query(cloning(database, copy))
      await admin.query(
        `insert into pg_db_role_setting
         select (select oid from pg_database where datname = $2), setrole, setconfig from pg_db_role_setting
         where setdatabase = (select oid from pg_database where datname = $1)`,
        [database, copy],
      )
      return opened(copy, admin)
    },
    close: async () => {
      await admin.query(`drop database if exists ${database} with (force)`)
    },
  })
  return {
    async open(options = {}) {
      const {
        holds = 'migrations',
        regime = mode.regime ?? 'closed',
        pgtap = false,
        prepare = '',
        name,
      } = options
      const { admin, templates } = await holding()
      const appliedBy = mode.appliedBy ?? 'suite'
      const template = await templates.ensure({ holds, regime, pgtap, prepare, appliedBy })
      const database = name ?? `${holds}_${randomBytes(6).toString('hex')}`
      const found = name !== undefined && (await exists(admin, name))
      if (!found) await admin.query(cloning(template, database))
      return { found, ...opened(database, admin) }
    },
    async leave() {
      const left = await held
      held = undefined
      await left?.admin.close()
    },
  }
}
