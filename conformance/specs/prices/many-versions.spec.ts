/**
 * model_price_periods, e2b_price_periods — the periods of many versions, in whatever order the server comes across them.
 *
 * Method: a version an hour, written in no order; every third is a promotion, and is over before the next one. The server is
 * made to read and group by hashes, where it has no order to go by.
 */
import { acme, owner } from '../../../fixtures/people.ts'
import { modelPrice, priceLists, sandboxPrice } from '../../../fixtures/price-lists.ts'
import { describe, test } from '../../harness/index.ts'

const VERSIONS = 30
const ANY_ORDER = ['enable_sort', 'enable_incremental_sort', 'enable_indexscan', 'enable_indexonlyscan']
  .map((way) => `set local ${way} = off;`)
  .concat('set local cpu_tuple_cost = 0; set local cpu_operator_cost = 0;')
  .join('\n')

describe.each(priceLists)('$periods', ({ table, periods }) => {
  const list = table === 'model_pricing' ? modelPrice('p', 'm', '1') : sandboxPrice('p', 'm', '1')
  const columns = `${list.name}, ${list.prices.join(', ')}`
  const values = `'p', 'm', ${list.prices.map(() => 'n').join(', ')}`

  test('each begins where the one before it ends', async ({ as, session }) => {
    await session.run(`
      alter table copilot_internal.${table} disable trigger user;
      insert into copilot_internal.${table} (${columns}, effective_date, expires_at)
      select ${values}, '2026-02-01'::timestamptz + n * interval '1 hour',
             case when n % 3 = 0 then '2026-02-01'::timestamptz + (n + 2.5) * interval '1 hour' end
      from generate_series(1, ${VERSIONS}) as n order by md5(n::text);
      insert into copilot_internal.${table} (${columns}, effective_date)
      select name, part, ${list.prices.map(() => '99').join(', ')}, '2026-02-01'::timestamptz + n * interval '30 minutes'
      from generate_series(1, ${VERSIONS}) as n, (values ('p', 'another'), ('another', 'm')) as others (name, part);
      alter table copilot_internal.${table} enable trigger user;
      ${ANY_ORDER}`)
    const hours = (moment: string) => `extract(epoch from ${moment} - '2026-02-01') / 3600`
    await as(owner)(`
      select trim_scale(${list.prices[0]}) as price, trim_scale(${hours('effective_date')}) as begins,
             trim_scale(${hours('expires_at')}) as ends
      from copilot_internal.${periods} where ${list.where} order by effective_date`).resultsEq([
      ...Array.from({ length: VERSIONS - 1 }, (_, i) => ({ price: i + 1, begins: i + 1, ends: i + 2 })),
      { price: VERSIONS, begins: VERSIONS, ends: VERSIONS + 2.5 },
      { price: VERSIONS - 1, begins: VERSIONS + 2.5, ends: null },
    ])
  })

  test('a time without a price is no period', async ({ as, session }) => {
    const before = `select count(*) from copilot_internal.${periods}`
    await session.query(list.set('1', `expires_at => now() + interval '1 day'`))
    await session.query(
      list.set('2', `effective_date => now() + interval '1 hour', expires_at => now() + interval '2 hours'`),
    )
    await as(owner)(`select count(*) from copilot_internal.${periods} where ${list.where}`).resultsEq([
      { count: 3 },
    ])
    await as(owner)(`${before} where pricing_id is null or effective_date is null`).resultsEq([{ count: 0 }])
  })
})

test('priced_usage: each record with a price is in it, and no other', async ({ as, session }) => {
  for (const list of [
    modelPrice('nobody', 'knows', '1'),
    sandboxPrice('nobody', 'knows', '1'),
    ...priceLists,
  ])
    for (let count = 0; count < 2; count += 1) await session.query(list.record(acme.tenantId))
  await as(owner)`
    select list, count(*), bool_and(pricing_id is not null) as priced from copilot_internal.priced_usage group by list`.bagEq(
    [
      { list: 'model_pricing', count: 2, priced: true },
      { list: 'e2b_pricing', count: 2, priced: true },
    ],
  )
})
