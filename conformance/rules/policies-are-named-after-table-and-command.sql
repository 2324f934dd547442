-- The name of a policy is <table>_<command>_<who>.
-- Why: the list of policies then reads as the access table does, and one that is for another command than it says stands out.

select pg_catalog.quote_ident(p.polname) || ' on ' || c.oid::pg_catalog.regclass as object
from pg_catalog.pg_policy as p
join pg_catalog.pg_class as c on c.oid = p.polrelid
cross join lateral (
  select case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end
) as command (name)
where c.relnamespace = 'copilot_internal'::pg_catalog.regnamespace
  and not pg_catalog.starts_with(p.polname, c.relname || '_' || command.name || '_');
