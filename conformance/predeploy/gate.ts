/** All steps of the gate, in order. */
import { createHash } from 'node:crypto'
import type { Report } from '../report/index.ts'
import { readFolder } from './folder.ts'
import { repositoryStep } from './repository.ts'
import { staticStep } from './static/index.ts'
import { type StepResult, together } from './step.ts'

/** What is judged. */
export interface Judged {
  /** The folder of the migrations. */
  readonly folder: string
}

/** What the gate comes to, without who asked and when. */
export interface GateResult extends StepResult {
  readonly migrations: Report['trial']['migrations']
  readonly servers: Report['trial']['servers']
}

/** Judges a folder of migrations. Throws when there is nothing to judge. */
export async function gate({ folder: path }: Judged): Promise<GateResult> {
  const folder = await readFolder(path)
  const results = [await repositoryStep(folder), await staticStep(folder)]
  return {
    ...together(results),
    migrations: folder.files.map(({ name, bytes }) => ({
      name,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })),
    servers: [],
  }
}
