/** Whatever the isolation level, a price in force can be given an end, and one that was set can be taken back at once. */
import { priceLists } from '../../../fixtures/price-lists.ts'
import { describe, expect, needs } from '../../harness/index.ts'

const alone = needs('own-database')

describe.each(priceLists)('$table', ({ table, where, set, cost, prices }) => {
  alone.for(['read committed', 'repeatable read', 'serializable'])(
    'a price in force is ended, under %s',
    async (level, { ownDatabase }) => {
      const session = await (await ownDatabase()).connect()
      await session.run(`begin isolation level ${level}`)
      await session.query(
        `update copilot_internal.${table} set expires_at = now() + interval '1 day' where ${where} and effective_date <= now()`,
      )
      await session.query('commit')
      expect(
        await session.query(
          `select count(*) from copilot_internal.${table} where ${where} and expires_at > now() + interval '23 hours'`,
        ),
      ).toEqual([{ count: '1' }])
      await session.close()
    },
  )

  alone.for(['read committed', 'repeatable read', 'serializable'])(
    'a price is set and ended in one transaction, under %s',
    async (level, { ownDatabase }) => {
      const session = await (await ownDatabase()).connect()
      await session.run(`begin isolation level ${level}`)
      await session.query(set('5'))
      await session.query(
        `update copilot_internal.${table} set expires_at = effective_date where ${where} and ${prices[0]} = 5`,
      )
      await session.query('commit')
      expect(await session.query(cost('now()'))).not.toEqual([{ cost: '5' }])
      await session.close()
    },
  )
})
