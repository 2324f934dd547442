-- PUBLIC may do nothing with the schema or what is in it.
-- Why: everybody is PUBLIC, those who are not signed in, too. PostgreSQL lets it execute every new function unless told otherwise.

select 'schema ' || n.nspname as object, a.privilege_type as privilege
from pg_catalog.pg_namespace as n
cross join pg_catalog.aclexplode(n.nspacl) as a
where n.nspname = 'copilot_internal' and a.grantee = 0

union all

select c.oid::pg_catalog.regclass::text, a.privilege_type
from pg_catalog.pg_class as c
cross join pg_catalog.aclexplode(c.relacl) as a
where c.relnamespace = 'copilot_internal'::pg_catalog.regnamespace and a.grantee = 0

union all

select c.oid::pg_catalog.regclass || '.' || pg_catalog.quote_ident(t.attname), a.privilege_type
from pg_catalog.pg_class as c
join pg_catalog.pg_attribute as t on t.attrelid = c.oid
cross join pg_catalog.aclexplode(t.attacl) as a
where c.relnamespace = 'copilot_internal'::pg_catalog.regnamespace and a.grantee = 0

union all

select p.oid::pg_catalog.regprocedure::text, a.privilege_type
from pg_catalog.pg_proc as p
-- Where nothing has been granted or revoked, what PostgreSQL gives every function applies.
cross join pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as a
where p.pronamespace = 'copilot_internal'::pg_catalog.regnamespace and a.grantee = 0;
