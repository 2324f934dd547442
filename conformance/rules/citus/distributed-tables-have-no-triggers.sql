-- Distributed tables have no triggers.
-- Why: Citus refuses them: they would run on a shard, by the shard's name, and without what is on other nodes.

with distributed as (
  select to_regclass('copilot_internal.' || name) as relation, name
  from unnest(array[
    'llm_cost_records', 'e2b_cost_records', 'usage_requests', 'usage_changes', 'quota_reservations', 'llm_usage_totals',
    'e2b_usage_totals'
  ]) as name
)
select t.tgname || ' on ' || d.name as object
from pg_catalog.pg_trigger as t
join distributed as d on d.relation = t.tgrelid
where not t.tgisinternal;
