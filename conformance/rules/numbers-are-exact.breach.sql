-- Noticed: copilot_internal.cost_quotas.later_share
-- Noticed: copilot_internal.cost_quotas.later_ratio
-- Noticed: copilot_internal.cost_quotas.later_price
-- Noticed: copilot_internal.cost_quotas.later_amount
-- Noticed: copilot_internal.cost_quotas.later_amounts

alter table copilot_internal.cost_quotas
  add column later_share real,
  add column later_ratio double precision,
  add column later_price money,
  add column later_amount numeric,
  add column later_amounts numeric[];
comment on column copilot_internal.cost_quotas.later_share is 'A share.';
comment on column copilot_internal.cost_quotas.later_ratio is 'A ratio.';
comment on column copilot_internal.cost_quotas.later_price is 'A price.';
comment on column copilot_internal.cost_quotas.later_amount is 'An amount.';
comment on column copilot_internal.cost_quotas.later_amounts is 'Amounts.';
