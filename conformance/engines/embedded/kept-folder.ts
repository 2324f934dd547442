import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Account } from '../account.ts'
import { Unavailable } from '../engine.ts'
import type { Major } from './binaries.ts'

/** Where the cluster is within the folder, and the password of the role `postgres` in it. */
const [DATA, PASSWORD] = ['data', 'password']

/** A folder in which a cluster stays from one server to the next. */
export interface KeptFolder {
  readonly data: string
  readonly password: string
}

/**
 * Makes a folder ready to keep a cluster of `major` in, or to find it there again. Throws {@link Unavailable} when it holds
 * something else, or when the account that the server runs as may not use it; nothing in it is changed then.
 */
export function keptFolder(path: string, major: Major, account: Account): KeptFolder {
  const folder = resolve(path)
  const data = join(folder, DATA)
  let made: string | undefined
  if (existsSync(data)) {
    const found = versionOf(data)
    if (found !== String(major))
      throw new Unavailable(
        `${folder} holds a database of PostgreSQL ${found}, and PostgreSQL ${major} was asked for: take --engine embedded-${found}, or another folder.`,
      )
  } else {
    made = mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (readdirSync(folder).some((name) => name !== PASSWORD && name !== `${DATA}.new`))
      throw new Unavailable(`${folder} holds something else: choose a folder that is empty or not there yet.`)
    if (account.uid !== undefined && account.gid !== undefined) chownSync(folder, account.uid, account.gid)
  }
  if (!usable(folder, account)) {
    if (made) rmSync(made, { recursive: true })
    throw new Unavailable(
      `PostgreSQL runs here as another user, who may not use ${folder}: choose a folder below one that everybody may enter, such as /var/tmp.`,
    )
  }
  return { data, password: password(join(folder, PASSWORD)) }
}

function versionOf(data: string): string {
  try {
    return readFileSync(join(data, 'PG_VERSION'), 'utf8').trim()
  } catch {
    throw new Unavailable(`${data} is no database of PostgreSQL: choose another folder.`)
  }
}

function usable(folder: string, account: Account): boolean {
  const { status } = spawnSync('/bin/sh', ['-c', 'test -w "$1" && test -x "$1"', 'sh', folder], {
    ...account,
    cwd: '/',
    env: {},
  })
  return status === 0
}

/** The same each time, so that a client's settings can stay. Readable by nobody else. */
function password(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(18).toString('base64url'), { mode: 0o600 })
  return readFileSync(file, 'utf8')
}
