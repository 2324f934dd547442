-- Policies of distributed tables have no sub-select.
-- Why: Citus refuses it. On one machine the sub-select stays: it runs the look-up once a statement.

with distributed as (
  select to_regclass('copilot_internal.' || name) as relation, name
  from unnest(array[
    'llm_cost_records', 'e2b_cost_records', 'usage_requests', 'usage_changes', 'quota_reservations', 'llm_usage_totals',
    'e2b_usage_totals'
  ]) as name
)
select p.polname || ' on ' || d.name as object
from pg_catalog.pg_policy as p
join distributed as d on d.relation = p.polrelid
where concat_ws(' ', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) ~* '\mselect\M';
