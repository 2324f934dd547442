-- Noticed: copilot_internal.cost_summary_by_task
-- Noticed: copilot_internal.cost_summary_by_model
-- Noticed: copilot_internal.later_summary

alter view copilot_internal.cost_summary_by_task set (security_invoker = off);
alter view copilot_internal.cost_summary_by_model reset (security_invoker);

create materialized view copilot_internal.later_summary as select count(*) as records from copilot_internal.llm_cost_records;
comment on materialized view copilot_internal.later_summary is 'How many records there are.';
