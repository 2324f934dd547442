/** All things of a kind in a schema, for claims that a thing made later does not escape. */
import type { Row, Session } from '../engines/index.ts'
import { quoted } from './name.ts'
import { type Verdict, verdict } from './verdict.ts'

/**
 * The things, a row each; undefined when there is no such schema. `things` is a query on the schema, `n`, which gives each a
 * `name`. `values` are $2 and the following.
 */
export async function thingsOf(
  session: Session,
  schema: string,
  things: string,
  values: readonly unknown[] = [],
): Promise<Row[] | undefined> {
  const rows = await session.query(
    `select x.* from pg_catalog.pg_namespace as n left join lateral (${things}) as x on true where n.nspname = $1`,
    [schema, ...values],
  )
  return rows.length === 0 ? undefined : rows.filter(({ name }) => name !== null)
}

/** The verdict when there is no such schema. */
export function noSuchSchema(schema: string, description: string): Verdict {
  return verdict(false, description, `    Schema ${quoted(schema)} does not exist`)
}
