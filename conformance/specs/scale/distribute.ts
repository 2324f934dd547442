import { readFileSync } from 'node:fs'
import type { Session } from '../../engines/index.ts'
import { fixture } from '../../harness/index.ts'
import type { Rule } from '../../rules/index.ts'

/** supabase/scale/citus.sql. */
export const CITUS_SQL = readFileSync(new URL('../../../supabase/scale/citus.sql', import.meta.url), 'utf8')

/** Runs citus.sql with stand-ins for what it calls of Citus. They are found for the rest of the transaction. */
export async function distribute(session: Session): Promise<void> {
  await session.run(fixture('citus-stub'))
  await session.query('set local search_path = public, citus_stub')
  await session.run(CITUS_SQL)
}

/** The rules that are broken, with what breaks them. */
export async function brokenRules(
  session: Session,
  some: readonly Rule[],
): Promise<Record<string, readonly unknown[]>> {
  const broken: Record<string, readonly unknown[]> = {}
  for (const rule of some) {
    const rows = await session.query(rule.query)
    if (rows.length > 0) broken[rule.name] = rows.map(({ object }) => object).sort()
  }
  return broken
}
