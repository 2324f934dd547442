-- Noticed: _100_mirror_request on usage_requests
-- Noticed: _100_mirror_total on e2b_usage_totals

create trigger _100_mirror_request after insert on copilot_internal.usage_requests
  for each row execute function copilot_internal.mirror_price('model_pricing');

create trigger _100_mirror_total after truncate on copilot_internal.e2b_usage_totals
  for each statement execute function copilot_internal.mirror_price('model_pricing');
