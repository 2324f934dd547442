import type { Verdict } from '../pgtap/index.ts'
import type { CallSite } from './call-site.ts'
import { ClaimFailed } from './claim-failed.ts'

/**
 * What a test has claimed so far. A test that claims nothing proves nothing, a statement without a claim is a claim
 * forgotten, and a claim that is not awaited has not been checked: each of the three fails its test.
 */
export class Ledger {
  #checked = 0
  readonly #open = new Map<object, { readonly complaint: string; readonly place: CallSite | undefined }>()

  /** Something that needs a claim, or a claim that needs to be awaited; `complaint` is what the test fails with. */
  expects(thing: object, complaint: string, place?: CallSite): void {
    this.#open.set(thing, { complaint, place })
  }

  /** It got what it needed. */
  settles(thing: object): void {
    this.#open.delete(thing)
  }

  /** Counts a verdict, and throws when it is a failure. */
  check(verdict: Verdict, about: string, place?: CallSite): void {
    this.#checked += 1
    if (verdict.ok) return
    const broken = new ClaimFailed(verdict, about)
    throw place ? place.of(broken) : broken
  }

  /** At the end of a test: throws when something was left open, or nothing was claimed. */
  close(claimedElsewhere: number): void {
    const open = [...this.#open.values()]
    if (open.length > 0) {
      const error = new Error(open.map(({ complaint }) => complaint).join('\n'))
      throw open[0]?.place?.of(error) ?? error
    }
    if (this.#checked + claimedElsewhere === 0) {
      throw new Error(
        'This test claims nothing. End a statement with a claim such as .resultsEq([…]) and await it.',
      )
    }
  }
}
