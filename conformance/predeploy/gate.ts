/** All steps of the gate, in order. */
import { createHash } from 'node:crypto'
import type { Connection } from '../connection/index.ts'
import type { Session } from '../engines/index.ts'
import type { Report } from '../report/index.ts'
import { readFolder } from './folder.ts'
import { repositoryStep } from './repository.ts'
import { type StepResult, together } from './step.ts'
import { type TargetStep, targetStep, withoutTarget } from './target/target.ts'

/** What is judged. */
export interface Judged {
  /** The folder of the migrations. */
  readonly folder: string
  /** The database they are for: a transaction of `inReadOnlyTransaction` in it, and how it was reached. */
  readonly target?: { readonly session: Session; readonly connection: Connection }
}

/** What the gate comes to, without who asked and when. */
export interface GateResult extends StepResult {
  readonly migrations: Report['trial']['migrations']
  readonly servers: Report['trial']['servers']
}

/** Judges a folder of migrations. Throws when there is nothing to judge. */
export async function gate({ folder: path, target }: Judged): Promise<GateResult> {
  const folder = await readFolder(path)
  const atTarget: TargetStep | undefined =
    target && (await targetStep(target.session, folder, target.connection))
  const results = [await repositoryStep(folder), atTarget ?? withoutTarget()]
  return {
    ...together(results),
    migrations: folder.files.map(({ name, bytes }) => ({
      name,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })),
    servers: atTarget ? [atTarget.server] : [],
  }
}
