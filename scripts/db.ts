/** `npm run db`: a migrated, seeded database to work with, gone when this command ends, or kept for the next time. */
import { readFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Database, engineNamed, engines, migrations } from '../conformance/engines/index.ts'
import { callerFolder } from './from-caller.ts'
import { writableFolder } from './reports.ts'
import { untilInterrupted } from './until-interrupted.ts'
import { runVerb, say } from './verb.ts'

const servers = engines.filter(({ lacks }) => !lacks.network).map(({ name }) => name)
const seedFile = new URL('../supabase/seed.sql', import.meta.url)
/** The same each time, so that a client's settings can stay. */
const DATABASE = 'cost_tracking'

const command: Command = new Command('db')
  .description(
    'Start a PostgreSQL with the platform, all migrations and the demo data, and print its URL. Ctrl-C ends it.\n' +
      'With --keep, the same folder brings back the same data and the same password; the migrations are applied again.',
  )
  .addOption(new Option('--engine <name>', 'which server').choices(servers).default('embedded-17'))
  .option('--port <number>', 'the port to listen on (default: one that is free)', asPort)
  .option(
    '--keep <folder>',
    'keep the data in this folder (default: it goes when the command ends)',
    (text) => writableFolder(text, callerFolder(command)),
  )
  .addOption(
    new Option('--regime <name>', 'default privileges of projects before (open) and from 2026-05-30 (closed)')
      .choices(['open', 'closed'])
      .default('closed'),
  )
  .option('--no-seed', 'leave the demo data out')
  .addHelpText('after', '\nExit status: 0 ended by you, 2 it could not be started.')

interface Options {
  readonly engine: string
  readonly port?: number
  readonly keep?: string
  readonly regime: 'open' | 'closed'
  readonly seed: boolean
}

await runVerb(command, async ({ engine: name, port, keep, regime, seed }: Options, secrets) => {
  const engine = await engineNamed(name).start({
    ...(port === undefined ? {} : { port }),
    ...(keep === undefined ? {} : { keepIn: keep }),
  })
  try {
    const database = await engine.open({ regime, name: DATABASE })
    if (database.found) await migrate(database)
    else if (seed) await run(database, [readFileSync(seedFile, 'utf8')])
    secrets.disclose(database.url ?? '')
    // Listens before anybody can know that there is something to end.
    const interrupted = untilInterrupted()
    process.stdout.write(`${database.url}\n`)
    const end = keep === undefined ? 'and everything in it' : `and the data stays in ${keep}`
    say(`${name} is ready. Ctrl-C ends it, ${end}.`)
    await interrupted
  } finally {
    await engine.stop()
  }
  return true
})

/** Brings a database that was kept up to date: every file may be run again on any data. */
async function migrate(database: Database): Promise<void> {
  say('The data is there already. Applying the migrations again …')
  await run(
    database,
    migrations().map(({ sql }) => sql),
  )
}

async function run(database: Database, scripts: readonly string[]): Promise<void> {
  const session = await database.connect()
  for (const script of scripts) await session.run(script)
  await session.close()
}

function asPort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new InvalidArgumentError('It is not a port: expected a whole number from 1 to 65535.')
}
