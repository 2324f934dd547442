import type { Capability } from '../engines/index.ts'
import { needs } from './needs.ts'
import type { test } from './test.ts'

/** Of how many cases `npm test` runs one. */
const ONE_OF = 3

/**
 * `test.for(cases)` for cases that are alike and take long together: `npm test` runs the first and every third after it, and says of
 * each other one that it left it out. They need `capabilities`, too: see {@link needs}.
 *
 * @example
 *   sampled(changes, 'own-database')('%s', async ([name], { ownDatabase }) => { … })
 */
export function sampled<T>(
  cases: readonly T[],
  ...capabilities: readonly Capability[]
): ReturnType<typeof test.for<T>> {
  const define = (...definition: readonly unknown[]) => {
    for (const [i, one] of cases.entries()) {
      const on = needs(...capabilities, ...(i % ONE_OF === 0 ? [] : (['thorough-run'] as const)))
      ;(on.for([one]) as (...given: readonly unknown[]) => void)(...definition)
    }
  }
  return define as ReturnType<typeof test.for<T>>
}
