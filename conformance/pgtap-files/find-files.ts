import { readdirSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

/** What `supabase test db` takes for tests. */
const TEST = /\.(sql|pg)$/

/**
 * The test files that paths name, as paths from `folder`: a file as it is, a folder with everything below it, sorted.
 * Throws when a path does not exist, or is a folder without a test.
 */
export function findFiles(paths: readonly string[], folder: string): string[] {
  return paths.flatMap((path) => {
    const absolute = resolve(folder, path)
    const found = statSync(absolute, { throwIfNoEntry: false })
    if (!found) throw new Error(`There is no file or folder ${path} in ${folder}.`)
    if (!found.isDirectory()) return [relative(folder, absolute)]
    const files = readdirSync(absolute, { recursive: true, encoding: 'utf8' })
      .filter((name) => TEST.test(name))
      .sort()
    if (files.length === 0) throw new Error(`${path} holds no test: expected files named *.sql or *.pg.`)
    return files.map((name) => relative(folder, join(absolute, name)))
  })
}
