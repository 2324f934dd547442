import type { Probe } from '../probe.ts'

const C = 'copilot_internal'
const ACME = 'aaaaaaaa-0000-4000-8000-000000000001'

const record = (tenant: string) => `
  insert into ${C}.llm_cost_records (tenant_id, provider, model, input_tokens, output_tokens, input_cost_usd, output_cost_usd, total_cost_usd, is_adopted)
  values ('${tenant}', 'p', 'm', 1, 1, 0.5, 0.25, 0.75, true)`
const twoTenants = [record(ACME), record('bbbbbbbb-0000-4000-8000-000000000001')]

/** Becomes a role with these claims for the rest of the transaction. */
const become = (role: string, claims = '{}') =>
  `select set_config('request.jwt.claims', '${claims}', true), set_config('role', '${role}', true)`
const asAcme = become('authenticated', `{"tenant_id":"${ACME}"}`)

const COUNT = `select count(*) as records, sum(total_cost_usd) as cost from ${C}.llm_cost_records`

const owned = [
  'create table public.items (owner text, v int)',
  'alter table public.items enable row level security',
  'grant select, insert, update, delete on public.items to authenticated',
  `insert into public.items values ('authenticated', 1), ('authenticated', 2), ('anon', 0)`,
]
const own = 'create policy items_own on public.items to authenticated using (owner = current_user)'

/** Who sees and may do what; and what happens where a policy is at fault. */
export const isolationProbes: readonly Probe[] = [
  { name: 'the owner sees every record', setup: twoTenants, ask: COUNT },
  { name: 'a tenant sees its own records', setup: [...twoTenants, asAcme], ask: COUNT },
  {
    name: 'a tenant sees its own sums',
    setup: [...twoTenants, asAcme],
    ask: `select tenant_id, llm_request_count, llm_cost_usd, e2b_cost_usd, total_cost_usd, average_cost_usd from ${C}.combined_cost_summary_by_tenant`,
  },
  {
    name: 'a user without a tenant sees no record',
    setup: [...twoTenants, become('authenticated')],
    ask: COUNT,
  },
  {
    name: 'a tenant that is no UUID is refused',
    setup: [...twoTenants, become('authenticated', '{"tenant_id":"x"}')],
    ask: COUNT,
    refused: '22P02',
  },
  { name: 'the service sees every record', setup: [...twoTenants, become('service_role')], ask: COUNT },
  { name: 'a visitor is refused', setup: [become('anon')], ask: COUNT, refused: '42501' },
  {
    name: 'a visitor may not even calculate',
    setup: [become('anon')],
    ask: `select * from ${C}.calculate_llm_cost('openai', 'gpt-4', 1, 1)`,
    refused: '42501',
  },
  { name: 'a tenant may not write', setup: [asAcme], ask: record(ACME), refused: '42501' },
  {
    name: 'a tenant may not truncate',
    setup: [asAcme],
    ask: `truncate ${C}.llm_cost_records`,
    refused: '42501',
  },
  {
    name: 'a tenant may not record',
    setup: [asAcme],
    ask: `select ${C}.record_llm_usage('${ACME}', 'openai', 'gpt-4', 1, 1)`,
    refused: '42501',
  },
  {
    name: 'postgres is no superuser',
    ask: `select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_catalog.pg_roles where rolname = 'postgres'`,
  },
  {
    name: 'postgres may not read a file',
    ask: `select pg_catalog.pg_read_file('/etc/hostname')`,
    refused: '42501',
  },
  { name: 'postgres may not become the superuser', ask: 'set local role supabase_admin', refused: '42501' },
  {
    name: 'row security switched off does not help',
    setup: [...twoTenants, asAcme, 'set local row_security = off'],
    ask: COUNT,
    refused: '42501',
  },
  {
    name: 'a row that a policy does not let in',
    setup: [
      ...owned,
      'create policy items_insert on public.items for insert to authenticated with check (owner = current_user)',
      become('authenticated'),
    ],
    ask: `insert into public.items values ('somebody else', 1)`,
    refused: '42501',
  },
  {
    name: 'a row that a policy lets in',
    setup: [
      ...owned,
      'create policy items_insert on public.items for insert to authenticated with check (owner = current_user)',
      become('authenticated'),
    ],
    ask: `insert into public.items values ('authenticated', 1)`,
  },
  {
    name: 'a row that is let in cannot be returned unseen',
    setup: [
      ...owned,
      'create policy items_insert on public.items for insert to authenticated with check (true)',
      become('authenticated'),
    ],
    ask: `insert into public.items values ('x', 1) returning v`,
    refused: '42501',
  },
  {
    name: 'an update that would give a row away',
    setup: [...owned, own, become('authenticated')],
    ask: `update public.items set owner = 'somebody else'`,
    refused: '42501',
  },
  {
    name: 'an update and a delete find only their own rows',
    setup: [...owned, own, become('authenticated')],
    ask: `with changed as (update public.items set v = v + 1 returning v) select count(*), sum(v) from changed`,
  },
  {
    name: 'a restrictive policy on top of a permissive one',
    setup: [
      ...owned,
      own,
      'create policy items_few on public.items as restrictive using (v > 1)',
      become('authenticated'),
    ],
    ask: `select count(*) from public.items`,
  },
  {
    name: 'row security without a policy',
    setup: [...owned, become('authenticated')],
    ask: `select count(*) from public.items`,
  },
  {
    name: 'row security that is forced holds the owner, too',
    setup: [
      ...owned,
      own,
      'alter table public.items force row level security',
      `select set_config('row_security', 'on', true)`,
    ],
    ask: `select count(*) from public.items`,
  },
  {
    name: 'a view shows what its owner may see',
    setup: [
      ...owned,
      own,
      'create view public.all_items as select * from public.items',
      'grant select on public.all_items to authenticated',
      become('authenticated'),
    ],
    ask: `select count(*) from public.all_items`,
  },
  {
    name: 'a view of its caller shows what the caller may see',
    setup: [
      ...owned,
      own,
      'create view public.all_items with (security_invoker = true) as select * from public.items',
      'grant select on public.all_items to authenticated',
      become('authenticated'),
    ],
    ask: `select count(*) from public.all_items`,
  },
  {
    name: 'a definer’s function sees what its owner may see',
    setup: [
      ...owned,
      own,
      `create function public.all_items() returns bigint language sql security definer set search_path = '' as 'select count(*) from public.items'`,
      'grant execute on function public.all_items() to authenticated',
      become('authenticated'),
    ],
    ask: `select public.all_items(), current_user`,
  },
  {
    name: 'a leaky function sees no row that a policy hides',
    setup: [
      ...owned,
      own,
      `create function public.leaks(v int) returns boolean language plpgsql cost 0.0001 as $f$ begin if v = 0 then raise exception 'seen'; end if; return true; end $f$`,
      'grant execute on function public.leaks(int) to authenticated',
      become('authenticated'),
    ],
    ask: `select count(*) from public.items where public.leaks(v)`,
  },
  {
    name: 'one column may be read, another may not',
    setup: [
      'create table public.items (shown int, hidden int)',
      'revoke all on public.items from authenticated',
      'grant select (shown) on public.items to authenticated',
      become('authenticated'),
    ],
    ask: `select shown, hidden from public.items`,
    refused: '42501',
  },
  {
    name: 'a role within a role',
    setup: [become('authenticated'), `select set_config('role', 'service_role', true)`],
    ask: `select current_user, session_user`,
  },
  {
    name: 'a role that goes with its savepoint',
    setup: ['savepoint inner_one', become('authenticated'), 'rollback to savepoint inner_one'],
    ask: `select current_user, nullif(current_setting('request.jwt.claims', true), '')`,
  },
  {
    name: 'what a new table in public lets the API do',
    setup: ['create table public.items (v int)'],
    ask: `select role, has_table_privilege(role, 'public.items', 'select') as select, has_table_privilege(role, 'public.items', 'truncate') as truncate from unnest('{anon,authenticated,service_role}'::text[]) as role`,
  },
  {
    name: 'the right to grant is not granted',
    setup: [
      'create table public.items (v int)',
      'revoke all on public.items from public, anon, authenticated',
      'grant select on public.items to authenticated',
      become('authenticated'),
      'grant select on public.items to anon',
    ],
    ask: `select has_table_privilege('anon', 'public.items', 'select')`,
  },
  {
    name: 'postgres may not make a superuser',
    ask: 'create role another superuser',
    refused: '42501',
  },
  {
    name: 'postgres may not run a program',
    setup: ['create table public.items (v text)'],
    ask: `copy public.items from program 'hostname'`,
    refused: '42501',
  },
  {
    name: 'postgres may not make an event trigger',
    setup: [`create function public.note() returns event_trigger language plpgsql as 'begin end'`],
    ask: 'create event trigger note on ddl_command_end execute function public.note()',
    refused: '42501',
  },
  {
    name: 'a policy that asks its own table',
    setup: [
      'create table public.loop (id int)',
      'alter table public.loop enable row level security',
      'create policy loop on public.loop using (exists (select from public.loop))',
      'grant select on public.loop to authenticated',
      become('authenticated'),
    ],
    ask: 'select id from public.loop',
    refused: '42P17',
  },
  {
    name: 'a policy whose function asks its own table',
    setup: [
      'create table public.loop (id int)',
      'alter table public.loop enable row level security',
      `create function public.may_see() returns boolean language plpgsql stable as 'begin return exists (select from public.loop); end'`,
      'grant execute on function public.may_see() to authenticated',
      'create policy loop on public.loop using (public.may_see())',
      'insert into public.loop values (1)',
      'grant select on public.loop to authenticated',
      become('authenticated'),
    ],
    ask: 'select id from public.loop',
    refused: '54001',
    dangerous: true,
  },
]
