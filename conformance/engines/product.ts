/** The product and the world it is put into, as text. Engines run it; they know nothing else of it. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Regime } from './engine.ts'

/** The folder of the migrations. */
export const migrationsFolder = fileURLToPath(new URL('../../supabase/migrations/', import.meta.url))

/** A migration file: its name without the folder, and what it says. */
export interface Migration {
  readonly name: string
  readonly sql: string
}

/** Every migration, in the order in which the Supabase CLI applies them. Throws when there are none. */
export function migrations(): Migration[] {
  const names = readdirSync(migrationsFolder).filter((name) => /^\d{14}_\w+\.sql$/.test(name))
  if (names.length === 0)
    throw new Error(`No migrations in ${migrationsFolder}: expected <yyyymmddhhmmss>_<noun>.sql.`)
  return names.sort().map((name) => ({ name, sql: readFileSync(`${migrationsFolder}${name}`, 'utf8') }))
}

/**
 * What Supabase provides before the first migration, for the superuser `supabase_admin` to run in a new database.
 * Running it again, in another database of the same server, is safe.
 */
export function platformScript(regime: Regime): string {
  const platform = readFileSync(new URL('../../fixtures/platform.sql', import.meta.url), 'utf8')
  return `set platform.default_privileges = '${regime}';\n${platform}`
}
