/**
 * A batch answers, records and charges what its reports would one by one.
 *
 * Method: random reports, with requests and holds that come again, of usage with a price and without, before quotas of every
 * policy; once as single calls and once as a batch, each taken back after a look at what it left.
 */
import fc from 'fast-check'
import { acme, birch } from '../../../fixtures/people.ts'
import type { Row, Session } from '../../engines/index.ts'
import { describe, expect, rounds, test } from '../../harness/index.ts'

const HOLDS = ['10000000', '20000000', '30000000'].map((id) => `${id}-0000-4000-8000-000000000001`)

const WORLD = `
  insert into copilot_internal.cost_quotas (id, scope, scope_id, resource_type, limit_usd, period, unpriced_policy)
  select md5(s.scope || s.id || kind)::uuid, s.scope, nullif(s.id, '')::uuid, kind, 1000000, 'month', s.policy
  from (values ('platform', '', 'charge_hold'), ('tenant', '${acme.tenantId}', 'allow'),
               ('tenant', '${birch.tenantId}', 'charge_hold'), ('user', '${acme.userId}', 'refuse_hold')) as s (scope, id, policy)
  cross join unnest('{llm,e2b,all}'::text[]) as kind;
  insert into copilot_internal.model_aliases (provider, alias, model) values ('openai', 'gpt-4o-2024-08-06', 'gpt-4o') on conflict do nothing;`

/** One hold is open, one is settled, one was released. */
const holds = (kind: string) => `
  insert into copilot_internal.quota_reservations (tenant_id, id, resource_type, amount_usd, expires_at)
  select '${acme.tenantId}', id::uuid, '${kind}', 2, now() + interval '1 hour' from unnest('{${HOLDS.join()}}'::text[]) as id;
  select copilot_internal.settle_reservation('${acme.tenantId}', '${HOLDS[1]}', 5);
  select copilot_internal.release_reservation('${acme.tenantId}', '${HOLDS[2]}');`

const common = {
  tenant_id: fc.constantFrom(acme.tenantId, acme.tenantId, birch.tenantId),
  user_id: fc.constantFrom(acme.userId, birch.userId, null),
  request_id: fc.oneof(
    fc.constant(null),
    fc.integer({ min: 1, max: 4 }).map((n) => `req-${n}`),
  ),
  reservation_id: fc.constantFrom(null, null, null, ...HOLDS),
  recorded_at: fc.constantFrom('2026-01-20T00:00:00Z', '2026-02-20T00:00:00Z'),
}
const amount = fc.oneof(fc.constant(0), fc.nat(300_000))

const kinds = [
  {
    kind: 'llm',
    report: fc
      .record({
        ...common,
        provider: fc.constantFrom('openai', 'google'),
        model: fc.constantFrom('gpt-4o', 'gpt-4o-2024-08-06', 'gemini-2.5-pro', 'in-house'),
        output_tokens: amount,
        cached_input_tokens: amount,
        plain: amount,
        is_batch: fc.boolean(),
        is_estimated: fc.boolean(),
      })
      .map(({ plain, ...report }) => ({ ...report, input_tokens: plain + report.cached_input_tokens })),
    arguments: [
      'tenant_id',
      'provider',
      'model',
      'input_tokens',
      'output_tokens',
      'request_id',
      'user_id',
      'recorded_at',
      'is_estimated',
      'reservation_id',
      'cached_input_tokens',
      'is_batch',
    ],
  },
  {
    kind: 'e2b',
    report: fc.record({
      ...common,
      tier: fc.constantFrom('standard', 'gpu', 'mainframe'),
      region: fc.constantFrom('us-east-1', 'eu-west-1'),
      execution_time_seconds: amount,
      cpu_core_seconds: fc.option(amount),
      memory_gb_seconds: fc.option(amount),
      disk_io_gb: fc.option(amount),
      status: fc.constantFrom('running', 'completed'),
    }),
    arguments: [
      'tenant_id',
      'tier',
      'region',
      'execution_time_seconds',
      'cpu_core_seconds',
      'memory_gb_seconds',
      'disk_io_gb',
      'request_id',
      'user_id',
      'recorded_at',
      'status',
      'reservation_id',
    ],
  },
] as const

describe.each(kinds)('$kind', ({ kind, report, arguments: names }) => {
  const arb: fc.Arbitrary<Readonly<Record<string, unknown>>> = report

  test('a batch of random reports is as its reports one by one', async ({ session }) => {
    await session.run(WORLD)
    await session.run(holds(kind))
    await fc.assert(
      fc.asyncProperty(
        fc.array(arb, { maxLength: 3 }),
        fc.array(arb, { minLength: 1, maxLength: 8 }),
        async (before, reports) => {
          const singles = await takenBack(session, async () => {
            for (const one of before) await session.query(...single(one))
            const answers: Row[] = []
            for (const one of reports) answers.push(...(await session.query(...single(one))))
            return left(session, kind, answers)
          })
          const batch = await takenBack(session, async () => {
            for (const one of before) await session.query(...single(one))
            const answers = await session.query(
              `select * from copilot_internal.record_${kind}_usage_batch($1)`,
              [JSON.stringify(reports)],
            )
            return left(session, kind, answers)
          })
          expect(batch).toEqual(singles)
        },
      ),
      { numRuns: rounds(40) },
    )
  })

  function single(one: Readonly<Record<string, unknown>>): [string, unknown[]] {
    const list = names.map((name, i) => `${name} => $${i + 1}`).join(', ')
    return [`select * from copilot_internal.record_${kind}_usage(${list})`, names.map((name) => one[name])]
  }
})

/** What work answers; what it did is taken back. */
async function takenBack<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.query('savepoint work')
  try {
    return await work()
  } finally {
    await session.query('rollback to savepoint work')
  }
}

/** Answers, records, spend, holds, requests and estimates, with ids told by the order in which they were met. */
async function left(session: Session, kind: string, answers: readonly Row[]) {
  const ids = new Map<string, number>()
  const known = (rows: readonly Row[]) =>
    rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([column, value]) => {
          if (!['id', 'record_id'].includes(column) || value === null || HOLDS.includes(value))
            return [column, value]
          if (!ids.has(value)) ids.set(value, ids.size)
          return [column, ids.get(value)]
        }),
      ),
    )
  const answered = known(answers)
  // In an order that no id has a part in: where a row lies in its table is no answer.
  const told = (row: Row) => JSON.stringify({ ...row, id: '', record_id: ids.get(row['record_id'] ?? '') })
  const all = async (table: string) =>
    known(
      (await session.query(`select * from copilot_internal.${table}`)).sort((a, b) =>
        told(a) < told(b) ? -1 : 1,
      ),
    )
  return {
    answers: answered,
    spent: await session.query(
      'select scope, scope_id, resource_type, spent_usd from copilot_internal.cost_quotas order by 1, 2, 3',
    ),
    records: (await all(`${kind}_cost_records`)).length,
    requests: await all('usage_requests'),
    holds: await all('quota_reservations'),
    estimates: await all('quota_charge_estimates'),
  }
}
