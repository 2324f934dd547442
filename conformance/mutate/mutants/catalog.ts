/** Faults of what the migrations have made, however they made it: from the catalog of a migrated database. */
import type { Migration, Row, Session } from '../../engines/index.ts'
import { idOf, type Kind, type Mutant } from '../mutant.ts'

/** A change of something in the catalog: a statement that a later migration could hold. */
export interface CatalogChange {
  readonly kind: Kind
  /** Such as `table app.users`. */
  readonly object: string
  /** The name that the migrations write it by. */
  readonly name: string
  /** What is there, where it has a text. */
  readonly before?: string
  /** What is then there, where it has a text. */
  readonly after?: string
  readonly script: string
}

/** The schemas that are the migrations' own: those of the platform and of PostgreSQL are not on trial. */
export const OWN = `not in ('pg_catalog', 'information_schema', 'extensions', 'auth', 'storage', 'vault', 'realtime', 'graphql', 'graphql_public', 'supabase_migrations', 'pgtap', 'net', 'cron') and nspname !~ '^pg_'`

/** Asks, and makes changes of the rows. */
export async function changesBy(
  session: Session,
  query: string,
  made: (row: Row) => readonly CatalogChange[],
): Promise<CatalogChange[]> {
  return (await session.query(query)).flatMap((row) => made(row))
}

/** The value of a column that is never null. */
export function textOf(row: Row, column: string): string {
  return row[column] ?? ''
}

/** A change as a mutant: a statement at the end of the last file. */
export function catalogMutant(migrations: readonly Migration[], change: CatalogChange): Mutant {
  const { kind, object, script, name } = change
  const { file, line } = placeOf(migrations, name)
  const last = migrations.at(-1) as Migration
  return {
    id: idOf(object, kind, change.before ?? '', script),
    kind,
    file,
    line,
    object,
    before: change.before ?? '',
    after: change.after ?? `${script};`,
    edit: { file: last.name, from: last.sql.length, to: last.sql.length, text: `\n${script};\n` },
    shortcut: { script },
  }
}

/** Where the migrations first write a name. */
function placeOf(migrations: readonly Migration[], name: string): { file: string; line: number } {
  const word = new RegExp(`\\b${name.replace(/[^\w]/g, '.')}\\b`)
  for (const { name: file, sql } of migrations) {
    const found = word.exec(sql)
    if (found) return { file, line: sql.slice(0, found.index).split('\n').length }
  }
  return { file: migrations.at(-1)?.name ?? '', line: 1 }
}
