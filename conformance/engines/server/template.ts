import { applyMigrations } from '../apply-migrations.ts'
import type { Session } from '../engine.ts'
import { connectSession, during } from '../pg-session.ts'
import { platformScript, productStamp, wholePlatformScript } from '../product.ts'
import { cliPush } from './cli-push.ts'
import { type Contents, templateName, templateStem } from './contents.ts'
import { putPgtap } from './pgtap.ts'
import { asAdmin, asPostgres, type ServerAddress, setPassword, urlOf } from './server-address.ts'

// Any number will do, so long as every process that joins the server takes the same.
const buildLock = 20_260_105

/** Whether there is a database of that name. */
export async function exists(admin: Session, database: string): Promise<boolean> {
  return (await admin.query('select from pg_database where datname = $1', [database])).length > 0
}

async function putPlatform(place: ServerAddress, database: string, { regime }: Contents): Promise<void> {
  await during(connectSession(asAdmin(place, database)), async (session) => {
    await session.run(platformScript(regime))
    // Only now does the role surely exist.
    if (place.ours) await setPassword(session, place)
  })
}

async function putMigrations(place: ServerAddress, database: string, { appliedBy }: Contents): Promise<void> {
  if (appliedBy === 'cli') {
    await cliPush(urlOf(place, database))
    return
  }
  await during(connectSession(asPostgres(place, database)), applyMigrations)
}

/** Drops what was made of files as they were before. Somebody may just be copying from it: then it stays. */
async function prune(admin: Session, contents: Contents, current: string): Promise<void> {
  const stale = await admin.query(
    'select datname as name from pg_database where starts_with(datname, $1) and datname <> $2',
    [templateStem(contents), current],
  )
  for (const { name } of stale) {
    await admin.run(`alter database ${name} is_template false; drop database if exists ${name} with (force)`)
  }
}

/** Builds under a name of its own, which is exchanged for the real one at the end: half a template is never cloned. */
async function build(admin: Session, place: ServerAddress, contents: Contents): Promise<void> {
  const name = templateName(contents)
  if (await exists(admin, name)) return
  if (place.ours) await prune(admin, contents, name)
  const draft = `draft_of_${name}`
  await admin.run(`drop database if exists ${draft} with (force)`) // of a builder that died
  if (contents.prepare) {
    await startFrom(admin, place, { ...contents, prepare: '' }, draft)
    await during(connectSession(asAdmin(place, draft)), (session) => session.run(contents.prepare))
  } else if (contents.holds === 'migrations') {
    await startFrom(admin, place, { ...contents, holds: 'platform' }, draft)
    await putMigrations(place, draft, contents)
  } else if (contents.holds === 'supabase') {
    await startFrom(admin, place, { ...contents, holds: 'platform' }, draft)
    await during(connectSession(asAdmin(place, draft)), (session) => session.run(wholePlatformScript()))
  } else if (contents.pgtap) {
    await startFrom(admin, place, { ...contents, pgtap: false }, draft)
    await during(connectSession(asAdmin(place, draft)), putPgtap)
  } else {
    await admin.run(`create database ${draft}`)
    await putPlatform(place, draft, contents)
  }
  await admin.run(
    `begin;
     alter database ${draft} rename to ${name};
     alter database ${name} with is_template true allow_connections false;
     commit`,
  )
}

/** Makes `draft` a copy of the template with these contents, which is built first where there is none. */
async function startFrom(
  admin: Session,
  place: ServerAddress,
  contents: Contents,
  draft: string,
): Promise<void> {
  await build(admin, place, contents)
  await admin.run(cloning(templateName(contents), draft))
}

/** The statement that makes `database` a copy of a template. */
export function cloning(template: string, database: string): string {
  return `create database ${database} template ${template} strategy file_copy owner postgres`
}

/**
 * Sees to it that templates exist, and remembers what it has seen: answers a template's name. Of several processes that ask
 * at once, one builds and the others wait.
 */
export class Templates {
  readonly #admin: Session
  readonly #place: ServerAddress
  readonly #seen = new Map<string, Promise<string>>()
  #stamp = ''

  constructor(admin: Session, place: ServerAddress) {
    this.#admin = admin
    this.#place = place
  }

  async ensure(contents: Contents): Promise<string> {
    const stamp = productStamp()
    if (stamp !== this.#stamp) this.#seen.clear()
    this.#stamp = stamp
    const stem = templateStem(contents)
    const ensured = this.#seen.get(stem) ?? this.#ensured(contents)
    this.#seen.set(stem, ensured)
    return ensured.catch((error: unknown) => {
      this.#seen.delete(stem) // whoever asks next tries again
      throw error
    })
  }

  async #ensured(contents: Contents): Promise<string> {
    const name = templateName(contents)
    if (await exists(this.#admin, name)) return name
    await during(connectSession(asAdmin(this.#place)), async (builder) => {
      // It goes with this connection.
      await builder.query('select pg_advisory_lock($1)', [buildLock])
      await build(builder, this.#place, contents)
    })
    return name
  }
}
