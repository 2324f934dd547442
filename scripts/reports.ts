/** What verbs that write reports share: the options that say which and where. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { REPORTER_NAMES, type ReporterName } from '../conformance/report/index.ts'

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
    .option('--report <folder>', report)
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

/** The command that a verb was started with, quoted for a shell where needed. It may hold secrets. */
export function commandLine(verb: string, args: readonly string[]): string {
  const quoted = args.map((arg) =>
    /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", String.raw`'\''`)}'`,
  )
  const words = verb === 'test' ? ['npm test'] : [`npm run ${verb}`]
  return [...words, ...(quoted.length > 0 ? ['--', ...quoted] : [])].join(' ')
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
