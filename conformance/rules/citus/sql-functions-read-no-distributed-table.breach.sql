-- Noticed: copilot_internal.later_spend(uuid)
-- Noticed: copilot_internal.later_total(uuid)

create function copilot_internal.later_spend(tenant uuid) returns numeric language sql stable set search_path = '' as $$
  select sum(r.total_cost_usd) from copilot_internal.llm_cost_records as r where r.tenant_id = tenant
$$;

-- By a view, and with a body that is parsed.
create function copilot_internal.later_total(tenant uuid) returns numeric language sql stable set search_path = ''
  return (select v.total_cost_usd from copilot_internal.combined_cost_summary_by_tenant as v where v.tenant_id = tenant);

-- Not noticed: without parameters, and over what is not distributed.
create function copilot_internal.later_count() returns bigint language sql stable set search_path = '' as $$
  select count(*) from copilot_internal.llm_cost_records
$$;
create function copilot_internal.later_models(wanted text) returns bigint language sql stable set search_path = '' as $$
  select count(*) from copilot_internal.model_pricing as p where p.provider = wanted -- no llm_cost_records
$$;
