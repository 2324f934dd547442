/**
 * Thousands of random reports later, the books add up to the last digit.
 *
 * Method: random calls and runs, some reported twice, some of unknown models, at random times, while prices change. Then
 * an oracle recomputes every record from the unit prices stamped on it, and adds up what each quota is to have been charged.
 */
import Big from 'big.js'
import fc from 'fast-check'
import { acme, birch } from '../../../fixtures/people.ts'
import type { Row, Session } from '../../engines/index.ts'
import { expect, fixture, needs, test } from '../../harness/index.ts'
import { e2bCost, llmCost } from '../../oracle/index.ts'

/** Few: within a transaction the versions of a quota's row pile up, and each charge walks past them. */
const REPORTS_PER_ROUND = 250

const report = fc.record({
  kind: fc.constantFrom('llm', 'e2b'),
  member: fc.constantFrom(acme, birch),
  withUser: fc.boolean(),
  // Few names, so that many requests are reported more than once; an empty one stands for none.
  request: fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 400 }).map(String)),
  model: fc.constantFrom('gpt-4', 'gpt-5-nano', 'gpt-99'),
  tier: fc.constantFrom('standard', 'gpu', 'mainframe'),
  region: fc.constantFrom('us-east-1', 'eu-west-1'),
  amount: fc.integer({ min: 0, max: 1_000_000_000 }),
  hoursAgo: fc.integer({ min: 0, max: 24 * 400 }),
})

/** Everything is one statement a round: what is on trial is the function, not the connection. */
const LLM = `
  select count(copilot_internal.record_llm_usage(
    r.tenant_id, 'openai', r.model, r.amount, r.amount / 7, r.request_id, r.user_id,
    recorded_at => now() - r.hours_ago * interval '1 hour'))
  from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::int[])
    as r (tenant_id, user_id, request_id, model, amount, hours_ago)`
const E2B = `
  select count(copilot_internal.record_e2b_usage(
    r.tenant_id, r.tier, r.region, r.amount * 0.001, r.amount * 0.000001, r.amount * 0.01, null, r.request_id, r.user_id,
    recorded_at => now() - r.hours_ago * interval '1 hour'))
  from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::int[])
    as r (tenant_id, user_id, request_id, tier, region, amount, hours_ago)`

test('after 250 reports every record and every quota is accounted for', async ({ session }) => {
  await session.run(fixture('quotas'))
  await reportAtRandom(session, 1)
  await expectBooks(session)
})

needs('own-database', 'time')(
  'and so it is after 10,000',
  async ({ ownDatabase }) => {
    const session = await (await ownDatabase()).connect()
    await session.run(fixture('quotas'))
    for (let round = 1; round <= 40; round += 1) await reportAtRandom(session, round)
    await expectBooks(session)
    await session.close()
  },
  120_000,
)

async function reportAtRandom(session: Session, round: number): Promise<void> {
  const reports = fc.sample(report, REPORTS_PER_ROUND)
  const of = (kind: string) => reports.filter((r) => r.kind === kind)
  const who = (some: typeof reports) => [
    some.map(({ member }) => member.tenantId),
    some.map(({ member, withUser }) => (withUser ? member.userId : null)),
    some.map(({ request }) => request),
  ]
  const llm = of('llm')
  const e2b = of('e2b')
  const times = (some: typeof reports) => [
    some.map(({ amount }) => amount),
    some.map(({ hoursAgo }) => hoursAgo),
  ]
  await session.query(LLM, [...who(llm), llm.map(({ model }) => model), ...times(llm)])
  await session.query(E2B, [
    ...who(e2b),
    e2b.map(({ tier }) => tier),
    e2b.map(({ region }) => region),
    ...times(e2b),
  ])
  await session.query(`select copilot_internal.set_model_price('openai', 'gpt-4', $1, $2)`, [
    30 + round,
    60 + round / 8,
  ])
  await session.query(`select copilot_internal.set_e2b_price('standard', 'us-east-1', $1)`, [round / 4096])
}

/** Every record equals what the oracle makes of its stamped prices, and every quota the sum of its records. */
async function expectBooks(session: Session): Promise<void> {
  const llm = await session.query('select * from copilot_internal.llm_cost_records')
  const e2b = await session.query('select * from copilot_internal.e2b_cost_records')
  expect(llm.length + e2b.length).toBeGreaterThan(100)
  expect(llm.filter((record) => !isRecomputable(record, llmTotal(record)))).toEqual([])
  expect(e2b.filter((record) => !isRecomputable(record, e2bTotal(record)))).toEqual([])

  const quotas = await session.query(
    'select scope, scope_id, resource_type, spent_usd from copilot_internal.cost_quotas',
  )
  const accounted = quotas.map((quota) => {
    const records =
      quota['resource_type'] === 'llm' ? llm : quota['resource_type'] === 'e2b' ? e2b : [...llm, ...e2b]
    const column = { platform: undefined, tenant: 'tenant_id', user: 'user_id' }[quota['scope'] ?? '']
    const sum = records
      .filter((record) => column === undefined || record[column] === quota['scope_id'])
      .reduce((total, record) => total.plus(record['total_cost_usd'] ?? ''), new Big(0))
    return { ...quota, spent_usd: sum.toFixed(18) }
  })
  expect(quotas).toEqual(accounted)
}

function isRecomputable(record: Row, total: Big | undefined): boolean {
  const stored = new Big(record['total_cost_usd'] ?? '-1')
  return total === undefined ? record['is_unpriced'] === 't' && stored.eq(0) : stored.eq(total)
}

function llmTotal(record: Row): Big | undefined {
  const { input_price_per_million: input, output_price_per_million: output } = record
  if (!input || !output) return undefined
  const tokens = { input: record['input_tokens'] ?? '', output: record['output_tokens'] ?? '' }
  return llmCost({ input, output }, tokens).total
}

function e2bTotal(record: Row): Big | undefined {
  const { price_per_second: second } = record
  if (!second) return undefined
  return e2bCost(
    {
      second,
      cpuCoreSecond: record['price_per_cpu_core_second'] ?? '',
      gbMemorySecond: record['price_per_gb_memory_second'] ?? '',
      gbDiskIo: record['price_per_gb_disk_io'] ?? '',
    },
    {
      seconds: record['execution_time_seconds'] ?? '',
      cpuCoreSeconds: record['cpu_core_seconds'] ?? '',
      gbMemorySeconds: record['memory_gb_seconds'] ?? '',
      gbDiskIo: record['disk_io_gb'] ?? '',
    },
  ).total
}
