/** `npm test`: type check, then the conformance suite on the engines that were asked for. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Redaction } from '../conformance/connection/index.ts'
import { engineNamed, engines, required } from '../conformance/engines/index.ts'
import type { Report } from '../conformance/report/index.ts'
import type { EndOptions } from '../conformance/results/index.ts'
import { RUN_VARIABLE, type RunMessage, type RunRequest, specFiles } from '../conformance/runner/index.ts'
import { leftOut, projectsOf, scopeOf, specsNamed } from '../conformance/selection/index.ts'
import { addReportOptions, commandLine, type ReportOptions } from './reports.ts'
import { runVerb, say } from './verb.ts'

/** What is tested when nothing else is said: the engine that needs nothing, and what Supabase runs. */
const DEFAULT_ENGINES = 'pglite,embedded-17'
const NOT_ASKED = 'not asked for (npm run test:all runs what can be had)'
const root = fileURLToPath(new URL('..', import.meta.url))

const command = new Command('test')
  .description(
    'Type check, then run the conformance suite and write reports/. Ends with "N passed, N failed, N skipped".',
  )
  .argument('[files...]', 'only specs whose path contains one of these')
  .option(
    '--engine <names>',
    `comma-separated engines, or "all"; known: ${engines.map(({ name }) => name).join(', ')}`,
    DEFAULT_ENGINES,
  )
  .option('-t, --title <pattern>', 'only tests whose title matches', asPattern)
  .option('--watch', 'run again at every change')
  .addOption(
    new Option(
      '--image <name>',
      'what the engine container starts: postgres or supabase/postgres, from 15 on',
    ).env('CONFORMANCE_IMAGE'),
  )
  .option('--thorough', 'also what takes long and is otherwise left out')
  .option('--exhaustive', 'also what another engine of the run answers for')
  .option('--no-types', 'leave out the type check, where something else does it')
  .option('--verbose', 'list every file as it is done, and print each failure with its code')
  .option('--slowest <n>', 'print the specs that took longest, so many of them', asCount, 0)
  .option('--keep', 'keep the databases of tests that fail until Ctrl-C, and print their URLs')
  .addHelpText(
    'after',
    '\nExit status: 0 all passed, 1 a test or the type check failed, 2 something could not be tested.',
  )

interface Options extends ReportOptions {
  readonly engine: string
  readonly title?: RegExp
  readonly watch?: boolean
  readonly keep?: boolean
  readonly slowest: number
  readonly verbose?: boolean
  readonly thorough?: boolean
  readonly exhaustive?: boolean
  readonly image?: string
  readonly types: boolean
}

addReportOptions(command, 'default: reports, or reports/narrow with files or --title')

await runVerb(command, async (options: Options, secrets) => {
  const { engine, title, watch = false, keep = false, verbose = false, reporter } = options
  // A few specs say nothing of all others: their reports do not take the place of a whole run's.
  const narrow = command.args.length > 0 || title !== undefined
  const folder = resolve(options.report ?? join(root, narrow ? 'reports/narrow' : 'reports'))
  if (options.image) process.env['CONFORMANCE_IMAGE'] = options.image // where the engine looks for it
  const { names, notRun } = await selection(engine)
  mustMatch(command.args)
  for (const reason of new Set(notRun.map((one) => one.reason))) {
    const those = notRun.filter((one) => one.reason === reason).map((one) => one.engine)
    say(`Not run, because ${reason}: ${those.join(', ')}.`)
  }
  // A run that specs of another one start is of the same files.
  const types = options.types && process.env[RUN_VARIABLE] === undefined ? typeCheck() : true
  const depth = options.exhaustive ? 'exhaustive' : options.thorough ? 'thorough' : 'short'
  const chosen = command.getOptionValueSource('engine') === 'cli'
  const scope = scopeOf({ depth, engines: names, chosen, words: command.args })
  const { files } = scope
  const request: RunRequest = {
    ...{ depth, verbose, keep, named: narrow, projects: projectsOf(scope) },
    ...(files ? { files } : {}),
  }
  const args = [
    watch ? 'watch' : 'run',
    ...['--root', root],
    ...(title ? ['--testNamePattern', title.source] : []),
    ...command.args,
  ]
  let report: Report | undefined
  const end: EndOptions = {
    ...{ folder, reporters: reporter, notStarted: notRun, leftOut: leftOut(scope) },
    command: commandLine('test', process.argv.slice(2)),
    clean: (text) => secrets.clean(text),
    done(written) {
      report = written
    },
  }
  await vitest(args, request, () => listeners(options, end, secrets))
  const typed = await types
  if (report === undefined) throw new Error('the run did not come to an end.')
  if (title && report.findings.every(({ outcome }) => outcome === 'skipped'))
    throw new Error(
      `None of ${report.findings.length} titles matches ${title}: --title takes a regular expression.`,
    )
  if (report.verdict === 'error') throw new Error('not everything could be tested; see above.')
  return typed && report.verdict === 'passed'
})

/** What hears of a run. It takes a while to load, in which the run starts. */
async function listeners({ verbose, slowest }: Options, end: EndOptions, secrets: Redaction) {
  const { EndOfRun, heardBy, KeptDatabases, Progress, Slowest } = await import(
    '../conformance/results/index.ts'
  )
  return heardBy([
    ...(verbose ? [] : [new Progress()]),
    ...(slowest > 0 ? [new Slowest(slowest)] : []),
    new EndOfRun(end),
    new KeptDatabases((url) => secrets.disclose(url)),
  ])
}

/**
 * Runs Vitest as a process of its own, which starts in half the time that it takes where TypeScript is loaded as this file is.
 * What it tells of the run is heard here, and made into reports.
 */
async function vitest(
  args: readonly string[],
  request: RunRequest,
  hearing: () => Promise<(message: RunMessage) => Promise<void>>,
): Promise<void> {
  const child = spawn(process.execPath, [join(packageOf('vitest'), 'vitest.mjs'), ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [RUN_VARIABLE]: JSON.stringify(request) },
  })
  // At a terminal Ctrl-C reaches both processes; elsewhere who ends this one means that one.
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT')
  })
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  const ended = once(child, 'close')
  const hear = hearing()
  let heard = Promise.resolve()
  child.on('message', (message) => {
    heard = heard.then(async () => (await hear)(message as RunMessage))
    heard.catch(() => child.kill('SIGTERM')) // what failed is thrown below
  })
  await ended
  await heard
}

/** Checks the types while the specs run, and says at the end what is wrong. */
async function typeCheck(): Promise<boolean> {
  const child = spawn(process.execPath, [join(packageOf('typescript'), 'bin/tsc'), '--noEmit'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    // The compiler is written in Go, whose garbage collector would take a third of the time that the specs want as well.
    env: { ...process.env, GOGC: '400' },
  })
  const [said, [status]] = await Promise.all([text(child.stdout), once(child, 'close')])
  if (status !== 0) say(`The type check failed:\n${said}`)
  return status === 0
}

function packageOf(name: string): string {
  return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
}

/** Which engines are tested, and why the others are not. Throws when one that was asked for, or is required, cannot be had. */
async function selection(
  asked: string,
): Promise<{ names: string[]; notRun: { engine: string; reason: string }[] }> {
  const demanded = required()
  const wanted = asked.split(',').map((name) => name.trim())
  if (asked !== 'all') for (const name of wanted) engineNamed(name)
  const names: string[] = []
  const notRun: { engine: string; reason: string }[] = []
  for (const { name, whyNot } of engines) {
    const named = wanted.includes(name)
    const reason = named || asked === 'all' ? await whyNot?.() : NOT_ASKED
    if (reason === undefined) names.push(name)
    else if (named) throw new Error(`${name} was asked for, but ${reason}.`)
    else if (asked === 'all' && demanded.includes(name))
      throw new Error(`CONFORMANCE_REQUIRE demands ${name}, but ${reason}.`)
    else notRun.push({ engine: name, reason })
  }
  return { names, notRun }
}

/** Throws when a word is in the path of no spec: a typing mistake must not look like a short run. */
function mustMatch(words: readonly string[]): void {
  const unknown = words.filter((word) => specsNamed([word]).length === 0)
  if (unknown.length === 0) return
  throw new Error(
    `No spec's path contains ${unknown.map((word) => `"${word}"`).join(' or ')}. Known specs:\n  ${specFiles().join('\n  ')}`,
  )
}

function asCount(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is no number of specs.')
}

function asPattern(text: string): RegExp {
  try {
    return new RegExp(text)
  } catch {
    throw new InvalidArgumentError('It is not a regular expression.')
  }
}
