/** Whether released migrations are still what they were: by the manifest, else by what git knows of the main branch. */
import type { MigrationFile, MigrationsFolder } from './folder.ts'
import { hashAfter, manifestOf, readManifest } from './manifest.ts'
import type { Trouble } from './step.ts'

const NEVER = 'A released file does not change: put what is to change into a new migration.'

/** One trouble for each released file that was edited, renamed, removed or moved, and for each new one that comes before. */
export function releasedTroubles(folder: MigrationsFolder): Trouble[] {
  const path = manifestOf(folder.path)
  const released = readManifest(path) ?? []
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
  const last = order.at(-1)
  return [
    ...troubles,
    ...folder.files
      .filter(({ name }) => last !== undefined && name < last && !known.has(name))
      .map(({ name }) => tooEarly(name, last ?? '')),
  ]
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

function edited(name: string): Trouble {
  return { objects: [name], reason: 'It was released, and says something else now.', hint: NEVER }
}

function gone(name: string, renamedTo: string | undefined): Trouble {
  return renamedTo
    ? { objects: [name], reason: `It was released, and is called ${renamedTo} now.`, hint: NEVER }
    : { objects: [name], reason: 'It was released, and is not there any more.', hint: 'Restore it from git.' }
}

function tooEarly(name: string, last: string): Trouble {
  return {
    objects: [name],
    reason: `It is new, and comes before ${last}, which was released: databases that have that one would refuse it, or miss it.`,
    hint: 'Give it a later version.',
  }
}
