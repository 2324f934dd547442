/** What is said of a released file that is not what it was. */
import type { MigrationsFolder } from './folder.ts'
import type { Trouble } from './step.ts'

const NEVER = 'A released file does not change: put what is to change into a new migration.'

/** It says something else. `was`: how it is known to be released. */
export function edited(name: string, was = 'was released'): Trouble {
  return { objects: [name], reason: `It ${was}, and says something else now.`, hint: NEVER }
}

/** It is not there, or under another name. */
export function gone(name: string, renamedTo: string | undefined, was = 'was released'): Trouble {
  return renamedTo
    ? { objects: [name], reason: `It ${was}, and is called ${renamedTo} now.`, hint: NEVER }
    : { objects: [name], reason: `It ${was}, and is not there any more.`, hint: 'Restore it from git.' }
}

/** New files that come before a released one. */
export function tooEarly(
  { files }: MigrationsFolder,
  known: ReadonlySet<string>,
  was = 'was released',
): Trouble[] {
  const last = [...known].sort().at(-1)
  if (last === undefined) return []
  return files
    .filter(({ name }) => name < last && !known.has(name))
    .map(({ name }) => ({
      objects: [name],
      reason: `It is new, and comes before ${last}, which ${was}: databases that have that one would refuse it, or miss it.`,
      hint: 'Give it a later version.',
    }))
}
