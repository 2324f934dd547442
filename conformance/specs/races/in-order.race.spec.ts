/**
 * Two clients who meet in a known order: one stops in the middle of its transaction, the other comes, and waits or does not.
 *
 * Method: the first leaves its transaction open. Whoever has to wait is seen waiting before the first goes on; whoever must not
 * gives up at once if it waits. No round is left to chance.
 */
import { acme } from '../../../fixtures/people.ts'
import { misdatedRecords, modelPrice, type PriceList, priceLists } from '../../../fixtures/price-lists.ts'
import type { Database, Row, Session } from '../../engines/index.ts'
import { describe, expect, fixture, needs, Run } from '../../harness/index.ts'

const concurrent = needs('two-sessions', 'own-database', 'own-backend')

const QUOTA = `
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
  values ('tenant', '${acme.tenantId}', 'all', 1000, 'month')`
const SPENT = `select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas`

/** Two clients of one database. */
async function two(ownDatabase: () => Promise<Database>, setup: string): Promise<[Session, Session]> {
  const database = await ownDatabase()
  const [first, second] = [await database.connect(), await database.connect()]
  await first.run(setup)
  return [first, second]
}

/** Lets the second begin a statement, and comes back when it waits for the first. */
async function waiting(first: Session, second: Session, statement: string): Promise<Promise<Row[]>[]> {
  const [own] = await second.query('select pg_backend_pid() as pid')
  const answer = second.query(statement)
  let isOver = false
  answer.then(
    () => {
      isOver = true
    },
    () => {
      isOver = true
    },
  )
  await new Run().until('the second waits for the first', async () => {
    if (isOver) throw new Error(`It does not wait: ${statement}`)
    const waits = await first.query('select from pg_locks where pid = $1 and not granted', [own?.['pid']])
    return waits.length > 0
  })
  // In an array, as a promise that is returned would be waited for.
  return [answer]
}

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

describe.each(priceLists)('two changes of one price of $table', (list: PriceList) => {
  concurrent('come one after the other, and neither is lost', async ({ ownDatabase }) => {
    const [first, second] = await two(ownDatabase, 'set client_min_messages = warning')
    await first.query('begin')
    await first.query(list.set('3'))
    const [answer] = await waiting(first, second, list.set('4'))
    await first.query('commit')
    await answer
    const rows = await first.query(
      `select trim_scale(${list.prices[0]}) as price from copilot_internal.${list.table}
       where ${list.where} order by effective_date desc limit 2`,
    )
    expect(rows).toEqual([{ price: '4' }, { price: '3' }])
    await Promise.all([first.close(), second.close()])
  })

  concurrent('one that is cancelled meanwhile is not set again', async ({ ownDatabase }) => {
    const [first, second] = await two(ownDatabase, 'set client_min_messages = warning')
    await first.query(list.set('3', `effective_date => now() + interval '1 day'`))
    await first.query('begin')
    await first.query(list.cancel())
    const [answer] = await waiting(first, second, list.cancel())
    await first.query('commit')
    expect(await answer).toEqual([{ cancelled: '0' }])
    await Promise.all([first.close(), second.close()])
  })
})

describe.each(priceLists)('settle_price: a change of $table', (list: PriceList) => {
  const starts = `
    select p.effective_date - r.recorded_at as later from copilot_internal.${list.periods} as p, (
      select recorded_at from copilot_internal.llm_cost_records union all select recorded_at from copilot_internal.e2b_cost_records
    ) as r where ${list.where} and p.expires_at is null`

  concurrent('begins after usage that was being recorded before it', async ({ ownDatabase }) => {
    const [first, second] = await two(ownDatabase, 'set client_min_messages = warning')
    await first.query('begin')
    await first.query(list.record(acme.tenantId, `now() + interval '5 seconds'`))
    const [answer] = await waiting(first, second, list.set('5'))
    await first.query('commit')
    await answer
    expect(await first.query(starts)).toEqual([{ later: '00:00:00.000001' }])
    expect(await first.query(misdatedRecords)).toEqual([])
    await Promise.all([first.close(), second.close()])
  })

  concurrent('that was used at once, and has to begin later, is run again', async ({ ownDatabase }) => {
    const [first, second] = await two(ownDatabase, 'set client_min_messages = warning')
    await first.query('begin')
    await first.query(list.set('5'))
    await first.query(list.record(acme.tenantId))
    await second.query(list.record(acme.tenantId))
    await expect(first.query('commit')).rejects.toMatchObject({ code: '40001' })
    await first.query('rollback')
    expect(await second.query(misdatedRecords)).toEqual([])
    await second.query(list.set('5'))
    expect(await second.query(list.cost('now()'))).toEqual([{ cost: '5' }])
    await Promise.all([first.close(), second.close()])
  })

  concurrent('with another one in its transaction waits for the usage of both', async ({ ownDatabase }) => {
    const other =
      list.table === 'model_pricing'
        ? modelPrice('openai', 'o3', '2')
        : modelPrice('openai', 'o4-mini', '1.1')
    for (const [one, rest] of [
      [list, other],
      [other, list],
    ] as const) {
      const [first, second] = await two(ownDatabase, 'set client_min_messages = warning')
      await first.query('begin')
      await first.query(one.record(acme.tenantId))
      await second.query('begin')
      await second.query(list.set('5'))
      await second.query(other.set('5'))
      const [answer] = await waiting(first, second, 'commit')
      // Whoever waits for one holds none of the other.
      await first.run(`set lock_timeout = '3s'`)
      await first.query(rest.record(acme.tenantId))
      await first.query('commit')
      await answer
      expect(await first.query(misdatedRecords)).toEqual([])
      await Promise.all([first.close(), second.close()])
    }
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

concurrent('a rate that another change has just set is not set back', async ({ ownDatabase }) => {
  const [first, second] = await two(ownDatabase, 'set client_min_messages = warning')
  const set = (price: string, core: string) =>
    `select copilot_internal.set_e2b_price('gpu', 'us-east-1', ${price}, ${core}, allow_jump => true)`
  await first.query('begin')
  await first.query(set('0.0012', '0.5'))
  const [answer] = await waiting(first, second, set('0.0024', 'null'))
  await first.query('commit')
  await answer
  expect(
    await first.query(
      `select trim_scale(price_per_second) as price, trim_scale(price_per_cpu_core_second) as core
       from copilot_internal.e2b_pricing where tier = 'gpu' and region = 'us-east-1' order by effective_date desc limit 1`,
    ),
  ).toEqual([{ price: '0.0024', core: '0.5' }])
  await Promise.all([first.close(), second.close()])
})

/** Something old of each kind that a clean-up removes. */
const HISTORY = `${fixture('reported-in-time')};
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period, created_at)
  values ('tenant', '${acme.tenantId}', 'all', 1000, 'month', '2026-01-01');
  insert into copilot_internal.cost_quota_periods
    (quota_id, scope, scope_id, resource_type, period, period_start, period_end, limit_usd, spent_usd)
  select id, scope, scope_id, resource_type, period, '2026-01-01', '2026-02-01', limit_usd, 0 from copilot_internal.cost_quotas;
  select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1000, 0, 'old', recorded_at => '2026-02-01');
  select copilot_internal.record_e2b_usage('${acme.tenantId}', 'standard', 'us-east-1', 1, request_id => 'old', recorded_at => '2026-02-01');
  insert into copilot_internal.usage_requests (tenant_id, resource_type, request_id, record_id)
  values ('${acme.tenantId}', 'llm', 'of a record that is gone', gen_random_uuid());
  insert into copilot_internal.usage_changes (tenant_id, resource_type, record_id, change, changed_at, former)
  values ('${acme.tenantId}', 'llm', gen_random_uuid(), 'voided', '2026-02-01', '{}');
  insert into copilot_internal.quota_charge_estimates (tenant_id, record_id, quota_id, amount_usd)
  select '${acme.tenantId}', gen_random_uuid(), id, 1 from copilot_internal.cost_quotas;
  insert into copilot_internal.quota_reservations (tenant_id, resource_type, amount_usd, created_at, expires_at, closed_at, is_expired)
  values ('${acme.tenantId}', 'llm', 1, '2026-02-01', '2026-02-02', '2026-02-02', true);`
const PRUNE = `select what, rows from copilot_internal.prune_usage('2026-03-01', false)`

describe('a clean-up', () => {
  concurrent.for([
    ['llm_cost_records', `request_id = 'old'`],
    ['e2b_cost_records', `request_id = 'old'`],
    ['usage_requests', `resource_type = 'llm' and request_id = 'old'`],
    ['usage_requests', `resource_type = 'e2b' and request_id = 'old'`],
    ['usage_requests', `request_id = 'of a record that is gone'`],
    ['usage_changes', 'true'],
    ['quota_charge_estimates', 'true'],
    ['quota_reservations', 'true'],
    ['cost_quota_periods', 'true'],
  ] as const)(
    'passes over what somebody uses, and waits for nobody: %s where %s',
    async ([table, where], { ownDatabase }) => {
      const [first, second] = await two(ownDatabase, HISTORY)
      await first.query('begin')
      const held = await first.query(`select from copilot_internal.${table} where ${where} for update`)
      expect(held).toHaveLength(1)
      await second.run(`set lock_timeout = '500ms'`)
      await second.query(PRUNE)
      expect(await second.query(`select from copilot_internal.${table} where ${where}`)).toHaveLength(1)
      await first.query('rollback')
      await second.query(PRUNE)
      expect(await second.query(`select from copilot_internal.${table} where ${where}`)).toEqual([])
      await Promise.all([first.close(), second.close()])
    },
  )

  concurrent('waits for another one to end', async ({ ownDatabase }) => {
    const [first, second] = await two(ownDatabase, HISTORY)
    await first.query('begin')
    await first.query(PRUNE)
    const [answer] = await waiting(first, second, PRUNE)
    await first.query('rollback')
    expect(await answer).toContainEqual({ what: 'llm_cost_records', rows: '1' })
    await Promise.all([first.close(), second.close()])
  })

  concurrent('of holds passes over one that is just being settled', async ({ ownDatabase }) => {
    const [first, second] = await two(
      ownDatabase,
      `insert into copilot_internal.quota_reservations (tenant_id, resource_type, amount_usd, created_at, expires_at)
       select '${acme.tenantId}', 'llm', 1, now() - interval '2 hours', now() - interval '1 hour' from generate_series(1, 2)`,
    )
    await first.query('begin')
    await first.query('select from copilot_internal.quota_reservations limit 1 for update')
    await second.run(`set lock_timeout = '500ms'`)
    const close = 'select copilot_internal.close_expired_reservations() as closed'
    expect(await second.query(close)).toEqual([{ closed: '1' }])
    await first.query('rollback')
    expect(await second.query(close)).toEqual([{ closed: '1' }])
    await Promise.all([first.close(), second.close()])
  })
})

describe('pricing what had no price', () => {
  concurrent.for([
    [
      'llm',
      `select copilot_internal.record_llm_usage('${acme.tenantId}', 'new', 'one', 1000, 0, request)`,
      `select copilot_internal.set_model_price('new', 'one', 1, 1, '2026-01-01')`,
      `select copilot_internal.reprice_unpriced_usage('new', 'one') as priced`,
    ],
    [
      'e2b',
      `select copilot_internal.record_e2b_usage('${acme.tenantId}', 'new', 'us-east-1', 10, request_id => request)`,
      `select copilot_internal.set_e2b_price('new', 'us-east-1', 1, 1, 1, 1, '2026-01-01')`,
      `select copilot_internal.reprice_unpriced_e2b_usage('new') as priced`,
    ],
  ] as const)(
    'passes over what is just being voided: %s',
    async ([kind, record, set, reprice], { ownDatabase }) => {
      const [first, second] = await two(ownDatabase, `${record} from (values ('a'), ('b')) as r (request)`)
      await first.query(set)
      await first.query('begin')
      await first.query(`select copilot_internal.void_usage('${acme.tenantId}', '${kind}', 'a')`)
      await second.run(`set lock_timeout = '500ms'`)
      expect(await second.query(reprice)).toEqual([{ priced: '1' }])
      await first.query('rollback')
      expect(await second.query(reprice)).toEqual([{ priced: '1' }])
      await Promise.all([first.close(), second.close()])
    },
  )
})
