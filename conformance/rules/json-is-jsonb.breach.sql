-- Noticed: copilot_internal.cost_quotas.later_details

alter table copilot_internal.cost_quotas add column later_details json;
comment on column copilot_internal.cost_quotas.later_details is 'Details.';
