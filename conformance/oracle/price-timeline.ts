/** A version of a price: from when it holds, and until when if somebody asked for an end. Moments are numbers. */
interface Version {
  readonly from: number
  readonly until: number
  readonly price: string
}

/** Usage that was charged at the version that began at `version`. */
interface Usage {
  readonly at: number
  readonly version: number
}

/** Why a statement is refused. */
export type Refusal = 'taken' | 'gap' | 'history'

/**
 * What a price list remembers of one price. Of the versions that have begun and not ended, the one that began last is in force:
 * the contract's own rules, without SQL. A statement answers why it is refused, and then changes nothing.
 */
export class PriceTimeline {
  #versions: readonly Version[] = []
  #usage: readonly Usage[] = []

  /** The price in force at a moment; undefined where there is none. */
  at(moment: number): string | undefined {
    return this.#inForce(moment)?.price
  }

  /** The starts of all versions, the earliest first. */
  starts(): number[] {
    return this.#versions.map(({ from }) => from)
  }

  /** From `from` on, `price` is asked for, as by set_*_price; what is so already is not set again. */
  set(
    from: number,
    price: string,
    { until = Infinity, now = -Infinity }: { until?: number; now?: number } = {},
  ): Refusal | undefined {
    const current = this.#inForce(from)
    if (current?.price === price && current.until === until) return undefined
    if (current?.from !== from) return this.insert({ from, until, price }, now)
    if (from < now || this.#isUsed(from)) return 'history'
    if (this.#leavesGap(from, now)) return 'gap'
    return this.#become(
      this.#versions.map((version) => (version === current ? { from, until, price } : version)),
    )
  }

  /** A bare INSERT. A gap that is still to come is refused. */
  insert(version: Version, now: number): Refusal | undefined {
    if (this.#versions.some(({ from }) => from === version.from)) return 'taken'
    if (this.#leavesGap(version.from, now)) return 'gap'
    return this.#become([...this.#versions, version])
  }

  /** An UPDATE of the price of some versions: that in force goes on with the new price, and the others keep theirs. */
  reprice(starts: readonly number[], price: string, now: number): Refusal | undefined {
    const met = this.#versions.filter(({ from }) => starts.includes(from))
    const current = this.#inForce(now)
    if (current && met.includes(current)) {
      return current.price === price ? undefined : this.insert({ ...current, from: now, price }, now)
    }
    const changed = met.filter((version) => version.price !== price)
    if (changed.some(({ from }) => from < now || this.#isUsed(from))) return 'history'
    return this.#become(
      this.#versions.map((version) => (changed.includes(version) ? { ...version, price } : version)),
    )
  }

  /** The LLM recipe: an UPDATE of all versions that ends what is in force now, then an INSERT. */
  recipe(price: string, now: number): Refusal | undefined {
    // For a version that ends now anyway, the UPDATE sets nothing but the price of what is over.
    const ended = this.#versions.filter(({ until }) => until === now).map(({ from }) => from)
    const refusal = this.#inForce(now) ? undefined : this.reprice(ended, price, now)
    return refusal ?? this.insert({ from: now, until: Infinity, price }, now)
  }

  /** An UPDATE of the end that was asked for. */
  expire(start: number, until: number): Refusal | undefined {
    return this.#become(
      this.#versions.map((version) => (version.from === start ? { ...version, until } : version)),
    )
  }

  /** An UPDATE of the start, and of the end: of what is scheduled. */
  move(start: number, from: number, until: number, now: number): Refusal | undefined {
    if (start < now || this.#isUsed(start)) return 'history'
    if (from !== start && this.#versions.some((version) => version.from === from)) return 'taken'
    return this.#become(
      this.#versions.map((version) => (version.from === start ? { ...version, from, until } : version)),
    )
  }

  /** A DELETE. */
  remove(starts: readonly number[]): Refusal | undefined {
    if (starts.some((start) => this.#isUsed(start))) return 'history'
    return this.#become(this.#versions.filter(({ from }) => !starts.includes(from)))
  }

  /** Usage at a moment, charged at the price in force then; unpriced where there is none. */
  use(at: number): void {
    const version = this.#inForce(at)
    if (version) this.#usage = [...this.#usage, { at, version: version.from }]
  }

  #inForce(moment: number, versions = this.#versions): Version | undefined {
    return versions.findLast(({ from, until }) => from <= moment && moment < until)
  }

  #isUsed(start: number): boolean {
    return this.#usage.some(({ version }) => version === start)
  }

  /** Whether a time to come has no price before a version that is to start at `start`, also in place of one that does. */
  #leavesGap(start: number, now: number): boolean {
    const end = Math.max(...this.#versions.filter(({ from }) => from < start).map(({ until }) => until))
    return start !== now && end > now && end < start
  }

  /** All usage stays in the period of the version it was charged at, or nothing happens. */
  #become(versions: readonly Version[]): Refusal | undefined {
    const next = [...versions].sort((a, b) => a.from - b.from)
    if (this.#usage.some(({ at, version }) => this.#inForce(at, next)?.from !== version)) return 'history'
    this.#versions = next
    return undefined
  }
}
