/**
 * Prices change while usage is recorded: each record lies in the period of the price that it was charged at.
 *
 * Method: clients record calls and runs, each in a transaction that has begun some milliseconds before,
 * while one client changes the prices by set_model_price and by the published E2B recipe, as fast as it can, until enough has been
 * recorded at enough prices. Whoever began before a change and recorded during it would be charged at a price that, by the list,
 * was over.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { acme } from '../../../fixtures/people.ts'
import { type Database, type Session, SqlError } from '../../engines/index.ts'
import { expect, needs, Run, rounds } from '../../harness/index.ts'

const CLIENTS = 12
const RECORDS_EACH = rounds(30)
const PRICES_OF_EACH_KIND = 4
const RECORD = {
  calls: `select pricing_id from copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1000000, 0)`,
  runs: `select pricing_id from copilot_internal.record_e2b_usage('${acme.tenantId}', 'standard', 'us-east-1', 1)`,
}
type Kind = keyof typeof RECORD

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
    const run = new Run()
    const pause = { wanted: false }
    const prices = { calls: new Set<unknown>(), runs: new Set<unknown>() }
    const clients = Array.from({ length: CLIENTS }, (_, i) => ({
      kind: i % 2 === 0 ? ('calls' as const) : ('runs' as const),
      pauseMs: i % 4,
      recorded: 0,
    }))
    await run.all([
      ...clients.map((client) => record(database, client, prices[client.kind], { run, pause })),
      changePrices(await database.connect(), { run, pause }),
      run
        .until(
          'enough usage at enough prices',
          () =>
            clients.every(({ recorded }) => recorded >= RECORDS_EACH) &&
            Math.min(prices.calls.size, prices.runs.size) >= PRICES_OF_EACH_KIND,
        )
        .then(() => run.end()),
    ])
    const session = await database.connect()
    expect(await session.query(MISDATED)).toEqual([])
    const [done] = await session.query(`
      select (select count(*) from copilot_internal.llm_cost_records) as calls,
             (select count(*) from copilot_internal.e2b_cost_records) as runs,
             (select count(distinct pricing_id) from copilot_internal.llm_cost_records) as prices_of_calls,
             (select count(distinct pricing_id) from copilot_internal.e2b_cost_records) as prices_of_runs`)
    const recorded = (wanted: Kind) =>
      clients.reduce((sum, client) => sum + (client.kind === wanted ? client.recorded : 0), 0)
    expect(done).toEqual({
      calls: String(recorded('calls')),
      runs: String(recorded('runs')),
      prices_of_calls: String(prices.calls.size),
      prices_of_runs: String(prices.runs.size),
    })
    await session.close()
  },
)

interface Client {
  readonly kind: Kind
  /** Between the beginning of a transaction and its record. */
  readonly pauseMs: number
  recorded: number
}

interface Sharing {
  readonly run: Run
  /** Whether a price change that gave up waits for everybody to pause. */
  readonly pause: { wanted: boolean }
}

/** Records until the run is over, and notes the prices. */
async function record(
  database: Database,
  client: Client,
  prices: Set<unknown>,
  { run, pause }: Sharing,
): Promise<void> {
  const session = await database.connect()
  while (!run.over) {
    await session.query('begin')
    await session.query('select now()')
    await sleep(client.pauseMs)
    const [recorded] = await session.query(RECORD[client.kind])
    await session.query('commit')
    client.recorded += 1
    prices.add(recorded?.['pricing_id'])
    while (pause.wanted && !run.over) await sleep(5)
  }
  await session.close()
}

/**
 * Changes the prices until the run is over. A change may give up waiting for those who record, rather than keep them waiting;
 * then they pause, so that it happens however many they are.
 */
async function changePrices(session: Session, { run, pause }: Sharing): Promise<void> {
  const change = async (statement: string, price: number) => {
    while (!run.over) {
      try {
        await session.query(statement, [price])
        pause.wanted = false
        return
      } catch (error) {
        if (!(error instanceof SqlError && error.code === '55P03')) throw error
        pause.wanted = true
      }
    }
  }
  for (let price = 1; !run.over; price += 1) {
    await change(
      `select copilot_internal.set_model_price('openai', 'gpt-4', $1, $1, allow_jump => true)`,
      price,
    )
    await change(
      `update copilot_internal.e2b_pricing set price_per_second = $1 where tier = 'standard' and region = 'us-east-1'`,
      price,
    )
    await sleep(5)
  }
  await session.close()
}
