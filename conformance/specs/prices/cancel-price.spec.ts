/**
 * cancel_model_price, cancel_e2b_price — what can be cancelled, and what the refusal of all else says.
 *
 * Method: each argument by itself, on both lists.
 */
import { owner, service } from '../../../fixtures/people.ts'
import { priceLists } from '../../../fixtures/price-lists.ts'
import { describe, test } from '../../harness/index.ts'

const ahead = (time: string) => `now() + interval '${time}'`

/** Both lists, with the functions of each. */
const lists = priceLists.map(
  (list) =>
    ['cancel_*_price'.replaceAll('*', list.table === 'model_pricing' ? 'model' : 'e2b'), list] as const,
)

describe.each(lists)('%s', (called, list) => {
  const { table, row, where, prices } = list
  const [name = '', part = ''] = row('0').split(', ')
  const cancel = (...values: readonly string[]) =>
    `select copilot_internal.${called}(${values.join(', ')}) as cancelled`
  const scheduled = `select trim_scale(${prices[0]}) as price from copilot_internal.${table} where ${where} and effective_date > now() order by effective_date`

  test.for([
    ['null', part],
    [name, 'null'],
    ['null', 'null'],
  ])('%s, %s is refused', async (values, { as, session }) => {
    await session.query(list.set('5', `effective_date => ${ahead('1 day')}`))
    await as(service)(cancel(...values)).throwsOk('22004', { hint: /Leave effective_date out/ })
    await as(owner)(scheduled).resultsEq([{ price: 5 }])
  })

  test('a price in force is refused by its name', async ({ as }) => {
    const named = [name, part].map((one) => one.slice(1, -1)).join(table === 'model_pricing' ? ' ' : ' in ')
    await as(service)(cancel(name, part, `'2026-02-01 00:00+00'`)).throwsOk('QT001', {
      message: new RegExp(`^The price of ${named} that started at .+ is in force`),
      hint: /Only what is scheduled/,
    })
  })

  test('no price of another name, or of another part, is cancelled', async ({ as, session }) => {
    const from = `effective_date => ${ahead('1 day')}`
    await session.query(list.set('5', from))
    await session.query(list.set('6', from).replace(name, `'another'`))
    await session.query(list.set('7', from).replace(part, `'another'`))
    await as(service)(list.cancel()).resultsEq([{ cancelled: 1 }])
    await as(owner)(scheduled).isEmpty()
    await as(owner)(
      `select trim_scale(${prices[0]}) as price from copilot_internal.${table} where effective_date > now() order by 1`,
    ).resultsEq([{ price: 6 }, { price: 7 }])
  })
})
