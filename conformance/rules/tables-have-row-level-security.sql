-- Row level security is on for every table.
-- Why: a grant that slips through then still shows no row that a policy does not let through.

select c.oid::pg_catalog.regclass::text as object
from pg_catalog.pg_class as c
where c.relnamespace = 'copilot_internal'::pg_catalog.regnamespace
  -- A foreign table cannot have it: it would be a breach by being there.
  and c.relkind in ('r', 'p', 'f')
  and not c.relrowsecurity;
