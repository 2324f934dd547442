/**
 * What a fingerprint is made of: one query per kind of fact. Each answers rows of `object`, `fact` and `value`; $1 is the
 * schema. Every value is printed the same by PGlite and by PostgreSQL 15 to 18, and in words that a reader of a report
 * understands.
 *
 * A fact is named `aspect`, when it is one of the object itself, or `part: aspect`, when it is one of something that
 * belongs to the object: a column, a policy, a trigger. `definition` says that the object or the part is there at all.
 */

/** The roles whose attributes, memberships and privileges are facts. */
const ROLES = `'{postgres,anon,authenticated,service_role,authenticator}'::name[]`

/** Roles whose effective privileges are facts: those that are not the owner, and everybody. */
const GRANTEES = `unnest('{public,anon,authenticated,service_role,authenticator}'::text[])`

const SCHEMA = `
  select 'schema ' || n.nspname as object, f.fact, f.value
  from pg_catalog.pg_namespace as n
  cross join lateral (values ('definition', 'schema'), ('owner', n.nspowner::regrole::text)) as f (fact, value)
  where n.nspname = $1`

const RELATIONS = `
  select 'relation ' || c.relname, f.fact, f.value
  from pg_catalog.pg_class as c
  cross join lateral (values
    ('definition', concat_ws(' ', case c.relpersistence when 'u' then 'unlogged' end,
                             case c.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view'
                               when 'm' then 'materialized view' when 'S' then 'sequence' when 'f' then 'foreign table' end)),
    ('owner', c.relowner::regrole::text),
    ('row level security', case when c.relkind in ('r', 'p') then
                             case when c.relrowsecurity then 'on' else 'off' end
                             || case when c.relforcerowsecurity then ', for the owner too' else '' end end),
    ('options', (select string_agg(o, ', ' order by o) from unnest(c.reloptions) as o)),
    ('inherits from', (select string_agg(i.inhparent::regclass::text, ', ' order by i.inhparent::regclass::text)
                       from pg_catalog.pg_inherits as i where i.inhrelid = c.oid)),
    ('is inherited by', (select string_agg(i.inhrelid::regclass::text, ', ' order by i.inhrelid::regclass::text)
                         from pg_catalog.pg_inherits as i where i.inhparent = c.oid))
  ) as f (fact, value)
  where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and f.value is not null`

const COLUMNS = `
  select 'relation ' || c.relname, 'column ' || a.attname || ': definition',
         concat_ws(' ', format_type(a.atttypid, a.atttypmod),
                   case when a.attnotnull then 'not null' end, 'default ' || pg_get_expr(d.adbin, d.adrelid),
                   case a.attidentity when 'a' then 'identity always' when 'd' then 'identity' end,
                   case when a.attgenerated <> '' then 'generated' end,
                   'collation ' || nullif(nullif(a.attcollation, 100), 0)::regcollation)
  from pg_catalog.pg_class as c
  join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_catalog.pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
  union all
  select 'relation ' || c.relname, 'order of columns', string_agg(a.attname, ', ' order by a.attnum)
  from pg_catalog.pg_class as c
  join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
  group by c.relname`

const CONSTRAINTS = `
  select 'relation ' || k.conrelid::regclass::text, 'constraint ' || k.conname || ': definition', pg_get_constraintdef(k.oid)
  from pg_catalog.pg_constraint as k
  where k.connamespace = $1::regnamespace and k.contype <> 'n' and k.conrelid <> 0`

const INDEXES = `
  select 'relation ' || t.relname, 'index ' || i.relname || ': definition',
         concat_ws(' ', pg_get_indexdef(x.indexrelid), case when not x.indisvalid then 'INVALID' end)
  from pg_catalog.pg_index as x
  join pg_catalog.pg_class as i on i.oid = x.indexrelid
  join pg_catalog.pg_class as t on t.oid = x.indrelid
  where t.relnamespace = $1::regnamespace`

// PostgreSQL 15 puts the table's name before every column, later majors only where it is needed: the names of tables and of
// the lone subquery are taken away, other aliases stay.
const VIEWS = `
  select 'relation ' || c.relname, 'query',
         regexp_replace(pg_get_viewdef(c.oid), '\\m(totals|(llm|e2b)_(cost_records|usage_totals))\\.', '', 'g')
  from pg_catalog.pg_class as c
  where c.relnamespace = $1::regnamespace and c.relkind in ('v', 'm')`

const FUNCTIONS = `
  select 'function ' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')', f.fact, f.value
  from pg_catalog.pg_proc as p
  join pg_catalog.pg_language as l on l.oid = p.prolang
  cross join lateral (values
    ('definition', case p.prokind when 'f' then 'function' when 'p' then 'procedure' when 'a' then 'aggregate' else 'window function' end),
    ('signature', concat_ws(' ', pg_get_function_arguments(p.oid), 'returns', pg_get_function_result(p.oid))),
    ('language', concat_ws(' ', l.lanname, case when p.proleakproof then 'leakproof' end)),
    ('volatility', case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end),
    ('security', case when p.prosecdef then 'definer' else 'invoker' end),
    ('parallel', case p.proparallel when 's' then 'safe' when 'r' then 'restricted' else 'unsafe' end),
    ('NULL arguments', case when p.proisstrict then 'not called, answers NULL' else 'called' end),
    ('owner', p.proowner::regrole::text),
    ('settings', array_to_string(p.proconfig, ', ')),
    ('body', p.prosrc)
  ) as f (fact, value)
  where p.pronamespace = $1::regnamespace`

const TRIGGERS = `
  select 'relation ' || c.relname, 'trigger ' || t.tgname || ': ' || f.fact, f.value
  from pg_catalog.pg_trigger as t
  join pg_catalog.pg_class as c on c.oid = t.tgrelid
  cross join lateral (values
    ('definition', pg_get_triggerdef(t.oid)),
    ('state', case t.tgenabled when 'O' then 'enabled' when 'D' then 'disabled' when 'R' then 'on replicas only' else 'always' end)
  ) as f (fact, value)
  where c.relnamespace = $1::regnamespace and not t.tgisinternal
  union all
  select 'relation ' || c.relname, 'foreign keys and unique constraints', count(*) || ' of their triggers disabled'
  from pg_catalog.pg_trigger as t
  join pg_catalog.pg_class as c on c.oid = t.tgrelid
  where c.relnamespace = $1::regnamespace and t.tgisinternal and t.tgenabled <> 'O'
  group by c.relname`

const RULES = `
  select 'relation ' || c.relname, 'rule ' || r.rulename || ': definition', pg_get_ruledef(r.oid)
  from pg_catalog.pg_rewrite as r
  join pg_catalog.pg_class as c on c.oid = r.ev_class
  where c.relnamespace = $1::regnamespace and r.rulename <> '_RETURN'`

const POLICIES = `
  select 'relation ' || p.tablename, 'policy ' || p.policyname || ': ' || f.fact, f.value
  from pg_catalog.pg_policies as p
  cross join lateral (values
    ('definition', concat_ws(' ', lower(p.permissive), 'for', lower(p.cmd))),
    ('to', array_to_string(p.roles, ', ')),
    ('using', p.qual),
    ('with check', p.with_check)
  ) as f (fact, value)
  where p.schemaname = $1 and f.value is not null`

const TYPES = `
  select 'type ' || t.typname, 'definition',
         concat_ws(' ', case t.typtype when 'e' then 'enum' when 'd' then 'domain' when 'r' then 'range' else 'composite' end,
                   (select string_agg(e.enumlabel, ', ' order by e.enumsortorder) from pg_catalog.pg_enum as e where e.enumtypid = t.oid))
  from pg_catalog.pg_type as t
  left join pg_catalog.pg_class as c on c.oid = t.typrelid
  where t.typnamespace = $1::regnamespace and (t.typtype in ('e', 'd', 'r') or c.relkind = 'c')`

const COMMENTS = `
  select 'schema ' || $1, 'comment', obj_description($1::regnamespace, 'pg_namespace')
  union all
  select 'relation ' || c.relname, 'comment', obj_description(c.oid, 'pg_class')
  from pg_catalog.pg_class as c where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
  union all
  select 'relation ' || c.relname, 'column ' || a.attname || ': comment', col_description(c.oid, a.attnum)
  from pg_catalog.pg_class as c join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p')
  union all
  select 'function ' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')', 'comment', obj_description(p.oid, 'pg_proc')
  from pg_catalog.pg_proc as p where p.pronamespace = $1::regnamespace
  union all
  select 'relation ' || c.relname, 'policy ' || p.polname || ': comment', obj_description(p.oid, 'pg_policy')
  from pg_catalog.pg_policy as p join pg_catalog.pg_class as c on c.oid = p.polrelid where c.relnamespace = $1::regnamespace
  union all
  select 'relation ' || c.relname, 'trigger ' || t.tgname || ': comment', obj_description(t.oid, 'pg_trigger')
  from pg_catalog.pg_trigger as t join pg_catalog.pg_class as c on c.oid = t.tgrelid
  where c.relnamespace = $1::regnamespace and not t.tgisinternal`

const PRIVILEGES = `
  select 'schema ' || $1, 'privileges of ' || role, string_agg(p, ', ' order by p)
  from ${GRANTEES} as role
  cross join unnest('{CREATE,USAGE,CREATE WITH GRANT OPTION,USAGE WITH GRANT OPTION}'::text[]) as p
  where has_schema_privilege(role, $1, p)
  group by role
  union all
  select 'relation ' || c.relname, 'privileges of ' || role, string_agg(p, ', ' order by p)
  from ${GRANTEES} as role
  cross join pg_catalog.pg_class as c
  cross join unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER,SELECT WITH GRANT OPTION,INSERT WITH GRANT OPTION}'::text[]) as p
  where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f') and has_table_privilege(role, c.oid, p)
  group by c.relname, role
  union all
  select 'relation ' || c.relname, 'privileges of ' || role || ' on column ' || a.attname, string_agg(p, ', ' order by p)
  from ${GRANTEES} as role
  cross join pg_catalog.pg_class as c
  join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attacl is not null
  cross join unnest('{SELECT,INSERT,UPDATE,REFERENCES}'::text[]) as p
  where c.relnamespace = $1::regnamespace and has_column_privilege(role, c.oid, a.attnum, p)
  group by c.relname, a.attname, role
  union all
  select 'function ' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')', 'privileges of ' || role, 'EXECUTE'
  from ${GRANTEES} as role
  cross join pg_catalog.pg_proc as p
  where p.pronamespace = $1::regnamespace and has_function_privilege(role, p.oid, 'EXECUTE')`

const DEFAULT_PRIVILEGES = `
  select 'schema ' || $1,
         concat_ws(' ', 'default privileges on',
                   case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types'
                     when 'n' then 'schemas' else d.defaclobjtype::text end,
                   case when d.defaclnamespace = 0 then 'of every schema' end),
         (select string_agg(g.grantee || ' ' || g.privileges, '; ' order by g.grantee)
          from (
            select coalesce(r.rolname, 'public') as grantee, string_agg(a.privilege_type, ', ' order by a.privilege_type) as privileges
            from aclexplode(d.defaclacl) as a left join pg_catalog.pg_roles as r on r.oid = a.grantee
            group by 1
          ) as g)
  from pg_catalog.pg_default_acl as d
  join pg_catalog.pg_namespace as n on n.nspname = $1 and n.nspowner = d.defaclrole
  where d.defaclnamespace in (0, n.oid)`

/** Settings whose value is a fact. Of others only that they are set: a role's settings can hold secrets, such as a JWT key. */
const TOLD = `'^(copilot_internal\\..*|session_replication_role|row_security|search_path|statement_timeout|lock_timeout|idle_in_transaction_session_timeout)$'`

/** Settings that go past the product's triggers, whoever has them. */
const PAST_TRIGGERS = `'^(copilot_internal\\..*|session_replication_role)$'`

const ROLE_FACTS = `
  select 'role ' || r.rolname, f.fact, case when f.value then 'yes' else 'no' end
  from pg_catalog.pg_roles as r
  cross join lateral (values
    ('superuser', r.rolsuper), ('inherits', r.rolinherit), ('creates roles', r.rolcreaterole), ('creates databases', r.rolcreatedb),
    ('logs in', r.rolcanlogin), ('replicates', r.rolreplication), ('bypasses row level security', r.rolbypassrls)
  ) as f (fact, value)
  where r.rolname = any (${ROLES})
  union all
  select coalesce('role ' || r.rolname, 'database'),
         concat_ws(' ', 'setting', s.name, case when r.rolname is not null and d.setdatabase <> 0 then 'in this database' end),
         max(case when s.name ~ ${TOLD} then s.value else 'set' end)
  from pg_catalog.pg_db_role_setting as d
  left join pg_catalog.pg_roles as r on r.oid = d.setrole
  cross join unnest(d.setconfig) as c (setting)
  cross join lateral (select split_part(c.setting, '=', 1), substr(c.setting, strpos(c.setting, '=') + 1)) as s (name, value)
  where d.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
    and (r.rolname = any (${ROLES}) or s.name ~ ${PAST_TRIGGERS})
  group by 1, 2
  union all
  select 'role ' || m.rolname, 'member of ' || r.rolname, case when bool_or(a.admin_option) then 'yes, may grant it' else 'yes' end
  from pg_catalog.pg_auth_members as a
  join pg_catalog.pg_roles as m on m.oid = a.member
  join pg_catalog.pg_roles as r on r.oid = a.roleid
  where m.rolname = any (${ROLES}) and r.rolname = any (${ROLES})
  group by m.rolname, r.rolname`

const EXTENSIONS = `
  select 'extension ' || e.extname, f.fact, f.value
  from pg_catalog.pg_extension as e
  cross join lateral (values ('definition', 'extension'), ('schema', e.extnamespace::regnamespace::text)) as f (fact, value)
  where e.extname = 'btree_gist'`

/** The kinds of facts about the schema. */
export const CATALOG_QUERIES: readonly string[] = [
  SCHEMA,
  RELATIONS,
  COLUMNS,
  CONSTRAINTS,
  INDEXES,
  VIEWS,
  FUNCTIONS,
  TRIGGERS,
  RULES,
  POLICIES,
  TYPES,
  COMMENTS,
  PRIVILEGES,
  DEFAULT_PRIVILEGES,
]

/** The kinds of facts around the schema, without a parameter. */
export const SURROUNDING_QUERIES: readonly string[] = [ROLE_FACTS, EXTENSIONS]

/** Prices, as facts: what usage will be charged. Apart from the catalog, because prices change in the life of a database. */
export const PRICE_QUERIES: Readonly<Record<string, string>> = {
  model_pricing: `select 'price ' || provider || ' ' || model as object, 'from ' || to_char(effective_date at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as fact,
          concat_ws(' ', trim_scale(input_price_per_million), trim_scale(output_price_per_million),
                    'until ' || to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')) as value
   from copilot_internal.model_pricing`,
  e2b_pricing: `select 'price ' || tier || ' ' || region, 'from ' || to_char(effective_date at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
          concat_ws(' ', trim_scale(price_per_second), trim_scale(price_per_cpu_core_second), trim_scale(price_per_gb_memory_second),
                    trim_scale(price_per_gb_disk_io), 'until ' || to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'))
   from copilot_internal.e2b_pricing`,
  model_pricing_components: `select 'price ' || p.provider || ' ' || p.model, concat_ws(' ', c.variant, c.component, 'from', to_char(p.effective_date at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')),
          concat_ws(' ', trim_scale(c.price_per_million), 'above ' || c.threshold_input_tokens, case when c.is_derived then 'derived' end)
   from copilot_internal.model_pricing_components as c
   join copilot_internal.model_pricing as p on p.id = c.pricing_id`,
}
