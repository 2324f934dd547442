/** PGlite: Postgres compiled to WebAssembly, inside this process. Nothing to install, one connection. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { PGlite, PGliteOptions } from '@electric-sql/pglite'
import { applyMigrations } from '../apply-migrations.ts'
import { cached, keyOf } from '../cache.ts'
import { type Database, type EngineKind, leftTo17, type OpenOptions, type RunningEngine } from '../engine.ts'
import { givePgtapToPostgres } from '../pgtap.ts'
import { asSuperuserScript, migrations, platformScript, wholePlatformScript } from '../product.ts'
import { pgliteSession } from './session.ts'

/**
 * Starts a PGlite with the extensions the platform and the migrations ask for, and pgTAP: it must be handed them when it
 * starts. The package is loaded here, so that whoever starts another engine does not wait for it.
 */
async function create({ pgtap, holds }: Contents, options: PGliteOptions = {}): Promise<PGlite> {
  const [{ PGlite }, { btree_gist }, { pgcrypto }, { uuid_ossp }, withPgtap, others] = await Promise.all([
    import('@electric-sql/pglite'),
    import('@electric-sql/pglite/contrib/btree_gist'),
    import('@electric-sql/pglite/contrib/pgcrypto'),
    import('@electric-sql/pglite/contrib/uuid_ossp'),
    pgtap ? import('@electric-sql/pglite-pgtap') : {},
    holds === 'supabase' ? import('./other-extensions.ts') : { others: {} },
  ])
  const extensions = { btree_gist, pgcrypto, uuid_ossp, ...withPgtap, ...others.others }
  const startParams = [...PGlite.defaultStartParams, '-c', SEARCH_PATH_OF_POSTGRES, '-c', SMALL_BUFFERS]
  return PGlite.create({ ...options, extensions, startParams })
}

/**
 * PGlite takes the role `postgres`, but not the settings that come with it. The server itself has them instead, so that a
 * session that resets what it has set comes back to them.
 */
const SEARCH_PATH_OF_POSTGRES = 'search_path="$user", public, extensions'
/** The usual 128 MB take half a second to be zeroed, and the files that they would spare are in memory, too. */
const SMALL_BUFFERS = 'shared_buffers=16MB'

const FURTHER = 'not run: a further PGlite takes a second to start; npm run test:all has the time'

/** The engine `pglite`. */
export const pglite: EngineKind = {
  name: 'pglite',
  lacks: {
    'two-sessions': 'not applicable: PGlite has a single connection',
    'own-cluster': 'not applicable: PGlite has no server',
    'own-processes': 'not applicable: PGlite has no server',
    interruption: 'not applicable: nothing interrupts WebAssembly',
    network: 'not applicable: PGlite runs inside the test process and listens nowhere',
  },
  defers: {
    'own-database': FURTHER,
    'bare-platform': FURTHER,
    'bulk-catalog-work':
      'not run: PGlite reads a whole schema three times as slowly as a server; npm run test:all has the time',
  },
  answeredBy: [
    {
      engine: 'embedded-17',
      because: 'it takes three times as long over a whole schema',
      specs: [
        'engines/pgtap-files',
        'migrations/',
        'pgtap/',
        'scale/',
        'verification/foreign',
        'verification/full-growing',
      ],
    },
    {
      engine: 'embedded-17',
      because: 'it takes three times as long over a whole schema',
      specs: [
        'access/access-table',
        'access/tenants',
        'engines/',
        'rules/',
        'schema/check-constraints',
        'schema/fingerprint',
        'verification/applied',
        'verification/full',
        'views/random-records',
      ],
      inShort: true,
    },
    // What is read, and what calculations and views answer, is asked here in every run; what is written at length is not.
    {
      engine: 'embedded-17',
      because: 'it takes three times as long over what is written again and again',
      specs: [
        'calculations/estimates',
        'platform/',
        'prices/',
        'quotas/',
        'races/',
        'retention/',
        'rollups/',
        'usage/',
      ],
    },
    {
      engine: 'embedded-18',
      because: 'it is the same version',
      but: ['engines/', 'harness/', 'schema/', 'verification/'],
    },
  ],
  leaves: leftTo17,
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

type Contents = Required<Omit<OpenOptions, 'name'>>

async function open(options: OpenOptions = {}): Promise<Database> {
  const { holds = 'migrations', regime = 'closed', pgtap = false, prepare = '' } = options
  const contents = { holds, regime, pgtap, prepare }
  return opened(await loaded(contents), contents)
}

function opened(db: PGlite, contents: Contents): Database {
  const session = pgliteSession(db)
  return {
    // Closing a session leaves the database to the next one: there is only this one connection.
    async connect() {
      for (const statement of login) await db.exec(statement)
      return session
    },
    async copy() {
      const loadDataDir = await db.dumpDataDir('none')
      return opened(await create(contents, { loadDataDir, username: 'supabase_admin' }), contents)
    },
    close: () => db.close(),
  }
}

/** What logging in as `postgres` would do, whatever the session before has left. */
const login = ['rollback', 'discard all', 'set session authorization postgres']

/**
 * A PGlite with these contents, and its superuser logged in. It starts from a data directory that is kept between runs and
 * made anew when anything that goes into it has changed: that takes a quarter of the time.
 */
async function loaded(contents: Contents): Promise<PGlite> {
  let fresh: PGlite | undefined
  const directory = await cached(
    `pglite-${contents.holds}${contents.pgtap ? '-pgtap' : ''}${contents.prepare ? '-prepared' : ''}-${contents.regime}`,
    cacheKey(contents),
    async () => {
      fresh = await made(contents)
      // Whoever starts from it has nothing to recover.
      await fresh.exec('set session authorization supabase_admin')
      await fresh.exec('checkpoint')
      return new Uint8Array(await (await fresh.dumpDataDir('none')).arrayBuffer())
    },
  )
  if (fresh) return fresh
  return create(contents, { loadDataDir: atHand(directory), username: 'supabase_admin' })
}

/** A Blob hands its bytes out in small pieces, which takes a third of a start. */
function atHand({ buffer, byteOffset, byteLength }: Uint8Array): Blob {
  const isWhole = byteLength === buffer.byteLength
  const bytes = isWhole ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)
  return Object.assign(new Blob(), { arrayBuffer: async () => bytes })
}

async function made(contents: Contents): Promise<PGlite> {
  const { holds, regime, pgtap, prepare } = contents
  const db = await create(contents)
  await becomeSupabase(db, platformScript(regime))
  // Now, while the superuser is logged in: pgTAP depends on nothing that follows, and what is prepared had better not.
  if (pgtap)
    await db.exec(
      `${asSuperuserScript()} create extension pgtap with schema extensions; ${givePgtapToPostgres}`,
    )
  if (holds === 'supabase') await db.exec(wholePlatformScript())
  if (prepare) await db.exec(prepare)
  if (holds !== 'migrations') return db
  await db.exec('set session authorization postgres')
  await applyMigrations(pgliteSession(db))
  return db
}

/** What the package says of itself, its version above all. */
function manifest(name: string): string {
  return readFileSync(join(dirname(createRequire(import.meta.url).resolve(name)), '../package.json'), 'utf8')
}

/** All that the data directory is made of, this file's own hand in it included. */
function cacheKey({ holds, regime, pgtap, prepare }: Contents): string {
  const files = holds === 'migrations' ? migrations() : []
  return keyOf(
    manifest('@electric-sql/pglite'),
    pgtap ? manifest('@electric-sql/pglite-pgtap') + asSuperuserScript() : '',
    holds === 'supabase' ? wholePlatformScript() : '',
    readFileSync(new URL(import.meta.url), 'utf8'),
    platformScript(regime),
    prepare,
    ...files.flatMap(({ name, sql }) => [name, sql]),
  )
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
}
