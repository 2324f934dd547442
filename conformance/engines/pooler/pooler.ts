import { spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { serverAccount } from '../account.ts'
import { Unavailable } from '../engine.ts'
import { freePort } from '../free-port.ts'
import { listens } from '../listens.ts'
import type { ServerAddress } from '../server/server-address.ts'

const readyTimeoutMs = 10_000
const LOOPBACK = '127.0.0.1'

/** A running pooler in front of a server. */
export interface Pooler {
  /** The server, as it is reached through the pooler. */
  readonly place: ServerAddress
  /** Where its settings are, for as long as it runs. */
  readonly folder: string
  stop(): Promise<void>
}

/** Why no pooler can be started on this machine, or `undefined` when one can. */
export async function whyNoPooler(): Promise<string | undefined> {
  return (await findPgBouncer())
    ? undefined
    : 'PgBouncer is not installed (Debian: apt-get install pgbouncer)'
}

/**
 * Ends PgBouncer and removes its folder when standard input ends, however that comes about: SIGKILL of whoever held it is
 * one way. Arguments: the folder, then the command.
 */
const keeper = `exec 3<&0 </dev/null
folder=$1; shift
"$@" >/dev/null 2>&1 3<&- &
child=$!
(read -r _ <&3; kill -s KILL "$child") &
wait "$child"; kill "$!"
rm -rf "$folder"`

/**
 * Starts PgBouncer in transaction mode, as Supabase's pooler on port 6543 is: each transaction may get another
 * connection of the server. Throws {@link Unavailable} when it cannot.
 */
export async function startPooler(place: ServerAddress): Promise<Pooler> {
  const program = await findPgBouncer()
  if (!program) throw new Unavailable(`${await whyNoPooler()}.`)
  const account = serverAccount()
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'conformance-pooler-'))
  const files = {
    'pgbouncer.ini': settings(place, folder, port),
    users: `"postgres" "${place.password}"\n`,
  }
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    chownSync(join(folder, name), account.uid ?? -1, account.gid ?? -1)
  }
  chmodSync(folder, 0o700)
  chownSync(folder, account.uid ?? -1, account.gid ?? -1)
  const child = spawn(
    '/bin/sh',
    ['-c', keeper, 'pooler', folder, program, '-q', join(folder, 'pgbouncer.ini')],
    {
      ...account,
      detached: true,
      cwd: '/',
      stdio: ['pipe', 'ignore', 'ignore'],
    },
  )
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const stop = async () => {
    child.ref() // or this process could end while it waits
    child.stdin.end()
    await ended
  }
  if (!(await listening(port, ended))) {
    await stop()
    throw new Unavailable('PgBouncer did not start.')
  }
  child.unref()
  return {
    folder,
    stop,
    place: { ...place, host: LOOPBACK, port, network: { host: LOOPBACK, port } },
  }
}

function settings({ network, password }: ServerAddress, folder: string, port: number): string {
  return `[databases]
* = host=${network.host} port=${network.port} user=postgres password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(folder, 'users')}
pool_mode = transaction
default_pool_size = 50
max_client_conn = 500
server_lifetime = 60
logfile =
`
}

async function findPgBouncer(): Promise<string | null> {
  const { which } = await import('zx')
  return which.sync('pgbouncer', { nothrow: true, path: `${process.env['PATH'] ?? ''}:/usr/sbin` })
}

async function listening(port: number, ended: Promise<void>): Promise<boolean> {
  const deadline = Date.now() + readyTimeoutMs
  while (Date.now() < deadline) {
    if (await listens(LOOPBACK, port, 100)) return true
    const over = await Promise.race([ended.then(() => true), sleep(20)])
    if (over === true) return false
  }
  return false
}
