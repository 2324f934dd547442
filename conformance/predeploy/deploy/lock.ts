/** One deploy at a time: an advisory lock of the target, held by a session that stays open while the CLI pushes by its own. */
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '../../engines/index.ts'

// Any two numbers will do, so long as every deploy takes the same.
const LOCK = [1_349_673_327, 1] as const
const LOOK_MS = 500
/** What the CLI’s sessions call themselves. */
const CLI_NAME = '@effect/sql-pg'

/** Takes the lock, or answers who holds it when it is still held after `waitMs`. */
export async function takeLock(
  session: Session,
  { waitMs, onWait, signal }: { waitMs: number; onWait: (holder: string) => void; signal: AbortSignal },
): Promise<{ readonly holder?: string }> {
  await session.query(`select set_config('application_name', $1, false)`, [
    `deploy by ${hostname()} (process ${process.pid})`.slice(0, 63),
  ])
  // Else a server that hangs up on idle sessions would let a second deploy in.
  await session.query(
    `select set_config(name, '0', false) from pg_catalog.pg_settings where name in ('idle_session_timeout', 'statement_timeout')`,
  )
  const until = Date.now() + waitMs
  let told = ''
  while (!(await tryLock(session))) {
    const holder = (await holderOf(session)) ?? 'somebody who has just let go of it'
    if (Date.now() >= until || signal.aborted) return { holder }
    if (told !== holder) onWait(holder)
    told = holder
    await sleep(LOOK_MS)
  }
  return {}
}

async function tryLock(session: Session): Promise<boolean> {
  const [row] = await session.query('select pg_try_advisory_lock($1::int, $2::int) as taken', LOCK)
  return row?.['taken'] === 't'
}

/** Whether this session still has the lock: behind a transaction-mode pooler, somebody else’s would. */
export async function holdsLock(session: Session): Promise<boolean> {
  const rows = await session.query(
    `select from pg_catalog.pg_locks as l where l.locktype = 'advisory' and l.granted and l.pid = pg_backend_pid()
       and l.classid = $1::int::oid and l.objid = $2::int::oid and l.objsubid = 2`,
    LOCK,
  )
  return rows.length > 0
}

async function holderOf(session: Session): Promise<string | undefined> {
  const [row] = await session.query(
    `select concat_ws(', ', coalesce(nullif(a.application_name, ''), 'a session without a name'), 'process ' || a.pid || ' of the server',
              'since ' || to_char(a.backend_start at time zone 'UTC', 'HH24:MI:SS') || ' UTC') as who
     from pg_catalog.pg_locks as l join pg_catalog.pg_stat_activity as a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.classid = $1::int::oid and l.objid = $2::int::oid and l.objsubid = 2
       and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = current_database())`,
    LOCK,
  )
  return row?.['who'] ?? undefined
}

/**
 * Waits until no session of the Supabase CLI is at work in the target: one whose program was killed may still end its
 * transaction. Answers whether there is none left.
 */
export async function withoutOtherPush(
  session: Session,
  { waitMs, onWait }: { waitMs: number; onWait: (pids: string) => void },
): Promise<boolean> {
  const until = Date.now() + waitMs
  for (let told = false; ; ) {
    const [row] = await session.query(
      `select string_agg(a.pid::text, ', ') as pids from pg_catalog.pg_stat_activity as a
       where a.datname = current_database() and a.application_name = $1`,
      [CLI_NAME],
    )
    const pids = row?.['pids']
    if (!pids) return true
    if (Date.now() >= until) return false
    if (!told) onWait(pids)
    told = true
    await sleep(LOOK_MS / 5)
  }
}
