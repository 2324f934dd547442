/**
 * Usage that is recorded and priced while somebody else is in the middle of the same request, or of its price.
 *
 * Method: the first leaves its transaction open. Whoever has to wait is seen waiting before the first goes on; whoever must not
 * gives up at once if it waits. No round is left to chance.
 */
import { acme } from '../../../fixtures/people.ts'
import { misdatedRecords, type PriceList, priceLists } from '../../../fixtures/price-lists.ts'
import { describe, expect, needs } from '../../harness/index.ts'
import { two, waiting } from './two-clients.ts'

const concurrent = needs('two-sessions', 'own-database', 'own-backend')

const QUOTA = `
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
  values ('tenant', '${acme.tenantId}', 'all', 1000, 'month')`
const SPENT = `select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas`

const usage = {
  llm: {
    report: (tokens: number) =>
      `select id, total_cost_usd from copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', ${tokens}, 0, 'again')`,
    batch: (tokens: number) =>
      `select id, total_cost_usd from copilot_internal.record_llm_usage_batch(jsonb_build_array(jsonb_build_object(
         'tenant_id', '${acme.tenantId}', 'provider', 'openai', 'model', 'gpt-4', 'input_tokens', ${tokens}, 'output_tokens', 0, 'request_id', 'again')))`,
    cost: '0.03',
  },
  e2b: {
    report: (seconds: number) =>
      `select id, total_cost_usd from copilot_internal.record_e2b_usage('${acme.tenantId}', 'standard', 'us-east-1', ${seconds}, request_id => 'again')`,
    batch: (seconds: number) =>
      `select id, total_cost_usd from copilot_internal.record_e2b_usage_batch(jsonb_build_array(jsonb_build_object(
         'tenant_id', '${acme.tenantId}', 'tier', 'standard', 'region', 'us-east-1', 'execution_time_seconds', ${seconds}, 'request_id', 'again')))`,
    cost: '0.1',
  },
} as const

describe.each(['llm', 'e2b'] as const)('a request of %s whose record is gone', (kind) => {
  const { report, batch, cost } = usage[kind]

  concurrent.for([
    ['a report', report],
    ['a batch', batch],
  ] as const)('is recorded and charged once more, by %s', async ([, again], { ownDatabase }) => {
    const [first, second] = await two(ownDatabase, QUOTA)
    await first.query(report(1000))
    await first.query(`delete from copilot_internal.${kind}_cost_records`)
    await first.query('begin')
    const [recorded] = await first.query(report(1000))
    const [answer] = await waiting(first, second, again(2000))
    await first.query('commit')
    expect(await answer).toEqual([recorded])
    expect(await first.query(`select id from copilot_internal.${kind}_cost_records`)).toHaveLength(1)
    expect(await first.query(SPENT)).toEqual([{ spent: String(Number(cost) * 2) }])
    await Promise.all([first.close(), second.close()])
  })
})

/** The lists, and the functions that price usage by them and look at what was recorded. */
const recorded = priceLists.map((list) => {
  const kind = list.table === 'model_pricing' ? 'llm' : 'e2b'
  return { ...list, pricedBy: `price_${kind}_reports`, checkedBy: `check_${kind}_record_prices` }
})

/** One statement with a call, or a run, of another price and two of this one; or all of a price that nobody knows. */
const several = ({ table }: PriceList, isKnown: boolean) => {
  const { tenantId: tenant_id } = acme
  const named = (names: readonly string[]) => (isKnown ? names : names.map(() => 'nobody'))
  return table === 'model_pricing'
    ? `select from copilot_internal.record_llm_usage_batch('${JSON.stringify(
        named(['o3', 'gpt-4o', 'gpt-4o']).map((model) => ({
          ...{ tenant_id, provider: 'openai', model },
          ...{ input_tokens: 1, output_tokens: 0 },
        })),
      )}')`
    : `select from copilot_internal.record_e2b_usage_batch('${JSON.stringify(
        named(['standard', 'gpu', 'gpu']).map((tier) => ({
          ...{ tenant_id, tier, region: 'us-east-1' },
          execution_time_seconds: 1,
        })),
      )}')`
}

describe.each(recorded)('$pricedBy: usage at a price of $table', (list: PriceList) => {
  concurrent.for([
    ['one', list.record(acme.tenantId)],
    ['a batch', several(list, true)],
  ] as const)('waits for its deletion, and has the price before: %s', async ([, record], { ownDatabase }) => {
    const [first, second] = await two(ownDatabase, list.set('5'))
    await first.query('begin')
    await first.query(
      `delete from copilot_internal.${list.table} where ${list.where} and ${list.prices[0]} = 5`,
    )
    const [answer] = await waiting(first, second, record)
    await first.query('commit')
    await answer
    expect(await first.query(misdatedRecords)).toEqual([])
    expect(
      await first.query(
        `select distinct trim_scale(p.${list.prices[0]}) as price from copilot_internal.${list.table} as p
         join (
           select pricing_id from copilot_internal.llm_cost_records union all select pricing_id from copilot_internal.e2b_cost_records
         ) as r on r.pricing_id = p.id where ${list.where}`,
      ),
    ).toEqual([{ price: list.seeded }])
    await Promise.all([first.close(), second.close()])
  })
})

describe.each(recorded)('$checkedBy: usage under repeatable read', (list: PriceList) => {
  concurrent('is refused while that is being changed, and else recorded', async ({ ownDatabase }) => {
    const [first, second] = await two(ownDatabase, 'set client_min_messages = warning')
    await first.query('begin')
    await first.query(list.set('5'))
    // Whoever waited for it would not be told at once.
    await second.run(`set lock_timeout = '2s'`)
    await second.run('begin isolation level repeatable read')
    await expect(second.query(list.record(acme.tenantId))).rejects.toMatchObject({
      code: '40001',
      message: expect.stringMatching(/is being changed/),
    })
    await second.run('rollback')
    // Read committed sees what is committed: it need not know.
    await second.query(list.record(acme.tenantId))
    await first.query('rollback')
    await second.run('begin isolation level repeatable read')
    await second.query(list.record(acme.tenantId))
    for (const isKnown of [true, false]) await second.query(several(list, isKnown))
    await second.query('commit')
    expect(
      await first.query(`
        select count(*) filter (where not is_unpriced) as priced, count(*) filter (where is_unpriced) as unpriced from (
          select is_unpriced from copilot_internal.llm_cost_records
          union all select is_unpriced from copilot_internal.e2b_cost_records
        ) as r`),
    ).toEqual([{ priced: '5', unpriced: '3' }])
    await Promise.all([first.close(), second.close()])
  })
})

describe.each(recorded)('$pricedBy: a batch', ({ table, columns }) => {
  concurrent('locks its prices in the order of their ids', async ({ ownDatabase }) => {
    const [LOW, HIGH] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']
    const { tenantId: tenant_id } = acme
    const isLlm = table === 'model_pricing'
    const price = (id: string, name: string) =>
      `('${id}', ${isLlm ? `'acme', '${name}', 1, 1` : `'${name}', 'us-east-1', 1`}, '2026-01-01')`
    // The one that stands first in the table is the second to be locked.
    const [first, second] = await two(
      ownDatabase,
      `insert into copilot_internal.${table} (id, ${columns}, effective_date)
       values ${price(HIGH, 'high')}, ${price(LOW, 'low')}`,
    )
    const usage = ['high', 'low'].map((name) =>
      isLlm
        ? { tenant_id, provider: 'acme', model: name, input_tokens: 1, output_tokens: 0 }
        : { tenant_id, tier: name, region: 'us-east-1', execution_time_seconds: 1 },
    )
    const lock = (id: string) =>
      `select id from copilot_internal.${table} where id = '${id}' for update nowait`
    await first.query('begin')
    await first.query(lock(LOW))
    const [answer] = await waiting(
      first,
      second,
      `select from copilot_internal.record_${isLlm ? 'llm' : 'e2b'}_usage_batch('${JSON.stringify(usage)}')`,
    )
    expect(await first.query(lock(HIGH))).toEqual([{ id: HIGH }])
    await first.query('rollback')
    expect(await answer).toHaveLength(2)
    await Promise.all([first.close(), second.close()])
  })
})
