/** PGlite: Postgres compiled to WebAssembly, inside this process. Nothing to install, one connection. */
import { PGlite } from '@electric-sql/pglite'
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist'
import { pgcrypto } from '@electric-sql/pglite/contrib/pgcrypto'
import { uuid_ossp } from '@electric-sql/pglite/contrib/uuid_ossp'
import type { Database, EngineKind, OpenOptions, RunningEngine } from '../engine.ts'
import { migrations, platformScript } from '../product.ts'
import { pgliteSession } from './session.ts'

/** The extensions the platform and the migrations ask for; PGlite must be handed them when it starts. */
const extensions = { btree_gist, pgcrypto, uuid_ossp }

/** The engine `pglite`. */
export const pglite: EngineKind = {
  name: 'pglite',
  lacks: {
    'two-sessions': 'not applicable: PGlite has a single connection',
    'own-database': 'not run: a further PGlite costs about 400 MB that are not given back',
    'own-cluster': 'not applicable: PGlite has no server',
    'bulk-catalog-work':
      'not run: PGlite takes three times as long as a server to apply or read a whole schema',
    network: 'not applicable: PGlite runs inside the test process and listens nowhere',
  },
  start: async () => running,
  // There is nothing to share: whoever joins has a PGlite of their own.
  join: async () => running,
  remains: async () => [],
}

const running: RunningEngine = {
  name: pglite.name,
  lacks: pglite.lacks,
  ticket: '',
  open,
  stop: async () => {},
}

async function open({ holds = 'migrations', regime = 'closed' }: OpenOptions = {}): Promise<Database> {
  const db = await PGlite.create({ extensions })
  await becomeSupabase(db, platformScript(regime))
  const session = pgliteSession(db)
  if (holds === 'migrations') for (const { sql } of migrations()) await session.run(sql)
  return {
    // Closing a session leaves the database to the next one: there is only this one connection.
    connect: async () => session,
    close: () => db.close(),
  }
}

/**
 * PGlite starts as the superuser `postgres`. Supabase's superuser is `supabase_admin` and its `postgres` is none: the
 * first is renamed, from a second superuser since nobody can rename themselves, and the second is then created.
 */
async function becomeSupabase(db: PGlite, platform: string): Promise<void> {
  await db.exec(`
    create role bootstrap_helper superuser login;
    set session authorization bootstrap_helper;
    alter role postgres rename to supabase_admin;
    set session authorization supabase_admin;
    drop role bootstrap_helper;
  `)
  await db.exec(platform)
  // What logging in as `postgres` would do: PGlite takes the role, but not the settings that come with it.
  await db.exec(`set session authorization postgres; set search_path = "$user", public, extensions;`)
}
