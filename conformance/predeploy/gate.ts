/** All steps of the gate, in order. */
import { createHash } from 'node:crypto'
import type { Report } from '../report/index.ts'
import { readFolder } from './folder.ts'
import { observedStep, type Watching } from './observe/step.ts'
import { type Replaying, replayStep } from './replay.ts'
import { repositoryStep } from './repository.ts'
import { staticStep } from './static/index.ts'
import { type StepResult, together } from './step.ts'

/** What is judged. */
export interface Judged extends Watching, Replaying {
  /** The folder of the migrations. */
  readonly folder: string
}

/** What the gate comes to, without who asked and when. */
export interface GateResult extends StepResult {
  readonly migrations: Report['trial']['migrations']
  readonly servers: Report['trial']['servers']
}

/** Judges a folder of migrations. Throws when there is nothing to judge. */
export async function gate({ folder: path, ...how }: Judged): Promise<GateResult> {
  const { progress = () => {} } = how
  const folder = await readFolder(path)
  progress(`Reading ${folder.files.length} files …`)
  const results = [await repositoryStep(folder), await staticStep(folder), await replayStep(folder, how)]
  progress('Applying them statement by statement, and watching …')
  results.push(await observedStep(folder, how))
  return {
    ...together(results),
    migrations: folder.files.map(({ name, bytes }) => ({
      name,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })),
    servers: [],
  }
}
