/** What has changed of an object, in the fewest lines: what is missing, what is extra, and of the rest both sides. */
import type { Change } from './report.ts'

/** One fact of a changed object. */
export type ChangedFact =
  | { readonly kind: 'missing' | 'extra'; readonly what: string; readonly value: string }
  | { readonly kind: 'other'; readonly what: string; readonly have: string; readonly want: string }

/** How a side says that it has no such fact, and no such object. */
const NONE = 'none'
const NOT_THERE = 'it is not there'
const NOT_WANTED = 'nothing of this name'
const WHOLE = 'all of it'
/** Characters that are shown before a difference. */
const BEFORE = 24

/** The facts of a change. What belongs to a part that is missing or extra is not told again. */
export function changedFacts({ have = '', want = '' }: Pick<Change, 'have' | 'want'>): ChangedFact[] {
  if (have === NOT_THERE) return [{ kind: 'missing', what: WHOLE, value: want }]
  if (want === NOT_WANTED) return [{ kind: 'extra', what: WHOLE, value: have }]
  const [haves, wants] = [have.split('\n'), want.split('\n')]
  if (haves.length !== wants.length) return [{ kind: 'other', what: '', have, want }]
  const told: ChangedFact[] = []
  for (const [i, line] of haves.entries()) {
    const fact = factOf(line, wants[i] ?? '')
    const repeats = told.some(({ kind, what }) => kind !== 'other' && fact.what.startsWith(`${what}, `))
    if (!repeats) told.push(fact)
  }
  return told
}

/** The same as text, a line or two for each. Of values longer than `most`, what both begin with is left out. */
export function changeLines(
  change: Pick<Change, 'have' | 'want'>,
  most = Number.POSITIVE_INFINITY,
): string[] {
  return changedFacts(change).flatMap((fact) => {
    if (fact.kind !== 'other') return [`${fact.kind}: ${fact.what}${fact.value && ` (${fact.value})`}`]
    const about = fact.what && `${fact.what}, `
    const [have, want] = fact.have.length + fact.want.length > 2 * most ? apart(fact) : [fact.have, fact.want]
    return [`${about}have: ${have || 'nothing'}`, `${about}want: ${want || 'nothing'}`]
  })
}

/** Two values from a few words before they differ. */
function apart({ have, want }: { readonly have: string; readonly want: string }): [string, string] {
  let same = 0
  while (same < Math.min(have.length, want.length) && have[same] === want[same]) same += 1
  const from = have.lastIndexOf(' ', Math.max(same - BEFORE, 0)) + 1
  return from === 0 ? [have, want] : [`… ${have.slice(from)}`, `… ${want.slice(from)}`]
}

function factOf(have: string, want: string): ChangedFact {
  const colon = have.indexOf(': ')
  const what = have.slice(0, Math.max(colon, 0))
  if (colon <= 0 || !want.startsWith(`${what}: `)) return { kind: 'other', what: '', have, want }
  const [mine, theirs] = [have.slice(colon + 2), want.slice(colon + 2)]
  if (mine === NONE) return { kind: 'missing', what, value: theirs }
  if (theirs === NONE) return { kind: 'extra', what, value: mine }
  return { kind: 'other', what, have: mine, want: theirs }
}
