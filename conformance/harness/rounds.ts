import { inject } from 'vitest'

/** By how much a run that nobody gave time to is shortened. */
const SHORTER = 3

/**
 * How often a spec makes something up at random, or has clients meet: `whole` where a run has the time (`npm run test:all`), a
 * third of it, but never nothing, in `npm test`.
 *
 * @example
 *   await fc.assert(property, { numRuns: rounds(60) })
 */
export function rounds(whole: number): number {
  return inject('depth') === 'short' ? Math.ceil(whole / SHORTER) : whole
}
