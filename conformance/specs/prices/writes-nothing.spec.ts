/**
 * A statement that writes no row changes nothing: no period, no price, no component.
 *
 * Method: a price has a version that is over, one in force and one scheduled. Each way to write nothing at one of them leaves
 * both lists, their periods and the components as they were, row by row.
 */
import { owner, service } from '../../../fixtures/people.ts'
import { letTimePass, type PriceList, priceLists } from '../../../fixtures/price-lists.ts'
import type { Session } from '../../engines/index.ts'
import { describe, sampled, test } from '../../harness/index.ts'

/** All that a price change could touch. */
const everything = `
  select 'model_pricing' as list, p::text as row from copilot_internal.model_pricing as p
  union all select 'e2b_pricing', p::text from copilot_internal.e2b_pricing as p
  union all select 'model_price_periods', p::text from copilot_internal.model_price_periods as p
  union all select 'e2b_price_periods', p::text from copilot_internal.e2b_price_periods as p
  union all select 'components', c::text from copilot_internal.model_pricing_components as c`

const versions = [
  { which: 'over', price: '2' },
  { which: 'in force', price: '3' },
  { which: 'scheduled', price: '4' },
] as const

/** A version that is over, one in force and one scheduled for tomorrow, at the prices above. */
async function threeVersions(session: Session, list: PriceList): Promise<void> {
  for (const price of ['2', '3']) {
    await session.query(list.set(price))
    await session.run(letTimePass(list, '1 day'))
  }
  await session.query(list.set('4', `effective_date => now() + interval '1 day'`))
}

describe.each(priceLists)('$table', (list) => {
  const { table, columns, row, name, prices, where } = list
  test.beforeEach(({ session }) => threeVersions(session, list))

  describe.each(versions)('a version that is $which', ({ price }) => {
    const version = `${where} and ${prices[0]} = ${price}`
    const sameId = `insert into copilot_internal.${table} (id, ${columns})
      select id, ${row('5')} from copilot_internal.${table} where ${version}`
    const sameKey = `insert into copilot_internal.${table} (${columns}, effective_date)
      select ${row('5')}, effective_date from copilot_internal.${table} where ${version}`
    const merge = (on: string) => `merge into copilot_internal.${table} as t
      using (select * from copilot_internal.${table} where ${version}) as s on ${on}`

    sampled([
      ['an id that is there, no target', `${sameId} on conflict do nothing`],
      ['an id that is there, as target', `${sameId} on conflict (id) do nothing`],
      ['a start that is there, no target', `${sameKey} on conflict do nothing`],
      ['a start that is there, as target', `${sameKey} on conflict (${name}, effective_date) do nothing`],
      ['do update, where false', `${sameId} on conflict (id) do update set notes = 'x' where false`],
      ['merge, matched, do nothing', `${merge('t.id = s.id')} when matched then do nothing`],
      [
        'merge, not matched, never inserted',
        `${merge('t.id = s.id')} when not matched then insert (${columns}) values (${row('5')})`,
      ],
      [
        'an UPDATE of no row',
        `update copilot_internal.${table} set ${prices[0]} = 5, expires_at = now() where ${version} and false`,
      ],
      ['a DELETE of no row', `delete from copilot_internal.${table} where ${version} and false`],
    ] as const)('%s', async ([, statement], { as, session }) => {
      const before = await session.query(everything)
      await as(service)(statement).livesOk()
      await as(owner)(everything).bagEq(before)
    })

    test('a price that is set as it is', async ({ as, session }) => {
      const [{ at } = { at: null }] = await session.query(
        `select effective_date::text as at from copilot_internal.${table} where ${version}`,
      )
      const before = await session.query(everything)
      await as(service)(list.set(price, `effective_date => '${at}'`)).livesOk()
      await as(owner)(everything).bagEq(before)
    })
  })

  test('an INSERT that selects no row', async ({ as, session }) => {
    const before = await session.query(everything)
    await as(service)(
      `insert into copilot_internal.${table} (${columns}) select ${row('5')} where false`,
    ).livesOk()
    await as(owner)(everything).bagEq(before)
  })

  describe.each(['_000_first', '_999_last'])('a row that a trigger keeps out, %s of all', (trigger) => {
    test.beforeEach(({ session }) =>
      session.run(`
        create function public.keep_out() returns trigger language plpgsql as 'begin return null; end';
        create trigger ${trigger} before insert or update or delete on copilot_internal.${table}
          for each row execute function public.keep_out()`),
    )

    sampled([
      ['inserted', `insert into copilot_internal.${table} (${columns}) values (${row('5')})`],
      [
        'upserted',
        `insert into copilot_internal.${table} (${columns}) values (${row('5')}) on conflict do nothing`,
      ],
      ['set', list.set('5')],
      ['changed in place', `update copilot_internal.${table} set ${prices[0]} = 5 where ${where}`],
      ['ended', `update copilot_internal.${table} set expires_at = now() where ${where}`],
      [
        'moved',
        `update copilot_internal.${table} set effective_date = effective_date + interval '1 hour' where ${where} and effective_date > now()`,
      ],
      ['cancelled', list.cancel()],
      ['deleted', `delete from copilot_internal.${table} where ${where} and effective_date > now()`],
    ] as const)('%s', async ([, statement], { as, session }) => {
      const before = await session.query(everything)
      await as(service)(statement).livesOk()
      await as(owner)(everything).bagEq(before)
    })
  })

  test.for([
    [
      'a constraint',
      'check_violation',
      `insert into copilot_internal.${table} (${columns}) values (${row('-5')})`,
      '23514',
    ],
    [
      'a second row of the statement',
      'unique_violation',
      `insert into copilot_internal.${table} (${columns}, effective_date)
       values (${row('5')}, now()), (${row('6')}, now() + interval '1 hour'), (${row('7')}, now() + interval '1 hour')`,
      '23505',
    ],
  ] as const)('a row that %s keeps out', async ([, , statement, code], { as, session }) => {
    const before = await session.query(everything)
    await as(service)(statement).throwsOk(code)
    await as(owner)(everything).bagEq(before)
  })

  test('a row that a policy keeps out', async ({ as, session }) => {
    await session.run(`
      grant insert, update, delete on copilot_internal.${table} to authenticated;
      grant execute on all functions in schema copilot_internal to authenticated;
      create policy somebody_elses on copilot_internal.${table} for all to authenticated using (false) with check (false)`)
    const before = await session.query(everything)
    const somebody = { name: 'somebody', role: 'authenticated' } as const
    await as(somebody)(`insert into copilot_internal.${table} (${columns}) values (${row('5')})`).throwsOk(
      '42501',
    )
    await as(somebody)(`update copilot_internal.${table} set ${prices[0]} = 5 where ${where}`).livesOk()
    await as(somebody)(`delete from copilot_internal.${table} where ${where}`).livesOk()
    await as(owner)(everything).bagEq(before)
  })
})
