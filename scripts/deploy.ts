/** `npm run deploy`: carries out a plan of `npm run predeploy`, and nothing else. See docs/deploying.md. */
import { createInterface } from 'node:readline/promises'
import { Command, InvalidArgumentError } from 'commander'
import type { Redaction } from '../conformance/connection/index.ts'
import type { Deployed, MigrationsFolder, Plan } from '../conformance/predeploy/index.ts'
import { addTargetOptions, type TargetOptions, targetConnection } from './database.ts'
import { addReportOptions, commandLine, presentReport, type ReportOptions } from './reports.ts'
import { runVerb, say } from './verb.ts'

const FOLDER = 'reports/deploy'
const STATEMENT_SECONDS = 60

interface Options extends ReportOptions, TargetOptions {
  readonly plan: string
  readonly migrations: string
  readonly yes?: boolean
  readonly target?: string
  readonly wait: number
  readonly lockTimeout: number
  readonly attempts: number
  readonly json?: boolean
}

const command = new Command('deploy')
  .description(
    'Apply what a plan of `npm run predeploy` says to its target, by the Supabase CLI, and verify it. Safe to run again.',
  )
  .requiredOption('--plan <file>', 'what `npm run predeploy -- --plan FILE` has written')
  .option('--migrations <folder>', 'which migrations', 'supabase/migrations')
  .option('--yes', 'do not ask; needs --target')
  .option(
    '--target <name>',
    'the project’s reference, or the database’s name where it is no project: what a person would type',
  )
  .option('--wait <seconds>', 'how long to wait for another deploy to end', asSeconds, 0)
  .option('--lock-timeout <seconds>', 'how long a statement may wait for a lock', asLimit, 5)
  .option('--attempts <number>', 'how often to try when a lock cannot be had, ever more slowly', asCount, 5)
  .option('--json', 'print one JSON object instead of the findings')
addReportOptions(command).setOptionValueWithSource('report', FOLDER, 'default')
addTargetOptions(command, 'The target:').addHelpText(
  'after',
  `
Exit status: 0 everything is applied and verified, 1 not everything, and the report says what, 2 nothing was done, or what
was done could not be found out.`,
)

await runVerb(command, async (options: Options, secrets) => {
  const startedAt = new Date()
  const { deploy, readFolder, readPlan } = await import('../conformance/predeploy/index.ts')
  const plan = readPlan(options.plan)
  const folder = await readFolder(options.migrations)
  const connection = await targetConnection(command, secrets)
  if (!connection)
    throw new Error('No target is named: --db-url, --linked, --env-file or DATABASE_URL names it.')
  await confirm(plan, options)
  const deployed = await deploy({
    plan,
    folder,
    connection,
    waitMs: options.wait * 1000,
    lockTimeoutMs: Math.round(options.lockTimeout * 1000),
    attempts: options.attempts,
    limits: { statementTimeoutMs: (options.timeout ?? STATEMENT_SECONDS) * 1000 },
    signal: interruption(),
    progress: (line) => say(`${new Date().toISOString().slice(11, 19)} ${line}`),
    beforePush: () => keepUnfinished(plan, folder, startedAt, secrets),
  })
  return presentReport(command, await reportOf(deployed, folder, startedAt), secrets, FOLDER)
})

/** Asks a person to type the target’s name; whoever is no person has said it before. */
async function confirm(plan: Plan, { yes, target }: Options): Promise<void> {
  const { nameOf, placeOf } = await import('../conformance/predeploy/index.ts')
  const name = nameOf(plan.target)
  say(`${plan.pending.length} files for ${placeOf(plan.target)}:`)
  for (const file of plan.pending) say(`  ${file}`)
  const isAsked = !yes && process.stdin.isTTY
  if (!isAsked && !yes) throw new Error('Nobody can be asked here: --yes --target NAME confirms.')
  if (yes && target === undefined) throw new Error('--yes needs --target NAME, which says what is confirmed.')
  const said = isAsked ? await ask(`Type ${name} to apply them: `) : target
  if (said !== name)
    throw new Error(`The plan is for ${name}, and that was not what was said: nothing was applied.`)
}

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await terminal.question(question)).trim()
  } finally {
    terminal.close()
  }
}

/** Ends with Ctrl-C, with whoever else asks for it, and with whoever has started this process. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  const parent = process.ppid
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      say('Interrupted: ending the push, then reading what is applied.')
      controller.abort()
    })
  setInterval(() => process.ppid !== parent && controller.abort(), 500).unref()
  return controller.signal
}

/** Until there is a report, one that says so: an older one must not pass for it, should this process be killed. */
async function keepUnfinished(
  plan: Plan,
  folder: MigrationsFolder,
  startedAt: Date,
  secrets: Redaction,
): Promise<void> {
  const { unfinished } = await import('../conformance/predeploy/index.ts')
  const { writeReports } = await import('../conformance/results/index.ts')
  const { report = FOLDER, reporter } = command.opts<Options>()
  await writeReports(await reportOf(unfinished(plan), folder, startedAt), report, reporter, (text) =>
    secrets.clean(text),
  )
}

async function reportOf(deployed: Deployed, folder: MigrationsFolder, startedAt: Date) {
  const { hashOfFile } = await import('../conformance/predeploy/index.ts')
  const { headerOf } = await import('../conformance/results/index.ts')
  const report = await import('../conformance/report/index.ts')
  const { findings, notes, sections = [], servers } = deployed
  return report.reportOf({
    verb: 'deploy',
    header: headerOf({ startedAt, durationMs: Date.now() - startedAt.getTime() }),
    trial: {
      command: commandLine('deploy', process.argv.slice(2)),
      migrations: folder.files.map(({ name, bytes }) => ({ name, sha256: hashOfFile(bytes) })),
      servers: [...servers],
      notStarted: [],
    },
    findings: [...findings],
    ...(notes.length > 0 ? { notes: [...notes] } : {}),
    ...(sections.length > 0 ? { sections: [...sections] } : {}),
  })
}

function asSeconds(text: string): number {
  const seconds = Number(text)
  if (text !== '' && seconds >= 0 && seconds <= 3600) return seconds
  throw new InvalidArgumentError('It is no time: expected a number of seconds, up to 3600.')
}

/** 0 would be no limit. */
function asLimit(text: string): number {
  const seconds = asSeconds(text)
  if (seconds >= 0.001) return seconds
  throw new InvalidArgumentError(
    'Expected more than 0 seconds: without a limit, everybody else waits behind it.',
  )
}

function asCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count > 0 && count <= 100) return count
  throw new InvalidArgumentError('Expected a whole number from 1 to 100.')
}
