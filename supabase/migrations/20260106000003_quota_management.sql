-- Quota management
--
-- What:  set_quota creates a quota or changes one; my_quota_status tells signed-in users how their quotas stand.
-- Why:   quotas are edited by people while usage is recorded, and whoever is limited wants to see the limit coming.
-- Rerun: safe at any time, on any data.
-- Undo:  drop function copilot_internal.set_quota, copilot_internal.my_quota_status;


-- Applied after the files before it, which know what to do with tables of these names that are somebody else's.
do $$
declare
  missing text;
begin
  select string_agg(format('%s.%s', "table", "column"), ', ' order by n, m) into missing
  from (values
    (1, false, 'cost_quotas', 'spent_usd unpriced_policy resource_type'),
    (2, false, 'cost_quota_periods', 'period_end'),
    (3, false, 'quota_reservations', 'settled_usd'),
    (4, false, 'usage_requests', 'record_id')
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
      message = '20260106000003_quota_management.sql needs 20260106000002_usage_corrections.sql before it: nothing was changed.',
      detail = format('Not there: %s.', missing),
      hint = 'Run the files in the order of their names, from 20260103000001_cost_tracking_foundation.sql on, and stop at the first that is refused: it says what is in the way.';
  end if;
end
$$;


-- =====================================================================================================================
-- set_quota
-- =====================================================================================================================

create or replace function copilot_internal.set_quota(
  scope             text,
  scope_id          uuid,
  resource_type     text,
  limit_usd         numeric     default null,
  period            text        default null,
  period_anchor     timestamptz default null,
  warning_threshold numeric     default null,
  unpriced_policy   text        default null,
  from_period       text        default null
)
  returns uuid
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  periods  text[];
  former   text;
  quota_id uuid;
begin
  perform copilot_internal.assert_quota_arguments(scope, scope_id, coalesce(limit_usd, 0), 'limit_usd');
  if resource_type is null then
    raise exception using errcode = '22004', message = 'resource_type must not be NULL.',
      detail = 'A quota counts llm, e2b, or all for both together.', hint = 'Say what is to be counted.';
  elsif resource_type not in ('llm', 'e2b', 'all') then
    raise exception using errcode = '22023', message = format('Unknown resource type %L.', resource_type),
      detail = 'A quota counts llm, e2b, or all for both together.', hint = 'Use one of the three.';
  elsif period not in ('hour', 'day', 'week', 'month') or from_period not in ('hour', 'day', 'week', 'month') then
    raise exception using errcode = '22023', message = format('Unknown period in %s.', concat_ws(', ', quote_literal(from_period), quote_literal(period))),
      detail = 'A period is an hour, day, week or month.', hint = 'Use one of the four.';
  elsif from_period is not null and period is null then
    raise exception using errcode = '22004', message = 'period must not be NULL where from_period is given.',
      detail = format('The quota per %s is to be counted otherwise.', from_period), hint = 'Say by which period.';
  elsif not isfinite(period_anchor) then
    raise exception using errcode = '22023', message = 'period_anchor must be finite.',
      detail = format('Got %s.', period_anchor), hint = 'Pass a moment at which a period is to start, such as the first of a month.';
  elsif not (round(warning_threshold, 4) > 0 and warning_threshold <= 1) then
    raise exception using errcode = '22023', message = 'warning_threshold must be more than 0, and 1 at most.',
      detail = format('Got %s.', warning_threshold), hint = 'Pass a share of the limit: 0.80 for 80 %.';
  elsif unpriced_policy not in ('allow', 'charge_hold', 'refuse_hold') then
    raise exception using errcode = '22023', message = format('Unknown unpriced_policy %L.', unpriced_policy),
      detail = 'What is done about usage without a price is allow, charge_hold or refuse_hold.', hint = 'Use one of the three.';
  end if;

  -- A period that is over is closed under the limit it had.
  perform copilot_internal.charge_quotas(
    array(
      select q.id from copilot_internal.cost_quotas as q
      where q.scope = set_quota.scope and q.scope_id is not distinct from set_quota.scope_id
        and q.resource_type = set_quota.resource_type and q.period_end <= now()
    ),
    0
  );

  -- Which one is meant: that of from_period if there still is one, else that of period, else the only one.
  select array_agg(q.period order by q.period_end - q.period_start) into periods
  from (
    select c.period, c.period_start, c.period_end
    from copilot_internal.cost_quotas as c
    where c.scope = set_quota.scope and c.scope_id is not distinct from set_quota.scope_id
      and c.resource_type = set_quota.resource_type
    order by c.id
    for update
  ) as q;
  former := case
    when from_period = any (periods) then from_period
    when period is not null then period
    else periods[1]
  end;
  if former is null then
    raise exception using errcode = '22004', message = 'period must not be NULL for a new quota.',
      detail = format('The %s has no quota for %s.', concat_ws(' ', scope, scope_id), resource_type),
      hint = 'Pass hour, day, week or month.';
  elsif period is null and cardinality(periods) > 1 then
    raise exception using errcode = '22004', message = 'period must not be NULL where there are several quotas.',
      detail = format('The %s has quotas for %s per %s.', concat_ws(' ', scope, scope_id), resource_type, array_to_string(periods, ' and per ')),
      hint = 'Say which one is meant.';
  elsif former <> period and period = any (periods) then
    raise exception using errcode = '23505', message = format('There is a quota per %s already.', period),
      detail = format('The %s has quotas for %s per %s.', concat_ws(' ', scope, scope_id), resource_type, array_to_string(periods, ' and per ')),
      hint = format('Delete the quota per %s, or leave from_period out to change the one per %s.', former, period);
  elsif from_period is not null and not coalesce(former = any (periods), false) then
    raise exception using errcode = '22023', message = format('There is no quota per %s.', from_period),
      detail = format('The %s has no quota for %s per %s or per %s.', concat_ws(' ', scope, scope_id), resource_type, from_period, period),
      hint = 'Leave from_period out to create one.';
  elsif limit_usd is null and not coalesce(former = any (periods), false) then
    raise exception using errcode = '22004', message = 'limit_usd must not be NULL for a new quota.',
      detail = format('The %s has no quota for %s per %s.', concat_ws(' ', scope, scope_id), resource_type, former),
      hint = 'Pass how many USD may be spent in a period.';
  end if;

  if not coalesce(former = any (periods), false) then
    insert into copilot_internal.cost_quotas as q (scope, scope_id, resource_type, limit_usd, period, period_anchor)
    values (set_quota.scope, set_quota.scope_id, set_quota.resource_type, set_quota.limit_usd, former, set_quota.period_anchor)
    -- Somebody else has created it in between: then it is changed.
    on conflict on constraint cost_quotas_scope_scope_id_resource_type_period_key do nothing;
  end if;

  select q.id into quota_id
  from copilot_internal.cost_quotas as q
  where q.scope = set_quota.scope and q.scope_id is not distinct from set_quota.scope_id
    and q.resource_type = set_quota.resource_type and q.period = former
  for update;
  update copilot_internal.cost_quotas as q
  set (limit_usd, period, period_anchor, warning_threshold, unpriced_policy) =
        (wanted.limit_usd, wanted.period, wanted.period_anchor, wanted.warning_threshold, wanted.unpriced_policy),
      updated_at = now()
  from (
    select c.id,
           coalesce(round(set_quota.limit_usd, 18), c.limit_usd)               as limit_usd,
           coalesce(set_quota.period, c.period)                                as period,
           coalesce(set_quota.period_anchor, c.period_anchor)                  as period_anchor,
           coalesce(round(set_quota.warning_threshold, 4), c.warning_threshold) as warning_threshold,
           coalesce(set_quota.unpriced_policy, c.unpriced_policy)              as unpriced_policy
    from copilot_internal.cost_quotas as c
  ) as wanted
  where q.id = quota_id and wanted.id = quota_id
    and (q.limit_usd, q.period, q.period_anchor, q.warning_threshold, q.unpriced_policy)
      is distinct from (wanted.limit_usd, wanted.period, wanted.period_anchor, wanted.warning_threshold, wanted.unpriced_policy);
  return quota_id;
end
$$;
comment on function copilot_internal.set_quota(text, uuid, text, numeric, text, timestamptz, numeric, text, text) is
  'Creates the quota of a scope for a kind of usage and a period, or changes it, and answers its id. What is left out or NULL '
  'stays as it is; a new quota needs limit_usd and period. Quotas of several periods live side by side, so another period is '
  'another quota: to count an existing one by another period, name both, as in from_period => ''day'', period => ''month''. '
  'Where there is only one, period may be left out. A new period or anchor ends the open period, which is archived, and the '
  'next starts now with nothing spent; it ends where a period of the anchor does. The same again changes nothing. Raises '
  '22004 and 22023 for bad arguments, 23505 for from_period when there is a quota of either period.';


-- =====================================================================================================================
-- my_quota_status
-- =====================================================================================================================

-- Whoever is signed in may execute no other function here, so the period is calculated as quota_period does.
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
  order by q.scope, q.resource_type, q.period_end - q.period_start
$$;
comment on function copilot_internal.my_quota_status() is
  'How the caller''s own quotas stand, those of the tenant and those of the user in the caller''s token: limit, what was spent '
  'in the current period and what is left of it (negative when overspent), whether the spend has reached the warning threshold, '
  'and the period, or the first one of a quota that starts later. Open holds are not counted: nobody but the platform sees '
  'them, so less may be granted than is left. Nobody''s quotas without a tenant and a user. Reads only.';
