-- The columns of a foreign key are the first ones of an index.
-- Why: deleting or renumbering what they refer to looks for them, and would read the whole table each time. An index with a WHERE,
--      or one that was never finished, does not find them all.

select pg_catalog.quote_ident(k.conname) || ' on ' || k.conrelid::pg_catalog.regclass as object
from pg_catalog.pg_constraint as k
where k.connamespace = 'copilot_internal'::pg_catalog.regnamespace
  and k.contype = 'f'
  and not exists (
    select
    from pg_catalog.pg_index as i
    cross join lateral (select (i.indkey::smallint[])[0 : cardinality(k.conkey) - 1]) as first (columns)
    where i.indrelid = k.conrelid
      and i.indisvalid
      and i.indpred is null
      and first.columns @> k.conkey
      and first.columns <@ k.conkey
  );
