/**
 * The migrations after phase 1 can be run again on what those before them have left: after the published recovery at any
 * stage, on prices that were replaced at one moment, on holds written by hand, and beside a copy of the tables.
 *
 * Method: on a database with the platform only, in one transaction.
 */
import { acme, owner } from '../../../fixtures/people.ts'
import { schemaText } from '../../catalog/index.ts'
import type { Session } from '../../engines/index.ts'
import { migrations } from '../../engines/index.ts'
import { describe, expect, needs } from '../../harness/index.ts'

const test = needs('every-statement')
const files = migrations()
const PHASE_1 = 3

async function apply(session: Session, some = files): Promise<void> {
  for (const { sql } of some) await session.run(sql)
}

/** Usage as phase 1 knows it: written by hand, at the prices of the list. */
const USAGE = `
  insert into copilot_internal.llm_cost_records
    (tenant_id, request_id, provider, model, recorded_at, input_tokens, pricing_id, input_price_per_million,
     output_price_per_million, input_cost_usd, total_cost_usd)
  select '${acme.tenantId}', 'req-1', provider, model, '2026-02-01 10:00+00', 1000, id, input_price_per_million,
         output_price_per_million, input_price_per_million * 0.001, input_price_per_million * 0.001
  from copilot_internal.model_pricing where model = 'gpt-4';
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, spent_usd, period)
  values ('tenant', '${acme.tenantId}', 'llm', 1, 0.03, 'month');`

/** The same usage, as it is recorded once there is a function for it. */
const RECORDED = `
  select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1000, 0, 'req-1', recorded_at => '2026-02-01 10:00+00');
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, spent_usd, period)
  values ('tenant', '${acme.tenantId}', 'llm', 1, 0.03, 'month');`

/** What every state of the product has of them. */
const kept = `
  select to_jsonb(r) as row
  from (
    select tenant_id, id, request_id, provider, model, recorded_at, input_tokens, pricing_id, input_price_per_million,
           output_price_per_million, input_cost_usd, total_cost_usd
    from copilot_internal.llm_cost_records
  ) as r
  union all
  select to_jsonb(q)
  from (select id, scope, scope_id, resource_type, limit_usd, spent_usd, period, period_start from copilot_internal.cost_quotas) as q
  order by 1`

describe('the published recovery', () => {
  const stages = files
    .slice(PHASE_1 - 1)
    .map(({ name }, i) => ({ name, applied: files.slice(0, PHASE_1 + i) }))

  test.for(stages)(
    'after $name brings everything back, and no usage is lost',
    async ({ applied }, { platform, on }) => {
      await apply(platform, applied)
      const schema = await schemaText(platform)
      const records = applied.some(({ name }) => name.includes('usage_recording'))
      await platform.run(records ? RECORDED : USAGE)
      const before = await platform.query(kept)
      for (const table of ['e2b_cost_records', 'e2b_pricing', 'model_pricing']) {
        await platform.run(`drop table if exists copilot_internal.${table} cascade`)
      }
      await apply(platform, applied)
      expect(await schemaText(platform)).toBe(schema)
      await on(platform).as(owner)(kept).resultsEq(before)
      await apply(platform)
      await on(platform).as(owner)(kept).resultsEq(before)
    },
  )

  test('a call that was recorded before it is recognised after it', async ({ platform, on }) => {
    await apply(platform)
    const record = `
      select id from copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1000, 0, 'req-1')`
    const first = await platform.query(record)
    await platform.run('drop table copilot_internal.model_pricing cascade')
    await apply(platform)
    await on(platform).as(owner)(record).resultsEq(first)
  })

  test('a run whose table was dropped can be reported again', async ({ platform, on }) => {
    await apply(platform)
    const record = `
      select id from copilot_internal.record_e2b_usage('${acme.tenantId}', 'gpu', 'us-east-1', 1, request_id => 'req-1')`
    const first = await platform.query(record)
    await platform.run('drop table copilot_internal.e2b_cost_records cascade')
    await apply(platform)
    await on(platform).as(owner)`select from copilot_internal.usage_requests`.isEmpty()
    const again = await platform.query(record)
    expect(again).toHaveLength(1)
    expect(again).not.toEqual(first)
  })

  test('what was recorded before requests were noted is recognised', async ({ platform, on }) => {
    await apply(platform, files.slice(0, PHASE_1))
    await platform.run(`
      insert into copilot_internal.llm_cost_records (tenant_id, request_id, provider, model, recorded_at, input_tokens)
      values ('${acme.tenantId}', 'req-1', 'openai', 'gpt-4', '2026-02-02', 2), ('${acme.tenantId}', 'req-1', 'openai', 'gpt-4', '2026-02-01', 1),
             ('${acme.tenantId}', null, 'openai', 'gpt-4', '2026-01-31', 3);
      insert into copilot_internal.e2b_cost_records (tenant_id, request_id, tier, region, recorded_at, execution_time_seconds)
      values ('${acme.tenantId}', 'req-1', 'gpu', 'us-east-1', '2026-02-02', 20), ('${acme.tenantId}', 'req-1', 'gpu', 'us-east-1', '2026-02-01', 10)`)
    await apply(platform)
    await on(platform)
      .as(owner)(`
        select (select input_tokens from copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 9, 9, 'req-1')) as call,
               (select trim_scale(execution_time_seconds) from copilot_internal.record_e2b_usage(
                  '${acme.tenantId}', 'gpu', 'us-east-1', 9, request_id => 'req-1')) as run,
               (select count(*) from copilot_internal.usage_requests) as requests`)
      .resultsEq([{ call: 1, run: 10, requests: 2 }])
    // And what is removed is forgotten when the file is run again.
    await platform.run('delete from copilot_internal.llm_cost_records')
    await apply(platform)
    await on(platform).as(owner)`select resource_type from copilot_internal.usage_requests`.resultsEq(['e2b'])
  })

  test('a component that was deleted stays deleted', async ({ platform, on }) => {
    await apply(platform)
    await platform.run(
      `alter table copilot_internal.model_pricing_components disable trigger user;
       delete from copilot_internal.model_pricing_components where component = 'cached_input';
       alter table copilot_internal.model_pricing_components enable trigger user`,
    )
    await apply(platform)
    await on(platform).as(
      owner,
    )`select from copilot_internal.model_pricing_components where component = 'cached_input'`.isEmpty()
  })

  test('components come to prices that usage was recorded at before', async ({ platform, on }) => {
    const components = files.findIndex(({ name }) => name.includes('price_components'))
    await apply(platform, files.slice(0, components))
    await platform.run(RECORDED)
    await apply(platform, files.slice(components))
    await on(platform).as(owner)`
      select r.total_cost_usd::float, count(c) > 0 as has_components
      from copilot_internal.llm_cost_records as r
      join copilot_internal.model_pricing_components as c using (pricing_id) group by r.total_cost_usd`.resultsEq(
      [{ total_cost_usd: 0.03, has_components: true }],
    )
  })

  test('components come back with the prices they belong to', async ({ platform, on }) => {
    await apply(platform)
    const components = `
      select p.model, c.variant, c.component, c.price_per_million from copilot_internal.model_pricing_components as c
      join copilot_internal.model_pricing as p on p.id = c.pricing_id order by 1, 2, 3`
    const before = await platform.query(components)
    expect(before.length).toBeGreaterThan(90)
    // Usage refers to a price that is gone with the list: its components go, too.
    await platform.run(
      `select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4o', 1, 1);
       drop table copilot_internal.model_pricing cascade`,
    )
    await apply(platform)
    await on(platform).as(owner)(components).resultsEq(before)
  })
})

test('a price that replaced another at its own start stays in force', async ({ platform, on }) => {
  await apply(platform)
  for (const price of [1, 2, 3]) {
    await platform.query(
      `insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million)
       values ('p', 'm', $1, $1)`,
      [price],
    )
    await platform.query(
      `insert into copilot_internal.e2b_pricing (tier, region, price_per_second) values ('t', 'r', $1)`,
      [price],
    )
  }
  await apply(platform)
  await on(platform).as(owner)`
       select c.input_cost_usd as call, r.execution_cost_usd as run
       from copilot_internal.calculate_llm_cost('p', 'm', 1000000, 0, now() + interval '1 ms') as c,
            copilot_internal.calculate_e2b_cost('t', 'r', 1, pricing_date => now() + interval '1 ms') as r`.resultsEq(
    [{ call: '3.000', run: '3.000' }],
  )
})

test('periods that overlapped before end at the start of the next', async ({ platform, on }) => {
  await apply(platform, files.slice(0, PHASE_1))
  // What could be left behind in phase 1: the first without an end, the second with one too late, the third with a gap.
  await platform.run(`
    insert into copilot_internal.model_pricing
      (provider, model, input_price_per_million, output_price_per_million, effective_date, expires_at)
    values ('p', 'm', 1, 1, '2026-02-01 00:00+00', null), ('p', 'm', 2, 2, '2026-03-01 00:00+00', '2026-09-01 00:00+00'),
           ('p', 'm', 3, 3, '2026-04-01 00:00+00', '2026-05-01 00:00+00'), ('p', 'm', 4, 4, '2026-06-01 00:00+00', null);
    insert into copilot_internal.e2b_pricing (tier, region, price_per_second, effective_date, expires_at)
    select provider, model, input_price_per_million, effective_date, expires_at
    from copilot_internal.model_pricing where provider = 'p'`)
  await apply(platform)
  const periods = (table: string, where: string) =>
    on(platform).as(owner)(
      `select to_char(effective_date at time zone 'UTC', 'MM-DD') as "from", to_char(expires_at at time zone 'UTC', 'MM-DD') as "to"
       from copilot_internal.${table} where ${where} order by 1`,
    )
  const cut = [
    { from: '02-01', to: '03-01' },
    { from: '03-01', to: '04-01' },
    { from: '04-01', to: '05-01' },
    // The third had an end of its own: the second, whose end was later, follows it.
    { from: '05-01', to: '06-01' },
    { from: '06-01', to: null },
  ]
  await periods('model_price_periods', `provider = 'p'`).resultsEq(cut)
  await periods('e2b_price_periods', `tier = 'p'`).resultsEq(cut)
})

test('of holds for one request, written by hand, all still hold', async ({ platform, on }) => {
  await apply(platform, files.slice(0, PHASE_1))
  await platform.run(`
    insert into copilot_internal.quota_reservations (tenant_id, resource_type, amount_usd, request_id, expires_at)
    select '${acme.tenantId}', kind, 1, 'req-1', now() + interval '1 hour' from unnest('{llm,llm,llm,e2b}'::text[]) as kind`)
  await apply(platform)
  await on(platform).as(owner)`
    select resource_type as kind, count(*) as holds, count(request_id) as named
    from copilot_internal.quota_reservations where closed_at is null group by 1 order by 1`.resultsEq([
    { kind: 'e2b', holds: 1, named: 1 },
    { kind: 'llm', holds: 3, named: 1 },
  ])
})

test('a copy of the tables in another schema hides no constraint', async ({ platform }) => {
  await apply(platform)
  const schema = await schemaText(platform)
  // All that a file adds when it does not find it, by the names it looks for.
  const added = [
    ['e2b_cost_records', 'e2b_cost_records_pricing_id_fkey'],
    ['llm_cost_records', 'llm_cost_records_pricing_id_fkey'],
    ['model_pricing_components', 'model_pricing_components_pricing_id_fkey'],
    ['cost_quotas', 'cost_quotas_resource_type_known'],
    ['cost_quotas', 'cost_quotas_scope_scope_id_resource_type_period_key'],
    ['model_pricing', 'model_pricing_provider_model_effective_date_key'],
    ['e2b_pricing', 'e2b_pricing_tier_region_effective_date_key'],
  ] as const
  await platform.run('create schema backup')
  for (const [table, constraint] of added) {
    await platform.run(`
      create table backup.${constraint} (n int constraint ${constraint} check (n > 0));
      alter table copilot_internal.${table} drop constraint ${constraint}`)
  }
  await apply(platform)
  expect(await schemaText(platform)).toBe(schema)
})
