/** What a session may read and call, found out once before the checks. */

import type { DatedFact } from '../../catalog/index.ts'
import type { Session } from '../../engines/index.ts'

/** What a check can rely on. */
export interface ReadableObjects {
  /** The last migration that is there. */
  readonly version: string
  /** What the migrations of this checkout add up to, after each of them. */
  readonly history: readonly DatedFact[]
  /** Whether the schema is as that migration left it: if not, a query that fails has been explained already. */
  readonly schemaHolds: boolean
  /** Tables that have names of the product's and are somebody else's. */
  readonly foreign: readonly string[]
  readonly tables: ReadonlyMap<string, { readonly readable: boolean; readonly hidden: boolean }>
  readonly functions: ReadonlyMap<string, { readonly executable: boolean; readonly harmless: boolean }>
  readonly role: string
}

/** Finds out what the session may read and call. */
export async function readableObjects(
  session: Session,
  about: Pick<ReadableObjects, 'version' | 'history' | 'schemaHolds' | 'foreign'>,
): Promise<ReadableObjects> {
  const tables = await session.query(
    `select c.relname as name, has_table_privilege(c.oid, 'select') as readable,
            row_security_active(c.oid) and not coalesce(p.shows_all, false) as hidden
     from pg_catalog.pg_class as c
     left join lateral (
       select bool_and(polpermissive) and bool_or(
                pg_get_expr(polqual, polrelid) = 'true'
                and exists (select from unnest(polroles) as role where role = 0 or pg_has_role(role, 'usage'))
              ) as shows_all
       from pg_catalog.pg_policy where polrelid = c.oid and polcmd in ('r', '*')
     ) as p on true
     where c.relnamespace = to_regnamespace('copilot_internal') and c.relkind in ('r', 'p')`,
  )
  const functions = await session.query(
    `select p.proname as name, bool_and(has_function_privilege(p.oid, 'execute')) as executable,
            bool_and(p.provolatile <> 'v' and not p.prosecdef) as harmless
     from pg_catalog.pg_proc as p where p.pronamespace = to_regnamespace('copilot_internal') group by p.proname`,
  )
  const [me] = await session.query('select current_user as role')
  return {
    ...about,
    role: me?.['role'] ?? '',
    tables: new Map(
      tables.map(({ name, readable, hidden }) => [
        name ?? '',
        { readable: readable === 't', hidden: hidden === 't' },
      ]),
    ),
    functions: new Map(
      functions.map(({ name, executable, harmless }) => [
        name ?? '',
        { executable: executable === 't', harmless: harmless === 't' },
      ]),
    ),
  }
}
