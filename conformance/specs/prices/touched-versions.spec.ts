/**
 * touch_price_versions — a new version writes those anew that it takes time from: who records at one of them with a snapshot from before finds out.
 *
 * Method: a row that is written has another place. Beside the price there are versions that are over, that end where the new one
 * begins, that are scheduled, and prices of other names.
 */
import { owner } from '../../../fixtures/people.ts'
import { letTimePass, modelPrice, priceLists, sandboxPrice } from '../../../fixtures/price-lists.ts'
import type { Session } from '../../engines/index.ts'
import { describe, expect, test } from '../../harness/index.ts'

const ahead = (time: string) => `now() + interval '${time}'`

describe.each(priceLists)('touch_price_versions, check_price, keep_former, on $table', (list) => {
  const places = async (session: Session) => {
    const rows = await session.query(
      `select id::text, trim_scale(${list.prices[0]})::text as price, ctid::text as place from copilot_internal.${list.table}`,
    )
    return new Map(rows.map(({ id, price, place }) => [id, { price, place }]))
  }

  test('what it takes time from is written anew, and no other', async ({ session }) => {
    const others =
      list.table === 'model_pricing'
        ? [modelPrice('azure', 'gpt-4o', '1'), modelPrice('openai', 'gpt-5o', '1')]
        : [sandboxPrice('gpu', 'eu-west-1', '1'), sandboxPrice('cpu', 'us-east-1', '1')]
    await session.query(list.set('31'))
    await session.run(letTimePass(list, '1 day'))
    // Younger than what time is taken from: a price of another name bounds nothing.
    for (const other of others) await session.query(other.set('1'))
    await session.query(list.set('32', `expires_at => ${ahead('1 hour')}`))
    await session.run(letTimePass(list, '2 hours'))
    await session.query(list.set('33', `expires_at => ${ahead('3 hours')}`))
    await session.query(
      list.set('34', `effective_date => ${ahead('1 hour')}, expires_at => ${ahead('2 hours')}`),
    )
    await session.query(list.set('36', `effective_date => ${ahead('1 day')}`))
    const before = await places(session)
    await session.query(
      `insert into copilot_internal.${list.table} (${list.columns}, effective_date) values (${list.row('35')}, ${ahead('2 hours')})`,
    )
    const written = [...(await places(session))].filter(([id, { place }]) => before.get(id)?.place !== place)
    expect(written.map(([, { price }]) => price).sort()).toEqual(['31', '33', '35'])
  })

  test('a promotion is written anew, also where no price is before it', async ({ session }) => {
    const alone = list.table === 'model_pricing' ? modelPrice('p', 'm', '1') : sandboxPrice('p', 'm', '1')
    await session.query(alone.set('41', `expires_at => ${ahead('3 hours')}`))
    const before = await places(session)
    await session.query(alone.set('42', `effective_date => ${ahead('2 hours')}`))
    const written = [...(await places(session))].filter(([id, { place }]) => before.get(id)?.place !== place)
    expect(written.map(([, { price }]) => price).sort()).toEqual(['41', '42'])
  })

  test('the setting that it writes by is off again', async ({ as, session }) => {
    for (const statement of [
      list.set('5'),
      list.set('6', `effective_date => ${ahead('1 day')}`),
      // The last row that it meets is the scheduled one, which keeps its price.
      `update copilot_internal.${list.table} set ${list.prices[0]} = 7 where ${list.where}`,
    ]) {
      await session.query(statement)
      await as(owner)`
        select current_setting('copilot_internal.price_change', true) = 'on' as is_on`.resultsEq([
        { is_on: false },
      ])
    }
  })
})
