-- Development data: a demo tenant with the two test quotas and some usage. `supabase db reset` runs it, production never.
-- Prices are not here: they live in the migrations, since the CLI does not run a changed seed file again.
-- Safe to run again: it adds what is missing.

insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period, period_start, period_end)
values
  ('tenant', 'de300000-0000-4000-8000-000000000001', 'e2b', 10.00, 'day', now(), now() + interval '1 day'),
  ('tenant', 'de300000-0000-4000-8000-000000000001', 'llm', 50.00, 'day', now(), now() + interval '1 day')
on conflict do nothing;

insert into copilot_internal.llm_cost_records
  (tenant_id, id, user_id, conversation_id, recorded_at, provider, model, task, input_tokens, output_tokens,
   pricing_id, input_price_per_million, output_price_per_million, input_cost_usd, output_cost_usd, total_cost_usd)
select
  'de300000-0000-4000-8000-000000000001', usage.id::uuid, 'de300000-0000-4000-8000-00000000000a', 'demo',
  usage.recorded_at::timestamptz, usage.provider, usage.model, usage.task, usage.input_tokens, usage.output_tokens,
  price.pricing_id, price.input_price_per_million, price.output_price_per_million,
  cost.input_cost_usd, cost.output_cost_usd, cost.total_cost_usd
from (values
  ('de300000-0000-4000-8000-000000000101', '2026-01-05 09:00+00', 'anthropic', 'claude-sonnet-4-5-20250929', 'planning', 12000, 1800),
  ('de300000-0000-4000-8000-000000000102', '2026-01-05 09:02+00', 'openai',    'gpt-5-mini',                 'summary',   8000,  400),
  ('de300000-0000-4000-8000-000000000103', '2026-01-05 09:05+00', 'openai',    'gpt-4',                      'planning',  1000,  500)
) as usage (id, recorded_at, provider, model, task, input_tokens, output_tokens)
cross join lateral copilot_internal.get_current_model_pricing(usage.provider, usage.model) as price
cross join lateral copilot_internal.calculate_llm_cost(
  usage.provider, usage.model, usage.input_tokens, usage.output_tokens
) as cost
on conflict do nothing;

insert into copilot_internal.e2b_cost_records
  (tenant_id, id, user_id, conversation_id, recorded_at, sandbox_id, tier, region, execution_time_seconds,
   pricing_id, price_per_second, price_per_cpu_core_second, price_per_gb_memory_second, price_per_gb_disk_io,
   execution_cost_usd, resource_cost_usd, total_cost_usd)
select
  'de300000-0000-4000-8000-000000000001', 'de300000-0000-4000-8000-000000000201', 'de300000-0000-4000-8000-00000000000a',
  'demo', '2026-01-05 09:03+00', 'sbx-demo', price.tier, price.region, 300,
  price.id, price.price_per_second, price.price_per_cpu_core_second, price.price_per_gb_memory_second,
  price.price_per_gb_disk_io, cost.execution_cost_usd, cost.resource_cost_usd, cost.total_cost_usd
from copilot_internal.e2b_pricing as price
cross join lateral copilot_internal.calculate_e2b_cost(price.tier, price.region, 300) as cost
where price.tier = 'standard' and price.region = 'us-east-1' and price.expires_at is null
on conflict do nothing;
