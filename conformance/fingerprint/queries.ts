/**
 * What a fingerprint is made of: one query per kind of fact. Each answers rows of `object`, `fact` and `value`; $1 is the
 * schema. Every value is printed the same by PGlite and by PostgreSQL 15 to 18.
 */

/** The roles whose attributes, memberships and privileges are facts. */
const ROLES = `'{postgres,anon,authenticated,service_role,authenticator}'::name[]`

/** Roles whose effective privileges are facts: those that are not the owner, and everybody. */
const GRANTEES = `unnest('{public,anon,authenticated,service_role,authenticator}'::text[])`

const SCHEMA = `
  select 'schema ' || n.nspname as object, 'definition' as fact, concat_ws(' ', 'owner', n.nspowner::regrole) as value
  from pg_catalog.pg_namespace as n where n.nspname = $1`

const RELATIONS = `
  select 'relation ' || c.relname, 'definition',
         concat_ws(' ', c.relkind, c.relpersistence, 'owner', c.relowner::regrole, 'rls', c.relrowsecurity, 'forced', c.relforcerowsecurity,
                   (select string_agg(o, ',' order by o) from unnest(c.reloptions) as o))
  from pg_catalog.pg_class as c
  where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')`

const COLUMNS = `
  select 'relation ' || c.relname, 'column ' || a.attname,
         concat_ws(' ', row_number() over (partition by c.oid order by a.attnum), format_type(a.atttypid, a.atttypmod),
                   case when a.attnotnull then 'not null' end, 'default ' || pg_get_expr(d.adbin, d.adrelid),
                   nullif(a.attidentity, ''), nullif(a.attgenerated, ''), 'collation ' || nullif(a.attcollation, 100)::regcollation)
  from pg_catalog.pg_class as c
  join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_catalog.pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')`

const CONSTRAINTS = `
  select 'relation ' || k.conrelid::regclass::text, 'constraint ' || k.conname, pg_get_constraintdef(k.oid)
  from pg_catalog.pg_constraint as k
  where k.connamespace = $1::regnamespace and k.contype <> 'n' and k.conrelid <> 0`

const INDEXES = `
  select 'relation ' || t.relname, 'index ' || i.relname,
         concat_ws(' ', pg_get_indexdef(x.indexrelid), case when not x.indisvalid then 'invalid' end)
  from pg_catalog.pg_index as x
  join pg_catalog.pg_class as i on i.oid = x.indexrelid
  join pg_catalog.pg_class as t on t.oid = x.indrelid
  where t.relnamespace = $1::regnamespace`

// PostgreSQL 15 puts the table's name before every column, later majors only where it is needed: the names of tables and of
// the lone subquery are taken away, other aliases stay.
const VIEWS = `
  select 'relation ' || c.relname, 'query',
         regexp_replace(pg_get_viewdef(c.oid), '\\m(totals|llm_cost_records|e2b_cost_records)\\.', '', 'g')
  from pg_catalog.pg_class as c
  where c.relnamespace = $1::regnamespace and c.relkind in ('v', 'm')`

const FUNCTIONS = `
  select 'function ' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')', f.fact, f.value
  from pg_catalog.pg_proc as p
  join pg_catalog.pg_language as l on l.oid = p.prolang
  cross join lateral (values
    ('signature', concat_ws(' ', p.prokind, pg_get_function_arguments(p.oid), 'returns', pg_get_function_result(p.oid))),
    ('execution', concat_ws(' ', l.lanname, 'volatility', p.provolatile, 'definer', p.prosecdef, 'parallel', p.proparallel,
                            'strict', p.proisstrict, 'leakproof', p.proleakproof, 'owner', p.proowner::regrole)),
    ('settings', array_to_string(p.proconfig, ',')),
    ('body', p.prosrc)
  ) as f (fact, value)
  where p.pronamespace = $1::regnamespace`

const TRIGGERS = `
  select 'relation ' || c.relname, 'trigger ' || t.tgname, concat_ws(' ', pg_get_triggerdef(t.oid), 'state', t.tgenabled)
  from pg_catalog.pg_trigger as t
  join pg_catalog.pg_class as c on c.oid = t.tgrelid
  where c.relnamespace = $1::regnamespace and not t.tgisinternal`

const POLICIES = `
  select 'relation ' || p.tablename, 'policy ' || p.policyname,
         concat_ws(' ', p.permissive, p.cmd, 'to', p.roles::text, 'using ' || p.qual, 'with check ' || p.with_check)
  from pg_catalog.pg_policies as p where p.schemaname = $1`

const TYPES = `
  select 'type ' || t.typname, 'definition',
         concat_ws(' ', t.typtype, (select string_agg(e.enumlabel, ',' order by e.enumsortorder) from pg_catalog.pg_enum as e where e.enumtypid = t.oid))
  from pg_catalog.pg_type as t
  where t.typnamespace = $1::regnamespace and t.typtype in ('e', 'd', 'r')`

const COMMENTS = `
  select 'schema ' || $1, 'comment', obj_description($1::regnamespace, 'pg_namespace')
  union all
  select 'relation ' || c.relname, 'comment', obj_description(c.oid, 'pg_class')
  from pg_catalog.pg_class as c where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
  union all
  select 'relation ' || c.relname, 'comment on column ' || a.attname, col_description(c.oid, a.attnum)
  from pg_catalog.pg_class as c join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p')
  union all
  select 'function ' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')', 'comment', obj_description(p.oid, 'pg_proc')
  from pg_catalog.pg_proc as p where p.pronamespace = $1::regnamespace
  union all
  select 'relation ' || c.relname, 'comment on policy ' || p.polname, obj_description(p.oid, 'pg_policy')
  from pg_catalog.pg_policy as p join pg_catalog.pg_class as c on c.oid = p.polrelid where c.relnamespace = $1::regnamespace
  union all
  select 'relation ' || c.relname, 'comment on trigger ' || t.tgname, obj_description(t.oid, 'pg_trigger')
  from pg_catalog.pg_trigger as t join pg_catalog.pg_class as c on c.oid = t.tgrelid
  where c.relnamespace = $1::regnamespace and not t.tgisinternal`

const PRIVILEGES = `
  select 'schema ' || $1, 'privileges of ' || role, string_agg(p, ' ' order by p)
  from ${GRANTEES} as role
  cross join unnest('{CREATE,USAGE,CREATE WITH GRANT OPTION,USAGE WITH GRANT OPTION}'::text[]) as p
  where has_schema_privilege(role, $1, p)
  group by role
  union all
  select 'relation ' || c.relname, 'privileges of ' || role, string_agg(p, ' ' order by p)
  from ${GRANTEES} as role
  cross join pg_catalog.pg_class as c
  cross join unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER,SELECT WITH GRANT OPTION,INSERT WITH GRANT OPTION}'::text[]) as p
  where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f') and has_table_privilege(role, c.oid, p)
  group by c.relname, role
  union all
  select 'relation ' || c.relname, 'privileges of ' || role || ' on column ' || a.attname, string_agg(p, ' ' order by p)
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
  select 'schema ' || $1, concat_ws(' ', 'default privileges on', d.defaclobjtype, case when d.defaclnamespace = 0 then 'everywhere' end),
         (select string_agg(a::text, ',' order by a::text) from unnest(d.defaclacl) as a)
  from pg_catalog.pg_default_acl as d
  join pg_catalog.pg_namespace as n on n.nspname = $1 and n.nspowner = d.defaclrole
  where d.defaclnamespace in (0, n.oid)`

const ROLE_FACTS = `
  select 'role ' || r.rolname, 'attributes',
         concat_ws(' ', 'super', r.rolsuper, 'inherit', r.rolinherit, 'createrole', r.rolcreaterole, 'createdb', r.rolcreatedb,
                   'login', r.rolcanlogin, 'replication', r.rolreplication, 'bypassrls', r.rolbypassrls)
  from pg_catalog.pg_roles as r where r.rolname = any (${ROLES})
  union all
  select 'role ' || r.rolname, 'setting ' || split_part(s, '=', 1), split_part(s, '=', 2)
  from pg_catalog.pg_db_role_setting as d
  join pg_catalog.pg_roles as r on r.oid = d.setrole
  cross join unnest(d.setconfig) as s
  where r.rolname = any (${ROLES})
  union all
  select 'role ' || m.rolname, 'member of ' || r.rolname, bool_or(a.admin_option)::text
  from pg_catalog.pg_auth_members as a
  join pg_catalog.pg_roles as m on m.oid = a.member
  join pg_catalog.pg_roles as r on r.oid = a.roleid
  where m.rolname = any (${ROLES}) and r.rolname = any (${ROLES})
  group by m.rolname, r.rolname`

const EXTENSIONS = `
  select 'extension ' || e.extname, 'schema', e.extnamespace::regnamespace::text
  from pg_catalog.pg_extension as e where e.extname = 'btree_gist'`

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
  POLICIES,
  TYPES,
  COMMENTS,
  PRIVILEGES,
  DEFAULT_PRIVILEGES,
]

/** The kinds of facts around the schema, without a parameter. */
export const SURROUNDING_QUERIES: readonly string[] = [ROLE_FACTS, EXTENSIONS]

/** Prices, as facts: what usage will be charged. Apart from the catalog, because prices change in the life of a database. */
export const PRICE_QUERIES: readonly string[] = [
  `select 'price ' || provider || ' ' || model as object, 'from ' || to_char(effective_date at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as fact,
          concat_ws(' ', trim_scale(input_price_per_million), trim_scale(output_price_per_million),
                    'until ' || to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')) as value
   from copilot_internal.model_pricing`,
  `select 'price ' || tier || ' ' || region, 'from ' || to_char(effective_date at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
          concat_ws(' ', trim_scale(price_per_second), trim_scale(price_per_cpu_core_second), trim_scale(price_per_gb_memory_second),
                    trim_scale(price_per_gb_disk_io), 'until ' || to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'))
   from copilot_internal.e2b_pricing`,
  `select 'price ' || p.provider || ' ' || p.model, concat_ws(' ', c.variant, c.component, 'from', to_char(p.effective_date at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')),
          concat_ws(' ', trim_scale(c.price_per_million), 'above ' || c.threshold_input_tokens, case when c.is_derived then 'derived' end)
   from copilot_internal.model_pricing_components as c
   join copilot_internal.model_pricing as p on p.id = c.pricing_id`,
]
