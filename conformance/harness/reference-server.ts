import { engineNamed, type RunningEngine, type StartOptions } from '../engines/index.ts'

/** What Supabase runs. */
const REFERENCE = 'embedded-17'

/**
 * Starts a PostgreSQL of the version that Supabase runs, with settings of its own, for a spec that is run once and not for
 * each engine. Whoever starts it stops it.
 */
export function referenceServer(options: StartOptions = {}): Promise<RunningEngine> {
  return engineNamed(REFERENCE).start(options)
}
