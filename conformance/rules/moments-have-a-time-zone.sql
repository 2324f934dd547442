-- A moment has its date and its time zone.
-- Why: a price or a period that begins at another moment in each session's time zone is another price.

select c.oid::pg_catalog.regclass || '.' || pg_catalog.quote_ident(a.attname) as object,
       pg_catalog.format_type(a.atttypid, a.atttypmod) as type
from pg_catalog.pg_class as c
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = 'copilot_internal'::pg_catalog.regnamespace
  and c.relkind in ('r', 'p', 'f')
  and pg_catalog.format_type(a.atttypid, a.atttypmod) ~ '^(timestamp(\(\d\))? without|time(\(\d\))? )';
