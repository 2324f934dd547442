/**
 * settle_price — at the commit, under repeatable read, a price begins or ends at the clock of that moment: what others have recorded since the snapshot cannot be seen.
 *
 * Method: the test's transaction is under repeatable read, sleeps for some milliseconds, and does what is deferred to the commit.
 */
import { acme, owner } from '../../../fixtures/people.ts'
import { priceLists } from '../../../fixtures/price-lists.ts'
import { describe, expect, test } from '../../harness/index.ts'

const ahead = (time: string) => `now() + interval '${time}'`
const ISOLATED = 'set transaction isolation level repeatable read'
const SLEEP = 'select pg_sleep(0.01)'
const COMMIT = 'set constraints all immediate'

describe.each(priceLists)('settle_price, on $table', (list) => {
  const { table, where, prices, seeded, set, record } = list
  /** Which versions begin, or end, in the time that has passed since now(). */
  const versions = `
    select trim_scale(${prices[0]}) as price, effective_date > now() + interval '10 milliseconds' as begins_later,
           expires_at > now() + interval '10 milliseconds' as ends_later
    from copilot_internal.${table} where ${where} order by effective_date`

  test('what begins now begins at the commit', async ({ as, session }) => {
    await session.query(ISOLATED)
    await session.query(set('5'))
    await session.query(SLEEP)
    await session.query(COMMIT)
    await as(owner)(versions).resultsEq([
      { price: seeded, begins_later: false, ends_later: null },
      { price: 5, begins_later: true, ends_later: null },
    ])
  })

  test('of two that begin now, the last begins last', async ({ as, session }) => {
    await session.query(ISOLATED)
    for (const price of ['5', '6'])
      await session.query(
        `insert into copilot_internal.${table} (${list.columns}) values (${list.row(price)})`,
      )
    await session.query(SLEEP)
    await session.query(COMMIT)
    await as(owner)(versions).resultsEq([
      { price: seeded, begins_later: false, ends_later: null },
      { price: 5, begins_later: true, ends_later: null },
      { price: 6, begins_later: true, ends_later: null },
    ])
  })

  test('what begins now, and ends before the commit, ends after it begins', async ({ as, session }) => {
    await session.query(ISOLATED)
    await session.query(set('5', `expires_at => ${ahead('5 milliseconds')}`))
    await session.query(SLEEP)
    await session.query(COMMIT)
    await as(owner)(versions).resultsEq([
      { price: seeded, begins_later: false, ends_later: null },
      { price: 5, begins_later: true, ends_later: true },
    ])
  })

  test('its own usage ahead of time is in the way of no beginning', async ({ as, session }) => {
    await session.query(ISOLATED)
    await session.query(set('5'))
    await session.query(record(acme.tenantId, ahead('5 seconds')))
    await session.query(SLEEP)
    await session.query(COMMIT)
    await as(owner)(versions).resultsEq([
      { price: seeded, begins_later: false, ends_later: null },
      { price: 5, begins_later: true, ends_later: null },
    ])
  })

  test('what ends as it begins is never in force', async ({ as, session }) => {
    await session.query(ISOLATED)
    await session.query(set('5'))
    await session.query(
      `update copilot_internal.${table} set expires_at = effective_date where ${where} and ${prices[0]} = 5`,
    )
    await session.query(SLEEP)
    await session.query(COMMIT)
    await as(owner)(
      `select expires_at = effective_date as never from copilot_internal.${table} where ${where} and ${prices[0]} = 5`,
    ).resultsEq([{ never: true }])
  })

  test('what is scheduled begins and ends as it was set', async ({ as, session }) => {
    await session.query(ISOLATED)
    await session.query(set('5', `effective_date => ${ahead('1 day')}, expires_at => ${ahead('2 days')}`))
    await session.query(SLEEP)
    await session.query(COMMIT)
    await as(owner)(
      `select effective_date - now() as begins, expires_at - now() as ends from copilot_internal.${table}
       where ${where} and effective_date > now()`,
    ).resultsEq([{ begins: '1 day', ends: '2 days' }])
  })

  test('read committed sees what others have recorded, and moves nothing', async ({ as, session }) => {
    await session.query(set('5', `expires_at => ${ahead('5 milliseconds')}`))
    await session.query(SLEEP)
    await session.query(COMMIT)
    await as(owner)(
      `select effective_date - now() as begins, expires_at - now() as ends from copilot_internal.${table}
       where ${where} and effective_date >= now()`,
    ).resultsEq([{ begins: '00:00:00', ends: '00:00:00.005' }])
  })

  test('usage at a price that would begin only after it is run again', async ({ session }) => {
    await session.query(ISOLATED)
    await session.query(set('5'))
    await session.query(record(acme.tenantId))
    await expect(session.query(COMMIT)).rejects.toMatchObject({
      code: '40001',
      message: expect.stringMatching(/would start only at/),
    })
  })
})
