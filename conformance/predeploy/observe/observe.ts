/** A migration applied statement by statement, and what each one locked, read and wrote anew of what was there before. */
import type { Session } from '../../engines/index.ts'
import type { Statement } from '../../syntax/index.ts'
import type { MigrationFile } from '../folder.ts'
import { resetSettings } from '../run-file.ts'
import { needsNoTransaction } from '../transaction.ts'
import { type Snapshot, snapshotOf, snapshotWithin } from './snapshot.ts'

/** What one statement did to tables that were there before its file. */
export interface Effect {
  readonly statement: Statement
  readonly ms: number
  /** Locks that are held once it is done, by table: modes as pg_locks has them. They stay until the end of the file. */
  readonly locks: ReadonlyMap<string, readonly string[]>
  /** Tables that were read from one end to the other. */
  readonly scanned: readonly string[]
  /** Tables whose rows were written anew. */
  readonly rewritten: readonly string[]
  /** Tables of which an index was built. */
  readonly indexed: readonly string[]
  /** What was there before and after it, where what it does is looked at alone. */
  readonly change?: { readonly before: Snapshot; readonly after: Snapshot }
}

/** What a file did. */
export interface ObservedFile {
  readonly file: MigrationFile
  readonly before: Snapshot
  readonly after: Snapshot
  readonly effects: readonly Effect[]
}

/** A statement that the server refused. */
export class ReplayRefused extends Error {
  override readonly name = 'ReplayRefused'
  readonly place: string
  constructor(place: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.place = place
  }
}

/**
 * Applies a file in a transaction of its own, as the CLI does, and watches the relations of `known`. Throws
 * {@link ReplayRefused} with the place of the statement that fails; nothing of the file is left then. `isAlone`: whether it is
 * kept what a statement changes.
 */
export async function observeFile(
  session: Session,
  file: MigrationFile,
  before: Snapshot,
  known: Snapshot,
  isAlone: (statement: Statement) => boolean = () => false,
): Promise<ObservedFile> {
  const watched = new Map(
    known.relations
      .filter(({ kind }) => 'rpm'.includes(kind))
      .map((relation) => [relation.oid, relation.name]),
  )
  const hasNoTransaction = file.statements.some(needsNoTransaction)
  const look = hasNoTransaction ? snapshotOf : snapshotWithin
  const effects: Effect[] = []
  await resetSettings(session)
  if (!hasNoTransaction) await session.query('begin')
  try {
    let last = await probe(session, watched)
    for (const statement of file.statements) {
      const former = isAlone(statement) ? await look(session) : undefined
      const started = performance.now()
      await session.query(statement.text).catch((error: unknown) => {
        throw new ReplayRefused(`${file.name}:${statement.line}`, error)
      })
      const ms = performance.now() - started
      const now = await probe(session, watched)
      const change = former && { before: former, after: await look(session) }
      effects.push({ statement, ms, ...between(last, now), ...(change ? { change } : {}) })
      last = now
    }
    if (!hasNoTransaction) await session.query('commit')
  } catch (error) {
    if (!hasNoTransaction) await session.query('rollback')
    throw error
  }
  return { file, before, after: await snapshotOf(session), effects }
}

/** How things stand within the transaction. */
interface Probe {
  readonly locks: ReadonlyMap<string, readonly string[]>
  readonly scans: ReadonlyMap<string, number>
  readonly files: ReadonlyMap<string, string>
  readonly indexes: ReadonlyMap<string, string>
}

async function probe(session: Session, watched: ReadonlyMap<string, string>): Promise<Probe> {
  const rows = await session.query(
    `select c.oid, coalesce(pg_stat_get_xact_numscans(c.oid), 0) as scans, coalesce(pg_relation_filenode(c.oid), 0) as file,
            (select string_agg(distinct l.mode, ',') from pg_locks as l
             where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.relation = c.oid and l.granted) as modes,
            (select string_agg(i.indexrelid || '=' || pg_relation_filenode(i.indexrelid), ',' order by i.indexrelid)
             from pg_index as i where i.indrelid = c.oid) as indexes
     from pg_class as c where c.oid = any($1::oid[])`,
    [[...watched.keys()]],
  )
  const of = <T>(value: (row: (typeof rows)[number]) => T) =>
    new Map(rows.map((row) => [watched.get(row['oid'] ?? '') ?? '', value(row)]))
  return {
    locks: of((row) => (row['modes'] ?? '').split(',').filter((mode) => mode !== '')),
    scans: of((row) => Number(row['scans'])),
    files: of((row) => row['file'] ?? ''),
    indexes: of((row) => row['indexes'] ?? ''),
  }
}

function between(last: Probe, now: Probe): Pick<Effect, 'locks' | 'scanned' | 'rewritten' | 'indexed'> {
  const names = [...now.files.keys()]
  return {
    locks: now.locks,
    scanned: names.filter((name) => (now.scans.get(name) ?? 0) > (last.scans.get(name) ?? 0)),
    rewritten: names.filter((name) => now.files.get(name) !== last.files.get(name)),
    indexed: names.filter((name) => isNew(now.indexes.get(name) ?? '', last.indexes.get(name) ?? '')),
  }
}

/** Whether there is an index, or a file of one, that was not there. */
function isNew(now: string, last: string): boolean {
  const before = last.split(',')
  return now.split(',').some((each) => each !== '' && !before.includes(each))
}
