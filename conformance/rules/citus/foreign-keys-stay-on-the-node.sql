-- Foreign keys of distributed tables find what they refer to on a node.
-- Why: a key to a table of the coordinator cannot be checked by a node. Reference tables are on each; a distributed table refers to
--      another by tenant, and the other way round nothing refers to one.

with distributed as (
  select to_regclass('copilot_internal.' || name) as relation, name
  from unnest(array[
    'llm_cost_records', 'e2b_cost_records', 'usage_requests', 'usage_changes', 'quota_reservations', 'llm_usage_totals',
    'e2b_usage_totals'
  ]) as name
), referenced as (
  select to_regclass('copilot_internal.' || name) as relation
  from unnest(array['model_pricing_mirror', 'e2b_pricing_mirror']) as name
)
select k.conname || ' on ' || k.conrelid::regclass as object
from pg_catalog.pg_constraint as k
left join distributed as "from" on "from".relation = k.conrelid
left join distributed as "to" on "to".relation = k.confrelid
where k.contype = 'f'
  and ("from".relation is not null or "to".relation is not null)
  and case
    when "from".relation is null then true
    when "to".relation is null then k.confrelid not in (select r.relation from referenced as r where r.relation is not null)
    else not exists (
      select 1 from unnest(k.conkey, k.confkey) as pair (here, there)
      join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = pair.here and a.attname = 'tenant_id'
      join pg_catalog.pg_attribute as b on b.attrelid = k.confrelid and b.attnum = pair.there and b.attname = 'tenant_id'
    )
  end;
