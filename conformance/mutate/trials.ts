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
  /** What the answer depends on besides the specs: the migrations, and what all claims stand on. */
  key: z.string(),
  /** The files that looked at it, each with its hash: of one that was noticed, the file that noticed it. */
  files: z.record(z.string(), z.string()),
})
export type Result = Readonly<z.infer<typeof Result>>

/** Results that are kept in a file, so that a run that was interrupted goes on where it was. */
export class Kept {
  readonly #file: string
  readonly #key: string
  readonly #hashes: ReadonlyMap<string, string>
  readonly #results = new Map<string, Result>()

  constructor(file: string, key: string, hashes: ReadonlyMap<string, string>) {
    this.#file = file
    this.#key = key
    this.#hashes = hashes
    for (const line of existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []) {
      const result = line.endsWith('}') ? Result.parse(JSON.parse(line)) : undefined
      if (result?.key === key) this.#results.set(result.id, result)
    }
  }

  /** What came of a fault, where that is still so: the file that noticed it is as it was. A survivor may be looked for again. */
  get(id: string): Result | undefined {
    const result = this.#results.get(id)
    const isSame = ([file, hash]: [string, string]) => this.#hashes.get(file) === hash
    if (result?.outcome === 'survived') return result
    return result && Object.entries(result.files).every(isSame) ? result : undefined
  }

  /** Whether a file has looked at a fault and not noticed it, as the file is now. */
  hasLooked(id: string, file: string): boolean {
    const result = this.#results.get(id)
    return result?.outcome === 'survived' && result.files[file] === this.#hashes.get(file)
  }

  /** The files with their hashes. */
  #stamped(files: readonly string[]): Record<string, string> {
    return Object.fromEntries(files.map((file) => [file, this.#hashes.get(file) ?? '']))
  }

  add(tried: Tried & { readonly id: string }, files: readonly string[]): Result {
    const result = { ...tried, key: this.#key, files: this.#stamped(files) }
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
  const left = untried(mutants, options)
  let next = 0
  await Promise.all(
    pool.map(async (warm) => {
      for (let one = left[next++]; one; one = left[next++])
        await tryOne(one.mutant, one.isAgain, warm, options)
    }),
  )
}

/** The faults of which nothing is known, and the survivors that some claim has not looked at yet. */
export function untried(
  mutants: readonly Mutant[],
  { kept, schedule, budgetMs }: Pick<TrialOptions, 'kept' | 'schedule' | 'budgetMs'>,
): { mutant: Mutant; isAgain: boolean }[] {
  return mutants.flatMap((mutant): { mutant: Mutant; isAgain: boolean }[] => {
    const known = kept.get(mutant.id)
    if (!known) return [{ mutant, isAgain: false }]
    if (known.outcome !== 'survived') return []
    const more = schedule.claimsFor(mutant, budgetMs).some(({ file }) => !kept.hasLooked(mutant.id, file))
    return more ? [{ mutant, isAgain: true }] : []
  })
}

async function tryOne(
  mutant: Mutant,
  isAgain: boolean,
  warm: Warm,
  { migrations, schedule, kept, budgetMs, progress }: TrialOptions,
): Promise<void> {
  const seeing = schedule.claimsFor(mutant, budgetMs)
  const claims = isAgain ? seeing.filter(({ file }) => !kept.hasLooked(mutant.id, file)) : seeing
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
    const files = tried.by ? [tried.by.file] : [...new Set(seeing.map(({ file }) => file))]
    const before = isAgain ? (kept.get(mutant.id)?.looked ?? 0) : 0
    const looked = tried.outcome === 'survived' ? tried.looked + before : tried.looked
    progress(kept.add({ id: mutant.id, ...tried, looked }, files), mutant)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
