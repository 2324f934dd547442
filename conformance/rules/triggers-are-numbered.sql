-- The name of a trigger is _<nnn>_<what it does>.
-- Why: triggers of one event fire in the order of their names, which the numbers say.

select pg_catalog.quote_ident(t.tgname) || ' on ' || c.oid::pg_catalog.regclass as object
from pg_catalog.pg_trigger as t
join pg_catalog.pg_class as c on c.oid = t.tgrelid
where c.relnamespace = 'copilot_internal'::pg_catalog.regnamespace
  and not t.tgisinternal
  and t.tgname !~ '^_\d{3}_[a-z]';
