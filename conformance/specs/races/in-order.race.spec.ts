/**
 * Prices that two clients change in a known order: one stops in the middle of its transaction, the other comes, and waits.
 *
 * Method: the first leaves its transaction open. Whoever has to wait is seen waiting before the first goes on; whoever must not
 * gives up at once if it waits. No round is left to chance.
 */
import { acme } from '../../../fixtures/people.ts'
import { misdatedRecords, modelPrice, type PriceList, priceLists } from '../../../fixtures/price-lists.ts'
import { describe, expect, needs } from '../../harness/index.ts'
import { two, waiting } from './two-clients.ts'

const concurrent = needs('two-sessions', 'own-database', 'own-backend')

describe.each(priceLists)('two changes of one price of $table', (list: PriceList) => {
  concurrent('come one after the other, and neither is lost', async ({ ownDatabase }) => {
    const [first, second] = await two(ownDatabase, 'set client_min_messages = warning')
    await first.query('begin')
    await first.query(list.set('3'))
    const [answer] = await waiting(first, second, list.set('4'))
    await first.query('commit')
    await answer
    const rows = await first.query(
      `select trim_scale(${list.prices[0]}) as price from copilot_internal.${list.table}
       where ${list.where} order by effective_date desc limit 2`,
    )
    expect(rows).toEqual([{ price: '4' }, { price: '3' }])
    await Promise.all([first.close(), second.close()])
  })

  concurrent('one that is cancelled meanwhile is not set again', async ({ ownDatabase }) => {
    const [first, second] = await two(ownDatabase, 'set client_min_messages = warning')
    await first.query(list.set('3', `effective_date => now() + interval '1 day'`))
    await first.query('begin')
    await first.query(list.cancel())
    const [answer] = await waiting(first, second, list.cancel())
    await first.query('commit')
    expect(await answer).toEqual([{ cancelled: '0' }])
    await Promise.all([first.close(), second.close()])
  })
})

describe.each(priceLists)('settle_price: a change of $table', (list: PriceList) => {
  const starts = `
    select p.effective_date - r.recorded_at as later from copilot_internal.${list.periods} as p, (
      select recorded_at from copilot_internal.llm_cost_records union all select recorded_at from copilot_internal.e2b_cost_records
    ) as r where ${list.where} and p.expires_at is null`

  concurrent('begins after usage that was being recorded before it', async ({ ownDatabase }) => {
    const [first, second] = await two(ownDatabase, 'set client_min_messages = warning')
    await first.query('begin')
    await first.query(list.record(acme.tenantId, `now() + interval '5 seconds'`))
    const [answer] = await waiting(first, second, list.set('5'))
    await first.query('commit')
    await answer
    expect(await first.query(starts)).toEqual([{ later: '00:00:00.000001' }])
    expect(await first.query(misdatedRecords)).toEqual([])
    await Promise.all([first.close(), second.close()])
  })

  concurrent('that was used at once, and has to begin later, is run again', async ({ ownDatabase }) => {
    const [first, second] = await two(ownDatabase, 'set client_min_messages = warning')
    await first.query('begin')
    await first.query(list.set('5'))
    await first.query(list.record(acme.tenantId))
    await second.query(list.record(acme.tenantId))
    await expect(first.query('commit')).rejects.toMatchObject({ code: '40001' })
    await first.query('rollback')
    expect(await second.query(misdatedRecords)).toEqual([])
    await second.query(list.set('5'))
    expect(await second.query(list.cost('now()'))).toEqual([{ cost: '5' }])
    await Promise.all([first.close(), second.close()])
  })

  concurrent('with another one in its transaction waits for the usage of both', async ({ ownDatabase }) => {
    const other =
      list.table === 'model_pricing'
        ? modelPrice('openai', 'o3', '2')
        : modelPrice('openai', 'o4-mini', '1.1')
    for (const [one, rest] of [
      [list, other],
      [other, list],
    ] as const) {
      const [first, second] = await two(ownDatabase, 'set client_min_messages = warning')
      await first.query('begin')
      await first.query(one.record(acme.tenantId))
      await second.query('begin')
      await second.query(list.set('5'))
      await second.query(other.set('5'))
      const [answer] = await waiting(first, second, 'commit')
      // Whoever waits for one holds none of the other.
      await first.run(`set lock_timeout = '3s'`)
      await first.query(rest.record(acme.tenantId))
      await first.query('commit')
      await answer
      expect(await first.query(misdatedRecords)).toEqual([])
      await Promise.all([first.close(), second.close()])
    }
  })
})

concurrent('a rate that another change has just set is not set back', async ({ ownDatabase }) => {
  const [first, second] = await two(ownDatabase, 'set client_min_messages = warning')
  const set = (price: string, core: string) =>
    `select copilot_internal.set_e2b_price('gpu', 'us-east-1', ${price}, ${core}, allow_jump => true)`
  await first.query('begin')
  await first.query(set('0.0012', '0.5'))
  const [answer] = await waiting(first, second, set('0.0024', 'null'))
  await first.query('commit')
  await answer
  expect(
    await first.query(
      `select trim_scale(price_per_second) as price, trim_scale(price_per_cpu_core_second) as core
       from copilot_internal.e2b_pricing where tier = 'gpu' and region = 'us-east-1' order by effective_date desc limit 1`,
    ),
  ).toEqual([{ price: '0.0024', core: '0.5' }])
  await Promise.all([first.close(), second.close()])
})
