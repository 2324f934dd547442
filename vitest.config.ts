import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import {
  dependentsOf,
  HOUSE,
  keptIn,
  Messenger,
  READ_BY_SPECS,
  type RunMessage,
  requestAround,
  WITHOUT_ENGINE,
} from './conformance/runner/index.ts'
import { cleanOutput } from './scripts/clean-output.ts'
import { untilInterrupted } from './scripts/until-interrupted.ts'

// This file is bundled and loaded at each start of Vitest: what it imports is what everybody waits for.

const SPECS = 'conformance/specs/'
/** Against what hangs, not against what is slow: the machine may be busy, or an engine about to start. */
const PATIENCE_MS = 300_000
// Whoever asks has a channel to this process. The variable alone may have been left by a run that this one is part of.
const asked = process.send && requestAround(process.env)
const { request, tell } = asked ? { request: asked, tell: tellWhoAsked } : await whatIsRunUnasked()

/** It takes all rooms: they are loaded beside the bundle, and only here. */
async function whatIsRunUnasked(): Promise<typeof import('./scripts/unasked.ts')> {
  const { tsImport } = await import('tsx/esm/api')
  return tsImport('./scripts/unasked.ts', import.meta.url)
}

/** The run does not end while somebody looks at the databases of failed tests. */
async function tellWhoAsked(message: RunMessage): Promise<void> {
  await new Promise((resolve) => process.send?.(message, resolve))
  if (message.kind === 'ended' && keptIn(message.files).some(({ what }) => 'url' in what))
    await untilInterrupted()
}

/**
 * Vitest keeps a module that it has prepared under a hash of all files that this one imports, hashed anew for each module, though
 * none of them changes how it is prepared. Who watches is told when they change.
 */
const keptForItself: Plugin = {
  name: 'kept-for-itself',
  configResolved({ server, configFileDependencies }) {
    if (server.watch === null) configFileDependencies.length = 0
  },
}

const withoutEngine = WITHOUT_ENGINE.map((folder) => `${SPECS}${folder}/**/*.spec.ts`)
const { depth, named, keep, files, projects, verbose } = request
cleanOutput()

/** One project per engine, and one for the specs that need none. Setting one up takes time: only those that run. */
export default defineConfig({
  plugins: [keptForItself],
  test: {
    reporters: [...(verbose ? ['default'] : []), new Messenger(tell)],
    diff: { expand: false, contextLines: 2 },
    maxWorkers: 2,
    watchTriggerPatterns: [
      {
        pattern: READ_BY_SPECS,
        testsToRun: (path) => dependentsOf(path, files).map((file) => SPECS + file),
      },
    ],
    experimental: { fsModuleCache: true },
    projects: projects.map(({ name, leftOut }) => {
      const left = leftOut.map((file) => SPECS + file)
      return {
        test: {
          name,
          ...(name === HOUSE
            ? { include: withoutEngine, exclude: left }
            : {
                include: [`${SPECS}**/*.spec.ts`],
                exclude: [...withoutEngine, ...left],
                globalSetup: ['conformance/harness/global-setup.ts'],
              }),
          provide: { depth, named, keep },
          // Specs of one worker share its databases, and its rooms: each test leaves them as it found them.
          isolate: false,
          testTimeout: PATIENCE_MS,
          hookTimeout: PATIENCE_MS,
        },
      }
    }),
  },
})
