import type { Probe } from '../probe.ts'

/** One of everything, in `public`: what the catalog says of it must not change with every migration. */
const things = [
  'create extension if not exists btree_gist with schema extensions',
  `create table public.things (
     id uuid constraint things_pkey primary key default gen_random_uuid(),
     owner text not null default current_user,
     amount numeric(20,12) constraint things_amount_not_negative check (amount >= 0 and amount <> 'NaN'),
     kind text default 'llm'::text constraint things_kind_known check (kind in ('llm', 'e2b')),
     parent uuid constraint things_parent_fkey references public.things,
     during tstzrange default tstzrange(now(), null),
     doubled numeric generated always as (amount * 2) stored,
     constraint things_once unique nulls not distinct (owner, kind),
     constraint things_do_not_overlap exclude using gist (kind with =, during with &&))`,
  'create index things_owner_idx on public.things (owner, amount desc nulls last) include (kind) where amount > 0',
  'alter table public.things enable row level security',
  `create policy things_select_own on public.things for select to authenticated using (owner = (select auth.uid())::text)`,
  `create function public.note(a int, b text default 'x', variadic c numeric[] default '{}') returns table (d int, e text)
     language plpgsql stable strict set search_path = '' as $f$ begin return query select a, b; end $f$`,
  `create function public.touch() returns trigger language plpgsql as $f$ begin return new; end $f$`,
  'create trigger _100_touch before update of amount on public.things for each row when (old.amount is distinct from new.amount) execute function public.touch()',
  'create view public.positive with (security_invoker = true) as select kind, sum(amount) as total, count(*) filter (where amount > 1) as many from public.things where amount > 0 group by kind',
  `comment on column public.things.amount is 'In USD.'`,
]
const THINGS = `'public.things'::regclass`

/** What the catalog says, and how it prints what it holds. All of it, for the product, is in the fingerprint. */
export const catalogProbes: readonly Probe[] = [
  {
    name: 'a table',
    setup: things,
    ask: `select relkind, relpersistence, relrowsecurity, relforcerowsecurity, relnatts, relchecks, relhastriggers from pg_catalog.pg_class where oid = ${THINGS}`,
  },
  {
    name: 'its columns',
    setup: things,
    ask: `select attname, format_type(atttypid, atttypmod), attnotnull, attgenerated, pg_get_expr(adbin, adrelid) from pg_catalog.pg_attribute left join pg_catalog.pg_attrdef on adrelid = attrelid and adnum = attnum where attrelid = ${THINGS} and attnum > 0 order by attnum`,
  },
  {
    name: 'its columns in information_schema',
    setup: things,
    ask: `select column_name, data_type, numeric_precision, numeric_scale, is_nullable, column_default, is_generated from information_schema.columns where table_schema = 'public' and table_name = 'things' order by ordinal_position`,
  },
  {
    name: 'its constraints, as they are printed',
    setup: things,
    ask: `select conname, contype, pg_get_constraintdef(oid) from pg_catalog.pg_constraint where conrelid = ${THINGS} and contype <> 'n' order by conname collate "C"`,
  },
  {
    name: 'the kinds of constraints',
    setup: things,
    ask: `select contype, count(*) from pg_catalog.pg_constraint where conrelid = ${THINGS} group by 1 order by 1`,
  },
  {
    name: 'its indexes, as they are printed',
    setup: things,
    ask: `select pg_get_indexdef(indexrelid), indisunique, indisvalid from pg_catalog.pg_index where indrelid = ${THINGS} order by indexrelid::regclass::text collate "C"`,
  },
  {
    name: 'its policies',
    setup: things,
    ask: `select policyname, permissive, roles, cmd, qual, with_check from pg_catalog.pg_policies where schemaname = 'public' and tablename = 'things'`,
  },
  {
    name: 'its triggers, as they are printed',
    setup: things,
    ask: `select pg_get_triggerdef(oid, true), tgenabled from pg_catalog.pg_trigger where tgrelid = ${THINGS} and not tgisinternal`,
  },
  {
    name: 'its comments',
    setup: things,
    ask: `select col_description(${THINGS}, 3), obj_description(${THINGS}, 'pg_class')`,
  },
  {
    name: 'who may use it, as it is written',
    setup: [
      ...things,
      'revoke all on public.things from anon, authenticated, service_role',
      'grant select (kind), insert on public.things to authenticated',
    ],
    ask: `select relacl, (select attacl from pg_catalog.pg_attribute where attrelid = oid and attname = 'kind') as of_kind from pg_catalog.pg_class where oid = ${THINGS}`,
  },
  {
    name: 'who may use it, in information_schema',
    setup: [
      ...things,
      'revoke all on public.things from anon, authenticated, service_role',
      'grant select, insert on public.things to authenticated',
    ],
    ask: `select grantee, string_agg(privilege_type, ' ' order by privilege_type), max(is_grantable) from information_schema.role_table_grants where table_schema = 'public' and table_name = 'things' and grantee <> 'postgres' group by grantee`,
  },
  {
    name: 'a function',
    setup: things,
    ask: `select p.oid::regprocedure::text as function, prokind, provolatile, proisstrict, prosecdef, proparallel, proconfig, pronargdefaults, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid) from pg_catalog.pg_proc as p where pronamespace = 'public'::regnamespace and proname = 'note'`,
  },
  {
    name: 'a function as it is printed',
    setup: things,
    ask: `select pg_get_functiondef('public.note'::regproc)`,
  },
  {
    name: 'a view',
    setup: things,
    ask: `select relkind, reloptions from pg_catalog.pg_class where oid = 'public.positive'::regclass`,
  },
  {
    name: 'a view as it is printed',
    setup: [
      'create table public.t (v int)',
      'create view public.positive as select v from public.t where v > 0',
    ],
    ask: `select pg_get_viewdef('public.positive'::regclass, true)`,
  },
  {
    name: 'what depends on a table',
    setup: things,
    ask: `select distinct pg_describe_object(classid, objid, 0) as dependent from pg_catalog.pg_depend where refobjid = ${THINGS} and deptype = 'n' and classid = 'pg_rewrite'::regclass`,
  },
  {
    name: 'the tables of the product are protected',
    ask: `select count(*) filter (where relrowsecurity) > 0 as some, bool_and(relrowsecurity) as every_one from pg_catalog.pg_class where relnamespace = 'copilot_internal'::regnamespace and relkind in ('r', 'p')`,
  },
  {
    name: 'what information_schema shows a visitor',
    setup: [`select set_config('role', 'anon', true)`],
    ask: `select count(*) from information_schema.tables where table_schema = 'copilot_internal'`,
  },
  {
    name: 'the roles of the platform',
    ask: `select rolname, rolsuper, rolinherit, rolcanlogin, rolbypassrls, rolconfig from pg_catalog.pg_roles where rolname in ('anon', 'authenticated', 'service_role', 'authenticator') order by rolname collate "C"`,
  },
  {
    name: 'the extensions',
    ask: `select extname, extnamespace::regnamespace::text from pg_catalog.pg_extension where extname in ('plpgsql', 'btree_gist', 'pgcrypto', 'uuid-ossp') order by extname collate "C"`,
  },
  {
    name: 'the settings that change answers',
    ask: `select name, setting from pg_catalog.pg_settings where name in ('TimeZone', 'DateStyle', 'IntervalStyle', 'extra_float_digits', 'bytea_output', 'standard_conforming_strings', 'default_transaction_isolation', 'server_encoding', 'search_path') order by name collate "C"`,
  },
  {
    name: 'the encoding and the locale',
    ask: `select pg_encoding_to_char(encoding), datcollate, datctype, datlocprovider from pg_catalog.pg_database where datname = current_database()`,
  },
]
