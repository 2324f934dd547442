/**
 * The migrations of other kinds of projects apply, and what the static step of the gate says of them is true in the database.
 *
 * Method: each folder is applied to a database of its own, file by file, as the role postgres. Then the catalog is asked for
 * what the rules claim: under both regimes of Supabase's default privileges.
 */
import { FOLDERS } from '../../../fixtures/predeploy/faults.ts'
import { describe, expect, needs } from '../../harness/index.ts'
import { readFolder } from '../../predeploy/index.ts'

const OWN = `n.nspname not in ('pg_catalog', 'information_schema', 'auth', 'extensions') and n.nspname !~ '^pg_'`

/** What each rule denies, as a question to the catalog. */
const QUESTIONS = {
  'tables without row level security': `
    select c.oid::regclass::text as object from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where ${OWN} and c.relkind in ('r', 'p') and not c.relrowsecurity`,
  'views with the rights of their owner': `
    select c.oid::regclass::text as object from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where ${OWN} and c.relkind = 'v' and not coalesce(c.reloptions::text, '') ~ 'security_invoker=(true|on)'`,
  'tables that anon or authenticated may truncate': `
    select c.oid::regclass::text as object from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where ${OWN} and c.relkind in ('r', 'p')
      and (has_table_privilege('anon', c.oid, 'truncate') or has_table_privilege('authenticated', c.oid, 'truncate'))`,
  'definer functions without a search_path': `
    select p.oid::regprocedure::text as object from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
    where ${OWN} and p.prosecdef and not coalesce(p.proconfig::text, '') ~ 'search_path='`,
  'definer functions that are left to everybody': `
    select p.oid::regprocedure::text as object
    from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
    cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
    where ${OWN} and p.prosecdef and a.grantee = 0`,
  'policies for everybody': `
    select policyname || ' on ' || tablename as object from pg_policies where roles @> '{public}'`,
  'foreign keys without an index': `
    select k.conname::text as object from pg_constraint as k join pg_namespace as n on n.oid = k.connamespace
    where ${OWN} and k.contype = 'f' and not exists (
      select from pg_index as i
      where i.indrelid = k.conrelid
        and (i.indkey::smallint[])[0:cardinality(k.conkey) - 1] @> k.conkey)`,
} as const

describe.for(['open', 'closed'] as const)('regime %s', (regime) => {
  needs('own-database').for(FOLDERS)(
    'the migrations of %s apply, and keep the rules',
    async (name, { ownDatabase }) => {
      const { files } = await readFolder(`fixtures/predeploy/${name}/migrations`)
      const session = await (await ownDatabase({ holds: 'platform', regime })).connect()
      for (const { sql } of files) await session.run(sql)
      const broken: string[] = []
      for (const [question, sql] of Object.entries(QUESTIONS))
        for (const { object } of await session.query(sql)) broken.push(`${question}: ${object}`)
      await session.close()
      expect(broken).toEqual([])
    },
  )
})
