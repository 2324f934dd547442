/** `npm run verify:phase1`: does a database hold what phase 1 promises? See the README for its options. */
import { Command, Option } from 'commander'
import {
  connectRemote,
  type Database,
  engineNamed,
  engines,
  migrations,
  type RunningEngine,
  type Session,
} from '../conformance/engines/index.ts'
import { phase1Block, verdictOf } from '../conformance/report/index.ts'
import { inReadOnlyTransaction, verifyPhase1 } from '../conformance/verify/index.ts'
import { runVerb, say } from './verb.ts'

/** Engines that make a database of their own. */
const fresh = engines.filter(({ lacks }) => !lacks['bare-platform']).map(({ name }) => name)

const command = new Command('verify:phase1')
  .description(
    'Verify that phase 1 of cost tracking is in place. Without a database, start one, apply the migrations, verify them.',
  )
  .addOption(
    new Option('--engine <name>', 'the engine to start when no database is given')
      .choices(fresh)
      .default('pglite'),
  )
  .addOption(
    new Option('--db-url <url>', 'an existing database to verify instead; it is only read').env(
      'DATABASE_URL',
    ),
  )
  .addHelpText(
    'after',
    '\nExit status: 0 all nine checks hold, 1 a check failed, 2 nothing could be checked.',
  )

await runVerb(command, async ({ engine, dbUrl }: { engine: string; dbUrl?: string }) => {
  const engineAsked = command.getOptionValueSource('engine') === 'cli'
  if (engineAsked && command.getOptionValueSource('dbUrl') === 'cli') {
    throw new Error('--engine and --db-url exclude each other: verify a fresh database, or an existing one.')
  }
  const startedAt = performance.now()
  // Whoever names an engine wants a fresh database, whatever the environment says.
  const findings = dbUrl && !engineAsked ? await verifyExisting(dbUrl) : await verifyFresh(engine)
  say(`Took ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`)
  process.stdout.write(phase1Block(findings))
  return verdictOf(findings) === 'holds'
})

async function verifyExisting(url: string) {
  const session = await connectRemote(url)
  try {
    return await verify(session, 'An existing database, read-only')
  } finally {
    await session.close()
  }
}

async function verifyFresh(name: string) {
  let engine: RunningEngine | undefined
  let database: Database | undefined
  try {
    engine = await engineNamed(name).start()
    database = await engine.open()
    const applied = migrations().length
    return await verify(await database.connect(), `A fresh ${name} database with ${applied} migrations`)
  } finally {
    await database?.close()
    await engine?.stop()
  }
}

async function verify(session: Session, what: string) {
  return inReadOnlyTransaction(session, async () => {
    const [server] = await session.query(
      `select current_setting('server_version') as version, current_database() as database, current_user as role`,
    )
    say(`${what}: "${server?.['database']}" on Postgres ${server?.['version']}, as ${server?.['role']}.`)
    return verifyPhase1(session)
  })
}
