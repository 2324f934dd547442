import type { TestProject } from 'vitest/node'
import { engineNamed, type Lacks } from '../engines/index.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The started engine of this project: see {@link EngineKind.join}. */
    engine: { name: string; lacks: Lacks; ticket: string }
    /** Whether the database of a test that fails is kept. */
    keep: boolean | undefined
  }
}

/** Starts the engine that a project is named after, once for all its specs; the answer ends it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const engine = await engineNamed(project.name).start()
  const { name, lacks, ticket } = engine
  project.provide('engine', { name, lacks, ticket })
  return () => engine.stop()
}
