-- Past one machine: Citus
--
-- What:  spreads usage over the nodes of a Citus cluster by tenant; price lists and quotas stay on the coordinator.
-- Why:   where one machine no longer holds the records, or no longer takes them as fast as they come. docs/citus.md says what changes
--        for callers, what stays impossible, and what to do instead.
-- Apply: on the coordinator, as the owner of the schema, once, after all migrations, while nobody records:
--          psql -v ON_ERROR_STOP=1 -f supabase/scale/citus.sql
--        Statement by statement, not with -1: the nodes have to see what is committed. It is no migration, and no database on one
--        machine needs it.
-- Rerun: safe, also after it was stopped half-way.
-- Undo:  select undistribute_table(…) for each table, drop schema copilot_scale cascade, drop the mirrors and their triggers, then run
--        the migrations again from the foundation on.


do $$
begin
  if to_regproc('create_distributed_table') is null then
    raise exception using errcode = '0A000',
      message = 'Citus is not in this database: nothing was changed.',
      detail = 'There is no function create_distributed_table.',
      hint = 'Have its owner run create extension citus on every node, and add the nodes; docs/citus.md has the steps.';
  elsif to_regclass('copilot_internal.usage_rollup_state') is null then
    raise exception using errcode = 'QT006',
      message = 'citus.sql needs all migrations before it: nothing was changed.',
      detail = 'Not there: copilot_internal.usage_rollup_state.',
      hint = 'Apply supabase/migrations first, before the tables are distributed.';
  end if;
end
$$;


-- =====================================================================================================================
-- Policies
-- =====================================================================================================================
-- Citus refuses a sub-select in a policy of a distributed table. On one machine it stays: it runs the look-up once a statement. The
-- claims are read as they are set, and not by auth.jwt(): the nodes have no schema auth.

do $$
declare
  claims constant text := $claims$nullif(current_setting('request.jwt.claims', true), '')::jsonb$claims$;
  tenant constant text := format($tenant$coalesce(%1$s ->> 'tenant_id', %1$s -> 'app_metadata' ->> 'tenant_id')::uuid$tenant$, claims);
  wanted record;
begin
  for wanted in
    select * from (values
      ('llm_cost_records', 'llm_cost_records_select_tenant', format('tenant_id = %s', tenant)),
      ('e2b_cost_records', 'e2b_cost_records_select_tenant', format('tenant_id = %s', tenant)),
      ('llm_usage_totals', 'llm_usage_totals_select_tenant', format('tenant_id = %s', tenant)),
      ('e2b_usage_totals', 'e2b_usage_totals_select_tenant', format('tenant_id = %s', tenant)),
      ('cost_quotas', 'cost_quotas_select_tenant', format('scope = ''tenant'' and scope_id = %s', tenant)),
      ('cost_quotas', 'cost_quotas_select_user', format(
        $user$scope = 'user' and scope_id = case when %1$s ->> 'sub' ~* '^([0-9a-f]{4}-?){7}[0-9a-f]{4}$' then (%1$s ->> 'sub')::uuid end$user$,
        claims))
    ) as p ("table", policy, shows)
  loop
    execute format('alter policy %I on copilot_internal.%I using (%s)', wanted.policy, wanted."table", wanted.shows);
  end loop;
end
$$;


-- =====================================================================================================================
-- What distributed tables cannot have: triggers, keys to what is local
-- =====================================================================================================================

do $$
declare
  found record;
begin
  for found in
    select t.tgname, t.tgrelid::regclass as "table" from pg_catalog.pg_trigger as t
    where not t.tgisinternal
      and t.tgrelid in (
        'copilot_internal.llm_cost_records'::regclass, 'copilot_internal.e2b_cost_records'::regclass,
        'copilot_internal.usage_requests'::regclass, 'copilot_internal.usage_changes'::regclass,
        'copilot_internal.quota_reservations'::regclass, 'copilot_internal.llm_usage_totals'::regclass,
        'copilot_internal.e2b_usage_totals'::regclass
      )
  loop
    execute format('drop trigger %I on %s', found.tgname, found."table");
  end loop;
  for found in
    select k.conname, k.conrelid::regclass as "table" from pg_catalog.pg_constraint as k
    where k.contype = 'f'
      and k.conrelid in ('copilot_internal.llm_cost_records'::regclass, 'copilot_internal.e2b_cost_records'::regclass)
      and k.confrelid in ('copilot_internal.model_pricing'::regclass, 'copilot_internal.e2b_pricing'::regclass)
  loop
    execute format('alter table %s drop constraint %I', found."table", found.conname);
  end loop;
end
$$;


-- =====================================================================================================================
-- The mirrors of the price lists
-- =====================================================================================================================
-- Every node has a copy of which prices there are, so that a record refers to one that exists, and one that is used is not deleted.
-- The lists themselves stay on the coordinator: they have triggers. Columns are listed: Citus passes no row as a whole.

create table if not exists copilot_internal.model_pricing_mirror (
  id       uuid not null,
  provider text not null,
  model    text not null,

  constraint model_pricing_mirror_pkey primary key (id)
);
comment on table copilot_internal.model_pricing_mirror is 'Which versions model_pricing has, on every node. Written by a trigger of model_pricing only.';
comment on column copilot_internal.model_pricing_mirror.id is 'As in model_pricing.';
comment on column copilot_internal.model_pricing_mirror.provider is 'As in model_pricing.';
comment on column copilot_internal.model_pricing_mirror.model is 'As in model_pricing.';
alter table copilot_internal.model_pricing_mirror enable row level security;

create table if not exists copilot_internal.e2b_pricing_mirror (
  id     uuid not null,
  tier   text not null,
  region text not null,

  constraint e2b_pricing_mirror_pkey primary key (id)
);
comment on table copilot_internal.e2b_pricing_mirror is 'Which versions e2b_pricing has, on every node. Written by a trigger of e2b_pricing only.';
comment on column copilot_internal.e2b_pricing_mirror.id is 'As in e2b_pricing.';
comment on column copilot_internal.e2b_pricing_mirror.tier is 'As in e2b_pricing.';
comment on column copilot_internal.e2b_pricing_mirror.region is 'As in e2b_pricing.';
alter table copilot_internal.e2b_pricing_mirror enable row level security;

revoke all on copilot_internal.model_pricing_mirror, copilot_internal.e2b_pricing_mirror from public, anon, authenticated, service_role;
grant select, insert, update, delete on copilot_internal.model_pricing_mirror, copilot_internal.e2b_pricing_mirror to service_role;

do $$
begin
  if not exists (select 1 from pg_dist_partition where logicalrelid = 'copilot_internal.model_pricing_mirror'::regclass) then
    perform create_reference_table('copilot_internal.model_pricing_mirror');
  end if;
  if not exists (select 1 from pg_dist_partition where logicalrelid = 'copilot_internal.e2b_pricing_mirror'::regclass) then
    perform create_reference_table('copilot_internal.e2b_pricing_mirror');
  end if;
end
$$;

create or replace function copilot_internal.mirror_price()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  -- The name of the list is the trigger's argument: tg_table_name is that of a shard where a table has shards.
  if tg_argv[0] = 'model_pricing' then
    if tg_op = 'DELETE' or tg_op = 'UPDATE' and old.id <> new.id then
      delete from copilot_internal.model_pricing_mirror as m where m.id = old.id;
    end if;
    if tg_op <> 'DELETE' then
      insert into copilot_internal.model_pricing_mirror (id, provider, model)
      values (new.id, new.provider, new.model)
      on conflict (id) do update set provider = excluded.provider, model = excluded.model;
    end if;
  else
    if tg_op = 'DELETE' or tg_op = 'UPDATE' and old.id <> new.id then
      delete from copilot_internal.e2b_pricing_mirror as m where m.id = old.id;
    end if;
    if tg_op <> 'DELETE' then
      insert into copilot_internal.e2b_pricing_mirror (id, tier, region)
      values (new.id, new.tier, new.region)
      on conflict (id) do update set tier = excluded.tier, region = excluded.region;
    end if;
  end if;
  return null;
end
$$;
comment on function copilot_internal.mirror_price() is
  'Trigger: keeps the mirror of a price list. The list is named by its argument.';
revoke execute on function copilot_internal.mirror_price() from public, anon, authenticated;
grant execute on function copilot_internal.mirror_price() to service_role;

create or replace trigger _900_mirror_price
  after insert or delete or update of id, provider, model on copilot_internal.model_pricing
  for each row execute function copilot_internal.mirror_price('model_pricing');
comment on trigger _900_mirror_price on copilot_internal.model_pricing is 'Every node knows which prices there are.';
create or replace trigger _900_mirror_price
  after insert or delete or update of id, tier, region on copilot_internal.e2b_pricing
  for each row execute function copilot_internal.mirror_price('e2b_pricing');
comment on trigger _900_mirror_price on copilot_internal.e2b_pricing is 'Every node knows which prices there are.';

insert into copilot_internal.model_pricing_mirror (id, provider, model)
select p.id, p.provider, p.model from copilot_internal.model_pricing as p
on conflict (id) do nothing;
insert into copilot_internal.e2b_pricing_mirror (id, tier, region)
select p.id, p.tier, p.region from copilot_internal.e2b_pricing as p
on conflict (id) do nothing;


-- =====================================================================================================================
-- Usage, by tenant
-- =====================================================================================================================
-- One group: what belongs to a tenant is on one node, and is joined, locked and committed there.

do $$
declare
  "table" text;
begin
  if not exists (select 1 from pg_dist_partition where logicalrelid = 'copilot_internal.llm_cost_records'::regclass) then
    perform create_distributed_table('copilot_internal.llm_cost_records', 'tenant_id', colocate_with => 'none');
  end if;
  foreach "table" in array array[
    'e2b_cost_records', 'usage_requests', 'usage_changes', 'quota_reservations', 'llm_usage_totals', 'e2b_usage_totals'
  ] loop
    if not exists (select 1 from pg_dist_partition where logicalrelid = ('copilot_internal.' || "table")::regclass) then
      perform create_distributed_table(
        ('copilot_internal.' || "table")::regclass, 'tenant_id', colocate_with => 'copilot_internal.llm_cost_records');
    end if;
  end loop;
end
$$;

do $$
begin
  if not exists (select 1 from pg_catalog.pg_constraint where conname = 'llm_cost_records_pricing_id_fkey') then
    alter table copilot_internal.llm_cost_records
      add constraint llm_cost_records_pricing_id_fkey foreign key (pricing_id)
      references copilot_internal.model_pricing_mirror (id) not valid;
  end if;
  if not exists (select 1 from pg_catalog.pg_constraint where conname = 'e2b_cost_records_pricing_id_fkey') then
    alter table copilot_internal.e2b_cost_records
      add constraint e2b_cost_records_pricing_id_fkey foreign key (pricing_id)
      references copilot_internal.e2b_pricing_mirror (id) not valid;
  end if;
end
$$;


-- =====================================================================================================================
-- Quotas
-- =====================================================================================================================
-- They stay on the coordinator, but Citus knows them: a charge and its record are then committed in two phases, both or neither. The
-- archive of their periods and what was charged in place of a price refer to them, and come along. One that is spread becomes one row:
-- each charge waits for the one before here, whatever it charges.

do $$
begin
  perform copilot_internal.gather_quota(q.id) from copilot_internal.cost_quotas as q;
  if not exists (select 1 from pg_dist_partition where logicalrelid = 'copilot_internal.cost_quotas'::regclass) then
    perform citus_add_local_table_to_metadata('copilot_internal.cost_quotas', cascade_via_foreign_keys => true);
  end if;
end
$$;

-- In two phases a quota's row is free before the node that keeps the hold has committed: whoever is next would not see that hold. So
-- each quota has an advisory lock, which ends with the transaction, and it comes first.
do $$
begin
  -- What is there is the product's, also when a later migration has put another in the place of the one below.
  if (
    select p.prosrc !~ 'apply_charges_locked' from pg_catalog.pg_proc as p
    where p.oid = 'copilot_internal.apply_charges(uuid[], numeric[])'::regprocedure
  ) then
    drop function if exists copilot_internal.apply_charges_locked(uuid[], numeric[]);
    alter function copilot_internal.apply_charges(uuid[], numeric[]) rename to apply_charges_locked;
  end if;
end
$$;
comment on function copilot_internal.apply_charges_locked(uuid[], numeric[]) is
  'Charges quotas, each by its amount. Called by apply_charges only, which holds their advisory locks.';

create or replace function copilot_internal.apply_charges(quota_ids uuid[], amounts numeric[])
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock(k.key)
  from (
    select distinct hashtextextended('copilot_internal.cost_quotas ' || u.id, 0) as key from unnest(quota_ids) as u (id)
    order by key
  ) as k;
  perform copilot_internal.apply_charges_locked(quota_ids, amounts);
end
$$;
comment on function copilot_internal.apply_charges(uuid[], numeric[]) is
  'Charges quotas, each by its amount, one transaction at a time for each quota: until all nodes have committed.';
revoke execute on function copilot_internal.apply_charges(uuid[], numeric[]) from public, anon, authenticated;
grant execute on function copilot_internal.apply_charges(uuid[], numeric[]) to service_role;


-- =====================================================================================================================
-- What is refused: rollups, and what goes over all tenants at once
-- =====================================================================================================================
-- Rollups are kept right by triggers of the records, which are gone. The views read records, as where nobody has ever folded.

create or replace view copilot_internal.llm_uncovered_records with (security_invoker = true) as
select
  tenant_id, recorded_at, provider, model, task, input_tokens, output_tokens, input_cost_usd, output_cost_usd, total_cost_usd,
  is_estimated, is_unpriced
from copilot_internal.llm_cost_records;

create or replace view copilot_internal.e2b_uncovered_records with (security_invoker = true) as
select
  tenant_id, recorded_at, tier, execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb, execution_cost_usd,
  resource_cost_usd, total_cost_usd, is_estimated, is_unpriced
from copilot_internal.e2b_cost_records;

create or replace view copilot_internal.llm_usage_by_day with (security_invoker = true) as
select
  tenant_id, day, provider, model, task, request_count, input_tokens, output_tokens, input_cost_usd, output_cost_usd,
  total_cost_usd, estimated_count, unpriced_count, first_recorded_at, last_recorded_at
from copilot_internal.llm_usage_totals;

create or replace view copilot_internal.e2b_usage_by_day with (security_invoker = true) as
select
  tenant_id, day, tier, run_count, execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb, execution_cost_usd,
  resource_cost_usd, total_cost_usd, estimated_count, unpriced_count, first_recorded_at, last_recorded_at
from copilot_internal.e2b_usage_totals;

delete from copilot_internal.llm_usage_rollups;
delete from copilot_internal.e2b_usage_rollups;
delete from copilot_internal.usage_changed_days;
delete from copilot_internal.usage_rollup_state;

-- `for update skip locked` needs one tenant there, and these look for rows of all; spread_quota would be of no use. With a sentence,
-- and not with one of Citus.
do $$
declare
  refused record;
begin
  for refused in
    select p.proname, pg_get_function_arguments(p.oid) as arguments, pg_get_function_result(p.oid) as answer,
           case p.proname
             when 'spread_quota' then 'Each charge of a quota waits until the one before has committed on every node.'
             else 'It goes over the rows of all tenants at once, and they are on several nodes.'
           end as reason
    from pg_catalog.pg_proc as p
    where p.pronamespace = 'copilot_internal'::regnamespace
      and p.proname in ('prune_usage', 'reprice_unpriced_usage', 'reprice_unpriced_e2b_usage', 'fold_usage', 'spread_quota')
  loop
    execute format(
      'create or replace function copilot_internal.%I(%s) returns %s language plpgsql volatile security invoker set search_path = '''' as %L',
      refused.proname, refused.arguments, refused.answer, format(
$body$
begin
  raise exception using errcode = '0A000',
    message = %L,
    detail = %L,
    hint = 'docs/citus.md says what to do instead, tenant by tenant.';
end
$body$, format('%s cannot be called where usage is distributed by Citus.', refused.proname), refused.reason));
  end loop;
end
$$;


-- =====================================================================================================================
-- The tenant's claims, on every node
-- =====================================================================================================================
-- PostgREST puts the claims on with set_config, which stays on the coordinator: the nodes would show a tenant nothing. Have it call
-- this before each request: db-pre-request = "copilot_scale.propagate_claims". In a schema of its own, which anon may use, too.

create schema if not exists copilot_scale;
comment on schema copilot_scale is 'What a cluster needs beside the product.';
revoke all on schema copilot_scale from public;
grant usage on schema copilot_scale to anon, authenticated, service_role;

create or replace function copilot_scale.propagate_claims()
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  set local citus.propagate_set_commands = 'local';
  execute format('set local request.jwt.claims = %L', coalesce(current_setting('request.jwt.claims', true), ''));
end
$$;
comment on function copilot_scale.propagate_claims() is
  'Sets the claims of the request once more, so that every node that the transaction uses knows them. For PostgREST, before each request.';
revoke execute on function copilot_scale.propagate_claims() from public;
grant execute on function copilot_scale.propagate_claims() to anon, authenticated, service_role;


-- =====================================================================================================================
-- Rights, on every node
-- =====================================================================================================================
-- Functions come to a node with PUBLIC allowed to execute them, and views without their readers. As 20260106000009_access.sql says it;
-- once more whenever a node is added.

select run_command_on_workers($command$
do $do$
declare
  change text;
begin
  perform set_config('citus.enable_ddl_propagation', 'off', true);
  revoke execute on all functions in schema copilot_internal from public, anon, authenticated;
  grant execute on all functions in schema copilot_internal to service_role;
  for change in
    select format('grant execute on function %s to authenticated', p.oid::regprocedure)
    from pg_catalog.pg_proc as p
    where p.pronamespace = 'copilot_internal'::regnamespace and p.proname ~ '^((calculate|get|my)_|cost_summary$)'
    union all
    select format('grant select on %s to service_role', c.oid::regclass)
    from pg_catalog.pg_class as c
    where c.relnamespace = 'copilot_internal'::regnamespace and c.relkind = 'v'
    union all
    select format('grant select on %s to authenticated', c.oid::regclass)
    from pg_catalog.pg_class as c
    where c.relnamespace = 'copilot_internal'::regnamespace and c.relkind = 'v'
      and c.relname not in ('price_versions', 'priced_usage')
      and coalesce(c.reloptions && '{security_invoker=true,security_invoker=on}', false)
  loop
    execute change;
  end loop;
end
$do$
$command$);
