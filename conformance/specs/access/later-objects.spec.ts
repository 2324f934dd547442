/**
 * What is created in the schema after the migrations is closed to API roles, under both default-privilege regimes of
 * Supabase.
 */
import type { Regime } from '../../engines/index.ts'
import { describe, expect, needs, test } from '../../harness/index.ts'

const REGIMES: readonly Regime[] = ['open', 'closed']

/** Privileges of API roles and PUBLIC on anything called `later…`. */
const PRIVILEGES = `
  select role, c.relname as object, p as privilege
  from unnest('{public,anon,authenticated,service_role}'::text[]) as role
  cross join pg_class as c
  cross join unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) as p
  where c.relname like 'later%' and c.relnamespace = $1::regnamespace and c.relkind in ('r', 'v')
    and has_table_privilege(role, c.oid, p)
  union all
  select role, p.proname, 'EXECUTE' from unnest('{public,anon,authenticated,service_role}'::text[]) as role, pg_proc as p
  where p.proname like 'later%' and p.pronamespace = $1::regnamespace and has_function_privilege(role, p.oid, 'EXECUTE')`

const later = (schema: string) => `
  create table ${schema}.later_table (id int);
  create view ${schema}.later_view as select 1 as one;
  create function ${schema}.later_function() returns int language sql as 'select 1';`

test('a later table, view or function is closed', async ({ session }) => {
  await session.run(later('copilot_internal'))
  expect(await session.query(PRIVILEGES, ['copilot_internal'])).toEqual([])
})

describe.each(REGIMES)('on a project with the %s regime', (regime) => {
  needs('own-database')('a later table, view or function is closed', async ({ ownDatabase }) => {
    const session = await (await ownDatabase({ regime })).connect()
    await session.run(later('copilot_internal') + later('public'))
    expect(await session.query(PRIVILEGES, ['copilot_internal'])).toEqual([])
    // The regime is real: in schema public, the API roles may read what is created under the open one.
    const readers = (await session.query(PRIVILEGES, ['public'])).filter(
      ({ privilege }) => privilege === 'SELECT',
    )
    expect(readers.length > 0).toBe(regime === 'open')
    await session.close()
  })
})
