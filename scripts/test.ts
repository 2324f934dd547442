/** `npm test`: type check, then the conformance suite on the engines that were asked for. */
import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError, Option } from 'commander'
import { startVitest } from 'vitest/node'
import { $ } from 'zx'
import { engineNamed, engines } from '../conformance/engines/index.ts'
import { EndOfRun, KeptReporter, leftOut, Progress } from '../conformance/results/index.ts'
import { addReportOptions, commandLine, type ReportOptions } from './reports.ts'
import { untilInterrupted } from './until-interrupted.ts'
import { runVerb, say } from './verb.ts'

/** What is tested when nothing else is said: the engine that needs nothing, and what Supabase runs. */
const DEFAULT_ENGINES = 'pglite,embedded-17'
const NOT_ASKED = 'not asked for (npm run test:all runs what can be had)'
const root = fileURLToPath(new URL('..', import.meta.url))
const SPECS = 'conformance/specs/'

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
  .option('--verbose', 'list every file as it is done, and print each failure with its code')
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
  readonly verbose?: boolean
  readonly thorough?: boolean
  readonly image?: string
}

addReportOptions(command, 'default: reports, or reports/narrow with files or --title')

await runVerb(command, async (options: Options, secrets) => {
  const { engine, title, watch = false, keep = false, verbose = false, thorough = false, reporter } = options
  // A few specs say nothing of all others: their reports do not take the place of a whole run's.
  const narrow = command.args.length > 0 || title !== undefined
  const folder = resolve(root, options.report ?? (narrow ? 'reports/narrow' : 'reports'))
  if (options.image) process.env['CONFORMANCE_IMAGE'] = options.image // where the engine looks for it
  const { names, notRun } = await selection(engine)
  mustMatch(command.args)
  const types = await $({ cwd: root, nothrow: true, stdio: 'inherit' })`npx --no-install tsc --noEmit`
  if (types.exitCode !== 0) return false

  const reasons = new Set(notRun.map(({ reason }) => reason))
  for (const reason of reasons) {
    const those = notRun.filter((one) => one.reason === reason).map((one) => one.engine)
    say(`Not run, because ${reason}: ${those.join(', ')}.`)
  }

  // Whoever names files wants them, however long they take.
  const short = !thorough && command.args.length === 0
  const left = short ? leftOut(names) : []
  if (short) process.env['CONFORMANCE_SHORT'] = '1' // vitest.config.ts reads it

  const end = new EndOfRun({
    notStarted: notRun,
    leftOut: left,
    folder,
    reporters: reporter,
    command: commandLine('test', process.argv.slice(2)),
    clean: (text) => secrets.clean(text),
  })
  const kept = new KeptReporter({
    disclose: (url) => secrets.disclose(url),
    async wait() {
      if (watch) return
      say('The databases above are there until Ctrl-C.')
      await untilInterrupted()
    },
  })
  const vitest = await startVitest('test', command.args, {
    root,
    watch,
    project: [...names, 'house'],
    reporters: [verbose ? 'default' : new Progress(), end, kept],
    provide: { keep, thorough },
    ...(title === undefined ? {} : { testNamePattern: title }),
  })
  if (watch) return new Promise<never>(() => {})
  await vitest.close()
  if (!end.report) throw new Error('the run did not come to an end.')
  const { findings, verdict } = end.report
  if (title && findings.every(({ outcome }) => outcome === 'skipped')) {
    throw new Error(`None of ${findings.length} titles matches ${title}: --title takes a regular expression.`)
  }
  if (verdict === 'error') throw new Error('not everything could be tested; see above.')
  return verdict === 'passed'
})

/** Which engines are tested, and why the others are not. Throws when one that was asked for, or is required, cannot be had. */
async function selection(
  asked: string,
): Promise<{ names: string[]; notRun: { engine: string; reason: string }[] }> {
  const required = (process.env['CONFORMANCE_REQUIRE'] ?? '').split(',')
  const wanted = asked.split(',').map((name) => name.trim())
  if (asked !== 'all') for (const name of wanted) engineNamed(name)
  const names: string[] = []
  const notRun: { engine: string; reason: string }[] = []
  for (const { name, whyNot } of engines) {
    const named = wanted.includes(name)
    const reason = named || asked === 'all' ? await whyNot?.() : NOT_ASKED
    if (reason === undefined) names.push(name)
    else if (named) throw new Error(`${name} was asked for, but ${reason}.`)
    else if (asked === 'all' && required.includes(name))
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

function asPattern(text: string): RegExp {
  try {
    return new RegExp(text)
  } catch {
    throw new InvalidArgumentError('It is not a regular expression.')
  }
}
