import { type OpenOptions, type Session, SqlError } from '../engine.ts'
import { connectSession } from '../pg-session.ts'
import { migrations, platformScript } from '../product.ts'
import { overSocket, type Place } from './place.ts'

/** What a database holds, with nothing left open. */
export type Contents = Readonly<Required<OpenOptions>>

// Any number will do, so long as every process that joins the server takes the same.
const buildLock = 20_260_105

/** Does `work` in a connection of its own. */
export async function during<T>(
  connecting: Promise<Session>,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await connecting
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

async function exists(admin: Session, database: string): Promise<boolean> {
  return (await admin.query('select from pg_database where datname = $1', [database])).length > 0
}

async function putPlatform(place: Place, database: string, contents: Contents): Promise<void> {
  await during(connectSession(overSocket(place, 'supabase_admin', database)), async (session) => {
    await session.run(platformScript(contents.regime))
    // Only now does the role surely exist. The password is of base64url's letters: nothing to quote.
    await session.run(`alter role postgres password '${place.password}'`)
  })
}

async function putMigrations(place: Place, database: string): Promise<void> {
  await during(connectSession(overSocket(place, 'postgres', database)), async (session) => {
    for (const { name, sql } of migrations()) {
      await session.run(sql).catch((error: unknown) => {
        throw error instanceof SqlError ? new SqlError(`${name}: ${error.message}`, error.code, error) : error
      })
    }
  })
}

/** Builds under a name of its own, which is exchanged for the real one at the end: half a template is never cloned. */
async function build(admin: Session, place: Place, contents: Contents): Promise<void> {
  const name = templateName(contents)
  if (await exists(admin, name)) return
  const draft = `${name}_draft`
  await admin.run(`drop database if exists ${draft} with (force)`) // of a builder that died
  if (contents.holds === 'platform') {
    await admin.run(`create database ${draft}`)
    await putPlatform(place, draft, contents)
  } else {
    const platform: Contents = { ...contents, holds: 'platform' }
    await build(admin, place, platform)
    await admin.run(cloning(platform, draft))
    await putMigrations(place, draft)
  }
  await admin.run(
    `begin;
     alter database ${draft} rename to ${name};
     alter database ${name} with is_template true allow_connections false;
     commit`,
  )
}

function templateName({ holds, regime }: Contents): string {
  return `${holds}_${regime}`
}

/** The statement that makes `database` a copy of the template. */
export function cloning(contents: Contents, database: string): string {
  return `create database ${database} template ${templateName(contents)} strategy file_copy owner postgres`
}

/** Sees to it that the template exists. Of several processes that ask at once, one builds and the others wait. */
export async function ensureTemplate(admin: Session, place: Place, contents: Contents): Promise<void> {
  if (await exists(admin, templateName(contents))) return
  await admin.query('select pg_advisory_lock($1)', [buildLock])
  await build(admin, place, contents)
  // Should the build fail, the lock goes with the caller's connection.
  await admin.query('select pg_advisory_unlock($1)', [buildLock])
}
