/** The files as the real Supabase CLI pushes them, to a server of our own: once, again, after a kill, and what its advisors say. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { type Connection, findConnection } from '../connection/index.ts'
import { type Database, type Engine, Unavailable } from '../engines/index.ts'
import { removeFolder, temporaryFolder } from '../temporary/index.ts'
import { type CliOptions, type CliResult, runCli } from './deploy/cli.ts'
import type { MigrationsFolder } from './folder.ts'
import { Lacking, lackedExtension } from './lacking.ts'
import { type Snapshot, snapshotOf } from './observe/snapshot.ts'
import { onServer } from './on-server.ts'
import type { Replaying } from './replay.ts'
import { type Claim, judged, type StepResult, skipped, type Trouble, together, unchecked } from './step.ts'

const claim = (id: string, title: string): Claim => ({ id, title, group: id.split('/')[0] ?? '' })
const PUSH = claim('replay/cli-push', 'the Supabase CLI pushes every file to a new project')
const AGAIN = claim('replay/cli-again', 'a second push finds nothing to do')
const KILLED = claim('replay/cli-killed', 'a push that is killed half-way is finished by the next')
const ADVISORS = claim('advisors/silent', 'the CLI’s advisors find no error')

/** A project’s folder and a database for it. */
interface Pushing {
  readonly workdir: string
  readonly database: Database
  readonly connection: Connection
}

/** Pushes the files by the pinned CLI, where there is one and a server can be started. */
export async function pushedStep(
  folder: MigrationsFolder,
  { first = [], progress = () => {}, on }: Replaying & { readonly on?: Engine } = {},
): Promise<StepResult> {
  progress('Pushing them with the Supabase CLI …')
  const workdir = temporaryFolder('predeploy-push-')
  try {
    mkdirSync(join(workdir, 'supabase'))
    cpSync(folder.path, join(workdir, 'supabase/migrations'), { recursive: true })
    return await onServer(on, (engine) => pushed(engine, workdir, first))
  } catch (error) {
    const all = [PUSH, AGAIN, KILLED, ADVISORS]
    return together(
      all.map((each) =>
        error instanceof Unavailable ? skipped(each, `not run: ${error.message}`) : unchecked(each, error),
      ),
    )
  } finally {
    removeFolder(workdir)
  }
}

async function pushed(engine: Engine, workdir: string, first: readonly string[]): Promise<StepResult> {
  const whole = await projectOn(engine, workdir, first)
  const push = await cli(whole, ['db', 'push', '--yes'])
  if (push.exitCode !== 0) {
    await whole.database.close()
    const why = 'not run: the CLI could not push the files'
    return together([notPushed(push), ...[AGAIN, KILLED, ADVISORS].map((each) => skipped(each, why))])
  }
  const again = await cli(whole, ['db', 'push', '--yes'])
  const results = [
    judged(PUSH, []),
    judged(
      AGAIN,
      /up to date/i.test(again.output) ? [] : [{ objects: ['supabase db push'], reason: lastLines(again) }],
    ),
    judged(KILLED, await afterKill(engine, workdir, first, await stateOf(whole))),
    await advised(whole),
  ]
  await whole.database.close()
  return together(results)
}

function notPushed(push: CliResult): StepResult {
  const lacked = lackedExtension(push.output)
  return lacked === undefined
    ? judged(PUSH, [{ objects: ['supabase db push'], reason: lastLines(push) }])
    : unchecked(PUSH, new Lacking('supabase db push', lacked))
}

async function projectOn(engine: Engine, workdir: string, first: readonly string[]): Promise<Pushing> {
  const database = await engine.open({ holds: 'platform' })
  const session = await database.connect()
  for (const path of first) await session.run(readFileSync(path, 'utf8'))
  await session.close()
  const connection = await findConnection({ dbUrl: database.url ?? '' }, { variables: {}, folder: workdir })
  if (!connection) throw new Unavailable(`The engine ${engine.name} has no address for the CLI.`)
  return { workdir, database, connection }
}

function cli({ workdir, connection }: Pushing, args: readonly string[], how: Partial<CliOptions> = {}) {
  return runCli(args, connection, { workdir, ...how })
}

/** Kills a push once it has begun with its second file, or its only one, and pushes again. */
async function afterKill(
  engine: Engine,
  workdir: string,
  first: readonly string[],
  want: string,
): Promise<Trouble[]> {
  const project = await projectOn(engine, workdir, first)
  try {
    const stop = new AbortController()
    let begun = 0
    const onLine = (line: string) => {
      begun += /Applying migration/.test(line) ? 1 : 0
      if (begun >= 2) stop.abort()
    }
    const killed = await cli(project, ['db', 'push', '--yes'], { signal: stop.signal, onLine })
    await nobodyElse(project)
    const next = await cli(project, ['db', 'push', '--yes'])
    if (next.exitCode !== 0)
      return [
        {
          objects: ['supabase db push'],
          reason: `After a kill (status ${killed.exitCode}): ${lastLines(next)}`,
        },
      ]
    if ((await stateOf(project)) === want) return []
    return [{ objects: ['supabase db push'], reason: 'After a kill, the next push ends in another schema.' }]
  } finally {
    await project.database.close()
  }
}

/** The server ends what it was sent, also when nobody listens any more. */
async function nobodyElse({ database }: Pushing): Promise<void> {
  const session = await database.connect()
  try {
    for (let others = 1; others > 0; ) {
      const [row] = await session.query(
        `select count(*) as others from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
      )
      others = Number(row?.['others'])
    }
  } finally {
    await session.close()
  }
}

/** All that a snapshot has, but for what differs between two databases. */
async function stateOf({ database }: Pushing): Promise<string> {
  const session = await database.connect()
  try {
    const { relations, columns, routines, policies, rules, access } = await snapshotOf(session)
    const named = relations.map(({ name, kind, hasRowSecurity, isInvoker }) => ({
      name,
      kind,
      hasRowSecurity,
      isInvoker,
    }))
    const lists = [named, columns, routines, policies, rules, [...access]]
    return JSON.stringify(lists.map((list) => list.map((each) => JSON.stringify(each)).sort()))
  } finally {
    await session.close()
  }
}

const Advice = z.object({
  results: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      level: z.string(),
      detail: z.string(),
      remediation: z.string(),
    }),
  ),
})

/** What the advisors say when every schema of the project is exposed: a schema that is not makes them silent. */
async function advised(project: Pushing): Promise<StepResult> {
  const session = await project.database.connect()
  const snapshot = await snapshotOf(session)
  await session.close()
  const exposed = schemasOf(snapshot)
  // CLI 2.x asks the session which schemas are exposed, 3.x the project's configuration.
  const config = `[api]\nschemas = ${JSON.stringify(exposed)}\n`
  writeFileSync(join(project.workdir, 'supabase/config.toml'), config)
  const args = ['db', 'advisors', '--type', 'all', '--level', 'warn', '--output-format', 'json']
  const answer = await cli(project, args, { options: `-c pgrst.db_schemas=${exposed.join(',')}` })
  const json = answer.output.split('\n').find((line) => line.startsWith('{'))
  if (json === undefined) return unchecked(ADVISORS, new Error(lastLines(answer)))
  const { results } = Advice.parse(JSON.parse(json))
  return judged(
    ADVISORS,
    results.map(({ name, title, level, detail, remediation }) => ({
      objects: [name],
      reason: `${title}: ${detail}`,
      hint: remediation,
      severity: level === 'ERROR' ? ('error' as const) : ('warning' as const),
    })),
  )
}

/** Schemas with relations, those of the platform aside. */
function schemasOf({ relations }: Snapshot): string[] {
  const platform = /^(auth|storage|realtime|extensions|vault|supabase_\w+|graphql\w*|pgsodium|cron|net)$/
  const names = relations.map(({ name }) => name.split('.')[0]?.replaceAll('"', '') ?? '')
  return [...new Set(['public', ...names])].filter((name) => !platform.test(name))
}

function lastLines({ output, exitCode }: CliResult): string {
  return output.trim().split('\n').slice(-4).join(' ') || `It ended with status ${exitCode}.`
}
