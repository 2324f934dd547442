import { randomBytes } from 'node:crypto'
import { chown, readFile, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Account, serverAccount } from '../account.ts'
import { type StartOptions, Unavailable } from '../engine.ts'
import { freePort } from '../free-port.ts'
import { findNative, type Major, repairNative, whyNotRunnable } from './binaries.ts'
import { type Guardian, startGuardian } from './guardian.ts'
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
async function whyNotReady(guardian: Guardian, directory: string): Promise<string | undefined> {
  const deadline = Date.now() + readyTimeoutMs
  while (Date.now() < deadline) {
    const status = await readFile(join(directory, 'data', 'postmaster.pid'), 'utf8').catch(() => '')
    if (status.split('\n')[7]?.trim() === 'ready') return undefined
    const said = await Promise.race([guardian.ended, sleep(pollMs)])
    if (said !== undefined) return said || 'it ended without a word'
  }
  return `it was not ready after ${readyTimeoutMs / 1000} seconds`
}

/**
 * Starts a server of PostgreSQL `major` with an empty cluster, on this port or on one that is free. Throws
 * {@link Unavailable}, with the end of the server's log, when that fails; nothing is left behind then.
 */
export async function startServer(
  major: Major,
  { port: wantedPort, settings, files = {} }: Pick<StartOptions, 'port' | 'settings' | 'files'> = {},
): Promise<Server> {
  const account = serverAccount()
  const native = findNative(major)
  repairNative(native)
  const inPlace = whyNotRunnable(native, account) === undefined
  for (let attempt = 1; ; attempt += 1) {
    const port = wantedPort ?? (await freePort())
    const guardian = startGuardian({
      account,
      name: `conformance-${randomBytes(4).toString('hex')}`,
      binaries: inPlace ? 'in-place' : 'copied',
      parents: await parents(),
      postgresArguments: serverSettings(port, settings),
    })
    try {
      const directory = await guardian.directory
      await place(files, directory, account)
      guardian.go(inPlace ? native : copied(native, directory, account))
      const why = await whyNotReady(guardian, directory)
      if (why === undefined) {
        guardian.release()
        return { socketDirectory: directory, port, stop: guardian.end }
      }
      if (/could not bind|Address already in use/.test(why)) {
        if (wantedPort !== undefined) throw new Unavailable(`Port ${wantedPort} is taken: choose another.`)
        if (attempt < portAttempts) continue
      }
      throw new Unavailable(`PostgreSQL ${major} did not start: ${why}`)
    } catch (error) {
      await guardian.end()
      throw error
    }
  }
}
