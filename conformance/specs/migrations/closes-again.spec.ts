/**
 * What was opened by hand is closed again when the migrations are run once more.
 *
 * Method: on a database with the platform and the migrations, somebody grants more than the access table says. Afterwards
 * the schema is what the migrations add up to, grants and default privileges included.
 */
import { migrations } from '../../engines/index.ts'
import { expect, test } from '../../harness/index.ts'
import { schemaText } from '../../schema/index.ts'

const files = migrations()
const EVERYBODY = 'public, anon, authenticated'

const openings = [
  { what: 'the schema', how: `grant all on schema copilot_internal to ${EVERYBODY}` },
  {
    what: 'its tables and views',
    how: `grant all on all tables in schema copilot_internal to ${EVERYBODY}, service_role`,
  },
  { what: 'its functions', how: `grant execute on all functions in schema copilot_internal to ${EVERYBODY}` },
  { what: 'the functions of later', how: 'alter default privileges grant execute on functions to public' },
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

test('whatever was opened by hand is closed by running the files again', async ({ platform }) => {
  for (const { sql } of files) await platform.run(sql)
  const closed = await schemaText(platform)
  for (const { what, how } of openings) {
    const before = await schemaText(platform)
    await platform.run(how)
    expect(await schemaText(platform), `nothing was opened: ${what}`).not.toBe(before)
  }
  for (const { sql } of files) await platform.run(sql)
  expect(await schemaText(platform)).toBe(closed)
})
