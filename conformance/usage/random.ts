/** Numbers that look random and are the same for the same seed, on every machine: mulberry32. */
export class Seeded {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0, below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  /** A whole number from 0, below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end)
  }

  /** Whether something happens that happens so often of 1000 times. */
  often(of1000: number): boolean {
    return this.below(1000) < of1000
  }

  /** One of them, each as often as its weight says. */
  pick<T>(weighted: readonly (readonly [weight: number, what: T])[]): T {
    let left = this.below(weighted.reduce((sum, [weight]) => sum + weight, 0))
    for (const [weight, what] of weighted) {
      if (left < weight) return what
      left -= weight
    }
    throw new Error('Nothing to pick from.')
  }

  /** A whole number between two, small ones far more often: sizes of requests are spread like that. */
  skewed(least: number, most: number): number {
    const x = this.next()
    return least + Math.floor((most - least) * x * x * x)
  }

  /** Sixteen bytes as a version 4 UUID. */
  uuid(): string {
    const hex = Array.from({ length: 4 }, () => this.below(4294967296).toString(16).padStart(8, '0')).join('')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${'89ab'[Number.parseInt(hex.slice(16, 17), 16) % 4]}${hex.slice(17, 20)}-${hex.slice(20)}`
  }
}
