/**
 * The settings that a price change works with are gone with its transaction: a connection that is handed on has none of them.
 *
 * Method: one session, on both lists, in autocommit. What the session itself has set under one of these names it has again.
 */
import { acme } from '../../../fixtures/people.ts'
import { priceLists } from '../../../fixtures/price-lists.ts'
import { describe, expect, needs } from '../../harness/index.ts'

const ahead = (time: string) => `now() + interval '${time}'`
const settings = `
  select name, current_setting('copilot_internal.' || name, true) as value
  from unnest(array['price_change', 'changed_prices', 'components', 'has_charged']) as name
  where current_setting('copilot_internal.' || name, true) <> ''
  union all
  select name, setting from pg_catalog.pg_settings where name = 'lock_timeout' and source <> 'default'
  order by name`

describe('keep_former_model_price, set_model_price, give_components', () => {
  needs('own-database')(
    'settle_price, check_price, touch_price_versions: no setting is left',
    async ({ ownDatabase }) => {
      const session = await (await ownDatabase()).connect()
      await session.query(`set copilot_internal.price_change = 'mine'`)
      await session.query(
        `select copilot_internal.set_quota('tenant', '${acme.tenantId}', 'all', 1000, 'month')`,
      )
      for (const { table, columns, row, where, prices, set, record } of priceLists) {
        const given = table === 'model_pricing' ? `, components => '{"cached_input": 1}'` : ''
        for (const statement of [
          record(acme.tenantId, ahead('2 seconds')),
          `insert into copilot_internal.${table} (${columns}) values (${row('7')})`,
          `update copilot_internal.${table} set ${prices[0]} = 8 where ${where}`,
          set('9', `effective_date => ${ahead('1 day')}${given}`),
        ]) {
          await session.query(statement)
          expect(await session.query(settings)).toEqual([{ name: 'price_change', value: 'mine' }])
        }
      }
      await session.close()
    },
  )
})
