-- Functions run with the rights of their caller.
-- Why: one that runs with its owner's passes row level security by, for whoever may execute it.

select p.oid::pg_catalog.regprocedure::text as object
from pg_catalog.pg_proc as p
where p.pronamespace = 'copilot_internal'::pg_catalog.regnamespace
  and p.prosecdef;
