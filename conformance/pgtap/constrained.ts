/** Constraints of a kind, and the columns that they are on: what claims on keys, uniqueness and checks have in common. */
import type { Session } from '../engines/index.ts'
import { nameOf, shown } from './name.ts'
import { isNamed } from './named.ts'
import { listOf } from './parts.ts'
import { rowsOfRelation } from './relation.ts'
import { type Verdict, verdict } from './verdict.ts'

/** As `contype` has them: primary key, unique, foreign key, check. */
export type ConstraintType = 'p' | 'u' | 'f' | 'c'

/** Joins the constraints, `k`, to `pg_class as c`. */
export const CONSTRAINTS = 'join pg_catalog.pg_constraint as k on k.conrelid = c.oid'

/** The names of a relation's columns by their numbers, in that order: an array, in SQL. */
export function namesOf(relation: string, numbers: string): string {
  return `array(select a.attname from unnest(${numbers}) with ordinality as u (attnum, place)
            join pg_catalog.pg_attribute as a on a.attrelid = ${relation} and a.attnum = u.attnum order by u.place)`
}

/** An array of names as a list of identifiers, in SQL. */
export function listOfNames(names: string): string {
  return `(select string_agg(pg_catalog.quote_ident(l.name), ', ' order by l.place)
           from unnest(${names}) with ordinality as l (name, place))`
}

/** The claims that a table has a constraint of a type, and that it has none. `what` it is, with its article. */
export function constraintExistence(type: ConstraintType, what: string) {
  const exists = async (session: Session, table: string) =>
    (await rowsOfRelation(session, table, { join: `${CONSTRAINTS} and k.contype = '${type}'` })).length > 0
  return {
    has: async (
      session: Session,
      table: string,
      description = `Table ${shown(table)} should have ${what}`,
    ): Promise<Verdict> => verdict(await exists(session, table), description),
    hasnt: async (
      session: Session,
      table: string,
      description = `Table ${shown(table)} should not have ${what}`,
    ): Promise<Verdict> => verdict(!(await exists(session, table)), description),
  }
}

/** The columns of each constraint of a type, and the wanted ones, as the server prints arrays. */
export async function constrainedColumns(
  session: Session,
  table: string,
  type: ConstraintType,
  columns: string | readonly string[],
): Promise<{ have: readonly string[]; want: string }> {
  const { schema, name } = nameOf(table)
  const rows = await session.query(
    `select k.columns::text as have, $3::name[]::text as want
     from (select ${namesOf('c.oid', 'k.conkey')} as columns
           from pg_catalog.pg_class as c
           ${CONSTRAINTS}
           where ${isNamed('pg_class', 'c')} and k.contype = '${type}') as k
     right join (select) as always on true
     order by k.columns`,
    [schema, name, listOf(columns)],
  )
  return {
    have: rows.flatMap(({ have }) => (typeof have === 'string' ? [have] : [])),
    want: rows[0]?.['want'] ?? '',
  }
}
