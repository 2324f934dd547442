import { inject } from 'vitest'
import type { Capability } from '../engines/index.ts'
import { test } from './test.ts'

/**
 * The `test` of a spec that needs something not every engine can do: skipped, with the engine's own reason in its
 * title, where it cannot be had. `.for(cases)` is skipped with it; other modifiers are not offered where one skips.
 */
export function needs(...capabilities: readonly Capability[]): typeof test {
  const { lacks } = inject('engine')
  const reasons = capabilities.flatMap((capability) => lacks[capability] ?? [])
  // What makes no sense there need not be said to have been left out.
  const reason = reasons.find((one) => one.startsWith('not applicable')) ?? reasons[0]
  if (reason === undefined) return test
  const skipping =
    (skip: (...definition: unknown[]) => void) =>
    (title: string, ...rest: unknown[]) =>
      skip(`${title} [${reason}]`, ...rest)
  // Vitest's overloads are many and differ by fixtures; whatever a definition is, it is passed on as it is and never run.
  return Object.assign(skipping(test.skip as never), {
    for: (cases: readonly unknown[]) => skipping(test.skip.for(cases) as never),
  }) as unknown as typeof test
}
