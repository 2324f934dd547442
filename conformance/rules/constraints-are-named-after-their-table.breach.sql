-- Noticed: limit_is_no_debt on copilot_internal.cost_quotas
-- Noticed: not_blank on copilot_internal.later_name

alter table copilot_internal.cost_quotas rename constraint cost_quotas_limit_usd_not_negative to limit_is_no_debt;

create domain copilot_internal.later_name as text constraint not_blank check (btrim(value) <> '');
comment on domain copilot_internal.later_name is 'A name.';
