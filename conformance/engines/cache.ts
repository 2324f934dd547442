import { createHash, randomBytes } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where what takes long to make is kept between runs. `npm ci` removes it with everything else in there. */
const folder = fileURLToPath(new URL('../../node_modules/.cache/conformance/', import.meta.url))

const ABANDONED_MS = 3_600_000
/** A checkout nobody may write to, or a full disk, is no reason to fail. Nor is that another process was faster. */
const NOT_KEPT = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EEXIST', 'ENOTEMPTY', 'ENOTDIR', 'ELOOP', 'EISDIR']

/** What cannot be read is done without, and made anew. */
const NOT_READ = ['ENOENT', 'EACCES', 'EPERM', 'EISDIR', 'ENOTDIR', 'ELOOP', 'EIO']

/** A name for what is made of these parts: the same parts, the same name. */
export function keyOf(...parts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}\0${part}`)
  return hash.digest('hex').slice(0, 12)
}

/**
 * What `make` once made for this key, or makes now. What was made for other keys under the same name is removed. Several
 * processes may ask at once: nobody ever sees half a file.
 */
export async function cached(
  name: string,
  key: string,
  make: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const kept = await readFile(join(folder, `${name}-${key}`)).catch(unreadable)
  if (kept) return kept
  const made = await make()
  await keep(name, key, (draft) => writeFile(draft, made))
  return made
}

/** What is done about a folder that is wanted: its name is known to whoever does it. */
export interface FolderWork {
  /** Fills it anew. */
  make(): Promise<void>
  /** Fills it with a copy of the folder that is kept. */
  take(kept: string): void
  /** Makes `draft` a copy of it, to be kept. */
  give(draft: string): void
}

/** As {@link cached}, of a folder, which is not there yet: it is filled with what was made for this key once, or is made now. */
export async function cachedFolder(
  name: string,
  key: string,
  wanted: string,
  { make, take, give }: FolderWork,
): Promise<void> {
  if (await taken(join(folder, `${name}-${key}`), wanted, take)) return
  await make()
  await keep(name, key, async (draft) => give(draft))
}

/** Copies all of what is kept, or nothing. Somebody may be removing it: then there is none. */
async function taken(kept: string, wanted: string, take: FolderWork['take']): Promise<boolean> {
  try {
    take(kept)
    // What is removed is renamed first: what has its name in the end was whole all the time.
    if (existsSync(kept)) return true
  } catch (error) {
    unreadable(error)
  }
  await rm(wanted, { recursive: true, force: true })
  return false
}

async function keep(name: string, key: string, write: (draft: string) => Promise<void>): Promise<void> {
  const draft = newDraft()
  try {
    await mkdir(folder, { recursive: true })
    await write(draft)
    await rename(draft, join(folder, `${name}-${key}`))
    await sweep(name, key)
  } catch (error) {
    if (!NOT_KEPT.includes(codeOf(error))) throw error
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** Removes what was made for other keys, and the drafts of those who were killed. */
async function sweep(name: string, key: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    const path = join(folder, entry)
    if (entry.startsWith(`${name}-`) && entry !== `${name}-${key}`) {
      const draft = newDraft()
      await rename(path, draft).catch(absent)
      await rm(draft, { recursive: true, force: true })
    } else if (entry.startsWith('draft-') && isOld(path)) {
      await rm(path, { recursive: true, force: true })
    }
  }
}

function newDraft(): string {
  return join(folder, `draft-${randomBytes(6).toString('hex')}`)
}

/** Whether nobody can be writing it any more: whoever was, has been killed. */
function isOld(path: string): boolean {
  const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() }
  return Date.now() - mtimeMs > ABANDONED_MS
}

function unreadable(error: unknown): undefined {
  if (!NOT_READ.includes(codeOf(error))) throw error
}

function absent(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
