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
    ask: `select p.oid::regprocedure::text as function, provolatile, prosecdef, proparallel, proconfig from pg_catalog.pg_proc as p where pronamespace = '${C}'::regnamespace order by 1 collate "C"`,
  },
  {
    name: 'the policies',
    ask: `select tablename, policyname, permissive, roles, cmd, qual, with_check from pg_catalog.pg_policies where schemaname = '${C}' order by 1 collate "C", 2 collate "C"`,
  },
  {
    name: 'the kinds of constraints',
    ask: `select contype, count(*) from pg_catalog.pg_constraint where connamespace = '${C}'::regnamespace group by 1 order by 1`,
  },
  {
    name: 'a view as it is printed',
    ask: `select pg_catalog.pg_get_viewdef('${C}.llm_cost_summary_by_tenant'::regclass, true)`,
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
    ask: `select extname, extnamespace::regnamespace::text from pg_catalog.pg_extension order by 1 collate "C"`,
  },
  {
    name: 'the settings that change answers',
    ask: `select name, setting from pg_catalog.pg_settings where name in ('TimeZone', 'DateStyle', 'IntervalStyle', 'extra_float_digits', 'bytea_output', 'standard_conforming_strings', 'default_transaction_isolation', 'server_encoding', 'search_path') order by name collate "C"`,
  },
  {
    name: 'the encoding and the locale',
    ask: `select pg_catalog.pg_encoding_to_char(encoding), datcollate, datctype, datlocprovider from pg_catalog.pg_database where datname = current_database()`,
  },
]
