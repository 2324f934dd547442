/** In what state the target is, whatever is deployed: what a migration would make worse, or stumble over. */
import type { Session } from '../../engines/index.ts'
import type { MigrationsFolder } from '../folder.ts'
import { type StepResult, type Trouble, together } from '../step.ts'
import { claim, judgedBy, PLATFORM_SCHEMAS, SYSTEM } from './claims.ts'

/** Of 2^31 transactions; the server stops at 2.1 thousand million. */
const WRAPAROUND = { warnAt: 500_000_000, failAt: 1_500_000_000 } as const
/** How much a slot may hold back by default: 1 GB. */
const SLOT_BYTES = 1_073_741_824

const OF_THE_PROJECT = `not ${SYSTEM} and n.nspname <> all ($1)`

/** All claims about the state. */
export async function healthStep(
  session: Session,
  folder: MigrationsFolder,
  slotBytes = SLOT_BYTES,
): Promise<StepResult> {
  return together([
    await judgedBy(session, claim('wraparound', 'no table is near the end of transaction ids'), wraparound),
    await judgedBy(session, claim('invalid-indexes', 'no index is invalid'), invalidIndexes),
    await judgedBy(
      session,
      claim(
        'unvalidated-constraints',
        'every constraint is validated, but those that the folder declares not valid',
      ),
      (asked) => unvalidated(asked, folder),
    ),
    await judgedBy(session, claim('replication-slots', 'no replication slot lags'), (asked) =>
      slots(asked, slotBytes),
    ),
  ])
}

async function wraparound(session: Session): Promise<Trouble[]> {
  const rows = await session.query(
    `select c.oid::regclass::text as name, age(c.relfrozenxid)::text as age from pg_catalog.pg_class as c
     where c.relkind in ('r', 'm', 't') and age(c.relfrozenxid) > $1::int order by age(c.relfrozenxid) desc limit 1`,
    [WRAPAROUND.warnAt],
  )
  return rows.map(({ name, age }) => ({
    objects: [name ?? ''],
    reason: `Its oldest row is ${age} transactions old; at 2,100,000,000 the server refuses to write.`,
    hint: 'Let autovacuum finish, or `vacuum (freeze)` it, before a migration takes its lock: an autovacuum against wraparound does not give way.',
    severity: Number(age) > WRAPAROUND.failAt ? 'error' : 'warning',
  }))
}

async function invalidIndexes(session: Session): Promise<Trouble[]> {
  const rows = await session.query(
    `select i.indexrelid::regclass::text as name, i.indrelid::regclass::text as of
     from pg_catalog.pg_index as i join pg_catalog.pg_class as c on c.oid = i.indexrelid
     join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     where not i.indisvalid and c.relkind = 'i' and ${OF_THE_PROJECT}
       and not exists (select from pg_catalog.pg_stat_progress_create_index as p where p.index_relid = i.indexrelid)
     order by 1`,
    [PLATFORM_SCHEMAS],
  )
  return rows.map(({ name, of }) => ({
    objects: [name ?? ''],
    reason: `It was left invalid on ${of}: every write pays for it and no query uses it, and \`create index if not exists\` passes over it.`,
    hint: `\`reindex index concurrently ${name}\`, or \`drop index concurrently ${name}\` and build it again.`,
  }))
}

async function unvalidated(session: Session, folder: MigrationsFolder): Promise<Trouble[]> {
  const rows = await session.query(
    `select k.conname as name, k.conrelid::regclass::text as of from pg_catalog.pg_constraint as k
     join pg_catalog.pg_namespace as n on n.oid = k.connamespace
     where not k.convalidated and k.contype in ('c', 'f', 'n') and k.conrelid <> 0 and ${OF_THE_PROJECT} order by 2, 1`,
    [PLATFORM_SCHEMAS],
  )
  const meant = notValidIn(folder)
  return rows
    .filter(({ name }) => !meant.has(name ?? ''))
    .map(({ name, of }) => ({
      objects: [`constraint ${name} on ${of}`],
      reason: 'It was never validated: older rows may break it.',
      hint: `\`alter table ${of} validate constraint "${name}"\`, which lets reads and writes pass.`,
      severity: 'warning',
    }))
}

/** Constraints that the folder leaves not valid, also from within a block of code, where no parser sees them. */
export function notValidIn({ files }: MigrationsFolder): Set<string> {
  const names = new Set<string>()
  for (const { sql } of files)
    for (const [, added, validated] of sql.matchAll(
      /\badd\s+constraint\s+"?(\w+)"?(?=[^;]*?\bnot\s+valid\b)|\bvalidate\s+constraint\s+"?(\w+)"?/gi,
    )) {
      if (added) names.add(added)
      if (validated) names.delete(validated)
    }
  return names
}

async function slots(session: Session, slotBytes: number): Promise<Trouble[]> {
  const rows = await session.query(
    `select s.slot_name as name, s.active::text as active, coalesce(s.wal_status, 'unknown') as status,
            pg_size_pretty(pg_wal_lsn_diff(here.lsn, s.restart_lsn)) as behind
     from pg_catalog.pg_replication_slots as s,
          -- A standby writes nothing, and has no current position.
          (select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end as lsn) as here
     where s.wal_status in ('unreserved', 'lost') or pg_wal_lsn_diff(here.lsn, s.restart_lsn) > $1::bigint
     order by 1`,
    [slotBytes],
  )
  return rows.map(({ name, active, status, behind }) => ({
    objects: [`replication slot ${name}`],
    reason: `It is ${behind ?? 'an unknown amount'} behind (${status}, ${active === 'true' ? 'active' : 'nobody reads it'}): a migration that rewrites tables makes that more, and may fill the disk.`,
    hint: `Let its reader catch up. If there is none any more: \`select pg_drop_replication_slot('${name}')\`.`,
    severity: status === 'lost' || status === 'unreserved' ? 'error' : 'warning',
  }))
}
