-- Retention
--
-- What:  prune_usage removes what is history: records once they are in the totals of their days, the requests and estimates that
--        belonged to them, closed holds, closed periods of quotas, and what records were before they were changed.
-- Why:   tables that only grow become slow to read and dear to keep, and whoever deletes by hand loses totals, or what an open
--        period or hold still needs. The seven views answer the same before and after, to the last digit.
-- Rerun: safe at any time, on any data.
-- Undo:  drop function copilot_internal.prune_usage, copilot_internal.assert_prunable;


-- Applied after the files before it, which know what to do with tables of these names that are somebody else's.
do $$
declare
  missing text;
begin
  select string_agg(format('%s.%s', "table", "column"), ', ' order by n, m) into missing
  from (values
    (1, false, 'llm_cost_records', 'cached_input_tokens is_adopted'),
    (2, false, 'e2b_cost_records', 'is_adopted'),
    (3, false, 'llm_usage_totals', 'day request_count'),
    (4, false, 'e2b_usage_totals', 'day run_count'),
    (5, false, 'cost_quotas', 'spent_usd resource_type'),
    (6, false, 'cost_quota_periods', 'period_end'),
    (7, false, 'quota_reservations', 'settled_usd record_id'),
    (8, false, 'usage_requests', 'record_id'),
    (9, false, 'usage_changes', 'changed_at'),
    (10, false, 'quota_charge_estimates', 'record_id')
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
      message = '20260106000004_retention.sql needs 20260106000003_quota_management.sql before it: nothing was changed.',
      detail = format('Not there: %s.', missing),
      hint = 'Run the files in the order of their names, from 20260103000001_cost_tracking_foundation.sql on, and stop at the first that is refused: it says what is in the way.';
  end if;
end
$$;


-- =====================================================================================================================
-- What must stay
-- =====================================================================================================================

create or replace function copilot_internal.assert_prunable(before timestamptz)
  returns void
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
declare
  needed record;
begin
  if before is null then
    raise exception using errcode = '22004', message = 'before must not be NULL.',
      detail = 'What is older than it is removed.', hint = 'Pass a date, such as now() - interval ''13 months''.';
  elsif not isfinite(before) then
    raise exception using errcode = '22023', message = 'before must be finite.',
      detail = format('Got %s.', before), hint = 'Pass a date, such as now() - interval ''13 months''.';
  elsif before > now() then
    raise exception using errcode = '22023', message = 'before must not be in the future.',
      detail = format('Got %s; it is %s.', before, now()), hint = 'Pass a date, such as now() - interval ''13 months''.';
  end if;

  select u.since, u.what into needed
  from (
    -- A period that is over, unnoticed, is followed by the one that has begun since.
    select
      case
        when now() < q.period_end then q.period_start
        else greatest(q.period_end, lower(copilot_internal.quota_period(q.period_anchor, q.period, now())))
      end as since,
      format('The current period of quota %s (%s%s, %s, %s) began then.', q.id, q.scope, ' ' || q.scope_id, q.resource_type, q.period) as what
    from copilot_internal.cost_quotas as q
    where q.period_start <= now()
    union all
    select h.created_at, format('Reservation %s of tenant %s is open since then.', h.id, h.tenant_id)
    from copilot_internal.quota_reservations as h
    where h.closed_at is null and h.expires_at > now()
  ) as u
  order by u.since
  limit 1;
  if before > needed.since then
    raise exception using errcode = 'QT009',
      message = format('before must not be later than %s.', needed.since),
      detail = format('Got %s. %s What was used since is not history yet.', before, needed.what),
      hint = format('Pass %L, or an earlier time.', needed.since);
  end if;
end
$$;
comment on function copilot_internal.assert_prunable(timestamptz) is
  'Raises 22004 for NULL, 22023 for a time that is infinite or in the future, and QT009, which names the latest time that is '
  'allowed, for one after the start of the oldest current period of any quota, or of the oldest open hold.';
grant execute on function copilot_internal.assert_prunable(timestamptz) to service_role;


-- =====================================================================================================================
-- Prune
-- =====================================================================================================================

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
      where p.period_end <= before;
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
    where p.period_end <= before
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
  '(usage_changes), holds that were closed or over, and closed periods of quotas. A hold that was settled without being recorded '
  'is kept for a year: its usage may still be recorded, and is then charged the difference. A request that has gone is new when '
  'it is reported again; one that was voided is answered by what was voided as long as it is known. One call removes max_rows '
  'rows at most: repeat until it removes none. What somebody is just recording, changing or settling is left to a later call. '
  'Raises 22004, 22023, and QT009 for a '
  'date after the start of any quota''s current period, or of any open hold.';
grant execute on function copilot_internal.prune_usage(timestamptz, boolean, integer) to service_role;
