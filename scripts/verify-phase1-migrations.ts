/** `npm run verify:phase1`: does a database hold what phase 1 promises? See the README for its options. */
import { Command, Option } from 'commander'
import {
  type Asked,
  type Connection,
  findConnection,
  ignoredSources,
  isLoopback,
  type Redaction,
} from '../conformance/connection/index.ts'
import {
  connectRemote,
  type Database,
  engineNamed,
  engines,
  migrations,
  type RunningEngine,
  type Session,
} from '../conformance/engines/index.ts'
import { fullBlock, phase1Block, render, verdictOf, withTexts } from '../conformance/report/index.ts'
import type { Verification } from '../conformance/results/index.ts'
import type { Limits } from '../conformance/verify/index.ts'
import { DEFAULT_ENGINE, startDefault } from './database.ts'
import { addReportOptions, commandLine, folderFor, type ReportOptions } from './reports.ts'
import { asSeconds } from './seconds.ts'
import { asError, runVerb, say } from './verb.ts'

/** Engines that make a database of their own. */
const fresh = engines.filter(({ lacks }) => !lacks['bare-platform']).map(({ name }) => name)

const DEFAULT_CONNECT_SECONDS = 10
const DEFAULT_STATEMENT_SECONDS = 30
/** What the nine lines do not say, said beside them. */
const NOT_CHECKED =
  'Not checked without --full: what policies and privileges let through, and whether the data is sound.'
/** Where reports go when `--reporter` is given and no folder. */
const FOLDER = 'reports/verify-phase1'

const command = new Command('verify:phase1')
  .description(
    'Verify that phase 1 of cost tracking is in place. Without a database, start one, apply the migrations, verify them.',
  )
  .addOption(
    new Option('--engine <name>', `a fresh database: the engine to start (default: ${DEFAULT_ENGINE})`)
      .choices(fresh)
      .conflicts(['dbUrl', 'linked', 'existing', 'envFile', 'ca', 'insecureTls', 'plaintext']),
  )
  .option(
    '--full',
    'also verify all else that can be read: every object, privilege and price, quotas, recorded usage',
  )
  .option('--strict', 'with --full: warnings, such as usage without a price, count as findings')
  .optionsGroup('An existing database, which is only read:')
  .addOption(
    new Option(
      '--db-url <url>',
      'its URL; better in DATABASE_URL, where no list of processes shows it',
    ).conflicts(['linked', 'existing', 'envFile']),
  )
  .addOption(
    new Option(
      '--linked',
      'that of the Supabase project that `supabase link` has linked; password: SUPABASE_DB_PASSWORD',
    ).conflicts('existing'),
  )
  .option('--env-file <file>', 'what DATABASE_URL or the PG* variables in this file name')
  .option('--existing', 'what PG* variables, .env.local, .env or a linked project name, in this order')
  .option('--workdir <folder>', 'where .env files and supabase/.temp are (default: this folder)')
  .option(
    '--timeout <seconds>',
    'how long connecting (default: 10) or one statement (30) may take',
    asSeconds,
  )
  .optionsGroup('How the connection is protected; off this machine by TLS that is verified:')
  .option('--ca <file>', 'certificates of the authority to trust (PEM), also from PGSSLROOTCERT')
  .addOption(new Option('--insecure-tls', 'encrypt, but take whoever answers').conflicts(['ca', 'plaintext']))
  .addOption(new Option('--plaintext', 'send everything, the password too, unprotected').conflicts('ca'))
  .addHelpText(
    'after',
    `
Which database: --db-url, --linked or --env-file, else DATABASE_URL of the environment, else, with --existing only, what
lies about here. None of them: a fresh one.

Exit status: 0 all that was checked holds, 1 a check failed, 2 nothing could be checked, or with --full not everything.`,
  )

addReportOptions(command).option('--json', 'print one JSON object instead of the lines')

interface Options extends Asked, ReportOptions {
  readonly engine?: string
  readonly workdir?: string
  readonly timeout?: number
  readonly full?: boolean
  readonly strict?: boolean
  readonly json?: boolean
}

await runVerb(command, async (options: Options, secrets) => {
  const { strict = false, json = false } = options
  if (strict && !options.full) throw new Error('--strict says how to take the warnings of --full: give both.')
  const startedAt = new Date()
  const verified = await verifyOne(options, secrets).catch(asError)
  if (json || folderFor(command, FOLDER) !== undefined) await keepReport(verified, startedAt, secrets)
  if (verified instanceof Error) throw verified

  const { nine, applied, whole } = verified
  say(`Took ${((Date.now() - startedAt.getTime()) / 1000).toFixed(1)} s.`)
  const below = [...(whole?.findings ?? []), ...(strict ? (whole?.warnings ?? []) : [])]
  if (!json) process.stdout.write(phase1Block(nine, below, { applied, of: migrations().length }))
  if (!json && whole) process.stdout.write(`\n${fullBlock(whole, { strict })}`)
  const verdict = verdictOf([...nine, ...below])
  if (verdict === 'error') throw new Error('Not everything could be checked: the report says what, and why.')
  return verdict === 'passed'
})

/**
 * Writes and prints the reports that were asked for, also when nothing was found out: an old one must not pass for today's,
 * and a program that reads along gets an object either way.
 */
async function keepReport(verified: Verification | Error, startedAt: Date, secrets: Redaction) {
  const { reporter, strict = false, json = false } = command.opts<Options>()
  const { reportOfVerification, writeReports } = await import('../conformance/results/index.ts')
  const report = reportOfVerification(verified, {
    command: commandLine('verify:phase1', process.argv.slice(2)),
    strict,
    startedAt,
    durationMs: Date.now() - startedAt.getTime(),
  })
  const clean = (text: string) => secrets.clean(text)
  if (json) process.stdout.write(await render(withTexts(report, clean), 'json'))
  const folder = folderFor(command, FOLDER)
  if (folder === undefined) return
  await writeReports(report, folder, reporter, clean)
  say(`The reports are in ${folder}.`)
}

async function verifyOne({ engine, workdir = '.', timeout, ...asked }: Options, secrets: Redaction) {
  // Whoever names an engine wants a fresh database, whatever the environment says.
  if (engine) return verifyFresh(await engineNamed(engine).start())
  const around = { variables: process.env, folder: workdir }
  const connection = await findConnection(asked, around)
  if (connection) {
    secrets.learn(connection.password, [connection.user, connection.database])
    say(`The database is from ${connection.source}${protectionOf(connection)}.`)
    return verifyExisting(connection, timeout)
  }
  if (asked.ca || asked.insecureTls || asked.plaintext)
    throw new Error('--ca, --insecure-tls and --plaintext are for an existing database, and none is named.')
  const unused = ignoredSources(around)
  if (unused.length > 0) say(`Not used without --existing: ${unused.join(', ')}.`)
  return verifyFresh(await startDefault())
}

/** What whoever reads the log should know of a connection that is less than verified. */
function protectionOf({ host, tls }: Connection): string {
  if (tls.kind === 'unverified') return ', and nobody has checked who answers'
  return tls.kind === 'plain' && !isLoopback(host) ? ', and everything is sent unprotected' : ''
}

async function verifyExisting(connection: Connection, timeout: number | undefined) {
  const session = await connectRemote(connection, {
    timeoutMs: (timeout ?? DEFAULT_CONNECT_SECONDS) * 1000,
  })
  try {
    return await verify(session, 'database', 'An existing database, read-only', {
      statementTimeoutMs: (timeout ?? DEFAULT_STATEMENT_SECONDS) * 1000,
    })
  } finally {
    await session.close()
  }
}

async function verifyFresh(engine: RunningEngine) {
  let database: Database | undefined
  try {
    database = await engine.open()
    const applied = migrations().length
    const what = `A fresh ${engine.name} database with ${applied} migrations`
    return await verify(await database.connect(), engine.name, what)
  } finally {
    await database?.close()
    await engine.stop()
  }
}

/** `name`: what reports call the server. */
async function verify(
  session: Session,
  name: string,
  what: string,
  limits: Limits = {},
): Promise<Verification> {
  const [
    { inReadOnlyTransaction, migrationState, mustSeeEnough, verifyFull, verifyPhase1 },
    { serverOf },
    { privilegesOf },
  ] = await Promise.all([
    import('../conformance/verify/index.ts'),
    import('../conformance/evidence/index.ts'),
    import('../conformance/catalog/index.ts'),
  ])
  const work = async () => {
    const [server] = await session.query(
      `select current_setting('server_version') as version, current_database() as database, current_user as role`,
    )
    say(`${what}: "${server?.['database']}" on Postgres ${server?.['version']}, as ${server?.['role']}.`)
    await mustSeeEnough(session)
    const { applied, incomplete, remarks } = await migrationState(session)
    for (const sentence of remarks) say(sentence)
    if (!command.opts<Options>().full) say(NOT_CHECKED)
    const { full = false, json = false } = command.opts<Options>()
    const nine = [...(await verifyPhase1(session)), ...(incomplete ? [incomplete] : [])]
    const whole = full ? await verifyFull(session) : undefined
    const access = json || folderFor(command, FOLDER) !== undefined ? await privilegesOf(session) : []
    return { nine, applied, whole, server: await serverOf(name, session), access }
  }
  return inReadOnlyTransaction(session, work, limits)
}
