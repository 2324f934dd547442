-- Functions in SQL that have parameters read no distributed table.
-- Why: Citus has no plan for their statements: could not create distributed plan. Those in PL/pgSQL have values there.

with recursive distributed as (
  select to_regclass('copilot_internal.' || name) as relation, name
  from unnest(array[
    'llm_cost_records', 'e2b_cost_records', 'usage_requests', 'usage_changes', 'quota_reservations', 'llm_usage_totals',
    'e2b_usage_totals'
  ]) as name
), relations as (
  select d.relation from distributed as d
  union
  select w.ev_class from relations as r
  join pg_catalog.pg_depend as d on d.refobjid = r.relation and d.classid = 'pg_rewrite'::regclass
  join pg_catalog.pg_rewrite as w on w.oid = d.objid
)
select p.oid::regprocedure::text as object
from pg_catalog.pg_proc as p
join pg_catalog.pg_language as l on l.oid = p.prolang and l.lanname = 'sql'
where p.pronamespace = 'copilot_internal'::regnamespace
  and p.pronargs > 0
  and exists (
    select 1 from relations as r join pg_catalog.pg_class as c on c.oid = r.relation
    where regexp_replace(coalesce(pg_get_function_sqlbody(p.oid), p.prosrc), '--[^\n]*', '', 'g') ~ ('\m' || c.relname || '\M')
  );
