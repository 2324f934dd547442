/** A folder of migrations as it is: ours, or that of another project. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Statement, SyntaxRefused, statementsOf } from '../syntax/index.ts'

/** What the Supabase CLI takes for a migration; it passes over all else without an error. */
const ACCEPTED = /^(\d+)_(.*)\.sql$/

/** Whether the CLI takes a file of this name for a migration. */
export function isAccepted(name: string): boolean {
  return ACCEPTED.test(name)
}

/** One file of a folder that the CLI applies. */
export interface MigrationFile {
  /** Its name without the folder. */
  readonly name: string
  /** The digits that its name begins with: what the ledger has it under. */
  readonly version: string
  readonly bytes: Buffer
  readonly sql: string
  /** Its statements, in order. Empty where it is no SQL. */
  readonly statements: readonly Statement[]
  /** Why it could not be parsed, and where. */
  readonly refused?: { readonly message: string; readonly line: number }
}

/** What stands in a folder of migrations. */
export interface MigrationsFolder {
  readonly path: string
  /** In the order in which the CLI applies them. */
  readonly files: readonly MigrationFile[]
  /** Names of what else lies there, folders included. */
  readonly others: readonly string[]
}

/** Reads and parses a folder. Throws when there is none, or when it holds no migration. */
export async function readFolder(path: string): Promise<MigrationsFolder> {
  const { names, folders } = namesIn(path)
  const accepted = names.filter((name) => isAccepted(name) && !folders.has(name)).sort(byVersion)
  if (accepted.length === 0)
    throw new Error(`No migrations in ${path}: expected files <yyyymmddhhmmss>_<name>.sql.`)
  const files = await Promise.all(accepted.map((name) => readMigration(path, name)))
  return { path: resolve(path), files, others: names.filter((name) => !accepted.includes(name)) }
}

/** As the CLI sorts them: by the digits as text, then by name. */
function byVersion(a: string, b: string): number {
  const [left = '', right = ''] = [a, b].map((name) => ACCEPTED.exec(name)?.[1])
  return left === right ? compare(a, b) : compare(left, right)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

function namesIn(path: string): { names: string[]; folders: ReadonlySet<string> } {
  try {
    const entries = readdirSync(path, { withFileTypes: true })
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
    return { names: entries.map(({ name }) => name).sort(), folders: new Set(folders) }
  } catch {
    throw new Error(`There is no folder ${path}: name one with --migrations FOLDER.`)
  }
}

async function readMigration(folder: string, name: string): Promise<MigrationFile> {
  const bytes = readFileSync(join(folder, name))
  const sql = bytes.toString('utf8').replace(/^\uFEFF/, '')
  const file = { name, version: ACCEPTED.exec(name)?.[1] ?? '', bytes, sql }
  try {
    return { ...file, statements: await statementsOf(sql) }
  } catch (error) {
    if (!(error instanceof SyntaxRefused)) throw error
    return { ...file, statements: [], refused: { message: error.message, line: error.line } }
  }
}
