/**
 * The seven views answer the same before and after records were moved into the totals of their days.
 *
 * Method: random records of few days, tenants, providers, tasks, tiers and conversations, so that they meet, some of them adopted with a
 * total that is not the sum; some of them go, in batches. Each view is read before and after, by the platform and by members.
 */
import fc from 'fast-check'
import { type Actor, acme, birch, nomad, service } from '../../../fixtures/people.ts'
import type { Row, Session } from '../../engines/index.ts'
import { expect, rounds, test } from '../../harness/index.ts'

const VIEWS = [
  'cost_summary_by_tenant',
  'cost_summary_by_model',
  'cost_summary_by_task',
  'e2b_cost_summary_by_tenant',
  'e2b_cost_summary_by_tier',
  'e2b_cost_summary_by_conversation',
  'combined_cost_summary_by_tenant',
]

const decimal = (digits: bigint, scale: number) =>
  fc
    .tuple(fc.bigInt({ min: 0n, max: 10n ** digits }), fc.bigInt({ min: 0n, max: 10n ** BigInt(scale) - 1n }))
    .map(([whole, fraction]) => `${whole}.${String(fraction).padStart(scale, '0')}`)

const cost = fc.oneof(fc.constant('0'), decimal(2n, 3), decimal(12n, 18))
const tokens = fc.oneof(fc.nat(1000), fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })).map(String)
const quantity = fc.oneof(fc.constant('0'), decimal(12n, 6))
const DAY_S = 24 * 60 * 60
const START_S = Date.UTC(2026, 0, 1) / 1000
const LASTS_D = 2

const common = {
  tenant_id: fc.constantFrom(acme.tenantId, birch.tenantId),
  recorded_at: fc
    .integer({ min: 0, max: LASTS_D * DAY_S * 2 })
    .map((halves) => new Date((START_S + halves / 2) * 1000).toISOString()),
  is_estimated: fc.boolean(),
  is_adopted: fc.constant(true),
  is_unpriced: fc.constant(false),
}
const calls = fc.record({
  ...common,
  provider: fc.constantFrom('openai', 'groq'),
  model: fc.constantFrom('small'),
  task: fc.constantFrom('planning', '', null),
  input_tokens: tokens,
  output_tokens: tokens,
  input_cost_usd: cost,
  output_cost_usd: cost,
  total_cost_usd: cost,
})
const sandboxes = fc.record({
  ...common,
  tier: fc.constantFrom('standard', 'gpu'),
  region: fc.constant('us-east-1'),
  conversation_id: fc.constantFrom('one', null),
  execution_time_seconds: quantity,
  cpu_core_seconds: quantity,
  memory_gb_seconds: quantity,
  disk_io_gb: quantity,
  execution_cost_usd: cost,
  resource_cost_usd: cost,
  total_cost_usd: cost,
})
/** Unpriced usage costs nothing. */
const unpriced = <R extends object>(record: R) => ({
  ...record,
  is_adopted: false,
  is_unpriced: true,
  ...Object.fromEntries(Object.keys(record).flatMap((name) => (name.endsWith('_usd') ? [[name, '0']] : []))),
})
const some = <R extends object>(record: fc.Arbitrary<R>) =>
  fc.array(fc.oneof({ weight: 4, arbitrary: record }, { weight: 1, arbitrary: record.map(unpriced) }), {
    maxLength: 30,
  })

const dates = fc.array(fc.integer({ min: 0, max: LASTS_D * DAY_S }), { minLength: 1, maxLength: 5 })

test('they answer the same, to the last digit', async ({ session }) => {
  const seen = { pruned: 0 }
  await fc.assert(
    fc.asyncProperty(
      some(calls),
      some(sandboxes),
      dates,
      fc.integer({ min: 1, max: 20 }),
      async (llm, e2b, befores, max) => {
        await session.query('savepoint records')
        await record(session, 'llm_cost_records', llm)
        await record(session, 'e2b_cost_records', e2b)
        const before = await answers(session)
        const after: unknown[] = []
        for (const seconds of befores) {
          const [pruned] = await session.query(
            `select sum(rows) as rows from copilot_internal.prune_usage(to_timestamp($1), false, $2)`,
            [START_S + seconds, max],
          )
          seen.pruned += Number(pruned?.['rows'])
          after.push(await answers(session))
        }
        await session.query('rollback to savepoint records')
        for (const one of after) expect(one).toEqual(before)
      },
    ),
    { numRuns: rounds(12) },
  )
  expect(seen.pruned).toBeGreaterThan(0)
})

test.for([
  [
    'llm',
    `'p' as provider, 'm' as model, 1000 * n as input_tokens, 2 * n as output_tokens, 3 * n as cached_input_tokens,
     5 * n as cache_write_5m_tokens, 7 * n as cache_write_1h_tokens, 11 * cost as input_cost_usd, 13 * cost as output_cost_usd`,
    { request_count: '4', input_tokens: '10000', output_tokens: '20', cached_input_tokens: '30' },
    {
      cache_write_5m_tokens: '50',
      cache_write_1h_tokens: '70',
      input_cost_usd: '66',
      output_cost_usd: '78',
    },
  ],
  [
    'e2b',
    `'t' as tier, 'r' as region, 2 * n as execution_time_seconds, 3 * n as cpu_core_seconds, 5 * n as memory_gb_seconds,
     7 * n as disk_io_gb, 11 * cost as execution_cost_usd, 13 * cost as resource_cost_usd`,
    { run_count: '4', execution_time_seconds: '20', cpu_core_seconds: '30', memory_gb_seconds: '50' },
    { disk_io_gb: '70', execution_cost_usd: '66', resource_cost_usd: '78' },
  ],
] as const)(
  '%s records of a day that go one by one add up in each column',
  async ([kind, usage, ...sums], { session }) => {
    await session.run(`
    insert into copilot_internal.${kind}_cost_records
    select (jsonb_populate_record(null::copilot_internal.${kind}_cost_records, to_jsonb(u) || u.more)).*
    from (
      select '${acme.tenantId}' as tenant_id, gen_random_uuid() as id, '{}'::jsonb as metadata, '2026-02-01 10:00+00'::timestamptz + n * interval '1 hour' as recorded_at,
             n < 4 as is_adopted, n = 4 as is_unpriced, n = 2 as is_estimated, 17 * cost as total_cost_usd, ${usage},
             '{"variant": "standard", "is_batch": false, "status": "completed"}'::jsonb as more
      from generate_series(1, 4) as n cross join lateral (select n * (n < 4)::integer) as c (cost)
    ) as u`)
    for (let call = 1; call <= 4; call += 1) {
      const removed = `select rows from copilot_internal.prune_usage('2026-03-01', false, 1) where what = '${kind}_cost_records'`
      expect(await session.query(removed)).toEqual([{ rows: '1' }])
    }
    const wanted = Object.assign(
      { total_cost_usd: '102', estimated_count: '1', unpriced_count: '1' },
      ...sums,
    )
    const columns = Object.keys(wanted).map((column) => `trim_scale(${column}::numeric)::text as ${column}`)
    expect(
      await session.query(
        `select ${columns.join(', ')}, last_recorded_at - first_recorded_at as lasted from copilot_internal.${kind}_usage_totals`,
      ),
    ).toEqual([{ ...wanted, lasted: '03:00:00' }])
  },
)

test('a member reads the totals of their own tenant, and no other', async ({ session, as }) => {
  await record(session, 'llm_cost_records', [
    { tenant_id: acme.tenantId, provider: 'p', model: 'm', recorded_at: '2026-02-01', is_unpriced: true },
    { tenant_id: birch.tenantId, provider: 'p', model: 'm', recorded_at: '2026-02-01', is_unpriced: true },
  ])
  await record(session, 'e2b_cost_records', [
    {
      tenant_id: acme.tenantId,
      tier: 't',
      region: 'r',
      execution_time_seconds: 1,
      recorded_at: '2026-02-01',
      is_unpriced: true,
    },
    {
      tenant_id: birch.tenantId,
      tier: 't',
      region: 'r',
      execution_time_seconds: 1,
      recorded_at: '2026-02-01',
      is_unpriced: true,
    },
  ])
  await session.query(`select copilot_internal.prune_usage('2026-03-01', false)`)
  for (const table of ['llm_usage_totals', 'e2b_usage_totals']) {
    const tenants = `select tenant_id from copilot_internal.${table}`
    await as(acme)(tenants).resultsEq([{ tenant_id: acme.tenantId }])
    await as(nomad)(tenants).isEmpty()
    await as(service)(tenants).bagEq([{ tenant_id: acme.tenantId }, { tenant_id: birch.tenantId }])
    await as(acme)(`update copilot_internal.${table} set day = day`).throwsOk('42501')
  }
  await as(acme)`select tenant_id from copilot_internal.combined_cost_summary_by_tenant`.resultsEq([
    { tenant_id: acme.tenantId },
  ])
})

/** What every view answers to the platform and to each member, in an order of its own. */
async function answers(session: Session): Promise<Record<string, Row[]>> {
  const all: Record<string, Row[]> = {}
  for (const actor of [service, acme, birch]) {
    await act(session, actor)
    all[actor.name] = await session.query(
      VIEWS.map((view) => `select '${view}' as "view", v::text as row from copilot_internal.${view} as v`)
        .join(' union all ')
        .concat(' order by 1, 2'),
    )
    await session.query('reset role')
  }
  return all
}

async function act(session: Session, actor: Actor): Promise<void> {
  await session.query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify(actor.claims)])
  await session.query(`set local role ${actor.role}`)
}

/** Puts rows, of the same columns each, into a table of records. */
async function record(session: Session, table: string, rows: readonly object[]): Promise<void> {
  const [first] = rows
  if (!first) return
  const columns = Object.keys(first).join(', ')
  await session.query(
    `insert into copilot_internal.${table} (${columns})
     select ${columns} from jsonb_populate_recordset(null::copilot_internal.${table}, $1)`,
    [JSON.stringify(rows)],
  )
}
