import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chown, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Account } from '../account.ts'
import { type StartOptions, Unavailable } from '../engine.ts'
import { freePort } from '../free-port.ts'
import type { ServerAddress } from '../server/server-address.ts'
import { findNative, type Major, repairNative, whyNotRunnable } from './binaries.ts'
import { copyFolder } from './folder-copy.ts'
import { type Guardian, startGuardian } from './guardian.ts'
import { type Locale, localeArguments } from './locale.ts'
import { serverSettings } from './settings.ts'

/** A running server. It ends with this process at the latest, and does not keep it alive. */
export interface Server {
  readonly socketDirectory: string
  readonly port: number
  /** Ends it in order, and answers where its cluster is: whole, and there until {@link Server.stop} is called. */
  shutDown(): Promise<string>
  /** Ends it and removes its directory. May be called again. */
  stop(): Promise<void>
}

const readyTimeoutMs = 30_000
const pollMs = 5
const roomBytes = 512 * 2 ** 20
const portAttempts = 5

/** Where directories may be made. Memory first where there is enough of it: containers tend to have 64 MB. */
async function parents(): Promise<string[]> {
  const memory = await statfs('/dev/shm').then(
    ({ bavail, bsize }) => (bavail * bsize >= roomBytes ? ['/dev/shm'] : []),
    () => [],
  )
  // A socket's path has about 100 bytes, of which ours takes 40.
  return [...memory, tmpdir(), '/tmp'].filter((path) => Buffer.byteLength(path) <= 60)
}

/** Copies the binaries into `directory`, for an account that cannot run them where they are. */
function copied(native: string, directory: string, account: Account): string {
  const copy = join(directory, 'native')
  copyFolder(native, copy, { folder: 0o755, file: 0o755 }, account)
  repairNative(copy)
  const why = whyNotRunnable(copy, account)
  if (why !== undefined) throw new Unavailable(`The PostgreSQL binaries do not run on this machine: ${why}.`)
  return copy
}

/** Puts files where the server, and nobody else, can read them. */
async function place(files: Readonly<Record<string, string>>, directory: string, account: Account) {
  for (const [name, text] of Object.entries(files)) {
    const file = join(directory, name)
    await writeFile(file, text, { mode: 0o600 })
    await chown(file, account.uid ?? -1, account.gid ?? -1)
  }
}

/** Fills the place of a cluster that is not there yet: half a cluster never has the name of a whole one. */
async function fill(data: string, cluster: NonNullable<ServerOptions['cluster']>): Promise<void> {
  if (existsSync(data)) return
  const draft = `${data}.new`
  await rm(draft, { recursive: true, force: true })
  await cluster(draft)
  await rename(draft, data)
}

/** Ends the server whose cluster this is, as `pg_ctl stop` does, and waits until it has. */
async function shutDown(data: string): Promise<string> {
  const file = join(data, 'postmaster.pid')
  const pid = Number((await readFile(file, 'utf8')).split('\n')[0])
  process.kill(pid, 'SIGINT')
  const deadline = Date.now() + readyTimeoutMs
  while (existsSync(file)) {
    if (Date.now() > deadline)
      throw new Unavailable(`The server did not end within ${readyTimeoutMs / 1000} seconds.`)
    await sleep(pollMs)
  }
  return data
}

/** Waits for the status that `pg_ctl`, too, goes by. Answers with the reason when it does not come. */
async function whyNotReady(guardian: Guardian, directory: string, data: string): Promise<string | undefined> {
  const deadline = Date.now() + readyTimeoutMs
  while (Date.now() < deadline) {
    const status = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
    // A file of a former server in data that was kept names another socket.
    if (status[4] === directory && status[7]?.trim() === 'ready') return undefined
    const said = await Promise.race([guardian.ended, sleep(pollMs)])
    if (said !== undefined) return said || 'it ended without a word'
  }
  return `it was not ready after ${readyTimeoutMs / 1000} seconds`
}

export interface ServerOptions extends Pick<StartOptions, 'port' | 'settings' | 'files'> {
  readonly account: Account
  /** Where the cluster is and stays. Default: in the server's directory, with which it goes. */
  readonly data?: string | undefined
  /** Puts a cluster where there is none yet. Default: initdb does. */
  readonly cluster?: ((data: string) => Promise<void>) | undefined
  /** What text is sorted by in a cluster that initdb makes: byte by byte, or as Supabase does. */
  readonly locale: Locale
}

/**
 * Starts a server of PostgreSQL `major`. Throws {@link Unavailable}, with the end of the server's log, when that fails;
 * nothing is left behind then.
 */
export async function startServer(major: Major, options: ServerOptions): Promise<Server> {
  const { account, port: wantedPort, data: kept, cluster, locale, settings, files = {} } = options
  const native = findNative(major)
  repairNative(native)
  const inPlace = whyNotRunnable(native, account) === undefined
  for (let attempt = 1; ; attempt += 1) {
    const port = wantedPort ?? (await freePort())
    const guardian = startGuardian({
      account,
      name: `conformance-${randomBytes(4).toString('hex')}`,
      binaries: inPlace ? 'in-place' : 'copied',
      kept,
      locale: localeArguments(locale),
      parents: await parents(),
      postgresArguments: serverSettings(port, kept === undefined ? 'passing' : 'kept', settings),
    })
    try {
      const directory = await guardian.directory
      const data = kept ?? join(directory, 'data')
      await place(files, dirname(data), account)
      if (cluster) await fill(data, cluster)
      guardian.go(inPlace ? native : copied(native, directory, account))
      const why = await whyNotReady(guardian, directory, data)
      if (why === undefined) {
        guardian.release()
        return { socketDirectory: directory, port, shutDown: () => shutDown(data), stop: guardian.end }
      }
      if (/could not bind|Address already in use/.test(why)) {
        if (wantedPort !== undefined) throw new Unavailable(`Port ${wantedPort} is taken: choose another.`)
        if (attempt < portAttempts) continue
      }
      if (/lock file "postmaster\.pid" already exists/.test(why))
        throw new Unavailable(`Another server has ${kept} open: end that one first, or take another folder.`)
      throw new Unavailable(`PostgreSQL ${major} did not start: ${why}`)
    } catch (error) {
      await guardian.end()
      throw error
    }
  }
}

/** Where a server is found whose role `postgres` has, or is to get, this password. Default: one that is made up. */
export function placeOf(
  { socketDirectory, port }: Server,
  password = randomBytes(18).toString('base64url'),
): ServerAddress {
  return {
    host: socketDirectory,
    port,
    // Over the socket nobody is asked: its directory is closed to others.
    admin: { user: 'supabase_admin', database: 'postgres' },
    password,
    network: { host: '127.0.0.1', port },
    ours: true,
  }
}
