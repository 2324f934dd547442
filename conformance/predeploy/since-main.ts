/** What became of the migrations that the main branch has, where no manifest says what is released. */
import { createHash } from 'node:crypto'
import { GitRefused, git, leftMainAt } from '../git/index.ts'
import { isAccepted, type MigrationsFolder } from './folder.ts'
import { edited, gone, tooEarly } from './released-words.ts'
import type { Trouble } from './step.ts'

const WAS = 'is on the main branch'

/** One trouble for each file that the main branch has otherwise; `undefined` where git knows no main branch. */
export function sinceMain(folder: MigrationsFolder): Trouble[] | undefined {
  const known = onMain(folder.path)
  if (!known) return undefined
  const here = new Map(folder.files.map((file) => [file.name, file]))
  const troubles = [...known].flatMap(([name, id]) => {
    const file = here.get(name)
    if (file) return idOf(file.bytes, id) === id ? [] : [edited(name, WAS)]
    const other = folder.files.find((each) => !known.has(each.name) && idOf(each.bytes, id) === id)
    return [gone(name, other?.name, WAS)]
  })
  return [...troubles, ...tooEarly(folder, new Set(known.keys()), WAS)]
}

/** The migrations of the commit at which this checkout left the main branch: name and id of what they say. */
function onMain(path: string): Map<string, string> | undefined {
  const [base] = leftMainAt(path)
  if (base === undefined) return undefined
  try {
    const lines = git(path, 'ls-tree', '-z', base, './').split('\0')
    return new Map(
      lines.flatMap((line) => {
        const [, id = '', name = ''] = /^\d+ blob ([0-9a-f]+)\t(?:.*\/)?([^/]+)$/.exec(line) ?? []
        return isAccepted(name) ? [[name, id]] : []
      }),
    )
  } catch (error) {
    if (error instanceof GitRefused) return undefined
    throw error
  }
}

/** The id that git gives to what a file says, of the kind of another. */
function idOf(bytes: Buffer, like: string): string {
  return createHash(like.length === 64 ? 'sha256' : 'sha1')
    .update(`blob ${bytes.length}\0`)
    .update(bytes)
    .digest('hex')
}
