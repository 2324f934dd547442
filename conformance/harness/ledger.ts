import type { Verdict } from '../pgtap/index.ts'
import { Broken } from './broken.ts'

/**
 * What a test has claimed so far. A test that claims nothing proves nothing, a statement without a claim is a claim
 * forgotten, and a claim that is not awaited has not been checked: each of the three fails its test.
 */
export class Ledger {
  #checked = 0
  readonly #open = new Map<object, string>()

  /** Something that needs a claim, or a claim that needs to be awaited; `complaint` is what the test fails with. */
  expects(thing: object, complaint: string): void {
    this.#open.set(thing, complaint)
  }

  /** It got what it needed. */
  settles(thing: object): void {
    this.#open.delete(thing)
  }

  /** Counts a verdict, and throws when it is a failure. */
  check(verdict: Verdict, about: string): void {
    this.#checked += 1
    if (!verdict.ok) throw new Broken(verdict, about)
  }

  /** At the end of a test: throws when something was left open, or nothing was claimed. */
  close(claimedElsewhere: number): void {
    const complaints = [...this.#open.values()]
    if (complaints.length > 0) throw new Error(complaints.join('\n'))
    if (this.#checked + claimedElsewhere === 0) {
      throw new Error(
        'This test claims nothing. End a statement with a claim such as .resultsEq([…]) and await it.',
      )
    }
  }
}
