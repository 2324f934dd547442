-- Faster summaries
--
-- What:  cost_summary as quick in the sixth call of a session as in the first: a day of a million records in 4 ms instead of 66, all
--        months in 120 ms instead of 700. e2b_cost_summary_by_tier in 4 ms instead of 49, over ten million records of folded days.
--        The three views of LLM calls in 65 ms instead of 105, where no changed day is left. fold_usage passes over days without
--        records at once.
-- Why:   after five calls PostgreSQL planned it once for ranges of any length, and read whole tables for a day. For the view by tier
--        it started parallel workers, which were to read all records where nobody folds, and had nothing to do. For the others it
--        looked each sum up among the changed days, when it knew of none. fold_usage took 31 days a call, also of years without
--        records, so that one record of the year 1 stopped it for good.
-- Rerun: safe at any time, on any data, while others work. Running 20260106000005_usage_rollups.sql again takes the setting of
--        cost_summary back and brings the former fold_usage, and 20260104000001_e2b_cost_tracking.sql the former view, until this
--        file is run again. That one and this one replace the view: who reads it waits until the file has ended.
-- Undo:  alter function copilot_internal.cost_summary(timestamptz, timestamptz, text, text[], text, uuid, text) reset plan_cache_mode;
--        alter table copilot_internal.usage_changed_days reset (vacuum_truncate);
--        run 20260104000001_e2b_cost_tracking.sql and 20260106000005_usage_rollups.sql again, and then
--        drop function copilot_internal.first_day_recorded(text, date).


-- Applied after the files before it, which know what to do with tables of these names that are somebody else's.
do $$
begin
  if to_regprocedure('copilot_internal.cost_summary(timestamptz, timestamptz, text, text[], text, uuid, text)') is null then
    raise exception using
      errcode = 'QT006',
      message = '20260107000002_faster_summaries.sql needs 20260107000001_faster_recording.sql before it: nothing was changed.',
      detail = 'Not there: copilot_internal.cost_summary.',
      hint = 'Run the files in the order of their names, from 20260103000001_cost_tracking_foundation.sql on, and stop at the first that is refused: it says what is in the way.';
  end if;
end
$$;

-- To plan a call takes 3 ms.
alter function copilot_internal.cost_summary(timestamptz, timestamptz, text, text[], text, uuid, text)
  set plan_cache_mode = force_custom_plan;


-- A table without a page costs nothing to read: PostgreSQL would read it once for each sum of a day, and take twice as long as by
-- comparing all of them at once. So usage_changed_days has a page, and keeps it. Whoever reads or writes it does not wait.
do $$
begin
  if not exists (
    select from pg_catalog.pg_class
    where oid = 'copilot_internal.usage_changed_days'::regclass and 'vacuum_truncate=false' = any (reloptions)
  ) then
    alter table copilot_internal.usage_changed_days set (vacuum_truncate = false);
  end if;
  if pg_relation_size('copilot_internal.usage_changed_days') = 0 then
    insert into copilot_internal.usage_changed_days (resource_type, tenant_id, day)
    values ('llm', '00000000-0000-0000-0000-000000000000', '2000-01-01');
    delete from copilot_internal.usage_changed_days
    where resource_type = 'llm' and tenant_id = '00000000-0000-0000-0000-000000000000' and transaction = pg_current_xact_id();
  end if;
end
$$;


-- As before, but that the sum of all records, which is run where nobody folds, is a query of its own. pg_backend_pid() keeps parallel
-- workers out of what is above it: they are started for that sum, or not at all.
do $do$
declare
  wanted constant text := $view$
create or replace view copilot_internal.e2b_cost_summary_by_tier with (security_invoker = true) as
select
  tier,
  run_count,
  trim_scale(execution_time_seconds) as execution_time_seconds,
  trim_scale(cpu_core_seconds)       as cpu_core_seconds,
  trim_scale(memory_gb_seconds)      as memory_gb_seconds,
  trim_scale(disk_io_gb)             as disk_io_gb,
  coalesce(trim_scale(nullif(execution_cost_usd, 0)) + 0.000, 0) as execution_cost_usd,
  coalesce(trim_scale(nullif(resource_cost_usd, 0)) + 0.000, 0) as resource_cost_usd,
  coalesce(trim_scale(nullif(total_cost_usd, 0)) + 0.000, 0) as total_cost_usd,
  coalesce(trim_scale(nullif(round(total_cost_usd / run_count, 18), 0)) + 0.000, 0) as average_cost_usd,
  estimated_count,
  unpriced_count,
  first_recorded_at,
  last_recorded_at
from (
  select
    tier,
    sum(run_count)::bigint       as run_count,
    sum(execution_time_seconds)  as execution_time_seconds,
    sum(cpu_core_seconds)        as cpu_core_seconds,
    sum(memory_gb_seconds)       as memory_gb_seconds,
    sum(disk_io_gb)              as disk_io_gb,
    sum(execution_cost_usd)      as execution_cost_usd,
    sum(resource_cost_usd)       as resource_cost_usd,
    sum(total_cost_usd)          as total_cost_usd,
    sum(estimated_count)::bigint as estimated_count,
    sum(unpriced_count)::bigint  as unpriced_count,
    min(first_recorded_at)       as first_recorded_at,
    max(last_recorded_at)        as last_recorded_at
  from (
    select
      tier,
      run_count, execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb, execution_cost_usd,
      resource_cost_usd, total_cost_usd, estimated_count, unpriced_count, first_recorded_at, last_recorded_at
    from (
      select
        tier,
        count(*)                             as run_count,
        sum(execution_time_seconds)          as execution_time_seconds,
        sum(cpu_core_seconds)                as cpu_core_seconds,
        sum(memory_gb_seconds)               as memory_gb_seconds,
        sum(disk_io_gb)                      as disk_io_gb,
        sum(execution_cost_usd)              as execution_cost_usd,
        sum(resource_cost_usd)               as resource_cost_usd,
        sum(total_cost_usd)                  as total_cost_usd,
        count(*) filter (where is_estimated) as estimated_count,
        count(*) filter (where is_unpriced)  as unpriced_count,
        min(recorded_at)                     as first_recorded_at,
        max(recorded_at)                     as last_recorded_at
      from copilot_internal.e2b_cost_records
      group by tier
    ) as all_records
    where not exists (select 1 from copilot_internal.usage_rollup_state as s where s.resource_type = 'e2b')
      and pg_backend_pid() is not null
    union all
    select
      tier,
      count(*)                             as run_count,
      sum(execution_time_seconds)          as execution_time_seconds,
      sum(cpu_core_seconds)                as cpu_core_seconds,
      sum(memory_gb_seconds)               as memory_gb_seconds,
      sum(disk_io_gb)                      as disk_io_gb,
      sum(execution_cost_usd)              as execution_cost_usd,
      sum(resource_cost_usd)               as resource_cost_usd,
      sum(total_cost_usd)                  as total_cost_usd,
      count(*) filter (where is_estimated) as estimated_count,
      count(*) filter (where is_unpriced)  as unpriced_count,
      min(recorded_at)                     as first_recorded_at,
      max(recorded_at)                     as last_recorded_at
    from copilot_internal.e2b_uncovered_records
    where exists (select 1 from copilot_internal.usage_rollup_state as s where s.resource_type = 'e2b')
      and pg_backend_pid() is not null
    group by tier
    union all
    select
      tier,
      run_count, execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb, execution_cost_usd,
      resource_cost_usd, total_cost_usd, estimated_count, unpriced_count, first_recorded_at, last_recorded_at
    from copilot_internal.e2b_usage_by_day
  ) as parts
  group by tier
) as totals
$view$;
begin
  execute replace(wanted, 'create or replace view copilot_internal.', 'create temporary view ');
  if not exists (
    select pg_get_viewdef(c.oid), c.reloptions from pg_catalog.pg_class as c
    where c.oid = to_regclass('copilot_internal.e2b_cost_summary_by_tier')
    intersect
    select pg_get_viewdef(c.oid), c.reloptions from pg_catalog.pg_class as c
    where c.oid = to_regclass('pg_temp.e2b_cost_summary_by_tier')
  ) then
    execute wanted;
  end if;
  drop view pg_temp.e2b_cost_summary_by_tier;
end
$do$;


-- =====================================================================================================================
-- Days without records
-- =====================================================================================================================

create or replace function copilot_internal.first_day_recorded(resource_type text, since date)
  returns date
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
declare
  begins constant timestamptz := since::timestamp at time zone 'UTC';
begin
  if resource_type = 'llm' then
    return (select (min(r.recorded_at) at time zone 'UTC')::date from copilot_internal.llm_cost_records as r where r.recorded_at >= begins);
  end if;
  return (select (min(r.recorded_at) at time zone 'UTC')::date from copilot_internal.e2b_cost_records as r where r.recorded_at >= begins);
end
$$;
comment on function copilot_internal.first_day_recorded(text, date) is
  'The first day from this one on, in UTC, that usage of this kind is recorded on; null without any.';
revoke execute on function copilot_internal.first_day_recorded(text, date) from public, anon, authenticated;
grant execute on function copilot_internal.first_day_recorded(text, date) to service_role;

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
  -- Read uncommitted is the same to the server.
  elsif current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
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
    since := coalesce(covered_before, copilot_internal.first_day_recorded(kind, '-infinity'), until);
    if since < until then
      writers_awaited := copilot_internal.wait_for_writers(
        ('copilot_internal.' || kind || '_cost_records')::regclass, patience);
      if writers_awaited = 0 then
        -- Days without records take no call: one record may be dated years ago.
        since := least(copilot_internal.first_day_recorded(kind, since), until);
        if since > covered_before then
          -- As if each of them had been added up.
          delete from copilot_internal.llm_usage_rollups as u where kind = 'llm' and u.day >= fold_usage.covered_before and u.day < since;
          delete from copilot_internal.e2b_usage_rollups as u where kind = 'e2b' and u.day >= fold_usage.covered_before and u.day < since;
        end if;
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
