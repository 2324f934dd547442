/** What a database holds, as far as a migration can take it away or open it: read from the catalog, system schemas aside. */
import type { Row, Session } from '../../engines/index.ts'

/** A table, view or index. */
export interface Relation {
  readonly oid: string
  /** With its schema, quoted where needed. */
  readonly name: string
  /** Of pg_class: `r` table, `p` partitioned, `v` view, `m` materialized view, `i` index. */
  readonly kind: string
  /** Where its rows are: another number after it was written anew. */
  readonly filenode: string
  readonly hasRowSecurity: boolean
  /** A view that reads with the rights of whoever asks. */
  readonly isInvoker: boolean
  /** The table of an index. */
  readonly of: string
}

/** A column of a table or view. */
export interface Column {
  readonly relation: string
  readonly name: string
  readonly type: string
  readonly isRequired: boolean
  /** Whether it gets a value when none is given. */
  readonly hasDefault: boolean
}

/** A function or procedure. */
export interface Routine {
  /** `schema.name(types)`. */
  readonly signature: string
  /** What a caller by name depends on: names of arguments, and what comes back. */
  readonly interface: string
  readonly isDefiner: boolean
  /** Whether only a trigger can call it. */
  readonly isTrigger: boolean
  readonly pinsSearchPath: boolean
}

/** A policy. */
export interface Policy {
  /** `name on table`. */
  readonly name: string
  readonly table: string
  readonly command: string
  readonly roles: readonly string[]
  readonly isPermissive: boolean
  readonly using: string
  readonly check: string
}

/** Something that rows have to keep: a constraint or a unique index. */
export interface Rule {
  /** `name on table`. */
  readonly name: string
  readonly table: string
  /** Of pg_constraint: `c` check, `f` foreign key, `u` unique, `p` primary key, `x` exclusion. */
  readonly kind: string
  readonly definition: string
  readonly isValidated: boolean
  /** The columns, quoted, of the key; of a foreign key, those that refer. */
  readonly columns: readonly string[]
  /** The condition of a check. */
  readonly condition: string
  /** What a foreign key refers to, and by which columns. */
  readonly target: string
  readonly targetColumns: readonly string[]
}

/** See the file. */
export interface Snapshot {
  readonly relations: readonly Relation[]
  readonly columns: readonly Column[]
  readonly routines: readonly Routine[]
  readonly policies: readonly Policy[]
  readonly rules: readonly Rule[]
  /** The labels of each enumeration, by its name as columns have it. */
  readonly enums: ReadonlyMap<string, readonly string[]>
  /** What each role may do, a sentence each: `anon may select on public.todos`. */
  readonly access: ReadonlySet<string>
}

const OWN = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`
/** The roles that requests come in as. */
const ROLES = `'{anon,authenticated,service_role,public}'::text[]`

const RELATIONS = `
  select c.oid, format('%I.%I', n.nspname, c.relname) as name, c.relkind as kind,
         coalesce(pg_relation_filenode(c.oid), 0) as filenode, c.relrowsecurity as secured,
         exists (select from pg_options_to_table(c.reloptions) as o
                 where o.option_name = 'security_invoker' and o.option_value ~* '^(tr?|true?|ye?|yes|on|1)$') as invoker,
         coalesce((select i.indrelid from pg_index as i where i.indexrelid = c.oid), 0) as of
  from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
  where ${OWN} and c.relkind in ('r', 'p', 'v', 'm', 'i', 'I', 'f')`

const COLUMNS = `
  select format('%I.%I', n.nspname, c.relname) as relation, a.attname as name,
         format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
         a.atthasdef or a.attidentity <> '' as defaulted
  from pg_attribute as a join pg_class as c on c.oid = a.attrelid join pg_namespace as n on n.oid = c.relnamespace
  where ${OWN} and c.relkind in ('r', 'p', 'v', 'm') and a.attnum > 0 and not a.attisdropped`

const ROUTINES = `
  select format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as full_signature,
         format('%I.%I(%s)', n.nspname, p.proname,
                (select string_agg(format_type(t, null), ', ' order by i) from unnest(p.proargtypes) with ordinality as x (t, i)))
           as signature,
         concat_ws(' ', array_to_string(p.proargnames, ','), '->', pg_get_function_result(p.oid)) as interface,
         p.prosecdef as definer, p.prorettype in ('trigger'::regtype, 'event_trigger'::regtype) as for_triggers,
         exists (select from unnest(p.proconfig) as s where s like 'search_path=%') as pinned
  from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
  where ${OWN}
    and not exists (select from pg_depend as d where d.objid = p.oid and d.classid = 'pg_proc'::regclass and d.deptype = 'e')`

const POLICIES = `
  select format('%I on %I.%I', p.policyname, p.schemaname, p.tablename) as name,
         format('%I.%I', p.schemaname, p.tablename) as table, p.cmd as command, p.roles::text as roles,
         p.permissive = 'PERMISSIVE' as permissive, coalesce(p.qual, '') as using, coalesce(p.with_check, '') as check
  from pg_policies as p`

const RULES = `
  select format('%I on %I.%I', o.conname, n.nspname, c.relname) as name, format('%I.%I', n.nspname, c.relname) as table,
         o.contype as kind, pg_get_constraintdef(o.oid) as definition, o.convalidated as validated,
         (select json_agg(quote_ident(a.attname) order by k.i)
          from unnest(o.conkey) with ordinality as k (n, i) join pg_attribute as a on a.attrelid = o.conrelid and a.attnum = k.n)
           as columns,
         coalesce(pg_get_expr(o.conbin, o.conrelid), '') as condition,
         coalesce((select format('%I.%I', fn.nspname, f.relname) from pg_class as f join pg_namespace as fn on fn.oid = f.relnamespace
                   where f.oid = o.confrelid), '') as target,
         (select json_agg(quote_ident(a.attname) order by k.i)
          from unnest(o.confkey) with ordinality as k (n, i) join pg_attribute as a on a.attrelid = o.confrelid and a.attnum = k.n)
           as target_columns
  from pg_constraint as o join pg_class as c on c.oid = o.conrelid join pg_namespace as n on n.oid = c.relnamespace
  where ${OWN} and o.contype in ('c', 'f', 'u', 'p') and o.conparentid = 0
  union all
  select format('%I on %I.%I', x.relname, n.nspname, c.relname), format('%I.%I', n.nspname, c.relname), 'u',
         pg_get_indexdef(x.oid), i.indisvalid,
         (select json_agg(pg_get_indexdef(x.oid, k, true) order by k) from generate_series(1, i.indnkeyatts) as k),
         coalesce(pg_get_expr(i.indpred, i.indrelid), ''), '', null
  from pg_index as i join pg_class as x on x.oid = i.indexrelid join pg_class as c on c.oid = i.indrelid
  join pg_namespace as n on n.oid = c.relnamespace
  where ${OWN} and i.indisunique and not exists (select from pg_constraint as o where o.conindid = x.oid)`

const ENUMS = `
  select format_type(e.enumtypid, null) as name, json_agg(e.enumlabel order by e.enumsortorder) as labels
  from pg_enum as e group by e.enumtypid`

const ACCESS = `
  with grants (what, grantee, privilege) as (
    select format('on %I.%I', n.nspname, c.relname), acl.grantee, acl.privilege_type
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace,
         aclexplode(coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))) as acl
    where ${OWN} and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    union all
    select format('on column %I.%I.%I', n.nspname, c.relname, a.attname), acl.grantee, acl.privilege_type
    from pg_attribute as a join pg_class as c on c.oid = a.attrelid join pg_namespace as n on n.oid = c.relnamespace,
         aclexplode(a.attacl) as acl
    where ${OWN}
    union all
    select format('%I.%I(%s)', n.nspname, p.proname, (select string_agg(format_type(t, null), ', ' order by i)
           from unnest(p.proargtypes) with ordinality as x (t, i))), acl.grantee, acl.privilege_type
    from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace,
         aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as acl
    where ${OWN}
    union all
    select format('schema %I', n.nspname), acl.grantee, acl.privilege_type
    from pg_namespace as n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) as acl where ${OWN}
    union all
    select format('later %s of %I%s', case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences'
             when 'f' then 'functions' when 'T' then 'types' when 'n' then 'schemas' else 'objects' end,
             pg_get_userbyid(d.defaclrole),
             case when d.defaclnamespace = 0 then '' else format(' in schema %I', (select nspname from pg_namespace as m where m.oid = d.defaclnamespace)) end),
           acl.grantee, acl.privilege_type
    from pg_default_acl as d, aclexplode(d.defaclacl) as acl
  )
  select distinct format('%s may %s %s', role, lower(privilege), what) as sentence
  from grants, lateral (select case grantee when 0 then 'public' else pg_get_userbyid(grantee)::text end) as r (role)
  where role = any(${ROLES})
  union
  select format('%I %s', r.rolname, attribute)
  from pg_roles as r, lateral (values
    (case when r.rolsuper then 'is a superuser' end), (case when r.rolbypassrls then 'bypasses row level security' end),
    (case when r.rolcreaterole then 'may create roles' end)) as a (attribute)
  where attribute is not null and r.rolname !~ '^pg_'
  union
  select format('%I is a member of %I', m.member::regrole, m.roleid::regrole)
  from pg_auth_members as m where m.member::regrole::text !~ '^pg_' and m.member <> 10`

/**
 * Reads it, in a transaction of its own. Needs no right but to read the catalog. Names in expressions have their schema, so
 * that they mean the same in any session.
 */
export async function snapshotOf(session: Session): Promise<Snapshot> {
  await session.query('begin')
  try {
    await session.query(`set local search_path = ''`)
    return await read(session)
  } finally {
    await session.query('rollback')
  }
}

/** The same of what a transaction that is under way has made so far, which goes on as if nothing had been read. */
export async function snapshotWithin(session: Session): Promise<Snapshot> {
  await session.query('savepoint looked')
  try {
    await session.query(`set local search_path = ''`)
    return await read(session)
  } finally {
    await session.query('rollback to savepoint looked')
    await session.query('release savepoint looked')
  }
}

async function read(session: Session): Promise<Snapshot> {
  const ask = <T>(query: string, make: (row: Reader) => T) =>
    session.query(query).then((rows) => rows.map((row) => make(readerOf(row))))
  return {
    relations: await ask(RELATIONS, ({ text, is }) => ({
      oid: text('oid'),
      name: text('name'),
      kind: text('kind'),
      filenode: text('filenode'),
      hasRowSecurity: is('secured'),
      isInvoker: is('invoker'),
      of: text('of'),
    })),
    columns: await ask(COLUMNS, ({ text, is }) => ({
      relation: text('relation'),
      name: text('name'),
      type: text('type'),
      isRequired: is('required'),
      hasDefault: is('defaulted'),
    })),
    routines: await ask(ROUTINES, ({ text, is }) => ({
      signature: text('signature'),
      interface: text('interface'),
      isDefiner: is('definer'),
      isTrigger: is('for_triggers'),
      pinsSearchPath: is('pinned'),
    })),
    policies: await ask(POLICIES, ({ text, is }) => ({
      name: text('name'),
      table: text('table'),
      command: text('command'),
      roles: text('roles').replace(/[{}]/g, '').split(','),
      isPermissive: is('permissive'),
      using: text('using'),
      check: text('check'),
    })),
    rules: await ask(RULES, ({ text, is, list }) => ({
      name: text('name'),
      table: text('table'),
      kind: text('kind'),
      definition: text('definition'),
      isValidated: is('validated'),
      columns: list('columns'),
      condition: text('condition'),
      target: text('target'),
      targetColumns: list('target_columns'),
    })),
    enums: new Map(await ask(ENUMS, ({ text, list }) => [text('name'), list('labels')] as const)),
    access: new Set((await session.query(ACCESS)).map((row) => row['sentence'] ?? '')),
  }
}

interface Reader {
  text(column: string): string
  is(column: string): boolean
  list(column: string): string[]
}

function readerOf(row: Row): Reader {
  return {
    text: (column) => row[column] ?? '',
    is: (column) => row[column] === 't',
    list: (column) => JSON.parse(row[column] ?? '[]') as string[],
  }
}
