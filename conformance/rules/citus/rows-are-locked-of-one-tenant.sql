-- Rows of distributed tables are locked of one tenant.
-- Why: Citus refuses a lock on rows of several nodes. Named are functions with a FOR UPDATE or FOR SHARE whose own WHERE does not
--      compare tenant_id with a variable.

with distributed as (
  select to_regclass('copilot_internal.' || name) as relation, name
  from unnest(array[
    'llm_cost_records', 'e2b_cost_records', 'usage_requests', 'usage_changes', 'quota_reservations', 'llm_usage_totals',
    'e2b_usage_totals'
  ]) as name
)
select distinct p.oid::regprocedure::text as object
from pg_catalog.pg_proc as p
-- A select from its first word to its lock; what is in parentheses belongs to it when they are closed before that.
cross join lateral regexp_matches(
  regexp_replace(p.prosrc, '--[^\n]*', '', 'g'),
  '(\m(?:select|perform)\M(?:[^();]|\((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*\))*?\mfor\s+(?:no\s+key\s+update|update|key\s+share|share)\M)',
  'gi'
) as locking (words)
where p.pronamespace = 'copilot_internal'::regnamespace
  and exists (select 1 from distributed as d where words[1] ~ ('\mcopilot_internal\.' || d.name || '\M'))
  and words[1] !~* ('\mtenant_id\s*=\s*(' || p.proname || '\.)?[a-z_]\w*(?![\w.])');
