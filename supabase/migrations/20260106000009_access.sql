-- Access
--
-- What:  who may do what with each table, view and function of the schema, in one place; and that nobody may do more.
-- Why:   whoever reads it knows what is open, and whoever has opened something (`grant all on all tables in schema …`) finds
--        it closed again when the files are run.
-- Rerun: safe at any time, on any data, while others work. Grants what lacks, takes away what is too much, and touches
--        nothing else: nobody loses for a moment what they may keep.
-- Undo:  revoke all on all tables in schema copilot_internal from authenticated, service_role;
--        revoke all on all routines in schema copilot_internal from authenticated, service_role;


-- Applied after the files before it, which know what to do with tables of these names that are somebody else's.
do $$
declare
  missing text;
begin
  select string_agg(format('%s.%s', "table", "column"), ', ' order by n, m) into missing
  from (values
    (1, false, 'llm_cost_records', 'is_adopted'),
    (2, false, 'e2b_cost_records', 'is_adopted'),
    (3, false, 'cost_quotas', 'resource_type'),
    (4, false, 'model_pricing', 'input_price_per_million'),
    (5, false, 'e2b_pricing', 'price_per_second'),
    (6, false, 'model_pricing_components', 'component'),
    (7, false, 'quota_reservations', 'amount_usd'),
    (8, false, 'usage_requests', 'record_id'),
    (9, false, 'usage_rollup_state', 'covered_before')
  ) as wanted (n, is_own, "table", columns)
  cross join string_to_table(columns, ' ') with ordinality as those ("column", m)
  where not (is_own and to_regclass('copilot_internal.' || "table") is null)
    and not exists (
      select from pg_catalog.pg_attribute as a
      where a.attrelid = to_regclass('copilot_internal.' || "table") and a.attname = "column" and not a.attisdropped
    );
  if missing is not null then
    raise exception using
      errcode = 'QT006',
      message = '20260106000009_access.sql needs 20260106000005_usage_rollups.sql before it: nothing was changed.',
      detail = format('Not there: %s.', missing),
      hint = 'Run the files in the order of their names, from 20260103000001_cost_tracking_foundation.sql on, and stop at the first that is refused: it says what is in the way.';
  end if;
end
$$;


-- =====================================================================================================================
-- The access table
-- =====================================================================================================================
-- It concerns the roles of an API request, the role that they log in as, and PUBLIC. What other roles were granted is
-- their administrator's doing.
--
-- Functions go by their name: those that begin with calculate_, get_ or my_, and cost_summary, are for whoever is signed in, all
-- others for the platform. Tables in the list have row level security, views run with the rights of whoever asks.
-- A table or view that is not in the list, made by hand or by a later file, keeps what its own makers gave
-- the platform; it keeps its readers only if it says which rows they see: by a policy, or as a view with security_invoker.

do $$
declare
  change text;
begin
  for change in
    with
    rules (relation, authenticated, service_role) as (values
      ('llm_cost_records',                 'SELECT', 'SELECT INSERT UPDATE DELETE'),
      ('e2b_cost_records',                 'SELECT', 'SELECT INSERT UPDATE DELETE'),
      ('usage_requests',                   '',       'SELECT INSERT UPDATE DELETE'),
      ('usage_changes',                    '',       'SELECT INSERT UPDATE DELETE'),
      ('quota_charge_estimates',           '',       'SELECT INSERT UPDATE DELETE'),
      ('llm_usage_totals',                 'SELECT', 'SELECT INSERT UPDATE DELETE'),
      ('e2b_usage_totals',                 'SELECT', 'SELECT INSERT UPDATE DELETE'),
      ('llm_usage_rollups',                'SELECT', 'SELECT INSERT UPDATE DELETE'),
      ('e2b_usage_rollups',                'SELECT', 'SELECT INSERT UPDATE DELETE'),
      ('usage_changed_days',               'SELECT', 'SELECT INSERT UPDATE DELETE'),
      ('usage_rollup_state',               'SELECT', 'SELECT INSERT UPDATE DELETE'),
      ('model_pricing',                    'SELECT', 'SELECT INSERT UPDATE DELETE'),
      ('model_pricing_components',         'SELECT', 'SELECT INSERT UPDATE DELETE'),
      ('model_aliases',                    'SELECT', 'SELECT INSERT UPDATE DELETE'),
      ('e2b_pricing',                      'SELECT', 'SELECT INSERT UPDATE DELETE'),
      ('cost_quotas',                      'SELECT', 'SELECT INSERT UPDATE DELETE'),
      ('cost_quota_periods',               '',       'SELECT INSERT UPDATE DELETE'),
      ('quota_reservations',               '',       'SELECT INSERT UPDATE DELETE'),
      ('model_price_periods',              'SELECT', 'SELECT'),
      ('e2b_price_periods',                'SELECT', 'SELECT'),
      ('price_versions',                   '',       'SELECT'),
      ('priced_usage',                     '',       'SELECT'),
      ('llm_uncovered_records',            'SELECT', 'SELECT'),
      ('llm_usage_by_day',                 'SELECT', 'SELECT'),
      ('e2b_uncovered_records',            'SELECT', 'SELECT'),
      ('e2b_usage_by_day',                 'SELECT', 'SELECT'),
      ('cost_summary_by_tenant',           'SELECT', 'SELECT'),
      ('cost_summary_by_model',            'SELECT', 'SELECT'),
      ('cost_summary_by_task',             'SELECT', 'SELECT'),
      ('e2b_cost_summary_by_tenant',       'SELECT', 'SELECT'),
      ('e2b_cost_summary_by_tier',         'SELECT', 'SELECT'),
      ('e2b_cost_summary_by_conversation', 'SELECT', 'SELECT'),
      ('combined_cost_summary_by_tenant',  'SELECT', 'SELECT')
    ),
    callers (role, name) as (
      select 0::oid, 'public'
      union all
      select oid, rolname from pg_catalog.pg_roles
      where rolname in ('anon', 'authenticated', 'authenticator', 'service_role')
    ),
    relations as (
      select c.oid, c.relname, c.relkind, c.relrowsecurity, c.relacl, case c.relkind when 'S' then 'sequence ' else 'table ' end || c.oid::regclass as object,
             case
               when c.relkind = 'v' then coalesce(c.reloptions && '{security_invoker=true,security_invoker=on}', false)
               else c.relrowsecurity and exists (select from pg_catalog.pg_policy as p where p.polrelid = c.oid)
             end as chooses_rows
      from pg_catalog.pg_class as c
      where c.relnamespace = 'copilot_internal'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    ),
    routines as (
      select p.proname, coalesce(p.proacl, acldefault('f', p.proowner)) as proacl, 'routine ' || p.oid::regprocedure as object
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'copilot_internal'::regnamespace
    ),
    wanted (privilege, object, grantee) as (
      select privilege, object, grantee
      from rules
      join relations on relname = relation
      cross join lateral (values ('authenticated', authenticated), ('service_role', service_role)) as those (grantee, privileges)
      cross join string_to_table(nullif(privileges, ''), ' ') as privilege
      union all
      select 'EXECUTE', object, 'service_role' from routines
      union all
      select 'EXECUTE', object, 'authenticated' from routines where proname ~ '^((calculate|get|my)_|cost_summary$)'
    ),
    found as (
      select a.privilege_type as privilege, object, name as grantee, a.is_grantable
      from relations cross join aclexplode(relacl) as a join callers on role = a.grantee
      union all
      select format('%s (%I)', a.privilege_type, c.attname), object, name as grantee, a.is_grantable
      from relations
      join pg_catalog.pg_attribute as c on c.attrelid = relations.oid
      cross join aclexplode(c.attacl) as a
      join callers on role = a.grantee
      union all
      select a.privilege_type, object, name as grantee, a.is_grantable
      from routines cross join aclexplode(proacl) as a join callers on role = a.grantee
    ),
    kept (privilege, object, grantee) as (
      table wanted
      union all
      select privilege, object, grantee
      from found join relations using (object)
      where relname not in (select relation from rules)
        and (grantee = 'service_role' and privilege in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
             or grantee = 'authenticated' and privilege = 'SELECT' and chooses_rows)
    )
    select format('alter view %s set (security_invoker = true)', relations.oid::regclass)
    from relations join rules on relation = relname where relkind = 'v' and not chooses_rows
    union all
    select format('alter table %s enable row level security', relations.oid::regclass)
    from relations join rules on relation = relname where relkind in ('r', 'p') and not relrowsecurity
    union all
    select format('grant %s on %s to %I', privilege, object, grantee)
    from (table wanted except select privilege, object, grantee from found) as lacking
    union all
    select format('revoke %s %s on %s from %I cascade',
                  case when (privilege, object, grantee) in (table kept) then 'grant option for' end, privilege, object, grantee)
    from found
    where is_grantable or (privilege, object, grantee) not in (table kept)
  loop
    execute change;
  end loop;
end
$$;


-- =====================================================================================================================
-- Policies that are not the product's
-- =====================================================================================================================
-- One that is permissive shows rows besides those that the product's show. It may be meant, so it stays, but not in silence.

do $$
declare
  foreign_ record;
begin
  for foreign_ in
    select p.tablename, p.policyname, p.permissive = 'PERMISSIVE' as opens, lower(p.cmd) as command,
           array_to_string(p.roles, ', ') as roles, p.qual, p.with_check
    from pg_catalog.pg_policies as p
    where p.schemaname = 'copilot_internal'
      and p.tablename in (
        'llm_cost_records', 'e2b_cost_records', 'usage_requests', 'usage_changes', 'quota_charge_estimates', 'llm_usage_totals',
        'e2b_usage_totals', 'llm_usage_rollups', 'e2b_usage_rollups', 'usage_changed_days', 'usage_rollup_state', 'model_pricing',
        'model_pricing_components', 'model_aliases', 'e2b_pricing', 'cost_quotas',
        'cost_quota_periods', 'quota_reservations'
      )
      and p.policyname not in (
        'llm_cost_records_select_tenant', 'e2b_cost_records_select_tenant', 'llm_usage_totals_select_tenant',
        'e2b_usage_totals_select_tenant', 'cost_quotas_select_tenant', 'cost_quotas_select_user',
        'llm_usage_rollups_select_tenant', 'e2b_usage_rollups_select_tenant', 'usage_changed_days_select_tenant',
        'usage_rollup_state_select_authenticated', 'e2b_pricing_select_authenticated', 'model_pricing_select_authenticated',
        'model_pricing_components_select_authenticated', 'model_aliases_select_authenticated'
      )
    order by 1, 2
  loop
    raise warning using
      message = format(
        'Policy %s on copilot_internal.%s is not the product''s: it %s %s to %s.', foreign_.policyname, foreign_.tablename,
        case when foreign_.opens then 'opens' else 'restricts' end, foreign_.command,
        concat_ws(' ', foreign_.roles, 'where ' || foreign_.qual, 'with check ' || foreign_.with_check)),
      hint = format('If nobody needs it: drop policy %I on copilot_internal.%I;', foreign_.policyname, foreign_.tablename);
  end loop;
end
$$;
