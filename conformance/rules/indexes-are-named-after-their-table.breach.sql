-- Noticed: copilot_internal.records_by_time_idx
-- Noticed: copilot_internal.e2b_cost_records_by_time

alter index copilot_internal.llm_cost_records_recorded_at_idx rename to records_by_time_idx;
alter index copilot_internal.e2b_cost_records_recorded_at_idx rename to e2b_cost_records_by_time;
