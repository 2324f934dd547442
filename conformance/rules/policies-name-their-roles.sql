-- Every policy names the roles it is for.
-- Why: one for PUBLIC also lets those through who are not signed in, as soon as a grant does.

select pg_catalog.quote_ident(p.polname) || ' on ' || c.oid::pg_catalog.regclass as object
from pg_catalog.pg_policy as p
join pg_catalog.pg_class as c on c.oid = p.polrelid
where c.relnamespace = 'copilot_internal'::pg_catalog.regnamespace
  and 0 = any (p.polroles);
