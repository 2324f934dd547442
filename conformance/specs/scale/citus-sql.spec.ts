/**
 * supabase/scale/citus.sql: what is left of the product works on one node as it did, and what is refused says so.
 *
 * Method: on this engine, with stand-ins for Citus's functions (fixtures/citus-stub.sql). This shows what the statements of citus.sql do
 * to the schema, to callers and to rights; nothing here is on a second node.
 */
import { acme, birch, nomad, owner, service } from '../../../fixtures/people.ts'
import { schemaText } from '../../catalog/index.ts'
import { describe, expect, fixture, test } from '../../harness/index.ts'
import { CITUS_SQL, distribute } from './distribute.ts'

const RECORD = `
  select total_cost_usd from copilot_internal.record_llm_usage(
    'aaaaaaaa-0000-4000-8000-000000000001', 'openai', 'gpt-5-mini', 8000, 400, request_id => 'on-a-node')`

test('without Citus it is refused, and nothing is changed', async ({ session, as }) => {
  const before = await schemaText(session)
  const failed = await as(owner)(CITUS_SQL.slice(CITUS_SQL.indexOf('do $$'), CITUS_SQL.indexOf('$$;') + 3))
  await failed.throwsOk('0A000', 'Citus is not in this database: nothing was changed.')
  expect(await schemaText(session)).toBe(before)
})

test('run again, it changes nothing', async ({ session }) => {
  await distribute(session)
  const once = await schemaText(session)
  await session.run(CITUS_SQL)
  expect(await schemaText(session)).toBe(once)
})

test('run again after a migration, it takes over how quotas are charged', async ({ session }) => {
  await distribute(session)
  const later = 'begin perform 1; end'
  await session.run(`
    create or replace function copilot_internal.apply_charges(quota_ids uuid[], amounts numeric[])
      returns void language plpgsql set search_path = '' as $$${later}$$`)
  await session.run(CITUS_SQL)
  const bodies = await session.query(`
    select prosrc = '${later}' as later from pg_proc where proname ~ '^apply_charges' order by proname`)
  expect(bodies).toEqual([{ later: 'f' }, { later: 't' }])
})

test('the views answer as before, also where rollups are lost', async ({ session }) => {
  const views = [
    ...[
      'cost_summary_by_tenant',
      'cost_summary_by_model',
      'cost_summary_by_task',
      'e2b_cost_summary_by_tenant',
    ],
    ...['e2b_cost_summary_by_tier', 'e2b_cost_summary_by_conversation', 'combined_cost_summary_by_tenant'],
  ]
  const answers = () =>
    session.query(
      `${views
        .map((view) => `select '${view}' as view, to_jsonb(v) as row from copilot_internal.${view} as v`)
        .join(' union all ')} order by 1, 2`,
    )
  await session.run(fixture('two-tenants'))
  await session.query('select * from copilot_internal.fold_usage(1000)')
  const before = await answers()
  expect(before.length).toBeGreaterThan(10)
  await distribute(session)
  expect(await session.query('select day from copilot_internal.llm_usage_rollups')).toEqual([])
  expect(await answers()).toEqual(before)
})

test('a quota that is spread becomes one row', async ({ session, as }) => {
  await session.run(fixture('two-tenants'))
  await session.query(RECORD)
  await as(owner)`select sum(spent_usd) as spent from copilot_internal.cost_quota_parts`.resultsEq([
    { spent: '0.002800000000000000' },
  ])
  await distribute(session)
  await as(owner)`select from copilot_internal.cost_quota_parts`.isEmpty()
  await as(owner)`
    select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas where scope = 'platform'`.resultsEq(
    [{ spent: '0.235446' }],
  )
})

describe('after it', () => {
  test.beforeEach(async ({ session }) => {
    await distribute(session)
    await session.run(fixture('two-tenants'))
  })

  test('usage is recorded, priced and charged', async ({ as }) => {
    await as(service)(RECORD).resultsEq([{ total_cost_usd: '0.002800000000000000' }])
  })

  test('a tenant sees its own records and no other', async ({ as }) => {
    for (const table of ['llm_cost_records', 'e2b_cost_records'])
      for (const tenant of [acme, birch])
        await as(tenant)(`select distinct tenant_id from copilot_internal.${table}`).resultsEq([
          { tenant_id: tenant.tenantId },
        ])
    await as(nomad)`select id from copilot_internal.llm_cost_records`.isEmpty()
  })

  test('a tenant sees its own quotas and no other', async ({ as }) => {
    await as(acme)`
      select distinct scope_id from copilot_internal.cost_quotas where scope = 'tenant'`.resultsEq([
      { scope_id: acme.tenantId },
    ])
    await as(nomad)`select id from copilot_internal.cost_quotas where scope = 'tenant'`.isEmpty()
  })

  test('the mirrors have the prices of the lists', async ({ as }) => {
    for (const [list, columns] of [
      ['model_pricing', 'id, provider, model'],
      ['e2b_pricing', 'id, tier, region'],
    ])
      await as(owner)(`select ${columns} from copilot_internal.${list}_mirror`).setEq(
        `select ${columns} from copilot_internal.${list}`,
      )
  })

  test('a price that is new, renamed or gone is so in the mirror', async ({ as }) => {
    const mirrored = as(owner)`
      select provider, model from copilot_internal.model_pricing_mirror where provider in ('nova', 'novae')`
    await as(service)`
      insert into copilot_internal.model_pricing
        (provider, model, input_price_per_million, output_price_per_million, effective_date)
      values ('nova', 'one', 1, 2, now() + interval '1 day')`.livesOk()
    await mirrored.resultsEq([{ provider: 'nova', model: 'one' }])
    await as(
      service,
    )`update copilot_internal.model_pricing set provider = 'novae' where provider = 'nova'`.livesOk()
    await mirrored.resultsEq([{ provider: 'novae', model: 'one' }])
    await as(service)`delete from copilot_internal.model_pricing where provider = 'novae'`.livesOk()
    await mirrored.isEmpty()
  })

  test('a record of a price that does not exist is refused', async ({ as }) => {
    await as(service)`
      insert into copilot_internal.e2b_cost_records
        (tenant_id, tier, region, execution_time_seconds, pricing_id, price_per_second, price_per_cpu_core_second,
         price_per_gb_memory_second, price_per_gb_disk_io)
      values ('aaaaaaaa-0000-4000-8000-000000000001', 'standard', 'us-east-1', 0, gen_random_uuid(), 0, 0, 0, 0)`.throwsOk(
      '23503',
    )
  })

  test('a charge takes the lock of its quota until the transaction ends', async ({ session, as }) => {
    await as(service)(RECORD).resultsEq([{ total_cost_usd: '0.002800000000000000' }])
    const [missing] = await session.query(`
      select count(*) filter (where l.pid is null) as without, count(*) > 0 as some
      from copilot_internal.cost_quotas as q
      cross join lateral hashtextextended('copilot_internal.cost_quotas ' || q.id, 0) as k (key)
      left join pg_locks as l on l.locktype = 'advisory' and l.pid = pg_backend_pid() and l.mode = 'ExclusiveLock'
        and (l.classid::bigint << 32 | l.objid::bigint) = k.key
      where q.updated_at = now() and q.spent_usd > 0
        and q.id = any (copilot_internal.quotas_concerned('aaaaaaaa-0000-4000-8000-000000000001', null, 'llm'))`)
    expect(missing).toEqual({ without: '0', some: 't' })
  })

  test('what is of no use there is refused with a sentence', async ({ as }) => {
    for (const [name, given] of [
      ['prune_usage', `now() - interval '1 year'`],
      ['reprice_unpriced_usage', `'openai', 'gpt-4'`],
      ['reprice_unpriced_e2b_usage', `'standard'`],
      ['fold_usage', ''],
      ['spread_quota', `'aaaaaaaa-0000-4000-8000-000000000001'`],
    ])
      await as(service)(`select * from copilot_internal.${name}(${given})`).throwsOk(
        '0A000',
        `${name} cannot be called where usage is distributed by Citus.`,
      )
  })

  test('the hook sets the claims again, for the nodes', async ({ as }) => {
    await as(acme)`
      select copilot_scale.propagate_claims()::text as done, current_setting('citus.propagate_set_commands') as how,
             current_setting('request.jwt.claims')::jsonb ->> 'tenant_id' as tenant`.resultsEq([
      { done: '', how: 'local', tenant: acme.tenantId },
    ])
  })
})
