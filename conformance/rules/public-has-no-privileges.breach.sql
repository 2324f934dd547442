-- Noticed: schema copilot_internal
-- Noticed: copilot_internal.cost_quotas
-- Noticed: copilot_internal.cost_quota_periods.spent_usd
-- Noticed: copilot_internal.quota_status(text,uuid)

grant usage on schema copilot_internal to public;
grant select on copilot_internal.cost_quotas to public;
grant select (spent_usd) on copilot_internal.cost_quota_periods to public;
grant execute on function copilot_internal.quota_status(text, uuid) to public;
