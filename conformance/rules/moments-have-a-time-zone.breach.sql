-- Noticed: copilot_internal.cost_quotas.later_moment
-- Noticed: copilot_internal.cost_quotas.later_second
-- Noticed: copilot_internal.cost_quotas.later_hour
-- Noticed: copilot_internal.cost_quotas.later_hour_there

alter table copilot_internal.cost_quotas
  add column later_moment timestamp,
  add column later_second timestamp(0),
  add column later_hour time,
  add column later_hour_there timetz;
comment on column copilot_internal.cost_quotas.later_moment is 'A moment.';
comment on column copilot_internal.cost_quotas.later_second is 'A second.';
comment on column copilot_internal.cost_quotas.later_hour is 'An hour.';
comment on column copilot_internal.cost_quotas.later_hour_there is 'An hour somewhere.';
