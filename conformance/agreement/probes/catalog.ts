import type { Probe } from '../probe.ts'

const C = 'copilot_internal'

/** What the catalog says of the product. All of it, line by line, is in the fingerprint. */
export const catalogProbes: readonly Probe[] = [
  {
    name: 'the tables',
    ask: `select relname, relrowsecurity, relforcerowsecurity from pg_catalog.pg_class where relnamespace = '${C}'::regnamespace and relkind in ('r', 'p') order by relname collate "C"`,
  },
  {
    name: 'the views',
    ask: `select relname, reloptions from pg_catalog.pg_class where relnamespace = '${C}'::regnamespace and relkind = 'v' order by relname collate "C"`,
  },
  {
    name: 'the functions',
    ask: `select p.oid::regprocedure::text as function, provolatile, prosecdef, proparallel, proconfig from pg_catalog.pg_proc as p where pronamespace = '${C}'::regnamespace order by p.oid::regprocedure::text collate "C"`,
  },
  {
    name: 'the policies',
    ask: `select tablename, policyname, permissive, roles, cmd, qual, with_check from pg_catalog.pg_policies where schemaname = '${C}' order by tablename collate "C", policyname collate "C"`,
  },
  {
    name: 'the kinds of constraints',
    ask: `select contype, count(*) from pg_catalog.pg_constraint where connamespace = '${C}'::regnamespace group by 1 order by 1`,
  },
  {
    name: 'a view as it is printed',
    setup: [
      'create table public.t (v int)',
      'create view public.positive as select v from public.t where v > 0',
    ],
    ask: `select pg_catalog.pg_get_viewdef('public.positive'::regclass, true)`,
  },
  {
    name: 'a constraint as it is printed',
    ask: `select pg_catalog.pg_get_constraintdef(oid) from pg_catalog.pg_constraint where conrelid = '${C}.cost_quotas'::regclass and contype = 'u'`,
  },
  {
    name: 'what information_schema shows a visitor',
    setup: [`select set_config('role', 'anon', true)`],
    ask: `select count(*) from information_schema.tables where table_schema = '${C}'`,
  },
  {
    name: 'the extensions',
    ask: `select extname, extnamespace::regnamespace::text from pg_catalog.pg_extension order by extname collate "C"`,
  },
  {
    name: 'the settings that change answers',
    ask: `select name, setting from pg_catalog.pg_settings where name in ('TimeZone', 'DateStyle', 'IntervalStyle', 'extra_float_digits', 'bytea_output', 'standard_conforming_strings', 'default_transaction_isolation', 'server_encoding', 'search_path') order by name collate "C"`,
  },
  {
    name: 'the columns of information_schema',
    ask: `select column_name, data_type, numeric_precision, numeric_scale, is_nullable, column_default from information_schema.columns where table_schema = '${C}' and table_name = 'cost_quotas' order by ordinal_position`,
  },
  {
    name: 'the privileges of information_schema',
    ask: `select grantee, string_agg(privilege_type, ' ' order by privilege_type) from information_schema.role_table_grants where table_schema = '${C}' and table_name = 'llm_cost_records' and grantee <> 'postgres' group by grantee order by grantee collate "C"`,
  },
  {
    name: 'the roles of the platform',
    ask: `select rolname, rolsuper, rolinherit, rolcanlogin, rolbypassrls, rolconfig from pg_catalog.pg_roles where rolname in ('anon', 'authenticated', 'service_role', 'authenticator') order by rolname collate "C"`,
  },
  {
    name: 'an index as it is printed',
    ask: `select pg_catalog.pg_get_indexdef(indexrelid) from pg_catalog.pg_index where indrelid = '${C}.llm_cost_records'::regclass order by indexrelid::regclass::text collate "C"`,
  },
  {
    name: 'a trigger as it is printed',
    ask: `select pg_catalog.pg_get_triggerdef(oid, true) from pg_catalog.pg_trigger where tgrelid = '${C}.e2b_pricing'::regclass and not tgisinternal order by tgname collate "C"`,
  },
  {
    name: 'an expression as it is printed',
    ask: `select pg_catalog.pg_get_expr(adbin, adrelid) from pg_catalog.pg_attrdef where adrelid = '${C}.cost_quotas'::regclass order by adnum`,
  },
  {
    name: 'a function as it is printed',
    ask: `select pg_catalog.pg_get_functiondef('${C}.assert_no_price_jump'::regproc)`,
  },
  {
    name: 'the comments',
    ask: `select count(*) as commented from pg_catalog.pg_description as d join pg_catalog.pg_class as c on d.classoid = 'pg_class'::regclass and c.oid = d.objoid where c.relnamespace = '${C}'::regnamespace`,
  },
  {
    name: 'the encoding and the locale',
    ask: `select pg_catalog.pg_encoding_to_char(encoding), datcollate, datctype, datlocprovider from pg_catalog.pg_database where datname = current_database()`,
  },
]
