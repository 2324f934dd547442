/** `npm run db`: a migrated, seeded database to work with, gone when this command ends. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Database, engineNamed, engines } from '../conformance/engines/index.ts'
import { runVerb, say } from './verb.ts'

const servers = engines.filter(({ lacks }) => !lacks.network).map(({ name }) => name)
const seedFile = new URL('../supabase/seed.sql', import.meta.url)
/** The same each time, so that a client's settings can stay. */
const DATABASE = 'cost_tracking'

const command = new Command('db')
  .description(
    'Start a PostgreSQL with the platform, all migrations and the demo data, and print its URL. Ctrl-C ends it.',
  )
  .addOption(new Option('--engine <name>', 'which server').choices(servers).default('embedded-17'))
  .option('--port <number>', 'the port to listen on (default: one that is free)', asPort)
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
  readonly regime: 'open' | 'closed'
  readonly seed: boolean
}

await runVerb(command, async ({ engine: name, port, regime, seed }: Options, secrets) => {
  const engine = await engineNamed(name).start(port === undefined ? {} : { port })
  try {
    const database = await engine.open({ regime, name: DATABASE })
    if (seed) await sow(database)
    secrets.disclose(database.url ?? '')
    process.stdout.write(`${database.url}\n`)
    say(`${name} is ready. Ctrl-C ends it, and everything in it.`)
    // Waiting for a signal alone does not keep a process from ending.
    const alive = setInterval(() => {}, 60_000)
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
    clearInterval(alive)
  } finally {
    await engine.stop()
  }
  return true
})

async function sow(database: Database): Promise<void> {
  const session = await database.connect()
  await session.run(readFileSync(seedFile, 'utf8'))
  await session.close()
}

function asPort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new InvalidArgumentError('It is not a port: expected a whole number from 1 to 65535.')
}
