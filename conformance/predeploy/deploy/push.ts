/** The push itself: the real CLI, with `lock_timeout`, again when that has struck. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '../../connection/index.ts'
import { connectRemote } from '../../engines/index.ts'
import { removeFolder, temporaryFolder } from '../../temporary/index.ts'
import type { MigrationFile, MigrationsFolder } from '../folder.ts'
import { needsNoTransaction } from '../transaction.ts'
import { runCli } from './cli.ts'

const LONGEST_PAUSE_MS = 60_000
const LOCK_TIMEOUT = /SQLSTATE 55P03/

/** How a push is carried out. */
export interface PushOptions {
  /** How long a statement may wait for a lock. */
  readonly lockTimeoutMs: number
  /** How often it is tried when a lock cannot be had. */
  readonly attempts: number
  /** A line of progress. */
  readonly progress: (line: string) => void
  /** Ends it as soon as can be. */
  readonly signal: AbortSignal
}

/** What became of a push, by what the CLI says: what is applied, the ledger says. */
export interface Pushed {
  readonly ended: 'done' | 'failed' | 'interrupted'
  /** The file at which it ended, where it did. */
  readonly at?: string
  /** What the CLI said of it. */
  readonly reason?: string
  /** Whether it was for a lock that could not be had. */
  readonly isLock?: boolean
}

/** What the CLI’s session is told. */
export function optionsFor(lockTimeoutMs: number): string {
  return `-c lock_timeout=${lockTimeoutMs}`
}

/** Whether the target takes `lock_timeout` from whoever connects: some poolers drop it. */
export async function takesLockTimeout(connection: Connection, lockTimeoutMs: number): Promise<boolean> {
  const options = [connection.options, optionsFor(lockTimeoutMs)].filter(Boolean).join(' ')
  const session = await connectRemote({ ...connection, options })
  try {
    const [row] = await session.query(
      `select setting from pg_catalog.pg_settings where name = 'lock_timeout'`,
    )
    return row?.['setting'] === String(lockTimeoutMs)
  } finally {
    await session.close()
  }
}

/** Pushes a folder: a copy of its files as they were read, so that nothing else is applied than what was checked. */
export async function push(
  connection: Connection,
  { files }: MigrationsFolder,
  options: PushOptions,
): Promise<Pushed> {
  const workdir = temporaryFolder('deploy-')
  try {
    const folder = join(workdir, 'supabase/migrations')
    mkdirSync(folder, { recursive: true })
    for (const { name, bytes } of files) writeFileSync(join(folder, name), bytes)
    return await pushing(connection, files, workdir, options)
  } finally {
    removeFolder(workdir)
  }
}

async function pushing(
  connection: Connection,
  files: readonly MigrationFile[],
  workdir: string,
  { lockTimeoutMs, attempts, progress, signal }: PushOptions,
): Promise<Pushed> {
  for (let attempt = 1; ; attempt += 1) {
    let at: string | undefined
    const { exitCode, output } = await runCli(['db', 'push', '--yes', '--skip-vault'], connection, {
      workdir,
      scratch: workdir,
      options: optionsFor(lockTimeoutMs),
      signal,
      onLine: (line) => {
        const [, name] = /^Applying migration (\S+\.sql)\.\.\.$/.exec(line) ?? []
        if (!name) return
        at = name
        progress(`Applying ${name}`)
      },
    })
    if (exitCode === 0) return { ended: 'done' }
    const place = at ? { at } : {}
    if (signal.aborted) return { ended: 'interrupted', ...place }
    const isLock = LOCK_TIMEOUT.test(output)
    const failed = { ended: 'failed', ...place, reason: reasonIn(output), isLock } as const
    // What runs in no transaction may have left something: a second try would stumble over it.
    if (!isLock || attempt >= attempts || leavesTraces(files.find(({ name }) => name === at))) return failed
    const pause = Math.min(LONGEST_PAUSE_MS, lockTimeoutMs * 2 ** (attempt - 1))
    progress(
      `${at ?? 'It'} waited ${lockTimeoutMs} ms for a lock in vain: attempt ${attempt} of ${attempts}, the next in ${pause} ms`,
    )
    await sleep(pause, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return { ended: 'interrupted', ...place }
  }
}

/** Whether a file that fails may leave something behind: the CLI applies it outside a transaction. */
export function leavesTraces(file: MigrationFile | undefined): boolean {
  return file?.statements.some(needsNoTransaction) ?? false
}

/** What the CLI says went wrong, without its advice. */
function reasonIn(output: string): string {
  const lines = output.split('\n')
  const from = lines.findIndex((line) => /^(ERROR|FATAL|PANIC|failed|error)/i.test(line))
  return lines
    .slice(Math.max(0, from))
    .filter((line) => line.trim() !== '' && !/^Try rerunning|^ *\^ *$/.test(line))
    .slice(0, 12)
    .join('\n')
}
