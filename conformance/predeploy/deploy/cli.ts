/** The real Supabase CLI, run so that its list of arguments holds no password, and that it never outlives this process. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Connection } from '../../connection/index.ts'
import { supabaseCli } from '../../engines/index.ts'
import { removeFolder, temporaryFolder } from '../../temporary/index.ts'

/**
 * Runs a program, and kills it with its whole group when standard input ends: that is when whoever started it says so, or is
 * gone, killed or not. Then nobody else takes away the two folders that it is given first.
 */
const GUARDED = `home=$1 scratch=$2
shift 2
exec 3<&0
"$@" </dev/null 3<&- &
cli=$!
( read -r _ <&3; rm -rf "$home" \${scratch:+"$scratch"}; kill -9 0 ) &
watch=$!
exec 3<&-
wait $cli
status=$?
kill $watch
exit $status`

/** What a run of the CLI came to. */
export interface CliResult {
  readonly exitCode: number
  /** What it printed on both of its streams. */
  readonly output: string
}

/** How the CLI is run. */
export interface CliOptions {
  /** The folder that has `supabase/migrations` in it. */
  readonly workdir: string
  /** A folder that is of no use any more when this process is gone. */
  readonly scratch?: string
  /** What its session is told besides, as in libpq's `options`: `-c lock_timeout=5000`. */
  readonly options?: string
  /** Is called with every line that it prints. */
  readonly onLine?: (line: string) => void
  /** Kills it. */
  readonly signal?: AbortSignal
}

/** Runs the CLI on the database of a connection: `['db', 'push', '--yes']`. */
export async function runCli(
  args: readonly string[],
  connection: Connection,
  { workdir, scratch, options, onLine, signal }: CliOptions,
): Promise<CliResult> {
  // A home of its own: the CLI keeps settings there, and asks its maker whether there is a newer one.
  const home = temporaryFolder('supabase-home-')
  try {
    const url = urlFor(connection, home, options)
    const command = [...supabaseCli(), ...args, '--agent', 'no', '--workdir', workdir, '--db-url', url]
    const child = spawn('sh', ['-c', GUARDED, 'supabase', home, scratch ?? '', ...command], {
      cwd: workdir,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: environment(connection, home),
    })
    child.stdin.on('error', () => undefined)
    const stop = () => child.stdin.end()
    signal?.addEventListener('abort', stop)
    if (signal?.aborted) stop()
    const lines: string[] = []
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line)
        onLine?.(line)
      })
    const [code] = (await once(child, 'close')) as [number | null]
    signal?.removeEventListener('abort', stop)
    return { exitCode: code ?? 137, output: lines.join('\n') }
  } finally {
    removeFolder(home)
  }
}

/** Without the password, which the CLI takes from the environment: that is its own process’s to read. */
function urlFor(
  { host, port, user, database, options: own, tls }: Connection,
  home: string,
  options?: string,
) {
  if (host.startsWith('/'))
    throw new Error('The Supabase CLI reaches no Unix socket: name the target by a host.')
  const parameters = new URLSearchParams()
  if (tls.kind === 'verified') {
    const file = join(home, 'authorities.pem')
    writeFileSync(file, tls.authorities.join('\n'))
    parameters.set('sslmode', 'verify-full')
    parameters.set('sslrootcert', file)
  } else parameters.set('sslmode', tls.kind === 'plain' ? 'disable' : 'require')
  const all = [own, options].filter(Boolean).join(' ')
  if (all) parameters.set('options', all)
  const place = `${host.includes(':') ? `[${host}]` : encodeURIComponent(host)}:${port}`
  // A plus sign would be a space to some readers, and a plus sign to others.
  const query = parameters.toString().replaceAll('+', '%20')
  return `postgresql://${encodeURIComponent(user)}@${place}/${encodeURIComponent(database)}?${query}`
}

function environment({ password }: Connection, home: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(DATABASE_URL$|PG|SUPABASE_)/.test(name),
  )
  return {
    ...Object.fromEntries(inherited),
    HOME: home,
    SUPABASE_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
    ...(password === undefined ? {} : { PGPASSWORD: password }),
  }
}
