-- Every object has a comment.
-- Why: it is the promise that whoever opens the schema in Studio reads. Constraints and indexes go without: their names say what
--      they are for.

select 'schema ' || n.nspname as object
from pg_catalog.pg_namespace as n
where n.nspname = 'copilot_internal' and pg_catalog.obj_description(n.oid, 'pg_namespace') is null

union all

select c.oid::pg_catalog.regclass::text
from pg_catalog.pg_class as c
where c.relnamespace = 'copilot_internal'::pg_catalog.regnamespace
  and c.relkind in ('r', 'p', 'f', 'v', 'm', 'S', 'c')
  and pg_catalog.obj_description(c.oid, 'pg_class') is null
  -- A composite type is a relation, whose comment belongs to the type.
  and (c.relkind <> 'c' or pg_catalog.obj_description(c.reltype, 'pg_type') is null)

union all

select c.oid::pg_catalog.regclass || '.' || pg_catalog.quote_ident(a.attname)
from pg_catalog.pg_class as c
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = 'copilot_internal'::pg_catalog.regnamespace
  and c.relkind in ('r', 'p', 'f')
  and pg_catalog.col_description(c.oid, a.attnum) is null

union all

select 'type ' || t.oid::pg_catalog.regtype
from pg_catalog.pg_type as t
where t.typnamespace = 'copilot_internal'::pg_catalog.regnamespace
  and t.typtype in ('d', 'e', 'r')
  and pg_catalog.obj_description(t.oid, 'pg_type') is null

union all

select p.oid::pg_catalog.regprocedure::text
from pg_catalog.pg_proc as p
where p.pronamespace = 'copilot_internal'::pg_catalog.regnamespace
  and pg_catalog.obj_description(p.oid, 'pg_proc') is null

union all

select 'policy ' || pg_catalog.quote_ident(p.polname) || ' on ' || c.oid::pg_catalog.regclass
from pg_catalog.pg_policy as p
join pg_catalog.pg_class as c on c.oid = p.polrelid
where c.relnamespace = 'copilot_internal'::pg_catalog.regnamespace
  and pg_catalog.obj_description(p.oid, 'pg_policy') is null

union all

select 'trigger ' || pg_catalog.quote_ident(t.tgname) || ' on ' || c.oid::pg_catalog.regclass
from pg_catalog.pg_trigger as t
join pg_catalog.pg_class as c on c.oid = t.tgrelid
where c.relnamespace = 'copilot_internal'::pg_catalog.regnamespace
  and not t.tgisinternal
  and pg_catalog.obj_description(t.oid, 'pg_trigger') is null;
