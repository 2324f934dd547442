/** What has to be known of a table to make rows for it. */
import type { Session } from '../../engines/index.ts'

/** A column that rows may have to be given. */
export interface ShapedColumn {
  /** Quoted where needed. */
  readonly name: string
  /** As format_type has it, of the domain's base where it is one: `character varying(3)`. */
  readonly type: string
  /** Without length or precision: `character varying`. */
  readonly bare: string
  /** The first label of an enumeration. */
  readonly label: string | null
  readonly isArray: boolean
  readonly isRequired: boolean
  readonly defaultText: string | null
  readonly isIdentity: boolean
  readonly isGenerated: boolean
  /** Whether a unique index has it in its key. */
  readonly isKey: boolean
}

/** A foreign key. */
export interface Reference {
  readonly columns: readonly string[]
  readonly target: string
  readonly targetColumns: readonly string[]
}

/** A check of the table or of a column’s domain, by its name. */
export interface Check {
  readonly name: string
  readonly definition: string
  readonly columns: readonly string[]
}

/** A table. */
export interface Shape {
  readonly columns: readonly ShapedColumn[]
  readonly references: readonly Reference[]
  readonly checks: readonly Check[]
}

const SHAPE = `
  select
    (select json_agg(json_build_object(
       'name', quote_ident(a.attname), 'type', format_type(b.oid, case when t.typtype = 'd' then t.typtypmod else a.atttypmod end),
       'bare', format_type(b.oid, null), 'isArray', b.typcategory = 'A',
       'label', (select e.enumlabel from pg_enum as e where e.enumtypid = b.oid order by e.enumsortorder limit 1),
       'isRequired', a.attnotnull or t.typnotnull, 'defaultText', pg_get_expr(d.adbin, d.adrelid),
       'isIdentity', a.attidentity <> '', 'isGenerated', a.attgenerated <> '',
       'isKey', exists (select from pg_index as i where i.indrelid = a.attrelid and i.indisunique and a.attnum = any (i.indkey)))
       order by a.attnum)
     from pg_attribute as a join pg_type as t on t.oid = a.atttypid
     join pg_type as b on b.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
     left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
    (select json_agg(json_build_object(
       'columns', (select json_agg(quote_ident(a.attname) order by k.i) from unnest(o.conkey) with ordinality as k (n, i)
                   join pg_attribute as a on a.attrelid = o.conrelid and a.attnum = k.n),
       'target', (select format('%I.%I', n.nspname, r.relname) from pg_class as r join pg_namespace as n on n.oid = r.relnamespace
                  where r.oid = o.confrelid),
       'targetColumns', (select json_agg(quote_ident(a.attname) order by k.i) from unnest(o.confkey) with ordinality as k (n, i)
                         join pg_attribute as a on a.attrelid = o.confrelid and a.attnum = k.n))
       order by cardinality(o.conkey) desc, o.conname)
     from pg_constraint as o where o.conrelid = c.oid and o.contype = 'f' and o.conparentid = 0) as references,
    (select json_agg(json_build_object('name', o.conname, 'definition', pg_get_constraintdef(o.oid),
       'columns', (select coalesce(json_agg(quote_ident(a.attname)), '[]') from pg_attribute as a where a.attrelid = c.oid
                   and (o.conrelid = c.oid and a.attnum = any (o.conkey) or a.atttypid = o.contypid and a.attnum > 0))))
     from pg_constraint as o where o.contype = 'c' and (o.conrelid = c.oid
       or o.contypid in (select a.atttypid from pg_attribute as a where a.attrelid = c.oid and a.attnum > 0))) as checks
  from pg_class as c where c.oid = to_regclass($1)`

/** Reads it. `undefined` where there is no such table. */
export async function shapeOf(session: Session, table: string): Promise<Shape | undefined> {
  const [row] = await session.query(SHAPE, [table])
  if (!row) return undefined
  const list = <T>(column: string) => JSON.parse(row[column] ?? '[]') as readonly T[]
  return { columns: list('columns'), references: list('references'), checks: list('checks') }
}
