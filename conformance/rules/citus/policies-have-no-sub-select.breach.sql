-- Noticed: llm_cost_records_select_tenant on llm_cost_records
-- Noticed: usage_requests_insert_tenant on usage_requests

alter policy llm_cost_records_select_tenant on copilot_internal.llm_cost_records
  using (tenant_id = (select (auth.jwt() ->> 'tenant_id')::uuid));

create policy usage_requests_insert_tenant on copilot_internal.usage_requests for insert to authenticated
  with check (tenant_id = (select (auth.jwt() ->> 'tenant_id')::uuid));
