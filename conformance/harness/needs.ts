import { inject } from 'vitest'
import { type Capability, engineNamed } from '../engines/index.ts'
import { test } from './test.ts'

/**
 * The `test` of a spec that needs something not every engine can do: skipped, with the engine's own reason in its
 * title, where it cannot be had.
 */
export function needs(...capabilities: readonly Capability[]): typeof test {
  const { lacks } = engineNamed(inject('engine').name)
  const reasons = capabilities.flatMap((capability) => lacks[capability] ?? [])
  if (reasons.length === 0) return test
  const skipped = (title: string, ...rest: unknown[]) =>
    Reflect.apply(test.skip, test, [`${title} [not run: ${reasons.join('; ')}]`, ...rest])
  return Object.assign(skipped, test) as typeof test
}
