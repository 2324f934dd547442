import type { TestProject } from 'vitest/node'
import { engineNamed, type Lacks } from '../engines/index.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The started engine of this project: see {@link EngineKind.join}. */
    engine: { name: string; lacks: Lacks; ticket: string }
    /** Whether the database of a test that fails is kept. */
    keep: boolean | undefined
    /** Whether there is time for what engines defer. */
    thorough: boolean | undefined
  }
}

/** Starts the engine that a project is named after, once for all its specs; the answer ends it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const kind = engineNamed(project.name)
  const engine = await kind.start()
  const { name, lacks, ticket } = engine
  const deferred = project.getProvidedContext().thorough ? {} : kind.defers
  project.provide('engine', { name, lacks: { ...lacks, ...deferred }, ticket })
  return () => engine.stop()
}
