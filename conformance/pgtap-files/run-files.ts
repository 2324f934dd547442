import { type Database, type Session, Unavailable } from '../engines/index.ts'
import { copiesOf, type Databases, freshOnes, oneForAll } from './databases.ts'
import { type PlayOptions, playFile } from './file-player.ts'
import type { FoundFile } from './find-files.ts'
import { type Circumstances, hintFor } from './hints.ts'
import { asTap, Judge, type Verdict } from './judge.ts'
import { Refused, ScriptError } from './script-error.ts'
import { serverVariables } from './server-variables.ts'
import { type StandIns, standInOf } from './stand-ins.ts'
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
  /** Where files are, and where `\i` looks for others, unless psql would have been started in another folder. */
  readonly folder: string
  readonly startedIn?: PlayOptions['startedIn']
  /** Scripts to run in each new database before the first test: migrations, most often. */
  readonly first: readonly string[]
  /** What else to do in a new database before them, such as to apply a project's migrations. */
  readonly prepare?: (session: Session) => Promise<void>
  /** Variables, as by `psql --set`. */
  readonly variables: Readonly<Record<string, string>>
  readonly note: Note
  readonly listener?: Listener
  /** How long a statement may take, in milliseconds. Default: as long as it wants. */
  readonly timeoutMs?: number | undefined
  readonly regime?: Circumstances['regime']
  /** Hears of the extensions that are not the real ones, when they are created. */
  readonly standsIn?: (standIns: StandIns) => void
}

/**
 * Runs test files one after the other, each in a connection of its own. A file that bails out ends the run: the files after
 * it are in no result. Throws when a database cannot be had, or a script that comes first fails.
 */
export async function runFiles(
  files: readonly (string | FoundFile)[],
  options: RunOptions,
): Promise<FileResult[]> {
  const found = files.map((file) => (typeof file === 'string' ? { file } : file))
  const results: FileResult[] = []
  const databases = await databasesFor(found, options)
  try {
    for (const { file, why } of found) {
      const result = why === undefined ? await runFile(file, databases, options) : unread(file, why, options)
      results.push(result)
      if (result.bailedOut !== undefined) break
    }
  } finally {
    await databases.close()
  }
  return results
}

/** What comes first is done once, where a database can be copied. */
async function databasesFor(files: readonly FoundFile[], options: RunOptions): Promise<Databases> {
  if (options.shared) return oneForAll(await prepared(options))
  const comesFirst = options.first.length > 0 || options.prepare !== undefined
  if (!comesFirst) return freshOnes(options.open)
  const base = await prepared(options)
  if (base.copy) return copiesOf(base, files.filter(({ why }) => why === undefined).length)
  await base.close()
  return freshOnes(() => prepared(options))
}

/** The result of a file that cannot be had. */
function unread(file: string, why: string, { listener = {} }: RunOptions): FileResult {
  listener.begins?.(file)
  const verdict = { ...new Judge().end(why), reasons: [why] }
  const result: FileResult = { file, outcome: 'not-run', durationMs: 0, ...verdict }
  listener.ends?.(result)
  return result
}

/** A new database, with what comes first. */
async function prepared(options: RunOptions): Promise<Database> {
  const database = await options.open()
  const { prepare } = options
  try {
    if (prepare) await withSession(await database.connect(), options, ({ session }) => prepare(session))
    for (const script of options.first) {
      await withSession(await database.connect(), options, async (world) => {
        for await (const _ of playFile(script, world));
      })
    }
    return database
  } catch (error) {
    await database.close()
    throw error instanceof ScriptError ? new Error(`${error.place}: ${error.message}`) : error
  }
}

async function runFile(file: string, databases: Databases, options: RunOptions): Promise<FileResult> {
  const { listener = {} } = options
  const startedAt = performance.now()
  const judge = new Judge()
  listener.begins?.(file)
  const stopped = await withSession(await databases.next(), options, (world) =>
    play(file, world, judge, listener),
  )
  await databases.done()
  const verdict = withHints(judge.end(stopped && `${stopped.place}: ${stopped.message}`), options)
  const durationMs = Math.round(performance.now() - startedAt)
  const result = { file, outcome: outcomeOf(verdict, stopped), durationMs, ...verdict }
  listener.ends?.(result)
  return result
}

/** Says what to do where it is known, once each. */
function withHints(verdict: Verdict, { shared, regime }: RunOptions): Verdict {
  const { reasons, points } = verdict
  if (reasons.length === 0) return verdict
  const said = [...reasons, ...points.filter(({ ok }) => !ok).flatMap(({ diagnostics }) => diagnostics)]
  const hints = said.flatMap((line) => hintFor(line, { shared, regime }) ?? [])
  return { ...verdict, reasons: [...reasons, ...new Set(hints)] }
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
      listener.line?.(asTap(line))
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
  session: Session,
  { folder, startedIn, variables, note, timeoutMs, standsIn }: RunOptions,
  work: (world: PlayOptions) => Promise<T>,
): Promise<T> {
  const deaf = session.onNotice(({ severity, message }) => {
    standsIn?.(standInOf(message))
    note(`${severity}: ${message}`)
  })
  try {
    if (timeoutMs !== undefined) await session.query(`set statement_timeout = ${timeoutMs}`)
    const known = { ...(await serverVariables(session)), ...variables }
    return await work({ session, folder, startedIn, note, variables: new Variables(known) })
  } finally {
    deaf()
    await session.close()
  }
}
