/**
 * Files that are run again where nothing has changed hold up nobody: they replace no object that others use, and take no lock
 * that somebody who reads or writes would wait for. But for one view, which a later file makes anew: the released file
 * brings the former back. One only, so nobody can deadlock who reads several.
 *
 * Method: on the migrated database, in one transaction as `psql -1` has it. What is there is compared by the transactions that
 * wrote the rows of the catalog; what is locked, the server says.
 */
import { migrations } from '../../engines/index.ts'
import { expect, test } from '../../harness/index.ts'

const files = migrations()

/** The view that is replaced, by which file first. */
const REPLACED = { by: '20260104000001_e2b_cost_tracking.sql', view: 'e2b_cost_summary_by_tier' }

/** The lock modes that a SELECT, INSERT, UPDATE or DELETE waits for. */
const HINDERING = `('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')`

const locks = `
  select distinct c.relname as relation, l.mode
  from pg_catalog.pg_locks as l join pg_catalog.pg_class as c on c.oid = l.relation
  where l.pid = pg_backend_pid() and c.relnamespace = 'copilot_internal'::regnamespace and l.mode in ${HINDERING}
  union all
  select 'the whole price list', mode from pg_catalog.pg_locks
  where pid = pg_backend_pid() and locktype = 'advisory' and mode = 'ExclusiveLock'
  order by 1, 2`

/** Every row of the catalog that a statement of somebody else depends on, with the transaction that wrote it. */
const written = `
  select 'relation ' || c.relname as object, c.xmin::text as by from pg_catalog.pg_class as c
  where c.relnamespace = 'copilot_internal'::regnamespace
  union all
  select format('column %s.%s', c.relname, a.attname), a.xmin::text from pg_catalog.pg_attribute as a
  join pg_catalog.pg_class as c on c.oid = a.attrelid where c.relnamespace = 'copilot_internal'::regnamespace
  union all
  select 'policy ' || polname, p.xmin::text from pg_catalog.pg_policy as p
  join pg_catalog.pg_class as c on c.oid = p.polrelid where c.relnamespace = 'copilot_internal'::regnamespace
  union all
  select format('trigger %s on %s', tgname, c.relname), t.xmin::text from pg_catalog.pg_trigger as t
  join pg_catalog.pg_class as c on c.oid = t.tgrelid where c.relnamespace = 'copilot_internal'::regnamespace
  union all
  select format('constraint %s on %s', conname, conrelid::regclass), xmin::text from pg_catalog.pg_constraint
  where connamespace = 'copilot_internal'::regnamespace
  union all
  select 'rule of ' || c.relname, r.xmin::text from pg_catalog.pg_rewrite as r
  join pg_catalog.pg_class as c on c.oid = r.ev_class where c.relnamespace = 'copilot_internal'::regnamespace
  union all
  select 'schema', xmin::text from pg_catalog.pg_namespace where nspname = 'copilot_internal'
  order by 1`

for (const { name, sql } of files)
  test(`${name} takes no lock that others wait for`, async ({ session }) => {
    await session.run(sql)
    const { by, view } = REPLACED
    expect(await session.query(locks)).toEqual(
      name === by ? [{ relation: view, mode: 'AccessExclusiveLock' }] : [],
    )
  })

test('no table, view, policy or trigger is written anew, but for one view', async ({ session }) => {
  const others = async () =>
    (await session.query(written)).filter(({ object }) => !object?.endsWith(` ${REPLACED.view}`))
  const before = await others()
  for (const { sql } of files) await session.run(sql)
  expect(await others()).toEqual(before)
  expect(before.length).toBeGreaterThan(200)
})
