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

test.for(['Asia/Kathmandu', 'America/Los_Angeles'])(
  'applied in %s, prices start at the same moments as in UTC',
  async (zone, { session, platform }) => {
    const list = await session.query(PRICES)
    expect(list).toHaveLength(31)
    await platform.query(`select set_config('TimeZone', $1, true)`, [zone])
    for (const { sql } of migrations()) await platform.run(sql)
    await platform.query(`set local timezone = 'UTC'`)
    expect(await platform.query(PRICES)).toEqual(list)
  },
)
