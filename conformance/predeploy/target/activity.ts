/** What goes on at the target now: whoever holds a lock for long makes a migration wait, and everybody else behind it. */
import type { Session } from '../../engines/index.ts'
import { type StepResult, type Trouble, together, unchecked } from '../step.ts'
import { claim, judgedBy, PLATFORM_SCHEMAS, SYSTEM } from './claims.ts'

/** A transaction that has been open for longer than this is in the way. */
const LONG_SECONDS = 60

const LONG = claim('long-transactions', 'no transaction has been open for long')
const BLOCKERS = claim('blockers', 'nobody waits for a lock')
const PREPARED = claim('prepared-transactions', 'no prepared transaction holds locks')
const CONNECTIONS = claim('connections', 'there is room for more connections')

/** All claims about the moment. */
export async function activityStep(session: Session, longSeconds = LONG_SECONDS): Promise<StepResult> {
  return together([
    await longStep(session, longSeconds),
    await judgedBy(session, BLOCKERS, blockers),
    await judgedBy(session, PREPARED, prepared),
    await judgedBy(session, CONNECTIONS, connections),
  ])
}

/** Whoever may not see what others do sees no start of theirs: that is no proof that there is none. */
async function longStep(session: Session, longSeconds: number): Promise<StepResult> {
  const [me] = await session.query(
    `select current_user as role, pg_has_role('pg_read_all_stats', 'usage') or r.rolsuper as sees
     from pg_catalog.pg_roles as r where r.rolname = current_user`,
  )
  if (me?.['sees'] === 't') return judgedBy(session, LONG, (asked) => longTransactions(asked, longSeconds))
  return unchecked(
    LONG,
    new Error(
      `${me?.['role']} does not see what other roles do: \`grant pg_monitor to ${me?.['role']}\`, or connect as postgres.`,
    ),
  )
}

async function longTransactions(session: Session, longSeconds: number): Promise<Trouble[]> {
  const rows = await session.query(
    `select a.pid::text as pid, coalesce(a.usename, a.backend_type) as who, coalesce(nullif(a.application_name, ''), 'no name') as program,
            a.state, floor(extract(epoch from clock_timestamp() - a.xact_start))::text as seconds,
            coalesce((
              select string_agg(distinct c.oid::regclass::text, ', ') from pg_catalog.pg_locks as l
              join pg_catalog.pg_class as c on c.oid = l.relation
              join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
              where l.pid = a.pid and l.granted and l.locktype = 'relation' and c.relkind in ('r', 'p', 'm')
                and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = current_database())
                and not ${SYSTEM} and n.nspname <> all ($2)
            ), '') as tables
     from pg_catalog.pg_stat_activity as a
     where a.datname = current_database() and a.pid <> pg_backend_pid() and a.backend_type = 'client backend'
       and a.xact_start < clock_timestamp() - make_interval(secs => $1::int)
     order by a.xact_start`,
    [longSeconds, PLATFORM_SCHEMAS],
  )
  return rows.map(({ pid, who, program, state, seconds, tables }) => ({
    objects: [`process ${pid} (${who}, ${program})`],
    reason: `Its transaction has been open for ${seconds} s and is ${state}${tables ? `; it holds locks on ${tables}` : ''}: a migration that needs one of its tables waits, and all that comes later waits behind the migration.`,
    hint: `Wait until it ends. If nobody needs it: \`select pg_terminate_backend(${pid})\`.`,
  }))
}

async function blockers(session: Session): Promise<Trouble[]> {
  const rows = await session.query(
    `select l.pid::text as pid, coalesce(l.relation::regclass::text, l.locktype) as what, l.mode,
            array_to_string(pg_blocking_pids(l.pid), ', ') as by
     from pg_catalog.pg_locks as l
     where not l.granted and (l.database = 0 or l.database is null
       or l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = current_database()))
       and cardinality(pg_blocking_pids(l.pid)) > 0
     order by 1`,
  )
  return rows.map(({ pid, what, mode, by }) => ({
    objects: [`process ${pid}`],
    reason: `It waits for ${mode} on ${what}, which process ${by} holds or waits for before it.`,
    hint: "Wait until the queue is gone: `select * from pg_stat_activity where wait_event_type = 'Lock'` shows it.",
  }))
}

async function prepared(session: Session): Promise<Trouble[]> {
  const rows = await session.query(
    `select gid, floor(extract(epoch from clock_timestamp() - prepared))::text as seconds
     from pg_catalog.pg_prepared_xacts where database = current_database() order by prepared`,
  )
  return rows.map(({ gid, seconds }) => ({
    objects: [`prepared transaction ${gid}`],
    reason: `It was prepared ${seconds} s ago and holds its locks until somebody ends it.`,
    hint: `\`commit prepared '${gid}'\` or \`rollback prepared '${gid}'\`, whichever its owner says.`,
  }))
}

/** A deploy takes two connections, and must not take the last. */
async function connections(session: Session): Promise<Trouble[]> {
  const [row] = await session.query(
    `select sum(d.numbackends)::int as used,
            current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as room
     from pg_catalog.pg_stat_database as d`,
  )
  const [used, room] = [Number(row?.['used'] ?? 0), Number(row?.['room'] ?? 0)]
  const left = room - used
  if (left >= Math.max(3, room * 0.1)) return []
  return [
    {
      objects: ['max_connections'],
      have: `${used} of ${room} connections in use`,
      want: 'a tenth of them free',
      reason: 'The connections are nearly used up.',
      hint: 'Close what is idle, or wait: a deploy needs two of its own, and the application the rest.',
      severity: left < 3 ? 'error' : 'warning',
    },
  ]
}
