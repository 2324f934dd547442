-- Noticed: schema copilot_internal
-- Noticed: copilot_internal.cost_quotas
-- Noticed: copilot_internal.cost_summary_by_task
-- Noticed: copilot_internal.later_numbers
-- Noticed: copilot_internal.later_pair
-- Noticed: copilot_internal.cost_quotas.scope
-- Noticed: type copilot_internal.later_kind
-- Noticed: copilot_internal.quota_status(text,uuid)
-- Noticed: policy cost_quotas_select_user on copilot_internal.cost_quotas
-- Noticed: trigger _100_fill_quota_period on copilot_internal.cost_quotas

comment on schema copilot_internal is null;
comment on table copilot_internal.cost_quotas is null;
comment on view copilot_internal.cost_summary_by_task is null;
create sequence copilot_internal.later_numbers;
create type copilot_internal.later_pair as (one integer, other integer);
comment on column copilot_internal.cost_quotas.scope is null;
create type copilot_internal.later_kind as enum ('one', 'other');
comment on function copilot_internal.quota_status(text, uuid) is null;
comment on policy cost_quotas_select_user on copilot_internal.cost_quotas is null;
comment on trigger _100_fill_quota_period on copilot_internal.cost_quotas is null;
