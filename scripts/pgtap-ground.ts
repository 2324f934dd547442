/** Where `npm run pgtap` runs its files: an engine with a project in it, or somebody's own database. */
import { findConnection, isLoopback, type Redaction } from '../conformance/connection/index.ts'
import {
  connectRemote,
  engineNamed,
  type OpenOptions,
  type Regime,
  Unavailable,
} from '../conformance/engines/index.ts'
import {
  applyProject,
  keptClean,
  type Project,
  type RunOptions,
  type StandIns,
} from '../conformance/pgtap-files/index.ts'
import type { Server } from '../conformance/report/index.ts'
import { say } from './verb.ts'

export interface GroundOptions {
  readonly engine?: string
  readonly holds?: 'migrations' | 'platform'
  readonly regime?: Regime
  readonly dbUrl?: string
  /** The host of `dbUrl`, named a second time. */
  readonly host?: string
}

/** What a run stands on. */
export interface Ground {
  readonly engine: string
  readonly holds: 'migrations' | 'platform' | 'project' | 'database'
  readonly run: Pick<RunOptions, 'open' | 'prepare' | 'regime' | 'standsIn'>
  /** The stand-ins that the run has met so far. */
  readonly standIns: StandIns
  server(): Promise<Server>
  stop(): Promise<void>
}

/** From this day on, new projects give the API roles nothing of what is made in `public`. */
const CLOSED_SINCE = '20260530'

/** Starts what is asked for. Throws {@link Unavailable} when it cannot be had. */
export async function groundFor(
  options: GroundOptions,
  project: Project | undefined,
  secrets: Redaction,
): Promise<Ground> {
  return options.dbUrl === undefined ? onEngine(options, project) : onDatabase(options, secrets)
}

async function onEngine(options: GroundOptions, project: Project | undefined): Promise<Ground> {
  const name = options.engine ?? engineFor(project)
  const regime = options.regime ?? regimeFor(project)
  const holds = options.holds ?? (project ? 'platform' : 'migrations')
  const engine = await engineNamed(name).start()
  const standIns: Record<string, string> = {}
  const contents: OpenOptions = {
    holds: holds === 'platform' ? 'supabase' : 'migrations',
    pgtap: true,
    ...(regime ? { regime } : {}),
  }
  return {
    engine: name,
    holds: project ? 'project' : holds,
    standIns,
    run: {
      open: () => engine.open(contents),
      ...(project ? { prepare: (session) => applyProject(project, session, () => {}) } : {}),
      ...(regime ? { regime } : {}),
      standsIn: (met) => Object.assign(standIns, met),
    },
    async server() {
      const database = await engine.open(contents)
      const session = await database.connect()
      const [row] = await session.query('show server_version')
      await session.close()
      await database.close()
      return { engine: name, version: row?.['server_version'] ?? 'unknown', ...(regime ? { regime } : {}) }
    },
    stop: () => engine.stop(),
  }
}

/** The engine that has what a project needs. */
function engineFor(project: Project | undefined): string {
  if (!project) return 'embedded-17'
  if (project.extensions.has('vector')) {
    say(
      'The project uses vector: its files run on pglite, which has the real extension. --engine chooses another.',
    )
    return 'pglite'
  }
  const major = Math.min(Math.max(project.major, 15), 18)
  if (major !== project.major) say(`There is no PostgreSQL ${project.major} here: the files run on ${major}.`)
  return `embedded-${major}`
}

/** A project has the privileges of the day when it was begun. */
function regimeFor(project: Project | undefined): Regime | undefined {
  if (!project) return undefined
  return (project.since ?? CLOSED_SINCE) < CLOSED_SINCE ? 'open' : 'closed'
}

async function onDatabase({ dbUrl = '', host }: GroundOptions, secrets: Redaction): Promise<Ground> {
  const connection = await findConnection({ dbUrl }, { variables: process.env, folder: '.' })
  if (!connection) throw new Unavailable('--db-url names no database.')
  secrets.learn(connection.password, [connection.user, connection.database])
  if (!isLoopback(connection.host) && host !== connection.host)
    throw new Error(
      `${connection.host} is not this machine. Files are rolled back there, but they run: to mean it, add --host ${connection.host}.`,
    )
  return {
    engine: 'remote',
    holds: 'database',
    standIns: {},
    run: { open: async () => keptClean(() => connectRemote(connection)) },
    async server() {
      const session = await connectRemote(connection)
      const [row] = await session.query('show server_version')
      await session.close()
      return { engine: 'remote', version: row?.['server_version'] ?? 'unknown' }
    },
    stop: async () => {},
  }
}
