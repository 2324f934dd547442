import { embedded } from './embedded/embedded.ts'
import type { EngineKind } from './engine.ts'
import { pglite } from './pglite/pglite.ts'

export type {
  Capability,
  Database,
  Engine,
  EngineKind,
  Notice,
  OpenOptions,
  Regime,
  Row,
  RunningEngine,
  Session,
  StartOptions,
} from './engine.ts'
export { SqlError, Unavailable } from './engine.ts'
export { type Migration, migrations } from './product.ts'
export { connectRemote } from './remote.ts'
export { splitStatements } from './statements.ts'

/** Every engine there is. Supabase runs Postgres 17. */
export const engines: readonly EngineKind[] = [pglite, embedded(15), embedded(16), embedded(17), embedded(18)]

/** The engine of that name. Throws an error that lists the known names when there is none. */
export function engineNamed(name: string): EngineKind {
  const found = engines.find((engine) => engine.name === name)
  if (found) return found
  throw new RangeError(
    `Unknown engine "${name}". Known engines: ${engines.map((engine) => engine.name).join(', ')}.`,
  )
}
