/** The pending files applied to a server of our own, watched: locks, access, and what programs of before still find. */
import { readFileSync } from 'node:fs'
import type { Engine, Regime } from '../../engines/index.ts'
import type { MigrationsFolder } from '../folder.ts'
import { type MeasuredFile, measure } from '../measure/measure.ts'
import { BUDGET, type Budget, budgetNotMeasured, budgetStep, measurementOf } from '../measure/step.ts'
import { onServer } from '../on-server.ts'
import { runFile } from '../run-file.ts'
import { type Claim, type StepResult, skipped, together, unchecked } from '../step.ts'
import { accessSection, accessTroubles } from './access.ts'
import { interfaceTroubles } from './interface.ts'
import { lockSection, locksAndWork, lockTroubles, type RowCount } from './locks.ts'
import { type ObservedFile, observeFile, ReplayRefused } from './observe.ts'
import { type Snapshot, snapshotOf } from './snapshot.ts'
import { type Known, startingPoint } from './starting-point.ts'
import { isExcused, judgedAtPlaces, judgedBetween, suppressionsFor } from './suppressed.ts'

/** How the files are watched. */
export interface Watching extends Known {
  readonly regime?: Regime
  /** How many rows a table has at the target. */
  readonly rows?: RowCount
  /** Where it is done. Default: a server of PostgreSQL 17 that is started for it. */
  readonly on?: Engine
  /** Whether, and how, it is measured how long files make others wait. */
  readonly budget?: Budget
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
  /** Whether nothing of the folder was there before. */
  readonly isFirst: boolean
  /** How long the files make others wait, where that is wanted. */
  readonly measured?: readonly MeasuredFile[]
}

/** Applies the files and watches. Throws {@link ReplayRefused} where one fails. */
export async function observe(folder: MigrationsFolder, watching: Watching): Promise<Observed> {
  return onServer(watching.on, (engine) => watch(folder, engine, watching))
}

async function watch(folder: MigrationsFolder, engine: Engine, watching: Watching): Promise<Observed> {
  const { first = [], regime = 'closed', budget, rows = () => undefined } = watching
  const { isThere, isPending, knowsReleases } = await startingPoint(engine, folder, watching)
  const database = await engine.open({ holds: 'platform', regime })
  const session = await database.connect()
  const suppressions = suppressionsFor(folder)
  try {
    for (const path of first) await session.run(readFileSync(path, 'utf8'))
    for (const file of folder.files.filter(isThere)) await runFile(session, file)
    const before = await snapshotOf(session)
    const files: ObservedFile[] = []
    for (const file of folder.files.filter(isPending)) {
      const last = files.at(-1)?.after ?? before
      files.push(
        await observeFile(session, file, last, knowsReleases ? before : last, (statement) =>
          isExcused(suppressions, file, statement),
        ),
      )
    }
    const isFirst = !folder.files.some(isThere)
    const observed = { before, after: files.at(-1)?.after ?? before, files, knowsReleases, isFirst }
    if (!budget || !files.some(isWork)) return observed
    const measuring = { first, isThere, knowsReleases, rows: budget.rows, atTarget: rows }
    return { ...observed, measured: await measure(engine, folder, files, measuring) }
  } finally {
    await session.close()
    await database.close()
  }
}

/** Whether a file works through a table while others wait for it. */
function isWork(file: ObservedFile): boolean {
  return locksAndWork(file).some(({ work }) => work.length > 0)
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
    return together([LOCKS, BUDGET, ACCESS, INTERFACE].map((claim) => notApplied(claim, error)))
  }
  const { before, after, files, knowsReleases, isFirst, measured = [] } = observed
  const { budget } = watching
  const rows = watching.rows ?? (() => undefined)
  // Where nobody knows what is released, each file may be deployed alone.
  const pairs = knowsReleases ? [{ before, after }] : files
  const suppressions = suppressionsFor(folder)
  const within = budget
    ? budgetStep(measured, budget, (troubles) => {
        const whole = files.filter(({ file }) => measurementOf(measured, file.name, budget) !== undefined)
        return judgedAtPlaces(BUDGET, whole, suppressions, troubles)
      })
    : budgetNotMeasured(files.some(isWork))
  const sections = [lockSection(files, rows), accessSection(before, after)].flatMap((each) => each ?? [])
  return {
    ...together([
      judgedAtPlaces(
        LOCKS,
        files,
        suppressions,
        files.flatMap((each) =>
          lockTroubles(each, rows, budget && measurementOf(measured, each.file.name, budget)),
        ),
      ),
      within,
      judgedBetween(ACCESS, files, suppressions, pairs, accessTroubles),
      knowsReleases && isFirst
        ? skipped(INTERFACE, 'not applicable: nothing is released yet')
        : judgedBetween(INTERFACE, files, suppressions, pairs, interfaceTroubles),
    ]),
    sections: [...(within.sections ?? []), ...sections],
    observed,
  }
}

function notApplied(claim: Claim, error: unknown): StepResult {
  if (error instanceof ReplayRefused)
    return skipped(claim, `not run: the files cannot be applied: ${error.place}: ${error.message}`)
  return unchecked(claim, error)
}
