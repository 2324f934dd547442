/** Mutation testing of another project: its migrations, with its pgTAP files as the claims. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { type Database, engineNamed, type Migration, Planting, type RunningEngine } from '../engines/index.ts'
import { findFiles, runFiles } from '../pgtap-files/index.ts'
import { type Generated, generate, type Selection } from './generate.ts'
import type { Mutant } from './mutant.ts'
import { edited } from './mutant.ts'
import { locatedStatements } from './mutants/functions.ts'
import { ENGINE_NAME } from './pool.ts'
import type { Judged } from './score.ts'
import type { Result } from './trials.ts'

/** Another project, and what a run on it is asked for. */
export interface ForeignOptions {
  readonly migrations: string
  readonly tests: readonly string[]
  readonly selection: Selection
  readonly workers: number
  readonly progress: (done: number, all: number, result: Result, mutant: Mutant) => void
}

/** The migrations of a folder, in the order in which the Supabase CLI applies them. */
export function migrationsIn(folder: string): Migration[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  if (names.length === 0)
    throw new Error(`--migrations ${folder} holds no migration: expected files named *.sql.`)
  return names.sort().map((name) => ({ name, sql: readFileSync(join(folder, name), 'utf8') }))
}

/** Plants every wanted fault in the other project and runs its tests. Throws when they fail without any fault. */
export async function runForeign(options: ForeignOptions): Promise<Generated & { judged: Judged[] }> {
  const folder = resolve(options.migrations)
  const migrations = migrationsIn(folder)
  const tests = findFiles(
    options.tests.map((path) => resolve(path)),
    process.cwd(),
  )
  const benches: Bench[] = []
  try {
    for (let i = 0; i < options.workers; i += 1) benches.push(await Bench.start(migrations, tests))
    const [first] = benches as [Bench, ...Bench[]]
    const generated = await first.generate(options.selection)
    const { mutants } = generated
    if (mutants.length === 0) throw new Error('Nothing was mutated: no fault matches what was asked for.')
    const judged: Judged[] = []
    const noticed = new Map<string, number>()
    let next = 0
    await Promise.all(
      benches.map(async (bench) => {
        for (let mutant = mutants[next++]; mutant; mutant = mutants[next++]) {
          const result = await bench.try(mutant, noticed)
          judged.push({ mutant, result })
          options.progress(judged.length, mutants.length, result, mutant)
        }
      }),
    )
    const places = new Map(mutants.map(({ id }, i) => [id, i]))
    judged.sort((a, b) => (places.get(a.mutant.id) ?? 0) - (places.get(b.mutant.id) ?? 0))
    return { ...generated, judged }
  } finally {
    for (const bench of benches) await bench.stop()
  }
}

/** A server on which the tests of the other project run. */
class Bench {
  readonly #engine: RunningEngine
  readonly #planting: Planting
  readonly #migrations: readonly Migration[]
  readonly #tests: readonly string[]

  private constructor(
    engine: RunningEngine,
    planting: Planting,
    migrations: readonly Migration[],
    tests: readonly string[],
  ) {
    this.#engine = engine
    this.#planting = planting
    this.#migrations = migrations
    this.#tests = tests
  }

  static async start(migrations: readonly Migration[], tests: readonly string[]): Promise<Bench> {
    const engine = await engineNamed(ENGINE_NAME).start()
    const bench = new Bench(
      engine,
      await Planting.on(engine.ticket, { migrations, pgtap: true }),
      migrations,
      tests,
    )
    try {
      const red = await bench.#play('sound', [], undefined, tests)
      if (red)
        throw new Error(`The tests fail without any fault: ${red.file}: ${red.said}. Make them pass first.`)
      return bench
    } catch (error) {
      await bench.stop()
      throw error
    }
  }

  async generate(selection: Selection): Promise<Generated> {
    await this.#planting.plantAs('sound', { scripts: [] })
    const session = await (await this.#open('sound')).connect()
    try {
      return await generate(this.#migrations, await locatedStatements(this.#migrations), session, selection)
    } finally {
      await session.close()
    }
  }

  /** Runs the tests that have noticed most first, up to the first that fails. */
  async try(mutant: Mutant, noticed: Map<string, number>): Promise<Result> {
    const from = performance.now()
    const { shortcut } = mutant
    const after = 'after' in shortcut ? shortcut.after : undefined
    const planted = this.#migrations.map((one) =>
      one.name === mutant.edit.file ? { ...one, sql: edited(one.sql, mutant.edit) } : one,
    )
    const scripts = 'script' in shortcut ? [shortcut.script] : planted.slice(after).map(({ sql }) => sql)
    const rank = (file: string) => noticed.get(`${mutant.object}\0${file}`) ?? 0
    const tests = [...this.#tests].sort((a, b) => rank(b) - rank(a))
    const about = {
      id: mutant.id,
      key: '',
      files: Object.fromEntries(tests.map((file) => [basename(file), ''])),
    }
    const since = () => Math.round(performance.now() - from)
    try {
      const by = await this.#play('planted', scripts, after, tests)
      if (!by) return { ...about, outcome: 'survived', looked: tests.length, ms: since() }
      noticed.set(`${mutant.object}\0${by.file}`, rank(by.file) + 1)
      return {
        ...about,
        outcome: 'noticed',
        by: { file: by.file, name: by.said },
        looked: tests.indexOf(by.file) + 1,
        ms: since(),
      }
    } catch (error) {
      return {
        ...about,
        outcome: 'refused',
        said: error instanceof Error ? error.message : String(error),
        looked: 0,
        ms: since(),
      }
    }
  }

  async stop(): Promise<void> {
    await this.#planting.close()
    await this.#engine.stop()
  }

  #open(name: string): Promise<Database> {
    return this.#engine.open({ holds: 'platform', pgtap: true, name })
  }

  /** The first test that fails in a database with these scripts, and why; nothing when all pass. */
  async #play(
    name: string,
    scripts: readonly string[],
    after: number | undefined,
    tests: readonly string[],
  ): Promise<{ file: string; said: string } | undefined> {
    await this.#planting.plantAs(name, { scripts, ...(after === undefined ? {} : { after }) })
    const database = await this.#open(name)
    // It stays until another fault is planted in its place.
    const open = async () => ({ ...database, close: async () => {} })
    const options = { open, shared: true, folder: process.cwd(), first: [], variables: {}, note: () => {} }
    for (const file of tests) {
      const [result] = await runFiles([file], options)
      if (result && (result.outcome === 'failed' || result.outcome === 'not-run'))
        return { file, said: result.reasons[0] ?? result.outcome }
    }
    return undefined
  }
}
