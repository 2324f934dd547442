/** `npm run predeploy`: is it safe to apply these migrations, to that database, now? See docs/deploying.md. */
import { rmSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Redaction } from '../conformance/connection/index.ts'
import { addTargetOptions, existingTarget, type TargetOptions } from './database.ts'
import { mustBeReadable } from './named-path.ts'
import { isHookOf } from './npm-hook.ts'
import { addReportOptions, commandLine, presentReport, type ReportOptions } from './reports.ts'
import { runVerb, say } from './verb.ts'

const FOLDER = 'reports/predeploy'
const HOUR_MS = 3_600_000
const UNITS = { ms: 1, s: 1_000, m: 60_000, h: HOUR_MS, d: 24 * HOUR_MS } as const
const LOCK_BUDGET_MS = 5_000

interface Options extends ReportOptions, TargetOptions {
  readonly migrations: string
  readonly first: readonly string[]
  readonly data?: string
  readonly formerSpecs?: string
  readonly json?: boolean
  readonly plan?: string
  readonly validFor: number
  readonly rows?: number
  readonly lockBudget?: number
}

const command = new Command('predeploy')
  .description(
    'Judge migrations before they are applied: the files, a replay of them, and, where one is named, the target.',
  )
  .option('--migrations <folder>', 'which migrations', 'supabase/migrations')
  .option(
    '--first <file>',
    'a script to run before them, for what else a project needs; may be given again',
    more,
    [],
  )
  .option('--data <file>', 'a script with rows for a database of the last released version')
  .option(
    '--former-specs <folder>',
    'pgTAP files of the former release (default: tests beside the migrations, as of the commit that released)',
  )
  .option('--json', 'print one JSON object instead of the findings')
  .option('--plan <file>', 'with a target, and when everything passed: write a plan for `npm run deploy`')
  .addOption(
    new Option('--valid-for <time>', 'how long the plan is good for: 30m, 2h, 1d')
      .argParser(asLife)
      .default(HOUR_MS, '1h'),
  )
  .option(
    '--rows <number>',
    'measure how long each file makes others wait, with so many rows a table',
    asCount,
  )
  .option('--lock-budget <time>', 'how long a file may, as measured: 500ms, 5s, 1m (default: 5s)', asWait)
addReportOptions(command)
addTargetOptions(command, 'The target, which is only read:').addHelpText(
  'after',
  '\nExit status: 0 nothing stops a deploy, 1 a finding does, 2 something could not be checked.',
)

// `npm run deploy` does not mean the gate again, without its options: what a deploy goes by is the plan.
if (isHookOf('deploy'))
  say('npm runs predeploy before deploy, by its name: passed over. The plan says what was judged.')
else await runVerb(command, judge)

async function judge(options: Options, secrets: Redaction): Promise<boolean> {
  const startedAt = new Date()
  const { gate, mustBeFree, writePlan } = await import('../conformance/predeploy/index.ts')
  // An old one must not pass for today’s.
  if (options.plan !== undefined) {
    mustBeFree(options.plan)
    rmSync(options.plan, { force: true })
  }
  const { headerOf } = await import('../conformance/results/index.ts')
  const { reportOf } = await import('../conformance/report/index.ts')
  if (options.lockBudget !== undefined && options.rows === undefined)
    throw new Error('--lock-budget is about what --rows measures: give both.')
  mustBeThere(options)
  const target = await existingTarget(command, secrets)
  if (options.plan !== undefined && !target)
    throw new Error('--plan binds what was found to a target, and none is named: --db-url names one.')
  const {
    findings,
    notes,
    sections = [],
    migrations,
    servers,
    plan,
  } = await gate({
    folder: options.migrations,
    first: options.first,
    ...(options.formerSpecs === undefined ? {} : { formerSpecs: options.formerSpecs }),
    ...(options.data === undefined ? {} : { data: options.data }),
    ...(process.stderr.isTTY ? { progress: say } : {}),
    ...(target ? { target } : {}),
    ...(options.rows === undefined
      ? {}
      : { budget: { rows: options.rows, budgetMs: options.lockBudget ?? LOCK_BUDGET_MS } }),
    ...(options.plan === undefined ? {} : { planForMs: options.validFor }),
  })
  const report = reportOf({
    verb: 'predeploy',
    header: headerOf({ startedAt, durationMs: Date.now() - startedAt.getTime() }),
    trial: {
      command: commandLine('predeploy', process.argv.slice(2)),
      migrations: [...migrations],
      servers: [...servers],
      notStarted: [],
    },
    findings: [...findings],
    ...(notes.length > 0 ? { notes: [...notes] } : {}),
    ...(sections.length > 0 ? { sections: [...sections] } : {}),
  })
  if (options.plan !== undefined) {
    if (plan) writePlan(options.plan, plan)
    say(
      plan
        ? `The plan is ${options.plan}, good until ${plan.staleAfter}.`
        : 'No plan was written: not everything passed.',
    )
  }
  return presentReport(command, report, secrets, FOLDER)
}

/** Throws where an option names what is not there: otherwise it would be found out minutes later. */
function mustBeThere({ first, data, formerSpecs }: Options): void {
  const script = { kind: 'file', expected: 'a script of SQL' } as const
  for (const file of first) mustBeReadable('--first', file, script)
  if (data !== undefined) mustBeReadable('--data', data, script)
  if (formerSpecs !== undefined)
    mustBeReadable('--former-specs', formerSpecs, { kind: 'folder', expected: 'a folder of pgTAP files' })
}

function more(file: string, former: readonly string[]): string[] {
  return [...former, file]
}

function asLife(text: string): number {
  return asTime(text, /^(\d{1,4})([mhd])$/, 'm, h or d, such as 30m')
}

function asWait(text: string): number {
  return asTime(text, /^(\d{1,4})(ms|s|m)$/, 'ms, s or m, such as 500ms')
}

function asTime(text: string, pattern: RegExp, units: string): number {
  const [, count, unit] = pattern.exec(text) ?? []
  if (count && Number(count) > 0) return Number(count) * UNITS[unit as keyof typeof UNITS]
  throw new InvalidArgumentError(`It is no time: expected a number and ${units}.`)
}

function asCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is no number of rows: expected 1 to 999999999.')
}
