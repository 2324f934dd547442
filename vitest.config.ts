import { defineConfig } from 'vitest/config'
import { type EngineKind, engines } from './conformance/engines/index.ts'
import {
  dependentsOf,
  filesFor,
  HOUSE,
  MatrixReporter,
  READ_BY_SPECS,
  SummaryLine,
  scopeAround,
  WITHOUT_ENGINE,
  whyLeftOut,
} from './conformance/results/index.ts'

const SPECS = 'conformance/specs/'
/** Against what hangs, not against what is slow: the machine may be busy, or an engine about to start. */
const PATIENCE_MS = 300_000
const withoutEngine = WITHOUT_ENGINE.map((folder) => `${SPECS}${folder}/**/*.spec.ts`)
const scope = scopeAround(process.env)
const leftOut = (engine?: EngineKind) =>
  filesFor(engine?.name)
    .filter((file) => whyLeftOut(file, scope, engine) !== undefined)
    .map((file) => SPECS + file)

/** One project per engine, and one for the specs that need none. Setting one up takes time: only those that run. */
export default defineConfig({
  test: {
    reporters: ['default', new MatrixReporter(), new SummaryLine()],
    maxWorkers: 2,
    watchTriggerPatterns: [
      {
        pattern: READ_BY_SPECS,
        testsToRun: (path) => dependentsOf(path, scope).map((file) => SPECS + file),
      },
    ],
    experimental: { fsModuleCache: true },
    projects: [
      ...engines.map((engine) => ({
        test: {
          name: engine.name,
          include: [`${SPECS}**/*.spec.ts`],
          exclude: [...withoutEngine, ...leftOut(engine)],
          globalSetup: ['conformance/harness/global-setup.ts'],
          // Specs of one worker share its databases: each test leaves them as it found them.
          isolate: false,
          testTimeout: PATIENCE_MS,
          hookTimeout: 120_000,
        },
      })),
      {
        test: {
          name: HOUSE,
          include: withoutEngine,
          exclude: leftOut(),
          testTimeout: PATIENCE_MS,
          hookTimeout: PATIENCE_MS,
        },
      },
    ].filter(({ test: { name } }) => scope.projects.includes(name)),
  },
})
