import { engineNamed, type RunningEngine, required, type StartOptions } from '../engines/index.ts'

/** What Supabase runs. */
const REFERENCE = 'embedded-17'

/**
 * Starts a PostgreSQL of the version that Supabase runs, with settings of its own, for a spec that is run once and not for
 * each engine. Whoever starts it stops it.
 */
export function referenceServer(options: StartOptions = {}): Promise<RunningEngine> {
  return engineNamed(REFERENCE).start(options)
}

/** The same behind a transaction-mode pooler; `skip` gets the reason where there is none on this machine. */
export async function pooledServer(
  options: StartOptions,
  skip: (note: string) => never,
): Promise<RunningEngine> {
  const kind = engineNamed(`${REFERENCE}-pooler`)
  const why = await kind.whyNot?.()
  if (why === undefined) return kind.start(options)
  if (required().includes(kind.name)) throw new Error(`CONFORMANCE_REQUIRE demands ${kind.name}, but ${why}.`)
  return skip(`not run: ${why}`)
}

/** Starts the engine that needs nothing, for a spec to which any will do. Whoever starts it stops it. */
export function smallestServer(): Promise<RunningEngine> {
  return engineNamed('pglite').start()
}
