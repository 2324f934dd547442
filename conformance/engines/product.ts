/** The product and the world it is put into, as text. Engines run it; they know nothing else of it. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Regime } from './engine.ts'

/** The folder of the migrations. */
export const migrationsFolder = fileURLToPath(new URL('../../supabase/migrations/', import.meta.url))

/** The variable by which mutation testing names a folder with a planted fault, to be on trial instead. */
export const PLANTED_FOLDER = 'CONFORMANCE_PLANTED_FOLDER'

/** The folder that is on trial, with a slash at its end. */
function folderOnTrial(): string {
  return process.env[PLANTED_FOLDER] ?? migrationsFolder
}

/** A migration file: its name without the folder, and what it says. */
export interface Migration {
  readonly name: string
  readonly sql: string
}

/** The names of the migrations, in the order in which the Supabase CLI applies them. Throws when there are none. */
function migrationNames(): string[] {
  const folder = folderOnTrial()
  const names = readdirSync(folder).filter((name) => /^\d{14}_\w+\.sql$/.test(name))
  if (names.length === 0) throw new Error(`No migrations in ${folder}: expected <yyyymmddhhmmss>_<noun>.sql.`)
  return names.sort()
}

/** Every migration, in the order in which the Supabase CLI applies them. */
export function migrations(): Migration[] {
  const folder = folderOnTrial()
  return migrationNames().map((name) => ({ name, sql: readFileSync(`${folder}${name}`, 'utf8') }))
}

/** The version of a migration, as the Supabase CLI's ledger has it: the time in its name. */
export function versionOf({ name }: Migration): string {
  return name.slice(0, 14)
}

const platformFile = fileURLToPath(new URL('../../fixtures/platform.sql', import.meta.url))

/** Says whether any file of the product or its platform has been changed, ten times faster than reading them. */
export function productStamp(): string {
  const files = [platformFile, ...migrationNames().map((name) => `${folderOnTrial()}${name}`)]
  return files
    .map((file) => {
      const { mtimeMs, size } = statSync(file)
      return `${file} ${mtimeMs} ${size}`
    })
    .join('\n')
}

/**
 * What Supabase provides before the first migration, for the superuser `supabase_admin` to run in a new database.
 * Running it again, in another database of the same server, is safe.
 */
export function platformScript(regime: Regime): string {
  const platform = readFileSync(platformFile, 'utf8')
  return `set platform.default_privileges = '${regime}';\n${platform}`
}
