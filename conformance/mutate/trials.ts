/** Tries faults, one after the other on each warm process, and keeps what came of each. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Migration } from '../engines/index.ts'
import { edited, type Mutant } from './mutant.ts'
import type { Warm } from './pool.ts'
import { grouped, type Schedule } from './schedule.ts'
import { Tried } from './warm/messages.ts'

/** What came of a fault. */
export const Result = Tried.extend({
  id: z.string(),
  /** What the answer depends on: the specs and the migrations. */
  key: z.string(),
  /** The claims that could have seen it, as many as were asked. */
  lookedAt: z.array(z.string()).exactOptional(),
})
export type Result = Readonly<z.infer<typeof Result>>

/** Results that are kept in a file, so that a run that was interrupted goes on where it was. */
export class Kept {
  readonly #file: string
  readonly #key: string
  readonly #results = new Map<string, Result>()

  constructor(file: string, key: string) {
    this.#file = file
    this.#key = key
    for (const line of existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []) {
      const result = line.endsWith('}') ? Result.parse(JSON.parse(line)) : undefined
      if (result?.key === key) this.#results.set(result.id, result)
    }
  }

  get(id: string): Result | undefined {
    return this.#results.get(id)
  }

  add(tried: Omit<Result, 'key'>): Result {
    const result = { ...tried, key: this.#key }
    mkdirSync(dirname(this.#file), { recursive: true })
    appendFileSync(this.#file, `${JSON.stringify(result)}\n`)
    this.#results.set(result.id, result)
    return result
  }
}

/** How faults are tried. */
export interface TrialOptions {
  readonly migrations: readonly Migration[]
  readonly schedule: Schedule
  readonly kept: Kept
  /** How long the claims of one fault may take altogether, on sound migrations. */
  readonly budgetMs: number
  readonly progress: (result: Result, mutant: Mutant) => void
}

/** Tries each fault that no result is kept of. */
export async function tryAll(
  mutants: readonly Mutant[],
  pool: readonly Warm[],
  options: TrialOptions,
): Promise<void> {
  const left = mutants.filter(({ id }) => options.kept.get(id) === undefined)
  let next = 0
  await Promise.all(
    pool.map(async (warm) => {
      for (let mutant = left[next++]; mutant; mutant = left[next++]) await tryOne(mutant, warm, options)
    }),
  )
}

async function tryOne(
  mutant: Mutant,
  warm: Warm,
  { migrations, schedule, kept, budgetMs, progress }: TrialOptions,
): Promise<void> {
  const claims = schedule.claimsFor(mutant, budgetMs)
  const planted = migrations.map((one) =>
    one.name === mutant.edit.file ? { ...one, sql: edited(one.sql, mutant.edit) } : one,
  )
  const folder = `${mkdtempSync(join(tmpdir(), 'planted-'))}/`
  try {
    for (const { name, sql } of planted) writeFileSync(join(folder, name), sql)
    const { shortcut } = mutant
    const from = 'after' in shortcut ? shortcut.after : undefined
    const answer = await warm.ask({
      do: 'try',
      folder,
      ...(from === undefined ? {} : { after: from }),
      scripts: 'script' in shortcut ? [shortcut.script] : planted.slice(from).map(({ sql }) => sql),
      claims: grouped(claims),
      patienceMs: 20_000,
    })
    if (answer.is !== 'tried') throw new Error(`Expected what came of a fault, and got ${answer.is}.`)
    const { tried } = answer
    if (tried.by) schedule.learn(mutant, tried.by)
    const files = [...new Set(claims.map(({ file }) => file))]
    const result = kept.add({
      id: mutant.id,
      ...tried,
      ...(tried.outcome === 'survived' ? { lookedAt: files } : {}),
    })
    progress(result, mutant)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
