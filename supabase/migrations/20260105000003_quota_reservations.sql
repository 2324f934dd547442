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

create unique index if not exists quota_reservations_open_request_id_idx
  on copilot_internal.quota_reservations (tenant_id, resource_type, request_id)
  where closed_at is null and request_id is not null;


-- =====================================================================================================================
-- Reserve
-- =====================================================================================================================

create or replace function copilot_internal.reserve_quota(
  tenant_id     uuid,
  resource_type text,
  amount        numeric,
  user_id       uuid     default null,
  request_id    text     default null,
  hold_for      interval default interval '15 minutes'
)
  returns table (reservation_id uuid, granted boolean, refused_by uuid, left_usd numeric)
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  quotas uuid[];
  held   copilot_internal.quota_reservations;
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
  end if;
  perform copilot_internal.assert_request(request_id);
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

  -- A larger amount is held instead of the former one, if there is room for it; a smaller one is held already.
  amount := greatest(amount, held.amount_usd);
  select q.id, q.limit_usd - q.spent_usd - copilot_internal.quota_held_usd(q.scope, q.scope_id, q.resource_type)
               + coalesce(held.amount_usd, 0)
  into refused_by, left_usd
  from copilot_internal.cost_quotas as q
  where q.id = any (quotas)
  order by 2, 1
  limit 1;

  granted := refused_by is null or amount <= left_usd or coalesce(amount = held.amount_usd, false);
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
      return query select * from copilot_internal.reserve_quota(tenant_id, resource_type, amount, user_id, request_id, hold_for);
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
comment on function copilot_internal.reserve_quota(uuid, text, numeric, uuid, text, interval) is
  'Holds an estimate (USD) against every quota that the usage would count against, if all have room for it, equal included. '
  'Answers the reservation, or which quota refused; left_usd is what is then left in the tightest of them, null without any. '
  'The hold counts until it is settled, released, recorded or hold_for is over. The same request_id again answers the same '
  'open hold, of the larger amount and the later end. With any number of clients, what is admitted never exceeds a limit. Raises 22004 and 22023 for bad arguments, '
  'QT004 when the request already holds for another user.';
revoke execute on function copilot_internal.reserve_quota(uuid, text, numeric, uuid, text, interval)
  from public, anon, authenticated;
grant execute on function copilot_internal.reserve_quota(uuid, text, numeric, uuid, text, interval) to service_role;


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
  set closed_at = now(), is_expired = false
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
  'Replaces a hold by what the usage cost (USD), for usage that is not recorded with record_llm_usage or record_e2b_usage: '
  'those charge by themselves and close the hold they are told. True when charged; false, and nothing charged, when the hold '
  'was settled, recorded or released before. A hold whose time is over can still be settled, also when it was closed for '
  'that: what was used was used. Raises 22004 for '
  'NULL, 22023 for a negative cost, QT002 for a reservation that does not exist.';
revoke execute on function copilot_internal.settle_reservation(uuid, uuid, numeric) from public, anon, authenticated;
grant execute on function copilot_internal.settle_reservation(uuid, uuid, numeric) to service_role;

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
    select from copilot_internal.quota_reservations as h
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
revoke execute on function copilot_internal.release_reservation(uuid, uuid) from public, anon, authenticated;
grant execute on function copilot_internal.release_reservation(uuid, uuid) to service_role;

create or replace function copilot_internal.close_expired_reservations()
  returns bigint
  language sql
  volatile
  security invoker
  set search_path = ''
as $$
  with closed as (
    update copilot_internal.quota_reservations
    set closed_at = expires_at, is_expired = true
    where (tenant_id, id) in (
      select tenant_id, id from copilot_internal.quota_reservations
      where closed_at is null and expires_at <= now()
      for update skip locked
    )
    returning 1
  )
  select count(*) from closed
$$;
comment on function copilot_internal.close_expired_reservations() is
  'Closes the holds whose time is over, and answers how many. They no longer count anyway: this keeps the open ones few. '
  'For a scheduled job.';
revoke execute on function copilot_internal.close_expired_reservations() from public, anon, authenticated;
grant execute on function copilot_internal.close_expired_reservations() to service_role;


-- =====================================================================================================================
-- The LLM twins of the E2B quota functions
-- =====================================================================================================================

create or replace function copilot_internal.check_llm_quota(scope text, scope_id uuid, estimated_cost numeric)
  returns boolean
  language sql
  volatile
  security invoker
  set search_path = ''
as $$
  select copilot_internal.check_quota(scope, scope_id, 'llm', estimated_cost)
$$;
comment on function copilot_internal.check_llm_quota(text, uuid, numeric) is
  'Whether an LLM call of this estimated cost (USD) fits every llm and all quota of the scope: as check_e2b_quota.';
revoke execute on function copilot_internal.check_llm_quota(text, uuid, numeric) from public, anon, authenticated;
grant execute on function copilot_internal.check_llm_quota(text, uuid, numeric) to service_role;

create or replace function copilot_internal.increment_llm_quota_spend(scope text, scope_id uuid, amount numeric)
  returns void
  language sql
  volatile
  security invoker
  set search_path = ''
as $$
  select copilot_internal.increment_quota_spend(scope, scope_id, 'llm', amount)
$$;
comment on function copilot_internal.increment_llm_quota_spend(text, uuid, numeric) is
  'Adds a cost (USD) to the spend of every llm and all quota of the scope: as increment_e2b_quota_spend.';
revoke execute on function copilot_internal.increment_llm_quota_spend(text, uuid, numeric)
  from public, anon, authenticated;
grant execute on function copilot_internal.increment_llm_quota_spend(text, uuid, numeric) to service_role;


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
  'spend and holds have reached the warning threshold, and the current period. Reads only. Raises 22004 and 22023 for bad '
  'arguments.';
revoke execute on function copilot_internal.quota_status(text, uuid) from public, anon, authenticated;
grant execute on function copilot_internal.quota_status(text, uuid) to service_role;
