/** The pending files applied to a server of our own, watched: locks, access, and what programs of before still find. */
import { readFileSync } from 'node:fs'
import type { Engine, Regime } from '../../engines/index.ts'
import type { MigrationFile, MigrationsFolder } from '../folder.ts'
import { manifestOf, readManifest } from '../manifest.ts'
import { onServer } from '../on-server.ts'
import { type Claim, judged, type StepResult, skipped, type Trouble, together, unchecked } from '../step.ts'
import { accessSection, accessTroubles } from './access.ts'
import { interfaceTroubles } from './interface.ts'
import { lockSection, lockTroubles, type RowCount } from './locks.ts'
import { type ObservedFile, observeFile, ReplayRefused } from './observe.ts'
import { type Snapshot, snapshotOf } from './snapshot.ts'
import { unsuppressed, type WATCHED } from './suppressed.ts'

/** How the files are watched. */
export interface Watching {
  /** Scripts that are run after the platform's and before the files: what else the project needs. */
  readonly first?: readonly string[]
  readonly regime?: Regime
  /** How many rows a table has at the target. */
  readonly rows?: RowCount
  /** Where it is done. Default: a server of PostgreSQL 17 that is started for it. */
  readonly on?: Engine
  /** Names of files that the target has already. Default: those of the manifest. */
  readonly applied?: ReadonlySet<string>
}

const LOCKS = {
  id: 'locks/nobody-waits',
  title: 'no statement works through a table while others wait for it',
  group: 'locks',
} as const
const ACCESS = {
  id: 'privileges/nothing-opens',
  title: 'nothing is opened past row level security',
  group: 'privileges',
} as const
const INTERFACE = {
  id: 'former-release/still-answered',
  title: 'programs of the former release find what they call and read',
  group: 'former release',
} as const

/** What was there before the first pending file, after the last, and what each of them did. */
export interface Observed {
  readonly before: Snapshot
  readonly after: Snapshot
  readonly files: readonly ObservedFile[]
  /** Whether it is known which files are released: if not, each file is judged against those before it. */
  readonly knowsReleases: boolean
}

/** Applies the files and watches. Throws {@link ReplayRefused} where one fails. */
export async function observe(folder: MigrationsFolder, watching: Watching): Promise<Observed> {
  return onServer(watching.on, (engine) => watch(folder, engine, watching))
}

async function watch(
  folder: MigrationsFolder,
  engine: Engine,
  { first = [], regime = 'closed', applied }: Watching,
): Promise<Observed> {
  const database = await engine.open({ holds: 'platform', regime })
  const session = await database.connect()
  try {
    for (const path of first) await session.run(readFileSync(path, 'utf8'))
    const done = applied ?? releasedOf(folder)
    const isDone = ({ name }: MigrationFile) => done?.has(name) ?? false
    for (const file of folder.files.filter(isDone)) await session.run(file.sql)
    const before = await snapshotOf(session)
    const files: ObservedFile[] = []
    for (const file of folder.files.filter((each) => !isDone(each))) {
      const last = files.at(-1)?.after ?? before
      files.push(await observeFile(session, file, last, done ? before : last))
    }
    return { before, after: files.at(-1)?.after ?? before, files, knowsReleases: done !== undefined }
  } finally {
    await session.close()
    await database.close()
  }
}

function releasedOf({ path }: MigrationsFolder): ReadonlySet<string> | undefined {
  const released = readManifest(manifestOf(path))
  return released && new Set(released.map(({ name }) => name))
}

/** What the step comes to, and what it was told from. */
export interface ObservedStep extends StepResult {
  readonly observed?: Observed
}

/** Locks, privileges and the former release, judged from one watched replay. */
export async function observedStep(folder: MigrationsFolder, watching: Watching = {}): Promise<ObservedStep> {
  let observed: Observed
  try {
    observed = await observe(folder, watching)
  } catch (error) {
    return together([LOCKS, ACCESS, INTERFACE].map((claim) => notApplied(claim, error)))
  }
  const { before, after, files, knowsReleases } = observed
  const rows = watching.rows ?? (() => undefined)
  // Where nobody knows what is released, each file may be deployed alone.
  const pairs = knowsReleases ? [{ before, after }] : files
  const told = (claim: Claim & { readonly id: (typeof WATCHED)[number] }, troubles: readonly Trouble[]) =>
    judged(claim, unsuppressed(folder, claim.id, troubles))
  const sections = [lockSection(files, rows), accessSection(before, after)].flatMap((each) => each ?? [])
  const isFirst = files.length === folder.files.length
  return {
    ...together([
      told(
        LOCKS,
        files.flatMap((file) => lockTroubles(file, rows)),
      ),
      told(
        ACCESS,
        pairs.flatMap((pair) => accessTroubles(pair.before, pair.after)),
      ),
      knowsReleases && isFirst
        ? skipped(INTERFACE, 'not applicable: nothing is released yet')
        : told(
            INTERFACE,
            pairs.flatMap((pair) => interfaceTroubles(pair.before, pair.after)),
          ),
    ]),
    sections,
    observed,
  }
}

function notApplied(claim: Claim, error: unknown): StepResult {
  if (error instanceof ReplayRefused)
    return skipped(claim, `not run: the files cannot be applied: ${error.place}: ${error.message}`)
  return unchecked(claim, error)
}
