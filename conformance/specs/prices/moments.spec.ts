/**
 * What is changed at one moment: several times, used at once, about now, and at the edges of the minute that counts as now.
 *
 * Method: within a test now() stands still, as in any transaction. Distances are measured from it.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import {
  letTimePass,
  misdatedRecords,
  type PriceList,
  periodsOf,
  priceLists,
} from '../../../fixtures/price-lists.ts'
import { describe, expect, test } from '../../harness/index.ts'

const ahead = (time: string) => `now() + interval '${time}'`
const insert = ({ table, columns, row }: PriceList, price: string, from = 'now()') =>
  `insert into copilot_internal.${table} (${columns}, effective_date) values (${row(price)}, ${from})`
const change = ({ table, prices, where }: PriceList, price: string) =>
  `update copilot_internal.${table} set ${prices.map((column) => `${column} = ${price}`).join(', ')} where ${where}`
const end = ({ table, where }: PriceList, at: string) =>
  `update copilot_internal.${table} set expires_at = ${at} where ${where}`

describe.each(priceLists)('$table', (list) => {
  const { table, where, prices, seeded, set, record } = list
  const versions = (what: string) =>
    `select trim_scale(${prices[0]}) as price, ${what} from copilot_internal.${table} where ${where} order by effective_date`

  /** When each starts; what has been in force for long, a day ago. */
  const since = `greatest(effective_date - now(), interval '-1 day') as starts`

  describe('a price that is changed in place', () => {
    test('at the moment it began is kept, if it was charged', async ({ as, session }) => {
      await session.query(set('7'))
      await session.query(record(acme.tenantId))
      await as(service)(change(list, '8')).livesOk()
      await as(owner)(versions('true as kept')).resultsEq(
        [seeded, 7, 8].map((price) => ({ price, kept: true })),
      )
      await as(owner)(misdatedRecords).isEmpty()
    })

    test('at the moment it began is replaced, if nobody was charged it', async ({ as, session }) => {
      await session.query(set('7'))
      await session.query(record(acme.tenantId, `now() - interval '1 hour'`))
      await as(service)(change(list, '8')).livesOk()
      await as(owner)(versions('true as kept')).resultsEq([seeded, 8].map((price) => ({ price, kept: true })))
    })

    test('leaves its source to the value before, and the time of the change', async ({ as, session }) => {
      await session.query(
        set('6', `effective_date => ${ahead('1 day')}, source => 'later', notes => 'scheduled'`),
      )
      await session.run(letTimePass({ table }, '1 hour'))
      await session.run(`
        alter table copilot_internal.${table} disable trigger user;
        update copilot_internal.${table} set notes = coalesce(notes, 'seeded'), updated_at = '2026-01-05' where ${where};
        alter table copilot_internal.${table} enable trigger user`)
      await as(service)(
        change(list, '8').replace(' where', `, notes = 'changed', verified_on = '2026-05-01' where`),
      ).livesOk()
      await as(owner)(
        versions(`source is not null as sourced, verified_on, notes not in ('changed', 'scheduled') as seeded, created_by, created_at = now() as made_now,
                  case updated_at when now() then 'now' when '2026-01-05' then 'before' end as updated`),
      ).resultsEq([
        {
          price: seeded,
          sourced: true,
          verified_on: '2026-01-04',
          seeded: true,
          created_by: 'postgres',
          made_now: false,
          updated: 'now',
        },
        {
          price: 8,
          sourced: false,
          verified_on: '2026-05-01',
          seeded: false,
          created_by: 'service_role',
          made_now: true,
          updated: 'now',
        },
        {
          price: 6,
          sourced: true,
          verified_on: null,
          seeded: false,
          created_by: 'postgres',
          made_now: false,
          updated: 'before',
        },
      ])
    })

    test('has no verification of the value before', async ({ as }) => {
      await as(service)(change(list, '8')).livesOk()
      await as(owner)(versions('source is null as unsourced, verified_on, expires_at')).resultsEq([
        { price: seeded, unsourced: false, verified_on: '2026-01-04', expires_at: null },
        { price: 8, unsourced: true, verified_on: null, expires_at: null },
      ])
    })
  })

  test('inserted three times at one moment, the last price counts', async ({ as, session }) => {
    for (const price of ['7', '8', '7']) await session.query(insert(list, price))
    await as(owner)(versions(since)).resultsEq([
      { price: seeded, starts: '-1 days' },
      { price: 7, starts: '00:00:00' },
      { price: 8, starts: '00:00:00.000001' },
      { price: 7, starts: '00:00:00.000002' },
    ])
    await as(service)(insert(list, '7')).livesOk()
    await as(owner)(`select count(*) from copilot_internal.${table} where ${where}`).resultsEq([{ count: 4 }])
  })

  test.for(['set', 'changed in place'])(
    'price_moment: inserted twice and then %s, the last counts',
    async (way, { as, session }) => {
      for (const price of ['7', '8']) await session.query(insert(list, price))
      await as(service)(way === 'set' ? set('7') : change(list, '7')).livesOk()
      await as(service)(list.cost(ahead('1 millisecond'))).resultsEq([{ cost: 7 }])
      await as(service)(list.cost('now()')).resultsEq([{ cost: 7 }])
    },
  )

  test('a scheduled price that is corrected keeps its id', async ({ session }) => {
    const [first, second] = [
      await session.query(set('5', `effective_date => ${ahead('1 day')}`)),
      await session.query(set('6', `effective_date => ${ahead('1 day')}`)),
    ]
    expect(second).toEqual(first)
    const rows = await session.query(`select id from copilot_internal.${table} where effective_date > now()`)
    expect(first.map((row) => Object.values(row))).toEqual(rows.map(({ id }) => [id]))
  })

  test('a promotion may last a microsecond', async ({ as }) => {
    await as(service)(set('5', `expires_at => ${ahead('1 microsecond')}`)).livesOk()
    await as(owner)(periodsOf(list)).resultsEq([
      { price: seeded, starts: null, ends: '00:00:00' },
      { price: 5, starts: '00:00:00', ends: '00:00:00.000001' },
      { price: seeded, starts: '00:00:00.000001', ends: null },
    ])
  })

  test.for(['-00:05:00', '00:05:00'])('five minutes from now is not now: %s', async (by, { as, session }) => {
    for (const [way, statement] of [
      ['set', set('5', `effective_date => ${ahead(by)}`)],
      ['inserted', insert(list, '5', ahead(by))],
    ] as const) {
      await session.query(`savepoint ${way}`)
      await as(service)(statement).livesOk()
      await as(owner)(periodsOf(list)).resultsEq([
        { price: seeded, starts: null, ends: by },
        { price: 5, starts: by, ends: null },
      ])
      await session.query(`rollback to savepoint ${way}`)
    }
    await as(service)(end(list, ahead(by))).livesOk()
    await as(owner)(periodsOf(list)).resultsEq([{ price: seeded, starts: null, ends: by }])
  })

  test('a version that is to start within the minute is met by its start', async ({ as, session }) => {
    await session.query(set('5', `effective_date => ${ahead('1 hour')}`))
    await session.run(letTimePass({ table }, '59 minutes 30 seconds'))
    await as(service)(`${insert(list, '6', ahead('30 seconds'))}`).throwsOk('23505')
    await as(service)(`${insert(list, '6', ahead('30 seconds'))} on conflict do nothing`).livesOk()
    await as(owner)(periodsOf(list)).resultsEq([
      { price: seeded, starts: null, ends: '00:00:30' },
      { price: 5, starts: '00:00:30', ends: null },
    ])
  })

  test('a scheduled price that is ended now has no time at all', async ({ as, session }) => {
    await session.query(set('5', `effective_date => ${ahead('1 day')}`))
    await as(service)(`${end(list, 'now()')} and effective_date > now()`).livesOk()
    await as(owner)(versions('expires_at - effective_date as lasts')).resultsEq([
      { price: seeded, lasts: null },
      { price: 5, lasts: '00:00:00' },
    ])
    await as(owner)(periodsOf(list)).resultsEq([{ price: seeded, starts: null, ends: null }])
  })

  test('after a price that has just ended, one may be scheduled', async ({ as, session }) => {
    await session.query(end(list, 'now()'))
    await as(service)(insert(list, '5', ahead('1 day'))).livesOk()
    await as(owner)(periodsOf(list, `'-infinity'`)).resultsEq([
      { price: seeded, starts: null, ends: '00:00:00' },
      { price: 5, starts: '1 day', ends: null },
    ])
  })

  test('what began at this moment, and is due since, is cancelled as scheduled', async ({ as, session }) => {
    for (const price of ['7', '8']) await session.query(insert(list, price))
    await as(service)(list.cancel()).resultsEq([{ cancelled: 1 }])
    await as(owner)(versions('true as kept')).resultsEq([seeded, 7].map((price) => ({ price, kept: true })))
  })
})
