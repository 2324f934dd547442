-- No lock goes by tg_table_name.
-- Why: that is the shard's name where a table has shards, so two transactions lock different things, and the lock no longer excludes
--      anybody, in silence. The trigger's argument is the same on every node.

select p.oid::regprocedure::text as object
from pg_catalog.pg_proc as p
where p.pronamespace = 'copilot_internal'::regnamespace
  and regexp_replace(p.prosrc, '--[^\n]*', '', 'g') ~* '\mtg_(table_name|relname|relid)\M'
  and regexp_replace(p.prosrc, '--[^\n]*', '', 'g') ~* '(\mlock_\w+|_locks?(_shared)?)\s*\(';
