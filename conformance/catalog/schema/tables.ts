import type { Session } from '../../engines/index.ts'
import { grants } from './sql.ts'

const LINES = `e'\\n'`

const COLUMNS = `(
  select string_agg(format('  %s %s%s%s', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
                           ' default ' || pg_get_expr(d.adbin, d.adrelid), case when a.attnotnull then ' not null' end),
                    ',' || ${LINES} order by a.attnum)
  from pg_catalog.pg_attribute as a
  left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)`

const CONSTRAINTS = `(
  select string_agg(format('  constraint %s %s', quote_ident(k.conname), pg_get_constraintdef(k.oid)),
                    ',' || ${LINES} order by k.contype = 'c', k.conname collate "C")
  from pg_catalog.pg_constraint as k
  where k.conrelid = c.oid and k.contype in ('c', 'p', 'u', 'x'))`

const COMMENTS = `(
  select string_agg(format('comment on column %s.%s is %L;', c.oid::regclass, quote_ident(a.attname), col_description(c.oid, a.attnum)),
                    ${LINES} order by a.attnum)
  from pg_catalog.pg_attribute as a
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)`

const INDEXES = `(
  select string_agg(pg_get_indexdef(i.indexrelid) || ';', ${LINES} order by i.indexrelid::regclass::text collate "C")
  from pg_catalog.pg_index as i
  where i.indrelid = c.oid
    and not exists (select from pg_catalog.pg_constraint as k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')))`

const TRIGGERS = `(
  select string_agg(
    concat_ws(${LINES},
      pg_get_triggerdef(t.oid) || ';',
      case when t.tgenabled <> 'O' then format('-- %s is not in its ordinary state: %s', t.tgname, t.tgenabled) end,
      format('comment on trigger %s on %s is %L;', quote_ident(t.tgname), c.oid::regclass, obj_description(t.oid, 'pg_trigger'))),
    ${LINES} order by t.tgname collate "C")
  from pg_catalog.pg_trigger as t
  where t.tgrelid = c.oid and not t.tgisinternal)`

const POLICIES = `(
  select string_agg(
    concat_ws(${LINES},
      format('create policy %s on %s%s for %s to %s%s%s;', quote_ident(p.polname), c.oid::regclass,
        case when not p.polpermissive then ' as restrictive' end,
        case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
        (select string_agg(case r when 0 then 'public' else quote_ident(pg_get_userbyid(r)) end, ', ' order by pg_get_userbyid(r))
         from unnest(p.polroles) as r),
        ${LINES} || '  using (' || pg_get_expr(p.polqual, c.oid) || ')',
        ${LINES} || '  with check (' || pg_get_expr(p.polwithcheck, c.oid) || ')'),
      format('comment on policy %s on %s is %L;', quote_ident(p.polname), c.oid::regclass, obj_description(p.oid, 'pg_policy'))),
    ${LINES} order by p.polname collate "C")
  from pg_catalog.pg_policy as p
  where p.polrelid = c.oid)`

/** Every table of the schema: columns, constraints, comments, indexes, triggers, policies, grants. */
export async function tableTexts(session: Session, schema: string): Promise<string[]> {
  const tables = await session.query(
    `select concat_ws(${LINES},
       format('create table %s (', c.oid::regclass),
       concat_ws(',' || ${LINES}, ${COLUMNS}, ${CONSTRAINTS}),
       ')' || coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '') || ';',
       format('comment on table %s is %L;', c.oid::regclass, obj_description(c.oid, 'pg_class')),
       ${COMMENTS}, ${INDEXES}, ${TRIGGERS},
       case when c.relrowsecurity then format('alter table %s enable row level security;', c.oid::regclass) end,
       case when c.relforcerowsecurity then format('alter table %s force row level security;', c.oid::regclass) end,
       ${POLICIES},
       ${grants('r', 'c.relacl', 'c.relowner', 'c.oid::regclass')}
     ) as text
     from pg_catalog.pg_class as c
     where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p')
     order by c.relname collate "C"`,
    [schema],
  )
  return tables.map(({ text }) => text ?? '')
}

/** Every foreign key, on its own: a table may refer to one that comes after it. */
export async function foreignKeyTexts(session: Session, schema: string): Promise<string[]> {
  const keys = await session.query(
    `select format('alter table %s add constraint %s %s;', conrelid::regclass, quote_ident(conname), pg_get_constraintdef(oid)) as text
     from pg_catalog.pg_constraint
     where connamespace = $1::regnamespace and contype = 'f'
     order by conname collate "C"`,
    [schema],
  )
  return keys.map(({ text }) => text ?? '')
}
