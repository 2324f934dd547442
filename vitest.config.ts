import { defineConfig } from 'vitest/config'
import { engines } from './conformance/engines/index.ts'
import { MatrixReporter, SummaryLine } from './conformance/results/index.ts'

/** One project per engine, and one for the specs that need none. */
export default defineConfig({
  test: {
    reporters: ['default', new MatrixReporter(), new SummaryLine()],
    maxWorkers: 2,
    projects: [
      ...engines.map(({ name }) => ({
        test: {
          name,
          include: ['conformance/specs/**/*.spec.ts'],
          exclude: ['conformance/specs/house/**'],
          globalSetup: ['conformance/harness/global-setup.ts'],
          // Specs of one worker share its databases: each test leaves them as it found them.
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      })),
      { test: { name: 'house', include: ['conformance/specs/house/**/*.spec.ts'], testTimeout: 30_000 } },
    ],
  },
})
