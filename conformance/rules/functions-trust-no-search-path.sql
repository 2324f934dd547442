-- Functions have an empty search path, and no other setting.
-- Why: with their caller's, a table or operator of the caller's making could take the place of the one that is meant. Another
--      setting would hold for all that the function calls, unseen by whoever reads that.

select p.oid::pg_catalog.regprocedure::text as object, p.proconfig as settings
from pg_catalog.pg_proc as p
where p.pronamespace = 'copilot_internal'::pg_catalog.regnamespace
  -- An aggregate has no settings.
  and p.prokind <> 'a'
  and p.proconfig is distinct from array['search_path=""'];
