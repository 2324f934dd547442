-- Noticed: copilot_internal.cost_quotas

alter table copilot_internal.cost_quotas disable row level security;
