-- What programs rely on, of every release: names, arguments, answers, rights. `npm run pgtap -- supabase/tests` runs it, and
-- `supabase test db`. A later release is tried with this file as the former one had it (`npm run predeploy`).
begin;
create extension if not exists pgtap with schema extensions;
select plan(31);

-- Prices. A price update adds versions, and models: what has a price keeps one, and costs at a moment stay.
select cmp_ok((select count(distinct (tier, region)) from copilot_internal.e2b_pricing), '>=', 4::bigint, 'four sandbox tiers have a price');
select cmp_ok((select count(distinct (provider, model)) from copilot_internal.model_pricing), '>=', 27::bigint, '27 models have a price');
select results_eq(
  $$select total_cost_usd::text from copilot_internal.calculate_e2b_cost('standard', 'us-east-1', 300, pricing_date => '2026-01-15')$$, array['0.030'],
  'five minutes of a standard sandbox cost 0.030'
);
select results_eq(
  $$select c::text from copilot_internal.calculate_e2b_cost('standard', 'us-east-1', 300, null, null, null, '2026-01-15') as c$$,
  array['(0.030,0,0.030,f)'], 'a sandbox’s cost has four columns'
);
select results_eq(
  $$select c::text from copilot_internal.calculate_llm_cost('openai', 'gpt-4', 1000, 500, '2026-01-15') as c$$,
  array['(0.030,0.030,0.060,t)'], 'a call’s cost has four columns'
);
select results_eq(
  $$select c::text from copilot_internal.calculate_llm_cost(provider => 'openai', model => 'gpt-4', input_tokens => 1000, output_tokens => 500, pricing_date => '2026-01-15') as c$$,
  array['(0.030,0.030,0.060,t)'], 'arguments of a call are named'
);
select results_eq(
  $$select c::text from copilot_internal.calculate_llm_cost('nobody', 'unknown', 1, 1) as c$$, array['(0,0,0,f)'],
  'an unknown model is not found, and no error'
);
select throws_ok($$select copilot_internal.calculate_e2b_cost('unknown', 'us-east-1', 1)$$, '22023', null, 'an unknown tier is refused');
select throws_ok($$select copilot_internal.calculate_llm_cost('openai', 'gpt-4', -1, 1)$$, '22023', null, 'negative tokens are refused');
select throws_ok($$select copilot_internal.calculate_llm_cost('openai', null, 1, 1)$$, '22004', null, 'a required NULL is refused');
select isnt_empty($$select * from copilot_internal.get_current_model_pricing('openai', 'gpt-4')$$, 'a model’s current price is found');

-- Recording and quotas
\set tenant '''70000000-0000-4000-8000-000000000001'''
\set other '''70000000-0000-4000-8000-000000000002'''
select lives_ok(
  format($$insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period) values ('tenant', %L, 'e2b', 1, 'day')$$, :tenant),
  'a quota is inserted by its five columns'
);
select is(copilot_internal.check_e2b_quota('tenant', :tenant, 1), true, 'a quota has room for its limit');
select is(copilot_internal.check_e2b_quota('tenant', :tenant, 1.01), false, 'and for no more');
select lives_ok(format($$select copilot_internal.increment_e2b_quota_spend('tenant', %L, 0.4)$$, :tenant), 'spend is added');
select is(copilot_internal.check_e2b_quota('tenant', :tenant, 0.61), false, 'spend counts');
select results_eq(
  format($$select trim_scale(total_cost_usd)::text from copilot_internal.record_llm_usage(%L, 'openai', 'gpt-4', 1000, 500, request_id => 'a', recorded_at => '2026-01-15')$$, :tenant),
  array['0.06'], 'a call is recorded at its price'
);
select lives_ok(
  format($$select copilot_internal.record_llm_usage(%L, 'openai', 'gpt-4', 1000, 500, request_id => 'a', recorded_at => '2026-01-15')$$, :tenant),
  'the same request comes again'
);
select is((select count(*) from copilot_internal.llm_cost_records where tenant_id = :tenant), 1::bigint, 'and is recorded once');
select results_eq(
  format($$select trim_scale(total_cost_usd)::text from copilot_internal.record_e2b_usage(%L, 'standard', 'us-east-1', 300, request_id => 'b', recorded_at => '2026-01-15')$$, :tenant),
  array['0.03'], 'a sandbox run is recorded at its price'
);
select lives_ok(
  format($$select copilot_internal.record_llm_usage(%L, 'openai', 'gpt-4', 1000, 500, request_id => 'c')$$, :other),
  'another tenant records'
);

-- Views
select ok from (
  select is(count(*), 7::bigint, 'seven views add up costs') as ok from pg_catalog.pg_views
  where schemaname = 'copilot_internal' and viewname like '%cost%summary%'
) as there;
select results_eq(
  format($$select total_cost_usd::numeric(10, 3)::text from copilot_internal.combined_cost_summary_by_tenant where tenant_id = %L$$, :tenant),
  array['0.090'], 'a tenant’s costs of both kinds add up'
);

-- Rights
select is(has_schema_privilege('anon', 'copilot_internal', 'usage'), false, 'a visitor may not enter');
set local role authenticated;
select set_config('request.jwt.claims', json_build_object('role', 'authenticated', 'tenant_id', :tenant)::text, true) \gset
select results_eq('select distinct tenant_id from copilot_internal.llm_cost_records', array[:tenant::uuid], 'a tenant sees its own costs alone');
select results_eq('select tenant_id from copilot_internal.combined_cost_summary_by_tenant', array[:tenant::uuid], 'also through views');
select isnt_empty('select * from copilot_internal.model_pricing', 'whoever is signed in reads prices');
select throws_ok('delete from copilot_internal.llm_cost_records', '42501', null, 'and deletes no record');
select throws_ok(
  format($$select copilot_internal.record_llm_usage(%L, 'openai', 'gpt-4', 1, 1)$$, :tenant), '42501', null, 'and records nothing'
);
set local role service_role;
select isnt_empty('select * from copilot_internal.llm_cost_records', 'the service reads every record');
select lives_ok(
  format($$select copilot_internal.void_usage(%L, 'llm', 'a', 'a mistake')$$, :tenant), 'and takes usage back'
);
reset role;

select * from finish();
rollback;
