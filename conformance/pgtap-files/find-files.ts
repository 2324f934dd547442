import { readdirSync, realpathSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { whyNotRead } from './read-script.ts'

/** What `supabase test db` takes for tests. */
const TEST = /\.(sql|pg)$/

/** A test file, as a path from the folder where the caller stands; `why` it cannot be had, if so. */
export interface FoundFile {
  readonly file: string
  readonly why?: string
}

/**
 * The test files that paths name: a file as it is, a folder with everything below it, sorted. A path that cannot be read is
 * found with the reason, and costs no other. Throws when a path does not exist, or is a folder without a test.
 */
export function findTests(paths: readonly string[], folder: string): FoundFile[] {
  return paths.flatMap((path) => {
    const absolute = resolve(folder, path)
    const found = kindOf(absolute)
    if (found === 'absent') throw new Error(`There is no file or folder ${path} in ${folder}.`)
    if (found !== 'folder') return [entry(folder, absolute, found)]
    const below = walk(absolute, [realpathSync(absolute)])
    if (below.length === 0) throw new Error(`${path} holds no test: expected files named *.sql or *.pg.`)
    return below.map(({ at, kind }) => entry(folder, at, kind))
  })
}

/** As {@link findTests}, of scripts that have to be read: throws for the first that cannot be. */
export function findFiles(paths: readonly string[], folder: string): string[] {
  return findTests(paths, folder).map(({ file, why }) => {
    if (why !== undefined) throw new Error(`${file}: ${why}`)
    return file
  })
}

type Kind = 'file' | 'folder' | 'absent' | { readonly why: string }

function kindOf(path: string): Kind {
  try {
    const found = statSync(path)
    return found.isDirectory() ? 'folder' : 'file'
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'absent'
    return { why: `It cannot be read: ${whyNotRead(error)}.` }
  }
}

function entry(folder: string, absolute: string, kind: Kind): FoundFile {
  const file = relative(folder, absolute)
  return typeof kind === 'object' ? { file, ...kind } : { file }
}

/** Everything below a folder that is a test, or cannot be told. `above` are the folders it lies in, so that no link leads back. */
function walk(folder: string, above: readonly string[]): { at: string; kind: Kind }[] {
  let names: string[]
  try {
    names = readdirSync(folder).sort()
  } catch (error) {
    return [{ at: folder, kind: { why: `It cannot be read: ${whyNotRead(error)}.` } }]
  }
  return names.flatMap((name) => {
    const at = join(folder, name)
    const kind = kindOf(at)
    if (kind === 'folder') {
      if (TEST.test(name) && isEmpty(at)) return [{ at, kind: { why: 'It cannot be read: it is a folder.' } }]
      const real = realpathSync(at)
      return above.includes(real) ? [] : walk(at, [...above, real])
    }
    if (!TEST.test(name)) return []
    return [{ at, kind: kind === 'absent' ? { why: 'It cannot be read: its link leads nowhere.' } : kind }]
  })
}

function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0
  } catch {
    return false
  }
}
