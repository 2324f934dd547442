import type { TestProject } from 'vitest/node'
import { engineNamed, type Lacks } from '../engines/index.ts'
import { type Depth, deferredOn } from './deferred.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The started engine of this project: see {@link EngineKind.join}. */
    engine: { name: string; lacks: Lacks; ticket: string }
    /** Whether the database of a test that fails is kept. */
    keep: boolean | undefined
    /** How much time there is: for what engines defer, and for what they leave to another. */
    depth: Depth | undefined
    /** Whether specs or titles were named. */
    named: boolean | undefined
  }
}

/** Starts the engine that a project is named after, once for all its specs; the answer ends it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const kind = engineNamed(project.name)
  const engine = await kind.start().catch(withoutStack)
  const { name, lacks, ticket } = engine
  const { depth = 'short', named = false } = project.getProvidedContext()
  project.provide('engine', { name, lacks: { ...deferredOn(kind, { depth, named }), ...lacks }, ticket })
  return () => engine.stop()
}

/**
 * Why an engine does not start is in the message. Vitest would map the stack to the sources, for which it needs the text of
 * modules that it has only kept (`fsModuleCache`), and print its own failure instead.
 */
function withoutStack(error: unknown): never {
  if (error instanceof Error) error.stack = `${error.name}: ${error.message}`
  throw error
}
