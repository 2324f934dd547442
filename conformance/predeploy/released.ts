/** Whether released migrations are still what they were: by the manifest, else by what git knows of the main branch. */
import type { MigrationFile, MigrationsFolder } from './folder.ts'
import { hashAfter, manifestOf, type Released, readManifest } from './manifest.ts'
import { edited, gone, tooEarly } from './released-words.ts'
import { sinceMain } from './since-main.ts'
import type { Trouble } from './step.ts'

/**
 * One trouble for each released file that was edited, renamed, removed or moved, and for each new one that comes before: by the
 * manifest, else by what the main branch has. `undefined` where neither is known.
 */
export function releasedTroubles(folder: MigrationsFolder): Trouble[] | undefined {
  const path = manifestOf(folder.path)
  const released = readManifest(path)
  return released ? byManifest(folder, path, released) : sinceMain(folder)
}

function byManifest(folder: MigrationsFolder, path: string, released: readonly Released[]): Trouble[] {
  const here = new Map(folder.files.map((file) => [file.name, file]))
  const known = new Set(released.map(({ name }) => name))
  const troubles: Trouble[] = []
  let before: string | undefined
  for (const { name, hash } of released) {
    const file = here.get(name)
    if (!file) troubles.push(gone(name, renamed(folder.files, known, before, { name, hash })))
    else if (hashAfter(before, file) !== hash) troubles.push(edited(name))
    before = hash
  }
  const order = released.map(({ name }) => name)
  if (order.join('\n') !== [...order].sort().join('\n'))
    troubles.push({
      objects: [path],
      reason: 'Its lines are not in the order in which the files are applied.',
      hint: 'Restore it from git.',
    })
  return [...troubles, ...tooEarly(folder, known)]
}

/** The file that says what a missing one said. */
function renamed(
  files: readonly MigrationFile[],
  known: ReadonlySet<string>,
  before: string | undefined,
  { name, hash }: { readonly name: string; readonly hash: string },
): string | undefined {
  return files.find(
    (file) => !known.has(file.name) && hashAfter(before, { name, bytes: file.bytes }) === hash,
  )?.name
}
