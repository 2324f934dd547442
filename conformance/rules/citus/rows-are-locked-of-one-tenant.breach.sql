-- Noticed: copilot_internal.later_batch()
-- Noticed: copilot_internal.later_joined(uuid)

create function copilot_internal.later_batch() returns bigint language plpgsql set search_path = '' as $$
begin
  with taken as (
    select h.tenant_id, h.id from copilot_internal.quota_reservations as h
    where h.expires_at < now() and (h.closed_at is null or (h.is_expired and (h.amount_usd > 0)))
    for update skip locked
  )
  delete from copilot_internal.quota_reservations as h using taken as t
  where h.tenant_id = t.tenant_id and h.id = t.id;
  return 0;
end
$$;

create function copilot_internal.later_joined(payer uuid) returns bigint language plpgsql set search_path = '' as $$
begin
  perform 1
  from copilot_internal.usage_requests as u
  join copilot_internal.llm_cost_records as r on r.tenant_id = u.tenant_id and r.id = u.record_id
  for no key update of u;
  -- The next statement's tenant is not this one's.
  return (select count(*) from copilot_internal.usage_requests as u where u.tenant_id = payer);
end
$$;

-- Not noticed: one tenant's rows, and rows of what is not distributed.
create function copilot_internal.later_one(tenant_id uuid) returns bigint language plpgsql set search_path = '' as $$
begin
  perform 1 from copilot_internal.usage_requests as u where u.tenant_id = later_one.tenant_id for update;
  perform 1 from copilot_internal.cost_quotas as q for update;
  return 0;
end
$$;
