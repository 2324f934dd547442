/** The pending files applied once more, to tables that hold rows: for how long each of them makes others wait. */
import { readFileSync } from 'node:fs'
import { type Engine, type Session, SqlError } from '../../engines/index.ts'
import type { Statement } from '../../syntax/index.ts'
import { loadRecords } from '../../usage/index.ts'
import type { MigrationFile, MigrationsFolder } from '../folder.ts'
import { type HeldLock, locksAndWork, type RowCount, type Work } from '../observe/locks.ts'
import { type ObservedFile, observeFile, ReplayRefused } from '../observe/observe.ts'
import { snapshotOf } from '../observe/snapshot.ts'
import { runFile } from '../run-file.ts'
import { type Filled, Filling } from './fill.ts'

/** Tables that hold what the usage generator makes. */
const RECORDS = ['copilot_internal.llm_cost_records', 'copilot_internal.e2b_cost_records'] as const

/** What a statement did while others waited for a lock of its file. */
export interface Timed {
  readonly statement: Statement
  readonly locks: readonly HeldLock[]
  readonly work: readonly Work[]
  /** As measured, and counted up to the rows of the target where it has more. */
  readonly ms: number
}

/** What was measured of a file. */
export interface MeasuredFile {
  readonly file: MigrationFile
  /** The statements from the first blocking lock to the end. */
  readonly timed: readonly Timed[]
  /** For how long others wait for it. */
  readonly ms: number
  /** Rows of each table that it works through: as measured, or as the target has them. */
  readonly rows: ReadonlyMap<string, number>
  /** Why it is not measured, or not all of it. */
  readonly gaps: readonly string[]
}

/** What is applied, and how. */
export interface Measuring {
  readonly first: readonly string[]
  /** Files that come before what is measured. */
  readonly isThere: (file: MigrationFile) => boolean
  /** Whether only tables of these files count as there before; if not, those of every earlier file. */
  readonly knowsReleases: boolean
  /** How many rows each table is given. */
  readonly rows: number
  /** How many rows a table has at the target. */
  readonly atTarget: RowCount
}

/** Measures files that were watched without rows: only tables that one of them works through are filled. */
export async function measure(
  engine: Engine,
  { files }: MigrationsFolder,
  watched: readonly ObservedFile[],
  measuring: Measuring,
): Promise<MeasuredFile[]> {
  const database = await engine.open({ holds: 'platform' })
  const session = await database.connect()
  try {
    for (const path of measuring.first) await session.run(readFileSync(path, 'utf8'))
    for (const file of files.filter(measuring.isThere)) await runFile(session, file)
    return await measureEach(session, watched, measuring)
  } finally {
    await session.close()
    await database.close()
  }
}

async function measureEach(
  session: Session,
  watched: readonly ObservedFile[],
  { knowsReleases, rows, atTarget }: Measuring,
): Promise<MeasuredFile[]> {
  const filling = new Filling(session, rows)
  const measured: MeasuredFile[] = []
  const before = await snapshotOf(session)
  let last = before
  for (const each of watched) {
    const { file } = each
    const gaps = await filled(session, filling, tablesOf(each), rows)
    try {
      const seen = await observeFile(session, file, last, knowsReleases ? before : last)
      last = seen.after
      measured.push({ ...counted(seen, filling.done, atTarget), gaps })
    } catch (error) {
      if (!(error instanceof ReplayRefused)) throw error
      const why = `with made-up rows the server refuses ${error.place}: ${error.message}`
      const rest = watched.slice(measured.length).filter((one) => tablesOf(one).length > 0)
      return [...measured, ...rest.map((one) => notMeasured(one.file, why))]
    }
  }
  return measured
}

function notMeasured(file: MigrationFile, why: string): MeasuredFile {
  return { file, timed: [], ms: 0, rows: new Map(), gaps: [why] }
}

/** What a file works through while somebody waits. */
function tablesOf(watched: ObservedFile): string[] {
  return [...new Set(locksAndWork(watched).flatMap(({ work }) => work.map(({ table }) => table)))]
}

/** Fills tables, those of usage by its generator. Answers which could not be filled, and why. */
async function filled(
  session: Session,
  filling: Filling,
  tables: readonly string[],
  rows: number,
): Promise<string[]> {
  const ofUsage = RECORDS.filter((table) => tables.includes(table) && !filling.done.has(table))
  if (ofUsage.length > 0 && (await withUsage(session, rows)))
    for (const table of RECORDS) await filling.take(table)
  const gaps: string[] = []
  for (const table of tables) {
    const result = await filling.fill(table)
    if ('why' in result) gaps.push(`${table} has no rows: ${result.why}`)
  }
  return gaps
}

/** All records, or none. Triggers that would price each of them anew are left out. */
async function withUsage(session: Session, rows: number): Promise<boolean> {
  await session.query('begin')
  try {
    for (const table of RECORDS) await session.query(`alter table ${table} disable trigger user`)
    const isLoaded = await loadRecords(session, rows)
    for (const table of RECORDS) await session.query(`alter table ${table} enable trigger user`)
    await session.query('commit')
    if (isLoaded) for (const table of RECORDS) await session.query(`analyze ${table}`)
    return isLoaded
  } catch (error) {
    if (!(error instanceof SqlError)) throw error
    await session.query('rollback')
    return false
  }
}

function counted(
  seen: ObservedFile,
  filled: ReadonlyMap<string, Filled>,
  atTarget: RowCount,
): Omit<MeasuredFile, 'gaps'> {
  const rows = new Map<string, number>()
  const timed = locksAndWork(seen).map(({ effect, locks, work }): Timed => {
    const factors = work.map(({ table }) => {
      const known = filled.get(table)
      const here = known && 'rows' in known ? known.rows : 0
      const there = atTarget(table) ?? 0
      rows.set(table, Math.max(here, there))
      return here > 0 ? Math.max(1, there / here) : 1
    })
    return { statement: effect.statement, locks, work, ms: effect.ms * Math.max(1, ...factors) }
  })
  return { file: seen.file, timed, ms: timed.reduce((sum, { ms }) => sum + ms, 0), rows }
}
