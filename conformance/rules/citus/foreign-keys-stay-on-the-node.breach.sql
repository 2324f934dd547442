-- Noticed: llm_cost_records_priced_fkey on copilot_internal.llm_cost_records
-- Noticed: quota_charge_estimates_request_fkey on copilot_internal.quota_charge_estimates
-- Noticed: usage_changes_reservation_fkey on copilot_internal.usage_changes

alter table copilot_internal.llm_cost_records
  add constraint llm_cost_records_priced_fkey foreign key (pricing_id) references copilot_internal.model_pricing (id) not valid;

alter table copilot_internal.quota_charge_estimates
  add constraint quota_charge_estimates_request_fkey foreign key (tenant_id, record_id)
  references copilot_internal.quota_reservations (tenant_id, id) not valid;

-- By the tenant, but not with the tenant.
alter table copilot_internal.usage_changes
  add constraint usage_changes_reservation_fkey foreign key (record_id, tenant_id)
  references copilot_internal.quota_reservations (tenant_id, id) not valid;
