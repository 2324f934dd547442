/** `npm test`: type check, then the conformance suite on the engines that were asked for. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError, Option } from 'commander'
import { engineNamed, engines, required } from '../conformance/engines/index.ts'
import type { RUN_VARIABLE, RunRequest } from '../conformance/results/index.ts'
import { addReportOptions, commandLine, type ReportOptions } from './reports.ts'
import { runVerb, say } from './verb.ts'

/** What is tested when nothing else is said: the engine that needs nothing, and what Supabase runs. */
const DEFAULT_ENGINES = 'pglite,embedded-17'
const NOT_ASKED = 'not asked for (npm run test:all runs what can be had)'
const root = fileURLToPath(new URL('..', import.meta.url))
const SPECS = 'conformance/specs/'
const RUN = 'CONFORMANCE_RUN' satisfies typeof RUN_VARIABLE

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

addReportOptions(command, 'default: reports, or reports/narrow with files or --title', root)

await runVerb(command, async (options: Options) => {
  const { engine, title, watch = false, keep = false, verbose = false, reporter } = options
  // A few specs say nothing of all others: their reports do not take the place of a whole run's.
  const narrow = command.args.length > 0 || title !== undefined
  const folder = resolve(root, options.report ?? (narrow ? 'reports/narrow' : 'reports'))
  if (options.image) process.env['CONFORMANCE_IMAGE'] = options.image // where the engine looks for it
  const { names, notRun } = await selection(engine)
  mustMatch(command.args)
  for (const reason of new Set(notRun.map((one) => one.reason))) {
    const those = notRun.filter((one) => one.reason === reason).map((one) => one.engine)
    say(`Not run, because ${reason}: ${those.join(', ')}.`)
  }
  // A run that specs of another one start is of the same files.
  const types = options.types && process.env[RUN] === undefined ? typeCheck() : true
  const args = [
    watch ? 'watch' : 'run',
    ...['--root', root],
    ...(title ? ['--testNamePattern', title.source] : []),
    ...command.args,
  ]
  const answer = await vitest(args, {
    depth: options.exhaustive ? 'exhaustive' : options.thorough ? 'thorough' : 'short',
    engines: names,
    chosen: command.getOptionValueSource('engine') === 'cli',
    words: command.args,
    named: command.args.length > 0 || title !== undefined,
    notStarted: notRun,
    folder,
    reporters: [...reporter],
    command: commandLine('test', process.argv.slice(2)),
    verbose,
    slowest: options.slowest,
    keep,
  })
  const typed = await types
  if (title && answer.findings === answer.skipped)
    throw new Error(`None of ${answer.findings} titles matches ${title}: --title takes a regular expression.`)
  if (answer.verdict === 'error') throw new Error('not everything could be tested; see above.')
  return typed && answer.verdict === 'passed'
})

/**
 * Runs Vitest as a process of its own, which starts in half the time that it takes where TypeScript is loaded as this file is.
 * What the run is to be, and how it ended, are told between the two; all it prints is its own.
 */
async function vitest(args: readonly string[], request: RunRequest) {
  const manifest = createRequire(import.meta.url).resolve('vitest/package.json')
  const program = join(dirname(manifest), 'vitest.mjs')
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [RUN]: JSON.stringify(request) },
  })
  // At a terminal Ctrl-C reaches both processes; elsewhere who ends this one means that one.
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT')
  })
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  let last: unknown
  child.on('message', (message) => {
    last = message
  })
  const ended = once(child, 'close')
  const { answerIn } = await import('../conformance/results/index.ts')
  await ended
  return answerIn(last)
}

/** Checks the types while the specs run, and says at the end what is wrong. */
async function typeCheck(): Promise<boolean> {
  const { $ } = await import('zx')
  const { exitCode, stdout } = await $({
    cwd: root,
    nothrow: true,
    quiet: true,
  })`node_modules/.bin/tsc --noEmit`
  if (exitCode !== 0) say(`The type check failed:\n${stdout}`)
  return exitCode === 0
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
  const specs = readdirSync(new URL(`../${SPECS}`, import.meta.url), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.spec.ts'))
    .sort()
  const unknown = words.filter((word) => !specs.some((path) => `${root}${SPECS}${path}`.includes(word)))
  if (unknown.length === 0) return
  throw new Error(
    `No spec's path contains ${unknown.map((word) => `"${word}"`).join(' or ')}. Known specs:\n  ${specs.join('\n  ')}`,
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
