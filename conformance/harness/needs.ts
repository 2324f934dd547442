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
  if (reasons.length === 0) return test
  const skipping =
    (skip: (...definition: unknown[]) => void) =>
    (title: string, ...rest: unknown[]) =>
      skip(`${title} [${reasons.join('; ')}]`, ...rest)
  return Object.assign(skipping(test.skip as never), {
    for: (cases: readonly unknown[]) => skipping(test.skip.for(cases) as never),
  }) as unknown as typeof test
}
