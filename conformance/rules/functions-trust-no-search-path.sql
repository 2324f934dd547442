-- Functions have an empty search path, and set waits, plans, memory only.
-- Why: with their caller's, a table or operator of the caller's making could take the place of the one that is meant. Another
--      setting would hold for all that the function calls, unseen by whoever reads that.

select p.oid::pg_catalog.regprocedure::text as object, p.proconfig as settings
from pg_catalog.pg_proc as p
where p.pronamespace = 'copilot_internal'::pg_catalog.regnamespace
  -- An aggregate has no settings.
  and p.prokind <> 'a'
  and p.proconfig is null
  or p.pronamespace = 'copilot_internal'::pg_catalog.regnamespace
  and p.prokind <> 'a'
  and array(
    select s from unnest(p.proconfig) as s where s !~ '^(lock_timeout|plan_cache_mode|work_mem)='
  ) <> array['search_path=""'];
