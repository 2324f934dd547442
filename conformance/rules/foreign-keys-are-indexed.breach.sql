-- Noticed: e2b_cost_records_pricing_id_fkey on copilot_internal.e2b_cost_records
-- Noticed: llm_cost_records_pricing_id_fkey on copilot_internal.llm_cost_records
-- Noticed: cost_quota_periods_quota_id_fkey on copilot_internal.cost_quota_periods

drop index copilot_internal.e2b_cost_records_pricing_id_idx;

drop index copilot_internal.llm_cost_records_pricing_id_idx;
create index llm_cost_records_pricing_id_idx on copilot_internal.llm_cost_records (pricing_id) where is_estimated;

drop index copilot_internal.cost_quota_periods_quota_id_period_start_idx;
create index cost_quota_periods_period_start_quota_id_idx
  on copilot_internal.cost_quota_periods (period_start, quota_id);
