-- Unique indexes of distributed tables hold the tenant.
-- Why: a node knows its own rows only. Citus refuses a unique, primary or exclusion index without the column of distribution.

with distributed as (
  select to_regclass('copilot_internal.' || name) as relation, name
  from unnest(array[
    'llm_cost_records', 'e2b_cost_records', 'usage_requests', 'usage_changes', 'quota_reservations', 'llm_usage_totals',
    'e2b_usage_totals'
  ]) as name
)
select i.indexrelid::regclass::text as object
from pg_catalog.pg_index as i
join distributed as d on d.relation = i.indrelid
where (i.indisunique or i.indisexclusion)
  and not exists (
    select 1 from pg_catalog.pg_attribute as a
    where a.attrelid = i.indrelid and a.attname = 'tenant_id'
      and a.attnum = any ((i.indkey::smallint[])[0 : i.indnkeyatts - 1])
  );
