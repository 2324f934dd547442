import { randomBytes } from 'node:crypto'
import type { Database, OpenOptions, Session } from '../engine.ts'
import { connectSession } from '../pg-session.ts'
import type { AppliedBy } from './contents.ts'
import { asAdmin, asPostgres, type Place, urlOf } from './place.ts'
import { cloning, ensureTemplate } from './template.ts'

/** What databases of a server are opened as when nothing else is said, and how their sessions get there. */
export interface Mode {
  readonly regime?: NonNullable<OpenOptions['regime']>
  readonly appliedBy?: AppliedBy
}

/** The databases of one server, seen from one process. */
export interface Databases {
  open(options?: OpenOptions): Promise<Database>
  /** Gives back the connection that opening keeps. The databases stay. */
  leave(): Promise<void>
}

/** Opens databases on a server: each a copy of a template that is built when it is first asked for. */
export function databasesOf(place: Place, sessions: Place, mode: Mode): Databases {
  let admin: Promise<Session> | undefined
  const asked = new Map<string, Promise<string>>()

  const connected = () => {
    admin ??= connectSession(asAdmin(place))
    return admin
  }
  /** Asks the server for a template once; what it is made of is read each time. */
  const template = async (holds: 'migrations' | 'platform', regime: 'open' | 'closed') => {
    const contents = { holds, regime, appliedBy: mode.appliedBy ?? 'suite' }
    return ensureTemplate(await connected(), place, contents, asked)
  }
  return {
    async open({ holds = 'migrations', regime = mode.regime ?? 'closed', name } = {}) {
      const database = name ?? `${holds}_${randomBytes(6).toString('hex')}`
      const from = await template(holds, regime)
      await (await connected()).run(cloning(from, database))
      return {
        url: urlOf(sessions, database),
        connect: () => connectSession(asPostgres(sessions, database)),
        close: async () => (await connected()).run(`drop database if exists ${database} with (force)`),
      }
    },
    async leave() {
      const session = await admin
      admin = undefined
      await session?.close()
    },
  }
}
