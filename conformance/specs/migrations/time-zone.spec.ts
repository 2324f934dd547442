/**
 * Whoever applies the migrations, and wherever they sit: prices start at the same moments.
 */
import { migrations } from '../../engines/index.ts'
import { expect, test } from '../../harness/index.ts'

const PRICES = `
  select provider as list, model as item, effective_date, verified_on from copilot_internal.model_pricing
  union all
  select tier, region, effective_date, verified_on from copilot_internal.e2b_pricing
  order by 1, 2`

test('applied in another time zone, prices start at the same moments', async ({ platform }) => {
  const lists: unknown[] = []
  await platform.query('savepoint start')
  for (const zone of ['UTC', 'Asia/Kathmandu', 'America/Los_Angeles']) {
    await platform.query(`select set_config('TimeZone', $1, true)`, [zone])
    for (const { sql } of migrations()) await platform.run(sql)
    await platform.query(`set local timezone = 'UTC'`)
    lists.push(await platform.query(PRICES))
    await platform.query('rollback to savepoint start')
  }
  expect(lists[0]).toHaveLength(31)
  expect(lists).toEqual([lists[0], lists[0], lists[0]])
})
