/** All steps of the gate, in order. */
import { createHash } from 'node:crypto'
import type { Connection } from '../connection/index.ts'
import type { Session } from '../engines/index.ts'
import { type Report, verdictOf } from '../report/index.ts'
import { readFolder } from './folder.ts'
import { type Plan, planOf } from './plan/plan.ts'
import { repositoryStep } from './repository.ts'
import { type StepResult, together } from './step.ts'
import { type TargetStep, targetStep, withoutTarget } from './target/target.ts'

/** What is judged. */
export interface Judged {
  /** The folder of the migrations. */
  readonly folder: string
  /** The database they are for: a transaction of `inReadOnlyTransaction` in it, and how it was reached. */
  readonly target?: { readonly session: Session; readonly connection: Connection }
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
  const atTarget: TargetStep | undefined =
    target && (await targetStep(target.session, folder, target.connection))
  const results = [await repositoryStep(folder), atTarget ?? withoutTarget()]
  const all = together(results)
  const isClear = verdictOf(all.findings) === 'passed'
  return {
    ...all,
    ...(target && atTarget && planForMs !== undefined && isClear
      ? {
          plan: await planOf(target.session, folder, {
            identity: atTarget.identity,
            findings: all.findings,
            createdAt: new Date(),
            validForMs: planForMs,
          }),
        }
      : {}),
    migrations: folder.files.map(({ name, bytes }) => ({
      name,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })),
    servers: atTarget ? [atTarget.server] : [],
  }
}
