import { type Database, type Session, Unavailable } from '../engines/index.ts'
import { type PlayOptions, playFile } from './file-player.ts'
import { Judge, type Verdict } from './judge.ts'
import { Refused, ScriptError } from './script-error.ts'
import { serverVariables } from './server-variables.ts'
import type { Note } from './statement-runner.ts'
import { Variables } from './variables.ts'

/** What came of one file. `not-run`: it asks for what is not done here, so nothing was found out. */
export interface FileResult extends Verdict {
  readonly file: string
  readonly outcome: 'passed' | 'failed' | 'skipped' | 'not-run'
  readonly durationMs: number
}

/** Hears of a run as it goes. */
export interface Listener {
  begins?(file: string): void
  /** A line that the file printed. */
  line?(text: string): void
  ends?(result: FileResult): void
}

/** How files are run. */
export interface RunOptions {
  /** Opens a database with pgTAP. */
  readonly open: () => Promise<Database>
  /** Whether all files, in their order, share one database, and so see what earlier ones have committed. */
  readonly shared: boolean
  /** Where files are, and where `\i` looks for others. */
  readonly folder: string
  /** Scripts to run in each new database before the first test: migrations, most often. */
  readonly first: readonly string[]
  /** Variables, as by `psql --set`. */
  readonly variables: Readonly<Record<string, string>>
  readonly note: Note
  readonly listener?: Listener
}

/**
 * Runs test files one after the other, each in a connection of its own. A file that bails out ends the run: the files after
 * it are in no result. Throws when a database cannot be had, or a script that comes first fails.
 */
export async function runFiles(files: readonly string[], options: RunOptions): Promise<FileResult[]> {
  const results: FileResult[] = []
  const shared = options.shared ? await prepared(options) : undefined
  try {
    for (const file of files) {
      const database = shared ?? (await prepared(options))
      try {
        const result = await runFile(file, database, options)
        results.push(result)
        if (result.bailedOut !== undefined) break
      } finally {
        if (!shared) await database.close()
      }
    }
  } finally {
    await shared?.close()
  }
  return results
}

/** A new database, with what comes first. */
async function prepared(options: RunOptions): Promise<Database> {
  const database = await options.open()
  try {
    for (const script of options.first) {
      await withSession(database, options, async (world) => {
        for await (const _ of playFile(script, world));
      })
    }
    return database
  } catch (error) {
    await database.close()
    throw error instanceof ScriptError ? new Error(`${error.place}: ${error.message}`) : error
  }
}

async function runFile(file: string, database: Database, options: RunOptions): Promise<FileResult> {
  const { listener = {} } = options
  const startedAt = performance.now()
  const judge = new Judge()
  listener.begins?.(file)
  const stopped = await withSession(database, options, (world) => play(file, world, judge, listener))
  const verdict = judge.end(stopped && `${stopped.place}: ${stopped.message}`)
  const durationMs = Math.round(performance.now() - startedAt)
  const result = { file, outcome: outcomeOf(verdict, stopped), durationMs, ...verdict }
  listener.ends?.(result)
  return result
}

/** Plays the file to its end, or as far as it comes: then it answers why. */
async function play(
  file: string,
  world: PlayOptions,
  judge: Judge,
  listener: Listener,
): Promise<ScriptError | undefined> {
  try {
    for await (const line of playFile(file, world)) {
      judge.take(line)
      listener.line?.(line)
      if (judge.bailedOut) break
    }
    return undefined
  } catch (error) {
    if (error instanceof ScriptError) return error
    // A file may well end its own connection. If there is no server any more, the next one says so.
    if (error instanceof Unavailable) return new ScriptError(error.message, file)
    throw error
  }
}

function outcomeOf({ reasons, skipped }: Verdict, stopped: ScriptError | undefined): FileResult['outcome'] {
  if (stopped instanceof Refused) return 'not-run'
  if (reasons.length > 0) return 'failed'
  return skipped === undefined ? 'passed' : 'skipped'
}

async function withSession<T>(
  database: Database,
  { folder, variables, note }: RunOptions,
  work: (world: PlayOptions) => Promise<T>,
): Promise<T> {
  const session: Session = await database.connect()
  const deaf = session.onNotice(({ severity, message }) => note(`${severity}: ${message}`))
  try {
    const known = { ...(await serverVariables(session)), ...variables }
    return await work({ session, folder, note, variables: new Variables(known) })
  } finally {
    deaf()
    await session.close()
  }
}
