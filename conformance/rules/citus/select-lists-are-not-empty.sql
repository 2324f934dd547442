-- No select list is empty.
-- Why: Citus writes statements anew for its nodes, and of one without columns it makes one that is refused: a column definition list is
--      required.

select p.oid::regprocedure::text as object
from pg_catalog.pg_proc as p
where p.pronamespace = 'copilot_internal'::regnamespace
  and regexp_replace(coalesce(pg_get_function_sqlbody(p.oid), p.prosrc), '--[^\n]*', '', 'g') ~* '\m(select|perform)\s+from\M'
union all
select c.oid::regclass::text
from pg_catalog.pg_class as c
where c.relnamespace = 'copilot_internal'::regnamespace and c.relkind in ('v', 'm')
  and pg_get_viewdef(c.oid) ~* '\mselect\s+from\M';
