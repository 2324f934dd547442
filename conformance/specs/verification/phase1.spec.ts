/**
 * The nine checks of phase 1: they hold on a fresh database, they go on holding when prices change, and each finds what
 * it is there to find.
 */
import type { Session } from '../../engines/index.ts'
import { describe, expect, test } from '../../harness/index.ts'
import { verifyPhase1 } from '../../verify/index.ts'

async function brokenChecks(session: Session): Promise<string[]> {
  return (await verifyPhase1(session)).filter(({ outcome }) => outcome !== 'passed').map(({ title }) => title)
}

test('all nine hold right after the migrations', async ({ session }) => {
  const findings = await verifyPhase1(session)
  expect(findings).toHaveLength(9)
  expect(findings.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
})

test('they go on holding when prices are changed and added', async ({ session }) => {
  await session.run(`
    update copilot_internal.e2b_pricing set price_per_second = 0.0002 where tier = 'standard';
    update copilot_internal.model_pricing set expires_at = now() where model = 'gpt-4';
    insert into copilot_internal.model_pricing
      (provider, model, input_price_per_million, output_price_per_million, effective_date)
    values ('openai', 'gpt-4', 20, 40, now()), ('mistral', 'large', 2, 6, now());
    insert into copilot_internal.e2b_pricing (tier, region, price_per_second) values ('xl', 'us-east-1', 1);`)
  expect(await brokenChecks(session)).toEqual([])
})

describe('each check finds its own', () => {
  test.for([
    ['All required tables exist', 'alter table copilot_internal.llm_cost_records rename to elsewhere'],
    ['E2B pricing seeded (4 tiers)', `delete from copilot_internal.e2b_pricing where tier = 'gpu'`],
    [
      'LLM pricing seeded (27 models, 4 providers)',
      `delete from copilot_internal.model_pricing where model = 'o3'`,
    ],
    [
      'resource_type column added to cost_quotas',
      `alter table copilot_internal.cost_quotas alter column resource_type set default 'all'`,
    ],
    [
      'All 5 helper functions created',
      `create function copilot_internal.calculate_llm_cost(model text) returns int language sql as 'select 1'`,
    ],
    [
      'E2B cost calculation working',
      `create or replace function copilot_internal.calculate_e2b_cost(
         tier text, region text, execution_time_seconds numeric, cpu_core_seconds numeric default null,
         memory_gb_seconds numeric default null, disk_io_gb numeric default null, pricing_date timestamptz default now())
       returns table (execution_cost_usd numeric, resource_cost_usd numeric, total_cost_usd numeric, is_estimated boolean)
       language sql as 'select 0.031, 0, 0.031, false'`,
    ],
    [
      'LLM cost calculation working',
      `update copilot_internal.model_pricing set expires_at = effective_date where model = 'gpt-4'`,
    ],
    [
      'All 7 aggregation views created',
      'alter view copilot_internal.e2b_cost_summary_by_tier set (security_invoker = false)',
    ],
    [
      'RLS policies active on all tables',
      'alter table copilot_internal.cost_quotas disable row level security',
    ],
    [
      'RLS policies active on all tables',
      'drop policy e2b_cost_records_select_tenant on copilot_internal.e2b_cost_records',
    ],
  ] as const)('%s: %s', async ([title, damage], { session }) => {
    await session.query(damage)
    expect(await brokenChecks(session)).toContain(title)
  })
})

test('all nine are reported when nothing has been applied', async ({ platform }) => {
  const findings = await verifyPhase1(platform)
  expect(findings).toEqual(
    Array(9).fill(
      expect.objectContaining({ outcome: 'failed', have: expect.any(String), want: expect.any(String) }),
    ),
  )
})
