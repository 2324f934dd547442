/**
 * price_start, check_price — what the first half of the published recipe announces: a successor, which may begin earlier than it was said, and not later.
 *
 * Method: an UPDATE that sets prices and an end, on both lists, and another price beside it of which the same is said.
 */
import { owner, service } from '../../../fixtures/people.ts'
import {
  modelPrice,
  type PriceList,
  periodsOf,
  priceLists,
  sandboxPrice,
} from '../../../fixtures/price-lists.ts'
import { describe, expect, test } from '../../harness/index.ts'

const ahead = (time: string) => `now() + interval '${time}'`
const announce = ({ table, prices, where }: PriceList, at: string) =>
  `update copilot_internal.${table} set ${prices.map((price) => `${price} = 5`).join(', ')}, expires_at = ${at} where ${where}`
const insert = ({ table, columns, row }: PriceList, from: string, price = '5') =>
  `insert into copilot_internal.${table} (${columns}, effective_date) values (${row(price)}, ${from})`
/** Sets something of a price's versions past the triggers. */
const past = ({ table, where }: PriceList, set: string) => `
  set constraints all immediate;
  set constraints all deferred;
  alter table copilot_internal.${table} disable trigger user;
  update copilot_internal.${table} set ${set} where ${where};
  alter table copilot_internal.${table} enable trigger user`
/** What each version of a price has announced. */
const announced = ({ table, prices, where }: PriceList) => `
  select trim_scale(${prices[0]}) as price, announced_end - now() as announced
  from copilot_internal.${table} where ${where} order by effective_date`

describe.each(
  priceLists.map((list) => ({
    list,
    table: list.table,
    // The same name, but for one part of it.
    others:
      list.table === 'model_pricing'
        ? [modelPrice('openai', 'o3', '2'), modelPrice('azure', 'gpt-4o', '1')]
        : [sandboxPrice('high-cpu', 'us-east-1', '0.0004'), sandboxPrice('gpu', 'eu-west-1', '1')],
  })),
)('price_start, price_expiry, check_price, on $table', ({ list, others }) => {
  const setter = list.table === 'model_pricing' ? 'set_model_price' : 'set_e2b_price'

  test('a later price is no gap, once the successor is there', async ({ as }) => {
    await as(service)(announce(list, ahead('10 minutes'))).livesOk()
    await as(service)(insert(list, ahead('10 minutes'))).livesOk()
    await as(service)(insert(list, ahead('1 day'), '6')).livesOk()
    await as(owner)(periodsOf(list)).resultsEq([
      { price: list.seeded, starts: null, ends: '00:10:00' },
      { price: 5, starts: '00:10:00', ends: '1 day' },
      { price: 6, starts: '1 day', ends: null },
    ])
  })

  test(`whoever calls ${setter} is not bound by it`, async ({ as }) => {
    await as(service)(announce(list, ahead('10 minutes'))).livesOk()
    await as(service)(list.set('5', `effective_date => ${ahead('15 minutes')}`)).livesOk()
    await as(owner)(periodsOf(list)).resultsEq([
      { price: list.seeded, starts: null, ends: '00:15:00' },
      { price: 5, starts: '00:15:00', ends: null },
    ])
  })

  test.for(['inserted', `set by ${setter}`])(
    'it binds its own price, whatever other is %s',
    async (way, { as, session }) => {
      for (const other of others) {
        await session.query(other.set(other.seeded, `effective_date => '2026-02-01'`))
        await as(service)(announce(other, ahead('10 minutes'))).livesOk()
      }
      await as(service)(way === 'inserted' ? insert(list, 'now()') : list.set('5')).livesOk()
      for (const other of others) await as(service)(insert(other, ahead('15 minutes'))).throwsOk('QT007')
    },
  )

  test('it binds nobody when it is about now', async ({ as }) => {
    for (const at of [ahead('50 seconds'), `clock_timestamp() + interval '1 minute'`]) {
      await as(service)(announce(list, at)).livesOk()
      await as(owner)(announced(list)).resultsEq([{ price: list.seeded, announced: null }])
    }
    await as(service)(insert(list, ahead('1 day'))).livesOk()
  })

  test('it is said of what is in force, and not of what is over or scheduled', async ({ as, session }) => {
    await session.query(list.set('2', `effective_date => '2026-02-01', expires_at => ${ahead('1 hour')}`))
    await session.query(list.set('3', `expires_at => ${ahead('5 hours')}`))
    await session.query(list.set('4', `effective_date => ${ahead('1 day')}`))
    await session.run(past(list, `expires_at = case ${list.prices[0]} when 2 then now() else expires_at end`))
    await as(service)(announce(list, ahead('2 hours'))).livesOk()
    await as(owner)(announced(list)).resultsEq([
      { price: list.seeded, announced: '02:00:00' },
      { price: 2, announced: null },
      { price: 3, announced: '02:00:00' },
      { price: 4, announced: null },
    ])
  })

  test('of several that are in force, the first to come binds', async ({ as, session }) => {
    await session.query(list.set('3', `expires_at => ${ahead('5 hours')}`))
    const only = (price: string) => ` and ${list.prices[0]} = ${price}`
    await as(service)(announce(list, ahead('2 hours')) + only(list.seeded)).livesOk()
    await as(service)(announce(list, ahead('1 hour')) + only('3')).livesOk()
    await as(owner)(announced(list)).resultsEq([
      { price: list.seeded, announced: '02:00:00' },
      { price: 3, announced: '01:00:00' },
    ])
    await as(service)(insert(list, ahead('90 minutes'))).throwsOk('QT007', { message: /would have no price/ })
    await as(service)(insert(list, ahead('1 hour'))).livesOk()
  })

  test.for([
    ['has begun at this moment', 'notes => null'],
    ['is a promotion', `expires_at => ${ahead('1 hour')}`],
  ] as const)('an end that is past, of what %s, is refused', async ([, more], { as, session }) => {
    await session.query(list.set('3', more))
    await as(service)(
      `${announce(list, `now() - interval '10 minutes'`)} and ${list.prices[0]} = 3`,
    ).throwsOk('QT001', { message: /before its successor is there/ })
  })

  test.for([
    ['over', `expires_at => ${ahead('1 hour')}`],
    ['scheduled', `effective_date => ${ahead('1 day')}`],
  ] as const)(
    'an end that is past, of what is %s, changes nothing',
    async ([which, more], { as, session }) => {
      await session.query(list.set('3', more))
      if (which === 'over')
        await session.run(past(list, `expires_at = case ${list.prices[0]} when 3 then now() end`))
      const versions = `select to_jsonb(p) - 'updated_at' as version from copilot_internal.${list.table} as p where ${list.where} order by effective_date`
      const before = await session.query(versions)
      await as(service)(
        `${announce(list, `now() - interval '10 minutes'`)} and ${list.prices[0]} = 3`,
      ).livesOk()
      expect(await session.query(versions)).toEqual(before)
    },
  )

  test('one that is past binds nobody', async ({ as, session }) => {
    for (const [ago, from] of [
      ['0', '1 day'],
      ['1 hour', '2 days'],
    ] as const) {
      await session.run(past(list, `announced_end = now() - interval '${ago}'`))
      await as(service)(insert(list, ahead(from))).livesOk()
    }
  })

  test.for(['0', '1 hour'])(
    'one that is past hides no end that is to come: %s',
    async (ago, { as, session }) => {
      await session.run(
        past(list, `announced_end = now() - interval '${ago}', expires_at = ${ahead('10 minutes')}`),
      )
      await as(service)(insert(list, ahead('1 day'))).throwsOk('QT007')
    },
  )
})
