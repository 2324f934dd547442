/**
 * A database with pgTAP, as the extension that Supabase has: the judge of our own vocabulary.
 */
import type { Session } from '../../engines/index.ts'
import { expect, needs } from '../../harness/index.ts'

needs('pgtap')(
  'a database can have pgTAP, for every role and in each of its parts',
  { timeout: 90_000 },
  async ({ engine }) => {
    const database = await engine.open({ pgtap: true })
    try {
      const session = await database.connect()
      expect(await session.query(installed)).toEqual([
        { name: 'pgtap', owner: 'postgres', schema: 'extensions', version: '1.3.5', loose: '0' },
      ])
      await session.run('begin; create extension if not exists pgtap with schema extensions')
      await session.query('select plan(2)')
      expect(await session.query('select extensions.ok(true) as line')).toEqual([{ line: 'ok 1' }])
      await session.query('set local role authenticated')
      expect(
        await session.query(`select has_table('copilot_internal', 'e2b_pricing', 'there') as line`),
      ).toEqual([{ line: 'ok 2 - there' }])
      await session.query('rollback')
      expect(await members(session)).toBeGreaterThan(900)
      await session.close()
    } finally {
      await database.close()
    }
  },
)

/** The extension, and how many functions of its schema belong to none. */
const installed = `
  select extname as name, extowner::regrole as owner, extnamespace::regnamespace as schema, extversion as version,
    (select count(*) from pg_proc where pronamespace = extnamespace
       and oid not in (select objid from pg_depend where classid = 'pg_proc'::regclass and deptype = 'e')) as loose
  from pg_extension where extname = 'pgtap'`

async function members(session: Session): Promise<number> {
  const [row] = await session.query(
    `select count(*) as members from pg_depend
     where deptype = 'e' and refobjid = (select oid from pg_extension where extname = 'pgtap')`,
  )
  return Number(row?.['members'])
}
