-- Noticed: copilot_internal.cost_quotas.later_code
-- Noticed: copilot_internal.cost_quotas.later_name
-- Noticed: copilot_internal.cost_quotas.later_names

alter table copilot_internal.cost_quotas
  add column later_code char(3),
  add column later_name name,
  add column later_names varchar[];
comment on column copilot_internal.cost_quotas.later_code is 'A code.';
comment on column copilot_internal.cost_quotas.later_name is 'A name.';
comment on column copilot_internal.cost_quotas.later_names is 'Names.';
