-- Noticed: tenants_read on copilot_internal.cost_quotas
-- Noticed: cost_quotas_select_everything on copilot_internal.cost_quotas

alter policy cost_quotas_select_tenant on copilot_internal.cost_quotas rename to tenants_read;

create policy cost_quotas_select_everything on copilot_internal.cost_quotas to service_role using (true);
comment on policy cost_quotas_select_everything on copilot_internal.cost_quotas is 'It says select, and is for all commands.';
