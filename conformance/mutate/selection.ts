import { createHash } from 'node:crypto'
import type { Mutant } from './mutant.ts'

/** What of all faults is wanted. */
export interface Wanted {
  /** A part of all, from 0 to 1. */
  readonly sample: number
  readonly seed: string
  /** Parts of files' names, kinds or ids; all when there is none. */
  readonly only: readonly string[]
  /** The texts of statements that are as they were before; absent: all are new. */
  readonly unchanged?: ReadonlySet<string>
  /** The names written in statements that are new; absent: all. */
  readonly touched?: ReadonlySet<string>
}

/** Whether a fault is wanted. The same seed wants the same ones. */
export function isWanted({ sample, seed, only, unchanged, touched }: Wanted): (mutant: Mutant) => boolean {
  return (mutant) => {
    if (only.length > 0 && !only.some((one) => matches(mutant, one))) return false
    if (unchanged && touched && !isChanged(mutant, unchanged, touched) && !isSampled(mutant, sample, seed))
      return false
    return unchanged !== undefined || isSampled(mutant, sample, seed)
  }
}

function matches({ id, kind, file, object }: Mutant, one: string): boolean {
  return (
    id === one ||
    kind === one ||
    file.includes(one) ||
    object.endsWith(` ${one}`) ||
    object.endsWith(`.${one}`)
  )
}

function isSampled({ id }: Mutant, sample: number, seed: string): boolean {
  if (sample >= 1) return true
  const place = createHash('sha256').update(`${seed}\0${id}`).digest().readUInt32BE(0)
  return place / 2 ** 32 < sample
}

function isChanged(
  { before, object, shortcut }: Mutant,
  unchanged: ReadonlySet<string>,
  touched: ReadonlySet<string>,
): boolean {
  if (unchanged.has(before)) return false
  // Of the catalog: what a new statement names.
  const name = object.split(/[ .]/).at(-1) ?? ''
  return !('script' in shortcut) || touched.has(name)
}
