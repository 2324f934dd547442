/**
 * keep_former_model_price, keep_former_e2b_price, set_model_price, set_e2b_price — versions that begin at one moment, and one that is over, beside the price in force.
 *
 * Method: within a test now() stands still, and the second of two versions begins a microsecond after the first.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import {
  letTimePass,
  modelPrice,
  type PriceList,
  priceLists,
  sandboxPrice,
} from '../../../fixtures/price-lists.ts'
import { describe, expect, test } from '../../harness/index.ts'

const ahead = (time: string) => `now() + interval '${time}'`
const insert = ({ table, columns, row }: PriceList, price: string, from = 'now()') =>
  `insert into copilot_internal.${table} (${columns}, effective_date) values (${row(price)}, ${from})`

/** Both lists, with the functions of each. */
const lists = priceLists.map(
  (list) =>
    [
      'keep_former_*_price, set_*_price'.replaceAll('*', list.table === 'model_pricing' ? 'model' : 'e2b'),
      list,
    ] as const,
)

describe.each(lists)('%s', (_functions, list) => {
  const { table, where, prices, seeded, set, record } = list
  const change = (price: string, more = '') =>
    `update copilot_internal.${table} set ${prices.map((column) => `${column} = ${price}`).join(', ')} where ${where}${more}`
  const versions = `
    select trim_scale(${prices[0]}) as price, greatest(effective_date - now(), interval '-1 day') as starts
    from copilot_internal.${table} where ${where} order by effective_date`

  test('a used version is not rewritten, though it began at this moment', async ({ as, session }) => {
    await session.query(insert(list, '7'))
    await session.query(record(acme.tenantId))
    await session.query(insert(list, '8'))
    await as(service)(change('9', ` and ${prices[0]} = 7`)).throwsOk('QT001', {
      message: /usage refers to keeps its name and its start, and its value/,
    })
  })

  test('a version that is over is not rewritten, and the refusal says so', async ({ as, session }) => {
    await session.query(set('7'))
    await session.run(letTimePass(list, '1 hour'))
    await as(service)(change('9', ` and ${prices[0]} = ${seeded}`)).throwsOk('QT001', {
      message: /is over cannot be rewritten/,
    })
  })

  test('an unused version, met alone, has the new value', async ({ as, session }) => {
    for (const price of ['7', '8']) await session.query(insert(list, price))
    await as(service)(change('9', ` and ${prices[0]} = 7`)).livesOk()
    await as(owner)(versions).resultsEq([
      { price: seeded, starts: '-1 days' },
      { price: 9, starts: '00:00:00' },
      { price: 8, starts: '00:00:00.000001' },
    ])
  })

  test('met with the one in force, it keeps its value', async ({ as, session }) => {
    for (const price of ['7', '8']) await session.query(insert(list, price))
    await as(service)(change('9', ` and effective_date >= now()`)).livesOk()
    await as(owner)(versions).resultsEq([
      { price: seeded, starts: '-1 days' },
      { price: 7, starts: '00:00:00' },
      { price: 9, starts: '00:00:00.000001' },
    ])
  })

  test('a price that was set and used at this moment has a successor', async ({ as, session }) => {
    await session.query(set('7'))
    await session.query(record(acme.tenantId))
    await as(service)(set('8')).livesOk()
    await as(owner)(versions).resultsEq([
      { price: seeded, starts: '-1 days' },
      { price: 7, starts: '00:00:00' },
      { price: 8, starts: '00:00:00.000001' },
    ])
  })

  test('a price that is set as it is answers the version in force', async ({ session }) => {
    const [first, second] = [await session.query(set('7')), await session.query(set('7'))]
    expect(second).toEqual(first)
    const rows = await session.query(
      `select id from copilot_internal.${table} where ${where} and effective_date = now()`,
    )
    expect(second.map((row) => Object.values(row))).toEqual(rows.map(({ id }) => [id]))
  })

  test('a price set back to the one in use answers the version of that one', async ({ as, session }) => {
    const first = await session.query(set('7'))
    await session.query(record(acme.tenantId))
    await session.query(set('8'))
    expect(await session.query(set('7'))).toEqual(first)
    await as(owner)(versions).resultsEq([
      { price: seeded, starts: '-1 days' },
      { price: 7, starts: '00:00:00' },
    ])
  })

  test('a price that a trigger keeps out answers the version in force', async ({ session }) => {
    const [inForce] = await session.query(`select id from copilot_internal.${table} where ${where}`)
    // Neither one that has expired, nor one that is to come, nor one of another name.
    await session.query(set('5', `expires_at => ${ahead('1 hour')}`))
    await session.run(letTimePass(list, '2 hours'))
    await session.query(set('9', `effective_date => ${ahead('1 day')}`))
    const others =
      table === 'model_pricing'
        ? [modelPrice('openai', 'o3', '2'), modelPrice('azure', 'gpt-4o', '1')]
        : [sandboxPrice('high-cpu', 'us-east-1', '0.0004'), sandboxPrice('gpu', 'eu-west-1', '1')]
    for (const other of others) await session.query(other.set('1'))
    await session.run(`
      create function public.keep_out() returns trigger language plpgsql as 'begin return null; end';
      create trigger _000_first before insert on copilot_internal.${table} for each row execute function public.keep_out()`)
    const [answer] = await session.query(set('8'))
    expect(Object.values(answer ?? {})).toEqual([inForce?.['id']])
  })

  test('what is scheduled is changed, if only others in force are met', async ({ as, session }) => {
    const others =
      table === 'model_pricing'
        ? [modelPrice('openai', 'o3', '2'), modelPrice('azure', 'gpt-4o', '1')]
        : [sandboxPrice('high-cpu', 'us-east-1', '0.0004'), sandboxPrice('gpu', 'eu-west-1', '1')]
    for (const other of others) await session.query(other.set('1', `effective_date => '2026-02-01'`))
    for (const [i, other] of others.entries()) {
      const from = ahead(`${i + 1} days`)
      await session.query(set('5', `effective_date => ${from}`))
      await as(service)(
        change('9').replace(where, `${where} and effective_date = ${from} or ${other.where}`),
      ).livesOk()
      await as(owner)(`${versions.replace('order by', `and effective_date = ${from} order by`)}`).resultsEq([
        { price: 9, starts: i === 0 ? '1 day' : '2 days' },
      ])
    }
  })

  test('a promotion that is over is no jump, and hands no rate on', async ({ as, session }) => {
    await session.query(set('5', `effective_date => ${ahead('-2 hours')}`))
    const rates = list.prices.slice(1)
    const cheap =
      table === 'e2b_pricing'
        ? set('0.005', `${rates.map((rate) => `${rate} => 7`).join(', ')}, expires_at => ${ahead('1 hour')}`)
        : set('0.005', `expires_at => ${ahead('1 hour')}`)
    await session.query(cheap)
    await session.run(letTimePass(list, '2 hours'))
    await as(service)(set('6').replace(', allow_jump => true', '')).livesOk()
    await as(owner)(
      `select distinct ${rates.map((rate) => `trim_scale(${rate}) as ${rate}`).join(', ')} from copilot_internal.${table}
       where ${where} and effective_date = now()`,
    ).resultsEq(
      table === 'e2b_pricing'
        ? [
            {
              price_per_cpu_core_second: '0.000014',
              price_per_gb_memory_second: '0.0000045',
              price_per_gb_disk_io: '0',
            },
          ]
        : [{ output_price_per_million: 6 }],
    )
  })
})
