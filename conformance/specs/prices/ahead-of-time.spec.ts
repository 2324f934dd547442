/**
 * settle_price — usage that is reported ahead of time: a change that begins or ends now does so right after it, within a minute; beyond, it is
 * refused, and so is a change of any later time that usage is charged in.
 *
 * Method: within a test now() stands still. Distances are measured from it.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import { misdatedRecords, type PriceList, priceLists } from '../../../fixtures/price-lists.ts'
import { describe, test } from '../../harness/index.ts'

const ahead = (time: string) => `now() + interval '${time}'`
const insert = ({ table, columns, row }: PriceList, price: string, from = 'now()') =>
  `insert into copilot_internal.${table} (${columns}, effective_date) values (${row(price)}, ${from})`
const end = ({ table, where }: PriceList, at: string) =>
  `update copilot_internal.${table} set expires_at = ${at} where ${where}`

describe.each(priceLists)('settle_price, on $table', (list) => {
  const { table, where, prices, seeded, set, record } = list
  const versions = (what: string) =>
    `select trim_scale(${prices[0]}) as price, ${what} from copilot_internal.${table} where ${where} order by effective_date`

  test('changed twice before usage, the last price counts', async ({ as, session }) => {
    await session.query(record(acme.tenantId, ahead('5 seconds')))
    for (const price of ['7', '8']) await as(service)(insert(list, price)).livesOk()
    await as(owner)(versions(`greatest(effective_date - now(), interval '-1 day') as starts`)).resultsEq([
      { price: seeded, starts: '-1 days' },
      { price: 7, starts: '00:00:05.000001' },
      { price: 8, starts: '00:00:05.000002' },
    ])
    await as(owner)(misdatedRecords).isEmpty()
  })

  describe('usage that is reported ahead', () => {
    test.for(['0 seconds', '5 seconds', '55 seconds'])(
      'moves the end of its price that is set now: %s',
      async (by, { as, session }) => {
        await session.query(record(acme.tenantId, ahead(by)))
        await as(service)(end(list, 'now()')).livesOk()
        await as(owner)(versions(`expires_at - now() - interval '${by}' as later`)).resultsEq([
          { price: seeded, later: '00:00:00.000001' },
        ])
        await as(owner)(misdatedRecords).isEmpty()
      },
    )

    test('moves an end and a start behind the last of it', async ({ as, session }) => {
      for (const by of ['9 seconds', '5 seconds', '7 seconds'])
        await session.query(record(acme.tenantId, ahead(by)))
      await as(service)(end(list, 'now()')).livesOk()
      await as(owner)(versions('expires_at - now() as ends')).resultsEq([
        { price: seeded, ends: '00:00:09.000001' },
      ])
      await as(service)(insert(list, '5')).livesOk()
      await as(owner)(`${versions('effective_date - now() as starts')} offset 1`).resultsEq([
        { price: 5, starts: '00:00:09.000001' },
      ])
      await as(owner)(misdatedRecords).isEmpty()
    })

    test('by more than a minute, refuses a change and an end', async ({ as, session }) => {
      await session.query(record(acme.tenantId, ahead('65 seconds')))
      await as(service)(end(list, 'now()')).throwsOk('QT001', { message: /cannot end at/ })
      await as(service)(insert(list, '5')).throwsOk('QT001', { message: /cannot start at/ })
      await as(service)(insert(list, '5', ahead('65 seconds'))).throwsOk('QT001', {
        message: /cannot start at/,
      })
      await as(service)(insert(list, '5', ahead('65.000001 seconds'))).livesOk()
    })

    test('is named by its last, where a change is refused', async ({ as, session }) => {
      for (const by of ['65 seconds', '75 seconds', '70 seconds'])
        await session.query(record(acme.tenantId, ahead(by)))
      const [last] = await session.query(`select (${ahead('75 seconds')})::text as at`)
      const hint = new RegExp(`after ${last?.['at']?.replace(/[+.]/g, '\\$&')}, the last of that usage`)
      await as(service)(insert(list, '5')).throwsOk('QT001', { hint })
      await as(service)(end(list, 'now()')).throwsOk('QT001', { hint })
    })

    test('is in the way of a promotion only before that ends', async ({ as, session }) => {
      await session.query(record(acme.tenantId, ahead('2 days')))
      const promote = (until: string) => set('5', `expires_at => ${ahead(until)}`)
      await as(service)(promote('2 days 00:00:00.000001')).throwsOk('QT001', { message: /cannot start at/ })
      await as(service)(promote('2 days')).livesOk()
      await as(owner)(misdatedRecords).isEmpty()
    })

    test('at a later price is in nobody’s way', async ({ as, session }) => {
      await session.query(set('6', `effective_date => ${ahead('1 day')}`))
      await session.query(record(acme.tenantId, ahead('2 days')))
      await as(service)(insert(list, '5', ahead('12 hours'))).livesOk()
      await as(service)(insert(list, '7', ahead('2 days'))).throwsOk('QT001', { message: /cannot start at/ })
      await as(owner)(misdatedRecords).isEmpty()
    })
  })
})
