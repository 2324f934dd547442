/** `npm test`: type check, then the conformance suite on the engines that were asked for. */
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { startVitest } from 'vitest/node'
import { $ } from 'zx'
import { engineNamed, engines } from '../conformance/engines/index.ts'
import { runVerb, say } from './verb.ts'

/** What is tested when nothing else is said: the engine that needs nothing, and what Supabase runs. */
const DEFAULT_ENGINES = 'pglite,embedded-17'
const NOT_ASKED = 'not asked for (npm run test:all runs what can be had)'
const root = fileURLToPath(new URL('..', import.meta.url))

const command = new Command('test')
  .description(
    'Type check, then run the conformance suite. Ends with the line "N passed, N failed, N skipped".',
  )
  .argument('[files...]', 'only specs whose path contains one of these')
  .option(
    '--engine <names>',
    `comma-separated engines, or "all"; known: ${engines.map(({ name }) => name).join(', ')}`,
    DEFAULT_ENGINES,
  )
  .option('-t, --title <pattern>', 'only tests whose title matches')
  .option('--watch', 'run again at every change')
  .addHelpText(
    'after',
    '\nExit status: 0 all passed, 1 a test or the type check failed, 2 nothing could be tested.',
  )

interface Options {
  readonly engine: string
  readonly title?: string
  readonly watch?: boolean
}

await runVerb(command, async ({ engine, title, watch = false }: Options) => {
  const { names, notRun } = await selection(engine)
  const types = await $({ cwd: root, nothrow: true, stdio: 'inherit' })`npx --no-install tsc --noEmit`
  if (types.exitCode !== 0) return false

  const reasons = new Set(notRun.map(([, reason]) => reason))
  for (const reason of reasons) {
    const those = notRun.filter(([, why]) => why === reason).map(([name]) => name)
    say(`Not run, because ${reason}: ${those.join(', ')}.`)
  }

  const vitest = await startVitest('test', command.args, {
    root,
    watch,
    project: [...names, 'house'],
    passWithNoTests: false,
    ...(title === undefined ? {} : { testNamePattern: title }),
  })
  if (watch) return new Promise<never>(() => {})
  const modules = vitest.state.getTestModules()
  const failed = modules.some((module) => !module.ok()) || vitest.state.getUnhandledErrors().length > 0
  await vitest.close()
  if (modules.length === 0) throw new Error(`No spec matches ${command.args.join(', ') || 'the selection'}.`)
  return !failed
})

/** Which engines are tested, and why the others are not. Throws when one that was asked for, or is required, cannot be had. */
async function selection(
  asked: string,
): Promise<{ names: string[]; notRun: [name: string, reason: string][] }> {
  const required = (process.env['CONFORMANCE_REQUIRE'] ?? '').split(',')
  const wanted = asked.split(',').map((name) => name.trim())
  if (asked !== 'all') for (const name of wanted) engineNamed(name)
  const names: string[] = []
  const notRun: [string, string][] = []
  for (const { name, whyNot } of engines) {
    const named = wanted.includes(name)
    const why = named || asked === 'all' ? await whyNot?.() : NOT_ASKED
    if (why === undefined) names.push(name)
    else if (named) throw new Error(`${name} was asked for, but ${why}.`)
    else if (asked === 'all' && required.includes(name))
      throw new Error(`CONFORMANCE_REQUIRE demands ${name}, but ${why}.`)
    else notRun.push([name, why])
  }
  return { names, notRun }
}
