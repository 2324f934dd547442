/** What verbs that write reports share: the options that say which and where. */
import { accessSync, constants, existsSync, mkdirSync, rmdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Redaction, shownArguments } from '../conformance/connection/index.ts'
import { REPORTER_NAMES, type Report, type ReporterName } from '../conformance/report/index.ts'
import { callerFolder } from './from-caller.ts'
import { say } from './verb.ts'

/** What the options come to. */
export interface ReportOptions {
  /** Which reports; all of them when nothing is said. */
  readonly reporter: readonly ReporterName[]
  /** The folder that they are written to. */
  readonly report?: string
}

/** Gives a verb `--report` and `--reporter`; `note` says what happens without them. */
export function addReportOptions(command: Command, note?: string): Command {
  const report = `write reports into this folder${note ? ` (${note})` : ''}`
  return command
    .optionsGroup('Reports:')
    .option('--report <folder>', report, (text) => writableFolder(text, callerFolder(command)))
    .addOption(
      new Option('--reporter <names>', `which, comma-separated: ${REPORTER_NAMES.join(', ')}`)
        .argParser(reportersIn)
        .default(REPORTER_NAMES, 'all'),
    )
}

/** The folder that reports are wanted in: `otherwise` when only `--reporter` is given, none when neither is. */
export function folderFor(command: Command, otherwise: string): string | undefined {
  const { report } = command.opts<ReportOptions>()
  return report ?? (command.getOptionValueSource('reporter') === 'cli' ? otherwise : undefined)
}

/**
 * Prints a report at the terminal, or as JSON with `--json`, and writes those that were asked for. Answers whether all
 * passed; throws when nothing failed and something could not be checked.
 */
export async function presentReport(
  command: Command,
  report: Report,
  secrets: Redaction,
  folder: string,
): Promise<boolean> {
  const { paintFor, render, withTexts } = await import('../conformance/report/index.ts')
  const { reporter, json = false } = command.opts<ReportOptions & { readonly json?: boolean }>()
  const clean = (text: string) => secrets.clean(text)
  const paint = paintFor(process.env, process.stdout.isTTY)
  process.stdout.write(await render(withTexts(report, clean), json ? 'json' : 'terminal', paint))
  const into = folderFor(command, folder)
  if (into !== undefined) {
    const { writeReports } = await import('../conformance/results/index.ts')
    await writeReports(report, into, reporter, clean)
    say(`The reports are in ${into}.`)
  }
  if (report.verdict === 'error')
    throw new Error('Not everything could be checked: the report says what, and why.')
  return report.verdict === 'passed'
}

/** The command that a verb was started with, quoted for a shell where needed, without what a URL holds. */
export function commandLine(verb: string, args: readonly string[]): string {
  const quoted = shownArguments(args).map((arg) =>
    /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", String.raw`'\''`)}'`,
  )
  const words = verb === 'test' ? ['npm test'] : [`npm run ${verb}`]
  return [...words, ...(quoted.length > 0 ? ['--', ...quoted] : [])].join(' ')
}

/** Refuses a folder that nothing can be written into, before any work is done: all of it would be lost. */
export function writableFolder(text: string, from: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty: expected a folder.')
  const folder = resolve(from, text)
  const { there, missing } = nearestOf(folder)
  if (!statSync(there).isDirectory())
    throw new InvalidArgumentError(`${there} is a file: expected a folder, or one that can be made.`)
  try {
    accessSync(there, constants.W_OK | constants.X_OK)
    if (missing) tryToMake(missing)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : ''
    throw new InvalidArgumentError(`Nothing can be written there${code}: expected a folder of your own.`)
  }
  return text
}

/** What there is of a path, and the first folder of it that is not. */
function nearestOf(path: string): { there: string; missing?: string } {
  let missing: string | undefined
  let there = path
  while (!existsSync(there)) {
    missing = there
    there = dirname(there)
  }
  return missing === undefined ? { there } : { there, missing }
}

/** One folder at a time: where none can be made, as in /proc, Node tries for ever to make it with those above it. */
function tryToMake(folder: string): void {
  mkdirSync(folder)
  try {
    rmdirSync(folder)
  } catch {
    // Somebody else has begun to use it.
  }
}

function reportersIn(text: string): ReporterName[] {
  const asked = text.split(',').map((name) => name.trim())
  const unknown = asked.filter((name) => !REPORTER_NAMES.some((known) => known === name))
  if (unknown.length > 0)
    throw new InvalidArgumentError(
      `Unknown: ${unknown.join(', ')}. Known reports: ${REPORTER_NAMES.join(', ')}.`,
    )
  return REPORTER_NAMES.filter((name) => asked.includes(name))
}
