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

const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url))
const platformFile = `${fixtures}platform.sql`

/** Says whether any file of the product or its platform has been changed, ten times faster than reading them. */
export function productStamp(): string {
  const files = [
    platformFile,
    ...wholePlatformFiles(),
    ...migrationNames().map((name) => `${folderOnTrial()}${name}`),
  ]
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

/** The files of what the platform provides beside that, in their order. */
function wholePlatformFiles(): string[] {
  const within = (folder: string) =>
    readdirSync(`${fixtures}${folder}`)
      .filter((name) => name.endsWith('.sql'))
      .sort()
      .map((name) => `${fixtures}${folder}/${name}`)
  return [...within('platform'), `${fixtures}platform-as-superuser.sql`, ...within('extensions')]
}

/** What the platform's superuser does for `postgres`: see the schema `pg_platform`. */
export function asSuperuserScript(): string {
  return readFileSync(`${fixtures}platform-as-superuser.sql`, 'utf8')
}

/**
 * All that Supabase provides beside {@link platformScript}, for the superuser, after it: the other schemas and roles, and the
 * extensions that servers from npm lack, to be created when they are asked for.
 */
export function wholePlatformScript(): string {
  return [
    ...wholePlatformFiles()
      .filter((file) => !file.startsWith(`${fixtures}extensions/`))
      .map((file) => readFileSync(file, 'utf8')),
    ...extensions().map(extensionEntry),
  ].join('\n')
}

/** An extension of ours, as its file says in the first line. */
export interface OwnExtension {
  readonly name: string
  readonly version: string
  /** `works`: it does what the extension does. `stand-in`: it has its names, and raises an error where it would have to do it. */
  readonly kind: 'works' | 'stand-in'
  /** The schema it goes to, whatever is asked for. */
  readonly schema: string | undefined
  readonly note: string
  readonly script: string
}

const HEAD =
  /^-- (?<name>\S+) (?<version>\S+), (?<kind>works|stand-in)(?: in (?<schema>[a-z_]+))?(?<note>.*)$/m

/** The extensions of fixtures/extensions. */
export function extensions(): OwnExtension[] {
  return wholePlatformFiles()
    .filter((file) => file.startsWith(`${fixtures}extensions/`))
    .flatMap((file) => {
      const script = readFileSync(file, 'utf8')
      const { name = '', version = '', kind, schema, note = '' } = HEAD.exec(script)?.groups ?? {}
      if (kind !== 'works' && kind !== 'stand-in')
        throw new Error(`${file} does not begin with "-- NAME VERSION, works|stand-in [in SCHEMA]: …".`)
      const also = /^-- Also: (\S+)$/m.exec(script)?.[1]
      const one = { version, kind, schema, note: note.replace(/^[:,]?\s*/, ''), script } as const
      return [name, ...(also ? [also] : [])].map((each) => ({ ...one, name: each }))
    })
}

/** The statement that makes an extension known to `pg_platform.create_extension`. */
export function extensionEntry({ name, version, schema, kind, note, script }: OwnExtension): string {
  const values = [name, version, schema, kind, note, script].map((value) =>
    value === undefined ? 'null' : `$entry$${value}$entry$`,
  )
  return `insert into pg_platform.extension_scripts values (${values.join(', ')}) on conflict do nothing;`
}
