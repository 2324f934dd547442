import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const ENGINE = 'CONFORMANCE_MUTATE_ENGINE'

/** A worker that stays: it has one file, whose runner runs the specs again and again. See `runner.ts`. */
export default defineConfig({
  test: {
    name: 'embedded-17',
    root: fileURLToPath(new URL('../../../', import.meta.url)),
    include: ['conformance/mutate/warm/waiting.ts'],
    runner: 'conformance/mutate/warm/runner.ts',
    reporters: [],
    isolate: false,
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    experimental: { fsModuleCache: true },
    provide: { engine: JSON.parse(process.env[ENGINE] ?? '{}'), keep: false, depth: 'thorough' },
  },
})
