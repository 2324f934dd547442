import { defineConfig } from 'vitest/config'
import { engines } from './conformance/engines/index.ts'
import { MatrixReporter, SummaryLine } from './conformance/results/index.ts'

/** Specs of this checkout and of reports: they are the same whatever the database. */
const WITHOUT_ENGINE = ['conformance/specs/{house,report}/**/*.spec.ts']

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
          exclude: WITHOUT_ENGINE,
          globalSetup: ['conformance/harness/global-setup.ts'],
          // Specs of one worker share its databases: each test leaves them as it found them.
          isolate: false,
          // Against what hangs, not against what is slow: the first test of a worker also waits for its engine.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      })),
      { test: { name: 'house', include: WITHOUT_ENGINE, testTimeout: 30_000 } },
    ],
  },
})
