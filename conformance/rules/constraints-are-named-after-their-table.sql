-- The name of a constraint begins with that of its table or domain.
-- Why: a refusal shows the name of the constraint, often nothing else. NOT NULL is left out: before PostgreSQL 18 it has no name.
--      A constraint trigger has the name of a trigger.

select pg_catalog.quote_ident(k.conname) || ' on ' || coalesce(c.oid::pg_catalog.regclass::text, t.oid::pg_catalog.regtype::text) as object
from pg_catalog.pg_constraint as k
left join pg_catalog.pg_class as c on c.oid = k.conrelid
left join pg_catalog.pg_type as t on t.oid = k.contypid
where k.connamespace = 'copilot_internal'::pg_catalog.regnamespace
  and k.contype not in ('n', 't')
  and not pg_catalog.starts_with(k.conname, coalesce(c.relname, t.typname) || '_');
