/** `npm run pgtap`: runs existing pgTAP files on an engine of ours, without psql, Perl or Docker. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { engineNamed, engines } from '../conformance/engines/index.ts'
import {
  type FileResult,
  findFiles,
  type RunOptions,
  runFiles,
  tapStream,
  tapSummary,
} from '../conformance/pgtap-files/index.ts'
import { runVerb, say } from './verb.ts'

const withPgtap = engines.filter(({ lacks }) => !lacks.pgtap)

const command = new Command('pgtap')
  .description(
    'Run pgTAP files, such as those of supabase/tests, each in a database of its own with pgTAP in it.',
  )
  .argument('<paths...>', 'files, or folders of *.sql and *.pg files')
  .addOption(
    new Option('--engine <name>', 'where to run them')
      .choices(withPgtap.map(({ name }) => name))
      .default('embedded-17'),
  )
  .addOption(
    new Option('--holds <what>', "what a database holds: our migrations, or Supabase's platform alone")
      .choices(['migrations', 'platform'])
      .default('migrations'),
  )
  .option(
    '--first <path>',
    'a script, or a folder of them, to run in each database first; may be repeated',
    append,
  )
  .option('--set <name=value>', 'a variable, as for psql; may be repeated', variable)
  .option('--one-database', 'let all files share a database, as supabase test db does')
  .option('--notices', 'print what the server remarks')
  .option('--json', 'print one JSON object instead of TAP')
  .addHelpText(
    'after',
    '\nExit status: 0 all files passed, 1 one failed, 2 one could not be run and none failed, or none could be run.',
  )

interface Options {
  readonly engine: string
  readonly holds: 'migrations' | 'platform'
  readonly first?: readonly string[]
  readonly set?: Readonly<Record<string, string>>
  readonly oneDatabase?: boolean
  readonly notices?: boolean
  readonly json?: boolean
}

/** Where the caller stands: npm runs its scripts in the folder of package.json, and says where it was called. */
const folder = (process.env['npm_lifecycle_event'] === 'pgtap' && process.env['INIT_CWD']) || process.cwd()

await runVerb(command, async (options: Options) => {
  const { engine: name, holds, json = false } = options
  const files = findFiles(command.args, folder)
  const first = findFiles(options.first ?? [], folder)
  const engine = await engineNamed(name).start()
  try {
    const run: RunOptions = {
      open: () => engine.open({ holds, pgtap: true }),
      shared: options.oneDatabase === true,
      folder,
      first,
      ...(json ? {} : { listener: tapStream(files.length, (text) => process.stdout.write(text)) }),
      variables: options.set ?? {},
      note: (line) => (options.notices || !/^(NOTICE|INFO|DEBUG): /.test(line) ? say(line) : undefined),
    }
    const results = await runFiles(files, run)
    process.stdout.write(
      json ? `${JSON.stringify({ engine: name, holds, files: results }, null, 2)}\n` : tapSummary(results),
    )
    return verdictOf(results)
  } finally {
    await engine.stop()
  }
})

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
