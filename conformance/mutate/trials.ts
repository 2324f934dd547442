/** Tries faults, one after the other on each warm process, and keeps what came of each. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Migration } from '../engines/index.ts'
import { removeFolder, temporaryFolder } from '../temporary/index.ts'
import { edited, idOf, type Mutant } from './mutant.ts'
import type { Warm } from './pool.ts'
import { grouped, type Schedule } from './schedule.ts'
import { type ClaimName, Tried } from './warm/messages.ts'

/** What came of a fault. */
export const Result = Tried.extend({
  id: z.string(),
  /** What the answer depends on besides the specs: the migrations, and what all claims stand on. */
  key: z.string(),
  /** The files that looked at it, each with its hash: of one that was noticed, the file that noticed it. */
  files: z.record(z.string(), z.string()),
  /** Of a survivor, the claims that have looked at it, in short. */
  asked: z.array(z.string()).exactOptional(),
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

  /** Whether a claim has looked at a fault and not noticed it, as its file is now. */
  hasLooked(id: string, claim: ClaimName): boolean {
    const result = this.#results.get(id)
    return result?.outcome === 'survived' && (result.asked?.includes(this.#short(claim)) ?? false)
  }

  #short({ file, name }: ClaimName): string {
    return idOf(file, name, this.#hashes.get(file) ?? '').slice(0, 7)
  }

  /** The files with their hashes. */
  #stamped(files: readonly string[]): Record<string, string> {
    return Object.fromEntries(files.map((file) => [file, this.#hashes.get(file) ?? '']))
  }

  add(tried: Tried & { readonly id: string }, claims: readonly ClaimName[]): Result {
    const former = tried.outcome === 'survived' ? this.#results.get(tried.id) : undefined
    const files = tried.by ? [tried.by.file] : claims.map(({ file }) => file)
    const asked = [...new Set([...(former?.asked ?? []), ...claims.map((claim) => this.#short(claim))])]
    const result: Result = {
      ...tried,
      key: this.#key,
      files: { ...former?.files, ...this.#stamped(files) },
      ...(tried.outcome === 'survived' ? { asked, looked: asked.length } : {}),
    }
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
  /** How long the claims of a fault may take altogether, on sound migrations, in milliseconds. */
  readonly budgetFor: (mutant: Mutant) => number
  readonly progress: (result: Result, mutant: Mutant) => void
}

/** Tries each fault of which not all is known. */
export async function tryAll(
  mutants: readonly Mutant[],
  pool: readonly Warm[],
  options: TrialOptions,
): Promise<void> {
  const left = untried(mutants, options)
  let next = 0
  await Promise.all(
    pool.map(async (warm) => {
      for (let mutant = left[next++]; mutant; mutant = left[next++]) await tryOne(mutant, warm, options)
    }),
  )
}

/** The faults of which nothing is known, and the survivors that some claim has not looked at yet. */
export function untried(
  mutants: readonly Mutant[],
  { kept, schedule, budgetFor }: Pick<TrialOptions, 'kept' | 'schedule' | 'budgetFor'>,
): Mutant[] {
  // By id: so whatever a run comes to before it is interrupted is a fair part of all.
  const inAnyOrder = [...mutants].sort((a, b) => (a.id < b.id ? -1 : 1))
  return inAnyOrder.filter((mutant) => {
    const known = kept.get(mutant.id)
    if (known?.outcome !== 'survived') return known === undefined
    return (
      schedule.claimsFor(mutant, budgetFor(mutant), (claim) => !kept.hasLooked(mutant.id, claim)).length > 0
    )
  })
}

async function tryOne(
  mutant: Mutant,
  warm: Warm,
  { migrations, schedule, kept, budgetFor, progress }: TrialOptions,
): Promise<void> {
  const claims = schedule.claimsFor(mutant, budgetFor(mutant), (claim) => !kept.hasLooked(mutant.id, claim))
  const planted = migrations.map((one) =>
    one.name === mutant.edit.file ? { ...one, sql: edited(one.sql, mutant.edit) } : one,
  )
  const folder = `${temporaryFolder('planted-')}/`
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
    progress(kept.add({ id: mutant.id, ...tried }, claims), mutant)
  } finally {
    removeFolder(folder)
  }
}
