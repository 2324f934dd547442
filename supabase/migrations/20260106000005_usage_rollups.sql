-- Usage rollups
--
-- What:  daily totals of usage whose records are still there, fold_usage that makes them, and cost_summary for dashboards and
--        invoices.
-- Why:   views that read every record ever written become slow. With rollups they read whole days added up, and records only of
--        days that are still open. They answer the same, to the last digit, at every moment, also where nobody ever folds.
-- Rerun: safe at any time, on any data, while others record.
-- Undo:  drop function copilot_internal.cost_summary, copilot_internal.fold_usage, copilot_internal.fold_llm_days,
--          copilot_internal.fold_e2b_days, copilot_internal.wait_for_writers;
--        drop function copilot_internal.note_changed_day, copilot_internal.forget_rollups cascade;
--        drop view copilot_internal.llm_uncovered_records, copilot_internal.llm_usage_by_day,
--          copilot_internal.e2b_uncovered_records, copilot_internal.e2b_usage_by_day cascade;
--        drop table copilot_internal.llm_usage_rollups, copilot_internal.e2b_usage_rollups, copilot_internal.usage_changed_days,
--          copilot_internal.usage_rollup_state;
--        then run the files again from the foundation on, up to this one: they make the views as they were.


-- Applied after the files before it, which know what to do with tables of these names that are somebody else's.
do $$
declare
  missing text;
begin
  select string_agg(format('%s.%s', "table", "column"), ', ' order by n, m) into missing
  from (values
    (1, false, 'llm_cost_records', 'charged_at'),
    (2, false, 'e2b_cost_records', 'charged_at'),
    (3, false, 'llm_usage_totals', 'day request_count'),
    (4, false, 'e2b_usage_totals', 'day run_count'),
    (5, false, 'llm_uncovered_records', 'recorded_at'),
    (6, false, 'e2b_uncovered_records', 'recorded_at'),
    (7, true, 'llm_usage_rollups', 'day request_count'),
    (8, true, 'e2b_usage_rollups', 'day run_count'),
    (9, true, 'usage_changed_days', 'resource_type tenant_id day transaction'),
    (10, true, 'usage_rollup_state', 'resource_type covered_before')
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
      message = '20260106000005_usage_rollups.sql needs 20260106000004_retention.sql before it: nothing was changed.',
      detail = format('Not there: %s.', missing),
      hint = 'Run the files in the order of their names, from 20260103000001_cost_tracking_foundation.sql on, and stop at the first that is refused: it says what is in the way.';
  end if;
end
$$;


-- =====================================================================================================================
-- Rollups
-- =====================================================================================================================
-- The totals of retention are what records came to that are gone; these are of records that are still there, and can be made
-- anew from them at any time.

create table if not exists copilot_internal.llm_usage_rollups (
  tenant_id             uuid           not null,
  day                   date           not null,
  dimensions_hash       bytea          not null generated always as (
    sha256((quote_nullable(provider) || ',' || quote_nullable(model) || ',' || quote_nullable(task))::bytea)
  ) stored,
  provider              text           not null,
  model                 text           not null,
  task                  text,
  request_count         bigint         not null,
  input_tokens          numeric(38,0)  not null,
  output_tokens         numeric(38,0)  not null,
  cached_input_tokens   numeric(38,0)  not null,
  cache_write_5m_tokens numeric(38,0)  not null,
  cache_write_1h_tokens numeric(38,0)  not null,
  input_cost_usd        numeric(57,18) not null,
  output_cost_usd       numeric(57,18) not null,
  total_cost_usd        numeric(57,18) not null,
  estimated_count       bigint         not null,
  unpriced_count        bigint         not null,
  first_recorded_at     timestamptz    not null,
  last_recorded_at      timestamptz    not null,

  constraint llm_usage_rollups_pkey primary key (tenant_id, day, dimensions_hash),
  constraint llm_usage_rollups_counts_are_part_of_requests check (
    request_count > 0 and estimated_count between 0 and request_count and unpriced_count between 0 and request_count
  ),
  constraint llm_usage_rollups_recorded_on_the_day check (
    first_recorded_at <= last_recorded_at
    and (first_recorded_at at time zone 'UTC')::date = day and (last_recorded_at at time zone 'UTC')::date = day
  )
);
comment on table copilot_internal.llm_usage_rollups is
  'LLM usage of days that fold_usage has added up: one row per tenant, UTC day, provider, model and task. Its records are still '
  'there; a day in usage_changed_days is read from them.';
comment on column copilot_internal.llm_usage_rollups.tenant_id is 'The tenant that pays.';
comment on column copilot_internal.llm_usage_rollups.day is 'The UTC day on which the usage happened.';
comment on column copilot_internal.llm_usage_rollups.dimensions_hash is 'Provider, model and task in a form that fits a key.';
comment on column copilot_internal.llm_usage_rollups.provider is 'Provider, as it was recorded.';
comment on column copilot_internal.llm_usage_rollups.model is 'Model, as it was recorded.';
comment on column copilot_internal.llm_usage_rollups.task is 'What the calls were for; null for those without a task.';
comment on column copilot_internal.llm_usage_rollups.request_count is 'How many calls there were.';
comment on column copilot_internal.llm_usage_rollups.input_tokens is 'Tokens sent, cached and cache-write tokens included.';
comment on column copilot_internal.llm_usage_rollups.output_tokens is 'Tokens received.';
comment on column copilot_internal.llm_usage_rollups.cached_input_tokens is 'Of the tokens sent, those read from the provider''s cache.';
comment on column copilot_internal.llm_usage_rollups.cache_write_5m_tokens is 'Of the tokens sent, those written to its cache for five minutes.';
comment on column copilot_internal.llm_usage_rollups.cache_write_1h_tokens is 'Of the tokens sent, those written to its cache for an hour.';
comment on column copilot_internal.llm_usage_rollups.input_cost_usd is 'USD for the tokens sent, exact.';
comment on column copilot_internal.llm_usage_rollups.output_cost_usd is 'USD for the tokens received, exact.';
comment on column copilot_internal.llm_usage_rollups.total_cost_usd is 'USD in all, as the records say.';
comment on column copilot_internal.llm_usage_rollups.estimated_count is 'How many of the calls have an estimated cost.';
comment on column copilot_internal.llm_usage_rollups.unpriced_count is 'How many of the calls have no price, and count 0.';
comment on column copilot_internal.llm_usage_rollups.first_recorded_at is 'When the first of them happened.';
comment on column copilot_internal.llm_usage_rollups.last_recorded_at is 'When the last of them happened.';

create table if not exists copilot_internal.e2b_usage_rollups (
  tenant_id              uuid           not null,
  day                    date           not null,
  dimensions_hash        bytea          not null generated always as (sha256(quote_nullable(tier)::bytea)) stored,
  tier                   text           not null,
  run_count              bigint         not null,
  execution_time_seconds numeric(39,6)  not null,
  cpu_core_seconds       numeric(39,6)  not null,
  memory_gb_seconds      numeric(39,6)  not null,
  disk_io_gb             numeric(39,6)  not null,
  execution_cost_usd     numeric(57,18) not null,
  resource_cost_usd      numeric(57,18) not null,
  total_cost_usd         numeric(57,18) not null,
  estimated_count        bigint         not null,
  unpriced_count         bigint         not null,
  first_recorded_at      timestamptz    not null,
  last_recorded_at       timestamptz    not null,

  constraint e2b_usage_rollups_pkey primary key (tenant_id, day, dimensions_hash),
  constraint e2b_usage_rollups_counts_are_part_of_runs check (
    run_count > 0 and estimated_count between 0 and run_count and unpriced_count between 0 and run_count
  ),
  constraint e2b_usage_rollups_recorded_on_the_day check (
    first_recorded_at <= last_recorded_at
    and (first_recorded_at at time zone 'UTC')::date = day and (last_recorded_at at time zone 'UTC')::date = day
  )
);
comment on table copilot_internal.e2b_usage_rollups is
  'Sandbox runs of days that fold_usage has added up: one row per tenant, UTC day and tier. Its records are still there; a day in '
  'usage_changed_days is read from them.';
comment on column copilot_internal.e2b_usage_rollups.tenant_id is 'The tenant that pays.';
comment on column copilot_internal.e2b_usage_rollups.day is 'The UTC day on which the usage happened.';
comment on column copilot_internal.e2b_usage_rollups.dimensions_hash is 'The tier in a form that fits a key.';
comment on column copilot_internal.e2b_usage_rollups.tier is 'Size of the sandbox.';
comment on column copilot_internal.e2b_usage_rollups.run_count is 'How many runs there were.';
comment on column copilot_internal.e2b_usage_rollups.execution_time_seconds is 'Seconds that the sandboxes ran.';
comment on column copilot_internal.e2b_usage_rollups.cpu_core_seconds is 'Seconds times CPU cores.';
comment on column copilot_internal.e2b_usage_rollups.memory_gb_seconds is 'Seconds times GiB of memory.';
comment on column copilot_internal.e2b_usage_rollups.disk_io_gb is 'GB read from and written to disk.';
comment on column copilot_internal.e2b_usage_rollups.execution_cost_usd is 'USD for the seconds, exact.';
comment on column copilot_internal.e2b_usage_rollups.resource_cost_usd is 'USD for CPU, memory and disk, exact.';
comment on column copilot_internal.e2b_usage_rollups.total_cost_usd is 'USD in all, as the records say.';
comment on column copilot_internal.e2b_usage_rollups.estimated_count is 'How many of the runs have an estimated cost.';
comment on column copilot_internal.e2b_usage_rollups.unpriced_count is 'How many of the runs have no price, and count 0.';
comment on column copilot_internal.e2b_usage_rollups.first_recorded_at is 'When the first of them happened.';
comment on column copilot_internal.e2b_usage_rollups.last_recorded_at is 'When the last of them happened.';

create table if not exists copilot_internal.usage_rollup_state (
  resource_type  text        not null,
  covered_before date        not null,
  folded_at      timestamptz not null default now(),

  constraint usage_rollup_state_pkey primary key (resource_type),
  constraint usage_rollup_state_resource_type_known check (resource_type in ('llm', 'e2b')),
  constraint usage_rollup_state_covered_before_finite check (isfinite(covered_before))
);
comment on table copilot_internal.usage_rollup_state is
  'How far the rollups of each kind reach: all days before covered_before. No row: nobody has folded, and views read records only.';
comment on column copilot_internal.usage_rollup_state.resource_type is 'What was used: llm or e2b.';
comment on column copilot_internal.usage_rollup_state.covered_before is 'The first UTC day that is read from records.';
comment on column copilot_internal.usage_rollup_state.folded_at is 'When it last moved.';

-- A row for each transaction that changes records of a day which is over. Nobody waits for anybody: each writes its own.
create table if not exists copilot_internal.usage_changed_days (
  resource_type text not null,
  tenant_id     uuid not null,
  day           date not null,
  transaction   xid8 not null default pg_current_xact_id(),

  constraint usage_changed_days_pkey primary key (tenant_id, day, resource_type, transaction),
  constraint usage_changed_days_resource_type_known check (resource_type in ('llm', 'e2b'))
);
comment on table copilot_internal.usage_changed_days is
  'Days of tenants that were over when records of them were added, changed or removed: the views read them from records until '
  'fold_usage has added them up anew.';
comment on column copilot_internal.usage_changed_days.resource_type is 'What was used: llm or e2b.';
comment on column copilot_internal.usage_changed_days.tenant_id is 'The tenant that pays.';
comment on column copilot_internal.usage_changed_days.day is 'The UTC day on which the usage happened.';
comment on column copilot_internal.usage_changed_days.transaction is 'Who changed it.';

do $$
declare
  "table" regclass;
begin
  for "table" in
    select oid from pg_catalog.pg_class
    where relnamespace = 'copilot_internal'::regnamespace and not relrowsecurity
      and relname in ('llm_usage_rollups', 'e2b_usage_rollups', 'usage_rollup_state', 'usage_changed_days')
  loop
    execute format('alter table %s enable row level security', "table");
  end loop;
  if to_regclass('copilot_internal.llm_usage_rollups_day_idx') is null then
    create index llm_usage_rollups_day_idx on copilot_internal.llm_usage_rollups (day);
  end if;
  if to_regclass('copilot_internal.e2b_usage_rollups_day_idx') is null then
    create index e2b_usage_rollups_day_idx on copilot_internal.e2b_usage_rollups (day);
  end if;
end
$$;

-- As in the foundation: each is tried on an empty twin of its table, and replaced only where it differs.
do $do$
declare
  wanted  text;
  policy  text;
  "table" text;
begin
  foreach wanted in array array[
    $$create policy llm_usage_rollups_select_tenant on copilot_internal.llm_usage_rollups
        for select to authenticated
        using (
          tenant_id = (select coalesce(auth.jwt() ->> 'tenant_id', auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid)
        )$$,
    $$create policy e2b_usage_rollups_select_tenant on copilot_internal.e2b_usage_rollups
        for select to authenticated
        using (
          tenant_id = (select coalesce(auth.jwt() ->> 'tenant_id', auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid)
        )$$,
    $$create policy usage_changed_days_select_tenant on copilot_internal.usage_changed_days
        for select to authenticated
        using (
          tenant_id = (select coalesce(auth.jwt() ->> 'tenant_id', auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid)
        )$$,
    $$create policy usage_rollup_state_select_authenticated on copilot_internal.usage_rollup_state
        for select to authenticated
        using (true)$$
  ] loop
    policy  := substring(wanted from 'create policy (\w+)');
    "table" := substring(wanted from 'on copilot_internal\.(\w+)');
    execute format('create temporary table %I (like copilot_internal.%1$I)', "table");
    execute replace(wanted, 'on copilot_internal.', 'on pg_temp.');
    if not exists (
      select p.permissive, p.roles, p.cmd, p.qual, p.with_check from pg_catalog.pg_policies as p
      where (p.schemaname, p.tablename, p.policyname) = ('copilot_internal', "table", policy)
      intersect
      select p.permissive, p.roles, p.cmd, p.qual, p.with_check from pg_catalog.pg_policies as p
      where (p.schemaname, p.tablename, p.policyname) = (pg_my_temp_schema()::regnamespace::text, "table", policy)
    ) then
      execute format('drop policy if exists %I on copilot_internal.%I', policy, "table");
      execute wanted;
    end if;
    execute format('drop table pg_temp.%I', "table");
  end loop;
end
$do$;
comment on policy llm_usage_rollups_select_tenant on copilot_internal.llm_usage_rollups is
  'A tenant sees what its own LLM calls cost.';
comment on policy e2b_usage_rollups_select_tenant on copilot_internal.e2b_usage_rollups is
  'A tenant sees what its own sandboxes cost.';
comment on policy usage_changed_days_select_tenant on copilot_internal.usage_changed_days is
  'A tenant sees which of its own days are read from records.';
comment on policy usage_rollup_state_select_authenticated on copilot_internal.usage_rollup_state is
  'Whoever is signed in sees how far the rollups reach: a date, and nothing of anybody.';


-- =====================================================================================================================
-- What changes after its day
-- =====================================================================================================================
-- Whoever writes records of today leaves no trace but the record: it is in the open tail, and fold_usage adds a day up only when
-- all who may have written it as their own day have committed. Whoever writes records of a day that is over also notes the day.
-- Both in one transaction: record and note are seen together, or neither.

create or replace function copilot_internal.note_changed_day()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  if tg_op <> 'INSERT' then
    insert into copilot_internal.usage_changed_days (resource_type, tenant_id, day)
    values (tg_argv[0], old.tenant_id, (old.recorded_at at time zone 'UTC')::date)
    on conflict on constraint usage_changed_days_pkey do nothing;
  end if;
  if tg_op <> 'DELETE' then
    insert into copilot_internal.usage_changed_days (resource_type, tenant_id, day)
    values (tg_argv[0], new.tenant_id, (new.recorded_at at time zone 'UTC')::date)
    on conflict on constraint usage_changed_days_pkey do nothing;
  end if;
  return null;
end
$$;
comment on function copilot_internal.note_changed_day() is
  'Trigger: notes the day of a record that is added, changed or removed after its UTC day, once a transaction.';

create or replace function copilot_internal.forget_rollups()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('copilot_internal.fold_usage', 0));
  if tg_argv[0] = 'llm' then
    delete from copilot_internal.llm_usage_rollups;
  else
    delete from copilot_internal.e2b_usage_rollups;
  end if;
  delete from copilot_internal.usage_changed_days where resource_type = tg_argv[0];
  delete from copilot_internal.usage_rollup_state where resource_type = tg_argv[0];
  return null;
end
$$;
comment on function copilot_internal.forget_rollups() is
  'Trigger: where all records of a kind are gone, so are their rollups.';

do $$
declare
  kind text;
begin
  foreach kind in array array['llm', 'e2b'] loop
    if not exists (
      select from pg_catalog.pg_trigger
      where tgrelid = ('copilot_internal.' || kind || '_cost_records')::regclass and tgname = '_300_note_changed_day'
    ) then
      -- Records are there, or gone, that nobody has noted.
      execute format('delete from copilot_internal.%I', kind || '_usage_rollups');
      delete from copilot_internal.usage_changed_days where resource_type = kind;
      delete from copilot_internal.usage_rollup_state where resource_type = kind;
      execute format(
        'create trigger _300_note_changed_day after insert on copilot_internal.%I for each row '
        'when (new.recorded_at < date_trunc(''day'', clock_timestamp(), ''UTC'')) '
        'execute function copilot_internal.note_changed_day(%L)', kind || '_cost_records', kind);
    end if;
    if not exists (
      select from pg_catalog.pg_trigger
      where tgrelid = ('copilot_internal.' || kind || '_cost_records')::regclass and tgname = '_310_note_changed_day'
    ) then
      execute format(
        'create trigger _310_note_changed_day after update or delete on copilot_internal.%I for each row '
        'when (old.recorded_at < date_trunc(''day'', clock_timestamp(), ''UTC'')) '
        'execute function copilot_internal.note_changed_day(%L)', kind || '_cost_records', kind);
    end if;
    if not exists (
      select from pg_catalog.pg_trigger
      where tgrelid = ('copilot_internal.' || kind || '_cost_records')::regclass and tgname = '_320_forget_rollups'
    ) then
      execute format(
        'create trigger _320_forget_rollups after truncate on copilot_internal.%I '
        'for each statement execute function copilot_internal.forget_rollups(%L)', kind || '_cost_records', kind);
    end if;
  end loop;
end
$$;
comment on trigger _300_note_changed_day on copilot_internal.llm_cost_records is
  'A late report makes its day one that is read from records.';
comment on trigger _300_note_changed_day on copilot_internal.e2b_cost_records is
  'A late report makes its day one that is read from records.';
comment on trigger _310_note_changed_day on copilot_internal.llm_cost_records is
  'A record that is changed or removed later makes its day one that is read from records.';
comment on trigger _310_note_changed_day on copilot_internal.e2b_cost_records is
  'A record that is changed or removed later makes its day one that is read from records.';
comment on trigger _320_forget_rollups on copilot_internal.llm_cost_records is
  'Rollups of records that are all gone go with them.';
comment on trigger _320_forget_rollups on copilot_internal.e2b_cost_records is
  'Rollups of records that are all gone go with them.';


-- =====================================================================================================================
-- What the views read
-- =====================================================================================================================
-- Records: all of them where nobody has folded; else those of days from covered_before on, and of days that changed. Two bounds,
-- of which the planner knows neither, tell it that few rows are meant: so it looks them up. Each branch that does not apply is
-- not run at all.

do $do$
declare
  wanted text;
  "view" text;
begin
  foreach wanted in array array[
$view$
create or replace view copilot_internal.llm_uncovered_records with (security_invoker = true) as
select
  tenant_id, recorded_at, provider, model, task, input_tokens, output_tokens, input_cost_usd, output_cost_usd, total_cost_usd,
  is_estimated, is_unpriced
from copilot_internal.llm_cost_records
where not exists (select 1 from copilot_internal.usage_rollup_state as s where s.resource_type = 'llm')
union all
select
  tenant_id, recorded_at, provider, model, task, input_tokens, output_tokens, input_cost_usd, output_cost_usd, total_cost_usd,
  is_estimated, is_unpriced
from copilot_internal.llm_cost_records
where recorded_at
  between (select s.covered_before::timestamp at time zone 'UTC' from copilot_internal.usage_rollup_state as s where s.resource_type = 'llm')
  and (select timestamptz 'infinity')
union all
select
  r.tenant_id, r.recorded_at, r.provider, r.model, r.task, r.input_tokens, r.output_tokens, r.input_cost_usd,
  r.output_cost_usd, r.total_cost_usd, r.is_estimated, r.is_unpriced
from (
  select distinct c.tenant_id, c.day
  from copilot_internal.usage_changed_days as c
  where c.resource_type = 'llm'
    and c.day < (select s.covered_before from copilot_internal.usage_rollup_state as s where s.resource_type = 'llm')
) as changed
join copilot_internal.llm_cost_records as r
  on r.tenant_id = changed.tenant_id
  and r.recorded_at >= changed.day::timestamp at time zone 'UTC'
  and r.recorded_at < (changed.day + 1)::timestamp at time zone 'UTC'
$view$,
$view$
create or replace view copilot_internal.llm_usage_by_day with (security_invoker = true) as
select
  tenant_id, day, provider, model, task, request_count, input_tokens, output_tokens, input_cost_usd, output_cost_usd,
  total_cost_usd, estimated_count, unpriced_count, first_recorded_at, last_recorded_at
from copilot_internal.llm_usage_totals
union all
select
  tenant_id, day, provider, model, task, request_count, input_tokens, output_tokens, input_cost_usd, output_cost_usd,
  total_cost_usd, estimated_count, unpriced_count, first_recorded_at, last_recorded_at
from copilot_internal.llm_usage_rollups as u
where not exists (
  select 1 from copilot_internal.usage_changed_days as c
  where c.resource_type = 'llm' and c.tenant_id = u.tenant_id and c.day = u.day
)
$view$,
$view$
create or replace view copilot_internal.e2b_uncovered_records with (security_invoker = true) as
select
  tenant_id, recorded_at, tier, execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb, execution_cost_usd,
  resource_cost_usd, total_cost_usd, is_estimated, is_unpriced
from copilot_internal.e2b_cost_records
where not exists (select 1 from copilot_internal.usage_rollup_state as s where s.resource_type = 'e2b')
union all
select
  tenant_id, recorded_at, tier, execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb, execution_cost_usd,
  resource_cost_usd, total_cost_usd, is_estimated, is_unpriced
from copilot_internal.e2b_cost_records
where recorded_at
  between (select s.covered_before::timestamp at time zone 'UTC' from copilot_internal.usage_rollup_state as s where s.resource_type = 'e2b')
  and (select timestamptz 'infinity')
union all
select
  r.tenant_id, r.recorded_at, r.tier, r.execution_time_seconds, r.cpu_core_seconds, r.memory_gb_seconds, r.disk_io_gb,
  r.execution_cost_usd, r.resource_cost_usd, r.total_cost_usd, r.is_estimated, r.is_unpriced
from (
  select distinct c.tenant_id, c.day
  from copilot_internal.usage_changed_days as c
  where c.resource_type = 'e2b'
    and c.day < (select s.covered_before from copilot_internal.usage_rollup_state as s where s.resource_type = 'e2b')
) as changed
join copilot_internal.e2b_cost_records as r
  on r.tenant_id = changed.tenant_id
  and r.recorded_at >= changed.day::timestamp at time zone 'UTC'
  and r.recorded_at < (changed.day + 1)::timestamp at time zone 'UTC'
$view$,
$view$
create or replace view copilot_internal.e2b_usage_by_day with (security_invoker = true) as
select
  tenant_id, day, tier, run_count, execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb, execution_cost_usd,
  resource_cost_usd, total_cost_usd, estimated_count, unpriced_count, first_recorded_at, last_recorded_at
from copilot_internal.e2b_usage_totals
union all
select
  tenant_id, day, tier, run_count, execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb, execution_cost_usd,
  resource_cost_usd, total_cost_usd, estimated_count, unpriced_count, first_recorded_at, last_recorded_at
from copilot_internal.e2b_usage_rollups as u
where not exists (
  select 1 from copilot_internal.usage_changed_days as c
  where c.resource_type = 'e2b' and c.tenant_id = u.tenant_id and c.day = u.day
)
$view$
  ] loop
    "view" := substring(wanted from 'copilot_internal\.(\w+)');
    execute replace(wanted, 'create or replace view copilot_internal.', 'create temporary view ');
    if not exists (
      select pg_get_viewdef(c.oid), c.reloptions from pg_catalog.pg_class as c
      where c.oid = to_regclass('copilot_internal.' || "view")
      intersect
      select pg_get_viewdef(c.oid), c.reloptions from pg_catalog.pg_class as c
      where c.oid = to_regclass('pg_temp.' || "view")
    ) then
      execute wanted;
    end if;
    execute format('drop view pg_temp.%I', "view");
  end loop;
end
$do$;


-- =====================================================================================================================
-- Folding
-- =====================================================================================================================

create or replace function copilot_internal.wait_for_writers(relation regclass, patience interval)
  returns bigint
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  writers  constant text[] := array(
    select l.virtualtransaction
    from pg_catalog.pg_locks as l
    join pg_catalog.pg_database as d on d.oid = l.database and d.datname = current_database()
    where l.locktype = 'relation' and l.relation = wait_for_writers.relation and l.granted
      and l.mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
      and l.pid is distinct from pg_backend_pid()
  );
  deadline constant timestamptz := clock_timestamp() + patience;
  left_over bigint;
begin
  loop
    select count(distinct l.virtualtransaction) into left_over
    from pg_catalog.pg_locks as l
    where l.locktype = 'relation' and l.relation = wait_for_writers.relation and l.virtualtransaction = any (writers);
    exit when left_over = 0 or clock_timestamp() >= deadline;
    perform pg_sleep(0.01);
  end loop;
  return left_over;
end
$$;
comment on function copilot_internal.wait_for_writers(regclass, interval) is
  'Waits until every transaction that is writing a table now has ended, or patience has, and answers how many have not. Takes no '
  'lock: nobody waits for it, and those who begin meanwhile are not waited for.';

create or replace function copilot_internal.fold_llm_days(since date, until date, tenant_id uuid default null)
  returns bigint
  language plpgsql
  volatile
  security invoker
  set search_path = ''
  set work_mem = '64MB'
  set plan_cache_mode = 'force_custom_plan'
as $$
declare
  on_day date;
  made   bigint;
  folded bigint := 0;
begin
  for n in 0 .. until - since - 1 loop
    on_day := since + n;
    -- Day by day: how many groups a day has is known, how many days records are on is not, and sorting them takes five times as long.
    -- One statement, hence one snapshot: whoever is not in the sums has left a note that is not among those taken away.
    with noted as (
      delete from copilot_internal.usage_changed_days as c
      where c.resource_type = 'llm' and c.day = on_day
        and (fold_llm_days.tenant_id is null or c.tenant_id = fold_llm_days.tenant_id)
    ), outdated as (
      delete from copilot_internal.llm_usage_rollups as u
      where u.day = on_day and (fold_llm_days.tenant_id is null or u.tenant_id = fold_llm_days.tenant_id)
      returning 1
    ), added as (
      insert into copilot_internal.llm_usage_rollups (
        tenant_id, day, provider, model, task, request_count, input_tokens, output_tokens, cached_input_tokens,
        cache_write_5m_tokens, cache_write_1h_tokens, input_cost_usd, output_cost_usd, total_cost_usd, estimated_count,
        unpriced_count, first_recorded_at, last_recorded_at
      )
      select
        r.tenant_id, on_day, r.provider, r.model, r.task, count(*), sum(r.input_tokens),
        sum(r.output_tokens), sum(r.cached_input_tokens), sum(r.cache_write_5m_tokens), sum(r.cache_write_1h_tokens),
        sum(r.input_cost_usd), sum(r.output_cost_usd), sum(r.total_cost_usd), count(*) filter (where r.is_estimated),
        count(*) filter (where r.is_unpriced), min(r.recorded_at), max(r.recorded_at)
      from copilot_internal.llm_cost_records as r
      where r.recorded_at >= on_day::timestamp at time zone 'UTC'
        and r.recorded_at < (on_day + 1)::timestamp at time zone 'UTC'
        and (fold_llm_days.tenant_id is null or r.tenant_id = fold_llm_days.tenant_id)
        -- What is outdated goes first: the key is free then.
        and (select count(*) from outdated) >= 0
      group by r.tenant_id, r.provider, r.model, r.task
      returning 1
    )
    select count(*) into made from added;
    folded := folded + made;
  end loop;
  return folded;
end
$$;
comment on function copilot_internal.fold_llm_days(date, date, uuid) is
  'Adds the LLM usage of some UTC days up anew, of one tenant or of all, and answers how many rows that made. For fold_usage, '
  'which knows when a day may be added up.';

create or replace function copilot_internal.fold_e2b_days(since date, until date, tenant_id uuid default null)
  returns bigint
  language plpgsql
  volatile
  security invoker
  set search_path = ''
  set work_mem = '64MB'
  set plan_cache_mode = 'force_custom_plan'
as $$
declare
  on_day date;
  made   bigint;
  folded bigint := 0;
begin
  for n in 0 .. until - since - 1 loop
    on_day := since + n;
    with noted as (
      delete from copilot_internal.usage_changed_days as c
      where c.resource_type = 'e2b' and c.day = on_day
        and (fold_e2b_days.tenant_id is null or c.tenant_id = fold_e2b_days.tenant_id)
    ), outdated as (
      delete from copilot_internal.e2b_usage_rollups as u
      where u.day = on_day and (fold_e2b_days.tenant_id is null or u.tenant_id = fold_e2b_days.tenant_id)
      returning 1
    ), added as (
      insert into copilot_internal.e2b_usage_rollups (
        tenant_id, day, tier, run_count, execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb,
        execution_cost_usd, resource_cost_usd, total_cost_usd, estimated_count, unpriced_count, first_recorded_at,
        last_recorded_at
      )
      select
        r.tenant_id, on_day, r.tier, count(*), sum(r.execution_time_seconds),
        sum(r.cpu_core_seconds), sum(r.memory_gb_seconds), sum(r.disk_io_gb), sum(r.execution_cost_usd),
        sum(r.resource_cost_usd), sum(r.total_cost_usd), count(*) filter (where r.is_estimated),
        count(*) filter (where r.is_unpriced), min(r.recorded_at), max(r.recorded_at)
      from copilot_internal.e2b_cost_records as r
      where r.recorded_at >= on_day::timestamp at time zone 'UTC'
        and r.recorded_at < (on_day + 1)::timestamp at time zone 'UTC'
        and (fold_e2b_days.tenant_id is null or r.tenant_id = fold_e2b_days.tenant_id)
        and (select count(*) from outdated) >= 0
      group by r.tenant_id, r.tier
      returning 1
    )
    select count(*) into made from added;
    folded := folded + made;
  end loop;
  return folded;
end
$$;
comment on function copilot_internal.fold_e2b_days(date, date, uuid) is
  'Adds the sandbox runs of some UTC days up anew, of one tenant or of all, and answers how many rows that made. For fold_usage, '
  'which knows when a day may be added up.';

create or replace function copilot_internal.fold_usage(max_days integer default 31, patience interval default '2 seconds')
  returns table (resource_type text, covered_before date, days_folded integer, days_renewed integer, writers_awaited bigint)
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  kind   text;
  since  date;
  until  date;
  budget integer;
  again  record;
begin
  if max_days is null or patience is null then
    raise exception using errcode = '22004', message = 'max_days and patience must not be NULL.',
      detail = format('Got max_days %L, patience %L.', max_days, patience), hint = 'Leave them out for 31 days and 2 seconds.';
  elsif max_days < 1 or patience < interval '0' or not isfinite(clock_timestamp() + patience) then
    raise exception using errcode = '22023', message = 'max_days must be 1 or more, patience 0 or more.',
      detail = format('Got max_days %s, patience %s.', max_days, patience), hint = 'Leave them out for 31 days and 2 seconds.';
  elsif current_setting('transaction_isolation') <> 'read committed' then
    raise exception using errcode = '25001', message = 'fold_usage needs the isolation level read committed.',
      detail = format('This transaction is %s: it does not see who has committed since it began.', current_setting('transaction_isolation')),
      hint = 'Call it in a transaction of its own.';
  end if;

  -- Two at once do the work once: the second answers that nothing was left for it.
  if not pg_try_advisory_xact_lock(hashtextextended('copilot_internal.fold_usage', 0)) then
    raise notice 'Somebody else is folding: nothing was done.';
    return query
      select s.resource_type, s.covered_before, 0, 0, 0::bigint from copilot_internal.usage_rollup_state as s order by 1 desc;
    return;
  end if;

  foreach kind in array array['llm', 'e2b'] loop
    resource_type   := kind;
    days_folded     := 0;
    days_renewed    := 0;
    writers_awaited := 0;
    budget          := max_days;
    covered_before  := (select s.covered_before from copilot_internal.usage_rollup_state as s where s.resource_type = kind);

    -- A day is over for good an hour after its end: clocks of servers that follow one another differ by less.
    until := (clock_timestamp() at time zone 'UTC' - interval '1 hour')::date;
    since := covered_before;
    if since is null and kind = 'llm' then
      since := (select (min(r.recorded_at) at time zone 'UTC')::date from copilot_internal.llm_cost_records as r);
    elsif since is null then
      since := (select (min(r.recorded_at) at time zone 'UTC')::date from copilot_internal.e2b_cost_records as r);
    end if;
    since := coalesce(since, until);
    if since < until then
      writers_awaited := copilot_internal.wait_for_writers(
        ('copilot_internal.' || kind || '_cost_records')::regclass, patience);
      if writers_awaited = 0 then
        until := least(until, since + budget);
        if kind = 'llm' then
          perform copilot_internal.fold_llm_days(since, until);
        else
          perform copilot_internal.fold_e2b_days(since, until);
        end if;
        days_folded    := until - since;
        covered_before := until;
        insert into copilot_internal.usage_rollup_state as s (resource_type, covered_before)
        values (kind, until)
        on conflict on constraint usage_rollup_state_pkey do update set covered_before = excluded.covered_before, folded_at = now();
      end if;
    end if;
    budget := budget - days_folded;

    -- Days that changed. Those from covered_before on are read from records anyway.
    delete from copilot_internal.usage_changed_days as c
    where c.resource_type = kind and c.day >= coalesce(fold_usage.covered_before, date '-infinity');
    for again in
      select c.tenant_id, c.day
      from copilot_internal.usage_changed_days as c
      where c.resource_type = kind
      group by c.tenant_id, c.day
      order by c.day, c.tenant_id
      limit budget
    loop
      if kind = 'llm' then
        perform copilot_internal.fold_llm_days(again.day, again.day + 1, again.tenant_id);
      else
        perform copilot_internal.fold_e2b_days(again.day, again.day + 1, again.tenant_id);
      end if;
      days_renewed := days_renewed + 1;
    end loop;
    return next;
  end loop;
end
$$;
comment on function copilot_internal.fold_usage(integer, interval) is
  'Adds up the days that are over, and anew those that changed since, so that the views read fewer records; they answer the same '
  'before and after. At most max_days days of each kind in a call: repeat until days_folded and days_renewed are 0. Nobody who '
  'records waits for it. It waits for patience for those who are just recording; where some have not committed by then, '
  'writers_awaited says how many, and no further day is added up. Two at once do the work once. Raises 22004, 22023, and 25001 '
  'outside of read committed.';
grant execute on function
  copilot_internal.wait_for_writers(regclass, interval),
  copilot_internal.fold_llm_days(date, date, uuid),
  copilot_internal.fold_e2b_days(date, date, uuid),
  copilot_internal.fold_usage(integer, interval),
  copilot_internal.note_changed_day(),
  copilot_internal.forget_rollups()
to service_role;


-- =====================================================================================================================
-- Cost summary
-- =====================================================================================================================

create or replace function copilot_internal.cost_summary(
  since         timestamptz,
  until         timestamptz,
  granularity   text   default 'day',
  group_by      text[] default '{}',
  time_zone     text   default 'UTC',
  tenant_id     uuid   default null,
  resource_type text   default 'all'
)
  returns table (
    bucket                 timestamptz,
    tenant                 uuid,
    user_id                uuid,
    provider               text,
    model                  text,
    task                   text,
    tier                   text,
    conversation_id        text,
    llm_request_count      bigint,
    e2b_run_count          bigint,
    input_tokens           numeric,
    output_tokens          numeric,
    execution_time_seconds numeric,
    llm_cost_usd           numeric,
    e2b_cost_usd           numeric,
    total_cost_usd         numeric,
    estimated_count        bigint,
    unpriced_count         bigint
  )
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
declare
  known     constant text[] := array['tenant', 'user', 'model', 'task', 'tier', 'conversation'];
  wanted    constant text[] := coalesce(group_by, '{}');
  unknown   text;
  -- Whole UTC days between these two are read from rollups; none where something is asked that rollups do not know.
  llm_first date;
  llm_last  date;
  e2b_first date;
  e2b_last  date;
  lost      timestamptz;
begin
  if since is null or until is null or granularity is null or time_zone is null or resource_type is null then
    raise exception using errcode = '22004', message = 'since, until, granularity, time_zone and resource_type must not be NULL.',
      detail = format('Got since %L, until %L, granularity %L, time_zone %L, resource_type %L.', since, until, granularity, time_zone, resource_type),
      hint = 'Leave out what has a default.';
  elsif not isfinite(since) or not isfinite(until) or since > until then
    raise exception using errcode = '22023', message = 'since and until must be finite, and since not after until.',
      detail = format('Got since %s, until %s.', since, until), hint = 'The range holds since, and ends before until.';
  elsif granularity not in ('hour', 'day', 'week', 'month', 'all') then
    raise exception using errcode = '22023', message = format('Unknown granularity %L.', granularity),
      detail = 'The range is split into hours, days, weeks or months, or not at all.', hint = 'Use hour, day, week, month or all.';
  elsif resource_type not in ('llm', 'e2b', 'all') then
    raise exception using errcode = '22023', message = format('Unknown resource type %L.', resource_type),
      detail = 'Usage is of LLM calls or of sandboxes.', hint = 'Use llm, e2b or all.';
  end if;
  select w into unknown from unnest(wanted) as w where w is null or w <> all (known) limit 1;
  if found then
    raise exception using errcode = '22023', message = format('Unknown dimension %L in group_by.', unknown),
      detail = format('Known are %s.', array_to_string(known, ', ')), hint = 'Pass some of these, or {} for one row a bucket.';
  end if;
  begin
    perform since at time zone time_zone;
  exception when invalid_parameter_value then
    raise exception using errcode = '22023', message = format('Unknown time zone %L.', time_zone),
      detail = 'It decides where hours, days, weeks and months begin.', hint = 'Use a name such as UTC or Europe/Berlin.';
  end;

  llm_first := (since at time zone 'UTC' + interval '1 day' - interval '1 microsecond')::date;
  llm_last  := greatest((until at time zone 'UTC')::date, llm_first);
  if granularity = 'hour' or granularity <> 'all' and upper(time_zone) not in ('UTC', 'ETC/UTC', 'GMT', 'ETC/GMT') then
    llm_last := llm_first;
  end if;
  e2b_first := llm_first;
  e2b_last  := case when wanted && array['user', 'conversation'] then llm_first else llm_last end;
  llm_last  := case when wanted && array['user', 'conversation'] then llm_first else llm_last end;

  -- Days whose records are gone are known as wholes only.
  select min(gone.day)::timestamp at time zone 'UTC' into lost
  from (
    select t.day from copilot_internal.llm_usage_totals as t
    where resource_type <> 'e2b' and (cost_summary.tenant_id is null or t.tenant_id = cost_summary.tenant_id)
      and t.day >= (since at time zone 'UTC')::date and t.day < (until at time zone 'UTC' + interval '1 day' - interval '1 microsecond')::date
      and not (t.day >= llm_first and t.day < llm_last)
    union all
    select t.day from copilot_internal.e2b_usage_totals as t
    where resource_type <> 'llm' and (cost_summary.tenant_id is null or t.tenant_id = cost_summary.tenant_id)
      and t.day >= (since at time zone 'UTC')::date and t.day < (until at time zone 'UTC' + interval '1 day' - interval '1 microsecond')::date
      and not (t.day >= e2b_first and t.day < e2b_last)
  ) as gone;
  if lost is not null then
    raise exception using errcode = 'QT010',
      message = format('Usage of %s is kept as totals of UTC days, and cannot be told apart further.', (lost at time zone 'UTC')::date),
      detail = 'Its records were removed by prune_usage.',
      hint = 'Ask for whole UTC days by day, week or month in UTC, and not by user or conversation; or for a later range.';
  end if;

  return query
    with llm as (
      select r.recorded_at as moment, r.tenant_id, r.user_id, r.provider, r.model, r.task, null::text as tier, r.conversation_id,
             1::bigint as request_count, r.input_tokens::numeric as input_tokens, r.output_tokens::numeric as output_tokens,
             r.total_cost_usd, r.is_estimated::integer::bigint as estimated_count, r.is_unpriced::integer::bigint as unpriced_count
      from copilot_internal.llm_cost_records as r
      where resource_type <> 'e2b' and r.recorded_at >= since and r.recorded_at < until
        and (cost_summary.tenant_id is null or r.tenant_id = cost_summary.tenant_id)
        and not (r.recorded_at >= llm_first::timestamp at time zone 'UTC' and r.recorded_at < llm_last::timestamp at time zone 'UTC')
      union all
      select r.recorded_at, r.tenant_id, null, r.provider, r.model, r.task, null, null, 1, r.input_tokens, r.output_tokens,
             r.total_cost_usd, r.is_estimated::integer, r.is_unpriced::integer
      from copilot_internal.llm_uncovered_records as r
      where resource_type <> 'e2b'
        and r.recorded_at >= llm_first::timestamp at time zone 'UTC' and r.recorded_at < llm_last::timestamp at time zone 'UTC'
        and (cost_summary.tenant_id is null or r.tenant_id = cost_summary.tenant_id)
      union all
      select d.day::timestamp at time zone 'UTC', d.tenant_id, null, d.provider, d.model, d.task, null, null, d.request_count,
             d.input_tokens, d.output_tokens, d.total_cost_usd, d.estimated_count, d.unpriced_count
      from copilot_internal.llm_usage_by_day as d
      where resource_type <> 'e2b' and d.day >= llm_first and d.day < llm_last
        and (cost_summary.tenant_id is null or d.tenant_id = cost_summary.tenant_id)
    ), e2b as (
      select r.recorded_at as moment, r.tenant_id, r.user_id, null::text as provider, null::text as model, null::text as task, r.tier,
             r.conversation_id, 1::bigint as run_count, r.execution_time_seconds, r.total_cost_usd,
             r.is_estimated::integer::bigint as estimated_count, r.is_unpriced::integer::bigint as unpriced_count
      from copilot_internal.e2b_cost_records as r
      where resource_type <> 'llm' and r.recorded_at >= since and r.recorded_at < until
        and (cost_summary.tenant_id is null or r.tenant_id = cost_summary.tenant_id)
        and not (r.recorded_at >= e2b_first::timestamp at time zone 'UTC' and r.recorded_at < e2b_last::timestamp at time zone 'UTC')
      union all
      select r.recorded_at, r.tenant_id, null, null, null, null, r.tier, null, 1, r.execution_time_seconds, r.total_cost_usd,
             r.is_estimated::integer, r.is_unpriced::integer
      from copilot_internal.e2b_uncovered_records as r
      where resource_type <> 'llm'
        and r.recorded_at >= e2b_first::timestamp at time zone 'UTC' and r.recorded_at < e2b_last::timestamp at time zone 'UTC'
        and (cost_summary.tenant_id is null or r.tenant_id = cost_summary.tenant_id)
      union all
      select d.day::timestamp at time zone 'UTC', d.tenant_id, null, null, null, null, d.tier, null, d.run_count,
             d.execution_time_seconds, d.total_cost_usd, d.estimated_count, d.unpriced_count
      from copilot_internal.e2b_usage_by_day as d
      where resource_type <> 'llm' and d.day >= e2b_first and d.day < e2b_last
        and (cost_summary.tenant_id is null or d.tenant_id = cost_summary.tenant_id)
    ), parts as (
      select u.moment, u.tenant_id, u.user_id, u.provider, u.model, u.task, u.tier, u.conversation_id, u.request_count,
             0::bigint as run_count, u.input_tokens, u.output_tokens, 0::numeric as execution_time_seconds,
             u.total_cost_usd as llm_usd, 0::numeric as e2b_usd, u.estimated_count, u.unpriced_count
      from llm as u
      union all
      select u.moment, u.tenant_id, u.user_id, u.provider, u.model, u.task, u.tier, u.conversation_id, 0, u.run_count, 0, 0,
             u.execution_time_seconds, 0, u.total_cost_usd, u.estimated_count, u.unpriced_count
      from e2b as u
    ), sums as (
      select
        case when granularity = 'all' then since else date_trunc(granularity, p.moment, time_zone) end as bucket,
        case when 'tenant' = any (wanted) then p.tenant_id end             as tenant,
        case when 'user' = any (wanted) then p.user_id end                 as user_id,
        case when 'model' = any (wanted) then p.provider end               as provider,
        case when 'model' = any (wanted) then p.model end                  as model,
        case when 'task' = any (wanted) then p.task end                    as task,
        case when 'tier' = any (wanted) then p.tier end                    as tier,
        case when 'conversation' = any (wanted) then p.conversation_id end as conversation_id,
        sum(p.request_count)::bigint   as llm_request_count,
        sum(p.run_count)::bigint       as e2b_run_count,
        sum(p.input_tokens)            as input_tokens,
        sum(p.output_tokens)           as output_tokens,
        sum(p.execution_time_seconds)  as execution_time_seconds,
        sum(p.llm_usd)                 as llm_usd,
        sum(p.e2b_usd)                 as e2b_usd,
        sum(p.estimated_count)::bigint as estimated_count,
        sum(p.unpriced_count)::bigint  as unpriced_count
      from parts as p
      group by 1, 2, 3, 4, 5, 6, 7, 8
    )
    select
      s.bucket, s.tenant, s.user_id, s.provider, s.model, s.task, s.tier, s.conversation_id, s.llm_request_count, s.e2b_run_count,
      s.input_tokens, s.output_tokens, trim_scale(s.execution_time_seconds),
      coalesce(trim_scale(nullif(s.llm_usd, 0)) + 0.000, 0), coalesce(trim_scale(nullif(s.e2b_usd, 0)) + 0.000, 0),
      coalesce(trim_scale(nullif(s.llm_usd + s.e2b_usd, 0)) + 0.000, 0), s.estimated_count, s.unpriced_count
    from sums as s
    order by s.bucket, s.tenant, s.user_id, s.provider, s.model, s.task, s.tier, s.conversation_id;
end
$$;
comment on function copilot_internal.cost_summary(timestamptz, timestamptz, text, text[], text, uuid, text) is
  'What usage from since to before until cost, exact, in buckets: hour, day, week (from Monday), month or all, in a time zone; by '
  'tenant, user, model, task, tier and conversation, as group_by names them; of one tenant, or of all that the caller may see; of '
  'llm, e2b or all. A bucket without usage has no row; calls have no tier and runs no model and no task. Whole UTC days are read '
  'from rollups where those know what is asked. Raises 22004, 22023, and QT010 where the records of a day are gone and its total '
  'would have to be split.';
grant execute on function copilot_internal.cost_summary(timestamptz, timestamptz, text, text[], text, uuid, text)
  to authenticated, service_role;


-- =====================================================================================================================
-- Grants
-- =====================================================================================================================
-- Only what lacks. What is too much is taken away by 20260106000009_access.sql.

do $$
declare
  lacking text;
begin
  for lacking in
    select format('grant %s on copilot_internal.%I to %I', privilege, relation, grantee)
    from (values
      ('authenticated', 'select', 'llm_usage_rollups e2b_usage_rollups usage_changed_days usage_rollup_state'),
      ('service_role',  'select insert update delete', 'llm_usage_rollups e2b_usage_rollups usage_changed_days usage_rollup_state')
    ) as wanted (grantee, privileges, relations)
    cross join string_to_table(privileges, ' ') as privilege
    cross join string_to_table(relations, ' ') as relation
    where not has_table_privilege(grantee, 'copilot_internal.' || relation, privilege)
  loop
    execute lacking;
  end loop;
end
$$;
