import { randomBytes } from 'node:crypto'
import { chown, readFile, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Account } from '../account.ts'
import { type StartOptions, Unavailable } from '../engine.ts'
import { freePort } from '../free-port.ts'
import { findNative, type Major, repairNative, whyNotRunnable } from './binaries.ts'
import { type Guardian, startGuardian } from './guardian.ts'
import { type Locale, localeArguments } from './locale.ts'
import { copyNative } from './native-copy.ts'
import { serverSettings } from './settings.ts'

/** A running server. It ends with this process at the latest, and does not keep it alive. */
export interface Server {
  readonly socketDirectory: string
  readonly port: number
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
  copyNative(native, copy, account)
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
  /** Where the cluster is and stays. Default: an empty cluster that goes with the server. */
  readonly data?: string | undefined
  /** What text is sorted by: byte by byte, or as Supabase does. */
  readonly locale: Locale
}

/**
 * Starts a server of PostgreSQL `major`. Throws {@link Unavailable}, with the end of the server's log, when that fails;
 * nothing is left behind then.
 */
export async function startServer(major: Major, options: ServerOptions): Promise<Server> {
  const { account, port: wantedPort, data, locale, settings, files = {} } = options
  const native = findNative(major)
  repairNative(native)
  const inPlace = whyNotRunnable(native, account) === undefined
  for (let attempt = 1; ; attempt += 1) {
    const port = wantedPort ?? (await freePort())
    const guardian = startGuardian({
      account,
      name: `conformance-${randomBytes(4).toString('hex')}`,
      binaries: inPlace ? 'in-place' : 'copied',
      kept: data,
      locale: localeArguments(locale),
      parents: await parents(),
      postgresArguments: serverSettings(port, data === undefined ? 'passing' : 'kept', settings),
    })
    try {
      const directory = await guardian.directory
      await place(files, data === undefined ? directory : dirname(data), account)
      guardian.go(inPlace ? native : copied(native, directory, account))
      const why = await whyNotReady(guardian, directory, data ?? join(directory, 'data'))
      if (why === undefined) {
        guardian.release()
        return { socketDirectory: directory, port, stop: guardian.end }
      }
      if (/could not bind|Address already in use/.test(why)) {
        if (wantedPort !== undefined) throw new Unavailable(`Port ${wantedPort} is taken: choose another.`)
        if (attempt < portAttempts) continue
      }
      if (/lock file "postmaster\.pid" already exists/.test(why))
        throw new Unavailable(`Another server has ${data} open: end that one first, or take another folder.`)
      throw new Unavailable(`PostgreSQL ${major} did not start: ${why}`)
    } catch (error) {
      await guardian.end()
      throw error
    }
  }
}
