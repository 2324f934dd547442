-- Quota reservations
--
-- What:  reserve_quota holds an estimate, settle_reservation replaces it by what it cost, release_reservation gives it
--        back; check_llm_quota and increment_llm_quota_spend, the LLM twins; quota_status for dashboards.
-- Why:   between a check and a charge another client may spend the same dollar. A hold is counted from the moment it is
--        granted, and no longer than its time: a client that dies takes nothing with it.
-- Rerun: safe at any time, on any data.
-- Undo:  drop function copilot_internal.reserve_quota, copilot_internal.settle_reservation,
--          copilot_internal.release_reservation, copilot_internal.close_expired_reservations,
--          copilot_internal.check_llm_quota, copilot_internal.increment_llm_quota_spend, copilot_internal.quota_status;


-- Applied after the files before it, which know what to do with tables of these names that are somebody else's.
do $$
declare
  missing text;
begin
  select string_agg(format('%s.%s', "table", "column"), ', ' order by n, m) into missing
  from (values
    (1, false, 'cost_quotas', 'id scope scope_id limit_usd spent_usd warning_threshold period period_start period_end period_anchor resource_type'),
    (2, false, 'quota_reservations', 'tenant_id id user_id resource_type amount_usd request_id expires_at closed_at is_expired'),
    (3, false, 'usage_requests', 'tenant_id resource_type request_id record_id')
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
      message = '20260105000003_quota_reservations.sql needs 20260105000002_usage_recording.sql before it: nothing was changed.',
      detail = format('Not there: %s.', missing),
      hint = 'Run the files in the order of their names, from 20260103000001_cost_tracking_foundation.sql on, and stop at the first that is refused: it says what is in the way.';
  end if;
end
$$;


-- =====================================================================================================================
-- One open reservation per request
-- =====================================================================================================================

-- Of several open ones, written by hand, all still hold, and one keeps the name.
update copilot_internal.quota_reservations as r
set request_id = null
where r.closed_at is null and exists (
  select from copilot_internal.quota_reservations as first
  where (first.tenant_id, first.resource_type, first.request_id) = (r.tenant_id, r.resource_type, r.request_id)
    and first.closed_at is null
    and (first.created_at, first.id) < (r.created_at, r.id)
);

do $$
begin
  if to_regclass('copilot_internal.quota_reservations_open_request_id_idx') is null then
    create unique index quota_reservations_open_request_id_idx
      on copilot_internal.quota_reservations (tenant_id, resource_type, request_id)
      where closed_at is null and request_id is not null;
  end if;
end
$$;


-- =====================================================================================================================
-- Reserve
-- =====================================================================================================================

-- Without the last three arguments, as it was: two of one name could not be told apart.
drop function if exists copilot_internal.reserve_quota(uuid, text, numeric, uuid, text, interval);

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
  select q.id, q.limit_usd - q.spent_usd - copilot_internal.quota_held_usd(q.scope, q.scope_id, q.resource_type)
               + coalesce(held.amount_usd, 0),
         is_unpriced and q.unpriced_policy = 'refuse_hold'
  into refused_by, left_usd, is_refused
  from copilot_internal.cost_quotas as q
  where q.id = any (quotas) and q.period_start <= clock_timestamp()
  order by 3 desc, 2, 1
  limit 1;

  granted := refused_by is null or not is_refused and (amount <= left_usd or coalesce(amount = held.amount_usd, false));
  if granted and held.id is not null then
    update copilot_internal.quota_reservations as h
    set amount_usd = amount, expires_at = greatest(h.expires_at, now() + hold_for)
    where h.tenant_id = reserve_quota.tenant_id and h.id = held.id
    returning h.id into reservation_id;
  elsif granted then
    insert into copilot_internal.quota_reservations as h (tenant_id, user_id, resource_type, amount_usd, request_id, expires_at)
    values (reserve_quota.tenant_id, reserve_quota.user_id, reserve_quota.resource_type, amount, reserve_quota.request_id, now() + hold_for)
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
comment on function copilot_internal.reserve_quota(uuid, text, numeric, uuid, text, interval, text, text, text) is
  'Holds an estimate (USD) against every quota that the usage would count against, if all have room for it, equal included. '
  'Answers the reservation, or which quota refused; left_usd is what is then left in the tightest of them, null without any. '
  'The hold counts until it is settled, released, recorded or hold_for is over. The same request_id again answers the same '
  'open hold, of the larger amount and the later end. With any number of clients, what is admitted never exceeds a limit. '
  'Where provider and model, or a tier, are named that have no price now, a quota whose unpriced_policy is refuse_hold refuses, '
  'whatever room it has. Raises 22004 and 22023 for bad arguments, QT004 when the request already holds for another user.';


-- =====================================================================================================================
-- Settle and release
-- =====================================================================================================================

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
  update copilot_internal.quota_reservations as h
  set closed_at = now(), is_expired = false, settled_usd = actual_cost
  where h.tenant_id = settle_reservation.tenant_id and h.id = settle_reservation.reservation_id
    and (h.closed_at is null or h.is_expired);
  if not found then
    return false;
  end if;
  perform copilot_internal.charge_quotas(quotas, actual_cost);
  return true;
end
$$;
comment on function copilot_internal.settle_reservation(uuid, uuid, numeric) is
  'Replaces a hold by what the usage cost (USD), for usage that is not recorded, or not yet: record_llm_usage and '
  'record_e2b_usage charge by themselves and close the hold they are told, and of one that was settled only the difference. True when charged; false, and nothing charged, when the hold '
  'was settled, recorded or released before. A hold whose time is over can still be settled, also when it was closed for '
  'that: what was used was used. Raises 22004 for '
  'NULL, 22023 for a negative cost, QT002 for a reservation that does not exist.';

create or replace function copilot_internal.release_reservation(tenant_id uuid, reservation_id uuid)
  returns boolean
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  if tenant_id is null or reservation_id is null then
    raise exception using errcode = '22004', message = 'tenant_id and reservation_id must not be NULL.',
      detail = format('Got tenant_id %L, reservation_id %L.', tenant_id, reservation_id),
      hint = 'Pass what reserve_quota answered.';
  end if;
  update copilot_internal.quota_reservations as h
  set closed_at = now(), is_expired = false
  where h.tenant_id = release_reservation.tenant_id and h.id = release_reservation.reservation_id
    and (h.closed_at is null or h.is_expired);
  if found then
    return true;
  elsif exists (
    select 1 from copilot_internal.quota_reservations as h
    where h.tenant_id = release_reservation.tenant_id and h.id = release_reservation.reservation_id
  ) then
    return false;
  end if;
  raise exception using errcode = 'QT002',
    message = format('There is no reservation %s of tenant %s.', reservation_id, tenant_id),
    detail = 'A reservation is found by both.', hint = 'Pass what reserve_quota answered.';
end
$$;
comment on function copilot_internal.release_reservation(uuid, uuid) is
  'Gives a hold back. True when that is done, false when it was settled, recorded or released before. Raises 22004 for NULL, QT002 for '
  'a reservation that does not exist.';

create or replace function copilot_internal.close_expired_reservations()
  returns bigint
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  holder uuid;
  more   bigint;
  closed bigint := 0;
begin
  -- Tenant by tenant: where tables are distributed by tenant, rows are locked of one tenant at a time.
  for holder in
    select distinct h.tenant_id from copilot_internal.quota_reservations as h
    where h.closed_at is null and h.expires_at <= now()
  loop
    update copilot_internal.quota_reservations as h
    set closed_at = h.expires_at, is_expired = true
    where h.tenant_id = holder and h.id in (
      select o.id from copilot_internal.quota_reservations as o
      where o.tenant_id = holder and o.closed_at is null and o.expires_at <= now()
      for update skip locked
    );
    get diagnostics more = row_count;
    closed := closed + more;
  end loop;
  return closed;
end
$$;
comment on function copilot_internal.close_expired_reservations() is
  'Closes the holds whose time is over, and answers how many. They no longer count anyway: this keeps the open ones few. '
  'For a scheduled job.';


-- =====================================================================================================================
-- The LLM twins of the E2B quota functions
-- =====================================================================================================================

create or replace function copilot_internal.check_llm_quota(scope text, scope_id uuid, estimated_cost numeric)
  returns boolean
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  return copilot_internal.check_quota(scope, scope_id, 'llm', estimated_cost);
end
$$;
comment on function copilot_internal.check_llm_quota(text, uuid, numeric) is
  'Whether an LLM call of this estimated cost (USD) fits every llm and all quota of the scope: as check_e2b_quota.';

create or replace function copilot_internal.increment_llm_quota_spend(scope text, scope_id uuid, amount numeric)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  perform copilot_internal.increment_quota_spend(scope, scope_id, 'llm', amount);
end
$$;
comment on function copilot_internal.increment_llm_quota_spend(text, uuid, numeric) is
  'Adds a cost (USD) to the spend of every llm and all quota of the scope: as increment_e2b_quota_spend.';


-- =====================================================================================================================
-- Status
-- =====================================================================================================================

create or replace function copilot_internal.quota_status(scope text, scope_id uuid)
  returns table (
    quota_id        uuid,
    resource_type   text,
    period          text,
    period_start    timestamptz,
    period_end      timestamptz,
    limit_usd       numeric,
    spent_usd       numeric,
    held_usd        numeric,
    left_usd        numeric,
    warning_reached boolean
  )
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
begin
  perform copilot_internal.assert_quota_arguments(scope, scope_id, 0, 'amount');
  return query
    select
      s.id, s.resource_type, s.period, s.period_start, s.period_end,
      round(s.limit_usd, greatest(3, min_scale(s.limit_usd)) * (s.limit_usd <> 0)::integer),
      round(s.spent, greatest(3, min_scale(s.spent)) * (s.spent <> 0)::integer),
      round(s.held, greatest(3, min_scale(s.held)) * (s.held <> 0)::integer),
      round(s.remaining, greatest(3, min_scale(s.remaining)) * (s.remaining <> 0)::integer),
      s.spent + s.held >= s.limit_usd * s.warning_threshold
    from (
      -- A period that is over is shown as the one that has begun: nothing is spent in it yet.
      select
        q.id, q.resource_type, q.period, q.limit_usd, q.warning_threshold,
        case when now() < q.period_end then q.period_start else greatest(q.period_end, lower(p.current)) end as period_start,
        case when now() < q.period_end then q.period_end else upper(p.current) end as period_end,
        u.spent, h.held, q.limit_usd - u.spent - h.held as remaining
      from copilot_internal.cost_quotas as q
      cross join lateral (select copilot_internal.quota_period(q.period_anchor, q.period, now())) as p (current)
      cross join lateral (select case when now() < q.period_end then q.spent_usd else 0 end) as u (spent)
      cross join lateral (select copilot_internal.quota_held_usd(q.scope, q.scope_id, q.resource_type)) as h (held)
      where q.scope = quota_status.scope and q.scope_id is not distinct from quota_status.scope_id
    ) as s
    order by s.resource_type, s.period_end - s.period_start;
end
$$;
comment on function copilot_internal.quota_status(text, uuid) is
  'How the quotas of a scope stand, for dashboards: limit, spend, open holds, what is left (negative when overspent), whether '
  'spend and holds have reached the warning threshold, and the current period, or the first one of a quota that starts later. '
  'Reads only. Raises 22004 and 22023 for bad '
  'arguments.';
