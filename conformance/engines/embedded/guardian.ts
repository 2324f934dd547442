import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Account } from '../account.ts'
import { Unavailable } from '../engine.ts'

/** The process that owns a server and its directory, and ends both when this process ends, in whatever way. */
export interface Guardian {
  /** The server's directory. Throws {@link Unavailable} when none could be made. */
  readonly directory: Promise<string>
  /** Fulfilled when nothing is left of the server, with what the guardian had to say. Never rejects. */
  readonly ended: Promise<string>
  /** Lets it create the database cluster and start the server, with the binaries in `native`. */
  go(native: string): void
  /** From now on it does not keep this process alive. */
  release(): void
  /** Ends the server and waits until nothing is left of it. */
  end(): Promise<void>
}

export interface GuardianOptions {
  readonly account: Account
  readonly name: string
  /** Whether the binaries are run where they are, or will be copied into the directory. */
  readonly binaries: 'in-place' | 'copied'
  /** Where the cluster is and stays; absent where it goes with the directory. */
  readonly kept?: string | undefined
  /** What initdb is told of the locale, as words. */
  readonly locale: readonly string[]
  /** Where the directory may be made, the best first. */
  readonly parents: readonly string[]
  readonly postgresArguments: readonly string[]
}

/** Starts one. It runs in a session of its own, so that Ctrl-C in the terminal does not end it before us. */
export function startGuardian(options: GuardianOptions): Guardian {
  // Handed over as text: the account need not be able to read this checkout.
  const script = readFileSync(new URL('./guardian.sh', import.meta.url), 'utf8')
  const { account, name, binaries, kept = '', locale, parents, postgresArguments } = options
  const child = spawn(
    '/bin/sh',
    [
      '-c',
      script,
      'guardian',
      name,
      binaries,
      locale.join(' '),
      kept,
      ...parents,
      '--',
      ...postgresArguments,
    ],
    { ...account, detached: true, cwd: '/', env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' } },
  )
  child.stdin.on('error', () => {}) // it has ended before us: `ended` says so
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = new Promise<string>((resolve) => {
    child.once('close', () => resolve(said.trim()))
    child.once('error', (error) => resolve(error.message))
  })
  const firstLine = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').once('data', (line: string) => resolve(line.trimEnd()))
  })
  const failed = ended.then((why) =>
    Promise.reject(new Unavailable(`The server has no place to be: ${why}.`)),
  )
  const sockets = child.stdio.filter((stream) => stream instanceof Socket)
  return {
    directory: Promise.race([firstLine, failed]),
    ended,
    go: (native) => child.stdin.write(`${native}\n`),
    release: () => {
      for (const held of [child, ...sockets]) held.unref()
    },
    async end() {
      for (const held of [child, ...sockets]) held.ref()
      child.stdin.end()
      await ended
    },
  }
}
