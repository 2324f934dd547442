-- Numbers are exact: no float, no money, no numeric without a scale.
-- Why: amounts add up to the last digit, on every server. The decimals of money depend on a setting, and those of a numeric without
--      a scale on who writes it.

select c.oid::pg_catalog.regclass || '.' || pg_catalog.quote_ident(a.attname) as object,
       pg_catalog.format_type(a.atttypid, a.atttypmod) as type
from pg_catalog.pg_class as c
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = 'copilot_internal'::pg_catalog.regnamespace
  and c.relkind in ('r', 'p', 'f')
  and pg_catalog.format_type(a.atttypid, a.atttypmod) ~ '^(real|double precision|money|numeric($|\[))';
