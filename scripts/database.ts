/** What verbs share that read a database, or start one with the migrations where none is named: options and opening. */
import { type Command, Option } from 'commander'
import type { Asked, Connection, Redaction } from '../conformance/connection/index.ts'
import type { Database, Migration, RunningEngine, Session } from '../conformance/engines/index.ts'
import { asSeconds } from './seconds.ts'
import { say } from './verb.ts'

/** What the options come to that name a database. */
export interface TargetOptions extends Asked {
  readonly workdir?: string
  readonly timeout?: number
}

/** What the options come to. */
export interface DatabaseOptions extends TargetOptions {
  readonly engine?: string
}

/** What Supabase runs, and what starts quickest. */
export const DEFAULT_ENGINE = 'embedded-17'
/** What starts wherever Node does, where the default does not. */
const FALLBACK_ENGINE = 'pglite'
const CONNECT_SECONDS = 10
const STATEMENT_SECONDS = 60

/** The options that name an existing database, or say how it is reached. */
const OF_AN_EXISTING = ['dbUrl', 'linked', 'existing', 'envFile', 'ca', 'insecureTls', 'plaintext']

/** The options of a database, whatever it is: what needs none conflicts with them, for they would be ignored in silence. */
export const OF_A_DATABASE: readonly string[] = ['engine', ...OF_AN_EXISTING]

/** Gives a verb the options that say which database. */
export function addDatabaseOptions(command: Command): Command {
  return addTargetOptions(
    command.addOption(
      new Option(
        '--engine <name>',
        `without a database: the engine to start, with the migrations in it (default: ${DEFAULT_ENGINE})`,
      ).conflicts(OF_AN_EXISTING),
    ),
    'An existing database, which is only read:',
  )
}

/** Gives a verb the options that name an existing database; `heading` says what is done to it. */
export function addTargetOptions(command: Command, heading: string): Command {
  return command
    .optionsGroup(heading)
    .addOption(
      new Option(
        '--db-url <url>',
        'its URL; better in DATABASE_URL, where no list of processes shows it',
      ).conflicts(['linked', 'existing', 'envFile']),
    )
    .addOption(
      new Option('--linked', 'that of the Supabase project that `supabase link` has linked').conflicts(
        'existing',
      ),
    )
    .option('--env-file <file>', 'what DATABASE_URL or the PG* variables in this file name')
    .option('--existing', 'what PG* variables, .env.local, .env or a linked project name, in this order')
    .option('--workdir <folder>', 'where .env files and supabase/.temp are (default: this folder)')
    .option(
      '--timeout <seconds>',
      'how long connecting (default: 10) or one statement (60) may take',
      asSeconds,
    )
    .option('--ca <file>', 'certificates of the authority to trust (PEM), also from PGSSLROOTCERT')
    .addOption(
      new Option('--insecure-tls', 'encrypt, but take whoever answers').conflicts(['ca', 'plaintext']),
    )
    .addOption(new Option('--plaintext', 'send everything, the password too, unprotected').conflicts('ca'))
}

/** What a new database holds. */
export interface Fresh {
  /** Whether a new one is wanted, whatever is named. */
  readonly isFresh?: boolean
  /** Default: those of this checkout. */
  readonly migrations?: readonly Migration[]
  /** Is run after the migrations, and before it is only read. */
  readonly prepare?: (session: Session) => Promise<void>
}

/** Where a database came from. */
export interface Opened {
  readonly session: Session
  /** What reports call it. */
  readonly name: string
  readonly isFresh: boolean
}

/**
 * Does `work` in a read-only transaction of the database that is named, or of a new one that holds the migrations; of those
 * only the ones that `holds` lets through.
 */
export async function withDatabase<T>(
  command: Command,
  secrets: Redaction,
  work: (opened: Opened) => Promise<T>,
  fresh: Fresh = {},
): Promise<T> {
  const { engine, workdir = '.', timeout, ...asked } = command.opts<DatabaseOptions>()
  const { findConnection, ignoredSources } = await import('../conformance/connection/index.ts')
  // Whoever names an engine wants a fresh database, whatever the environment says.
  const isFresh = fresh.isFresh || command.getOptionValueSource('engine') === 'cli'
  const around = { variables: process.env, folder: workdir }
  const connection = isFresh ? undefined : await findConnection(asked, around)
  const { inReadOnlyTransaction } = await import('../conformance/verify/index.ts')
  if (connection) {
    secrets.learn(connection.password, [connection.user, connection.database])
    say(`The database is from ${connection.source}.`)
    const { connectRemote } = await import('../conformance/engines/index.ts')
    const session = await connectRemote(connection, { timeoutMs: (timeout ?? CONNECT_SECONDS) * 1000 })
    try {
      return await inReadOnlyTransaction(session, () => work({ session, name: 'database', isFresh: false }), {
        statementTimeoutMs: (timeout ?? STATEMENT_SECONDS) * 1000,
      })
    } finally {
      await session.close()
    }
  }
  const unused = isFresh ? [] : ignoredSources(around)
  if (unused.length > 0) say(`Not used without --existing: ${unused.join(', ')}.`)
  return withFresh(engine, fresh, (session, name) =>
    inReadOnlyTransaction(session, () => work({ session, name, isFresh: true })),
  )
}

/** An existing database: how it is reached, and a way to do something in a read-only transaction of it. */
export interface ExistingTarget {
  readonly connection: Connection
  readonly reading: <T>(work: (session: Session) => Promise<T>) => Promise<T>
}

/** The database that is named; nothing where none is. */
export async function existingTarget(
  command: Command,
  secrets: Redaction,
): Promise<ExistingTarget | undefined> {
  const connection = await targetConnection(command, secrets)
  if (!connection) return undefined
  const { timeout } = command.opts<TargetOptions>()
  const [{ connectRemote }, { inReadOnlyTransaction }] = await Promise.all([
    import('../conformance/engines/index.ts'),
    import('../conformance/verify/index.ts'),
  ])
  return {
    connection,
    reading: async (work) => {
      const session = await connectRemote(connection, { timeoutMs: (timeout ?? CONNECT_SECONDS) * 1000 })
      try {
        return await inReadOnlyTransaction(session, () => work(session), {
          statementTimeoutMs: (timeout ?? STATEMENT_SECONDS) * 1000,
          // One that is too old is a finding.
          oldestVersion: 0,
        })
      } finally {
        await session.close()
      }
    },
  }
}

/** How the database that is named is reached, said in words; nothing where none is named. */
export async function targetConnection(
  command: Command,
  secrets: Redaction,
): Promise<Connection | undefined> {
  const { workdir = '.', timeout, ...asked } = command.opts<TargetOptions>()
  const { findConnection, ignoredSources } = await import('../conformance/connection/index.ts')
  const around = { variables: process.env, folder: workdir }
  const connection = await findConnection(asked, around)
  if (connection) {
    secrets.learn(connection.password, [connection.user, connection.database])
    say(`The database is from ${connection.source}.`)
    return connection
  }
  const unused = ignoredSources(around)
  if (unused.length > 0) say(`Not used without --existing: ${unused.join(', ')}.`)
  return undefined
}

/** Starts the default engine, or the one that starts wherever Node does where that cannot be had, and says so. */
export async function startDefault(): Promise<RunningEngine> {
  const { engineNamed, Unavailable } = await import('../conformance/engines/index.ts')
  try {
    return await engineNamed(DEFAULT_ENGINE).start()
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    say(`${DEFAULT_ENGINE} does not start here, so ${FALLBACK_ENGINE} does. ${error.message}`)
    return engineNamed(FALLBACK_ENGINE).start()
  }
}

async function withFresh<T>(
  asked: string | undefined,
  { migrations: wanted, prepare }: Fresh,
  work: (session: Session, name: string) => Promise<T>,
): Promise<T> {
  const { engineNamed, migrations } = await import('../conformance/engines/index.ts')
  if (asked !== undefined && engineNamed(asked).lacks['bare-platform'])
    throw new Error(`The engine ${asked} makes no database of its own: name another.`)
  const engine = asked === undefined ? await startDefault() : await engineNamed(asked).start()
  let database: Database | undefined
  try {
    const isWhole = wanted === undefined || sameFiles(wanted, migrations())
    database = await engine.open({ holds: isWhole ? 'migrations' : 'platform' })
    const session = await database.connect()
    if (!isWhole) for (const { sql } of wanted) await session.run(sql)
    if (prepare) {
      await session.query('begin')
      await prepare(session)
      await session.query('commit')
    }
    return await work(session, engine.name)
  } finally {
    await database?.close()
    await engine.stop()
  }
}

function sameFiles(some: readonly Migration[], others: readonly Migration[]): boolean {
  return some.length === others.length && some.every(({ sql }, index) => sql === others[index]?.sql)
}
