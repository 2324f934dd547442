/** What a comment in a file lets pass of a watched replay: see `static/suppressions.ts`. */
import type { MigrationsFolder } from '../folder.ts'
import type { Suppression } from '../static/suppressions.ts'
import { suppressionsOf } from '../static/suppressions.ts'
import type { Trouble } from '../step.ts'

/** What the watched replay claims. */
export const WATCHED = [
  'locks/nobody-waits',
  'locks/within-budget',
  'privileges/nothing-opens',
  'former-release/still-answered',
  'former-release/specs-pass',
] as const

/** The troubles of a claim that no comment lets pass. A comment stands above a statement, and covers what that one names. */
export function unsuppressed(
  folder: MigrationsFolder,
  id: (typeof WATCHED)[number],
  troubles: readonly Trouble[],
): Trouble[] {
  const own = suppressionsFor(folder, id)
  return troubles.filter(({ objects }) => !objects.some((object) => own.some((one) => names(one, object))))
}

function suppressionsFor(folder: MigrationsFolder, id: (typeof WATCHED)[number]): Suppression[] {
  const today = new Date().toISOString().slice(0, 10)
  const { valid } = suppressionsOf(folder, new Set(WATCHED), { today, released: new Set() })
  return valid.filter(({ rule }) => rule === id)
}

/** The troubles of specs that no comment lets pass: one whose reason names the spec's file. */
export function unsuppressedSpecs(
  folder: MigrationsFolder,
  id: (typeof WATCHED)[number],
  troubles: readonly Trouble[],
): Trouble[] {
  const own = suppressionsFor(folder, id)
  return troubles.filter(({ objects: [file = ''] }) => !own.some(({ reason }) => reason.includes(file)))
}

/** Whether the statement below a comment stands at a place, or names an object. */
function names({ file, from, to }: Suppression, object: string): boolean {
  const [, name, line] = /^(.+\.sql):(\d+)$/.exec(object) ?? []
  if (name) return name === file.name && Number(line) >= from && Number(line) <= to
  const text = file.sql
    .split('\n')
    .slice(from - 1, to)
    .join('\n')
  // `function public.shared_file(text)`, `policy own on public.notes`, `column public.orders.note`: the name alone.
  const bare =
    object
      .replace(/\(.*/, '')
      .replace(/ on .*/, '')
      .split(/[ .]/)
      .at(-1)
      ?.replaceAll('"', '') ?? ''
  return bare !== '' && new RegExp(`\\b${bare.replace(/[^\w]/g, '.')}\\b`).test(text)
}
