import { type Connection, connectionOfUrl } from '../../connection/index.ts'
import {
  type Database,
  type Engine,
  type EngineKind,
  type OpenOptions,
  type Reason,
  type Session,
  Unavailable,
} from '../engine.ts'
import { connectRemote } from './connect-remote.ts'

const ONLY_ONE = 'not applicable: a remote engine is given one database, and makes no other'

/**
 * A migrated database that somebody else runs: `CONFORMANCE_REMOTE_URL`. Every test is rolled back. Unless
 * `CONFORMANCE_REMOTE_MAY_WRITE` names its host, the transactions are read-only, too: a test that would write is not run.
 */
export const remote: EngineKind = {
  name: 'remote',
  lacks: {
    'own-database': ONLY_ONE,
    'two-sessions': ONLY_ONE,
    'bare-platform': ONLY_ONE,
    pgtap: ONLY_ONE,
    'own-cluster': ONLY_ONE,
    'own-processes': ONLY_ONE,
    network: ONLY_ONE,
  },
  whyNot: async () =>
    url() ? undefined : 'CONFORMANCE_REMOTE_URL is not set: it is the URL of a migrated database',
  async start() {
    const connection = await givenConnection()
    const session = await connectRemote(connection)
    try {
      await mustBeOurs(session)
    } finally {
      await session.close()
    }
    return { ...at(connection), ticket: '', stop: async () => {} }
  },
  // Each worker has the environment of the one that started it.
  join: async () => at(await givenConnection()),
  remains: async () => [],
}

function at(connection: Connection): Engine {
  const { host } = connection
  const onlyRead: Reason = `not run: ${host} may only be read; CONFORMANCE_REMOTE_MAY_WRITE=${host} lets tests write and roll back`
  return {
    name: remote.name,
    lacks: remote.lacks,
    ...(process.env['CONFORMANCE_REMOTE_MAY_WRITE'] === host ? {} : { readOnly: onlyRead }),
    open: async (options) => open(connection, options),
  }
}

async function open(
  connection: Connection,
  { holds = 'migrations', pgtap = false, prepare = '' }: OpenOptions = {},
): Promise<Database> {
  if (holds === 'platform' || pgtap || prepare) throw new Unavailable(`${ONLY_ONE}.`)
  return { connect: () => connectRemote(connection), close: async () => {} }
}

/**
 * What was given, protected as {@link connectionOfUrl} says. A key that names the host allows what a URL alone does not.
 * Throws an error of one sentence when no URL was given, or when a key is for another host.
 */
async function givenConnection(): Promise<Connection> {
  const text = url()
  if (!text) throw new Unavailable('CONFORMANCE_REMOTE_URL is not set: it is the URL of a migrated database.')
  const connection = await connectionOfUrl(text, 'CONFORMANCE_REMOTE_URL', {
    variables: process.env,
    plaintext: Boolean(process.env['CONFORMANCE_REMOTE_PLAINTEXT']),
  })
  for (const name of ['CONFORMANCE_REMOTE_MAY_WRITE', 'CONFORMANCE_REMOTE_PLAINTEXT']) {
    const key = process.env[name]
    if (key && key !== connection.host)
      throw new Unavailable(`${name} is ${key}, but CONFORMANCE_REMOTE_URL leads to ${connection.host}.`)
  }
  return connection
}

function url(): string | undefined {
  return process.env['CONFORMANCE_REMOTE_URL'] || undefined
}

/** Throws {@link Unavailable} unless the suite can say something about this database. */
async function mustBeOurs(session: Session): Promise<void> {
  const [row] = await session.query(
    `select session_user as login, to_regnamespace('copilot_internal') is not null as migrated`,
  )
  if (row?.['login'] !== 'postgres')
    throw new Unavailable(
      `The suite runs as postgres, but CONFORMANCE_REMOTE_URL logs in as ${row?.['login']}.`,
    )
  if (row['migrated'] !== 't')
    throw new Unavailable(
      'The database of CONFORMANCE_REMOTE_URL is not migrated: apply supabase/migrations first.',
    )
}
