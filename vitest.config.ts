import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { type EngineKind, engines } from './conformance/engines/index.ts'
import {
  dependentsOf,
  EndOfRun,
  EVERYTHING,
  filesLeftOut,
  HOUSE,
  hasFiles,
  READ_BY_SPECS,
  requestAround,
  scopeOf,
  WITHOUT_ENGINE,
} from './conformance/results/index.ts'
import { RunReporter } from './scripts/run-reporter.ts'

const SPECS = 'conformance/specs/'
/** Against what hangs, not against what is slow: the machine may be busy, or an engine about to start. */
const PATIENCE_MS = 300_000
const withoutEngine = WITHOUT_ENGINE.map((folder) => `${SPECS}${folder}/**/*.spec.ts`)
const request = requestAround(process.env)
const scope = request ? scopeOf(request) : EVERYTHING
const provide = {
  keep: request?.keep ?? false,
  depth: request?.depth ?? 'short',
  named: request?.named ?? false,
}
const leftOut = (engine?: EngineKind) => filesLeftOut(scope, engine).map((file) => SPECS + file)
const started = engines.filter((engine) => scope.projects.includes(engine.name) && hasFiles(scope, engine))

/**
 * Vitest keeps a module that it has prepared under a hash of all files that this one imports, half a megabyte hashed anew for each
 * module, though none of them changes how it is prepared. Who watches is told when they change.
 */
const keptForItself: Plugin = {
  name: 'kept-for-itself',
  configResolved({ server, configFileDependencies }) {
    if (server.watch === null) configFileDependencies.length = 0
  },
}

/** One project per engine, and one for the specs that need none. Setting one up takes time: only those that run. */
export default defineConfig({
  plugins: [keptForItself],
  test: {
    reporters: request
      ? [...(request.verbose ? ['default'] : []), new RunReporter(request)]
      : ['default', new EndOfRun()],
    diff: { expand: false, contextLines: 2 },
    maxWorkers: 2,
    watchTriggerPatterns: [
      {
        pattern: READ_BY_SPECS,
        testsToRun: (path) => dependentsOf(path, scope).map((file) => SPECS + file),
      },
    ],
    experimental: { fsModuleCache: true },
    projects: [
      ...started.map((engine) => ({
        test: {
          name: engine.name,
          include: [`${SPECS}**/*.spec.ts`],
          exclude: [...withoutEngine, ...leftOut(engine)],
          globalSetup: ['conformance/harness/global-setup.ts'],
          provide,
          // Specs of one worker share its databases: each test leaves them as it found them.
          isolate: false,
          testTimeout: PATIENCE_MS,
          hookTimeout: PATIENCE_MS,
        },
      })),
      ...(hasFiles(scope) ? [HOUSE] : []).map((name) => ({
        test: {
          name,
          include: withoutEngine,
          exclude: leftOut(),
          provide,
          // Loading the rooms anew for each file would take longer than most of them.
          isolate: false,
          testTimeout: PATIENCE_MS,
          hookTimeout: PATIENCE_MS,
        },
      })),
    ],
  },
})
