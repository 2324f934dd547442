/**
 * Prices change while usage is recorded: each record lies in the period of the price that it was charged at.
 *
 * Method: clients record calls and runs, each in a transaction that has begun some milliseconds before,
 * while one client changes the prices by set_model_price and by the published E2B recipe, as fast as it can. Whoever began
 * before a change and recorded during it would be charged at a price that, by the list, was over.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { acme } from '../../../fixtures/people.ts'
import type { Database, Session } from '../../engines/index.ts'
import { expect, needs } from '../../harness/index.ts'

const CLIENTS = 12
const RECORDS_EACH = 30

/** Records outside the period of their price, and records whose cost is not what the list says for their time. */
const MISDATED = `
  select 'llm' as kind, r.recorded_at, p.effective_date, p.expires_at
  from copilot_internal.llm_cost_records as r
  left join copilot_internal.model_pricing as p on p.id = r.pricing_id
  cross join lateral copilot_internal.calculate_llm_cost(r.provider, r.model, r.input_tokens, r.output_tokens, r.recorded_at) as c
  where (tstzrange(p.effective_date, p.expires_at) @> r.recorded_at) is not true or c.total_cost_usd <> r.total_cost_usd
  union all
  select 'e2b', r.recorded_at, p.effective_date, p.expires_at
  from copilot_internal.e2b_cost_records as r
  left join copilot_internal.e2b_pricing as p on p.id = r.pricing_id
  cross join lateral copilot_internal.calculate_e2b_cost(
    r.tier, r.region, r.execution_time_seconds, r.cpu_core_seconds, r.memory_gb_seconds, r.disk_io_gb, r.recorded_at) as c
  where (tstzrange(p.effective_date, p.expires_at) @> r.recorded_at) is not true or c.total_cost_usd <> r.total_cost_usd`

needs('two-sessions', 'own-database')(
  'usage lies in the period of the price it was charged at',
  async ({ ownDatabase }) => {
    const database = await ownDatabase()
    const clients = Promise.all(Array.from({ length: CLIENTS }, (_, i) => record(database, i)))
    const run = { over: false }
    const changes = changePrices(await database.connect(), run)
    await clients.finally(() => {
      run.over = true
    })
    await changes
    const session = await database.connect()
    expect(await session.query(MISDATED)).toEqual([])
    const [done] = await session.query(`
      select (select count(*) from copilot_internal.llm_cost_records) as calls,
             (select count(*) from copilot_internal.e2b_cost_records) as runs,
             (select count(distinct pricing_id) from copilot_internal.llm_cost_records) > 3 as prices_of_calls,
             (select count(distinct pricing_id) from copilot_internal.e2b_cost_records) > 3 as prices_of_runs`)
    const each = String((CLIENTS / 2) * RECORDS_EACH)
    expect(done).toEqual({ calls: each, runs: each, prices_of_calls: 't', prices_of_runs: 't' })
    await session.close()
  },
  30_000,
)

async function record(database: Database, client: number): Promise<void> {
  const session = await database.connect()
  for (let i = 0; i < RECORDS_EACH; i += 1) {
    await session.query('begin')
    await session.query('select now()')
    await sleep(client % 4)
    await session.query(
      client % 2 === 0
        ? `select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1000000, 0)`
        : `select copilot_internal.record_e2b_usage('${acme.tenantId}', 'standard', 'us-east-1', 1)`,
    )
    await session.query('commit')
  }
  await session.close()
}

async function changePrices(session: Session, run: { readonly over: boolean }): Promise<void> {
  for (let price = 1; !run.over; price += 1) {
    await session.query(
      `select copilot_internal.set_model_price('openai', 'gpt-4', $1, $1, allow_jump => true)`,
      [price],
    )
    await session.query(
      `update copilot_internal.e2b_pricing set price_per_second = $1 where tier = 'standard' and region = 'us-east-1'`,
      [price],
    )
    await sleep(5)
  }
  await session.close()
}
