import type { Probe } from '../probe.ts'

const C = 'copilot_internal'
const ACME = 'aaaaaaaa-0000-4000-8000-000000000001'

const record = (tenant: string) => `
  insert into ${C}.llm_cost_records (tenant_id, provider, model, input_tokens, output_tokens, input_cost_usd, output_cost_usd, total_cost_usd)
  values ('${tenant}', 'p', 'm', 1, 1, 0.5, 0.25, 0.75)`
const twoTenants = [record(ACME), record('bbbbbbbb-0000-4000-8000-000000000001')]

/** Becomes a role with these claims for the rest of the transaction. */
const become = (role: string, claims = '{}') =>
  `select set_config('request.jwt.claims', '${claims}', true), set_config('role', '${role}', true)`
const asAcme = become('authenticated', `{"tenant_id":"${ACME}"}`)

const COUNT = `select count(*) as records, sum(total_cost_usd) as cost from ${C}.llm_cost_records`

/** Who sees and may do what; and what happens where a policy is at fault. */
export const isolationProbes: readonly Probe[] = [
  { name: 'the owner sees every record', setup: twoTenants, ask: COUNT },
  { name: 'a tenant sees its own records', setup: [...twoTenants, asAcme], ask: COUNT },
  {
    name: 'a tenant sees its own sums',
    setup: [...twoTenants, asAcme],
    ask: `select tenant_id, llm_total_cost_usd, total_cost_usd from ${C}.combined_cost_summary_by_tenant`,
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
  },
  { name: 'the service sees every record', setup: [...twoTenants, become('service_role')], ask: COUNT },
  { name: 'a visitor is refused', setup: [become('anon')], ask: COUNT },
  {
    name: 'a visitor may not even calculate',
    setup: [become('anon')],
    ask: `select * from ${C}.calculate_llm_cost('openai', 'gpt-4', 1, 1)`,
  },
  { name: 'a tenant may not write', setup: [asAcme], ask: record(ACME) },
  { name: 'a tenant may not truncate', setup: [asAcme], ask: `truncate ${C}.llm_cost_records` },
  {
    name: 'a tenant may not record',
    setup: [asAcme],
    ask: `select ${C}.record_llm_usage('${ACME}', 'openai', 'gpt-4', 1, 1)`,
  },
  {
    name: 'postgres is no superuser',
    ask: `select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_catalog.pg_roles where rolname = 'postgres'`,
  },
  { name: 'postgres may not read a file', ask: `select pg_catalog.pg_read_file('/etc/hostname')` },
  { name: 'postgres may not become the superuser', ask: 'set local role supabase_admin' },
  {
    name: 'row security switched off does not help',
    setup: [...twoTenants, asAcme, 'set local row_security = off'],
    ask: COUNT,
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
    dangerous: true,
  },
  {
    name: 'a statement that takes too long',
    setup: [`set local statement_timeout = '50ms'`],
    ask: 'select count(*) from generate_series(1, 3000000) as a',
  },
  {
    name: 'a session that gives its authorization back',
    setup: ['set session authorization postgres', 'reset session authorization'],
    ask: 'select session_user, current_user',
  },
]
