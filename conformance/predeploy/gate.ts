/** All steps of the gate, in order. */
import { createHash } from 'node:crypto'
import type { Connection } from '../connection/index.ts'
import type { Session } from '../engines/index.ts'
import { type Report, verdictOf } from '../report/index.ts'
import { dataNotRead, dataStep, dataWithoutTarget } from './data.ts'
import { type MigrationsFolder, readFolder } from './folder.ts'
import { formerSpecsStep, type ReplayingSpecs } from './former-specs.ts'
import { releasesStep } from './from-releases.ts'
import { type ObservedStep, observedStep, type Watching } from './observe/step.ts'
import { type Plan, planOf } from './plan/plan.ts'
import { pushedStep } from './pushed.ts'
import { type Replaying, replayStep } from './replay.ts'
import { repositoryStep } from './repository.ts'
import { staticStep } from './static/index.ts'
import { type StepResult, together } from './step.ts'
import { stateOf } from './target/state.ts'
import { type TargetStep, targetStep, withoutTarget } from './target/target.ts'

/** An existing database. */
export interface Target {
  readonly connection: Connection
  /** Does something in one transaction of `inReadOnlyTransaction`, which is open no longer than that takes. */
  readonly reading: <T>(work: (session: Session) => Promise<T>) => Promise<T>
}

/** What is judged. */
export interface Judged extends Watching, Replaying, ReplayingSpecs {
  /** The folder of the migrations. */
  readonly folder: string
  /** The database they are for. */
  readonly target?: Target
  /** How long a plan is good for. Default: none is wanted. */
  readonly planForMs?: number
}

/** What the gate comes to, without who asked and when. */
export interface GateResult extends StepResult {
  readonly migrations: Report['trial']['migrations']
  readonly servers: Report['trial']['servers']
  /** Where one was wanted, and everything passed. */
  readonly plan?: Plan
}

/** Judges a folder of migrations. Throws when there is nothing to judge. */
export async function gate({ folder: path, target, planForMs, ...how }: Judged): Promise<GateResult> {
  const { progress = () => {} } = how
  const folder = await readFolder(path)
  progress(`Reading ${folder.files.length} files …`)
  const files = await repositoryStep(folder)
  const applied = [
    await replayStep(folder, how),
    await releasesStep(folder, how),
    await pushedStep(folder, how),
  ]
  progress('Applying them statement by statement, and watching …')
  const known = target ? await target.reading((session) => stateOf(session, folder)) : {}
  const watched = await observedStep(folder, { ...how, ...known })
  const results = [
    files,
    // What a statement was seen to do counts more than what it might.
    await staticStep(folder, { watched: watched.observed?.files ?? [] }),
    ...applied,
    watched,
    await formerSpecsStep(folder, { ...how, ...known }),
  ]
  // The target comes last: what goes on there is asked when all else is known.
  progress(target ? 'Reading the target …' : 'No target is named.')
  const atTarget = target
    ? await targetPart(target, folder, { before: together(results), watched, planForMs })
    : undefined
  return {
    ...together([
      ...results,
      ...(atTarget ? [atTarget.data, atTarget.step] : [dataWithoutTarget(), withoutTarget()]),
    ]),
    ...(atTarget?.plan ? { plan: atTarget.plan } : {}),
    migrations: folder.files.map(({ name, bytes }) => ({
      name,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })),
    servers: atTarget ? [atTarget.step.server] : [],
  }
}

/** What was found out before the target is read for good. */
interface Before {
  readonly before: StepResult
  readonly watched: ObservedStep
  readonly planForMs: number | undefined
}

/** What is read of the target, and, where everything has passed and one is wanted, a plan: of one state of it. */
function targetPart(
  { connection, reading }: Target,
  folder: MigrationsFolder,
  { before, watched: { observed }, planForMs }: Before,
): Promise<{ readonly step: TargetStep; readonly data: StepResult; readonly plan?: Plan }> {
  return reading(async (session) => {
    const data = observed ? await dataStep(session, folder, observed) : dataNotRead()
    const step = await targetStep(session, folder, connection)
    const { findings } = together([before, data, step])
    if (planForMs === undefined || verdictOf(findings) !== 'passed') return { step, data }
    const { identity } = step
    const options = { identity, findings, createdAt: new Date(), validForMs: planForMs }
    return { step, data, plan: await planOf(session, folder, options) }
  })
}
