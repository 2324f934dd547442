-- Noticed: copilot_internal.later_awaits(uuid)
-- Noticed: copilot_internal.later_knows(uuid)
-- Noticed: copilot_internal.later_tenants

create function copilot_internal.later_knows(tenant uuid) returns boolean language plpgsql stable set search_path = '' as $$
begin
  return exists (
    select
    -- nothing of it
    from copilot_internal.usage_requests as u
    where u.tenant_id = tenant
  );
end
$$;

create function copilot_internal.later_awaits(quota uuid) returns void language plpgsql set search_path = '' as $$
begin
  perform from copilot_internal.cost_quotas as q where q.id = quota for update;
end
$$;

create view copilot_internal.later_tenants with (security_invoker = true) as
select q.scope_id from copilot_internal.cost_quotas as q
where exists (select from copilot_internal.usage_requests as u where u.tenant_id = q.scope_id);
