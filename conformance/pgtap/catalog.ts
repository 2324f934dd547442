/** Claims on the catalog: what exists in a schema, and what a table consists of. Names are `schema.name`. */
import type { Session } from '../engines/index.ts'
import { same, sameItems, type Verdict } from './verdict.ts'

/** The schema holds exactly these tables. */
export async function tablesAre(
  session: Session,
  schema: string,
  tables: readonly string[],
): Promise<Verdict> {
  return sameItems(
    `schema ${schema} has the right tables`,
    await relations(session, schema, ['r', 'p']),
    tables,
  )
}

/** The schema holds exactly these views. */
export async function viewsAre(session: Session, schema: string, views: readonly string[]): Promise<Verdict> {
  return sameItems(`schema ${schema} has the right views`, await relations(session, schema, ['v']), views)
}

/** The schema holds exactly these functions, each as `name(types of the arguments)`. */
export async function functionsAre(
  session: Session,
  schema: string,
  functions: readonly string[],
): Promise<Verdict> {
  const rows = await session.query(
    `select p.proname || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')' as name
     from pg_catalog.pg_proc as p where p.pronamespace = $1::regnamespace`,
    [schema],
  )
  return sameItems(`schema ${schema} has the right functions`, names(rows), functions)
}

/** The relation has exactly these columns, in any order. */
export async function columnsAre(
  session: Session,
  relation: string,
  columns: readonly string[],
): Promise<Verdict> {
  const rows = await session.query(
    `select attname as name from pg_catalog.pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
    [relation],
  )
  return sameItems(`${relation} has the right columns`, names(rows), columns)
}

/** The column is of this type, modifiers included, such as `numeric(20,12)`. */
export async function colTypeIs(
  session: Session,
  relation: string,
  column: string,
  type: string,
): Promise<Verdict> {
  const [row] = await session.query(
    `select format_type(atttypid, atttypmod) as type from pg_catalog.pg_attribute
     where attrelid = $1::regclass and attname = $2 and not attisdropped`,
    [relation, column],
  )
  return same(`${relation}.${column} is of type ${type}`, row?.['type'] ?? 'no such column', type)
}

/** The table's primary key is made of these columns, in this order. */
export async function colIsPk(session: Session, table: string, columns: readonly string[]): Promise<Verdict> {
  const [row] = await session.query(
    `select string_agg(a.attname, ', ' order by k.position) as columns
     from pg_catalog.pg_constraint as c
     cross join unnest(c.conkey) with ordinality as k (attnum, position)
     join pg_catalog.pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.attnum
     where c.conrelid = $1::regclass and c.contype = 'p'`,
    [table],
  )
  return same(`${table} has the right primary key`, row?.['columns'] ?? 'no primary key', columns.join(', '))
}

/** The table has exactly these policies. */
export async function policiesAre(
  session: Session,
  table: string,
  policies: readonly string[],
): Promise<Verdict> {
  const rows = await session.query(
    `select polname as name from pg_catalog.pg_policy where polrelid = $1::regclass`,
    [table],
  )
  return sameItems(`${table} has the right policies`, names(rows), policies)
}

async function relations(session: Session, schema: string, kinds: readonly string[]): Promise<string[]> {
  const rows = await session.query(
    `select relname as name from pg_catalog.pg_class
     where relnamespace = $1::regnamespace and relkind = any($2::"char"[])`,
    [schema, kinds],
  )
  return names(rows)
}

function names(rows: readonly Record<string, string | null>[]): string[] {
  return rows.map(({ name }) => name ?? '')
}
