/**
 * What was opened by hand is closed again when the migrations are run once more.
 *
 * Method: on a database with the platform and the migrations, somebody grants more than the access table says. Afterwards
 * the schema is what the migrations add up to, grants and default privileges included.
 */
import { visitor } from '../../../fixtures/people.ts'
import { schemaText } from '../../catalog/index.ts'
import { migrations, type Session } from '../../engines/index.ts'
import { expect, needs, test } from '../../harness/index.ts'

const files = migrations()
const EVERYBODY = 'public, anon, authenticated'

/** What Supabase's guide on custom schemas tells people to run. */
const THE_GUIDE = `
  grant usage on schema copilot_internal to anon, authenticated, service_role;
  grant all on all tables in schema copilot_internal to anon, authenticated, service_role;
  grant all on all routines in schema copilot_internal to anon, authenticated, service_role;
  grant all on all sequences in schema copilot_internal to anon, authenticated, service_role;
  alter default privileges for role postgres in schema copilot_internal
    grant all on tables to anon, authenticated, service_role;
  alter default privileges for role postgres in schema copilot_internal
    grant all on routines to anon, authenticated, service_role;
  alter default privileges for role postgres in schema copilot_internal
    grant all on sequences to anon, authenticated, service_role;`

const openings = [
  { what: 'all of it, by the guide', how: THE_GUIDE },
  { what: 'the schema', how: `grant all on schema copilot_internal to ${EVERYBODY}` },
  {
    what: 'its tables and views',
    how: `grant all on all tables in schema copilot_internal to ${EVERYBODY}, service_role`,
  },
  { what: 'its functions', how: `grant execute on all functions in schema copilot_internal to ${EVERYBODY}` },
  { what: 'the functions of later', how: 'alter default privileges grant execute on functions to public' },
  {
    what: 'its columns',
    how: `grant select (total_cost_usd), update (total_cost_usd) on copilot_internal.llm_cost_records to anon, authenticated`,
  },
  {
    what: 'the right to pass on a right',
    how: `grant select on copilot_internal.model_pricing to authenticated with grant option;
          grant execute on function copilot_internal.calculate_llm_cost to authenticated with grant option;
          grant usage on schema copilot_internal to authenticated with grant option`,
  },
  {
    what: 'what is created later, for each kind on its own',
    how: `alter default privileges in schema copilot_internal grant select on tables to public;
          alter default privileges in schema copilot_internal grant insert on tables to service_role with grant option;
          alter default privileges in schema copilot_internal grant execute on functions to authenticated;
          alter default privileges in schema copilot_internal grant usage on types to anon`,
  },
  {
    what: 'the rows of all tenants, by a policy',
    how: `alter policy llm_cost_records_select_tenant on copilot_internal.llm_cost_records to anon using (true);
          alter policy e2b_cost_records_select_tenant on copilot_internal.e2b_cost_records to anon using (true);
          alter policy cost_quotas_select_tenant on copilot_internal.cost_quotas to anon using (true);
          alter policy cost_quotas_select_user on copilot_internal.cost_quotas to anon using (true);
          alter policy e2b_pricing_select_authenticated on copilot_internal.e2b_pricing to anon;
          alter policy model_pricing_select_authenticated on copilot_internal.model_pricing to anon`,
  },
  {
    what: 'the rows of all tenants, without policies',
    how: `do $$
          declare
            name text;
          begin
            for name in select tablename from pg_tables where schemaname = 'copilot_internal' loop
              execute format('alter table copilot_internal.%I disable row level security', name);
            end loop;
          end
          $$`,
  },
  {
    what: 'the rows of all tenants, through the views',
    how: `do $$
          declare
            name text;
          begin
            for name in select viewname from pg_views where schemaname = 'copilot_internal' loop
              execute format('alter view copilot_internal.%I set (security_invoker = false)', name);
            end loop;
          end
          $$`,
  },
]

/** The schema, and what its text does not tell: columns that were granted on their own, and rights that may be passed on. */
async function stateOf(session: Session): Promise<string> {
  const [more] = await session.query(`
    select string_agg(concat_ws(' ', object, a), e'\\n' order by object, a::text) as text
    from (
      select c.attrelid::regclass || '.' || c.attname as object, c.attacl as acl from pg_catalog.pg_attribute as c
      union all select c.oid::regclass::text, c.relacl from pg_catalog.pg_class as c
      union all select p.oid::regprocedure::text, p.proacl from pg_catalog.pg_proc as p
      union all select n.nspname, n.nspacl from pg_catalog.pg_namespace as n
    ) as those
    cross join aclexplode(acl) as a
    where object like 'copilot_internal%' and (is_grantable and grantee <> grantor or object like '%.%.%')`)
  return `${await schemaText(session)}${more?.['text'] ?? ''}`
}

test('whatever was opened by hand is closed by running the files again', async ({ session }) => {
  const closed = await stateOf(session)
  let before = closed
  for (const { what, how } of openings) {
    await session.run(how)
    const opened = await stateOf(session)
    expect(opened, `nothing was opened: ${what}`).not.toBe(before)
    before = opened
  }
  for (const { sql } of files) await session.run(sql)
  expect(await stateOf(session)).toBe(closed)
})

needs('thorough-run')('what was taken away by hand is granted again', async ({ session }) => {
  const whole = await schemaText(session)
  await session.run(`
    revoke usage on schema copilot_internal from authenticated, service_role;
    revoke all on all tables in schema copilot_internal from authenticated, service_role;
    revoke all on all routines in schema copilot_internal from authenticated, service_role`)
  for (const { sql } of files) await session.run(sql)
  expect(await schemaText(session)).toBe(whole)
})

needs('thorough-run')(
  'a right that was passed on goes with the right to pass it on',
  async ({ session, on }) => {
    const closed = await stateOf(session)
    await session.run(`
    grant select on copilot_internal.model_pricing to service_role with grant option;
    set role service_role;
    grant select on copilot_internal.model_pricing to anon;
    reset role`)
    await on(session).tap.tablePrivsAre('copilot_internal.model_pricing', 'anon', ['SELECT'])
    for (const { sql } of files) await session.run(sql)
    expect(await stateOf(session)).toBe(closed)
  },
)

test('what was created while all was open, or after that, is closed', async ({ session, on }) => {
  const { tap, as } = on(session)
  const create = (name: string) =>
    session.run(`
      create table copilot_internal.${name} (tenant_id uuid);
      create view copilot_internal.${name}_view as select * from copilot_internal.${name};
      create sequence copilot_internal.${name}_numbers;
      create function copilot_internal.${name}_function() returns integer language sql as 'select 1'`)
  await session.run(THE_GUIDE)
  await create('early')
  await tap.tablePrivsAre('copilot_internal.early_view', 'public', [])
  await as(visitor)`select 1 from copilot_internal.early`.livesOk()
  for (const { sql } of files) await session.run(sql)
  await create('late')
  for (const name of ['early', 'late'])
    for (const role of ['public', 'anon', 'authenticated']) {
      await tap.tablePrivsAre(`copilot_internal.${name}`, role, [])
      await tap.tablePrivsAre(`copilot_internal.${name}_view`, role, [])
      await tap.sequencePrivsAre(`copilot_internal.${name}_numbers`, role, [])
      await tap.functionPrivsAre(`copilot_internal.${name}_function`, [], role, [])
    }
  await tap.tablePrivsAre('copilot_internal.late', 'service_role', [])
})

test('what a later file opens to readers of their own rows stays open', async ({ session, on }) => {
  await session.run(`
    create table copilot_internal.later (tenant_id uuid);
    alter table copilot_internal.later enable row level security;
    create policy later_select_tenant on copilot_internal.later for select to authenticated using (false);
    create view copilot_internal.later_view with (security_invoker = true) as select * from copilot_internal.later;
    create function copilot_internal.get_later() returns integer language sql as 'select 1';
    grant select, insert on copilot_internal.later to authenticated, service_role;
    grant select on copilot_internal.later_view to authenticated, service_role;
    grant execute on function copilot_internal.get_later() to authenticated`)
  for (const { sql } of files) await session.run(sql)
  const { tap } = on(session)
  await tap.tablePrivsAre('copilot_internal.later', 'authenticated', ['SELECT'])
  await tap.tablePrivsAre('copilot_internal.later', 'service_role', ['SELECT', 'INSERT'])
  await tap.tablePrivsAre('copilot_internal.later_view', 'authenticated', ['SELECT'])
  await tap.functionPrivsAre('copilot_internal.get_later', [], 'authenticated', ['EXECUTE'])
})

needs('thorough-run')('what another role was granted is left as it is', async ({ session, on }) => {
  await session.run('grant select on copilot_internal.model_pricing to pg_monitor')
  for (const { sql } of files) await session.run(sql)
  await on(session).tap.tablePrivsAre('copilot_internal.model_pricing', 'pg_monitor', ['SELECT'])
})
