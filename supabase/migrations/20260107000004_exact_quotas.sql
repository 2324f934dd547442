-- Exact quotas
--
-- What:  what a quota is charged and credited stays right in seven cases:
--        1. Its first period is no longer removed by prune_usage: it says since when the quota has been charged.
--        2. One that is edited to count other usage gives no credit for usage that it was never charged, and still gives it for what
--           it counted before and counts still.
--        3. One that has not started is charged no estimate, and so gives none back.
--        4. A hold lasts for hold_for from when it is granted, however long the call had to wait.
--        5. my_quota_status answers for a quota without an end on PostgreSQL 15, too, as quota_status and set_quota do.
--        6. A settlement is taken off also where the quota is newer than the transaction that settled.
--        7. A correction of usage that was charged by its hold does not deadlock with whoever deletes the quota.
-- Why:   1. after it had gone, settled usage was charged in full again, and voided usage was not credited. 2. and 3. spend fell below
--        what was spent. 4. a hold could be over when it was granted, and its amount was granted to the next one as well.
--        6. the usage was charged once more. 7. the correction failed.
-- Rerun: safe at any time, on any data, while others work. It adds a column to cost_quotas and makes one trigger on it, once: until the
--        file is done, who charges or reads a quota waits. Running 20260105000002_usage_recording.sql,
--        20260105000003_quota_reservations.sql, 20260106000003_quota_management.sql or 20260106000004_retention.sql again brings
--        the former functions back, until this file is run again.
-- Undo:  drop trigger _120_count_anew on copilot_internal.cost_quotas;
--        drop function copilot_internal.count_quota_anew();
--        drop function copilot_internal.quota_as_counting(copilot_internal.cost_quotas, uuid, uuid, text);
--        alter table copilot_internal.cost_quotas drop column former_coverage;
--        drop function copilot_internal.is_first_period(copilot_internal.cost_quota_periods);
--        then run the four files again.


-- Applied after the files before it, which know what to do with tables of these names that are somebody else's.
do $$
begin
  if to_regprocedure('copilot_internal.set_quota(text, uuid, text, numeric, text, timestamptz, numeric, text, text)') is null
    or to_regprocedure('copilot_internal.prune_usage(timestamptz, boolean, integer)') is null
  then
    raise exception using
      errcode = 'QT006',
      message = '20260107000004_exact_quotas.sql needs 20260107000003_faster_quotas.sql before it: nothing was changed.',
      detail = 'Not there: copilot_internal.set_quota or copilot_internal.prune_usage.',
      hint = 'Run the files in the order of their names, from 20260103000001_cost_tracking_foundation.sql on, and stop at the first that is refused: it says what is in the way.';
  end if;
end
$$;


-- =====================================================================================================================
-- Since when a quota has been charged
-- =====================================================================================================================
-- quota_counts_since takes the later of when the quota was made and when its first period began.

create or replace function copilot_internal.is_first_period(one copilot_internal.cost_quota_periods)
  returns boolean
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
begin
  return one.quota_id is not null and not exists (
    select 1 from copilot_internal.cost_quota_periods as p
    where p.quota_id = one.quota_id and (p.period_start, p.id) < (one.period_start, one.id)
  );
end
$$;
comment on function copilot_internal.is_first_period(copilot_internal.cost_quota_periods) is
  'Whether it is the first closed period of a quota that there still is: since then the quota has been charged.';
revoke execute on function copilot_internal.is_first_period(copilot_internal.cost_quota_periods) from public, anon, authenticated;
grant execute on function copilot_internal.is_first_period(copilot_internal.cost_quota_periods) to service_role;

create or replace function copilot_internal.prune_usage(
  before   timestamptz,
  dry_run  boolean default true,
  max_rows integer default 10000
)
  returns table (what text, rows bigint, oldest timestamptz, newest timestamptz)
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  -- Usage that was settled by an amount may still be recorded, and is then charged the difference only.
  settled_before constant timestamptz := least(before, now() - interval '1 year');
  budget   integer := max_rows;
  wanted   integer;
  requests bigint := 0;
  more     bigint;
  orphans  copilot_internal.usage_requests[];
begin
  perform copilot_internal.assert_prunable(before);
  if dry_run is null or max_rows is null then
    raise exception using errcode = '22004', message = 'dry_run and max_rows must not be NULL.',
      detail = format('Got dry_run %L, max_rows %L.', dry_run, max_rows), hint = 'Leave them out: nothing is removed then.';
  elsif max_rows < 1 then
    raise exception using errcode = '22023', message = 'max_rows must be 1 or more.',
      detail = format('Got %s.', max_rows), hint = 'Leave it out for 10000, and repeat until nothing is left.';
  end if;

  if dry_run then
    return query
      select 'llm_cost_records', count(*), min(r.recorded_at), max(r.recorded_at)
      from copilot_internal.llm_cost_records as r
      where r.recorded_at < before and (r.charged_at >= before) is not true;
    return query
      select 'e2b_cost_records', count(*), min(r.recorded_at), max(r.recorded_at)
      from copilot_internal.e2b_cost_records as r
      where r.recorded_at < before and (r.charged_at >= before) is not true;
    return query
      select 'usage_requests', count(*), null::timestamptz, null::timestamptz
      from copilot_internal.usage_requests as u
      where not exists (
          select 1 from copilot_internal.llm_cost_records as r
          where u.resource_type = 'llm' and r.tenant_id = u.tenant_id and r.id = u.record_id and (r.recorded_at >= before or r.charged_at >= before)
        )
        and not exists (
          select 1 from copilot_internal.e2b_cost_records as r
          where u.resource_type = 'e2b' and r.tenant_id = u.tenant_id and r.id = u.record_id and (r.recorded_at >= before or r.charged_at >= before)
        )
        and not exists (
          select 1 from copilot_internal.usage_changes as c
          where c.tenant_id = u.tenant_id and c.record_id = u.record_id and c.change = 'voided' and c.changed_at >= before
        );
    return query
      select 'usage_changes', count(*), min(c.changed_at), max(c.changed_at)
      from copilot_internal.usage_changes as c
      where c.changed_at < before;
    return query
      select 'quota_charge_estimates', count(*), null::timestamptz, null::timestamptz
      from copilot_internal.quota_charge_estimates as e
      where not exists (
          select 1 from copilot_internal.llm_cost_records as r
          where r.tenant_id = e.tenant_id and r.id = e.record_id and (r.recorded_at >= before or r.charged_at >= before)
        )
        and not exists (
          select 1 from copilot_internal.e2b_cost_records as r
          where r.tenant_id = e.tenant_id and r.id = e.record_id and (r.recorded_at >= before or r.charged_at >= before)
        );
    return query
      select 'quota_reservations', count(*), min(coalesce(h.closed_at, h.expires_at)), max(coalesce(h.closed_at, h.expires_at))
      from copilot_internal.quota_reservations as h
      where coalesce(h.closed_at, h.expires_at)
        < case when h.record_id is null and h.settled_usd > 0 then settled_before else before end;
    return query
      select 'cost_quota_periods', count(*), min(p.period_end), max(p.period_end)
      from copilot_internal.cost_quota_periods as p
      where p.period_end <= before and not copilot_internal.is_first_period(p);
    return;
  end if;

  -- One at a time: the next finds what this one leaves, and two never wait for each other's totals. Whatever somebody is just
  -- recording, revising, voiding or settling is passed over, so nobody waits for this but who asks for a row that goes.
  perform pg_advisory_xact_lock(hashtextextended('copilot_internal.prune_usage', 0));

  -- A record goes with its request, hence half of what is left; it goes and is added to its day in one statement.
  wanted := greatest(budget / 2, 1);
  with taken as materialized (
    select r.tenant_id, r.recorded_at, r.id
    from copilot_internal.llm_cost_records as r
    where r.recorded_at < before and (r.charged_at >= before) is not true
    order by r.recorded_at
    limit wanted
    for update skip locked
  ), removed as (
    delete from copilot_internal.llm_cost_records as r
    using taken as t
    where r.tenant_id = t.tenant_id and r.recorded_at = t.recorded_at and r.id = t.id
    returning r.*
  ), added as (
    insert into copilot_internal.llm_usage_totals as d (
      tenant_id, day, provider, model, task, request_count, input_tokens, output_tokens, cached_input_tokens,
      cache_write_5m_tokens, cache_write_1h_tokens, input_cost_usd, output_cost_usd, total_cost_usd, estimated_count,
      unpriced_count, first_recorded_at, last_recorded_at
    )
    select
      r.tenant_id, (r.recorded_at at time zone 'UTC')::date, r.provider, r.model, r.task, count(*), sum(r.input_tokens),
      sum(r.output_tokens), sum(r.cached_input_tokens), sum(r.cache_write_5m_tokens), sum(r.cache_write_1h_tokens),
      sum(r.input_cost_usd), sum(r.output_cost_usd), sum(r.total_cost_usd), count(*) filter (where r.is_estimated),
      count(*) filter (where r.is_unpriced), min(r.recorded_at), max(r.recorded_at)
    from removed as r
    group by 1, 2, 3, 4, 5
    on conflict on constraint llm_usage_totals_pkey do update set
      request_count         = d.request_count + excluded.request_count,
      input_tokens          = d.input_tokens + excluded.input_tokens,
      output_tokens         = d.output_tokens + excluded.output_tokens,
      cached_input_tokens   = d.cached_input_tokens + excluded.cached_input_tokens,
      cache_write_5m_tokens = d.cache_write_5m_tokens + excluded.cache_write_5m_tokens,
      cache_write_1h_tokens = d.cache_write_1h_tokens + excluded.cache_write_1h_tokens,
      input_cost_usd        = d.input_cost_usd + excluded.input_cost_usd,
      output_cost_usd       = d.output_cost_usd + excluded.output_cost_usd,
      total_cost_usd        = d.total_cost_usd + excluded.total_cost_usd,
      estimated_count       = d.estimated_count + excluded.estimated_count,
      unpriced_count        = d.unpriced_count + excluded.unpriced_count,
      first_recorded_at     = least(d.first_recorded_at, excluded.first_recorded_at),
      last_recorded_at      = greatest(d.last_recorded_at, excluded.last_recorded_at)
  ), named as materialized (
    select u.tenant_id, u.request_id
    from removed as r
    join copilot_internal.usage_requests as u
      on u.tenant_id = r.tenant_id and u.resource_type = 'llm' and u.request_id = r.request_id and u.record_id = r.id
    limit budget - wanted
    for update of u skip locked
  ), forgotten as (
    delete from copilot_internal.usage_requests as u
    using named as n
    where u.tenant_id = n.tenant_id and u.resource_type = 'llm' and u.request_id = n.request_id
    returning 1
  )
  select 'llm_cost_records', count(*), min(r.recorded_at), max(r.recorded_at), (select count(*) from forgotten)
  into what, rows, oldest, newest, more
  from removed as r;
  return next;
  requests := requests + more;
  budget := budget - rows - more;

  wanted := greatest(budget / 2, least(budget, 1));
  with taken as materialized (
    select r.tenant_id, r.recorded_at, r.id
    from copilot_internal.e2b_cost_records as r
    where r.recorded_at < before and (r.charged_at >= before) is not true
    order by r.recorded_at
    limit wanted
    for update skip locked
  ), removed as (
    delete from copilot_internal.e2b_cost_records as r
    using taken as t
    where r.tenant_id = t.tenant_id and r.recorded_at = t.recorded_at and r.id = t.id
    returning r.*
  ), added as (
    insert into copilot_internal.e2b_usage_totals as d (
      tenant_id, day, tier, conversation_id, run_count, execution_time_seconds, cpu_core_seconds, memory_gb_seconds,
      disk_io_gb, execution_cost_usd, resource_cost_usd, total_cost_usd, estimated_count, unpriced_count,
      first_recorded_at, last_recorded_at
    )
    select
      r.tenant_id, (r.recorded_at at time zone 'UTC')::date, r.tier, r.conversation_id, count(*), sum(r.execution_time_seconds),
      sum(r.cpu_core_seconds), sum(r.memory_gb_seconds), sum(r.disk_io_gb), sum(r.execution_cost_usd),
      sum(r.resource_cost_usd), sum(r.total_cost_usd), count(*) filter (where r.is_estimated),
      count(*) filter (where r.is_unpriced), min(r.recorded_at), max(r.recorded_at)
    from removed as r
    group by 1, 2, 3, 4
    on conflict on constraint e2b_usage_totals_pkey do update set
      run_count              = d.run_count + excluded.run_count,
      execution_time_seconds = d.execution_time_seconds + excluded.execution_time_seconds,
      cpu_core_seconds       = d.cpu_core_seconds + excluded.cpu_core_seconds,
      memory_gb_seconds      = d.memory_gb_seconds + excluded.memory_gb_seconds,
      disk_io_gb             = d.disk_io_gb + excluded.disk_io_gb,
      execution_cost_usd     = d.execution_cost_usd + excluded.execution_cost_usd,
      resource_cost_usd      = d.resource_cost_usd + excluded.resource_cost_usd,
      total_cost_usd         = d.total_cost_usd + excluded.total_cost_usd,
      estimated_count        = d.estimated_count + excluded.estimated_count,
      unpriced_count         = d.unpriced_count + excluded.unpriced_count,
      first_recorded_at      = least(d.first_recorded_at, excluded.first_recorded_at),
      last_recorded_at       = greatest(d.last_recorded_at, excluded.last_recorded_at)
  ), named as materialized (
    select u.tenant_id, u.request_id
    from removed as r
    join copilot_internal.usage_requests as u
      on u.tenant_id = r.tenant_id and u.resource_type = 'e2b' and u.request_id = r.request_id and u.record_id = r.id
    limit budget - wanted
    for update of u skip locked
  ), forgotten as (
    delete from copilot_internal.usage_requests as u
    using named as n
    where u.tenant_id = n.tenant_id and u.resource_type = 'e2b' and u.request_id = n.request_id
    returning 1
  )
  select 'e2b_cost_records', count(*), min(r.recorded_at), max(r.recorded_at), (select count(*) from forgotten)
  into what, rows, oldest, newest, more
  from removed as r;
  return next;
  requests := requests + more;
  budget := budget - rows - more;

  -- Requests whose records have gone in another way: they were voided, or deleted. Looked for when no old record is left,
  -- because all requests are looked at; the limit is outside, so that this is planned as what it is. One that was reported
  -- anew meanwhile has another record.
  if budget = max_rows then
    with lost as materialized (
      select u
      from copilot_internal.usage_requests as u
      where u.resource_type = 'llm' and not exists (
        select 1 from copilot_internal.llm_cost_records as r where r.tenant_id = u.tenant_id and r.id = u.record_id
      )
      union all
      select u
      from copilot_internal.usage_requests as u
      where u.resource_type = 'e2b' and not exists (
        select 1 from copilot_internal.e2b_cost_records as r where r.tenant_id = u.tenant_id and r.id = u.record_id
      )
    )
    select array(
      select l.u
      from lost as l
      where not exists (
        select 1 from copilot_internal.usage_changes as c
        where c.tenant_id = (l.u).tenant_id and c.record_id = (l.u).record_id and c.change = 'voided' and c.changed_at >= before
      )
      limit budget
    ) into orphans;
    with taken as materialized (
      select u.tenant_id, u.resource_type, u.request_id
      from unnest(orphans) as o
      join copilot_internal.usage_requests as u using (tenant_id, resource_type, request_id, record_id)
      for update of u skip locked
    )
    delete from copilot_internal.usage_requests as u
    using taken as t
    where u.tenant_id = t.tenant_id and u.resource_type = t.resource_type and u.request_id = t.request_id;
    get diagnostics more = row_count;
    requests := requests + more;
    budget := budget - more;
  end if;
  return query select 'usage_requests', requests, null::timestamptz, null::timestamptz;

  -- A voided request is answered by what was voided as long as it is known.
  with taken as materialized (
    select c.tenant_id, c.id
    from copilot_internal.usage_changes as c
    where c.changed_at < before
      and not (c.change = 'voided' and exists (
        select 1 from copilot_internal.usage_requests as u
        where u.tenant_id = c.tenant_id and u.resource_type = c.resource_type and u.request_id = c.request_id
          and u.record_id = c.record_id
      ))
    limit budget
    for update skip locked
  ), removed as (
    delete from copilot_internal.usage_changes as c
    using taken as t
    where c.tenant_id = t.tenant_id and c.id = t.id
    returning c.changed_at
  )
  select 'usage_changes', count(*), min(r.changed_at), max(r.changed_at) into what, rows, oldest, newest from removed as r;
  return next;
  budget := budget - rows;

  with taken as materialized (
    select e.tenant_id, e.record_id, e.quota_id
    from copilot_internal.quota_charge_estimates as e
    where not exists (
        select 1 from copilot_internal.llm_cost_records as r where r.tenant_id = e.tenant_id and r.id = e.record_id
      )
      and not exists (
        select 1 from copilot_internal.e2b_cost_records as r where r.tenant_id = e.tenant_id and r.id = e.record_id
      )
    limit budget
    for update skip locked
  ), removed as (
    delete from copilot_internal.quota_charge_estimates as e
    using taken as t
    where e.tenant_id = t.tenant_id and e.record_id = t.record_id and e.quota_id = t.quota_id
    returning 1
  )
  select 'quota_charge_estimates', count(*), null, null into what, rows, oldest, newest from removed;
  return next;
  budget := budget - rows;

  with taken as materialized (
    select h.tenant_id, h.id
    from copilot_internal.quota_reservations as h
    where coalesce(h.closed_at, h.expires_at)
      < case when h.record_id is null and h.settled_usd > 0 then settled_before else before end
    limit budget
    for update skip locked
  ), removed as (
    delete from copilot_internal.quota_reservations as h
    using taken as t
    where h.tenant_id = t.tenant_id and h.id = t.id
    returning coalesce(h.closed_at, h.expires_at) as over_at
  )
  select 'quota_reservations', count(*), min(r.over_at), max(r.over_at) into what, rows, oldest, newest from removed as r;
  return next;
  budget := budget - rows;

  with taken as materialized (
    select p.id
    from copilot_internal.cost_quota_periods as p
    where p.period_end <= before and not copilot_internal.is_first_period(p)
    limit budget
    for update skip locked
  ), removed as (
    delete from copilot_internal.cost_quota_periods as p
    using taken as t
    where p.id = t.id
    returning p.period_end
  )
  select 'cost_quota_periods', count(*), min(r.period_end), max(r.period_end) into what, rows, oldest, newest from removed as r;
  return next;
end
$$;
comment on function copilot_internal.prune_usage(timestamptz, boolean, integer) is
  'Removes what is older than a date, and answers how much of each table, and from when to when; with dry_run, the default, it '
  'answers what all calls together would remove, and changes nothing. Records that were used and reported before it are added to '
  'llm_usage_totals and e2b_usage_totals as they go, so the views answer the same before and after; what had no price can no '
  'longer be priced. With them go their requests and estimates, requests that were voided before the date, changes '
  '(usage_changes), holds that were closed or over, and closed periods of quotas, but for the first of each. A hold that was settled without being recorded '
  'is kept for a year: its usage may still be recorded, and is then charged the difference. A request that has gone is new when '
  'it is reported again; one that was voided is answered by what was voided as long as it is known. One call removes max_rows '
  'rows at most: repeat until it removes none. What somebody is just recording, changing or settling is left to a later call. '
  'Raises 22004, 22023, and QT009 for a '
  'date after the start of any quota''s current period, or of any open hold.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_attribute
    where attrelid = 'copilot_internal.cost_quotas'::regclass and attname = 'former_coverage' and not attisdropped
  ) then
    -- Whoever comes after a statement that waits, waits behind it.
    set local lock_timeout = '5s';
    alter table copilot_internal.cost_quotas add column former_coverage jsonb;
  end if;
end
$$;
comment on column copilot_internal.cost_quotas.former_coverage is
  'Of a quota that was edited to count more: what it counted before that it still counts, each part since when. '
  'An array of objects with scope, scope_id, resource_type and since; null for one that was not.';

-- What it counted before, and counts still, it has been charged for all the time.
create or replace function copilot_internal.count_quota_anew()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  since timestamptz;
  parts jsonb;
begin
  select
    min(k.since) filter (where k.is_all),
    jsonb_agg(jsonb_build_object('scope', k.scope, 'scope_id', k.scope_id, 'resource_type', k.resource_type, 'since', k.since)
              order by k.since, k.resource_type) filter (where not k.is_all)
  into since, parts
  from (
    select o.*, (o.scope, o.scope_id, o.resource_type) is not distinct from (new.scope, new.scope_id, new.resource_type) as is_all
    from (
      -- The part of each coverage, the last included, that the new one has in common with it.
      select
        case c.scope when 'platform' then new.scope else c.scope end as scope,
        case c.scope when 'platform' then new.scope_id else c.scope_id end as scope_id,
        case c.resource_type when 'all' then new.resource_type else c.resource_type end as resource_type,
        c.since
      from (
        select f.* from jsonb_to_recordset(old.former_coverage) as f (scope text, scope_id uuid, resource_type text, since timestamptz)
        union all
        select old.scope, old.scope_id, old.resource_type, old.created_at
      ) as c
      where ('platform' in (c.scope, new.scope) or (c.scope, c.scope_id) = (new.scope, new.scope_id))
        and ('all' in (c.resource_type, new.resource_type) or c.resource_type = new.resource_type)
    ) as o
  ) as k;
  new.created_at := coalesce(since, clock_timestamp());
  new.former_coverage := parts;
  -- Only quotas of the platform are spread.
  if new.scope <> 'platform' then
    new.spent_usd := new.spent_usd + coalesce(copilot_internal.take_quota_parts(old.id), 0);
  end if;
  return new;
end
$$;
comment on function copilot_internal.count_quota_anew() is
  'Trigger: a quota that is edited to count other usage counts it from now on, and what it counted before as before.';
revoke execute on function copilot_internal.count_quota_anew() from public, anon, authenticated;
grant execute on function copilot_internal.count_quota_anew() to service_role;

create or replace function copilot_internal.quota_as_counting(
  quota copilot_internal.cost_quotas, tenant_id uuid, user_id uuid, resource_type text
)
  returns copilot_internal.cost_quotas
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
begin
  if quota.former_coverage is not null then
    quota.created_at := least(quota.created_at, (
      select min(f.since)
      from jsonb_to_recordset(quota.former_coverage) as f (scope text, scope_id uuid, resource_type text, since timestamptz)
      where f.resource_type in (quota_as_counting.resource_type, 'all')
        and (f.scope = 'platform' or f.scope = 'tenant' and f.scope_id = tenant_id or f.scope = 'user' and f.scope_id = user_id)
    ));
  end if;
  return quota;
end
$$;
comment on function copilot_internal.quota_as_counting(copilot_internal.cost_quotas, uuid, uuid, text) is
  'The quota as it is for usage of a tenant, user and kind: its created_at says since when it counts that usage.';
revoke execute on function copilot_internal.quota_as_counting(copilot_internal.cost_quotas, uuid, uuid, text) from public, anon, authenticated;
grant execute on function copilot_internal.quota_as_counting(copilot_internal.cost_quotas, uuid, uuid, text) to service_role;
comment on column copilot_internal.cost_quotas.created_at is
  'When the quota was created, or edited to count other usage: what was used before was not charged to it, but for what '
  'former_coverage says.';


-- =====================================================================================================================
-- Estimates
-- =====================================================================================================================

create or replace function copilot_internal.charge_usage(
  resource_type   text,
  tenant_ids      uuid[],
  user_ids        uuid[],
  amounts         numeric[],
  record_ids      uuid[],
  reservation_ids uuid[],
  unpriced        boolean[],
  is_correction   boolean default false
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  is_held   constant boolean := num_nonnulls(variadic reservation_ids) > 0;
  locked    uuid[];
  quota_ids uuid[];
  charges   numeric[];
  more      record;
begin
  -- The usual case: one report, and nothing but its cost.
  if cardinality(tenant_ids) = 1 and not is_held and not is_correction then
    if amounts[1] <> 0 then
      quota_ids := copilot_internal.quotas_concerned(tenant_ids[1], user_ids[1], resource_type);
      if cardinality(quota_ids) > 0 then
        perform copilot_internal.apply_charges(quota_ids, array_fill(amounts[1], array[cardinality(quota_ids)]));
      end if;
    end if;
    return;
  end if;

  -- Quotas first, then holds: the order in which everybody locks. A quota that is made after this is left alone: whoever holds
  -- the others does not wait for it.
  if is_held then
    locked := array(
      select distinct q.id
      from (
        select u.tenant_id, u.user_id from unnest(tenant_ids, user_ids) as u (tenant_id, user_id)
        union
        -- Whose holds they are, in case a settlement has to be taken off.
        select h.tenant_id, h.user_id
        from unnest(tenant_ids, reservation_ids) as u (tenant_id, reservation_id)
        join copilot_internal.quota_reservations as h on h.tenant_id = u.tenant_id and h.id = u.reservation_id
      ) as p
      cross join lateral unnest(copilot_internal.quotas_concerned(p.tenant_id, p.user_id, charge_usage.resource_type)) as q (id)
    );
    perform copilot_internal.charge_quotas(locked, 0);
  end if;

  select array_agg(c.id), array_agg(p.amount) into quota_ids, charges
  from (
    select u.tenant_id, u.user_id, sum(u.amount) as amount
    from unnest(tenant_ids, user_ids, amounts) as u (tenant_id, user_id, amount)
    group by u.tenant_id, u.user_id
  ) as p
  cross join lateral unnest(copilot_internal.quotas_concerned(p.tenant_id, p.user_id, charge_usage.resource_type)) as c (id)
  where p.amount <> 0 and (not is_held or c.id = any (locked));

  if is_held then
    -- A hold serves one record: the first that names it.
    for more in
      select distinct on (h.id)
        h.id, h.tenant_id, h.user_id as holder_id, h.amount_usd, h.settled_usd, h.closed_at, u.user_id, u.record_id, u.is_unpriced
      from unnest(tenant_ids, user_ids, record_ids, reservation_ids, unpriced) with ordinality
        as u (tenant_id, user_id, record_id, reservation_id, is_unpriced, position)
      join copilot_internal.quota_reservations as h on h.tenant_id = u.tenant_id and h.id = u.reservation_id
      where h.resource_type = charge_usage.resource_type and h.record_id is null
        and (h.closed_at is null or h.is_expired or h.settled_usd is not null)
      order by h.id, u.position
    loop
      if more.settled_usd <> 0 then
        -- What a settlement has charged already.
        select quota_ids || array_agg(q.id), charges || array_agg(-more.settled_usd) into quota_ids, charges
        from copilot_internal.cost_quotas as q
        where q.id = any (copilot_internal.quotas_concerned(more.tenant_id, more.holder_id, charge_usage.resource_type))
          and q.id = any (locked)
          and copilot_internal.quota_counts_since(
                copilot_internal.quota_as_counting(q, more.tenant_id, more.holder_id, charge_usage.resource_type)) <= more.closed_at;
      end if;
      if more.is_unpriced and more.amount_usd > 0 then
        with estimates as (
          insert into copilot_internal.quota_charge_estimates as e (tenant_id, record_id, quota_id, amount_usd)
          select more.tenant_id, more.record_id, q.id, more.amount_usd
          from copilot_internal.cost_quotas as q
          where q.id = any (copilot_internal.quotas_concerned(more.tenant_id, more.user_id, charge_usage.resource_type))
            and q.unpriced_policy = 'charge_hold' and q.id = any (locked) and q.period_start <= clock_timestamp()
          returning e.quota_id, e.amount_usd
        )
        select quota_ids || array_agg(e.quota_id), charges || array_agg(e.amount_usd) into quota_ids, charges from estimates as e;
      end if;
    end loop;
  end if;
  if is_correction then
    -- The price has become known, or the usage was taken back: what was charged in its place is given back, by quotas that
    -- still count such usage. Quotas first here, too: whoever deletes one takes its estimates away.
    locked := array(
      select e.quota_id
      from copilot_internal.quota_charge_estimates as e
      join unnest(tenant_ids, record_ids, unpriced) as u (tenant_id, record_id, is_unpriced)
        on not u.is_unpriced and e.tenant_id = u.tenant_id and e.record_id = u.record_id
    );
    if cardinality(locked) > 0 then
      perform copilot_internal.charge_quotas(locked || quota_ids, 0);
    end if;
    with known as (
      delete from copilot_internal.quota_charge_estimates as e
      using unnest(tenant_ids, user_ids, record_ids, unpriced) as u (tenant_id, user_id, record_id, is_unpriced)
      where not u.is_unpriced and e.tenant_id = u.tenant_id and e.record_id = u.record_id
      returning e.quota_id, e.amount_usd, u.tenant_id, u.user_id
    )
    select quota_ids || array_agg(k.quota_id), charges || array_agg(-k.amount_usd) into quota_ids, charges
    from known as k
    where k.quota_id = any (copilot_internal.quotas_concerned(k.tenant_id, k.user_id, charge_usage.resource_type));

    -- What a quota was not charged for this usage, because it is newer, is not given back by it.
    select quota_ids || array_agg(n.quota_id), charges || array_agg(n.amount) into quota_ids, charges
    from (
      select q.id as quota_id,
             -u.amount - copilot_internal.usage_charged_usd(
               copilot_internal.quota_as_counting(q, u.tenant_id, u.user_id, charge_usage.resource_type), u.tenant_id, u.record_id
             ) as amount
      from unnest(tenant_ids, user_ids, amounts, record_ids) as u (tenant_id, user_id, amount, record_id)
      join copilot_internal.cost_quotas as q
        on q.id = any (copilot_internal.quotas_concerned(u.tenant_id, u.user_id, charge_usage.resource_type))
      where u.amount < 0
    ) as n
    where n.amount > 0;
  end if;

  if cardinality(quota_ids) > 0 then
    perform copilot_internal.apply_charges(quota_ids, charges);
  end if;
  if is_held then
    update copilot_internal.quota_reservations as h
    set closed_at = coalesce(h.closed_at, now()), is_expired = false, record_id = u.record_id
    from (
      select distinct on (r.tenant_id, r.reservation_id) r.tenant_id, r.reservation_id, r.record_id
      from unnest(tenant_ids, reservation_ids, record_ids) with ordinality as r (tenant_id, reservation_id, record_id, position)
      order by r.tenant_id, r.reservation_id, r.position
    ) as u
    where h.tenant_id = u.tenant_id and h.id = u.reservation_id and h.resource_type = charge_usage.resource_type
      and h.record_id is null and (h.closed_at is null or h.is_expired or h.settled_usd is not null);
  end if;
end
$$;

comment on function copilot_internal.charge_usage(text, uuid[], uuid[], numeric[], uuid[], uuid[], boolean[], boolean) is
  'Charges what usage costs, or credits what it costs less (negative amounts), to every quota concerned, each once, and closes '
  'the holds that it was reserved by. What a settlement of such a hold has charged is taken off. Usage without a price is '
  'charged the amount of its hold to quotas with unpriced_policy charge_hold, until its price is known. A credit gives each quota '
  'back what it was charged, and no more; in doubt are only one that was made while the usage was just being charged, and one whose start '
  'was moved past it.';

create or replace function copilot_internal.is_held_estimate(tenant_id uuid, user_id uuid, resource_type text, reservation_id uuid)
  returns boolean
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
begin
  return exists (
    select 1 from copilot_internal.quota_reservations as h
    where h.tenant_id = is_held_estimate.tenant_id and h.id = is_held_estimate.reservation_id
      and h.resource_type = is_held_estimate.resource_type and h.record_id is null and h.amount_usd > 0
      and (h.closed_at is null or h.is_expired or h.settled_usd is not null)
  ) and exists (
    select 1 from copilot_internal.cost_quotas as q
    where q.id = any (copilot_internal.quotas_concerned(
            is_held_estimate.tenant_id, is_held_estimate.user_id, is_held_estimate.resource_type))
      and q.unpriced_policy = 'charge_hold' and q.period_start <= clock_timestamp()
  );
end
$$;


-- =====================================================================================================================
-- Holds
-- =====================================================================================================================

create or replace function copilot_internal.reserve_quota(
  tenant_id     uuid,
  resource_type text,
  amount        numeric,
  user_id       uuid     default null,
  request_id    text     default null,
  hold_for      interval default interval '15 minutes',
  provider      text     default null,
  model         text     default null,
  tier          text     default null
)
  returns table (reservation_id uuid, granted boolean, refused_by uuid, left_usd numeric)
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  quotas      uuid[];
  held        copilot_internal.quota_reservations;
  is_unpriced boolean := false;
  is_refused  boolean;
begin
  if tenant_id is null or resource_type is null or amount is null or hold_for is null then
    raise exception using errcode = '22004',
      message = 'tenant_id, resource_type, amount and hold_for must not be NULL.',
      detail = format('Got tenant_id %L, resource_type %L, amount %L, hold_for %L.', tenant_id, resource_type, amount, hold_for),
      hint = 'Pass 0 for no cost; leave hold_for out for 15 minutes.';
  elsif resource_type not in ('llm', 'e2b') then
    raise exception using errcode = '22023', message = format('Unknown resource type %L.', resource_type),
      detail = 'What can be reserved is llm or e2b.', hint = 'Use one of the two.';
  elsif not (amount >= 0 and amount < 'Infinity') then
    raise exception using errcode = '22023', message = 'amount must be a finite number, 0 or more.',
      detail = format('Got %s.', amount), hint = 'Pass an amount in USD.';
  elsif hold_for <= interval '0' or not isfinite(hold_for) then
    raise exception using errcode = '22023', message = 'hold_for must be longer than nothing, and finite.',
      detail = format('Got %s.', hold_for), hint = 'Pass how long the work may take.';
  elsif (provider is null) <> (model is null) then
    raise exception using errcode = '22004', message = 'provider and model must be given together.',
      detail = format('Got provider %L, model %L.', provider, model), hint = 'Pass both, or leave both out.';
  elsif (case resource_type when 'llm' then tier else provider end) is not null then
    raise exception using errcode = '22023', message = format('%s has no %s.', resource_type, case resource_type when 'llm' then 'tier' else 'model' end),
      detail = format('Got provider %L, model %L, tier %L.', provider, model, tier),
      hint = 'Name provider and model for llm, tier for e2b.';
  end if;
  perform copilot_internal.assert_request(request_id);
  if model is not null then
    is_unpriced := copilot_internal.model_price_at(provider, model, now()) is null;
  elsif tier is not null then
    is_unpriced := not copilot_internal.e2b_tier_priced(tier, now());
  end if;
  -- What is held is what is compared: amounts are kept to 18 decimals.
  amount := round(amount, 18);

  -- Closes periods that are over and locks the quotas, in the order of their ids as everybody does: until this
  -- transaction is over, nobody else is admitted to them.
  quotas := copilot_internal.quotas_concerned(tenant_id, user_id, resource_type);
  perform copilot_internal.charge_quotas(quotas, 0);

  -- Asked again for the same request, the hold is the same; locked, so that nobody gives it back meanwhile.
  select h.* into held
  from copilot_internal.quota_reservations as h
  where h.tenant_id = reserve_quota.tenant_id
    and h.resource_type = reserve_quota.resource_type
    and h.request_id = reserve_quota.request_id
    and h.closed_at is null
  for update;
  -- By the clock: whoever began after its end no longer counts it, and may have been admitted while this call waited.
  if held.expires_at <= clock_timestamp() then
    update copilot_internal.quota_reservations as h
    set closed_at = h.expires_at, is_expired = true
    where h.tenant_id = reserve_quota.tenant_id and h.id = held.id;
    held := null;
  elsif held.id is not null and held.user_id is distinct from reserve_quota.user_id then
    raise exception using errcode = 'QT004',
      message = format('Request %L already holds a reservation, for another user.', request_id),
      detail = format('Reservation %s is for user %s; got %s.', held.id, coalesce(held.user_id::text, 'none'),
                      coalesce(user_id::text, 'none')),
      hint = 'Give each request a request_id of its own.';
  end if;

  -- A larger amount is held instead of the former one, if there is room for it; a smaller one is held already. Of the quotas
  -- that have started, one that refuses what has no price decides, else the tightest.
  amount := greatest(amount, held.amount_usd);
  select q.id, q.limit_usd - q.spent_usd - copilot_internal.quota_parts_usd(q.id)
               - copilot_internal.quota_held_usd(q.scope, q.scope_id, q.resource_type) + coalesce(held.amount_usd, 0),
         is_unpriced and q.unpriced_policy = 'refuse_hold'
  into refused_by, left_usd, is_refused
  from copilot_internal.cost_quotas as q
  where q.id = any (quotas) and q.period_start <= clock_timestamp()
  order by 3 desc, 2, 1
  limit 1;

  granted := refused_by is null or not is_refused and (amount <= left_usd or coalesce(amount = held.amount_usd, false));
  -- By the clock, too: this transaction may have begun long before it was granted.
  if granted and held.id is not null then
    update copilot_internal.quota_reservations as h
    set amount_usd = amount, expires_at = greatest(h.expires_at, clock_timestamp() + hold_for)
    where h.tenant_id = reserve_quota.tenant_id and h.id = held.id
    returning h.id into reservation_id;
  elsif granted then
    insert into copilot_internal.quota_reservations as h (tenant_id, user_id, resource_type, amount_usd, request_id, expires_at)
    values (reserve_quota.tenant_id, reserve_quota.user_id, reserve_quota.resource_type, amount, reserve_quota.request_id, clock_timestamp() + hold_for)
    on conflict do nothing
    returning h.id into reservation_id;
    if reservation_id is null then
      -- Without a quota nothing was locked, and another client has reserved for the same request in between.
      return query select * from copilot_internal.reserve_quota(
        tenant_id, resource_type, amount, user_id, request_id, hold_for, provider, model, tier);
      return;
    end if;
  end if;
  if granted then
    refused_by := null;
    left_usd := left_usd - amount;
  end if;
  left_usd := round(left_usd, greatest(3, min_scale(left_usd)) * (left_usd <> 0)::integer);
  return next;
end
$$;

create or replace function copilot_internal.settle_reservation(tenant_id uuid, reservation_id uuid, actual_cost numeric)
  returns boolean
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  held   record;
  quotas uuid[];
begin
  if tenant_id is null or reservation_id is null or actual_cost is null then
    raise exception using errcode = '22004',
      message = 'tenant_id, reservation_id and actual_cost must not be NULL.',
      detail = format('Got tenant_id %L, reservation_id %L, actual_cost %L.', tenant_id, reservation_id, actual_cost),
      hint = 'Pass 0 for no cost, or release the reservation.';
  elsif not (actual_cost >= 0 and actual_cost < 'Infinity') then
    raise exception using errcode = '22023', message = 'actual_cost must be a finite number, 0 or more.',
      detail = format('Got %s.', actual_cost), hint = 'Pass an amount in USD.';
  end if;

  select h.user_id, h.resource_type into held
  from copilot_internal.quota_reservations as h
  where h.tenant_id = settle_reservation.tenant_id and h.id = settle_reservation.reservation_id;
  if not found then
    raise exception using errcode = 'QT002',
      message = format('There is no reservation %s of tenant %s.', reservation_id, tenant_id),
      detail = 'A reservation is found by both.', hint = 'Pass what reserve_quota answered.';
  end if;

  -- Quotas first, then the hold: the order in which everybody locks.
  quotas := copilot_internal.quotas_concerned(tenant_id, held.user_id, held.resource_type);
  perform copilot_internal.charge_quotas(quotas, 0);
  -- By the clock: a quota may have been made since this transaction began, and is charged.
  update copilot_internal.quota_reservations as h
  set closed_at = clock_timestamp(), is_expired = false, settled_usd = actual_cost
  where h.tenant_id = settle_reservation.tenant_id and h.id = settle_reservation.reservation_id
    and (h.closed_at is null or h.is_expired);
  if not found then
    return false;
  end if;
  perform copilot_internal.charge_quotas(quotas, actual_cost);
  return true;
end
$$;


-- =====================================================================================================================
-- What members see
-- =====================================================================================================================

create or replace function copilot_internal.my_quota_status()
  returns table (
    quota_id        uuid,
    scope           text,
    resource_type   text,
    period          text,
    period_start    timestamptz,
    period_end      timestamptz,
    limit_usd       numeric,
    spent_usd       numeric,
    left_usd        numeric,
    warning_reached boolean
  )
  language sql
  stable
  security invoker
  set search_path = ''
as $$
  select
    q.id, q.scope, q.resource_type, q.period,
    case when is_over then greatest(q.period_end, (anchor + n * step) at time zone 'UTC') else q.period_start end,
    case when is_over then (anchor + (n + 1) * step) at time zone 'UTC' else q.period_end end,
    coalesce(trim_scale(nullif(q.limit_usd, 0)) + 0.000, 0),
    coalesce(trim_scale(nullif(spent, 0)) + 0.000, 0),
    coalesce(trim_scale(nullif(q.limit_usd - spent, 0)) + 0.000, 0),
    spent >= q.limit_usd * q.warning_threshold
  from copilot_internal.cost_quotas as q
  cross join lateral (
    select q.period_end <= now(), case when q.period_end <= now() then 0 else q.spent_usd end,
           q.period_anchor at time zone 'UTC', now() at time zone 'UTC',
           case q.period when 'hour' then interval '1 hour' when 'day' then interval '1 day' when 'week' then interval '7 days'
             else interval '1 month' end
  ) as c (is_over, spent, anchor, moment, step)
  cross join lateral (
    select ((extract(year from moment) - extract(year from anchor)) * 12 + extract(month from moment) - extract(month from anchor))::integer
  ) as m (months)
  cross join lateral (
    select case
      when q.period = 'month' then months - (anchor + months * step > moment)::integer
      else floor(extract(epoch from moment - anchor) / extract(epoch from step))::integer
    end
  ) as p (n)
  where q.scope = 'tenant'
      and q.scope_id = (select coalesce(auth.jwt() ->> 'tenant_id', auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid)
    or q.scope = 'user'
      and q.scope_id = (
        select case when auth.jwt() ->> 'sub' ~* '^([0-9a-f]{4}-?){7}[0-9a-f]{4}$' then (auth.jwt() ->> 'sub')::uuid end
      )
  order by q.scope, q.resource_type, array_position(array['hour', 'day', 'week', 'month'], q.period)
$$;


-- =====================================================================================================================
-- Triggers
-- =====================================================================================================================
-- Last, as it is what others wait for.

do $$
declare
  wanted constant text :=
    'CREATE TRIGGER _120_count_anew BEFORE UPDATE OF scope, scope_id, resource_type ON copilot_internal.cost_quotas '
    'FOR EACH ROW EXECUTE FUNCTION copilot_internal.count_quota_anew()';
begin
  if not exists (select from pg_catalog.pg_trigger where pg_get_triggerdef(oid) = wanted and tgenabled = 'O') then
    execute regexp_replace(wanted, '^CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER');
  end if;
end
$$;
comment on trigger _120_count_anew on copilot_internal.cost_quotas is
  'Whoever edits a quota to count other usage, its count of that begins anew.';
