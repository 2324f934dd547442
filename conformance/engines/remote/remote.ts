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
    const engine = at(givenUrl())
    const session = await connectRemote(givenUrl())
    try {
      await mustBeOurs(session)
    } finally {
      await session.close()
    }
    return { ...engine, ticket: '', stop: async () => {} }
  },
  // Each worker has the environment of the one that started it.
  join: async () => at(givenUrl()),
  remains: async () => [],
}

function at(database: string): Engine {
  const { hostname } = new URL(database)
  const onlyRead: Reason = `not run: ${hostname} may only be read; CONFORMANCE_REMOTE_MAY_WRITE=${hostname} lets tests write and roll back`
  return {
    name: remote.name,
    lacks: remote.lacks,
    ...(mayWrite(database) ? {} : { readOnly: onlyRead }),
    open: async (options) => open(database, options),
  }
}

async function open(
  database: string,
  { holds = 'migrations', pgtap = false }: OpenOptions = {},
): Promise<Database> {
  if (holds === 'platform' || pgtap) throw new Unavailable(`${ONLY_ONE}.`)
  return { connect: () => connectRemote(database), close: async () => {} }
}

/** The URL that was given. Throws {@link Unavailable} when none was, or when the second key is for another host. */
function givenUrl(): string {
  const text = url()
  if (!text) throw new Unavailable('CONFORMANCE_REMOTE_URL is not set: it is the URL of a migrated database.')
  if (!URL.canParse(text))
    throw new Unavailable(
      'CONFORMANCE_REMOTE_URL is not of the form postgresql://user:password@host:port/database.',
    )
  const key = process.env['CONFORMANCE_REMOTE_MAY_WRITE']
  const { hostname } = new URL(text)
  if (key && key !== hostname)
    throw new Unavailable(
      `CONFORMANCE_REMOTE_MAY_WRITE is ${key}, but CONFORMANCE_REMOTE_URL leads to ${hostname}.`,
    )
  return text
}

function url(): string | undefined {
  return process.env['CONFORMANCE_REMOTE_URL'] || undefined
}

function mayWrite(database: string): boolean {
  return process.env['CONFORMANCE_REMOTE_MAY_WRITE'] === new URL(database).hostname
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
