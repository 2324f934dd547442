-- Development data: a demo tenant with the two test quotas and some usage. `supabase db reset` runs it, production never.
-- Prices are not here: they live in the migrations, since the CLI does not run a changed seed file again.
-- Safe to run again: it adds what is missing.

insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period, period_start, period_end)
values
  ('tenant', 'de300000-0000-4000-8000-000000000001', 'e2b', 10.00, 'day', now(), now() + interval '1 day'),
  ('tenant', 'de300000-0000-4000-8000-000000000001', 'llm', 50.00, 'day', now(), now() + interval '1 day')
on conflict do nothing;

-- Recorded as applications do, at the prices of its own time; a request that is there already is not recorded again.
select copilot_internal.record_llm_usage(
  'de300000-0000-4000-8000-000000000001', usage.provider, usage.model, usage.input_tokens, usage.output_tokens,
  request_id => usage.request_id, user_id => 'de300000-0000-4000-8000-00000000000a', conversation_id => 'demo',
  task => usage.task, recorded_at => usage.recorded_at::timestamptz
)
from (values
  ('demo-1', '2026-01-05 09:00+00', 'anthropic', 'claude-sonnet-4-5-20250929', 'planning', 12000, 1800),
  ('demo-2', '2026-01-05 09:02+00', 'openai',    'gpt-5-mini',                 'summary',   8000,  400),
  ('demo-3', '2026-01-05 09:05+00', 'openai',    'gpt-4',                      'planning',  1000,  500)
) as usage (request_id, recorded_at, provider, model, task, input_tokens, output_tokens);

select copilot_internal.record_e2b_usage(
  'de300000-0000-4000-8000-000000000001', 'standard', 'us-east-1', 300,
  request_id => 'demo-1', user_id => 'de300000-0000-4000-8000-00000000000a', conversation_id => 'demo',
  sandbox_id => 'sbx-demo', recorded_at => '2026-01-05 09:03+00'
);
