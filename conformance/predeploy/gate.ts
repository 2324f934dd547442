/** All steps of the gate, in order. */
import { createHash } from 'node:crypto'
import type { Connection } from '../connection/index.ts'
import type { Session } from '../engines/index.ts'
import { type Report, verdictOf } from '../report/index.ts'
import { type MigrationsFolder, readFolder } from './folder.ts'
import { type Plan, planOf } from './plan/plan.ts'
import { repositoryStep } from './repository.ts'
import { type StepResult, together } from './step.ts'
import { type TargetStep, targetStep, withoutTarget } from './target/target.ts'

/** An existing database. */
export interface Target {
  readonly connection: Connection
  /** Does something in one transaction of `inReadOnlyTransaction`, which is open no longer than that takes. */
  readonly reading: <T>(work: (session: Session) => Promise<T>) => Promise<T>
}

/** What is judged. */
export interface Judged {
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
export async function gate({ folder: path, target, planForMs }: Judged): Promise<GateResult> {
  const folder = await readFolder(path)
  const results = [await repositoryStep(folder)]
  // The target comes last: what goes on there is asked when all else is known.
  const atTarget = target ? await targetPart(target, folder, together(results), planForMs) : undefined
  return {
    ...together([...results, atTarget?.step ?? withoutTarget()]),
    ...(atTarget?.plan ? { plan: atTarget.plan } : {}),
    migrations: folder.files.map(({ name, bytes }) => ({
      name,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })),
    servers: atTarget ? [atTarget.step.server] : [],
  }
}

/** What is read of the target, and, where everything has passed and one is wanted, a plan: of one state of it. */
function targetPart(
  { connection, reading }: Target,
  folder: MigrationsFolder,
  before: StepResult,
  planForMs: number | undefined,
): Promise<{ readonly step: TargetStep; readonly plan?: Plan }> {
  return reading(async (session) => {
    const step = await targetStep(session, folder, connection)
    const { findings } = together([before, step])
    if (planForMs === undefined || verdictOf(findings) !== 'passed') return { step }
    const { identity } = step
    const options = { identity, findings, createdAt: new Date(), validForMs: planForMs }
    return { step, plan: await planOf(session, folder, options) }
  })
}
