import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Reporter, TestModule } from 'vitest/node'

const specs = fileURLToPath(new URL('../specs/', import.meta.url))

/** Prints the specs that took longest, at the end of a run. */
export class Slowest implements Reporter {
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const taken = modules
      .map((module) => ({ module, ms: durationOf(module) }))
      .sort((a, b) => b.ms - a.ms)
      .slice(0, this.#most)
    const lines = taken.map(
      ({ module, ms }) =>
        `${(ms / 1000).toFixed(1).padStart(8)} s  ${module.project.name}: ${relative(specs, module.moduleId)}\n`,
    )
    process.stdout.write(`\nWhat took longest:\n${lines.join('')}`)
  }
}

/** Loading, hooks and tests. */
function durationOf(module: TestModule): number {
  const { collectDuration, setupDuration, duration } = module.diagnostic()
  return collectDuration + setupDuration + duration
}
