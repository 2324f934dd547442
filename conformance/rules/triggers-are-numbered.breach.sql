-- Noticed: fill_quota_period on copilot_internal.cost_quotas

alter trigger _100_fill_quota_period on copilot_internal.cost_quotas rename to fill_quota_period;
