/**
 * copilot_internal.cost_summary — each column is the sum of its own, whichever way usage is read; and each dimension is shown alone.
 *
 * Method: usage of both kinds with other figures in each column, read from records, from what is not added up, and from days that are.
 */
import { acme, owner } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'
import { A, B, records } from './rows.ts'

const ASKED = `'2026-02-01 00:00+00', '2026-02-03 00:00+00'`
const ways = [
  ['of whole days', '', `'all'`],
  ['of days', '', `'day'`],
  ['by the hour', '', `'hour'`],
  ['by user', '', `'all', '{user}'`],
  ['in another zone', '', `'month', time_zone => 'Asia/Tokyo'`],
  ['of days that are added up', 'select copilot_internal.fold_usage(100000);', `'week'`],
] as const
const llm = { requests: 4, input: 10000, output: 20, llm_usd: 102 }
const e2b = { runs: 8, seconds: 40, e2b_usd: 204 }
const none = { requests: 0, input: 0, output: 0, llm_usd: 0, runs: 0, seconds: 0, e2b_usd: 0 }
const kinds = [
  ['all', { ...llm, ...e2b, usd: 306, estimated: 3, unpriced: 3 }],
  ['llm', { ...none, ...llm, usd: 102, estimated: 1, unpriced: 1 }],
  ['e2b', { ...none, ...e2b, usd: 204, estimated: 2, unpriced: 2 }],
] as const

describe.each(ways)('cost_summary %s', (_, setup, granularity) => {
  test('each column is the sum of its own, of each kind', async ({ as, session }) => {
    await session.run(
      records('llm', '2026-02-01 01:00+00') +
        records('e2b', '2026-02-01 01:00+00') +
        records('e2b', '2026-02-02 01:00+00') +
        setup,
    )
    for (const [kind, wanted] of kinds)
      await as(owner)(`
        select sum(llm_request_count) as requests, sum(input_tokens) as input, sum(output_tokens) as output,
               trim_scale(sum(llm_cost_usd)) as llm_usd, sum(e2b_run_count) as runs, sum(execution_time_seconds) as seconds,
               trim_scale(sum(e2b_cost_usd)) as e2b_usd, trim_scale(sum(total_cost_usd)) as usd, sum(estimated_count) as estimated,
               sum(unpriced_count) as unpriced
        from copilot_internal.cost_summary(${ASKED}, ${granularity}, resource_type => '${kind}')`).resultsEq([
        wanted,
      ])
  })

  test('usage that is alike counts twice, and that of another tenant beside it', async ({ as, session }) => {
    const alike = (tenant: string) => `
      insert into copilot_internal.llm_cost_records (tenant_id, recorded_at, provider, model, is_adopted)
      select '${tenant}', '2026-02-01 10:00+00', 'p', 'm', true from generate_series(1, 2);
      insert into copilot_internal.e2b_cost_records (tenant_id, recorded_at, tier, region, execution_time_seconds, is_adopted)
      select '${tenant}', '2026-02-01 10:00+00', 't', 'r', 1, true from generate_series(1, 2);`
    await session.run(alike(A) + alike(B) + setup)
    for (const [tenant, count] of [
      [`'${A}'`, 2],
      [`'${B}'`, 2],
      ['null', 4],
    ] as const)
      await as(owner)(`
        select sum(llm_request_count) as calls, sum(e2b_run_count) as runs
        from copilot_internal.cost_summary(${ASKED}, ${granularity}, tenant_id => ${tenant})`).resultsEq([
        { calls: count, runs: count },
      ])
  })
})

describe.each([
  ['records', '', `'hour'`],
  ['days', 'select copilot_internal.fold_usage(100000);', `'all'`],
] as const)('cost_summary by one dimension, from %s', (source, setup, granularity) => {
  const NONE = {
    ...{ tenant: null, user_id: null, provider: null, model: null, task: null, tier: null },
    conversation_id: null,
  }
  test.for(
    [
      ['tenant', [{ tenant: A }]],
      ['model', [{ provider: 'p', model: 'm' }, {}]],
      ['task', [{ task: 't' }, {}]],
      ['tier', [{ tier: 'r' }, {}]],
      ['user', [{ user_id: acme.userId }]],
      ['conversation', [{ conversation_id: 'c' }, { conversation_id: 'd' }]],
    ].filter(([name]) => source === 'records' || !['user', 'conversation'].includes(String(name))) as [
      string,
      object[],
    ][],
  )('%s is shown, and no other', async ([dimension, rows], { as, session }) => {
    const at = `'${A}', '2026-02-01 10:00+00', '${acme.userId}', true`
    await session.run(`
      insert into copilot_internal.llm_cost_records
        (tenant_id, recorded_at, user_id, is_adopted, conversation_id, provider, model, task)
      values (${at}, 'c', 'p', 'm', 't');
      insert into copilot_internal.e2b_cost_records
        (tenant_id, recorded_at, user_id, is_adopted, conversation_id, tier, region, execution_time_seconds)
      values (${at}, 'd', 'r', 's', 1); ${setup}`)
    await as(owner)(`
      select ${Object.keys(NONE)} from copilot_internal.cost_summary(${ASKED}, ${granularity}, '{${dimension}}')`).bagEq(
      rows.map((row) => ({ ...NONE, ...row })),
    )
  })
})
