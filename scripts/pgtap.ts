/** `npm run pgtap`: runs existing pgTAP files on an engine of ours, without psql, Perl or Docker. */
import { resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Redaction } from '../conformance/connection/index.ts'
import { engines } from '../conformance/engines/index.ts'
import {
  type FileResult,
  findTests,
  type Project,
  readProject,
  runFiles,
  TAP_VERSIONS,
  type TapVersion,
  tapStream,
  tapSummary,
} from '../conformance/pgtap-files/index.ts'
import { callerFolder } from './from-caller.ts'
import { type Ground, type GroundOptions, groundFor } from './pgtap-ground.ts'
import { addReportOptions, commandLine, folderFor, type ReportOptions } from './reports.ts'
import { asSeconds } from './seconds.ts'
import { runVerb, say } from './verb.ts'

const withPgtap = engines.filter(({ lacks }) => !lacks.pgtap)
const FOLDER = 'reports/pgtap'

const command = new Command('pgtap')
  .description(
    'Run pgTAP files, such as those of supabase/tests, each in a database of its own with pgTAP in it.',
  )
  .argument('[paths...]', 'files, or folders of *.sql and *.pg files (with --project: its supabase/tests)')
  .option(
    '--project <folder>',
    'a project of the Supabase CLI: its migrations and seeds, then its tests; paths are from it',
  )
  .addOption(
    new Option(
      '--engine <name>',
      'where to run them (default: embedded-17, or what the project asks for)',
    ).choices(withPgtap.map(({ name }) => name)),
  )
  .addOption(
    new Option(
      '--regime <name>',
      'privileges as in projects created before 2026-05-30 (open) or from then on (closed)',
    ).choices(['open', 'closed']),
  )
  .addOption(
    new Option('--holds <what>', "what a database holds: our migrations, or Supabase's platform alone")
      .choices(['migrations', 'platform'])
      .conflicts('project'),
  )
  .option('--first <path>', 'a script, or a folder of them, to run before the files; may be repeated', append)
  .option('--set <name=value>', 'a variable, as for psql; may be repeated', variable)
  .option('--one-database', 'let all files share a database, as supabase test db does')
  .option('--timeout <seconds>', 'how long a statement may take', asSeconds)
  .option('--notices', 'print what the server remarks')
  .addOption(new Option('--tap <version>', 'the version of TAP to print').choices(TAP_VERSIONS).default('14'))
  .option('--json', 'print one JSON object instead of TAP')
  .optionsGroup('A database of your own:')
  .addOption(
    new Option('--db-url <url>', 'run there, each file in a transaction that is rolled back').conflicts([
      'project',
      'engine',
      'holds',
      'regime',
      'oneDatabase',
      'first',
    ]),
  )
  .option('--host <name>', 'its host once more, where that is not this machine')
  .addHelpText(
    'after',
    '\nExit status: 0 all files passed, 1 one failed, 2 one could not be run and none failed, or none could be run.',
  )
const here = callerFolder(command)
addReportOptions(command)

interface Options extends ReportOptions, GroundOptions {
  readonly project?: string
  readonly first?: readonly string[]
  readonly set?: Readonly<Record<string, string>>
  readonly oneDatabase?: boolean
  readonly timeout?: number
  readonly notices?: boolean
  readonly tap: TapVersion
  readonly json?: boolean
}

await runVerb(command, async (options: Options, secrets) => {
  const startedAt = new Date()
  const project = options.project === undefined ? undefined : readProject(resolve(options.project))
  const paths = command.args.length === 0 && project ? [project.tests] : command.args
  if (paths.length === 0) throw new Error('No file is named: expected paths, or --project FOLDER.')
  bailOutWhenInterrupted(options.json === true)
  const ground = await groundFor(options, project, secrets)
  try {
    const results = await run(paths, options, ground, project)
    if (options.json) process.stdout.write(asJson(results, ground))
    else process.stdout.write(tapSummary(results, ground.standIns))
    await keepReport(results, ground, startedAt, secrets)
    return verdictOf(results)
  } finally {
    await ground.stop()
  }
})

async function run(paths: readonly string[], options: Options, ground: Ground, project: Project | undefined) {
  const folder = project?.folder ?? here
  const files = findTests(paths, folder)
  const first = findTests(options.first ?? [], here).map(({ file }) => resolve(here, file))
  const write = (text: string) => process.stdout.write(text)
  return runFiles(files, {
    ...ground.run,
    shared: options.oneDatabase === true,
    folder,
    ...(project ? { startedIn: project.tests } : {}),
    first,
    ...(options.json ? {} : { listener: tapStream(files.length, write, options.tap) }),
    variables: options.set ?? {},
    timeoutMs: options.timeout === undefined ? undefined : options.timeout * 1000,
    note: (line) => (options.notices || !/^(NOTICE|INFO|DEBUG): /.test(line) ? say(line) : undefined),
  })
}

function asJson(results: readonly FileResult[], { engine, holds, standIns }: Ground): string {
  const extensions = Object.entries(standIns).map(([name, note]) => ({ name, note }))
  return `${JSON.stringify({ engine, holds, standIns: extensions, files: results }, null, 2)}\n`
}

async function keepReport(
  results: readonly FileResult[],
  ground: Ground,
  startedAt: Date,
  secrets: Redaction,
) {
  const folder = folderFor(command, FOLDER)
  if (folder === undefined) return
  const { reportOfPgtapFiles, writeReports } = await import('../conformance/results/index.ts')
  const report = reportOfPgtapFiles(results, {
    command: commandLine('pgtap', process.argv.slice(2)),
    server: await ground.server(),
    ours: ground.holds === 'migrations',
    standIns: ground.standIns,
    startedAt,
    durationMs: Date.now() - startedAt.getTime(),
  })
  await writeReports(report, resolve(here, folder), command.opts<Options>().reporter, (text) =>
    secrets.clean(text),
  )
  say(`The reports are in ${folder}.`)
}

/** A stream that is cut off must not look complete. */
function bailOutWhenInterrupted(json: boolean): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      if (json) process.exit(2)
      process.stdout.write(`Bail out! Interrupted by ${signal}.\n`, () => process.exit(2))
    })
  }
}

/** Whether all passed. Throws when nothing worse happened than that a file could not be run. */
function verdictOf(results: readonly FileResult[]): boolean {
  if (results.some(({ outcome }) => outcome === 'failed')) return false
  const notRun = results.filter(({ outcome }) => outcome === 'not-run').map(({ file }) => file)
  if (notRun.length > 0) throw new Error(`${notRun.join(', ')} could not be run: see above.`)
  return true
}

function append(path: string, paths: readonly string[] = []): string[] {
  return [...paths, path]
}

function variable(text: string, variables: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, name, value] = /^([\w\u0080-\uffff]+)=([\s\S]*)$/.exec(text) ?? []
  if (name === undefined || value === undefined) throw new InvalidArgumentError('Expected NAME=VALUE.')
  return { ...variables, [name]: value }
}
