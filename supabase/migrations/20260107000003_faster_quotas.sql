-- Faster quotas
--
-- What:  check_*_quota, increment_*_quota_spend, quota_status and set_quota as quick beside a hundred thousand quotas as beside one:
--        1 to 2 ms instead of 40 to 280, with the same answers, errors and locks. A role from which row level security hides quotas,
--        such as a login that is a member of service_role without BYPASSRLS, is refused by the first three. A charge of one quota
--        that meets a deadlock asks again, as one of several does. spread_quota spreads a quota of the platform over parts, so that
--        recordings do not wait for each other; gather_quota takes that back.
-- Why:   they compared scope_id in a way that also holds for the platform, which has none, and that no index serves: each call read
--        the quotas of all tenants. To such a role check_*_quota answered true, whatever was spent. A recording failed with 40P01
--        where an administrator changed a quota and a price in one transaction. With a quota of the platform recordings committed
--        one after the other: eight clients took five times as long where a commit takes a millisecond.
-- Rerun: safe at any time, on any data, while others work. Running 20260104000001_e2b_cost_tracking.sql,
--        20260105000003_quota_reservations.sql or 20260106000003_quota_management.sql again brings the former functions back, until
--        this file is run again: gather quotas that are spread before, as those functions know no parts.
-- Undo:  select copilot_internal.gather_quota(id) from copilot_internal.cost_quotas;
--        undo 20260107000004_exact_quotas.sql and run those three files again: they make the functions as they were;
--        drop table copilot_internal.cost_quota_parts;
--        drop function copilot_internal.assert_quota_part, copilot_internal.charge_quota_part, copilot_internal.gather_quota,
--          copilot_internal.quota_parts_usd, copilot_internal.refuse_hidden_quotas, copilot_internal.spread_quota,
--          copilot_internal.take_quota_parts;


-- Applied after the files before it, which know what to do with tables of these names that are somebody else's.
do $$
declare
  missing text;
begin
  select string_agg(wanted.name, ', ' order by n) into missing
  from (
    select 1, 'copilot_internal.set_quota'
    where to_regprocedure('copilot_internal.set_quota(text, uuid, text, numeric, text, timestamptz, numeric, text, text)') is null
    union all
    select 2, 'cost_quota_parts.' || c.name
    from (values ('id'), ('quota_id'), ('spent_usd')) as c (name)
    where to_regclass('copilot_internal.cost_quota_parts') is not null
      and not exists (
        select from pg_catalog.pg_attribute as a
        where a.attrelid = to_regclass('copilot_internal.cost_quota_parts') and a.attname = c.name and not a.attisdropped
      )
  ) as wanted (n, name);
  if missing is not null then
    raise exception using
      errcode = 'QT006',
      message = '20260107000003_faster_quotas.sql needs 20260107000002_faster_summaries.sql before it: nothing was changed.',
      detail = format('Not there: %s.', missing),
      hint = 'Run the files in the order of their names, from 20260103000001_cost_tracking_foundation.sql on, and stop at the first that is refused: it says what is in the way.';
  end if;
end
$$;


-- =====================================================================================================================
-- Quotas of the platform that are spread
-- =====================================================================================================================
-- Everybody's recordings are charged to such a quota, and each holds its row until the disk has the commit. Spread over parts they
-- do not wait for each other: each charges a part that nobody holds. What is spent is the row and its parts together, exact.

create table if not exists copilot_internal.cost_quota_parts (
  id        uuid           not null default gen_random_uuid(),
  quota_id  uuid           not null,
  spent_usd numeric(38,18) not null default 0,

  constraint cost_quota_parts_pkey primary key (quota_id, id),
  constraint cost_quota_parts_spent_usd_finite check (spent_usd < 'NaN')
) with (fillfactor = 10);
comment on table copilot_internal.cost_quota_parts is
  'Parts of platform quotas that are spread: what recordings have charged since the quota was last gathered or rolled over, besides '
  'its spent_usd. As many as recordings commit at once; none of a quota that is not spread.';
comment on column copilot_internal.cost_quota_parts.id is 'Identifies the part.';
comment on column copilot_internal.cost_quota_parts.quota_id is 'The quota, one of the platform''s.';
comment on column copilot_internal.cost_quota_parts.spent_usd is 'USD spent in the current period, exact. Less than 0 when more was credited than spent.';
comment on column copilot_internal.cost_quotas.spent_usd is
  'USD spent in the current period, exact. Less than 0 when more was credited than spent: what is taken back of an earlier period is '
  'credited to the current one. Of a quota that is spread, without what cost_quota_parts holds: quota_status adds it up.';

do $$
begin
  if exists (select from pg_catalog.pg_class where oid = 'copilot_internal.cost_quota_parts'::regclass and not relrowsecurity) then
    alter table copilot_internal.cost_quota_parts enable row level security;
    revoke all on copilot_internal.cost_quota_parts from public, anon, authenticated;
  end if;
  if exists (
    select from unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) as privilege
    where not has_table_privilege('service_role', 'copilot_internal.cost_quota_parts', privilege)
  ) then
    grant select, insert, update, delete on copilot_internal.cost_quota_parts to service_role;
  end if;
end
$$;

create or replace function copilot_internal.assert_quota_part()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  -- Nobody removes the quota, or gathers it, until this part is there.
  perform 1 from copilot_internal.cost_quotas as q where q.id = new.quota_id and q.scope = 'platform' for key share;
  if not found then
    raise exception using errcode = '22023', message = format('The platform has no quota %s.', new.quota_id),
      detail = 'Only quotas of the platform are spread: tenants read spent_usd of theirs.',
      hint = 'Pass the id of one: select id from copilot_internal.cost_quotas where scope = ''platform''.';
  end if;
  return new;
end
$$;
comment on function copilot_internal.assert_quota_part() is 'Trigger: raises 22023 for a part of what is no quota of the platform.';
revoke execute on function copilot_internal.assert_quota_part() from public, anon, authenticated;
grant execute on function copilot_internal.assert_quota_part() to service_role;

do $$
declare
  wanted constant text :=
    'CREATE TRIGGER _100_assert_quota_part BEFORE INSERT ON copilot_internal.cost_quota_parts '
    'FOR EACH ROW EXECUTE FUNCTION copilot_internal.assert_quota_part()';
begin
  if not exists (select from pg_catalog.pg_trigger where pg_get_triggerdef(oid) = wanted and tgenabled = 'O') then
    execute regexp_replace(wanted, '^CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER');
  end if;
end
$$;
comment on trigger _100_assert_quota_part on copilot_internal.cost_quota_parts is 'Parts are of quotas of the platform.';

create or replace function copilot_internal.quota_parts_usd(quota_id uuid)
  returns numeric
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
begin
  return (
    select coalesce(sum(p.spent_usd), 0) from copilot_internal.cost_quota_parts as p where p.quota_id = quota_parts_usd.quota_id
  );
end
$$;
comment on function copilot_internal.quota_parts_usd(uuid) is 'USD that the parts of a quota hold; 0 of one that is not spread.';
revoke execute on function copilot_internal.quota_parts_usd(uuid) from public, anon, authenticated;
grant execute on function copilot_internal.quota_parts_usd(uuid) to service_role;

create or replace function copilot_internal.take_quota_parts(quota_id uuid)
  returns numeric
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  taken numeric;
begin
  with parts as (
    delete from copilot_internal.cost_quota_parts as p where p.quota_id = take_quota_parts.quota_id returning p.spent_usd
  )
  select sum(parts.spent_usd) into taken from parts;
  return taken;
end
$$;
comment on function copilot_internal.take_quota_parts(uuid) is
  'Removes the parts of a quota, and answers how many USD they held; null of one that is not spread. Waits for who charges them.';
revoke execute on function copilot_internal.take_quota_parts(uuid) from public, anon, authenticated;
grant execute on function copilot_internal.take_quota_parts(uuid) to service_role;

create or replace function copilot_internal.spread_quota(quota_id uuid)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  if quota_id is null then
    raise exception using errcode = '22004', message = 'quota_id must not be NULL.',
      detail = 'It says which quota of the platform is to be spread.',
      hint = 'Pass its id: select id from copilot_internal.cost_quotas where scope = ''platform''.';
  end if;
  if not exists (select 1 from copilot_internal.cost_quota_parts as p where p.quota_id = spread_quota.quota_id) then
    insert into copilot_internal.cost_quota_parts (quota_id) values (spread_quota.quota_id);
  end if;
end
$$;
comment on function copilot_internal.spread_quota(uuid) is
  'From now on recordings charge parts of this quota of the platform, and do not wait for each other. Nothing changes for one that '
  'is spread. Its spent_usd is without them: quota_status adds them up. Raises 22004 for NULL, 22023 for what is no quota of the platform.';
revoke execute on function copilot_internal.spread_quota(uuid) from public, anon, authenticated;
grant execute on function copilot_internal.spread_quota(uuid) to service_role;

create or replace function copilot_internal.gather_quota(quota_id uuid)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  taken numeric;
begin
  if quota_id is null then
    raise exception using errcode = '22004', message = 'quota_id must not be NULL.',
      detail = 'It says which quota is to be one row again.', hint = 'Pass its id: select quota_id from copilot_internal.cost_quota_parts.';
  end if;
  -- Whoever adds a part waits for this, and finds that there is none to be added to.
  perform 1 from copilot_internal.cost_quotas as q where q.id = gather_quota.quota_id for update;
  taken := copilot_internal.take_quota_parts(quota_id);
  update copilot_internal.cost_quotas as q
  set spent_usd = q.spent_usd + taken, updated_at = now()
  where q.id = gather_quota.quota_id and taken is not null;
end
$$;
comment on function copilot_internal.gather_quota(uuid) is
  'Takes back spread_quota: what the parts of the quota hold is added to its spent_usd, and recordings charge its row again. Nothing '
  'changes for a quota that is not spread. Raises 22004 for NULL.';
revoke execute on function copilot_internal.gather_quota(uuid) from public, anon, authenticated;
grant execute on function copilot_internal.gather_quota(uuid) to service_role;

create or replace function copilot_internal.charge_quota_part(quota_id uuid, amount numeric)
  returns boolean
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  is_charged boolean;
begin
  if not exists (
    select 1 from copilot_internal.cost_quotas as q
    where q.id = charge_quota_part.quota_id and now() < q.period_end and q.period_start <= clock_timestamp()
  ) then
    return false;
  end if;

  for look in 1 .. 2 loop
    update copilot_internal.cost_quota_parts as p
    set spent_usd = p.spent_usd + round(amount, 18)
    where p.quota_id = charge_quota_part.quota_id and p.id = (
      select f.id
      from copilot_internal.cost_quota_parts as f
      where f.quota_id = charge_quota_part.quota_id
      limit 1
      for no key update skip locked
    );
    is_charged := found;
    exit when is_charged;
    -- Others have them all. Whoever has them because the quota is gathered or rolled over is waited for here.
    perform 1 from copilot_internal.cost_quotas as q where q.id = charge_quota_part.quota_id for key share;
  end loop;
  if not is_charged then
    if not exists (select 1 from copilot_internal.cost_quota_parts as p where p.quota_id = charge_quota_part.quota_id) then
      return false;
    end if;
    insert into copilot_internal.cost_quota_parts (quota_id, spent_usd) values (charge_quota_part.quota_id, amount);
  end if;
  perform set_config('copilot_internal.has_charged', 'on', true);
  return true;
end
$$;
comment on function copilot_internal.charge_quota_part(uuid, numeric) is
  'Adds an amount (USD) to a part of a quota that nobody else holds, to a new one where there is none. False, and nothing is done, for '
  'a quota that is not spread, and outside its period: then its row is charged.';
revoke execute on function copilot_internal.charge_quota_part(uuid, numeric) from public, anon, authenticated;
grant execute on function copilot_internal.charge_quota_part(uuid, numeric) to service_role;

create or replace function copilot_internal.archive_quota_period()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  -- The old period ends where the next one begins: now, or earlier. Where the next one begins later than now, and where there is
  -- no next one because the quota is deleted, it ends now.
  ends  constant timestamptz := least(now(), new.period_start);
  parts constant numeric := copilot_internal.take_quota_parts(old.id);
begin
  if parts is not null and new.scope = 'platform' then
    insert into copilot_internal.cost_quota_parts (quota_id) values (new.id);
  end if;

  -- A period that was over already, unnoticed, is followed by the one that has begun since: nothing was spent in it.
  insert into copilot_internal.cost_quota_periods
    (quota_id, scope, scope_id, resource_type, period, period_start, period_end, limit_usd, spent_usd)
  select
    new.id, old.scope, old.scope_id, old.resource_type, old.period, p.starts, greatest(p.starts, p.ends), old.limit_usd, p.spent
  from (values
    (old.period_start, least(old.period_end, ends), old.spent_usd + coalesce(parts, 0)),
    (greatest(old.period_end, lower(copilot_internal.quota_period(old.period_anchor, old.period, ends))), ends, 0)
  ) as p (starts, ends, spent)
  where old.period_start <= clock_timestamp() and (p.ends > p.starts or p.spent <> 0);
  return null;
end
$$;


-- =====================================================================================================================
-- The quotas of a scope
-- =====================================================================================================================
-- Those of a tenant or user by scope and id; the platform's by scope alone. Each of the two is looked up in the index.
-- Whoever may call these functions has to see all quotas: one that is hidden would neither refuse nor be charged.

create or replace function copilot_internal.refuse_hidden_quotas()
  returns void
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
begin
  raise exception using errcode = '42501', message = format('Row level security hides quotas from role %I.', current_user),
    detail = 'A quota that is not seen would neither refuse nor be charged. What service_role may see is not inherited by its members.',
    hint = 'Run: set role service_role; or give the login BYPASSRLS.';
end
$$;
comment on function copilot_internal.refuse_hidden_quotas() is
  'Raises 42501: for roles that may ask for quotas, and do not see them all.';
revoke execute on function copilot_internal.refuse_hidden_quotas() from public, anon, authenticated;
grant execute on function copilot_internal.refuse_hidden_quotas() to service_role;

create or replace function copilot_internal.apply_charges(quota_ids uuid[], amounts numeric[])
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  is_locked  boolean := false;
  is_charged boolean := false;
  locked     uuid[];
  awaited    uuid;
  deadlocks  integer := 0;
begin
  if cardinality(quota_ids) <> cardinality(amounts) or array_position(amounts, null) is not null then
    raise exception using errcode = '22004', message = 'Each quota needs an amount.',
      detail = format('Got %s quotas and the amounts %s.', cardinality(quota_ids), amounts),
      hint = 'Pass 0 to charge nothing.';
  end if;

  -- Who records has written before, and who only charges has not: parts are for the former. Whoever charges 0 wants the row itself,
  -- such as to reserve.
  if pg_current_xact_id_if_assigned() is not null
    and exists (select 1 from copilot_internal.cost_quota_parts as p where p.quota_id = any (quota_ids))
  then
    select array_agg(c.quota_id), array_agg(c.amount) into quota_ids, amounts
    from unnest(quota_ids, amounts) as c (quota_id, amount)
    where c.amount = 0 or not copilot_internal.charge_quota_part(c.quota_id, c.amount);
    if quota_ids is null then
      return;
    end if;
  end if;

  -- The usual case: one quota, in its period, and none charged before. It may be waited for, as nobody waits for a quota of this
  -- transaction. Of many that wait for a row, each commit wakes up all: so four may, and the others stand in line. Two would keep
  -- it busy: four do as well where a commit takes no longer than to be woken up. Whoever has locked the row before, to edit the
  -- quota, never stands behind those who wait for that.
  if cardinality(quota_ids) = 1 and current_setting('copilot_internal.has_charged', true) is distinct from 'on' then
    begin
      if pg_current_xact_id_if_assigned() is not null then
        perform 1 from copilot_internal.cost_quotas as q where q.id = quota_ids[1] for no key update skip locked;
        is_locked := found;
      end if;
      if not is_locked then
        perform pg_advisory_xact_lock(uuid_hash_extended(quota_ids[1], pg_backend_pid() % 4));
      end if;
      update copilot_internal.cost_quotas as q
      set spent_usd = q.spent_usd + round(amounts[1], 18), updated_at = now()
      where q.id = quota_ids[1] and now() < q.period_end and q.period_start <= clock_timestamp();
      is_charged := found;
    exception
      -- Who holds the quota waits for something else that this transaction has.
      when deadlock_detected then
        deadlocks := 1;
        awaited := quota_ids[1];
    end;
    if is_charged then
      perform set_config('copilot_internal.has_charged', 'on', true);
      return;
    end if;
  end if;

  -- Whoever edits quotas locks them in any order. So nobody waits here for one while holding others: when one cannot be had, all
  -- are given back, and it is waited for before the others are asked for again. What can still deadlock are quotas that this
  -- transaction charged in an earlier call; its victim asks again at once: the other one looks for a deadlock only once, a second
  -- after it began to wait, and has to find one then. What this transaction has written is locked already: no second look, no
  -- second subtransaction.
  while exists (
    select 1 from copilot_internal.cost_quotas as q
    where q.id = any (quota_ids) and q.xmin is distinct from pg_current_xact_id_if_assigned()::xid
  ) loop
    begin
      perform 1 from copilot_internal.cost_quotas as q where q.id = awaited for no key update;
      locked := array(
        select q.id from copilot_internal.cost_quotas as q where q.id = any (quota_ids) for no key update skip locked
      );
      exit when cardinality(locked) = cardinality(quota_ids);
      select q.id into awaited
      from copilot_internal.cost_quotas as q
      where q.id = any (quota_ids) and q.id <> all (locked)
      limit 1;
      exit when awaited is null;
      raise sqlstate 'QT000';
    exception
      when sqlstate 'QT000' then
        null;
      when deadlock_detected then
        deadlocks := deadlocks + 1;
        if deadlocks = 10 then
          raise;
        end if;
    end;
  end loop;

  perform set_config('copilot_internal.has_charged', 'on', true);
  -- Also for 0: a row that is written, not only locked, makes a transaction with an older snapshot fail (40001). By the clock:
  -- a period that began while this transaction waited has begun.
  update copilot_internal.cost_quotas as q
  set period_start = case
        when now() < q.period_end then q.period_start
        else greatest(q.period_end, lower(copilot_internal.quota_period(q.period_anchor, q.period, now())))
      end,
      period_end = case
        when now() < q.period_end then q.period_end
        else upper(copilot_internal.quota_period(q.period_anchor, q.period, now()))
      end,
      spent_usd = case when now() < q.period_end then q.spent_usd else 0 end + c.amount,
      updated_at = now()
  from (
    select one.id, sum(round(one.amount, 18)) from unnest(quota_ids, amounts) as one (id, amount) group by one.id
  ) as c (id, amount)
  where q.id = c.id and q.period_start <= clock_timestamp();
end
$$;

create or replace function copilot_internal.check_quota(
  scope text, scope_id uuid, resource_type text, estimated_cost numeric
)
  returns boolean
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  if row_security_active('copilot_internal.cost_quotas'::regclass) then
    perform copilot_internal.refuse_hidden_quotas();
  end if;
  perform copilot_internal.assert_quota_arguments(scope, scope_id, estimated_cost, 'estimated_cost');

  -- A period that is over is closed before anything is compared with its limit.
  perform copilot_internal.charge_quotas(
    array(
      select q.id from copilot_internal.cost_quotas as q
      where (
        q.scope = check_quota.scope and q.scope_id = check_quota.scope_id
        or check_quota.scope = 'platform' and q.scope = 'platform'
      )
        and q.resource_type in (check_quota.resource_type, 'all')
        and q.period_end <= now()
    ),
    0
  );

  return not exists (
    select 1 from copilot_internal.cost_quotas as q
    where (
      q.scope = check_quota.scope and q.scope_id = check_quota.scope_id
      or check_quota.scope = 'platform' and q.scope = 'platform'
    )
      and q.resource_type in (check_quota.resource_type, 'all')
      and q.period_start <= clock_timestamp()
      and not q.spent_usd
              + copilot_internal.quota_parts_usd(q.id)
              + copilot_internal.quota_held_usd(q.scope, q.scope_id, q.resource_type)
              + estimated_cost <= q.limit_usd
  );
end
$$;

create or replace function copilot_internal.increment_quota_spend(
  scope text, scope_id uuid, resource_type text, amount numeric
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  quotas uuid[];
begin
  if row_security_active('copilot_internal.cost_quotas'::regclass) then
    perform copilot_internal.refuse_hidden_quotas();
  end if;
  -- Each further function that is called takes longer than the charge itself.
  if (scope in ('platform', 'tenant', 'user') and (scope = 'platform') = (scope_id is null) and amount >= 0 and amount < 'Infinity')
      is not true then
    perform copilot_internal.assert_quota_arguments(scope, scope_id, amount, 'amount');
  end if;

  quotas := array(
    select q.id from copilot_internal.cost_quotas as q
    where (
      q.scope = increment_quota_spend.scope and q.scope_id = increment_quota_spend.scope_id
      or increment_quota_spend.scope = 'platform' and q.scope = 'platform'
    )
      and q.resource_type in (increment_quota_spend.resource_type, 'all')
  );
  perform copilot_internal.apply_charges(quotas, array_fill(amount, array[cardinality(quotas)]));
end
$$;

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
  if row_security_active('copilot_internal.cost_quotas'::regclass) then
    perform copilot_internal.refuse_hidden_quotas();
  end if;
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
      cross join lateral (
        select case when now() < q.period_end then q.spent_usd + copilot_internal.quota_parts_usd(q.id) else 0 end
      ) as u (spent)
      cross join lateral (select copilot_internal.quota_held_usd(q.scope, q.scope_id, q.resource_type)) as h (held)
      where q.scope = quota_status.scope and q.scope_id = quota_status.scope_id
        or quota_status.scope = 'platform' and q.scope = 'platform'
    ) as s
    order by s.resource_type, array_position(array['hour', 'day', 'week', 'month'], s.period);
end
$$;

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
      where (
        q.scope = set_quota.scope and q.scope_id = set_quota.scope_id
        or set_quota.scope = 'platform' and q.scope = 'platform'
      )
        and q.resource_type = set_quota.resource_type and q.period_end <= now()
    ),
    0
  );

  -- Which one is meant: that of from_period if there still is one, else that of period, else the only one.
  select array_agg(q.period order by array_position(array['hour', 'day', 'week', 'month'], q.period)) into periods
  from (
    select c.period, c.period_start, c.period_end
    from copilot_internal.cost_quotas as c
    where (
      c.scope = set_quota.scope and c.scope_id = set_quota.scope_id
      or set_quota.scope = 'platform' and c.scope = 'platform'
    )
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
  where (
    q.scope = set_quota.scope and q.scope_id = set_quota.scope_id
    or set_quota.scope = 'platform' and q.scope = 'platform'
  )
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
