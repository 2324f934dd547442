/**
 * `verify:phase1 --full` never cries wolf: a database that is used as it may be has no finding, at any version.
 *
 * Method: one migration after the other is applied, and after each the database is used in every way that version offers,
 * prices changed by the published recipes among them. What the recipes do to rows before there is a history, and what is
 * then done behind the history's back, look alike: both are tried.
 */
import { migrations, type Session } from '../../engines/index.ts'
import { describe, expect, fixture, needs, test } from '../../harness/index.ts'
import { inReadOnlyTransaction, verifyFull } from '../../verify/index.ts'

const C = 'copilot_internal'
const ACME = 'aaaaaaaa-0000-4000-8000-000000000001'

/** The published recipe for a model. */
const recipe = (model: string, input: number, output: number) => `
  update ${C}.model_pricing
  set input_price_per_million = ${input}, output_price_per_million = ${output}, expires_at = now(), updated_at = now()
  where provider = 'openai' and model = '${model}';
  insert into ${C}.model_pricing (provider, model, input_price_per_million, output_price_per_million, effective_date, notes)
  values ('openai', '${model}', ${input}, ${output}, now(), 'Updated pricing');`

/** Usage of each version, by the migration after which it is possible. */
const usage: Readonly<Record<string, string>> = {
  cost_tracking_foundation: `
    insert into ${C}.llm_cost_records
      (tenant_id, provider, model, input_tokens, output_tokens, input_price_per_million, output_price_per_million,
       input_cost_usd, output_cost_usd, total_cost_usd, request_id)
    values ('${ACME}', 'openai', 'gpt-4', 1000, 500, 30, 60, 0.03, 0.03, 0.06, 'old-1');
    insert into ${C}.cost_quotas (scope, scope_id, limit_usd, period) values ('tenant', '${ACME}', 50, 'day'), ('platform', null, 900, 'month');`,
  e2b_cost_tracking: `
    update ${C}.e2b_pricing set price_per_second = 0.00011 where tier = 'standard' and region = 'us-east-1';
    insert into ${C}.e2b_pricing (tier, region, price_per_second, price_per_cpu_core_second, price_per_gb_memory_second, price_per_gb_disk_io)
    values ('standard', 'eu-west-1', 0.00012, 0.000014, 0.0000045, 0);
    insert into ${C}.e2b_cost_records
      (tenant_id, tier, region, execution_time_seconds, pricing_id, price_per_second, price_per_cpu_core_second,
       price_per_gb_memory_second, price_per_gb_disk_io, execution_cost_usd, total_cost_usd, request_id)
    select '${ACME}', tier, region, 100, id, price_per_second, price_per_cpu_core_second, price_per_gb_memory_second,
           price_per_gb_disk_io, 100 * price_per_second, 100 * price_per_second, 'old-2'
    from ${C}.e2b_pricing where tier = 'standard' and region = 'us-east-1';
    insert into ${C}.cost_quotas (scope, scope_id, resource_type, limit_usd, period, period_start, period_end)
    values ('tenant', '${ACME}', 'e2b', 10, 'day', now(), now() + interval '1 day'),
           ('user', '${ACME}', 'all', 10, 'week', now() - interval '8 days', now() - interval '1 day');
    select ${C}.increment_e2b_quota_spend('tenant', '${ACME}', 0.011);
    select ${C}.check_e2b_quota('user', '${ACME}', 1);`,
  llm_model_pricing: `${recipe('gpt-4', 28, 56)} ${recipe('o3', 1.9, 7.6)}
    insert into ${C}.model_pricing (provider, model, input_price_per_million, output_price_per_million) values ('mistral', 'large', 2, 6);`,
  price_history: `${recipe('gpt-4', 26, 52)} ${recipe('gpt-5', 1, 9)}
    update ${C}.e2b_pricing set price_per_second = 0.0001 where tier = 'standard' and region = 'us-east-1';
    update ${C}.e2b_pricing set price_per_second = 0.0005 where tier = 'high-memory';
    select ${C}.set_model_price('openai', 'gpt-5-mini', 0.2, 1.6, changed_by => 'anna');
    select ${C}.set_model_price('openai', 'o3', 1.5, 6, now() + interval '7 days');
    select ${C}.set_model_price('openai', 'gpt-5-nano', 0.04, 0.3, now() + interval '7 days', expires_at => now() + interval '9 days');
    select ${C}.set_model_price('openai', 'gpt-4-turbo', 9, 27, now() + interval '7 days');
    select ${C}.cancel_model_price('openai', 'gpt-4-turbo');
    select ${C}.set_e2b_price('gpu', 'us-east-1', 0.001, source => 'e2b.dev');`,
  usage_recording: `
    select ${C}.record_llm_usage('${ACME}', 'openai', 'gpt-4', 3000, 700, 'new-1');
    select ${C}.record_llm_usage('${ACME}', 'openai', 'gpt-5.2', 3000, 700, 'new-2');
    select ${C}.record_e2b_usage('${ACME}', 'gpu', 'us-east-1', 300.25, 1201, 4804, 0.5, 'new-3');
    select ${C}.record_llm_usage_batch(jsonb_build_array(
      jsonb_build_object('tenant_id', '${ACME}', 'provider', 'openai', 'model', 'gpt-5.2', 'input_tokens', 900, 'output_tokens', 9,
                         'cached_input_tokens', 500, 'is_batch', true, 'request_id', 'new-5'),
      jsonb_build_object('tenant_id', '${ACME}', 'provider', 'openai', 'model', 'gpt-4', 'input_tokens', 900, 'output_tokens', 9)));
    ${recipe('gpt-4', 25, 50)}`,
  quota_reservations: `
    select ${C}.settle_reservation('${ACME}', reservation_id, 0.5) from ${C}.reserve_quota('${ACME}', 'llm', 0.25);
    select ${C}.reserve_quota('${ACME}', 'e2b', 0.25);`,
  price_components: `
    select ${C}.set_model_price('openai', 'gpt-5.1', 1, 8, components => '{"cached_input": 0.1, "batch": {"input": 0.5, "output": 4}}');
    select ${C}.record_llm_usage('${ACME}', 'openai', 'gpt-5.1', 3000, 700, 'new-4');
    ${recipe('gpt-5', 0.9, 8)}`,
  model_aliases: `
    select ${C}.record_llm_usage('${ACME}', 'openai', 'gpt-4o-2024-08-06', 300, 70, 'new-alias');`,
  usage_corrections: `
    select ${C}.revise_llm_usage('${ACME}', 'new-4', output_tokens => 600);
    select ${C}.revise_e2b_usage('${ACME}', 'new-3', 400);
    select ${C}.void_usage('${ACME}', 'llm', 'new-2', 'refunded');
    select ${C}.void_usage('${ACME}', 'e2b', 'old-2', 'a test');
    select ${C}.record_llm_usage('${ACME}', 'mistral', 'small', 100, 10, 'new-6');
    insert into ${C}.model_pricing (provider, model, input_price_per_million, output_price_per_million, effective_date)
    values ('mistral', 'small', 0.1, 0.3, now() - interval '1 day');
    select ${C}.reprice_unpriced_usage('mistral', 'small');`,
  quota_management: `
    select ${C}.set_quota('tenant', '${ACME}', 'llm', 40, unpriced_policy => 'charge_hold');
    select ${C}.set_quota('user', '${ACME}', 'e2b', 7, 'hour');
    select ${C}.set_quota('user', '${ACME}', 'e2b', period => 'week', from_period => 'hour');
    select ${C}.set_quota('user', '${ACME}', 'llm', 5, 'day');
    delete from ${C}.cost_quotas where scope = 'user' and resource_type = 'llm';
    insert into ${C}.cost_quotas (scope, scope_id, resource_type, limit_usd, period, period_start)
    values ('user', '${ACME}', 'e2b', 5, 'month', now() + interval '3 months');
    select ${C}.record_e2b_usage('${ACME}', 'gpu', 'us-east-1', 60, request_id => 'new-7', user_id => '${ACME}');`,
  retention: `
    select ${C}.record_llm_usage('${ACME}', 'openai', 'gpt-4', 10, 10, 'very-old', recorded_at => now() - interval '400 days');
    select ${C}.prune_usage(now() - interval '300 days', dry_run => false);`,
  usage_rollups: `
    select ${C}.record_llm_usage('${ACME}', 'openai', 'gpt-4', 10, 10, 'yesterday', recorded_at => now() - interval '30 hours', task => 'plan');
    select ${C}.record_e2b_usage('${ACME}', 'gpu', 'us-east-1', 60, request_id => 'yesterday', recorded_at => now() - interval '30 hours');
    select ${C}.fold_usage(1000);
    select ${C}.record_llm_usage('${ACME}', 'openai', 'gpt-4', 10, 10, 'late', recorded_at => now() - interval '31 hours');`,
  access: '',
  faster_recording: `
    select ${C}.record_llm_usage_batch((
      select jsonb_agg(jsonb_build_object('tenant_id', '${ACME}', 'provider', 'openai', 'model', model, 'input_tokens', 900,
                                          'output_tokens', 9, 'recorded_at', now() - ago, 'request_id', model || ago))
      from unnest('{gpt-4,gpt-5.2,gpt-4o-2024-08-06}'::text[]) as model
      cross join unnest('{0,1 hour,30 hours}'::interval[]) as ago));`,
  faster_summaries: '',
  faster_quotas: `
    select ${C}.set_quota('platform', null, 'llm', 400, 'month');
    select ${C}.increment_llm_quota_spend('platform', null, 1);
    select ${C}.check_llm_quota('tenant', '${ACME}', 1);`,
  exact_quotas: '',
  exact_prices: `
    select ${C}.set_model_price('openai', 'gpt-4-turbo', 9, 30);
    select ${C}.record_llm_usage('${ACME}', 'openai', 'gpt-4-turbo', 900, 9, 'new-9', cached_input_tokens => 500);
    select ${C}.set_model_price('openai', 'gpt-4-turbo', 9, 30,
                                components => '{"cached_input": 4, "long_context": {"threshold_input_tokens": 800, "input": 18}}');
    select ${C}.record_llm_usage('${ACME}', 'openai', 'gpt-4-turbo', 900, 9, 'new-10', cached_input_tokens => 500);
    select ${C}.set_e2b_price('gpu', 'us-east-1', 0.003);
    select ${C}.record_e2b_usage('${ACME}', 'gpu', 'us-east-1', 60, request_id => 'new-11');
    select ${C}.set_e2b_price('gpu', 'us-east-1', 0.004);
    select ${C}.set_e2b_price('gpu', 'us-east-1', 0.003);`,
  exact_revisions: `
    update ${C}.model_aliases set model = 'gpt-4' where alias = 'gpt-4o-2024-08-06';
    select ${C}.revise_llm_usage('${ACME}', 'new-alias', 400);
    select ${C}.revise_e2b_usage('${ACME}', 'new-3', 500);
    select ${C}.record_e2b_usage_batch(jsonb_build_array(
      jsonb_build_object('tenant_id', '${ACME}', 'tier', 'gpu', 'region', 'us-east-1', 'execution_time_seconds', 60)));
    update ${C}.model_aliases set model = 'gpt-4o' where alias = 'gpt-4o-2024-08-06';`,
}

/** Verifies as the verb does. */
const readOnly = (session: Session) => inReadOnlyTransaction(session, () => verifyFull(session))

/** Applies the migrations one by one, uses each, and answers what does not hold after those that are asked about. */
async function grow(
  session: Session,
  verify: typeof verifyFull,
  asked: (migration: string) => boolean = () => true,
): Promise<string[]> {
  const complaints: string[] = []
  for (const { name, sql } of migrations()) {
    for (const script of [sql, usage[name.slice(15, -4)] ?? '']) {
      await session.run(script)
      if (!asked(name)) continue
      const { findings, warnings } = await verify(session)
      const wrong = [...findings, ...warnings].filter(
        ({ outcome }) => outcome !== 'passed' && outcome !== 'skipped',
      )
      complaints.push(...wrong.map((found) => `${name}: ${JSON.stringify(found)}`))
    }
  }
  return complaints
}

test('every migration of this checkout is used here', () => {
  expect(Object.keys(usage)).toEqual(migrations().map(({ name }) => name.slice(15, -4)))
})

needs('thorough-run')(
  'no finding after the last migration, all in one transaction',
  async ({ platform }) => {
    const last = migrations().at(-1)?.name
    expect(await grow(platform, verifyFull, (name) => name === last)).toEqual([])
  },
  120_000,
)

describe('in a database of its own, where everything commits', () => {
  needs('own-database', 'time')('no finding after any migration', async ({ ownDatabase }) => {
    const session = await (await ownDatabase({ holds: 'platform' })).connect()
    expect(await grow(session, readOnly)).toEqual([])
    await session.close()
  })

  needs('own-database', 'thorough-run')(
    'what is rewritten behind the history’s back is found',
    async ({ ownDatabase }) => {
      const session = await (await ownDatabase({ holds: 'platform' })).connect()
      await grow(session, readOnly, () => false)
      const past = async (script: string) => {
        await session.run(`
        alter table ${C}.model_pricing disable trigger user; alter table ${C}.e2b_pricing disable trigger user;
        alter table ${C}.model_pricing_components disable trigger user;
        ${script};
        alter table ${C}.model_pricing enable trigger user; alter table ${C}.e2b_pricing enable trigger user;
        alter table ${C}.model_pricing_components enable trigger user;`)
      }
      await past(
        `update ${C}.model_pricing set input_price_per_million = 31 where model = 'gpt-4' and effective_date < '2024-01-01'`,
      )
      await past(
        `update ${C}.e2b_pricing set price_per_second = 0.9 where tier = 'gpu' and effective_date < '2026-01-05'`,
      )
      await past(`update ${C}.model_pricing_components as c set price_per_million = 9 from ${C}.model_pricing as p
                where p.id = c.pricing_id and p.model = 'gpt-5.2' and component = 'cached_input'`)
      const { findings } = await readOnly(session)
      const objects = findings.flatMap((found) => (found.outcome === 'failed' ? (found.objects ?? []) : []))
      expect([...new Set(objects)]).toEqual([
        'price of gpu us-east-1',
        'price of openai gpt-4',
        'price of openai gpt-5.2',
      ])
      await session.close()
    },
  )

  needs('own-database')('a platform in its second month has no finding', async ({ ownDatabase }) => {
    const session = await (await ownDatabase()).connect()
    await session.run(fixture('a-metered-platform'))
    const { findings, warnings } = await readOnly(session)
    expect(findings.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
    expect(warnings).toEqual([])
    await session.close()
  })
})
