import { createHash, randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where what takes long to make is kept between runs. `npm ci` removes it with everything else in there. */
const folder = fileURLToPath(new URL('../../node_modules/.cache/conformance/', import.meta.url))

const ABANDONED_MS = 3_600_000

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
  const file = `${name}-${key}`
  const kept = await readFile(join(folder, file)).catch(absent)
  if (kept) return kept
  const made = await make()
  await keep(name, file, made)
  return made
}

/** Keeps it where that is possible: a checkout nobody may write to is no reason to fail. */
async function keep(name: string, file: string, made: Uint8Array): Promise<void> {
  const draft = join(folder, `draft-${randomBytes(6).toString('hex')}`)
  try {
    await mkdir(folder, { recursive: true })
    const found = await readdir(folder)
    const others = found.filter((other) => other.startsWith(`${name}-`) && other !== file)
    const abandoned = found.filter((other) => other.startsWith('draft-') && isOld(join(folder, other)))
    await Promise.all([...others, ...abandoned].map((other) => rm(join(folder, other), { force: true })))
    await writeFile(draft, made)
    await rename(draft, join(folder, file))
  } catch (error) {
    await rm(draft, { force: true })
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOSPC'].includes(codeOf(error))) throw error
  }
}

/** Whether nobody can be writing it any more: whoever was, has been killed. */
function isOld(file: string): boolean {
  const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() }
  return Date.now() - mtimeMs > ABANDONED_MS
}

function absent(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
