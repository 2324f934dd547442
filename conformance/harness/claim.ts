import type { CallSite } from './call-site.ts'
import type { Ledger } from './ledger.ts'

/**
 * A claim: checked when it is awaited, and not before. One that is never awaited is noticed by the ledger, instead of
 * passing or failing after its test is over.
 */
export class Claim implements PromiseLike<undefined> {
  readonly #check: () => Promise<void>
  readonly #ledger: Ledger

  constructor(ledger: Ledger, what: string, place: CallSite, check: () => Promise<void>) {
    this.#check = check
    this.#ledger = ledger
    ledger.expects(this, `A claim was not awaited, so it was not checked: ${what}`, place)
  }

  // biome-ignore lint/suspicious/noThenProperty: being awaited is what a claim is for
  then<A = undefined, B = never>(
    onHeld?: ((value: undefined) => A | PromiseLike<A>) | null,
    onBroken?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#ledger.settles(this)
    return this.#check()
      .then(() => undefined)
      .then(onHeld, onBroken)
  }
}
