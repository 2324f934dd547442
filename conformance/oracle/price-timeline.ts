/** A price and since when it is in force, in milliseconds since 1970; it ends where the next one starts. */
interface Version {
  readonly from: number
  readonly price: string
}

/** What a price list remembers of one price: who was in force when. The contract's own rules, without SQL. */
export class PriceTimeline {
  #versions: readonly Version[] = []

  /** From `from` until the next price that is already known, `price` is in force. */
  set(from: number, price: string): void {
    if (this.at(from) === price) return
    const others = this.#versions.filter((version) => version.from !== from)
    this.#versions = [...others, { from, price }].sort((a, b) => a.from - b.from)
  }

  /** The price in force at a moment; undefined before the first. */
  at(moment: number): string | undefined {
    return this.#versions.findLast(({ from }) => from <= moment)?.price
  }
}
