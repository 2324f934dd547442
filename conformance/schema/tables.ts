import type { Row, Session } from '../engines/index.ts'
import { grantsOn } from './grants.ts'
import { literal } from './sql.ts'

/** Every table of the schema: columns, constraints, indexes, triggers, policies, comments, grants. */
export async function tableTexts(session: Session, schema: string): Promise<string[]> {
  const tables = await session.query(
    `select oid, oid::regclass::text as name, obj_description(oid, 'pg_class') as comment, relacl as acl,
            relrowsecurity as protected, relforcerowsecurity as forced
     from pg_catalog.pg_class
     where relnamespace = $1::regnamespace and relkind in ('r', 'p')
     order by relname collate "C"`,
    [schema],
  )
  const texts: string[] = []
  for (const table of tables) texts.push(await tableText(session, table))
  return texts
}

/** Every foreign key, on its own: a table may refer to one that comes after it. */
export async function foreignKeyTexts(session: Session, schema: string): Promise<string[]> {
  const keys = await session.query(
    `select conrelid::regclass::text as "table", conname as name, pg_get_constraintdef(oid) as definition
     from pg_catalog.pg_constraint
     where connamespace = $1::regnamespace and contype = 'f'
     order by conname collate "C"`,
    [schema],
  )
  return keys.map(
    ({ table, name, definition }) => `alter table ${table} add constraint ${name} ${definition};`,
  )
}

async function tableText(
  session: Session,
  { oid, name, comment, acl, protected: on, forced }: Row,
): Promise<string> {
  const columns = await session.query(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
            pg_get_expr(d.adbin, d.adrelid) as "default", col_description(a.attrelid, a.attnum) as comment
     from pg_catalog.pg_attribute as a
     left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped
     order by a.attnum`,
    [oid],
  )
  const constraints = await session.query(
    `select conname as name, pg_get_constraintdef(oid) as definition
     from pg_catalog.pg_constraint
     where conrelid = $1 and contype in ('c', 'p', 'u', 'x')
     order by contype = 'c', conname collate "C"`,
    [oid],
  )
  const body = [
    ...columns.map(
      (c) =>
        `  ${c['name']} ${c['type']}${c['default'] ? ` default ${c['default']}` : ''}${c['required'] === 't' ? ' not null' : ''}`,
    ),
    ...constraints.map((c) => `  constraint ${c['name']} ${c['definition']}`),
  ]
  return [
    `create table ${name} (\n${body.join(',\n')}\n);`,
    `comment on table ${name} is ${literal(comment)};`,
    ...columns.map((c) => `comment on column ${name}.${c['name']} is ${literal(c['comment'])};`),
    ...(await indexTexts(session, oid)),
    ...(await triggerTexts(session, oid)),
    ...(on === 't' ? [`alter table ${name} enable row level security;`] : []),
    ...(forced === 't' ? [`alter table ${name} force row level security;`] : []),
    ...(await policyTexts(session, oid)),
    ...(await grantsOn(session, 'table', name ?? '', acl ?? null)),
  ].join('\n')
}

async function indexTexts(session: Session, table: string | null | undefined): Promise<string[]> {
  const rows = await session.query(
    `select pg_get_indexdef(i.indexrelid) as definition
     from pg_catalog.pg_index as i join pg_catalog.pg_class as c on c.oid = i.indexrelid
     where i.indrelid = $1 and not exists (select from pg_catalog.pg_constraint where conindid = i.indexrelid and contype in ('p', 'u', 'x'))
     order by c.relname collate "C"`,
    [table],
  )
  return rows.map(({ definition }) => `${definition};`)
}

async function triggerTexts(session: Session, table: string | null | undefined): Promise<string[]> {
  const rows = await session.query(
    `select pg_get_triggerdef(oid) as definition, tgenabled as state, tgname as name, tgrelid::regclass::text as "table",
            obj_description(oid, 'pg_trigger') as comment
     from pg_catalog.pg_trigger where tgrelid = $1 and not tgisinternal order by tgname collate "C"`,
    [table],
  )
  return rows.flatMap((t) => [
    `${t['definition']};${t['state'] === 'O' ? '' : ` -- not in its ordinary state: ${t['state']}`}`,
    `comment on trigger ${t['name']} on ${t['table']} is ${literal(t['comment'])};`,
  ])
}

async function policyTexts(session: Session, table: string | null | undefined): Promise<string[]> {
  const rows = await session.query(
    `select p.polname as name, p.polrelid::regclass::text as "table", p.polpermissive as permissive,
            case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end as command,
            (select string_agg(case r when 0 then 'public' else r::regrole::text end, ', ' order by r::regrole::text) from unnest(p.polroles) as r) as roles,
            pg_get_expr(p.polqual, p.polrelid) as using, pg_get_expr(p.polwithcheck, p.polrelid) as "check",
            obj_description(p.oid, 'pg_policy') as comment
     from pg_catalog.pg_policy as p where p.polrelid = $1 order by p.polname collate "C"`,
    [table],
  )
  return rows.flatMap((p) => [
    [
      `create policy ${p['name']} on ${p['table']}${p['permissive'] === 't' ? '' : ' as restrictive'} for ${p['command']} to ${p['roles']}`,
      ...(p['using'] ? [`\n  using (${p['using']})`] : []),
      ...(p['check'] ? [`\n  with check (${p['check']})`] : []),
      ';',
    ].join(''),
    `comment on policy ${p['name']} on ${p['table']} is ${literal(p['comment'])};`,
  ])
}
