/**
 * lock_llm_prices, lock_e2b_prices — whoever records usage shares the locks of the prices that it may be charged at, and of no other, until it has committed.
 *
 * Method: the advisory locks that the test's own transaction holds, by the names of their prices.
 */
import { acme, owner } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

/** The prices whose locks are shared: of every name that a claim here writes about. */
const shared = `
  select r.name || ' ' || r.part as price
  from (values
    ('model_pricing', 'openai', 'gpt-4o'), ('model_pricing', 'openai', 'gpt-4o-2024-08-06'), ('model_pricing', 'openai', 'o3'),
    ('model_pricing', 'openai', 'o3-2025-04-16'), ('model_pricing', 'azure', 'gpt-4o'), ('model_pricing', 'azure', 'o3'),
    ('model_pricing', 'openai', 'gpt-4'), ('model_pricing', 'openai', 'nobody'),
    ('e2b_pricing', 'gpu', 'us-east-1'), ('e2b_pricing', 'gpu', 'eu-west-1'), ('e2b_pricing', 'gpu', 'nowhere'),
    ('e2b_pricing', 'gpu', 'ap-east-1'), ('e2b_pricing', 'standard', 'us-east-1'), ('e2b_pricing', 'standard', 'nowhere'),
    ('e2b_pricing', 'nobody', 'us-east-1')
  ) as r (list, name, part)
  join pg_catalog.pg_locks as l on l.locktype = 'advisory' and l.objsubid = 1 and l.pid = pg_backend_pid()
    and (l.classid::bigint << 32) | l.objid::bigint = copilot_internal.price_lock(r.list, r.name, r.part)
  where l.mode = 'ShareLock'`
const call = (model: string, more = '') =>
  `select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', '${model}', 1, 1${more})`
const run = (tier: string, region: string, more = '') =>
  `select copilot_internal.record_e2b_usage('${acme.tenantId}', '${tier}', '${region}', 1${more})`
const llmBatch = (...models: string[]) =>
  `select from copilot_internal.record_llm_usage_batch('${JSON.stringify(
    models.map((model) => ({
      tenant_id: acme.tenantId,
      provider: 'openai',
      model,
      input_tokens: 1,
      output_tokens: 1,
    })),
  )}')`
const e2bBatch = (...runs: (readonly [string, string])[]) =>
  `select from copilot_internal.record_e2b_usage_batch('${JSON.stringify(
    runs.map(([tier, region]) => ({ tenant_id: acme.tenantId, tier, region, execution_time_seconds: 1 })),
  )}')`

// What sets a price in the test's transaction takes its lock alone, and not before the commit: no shared one.
const REGIONS = `
  insert into copilot_internal.model_aliases (provider, alias, model) values ('azure', 'gpt-4o', 'o3');
  insert into copilot_internal.e2b_pricing (tier, region, price_per_second, effective_date, expires_at)
  values ('gpu', 'eu-west-1', 0.002, '2026-02-01', null), ('gpu', 'ap-east-1', 0.001, '2026-02-01', '2026-03-01')`

describe('lock_llm_prices, lock_e2b_prices: recording shares the locks of', () => {
  test.beforeEach(({ session }) => session.run(REGIONS))

  test.for([
    ['a model by its own name', call('gpt-4o'), ['openai gpt-4o']],
    ['a model by an alias', call('gpt-4o-2024-08-06'), ['openai gpt-4o', 'openai gpt-4o-2024-08-06']],
    [
      'an alias, when it is called by itself',
      `select copilot_internal.lock_llm_prices('{openai,azure}', '{gpt-4o-2024-08-06,o3}')`,
      ['azure o3', 'openai gpt-4o', 'openai gpt-4o-2024-08-06'],
    ],
    [
      'one alias, when it is called by itself',
      `select copilot_internal.lock_llm_prices('{openai}', '{gpt-4o-2024-08-06}')`,
      ['openai gpt-4o', 'openai gpt-4o-2024-08-06'],
    ],
    [
      'names that are aliases of another provider only',
      `select copilot_internal.lock_llm_prices('{openai,openai}', '{gpt-4o,gpt-4}')`,
      ['openai gpt-4', 'openai gpt-4o'],
    ],
    [
      'regions, when it is called by itself',
      `select copilot_internal.lock_e2b_prices('{gpu,standard}', '{eu-west-1,nowhere}', '{2026-02-02,2026-02-02}')`,
      ['gpu eu-west-1', 'standard nowhere', 'standard us-east-1'],
    ],
    ['a model without a price', call('nobody'), ['openai nobody']],
    [
      'several models',
      llmBatch('gpt-4o', 'o3-2025-04-16', 'gpt-4o'),
      ['openai gpt-4o', 'openai o3', 'openai o3-2025-04-16'],
    ],
    ['a region with a price', run('gpu', 'us-east-1'), ['gpu us-east-1']],
    [
      'all regions of a tier, for one without a price',
      run('gpu', 'nowhere'),
      ['gpu ap-east-1', 'gpu eu-west-1', 'gpu nowhere', 'gpu us-east-1'],
    ],
    [
      'all regions of a tier, for one whose price is over',
      run('gpu', 'ap-east-1'),
      ['gpu ap-east-1', 'gpu eu-west-1', 'gpu us-east-1'],
    ],
    [
      'a region whose price was in force then',
      run('gpu', 'ap-east-1', `, recorded_at => '2026-02-28 23:59'`),
      ['gpu ap-east-1'],
    ],
    [
      'all regions of a tier, for one whose price had not begun',
      run('gpu', 'eu-west-1', `, recorded_at => '2026-01-31 23:59'`),
      ['gpu ap-east-1', 'gpu eu-west-1', 'gpu us-east-1'],
    ],
    ['a tier without a price', run('nobody', 'us-east-1'), ['nobody us-east-1']],
    [
      'several runs',
      e2bBatch(['standard', 'us-east-1'], ['gpu', 'nowhere']),
      ['gpu ap-east-1', 'gpu eu-west-1', 'gpu nowhere', 'gpu us-east-1', 'standard us-east-1'],
    ],
  ] as const)('%s', async ([, statement, prices], { as, session }) => {
    await session.query(statement)
    await as(owner)(shared).bagEq(prices.map((price) => ({ price })))
  })
})

describe('a record that is inserted bare shares the locks of its price', () => {
  test.for([
    [call('gpt-4o-2024-08-06'), 'llm_cost_records', ['openai gpt-4o']],
    [run('gpu', 'us-east-1'), 'e2b_cost_records', ['gpu us-east-1']],
    [run('gpu', 'nowhere'), 'e2b_cost_records', ['gpu us-east-1']],
    [call('nobody'), 'llm_cost_records', []],
    [run('nobody', 'us-east-1'), 'e2b_cost_records', []],
  ] as const)('%s', async ([statement, table, prices], { as, session }) => {
    // Taken out again, with its locks: what is left is a copy of the record.
    await session.query('savepoint recorded')
    await session.query(statement)
    const [row] = await session.query(
      `select to_jsonb(r)::text as record from copilot_internal.${table} as r`,
    )
    await session.query('rollback to savepoint recorded')
    await as(owner)(shared).isEmpty()
    await session.query(
      `insert into copilot_internal.${table} select * from jsonb_populate_record(null::copilot_internal.${table}, $1::jsonb)`,
      [row?.['record']],
    )
    await as(owner)(shared).bagEq(prices.map((price) => ({ price })))
  })
})

describe('pricing what had no price shares the locks of', () => {
  const priced = `
    select copilot_internal.set_model_price('openai', 'nobody', 1, 1, '2026-01-10'),
           copilot_internal.set_e2b_price('nobody', 'us-east-1', 1, effective_date => '2026-01-10')`

  test.for([
    ['the model and its aliases', `reprice_unpriced_usage('openai', 'nobody')`, ['openai nobody']],
    [
      'the model that an alias stands for',
      `reprice_unpriced_usage('openai', 'gpt-4o-2024-08-06')`,
      ['openai gpt-4o', 'openai gpt-4o-2024-08-06'],
    ],
    ['all regions of the tier', `reprice_unpriced_e2b_usage('gpu')`, ['gpu us-east-1']],
  ] as const)('%s', async ([, statement, prices], { as, session }) => {
    await session.query(priced)
    await session.query(`select copilot_internal.${statement}`)
    await as(owner)(shared).bagEq(prices.map((price) => ({ price })))
  })
})
