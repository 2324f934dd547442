import { container } from './container/container.ts'
import { embedded } from './embedded/embedded.ts'
import type { EngineKind } from './engine.ts'
import { pglite } from './pglite/pglite.ts'
import { remote } from './remote/remote.ts'
import { requiredAmong } from './required.ts'

export { cached } from './cache.ts'
export type {
  Answer,
  Capability,
  Column,
  Database,
  Engine,
  EngineKind,
  ErrorFields,
  Lacks,
  Notice,
  OpenOptions,
  Reason,
  Regime,
  Row,
  RunningEngine,
  Session,
  StartOptions,
} from './engine.ts'
export { SqlError, Unavailable } from './engine.ts'
export { type Migration, migrations, migrationsFolder, PLANTED_FOLDER, versionOf } from './product.ts'
export { connectRemote, type RemoteOptions } from './remote/connect-remote.ts'
export { whyNoConnection } from './remote/mistakes.ts'
export type { Tool } from './required.ts'
export { cliPush } from './server/cli-push.ts'
export { Planting, type PlantingSource } from './server/planting.ts'
export { type SqlToken, sqlTokenAt } from './sql-token.ts'
export { Nesting, splitStatements } from './statements.ts'
export { supabaseCli } from './supabase-cli.ts'
export { asText } from './value.ts'

/**
 * Every engine there is. Supabase runs Postgres 17, which is therefore tried in every way: in projects of either age,
 * with the migrations applied by the Supabase CLI and text sorted as Supabase sorts it, and through a transaction-mode
 * pooler.
 */
export const engines: readonly EngineKind[] = [
  pglite,
  embedded(15),
  embedded(16),
  embedded(17),
  embedded(17, { suffix: 'open', mode: { regime: 'open' } }),
  embedded(17, { suffix: 'cli', mode: { appliedBy: 'cli' }, locale: 'supabase' }),
  embedded(17, { suffix: 'pooler', pooled: true }),
  embedded(18),
  container,
  remote,
]

/** The engines and programs that `CONFORMANCE_REQUIRE` demands. Throws when it names what is neither. */
export const required = () => requiredAmong(engines)

/** The engine of that name. Throws an error that lists the known names when there is none. */
export function engineNamed(name: string): EngineKind {
  const found = engines.find((engine) => engine.name === name)
  if (found) return found
  throw new RangeError(
    `Unknown engine "${name}". Known engines: ${engines.map((engine) => engine.name).join(', ')}.`,
  )
}
