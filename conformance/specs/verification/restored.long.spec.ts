/**
 * A database that was dumped and restored is verified like any other: nothing that is spent is judged by which transaction
 * wrote a row.
 *
 * Method: what a restore leaves, without `pg_dump`, which not every machine has: every row written anew by one transaction a
 * table, with triggers off.
 */
import type { Session } from '../../engines/index.ts'
import { expect, fixture, needs } from '../../harness/index.ts'
import { verifyFull } from '../../verify/index.ts'

async function restore(session: Session): Promise<void> {
  const tables = await session.query(
    `select format('copilot_internal.%I', c.relname) as name, quote_ident(a.attname) as first
     from pg_catalog.pg_class as c
     join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum = 1
     where c.relnamespace = 'copilot_internal'::regnamespace and c.relkind = 'r' order by 1`,
  )
  for (const { name, first } of tables) {
    await session.run(`alter table ${name} disable trigger user`)
    await session.query(`update ${name} set ${first} = ${first}`)
    await session.run(`alter table ${name} enable trigger user`)
  }
}

const spendOf = async (session: Session) =>
  (await verifyFull(session)).findings.filter(({ id }) => id.startsWith('full/quotas/spend'))

needs('own-database')(
  'spend that was taken back is noticed, before a restore and after',
  async ({ ownDatabase }) => {
    const session = await (await ownDatabase()).connect()
    await session.run(fixture('a-metered-platform'))
    const told = async () => {
      await session.query('begin')
      const findings = await spendOf(session)
      await session.query('rollback')
      return findings.map(({ outcome }) => outcome)
    }
    expect(await told()).toEqual(['passed'])
    await restore(session)
    expect(await told()).toEqual(['passed'])
    await session.query(
      `update copilot_internal.cost_quotas set spent_usd = spent_usd - 0.2 where resource_type = 'e2b'`,
    )
    expect(await told()).toContain('failed')
    await restore(session)
    expect(await told()).toContain('failed')
    await session.close()
  },
)
