/** A whole run of mutation testing on our own migrations. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { engineNamed, migrations } from '../engines/index.ts'
import { removeFolder, temporaryFolder } from '../temporary/index.ts'
import { groundHash, type Known, migrationsHash, recordedClaims, specHashes } from './claims.ts'
import { type Generated, generate, type Selection } from './generate.ts'
import type { Mutant } from './mutant.ts'
import { functionMadeBy, type Located, locatedStatements } from './mutants/functions.ts'
import { probeAt, probed } from './mutants/probes.ts'
import { ENGINE_NAME, startWarm, type Warm } from './pool.ts'
import { type Objects, objectsOf } from './reach.ts'
import { Schedule } from './schedule.ts'
import type { Judged } from './score.ts'
import { Kept, type Result, tryAll, untried } from './trials.ts'

/** What a run is asked for. */
export interface RunOptions {
  readonly selection: Selection
  readonly workers: number
  readonly budgetMs: number
  /** Where results are kept. */
  readonly resultsFile: string
  readonly explained: ReadonlyMap<string, string>
  readonly say: (line: string) => void
  readonly recording: (done: number, all: number) => void
  readonly progress: (done: number, all: number, result: Result, mutant: Mutant) => void
}

/** What a run has found out. */
export interface Outcome extends Generated {
  readonly judged: readonly Judged[]
  readonly known: Known
  /** What the results depend on. */
  readonly key: string
}

/** Plants every wanted fault and asks the claims that can see it. Throws when nothing can be found out. */
export async function runMutation(options: RunOptions): Promise<Outcome> {
  const { say, explained } = options
  const files = migrations()
  const statements = await locatedStatements(files)
  const { generated, objects } = await fromCatalog(statements, options.selection)
  const { mutants } = generated
  if (mutants.length === 0) throw new Error('Nothing was mutated: no fault matches what was asked for.')
  const gone = [...explained.keys()].filter((id) => !generated.ids.has(id))
  if (gone.length > 0)
    throw new Error(
      `fixtures/mutants-explained.json explains ${gone.join(', ')}, and there is no such fault: take it out.`,
    )
  const key = `${groundHash()}-${migrationsHash(files)}`
  const kept = new Kept(options.resultsFile, key, specHashes())
  say(
    `${mutants.length} faults of ${files.length} migrations, ${mutants.filter(({ id }) => kept.get(id)).length} of them tried before.`,
  )
  const pool: Promise<Warm>[] = []
  const started = async () => {
    if (pool.length === 0) for (let i = 0; i < options.workers; i += 1) pool.push(startWarm())
    return Promise.all(pool)
  }
  try {
    const { scripts, probes } = await probed(statements)
    const known = await recorded(key, scripts, started, options.recording)
    const schedule = new Schedule(known.claims, objects, (mutant) => {
      const from = functionAround(statements, mutant)
      return from === undefined ? undefined : probeAt(probes, mutant.edit.file, mutant.edit.from, from)
    })
    for (const mutant of mutants) {
      const { by } = kept.get(mutant.id) ?? {}
      if (by) schedule.learn(mutant, by)
    }
    // What is explained has been looked at before: it is seen whether a claim that is likely to notice it does by now.
    const budgetFor = ({ id }: Mutant) => options.budgetMs / (explained.has(id) ? 4 : 1)
    const left = untried(mutants, { kept, schedule, budgetFor }).length
    let done = 0
    const progress = (result: Result, mutant: Mutant) => {
      done += 1
      options.progress(done, left, result, mutant)
    }
    if (left > 0)
      await tryAll(mutants, await started(), {
        migrations: files,
        schedule,
        kept,
        budgetFor,
        progress,
      })
    const judged = mutants.map((mutant) => {
      const result = kept.get(mutant.id)
      if (!result) throw new Error(`Nothing is known of fault ${mutant.id}.`)
      const reason = explained.get(mutant.id)
      return { mutant, result, ...(reason === undefined ? {} : { reason }) }
    })
    return { ...generated, judged, known, key }
  } finally {
    for (const one of await Promise.allSettled(pool)) if (one.status === 'fulfilled') await one.value.stop()
  }
}

async function fromCatalog(
  statements: readonly Located[],
  selection: Selection,
): Promise<{ generated: Generated; objects: Objects }> {
  const engine = await engineNamed(ENGINE_NAME).start()
  try {
    const session = await (await engine.open()).connect()
    const generated = await generate(migrations(), statements, session, selection)
    const objects = await objectsOf(session)
    await session.close()
    return { generated, objects }
  } finally {
    await engine.stop()
  }
}

/** The claims, recorded in a folder of migrations whose functions tell their steps. */
async function recorded(
  key: string,
  scripts: readonly string[],
  pool: () => Promise<readonly Warm[]>,
  progress: (done: number, all: number) => void,
): Promise<Known> {
  const folder = `${temporaryFolder('probed-')}/`
  try {
    for (const { name, sql } of migrations())
      writeFileSync(join(folder, name), `${sql}\n-- Its functions tell their steps.\n`)
    return await recordedClaims({ key, folder, scripts }, pool, progress)
  } finally {
    removeFolder(folder)
  }
}

/** Where the statement of a function begins that a fault is in. */
function functionAround(statements: readonly Located[], { edit }: Mutant): number | undefined {
  return statements.find(
    (one) =>
      one.file === edit.file &&
      one.from <= edit.from &&
      edit.from < one.from + one.text.length &&
      functionMadeBy(one) !== undefined,
  )?.from
}
