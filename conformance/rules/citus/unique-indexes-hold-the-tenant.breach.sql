-- Noticed: copilot_internal.llm_cost_records_id_idx
-- Noticed: copilot_internal.usage_requests_pkey
-- Noticed: copilot_internal.usage_changes_record_id_excl

create unique index llm_cost_records_id_idx on copilot_internal.llm_cost_records (id) include (tenant_id);

alter table copilot_internal.usage_requests drop constraint usage_requests_pkey;
alter table copilot_internal.usage_requests add constraint usage_requests_pkey primary key (resource_type, request_id);

alter table copilot_internal.usage_changes
  add constraint usage_changes_record_id_excl exclude using btree (record_id with =) where (change = 'voided');
