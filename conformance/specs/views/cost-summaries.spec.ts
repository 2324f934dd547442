/**
 * The seven views that add costs up.
 *
 * Method: two tenants with round numbers, checked by eye; then random records, added up by an oracle.
 */
import Big from 'big.js'
import fc from 'fast-check'
import { acme, birch, owner } from '../../../fixtures/people.ts'
import { describe, expect, fixture, test } from '../../harness/index.ts'
import { money } from '../../oracle/index.ts'

describe('two tenants', () => {
  test.beforeEach(async ({ session }) => {
    await session.query(`set local timezone = 'UTC'`)
    await session.run(fixture('two-tenants'))
  })

  test('LLM costs by tenant', async ({ as }) => {
    await as(
      owner,
    )`select * from copilot_internal.cost_summary_by_tenant where tenant_id = ${acme.tenantId}`.resultsEq([
      {
        tenant_id: acme.tenantId,
        request_count: 3,
        input_tokens: 1011,
        output_tokens: 510,
        total_tokens: 1521,
        input_cost_usd: '0.03000005',
        output_cost_usd: '0.030',
        total_cost_usd: '0.06000005',
        average_cost_usd: '0.020000016666666667',
        estimated_count: 0,
        unpriced_count: 1,
        first_recorded_at: '2026-02-01 10:00:00+00',
        last_recorded_at: '2026-02-02 10:00:00+00',
      },
    ])
  })

  test('LLM costs by model', async ({ as }) => {
    await as(owner)`
      select provider, model, request_count, total_tokens, total_cost_usd, unpriced_count
      from copilot_internal.cost_summary_by_model`.bagEq([
      {
        provider: 'openai',
        model: 'gpt-4',
        request_count: 2,
        total_tokens: 4500,
        total_cost_usd: '0.180',
        unpriced_count: 0,
      },
      {
        provider: 'openai',
        model: 'gpt-5-nano',
        request_count: 1,
        total_tokens: 1,
        total_cost_usd: '0.00000005',
        unpriced_count: 0,
      },
      {
        provider: 'acme',
        model: 'in-house',
        request_count: 1,
        total_tokens: 20,
        total_cost_usd: '0',
        unpriced_count: 1,
      },
    ])
  })

  test('LLM costs by task, calls without one in a row of their own', async ({ as }) => {
    await as(
      owner,
    )`select task, request_count, total_cost_usd from copilot_internal.cost_summary_by_task`.bagEq([
      { task: 'planning', request_count: 2, total_cost_usd: '0.180' },
      { task: 'summary', request_count: 1, total_cost_usd: '0.00000005' },
      { task: null, request_count: 1, total_cost_usd: '0' },
    ])
  })

  test('E2B costs by tenant', async ({ as }) => {
    await as(
      owner,
    )`select * from copilot_internal.e2b_cost_summary_by_tenant where tenant_id = ${acme.tenantId}`.resultsEq(
      [
        {
          tenant_id: acme.tenantId,
          run_count: 2,
          execution_time_seconds: '310.5',
          cpu_core_seconds: 2,
          memory_gb_seconds: 4,
          disk_io_gb: 0,
          execution_cost_usd: '0.0426',
          resource_cost_usd: '0.000046',
          total_cost_usd: '0.042646',
          average_cost_usd: '0.021323',
          estimated_count: 1,
          unpriced_count: 0,
          first_recorded_at: '2026-02-01 10:30:00+00',
          last_recorded_at: '2026-02-03 10:30:00+00',
        },
      ],
    )
  })

  test('E2B costs by tier', async ({ as }) => {
    await as(owner)`
      select tier, run_count, execution_time_seconds, total_cost_usd, estimated_count
      from copilot_internal.e2b_cost_summary_by_tier`.bagEq([
      {
        tier: 'standard',
        run_count: 2,
        execution_time_seconds: 400,
        total_cost_usd: '0.040',
        estimated_count: 0,
      },
      {
        tier: 'gpu',
        run_count: 1,
        execution_time_seconds: '10.5',
        total_cost_usd: '0.012646',
        estimated_count: 1,
      },
    ])
  })

  test('E2B costs by conversation', async ({ as }) => {
    await as(owner)`
      select tenant_id, conversation_id, run_count, total_cost_usd
      from copilot_internal.e2b_cost_summary_by_conversation`.bagEq([
      { tenant_id: acme.tenantId, conversation_id: 'a-1', run_count: 1, total_cost_usd: '0.030' },
      { tenant_id: acme.tenantId, conversation_id: 'a-2', run_count: 1, total_cost_usd: '0.012646' },
      { tenant_id: birch.tenantId, conversation_id: 'b-1', run_count: 1, total_cost_usd: '0.010' },
    ])
  })

  test('both kinds by tenant, side by side and in sum', async ({ as }) => {
    await as(owner)`
      select * from copilot_internal.combined_cost_summary_by_tenant where tenant_id = ${acme.tenantId}`.resultsEq(
      [
        {
          tenant_id: acme.tenantId,
          llm_request_count: 3,
          e2b_run_count: 2,
          total_count: 5,
          llm_total_tokens: 1521,
          e2b_execution_time_seconds: '310.5',
          llm_cost_usd: '0.06000005',
          e2b_cost_usd: '0.042646',
          total_cost_usd: '0.10264605',
          average_cost_usd: '0.02052921',
          estimated_count: 1,
          unpriced_count: 1,
          first_recorded_at: '2026-02-01 10:00:00+00',
          last_recorded_at: '2026-02-03 10:30:00+00',
        },
      ],
    )
  })

  test('a tenant with one kind of cost only is there, too', async ({ as, session }) => {
    await session.run(`
      delete from copilot_internal.llm_cost_records where tenant_id = '${acme.tenantId}';
      delete from copilot_internal.e2b_cost_records where tenant_id = '${birch.tenantId}';`)
    await as(owner)`
      select tenant_id, llm_cost_usd, e2b_cost_usd, total_cost_usd
      from copilot_internal.combined_cost_summary_by_tenant`.bagEq([
      { tenant_id: acme.tenantId, llm_cost_usd: '0', e2b_cost_usd: '0.042646', total_cost_usd: '0.042646' },
      { tenant_id: birch.tenantId, llm_cost_usd: '0.120', e2b_cost_usd: '0', total_cost_usd: '0.120' },
    ])
  })
})

test('without records every view is empty', async ({ as }) => {
  for (const view of ['cost_summary_by_tenant', 'cost_summary_by_task', 'combined_cost_summary_by_tenant']) {
    await as(owner)(`select * from copilot_internal.${view}`).isEmpty()
  }
})

test('sums are exact, whatever the records', async ({ session }) => {
  const cost = fc
    .tuple(fc.bigInt({ min: 0n, max: 10n ** 12n }), fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }))
    .map(([whole, fraction]) => `${whole}.${String(fraction).padStart(18, '0')}`)
  const record = fc.record({ tenant: fc.constantFrom(acme, birch), input: cost, output: cost })
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 30 }), async (records) => {
      await session.query('savepoint records')
      await session.query(
        `insert into copilot_internal.llm_cost_records
           (tenant_id, provider, model, input_cost_usd, output_cost_usd, total_cost_usd)
         select t, 'p', 'm', i, o, i + o from unnest($1::uuid[], $2::numeric[], $3::numeric[]) as r (t, i, o)`,
        [records.map((r) => r.tenant.tenantId), records.map((r) => r.input), records.map((r) => r.output)],
      )
      const have = await session.query(
        `select tenant_id, request_count, input_cost_usd, output_cost_usd, total_cost_usd
         from copilot_internal.cost_summary_by_tenant order by tenant_id`,
      )
      await session.query('rollback to savepoint records')
      expect(have).toEqual([acme, birch].flatMap((tenant) => summary(tenant.tenantId, records)))
    }),
    { numRuns: 50 },
  )
})

function summary(
  tenantId: string,
  all: readonly { tenant: { tenantId: string }; input: string; output: string }[],
) {
  const records = all.filter(({ tenant }) => tenant.tenantId === tenantId)
  if (records.length === 0) return []
  const sum = (amounts: readonly string[]) =>
    amounts.reduce((total, amount) => total.plus(amount), new Big(0))
  const input = sum(records.map((r) => r.input))
  const output = sum(records.map((r) => r.output))
  return [
    {
      tenant_id: tenantId,
      request_count: String(records.length),
      input_cost_usd: money(input),
      output_cost_usd: money(output),
      total_cost_usd: money(input.plus(output)),
    },
  ]
}
