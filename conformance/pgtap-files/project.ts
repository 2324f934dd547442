/** A project of the Supabase CLI, as its supabase/config.toml describes it. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { z } from 'zod'
import { matchingFiles } from './matching-files.ts'

const Config = z.looseObject({
  db: z
    .looseObject({
      major_version: z.int().default(17),
      migrations: z
        .looseObject({ enabled: z.boolean().default(true), schema_paths: z.array(z.string()).default([]) })
        .prefault({}),
      seed: z
        .looseObject({
          enabled: z.boolean().default(true),
          sql_paths: z.array(z.string()).default(['./seed.sql']),
        })
        .prefault({}),
    })
    .prefault({}),
})

/** What of a project a run of its tests needs. Paths are from its folder. */
export interface Project {
  readonly folder: string
  /** The major version of Postgres that it asks for. */
  readonly major: number
  /** Scripts to run before the tests, in their order. */
  readonly scripts: readonly ProjectScript[]
  /** Where its tests are. */
  readonly tests: string
  /** The day of its first migration, `yyyymmdd`; nothing without one. */
  readonly since: string | undefined
  /** The extensions that its scripts create. */
  readonly extensions: ReadonlySet<string>
}

/** A script of a project. A migration has a version, by which the CLI knows it. */
export interface ProjectScript {
  readonly path: string
  readonly kind: 'roles' | 'migration' | 'schema' | 'seed'
  readonly version?: string
}

const MIGRATION = /^(\d+)_.*\.sql$/

/** Reads a project. Throws with one sentence when the folder holds none, or its configuration cannot be read. */
export function readProject(folder: string): Project {
  const supabase = join(folder, 'supabase')
  if (!statSync(supabase, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`${folder} is no project of Supabase: expected a folder supabase in it.`)
  const { db } = readConfig(join(supabase, 'config.toml'))
  const { enabled, schema_paths: schemaPaths } = db.migrations
  const migrations = enabled ? migrationsIn(supabase) : []
  const schemas = migrations.length > 0 ? [] : matchingFiles(supabase, schemaPaths)
  const found: ProjectScript[] = [
    ...matchingFiles(supabase, ['./roles.sql']).map((path) => ({ path, kind: 'roles' as const })),
    ...migrations,
    ...schemas.map((path) => ({ path, kind: 'schema' as const })),
    ...(db.seed.enabled ? matchingFiles(supabase, db.seed.sql_paths) : []).map((path) => ({
      path,
      kind: 'seed' as const,
    })),
  ]
  const scripts = found.map((script) => ({ ...script, path: relative(folder, script.path) }))
  return {
    folder,
    major: db.major_version,
    scripts,
    tests: 'supabase/tests',
    since: migrations[0]?.version?.slice(0, 8),
    extensions: extensionsIn(scripts.map(({ path }) => join(folder, path))),
  }
}

function readConfig(file: string): z.infer<typeof Config> {
  // A project from before there was a configuration, or one that was never initialised.
  if (!existsSync(file)) return Config.parse({})
  try {
    return Config.parse(parse(readFileSync(file, 'utf8')))
  } catch (error) {
    if (error instanceof TomlError) throw new Error(`${file}: ${error.message.split('\n')[0]}`)
    if (error instanceof z.ZodError)
      throw new Error(
        `${file}: ${error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`,
      )
    throw error
  }
}

function migrationsIn(supabase: string): ProjectScript[] {
  const folder = join(supabase, 'migrations')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const version = MIGRATION.exec(name)?.[1]
      return version === undefined ? [] : [{ path: join(folder, name), kind: 'migration' as const, version }]
    })
}

function extensionsIn(files: readonly string[]): ReadonlySet<string> {
  const created = /create\s+extension\s+(?:if\s+not\s+exists\s+)?"?([\w-]+)"?/gi
  return new Set(
    files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(created)].map(([, name = '']) => name.toLowerCase()),
    ),
  )
}

/** The name of a migration without its version, as the CLI's ledger has it. */
export function migrationName(path: string): string {
  return basename(path, '.sql').replace(/^\d+_/, '')
}
