/** What a watched replay has to know of the target: which files it has, and how many rows its tables hold. */
import type { Session } from '../../engines/index.ts'
import { ledgerEntries } from '../../verify/index.ts'
import type { MigrationsFolder } from '../folder.ts'
import type { Watching } from '../observe/step.ts'
import { PLATFORM_SCHEMAS, SYSTEM } from './claims.ts'

/**
 * The names of the files that the ledger has, the numbers of rows as the planner knows them, and, where the ledger is empty, the
 * names of the tables and views that are there.
 */
export async function stateOf(
  session: Session,
  folder: MigrationsFolder,
): Promise<Required<Pick<Watching, 'applied' | 'rows' | 'there'>>> {
  const versions = new Set((await ledgerEntries(session))?.map(({ version }) => version))
  const counts = await session.query(
    `select format('%I.%I', n.nspname, c.relname) as name, c.reltuples::bigint::text as rows
     from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and c.reltuples >= 0 and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`,
  )
  const known = new Map(counts.map(({ name, rows: count }) => [name ?? '', Number(count)]))
  return {
    applied: new Set(folder.files.filter(({ version }) => versions.has(version)).map(({ name }) => name)),
    rows: (table) => known.get(table),
    there: versions.size > 0 ? new Set() : await relationsAt(session),
  }
}

async function relationsAt(session: Session): Promise<Set<string>> {
  const rows = await session.query(
    `select format('%I.%I', n.nspname, c.relname) as name
     from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm') and not ${SYSTEM} and n.nspname <> all ($1)`,
    [PLATFORM_SCHEMAS],
  )
  return new Set(rows.map(({ name }) => name ?? ''))
}
