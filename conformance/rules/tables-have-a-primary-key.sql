-- Every table has a primary key.
-- Why: without one, no row can be named, and logical replication, which a move to another project relies on, refuses to update.

select c.oid::pg_catalog.regclass::text as object
from pg_catalog.pg_class as c
where c.relnamespace = 'copilot_internal'::pg_catalog.regnamespace
  and c.relkind in ('r', 'p')
  and not exists (
    select from pg_catalog.pg_constraint as k where k.conrelid = c.oid and k.contype = 'p'
  );
