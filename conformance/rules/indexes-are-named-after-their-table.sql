-- The name of an index is <table>_<columns>_idx.
-- Why: an error, a plan or a size names the index alone. One that belongs to a constraint has the constraint's name.

select i.indexrelid::pg_catalog.regclass::text as object
from pg_catalog.pg_index as i
join pg_catalog.pg_class as x on x.oid = i.indexrelid
join pg_catalog.pg_class as c on c.oid = i.indrelid
where c.relnamespace = 'copilot_internal'::pg_catalog.regnamespace
  and not exists (
    select from pg_catalog.pg_constraint as k where k.conindid = x.oid and k.contype in ('p', 'u', 'x')
  )
  and not (pg_catalog.starts_with(x.relname, c.relname || '_') and pg_catalog.right(x.relname, 4) = '_idx');
