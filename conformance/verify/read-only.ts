import { type Session, Unavailable } from '../engines/index.ts'

/**
 * By this name logs and `pg_stat_activity` know a verification. It is set within the transaction, not at connect: a pooler
 * would put it on the server's connection, where it would stay for whoever comes next and says no name.
 */
const APPLICATION_NAME = 'phase1-verification'
/** Of Postgres 15, the oldest that the migrations are tried on. */
const OLDEST = 150_000
const LOCK_TIMEOUT_MS = 5_000
const IDLE_TIMEOUT_MS = 60_000
const TRANSACTION_TIMEOUT_MS = 600_000

export interface Limits {
  /** How long one statement may take. */
  readonly statementTimeoutMs?: number
  /** The oldest version of the server that can be judged, as `server_version_num` has it. */
  readonly oldestVersion?: number
}

/**
 * Runs `work` in one transaction that cannot write, sees one state of the database throughout, and gives up rather than
 * wait: a verification must not stand in anybody's way. Nothing outlives the transaction, also not in the connection of a
 * pooler. Throws {@link Unavailable} when the transaction that was begun is not what was asked for.
 */
export async function inReadOnlyTransaction<T>(
  session: Session,
  work: () => Promise<T>,
  { statementTimeoutMs = 30_000, oldestVersion = OLDEST }: Limits = {},
): Promise<T> {
  await session.query('begin transaction isolation level repeatable read, read only')
  try {
    await limit(session, statementTimeoutMs)
    await mustBeReadOnly(session, oldestVersion)
    return await work()
  } finally {
    // Where the connection is lost, the server has rolled back, and what was thrown says why.
    await session.query('rollback').catch((error: unknown) => {
      if (!(error instanceof Unavailable)) throw error
    })
  }
}

async function mustBeReadOnly(session: Session, oldestVersion: number): Promise<void> {
  const [is] = await session.query(
    `select current_setting('transaction_read_only') as read_only, current_setting('transaction_isolation') as isolation,
            current_setting('server_version_num') as number, current_setting('server_version') as version`,
  )
  if (is?.['read_only'] !== 'on' || is['isolation'] !== 'repeatable read')
    throw new Unavailable(
      'The session is not read-only though it was told to be, so nothing was run in it: connect to the database directly, not through what stands between.',
    )
  if (Number(is['number']) < oldestVersion)
    throw new Unavailable(
      `Postgres ${is['version']} is too old to be verified: the migrations need ${Math.floor(oldestVersion / 10_000)} or newer.`,
    )
}

/** Settings for this transaction alone: what `set local` does, in one statement, and without those a version does not know. */
async function limit(session: Session, statementTimeoutMs: number): Promise<void> {
  const settings = {
    application_name: APPLICATION_NAME,
    statement_timeout: statementTimeoutMs,
    // Well below the other: whichever strikes first decides what is said.
    lock_timeout: Math.min(LOCK_TIMEOUT_MS, Math.ceil(statementTimeoutMs / 2)),
    idle_in_transaction_session_timeout: IDLE_TIMEOUT_MS,
    transaction_timeout: TRANSACTION_TIMEOUT_MS,
    search_path: '',
  }
  await session.query(
    `select set_config(wanted.name, wanted.value, true) from unnest($1::text[], $2::text[]) as wanted (name, value)
     where current_setting(wanted.name, true) is not null`,
    [Object.keys(settings), Object.values(settings)],
  )
}
