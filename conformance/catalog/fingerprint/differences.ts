import type { Fact, Fingerprint } from './fingerprint.ts'

/** One fact in which two databases differ. `have` or `want` is absent when one of them does not know the fact. */
export interface Difference {
  readonly object: string
  readonly fact: string
  readonly have?: string | null
  readonly want?: string | null
}

/** In what `have` differs from `want`, fact by fact, sorted. Empty if, and only if, their hashes are equal. */
export function differences(have: Fingerprint, want: Fingerprint): Difference[] {
  return differencesOf(have.facts, want.facts)
}

/** In what some facts differ from others, sorted. */
export function differencesOf(have: readonly Fact[], want: readonly Fact[]): Difference[] {
  const haves = index(have)
  const wants = index(want)
  return [...new Set([...haves.keys(), ...wants.keys()])]
    .sort()
    .filter((key) => haves.get(key)?.value !== wants.get(key)?.value)
    .map((key) => {
      const mine = haves.get(key)
      const theirs = wants.get(key)
      return {
        object: (mine ?? theirs)?.object ?? '',
        fact: (mine ?? theirs)?.fact ?? '',
        ...(mine ? { have: mine.value } : {}),
        ...(theirs ? { want: theirs.value } : {}),
      }
    })
}

function index(facts: readonly Fact[]): Map<string, Fact> {
  return new Map(facts.map((fact) => [JSON.stringify([fact.object, fact.fact]), fact]))
}

/** Object and hash, a line each: what is kept in a file, to compare databases with. */
export function fingerprintText({ objects }: Fingerprint): string {
  return [...objects].map(([object, hash]) => `${hash}  ${object}\n`).join('')
}
