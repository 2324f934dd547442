import { defineConfig } from 'vitest/config'
import { engines } from './conformance/engines/index.ts'
import { EndOfRun, LONG, WITHOUT_ENGINE } from './conformance/results/index.ts'

const withoutEngine = WITHOUT_ENGINE.map((folder) => `conformance/specs/${folder}/**/*.spec.ts`)
const long = process.env['CONFORMANCE_SHORT'] ? [`**/*${LONG}`] : []

/** One project per engine, and one for the specs that need none. */
export default defineConfig({
  test: {
    reporters: ['default', new EndOfRun()],
    diff: { expand: false, contextLines: 2 },
    maxWorkers: 2,
    projects: [
      ...engines.map(({ name }) => ({
        test: {
          name,
          include: ['conformance/specs/**/*.spec.ts'],
          exclude: [...withoutEngine, ...long],
          globalSetup: ['conformance/harness/global-setup.ts'],
          // Specs of one worker share its databases: each test leaves them as it found them.
          isolate: false,
          // Against what hangs, not against what is slow: the first test of a worker also waits for its engine.
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      })),
      { test: { name: 'house', include: withoutEngine, exclude: long, testTimeout: 30_000 } },
    ],
  },
})
