/**
 * Prices that are changed in a transaction in which time passes: now() is when it began, and whoever sends a later time means now.
 *
 * Method: the transaction sleeps for some milliseconds. What is set in it, what is scheduled for then, and what has been in force
 * for half a minute, lie around the clock of the database.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import { letTimePass, listsWith, misdatedRecords, type PriceList } from '../../../fixtures/price-lists.ts'
import { describe, test } from '../../harness/index.ts'

const ahead = (time: string) => `now() + interval '${time}'`
const SLEEP = 'select pg_sleep(0.01)'
const insert = ({ table, columns, row }: PriceList, price: string, from = 'now()') =>
  `insert into copilot_internal.${table} (${columns}, effective_date) values (${row(price)}, ${from})`

describe.each(listsWith('start_*_price, guard_*_price, set_*_price, cancel_*_price'))(
  '%s',
  (_functions, list) => {
    const { table, where, prices, seeded, set, record } = list
    const versions = (what = 'true as kept') =>
      `select trim_scale(${prices[0]}) as price, ${what} from copilot_internal.${table} where ${where} order by effective_date`
    const kept = (...all: readonly (number | string)[]) => all.map((price) => ({ price, kept: true }))
    const announce = (at: string, more = '') =>
      `update copilot_internal.${table} set ${prices.map((price) => `${price} = 9`).join(', ')}, expires_at = ${at} where ${where}${more}`

    test('the same price at a start that is over meanwhile is no repetition', async ({ as, session }) => {
      await session.query(set('5', `effective_date => ${ahead('1 hour')}`))
      await session.run(letTimePass(list, '59 minutes 59.995 seconds'))
      await session.query(insert(list, '6'))
      await session.query(SLEEP)
      await as(service)(insert(list, '6', ahead('5 milliseconds'))).throwsOk('23505')
    })

    test('the same price again is there already, whatever waits for usage', async ({ as, session }) => {
      await session.query(insert(list, '8'))
      await session.query(record(acme.tenantId, ahead('5 milliseconds')))
      await session.query(insert(list, '9'))
      await session.query(SLEEP)
      await as(service)(insert(list, '8')).livesOk()
      await as(owner)(versions()).resultsEq(kept(seeded, 8, 9))
    })

    test('a minute ago is now, of which the price in force is compared', async ({ as, session }) => {
      await session.query(set('5'))
      await session.run(letTimePass(list, '30 seconds'))
      await session.query(SLEEP)
      await as(service)(set('5', `effective_date => now() - interval '1 minute'`)).livesOk()
      await as(owner)(versions()).resultsEq(kept(seeded, 5))
    })

    test('in a minute is now, whatever is scheduled until then', async ({ as, session }) => {
      await session.query(set('4'))
      await session.query(set('5', `effective_date => ${ahead('1 hour')}`))
      await session.run(letTimePass(list, '59 minutes 30 seconds'))
      await session.query(SLEEP)
      await as(service)(set('4', `effective_date => clock_timestamp() + interval '1 minute'`)).livesOk()
      await as(owner)(versions()).resultsEq(kept(seeded, 4, 5))
    })

    test('what begins after now() announces nothing, also when it has begun', async ({ as, session }) => {
      for (const price of ['7', '8']) await session.query(insert(list, price))
      await session.query(SLEEP)
      await as(service)(announce(ahead('2 hours'))).livesOk()
      await as(owner)(versions('announced_end - now() as announced')).resultsEq([
        { price: seeded, announced: '02:00:00' },
        { price: 7, announced: '02:00:00' },
        { price: 8, announced: null },
      ])
    })

    test('what ends after now() is announced, also when it has ended', async ({ as, session }) => {
      await session.query(set('7', `expires_at => ${ahead('5 milliseconds')}`))
      await session.query(SLEEP)
      await as(service)(announce(ahead('2 hours'), ` and ${prices[0]} = 7`)).livesOk()
      await as(owner)(versions('announced_end - now() as announced')).resultsEq([
        { price: seeded, announced: null },
        { price: 7, announced: '02:00:00' },
      ])
    })

    test('what is set again at this moment is replaced', async ({ as, session }) => {
      await session.query(set('5'))
      await session.query(SLEEP)
      await as(service)(set('6')).livesOk()
      await as(owner)(versions()).resultsEq(kept(seeded, 6))
    })

    test('what begins after now() is cancelled, also when it has begun', async ({ as, session }) => {
      for (const price of ['7', '8']) await session.query(insert(list, price))
      await session.query(SLEEP)
      await as(service)(list.cancel(ahead('1 microsecond'))).resultsEq([{ cancelled: 1 }])
      await as(owner)(versions()).resultsEq(kept(seeded, 7))
    })

    test('guard_price: what has begun at this moment may still be moved', async ({ as, session }) => {
      await session.query(set('5'))
      await session.query(SLEEP)
      await as(service)(
        `update copilot_internal.${table} set effective_date = ${ahead('1 day')} where ${where} and ${prices[0]} = 5`,
      ).livesOk()
      await as(owner)(versions('effective_date > now() as later')).resultsEq([
        { price: seeded, later: false },
        { price: 5, later: true },
      ])
    })

    describe('settle_price: usage', () => {
      const end = `update copilot_internal.${table} set expires_at = now() where ${where}`
      const MINUTE = ahead('1 minute 5 milliseconds')

      test('of the time that has passed keeps its price', async ({ as, session }) => {
        await session.query(SLEEP)
        await session.query(record(acme.tenantId, 'clock_timestamp()'))
        await as(service)(set('5')).livesOk()
        await as(owner)(misdatedRecords).isEmpty()
      })

      test('of the time that has passed keeps its price from ending', async ({ as, session }) => {
        await session.query(SLEEP)
        await session.query(record(acme.tenantId, 'clock_timestamp()'))
        await as(service)(end).livesOk()
        await as(owner)(misdatedRecords).isEmpty()
      })

      test('of a minute from the clock is waited for, by a start and an end', async ({ as, session }) => {
        await session.query(record(acme.tenantId, MINUTE))
        await session.query(SLEEP)
        await session.query('savepoint recorded')
        await as(service)(set('5')).livesOk()
        await as(owner)(misdatedRecords).isEmpty()
        await session.query('rollback to savepoint recorded')
        await as(service)(end).livesOk()
        await as(owner)(misdatedRecords).isEmpty()
      })
    })
  },
)
