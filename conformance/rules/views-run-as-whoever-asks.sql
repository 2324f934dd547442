-- Views run with the rights of whoever asks, so none is materialized.
-- Why: a view with its owner's rights shows every tenant the rows of all; a materialized one holds what its owner saw.

select c.oid::pg_catalog.regclass::text as object
from pg_catalog.pg_class as c
where c.relnamespace = 'copilot_internal'::pg_catalog.regnamespace
  and (c.relkind = 'm'
       or c.relkind = 'v' and not exists (
         select
         from pg_catalog.pg_options_to_table(c.reloptions) as o
         where o.option_name = 'security_invoker' and o.option_value::boolean
       ));
