/** The Supabase CLI's ledger of applied migrations, as it stands, and a file against what was applied of it. */
import { z } from 'zod'
import { type Session, splitStatements } from '../engines/index.ts'

/** A migration as the ledger has it. Statements are absent where an older CLI wrote it. */
export interface LedgerEntry {
  readonly version: string
  /** The version and the name, as a file's name without its ending. */
  readonly name: string
  readonly statements: readonly string[] | undefined
}

/** Where a file first says something else than what was applied. */
export interface Edit {
  /** The number of the statement, from 1. */
  readonly at: number
  readonly have: string
  readonly want: string
}

const texts = z.array(z.string())

/** What the ledger holds, in order; nothing where there is none. Needs usage of its schema, and select. */
export async function ledgerEntries(session: Session): Promise<LedgerEntry[] | undefined> {
  const columns = await session.query(
    `select a.attname as name from pg_catalog.pg_attribute as a
     where a.attrelid = to_regclass('supabase_migrations.schema_migrations') and a.attnum > 0 and not a.attisdropped`,
  )
  if (columns.length === 0) return undefined
  const has = (column: string) => columns.some(({ name }) => name === column)
  const rows = await session.query(
    `select version::text as version, ${has('name') ? 'name' : 'null'} as name,
            ${has('statements') ? 'array_to_json(statements)::text' : 'null'} as statements
     from supabase_migrations.schema_migrations order by 1`,
  )
  return rows.map(({ version, name, statements }) => ({
    version: version ?? '',
    name: [version, name].filter(Boolean).join('_'),
    statements: statements ? texts.parse(JSON.parse(statements)) : undefined,
  }))
}

/** Where `sql` differs from what an entry says was applied; nothing where it does not, or where the entry does not say. */
export function editSince({ statements }: LedgerEntry, sql: string): Edit | undefined {
  if (!statements || statements.length === 0) return undefined
  const ran = splitStatements(statements.join(';\n'))
  const says = splitStatements(sql)
  const at = [...(says.length > ran.length ? says : ran).keys()].find((i) => says[i] !== ran[i])
  if (at === undefined) return undefined
  return { at: at + 1, have: differing(ran[at], says[at]), want: differing(says[at], ran[at]) }
}

/** The first line of a statement that the other has not. */
function differing(text: string | undefined, other: string | undefined): string {
  if (text === undefined) return 'no such statement'
  const others = other?.split('\n') ?? []
  return (text.split('\n').find((line, i) => line !== others[i]) ?? text.split('\n')[0] ?? '').trim()
}
