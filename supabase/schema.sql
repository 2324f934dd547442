-- What the migrations add up to. Generated from the catalog by `npm run schema`; never edited by hand.
-- Read its diff to see what a migration changes.


-- =================================================================================================
-- Schema
-- =================================================================================================

create schema copilot_internal;
comment on schema copilot_internal is 'What AI agents cost: price lists, cost records, quotas. Written by the platform (service_role), read per tenant.';

grant usage on schema copilot_internal to authenticated;
grant usage on schema copilot_internal to service_role;

alter default privileges for role postgres revoke execute on functions from public;


-- =================================================================================================
-- Functions
-- =================================================================================================

CREATE OR REPLACE FUNCTION copilot_internal.apply_charges(quota_ids uuid[], amounts numeric[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.apply_charges(uuid[],numeric[]) is 'Adds to the spend of each of these quotas its amount (USD), after closing each period that is over. A negative amount is a credit; one of 0 only closes and locks; those of a quota that comes twice are added up. A quota that has not started is locked and left as it is. Whoever edits quotas meanwhile, in whatever order, costs no charge. Raises 22004 when an amount is missing.';
revoke all on function copilot_internal.apply_charges(uuid[],numeric[]) from public;
grant execute on function copilot_internal.apply_charges(uuid[],numeric[]) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.archive_quota_period()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.archive_quota_period() is 'Trigger: keeps the books of the period that a quota leaves behind, under the name that period had: until it was over, or until now if it was not. One that has not begun, and one without length and spend, leaves none.';
revoke all on function copilot_internal.archive_quota_period() from public;
grant execute on function copilot_internal.archive_quota_period() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.assert_e2b_report(report copilot_internal.e2b_cost_records)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if num_nulls(report.tenant_id, report.tier, report.region, report.execution_time_seconds, report.status, report.recorded_at,
               report.metadata) > 0
  then
    raise exception using errcode = '22004',
      message = 'tenant_id, tier, region, execution_time_seconds, status, recorded_at and metadata must not be NULL.',
      detail = format('Got tenant_id %L, tier %L, region %L, execution_time_seconds %L, status %L, recorded_at %L, metadata %L.',
                      report.tenant_id, report.tier, report.region, report.execution_time_seconds, report.status,
                      report.recorded_at, report.metadata),
      hint = 'Leave out what has a default; cpu_core_seconds, memory_gb_seconds and disk_io_gb may be NULL.';
  -- NaN is greater than every number.
  elsif least(report.execution_time_seconds, report.cpu_core_seconds, report.memory_gb_seconds, report.disk_io_gb) < 0
    or greatest(report.execution_time_seconds, report.cpu_core_seconds, report.memory_gb_seconds, report.disk_io_gb) = 'NaN'
  then
    raise exception using errcode = '22023',
      message = 'Usage must be a finite number, 0 or more.',
      detail = format('Got execution_time_seconds %s, cpu_core_seconds %s, memory_gb_seconds %s, disk_io_gb %s.',
                      report.execution_time_seconds, report.cpu_core_seconds, report.memory_gb_seconds, report.disk_io_gb),
      hint = 'Pass what was measured; leave out what was not.';
  elsif report.status not in ('running', 'paused', 'completed', 'failed', 'timed_out', 'killed') then
    raise exception using errcode = '23514', message = format('Unknown status %L.', report.status),
      detail = 'A run is running, paused, completed, failed, timed_out or killed.', hint = 'Use one of these.';
  elsif jsonb_typeof(report.metadata) <> 'object' then
    raise exception using errcode = '22023', message = 'metadata must be a JSON object.',
      detail = format('Got %s.', jsonb_typeof(report.metadata)), hint = 'Pass {} for nothing.';
  -- They are part of keys, which hold no more.
  elsif octet_length(report.tier) > 1000 or octet_length(report.region) > 1000 then
    raise exception using errcode = '22023', message = 'tier and region must have 1000 bytes at most.',
      detail = format('Got %s bytes of tier, %s bytes of region.', octet_length(report.tier), octet_length(report.region)),
      hint = 'Pass the name that the platform gives it.';
  end if;
  perform copilot_internal.assert_request(report.request_id, report.conversation_id, report.recorded_at);
end
$function$;
comment on function copilot_internal.assert_e2b_report(copilot_internal.e2b_cost_records) is 'Raises 22004 for a NULL and 22023 for a value that no report of a sandbox run can have; otherwise does nothing.';
revoke all on function copilot_internal.assert_e2b_report(copilot_internal.e2b_cost_records) from public;
grant execute on function copilot_internal.assert_e2b_report(copilot_internal.e2b_cost_records) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.assert_llm_report(report copilot_internal.llm_cost_records)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if num_nulls(report.tenant_id, report.provider, report.model, report.input_tokens, report.output_tokens,
               report.cached_input_tokens, report.cache_write_5m_tokens, report.cache_write_1h_tokens, report.is_batch,
               report.recorded_at, report.is_estimated, report.metadata) > 0
  then
    raise exception using errcode = '22004',
      message = 'tenant_id, provider, model, tokens, is_batch, recorded_at, is_estimated and metadata must not be NULL.',
      detail = format('Got tenant_id %L, provider %L, model %L, input_tokens %L, output_tokens %L, cached_input_tokens %L, '
                      'cache_write_5m_tokens %L, cache_write_1h_tokens %L, is_batch %L, recorded_at %L, is_estimated %L, metadata %L.',
                      report.tenant_id, report.provider, report.model, report.input_tokens, report.output_tokens,
                      report.cached_input_tokens, report.cache_write_5m_tokens, report.cache_write_1h_tokens, report.is_batch,
                      report.recorded_at, report.is_estimated, report.metadata),
      hint = 'Leave out what has a default; pass 0 for no tokens.';
  elsif least(report.input_tokens, report.output_tokens, report.cached_input_tokens, report.cache_write_5m_tokens,
              report.cache_write_1h_tokens) < 0
  then
    raise exception using errcode = '22023', message = 'Tokens must be 0 or more.',
      detail = format('Got input_tokens %s, output_tokens %s, cached_input_tokens %s, cache_write_5m_tokens %s, '
                      'cache_write_1h_tokens %s.', report.input_tokens, report.output_tokens, report.cached_input_tokens,
                      report.cache_write_5m_tokens, report.cache_write_1h_tokens),
      hint = 'Pass the counts of the provider''s usage report.';
  -- As numeric: the sum of three bigints need not be one.
  elsif report.cached_input_tokens::numeric + report.cache_write_5m_tokens + report.cache_write_1h_tokens > report.input_tokens then
    raise exception using errcode = '22023',
      message = 'Cached and cache-write tokens are part of input_tokens and cannot be more than those.',
      detail = format('Got input_tokens %s, cached_input_tokens %s, cache_write_5m_tokens %s, cache_write_1h_tokens %s.',
                      report.input_tokens, report.cached_input_tokens, report.cache_write_5m_tokens, report.cache_write_1h_tokens),
      hint = 'Anthropic reports them beside input_tokens: add all of them up first.';
  elsif jsonb_typeof(report.metadata) <> 'object' then
    raise exception using errcode = '22023', message = 'metadata must be a JSON object.',
      detail = format('Got %s.', jsonb_typeof(report.metadata)), hint = 'Pass {} for nothing.';
  -- They are part of keys, which hold no more.
  elsif octet_length(report.provider) > 1000 or octet_length(report.model) > 1000 then
    raise exception using errcode = '22023', message = 'provider and model must have 1000 bytes at most.',
      detail = format('Got %s bytes of provider, %s bytes of model.', octet_length(report.provider), octet_length(report.model)),
      hint = 'Pass the name that the provider gives it.';
  end if;
  perform copilot_internal.assert_request(report.request_id, report.conversation_id, report.recorded_at);
end
$function$;
comment on function copilot_internal.assert_llm_report(copilot_internal.llm_cost_records) is 'Raises 22004 for a NULL and 22023 for a value that no report of an LLM call can have; otherwise does nothing.';
revoke all on function copilot_internal.assert_llm_report(copilot_internal.llm_cost_records) from public;
grant execute on function copilot_internal.assert_llm_report(copilot_internal.llm_cost_records) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.assert_no_price_jump(before numeric, after numeric, unit text)
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  if before > 0 and after > 0 and (after >= before * 100 or before >= after * 100) then
    raise exception using errcode = 'QT003',
      message = format('A price of %s instead of %s looks like another unit.', trim_scale(after), trim_scale(before)),
      detail = 'It would change by a factor of 100 or more.',
      hint = format('Prices are in USD %s. If it is meant, pass allow_jump => true.', unit);
  end if;
end
$function$;
comment on function copilot_internal.assert_no_price_jump(numeric,numeric,text) is 'Raises QT003 when a price would change by a factor of 100 or more: most such changes mistake the unit.';
revoke all on function copilot_internal.assert_no_price_jump(numeric,numeric,text) from public;
grant execute on function copilot_internal.assert_no_price_jump(numeric,numeric,text) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.assert_price(VARIADIC prices numeric[])
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  price numeric;
begin
  foreach price in array prices loop
    -- NaN is greater than every number. Twelve decimals are what a price list holds; more would be rounded in silence.
    if not (price >= 0 and price < 'Infinity') or scale(trim_scale(price)) > 12 then
      raise exception using errcode = '22023',
        message = 'A price must be a finite number, 0 or more, with 12 decimals at most.',
        detail = format('Got %s.', price), hint = 'Pass USD: per million tokens, per second or per GB.';
    end if;
  end loop;
end
$function$;
comment on function copilot_internal.assert_price(numeric[]) is 'Raises 22023 for a price that a price list cannot hold exactly; otherwise, and for NULL, does nothing.';
revoke all on function copilot_internal.assert_price(numeric[]) from public;
grant execute on function copilot_internal.assert_price(numeric[]) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.assert_prunable(before timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.assert_prunable(timestamp with time zone) is 'Raises 22004 for NULL, 22023 for a time that is infinite or in the future, and QT009, which names the latest time that is allowed, for one after the start of the oldest current period of any quota, or of the oldest open hold.';
revoke all on function copilot_internal.assert_prunable(timestamp with time zone) from public;
grant execute on function copilot_internal.assert_prunable(timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.assert_quota_arguments(scope text, scope_id uuid, amount numeric, amount_name text)
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  if scope is null then
    raise exception using errcode = '22004', message = 'scope must not be NULL.',
      detail = 'Quotas have a scope: platform, tenant or user.', hint = 'Say whose quota is meant.';
  elsif scope not in ('platform', 'tenant', 'user') then
    raise exception using errcode = '22023', message = format('Unknown scope %L.', scope),
      detail = 'Quotas have a scope: platform, tenant or user.', hint = 'Use one of the three.';
  elsif scope <> 'platform' and scope_id is null then
    raise exception using errcode = '22004', message = format('scope_id must not be NULL for scope %s.', scope),
      detail = format('A quota of scope %s belongs to one %s.', scope, scope), hint = format('Pass the id of the %s.', scope);
  elsif scope = 'platform' and scope_id is not null then
    raise exception using errcode = '22023', message = 'scope_id must be NULL for scope platform.',
      detail = format('There is one platform; got %s.', scope_id), hint = 'Pass NULL, or use scope tenant or user.';
  elsif amount is null then
    raise exception using errcode = '22004', message = format('%s must not be NULL.', amount_name),
      detail = 'An unknown amount cannot be compared with a limit.', hint = 'Pass 0 for no cost.';
  elsif not (amount >= 0 and amount < 'Infinity') then
    raise exception using errcode = '22023', message = format('%s must be a finite number, 0 or more.', amount_name),
      detail = format('Got %s.', amount), hint = 'Pass an amount in USD.';
  end if;
end
$function$;
comment on function copilot_internal.assert_quota_arguments(text,uuid,numeric,text) is 'Raises 22004 for a NULL and 22023 for a value that no quota can have; otherwise does nothing.';
revoke all on function copilot_internal.assert_quota_arguments(text,uuid,numeric,text) from public;
grant execute on function copilot_internal.assert_quota_arguments(text,uuid,numeric,text) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.assert_quota_part()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.assert_quota_part() is 'Trigger: raises 22023 for a part of what is no quota of the platform.';
revoke all on function copilot_internal.assert_quota_part() from public;
grant execute on function copilot_internal.assert_quota_part() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.assert_request(request_id text, conversation_id text DEFAULT NULL::text, recorded_at timestamp with time zone DEFAULT now())
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  -- All that comes without a name under one name would be taken for one request, and all but the first be dropped.
  if btrim(request_id) = '' then
    raise exception using errcode = '22023', message = 'request_id must not be blank.',
      detail = format('Got %L.', request_id), hint = 'Pass NULL for a request without a name.';
  elsif octet_length(request_id) > 1000 or octet_length(conversation_id) > 1000 then
    raise exception using errcode = '22023',
      message = 'request_id and conversation_id must have 1000 bytes at most.',
      detail = format('Got %s and %s bytes.', coalesce(octet_length(request_id), 0), coalesce(octet_length(conversation_id), 0)),
      hint = 'Pass a name, such as a UUID or a hash; metadata holds what is longer.';
  elsif not isfinite(recorded_at) then
    raise exception using errcode = '22023', message = 'recorded_at must be finite.',
      detail = format('Got %s.', recorded_at), hint = 'Pass when the usage happened, or leave it out for now.';
  end if;
end
$function$;
comment on function copilot_internal.assert_request(text,text,timestamp with time zone) is 'Raises 22023 for a request_id that is blank, names that are too long for an index, and a time that is infinite; otherwise, and for NULL, does nothing.';
revoke all on function copilot_internal.assert_request(text,text,timestamp with time zone) from public;
grant execute on function copilot_internal.assert_request(text,text,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.assert_usage_named(tenant_id uuid, request_id text, record_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  if tenant_id is null or num_nonnulls(request_id, record_id) = 0 then
    raise exception using errcode = '22004', message = 'tenant_id, and request_id or record_id, must not be NULL.',
      detail = format('Got tenant_id %L, request_id %L, record_id %L.', tenant_id, request_id, record_id),
      hint = 'Pass the request_id that was recorded, or the id of the record.';
  end if;
end
$function$;
comment on function copilot_internal.assert_usage_named(uuid,text,uuid) is 'Raises 22004 when it is not said which usage is meant.';
revoke all on function copilot_internal.assert_usage_named(uuid,text,uuid) from public;
grant execute on function copilot_internal.assert_usage_named(uuid,text,uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.begin_price_change(list text, name text, part text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
 SET lock_timeout TO '5s'
AS $function$
begin
  -- A lock of those who change prices, not of those who record.
  perform pg_advisory_xact_lock(copilot_internal.price_lock('change of ' || list, name, part));
exception when lock_not_available then
  raise exception using errcode = '55P03',
    message = format('The price of %s %s is not changed: another change of it has not been committed for 5 seconds.', name, part),
    detail = format('Changes of one price in %s come one after the other.', list),
    hint = 'Try again; look for sessions that are idle in transaction in pg_stat_activity.';
end
$function$;
comment on function copilot_internal.begin_price_change(text,text,text) is 'Waits until nobody else changes a price by function, 5 seconds at most, then raises 55P03.';
revoke all on function copilot_internal.begin_price_change(text,text,text) from public;
grant execute on function copilot_internal.begin_price_change(text,text,text) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.calculate_dearest_price(price numeric, ratios numeric[])
 RETURNS numeric
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  dearest numeric := price;
begin
  for i in 1 .. cardinality(ratios) / 2 loop
    if ratios[2 * i - 1] > ratios[2 * i] then
      dearest := greatest(dearest, copilot_internal.calculate_scaled_price(price, ratios[2 * i - 1], ratios[2 * i]));
    end if;
  end loop;
  return dearest;
end
$function$;
comment on function copilot_internal.calculate_dearest_price(numeric,numeric[]) is 'A price, or what the largest of some ratios makes of it if that is dearer. Ratios are pairs of numerator and denominator; one with a null counts for nothing.';
revoke all on function copilot_internal.calculate_dearest_price(numeric,numeric[]) from public;
grant execute on function copilot_internal.calculate_dearest_price(numeric,numeric[]) to authenticated;
grant execute on function copilot_internal.calculate_dearest_price(numeric,numeric[]) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.calculate_e2b_cost(tier text, region text, execution_time_seconds numeric, cpu_core_seconds numeric DEFAULT NULL::numeric, memory_gb_seconds numeric DEFAULT NULL::numeric, disk_io_gb numeric DEFAULT NULL::numeric, pricing_date timestamp with time zone DEFAULT now())
 RETURNS TABLE(execution_cost_usd numeric, resource_cost_usd numeric, total_cost_usd numeric, is_estimated boolean)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  price record;
begin
  if tier is null or region is null or execution_time_seconds is null or pricing_date is null then
    raise exception using errcode = '22004',
      message = 'tier, region, execution_time_seconds and pricing_date must not be NULL.',
      detail = format('Got tier %L, region %L, execution_time_seconds %L, pricing_date %L.',
                      tier, region, execution_time_seconds, pricing_date),
      hint = 'Only cpu_core_seconds, memory_gb_seconds and disk_io_gb may be NULL; they then count as 0.';
  end if;
  -- NaN is greater than Infinity.
  if least(execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb) < 0
    or greatest(execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb) >= 'Infinity'
  then
    raise exception using errcode = '22023',
      message = 'Usage must be a finite number, 0 or more.',
      detail = format('Got execution_time_seconds %s, cpu_core_seconds %s, memory_gb_seconds %s, disk_io_gb %s.',
                      execution_time_seconds, coalesce(cpu_core_seconds, 0), coalesce(memory_gb_seconds, 0),
                      coalesce(disk_io_gb, 0)),
      hint = 'Pass what was measured; leave out what was not.';
  end if;

  select r.* into price
  from copilot_internal.calculate_e2b_rates(
    tier, region, execution_time_seconds, coalesce(cpu_core_seconds, 0), coalesce(memory_gb_seconds, 0), coalesce(disk_io_gb, 0),
    pricing_date
  ) as r;

  if not found then
    raise exception using errcode = '22023',
      message = format('No price for E2B tier %L at %s.', tier, pricing_date),
      detail = format('Tiers priced at that time: %s.', coalesce((
        select string_agg(distinct quote_literal(p.tier), ', ' order by quote_literal(p.tier))
        from copilot_internal.e2b_pricing as p
        where p.effective_date <= pricing_date and (p.expires_at is null or pricing_date < p.expires_at)
      ), 'none')),
      hint = 'Check the spelling of the tier and the date, or add a price to copilot_internal.e2b_pricing.';
  end if;

  execution_cost_usd := execution_time_seconds * price.price_per_second;
  resource_cost_usd  := coalesce(cpu_core_seconds, 0) * price.price_per_cpu_core_second
                      + coalesce(memory_gb_seconds, 0) * price.price_per_gb_memory_second
                      + coalesce(disk_io_gb, 0) * price.price_per_gb_disk_io;
  total_cost_usd     := execution_cost_usd + resource_cost_usd;
  is_estimated       := price.is_estimated;

  -- Without loss and without padding: 0 for zero, else three decimals or as many as it takes.
  execution_cost_usd := coalesce(trim_scale(nullif(execution_cost_usd, 0)) + 0.000, 0);
  resource_cost_usd  := coalesce(trim_scale(nullif(resource_cost_usd, 0)) + 0.000, 0);
  total_cost_usd     := coalesce(trim_scale(nullif(total_cost_usd, 0)) + 0.000, 0);
  return next;
end
$function$;
comment on function copilot_internal.calculate_e2b_cost(text,text,numeric,numeric,numeric,numeric,timestamp with time zone) is 'What a sandbox run costs at the prices of pricing_date, in USD, exact. is_estimated: the region had no price then, and the price of the tier''s region that is dearest for this usage was used. Metrics left NULL count as 0. Raises 22004 for a required NULL, 22023 for a negative number or a tier without a price at that date.';
revoke all on function copilot_internal.calculate_e2b_cost(text,text,numeric,numeric,numeric,numeric,timestamp with time zone) from public;
grant execute on function copilot_internal.calculate_e2b_cost(text,text,numeric,numeric,numeric,numeric,timestamp with time zone) to authenticated;
grant execute on function copilot_internal.calculate_e2b_cost(text,text,numeric,numeric,numeric,numeric,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.calculate_e2b_rates(tier text, region text, execution_time_seconds numeric, cpu_core_seconds numeric, memory_gb_seconds numeric, disk_io_gb numeric, pricing_date timestamp with time zone)
 RETURNS TABLE(pricing_id uuid, is_estimated boolean, price_per_second numeric, price_per_cpu_core_second numeric, price_per_gb_memory_second numeric, price_per_gb_disk_io numeric)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return query
    select p.id, false, p.price_per_second, p.price_per_cpu_core_second, p.price_per_gb_memory_second, p.price_per_gb_disk_io
    from copilot_internal.e2b_pricing as p
    where p.tier = calculate_e2b_rates.tier
      and p.region = calculate_e2b_rates.region
      and p.effective_date <= pricing_date
      and (p.expires_at is null or pricing_date < p.expires_at)
    order by p.effective_date desc
    limit 1;
  if found then
    return;
  end if;
  -- The tier's other regions: the one that is dearest for this usage, an estimate that does not flatter.
  return query
    select p.id, true, p.price_per_second, p.price_per_cpu_core_second, p.price_per_gb_memory_second, p.price_per_gb_disk_io
    from (
      select distinct on (v.region) v.*
      from copilot_internal.e2b_pricing as v
      where v.tier = calculate_e2b_rates.tier
        and v.effective_date <= pricing_date
        and (v.expires_at is null or pricing_date < v.expires_at)
      order by v.region, v.effective_date desc
    ) as p
    order by execution_time_seconds * p.price_per_second
             + cpu_core_seconds * p.price_per_cpu_core_second
             + memory_gb_seconds * p.price_per_gb_memory_second
             + disk_io_gb * p.price_per_gb_disk_io desc,
             p.price_per_second desc, p.region
    limit 1;
end
$function$;
comment on function copilot_internal.calculate_e2b_rates(text,text,numeric,numeric,numeric,numeric,timestamp with time zone) is 'The price of a sandbox run: that of its region, else, as an estimate, that of the region of the tier which is dearest for this usage; no row when the tier has none at that date.';
revoke all on function copilot_internal.calculate_e2b_rates(text,text,numeric,numeric,numeric,numeric,timestamp with time zone) from public;
grant execute on function copilot_internal.calculate_e2b_rates(text,text,numeric,numeric,numeric,numeric,timestamp with time zone) to authenticated;
grant execute on function copilot_internal.calculate_e2b_rates(text,text,numeric,numeric,numeric,numeric,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.calculate_e2b_records(records copilot_internal.e2b_cost_records[])
 RETURNS copilot_internal.e2b_cost_records[]
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  priced  record;
  stamped copilot_internal.e2b_cost_records;
  answers copilot_internal.e2b_cost_records[] := records;
begin
  for priced in
    select r.ordinality as position, r.region, p.*
    from unnest(records) with ordinality as r
    left join lateral copilot_internal.calculate_e2b_rates(
      r.tier, r.region, r.execution_time_seconds, r.cpu_core_seconds, r.memory_gb_seconds, r.disk_io_gb, r.recorded_at
    ) as p on true
  loop
    stamped := records[priced.position];
    stamped.pricing_id                 := priced.pricing_id;
    stamped.price_per_second           := priced.price_per_second;
    stamped.price_per_cpu_core_second  := priced.price_per_cpu_core_second;
    stamped.price_per_gb_memory_second := priced.price_per_gb_memory_second;
    stamped.price_per_gb_disk_io       := priced.price_per_gb_disk_io;
    stamped.execution_cost_usd         := coalesce(stamped.execution_time_seconds * priced.price_per_second, 0);
    stamped.resource_cost_usd          := coalesce(
      stamped.cpu_core_seconds * priced.price_per_cpu_core_second
      + stamped.memory_gb_seconds * priced.price_per_gb_memory_second
      + stamped.disk_io_gb * priced.price_per_gb_disk_io, 0);
    stamped.total_cost_usd             := stamped.execution_cost_usd + stamped.resource_cost_usd;
    stamped.is_estimated               := coalesce(priced.is_estimated, false);
    stamped.is_unpriced                := priced.pricing_id is null;
    stamped.is_adopted                 := false;
    answers[priced.position] := stamped;
  end loop;
  return answers;
end
$function$;
comment on function copilot_internal.calculate_e2b_records(copilot_internal.e2b_cost_records[]) is 'The records with prices, costs and marks that the price list gives them as of their own times, in the same order. Reads price lists only.';
revoke all on function copilot_internal.calculate_e2b_records(copilot_internal.e2b_cost_records[]) from public;
grant execute on function copilot_internal.calculate_e2b_records(copilot_internal.e2b_cost_records[]) to authenticated;
grant execute on function copilot_internal.calculate_e2b_records(copilot_internal.e2b_cost_records[]) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.calculate_llm_cost(provider text, model text, input_tokens bigint, output_tokens bigint, pricing_date timestamp with time zone DEFAULT now())
 RETURNS TABLE(input_cost_usd numeric, output_cost_usd numeric, total_cost_usd numeric, pricing_found boolean)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  price record;
begin
  if provider is null or model is null or input_tokens is null or output_tokens is null or pricing_date is null then
    raise exception using errcode = '22004',
      message = 'provider, model, input_tokens, output_tokens and pricing_date must not be NULL.',
      detail = format('Got provider %L, model %L, input_tokens %L, output_tokens %L, pricing_date %L.',
                      provider, model, input_tokens, output_tokens, pricing_date),
      hint = 'Pass 0 for no tokens; leave pricing_date out for now.';
  end if;
  if input_tokens < 0 or output_tokens < 0 then
    raise exception using errcode = '22023', message = 'Tokens must be 0 or more.',
      detail = format('Got input_tokens %s, output_tokens %s.', input_tokens, output_tokens),
      hint = 'Pass the counts of the provider''s usage report.';
  end if;

  -- Its own price first: the one look-up that most calls need.
  select p.input_price_per_million as input, p.output_price_per_million as output
  into price
  from copilot_internal.model_pricing as p
  where p.provider = calculate_llm_cost.provider and p.model = calculate_llm_cost.model
    and p.effective_date <= pricing_date
    and (p.expires_at is null or pricing_date < p.expires_at)
  order by p.effective_date desc
  limit 1;
  if not found then
    select p.input_price_per_million as input, p.output_price_per_million as output
    into price
    from copilot_internal.model_aliases as a
    join copilot_internal.model_pricing as p on p.provider = a.provider and p.model = a.model
    where a.provider = calculate_llm_cost.provider and a.alias = calculate_llm_cost.model
      and p.effective_date <= pricing_date
      and (p.expires_at is null or pricing_date < p.expires_at)
    order by p.effective_date desc
    limit 1;
  end if;
  pricing_found := found;

  -- A multiplication is exact where a division by a million might not be.
  input_cost_usd  := case when pricing_found then input_tokens * price.input * 0.000001 else 0 end;
  output_cost_usd := case when pricing_found then output_tokens * price.output * 0.000001 else 0 end;
  total_cost_usd  := input_cost_usd + output_cost_usd;

  -- Without loss and without padding: 0 for zero, else three decimals or as many as it takes.
  input_cost_usd  := coalesce(trim_scale(nullif(input_cost_usd, 0)) + 0.000, 0);
  output_cost_usd := coalesce(trim_scale(nullif(output_cost_usd, 0)) + 0.000, 0);
  total_cost_usd  := coalesce(trim_scale(nullif(total_cost_usd, 0)) + 0.000, 0);
  return next;
end
$function$;
comment on function copilot_internal.calculate_llm_cost(text,text,bigint,bigint,timestamp with time zone) is 'What an LLM call costs at the plain prices of pricing_date, in USD, exact; an alias is priced as its model. A model without a price at that date costs 0 with pricing_found false: treat it as unknown, not as free. Raises 22004 for NULL, 22023 for negative tokens.';
revoke all on function copilot_internal.calculate_llm_cost(text,text,bigint,bigint,timestamp with time zone) from public;
grant execute on function copilot_internal.calculate_llm_cost(text,text,bigint,bigint,timestamp with time zone) to authenticated;
grant execute on function copilot_internal.calculate_llm_cost(text,text,bigint,bigint,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.calculate_llm_cost_detailed(provider text, model text, input_tokens bigint, output_tokens bigint, cached_input_tokens bigint DEFAULT 0, cache_write_5m_tokens bigint DEFAULT 0, cache_write_1h_tokens bigint DEFAULT 0, is_batch boolean DEFAULT false, pricing_date timestamp with time zone DEFAULT now())
 RETURNS TABLE(input_cost_usd numeric, cached_input_cost_usd numeric, cache_write_cost_usd numeric, output_cost_usd numeric, total_cost_usd numeric, pricing_found boolean, is_long_context boolean, is_estimated boolean)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  asked  copilot_internal.llm_cost_records;
  priced copilot_internal.llm_cost_records;
begin
  if num_nulls(provider, model, input_tokens, output_tokens, cached_input_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
               is_batch, pricing_date) > 0
  then
    raise exception using errcode = '22004', message = 'No argument may be NULL.',
      detail = format('Got provider %L, model %L, input_tokens %L, output_tokens %L, cached_input_tokens %L, '
                      'cache_write_5m_tokens %L, cache_write_1h_tokens %L, is_batch %L, pricing_date %L.',
                      provider, model, input_tokens, output_tokens, cached_input_tokens, cache_write_5m_tokens,
                      cache_write_1h_tokens, is_batch, pricing_date),
      hint = 'Leave out what has a default; pass 0 for no tokens.';
  end if;
  if least(input_tokens, output_tokens, cached_input_tokens, cache_write_5m_tokens, cache_write_1h_tokens) < 0 then
    raise exception using errcode = '22023', message = 'Tokens must be 0 or more.',
      detail = format('Got input_tokens %s, output_tokens %s, cached_input_tokens %s, cache_write_5m_tokens %s, '
                      'cache_write_1h_tokens %s.', input_tokens, output_tokens, cached_input_tokens,
                      cache_write_5m_tokens, cache_write_1h_tokens),
      hint = 'Pass the counts of the provider''s usage report.';
  end if;
  -- As numeric: the sum of three bigints need not be one.
  if cached_input_tokens::numeric + cache_write_5m_tokens + cache_write_1h_tokens > input_tokens then
    raise exception using errcode = '22023',
      message = 'Cached and cache-write tokens are part of input_tokens and cannot be more than those.',
      detail = format('Got input_tokens %s, cached_input_tokens %s, cache_write_5m_tokens %s, cache_write_1h_tokens %s.',
                      input_tokens, cached_input_tokens, cache_write_5m_tokens, cache_write_1h_tokens),
      hint = 'Anthropic reports them beside input_tokens: add all of them up first.';
  end if;

  asked.provider              := provider;
  asked.model                 := model;
  asked.recorded_at           := pricing_date;
  asked.input_tokens          := input_tokens;
  asked.output_tokens         := output_tokens;
  asked.cached_input_tokens   := cached_input_tokens;
  asked.cache_write_5m_tokens := cache_write_5m_tokens;
  asked.cache_write_1h_tokens := cache_write_1h_tokens;
  asked.is_batch              := is_batch;
  asked.is_estimated          := false;
  priced := (copilot_internal.calculate_llm_records(array[asked]))[1];

  pricing_found         := not priced.is_unpriced;
  is_long_context       := priced.variant = 'long_context';
  is_estimated          := priced.is_estimated;
  cached_input_cost_usd := coalesce(cached_input_tokens * priced.cached_input_price_per_million * 0.000001, 0);
  cache_write_cost_usd  := coalesce((cache_write_5m_tokens * priced.cache_write_5m_price_per_million
                                     + cache_write_1h_tokens * priced.cache_write_1h_price_per_million) * 0.000001, 0);
  input_cost_usd        := priced.input_cost_usd - cached_input_cost_usd - cache_write_cost_usd;

  -- Without loss and without padding: 0 for zero, else three decimals or as many as it takes.
  input_cost_usd        := coalesce(trim_scale(nullif(input_cost_usd, 0)) + 0.000, 0);
  cached_input_cost_usd := coalesce(trim_scale(nullif(cached_input_cost_usd, 0)) + 0.000, 0);
  cache_write_cost_usd  := coalesce(trim_scale(nullif(cache_write_cost_usd, 0)) + 0.000, 0);
  output_cost_usd       := coalesce(trim_scale(nullif(priced.output_cost_usd, 0)) + 0.000, 0);
  total_cost_usd        := coalesce(trim_scale(nullif(priced.total_cost_usd, 0)) + 0.000, 0);
  return next;
end
$function$;
comment on function copilot_internal.calculate_llm_cost_detailed(text,text,bigint,bigint,bigint,bigint,bigint,boolean,timestamp with time zone) is 'What an LLM call costs with cached input, cache writes, batch and long-context prices, in USD, exact. input_tokens includes cached and cache-write tokens and output_tokens includes reasoning tokens, as OpenAI and Google report them; for Anthropic, whose usage lists them beside, pass input_tokens + cache_read_input_tokens + cache_creation_input_tokens. More input than the threshold re-rates the whole request. is_estimated: something had no price of its own, or a derived one, and was priced by the dearest rule of the same list. A model without a price costs 0 with pricing_found false. Raises 22004 for NULL, 22023 for negative tokens or more special tokens than input.';
revoke all on function copilot_internal.calculate_llm_cost_detailed(text,text,bigint,bigint,bigint,bigint,bigint,boolean,timestamp with time zone) from public;
grant execute on function copilot_internal.calculate_llm_cost_detailed(text,text,bigint,bigint,bigint,bigint,bigint,boolean,timestamp with time zone) to authenticated;
grant execute on function copilot_internal.calculate_llm_cost_detailed(text,text,bigint,bigint,bigint,bigint,bigint,boolean,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.calculate_llm_rates(pricing_id uuid, variant text, is_batch boolean DEFAULT false)
 RETURNS TABLE(input numeric, output numeric, cached_input numeric, cache_write_5m numeric, cache_write_1h numeric, estimated text[])
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  plain   record;     -- standard prices
  own     record;     -- prices of the variant
  batch   record;
  ratios  numeric[];  -- numerator and denominator of each component that has both
begin
  select p.input_price_per_million as input, p.output_price_per_million as output, c.*
  into plain
  from copilot_internal.model_pricing as p
  cross join lateral (
    select
      max(c.price_per_million) filter (where c.component = 'cached_input')   as cached_input,
      max(c.price_per_million) filter (where c.component = 'cache_write_5m') as cache_write_5m,
      max(c.price_per_million) filter (where c.component = 'cache_write_1h') as cache_write_1h
    from copilot_internal.model_pricing_components as c
    where c.pricing_id = p.id and c.variant = 'standard'
  ) as c
  where p.id = calculate_llm_rates.pricing_id;
  select
    max(c.price_per_million) filter (where c.component = 'input')          as input,
    max(c.price_per_million) filter (where c.component = 'output')         as output,
    max(c.price_per_million) filter (where c.component = 'cached_input')   as cached_input,
    max(c.price_per_million) filter (where c.component = 'cache_write_5m') as cache_write_5m,
    max(c.price_per_million) filter (where c.component = 'cache_write_1h') as cache_write_1h,
    array_agg(c.component) filter (where c.is_derived)                     as derived
  into own
  from copilot_internal.model_pricing_components as c
  where c.pricing_id = calculate_llm_rates.pricing_id and c.variant = calculate_llm_rates.variant;
  if calculate_llm_rates.variant = 'standard' then
    own.input  := plain.input;
    own.output := plain.output;
  end if;
  ratios := array[own.input, plain.input, own.output, plain.output, own.cached_input, plain.cached_input,
                  own.cache_write_5m, plain.cache_write_5m, own.cache_write_1h, plain.cache_write_1h];

  -- What has no price of its own costs as much as the dearest rule of the same list makes of it: an estimate never flatters.
  -- As its standard price, also scaled like any other component of the variant; what is not plain also as plain input of the
  -- variant, and a cache write as any other cache write.
  input          := coalesce(own.input, copilot_internal.calculate_dearest_price(plain.input, ratios));
  output         := coalesce(own.output, copilot_internal.calculate_dearest_price(plain.output, ratios));
  ratios         := ratios || array[input, plain.input, output, plain.output];
  cached_input   := coalesce(own.cached_input, greatest(input,
    copilot_internal.calculate_dearest_price(coalesce(plain.cached_input, plain.input), ratios)));
  cache_write_5m := coalesce(own.cache_write_5m, greatest(input, own.cache_write_1h, plain.cache_write_1h,
    copilot_internal.calculate_dearest_price(coalesce(plain.cache_write_5m, plain.input), ratios)));
  cache_write_1h := coalesce(own.cache_write_1h, greatest(input, own.cache_write_5m, plain.cache_write_5m,
    copilot_internal.calculate_dearest_price(coalesce(plain.cache_write_1h, plain.input), ratios)));
  estimated := own.derived || array_remove(array[
    case when own.input is null then 'input' end,
    case when own.output is null then 'output' end,
    case when own.cached_input is null then 'cached_input' end,
    case when own.cache_write_5m is null then 'cache_write_5m' end,
    case when own.cache_write_1h is null then 'cache_write_1h' end
  ], null);

  -- A long context that is sent as a batch has no price of its own at all.
  if is_batch and calculate_llm_rates.variant = 'long_context' then
    select r.* into batch from copilot_internal.calculate_llm_rates(calculate_llm_rates.pricing_id, 'batch') as r;
    input          := greatest(input, batch.input);
    output         := greatest(output, batch.output);
    cached_input   := greatest(cached_input, batch.cached_input);
    cache_write_5m := greatest(cache_write_5m, batch.cache_write_5m);
    cache_write_1h := greatest(cache_write_1h, batch.cache_write_1h);
    estimated      := array['input', 'output', 'cached_input', 'cache_write_5m', 'cache_write_1h'];
  end if;
  return next;
end
$function$;
comment on function copilot_internal.calculate_llm_rates(uuid,text,boolean) is 'What a version of a price asks for each component in a variant (standard, batch, long_context), USD per million tokens, and which of them are estimates: derived, or without a price of their own and then priced by the dearest rule of the same list.';
revoke all on function copilot_internal.calculate_llm_rates(uuid,text,boolean) from public;
grant execute on function copilot_internal.calculate_llm_rates(uuid,text,boolean) to authenticated;
grant execute on function copilot_internal.calculate_llm_rates(uuid,text,boolean) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.calculate_llm_records(records copilot_internal.llm_cost_records[])
 RETURNS copilot_internal.llm_cost_records[]
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  priced  record;
  stamped copilot_internal.llm_cost_records;
  answers copilot_internal.llm_cost_records[] := records;
  price   record;
  place   integer;
  settled boolean[];  -- by place: priced already
begin
  -- One call of plain usage by a model's own name, as most are: two look-ups instead of a plan for everything.
  if cardinality(records) = 1 then
    stamped := records[1];
    if not stamped.is_batch
      and greatest(stamped.cached_input_tokens, stamped.cache_write_5m_tokens, stamped.cache_write_1h_tokens) = 0
    then
      select p.id, p.model, p.input_price_per_million as input, p.output_price_per_million as output into price
      from copilot_internal.model_pricing as p
      where p.provider = stamped.provider and p.model = stamped.model
        and p.effective_date <= stamped.recorded_at
        and (p.expires_at is null or stamped.recorded_at < p.expires_at)
      order by p.effective_date desc
      limit 1;
      if found and (stamped.input_tokens > (
        select min(c.threshold_input_tokens) from copilot_internal.model_pricing_components as c where c.pricing_id = price.id
      )) is not true then
        stamped.pricing_id                       := price.id;
        stamped.priced_model                     := price.model;
        stamped.variant                          := 'standard';
        stamped.input_price_per_million          := price.input;
        stamped.output_price_per_million         := price.output;
        stamped.cached_input_price_per_million   := null;
        stamped.cache_write_5m_price_per_million := null;
        stamped.cache_write_1h_price_per_million := null;
        stamped.input_cost_usd                   := stamped.input_tokens * price.input * 0.000001;
        stamped.output_cost_usd                  := stamped.output_tokens * price.output * 0.000001;
        stamped.total_cost_usd                   := stamped.input_cost_usd + stamped.output_cost_usd;
        stamped.is_unpriced                      := false;
        stamped.is_adopted                       := false;
        return array[stamped];
      end if;
    end if;
  else
    -- Plain usage of many calls: one look-up for each model that had one price in all of their time.
    for price in
      select p.id, p.model, p.input_price_per_million as input, p.output_price_per_million as output,
             p.input_price_per_million * 0.000001 as input_each, p.output_price_per_million * 0.000001 as output_each, m.places
      from (
        select r.provider, r.model, array_agg(r.ordinality) as places, min(r.recorded_at) as first_at,
               max(r.recorded_at) as last_at, max(r.input_tokens) as most_tokens
        from unnest(records) with ordinality as r
        where not r.is_batch and r.cached_input_tokens = 0 and r.cache_write_5m_tokens = 0 and r.cache_write_1h_tokens = 0
        group by r.provider, r.model
      ) as m
      cross join lateral (
        -- The newest of that time: if it began before the first call and goes on after the last, no other price can be meant.
        select v.id, v.model, v.input_price_per_million, v.output_price_per_million, v.effective_date, v.expires_at
        from copilot_internal.model_pricing as v
        where v.provider = m.provider and v.model = m.model and v.effective_date <= m.last_at
        order by v.effective_date desc
        limit 1
      ) as p
      where p.effective_date <= m.first_at and (p.expires_at is null or m.last_at < p.expires_at)
        and (m.most_tokens > (
          select min(c.threshold_input_tokens) from copilot_internal.model_pricing_components as c where c.pricing_id = p.id
        )) is not true
    loop
      foreach place in array price.places loop
        stamped := records[place];
        stamped.pricing_id                       := price.id;
        stamped.priced_model                     := price.model;
        stamped.variant                          := 'standard';
        stamped.input_price_per_million          := price.input;
        stamped.output_price_per_million         := price.output;
        stamped.cached_input_price_per_million   := null;
        stamped.cache_write_5m_price_per_million := null;
        stamped.cache_write_1h_price_per_million := null;
        stamped.input_cost_usd                   := stamped.input_tokens * price.input_each;
        stamped.output_cost_usd                  := stamped.output_tokens * price.output_each;
        stamped.total_cost_usd                   := stamped.input_cost_usd + stamped.output_cost_usd;
        stamped.is_unpriced                      := false;
        stamped.is_adopted                       := false;
        answers[place] := stamped;
        settled[place] := true;
      end loop;
    end loop;
    if cardinality(array_positions(settled, true)) = cardinality(records) then
      return answers;
    end if;
  end if;
  for priced in
    with asked as materialized (
      select r.ordinality as position, r.provider, r.model, r.recorded_at, r.is_batch, r.output_tokens, r.cached_input_tokens,
             r.cache_write_5m_tokens, r.cache_write_1h_tokens, r.input_tokens,
             r.input_tokens - r.cached_input_tokens - r.cache_write_5m_tokens - r.cache_write_1h_tokens as plain_tokens
      from unnest(records) with ordinality as r
      where settled[r.ordinality] is not true
    ), found as materialized (
      select a.*, p.id as price, p.model as priced_as, p.input_price_per_million as plain_input,
             p.output_price_per_million as plain_output,
             case
               when p.id is null then 'standard'
               when a.input_tokens > (
                 select min(c.threshold_input_tokens) from copilot_internal.model_pricing_components as c where c.pricing_id = p.id
               ) then 'long_context'
               when a.is_batch then 'batch'
               else 'standard'
             end as used
      from asked as a
      left join lateral (
        select v.id, v.model, v.input_price_per_million, v.output_price_per_million
        from copilot_internal.model_pricing as v
        where v.provider = a.provider and v.model = a.model
          and v.effective_date <= a.recorded_at
          and (v.expires_at is null or a.recorded_at < v.expires_at)
        order by v.effective_date desc
        limit 1
      ) as own on true
      -- An alias is looked up only where there is no price of its own.
      left join lateral (
        select v.id, v.model, v.input_price_per_million, v.output_price_per_million
        from copilot_internal.model_aliases as n
        join copilot_internal.model_pricing as v on v.provider = n.provider and v.model = n.model
        where own.id is null and n.provider = a.provider and n.alias = a.model
          and v.effective_date <= a.recorded_at
          and (v.expires_at is null or a.recorded_at < v.expires_at)
        order by v.effective_date desc
        limit 1
      ) as other on true
      cross join lateral (
        select coalesce(own.id, other.id) as id, coalesce(own.model, other.model) as model,
               coalesce(own.input_price_per_million, other.input_price_per_million) as input_price_per_million,
               coalesce(own.output_price_per_million, other.output_price_per_million) as output_price_per_million
      ) as p
    ), cards as materialized (
      -- Plain usage needs plain prices only.
      select d.price, d.used, d.is_batch, c.*
      from (
        select distinct f.price, f.used, f.is_batch from found as f
        where f.price is not null and (f.used <> 'standard' or f.plain_tokens <> f.input_tokens)
      ) as d
      cross join lateral copilot_internal.calculate_llm_rates(d.price, d.used, d.is_batch) as c
    )
    select
      f.position, f.price, f.priced_as, f.used, coalesce(c.input, f.plain_input) as input,
      coalesce(c.output, f.plain_output) as output, c.cached_input, c.cache_write_5m, c.cache_write_1h,
      (f.plain_tokens * coalesce(c.input, f.plain_input)
       + coalesce(f.cached_input_tokens * c.cached_input + f.cache_write_5m_tokens * c.cache_write_5m
                  + f.cache_write_1h_tokens * c.cache_write_1h, 0)) * 0.000001 as input_cost,
      f.output_tokens * coalesce(c.output, f.plain_output) * 0.000001 as output_cost,
      f.plain_tokens > 0 and 'input' = any (c.estimated)
        or f.output_tokens > 0 and 'output' = any (c.estimated)
        or f.cached_input_tokens > 0 and 'cached_input' = any (c.estimated)
        or f.cache_write_5m_tokens > 0 and 'cache_write_5m' = any (c.estimated)
        or f.cache_write_1h_tokens > 0 and 'cache_write_1h' = any (c.estimated) as is_estimate
    from found as f
    left join cards as c
      on c.price = f.price and c.used = f.used and c.is_batch = f.is_batch and (f.used <> 'standard' or f.plain_tokens <> f.input_tokens)
  loop
    stamped := records[priced.position];
    stamped.pricing_id                       := priced.price;
    stamped.priced_model                     := priced.priced_as;
    stamped.variant                          := priced.used;
    stamped.input_price_per_million          := priced.input;
    stamped.output_price_per_million         := priced.output;
    stamped.cached_input_price_per_million   := priced.cached_input;
    stamped.cache_write_5m_price_per_million := priced.cache_write_5m;
    stamped.cache_write_1h_price_per_million := priced.cache_write_1h;
    stamped.input_cost_usd                   := coalesce(priced.input_cost, 0);
    stamped.output_cost_usd                  := coalesce(priced.output_cost, 0);
    stamped.total_cost_usd                   := stamped.input_cost_usd + stamped.output_cost_usd;
    stamped.is_estimated                     := stamped.is_estimated or coalesce(priced.is_estimate, false);
    stamped.is_unpriced                      := priced.price is null;
    stamped.is_adopted                       := false;
    answers[priced.position] := stamped;
  end loop;
  return answers;
end
$function$;
comment on function copilot_internal.calculate_llm_records(copilot_internal.llm_cost_records[]) is 'The records with prices, costs and marks that the price list gives them as of their own times, in the same order: what calculate_llm_cost_detailed answers and what is recorded are one calculation. Reads price lists only.';
revoke all on function copilot_internal.calculate_llm_records(copilot_internal.llm_cost_records[]) from public;
grant execute on function copilot_internal.calculate_llm_records(copilot_internal.llm_cost_records[]) to authenticated;
grant execute on function copilot_internal.calculate_llm_records(copilot_internal.llm_cost_records[]) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.calculate_scaled_price(price numeric, numerator numeric, denominator numeric)
 RETURNS numeric
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  -- Rounded up to what a price list holds, without a division that rounds on the way.
  return case when denominator > 0 then
    (div(price * numerator * 1000000000000, denominator)
     + (mod(price * numerator * 1000000000000, denominator) > 0)::integer) * 0.000000000001
  end;
end
$function$;
comment on function copilot_internal.calculate_scaled_price(numeric,numeric,numeric) is 'A price times a ratio, rounded up to 12 decimals; null when the ratio has no denominator.';
revoke all on function copilot_internal.calculate_scaled_price(numeric,numeric,numeric) from public;
grant execute on function copilot_internal.calculate_scaled_price(numeric,numeric,numeric) to authenticated;
grant execute on function copilot_internal.calculate_scaled_price(numeric,numeric,numeric) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.cancel_e2b_price(tier text, region text, effective_date timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  cancelled integer;
begin
  if tier is null or region is null then
    raise exception using errcode = '22004', message = 'tier and region must not be NULL.',
      detail = format('Got tier %L, region %L.', tier, region),
      hint = 'Leave effective_date out to cancel all that is scheduled.';
  elsif effective_date <= now() then
    perform copilot_internal.refuse_price_rewriting(
      format('The price of %s in %s that started at %s is in force, or has been.', tier, region, effective_date),
      'e2b_pricing', null, 'Only what is scheduled can be cancelled. Set another price, or let this one expire.');
  end if;
  perform copilot_internal.begin_price_change('e2b_pricing', tier, region);
  delete from copilot_internal.e2b_pricing as p
  where p.tier = cancel_e2b_price.tier and p.region = cancel_e2b_price.region and p.effective_date > now()
    and p.effective_date = coalesce(cancel_e2b_price.effective_date, p.effective_date);
  get diagnostics cancelled = row_count;
  return cancelled;
end
$function$;
comment on function copilot_internal.cancel_e2b_price(text,text,timestamp with time zone) is 'Cancels the price of a tier in a region that is scheduled for effective_date, or all that are scheduled, and answers how many: as cancel_model_price.';
revoke all on function copilot_internal.cancel_e2b_price(text,text,timestamp with time zone) from public;
grant execute on function copilot_internal.cancel_e2b_price(text,text,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.cancel_model_price(provider text, model text, effective_date timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  cancelled integer;
begin
  if provider is null or model is null then
    raise exception using errcode = '22004', message = 'provider and model must not be NULL.',
      detail = format('Got provider %L, model %L.', provider, model),
      hint = 'Leave effective_date out to cancel all that is scheduled.';
  elsif effective_date <= now() then
    perform copilot_internal.refuse_price_rewriting(
      format('The price of %s %s that started at %s is in force, or has been.', provider, model, effective_date),
      'model_pricing', copilot_internal.model_price_at(provider, model, effective_date),
      'Only what is scheduled can be cancelled. Set another price, or let this one expire.');
  end if;
  perform copilot_internal.begin_price_change('model_pricing', provider, model);
  delete from copilot_internal.model_pricing as p
  where p.provider = cancel_model_price.provider and p.model = cancel_model_price.model and p.effective_date > now()
    and p.effective_date = coalesce(cancel_model_price.effective_date, p.effective_date);
  get diagnostics cancelled = row_count;
  return cancelled;
end
$function$;
comment on function copilot_internal.cancel_model_price(text,text,timestamp with time zone) is 'Cancels the price of a model that is scheduled for effective_date, or all that are scheduled, and answers how many; the price before then goes on. Raises 22004 for NULL, QT001 for a price that has begun or at which usage is reported already.';
revoke all on function copilot_internal.cancel_model_price(text,text,timestamp with time zone) from public;
grant execute on function copilot_internal.cancel_model_price(text,text,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.charge_quota_part(quota_id uuid, amount numeric)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.charge_quota_part(uuid,numeric) is 'Adds an amount (USD) to a part of a quota that nobody else holds, to a new one where there is none. False, and nothing is done, for a quota that is not spread, and outside its period: then its row is charged.';
revoke all on function copilot_internal.charge_quota_part(uuid,numeric) from public;
grant execute on function copilot_internal.charge_quota_part(uuid,numeric) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.charge_quotas(quota_ids uuid[], amount numeric)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform copilot_internal.apply_charges(quota_ids, array_fill(amount, array[cardinality(quota_ids)]));
end
$function$;
comment on function copilot_internal.charge_quotas(uuid[],numeric) is 'Adds one amount (USD) to the spend of each of these quotas, as apply_charges does.';
revoke all on function copilot_internal.charge_quotas(uuid[],numeric) from public;
grant execute on function copilot_internal.charge_quotas(uuid[],numeric) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.charge_usage(resource_type text, tenant_ids uuid[], user_ids uuid[], amounts numeric[], record_ids uuid[], reservation_ids uuid[], unpriced boolean[], is_correction boolean DEFAULT false)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.charge_usage(text,uuid[],uuid[],numeric[],uuid[],uuid[],boolean[],boolean) is 'Charges what usage costs, or credits what it costs less (negative amounts), to every quota concerned, each once, and closes the holds that it was reserved by. What a settlement of such a hold has charged is taken off. Usage without a price is charged the amount of its hold to quotas with unpriced_policy charge_hold, until its price is known. A credit gives each quota back what it was charged, and no more; in doubt are only one that was made while the usage was just being charged, and one whose start was moved past it.';
revoke all on function copilot_internal.charge_usage(text,uuid[],uuid[],numeric[],uuid[],uuid[],boolean[],boolean) from public;
grant execute on function copilot_internal.charge_usage(text,uuid[],uuid[],numeric[],uuid[],uuid[],boolean[],boolean) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.check_e2b_quota(scope text, scope_id uuid, estimated_cost numeric)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return copilot_internal.check_quota(scope, scope_id, 'e2b', estimated_cost);
end
$function$;
comment on function copilot_internal.check_e2b_quota(text,uuid,numeric) is 'Whether a sandbox run of this estimated cost (USD) fits every e2b and all quota of the scope: spend, open reservations and the estimate together within the limit, equal included. No quota, or none that has started, no limit. Promises nothing for later: another client may spend in between. Raises 22004 for NULL, 22023 for an unknown scope or a negative estimate.';
revoke all on function copilot_internal.check_e2b_quota(text,uuid,numeric) from public;
grant execute on function copilot_internal.check_e2b_quota(text,uuid,numeric) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.check_e2b_record_prices()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  wrong record;
begin
  perform copilot_internal.lock_e2b_prices(array_agg(k.tier), array_agg(k.region), array_agg(k.recorded_at))
  from (
    select p.tier, p.region, max(a.recorded_at) as recorded_at
    from added as a join copilot_internal.e2b_pricing as p on p.id = a.pricing_id
    group by p.tier, p.region
  ) as k
  having count(*) > 0;
  if current_setting('transaction_isolation') <> 'read committed' and (
    select count(*) from (
      select p.id from copilot_internal.e2b_pricing as p
      where p.id in (select a.pricing_id from added as a) order by p.id for share skip locked
    ) as unchanged
  ) < (select count(distinct a.pricing_id) from added as a) then
    raise exception using errcode = '40001', message = 'A price that this usage is charged at is being changed.',
      detail = 'Whoever changes it has not committed, and this transaction would not see it.', hint = 'Run the transaction again.';
  end if;

  select a.id, a.tenant_id, a.pricing_id, a.recorded_at into wrong
  from added as a
  left join copilot_internal.e2b_pricing as applied on applied.id = a.pricing_id
  where a.pricing_id is not null
    and (
      applied.tier is distinct from a.tier
      or (applied.region <> a.region) <> a.is_estimated
      or (applied.price_per_second, applied.price_per_cpu_core_second, applied.price_per_gb_memory_second, applied.price_per_gb_disk_io)
         <> (a.price_per_second, a.price_per_cpu_core_second, a.price_per_gb_memory_second, a.price_per_gb_disk_io)
      or a.pricing_id is distinct from (
        select p.id from copilot_internal.e2b_pricing as p
        where p.tier = applied.tier and p.region = applied.region
          and p.effective_date <= a.recorded_at and (p.expires_at is null or a.recorded_at < p.expires_at)
        order by p.effective_date desc
        limit 1
      )
    )
  limit 1;
  if found then
    raise exception using errcode = 'QT001',
      message = format('A record of usage at %s carries a price that is not what the price list says for then.', wrong.recorded_at),
      detail = format('e2b_cost_records: record %s of tenant %s, price %s.', wrong.id, wrong.tenant_id, wrong.pricing_id),
      hint = 'Record usage with copilot_internal.record_e2b_usage, or mark the record is_unpriced or is_adopted.';
  end if;
  return null;
end
$function$;
comment on function copilot_internal.check_e2b_record_prices() is 'Trigger: raises QT001 when a record carries a price that the list does not have for its time, 40001 when a snapshot is too old to tell.';
revoke all on function copilot_internal.check_e2b_record_prices() from public;
grant execute on function copilot_internal.check_e2b_record_prices() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.check_llm_quota(scope text, scope_id uuid, estimated_cost numeric)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  return copilot_internal.check_quota(scope, scope_id, 'llm', estimated_cost);
end
$function$;
comment on function copilot_internal.check_llm_quota(text,uuid,numeric) is 'Whether an LLM call of this estimated cost (USD) fits every llm and all quota of the scope: as check_e2b_quota.';
revoke all on function copilot_internal.check_llm_quota(text,uuid,numeric) from public;
grant execute on function copilot_internal.check_llm_quota(text,uuid,numeric) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.check_llm_record_prices()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  priced bigint;  -- records with a price
  fine   bigint;  -- of them, plain usage that is right
  wrong  record;
begin
  perform copilot_internal.lock_llm_prices(array_agg(k.provider), array_agg(k.priced_model))
  from (select distinct a.provider, a.priced_model from added as a where a.pricing_id is not null) as k
  having count(*) > 0;
  -- A snapshot from before a price change does not show it, but whoever locks a row that it wrote is told (40001).
  if current_setting('transaction_isolation') <> 'read committed' and (
    select count(*) from (
      select p.id from copilot_internal.model_pricing as p
      where p.id in (select a.pricing_id from added as a) order by p.id for share skip locked
    ) as unchanged
  ) < (select count(distinct a.pricing_id) from added as a) then
    raise exception using errcode = '40001', message = 'A price that this usage is charged at is being changed.',
      detail = 'Whoever changes it has not committed, and this transaction would not see it.', hint = 'Run the transaction again.';
  end if;

  -- Plain usage is looked at first, which most is: each price is looked up once, and if all is right, that is all.
  with applied as materialized (
    select p.id, p.provider, p.model, p.input_price_per_million, p.output_price_per_million, p.effective_date,
           least(p.expires_at, (
             select min(v.effective_date) from copilot_internal.model_pricing as v
             where v.provider = p.provider and v.model = p.model and v.effective_date > p.effective_date
           )) as ends_at,
           (
             select min(c.threshold_input_tokens) from copilot_internal.model_pricing_components as c where c.pricing_id = p.id
           ) as threshold
    from copilot_internal.model_pricing as p
    where p.id in (select a.pricing_id from added as a)
  )
  select count(*), count(*) filter (where
    a.provider = p.provider and a.priced_model = p.model and a.model = p.model
    and a.recorded_at >= p.effective_date and (p.ends_at is null or a.recorded_at < p.ends_at)
    and a.variant = 'standard' and not a.is_batch and (a.input_tokens > p.threshold) is not true
    and a.input_price_per_million = p.input_price_per_million and a.output_price_per_million = p.output_price_per_million
    and a.cached_input_tokens + a.cache_write_5m_tokens + a.cache_write_1h_tokens = 0)
  into priced, fine
  from added as a
  left join applied as p on p.id = a.pricing_id
  where a.pricing_id is not null;
  if fine = priced then
    return null;
  end if;

  select a.id, a.tenant_id, a.pricing_id, a.recorded_at into wrong
  from added as a
  left join copilot_internal.model_pricing as p on p.id = a.pricing_id
  where a.pricing_id is not null
    and (
      a.pricing_id is distinct from (
        select v.id from copilot_internal.model_pricing as v
        where v.provider = a.provider and v.model = a.priced_model
          and v.effective_date <= a.recorded_at and (v.expires_at is null or a.recorded_at < v.expires_at)
        order by v.effective_date desc
        limit 1
      )
      or a.variant <> case
        when a.input_tokens > (
          select min(c.threshold_input_tokens) from copilot_internal.model_pricing_components as c where c.pricing_id = a.pricing_id
        ) then 'long_context'
        when a.is_batch then 'batch'
        else 'standard'
      end
      or a.variant = 'standard' and (a.input_price_per_million, a.output_price_per_million)
                                    <> (p.input_price_per_million, p.output_price_per_million)
    )
  limit 1;
  -- Names that no alias of today explains, if there are any.
  if not found and exists (
    select 1 from added as a
    where a.priced_model <> a.model and not exists (
      select 1 from copilot_internal.model_aliases as n
      where n.provider = a.provider and n.alias = a.model and n.model = a.priced_model
    )
  ) then
    -- A revision goes on as the model that the call was priced as. It is one by the change that is written with it, of the same
    -- transaction: what is inserted later under the id of a call that was revised once is none.
    select a.id, a.tenant_id, a.pricing_id, a.recorded_at into wrong
    from added as a
    where a.priced_model <> a.model
      and not exists (
        select 1 from copilot_internal.model_aliases as n
        where n.provider = a.provider and n.alias = a.model and n.model = a.priced_model
      )
      and (
        select bool_or(c.xmin = r.xmin
                       and (c.former ->> 'provider', c.former ->> 'model', c.former ->> 'priced_model')
                           = (a.provider, a.model, a.priced_model))
        from copilot_internal.usage_changes as c
        join copilot_internal.llm_cost_records as r on (r.tenant_id, r.recorded_at, r.id) = (a.tenant_id, a.recorded_at, a.id)
        where c.tenant_id = a.tenant_id and c.record_id = a.id and c.resource_type = 'llm' and c.change = 'revised'
      ) is not true
    limit 1;
  end if;
  if not found and exists (
    select 1 from added as a
    where a.variant <> 'standard' or a.cached_input_tokens + a.cache_write_5m_tokens + a.cache_write_1h_tokens > 0
  ) then
    -- What is not plain usage, by the prices of its variant: each of them once.
    select a.id, a.tenant_id, a.pricing_id, a.recorded_at into wrong
    from (
      select distinct d.pricing_id, d.variant, d.is_batch from added as d
      where d.pricing_id is not null
        and (d.variant <> 'standard' or d.cached_input_tokens + d.cache_write_5m_tokens + d.cache_write_1h_tokens > 0)
    ) as used
    cross join lateral copilot_internal.calculate_llm_rates(used.pricing_id, used.variant, used.is_batch) as c
    join added as a on a.pricing_id = used.pricing_id and a.variant = used.variant and a.is_batch = used.is_batch
    where (a.input_price_per_million, a.output_price_per_million) <> (c.input, c.output)
      or a.cached_input_tokens > 0 and a.cached_input_price_per_million <> c.cached_input
      or a.cache_write_5m_tokens > 0 and a.cache_write_5m_price_per_million <> c.cache_write_5m
      or a.cache_write_1h_tokens > 0 and a.cache_write_1h_price_per_million <> c.cache_write_1h
    limit 1;
  end if;
  if found then
    raise exception using errcode = 'QT001',
      message = format('A record of usage at %s carries a price that is not what the price list says for then.', wrong.recorded_at),
      detail = format('llm_cost_records: record %s of tenant %s, price %s.', wrong.id, wrong.tenant_id, wrong.pricing_id),
      hint = 'Record usage with copilot_internal.record_llm_usage, or mark the record is_unpriced or is_adopted.';
  end if;
  return null;
end
$function$;
comment on function copilot_internal.check_llm_record_prices() is 'Trigger: raises QT001 when a record carries a price that the list does not have for its time, 40001 when a snapshot is too old to tell.';
revoke all on function copilot_internal.check_llm_record_prices() from public;
grant execute on function copilot_internal.check_llm_record_prices() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.check_price()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if tg_op = 'INSERT' and tg_argv[0] = 'at once' then
    -- The successor that was announced is here.
    perform set_config('copilot_internal.price_change', 'on', true);
    if tg_table_name = 'model_pricing' then
      update copilot_internal.model_pricing as p set announced_end = null
      where p.provider = new.provider and p.model = new.model and p.announced_end is not null;
    else
      update copilot_internal.e2b_pricing as p set announced_end = null
      where p.tier = new.tier and p.region = new.region and p.announced_end is not null;
    end if;
    perform set_config('copilot_internal.price_change', '', true);
  end if;
  perform copilot_internal.settle_price(new.id, tg_argv[0] = 'at commit');
  return null;
end
$function$;
comment on function copilot_internal.check_price() is 'Trigger: calls settle_price, at once for what can be seen and once more at the commit, alone with the price.';
revoke all on function copilot_internal.check_price() from public;
grant execute on function copilot_internal.check_price() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.check_quota(scope text, scope_id uuid, resource_type text, estimated_cost numeric)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.check_quota(text,uuid,text,numeric) is 'What check_e2b_quota promises, for any resource type.';
revoke all on function copilot_internal.check_quota(text,uuid,text,numeric) from public;
grant execute on function copilot_internal.check_quota(text,uuid,text,numeric) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.claim_requests(resource_type text, tenant_ids uuid[], request_ids text[], record_ids uuid[])
 RETURNS uuid[]
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  claimed integer;
begin
  if num_nonnulls(variadic request_ids) = 0 then
    return record_ids;
  end if;
  -- All are new, as most are: one without a list, many without asking of each whether it is.
  if cardinality(record_ids) = 1 then
    insert into copilot_internal.usage_requests as u (tenant_id, resource_type, request_id, record_id)
    values (tenant_ids[1], claim_requests.resource_type, request_ids[1], record_ids[1])
    on conflict on constraint usage_requests_pkey do nothing;
    if found then
      return record_ids;
    end if;
  else
    begin
      -- In the order of their names, so that two that report several do not deadlock. Whoever reports the same request at the
      -- same time waits here until the first has committed.
      insert into copilot_internal.usage_requests as u (tenant_id, resource_type, request_id, record_id)
      select r.tenant_id, claim_requests.resource_type, r.request_id, r.record_id
      from unnest(tenant_ids, request_ids, record_ids) as r (tenant_id, request_id, record_id)
      where r.request_id is not null
      order by r.tenant_id, r.request_id;
      return record_ids;
    exception when unique_violation then
      null;
    end;
  end if;
  -- Of what comes twice, the first is taken.
  insert into copilot_internal.usage_requests as u (tenant_id, resource_type, request_id, record_id)
  select r.tenant_id, claim_requests.resource_type, r.request_id, r.record_id
  from unnest(tenant_ids, request_ids, record_ids) with ordinality as r (tenant_id, request_id, record_id, position)
  where r.request_id is not null
  order by r.tenant_id, r.request_id, r.position
  on conflict on constraint usage_requests_pkey do nothing;
  get diagnostics claimed = row_count;
  if claimed = num_nonnulls(variadic request_ids) then
    return record_ids;
  end if;

  return array(
    select case when r.request_id is null then r.record_id else (
      select u.record_id from copilot_internal.usage_requests as u
      where u.tenant_id = r.tenant_id and u.resource_type = claim_requests.resource_type and u.request_id = r.request_id
    ) end
    from unnest(tenant_ids, request_ids, record_ids) with ordinality as r (tenant_id, request_id, record_id, position)
    order by r.position
  );
end
$function$;
comment on function copilot_internal.claim_requests(text,uuid[],text[],uuid[]) is 'Notes the requests that are new, and answers for each report the record that its request belongs to: its own, that of whoever reported it first, or null when somebody has removed that request meanwhile.';
revoke all on function copilot_internal.claim_requests(text,uuid[],text[],uuid[]) from public;
grant execute on function copilot_internal.claim_requests(text,uuid[],text[],uuid[]) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.close_expired_reservations()
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.close_expired_reservations() is 'Closes the holds whose time is over, and answers how many. They no longer count anyway: this keeps the open ones few. For a scheduled job.';
revoke all on function copilot_internal.close_expired_reservations() from public;
grant execute on function copilot_internal.close_expired_reservations() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.cost_summary(since timestamp with time zone, until timestamp with time zone, granularity text DEFAULT 'day'::text, group_by text[] DEFAULT '{}'::text[], time_zone text DEFAULT 'UTC'::text, tenant_id uuid DEFAULT NULL::uuid, resource_type text DEFAULT 'all'::text)
 RETURNS TABLE(bucket timestamp with time zone, tenant uuid, user_id uuid, provider text, model text, task text, tier text, conversation_id text, llm_request_count bigint, e2b_run_count bigint, input_tokens numeric, output_tokens numeric, execution_time_seconds numeric, llm_cost_usd numeric, e2b_cost_usd numeric, total_cost_usd numeric, estimated_count bigint, unpriced_count bigint)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
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
$function$;
comment on function copilot_internal.cost_summary(timestamp with time zone,timestamp with time zone,text,text[],text,uuid,text) is 'What usage from since to before until cost, exact, in buckets: hour, day, week (from Monday), month or all, in a time zone; by tenant, user, model, task, tier and conversation, as group_by names them; of one tenant, or of all that the caller may see; of llm, e2b or all. A bucket without usage has no row; calls have no tier and runs no model and no task. Whole UTC days are read from rollups where those know what is asked. Raises 22004, 22023, and QT010 where the records of a day are gone and its total would have to be split.';
revoke all on function copilot_internal.cost_summary(timestamp with time zone,timestamp with time zone,text,text[],text,uuid,text) from public;
grant execute on function copilot_internal.cost_summary(timestamp with time zone,timestamp with time zone,text,text[],text,uuid,text) to authenticated;
grant execute on function copilot_internal.cost_summary(timestamp with time zone,timestamp with time zone,text,text[],text,uuid,text) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.count_quota_anew()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.count_quota_anew() is 'Trigger: a quota that is edited to count other usage counts it from now on, and what it counted before as before.';
revoke all on function copilot_internal.count_quota_anew() from public;
grant execute on function copilot_internal.count_quota_anew() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.e2b_tier_priced(tier text, moment timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return exists (
    select 1 from copilot_internal.e2b_pricing as p
    where p.tier = e2b_tier_priced.tier
      and p.effective_date <= moment
      and (p.expires_at is null or moment < p.expires_at)
  );
end
$function$;
comment on function copilot_internal.e2b_tier_priced(text,timestamp with time zone) is 'Whether any region of a tier has a price at a moment, by which a run is priced or estimated.';
revoke all on function copilot_internal.e2b_tier_priced(text,timestamp with time zone) from public;
grant execute on function copilot_internal.e2b_tier_priced(text,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.fill_quota_period()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  -- Periods are counted otherwise from now on. What the statement says itself of the current one is taken at its word.
  if tg_op = 'UPDATE' then
    new.period_start := coalesce(new.period_start, old.period_start);
    if new.period_start = old.period_start and old.period_start <= clock_timestamp() then
      new.period_start := greatest(old.period_start, now());
      if new.spent_usd = old.spent_usd then
        new.spent_usd := 0;
      end if;
    end if;
    if new.period_end = old.period_end then
      new.period_end := null;
    end if;
  end if;

  new.period_start  := coalesce(new.period_start, now());
  new.period_anchor := coalesce(new.period_anchor, new.period_start);
  if new.period_end is null then
    new.period_end := upper(copilot_internal.quota_period(new.period_anchor, new.period, new.period_start));
  end if;
  return new;
end
$function$;
comment on function copilot_internal.fill_quota_period() is 'Trigger: a new quota starts now, is anchored where it starts and ends one period later, unless told otherwise. One whose period or anchor changes starts its next period now, with nothing spent (or as before, if it has not started yet), and ends where a period of the anchor does.';
revoke all on function copilot_internal.fill_quota_period() from public;
grant execute on function copilot_internal.fill_quota_period() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.first_day_recorded(resource_type text, since date)
 RETURNS date
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  begins constant timestamptz := since::timestamp at time zone 'UTC';
begin
  if resource_type = 'llm' then
    return (select (min(r.recorded_at) at time zone 'UTC')::date from copilot_internal.llm_cost_records as r where r.recorded_at >= begins);
  end if;
  return (select (min(r.recorded_at) at time zone 'UTC')::date from copilot_internal.e2b_cost_records as r where r.recorded_at >= begins);
end
$function$;
comment on function copilot_internal.first_day_recorded(text,date) is 'The first day from this one on, in UTC, that usage of this kind is recorded on; null without any.';
revoke all on function copilot_internal.first_day_recorded(text,date) from public;
grant execute on function copilot_internal.first_day_recorded(text,date) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.fold_e2b_days(since date, until date, tenant_id uuid DEFAULT NULL::uuid)
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO ''
 SET work_mem TO '64MB'
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
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
$function$;
comment on function copilot_internal.fold_e2b_days(date,date,uuid) is 'Adds the sandbox runs of some UTC days up anew, of one tenant or of all, and answers how many rows that made. For fold_usage, which knows when a day may be added up.';
revoke all on function copilot_internal.fold_e2b_days(date,date,uuid) from public;
grant execute on function copilot_internal.fold_e2b_days(date,date,uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.fold_llm_days(since date, until date, tenant_id uuid DEFAULT NULL::uuid)
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO ''
 SET work_mem TO '64MB'
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
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
$function$;
comment on function copilot_internal.fold_llm_days(date,date,uuid) is 'Adds the LLM usage of some UTC days up anew, of one tenant or of all, and answers how many rows that made. For fold_usage, which knows when a day may be added up.';
revoke all on function copilot_internal.fold_llm_days(date,date,uuid) from public;
grant execute on function copilot_internal.fold_llm_days(date,date,uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.fold_usage(max_days integer DEFAULT 31, patience interval DEFAULT '00:00:02'::interval)
 RETURNS TABLE(resource_type text, covered_before date, days_folded integer, days_renewed integer, writers_awaited bigint)
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.fold_usage(integer,interval) is 'Adds up the days that are over, and anew those that changed since, so that the views read fewer records; they answer the same before and after. At most max_days days of each kind in a call: repeat until days_folded and days_renewed are 0. Nobody who records waits for it. It waits for patience for those who are just recording; where some have not committed by then, writers_awaited says how many, and no further day is added up. Two at once do the work once. Raises 22004, 22023, and 25001 outside of read committed.';
revoke all on function copilot_internal.fold_usage(integer,interval) from public;
grant execute on function copilot_internal.fold_usage(integer,interval) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.forget_rollups()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.forget_rollups() is 'Trigger: where all records of a kind are gone, so are their rollups.';
revoke all on function copilot_internal.forget_rollups() from public;
grant execute on function copilot_internal.forget_rollups() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.gather_quota(quota_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.gather_quota(uuid) is 'Takes back spread_quota: what the parts of the quota hold is added to its spent_usd, and recordings charge its row again. Nothing changes for a quota that is not spread. Raises 22004 for NULL.';
revoke all on function copilot_internal.gather_quota(uuid) from public;
grant execute on function copilot_internal.gather_quota(uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.get_current_model_pricing(provider text, model text)
 RETURNS TABLE(pricing_id uuid, input_price_per_million numeric, output_price_per_million numeric, effective_date timestamp with time zone, expires_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if provider is null or model is null then
    raise exception using errcode = '22004', message = 'provider and model must not be NULL.',
      detail = format('Got provider %L, model %L.', provider, model),
      hint = 'Pass both, as they stand in copilot_internal.model_pricing.';
  end if;

  return query
    select
      p.id,
      coalesce(trim_scale(nullif(p.input_price_per_million, 0)) + 0.000, 0),
      coalesce(trim_scale(nullif(p.output_price_per_million, 0)) + 0.000, 0),
      p.effective_date,
      least(p.expires_at, (
        select min(n.effective_date)
        from copilot_internal.model_pricing as n
        where n.provider = p.provider and n.model = p.model and n.effective_date > now()
      ))
    from copilot_internal.model_pricing as p
    where p.provider = get_current_model_pricing.provider
      and p.model in (get_current_model_pricing.model, (
        select a.model from copilot_internal.model_aliases as a
        where a.provider = get_current_model_pricing.provider and a.alias = get_current_model_pricing.model
      ))
      and p.effective_date <= now()
      and (p.expires_at is null or now() < p.expires_at)
    order by p.model <> get_current_model_pricing.model, p.effective_date desc
    limit 1;
end
$function$;
comment on function copilot_internal.get_current_model_pricing(text,text) is 'The price of a model, or of the model an alias stands for, that is in force now, USD per million tokens; no row when there is none. expires_at: when it ends, as far as is known. Raises 22004 for NULL.';
revoke all on function copilot_internal.get_current_model_pricing(text,text) from public;
grant execute on function copilot_internal.get_current_model_pricing(text,text) to authenticated;
grant execute on function copilot_internal.get_current_model_pricing(text,text) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.give_components()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  given constant text := nullif(current_setting('copilot_internal.components', true), '');
begin
  if given is null then
    perform copilot_internal.inherit_components(new.id);
  else
    insert into copilot_internal.model_pricing_components
      (pricing_id, variant, component, price_per_million, threshold_input_tokens, is_derived)
    select new.id, c.variant, c.component, c.price_per_million, c.threshold_input_tokens, c.is_derived
    from copilot_internal.read_components(given::jsonb) as c;
  end if;
  return null;
end
$function$;
comment on function copilot_internal.give_components() is 'Trigger: a new version has the components that set_model_price was given (setting copilot_internal.components), else those of the version before it.';
revoke all on function copilot_internal.give_components() from public;
grant execute on function copilot_internal.give_components() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.guard_component()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if (tg_op = 'DELETE'
      or (new.pricing_id, new.variant, new.component, new.price_per_million, new.threshold_input_tokens, new.is_derived)
         is distinct from
         (old.pricing_id, old.variant, old.component, old.price_per_million, old.threshold_input_tokens, old.is_derived))
    and exists (
    select 1 from copilot_internal.model_pricing as p
    where p.id = old.pricing_id
      and (p.effective_date < now() or exists (select 1 from copilot_internal.llm_cost_records as r where r.pricing_id = p.id))
  ) then
    raise exception using errcode = 'QT001',
      message = 'A component of a price that has been in force, or that usage refers to, cannot be rewritten or deleted.',
      detail = format('%s %s belongs to price %s.', old.variant, old.component, old.pricing_id),
      hint = 'Set a new price with copilot_internal.set_model_price, and give it its components.';
  end if;
  return coalesce(new, old);
end
$function$;
comment on function copilot_internal.guard_component() is 'Trigger: raises QT001 when a component of a version that has been in force, or that usage refers to, would be rewritten or deleted.';
revoke all on function copilot_internal.guard_component() from public;
grant execute on function copilot_internal.guard_component() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.guard_e2b_price()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  announces_successor constant boolean := tg_nargs > 0;
begin
  if tg_op = 'DELETE' then
    perform copilot_internal.guard_price('e2b_pricing', old.id, old.effective_date, true, false, false);
    return old;
  end if;
  if announces_successor then
    if new.expires_at is distinct from old.expires_at then
      new.price_per_second           := old.price_per_second;
      new.price_per_cpu_core_second  := old.price_per_cpu_core_second;
      new.price_per_gb_memory_second := old.price_per_gb_memory_second;
      new.price_per_gb_disk_io       := old.price_per_gb_disk_io;
      new.announced_end := case when new.expires_at > clock_timestamp() + interval '1 minute' and old.effective_date <= now()
        and (old.expires_at is null or now() < old.expires_at) then new.expires_at end;
      new.expires_at := copilot_internal.price_expiry(
        'e2b_pricing', old.id, old.effective_date, old.expires_at, new.expires_at, true);
    end if;
    return new;
  end if;
  perform copilot_internal.guard_price('e2b_pricing', old.id, old.effective_date, false,
    (new.id, new.tier, new.region) <> (old.id, old.tier, old.region), new.effective_date <> old.effective_date);
  new.expires_at := copilot_internal.price_expiry(
    'e2b_pricing', old.id, old.effective_date, old.expires_at, new.expires_at, false);
  return new;
end
$function$;
comment on function copilot_internal.guard_e2b_price() is 'Trigger: as guard_model_price, for the prices of sandboxes.';
revoke all on function copilot_internal.guard_e2b_price() from public;
grant execute on function copilot_internal.guard_e2b_price() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.guard_model_price()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  announces_successor constant boolean := tg_nargs > 0;
begin
  if tg_op = 'DELETE' then
    perform copilot_internal.guard_price('model_pricing', old.id, old.effective_date, true, false, false);
    return old;
  end if;
  if announces_successor then
    if new.expires_at is distinct from old.expires_at then
      -- The old value stays: the successor will have the new one.
      new.input_price_per_million  := old.input_price_per_million;
      new.output_price_per_million := old.output_price_per_million;
      new.announced_end := case when new.expires_at > clock_timestamp() + interval '1 minute' and old.effective_date <= now()
        and (old.expires_at is null or now() < old.expires_at) then new.expires_at end;
      new.expires_at := copilot_internal.price_expiry(
        'model_pricing', old.id, old.effective_date, old.expires_at, new.expires_at, true);
    end if;
    return new;
  end if;
  perform copilot_internal.guard_price('model_pricing', old.id, old.effective_date, false,
    (new.id, new.provider, new.model) <> (old.id, old.provider, old.model), new.effective_date <> old.effective_date);
  new.expires_at := copilot_internal.price_expiry(
    'model_pricing', old.id, old.effective_date, old.expires_at, new.expires_at, false);
  return new;
end
$function$;
comment on function copilot_internal.guard_model_price() is 'Trigger: a version that usage refers to is not deleted, one that has been in force is neither renamed nor moved, and an UPDATE that sets prices and an end announces a successor: the price in force stays as it is until that is inserted.';
revoke all on function copilot_internal.guard_model_price() from public;
grant execute on function copilot_internal.guard_model_price() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.guard_new_components()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  late record;
begin
  select a.pricing_id, a.variant, a.component into late
  from added as a
  join copilot_internal.model_pricing as p on p.id = a.pricing_id
  where exists (select 1 from copilot_internal.llm_cost_records as r where r.pricing_id = p.id)
    or p.effective_date < now() and exists (
      select 1 from copilot_internal.model_pricing_components as c
      where c.pricing_id = p.id
        and not exists (select 1 from added as b where (b.pricing_id, b.variant, b.component) = (c.pricing_id, c.variant, c.component))
    )
  limit 1;
  if found then
    raise exception using errcode = 'QT001',
      message = 'A price that has been in force, or that usage refers to, cannot be given another component.',
      detail = format('%s %s would belong to price %s.', late.variant, late.component, late.pricing_id),
      hint = 'Set a new price with copilot_internal.set_model_price, and give it its components.';
  end if;
  return null;
end
$function$;
comment on function copilot_internal.guard_new_components() is 'Trigger: a version gets its components in one statement and before it is used; raises QT001 for more of them later. One that is in force, has none and was never charged may still be given them, all at once: until then all but plain usage of it was an estimate, and no record depends on it.';
revoke all on function copilot_internal.guard_new_components() from public;
grant execute on function copilot_internal.guard_new_components() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.guard_price(list text, price uuid, began timestamp with time zone, is_deleted boolean, is_renamed boolean, is_moved boolean)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  used constant boolean := exists (
    select 1 from copilot_internal.priced_usage as u where u.list = guard_price.list and u.pricing_id = price
  );
begin
  if is_deleted and used then
    perform copilot_internal.refuse_price_rewriting('A price that usage refers to cannot be deleted.', list, price,
      'End it instead: set expires_at to now() or later.');
  elsif (is_renamed or is_moved) and (used or began < now()) then
    perform copilot_internal.refuse_price_rewriting(
      case when used then 'A price that usage refers to keeps its name and its start.'
           else 'A price that has been in force keeps its name and its start.' end, list, price);
  end if;
end
$function$;
comment on function copilot_internal.guard_price(text,uuid,timestamp with time zone,boolean,boolean,boolean) is 'Raises QT001 when a version that usage refers to would be deleted, or one that it refers to or that has been in force be renamed or moved.';
revoke all on function copilot_internal.guard_price(text,uuid,timestamp with time zone,boolean,boolean,boolean) from public;
grant execute on function copilot_internal.guard_price(text,uuid,timestamp with time zone,boolean,boolean,boolean) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.increment_e2b_quota_spend(scope text, scope_id uuid, amount numeric)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform copilot_internal.increment_quota_spend(scope, scope_id, 'e2b', amount);
end
$function$;
comment on function copilot_internal.increment_e2b_quota_spend(text,uuid,numeric) is 'Adds a cost (USD) to the spend of every e2b and all quota of the scope that has started, atomically. Spend may pass the limit: what was used was used. Raises 22004 for NULL, 22023 for an unknown scope or a negative amount.';
revoke all on function copilot_internal.increment_e2b_quota_spend(text,uuid,numeric) from public;
grant execute on function copilot_internal.increment_e2b_quota_spend(text,uuid,numeric) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.increment_llm_quota_spend(scope text, scope_id uuid, amount numeric)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform copilot_internal.increment_quota_spend(scope, scope_id, 'llm', amount);
end
$function$;
comment on function copilot_internal.increment_llm_quota_spend(text,uuid,numeric) is 'Adds a cost (USD) to the spend of every llm and all quota of the scope: as increment_e2b_quota_spend.';
revoke all on function copilot_internal.increment_llm_quota_spend(text,uuid,numeric) from public;
grant execute on function copilot_internal.increment_llm_quota_spend(text,uuid,numeric) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.increment_quota_spend(scope text, scope_id uuid, resource_type text, amount numeric)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.increment_quota_spend(text,uuid,text,numeric) is 'What increment_e2b_quota_spend promises, for any resource type.';
revoke all on function copilot_internal.increment_quota_spend(text,uuid,text,numeric) from public;
grant execute on function copilot_internal.increment_quota_spend(text,uuid,text,numeric) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.inherit_components(price uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  heir   copilot_internal.model_pricing;
  former copilot_internal.model_pricing;
begin
  select p.* into heir from copilot_internal.model_pricing as p where p.id = price;
  select p.* into former
  from copilot_internal.model_pricing as p
  where p.provider = heir.provider and p.model = heir.model and p.effective_date < heir.effective_date
  order by p.expires_at is null or p.expires_at > heir.effective_date desc, p.effective_date desc
  limit 1;
  if not found then
    return;
  end if;
  delete from copilot_internal.model_pricing_components as c where c.pricing_id = price and c.is_derived;
  insert into copilot_internal.model_pricing_components
    (pricing_id, variant, component, price_per_million, threshold_input_tokens, is_derived, notes)
  select
    price, c.variant, c.component,
    greatest(c.price_per_million, case c.component
      when 'output' then copilot_internal.calculate_scaled_price(
        c.price_per_million, heir.output_price_per_million, former.output_price_per_million)
      else copilot_internal.calculate_scaled_price(
        c.price_per_million, heir.input_price_per_million, former.input_price_per_million)
    end),
    c.threshold_input_tokens, true,
    format('Derived from the price that began at %s: unchanged, or scaled with the plain price, whichever is dearer.', former.effective_date)
  from copilot_internal.model_pricing_components as c
  where c.pricing_id = former.id
  on conflict do nothing;
end
$function$;
comment on function copilot_internal.inherit_components(uuid) is 'Gives a version the components of the one before it that it does not have: unchanged, or scaled with the plain price, whichever is dearer, and marked as derived.';
revoke all on function copilot_internal.inherit_components(uuid) from public;
grant execute on function copilot_internal.inherit_components(uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.is_first_period(one copilot_internal.cost_quota_periods)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return one.quota_id is not null and not exists (
    select 1 from copilot_internal.cost_quota_periods as p
    where p.quota_id = one.quota_id and (p.period_start, p.id) < (one.period_start, one.id)
  );
end
$function$;
comment on function copilot_internal.is_first_period(copilot_internal.cost_quota_periods) is 'Whether it is the first closed period of a quota that there still is: since then the quota has been charged.';
revoke all on function copilot_internal.is_first_period(copilot_internal.cost_quota_periods) from public;
grant execute on function copilot_internal.is_first_period(copilot_internal.cost_quota_periods) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.is_held_estimate(tenant_id uuid, user_id uuid, resource_type text, reservation_id uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.is_held_estimate(uuid,uuid,text,uuid) is 'Whether usage without a price will be charged the amount of its hold to some quota, as an estimate.';
revoke all on function copilot_internal.is_held_estimate(uuid,uuid,text,uuid) from public;
grant execute on function copilot_internal.is_held_estimate(uuid,uuid,text,uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.keep_former_e2b_price()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  o           copilot_internal.e2b_pricing;
  n           copilot_internal.e2b_pricing;
  current_ids constant uuid[] := array_remove(array(
    select (
      select p.id from copilot_internal.e2b_pricing as p
      where p.tier = b.tier and p.region = b.region and p.effective_date <= m.moment and (p.expires_at is null or m.moment < p.expires_at)
      order by p.effective_date desc
      limit 1
    )
    from former as b
    cross join lateral (select copilot_internal.price_moment('e2b_pricing', b.tier, b.region)) as m (moment)
  ), null);
  in_force    boolean;
  is_free     boolean;
  has_met_one boolean;
begin
  for o in
    select b.* from former as b join wanted as a on a.id = b.id
    where (a.price_per_second, a.price_per_cpu_core_second, a.price_per_gb_memory_second, a.price_per_gb_disk_io)
          is distinct from
          (b.price_per_second, b.price_per_cpu_core_second, b.price_per_gb_memory_second, b.price_per_gb_disk_io)
    order by b.effective_date
  loop
    select a.* into n from wanted as a where a.id = o.id;
    in_force := o.id = any (current_ids);
    is_free := o.effective_date >= now()
      and not exists (select 1 from copilot_internal.e2b_cost_records as r where r.pricing_id = o.id);
    has_met_one := exists (
      select 1 from former as b
      where b.tier = o.tier and b.region = o.region and b.id <> o.id and b.id = any (current_ids)
    );
    if is_free and (in_force or not has_met_one) then
      continue;
    elsif not in_force and not has_met_one then
      perform copilot_internal.refuse_price_rewriting(
        case when o.effective_date >= now() then 'A price that usage refers to keeps its name and its start, and its value.'
             else 'A price that is over cannot be rewritten.' end, 'e2b_pricing', o.id);
    end if;

    perform set_config('copilot_internal.price_change', 'on', true);
    update copilot_internal.e2b_pricing as p
    set price_per_second = o.price_per_second, price_per_cpu_core_second = o.price_per_cpu_core_second,
        price_per_gb_memory_second = o.price_per_gb_memory_second, price_per_gb_disk_io = o.price_per_gb_disk_io,
        source = o.source, verified_on = o.verified_on, notes = o.notes, created_by = o.created_by,
        created_at = o.created_at, updated_at = case when in_force then now() else o.updated_at end
    where p.id = o.id;
    perform set_config('copilot_internal.price_change', '', true);
    if in_force then
      insert into copilot_internal.e2b_pricing
        (tier, region, price_per_second, price_per_cpu_core_second, price_per_gb_memory_second, price_per_gb_disk_io,
         expires_at, source, verified_on, notes)
      values
        (o.tier, o.region, n.price_per_second, n.price_per_cpu_core_second, n.price_per_gb_memory_second, n.price_per_gb_disk_io,
         n.expires_at, nullif(n.source, o.source), nullif(n.verified_on, o.verified_on), n.notes);
    end if;
  end loop;
  return null;
end
$function$;
comment on function copilot_internal.keep_former_e2b_price() is 'Trigger: as keep_former_model_price, for the prices of sandboxes.';
revoke all on function copilot_internal.keep_former_e2b_price() from public;
grant execute on function copilot_internal.keep_former_e2b_price() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.keep_former_model_price()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  o           copilot_internal.model_pricing;
  n           copilot_internal.model_pricing;
  current_ids constant uuid[] := array_remove(
    array(
      select copilot_internal.model_price_at(
        b.provider, b.model, copilot_internal.price_moment('model_pricing', b.provider, b.model))
      from former as b
    ), null);
  in_force    boolean;
  is_free     boolean;
  has_met_one boolean;
begin
  for o in
    select b.* from former as b join wanted as a on a.id = b.id
    where (a.input_price_per_million, a.output_price_per_million) is distinct from (b.input_price_per_million, b.output_price_per_million)
    order by b.effective_date
  loop
    select a.* into n from wanted as a where a.id = o.id;
    in_force := o.id = any (current_ids);
    -- It has not been in force before this very moment, and nobody was charged it.
    is_free := o.effective_date >= now()
      and not exists (select 1 from copilot_internal.llm_cost_records as r where r.pricing_id = o.id);
    has_met_one := exists (
      select 1 from former as b
      where b.provider = o.provider and b.model = o.model and b.id <> o.id and b.id = any (current_ids)
    );
    if is_free and (in_force or not has_met_one) then
      perform copilot_internal.inherit_components(o.id);
      continue;
    elsif not in_force and not has_met_one then
      perform copilot_internal.refuse_price_rewriting(
        case when o.effective_date >= now() then 'A price that usage refers to keeps its name and its start, and its value.'
             else 'A price that is over cannot be rewritten.' end, 'model_pricing', o.id);
    end if;

    perform set_config('copilot_internal.price_change', 'on', true);
    update copilot_internal.model_pricing as p
    set input_price_per_million = o.input_price_per_million, output_price_per_million = o.output_price_per_million,
        source = o.source, verified_on = o.verified_on, notes = o.notes, created_by = o.created_by,
        created_at = o.created_at, updated_at = case when in_force then now() else o.updated_at end
    where p.id = o.id;
    perform set_config('copilot_internal.price_change', '', true);
    if in_force then
      -- Where the new value comes from is what the UPDATE says; what it does not say does not hold for the new value.
      insert into copilot_internal.model_pricing
        (provider, model, input_price_per_million, output_price_per_million, expires_at, source, verified_on, notes)
      values
        (o.provider, o.model, n.input_price_per_million, n.output_price_per_million, n.expires_at,
         nullif(n.source, o.source), nullif(n.verified_on, o.verified_on), n.notes);
    end if;
  end loop;
  return null;
end
$function$;
comment on function copilot_internal.keep_former_model_price() is 'Trigger: a price in force that is changed in place keeps its value for its time, and a new version goes on with the new one. What is scheduled beside it keeps its price. Raises QT001 when the statement met only prices that are over.';
revoke all on function copilot_internal.keep_former_model_price() from public;
grant execute on function copilot_internal.keep_former_model_price() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.known_e2b_record(tenant_id uuid, request_id text, record_id uuid)
 RETURNS copilot_internal.e2b_cost_records
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  known copilot_internal.e2b_cost_records;
begin
  select r.* into known
  from copilot_internal.e2b_cost_records as r
  where r.tenant_id = known_e2b_record.tenant_id and r.request_id = known_e2b_record.request_id
    and r.id = known_e2b_record.record_id;
  if not found then
    select r.* into known
    from copilot_internal.usage_changes as c
    cross join lateral jsonb_populate_record(null::copilot_internal.e2b_cost_records, c.former) as r
    where c.tenant_id = known_e2b_record.tenant_id and c.record_id = known_e2b_record.record_id and c.change = 'voided';
  end if;
  return known;
end
$function$;
comment on function copilot_internal.known_e2b_record(uuid,text,uuid) is 'The record of a request, also one that was voided; null when it is gone.';
revoke all on function copilot_internal.known_e2b_record(uuid,text,uuid) from public;
grant execute on function copilot_internal.known_e2b_record(uuid,text,uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.known_llm_record(tenant_id uuid, request_id text, record_id uuid)
 RETURNS copilot_internal.llm_cost_records
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  known copilot_internal.llm_cost_records;
begin
  select r.* into known
  from copilot_internal.llm_cost_records as r
  where r.tenant_id = known_llm_record.tenant_id and r.request_id = known_llm_record.request_id
    and r.id = known_llm_record.record_id;
  if not found then
    select r.* into known
    from copilot_internal.usage_changes as c
    cross join lateral jsonb_populate_record(null::copilot_internal.llm_cost_records, c.former) as r
    where c.tenant_id = known_llm_record.tenant_id and c.record_id = known_llm_record.record_id and c.change = 'voided';
  end if;
  return known;
end
$function$;
comment on function copilot_internal.known_llm_record(uuid,text,uuid) is 'The record of a request, also one that was voided; null when it is gone.';
revoke all on function copilot_internal.known_llm_record(uuid,text,uuid) from public;
grant execute on function copilot_internal.known_llm_record(uuid,text,uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.lock_e2b_prices(tiers text[], regions text[], moments timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  -- A region without a price is estimated by another, so all of the tier are concerned.
  perform pg_advisory_xact_lock_shared(k.key)
  from (
    select distinct copilot_internal.price_lock('e2b_pricing', r.tier, n.region) as key
    from unnest(tiers, regions, moments) as r (tier, region, moment)
    cross join lateral (
      select r.region
      union
      select p.region from copilot_internal.e2b_pricing as p
      where p.tier = r.tier and not exists (
        select 1 from copilot_internal.e2b_pricing as own
        where own.tier = r.tier and own.region = r.region
          and own.effective_date <= r.moment and (own.expires_at is null or r.moment < own.expires_at)
      )
    ) as n (region)
    order by key
  ) as k;
end
$function$;
comment on function copilot_internal.lock_e2b_prices(text[],text[],timestamp with time zone[]) is 'Shares the locks of the prices that these runs may be priced by, until the transaction ends.';
revoke all on function copilot_internal.lock_e2b_prices(text[],text[],timestamp with time zone[]) from public;
grant execute on function copilot_internal.lock_e2b_prices(text[],text[],timestamp with time zone[]) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.lock_llm_prices(providers text[], models text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  -- One model without an alias, as most are.
  if cardinality(models) = 1
    and not exists (select 1 from copilot_internal.model_aliases as a where a.provider = providers[1] and a.alias = models[1])
  then
    perform pg_advisory_xact_lock_shared(copilot_internal.price_lock('model_pricing', providers[1], models[1]));
    return;
  end if;
  perform pg_advisory_xact_lock_shared(k.key)
  from (
    select distinct copilot_internal.price_lock('model_pricing', r.provider, n.model) as key
    from (select distinct u.provider, u.model from unnest(providers, models) as u (provider, model)) as r
    cross join lateral (
      select r.model
      union
      select a.model from copilot_internal.model_aliases as a where a.provider = r.provider and a.alias = r.model
    ) as n (model)
    order by key
  ) as k;
end
$function$;
comment on function copilot_internal.lock_llm_prices(text[],text[]) is 'Shares the locks of the prices of these models until the transaction ends: none of them changes before it has committed.';
revoke all on function copilot_internal.lock_llm_prices(text[],text[]) from public;
grant execute on function copilot_internal.lock_llm_prices(text[],text[]) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.model_price_at(provider text, model text, moment timestamp with time zone)
 RETURNS uuid
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return (
    select p.id
    from copilot_internal.model_pricing as p
    where p.provider = model_price_at.provider
      and p.model in (model_price_at.model, (
        select a.model from copilot_internal.model_aliases as a
        where a.provider = model_price_at.provider and a.alias = model_price_at.model
      ))
      and p.effective_date <= moment
      and (p.expires_at is null or moment < p.expires_at)
    order by p.model <> model_price_at.model, p.effective_date desc
    limit 1
  );
end
$function$;
comment on function copilot_internal.model_price_at(text,text,timestamp with time zone) is 'The version of the price of a model, or of the model an alias stands for, that is in force at a moment; null when there is none.';
revoke all on function copilot_internal.model_price_at(text,text,timestamp with time zone) from public;
grant execute on function copilot_internal.model_price_at(text,text,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.my_quota_status()
 RETURNS TABLE(quota_id uuid, scope text, resource_type text, period text, period_start timestamp with time zone, period_end timestamp with time zone, limit_usd numeric, spent_usd numeric, left_usd numeric, warning_reached boolean)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.my_quota_status() is 'How the caller''s own quotas stand, those of the tenant and those of the user in the caller''s token: limit, what was spent in the current period and what is left of it (negative when overspent), whether the spend has reached the warning threshold, and the period, or the first one of a quota that starts later. Open holds are not counted: nobody but the platform sees them, so less may be granted than is left. Nobody''s quotas without a tenant and a user. Reads only.';
revoke all on function copilot_internal.my_quota_status() from public;
grant execute on function copilot_internal.my_quota_status() to authenticated;
grant execute on function copilot_internal.my_quota_status() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.note_changed_day()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.note_changed_day() is 'Trigger: notes the day of a record that is added, changed or removed after its UTC day, once a transaction.';
revoke all on function copilot_internal.note_changed_day() from public;
grant execute on function copilot_internal.note_changed_day() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.price_e2b_reports(reports copilot_internal.e2b_cost_records[])
 RETURNS copilot_internal.e2b_cost_records[]
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  priced copilot_internal.e2b_cost_records[];
  report copilot_internal.e2b_cost_records;
  prices uuid[];
  held   integer;
begin
  -- No price changes between the look at it and the commit. One report is taken out of its array: reading that as a table takes
  -- long.
  report := reports[1];
  if cardinality(reports) = 1 then
    perform copilot_internal.lock_e2b_prices(array[report.tier], array[report.region], array[report.recorded_at]);
  else
    perform copilot_internal.lock_e2b_prices(array_agg(r.tier), array_agg(r.region), array_agg(r.recorded_at)) from unnest(reports) as r;
  end if;
  -- A price may be deleted that had not begun when its deletion did. Its reference would wait for that, and then fail.
  loop
    priced := copilot_internal.calculate_e2b_records(reports);
    report := priced[1];
    prices := case when cardinality(reports) = 1 then array_remove(array[report.pricing_id], null)
                   else array(select distinct r.pricing_id from unnest(priced) as r where r.pricing_id is not null) end;
    select count(*) into held
    from (select 1 from copilot_internal.e2b_pricing as p where p.id = any (prices) order by p.id for key share) as p;
    exit when held = cardinality(prices);
  end loop;
  return priced;
end
$function$;
comment on function copilot_internal.price_e2b_reports(copilot_internal.e2b_cost_records[]) is 'What these runs cost, at prices that neither change nor go before the transaction ends.';
revoke all on function copilot_internal.price_e2b_reports(copilot_internal.e2b_cost_records[]) from public;
grant execute on function copilot_internal.price_e2b_reports(copilot_internal.e2b_cost_records[]) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.price_expiry(list text, price uuid, began timestamp with time zone, former timestamp with time zone, wanted timestamp with time zone, announces_successor boolean)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if wanted is not distinct from former then
    return former;
  elsif announces_successor then
    -- The successor ends it by beginning, whenever that is.
    if wanted < now() - interval '1 minute' and began <= now() and (former is null or former > now()) then
      perform copilot_internal.refuse_price_rewriting(
        format('A price cannot end at %s, before its successor is there.', wanted), list, price,
        'Send the time at which the successor starts: now() or later.');
    end if;
    return former;
  elsif wanted between now() - interval '1 minute' and clock_timestamp() + interval '1 minute' then
    return greatest(began, now());
  end if;
  return wanted;
end
$function$;
comment on function copilot_internal.price_expiry(text,uuid,timestamp with time zone,timestamp with time zone,timestamp with time zone,boolean) is 'When a version whose expires_at is set to a moment expires: about now is now. Where the same statement sets prices, it is the first half of the published recipe: then nothing expires, and the successor will end it by beginning.';
revoke all on function copilot_internal.price_expiry(text,uuid,timestamp with time zone,timestamp with time zone,timestamp with time zone,boolean) from public;
grant execute on function copilot_internal.price_expiry(text,uuid,timestamp with time zone,timestamp with time zone,timestamp with time zone,boolean) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.price_llm_reports(reports copilot_internal.llm_cost_records[])
 RETURNS copilot_internal.llm_cost_records[]
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  priced copilot_internal.llm_cost_records[];
  report copilot_internal.llm_cost_records;
  prices uuid[];
  held   integer;
begin
  -- No price changes between the look at it and the commit. A price may be deleted that had not begun when its deletion did. Its
  -- reference would wait for that, and then fail. One report is taken out of its array: reading that as a table takes long.
  if cardinality(reports) = 1 then
    report := reports[1];
    perform copilot_internal.lock_llm_prices(array[report.provider], array[report.model]);
    loop
      priced := copilot_internal.calculate_llm_records(reports);
      report := priced[1];
      exit when report.pricing_id is null;
      perform 1 from copilot_internal.model_pricing as p where p.id = report.pricing_id for key share;
      exit when found;
    end loop;
    return priced;
  end if;
  perform copilot_internal.lock_llm_prices(array_agg(r.provider), array_agg(r.model)) from unnest(reports) as r;
  loop
    priced := copilot_internal.calculate_llm_records(reports);
    prices := array(select distinct r.pricing_id from unnest(priced) as r where r.pricing_id is not null);
    select count(*) into held
    from (select 1 from copilot_internal.model_pricing as p where p.id = any (prices) order by p.id for key share) as p;
    exit when held = cardinality(prices);
  end loop;
  return priced;
end
$function$;
comment on function copilot_internal.price_llm_reports(copilot_internal.llm_cost_records[]) is 'What these calls cost, at prices that neither change nor go before the transaction ends.';
revoke all on function copilot_internal.price_llm_reports(copilot_internal.llm_cost_records[]) from public;
grant execute on function copilot_internal.price_llm_reports(copilot_internal.llm_cost_records[]) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.price_lock(list text, name text, part text)
 RETURNS bigint
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  return hash_array_extended(array[list, name, part], 0);
end
$function$;
comment on function copilot_internal.price_lock(text,text,text) is 'The advisory lock of one price: of a list, and of provider and model or tier and region.';
revoke all on function copilot_internal.price_lock(text,text,text) from public;
grant execute on function copilot_internal.price_lock(text,text,text) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.price_moment(list text, name text, part text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return greatest(now(), (
    select max(v.effective_date) from copilot_internal.price_versions as v
    where (v.list, v.name, v.part) = (price_moment.list, price_moment.name, price_moment.part)
      and v.effective_date >= now() and v.effective_date < now() + interval '1 millisecond' and v.created_at = now()
  ));
end
$function$;
comment on function copilot_internal.price_moment(text,text,text) is 'Now, for who changes a price: when the last of the versions begins that this transaction has begun.';
revoke all on function copilot_internal.price_moment(text,text,text) from public;
grant execute on function copilot_internal.price_moment(text,text,text) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.price_start(list text, name text, part text, wanted timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  last_end timestamptz;
begin
  if exists (
    select 1 from copilot_internal.price_versions as v
    where (v.list, v.name, v.part, v.effective_date) = (price_start.list, price_start.name, price_start.part, wanted)
      and v.created_at <> now()
  ) then
    return wanted;
  end if;

  -- The database's clock decides: about now is now. Of several in one transaction, each begins after the one before.
  if wanted between now() - interval '1 minute' and clock_timestamp() + interval '1 minute' then
    return greatest(now(), (
      select max(v.effective_date) + interval '1 microsecond'
      from copilot_internal.price_versions as v
      where (v.list, v.name, v.part) = (price_start.list, price_start.name, price_start.part)
        and v.effective_date >= now() and v.effective_date < now() + interval '1 millisecond' and v.created_at = now()
    ));
  end if;

  -- A time without a price, that somebody would have to have asked for, is refused while it is still to come.
  select least(max(coalesce(v.expires_at, 'infinity')), min(v.announced_end) filter (where v.announced_end > now())) into last_end
  from copilot_internal.price_versions as v
  where (v.list, v.name, v.part) = (price_start.list, price_start.name, price_start.part) and v.effective_date < wanted;
  if last_end > now() and last_end < wanted then
    raise exception using errcode = 'QT007',
      message = format('%s %s would have no price from %s to %s.', name, part, last_end, wanted),
      detail = format('The price before expires at %s; the new one would start at %s.', last_end, wanted),
      hint = format('Let the new price start at %s or earlier.', last_end);
  end if;
  return wanted;
end
$function$;
comment on function copilot_internal.price_start(text,text,text,timestamp with time zone) is 'When a new version that is to start at a moment starts: now, when that is within a minute, else then. Raises QT007 when that would leave a time to come without a price.';
revoke all on function copilot_internal.price_start(text,text,text,timestamp with time zone) from public;
grant execute on function copilot_internal.price_start(text,text,text,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.prune_usage(before timestamp with time zone, dry_run boolean DEFAULT true, max_rows integer DEFAULT 10000)
 RETURNS TABLE(what text, rows bigint, oldest timestamp with time zone, newest timestamp with time zone)
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.prune_usage(timestamp with time zone,boolean,integer) is 'Removes what is older than a date, and answers how much of each table, and from when to when; with dry_run, the default, it answers what all calls together would remove, and changes nothing. Records that were used and reported before it are added to llm_usage_totals and e2b_usage_totals as they go, so the views answer the same before and after; what had no price can no longer be priced. With them go their requests and estimates, requests that were voided before the date, changes (usage_changes), holds that were closed or over, and closed periods of quotas, but for the first of each. A hold that was settled without being recorded is kept for a year: its usage may still be recorded, and is then charged the difference. A request that has gone is new when it is reported again; one that was voided is answered by what was voided as long as it is known. One call removes max_rows rows at most: repeat until it removes none. What somebody is just recording, changing or settling is left to a later call. Raises 22004, 22023, and QT009 for a date after the start of any quota''s current period, or of any open hold.';
revoke all on function copilot_internal.prune_usage(timestamp with time zone,boolean,integer) from public;
grant execute on function copilot_internal.prune_usage(timestamp with time zone,boolean,integer) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.quota_as_counting(quota copilot_internal.cost_quotas, tenant_id uuid, user_id uuid, resource_type text)
 RETURNS copilot_internal.cost_quotas
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.quota_as_counting(copilot_internal.cost_quotas,uuid,uuid,text) is 'The quota as it is for usage of a tenant, user and kind: its created_at says since when it counts that usage.';
revoke all on function copilot_internal.quota_as_counting(copilot_internal.cost_quotas,uuid,uuid,text) from public;
grant execute on function copilot_internal.quota_as_counting(copilot_internal.cost_quotas,uuid,uuid,text) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.quota_counts_since(quota copilot_internal.cost_quotas)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return greatest(quota.created_at, least(quota.period_start, (
    select min(p.period_start) from copilot_internal.cost_quota_periods as p where p.quota_id = quota.id
  )));
end
$function$;
comment on function copilot_internal.quota_counts_since(copilot_internal.cost_quotas) is 'Since when a quota has been charged: since it was made, or since its first period began where that was later.';
revoke all on function copilot_internal.quota_counts_since(copilot_internal.cost_quotas) from public;
grant execute on function copilot_internal.quota_counts_since(copilot_internal.cost_quotas) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.quota_held_usd(scope text, scope_id uuid, resource_type text)
 RETURNS numeric
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  -- PL/pgSQL, as all functions that are told whose usage they read: where tables are distributed by tenant, one in SQL has no plan.
  return (
    select coalesce(sum(r.amount_usd), 0)
    from copilot_internal.quota_reservations as r
    where r.closed_at is null
      and r.expires_at > now()
      and quota_held_usd.resource_type in (r.resource_type, 'all')
      and case quota_held_usd.scope
            when 'platform' then true
            when 'tenant' then r.tenant_id = quota_held_usd.scope_id
            else r.user_id = quota_held_usd.scope_id
          end
  );
end
$function$;
comment on function copilot_internal.quota_held_usd(text,uuid,text) is 'USD held by open reservations against a quota of this scope and resource type.';
revoke all on function copilot_internal.quota_held_usd(text,uuid,text) from public;
grant execute on function copilot_internal.quota_held_usd(text,uuid,text) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.quota_parts_usd(quota_id uuid)
 RETURNS numeric
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return (
    select coalesce(sum(p.spent_usd), 0) from copilot_internal.cost_quota_parts as p where p.quota_id = quota_parts_usd.quota_id
  );
end
$function$;
comment on function copilot_internal.quota_parts_usd(uuid) is 'USD that the parts of a quota hold; 0 of one that is not spread.';
revoke all on function copilot_internal.quota_parts_usd(uuid) from public;
grant execute on function copilot_internal.quota_parts_usd(uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.quota_period(anchor timestamp with time zone, period text, moment timestamp with time zone)
 RETURNS tstzrange
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  -- Counted in UTC: a day has 24 hours there, whatever the time zone of the session does that night.
  first_start constant timestamp := anchor at time zone 'UTC';
  wanted      constant timestamp := moment at time zone 'UTC';
  step        interval;
  n           integer;
begin
  case period
    when 'hour'  then step := interval '1 hour';
    when 'day'   then step := interval '1 day';
    when 'week'  then step := interval '7 days';
    when 'month' then step := interval '1 month';
    else
      raise exception using
        errcode = '22023',
        message = format('Unknown period %s.', coalesce(quote_literal(period), 'NULL')),
        hint = 'Use hour, day, week or month.';
  end case;

  if period = 'month' then
    n := (extract(year from wanted) - extract(year from first_start)) * 12
         + extract(month from wanted) - extract(month from first_start);
    -- Counting from the anchor each time keeps the 31st: February's end does not become March's.
    if first_start + n * step > wanted then
      n := n - 1;
    end if;
  else
    n := floor(extract(epoch from wanted - first_start) / extract(epoch from step));
  end if;

  return tstzrange((first_start + n * step) at time zone 'UTC', (first_start + (n + 1) * step) at time zone 'UTC');
end
$function$;
comment on function copilot_internal.quota_period(timestamp with time zone,text,timestamp with time zone) is 'The period that holds a moment: start included, end excluded. Periods are counted in UTC from the anchor, so that months anchored on the 31st end on each month''s last day without drifting. Unknown period: 22023.';
revoke all on function copilot_internal.quota_period(timestamp with time zone,text,timestamp with time zone) from public;
grant execute on function copilot_internal.quota_period(timestamp with time zone,text,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.quota_status(scope text, scope_id uuid)
 RETURNS TABLE(quota_id uuid, resource_type text, period text, period_start timestamp with time zone, period_end timestamp with time zone, limit_usd numeric, spent_usd numeric, held_usd numeric, left_usd numeric, warning_reached boolean)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.quota_status(text,uuid) is 'How the quotas of a scope stand, for dashboards: limit, spend, open holds, what is left (negative when overspent), whether spend and holds have reached the warning threshold, and the current period, or the first one of a quota that starts later. Reads only. Raises 22004 and 22023 for bad arguments.';
revoke all on function copilot_internal.quota_status(text,uuid) from public;
grant execute on function copilot_internal.quota_status(text,uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.quotas_concerned(tenant_id uuid, user_id uuid, resource_type text)
 RETURNS uuid[]
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return array(
    select q.id
    from copilot_internal.cost_quotas as q
    where q.resource_type in (quotas_concerned.resource_type, 'all')
      and (
        q.scope = 'platform'
        or q.scope = 'tenant' and q.scope_id = quotas_concerned.tenant_id
        or q.scope = 'user' and q.scope_id = quotas_concerned.user_id
      )
  );
end
$function$;
comment on function copilot_internal.quotas_concerned(uuid,uuid,text) is 'The quotas that usage of this kind, by this user of this tenant, counts against: the platform''s, the tenant''s and the user''s, of that kind and of all kinds. One that has not started is left alone by apply_charges.';
revoke all on function copilot_internal.quotas_concerned(uuid,uuid,text) from public;
grant execute on function copilot_internal.quotas_concerned(uuid,uuid,text) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.read_components(components jsonb)
 RETURNS TABLE(variant text, component text, price_per_million numeric, threshold_input_tokens bigint, is_derived boolean)
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  known constant text[] := array['input', 'output', 'cached_input', 'cache_write_5m', 'cache_write_1h'];
  part  record;
  one   record;
begin
  if jsonb_typeof(components) <> 'object' or jsonb_typeof(coalesce(components -> 'derived', '{}')) <> 'object' then
    raise exception using errcode = '22023', message = 'components must be a JSON object.',
      detail = format('Got %s.', jsonb_typeof(components)),
      hint = 'For example {"cached_input": 0.25, "derived": {"batch": {"input": 1.25, "output": 5}}}.';
  end if;
  for part in
    with given (is_derived, prices) as (values (false, components - 'derived'), (true, components -> 'derived'))
    select g.is_derived, 'standard' as name, coalesce((
      select jsonb_object_agg(key, value) from jsonb_each(g.prices) where key not in ('batch', 'long_context')
    ), '{}') as prices
    from given as g
    union all
    select g.is_derived, key, value from given as g cross join lateral jsonb_each(g.prices) where key in ('batch', 'long_context')
  loop
    if jsonb_typeof(part.prices) <> 'object'
      or (part.name = 'long_context') <> (part.prices ? 'threshold_input_tokens')
    then
      raise exception using errcode = '22023', message = format('The component %s is not understood.', part.name),
        detail = format('Got %s.', part.prices),
        hint = 'batch and long_context hold prices by component; long_context has a threshold_input_tokens, and nothing else has.';
    elsif part.name = 'long_context' then
      -- Looked at here, where it is seen also without a price beside it. 18 digits always fit into a bigint.
      if (part.prices ->> 'threshold_input_tokens') ~ '^[0-9]{1,18}([.]0+)?$' is not true then
        raise exception using errcode = '22023',
          message = 'The threshold_input_tokens of long_context must be a whole number, 0 or more, of 18 digits at most.',
          detail = format('Got %s.', part.prices -> 'threshold_input_tokens'),
          hint = 'Pass the input tokens above which the long-context prices hold, such as 200000.';
      elsif part.prices - 'threshold_input_tokens' = '{}' then
        raise exception using errcode = '22023', message = 'long_context has a threshold_input_tokens, but no price.',
          detail = format('Got %s.', part.prices),
          hint = 'Give it prices by component, such as {"threshold_input_tokens": 200000, "input": 6}, or leave it out.';
      end if;
    end if;
    for one in select key, value from jsonb_each(part.prices) where key <> 'threshold_input_tokens' loop
      if one.key <> all (known) or part.name = 'standard' and one.key in ('input', 'output') then
        raise exception using errcode = '22023', message = format('Unknown component %L.', one.key),
          detail = format('It stands under %s.', part.name),
          hint = 'Use cached_input, cache_write_5m or cache_write_1h; input and output also, under batch and long_context.';
      elsif jsonb_typeof(one.value) not in ('number', 'string') or (one.value #>> '{}') !~ '^[0-9]+([.][0-9]+)?([eE][-+]?[0-9]{1,3})?$' then
        raise exception using errcode = '22023', message = format('The price of component %s is no number.', one.key),
          detail = format('Got %s.', one.value), hint = 'Pass USD per million tokens.';
      elsif part.is_derived and (case part.name when 'standard' then components else components -> part.name end) ? one.key then
        raise exception using errcode = '22023', message = format('The component %s has two prices.', one.key),
          detail = format('It stands under %s, and under derived once more.', part.name),
          hint = 'A price stands under derived only where no price list states it.';
      end if;
      perform copilot_internal.assert_price((one.value #>> '{}')::numeric);
      variant := part.name;
      component := one.key;
      price_per_million := (one.value #>> '{}')::numeric;
      threshold_input_tokens := (part.prices ->> 'threshold_input_tokens')::numeric;
      is_derived := part.is_derived;
      return next;
    end loop;
  end loop;
end
$function$;
comment on function copilot_internal.read_components(jsonb) is 'The components in a JSON object: standard ones by name, those of batch and long_context in an object of their own, as in {"cached_input": 0.3, "batch": {"input": 1.5}, "long_context": {"threshold_input_tokens": 200000, "input": 6}}; under derived, in the same form, those that no price list states. Raises 22023 for what is not understood.';
revoke all on function copilot_internal.read_components(jsonb) from public;
grant execute on function copilot_internal.read_components(jsonb) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.record_e2b_reports(reports copilot_internal.e2b_cost_records[])
 RETURNS copilot_internal.e2b_cost_records[]
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  ids      uuid[];
  owners   uuid[];
  answers  copilot_internal.e2b_cost_records[] := reports;
  fresh    copilot_internal.e2b_cost_records[];
  report   copilot_internal.e2b_cost_records;
  known    copilot_internal.e2b_cost_records;
  position integer;
  written  integer;
begin
  -- One that is new, as most are. Taken out of its array at once: reading an array of records as a table takes long.
  if cardinality(reports) = 1 then
    report := reports[1];
    if report.id = any (copilot_internal.claim_requests('e2b', array[report.tenant_id], array[report.request_id], array[report.id])) then
      fresh := copilot_internal.price_e2b_reports(reports);
      report := fresh[1];
      if report.is_unpriced and report.reservation_id is not null then
        report.is_estimated := report.is_estimated
          or copilot_internal.is_held_estimate(report.tenant_id, report.user_id, 'e2b', report.reservation_id);
      end if;
      insert into copilot_internal.e2b_cost_records select report.*;
      perform copilot_internal.charge_usage('e2b', array[report.tenant_id], array[report.user_id], array[report.total_cost_usd],
        array[report.id], array[report.reservation_id], array[report.is_unpriced]);
      return array[report];
    end if;
  end if;

  select array_agg(r.id order by r.ordinality),
         copilot_internal.claim_requests('e2b', array_agg(r.tenant_id order by r.ordinality),
           array_agg(r.request_id order by r.ordinality), array_agg(r.id order by r.ordinality))
  into ids, owners
  from unnest(reports) with ordinality as r;
  -- Requests that were recorded before, and not by these reports, are answered by what was recorded.
  for position in
    select o.position
    from unnest(ids, owners) with ordinality as o (id, owner, position)
    where o.owner is null or o.owner <> o.id and o.owner <> all (ids)
    order by o.position
  loop
    report := reports[position];
    loop
      known := copilot_internal.known_e2b_record(report.tenant_id, report.request_id, owners[position]);
      exit when known.id is not null;
      -- Its record is gone, so the request is as new, to whoever is the first to take it over; or it is gone itself.
      insert into copilot_internal.usage_requests as u (tenant_id, resource_type, request_id, record_id)
      values (report.tenant_id, 'e2b', report.request_id, report.id)
      on conflict on constraint usage_requests_pkey do update
      set record_id = excluded.record_id
      where u.record_id = owners[position];
      owners[position] := (
        select u.record_id from copilot_internal.usage_requests as u
        where (u.tenant_id, u.resource_type, u.request_id) = (report.tenant_id, 'e2b', report.request_id)
      );
      exit when owners[position] = any (ids);
    end loop;
    continue when known.id is null;
    answers[position] := known;
    perform copilot_internal.tell_known_e2b_usage(known, report);
  end loop;

  fresh := case
    when owners = ids then reports
    else array(select r from unnest(reports) as r where exists (select 1 from unnest(owners) as o (id) where o.id = r.id))
  end;
  if cardinality(fresh) > 0 then
    fresh := copilot_internal.price_e2b_reports(fresh);
    for position in
      select h.position
      from (
        -- A hold serves the first that names it.
        select distinct on (r.tenant_id, r.reservation_id) n.position, n.is_unpriced
        from unnest(reports) with ordinality as r
        left join (
          select f.id, f.is_unpriced, f.ordinality as position from unnest(fresh) with ordinality as f
        ) as n on n.id = r.id
        where r.reservation_id is not null
        order by r.tenant_id, r.reservation_id, r.ordinality
      ) as h
      where h.is_unpriced
    loop
      report := fresh[position];
      report.is_estimated := report.is_estimated
        or copilot_internal.is_held_estimate(report.tenant_id, report.user_id, 'e2b', report.reservation_id);
      fresh[position] := report;
    end loop;
    insert into copilot_internal.e2b_cost_records select r.* from unnest(fresh) as r;
  end if;

  if owners = ids then
    perform copilot_internal.charge_usage(
      'e2b', array_agg(r.tenant_id), array_agg(r.user_id), array_agg(r.total_cost_usd), array_agg(r.id),
      array_agg(r.reservation_id), array_agg(r.is_unpriced))
    from unnest(fresh) as r;
    return fresh;
  end if;
  -- Every fresh record in its place, and beside it whoever reported the same request again.
  written := 0;
  for position in 1 .. cardinality(ids) loop
    if owners[position] = ids[position] then
      written := written + 1;
      answers[position] := fresh[written];
    elsif owners[position] = any (ids) then
      report := reports[position];
      answers[position] := answers[array_position(ids, owners[position])];
      perform copilot_internal.tell_known_e2b_usage(answers[position], report);
    end if;
  end loop;
  -- Who reports a known request again is charged nothing, but the hold that is named has served.
  perform copilot_internal.charge_usage(
    'e2b',
    array_agg(r.tenant_id order by r.ordinality),
    array_agg(n.user_id order by r.ordinality),
    array_agg(case when r.id = n.id then n.total_cost_usd else 0 end order by r.ordinality),
    array_agg(n.id order by r.ordinality),
    array_agg(r.reservation_id order by r.ordinality),
    array_agg(case when r.id = n.id then n.is_unpriced end order by r.ordinality))
  from unnest(reports) with ordinality as r
  join unnest(answers) with ordinality as n using (ordinality);
  return answers;
end
$function$;
comment on function copilot_internal.record_e2b_reports(copilot_internal.e2b_cost_records[]) is 'Records reports of sandbox runs: prices them as of their own times, writes the records, charges each quota once and closes the holds. Answers the records in the order of the reports; a request that is known is answered by its first record, with a WARNING when the numbers differ, and charges nothing.';
revoke all on function copilot_internal.record_e2b_reports(copilot_internal.e2b_cost_records[]) from public;
grant execute on function copilot_internal.record_e2b_reports(copilot_internal.e2b_cost_records[]) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.record_e2b_usage(tenant_id uuid, tier text, region text, execution_time_seconds numeric, cpu_core_seconds numeric DEFAULT NULL::numeric, memory_gb_seconds numeric DEFAULT NULL::numeric, disk_io_gb numeric DEFAULT NULL::numeric, request_id text DEFAULT NULL::text, user_id uuid DEFAULT NULL::uuid, conversation_id text DEFAULT NULL::text, sandbox_id text DEFAULT NULL::text, status text DEFAULT 'completed'::text, recorded_at timestamp with time zone DEFAULT now(), metadata jsonb DEFAULT '{}'::jsonb, reservation_id uuid DEFAULT NULL::uuid)
 RETURNS copilot_internal.e2b_cost_records
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  report copilot_internal.e2b_cost_records;
begin
  -- Here already: a quantity that is kept is finite. NaN is greater than Infinity.
  if greatest(execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb) >= 'Infinity'
    or least(execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb) < 0
  then
    raise exception using errcode = '22023',
      message = 'Usage must be a finite number, 0 or more.',
      detail = format('Got execution_time_seconds %s, cpu_core_seconds %s, memory_gb_seconds %s, disk_io_gb %s.',
                      execution_time_seconds, coalesce(cpu_core_seconds, 0), coalesce(memory_gb_seconds, 0), coalesce(disk_io_gb, 0)),
      hint = 'Pass what was measured; leave out what was not.';
  end if;
  -- What is kept is what is priced: quantities to six decimals.
  report.id                     := gen_random_uuid();
  report.tenant_id              := tenant_id;
  report.tier                   := tier;
  report.region                 := region;
  report.execution_time_seconds := execution_time_seconds;
  report.cpu_core_seconds       := coalesce(cpu_core_seconds, 0);
  report.memory_gb_seconds      := coalesce(memory_gb_seconds, 0);
  report.disk_io_gb             := coalesce(disk_io_gb, 0);
  report.request_id             := request_id;
  report.user_id                := user_id;
  report.conversation_id        := conversation_id;
  report.sandbox_id             := sandbox_id;
  report.status                 := status;
  report.recorded_at            := recorded_at;
  report.metadata               := metadata;
  report.reservation_id         := reservation_id;
  report.charged_at             := now();
  perform copilot_internal.assert_e2b_report(report);
  return (copilot_internal.record_e2b_reports(array[report]))[1];
end
$function$;
comment on function copilot_internal.record_e2b_usage(uuid,text,text,numeric,numeric,numeric,numeric,text,uuid,text,text,text,timestamp with time zone,jsonb,uuid) is 'Records a sandbox run at the price of its own time, charges the platform''s, the tenant''s and the user''s quotas of their current period, closes the reservation if one is named, and answers the record. Quantities are kept, and priced, to six decimals. The same request_id of a tenant again answers the first record and charges nothing; a WARNING says so when the numbers differ. A tier without a price is recorded as unpriced. Raises 22004 for NULL where a value is required, 22023 for a negative quantity, a blank request_id or an infinite time.';
revoke all on function copilot_internal.record_e2b_usage(uuid,text,text,numeric,numeric,numeric,numeric,text,uuid,text,text,text,timestamp with time zone,jsonb,uuid) from public;
grant execute on function copilot_internal.record_e2b_usage(uuid,text,text,numeric,numeric,numeric,numeric,text,uuid,text,text,text,timestamp with time zone,jsonb,uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.record_e2b_usage_batch(records jsonb)
 RETURNS SETOF copilot_internal.e2b_cost_records
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  known    constant text[] := array['tenant_id', 'tier', 'region', 'execution_time_seconds', 'cpu_core_seconds', 'memory_gb_seconds', 'disk_io_gb', 'request_id', 'user_id', 'conversation_id', 'sandbox_id', 'status', 'recorded_at', 'metadata', 'reservation_id'];
  base     copilot_internal.e2b_cost_records;
  reports  copilot_internal.e2b_cost_records[];
  report   copilot_internal.e2b_cost_records;
  measured record;  -- quantities as they were reported
  bad      record;
begin
  if records is null then
    raise exception using errcode = '22004', message = 'records must not be NULL.',
      detail = 'Got NULL.', hint = 'Pass a JSON array of reports, [] for none.';
  elsif jsonb_typeof(records) <> 'array' then
    raise exception using errcode = '22023', message = 'records must be a JSON array.',
      detail = format('Got %s.', jsonb_typeof(records)), hint = 'Pass an array of objects, one for each report.';
  end if;
  select e.ordinality as position, e.value, k.key into bad
  from jsonb_array_elements(records) with ordinality as e
  left join lateral jsonb_object_keys(case when jsonb_typeof(e.value) = 'object' then e.value else '{}' end) as k (key) on k.key <> all (known)
  where jsonb_typeof(e.value) <> 'object' or k.key is not null
  order by e.ordinality
  limit 1;
  if found then
    raise exception using errcode = '22023',
      message = format('Record %s of %s: %s.', bad.position, jsonb_array_length(records),
                       case when bad.key is null then 'it is no JSON object' else format('unknown key %L', bad.key) end),
      detail = format('Got %s.', left(bad.value::text, 200)), hint = format('Known are %s.', array_to_string(known, ', '));
  end if;

  base.cpu_core_seconds  := 0;
  base.memory_gb_seconds := 0;
  base.disk_io_gb        := 0;
  base.status            := 'completed';
  base.recorded_at       := now();
  base.charged_at        := now();
  base.metadata          := '{}';
  begin
    reports := array(
      select jsonb_populate_record(base, (e.value - '{cpu_core_seconds,memory_gb_seconds,disk_io_gb}'::text[]
        || jsonb_strip_nulls(jsonb_build_object('cpu_core_seconds', e.value -> 'cpu_core_seconds', 'memory_gb_seconds', e.value -> 'memory_gb_seconds',
                                                'disk_io_gb', e.value -> 'disk_io_gb'))) || jsonb_build_object('id', gen_random_uuid()))
      from jsonb_array_elements(records) with ordinality as e
      order by e.ordinality
    );
    perform copilot_internal.assert_e2b_report(r) from unnest(reports) as r;
    -- A little less than nothing has become nothing by now. Which report it is, and what is wrong with it, is found below.
    if exists (
      select 1
      from jsonb_to_recordset(records) as m (execution_time_seconds numeric, cpu_core_seconds numeric, memory_gb_seconds numeric, disk_io_gb numeric)
      where least(m.execution_time_seconds, m.cpu_core_seconds, m.memory_gb_seconds, m.disk_io_gb) < 0
    ) then
      raise exception using errcode = '22023', message = 'Usage must be a finite number, 0 or more.';
    end if;
  exception when others then
    -- Something is wrong with one of them: the first is named by its position.
    for bad in select e.ordinality as position, e.value from jsonb_array_elements(records) with ordinality as e order by e.ordinality loop
      declare
        code text; problem text; more text; cure text;
      begin
        -- As record_e2b_usage does: quantities are judged before they are kept, which is to six decimals.
        report := jsonb_populate_record(base, bad.value - '{execution_time_seconds,cpu_core_seconds,memory_gb_seconds,disk_io_gb}'::text[]);
        select m.* into measured
        from jsonb_to_record(bad.value) as m (execution_time_seconds numeric, cpu_core_seconds numeric, memory_gb_seconds numeric, disk_io_gb numeric);
        if greatest(measured.execution_time_seconds, measured.cpu_core_seconds, measured.memory_gb_seconds, measured.disk_io_gb) >= 'Infinity'
          or least(measured.execution_time_seconds, measured.cpu_core_seconds, measured.memory_gb_seconds, measured.disk_io_gb) < 0
        then
          raise exception using errcode = '22023',
            message = 'Usage must be a finite number, 0 or more.',
            detail = format('Got execution_time_seconds %s, cpu_core_seconds %s, memory_gb_seconds %s, disk_io_gb %s.',
                            measured.execution_time_seconds, coalesce(measured.cpu_core_seconds, 0),
                            coalesce(measured.memory_gb_seconds, 0), coalesce(measured.disk_io_gb, 0)),
            hint = 'Pass what was measured; leave out what was not.';
        end if;
        report.execution_time_seconds := measured.execution_time_seconds;
        report.cpu_core_seconds       := measured.cpu_core_seconds;
        report.memory_gb_seconds      := measured.memory_gb_seconds;
        report.disk_io_gb             := measured.disk_io_gb;
        perform copilot_internal.assert_e2b_report(report);
      exception when others then
        get stacked diagnostics code = returned_sqlstate, problem = message_text, more = pg_exception_detail, cure = pg_exception_hint;
        raise exception using errcode = code,
          message = format('Record %s of %s: %s', bad.position, jsonb_array_length(records), problem),
          detail = coalesce(nullif(more, ''), format('Got %s.', left(bad.value::text, 200))),
          hint = coalesce(nullif(cure, ''), format('Known are %s.', array_to_string(known, ', ')));
      end;
    end loop;
    raise;
  end;
  if cardinality(reports) = 0 then
    return;
  end if;
  return query select r.* from unnest(copilot_internal.record_e2b_reports(reports)) as r;
end
$function$;
comment on function copilot_internal.record_e2b_usage_batch(jsonb) is 'Records many sandbox runs in one call: a JSON array of objects with the arguments of record_e2b_usage by name. The same answers as single calls, in order; all or nothing; each quota is charged once. An error names the first bad record by its position.';
revoke all on function copilot_internal.record_e2b_usage_batch(jsonb) from public;
grant execute on function copilot_internal.record_e2b_usage_batch(jsonb) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.record_llm_reports(reports copilot_internal.llm_cost_records[])
 RETURNS copilot_internal.llm_cost_records[]
 LANGUAGE plpgsql
 SET search_path TO ''
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  ids      uuid[];
  tenants  uuid[];
  requests text[];
  holds    uuid[];
  owners   uuid[];
  answers  copilot_internal.llm_cost_records[] := reports;
  fresh    copilot_internal.llm_cost_records[];
  report   copilot_internal.llm_cost_records;
  known    copilot_internal.llm_cost_records;
  position integer;
  written  integer;
begin
  -- One that is new, as most are. Taken out of its array at once: reading an array of records as a table takes long.
  if cardinality(reports) = 1 then
    report := reports[1];
    if report.id = any (copilot_internal.claim_requests('llm', array[report.tenant_id], array[report.request_id], array[report.id])) then
      fresh := copilot_internal.price_llm_reports(reports);
      report := fresh[1];
      if report.is_unpriced and report.reservation_id is not null then
        report.is_estimated := report.is_estimated
          or copilot_internal.is_held_estimate(report.tenant_id, report.user_id, 'llm', report.reservation_id);
      end if;
      insert into copilot_internal.llm_cost_records select report.*;
      perform copilot_internal.charge_usage('llm', array[report.tenant_id], array[report.user_id], array[report.total_cost_usd],
        array[report.id], array[report.reservation_id], array[report.is_unpriced]);
      return array[report];
    end if;
  end if;

  select array_agg(r.id), array_agg(r.tenant_id), array_agg(r.request_id), array_agg(r.reservation_id)
  into ids, tenants, requests, holds
  from unnest(reports) as r;
  owners := copilot_internal.claim_requests('llm', tenants, requests, ids);
  -- Requests that were recorded before, and not by these reports, are answered by what was recorded.
  if owners <> ids then
    for position in
      select o.position
      from unnest(ids, owners) with ordinality as o (id, owner, position)
      where o.owner is null or o.owner <> o.id and o.owner <> all (ids)
      order by o.position
    loop
      report := reports[position];
      loop
        known := copilot_internal.known_llm_record(report.tenant_id, report.request_id, owners[position]);
        exit when known.id is not null;
        -- Its record is gone, so the request is as new, to whoever is the first to take it over; or it is gone itself.
        insert into copilot_internal.usage_requests as u (tenant_id, resource_type, request_id, record_id)
        values (report.tenant_id, 'llm', report.request_id, report.id)
        on conflict on constraint usage_requests_pkey do update
        set record_id = excluded.record_id
        where u.record_id = owners[position];
        owners[position] := (
          select u.record_id from copilot_internal.usage_requests as u
          where (u.tenant_id, u.resource_type, u.request_id) = (report.tenant_id, 'llm', report.request_id)
        );
        exit when owners[position] = any (ids);
      end loop;
      continue when known.id is null;
      answers[position] := known;
      perform copilot_internal.tell_known_llm_usage(known, report);
    end loop;
  end if;

  fresh := case
    when owners = ids then reports
    else array(select r from unnest(reports) as r where exists (select 1 from unnest(owners) as o (id) where o.id = r.id))
  end;
  if cardinality(fresh) > 0 then
    fresh := copilot_internal.price_llm_reports(fresh);
    if num_nonnulls(variadic holds) > 0 then
      for position in
        select h.position
        from (
          -- A hold serves the first that names it.
          select distinct on (r.tenant_id, r.reservation_id) n.position, n.is_unpriced
          from unnest(reports) with ordinality as r
          left join (
            select f.id, f.is_unpriced, f.ordinality as position from unnest(fresh) with ordinality as f
          ) as n on n.id = r.id
          where r.reservation_id is not null
          order by r.tenant_id, r.reservation_id, r.ordinality
        ) as h
        where h.is_unpriced
      loop
        report := fresh[position];
        report.is_estimated := report.is_estimated
          or copilot_internal.is_held_estimate(report.tenant_id, report.user_id, 'llm', report.reservation_id);
        fresh[position] := report;
      end loop;
    end if;
    insert into copilot_internal.llm_cost_records select r.* from unnest(fresh) as r;
  end if;

  if owners = ids then
    perform copilot_internal.charge_usage(
      'llm', array_agg(r.tenant_id), array_agg(r.user_id), array_agg(r.total_cost_usd), array_agg(r.id),
      array_agg(r.reservation_id), array_agg(r.is_unpriced))
    from unnest(fresh) as r;
    return fresh;
  end if;
  -- Every fresh record in its place, and beside it whoever reported the same request again.
  written := 0;
  for position in 1 .. cardinality(ids) loop
    if owners[position] = ids[position] then
      written := written + 1;
      answers[position] := fresh[written];
    elsif owners[position] = any (ids) then
      report := reports[position];
      answers[position] := answers[array_position(ids, owners[position])];
      perform copilot_internal.tell_known_llm_usage(answers[position], report);
    end if;
  end loop;
  -- Who reports a known request again is charged nothing, but the hold that is named has served.
  perform copilot_internal.charge_usage(
    'llm',
    array_agg(r.tenant_id order by r.ordinality),
    array_agg(n.user_id order by r.ordinality),
    array_agg(case when r.id = n.id then n.total_cost_usd else 0 end order by r.ordinality),
    array_agg(n.id order by r.ordinality),
    array_agg(r.reservation_id order by r.ordinality),
    array_agg(case when r.id = n.id then n.is_unpriced end order by r.ordinality))
  from unnest(reports) with ordinality as r
  join unnest(answers) with ordinality as n using (ordinality);
  return answers;
end
$function$;
comment on function copilot_internal.record_llm_reports(copilot_internal.llm_cost_records[]) is 'Records reports of LLM calls: prices them as of their own times, writes the records, charges each quota once and closes the holds. Answers the records in the order of the reports; a request that is known is answered by its first record, with a WARNING when the numbers differ, and charges nothing.';
revoke all on function copilot_internal.record_llm_reports(copilot_internal.llm_cost_records[]) from public;
grant execute on function copilot_internal.record_llm_reports(copilot_internal.llm_cost_records[]) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.record_llm_usage(tenant_id uuid, provider text, model text, input_tokens bigint, output_tokens bigint, request_id text DEFAULT NULL::text, user_id uuid DEFAULT NULL::uuid, conversation_id text DEFAULT NULL::text, task text DEFAULT NULL::text, recorded_at timestamp with time zone DEFAULT now(), is_estimated boolean DEFAULT false, metadata jsonb DEFAULT '{}'::jsonb, reservation_id uuid DEFAULT NULL::uuid, cached_input_tokens bigint DEFAULT 0, cache_write_5m_tokens bigint DEFAULT 0, cache_write_1h_tokens bigint DEFAULT 0, is_batch boolean DEFAULT false)
 RETURNS copilot_internal.llm_cost_records
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  report copilot_internal.llm_cost_records;
begin
  report.id                    := gen_random_uuid();
  report.tenant_id             := tenant_id;
  report.provider              := provider;
  report.model                 := model;
  report.input_tokens          := input_tokens;
  report.output_tokens         := output_tokens;
  report.request_id            := request_id;
  report.user_id               := user_id;
  report.conversation_id       := conversation_id;
  report.task                  := task;
  report.recorded_at           := recorded_at;
  report.is_estimated          := is_estimated;
  report.metadata              := metadata;
  report.reservation_id        := reservation_id;
  report.charged_at            := now();
  report.cached_input_tokens   := cached_input_tokens;
  report.cache_write_5m_tokens := cache_write_5m_tokens;
  report.cache_write_1h_tokens := cache_write_1h_tokens;
  report.is_batch              := is_batch;
  perform copilot_internal.assert_llm_report(report);
  return (copilot_internal.record_llm_reports(array[report]))[1];
end
$function$;
comment on function copilot_internal.record_llm_usage(uuid,text,text,bigint,bigint,text,uuid,text,text,timestamp with time zone,boolean,jsonb,uuid,bigint,bigint,bigint,boolean) is 'Records an LLM call at the prices of its own time, as calculate_llm_cost_detailed prices it (input_tokens includes cached and cache-write tokens), charges the platform''s, the tenant''s and the user''s quotas of their current period, closes the reservation if one is named, and answers the record. The same request_id of a tenant again answers the first record and charges nothing; a WARNING says so when the numbers differ. A model without a price is recorded as unpriced. Raises 22004 for NULL where a value is required, 22023 for negative tokens, a blank request_id or an infinite time.';
revoke all on function copilot_internal.record_llm_usage(uuid,text,text,bigint,bigint,text,uuid,text,text,timestamp with time zone,boolean,jsonb,uuid,bigint,bigint,bigint,boolean) from public;
grant execute on function copilot_internal.record_llm_usage(uuid,text,text,bigint,bigint,text,uuid,text,text,timestamp with time zone,boolean,jsonb,uuid,bigint,bigint,bigint,boolean) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.record_llm_usage_batch(records jsonb)
 RETURNS SETOF copilot_internal.llm_cost_records
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  known    constant text[] := array['tenant_id', 'provider', 'model', 'input_tokens', 'output_tokens', 'request_id', 'user_id', 'conversation_id', 'task', 'recorded_at', 'is_estimated', 'metadata', 'reservation_id', 'cached_input_tokens', 'cache_write_5m_tokens', 'cache_write_1h_tokens', 'is_batch'];
  base     copilot_internal.llm_cost_records;
  reports  copilot_internal.llm_cost_records[] := '{}';
  report   copilot_internal.llm_cost_records;
  ids      uuid[];
  position integer := 0;
  bad      record;
begin
  if records is null then
    raise exception using errcode = '22004', message = 'records must not be NULL.',
      detail = 'Got NULL.', hint = 'Pass a JSON array of reports, [] for none.';
  elsif jsonb_typeof(records) <> 'array' then
    raise exception using errcode = '22023', message = 'records must be a JSON array.',
      detail = format('Got %s.', jsonb_typeof(records)), hint = 'Pass an array of objects, one for each report.';
  end if;
  -- Whether a key is unknown, and only then, which.
  if exists (
    select 1 from jsonb_array_elements(records) as e
    where case jsonb_typeof(e.value) when 'object' then e.value - known <> '{}' else true end
  ) then
    select e.ordinality as position, e.value, k.key into bad
    from jsonb_array_elements(records) with ordinality as e
    left join lateral jsonb_object_keys(case when jsonb_typeof(e.value) = 'object' then e.value else '{}' end) as k (key) on k.key <> all (known)
    where jsonb_typeof(e.value) <> 'object' or k.key is not null
    order by e.ordinality
    limit 1;
    raise exception using errcode = '22023',
      message = format('Record %s of %s: %s.', bad.position, jsonb_array_length(records),
                       case when bad.key is null then 'it is no JSON object' else format('unknown key %L', bad.key) end),
      detail = format('Got %s.', left(bad.value::text, 200)), hint = format('Known are %s.', array_to_string(known, ', '));
  end if;

  base.recorded_at           := now();
  base.charged_at            := now();
  base.is_estimated          := false;
  base.metadata              := '{}';
  base.cached_input_tokens   := 0;
  base.cache_write_5m_tokens := 0;
  base.cache_write_1h_tokens := 0;
  base.is_batch              := false;
  begin
    -- Ids in ascending order: neighbours in the batch are neighbours in the indexes.
    ids := array(select gen_random_uuid() as id from generate_series(1, jsonb_array_length(records)) order by id);
    for report in select r.* from jsonb_populate_recordset(base, records) as r loop
      position  := position + 1;
      report.id := ids[position];
      -- What assert_llm_report and assert_request refuse. They are asked only for the words, because a call takes longer.
      if num_nulls(report.tenant_id, report.provider, report.model, report.input_tokens, report.output_tokens,
                   report.cached_input_tokens, report.cache_write_5m_tokens, report.cache_write_1h_tokens, report.is_batch,
                   report.recorded_at, report.is_estimated, report.metadata) > 0
        or least(report.input_tokens, report.output_tokens, report.cached_input_tokens, report.cache_write_5m_tokens,
                 report.cache_write_1h_tokens) < 0
        or report.cached_input_tokens::numeric + report.cache_write_5m_tokens + report.cache_write_1h_tokens > report.input_tokens
        or jsonb_typeof(report.metadata) <> 'object'
        or btrim(report.request_id) = ''
        or octet_length(report.request_id) > 1000
        or octet_length(report.provider) > 1000
        or octet_length(report.model) > 1000
        or octet_length(report.conversation_id) > 1000
        or not isfinite(report.recorded_at)
      then
        perform copilot_internal.assert_llm_report(report);
      end if;
      reports[position] := report;
    end loop;
  exception when others then
    -- Something is wrong with one of them: the first is named by its position.
    for bad in select e.ordinality as position, e.value from jsonb_array_elements(records) with ordinality as e loop
      declare
        code text; problem text; more text; cure text;
      begin
        perform copilot_internal.assert_llm_report(
          jsonb_populate_record(base, bad.value || jsonb_build_object('id', gen_random_uuid())));
      exception when others then
        get stacked diagnostics code = returned_sqlstate, problem = message_text, more = pg_exception_detail, cure = pg_exception_hint;
        raise exception using errcode = code,
          message = format('Record %s of %s: %s', bad.position, jsonb_array_length(records), problem),
          detail = coalesce(nullif(more, ''), format('Got %s.', left(bad.value::text, 200))),
          hint = coalesce(nullif(cure, ''), format('Known are %s.', array_to_string(known, ', ')));
      end;
    end loop;
    raise;
  end;
  if cardinality(reports) = 0 then
    return;
  end if;
  return query select r.* from unnest(copilot_internal.record_llm_reports(reports)) as r;
end
$function$;
comment on function copilot_internal.record_llm_usage_batch(jsonb) is 'Records many LLM calls in one call: a JSON array of objects with the arguments of record_llm_usage by name. The same answers as single calls, in order; all or nothing; each quota is charged once. An error names the first bad record by its position.';
revoke all on function copilot_internal.record_llm_usage_batch(jsonb) from public;
grant execute on function copilot_internal.record_llm_usage_batch(jsonb) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.refuse_hidden_quotas()
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  raise exception using errcode = '42501', message = format('Row level security hides quotas from role %I.', current_user),
    detail = 'A quota that is not seen would neither refuse nor be charged. What service_role may see is not inherited by its members.',
    hint = 'Run: set role service_role; or give the login BYPASSRLS.';
end
$function$;
comment on function copilot_internal.refuse_hidden_quotas() is 'Raises 42501: for roles that may ask for quotas, and do not see them all.';
revoke all on function copilot_internal.refuse_hidden_quotas() from public;
grant execute on function copilot_internal.refuse_hidden_quotas() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.refuse_price_rewriting(message text, list text, price uuid, hint text DEFAULT 'Set a new price with copilot_internal.set_model_price or copilot_internal.set_e2b_price.'::text)
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  raise exception using errcode = 'QT001', message = message, detail = format('%s: price %s.', list, coalesce(price::text, 'unknown')), hint = hint;
end
$function$;
comment on function copilot_internal.refuse_price_rewriting(text,text,uuid,text) is 'Raises QT001: what was calculated or charged has to stay true.';
revoke all on function copilot_internal.refuse_price_rewriting(text,text,uuid,text) from public;
grant execute on function copilot_internal.refuse_price_rewriting(text,text,uuid,text) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.refuse_record_rewriting()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  raise exception using errcode = 'QT005',
    message = 'What was charged is not rewritten.',
    detail = format('%s: record %s of tenant %s.', tg_table_name, old.id, old.tenant_id),
    hint = 'Replace quantities with copilot_internal.revise_llm_usage or revise_e2b_usage; take usage back with copilot_internal.void_usage.';
end
$function$;
comment on function copilot_internal.refuse_record_rewriting() is 'Trigger: raises QT005 when an UPDATE would change what a record was charged for, or to whom.';
revoke all on function copilot_internal.refuse_record_rewriting() from public;
grant execute on function copilot_internal.refuse_record_rewriting() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.refuse_unknown_usage(tenant_id uuid, resource_type text, named text)
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  raise exception using errcode = 'QT008',
    message = format('There is no %s usage %L of tenant %s.', resource_type, named, tenant_id),
    detail = 'Usage is found by its tenant and its request_id, or the id of its record.',
    hint = 'Pass what was recorded; usage that was voided is in copilot_internal.usage_changes.';
end
$function$;
comment on function copilot_internal.refuse_unknown_usage(uuid,text,text) is 'Raises QT008: there is no such record.';
revoke all on function copilot_internal.refuse_unknown_usage(uuid,text,text) from public;
grant execute on function copilot_internal.refuse_unknown_usage(uuid,text,text) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.release_reservation(tenant_id uuid, reservation_id uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.release_reservation(uuid,uuid) is 'Gives a hold back. True when that is done, false when it was settled, recorded or released before. Raises 22004 for NULL, QT002 for a reservation that does not exist.';
revoke all on function copilot_internal.release_reservation(uuid,uuid) from public;
grant execute on function copilot_internal.release_reservation(uuid,uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.replace_e2b_records(former copilot_internal.e2b_cost_records[], anew copilot_internal.e2b_cost_records[], change text, reason text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  insert into copilot_internal.usage_changes (tenant_id, resource_type, record_id, request_id, change, former, reason)
  select f.tenant_id, 'e2b', f.id, f.request_id, replace_e2b_records.change, to_jsonb(f), replace_e2b_records.reason
  from unnest(former) as f;
  delete from copilot_internal.e2b_cost_records as r
  using unnest(former) as f
  where (r.tenant_id, r.recorded_at, r.id) = (f.tenant_id, f.recorded_at, f.id);
  insert into copilot_internal.e2b_cost_records select n.* from unnest(anew) as n;

  perform copilot_internal.charge_usage(
    'e2b', array_agg(f.tenant_id), array_agg(f.user_id), array_agg(coalesce(n.total_cost_usd, 0) - f.total_cost_usd),
    array_agg(f.id), array_agg(null::uuid), array_agg(coalesce(n.is_unpriced, false)), true)
  from unnest(former) as f
  left join unnest(anew) as n on n.id = f.id;
end
$function$;
comment on function copilot_internal.replace_e2b_records(copilot_internal.e2b_cost_records[],copilot_internal.e2b_cost_records[],text,text) is 'Puts records in the place of others with the same ids, or none, keeps what they were, and charges or credits the difference to the quotas of today, each once.';
revoke all on function copilot_internal.replace_e2b_records(copilot_internal.e2b_cost_records[],copilot_internal.e2b_cost_records[],text,text) from public;
grant execute on function copilot_internal.replace_e2b_records(copilot_internal.e2b_cost_records[],copilot_internal.e2b_cost_records[],text,text) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.replace_llm_records(former copilot_internal.llm_cost_records[], anew copilot_internal.llm_cost_records[], change text, reason text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  insert into copilot_internal.usage_changes (tenant_id, resource_type, record_id, request_id, change, former, reason)
  select f.tenant_id, 'llm', f.id, f.request_id, replace_llm_records.change, to_jsonb(f), replace_llm_records.reason
  from unnest(former) as f;
  delete from copilot_internal.llm_cost_records as r
  using unnest(former) as f
  where (r.tenant_id, r.recorded_at, r.id) = (f.tenant_id, f.recorded_at, f.id);
  insert into copilot_internal.llm_cost_records select n.* from unnest(anew) as n;

  perform copilot_internal.charge_usage(
    'llm', array_agg(f.tenant_id), array_agg(f.user_id), array_agg(coalesce(n.total_cost_usd, 0) - f.total_cost_usd),
    array_agg(f.id), array_agg(null::uuid), array_agg(coalesce(n.is_unpriced, false)), true)
  from unnest(former) as f
  left join unnest(anew) as n on n.id = f.id;
end
$function$;
comment on function copilot_internal.replace_llm_records(copilot_internal.llm_cost_records[],copilot_internal.llm_cost_records[],text,text) is 'Puts records in the place of others with the same ids, or none, keeps what they were, and charges or credits the difference to the quotas of today, each once.';
revoke all on function copilot_internal.replace_llm_records(copilot_internal.llm_cost_records[],copilot_internal.llm_cost_records[],text,text) from public;
grant execute on function copilot_internal.replace_llm_records(copilot_internal.llm_cost_records[],copilot_internal.llm_cost_records[],text,text) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.reprice_unpriced_e2b_usage(tier text, used_from timestamp with time zone DEFAULT '-infinity'::timestamp with time zone, used_to timestamp with time zone DEFAULT 'infinity'::timestamp with time zone, max_records integer DEFAULT NULL::integer)
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  former copilot_internal.e2b_cost_records[];
  anew   copilot_internal.e2b_cost_records[];
begin
  if tier is null or used_from is null or used_to is null then
    raise exception using errcode = '22004', message = 'tier, used_from and used_to must not be NULL.',
      detail = format('Got %s.', jsonb_build_array(tier, used_from, used_to)), hint = 'Leave used_from and used_to out for all times.';
  elsif max_records < 1 then
    raise exception using errcode = '22023', message = 'max_records must be 1 or more.',
      detail = format('Got %s.', max_records), hint = 'Leave it out for all.';
  end if;
  perform copilot_internal.lock_e2b_prices(array_agg(p.tier), array_agg(p.region), array_agg(now()))
  from copilot_internal.e2b_pricing as p where p.tier = reprice_unpriced_e2b_usage.tier
  having count(*) > 0;
  -- What somebody else is just repricing or taking back is passed over.
  former := array(
    select r from copilot_internal.e2b_cost_records as r
    where r.is_unpriced and r.tier = reprice_unpriced_e2b_usage.tier
      and copilot_internal.e2b_tier_priced(r.tier, r.recorded_at)
      and r.recorded_at >= used_from and r.recorded_at < used_to
    order by r.tenant_id, r.recorded_at, r.id
    limit max_records
    for update skip locked
  );
  if cardinality(former) = 0 then
    return 0;
  end if;
  anew := copilot_internal.price_e2b_reports(former);
  perform copilot_internal.replace_e2b_records(former, anew, 'repriced', null);
  return cardinality(former);
end
$function$;
comment on function copilot_internal.reprice_unpriced_e2b_usage(text,timestamp with time zone,timestamp with time zone,integer) is 'Prices runs of a tier that were recorded without a price, in [used_from, used_to), now that the price list knows it: each as of its own time. The difference to what was charged is charged to the quotas of today. Answers how many records it priced; running it again changes nothing. max_records bounds one call: repeat until it answers 0.';
revoke all on function copilot_internal.reprice_unpriced_e2b_usage(text,timestamp with time zone,timestamp with time zone,integer) from public;
grant execute on function copilot_internal.reprice_unpriced_e2b_usage(text,timestamp with time zone,timestamp with time zone,integer) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.reprice_unpriced_usage(provider text, model text, used_from timestamp with time zone DEFAULT '-infinity'::timestamp with time zone, used_to timestamp with time zone DEFAULT 'infinity'::timestamp with time zone, max_records integer DEFAULT NULL::integer)
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  names  text[];
  former copilot_internal.llm_cost_records[];
  anew   copilot_internal.llm_cost_records[];
begin
  if provider is null or model is null or used_from is null or used_to is null then
    raise exception using errcode = '22004', message = 'provider, model, used_from and used_to must not be NULL.',
      detail = format('Got %s.', jsonb_build_array(provider, model, used_from, used_to)), hint = 'Leave used_from and used_to out for all times.';
  elsif max_records < 1 then
    raise exception using errcode = '22023', message = 'max_records must be 1 or more.',
      detail = format('Got %s.', max_records), hint = 'Leave it out for all.';
  end if;
  -- The model itself, and the names that are aliases of it.
  names := array(
    select reprice_unpriced_usage.model
    union
    select a.model from copilot_internal.model_aliases as a
    where a.provider = reprice_unpriced_usage.provider and a.alias = reprice_unpriced_usage.model
    union
    select a.alias from copilot_internal.model_aliases as a
    where a.provider = reprice_unpriced_usage.provider and a.model = reprice_unpriced_usage.model
  );
  perform copilot_internal.lock_llm_prices(array_fill(provider, array[cardinality(names)]), names);
  -- What somebody else is just repricing or taking back is passed over.
  former := array(
    select r from copilot_internal.llm_cost_records as r
    where r.is_unpriced and r.provider = reprice_unpriced_usage.provider and r.model = any (names)
      and copilot_internal.model_price_at(r.provider, r.model, r.recorded_at) is not null
      and r.recorded_at >= used_from and r.recorded_at < used_to
    order by r.tenant_id, r.recorded_at, r.id
    limit max_records
    for update skip locked
  );
  if cardinality(former) = 0 then
    return 0;
  end if;
  -- An estimate by way of its hold is none any more.
  anew := copilot_internal.price_llm_reports(array(
    select jsonb_populate_record(f, jsonb_build_object('is_estimated', f.is_estimated and not exists (
      select 1 from copilot_internal.quota_charge_estimates as e where e.tenant_id = f.tenant_id and e.record_id = f.id
    )))
    from unnest(former) as f
  ));
  perform copilot_internal.replace_llm_records(former, anew, 'repriced', null);
  return cardinality(former);
end
$function$;
comment on function copilot_internal.reprice_unpriced_usage(text,text,timestamp with time zone,timestamp with time zone,integer) is 'Prices usage of a model that was recorded without a price, under its own name or an alias of it, in [used_from, used_to), now that the price list knows it: each as of its own time. The difference to what was charged is charged to the quotas of today. Answers how many records it priced; running it again changes nothing. max_records bounds one call: repeat until it answers 0.';
revoke all on function copilot_internal.reprice_unpriced_usage(text,text,timestamp with time zone,timestamp with time zone,integer) from public;
grant execute on function copilot_internal.reprice_unpriced_usage(text,text,timestamp with time zone,timestamp with time zone,integer) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.reserve_quota(tenant_id uuid, resource_type text, amount numeric, user_id uuid DEFAULT NULL::uuid, request_id text DEFAULT NULL::text, hold_for interval DEFAULT '00:15:00'::interval, provider text DEFAULT NULL::text, model text DEFAULT NULL::text, tier text DEFAULT NULL::text)
 RETURNS TABLE(reservation_id uuid, granted boolean, refused_by uuid, left_usd numeric)
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.reserve_quota(uuid,text,numeric,uuid,text,interval,text,text,text) is 'Holds an estimate (USD) against every quota that the usage would count against, if all have room for it, equal included. Answers the reservation, or which quota refused; left_usd is what is then left in the tightest of them, null without any. The hold counts until it is settled, released, recorded or hold_for is over. The same request_id again answers the same open hold, of the larger amount and the later end. With any number of clients, what is admitted never exceeds a limit. Where provider and model, or a tier, are named that have no price now, a quota whose unpriced_policy is refuse_hold refuses, whatever room it has. Raises 22004 and 22023 for bad arguments, QT004 when the request already holds for another user.';
revoke all on function copilot_internal.reserve_quota(uuid,text,numeric,uuid,text,interval,text,text,text) from public;
grant execute on function copilot_internal.reserve_quota(uuid,text,numeric,uuid,text,interval,text,text,text) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.revise_e2b_usage(tenant_id uuid, request_id text, execution_time_seconds numeric DEFAULT NULL::numeric, cpu_core_seconds numeric DEFAULT NULL::numeric, memory_gb_seconds numeric DEFAULT NULL::numeric, disk_io_gb numeric DEFAULT NULL::numeric, status text DEFAULT NULL::text, reason text DEFAULT NULL::text, record_id uuid DEFAULT NULL::uuid)
 RETURNS copilot_internal.e2b_cost_records
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  former copilot_internal.e2b_cost_records;
  anew   copilot_internal.e2b_cost_records;
begin
  perform copilot_internal.assert_usage_named(tenant_id, request_id, record_id);
  former := copilot_internal.take_e2b_record(tenant_id, request_id, record_id);
  if former.id is null then
    perform copilot_internal.refuse_unknown_usage(tenant_id, 'e2b', coalesce(request_id, record_id::text));
  elsif former.is_adopted then
    raise exception using errcode = 'QT005', message = 'A record that was adopted keeps its costs.',
      detail = format('e2b_cost_records: record %s of tenant %s.', former.id, former.tenant_id),
      hint = 'Take it back with copilot_internal.void_usage and record what was used.';
  end if;

  -- Here already: a quantity that is kept is finite, and a little less than nothing is kept as nothing. NaN is greater than Infinity.
  if greatest(execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb) >= 'Infinity'
    or least(execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb) < 0
  then
    raise exception using errcode = '22023', message = 'Usage must be a finite number, 0 or more.',
      detail = format('Got execution_time_seconds %s, cpu_core_seconds %s, memory_gb_seconds %s, disk_io_gb %s.',
                      coalesce(execution_time_seconds, former.execution_time_seconds),
                      coalesce(cpu_core_seconds, former.cpu_core_seconds),
                      coalesce(memory_gb_seconds, former.memory_gb_seconds), coalesce(disk_io_gb, former.disk_io_gb)),
      hint = 'Pass what was measured; leave out what stays.';
  end if;
  anew := former;
  anew.execution_time_seconds := coalesce(execution_time_seconds, former.execution_time_seconds);
  anew.cpu_core_seconds       := coalesce(cpu_core_seconds, former.cpu_core_seconds);
  anew.memory_gb_seconds      := coalesce(memory_gb_seconds, former.memory_gb_seconds);
  anew.disk_io_gb             := coalesce(disk_io_gb, former.disk_io_gb);
  anew.status                 := coalesce(status, former.status);
  perform copilot_internal.assert_e2b_report(anew);
  if anew = former then
    return former;
  end if;
  anew := (copilot_internal.price_e2b_reports(array[anew]))[1];
  if anew.is_unpriced then
    anew.is_estimated := former.is_estimated;
  end if;
  perform copilot_internal.replace_e2b_records(array[former], array[anew], 'revised', reason);
  return anew;
end
$function$;
comment on function copilot_internal.revise_e2b_usage(uuid,text,numeric,numeric,numeric,numeric,text,text,uuid) is 'Replaces quantities of a sandbox run that was recorded, by its request_id or else its record_id: of a stream that went on, or of what was counted wrong. What is left NULL stays. Priced anew as of its own time; the difference is charged or credited to the quotas of today; the former state is kept in usage_changes. The same quantities again change nothing. Raises 22004, 22023, QT005 for an adopted record, QT008 when there is no such record.';
revoke all on function copilot_internal.revise_e2b_usage(uuid,text,numeric,numeric,numeric,numeric,text,text,uuid) from public;
grant execute on function copilot_internal.revise_e2b_usage(uuid,text,numeric,numeric,numeric,numeric,text,text,uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.revise_llm_usage(tenant_id uuid, request_id text, input_tokens bigint DEFAULT NULL::bigint, output_tokens bigint DEFAULT NULL::bigint, cached_input_tokens bigint DEFAULT NULL::bigint, cache_write_5m_tokens bigint DEFAULT NULL::bigint, cache_write_1h_tokens bigint DEFAULT NULL::bigint, is_batch boolean DEFAULT NULL::boolean, reason text DEFAULT NULL::text, record_id uuid DEFAULT NULL::uuid)
 RETURNS copilot_internal.llm_cost_records
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  former copilot_internal.llm_cost_records;
  anew   copilot_internal.llm_cost_records;
  -- The model that it is priced as. An alias says so once: what it means today is asked for calls that have no price yet.
  named  text;
begin
  perform copilot_internal.assert_usage_named(tenant_id, request_id, record_id);
  former := copilot_internal.take_llm_record(tenant_id, request_id, record_id);
  if former.id is null then
    perform copilot_internal.refuse_unknown_usage(tenant_id, 'llm', coalesce(request_id, record_id::text));
  elsif former.is_adopted then
    raise exception using errcode = 'QT005', message = 'A record that was adopted keeps its costs.',
      detail = format('llm_cost_records: record %s of tenant %s.', former.id, former.tenant_id),
      hint = 'Take it back with copilot_internal.void_usage and record what was used.';
  end if;

  anew := former;
  anew.input_tokens          := coalesce(input_tokens, former.input_tokens);
  anew.output_tokens         := coalesce(output_tokens, former.output_tokens);
  anew.cached_input_tokens   := coalesce(cached_input_tokens, former.cached_input_tokens);
  anew.cache_write_5m_tokens := coalesce(cache_write_5m_tokens, former.cache_write_5m_tokens);
  anew.cache_write_1h_tokens := coalesce(cache_write_1h_tokens, former.cache_write_1h_tokens);
  anew.is_batch              := coalesce(is_batch, former.is_batch);
  perform copilot_internal.assert_llm_report(anew);
  if anew = former then
    return former;
  end if;
  named := coalesce(former.priced_model, former.model);
  anew.model := named;
  perform copilot_internal.lock_llm_prices(array[anew.provider], array[named]);
  -- What the caller has called an estimate stays one; what the price list made one is judged anew.
  anew.is_estimated := former.is_estimated and not exists (
    select 1 from copilot_internal.quota_charge_estimates as e where e.tenant_id = former.tenant_id and e.record_id = former.id
  ) and not ((copilot_internal.calculate_llm_records(array[
      jsonb_populate_record(former, jsonb_build_object('is_estimated', false, 'model', named))
    ]))[1]).is_estimated;
  anew := (copilot_internal.price_llm_reports(array[anew]))[1];
  -- The record keeps the name that was reported.
  anew.model := former.model;
  if anew.is_unpriced then
    anew.is_estimated := former.is_estimated;
  end if;
  perform copilot_internal.replace_llm_records(array[former], array[anew], 'revised', reason);
  return anew;
end
$function$;
comment on function copilot_internal.revise_llm_usage(uuid,text,bigint,bigint,bigint,bigint,bigint,boolean,text,uuid) is 'Replaces quantities of an LLM call that was recorded, by its request_id or else its record_id: of a stream that went on, or of what was counted wrong. What is left NULL stays. Priced anew as of its own time, as the model that it was priced as, whatever its alias means now; what was unpriced, by the aliases of now. The difference is charged or credited to the quotas of today; the former state is kept in usage_changes. The same quantities again change nothing. Raises 22004, 22023, QT005 for an adopted record, QT008 when there is no such record.';
revoke all on function copilot_internal.revise_llm_usage(uuid,text,bigint,bigint,bigint,bigint,bigint,boolean,text,uuid) from public;
grant execute on function copilot_internal.revise_llm_usage(uuid,text,bigint,bigint,bigint,bigint,bigint,boolean,text,uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.set_e2b_price(tier text, region text, price_per_second numeric, price_per_cpu_core_second numeric DEFAULT NULL::numeric, price_per_gb_memory_second numeric DEFAULT NULL::numeric, price_per_gb_disk_io numeric DEFAULT NULL::numeric, effective_date timestamp with time zone DEFAULT now(), source text DEFAULT NULL::text, notes text DEFAULT NULL::text, changed_by text DEFAULT NULL::text, allow_jump boolean DEFAULT false, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  starts  timestamptz;
  current copilot_internal.e2b_pricing;
  opened  uuid;
begin
  if tier is null or region is null or price_per_second is null or effective_date is null then
    raise exception using errcode = '22004',
      message = 'tier, region, price_per_second and effective_date must not be NULL.',
      detail = format('Got tier %L, region %L, price_per_second %L, effective_date %L.',
                      tier, region, price_per_second, effective_date),
      hint = 'Resource rates may be NULL: they then stay as they are.';
  end if;
  perform copilot_internal.assert_price(
    price_per_second, price_per_cpu_core_second, price_per_gb_memory_second, price_per_gb_disk_io);
  if expires_at <= greatest(effective_date, now()) then
    raise exception using errcode = '22023', message = 'expires_at must be later than now and effective_date.',
      detail = format('Got %s.', expires_at), hint = 'Leave it out for a price without an end of its own.';
  end if;
  perform copilot_internal.begin_price_change('e2b_pricing', tier, region);

  starts := case
    when effective_date between now() - interval '1 minute' and clock_timestamp() + interval '1 minute'
      then copilot_internal.price_moment('e2b_pricing', tier, region)
    else effective_date
  end;
  select p.* into current
  from copilot_internal.e2b_pricing as p
  where p.tier = set_e2b_price.tier and p.region = set_e2b_price.region
    and p.effective_date <= starts and (p.expires_at is null or starts < p.expires_at)
  order by p.effective_date desc
  limit 1;

  if current.price_per_second = price_per_second
    and current.price_per_cpu_core_second = coalesce(price_per_cpu_core_second, current.price_per_cpu_core_second)
    and current.price_per_gb_memory_second = coalesce(price_per_gb_memory_second, current.price_per_gb_memory_second)
    and current.price_per_gb_disk_io = coalesce(price_per_gb_disk_io, current.price_per_gb_disk_io)
    and current.expires_at is not distinct from set_e2b_price.expires_at
  then
    return current.id;
  end if;
  if allow_jump is not true then
    perform copilot_internal.assert_no_price_jump(current.price_per_second, price_per_second, 'per second');
    perform copilot_internal.assert_no_price_jump(current.price_per_cpu_core_second, price_per_cpu_core_second, 'per core-second');
    perform copilot_internal.assert_no_price_jump(current.price_per_gb_memory_second, price_per_gb_memory_second, 'per GiB-second');
    perform copilot_internal.assert_no_price_jump(current.price_per_gb_disk_io, price_per_gb_disk_io, 'per GB');
  end if;
  if current.effective_date = starts and (starts < now() or starts >= now() + interval '1 millisecond' and exists (
    select 1 from copilot_internal.e2b_cost_records as r where r.pricing_id = current.id
  )) then
    perform copilot_internal.refuse_price_rewriting(
      format('The price of %s in %s that started at %s cannot be replaced by another from the same time.', tier, region, starts),
      'e2b_pricing', current.id, 'Let the new price start now or later.');
  end if;

  -- A price that is set again before anybody can have used it is replaced; all others get a successor.
  opened := gen_random_uuid();
  if current.effective_date = starts
    and not exists (select 1 from copilot_internal.e2b_cost_records as r where r.pricing_id = current.id)
  then
    opened := current.id;
    delete from copilot_internal.e2b_pricing as p where p.id = current.id;
  end if;
  -- What an UPDATE has announced does not bind who says it here.
  update copilot_internal.e2b_pricing as p set announced_end = null
  where p.tier = set_e2b_price.tier and p.region = set_e2b_price.region and p.announced_end is not null;
  insert into copilot_internal.e2b_pricing as p
    (id, tier, region, price_per_second, price_per_cpu_core_second, price_per_gb_memory_second, price_per_gb_disk_io,
     effective_date, expires_at, source, notes, created_by)
  values
    (opened, set_e2b_price.tier, set_e2b_price.region, set_e2b_price.price_per_second,
     coalesce(set_e2b_price.price_per_cpu_core_second, current.price_per_cpu_core_second),
     coalesce(set_e2b_price.price_per_gb_memory_second, current.price_per_gb_memory_second),
     coalesce(set_e2b_price.price_per_gb_disk_io, current.price_per_gb_disk_io),
     starts, set_e2b_price.expires_at, set_e2b_price.source, set_e2b_price.notes, coalesce(changed_by, current_user))
  returning p.id into opened;
  -- Kept out, the same price is there already.
  return coalesce(opened, (
    select p.id
    from copilot_internal.e2b_pricing as p
    where p.tier = set_e2b_price.tier and p.region = set_e2b_price.region
      and p.effective_date <= starts and (p.expires_at is null or starts < p.expires_at)
    order by p.effective_date desc
    limit 1
  ));
end
$function$;
comment on function copilot_internal.set_e2b_price(text,text,numeric,numeric,numeric,numeric,timestamp with time zone,text,text,text,boolean,timestamp with time zone) is 'Sets the price of a tier in a region from effective_date on, in USD, and answers the id of that version. A time within a minute of now is now. Resource rates left NULL stay as they are; those of a new region are the tier''s dearest. With expires_at it is a promotion: the price before it follows it. Does nothing when all that is so already. A price scheduled for later stays. Raises 22004 for NULL, 22023 for a price that is none, QT001 when usage after that date is recorded, QT003 for a change by a factor of 100 or more, unless it is allowed, QT007 for a gap, 55P03 when others do not commit within 5 seconds what they record at this price.';
revoke all on function copilot_internal.set_e2b_price(text,text,numeric,numeric,numeric,numeric,timestamp with time zone,text,text,text,boolean,timestamp with time zone) from public;
grant execute on function copilot_internal.set_e2b_price(text,text,numeric,numeric,numeric,numeric,timestamp with time zone,text,text,text,boolean,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.set_model_price(provider text, model text, input_price_per_million numeric, output_price_per_million numeric, effective_date timestamp with time zone DEFAULT now(), source text DEFAULT NULL::text, notes text DEFAULT NULL::text, changed_by text DEFAULT NULL::text, allow_jump boolean DEFAULT false, components jsonb DEFAULT NULL::jsonb, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  starts  timestamptz;
  current copilot_internal.model_pricing;
  opened  uuid;
begin
  if provider is null or model is null or input_price_per_million is null or output_price_per_million is null
    or effective_date is null
  then
    raise exception using errcode = '22004',
      message = 'provider, model, both prices and effective_date must not be NULL.',
      detail = format('Got provider %L, model %L, input_price_per_million %L, output_price_per_million %L, effective_date %L.',
                      provider, model, input_price_per_million, output_price_per_million, effective_date),
      hint = 'Pass 0 for what is free; leave effective_date out for now.';
  end if;
  perform copilot_internal.assert_price(input_price_per_million, output_price_per_million);
  perform 1 from copilot_internal.read_components(components);
  if expires_at <= greatest(effective_date, now()) then
    raise exception using errcode = '22023', message = 'expires_at must be later than now and effective_date.',
      detail = format('Got %s.', expires_at), hint = 'Leave it out for a price without an end of its own.';
  end if;
  perform copilot_internal.begin_price_change('model_pricing', provider, model);

  starts := case
    when effective_date between now() - interval '1 minute' and clock_timestamp() + interval '1 minute'
      then copilot_internal.price_moment('model_pricing', provider, model)
    else effective_date
  end;
  select p.* into current
  from copilot_internal.model_pricing as p
  where p.provider = set_model_price.provider and p.model = set_model_price.model
    and p.effective_date <= starts and (p.expires_at is null or starts < p.expires_at)
  order by p.effective_date desc
  limit 1;

  if (current.input_price_per_million, current.output_price_per_million) = (input_price_per_million, output_price_per_million)
    and current.expires_at is not distinct from set_model_price.expires_at
    and (components is null or not exists (
      (select c.variant, c.component, c.price_per_million, c.threshold_input_tokens, c.is_derived
       from copilot_internal.read_components(components) as c
       except
       select c.variant, c.component, c.price_per_million, c.threshold_input_tokens, c.is_derived
       from copilot_internal.model_pricing_components as c where c.pricing_id = current.id)
      union all
      (select c.variant, c.component, c.price_per_million, c.threshold_input_tokens, c.is_derived
       from copilot_internal.model_pricing_components as c where c.pricing_id = current.id
       except
       select c.variant, c.component, c.price_per_million, c.threshold_input_tokens, c.is_derived
       from copilot_internal.read_components(components) as c)
    ))
  then
    return current.id;
  end if;
  if allow_jump is not true then
    perform copilot_internal.assert_no_price_jump(current.input_price_per_million, input_price_per_million, 'per million tokens');
    perform copilot_internal.assert_no_price_jump(current.output_price_per_million, output_price_per_million, 'per million tokens');
  end if;
  if current.effective_date = starts and (starts < now() or starts >= now() + interval '1 millisecond' and exists (
    select 1 from copilot_internal.llm_cost_records as r where r.pricing_id = current.id
  )) then
    perform copilot_internal.refuse_price_rewriting(
      format('The price of %s %s that started at %s cannot be replaced by another from the same time.', provider, model, starts),
      'model_pricing', current.id, 'Let the new price start now or later.');
  end if;

  -- A price that is set again before anybody can have used it is replaced; all others get a successor.
  opened := gen_random_uuid();
  if current.effective_date = starts
    and not exists (select 1 from copilot_internal.llm_cost_records as r where r.pricing_id = current.id)
  then
    opened := current.id;
    delete from copilot_internal.model_pricing as p where p.id = current.id;
  end if;
  -- What a recipe has announced does not bind who says it here.
  update copilot_internal.model_pricing as p set announced_end = null
  where p.provider = set_model_price.provider and p.model = set_model_price.model and p.announced_end is not null;
  perform set_config('copilot_internal.components', coalesce(components::text, ''), true);
  insert into copilot_internal.model_pricing as p
    (id, provider, model, input_price_per_million, output_price_per_million, effective_date, expires_at, source, notes, created_by)
  values
    (opened, set_model_price.provider, set_model_price.model, set_model_price.input_price_per_million,
     set_model_price.output_price_per_million, starts, set_model_price.expires_at, set_model_price.source,
     set_model_price.notes, coalesce(changed_by, current_user))
  returning p.id into opened;
  perform set_config('copilot_internal.components', '', true);
  -- Kept out, the same price is there already.
  return coalesce(opened, (
    select p.id
    from copilot_internal.model_pricing as p
    where p.provider = set_model_price.provider and p.model = set_model_price.model
      and p.effective_date <= starts and (p.expires_at is null or starts < p.expires_at)
    order by p.effective_date desc
    limit 1
  ));
end
$function$;
comment on function copilot_internal.set_model_price(text,text,numeric,numeric,timestamp with time zone,text,text,text,boolean,jsonb,timestamp with time zone) is 'Sets the price of a model from effective_date on, in USD per million tokens, and answers the id of that version. A time within a minute of now is now. With expires_at it is a promotion: the price before it follows it. components: cached, cache-write, batch and long-context prices, as in {"cached_input": 0.3, "batch": {"input": 1.5, "output": 7.5}}, and under derived those that no price list states, which are estimates; left out, those of the version before are taken over as estimates, and never cheaper. Does nothing when all that is so already. A price scheduled for later stays. Raises 22004 for NULL, 22023 for a price that is none, QT001 when usage after that date is recorded, QT003 for a change by a factor of 100 or more, unless it is allowed, QT007 for a gap, 55P03 when others do not commit within 5 seconds what they record at this price.';
revoke all on function copilot_internal.set_model_price(text,text,numeric,numeric,timestamp with time zone,text,text,text,boolean,jsonb,timestamp with time zone) from public;
grant execute on function copilot_internal.set_model_price(text,text,numeric,numeric,timestamp with time zone,text,text,text,boolean,jsonb,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.set_quota(scope text, scope_id uuid, resource_type text, limit_usd numeric DEFAULT NULL::numeric, period text DEFAULT NULL::text, period_anchor timestamp with time zone DEFAULT NULL::timestamp with time zone, warning_threshold numeric DEFAULT NULL::numeric, unpriced_policy text DEFAULT NULL::text, from_period text DEFAULT NULL::text)
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.set_quota(text,uuid,text,numeric,text,timestamp with time zone,numeric,text,text) is 'Creates the quota of a scope for a kind of usage and a period, or changes it, and answers its id. What is left out or NULL stays as it is; a new quota needs limit_usd and period. Quotas of several periods live side by side, so another period is another quota: to count an existing one by another period, name both, as in from_period => ''day'', period => ''month''. Where there is only one, period may be left out. A new period or anchor ends the open period, which is archived, and the next starts now with nothing spent; it ends where a period of the anchor does. The same again changes nothing. Raises 22004 and 22023 for bad arguments, 23505 for from_period when there is a quota of either period.';
revoke all on function copilot_internal.set_quota(text,uuid,text,numeric,text,timestamp with time zone,numeric,text,text) from public;
grant execute on function copilot_internal.set_quota(text,uuid,text,numeric,text,timestamp with time zone,numeric,text,text) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.settle_price(price uuid, at_commit boolean)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  -- A change that begins now may begin a little later, after usage that others have recorded meanwhile at the price before.
  latest    constant timestamptz := clock_timestamp() + interval '1 minute';
  -- Under repeatable read, what others have recorded since the snapshot cannot be seen.
  is_blind  constant boolean := at_commit and current_setting('transaction_isolation') <> 'read committed';
  key       bigint;
  version   record;
  starts    timestamptz;
  ends      timestamptz;
  last_used timestamptz;
begin
  select v.* into version from copilot_internal.price_versions as v where v.id = price;
  if not found then
    return;
  end if;
  starts := version.effective_date;
  ends   := version.expires_at;
  key    := copilot_internal.price_lock(version.list, version.name, version.part);
  if at_commit then
    perform copilot_internal.take_price_locks(
      string_to_array(nullif(current_setting('copilot_internal.changed_prices', true), ''), ' ')::bigint[] || key);
  else
    perform set_config('copilot_internal.changed_prices',
                       concat_ws(' ', nullif(current_setting('copilot_internal.changed_prices', true), ''), key), true);
    perform copilot_internal.touch_price_versions(version.list, version.name, version.part, starts);
  end if;

  -- What was charged at a price that began earlier, in the time that this one takes. It may have to begin after another that
  -- had to wait in the same way; then that one has begun earlier, too.
  loop
    select max(u.recorded_at) into last_used
    from copilot_internal.price_versions as v
    join copilot_internal.priced_usage as u on u.list = v.list and u.pricing_id = v.id
    where (v.list, v.name, v.part) = (version.list, version.name, version.part) and v.id <> price and v.effective_date < starts
      and u.recorded_at >= starts and (ends is null or u.recorded_at < ends);
    -- What began before this transaction did is not of its making.
    if is_blind and starts = version.effective_date and starts between now() and clock_timestamp() then
      last_used := greatest(last_used, clock_timestamp());
    end if;
    exit when last_used is null;
    if starts < now() or starts > latest or last_used >= latest then
      perform copilot_internal.refuse_price_rewriting(
        format('A price cannot start at %s: usage after that time is recorded at the price before it.', starts),
        version.list, price, format('Let it start after %s, the last of that usage.', last_used));
    end if;
    starts := last_used + interval '1 microsecond';
    while exists (
      select 1 from copilot_internal.price_versions as v
      where (v.list, v.name, v.part, v.effective_date) = (version.list, version.name, version.part, starts) and v.id <> price
    ) loop
      starts := starts + interval '1 microsecond';
    end loop;
  end loop;

  -- What was charged at this price, after its end.
  select max(u.recorded_at) into last_used
  from copilot_internal.priced_usage as u
  where u.list = version.list and u.pricing_id = price and u.recorded_at >= ends;
  if is_blind and ends <= clock_timestamp() and ends > version.effective_date then
    last_used := greatest(last_used, clock_timestamp());
  end if;
  if last_used is not null then
    if ends < now() or ends > latest or last_used >= latest then
      perform copilot_internal.refuse_price_rewriting(
        format('A price cannot end at %s: usage after that time is recorded at it.', ends),
        version.list, price, format('Let it end after %s, the last of that usage.', last_used));
    end if;
    ends := last_used + interval '1 microsecond';
  end if;
  -- What was ended as it began is never in force.
  if ends < starts then
    ends := starts;
  end if;

  if exists (
    select 1 from copilot_internal.priced_usage as u
    where u.list = version.list and u.pricing_id = price and u.recorded_at < starts
  ) then
    raise exception using errcode = '40001',
      message = format('Usage is recorded at a price that would start only at %s.', starts),
      detail = format('%s: price %s.', version.list, price), hint = 'Run the transaction again.';
  end if;
  if starts <> version.effective_date or ends is distinct from version.expires_at then
    perform set_config('copilot_internal.price_change', 'on', true);
    if version.list = 'model_pricing' then
      update copilot_internal.model_pricing as p set effective_date = starts, expires_at = ends where p.id = price;
    else
      update copilot_internal.e2b_pricing as p set effective_date = starts, expires_at = ends where p.id = price;
    end if;
    perform set_config('copilot_internal.price_change', '', true);
  end if;
end
$function$;
comment on function copilot_internal.settle_price(uuid,boolean) is 'Holds that all usage lies in the period of the price it was charged at: a price that begins or ends now does so right after the last usage recorded at the price before. Raises QT001 for another that would break it, and 55P03 when others do not commit what they record.';
revoke all on function copilot_internal.settle_price(uuid,boolean) from public;
grant execute on function copilot_internal.settle_price(uuid,boolean) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.settle_reservation(tenant_id uuid, reservation_id uuid, actual_cost numeric)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.settle_reservation(uuid,uuid,numeric) is 'Replaces a hold by what the usage cost (USD), for usage that is not recorded, or not yet: record_llm_usage and record_e2b_usage charge by themselves and close the hold they are told, and of one that was settled only the difference. True when charged; false, and nothing charged, when the hold was settled, recorded or released before. A hold whose time is over can still be settled, also when it was closed for that: what was used was used. Raises 22004 for NULL, 22023 for a negative cost, QT002 for a reservation that does not exist.';
revoke all on function copilot_internal.settle_reservation(uuid,uuid,numeric) from public;
grant execute on function copilot_internal.settle_reservation(uuid,uuid,numeric) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.spread_quota(quota_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.spread_quota(uuid) is 'From now on recordings charge parts of this quota of the platform, and do not wait for each other. Nothing changes for one that is spread. Its spent_usd is without them: quota_status adds them up. Raises 22004 for NULL, 22023 for what is no quota of the platform.';
revoke all on function copilot_internal.spread_quota(uuid) from public;
grant execute on function copilot_internal.spread_quota(uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.start_e2b_price()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  dearest record;
begin
  new.effective_date := copilot_internal.price_start('e2b_pricing', new.tier, new.region, new.effective_date);

  -- Resource rates belong to their tier: what is not given is this region's, else the dearest of the tier's other regions'.
  select max(p.price_per_cpu_core_second) as core_second, max(p.price_per_gb_memory_second) as gb_second,
         max(p.price_per_gb_disk_io) as gb_disk
  into dearest
  from copilot_internal.e2b_pricing as p
  where p.tier = new.tier and p.effective_date <= new.effective_date
    and (p.expires_at is null or new.effective_date < p.expires_at)
    and not exists (
      select 1 from copilot_internal.e2b_pricing as n
      where n.tier = p.tier and n.region = p.region and n.effective_date > p.effective_date
        and n.effective_date <= new.effective_date and (n.expires_at is null or new.effective_date < n.expires_at)
    )
    and (p.region = new.region or not exists (
      select 1 from copilot_internal.e2b_pricing as own
      where own.tier = new.tier and own.region = new.region and own.effective_date <= new.effective_date
        and (own.expires_at is null or new.effective_date < own.expires_at)
    ));
  new.price_per_cpu_core_second  := coalesce(new.price_per_cpu_core_second, dearest.core_second, 0);
  new.price_per_gb_memory_second := coalesce(new.price_per_gb_memory_second, dearest.gb_second, 0);
  new.price_per_gb_disk_io       := coalesce(new.price_per_gb_disk_io, dearest.gb_disk, 0);

  -- The same price again, about now and in one transaction, is there already.
  if exists (
    select 1 from (
      select p.* from copilot_internal.e2b_pricing as p
      where p.tier = new.tier and p.region = new.region and p.created_at = now()
        and p.effective_date >= now() and p.effective_date < now() + interval '1 millisecond'
      order by p.effective_date desc
      limit 1
    ) as p
    where new.effective_date < now() + interval '1 millisecond' and new.effective_date > p.effective_date
      and (p.price_per_second, p.price_per_cpu_core_second, p.price_per_gb_memory_second, p.price_per_gb_disk_io, p.expires_at)
          is not distinct from
          (new.price_per_second, new.price_per_cpu_core_second, new.price_per_gb_memory_second, new.price_per_gb_disk_io, new.expires_at)
  ) then
    return null;
  end if;
  return new;
end
$function$;
comment on function copilot_internal.start_e2b_price() is 'Trigger: a price that is to start about now starts now, by the database''s clock; resource rates that are not given are those of the region, else of the tier''s dearest region.';
revoke all on function copilot_internal.start_e2b_price() from public;
grant execute on function copilot_internal.start_e2b_price() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.start_model_price()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  new.effective_date := copilot_internal.price_start('model_pricing', new.provider, new.model, new.effective_date);
  -- The same price again, about now and in one transaction, is there already; with components of its own it is another.
  if nullif(current_setting('copilot_internal.components', true), '') is null and exists (
    select 1 from (
      select p.* from copilot_internal.model_pricing as p
      where p.provider = new.provider and p.model = new.model and p.created_at = now()
        and p.effective_date >= now() and p.effective_date < now() + interval '1 millisecond'
      order by p.effective_date desc
      limit 1
    ) as p
    where new.effective_date < now() + interval '1 millisecond' and new.effective_date > p.effective_date
      and (p.input_price_per_million, p.output_price_per_million, p.expires_at)
          is not distinct from (new.input_price_per_million, new.output_price_per_million, new.expires_at)
  ) then
    return null;
  end if;
  return new;
end
$function$;
comment on function copilot_internal.start_model_price() is 'Trigger: a price that is to start about now starts now, by the database''s clock.';
revoke all on function copilot_internal.start_model_price() from public;
grant execute on function copilot_internal.start_model_price() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.take_e2b_record(tenant_id uuid, request_id text, record_id uuid)
 RETURNS copilot_internal.e2b_cost_records
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  taken  copilot_internal.e2b_cost_records;
  wanted uuid := record_id;
begin
  if request_id is not null then
    -- The request first, as whoever records it does.
    select u.record_id into wanted
    from copilot_internal.usage_requests as u
    where u.tenant_id = take_e2b_record.tenant_id and u.resource_type = 'e2b' and u.request_id = take_e2b_record.request_id
    for update;
  end if;
  -- Of several that change one record, each finds what the one before has put in its place.
  loop
    select r.* into taken
    from copilot_internal.e2b_cost_records as r
    where r.tenant_id = take_e2b_record.tenant_id and r.id = wanted
    for update;
    exit when taken.id is not null
      or not exists (select 1 from copilot_internal.e2b_cost_records as r where r.tenant_id = take_e2b_record.tenant_id and r.id = wanted);
  end loop;
  return taken;
end
$function$;
comment on function copilot_internal.take_e2b_record(uuid,text,uuid) is 'The record of a request, or with an id, locked until the transaction ends; null when there is none.';
revoke all on function copilot_internal.take_e2b_record(uuid,text,uuid) from public;
grant execute on function copilot_internal.take_e2b_record(uuid,text,uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.take_llm_record(tenant_id uuid, request_id text, record_id uuid)
 RETURNS copilot_internal.llm_cost_records
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  taken  copilot_internal.llm_cost_records;
  wanted uuid := record_id;
begin
  if request_id is not null then
    -- The request first, as whoever records it does.
    select u.record_id into wanted
    from copilot_internal.usage_requests as u
    where u.tenant_id = take_llm_record.tenant_id and u.resource_type = 'llm' and u.request_id = take_llm_record.request_id
    for update;
  end if;
  -- Of several that change one record, each finds what the one before has put in its place.
  loop
    select r.* into taken
    from copilot_internal.llm_cost_records as r
    where r.tenant_id = take_llm_record.tenant_id and r.id = wanted
    for update;
    exit when taken.id is not null
      or not exists (select 1 from copilot_internal.llm_cost_records as r where r.tenant_id = take_llm_record.tenant_id and r.id = wanted);
  end loop;
  return taken;
end
$function$;
comment on function copilot_internal.take_llm_record(uuid,text,uuid) is 'The record of a request, or with an id, locked until the transaction ends; null when there is none.';
revoke all on function copilot_internal.take_llm_record(uuid,text,uuid) from public;
grant execute on function copilot_internal.take_llm_record(uuid,text,uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.take_price_locks(keys bigint[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
 SET lock_timeout TO '50ms'
AS $function$
declare
  gives_up constant timestamptz := clock_timestamp() + interval '5 seconds';
  turn     integer := 25;
begin
  -- In line with those who record, so that they do not starve a change; but in turns, longer ones where recordings take long,
  -- so that one who sleeps in a transaction does not, by way of this wait, stop the others. All of them or none: nobody waits
  -- here for a lock while others wait for one that this transaction holds.
  loop
    turn := least(2 * turn, 400);
    perform set_config('lock_timeout', turn || 'ms', true);
    begin
      perform pg_advisory_xact_lock(k.key) from (select key from unnest(keys) as key order by key) as k;
      return;
    exception when lock_not_available then
      if clock_timestamp() >= gives_up then
        raise exception using errcode = '55P03',
          message = 'The price is not changed: for 5 seconds there was no moment at which nobody was recording usage at it.',
          detail = 'A price is changed at a moment at which all usage recorded at it is committed.',
          hint = 'Try again, or when less is recorded; if that is in vain, look for sessions that are idle in transaction in pg_stat_activity.';
      end if;
    end;
    perform pg_sleep(0.001 * turn * random());
  end loop;
end
$function$;
comment on function copilot_internal.take_price_locks(bigint[]) is 'Waits until nobody records usage at these prices, 5 seconds at most, then raises 55P03. Holds up whoever begins to record for 50 to 400 milliseconds at a time at most.';
revoke all on function copilot_internal.take_price_locks(bigint[]) from public;
grant execute on function copilot_internal.take_price_locks(bigint[]) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.take_quota_parts(quota_id uuid)
 RETURNS numeric
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  taken numeric;
begin
  with parts as (
    delete from copilot_internal.cost_quota_parts as p where p.quota_id = take_quota_parts.quota_id returning p.spent_usd
  )
  select sum(parts.spent_usd) into taken from parts;
  return taken;
end
$function$;
comment on function copilot_internal.take_quota_parts(uuid) is 'Removes the parts of a quota, and answers how many USD they held; null of one that is not spread. Waits for who charges them.';
revoke all on function copilot_internal.take_quota_parts(uuid) from public;
grant execute on function copilot_internal.take_quota_parts(uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.tell_known_e2b_usage(known copilot_internal.e2b_cost_records, report copilot_internal.e2b_cost_records)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if (known.tier, known.region, known.execution_time_seconds, known.cpu_core_seconds, known.memory_gb_seconds, known.disk_io_gb)
    is distinct from
    (report.tier, report.region, report.execution_time_seconds, report.cpu_core_seconds, report.memory_gb_seconds, report.disk_io_gb)
  then
    raise warning using
      message = format('Request %s was recorded before with other numbers; the first record stands.', report.request_id),
      detail = format('Recorded: %s. Reported now: %s.',
                      row(known.tier, known.region, known.execution_time_seconds, known.cpu_core_seconds, known.memory_gb_seconds, known.disk_io_gb),
                      row(report.tier, report.region, report.execution_time_seconds, report.cpu_core_seconds, report.memory_gb_seconds, report.disk_io_gb)),
      hint = 'To replace what was recorded, call copilot_internal.revise_e2b_usage.';
  end if;
end
$function$;
comment on function copilot_internal.tell_known_e2b_usage(copilot_internal.e2b_cost_records,copilot_internal.e2b_cost_records) is 'Raises a WARNING when a request that is known is reported again with other numbers.';
revoke all on function copilot_internal.tell_known_e2b_usage(copilot_internal.e2b_cost_records,copilot_internal.e2b_cost_records) from public;
grant execute on function copilot_internal.tell_known_e2b_usage(copilot_internal.e2b_cost_records,copilot_internal.e2b_cost_records) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.tell_known_llm_usage(known copilot_internal.llm_cost_records, report copilot_internal.llm_cost_records)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if (known.provider, known.model, known.input_tokens, known.output_tokens, known.cached_input_tokens, known.cache_write_5m_tokens, known.cache_write_1h_tokens, known.is_batch)
    is distinct from
    (report.provider, report.model, report.input_tokens, report.output_tokens, report.cached_input_tokens, report.cache_write_5m_tokens, report.cache_write_1h_tokens, report.is_batch)
  then
    raise warning using
      message = format('Request %s was recorded before with other numbers; the first record stands.', report.request_id),
      detail = format('Recorded: %s. Reported now: %s.',
                      row(known.provider, known.model, known.input_tokens, known.output_tokens, known.cached_input_tokens, known.cache_write_5m_tokens, known.cache_write_1h_tokens, known.is_batch),
                      row(report.provider, report.model, report.input_tokens, report.output_tokens, report.cached_input_tokens, report.cache_write_5m_tokens, report.cache_write_1h_tokens, report.is_batch)),
      hint = 'To replace what was recorded, call copilot_internal.revise_llm_usage.';
  end if;
end
$function$;
comment on function copilot_internal.tell_known_llm_usage(copilot_internal.llm_cost_records,copilot_internal.llm_cost_records) is 'Raises a WARNING when a request that is known is reported again with other numbers.';
revoke all on function copilot_internal.tell_known_llm_usage(copilot_internal.llm_cost_records,copilot_internal.llm_cost_records) from public;
grant execute on function copilot_internal.tell_known_llm_usage(copilot_internal.llm_cost_records,copilot_internal.llm_cost_records) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.touch_price_versions(list text, name text, part text, starts timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  former constant text    := current_setting('lock_timeout');
  is_own constant boolean := former <> '0' and former::interval <= interval '5 seconds';
begin
  -- Written anew as they are: whoever records at one of them under repeatable read, with a snapshot from before, finds out.
  -- Here, and not at the commit: nobody waits for a row while others wait for an advisory lock that they hold.
  perform set_config('copilot_internal.price_change', 'on', true);
  if not is_own then
    perform set_config('lock_timeout', '5s', true);
  end if;
  begin
    if list = 'model_pricing' then
      update copilot_internal.model_pricing as p set updated_at = p.updated_at
      where p.provider = name and p.model = part and p.effective_date < starts and (p.expires_at is null or p.expires_at > starts)
        and p.effective_date >= coalesce((
          select max(q.effective_date) from copilot_internal.model_pricing as q
          where q.provider = name and q.model = part and q.effective_date < starts and q.expires_at is null
        ), '-infinity');
    else
      update copilot_internal.e2b_pricing as p set updated_at = p.updated_at
      where p.tier = name and p.region = part and p.effective_date < starts and (p.expires_at is null or p.expires_at > starts)
        and p.effective_date >= coalesce((
          select max(q.effective_date) from copilot_internal.e2b_pricing as q
          where q.tier = name and q.region = part and q.effective_date < starts and q.expires_at is null
        ), '-infinity');
    end if;
  exception when lock_not_available then
    if is_own then
      raise;
    end if;
    raise exception using errcode = '55P03',
      message = 'The price is not changed: for 5 seconds usage at it was being recorded under repeatable read or serializable.',
      detail = 'Such a transaction keeps the price that it has seen until it ends.',
      hint = 'Try again; if that is in vain, look for sessions that are idle in transaction in pg_stat_activity.';
  end;
  perform set_config('lock_timeout', former, true);
  perform set_config('copilot_internal.price_change', '', true);
end
$function$;
comment on function copilot_internal.touch_price_versions(text,text,text,timestamp with time zone) is 'Writes the versions that a new one takes time from once more, so that snapshots from before are found to be too old.';
revoke all on function copilot_internal.touch_price_versions(text,text,text,timestamp with time zone) from public;
grant execute on function copilot_internal.touch_price_versions(text,text,text,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.usage_charged_usd(quota copilot_internal.cost_quotas, tenant_id uuid, record_id uuid)
 RETURNS numeric
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  since   constant timestamptz := copilot_internal.quota_counts_since(quota);
  charged numeric := 0;
  cost    numeric := 0;
  moment  timestamptz;
  state   record;
begin
  -- The last change keeps what there was before it.
  select (c.former ->> 'total_cost_usd')::numeric as cost, (c.former ->> 'charged_at')::timestamptz as charged_at into state
  from copilot_internal.usage_changes as c
  where c.tenant_id = usage_charged_usd.tenant_id and c.record_id = usage_charged_usd.record_id
  order by c.changed_at desc
  limit 1;
  if state.charged_at >= since then
    return state.cost;
  end if;
  -- A newer quota: since then, each change has charged a difference, or given back what there was of it.
  for state in
    select (c.former ->> 'total_cost_usd')::numeric as cost, c.changed_at
    from copilot_internal.usage_changes as c
    where c.tenant_id = usage_charged_usd.tenant_id and c.record_id = usage_charged_usd.record_id
    order by c.changed_at
  loop
    if moment >= since then
      charged := greatest(charged + state.cost - cost, 0);
    end if;
    cost   := state.cost;
    moment := state.changed_at;
  end loop;
  return charged;
end
$function$;
comment on function copilot_internal.usage_charged_usd(copilot_internal.cost_quotas,uuid,uuid) is 'USD that a quota concerned has been charged for a record, by its report and by all changes but the last one.';
revoke all on function copilot_internal.usage_charged_usd(copilot_internal.cost_quotas,uuid,uuid) from public;
grant execute on function copilot_internal.usage_charged_usd(copilot_internal.cost_quotas,uuid,uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.void_usage(tenant_id uuid, resource_type text, usage text, reason text DEFAULT NULL::text)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  -- The name of a request, else the id of a record.
  named_id constant uuid := case when usage ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then usage end;
  llm copilot_internal.llm_cost_records;
  e2b copilot_internal.e2b_cost_records;
begin
  if tenant_id is null or resource_type is null or usage is null then
    raise exception using errcode = '22004', message = 'tenant_id, resource_type and usage must not be NULL.',
      detail = format('Got tenant_id %L, resource_type %L, usage %L.', tenant_id, resource_type, usage),
      hint = 'Pass the request_id that was recorded, or the id of the record, as usage.';
  elsif resource_type not in ('llm', 'e2b') then
    raise exception using errcode = '22023', message = format('Unknown resource type %L.', resource_type),
      detail = 'What can be taken back is llm or e2b.', hint = 'Use one of the two.';
  end if;

  if resource_type = 'llm' then
    llm := copilot_internal.take_llm_record(tenant_id, usage, null);
    if llm.id is null and named_id is not null then
      llm := copilot_internal.take_llm_record(tenant_id, null, named_id);
    end if;
    if llm.id is not null then
      perform copilot_internal.replace_llm_records(array[llm], '{}', 'voided', reason);
      return true;
    end if;
  else
    e2b := copilot_internal.take_e2b_record(tenant_id, usage, null);
    if e2b.id is null and named_id is not null then
      e2b := copilot_internal.take_e2b_record(tenant_id, null, named_id);
    end if;
    if e2b.id is not null then
      perform copilot_internal.replace_e2b_records(array[e2b], '{}', 'voided', reason);
      return true;
    end if;
  end if;
  if exists (
    select 1 from copilot_internal.usage_changes as c
    where c.tenant_id = void_usage.tenant_id and c.resource_type = void_usage.resource_type and c.change = 'voided'
      and (c.record_id = named_id or c.request_id = usage)
  ) then
    return false;
  end if;
  perform copilot_internal.refuse_unknown_usage(tenant_id, resource_type, usage);
end
$function$;
comment on function copilot_internal.void_usage(uuid,text,text,text) is 'Takes usage back: a refund, a mistake, a duplicate. usage is its request_id, or the id of its record; resource_type is llm or e2b. The record leaves the totals, what it cost is credited to the quotas of today, and record, reason, time and who stay in usage_changes. True when that is done, false when it was done before. The request, reported again, is answered by what was voided. Raises 22004, 22023, QT008 when there is no such usage.';
revoke all on function copilot_internal.void_usage(uuid,text,text,text) from public;
grant execute on function copilot_internal.void_usage(uuid,text,text,text) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.wait_for_writers(relation regclass, patience interval)
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.wait_for_writers(regclass,interval) is 'Waits until every transaction that is writing a table now has ended, or patience has, and answers how many have not. Takes no lock: nobody waits for it, and those who begin meanwhile are not waited for.';
revoke all on function copilot_internal.wait_for_writers(regclass,interval) from public;
grant execute on function copilot_internal.wait_for_writers(regclass,interval) to service_role;


-- =================================================================================================
-- Tables
-- =================================================================================================

create table copilot_internal.cost_quota_parts (
  id uuid default gen_random_uuid() not null,
  quota_id uuid not null,
  spent_usd numeric(38,18) default 0 not null,
  constraint cost_quota_parts_pkey PRIMARY KEY (quota_id, id),
  constraint cost_quota_parts_spent_usd_finite CHECK ((spent_usd < 'NaN'::numeric))
) with (fillfactor=10);
comment on table copilot_internal.cost_quota_parts is 'Parts of platform quotas that are spread: what recordings have charged since the quota was last gathered or rolled over, besides its spent_usd. As many as recordings commit at once; none of a quota that is not spread.';
comment on column copilot_internal.cost_quota_parts.id is 'Identifies the part.';
comment on column copilot_internal.cost_quota_parts.quota_id is 'The quota, one of the platform''s.';
comment on column copilot_internal.cost_quota_parts.spent_usd is 'USD spent in the current period, exact. Less than 0 when more was credited than spent.';
CREATE TRIGGER _100_assert_quota_part BEFORE INSERT ON copilot_internal.cost_quota_parts FOR EACH ROW EXECUTE FUNCTION copilot_internal.assert_quota_part();
comment on trigger _100_assert_quota_part on copilot_internal.cost_quota_parts is 'Parts are of quotas of the platform.';
alter table copilot_internal.cost_quota_parts enable row level security;
grant delete, insert, select, update on copilot_internal.cost_quota_parts to service_role;

create table copilot_internal.cost_quota_periods (
  id uuid default gen_random_uuid() not null,
  quota_id uuid,
  scope text not null,
  scope_id uuid,
  resource_type text not null,
  period text not null,
  period_start timestamp with time zone not null,
  period_end timestamp with time zone not null,
  limit_usd numeric(38,18) not null,
  spent_usd numeric(38,18) not null,
  closed_at timestamp with time zone default now() not null,
  constraint cost_quota_periods_pkey PRIMARY KEY (id)
);
comment on table copilot_internal.cost_quota_periods is 'Closed periods of quotas: what was allowed and what was spent. Written when a quota rolls over, is counted by another period, or is deleted.';
comment on column copilot_internal.cost_quota_periods.id is 'Identifies the closed period.';
comment on column copilot_internal.cost_quota_periods.quota_id is 'The quota; null once it is deleted.';
comment on column copilot_internal.cost_quota_periods.scope is 'Whose spending was limited: platform, tenant or user.';
comment on column copilot_internal.cost_quota_periods.scope_id is 'The tenant or user; null for the platform.';
comment on column copilot_internal.cost_quota_periods.resource_type is 'What was counted: llm, e2b or all.';
comment on column copilot_internal.cost_quota_periods.period is 'Length of the period: hour, day, week or month.';
comment on column copilot_internal.cost_quota_periods.period_start is 'When it began.';
comment on column copilot_internal.cost_quota_periods.period_end is 'When it ended; this moment belongs to the next. Less than a period after its start when the quota was changed or deleted.';
comment on column copilot_internal.cost_quota_periods.limit_usd is 'USD allowed at its end.';
comment on column copilot_internal.cost_quota_periods.spent_usd is 'USD spent in it, exact.';
comment on column copilot_internal.cost_quota_periods.closed_at is 'When the rollover was noticed.';
CREATE INDEX cost_quota_periods_quota_id_period_start_idx ON copilot_internal.cost_quota_periods USING btree (quota_id, period_start);
alter table copilot_internal.cost_quota_periods enable row level security;
grant delete, insert, select, update on copilot_internal.cost_quota_periods to service_role;

create table copilot_internal.cost_quotas (
  id uuid default gen_random_uuid() not null,
  scope text not null,
  scope_id uuid,
  limit_usd numeric(38,18) not null,
  spent_usd numeric(38,18) default 0 not null,
  warning_threshold numeric(5,4) default 0.80 not null,
  unpriced_policy text default 'allow'::text not null,
  period text not null,
  period_start timestamp with time zone not null,
  period_end timestamp with time zone not null,
  period_anchor timestamp with time zone not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  resource_type text default 'llm'::text not null,
  former_coverage jsonb,
  constraint cost_quotas_pkey PRIMARY KEY (id),
  constraint cost_quotas_scope_scope_id_resource_type_period_key UNIQUE NULLS NOT DISTINCT (scope, scope_id, resource_type, period),
  constraint cost_quotas_limit_usd_not_negative CHECK (((limit_usd >= (0)::numeric) AND (limit_usd < 'NaN'::numeric))),
  constraint cost_quotas_period_end_after_start CHECK ((period_end > period_start)),
  constraint cost_quotas_period_known CHECK ((period = ANY ('{hour,day,week,month}'::text[]))),
  constraint cost_quotas_period_start_finite CHECK ((isfinite(period_start) AND isfinite(period_anchor))),
  constraint cost_quotas_resource_type_known CHECK ((resource_type = ANY ('{llm,e2b,all}'::text[]))),
  constraint cost_quotas_scope_id_fits_scope CHECK (((scope = 'platform'::text) = (scope_id IS NULL))),
  constraint cost_quotas_scope_known CHECK ((scope = ANY ('{platform,tenant,user}'::text[]))),
  constraint cost_quotas_spent_usd_finite CHECK ((spent_usd < 'NaN'::numeric)),
  constraint cost_quotas_unpriced_policy_known CHECK ((unpriced_policy = ANY ('{allow,charge_hold,refuse_hold}'::text[]))),
  constraint cost_quotas_warning_threshold_is_share CHECK (((warning_threshold > (0)::numeric) AND (warning_threshold <= (1)::numeric)))
) with (fillfactor=10);
comment on table copilot_internal.cost_quotas is 'What a platform, tenant or user may spend in a period, and what it has spent in the current one.';
comment on column copilot_internal.cost_quotas.id is 'Identifies the quota.';
comment on column copilot_internal.cost_quotas.scope is 'Whose spending is limited: platform (everybody''s), tenant or user.';
comment on column copilot_internal.cost_quotas.scope_id is 'The tenant or user; null for the platform.';
comment on column copilot_internal.cost_quotas.limit_usd is 'USD that may be spent in one period. Spending exactly this much is within the limit.';
comment on column copilot_internal.cost_quotas.spent_usd is 'USD spent in the current period, exact. Less than 0 when more was credited than spent: what is taken back of an earlier period is credited to the current one. Of a quota that is spread, without what cost_quota_parts holds: quota_status adds it up.';
comment on column copilot_internal.cost_quotas.warning_threshold is 'Share of the limit at which a warning is due, 0.80 being 80 %.';
comment on column copilot_internal.cost_quotas.unpriced_policy is 'What is done about usage without a price: allow (it counts 0), charge_hold (the amount of its reservation is charged) or refuse_hold (a reservation that names what has no price is not granted).';
comment on column copilot_internal.cost_quotas.period is 'Length of a period: hour, day, week or month, counted in UTC.';
comment on column copilot_internal.cost_quotas.period_start is 'When the current period began. Default: now. In the future: the quota neither refuses nor is charged before.';
comment on column copilot_internal.cost_quotas.period_end is 'When the current period ends; this moment belongs to the next. Default: one period after the start.';
comment on column copilot_internal.cost_quotas.period_anchor is 'Where periods are counted from: period n starts at anchor + n periods. Default: the first period_start.';
comment on column copilot_internal.cost_quotas.created_at is 'When the quota was created, or edited to count other usage: what was used before was not charged to it, but for what former_coverage says.';
comment on column copilot_internal.cost_quotas.updated_at is 'When limit, spend or period last changed.';
comment on column copilot_internal.cost_quotas.resource_type is 'What is counted: llm, e2b, or all for both together.';
comment on column copilot_internal.cost_quotas.former_coverage is 'Of a quota that was edited to count more: what it counted before that it still counts, each part since when. An array of objects with scope, scope_id, resource_type and since; null for one that was not.';
CREATE TRIGGER _100_archive_quota_period AFTER UPDATE OF period, period_anchor, period_start ON copilot_internal.cost_quotas FOR EACH ROW WHEN (((new.period_start > old.period_start) OR ((new.period_start = old.period_start) AND ((new.period <> old.period) OR (new.period_anchor <> old.period_anchor))))) EXECUTE FUNCTION copilot_internal.archive_quota_period();
comment on trigger _100_archive_quota_period on copilot_internal.cost_quotas is 'Whoever moves a quota on to a later period, or counts its periods otherwise, the one before is archived.';
CREATE TRIGGER _100_fill_quota_period BEFORE INSERT ON copilot_internal.cost_quotas FOR EACH ROW EXECUTE FUNCTION copilot_internal.fill_quota_period();
comment on trigger _100_fill_quota_period on copilot_internal.cost_quotas is 'Start, anchor and end of the first period may be left out.';
CREATE TRIGGER _110_archive_deleted_quota AFTER DELETE ON copilot_internal.cost_quotas FOR EACH ROW EXECUTE FUNCTION copilot_internal.archive_quota_period();
comment on trigger _110_archive_deleted_quota on copilot_internal.cost_quotas is 'Whoever deletes a quota, its open period is archived.';
CREATE TRIGGER _110_start_next_period BEFORE UPDATE OF period, period_anchor ON copilot_internal.cost_quotas FOR EACH ROW WHEN (((old.period IS DISTINCT FROM new.period) OR (old.period_anchor IS DISTINCT FROM new.period_anchor))) EXECUTE FUNCTION copilot_internal.fill_quota_period();
comment on trigger _110_start_next_period on copilot_internal.cost_quotas is 'Whoever changes the period or the anchor of a quota ends its open period, and starts the next.';
CREATE TRIGGER _120_count_anew BEFORE UPDATE OF scope, scope_id, resource_type ON copilot_internal.cost_quotas FOR EACH ROW EXECUTE FUNCTION copilot_internal.count_quota_anew();
comment on trigger _120_count_anew on copilot_internal.cost_quotas is 'Whoever edits a quota to count other usage, its count of that begins anew.';
alter table copilot_internal.cost_quotas enable row level security;
create policy cost_quotas_select_tenant on copilot_internal.cost_quotas for select to authenticated
  using (((scope = 'tenant'::text) AND (scope_id = ( SELECT (COALESCE((auth.jwt() ->> 'tenant_id'::text), ((auth.jwt() -> 'app_metadata'::text) ->> 'tenant_id'::text)))::uuid AS "coalesce"))));
comment on policy cost_quotas_select_tenant on copilot_internal.cost_quotas is 'A tenant sees its own quotas.';
create policy cost_quotas_select_user on copilot_internal.cost_quotas for select to authenticated
  using (((scope = 'user'::text) AND (scope_id = ( SELECT
        CASE
            WHEN ((auth.jwt() ->> 'sub'::text) ~* '^([0-9a-f]{4}-?){7}[0-9a-f]{4}$'::text) THEN ((auth.jwt() ->> 'sub'::text))::uuid
            ELSE NULL::uuid
        END AS "case"))));
comment on policy cost_quotas_select_user on copilot_internal.cost_quotas is 'A user sees their own quotas. One whose id is no UUID has none.';
grant select on copilot_internal.cost_quotas to authenticated;
grant delete, insert, select, update on copilot_internal.cost_quotas to service_role;

create table copilot_internal.e2b_cost_records (
  tenant_id uuid not null,
  recorded_at timestamp with time zone default now() not null,
  id uuid default gen_random_uuid() not null,
  user_id uuid,
  conversation_id text,
  request_id text,
  sandbox_id text,
  tier text not null,
  region text not null,
  status text default 'completed'::text not null,
  execution_time_seconds numeric(20,6) not null,
  cpu_core_seconds numeric(20,6) default 0 not null,
  memory_gb_seconds numeric(20,6) default 0 not null,
  disk_io_gb numeric(20,6) default 0 not null,
  pricing_id uuid,
  price_per_second numeric(20,12),
  price_per_cpu_core_second numeric(20,12),
  price_per_gb_memory_second numeric(20,12),
  price_per_gb_disk_io numeric(20,12),
  execution_cost_usd numeric(38,18) default 0 not null,
  resource_cost_usd numeric(38,18) default 0 not null,
  total_cost_usd numeric(38,18) default 0 not null,
  is_estimated boolean default false not null,
  is_unpriced boolean default false not null,
  metadata jsonb default '{}'::jsonb not null,
  is_adopted boolean default false not null,
  reservation_id uuid,
  charged_at timestamp with time zone,
  constraint e2b_cost_records_pkey PRIMARY KEY (tenant_id, recorded_at, id),
  constraint e2b_cost_records_costs_follow_from_prices CHECK ((is_unpriced OR is_adopted OR COALESCE(((execution_cost_usd = (execution_time_seconds * price_per_second)) AND (resource_cost_usd = (((cpu_core_seconds * price_per_cpu_core_second) + (memory_gb_seconds * price_per_gb_memory_second)) + (disk_io_gb * price_per_gb_disk_io)))), false))),
  constraint e2b_cost_records_costs_not_negative CHECK (((execution_cost_usd >= (0)::numeric) AND (execution_cost_usd < 'NaN'::numeric) AND (resource_cost_usd >= (0)::numeric) AND (resource_cost_usd < 'NaN'::numeric))),
  constraint e2b_cost_records_metadata_is_object CHECK ((jsonb_typeof(metadata) = 'object'::text)),
  constraint e2b_cost_records_priced_or_marked CHECK (
CASE
    WHEN (is_unpriced OR is_adopted) THEN ((NOT (is_unpriced AND is_adopted)) AND (num_nulls(pricing_id, price_per_second, price_per_cpu_core_second, price_per_gb_memory_second, price_per_gb_disk_io) = 5))
    ELSE (num_nulls(pricing_id, price_per_second, price_per_cpu_core_second, price_per_gb_memory_second, price_per_gb_disk_io) = 0)
END),
  constraint e2b_cost_records_recorded_at_finite CHECK (isfinite(recorded_at)),
  constraint e2b_cost_records_status_known CHECK ((status = ANY (ARRAY['running'::text, 'paused'::text, 'completed'::text, 'failed'::text, 'timed_out'::text, 'killed'::text]))),
  constraint e2b_cost_records_total_cost_usd_is_the_sum CHECK ((is_adopted OR (total_cost_usd = (execution_cost_usd + resource_cost_usd)))),
  constraint e2b_cost_records_unpriced_costs_nothing CHECK (((NOT is_unpriced) OR (total_cost_usd = (0)::numeric))),
  constraint e2b_cost_records_usage_not_negative CHECK (((execution_time_seconds >= (0)::numeric) AND (execution_time_seconds < 'NaN'::numeric) AND (cpu_core_seconds >= (0)::numeric) AND (cpu_core_seconds < 'NaN'::numeric) AND (memory_gb_seconds >= (0)::numeric) AND (memory_gb_seconds < 'NaN'::numeric) AND (disk_io_gb >= (0)::numeric) AND (disk_io_gb < 'NaN'::numeric)))
);
comment on table copilot_internal.e2b_cost_records is 'One row per sandbox run: who started it, what it used, what it cost, and the prices that were applied.';
comment on column copilot_internal.e2b_cost_records.tenant_id is 'The tenant that pays.';
comment on column copilot_internal.e2b_cost_records.recorded_at is 'When the usage happened; it is priced as of this time.';
comment on column copilot_internal.e2b_cost_records.id is 'Identifies the record within its tenant.';
comment on column copilot_internal.e2b_cost_records.user_id is 'The user who caused the run (auth.users.id); null when a machine did.';
comment on column copilot_internal.e2b_cost_records.conversation_id is 'The conversation the run belongs to, in the words of the caller.';
comment on column copilot_internal.e2b_cost_records.request_id is 'The caller''s own name for the request, by which a repeated report is recognised.';
comment on column copilot_internal.e2b_cost_records.sandbox_id is 'E2B''s name for the sandbox.';
comment on column copilot_internal.e2b_cost_records.tier is 'Tier, as in e2b_pricing.tier; an unknown one is kept and marked unpriced.';
comment on column copilot_internal.e2b_cost_records.region is 'Region, as in e2b_pricing.region.';
comment on column copilot_internal.e2b_cost_records.status is 'How the run stands: running, paused, completed, failed, timed_out or killed.';
comment on column copilot_internal.e2b_cost_records.execution_time_seconds is 'Seconds the sandbox ran, to the microsecond.';
comment on column copilot_internal.e2b_cost_records.cpu_core_seconds is 'Seconds of CPU core used, where metered.';
comment on column copilot_internal.e2b_cost_records.memory_gb_seconds is 'GiB-seconds of memory used, where metered.';
comment on column copilot_internal.e2b_cost_records.disk_io_gb is 'GB read from and written to disk, where metered.';
comment on column copilot_internal.e2b_cost_records.pricing_id is 'The row of e2b_pricing that was applied; null when unpriced.';
comment on column copilot_internal.e2b_cost_records.price_per_second is 'The price applied to each second; null when unpriced.';
comment on column copilot_internal.e2b_cost_records.price_per_cpu_core_second is 'The price applied to each core-second; null when unpriced.';
comment on column copilot_internal.e2b_cost_records.price_per_gb_memory_second is 'The price applied to each GiB-second of memory; null when unpriced.';
comment on column copilot_internal.e2b_cost_records.price_per_gb_disk_io is 'The price applied to each GB of disk traffic; null when unpriced.';
comment on column copilot_internal.e2b_cost_records.execution_cost_usd is 'USD for the time, exact.';
comment on column copilot_internal.e2b_cost_records.resource_cost_usd is 'USD for metered CPU, memory and disk, exact.';
comment on column copilot_internal.e2b_cost_records.total_cost_usd is 'USD in all: execution plus resources.';
comment on column copilot_internal.e2b_cost_records.is_estimated is 'Whether another region''s price was used because this one had none.';
comment on column copilot_internal.e2b_cost_records.is_unpriced is 'Whether no price was found: the cost is 0 because it is unknown, not because it is free.';
comment on column copilot_internal.e2b_cost_records.metadata is 'Anything else the caller wants to keep, a JSON object.';
comment on column copilot_internal.e2b_cost_records.is_adopted is 'Whether the record was there before the product: its cost is what it was, not what a price list says.';
comment on column copilot_internal.e2b_cost_records.reservation_id is 'The reservation that held its estimate, if any.';
comment on column copilot_internal.e2b_cost_records.charged_at is 'When it was reported, and charged to the quotas of that time; null when it was not, as what is inserted by hand.';
CREATE INDEX e2b_cost_records_pricing_id_recorded_at_idx ON copilot_internal.e2b_cost_records USING btree (pricing_id, recorded_at);
CREATE INDEX e2b_cost_records_recorded_at_idx ON copilot_internal.e2b_cost_records USING btree (recorded_at);
CREATE INDEX e2b_cost_records_tenant_id_conversation_id_idx ON copilot_internal.e2b_cost_records USING btree (tenant_id, conversation_id);
CREATE INDEX e2b_cost_records_tenant_id_id_idx ON copilot_internal.e2b_cost_records USING btree (tenant_id, id);
CREATE INDEX e2b_cost_records_tenant_id_request_id_idx ON copilot_internal.e2b_cost_records USING btree (tenant_id, request_id);
CREATE INDEX e2b_cost_records_tier_recorded_at_idx ON copilot_internal.e2b_cost_records USING btree (tier, recorded_at) WHERE is_unpriced;
CREATE TRIGGER _100_refuse_rewriting BEFORE UPDATE ON copilot_internal.e2b_cost_records FOR EACH ROW WHEN (((((((((((((((((((((((((old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.recorded_at IS DISTINCT FROM new.recorded_at)) OR (old.id IS DISTINCT FROM new.id)) OR (old.user_id IS DISTINCT FROM new.user_id)) OR (old.request_id IS DISTINCT FROM new.request_id)) OR (old.tier IS DISTINCT FROM new.tier)) OR (old.region IS DISTINCT FROM new.region)) OR (old.execution_time_seconds IS DISTINCT FROM new.execution_time_seconds)) OR (old.cpu_core_seconds IS DISTINCT FROM new.cpu_core_seconds)) OR (old.memory_gb_seconds IS DISTINCT FROM new.memory_gb_seconds)) OR (old.disk_io_gb IS DISTINCT FROM new.disk_io_gb)) OR (old.pricing_id IS DISTINCT FROM new.pricing_id)) OR (old.price_per_second IS DISTINCT FROM new.price_per_second)) OR (old.price_per_cpu_core_second IS DISTINCT FROM new.price_per_cpu_core_second)) OR (old.price_per_gb_memory_second IS DISTINCT FROM new.price_per_gb_memory_second)) OR (old.price_per_gb_disk_io IS DISTINCT FROM new.price_per_gb_disk_io)) OR (old.execution_cost_usd IS DISTINCT FROM new.execution_cost_usd)) OR (old.resource_cost_usd IS DISTINCT FROM new.resource_cost_usd)) OR (old.total_cost_usd IS DISTINCT FROM new.total_cost_usd)) OR (old.is_estimated IS DISTINCT FROM new.is_estimated)) OR (old.is_unpriced IS DISTINCT FROM new.is_unpriced)) OR (old.is_adopted IS DISTINCT FROM new.is_adopted)) OR (old.reservation_id IS DISTINCT FROM new.reservation_id)) OR (old.charged_at IS DISTINCT FROM new.charged_at))) EXECUTE FUNCTION copilot_internal.refuse_record_rewriting();
comment on trigger _100_refuse_rewriting on copilot_internal.e2b_cost_records is 'What was charged is not rewritten.';
CREATE TRIGGER _200_check_record_prices AFTER INSERT ON copilot_internal.e2b_cost_records REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION copilot_internal.check_e2b_record_prices();
comment on trigger _200_check_record_prices on copilot_internal.e2b_cost_records is 'A record lies in the period of its price.';
CREATE TRIGGER _300_note_changed_day AFTER INSERT ON copilot_internal.e2b_cost_records FOR EACH ROW WHEN ((new.recorded_at < date_trunc('day'::text, clock_timestamp(), 'UTC'::text))) EXECUTE FUNCTION copilot_internal.note_changed_day('e2b');
comment on trigger _300_note_changed_day on copilot_internal.e2b_cost_records is 'A late report makes its day one that is read from records.';
CREATE TRIGGER _310_note_changed_day AFTER DELETE OR UPDATE ON copilot_internal.e2b_cost_records FOR EACH ROW WHEN ((old.recorded_at < date_trunc('day'::text, clock_timestamp(), 'UTC'::text))) EXECUTE FUNCTION copilot_internal.note_changed_day('e2b');
comment on trigger _310_note_changed_day on copilot_internal.e2b_cost_records is 'A record that is changed or removed later makes its day one that is read from records.';
CREATE TRIGGER _320_forget_rollups AFTER TRUNCATE ON copilot_internal.e2b_cost_records FOR EACH STATEMENT EXECUTE FUNCTION copilot_internal.forget_rollups('e2b');
comment on trigger _320_forget_rollups on copilot_internal.e2b_cost_records is 'Rollups of records that are all gone go with them.';
alter table copilot_internal.e2b_cost_records enable row level security;
create policy e2b_cost_records_select_tenant on copilot_internal.e2b_cost_records for select to authenticated
  using ((tenant_id = ( SELECT (COALESCE((auth.jwt() ->> 'tenant_id'::text), ((auth.jwt() -> 'app_metadata'::text) ->> 'tenant_id'::text)))::uuid AS "coalesce")));
comment on policy e2b_cost_records_select_tenant on copilot_internal.e2b_cost_records is 'A tenant sees what its own sandboxes cost.';
grant select on copilot_internal.e2b_cost_records to authenticated;
grant delete, insert, select, update on copilot_internal.e2b_cost_records to service_role;

create table copilot_internal.e2b_pricing (
  id uuid default gen_random_uuid() not null,
  tier text not null,
  region text not null,
  price_per_second numeric(20,12) not null,
  price_per_cpu_core_second numeric(20,12) not null,
  price_per_gb_memory_second numeric(20,12) not null,
  price_per_gb_disk_io numeric(20,12) not null,
  effective_date timestamp with time zone default now() not null,
  expires_at timestamp with time zone,
  source text,
  verified_on date,
  notes text,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  announced_end timestamp with time zone,
  created_by text default CURRENT_USER not null,
  constraint e2b_pricing_pkey PRIMARY KEY (id),
  constraint e2b_pricing_tier_region_effective_date_key UNIQUE (tier, region, effective_date),
  constraint e2b_pricing_effective_date_finite CHECK (isfinite(effective_date)),
  constraint e2b_pricing_expires_at_not_before_effective_date CHECK ((expires_at >= effective_date)),
  constraint e2b_pricing_prices_not_negative CHECK (((price_per_second >= (0)::numeric) AND (price_per_second < 'NaN'::numeric) AND (price_per_cpu_core_second >= (0)::numeric) AND (price_per_cpu_core_second < 'NaN'::numeric) AND (price_per_gb_memory_second >= (0)::numeric) AND (price_per_gb_memory_second < 'NaN'::numeric) AND (price_per_gb_disk_io >= (0)::numeric) AND (price_per_gb_disk_io < 'NaN'::numeric))),
  constraint e2b_pricing_region_not_blank CHECK ((btrim(region) <> ''::text)),
  constraint e2b_pricing_tier_not_blank CHECK ((btrim(tier) <> ''::text))
);
comment on table copilot_internal.e2b_pricing is 'What an E2B sandbox costs, by tier and region: a row a version. In force is, of the versions that have begun and not expired, the one that began last; so a version ends where the next begins, and one that expires gives way to the one before it.';
comment on column copilot_internal.e2b_pricing.id is 'Identifies this version of the price.';
comment on column copilot_internal.e2b_pricing.tier is 'Size of the sandbox: standard, high-cpu, high-memory, gpu or one of your own.';
comment on column copilot_internal.e2b_pricing.region is 'Where the sandbox runs, such as us-east-1.';
comment on column copilot_internal.e2b_pricing.price_per_second is 'USD for each second of execution.';
comment on column copilot_internal.e2b_pricing.price_per_cpu_core_second is 'USD for each second of each CPU core, where it is metered.';
comment on column copilot_internal.e2b_pricing.price_per_gb_memory_second is 'USD for each second of each GiB of memory, where it is metered.';
comment on column copilot_internal.e2b_pricing.price_per_gb_disk_io is 'USD for each GB read from or written to disk, where it is metered.';
comment on column copilot_internal.e2b_pricing.effective_date is 'First moment at which the price is in force.';
comment on column copilot_internal.e2b_pricing.expires_at is 'An end that somebody asked for, as of a promotion. Null: until the next version begins.';
comment on column copilot_internal.e2b_pricing.source is 'Where the price comes from.';
comment on column copilot_internal.e2b_pricing.verified_on is 'The day somebody compared the price with its source.';
comment on column copilot_internal.e2b_pricing.notes is 'What else a reader of the price should know.';
comment on column copilot_internal.e2b_pricing.created_at is 'When the row was written.';
comment on column copilot_internal.e2b_pricing.updated_at is 'When the row last changed.';
comment on column copilot_internal.e2b_pricing.announced_end is 'When a successor is to begin, as an UPDATE that set prices and an end has said: it ends nothing, but the successor may not leave a gap.';
comment on column copilot_internal.e2b_pricing.created_by is 'Who set the price: a name that was given, else the database role.';
CREATE TRIGGER _100_start_price BEFORE INSERT ON copilot_internal.e2b_pricing FOR EACH ROW EXECUTE FUNCTION copilot_internal.start_e2b_price();
comment on trigger _100_start_price on copilot_internal.e2b_pricing is 'About now is now, and resource rates are those of the tier.';
CREATE TRIGGER _200_await_successor BEFORE UPDATE OF price_per_second, price_per_cpu_core_second, price_per_gb_memory_second, price_per_gb_disk_io ON copilot_internal.e2b_pricing FOR EACH ROW WHEN (((pg_trigger_depth() = 0) OR (current_setting('copilot_internal.price_change'::text, true) IS DISTINCT FROM 'on'::text))) EXECUTE FUNCTION copilot_internal.guard_e2b_price('announces');
comment on trigger _200_await_successor on copilot_internal.e2b_pricing is 'A price that is set together with an end announces its successor.';
CREATE TRIGGER _300_guard_price BEFORE DELETE OR UPDATE ON copilot_internal.e2b_pricing FOR EACH ROW WHEN (((pg_trigger_depth() = 0) OR (current_setting('copilot_internal.price_change'::text, true) IS DISTINCT FROM 'on'::text))) EXECUTE FUNCTION copilot_internal.guard_e2b_price();
comment on trigger _300_guard_price on copilot_internal.e2b_pricing is 'What was charged stays explained.';
CREATE TRIGGER _500_keep_former_price AFTER UPDATE ON copilot_internal.e2b_pricing REFERENCING OLD TABLE AS former NEW TABLE AS wanted FOR EACH STATEMENT WHEN (((pg_trigger_depth() = 0) OR (current_setting('copilot_internal.price_change'::text, true) IS DISTINCT FROM 'on'::text))) EXECUTE FUNCTION copilot_internal.keep_former_e2b_price();
comment on trigger _500_keep_former_price on copilot_internal.e2b_pricing is 'A price changed in place leaves the old one behind.';
CREATE TRIGGER _600_check_new_price AFTER INSERT ON copilot_internal.e2b_pricing FOR EACH ROW EXECUTE FUNCTION copilot_internal.check_price('at once');
comment on trigger _600_check_new_price on copilot_internal.e2b_pricing is 'Usage lies in the period of its price.';
CREATE TRIGGER _610_check_moved_price AFTER UPDATE ON copilot_internal.e2b_pricing FOR EACH ROW WHEN ((((new.effective_date IS DISTINCT FROM old.effective_date) OR (new.expires_at IS DISTINCT FROM old.expires_at)) AND ((pg_trigger_depth() = 0) OR (current_setting('copilot_internal.price_change'::text, true) IS DISTINCT FROM 'on'::text)))) EXECUTE FUNCTION copilot_internal.check_price('at once');
comment on trigger _610_check_moved_price on copilot_internal.e2b_pricing is 'Usage lies in the period of its price.';
CREATE CONSTRAINT TRIGGER _700_settle_new_price AFTER INSERT ON copilot_internal.e2b_pricing DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION copilot_internal.check_price('at commit');
comment on trigger _700_settle_new_price on copilot_internal.e2b_pricing is 'Usage that others are recording lies in the period of its price, too.';
CREATE CONSTRAINT TRIGGER _710_settle_moved_price AFTER UPDATE ON copilot_internal.e2b_pricing DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((((new.effective_date IS DISTINCT FROM old.effective_date) OR (new.expires_at IS DISTINCT FROM old.expires_at)) AND ((pg_trigger_depth() = 0) OR (current_setting('copilot_internal.price_change'::text, true) IS DISTINCT FROM 'on'::text)))) EXECUTE FUNCTION copilot_internal.check_price('at commit');
comment on trigger _710_settle_moved_price on copilot_internal.e2b_pricing is 'Usage that others are recording lies in the period of its price, too.';
alter table copilot_internal.e2b_pricing enable row level security;
create policy e2b_pricing_select_authenticated on copilot_internal.e2b_pricing for select to authenticated
  using (true);
comment on policy e2b_pricing_select_authenticated on copilot_internal.e2b_pricing is 'Whoever is signed in sees the price list.';
grant select on copilot_internal.e2b_pricing to authenticated;
grant delete, insert, select, update on copilot_internal.e2b_pricing to service_role;

create table copilot_internal.e2b_usage_rollups (
  tenant_id uuid not null,
  day date not null,
  dimensions_hash bytea default sha256((quote_nullable(tier))::bytea) not null,
  tier text not null,
  run_count bigint not null,
  execution_time_seconds numeric(39,6) not null,
  cpu_core_seconds numeric(39,6) not null,
  memory_gb_seconds numeric(39,6) not null,
  disk_io_gb numeric(39,6) not null,
  execution_cost_usd numeric(57,18) not null,
  resource_cost_usd numeric(57,18) not null,
  total_cost_usd numeric(57,18) not null,
  estimated_count bigint not null,
  unpriced_count bigint not null,
  first_recorded_at timestamp with time zone not null,
  last_recorded_at timestamp with time zone not null,
  constraint e2b_usage_rollups_pkey PRIMARY KEY (tenant_id, day, dimensions_hash),
  constraint e2b_usage_rollups_counts_are_part_of_runs CHECK (((run_count > 0) AND ((estimated_count >= 0) AND (estimated_count <= run_count)) AND ((unpriced_count >= 0) AND (unpriced_count <= run_count)))),
  constraint e2b_usage_rollups_recorded_on_the_day CHECK (((first_recorded_at <= last_recorded_at) AND (((first_recorded_at AT TIME ZONE 'UTC'::text))::date = day) AND (((last_recorded_at AT TIME ZONE 'UTC'::text))::date = day)))
);
comment on table copilot_internal.e2b_usage_rollups is 'Sandbox runs of days that fold_usage has added up: one row per tenant, UTC day and tier. Its records are still there; a day in usage_changed_days is read from them.';
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
CREATE INDEX e2b_usage_rollups_day_idx ON copilot_internal.e2b_usage_rollups USING btree (day);
alter table copilot_internal.e2b_usage_rollups enable row level security;
create policy e2b_usage_rollups_select_tenant on copilot_internal.e2b_usage_rollups for select to authenticated
  using ((tenant_id = ( SELECT (COALESCE((auth.jwt() ->> 'tenant_id'::text), ((auth.jwt() -> 'app_metadata'::text) ->> 'tenant_id'::text)))::uuid AS "coalesce")));
comment on policy e2b_usage_rollups_select_tenant on copilot_internal.e2b_usage_rollups is 'A tenant sees what its own sandboxes cost.';
grant select on copilot_internal.e2b_usage_rollups to authenticated;
grant delete, insert, select, update on copilot_internal.e2b_usage_rollups to service_role;

create table copilot_internal.e2b_usage_totals (
  tenant_id uuid not null,
  day date not null,
  dimensions_hash bytea default sha256((((quote_nullable(tier) || ','::text) || quote_nullable(conversation_id)))::bytea) not null,
  tier text not null,
  conversation_id text,
  run_count bigint not null,
  execution_time_seconds numeric(39,6) not null,
  cpu_core_seconds numeric(39,6) not null,
  memory_gb_seconds numeric(39,6) not null,
  disk_io_gb numeric(39,6) not null,
  execution_cost_usd numeric(57,18) not null,
  resource_cost_usd numeric(57,18) not null,
  total_cost_usd numeric(57,18) not null,
  estimated_count bigint not null,
  unpriced_count bigint not null,
  first_recorded_at timestamp with time zone not null,
  last_recorded_at timestamp with time zone not null,
  constraint e2b_usage_totals_pkey PRIMARY KEY (tenant_id, day, dimensions_hash),
  constraint e2b_usage_totals_costs_not_negative CHECK (((execution_cost_usd >= (0)::numeric) AND (execution_cost_usd < 'NaN'::numeric) AND (resource_cost_usd >= (0)::numeric) AND (resource_cost_usd < 'NaN'::numeric))),
  constraint e2b_usage_totals_counts_are_part_of_runs CHECK (((run_count > 0) AND ((estimated_count >= 0) AND (estimated_count <= run_count)) AND ((unpriced_count >= 0) AND (unpriced_count <= run_count)))),
  constraint e2b_usage_totals_recorded_on_the_day CHECK (((first_recorded_at <= last_recorded_at) AND (((first_recorded_at AT TIME ZONE 'UTC'::text))::date = day) AND (((last_recorded_at AT TIME ZONE 'UTC'::text))::date = day))),
  constraint e2b_usage_totals_usage_not_negative CHECK (((execution_time_seconds >= (0)::numeric) AND (execution_time_seconds < 'NaN'::numeric) AND (cpu_core_seconds >= (0)::numeric) AND (cpu_core_seconds < 'NaN'::numeric) AND (memory_gb_seconds >= (0)::numeric) AND (memory_gb_seconds < 'NaN'::numeric) AND (disk_io_gb >= (0)::numeric) AND (disk_io_gb < 'NaN'::numeric)))
);
comment on table copilot_internal.e2b_usage_totals is 'Sandbox usage of whole days, added up exactly: one row per tenant, UTC day, tier and conversation. The views add it to the records.';
comment on column copilot_internal.e2b_usage_totals.tenant_id is 'The tenant that pays.';
comment on column copilot_internal.e2b_usage_totals.day is 'The UTC day on which the usage happened.';
comment on column copilot_internal.e2b_usage_totals.dimensions_hash is 'Tier and conversation in a form that fits a key.';
comment on column copilot_internal.e2b_usage_totals.tier is 'Tier, as it was recorded.';
comment on column copilot_internal.e2b_usage_totals.conversation_id is 'The conversation the runs belong to; null for those outside one.';
comment on column copilot_internal.e2b_usage_totals.run_count is 'How many runs there were.';
comment on column copilot_internal.e2b_usage_totals.execution_time_seconds is 'Seconds the sandboxes ran.';
comment on column copilot_internal.e2b_usage_totals.cpu_core_seconds is 'Seconds of CPU core used, where metered.';
comment on column copilot_internal.e2b_usage_totals.memory_gb_seconds is 'GiB-seconds of memory used, where metered.';
comment on column copilot_internal.e2b_usage_totals.disk_io_gb is 'GB read from and written to disk, where metered.';
comment on column copilot_internal.e2b_usage_totals.execution_cost_usd is 'USD for the time, exact.';
comment on column copilot_internal.e2b_usage_totals.resource_cost_usd is 'USD for metered CPU, memory and disk, exact.';
comment on column copilot_internal.e2b_usage_totals.total_cost_usd is 'USD in all: execution plus resources.';
comment on column copilot_internal.e2b_usage_totals.estimated_count is 'How many of the runs have an estimated cost.';
comment on column copilot_internal.e2b_usage_totals.unpriced_count is 'How many of the runs have no price, and count 0.';
comment on column copilot_internal.e2b_usage_totals.first_recorded_at is 'When the first of them happened.';
comment on column copilot_internal.e2b_usage_totals.last_recorded_at is 'When the last of them happened.';
alter table copilot_internal.e2b_usage_totals enable row level security;
create policy e2b_usage_totals_select_tenant on copilot_internal.e2b_usage_totals for select to authenticated
  using ((tenant_id = ( SELECT (COALESCE((auth.jwt() ->> 'tenant_id'::text), ((auth.jwt() -> 'app_metadata'::text) ->> 'tenant_id'::text)))::uuid AS "coalesce")));
comment on policy e2b_usage_totals_select_tenant on copilot_internal.e2b_usage_totals is 'A tenant sees what its own sandboxes cost.';
grant select on copilot_internal.e2b_usage_totals to authenticated;
grant delete, insert, select, update on copilot_internal.e2b_usage_totals to service_role;

create table copilot_internal.llm_cost_records (
  tenant_id uuid not null,
  recorded_at timestamp with time zone default now() not null,
  id uuid default gen_random_uuid() not null,
  user_id uuid,
  conversation_id text,
  request_id text,
  provider text not null,
  model text not null,
  task text,
  input_tokens bigint default 0 not null,
  output_tokens bigint default 0 not null,
  pricing_id uuid,
  input_price_per_million numeric(20,12),
  output_price_per_million numeric(20,12),
  input_cost_usd numeric(38,18) default 0 not null,
  output_cost_usd numeric(38,18) default 0 not null,
  total_cost_usd numeric(38,18) default 0 not null,
  is_estimated boolean default false not null,
  is_unpriced boolean default false not null,
  metadata jsonb default '{}'::jsonb not null,
  is_adopted boolean default false not null,
  cached_input_tokens bigint default 0 not null,
  cache_write_5m_tokens bigint default 0 not null,
  cache_write_1h_tokens bigint default 0 not null,
  is_batch boolean default false not null,
  variant text default 'standard'::text not null,
  priced_model text,
  cached_input_price_per_million numeric(20,12),
  cache_write_5m_price_per_million numeric(20,12),
  cache_write_1h_price_per_million numeric(20,12),
  reservation_id uuid,
  charged_at timestamp with time zone,
  constraint llm_cost_records_pkey PRIMARY KEY (tenant_id, recorded_at, id),
  constraint llm_cost_records_cached_is_part_of_input CHECK (((LEAST(cached_input_tokens, cache_write_5m_tokens, cache_write_1h_tokens) >= 0) AND ((((cached_input_tokens)::numeric + (cache_write_5m_tokens)::numeric) + (cache_write_1h_tokens)::numeric) <= (GREATEST(input_tokens, (0)::bigint))::numeric))),
  constraint llm_cost_records_costs_follow_from_prices CHECK ((is_unpriced OR is_adopted OR COALESCE(((input_cost_usd = (((((((((input_tokens - cached_input_tokens) - cache_write_5m_tokens) - cache_write_1h_tokens))::numeric * input_price_per_million) + ((cached_input_tokens)::numeric * COALESCE(cached_input_price_per_million, (0)::numeric))) + ((cache_write_5m_tokens)::numeric * COALESCE(cache_write_5m_price_per_million, (0)::numeric))) + ((cache_write_1h_tokens)::numeric * COALESCE(cache_write_1h_price_per_million, (0)::numeric))) * 0.000001)) AND (output_cost_usd = (((output_tokens)::numeric * output_price_per_million) * 0.000001))), false))),
  constraint llm_cost_records_costs_not_negative CHECK (((input_cost_usd >= (0)::numeric) AND (input_cost_usd < 'NaN'::numeric) AND (output_cost_usd >= (0)::numeric) AND (output_cost_usd < 'NaN'::numeric))),
  constraint llm_cost_records_input_tokens_not_negative CHECK ((input_tokens >= 0)),
  constraint llm_cost_records_metadata_is_object CHECK ((jsonb_typeof(metadata) = 'object'::text)),
  constraint llm_cost_records_output_tokens_not_negative CHECK ((output_tokens >= 0)),
  constraint llm_cost_records_priced_or_marked CHECK (
CASE
    WHEN (is_unpriced OR is_adopted) THEN ((NOT (is_unpriced AND is_adopted)) AND (num_nulls(pricing_id, priced_model, input_price_per_million, output_price_per_million, cached_input_price_per_million, cache_write_5m_price_per_million, cache_write_1h_price_per_million) = 7))
    ELSE ((num_nulls(pricing_id, priced_model, input_price_per_million, output_price_per_million) = 0) AND ((cached_input_tokens = 0) OR (cached_input_price_per_million IS NOT NULL)) AND ((cache_write_5m_tokens = 0) OR (cache_write_5m_price_per_million IS NOT NULL)) AND ((cache_write_1h_tokens = 0) OR (cache_write_1h_price_per_million IS NOT NULL)))
END),
  constraint llm_cost_records_recorded_at_finite CHECK (isfinite(recorded_at)),
  constraint llm_cost_records_total_cost_usd_is_the_sum CHECK ((is_adopted OR (total_cost_usd = (input_cost_usd + output_cost_usd)))),
  constraint llm_cost_records_unpriced_costs_nothing CHECK (((NOT is_unpriced) OR (total_cost_usd = (0)::numeric))),
  constraint llm_cost_records_variant_known CHECK ((variant = ANY (ARRAY['standard'::text, 'batch'::text, 'long_context'::text])))
);
comment on table copilot_internal.llm_cost_records is 'One row per LLM call: who made it, what it used, what it cost, and the prices that were applied.';
comment on column copilot_internal.llm_cost_records.tenant_id is 'The tenant that pays.';
comment on column copilot_internal.llm_cost_records.recorded_at is 'When the usage happened; it is priced as of this time.';
comment on column copilot_internal.llm_cost_records.id is 'Identifies the record within its tenant.';
comment on column copilot_internal.llm_cost_records.user_id is 'The user who caused the call (auth.users.id); null when a machine did.';
comment on column copilot_internal.llm_cost_records.conversation_id is 'The conversation the call belongs to, in the words of the caller.';
comment on column copilot_internal.llm_cost_records.request_id is 'The caller''s own name for the request, by which a repeated report is recognised.';
comment on column copilot_internal.llm_cost_records.provider is 'Provider, as in model_pricing.provider.';
comment on column copilot_internal.llm_cost_records.model is 'Model, as in model_pricing.model; an unknown one is kept and marked unpriced.';
comment on column copilot_internal.llm_cost_records.task is 'What the call was for, such as "planning" or "summary".';
comment on column copilot_internal.llm_cost_records.input_tokens is 'Tokens sent, cached and cache-write tokens included.';
comment on column copilot_internal.llm_cost_records.output_tokens is 'Tokens received.';
comment on column copilot_internal.llm_cost_records.pricing_id is 'The row of model_pricing that was applied; null when unpriced.';
comment on column copilot_internal.llm_cost_records.input_price_per_million is 'The price applied to plain input, USD per million tokens; null when unpriced.';
comment on column copilot_internal.llm_cost_records.output_price_per_million is 'The price applied to output, USD per million tokens; null when unpriced.';
comment on column copilot_internal.llm_cost_records.input_cost_usd is 'USD for the tokens sent, cached ones and cache writes included, exact.';
comment on column copilot_internal.llm_cost_records.output_cost_usd is 'USD for the tokens received, exact.';
comment on column copilot_internal.llm_cost_records.total_cost_usd is 'USD in all: input plus output.';
comment on column copilot_internal.llm_cost_records.is_estimated is 'Whether the cost is an estimate rather than the price list''s answer.';
comment on column copilot_internal.llm_cost_records.is_unpriced is 'Whether no price was found: the cost is 0 because it is unknown, not because it is free.';
comment on column copilot_internal.llm_cost_records.metadata is 'Anything else the caller wants to keep, a JSON object.';
comment on column copilot_internal.llm_cost_records.is_adopted is 'Whether the record was there before the product: its cost is what it was, not what a price list says.';
comment on column copilot_internal.llm_cost_records.cached_input_tokens is 'Of the tokens sent, those read from the provider''s cache.';
comment on column copilot_internal.llm_cost_records.cache_write_5m_tokens is 'Of the tokens sent, those written to its cache for five minutes.';
comment on column copilot_internal.llm_cost_records.cache_write_1h_tokens is 'Of the tokens sent, those written to its cache for an hour.';
comment on column copilot_internal.llm_cost_records.is_batch is 'Whether the call was sent as a batch.';
comment on column copilot_internal.llm_cost_records.variant is 'Which prices were applied: standard, batch or long_context.';
comment on column copilot_internal.llm_cost_records.priced_model is 'The model it was priced as: the recorded one, or the one that is an alias of. Null when unpriced.';
comment on column copilot_internal.llm_cost_records.cached_input_price_per_million is 'The price applied to cached input, USD per million tokens; null when unpriced, or without any such token.';
comment on column copilot_internal.llm_cost_records.cache_write_5m_price_per_million is 'The price applied to cache writes for five minutes, USD per million tokens; null when unpriced, or without any such token.';
comment on column copilot_internal.llm_cost_records.cache_write_1h_price_per_million is 'The price applied to cache writes for an hour, USD per million tokens; null when unpriced, or without any such token.';
comment on column copilot_internal.llm_cost_records.reservation_id is 'The reservation that held its estimate, if any.';
comment on column copilot_internal.llm_cost_records.charged_at is 'When it was reported, and charged to the quotas of that time; null when it was not, as what is inserted by hand.';
CREATE INDEX llm_cost_records_pricing_id_recorded_at_idx ON copilot_internal.llm_cost_records USING btree (pricing_id, recorded_at);
CREATE INDEX llm_cost_records_provider_model_recorded_at_idx ON copilot_internal.llm_cost_records USING btree (provider, model, recorded_at) WHERE is_unpriced;
CREATE INDEX llm_cost_records_recorded_at_idx ON copilot_internal.llm_cost_records USING btree (recorded_at);
CREATE INDEX llm_cost_records_tenant_id_conversation_id_idx ON copilot_internal.llm_cost_records USING btree (tenant_id, conversation_id);
CREATE INDEX llm_cost_records_tenant_id_id_idx ON copilot_internal.llm_cost_records USING btree (tenant_id, id);
CREATE INDEX llm_cost_records_tenant_id_request_id_idx ON copilot_internal.llm_cost_records USING btree (tenant_id, request_id);
CREATE TRIGGER _100_refuse_rewriting BEFORE UPDATE ON copilot_internal.llm_cost_records FOR EACH ROW WHEN ((((((((((((((((((((((((((((((old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.recorded_at IS DISTINCT FROM new.recorded_at)) OR (old.id IS DISTINCT FROM new.id)) OR (old.user_id IS DISTINCT FROM new.user_id)) OR (old.request_id IS DISTINCT FROM new.request_id)) OR (old.provider IS DISTINCT FROM new.provider)) OR (old.model IS DISTINCT FROM new.model)) OR (old.priced_model IS DISTINCT FROM new.priced_model)) OR (old.variant IS DISTINCT FROM new.variant)) OR (old.is_batch IS DISTINCT FROM new.is_batch)) OR (old.input_tokens IS DISTINCT FROM new.input_tokens)) OR (old.output_tokens IS DISTINCT FROM new.output_tokens)) OR (old.cached_input_tokens IS DISTINCT FROM new.cached_input_tokens)) OR (old.cache_write_5m_tokens IS DISTINCT FROM new.cache_write_5m_tokens)) OR (old.cache_write_1h_tokens IS DISTINCT FROM new.cache_write_1h_tokens)) OR (old.pricing_id IS DISTINCT FROM new.pricing_id)) OR (old.input_price_per_million IS DISTINCT FROM new.input_price_per_million)) OR (old.output_price_per_million IS DISTINCT FROM new.output_price_per_million)) OR (old.cached_input_price_per_million IS DISTINCT FROM new.cached_input_price_per_million)) OR (old.cache_write_5m_price_per_million IS DISTINCT FROM new.cache_write_5m_price_per_million)) OR (old.cache_write_1h_price_per_million IS DISTINCT FROM new.cache_write_1h_price_per_million)) OR (old.input_cost_usd IS DISTINCT FROM new.input_cost_usd)) OR (old.output_cost_usd IS DISTINCT FROM new.output_cost_usd)) OR (old.total_cost_usd IS DISTINCT FROM new.total_cost_usd)) OR (old.is_estimated IS DISTINCT FROM new.is_estimated)) OR (old.is_unpriced IS DISTINCT FROM new.is_unpriced)) OR (old.is_adopted IS DISTINCT FROM new.is_adopted)) OR (old.reservation_id IS DISTINCT FROM new.reservation_id)) OR (old.charged_at IS DISTINCT FROM new.charged_at))) EXECUTE FUNCTION copilot_internal.refuse_record_rewriting();
comment on trigger _100_refuse_rewriting on copilot_internal.llm_cost_records is 'What was charged is not rewritten.';
CREATE TRIGGER _200_check_record_prices AFTER INSERT ON copilot_internal.llm_cost_records REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION copilot_internal.check_llm_record_prices();
comment on trigger _200_check_record_prices on copilot_internal.llm_cost_records is 'A record lies in the period of its price.';
CREATE TRIGGER _300_note_changed_day AFTER INSERT ON copilot_internal.llm_cost_records FOR EACH ROW WHEN ((new.recorded_at < date_trunc('day'::text, clock_timestamp(), 'UTC'::text))) EXECUTE FUNCTION copilot_internal.note_changed_day('llm');
comment on trigger _300_note_changed_day on copilot_internal.llm_cost_records is 'A late report makes its day one that is read from records.';
CREATE TRIGGER _310_note_changed_day AFTER DELETE OR UPDATE ON copilot_internal.llm_cost_records FOR EACH ROW WHEN ((old.recorded_at < date_trunc('day'::text, clock_timestamp(), 'UTC'::text))) EXECUTE FUNCTION copilot_internal.note_changed_day('llm');
comment on trigger _310_note_changed_day on copilot_internal.llm_cost_records is 'A record that is changed or removed later makes its day one that is read from records.';
CREATE TRIGGER _320_forget_rollups AFTER TRUNCATE ON copilot_internal.llm_cost_records FOR EACH STATEMENT EXECUTE FUNCTION copilot_internal.forget_rollups('llm');
comment on trigger _320_forget_rollups on copilot_internal.llm_cost_records is 'Rollups of records that are all gone go with them.';
alter table copilot_internal.llm_cost_records enable row level security;
create policy llm_cost_records_select_tenant on copilot_internal.llm_cost_records for select to authenticated
  using ((tenant_id = ( SELECT (COALESCE((auth.jwt() ->> 'tenant_id'::text), ((auth.jwt() -> 'app_metadata'::text) ->> 'tenant_id'::text)))::uuid AS "coalesce")));
comment on policy llm_cost_records_select_tenant on copilot_internal.llm_cost_records is 'A tenant sees what its own LLM calls cost.';
grant select on copilot_internal.llm_cost_records to authenticated;
grant delete, insert, select, update on copilot_internal.llm_cost_records to service_role;

create table copilot_internal.llm_usage_rollups (
  tenant_id uuid not null,
  day date not null,
  dimensions_hash bytea default sha256((((((quote_nullable(provider) || ','::text) || quote_nullable(model)) || ','::text) || quote_nullable(task)))::bytea) not null,
  provider text not null,
  model text not null,
  task text,
  request_count bigint not null,
  input_tokens numeric(38,0) not null,
  output_tokens numeric(38,0) not null,
  cached_input_tokens numeric(38,0) not null,
  cache_write_5m_tokens numeric(38,0) not null,
  cache_write_1h_tokens numeric(38,0) not null,
  input_cost_usd numeric(57,18) not null,
  output_cost_usd numeric(57,18) not null,
  total_cost_usd numeric(57,18) not null,
  estimated_count bigint not null,
  unpriced_count bigint not null,
  first_recorded_at timestamp with time zone not null,
  last_recorded_at timestamp with time zone not null,
  constraint llm_usage_rollups_pkey PRIMARY KEY (tenant_id, day, dimensions_hash),
  constraint llm_usage_rollups_counts_are_part_of_requests CHECK (((request_count > 0) AND ((estimated_count >= 0) AND (estimated_count <= request_count)) AND ((unpriced_count >= 0) AND (unpriced_count <= request_count)))),
  constraint llm_usage_rollups_recorded_on_the_day CHECK (((first_recorded_at <= last_recorded_at) AND (((first_recorded_at AT TIME ZONE 'UTC'::text))::date = day) AND (((last_recorded_at AT TIME ZONE 'UTC'::text))::date = day)))
);
comment on table copilot_internal.llm_usage_rollups is 'LLM usage of days that fold_usage has added up: one row per tenant, UTC day, provider, model and task. Its records are still there; a day in usage_changed_days is read from them.';
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
CREATE INDEX llm_usage_rollups_day_idx ON copilot_internal.llm_usage_rollups USING btree (day);
alter table copilot_internal.llm_usage_rollups enable row level security;
create policy llm_usage_rollups_select_tenant on copilot_internal.llm_usage_rollups for select to authenticated
  using ((tenant_id = ( SELECT (COALESCE((auth.jwt() ->> 'tenant_id'::text), ((auth.jwt() -> 'app_metadata'::text) ->> 'tenant_id'::text)))::uuid AS "coalesce")));
comment on policy llm_usage_rollups_select_tenant on copilot_internal.llm_usage_rollups is 'A tenant sees what its own LLM calls cost.';
grant select on copilot_internal.llm_usage_rollups to authenticated;
grant delete, insert, select, update on copilot_internal.llm_usage_rollups to service_role;

create table copilot_internal.llm_usage_totals (
  tenant_id uuid not null,
  day date not null,
  dimensions_hash bytea default sha256((((((quote_nullable(provider) || ','::text) || quote_nullable(model)) || ','::text) || quote_nullable(task)))::bytea) not null,
  provider text not null,
  model text not null,
  task text,
  request_count bigint not null,
  input_tokens numeric(38,0) not null,
  output_tokens numeric(38,0) not null,
  cached_input_tokens numeric(38,0) default 0 not null,
  cache_write_5m_tokens numeric(38,0) default 0 not null,
  cache_write_1h_tokens numeric(38,0) default 0 not null,
  input_cost_usd numeric(57,18) not null,
  output_cost_usd numeric(57,18) not null,
  total_cost_usd numeric(57,18) not null,
  estimated_count bigint not null,
  unpriced_count bigint not null,
  first_recorded_at timestamp with time zone not null,
  last_recorded_at timestamp with time zone not null,
  constraint llm_usage_totals_pkey PRIMARY KEY (tenant_id, day, dimensions_hash),
  constraint llm_usage_totals_cached_is_part_of_input CHECK (((((cached_input_tokens + cache_write_5m_tokens) + cache_write_1h_tokens) <= input_tokens) AND (input_tokens < 'NaN'::numeric))),
  constraint llm_usage_totals_costs_not_negative CHECK (((input_cost_usd >= (0)::numeric) AND (input_cost_usd < 'NaN'::numeric) AND (output_cost_usd >= (0)::numeric) AND (output_cost_usd < 'NaN'::numeric))),
  constraint llm_usage_totals_counts_are_part_of_requests CHECK (((request_count > 0) AND ((estimated_count >= 0) AND (estimated_count <= request_count)) AND ((unpriced_count >= 0) AND (unpriced_count <= request_count)))),
  constraint llm_usage_totals_recorded_on_the_day CHECK (((first_recorded_at <= last_recorded_at) AND (((first_recorded_at AT TIME ZONE 'UTC'::text))::date = day) AND (((last_recorded_at AT TIME ZONE 'UTC'::text))::date = day))),
  constraint llm_usage_totals_tokens_not_negative CHECK (((LEAST(input_tokens, output_tokens, cached_input_tokens, cache_write_5m_tokens, cache_write_1h_tokens) >= (0)::numeric) AND (output_tokens < 'NaN'::numeric)))
);
comment on table copilot_internal.llm_usage_totals is 'LLM usage of whole days, added up exactly: one row per tenant, UTC day, provider, model and task. The views add it to the records.';
comment on column copilot_internal.llm_usage_totals.tenant_id is 'The tenant that pays.';
comment on column copilot_internal.llm_usage_totals.day is 'The UTC day on which the usage happened.';
comment on column copilot_internal.llm_usage_totals.dimensions_hash is 'Provider, model and task in a form that fits a key.';
comment on column copilot_internal.llm_usage_totals.provider is 'Provider, as it was recorded.';
comment on column copilot_internal.llm_usage_totals.model is 'Model, as it was recorded.';
comment on column copilot_internal.llm_usage_totals.task is 'What the calls were for; null for those without a task.';
comment on column copilot_internal.llm_usage_totals.request_count is 'How many calls there were.';
comment on column copilot_internal.llm_usage_totals.input_tokens is 'Tokens sent, cached and cache-write tokens included.';
comment on column copilot_internal.llm_usage_totals.output_tokens is 'Tokens received.';
comment on column copilot_internal.llm_usage_totals.cached_input_tokens is 'Of the tokens sent, those read from the provider''s cache.';
comment on column copilot_internal.llm_usage_totals.cache_write_5m_tokens is 'Of the tokens sent, those written to its cache for five minutes.';
comment on column copilot_internal.llm_usage_totals.cache_write_1h_tokens is 'Of the tokens sent, those written to its cache for an hour.';
comment on column copilot_internal.llm_usage_totals.input_cost_usd is 'USD for the tokens sent, exact.';
comment on column copilot_internal.llm_usage_totals.output_cost_usd is 'USD for the tokens received, exact.';
comment on column copilot_internal.llm_usage_totals.total_cost_usd is 'USD in all: input plus output.';
comment on column copilot_internal.llm_usage_totals.estimated_count is 'How many of the calls have an estimated cost.';
comment on column copilot_internal.llm_usage_totals.unpriced_count is 'How many of the calls have no price, and count 0.';
comment on column copilot_internal.llm_usage_totals.first_recorded_at is 'When the first of them happened.';
comment on column copilot_internal.llm_usage_totals.last_recorded_at is 'When the last of them happened.';
alter table copilot_internal.llm_usage_totals enable row level security;
create policy llm_usage_totals_select_tenant on copilot_internal.llm_usage_totals for select to authenticated
  using ((tenant_id = ( SELECT (COALESCE((auth.jwt() ->> 'tenant_id'::text), ((auth.jwt() -> 'app_metadata'::text) ->> 'tenant_id'::text)))::uuid AS "coalesce")));
comment on policy llm_usage_totals_select_tenant on copilot_internal.llm_usage_totals is 'A tenant sees what its own LLM calls cost.';
grant select on copilot_internal.llm_usage_totals to authenticated;
grant delete, insert, select, update on copilot_internal.llm_usage_totals to service_role;

create table copilot_internal.model_aliases (
  provider text not null,
  alias text not null,
  model text not null,
  source text,
  created_at timestamp with time zone default now() not null,
  created_by text default CURRENT_USER not null,
  constraint model_aliases_pkey PRIMARY KEY (provider, alias),
  constraint model_aliases_alias_not_blank CHECK ((btrim(alias) <> ''::text)),
  constraint model_aliases_model_is_another CHECK (((model <> alias) AND (btrim(model) <> ''::text)))
);
comment on table copilot_internal.model_aliases is 'Other names of priced models: usage under an alias is priced as its model. A name that has a price of its own keeps it.';
comment on column copilot_internal.model_aliases.provider is 'Provider, as in model_pricing.provider.';
comment on column copilot_internal.model_aliases.alias is 'The name that is met in usage.';
comment on column copilot_internal.model_aliases.model is 'The model it is priced as, as in model_pricing.model.';
comment on column copilot_internal.model_aliases.source is 'Where it is said that both are the same.';
comment on column copilot_internal.model_aliases.created_at is 'When the row was written.';
comment on column copilot_internal.model_aliases.created_by is 'Which database role wrote it.';
alter table copilot_internal.model_aliases enable row level security;
create policy model_aliases_select_authenticated on copilot_internal.model_aliases for select to authenticated
  using (true);
comment on policy model_aliases_select_authenticated on copilot_internal.model_aliases is 'Whoever is signed in sees the price list.';
grant select on copilot_internal.model_aliases to authenticated;
grant delete, insert, select, update on copilot_internal.model_aliases to service_role;

create table copilot_internal.model_pricing (
  id uuid default gen_random_uuid() not null,
  provider text not null,
  model text not null,
  input_price_per_million numeric(20,12) not null,
  output_price_per_million numeric(20,12) not null,
  effective_date timestamp with time zone default now() not null,
  expires_at timestamp with time zone,
  source text,
  verified_on date,
  notes text,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  created_by text default CURRENT_USER not null,
  announced_end timestamp with time zone,
  constraint model_pricing_pkey PRIMARY KEY (id),
  constraint model_pricing_provider_model_effective_date_key UNIQUE (provider, model, effective_date),
  constraint model_pricing_effective_date_finite CHECK (isfinite(effective_date)),
  constraint model_pricing_expires_at_not_before_effective_date CHECK ((expires_at >= effective_date)),
  constraint model_pricing_model_not_blank CHECK ((btrim(model) <> ''::text)),
  constraint model_pricing_prices_not_negative CHECK (((input_price_per_million >= (0)::numeric) AND (input_price_per_million < 'NaN'::numeric) AND (output_price_per_million >= (0)::numeric) AND (output_price_per_million < 'NaN'::numeric))),
  constraint model_pricing_provider_not_blank CHECK ((btrim(provider) <> ''::text))
);
comment on table copilot_internal.model_pricing is 'What an LLM call costs, by provider and model: a row a version. In force is, of the versions that have begun and not expired, the one that began last; so a version ends where the next begins, and one that expires gives way to the one before it.';
comment on column copilot_internal.model_pricing.id is 'Identifies this version of the price.';
comment on column copilot_internal.model_pricing.provider is 'Who serves the model: openai, anthropic, google, groq or one of your own.';
comment on column copilot_internal.model_pricing.model is 'The model, as the provider''s API names it.';
comment on column copilot_internal.model_pricing.input_price_per_million is 'USD for a million tokens sent.';
comment on column copilot_internal.model_pricing.output_price_per_million is 'USD for a million tokens received.';
comment on column copilot_internal.model_pricing.effective_date is 'First moment at which the price is in force.';
comment on column copilot_internal.model_pricing.expires_at is 'An end that somebody asked for, as of a promotion. Null: until the next version begins.';
comment on column copilot_internal.model_pricing.source is 'Where the price comes from.';
comment on column copilot_internal.model_pricing.verified_on is 'The day somebody compared the price with its source.';
comment on column copilot_internal.model_pricing.notes is 'What else a reader of the price should know.';
comment on column copilot_internal.model_pricing.created_at is 'When the row was written.';
comment on column copilot_internal.model_pricing.updated_at is 'When the row last changed.';
comment on column copilot_internal.model_pricing.created_by is 'Who set the price: a name that was given, else the database role.';
comment on column copilot_internal.model_pricing.announced_end is 'When a successor is to begin, as the first half of the published recipe has said: it ends nothing, but the second half may not leave a gap.';
CREATE TRIGGER _100_start_price BEFORE INSERT ON copilot_internal.model_pricing FOR EACH ROW EXECUTE FUNCTION copilot_internal.start_model_price();
comment on trigger _100_start_price on copilot_internal.model_pricing is 'About now is now.';
CREATE TRIGGER _200_await_successor BEFORE UPDATE OF input_price_per_million, output_price_per_million ON copilot_internal.model_pricing FOR EACH ROW WHEN (((pg_trigger_depth() = 0) OR (current_setting('copilot_internal.price_change'::text, true) IS DISTINCT FROM 'on'::text))) EXECUTE FUNCTION copilot_internal.guard_model_price('announces');
comment on trigger _200_await_successor on copilot_internal.model_pricing is 'The first half of the published recipe changes nothing yet.';
CREATE TRIGGER _300_guard_price BEFORE DELETE OR UPDATE ON copilot_internal.model_pricing FOR EACH ROW WHEN (((pg_trigger_depth() = 0) OR (current_setting('copilot_internal.price_change'::text, true) IS DISTINCT FROM 'on'::text))) EXECUTE FUNCTION copilot_internal.guard_model_price();
comment on trigger _300_guard_price on copilot_internal.model_pricing is 'What was charged stays explained.';
CREATE TRIGGER _400_give_components AFTER INSERT ON copilot_internal.model_pricing FOR EACH ROW EXECUTE FUNCTION copilot_internal.give_components();
comment on trigger _400_give_components on copilot_internal.model_pricing is 'A version has components from its first moment.';
CREATE TRIGGER _500_keep_former_price AFTER UPDATE ON copilot_internal.model_pricing REFERENCING OLD TABLE AS former NEW TABLE AS wanted FOR EACH STATEMENT WHEN (((pg_trigger_depth() = 0) OR (current_setting('copilot_internal.price_change'::text, true) IS DISTINCT FROM 'on'::text))) EXECUTE FUNCTION copilot_internal.keep_former_model_price();
comment on trigger _500_keep_former_price on copilot_internal.model_pricing is 'A price changed in place leaves the old one behind.';
CREATE TRIGGER _600_check_new_price AFTER INSERT ON copilot_internal.model_pricing FOR EACH ROW EXECUTE FUNCTION copilot_internal.check_price('at once');
comment on trigger _600_check_new_price on copilot_internal.model_pricing is 'Usage lies in the period of its price.';
CREATE TRIGGER _610_check_moved_price AFTER UPDATE ON copilot_internal.model_pricing FOR EACH ROW WHEN ((((new.effective_date IS DISTINCT FROM old.effective_date) OR (new.expires_at IS DISTINCT FROM old.expires_at)) AND ((pg_trigger_depth() = 0) OR (current_setting('copilot_internal.price_change'::text, true) IS DISTINCT FROM 'on'::text)))) EXECUTE FUNCTION copilot_internal.check_price('at once');
comment on trigger _610_check_moved_price on copilot_internal.model_pricing is 'Usage lies in the period of its price.';
CREATE CONSTRAINT TRIGGER _700_settle_new_price AFTER INSERT ON copilot_internal.model_pricing DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION copilot_internal.check_price('at commit');
comment on trigger _700_settle_new_price on copilot_internal.model_pricing is 'Usage that others are recording lies in the period of its price, too.';
CREATE CONSTRAINT TRIGGER _710_settle_moved_price AFTER UPDATE ON copilot_internal.model_pricing DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((((new.effective_date IS DISTINCT FROM old.effective_date) OR (new.expires_at IS DISTINCT FROM old.expires_at)) AND ((pg_trigger_depth() = 0) OR (current_setting('copilot_internal.price_change'::text, true) IS DISTINCT FROM 'on'::text)))) EXECUTE FUNCTION copilot_internal.check_price('at commit');
comment on trigger _710_settle_moved_price on copilot_internal.model_pricing is 'Usage that others are recording lies in the period of its price, too.';
alter table copilot_internal.model_pricing enable row level security;
create policy model_pricing_select_authenticated on copilot_internal.model_pricing for select to authenticated
  using (true);
comment on policy model_pricing_select_authenticated on copilot_internal.model_pricing is 'Whoever is signed in sees the price list.';
grant select on copilot_internal.model_pricing to authenticated;
grant delete, insert, select, update on copilot_internal.model_pricing to service_role;

create table copilot_internal.model_pricing_components (
  pricing_id uuid not null,
  variant text not null,
  component text not null,
  price_per_million numeric(20,12) not null,
  threshold_input_tokens bigint,
  is_derived boolean default false not null,
  notes text,
  created_at timestamp with time zone default now() not null,
  constraint model_pricing_components_pkey PRIMARY KEY (pricing_id, variant, component),
  constraint model_pricing_components_component_known CHECK ((component = ANY (ARRAY['input'::text, 'output'::text, 'cached_input'::text, 'cache_write_5m'::text, 'cache_write_1h'::text]))),
  constraint model_pricing_components_price_not_negative CHECK (((price_per_million >= (0)::numeric) AND (price_per_million < 'NaN'::numeric))),
  constraint model_pricing_components_standard_is_not_plain CHECK (((variant <> 'standard'::text) OR (component <> ALL (ARRAY['input'::text, 'output'::text])))),
  constraint model_pricing_components_threshold_for_long_context CHECK (((variant = 'long_context'::text) = (threshold_input_tokens IS NOT NULL))),
  constraint model_pricing_components_threshold_not_negative CHECK ((threshold_input_tokens >= 0)),
  constraint model_pricing_components_variant_known CHECK ((variant = ANY (ARRAY['standard'::text, 'batch'::text, 'long_context'::text])))
);
comment on table copilot_internal.model_pricing_components is 'What a version of a model''s price asks for other than plain input and output tokens.';
comment on column copilot_internal.model_pricing_components.pricing_id is 'The version of the price, a row of model_pricing.';
comment on column copilot_internal.model_pricing_components.variant is 'When it applies: standard, batch (requests that may wait), long_context (input above the threshold).';
comment on column copilot_internal.model_pricing_components.component is 'What it is for: input, output, cached_input, cache_write_5m or cache_write_1h (kept for five minutes or an hour).';
comment on column copilot_internal.model_pricing_components.price_per_million is 'USD for a million tokens.';
comment on column copilot_internal.model_pricing_components.threshold_input_tokens is 'Long context: with more input tokens than this, cached ones included, the whole request is priced so.';
comment on column copilot_internal.model_pricing_components.is_derived is 'Whether the price was derived, from a rule or from the version before, and not read from a price list: what is priced with it is an estimate.';
comment on column copilot_internal.model_pricing_components.notes is 'What else a reader of the price should know.';
comment on column copilot_internal.model_pricing_components.created_at is 'When the row was written.';
CREATE TRIGGER _100_guard_component BEFORE DELETE OR UPDATE ON copilot_internal.model_pricing_components FOR EACH ROW EXECUTE FUNCTION copilot_internal.guard_component();
comment on trigger _100_guard_component on copilot_internal.model_pricing_components is 'What was calculated stays explained.';
CREATE TRIGGER _200_guard_new_components AFTER INSERT ON copilot_internal.model_pricing_components REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION copilot_internal.guard_new_components();
comment on trigger _200_guard_new_components on copilot_internal.model_pricing_components is 'A version gets its components at once.';
alter table copilot_internal.model_pricing_components enable row level security;
create policy model_pricing_components_select_authenticated on copilot_internal.model_pricing_components for select to authenticated
  using (true);
comment on policy model_pricing_components_select_authenticated on copilot_internal.model_pricing_components is 'Whoever is signed in sees the price list.';
grant select on copilot_internal.model_pricing_components to authenticated;
grant delete, insert, select, update on copilot_internal.model_pricing_components to service_role;

create table copilot_internal.quota_charge_estimates (
  tenant_id uuid not null,
  record_id uuid not null,
  quota_id uuid not null,
  amount_usd numeric(38,18) not null,
  constraint quota_charge_estimates_pkey PRIMARY KEY (tenant_id, record_id, quota_id)
);
comment on table copilot_internal.quota_charge_estimates is 'What quotas with unpriced_policy charge_hold were charged for usage without a price: the amount of its reservation.';
comment on column copilot_internal.quota_charge_estimates.tenant_id is 'The tenant that pays.';
comment on column copilot_internal.quota_charge_estimates.record_id is 'The record without a price.';
comment on column copilot_internal.quota_charge_estimates.quota_id is 'The quota that was charged.';
comment on column copilot_internal.quota_charge_estimates.amount_usd is 'USD charged.';
CREATE INDEX quota_charge_estimates_quota_id_idx ON copilot_internal.quota_charge_estimates USING btree (quota_id);
alter table copilot_internal.quota_charge_estimates enable row level security;
grant delete, insert, select, update on copilot_internal.quota_charge_estimates to service_role;

create table copilot_internal.quota_reservations (
  tenant_id uuid not null,
  id uuid default gen_random_uuid() not null,
  user_id uuid,
  resource_type text not null,
  amount_usd numeric(38,18) not null,
  request_id text,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  closed_at timestamp with time zone,
  is_expired boolean default false not null,
  settled_usd numeric(38,18),
  record_id uuid,
  constraint quota_reservations_pkey PRIMARY KEY (tenant_id, id),
  constraint quota_reservations_amount_usd_not_negative CHECK (((amount_usd >= (0)::numeric) AND (amount_usd < 'NaN'::numeric))),
  constraint quota_reservations_expired_is_closed CHECK (((NOT is_expired) OR (closed_at IS NOT NULL))),
  constraint quota_reservations_expires_at_after_created_at CHECK ((expires_at > created_at)),
  constraint quota_reservations_resource_type_known CHECK ((resource_type = ANY (ARRAY['llm'::text, 'e2b'::text]))),
  constraint quota_reservations_settled_usd_not_negative CHECK (((settled_usd >= (0)::numeric) AND (settled_usd < 'NaN'::numeric))),
  constraint quota_reservations_used_is_closed CHECK ((((settled_usd IS NULL) AND (record_id IS NULL)) OR ((closed_at IS NOT NULL) AND (NOT is_expired))))
);
comment on table copilot_internal.quota_reservations is 'Estimated costs held against quotas until the actual cost is known. A hold counts while it is neither closed nor expired.';
comment on column copilot_internal.quota_reservations.tenant_id is 'The tenant that will pay.';
comment on column copilot_internal.quota_reservations.id is 'Identifies the reservation within its tenant.';
comment on column copilot_internal.quota_reservations.user_id is 'The user on whose behalf it was made, if any.';
comment on column copilot_internal.quota_reservations.resource_type is 'What will be used: llm or e2b.';
comment on column copilot_internal.quota_reservations.amount_usd is 'USD held.';
comment on column copilot_internal.quota_reservations.request_id is 'The caller''s own name for the request.';
comment on column copilot_internal.quota_reservations.created_at is 'When the hold began.';
comment on column copilot_internal.quota_reservations.expires_at is 'From when on it no longer counts, settled or not.';
comment on column copilot_internal.quota_reservations.closed_at is 'When it was settled or released, or its time was over; null while open.';
comment on column copilot_internal.quota_reservations.is_expired is 'Whether it was closed only because its time was over: it can still be settled, recorded or released.';
comment on column copilot_internal.quota_reservations.settled_usd is 'USD that settle_reservation charged; null when it was not settled so. Usage recorded afterwards is charged the difference.';
comment on column copilot_internal.quota_reservations.record_id is 'The record that the usage became, whose quotas then have been charged its cost and not this amount; null without one.';
CREATE INDEX quota_reservations_open_expires_at_idx ON copilot_internal.quota_reservations USING btree (expires_at) WHERE (closed_at IS NULL);
CREATE UNIQUE INDEX quota_reservations_open_request_id_idx ON copilot_internal.quota_reservations USING btree (tenant_id, resource_type, request_id) WHERE ((closed_at IS NULL) AND (request_id IS NOT NULL));
CREATE INDEX quota_reservations_open_tenant_id_idx ON copilot_internal.quota_reservations USING btree (tenant_id, expires_at) WHERE (closed_at IS NULL);
CREATE INDEX quota_reservations_open_user_id_idx ON copilot_internal.quota_reservations USING btree (user_id, expires_at) WHERE (closed_at IS NULL);
alter table copilot_internal.quota_reservations enable row level security;
grant delete, insert, select, update on copilot_internal.quota_reservations to service_role;

create table copilot_internal.usage_changed_days (
  resource_type text not null,
  tenant_id uuid not null,
  day date not null,
  transaction xid8 default pg_current_xact_id() not null,
  constraint usage_changed_days_pkey PRIMARY KEY (tenant_id, day, resource_type, transaction),
  constraint usage_changed_days_resource_type_known CHECK ((resource_type = ANY (ARRAY['llm'::text, 'e2b'::text])))
) with (vacuum_truncate=false);
comment on table copilot_internal.usage_changed_days is 'Days of tenants that were over when records of them were added, changed or removed: the views read them from records until fold_usage has added them up anew.';
comment on column copilot_internal.usage_changed_days.resource_type is 'What was used: llm or e2b.';
comment on column copilot_internal.usage_changed_days.tenant_id is 'The tenant that pays.';
comment on column copilot_internal.usage_changed_days.day is 'The UTC day on which the usage happened.';
comment on column copilot_internal.usage_changed_days.transaction is 'Who changed it.';
alter table copilot_internal.usage_changed_days enable row level security;
create policy usage_changed_days_select_tenant on copilot_internal.usage_changed_days for select to authenticated
  using ((tenant_id = ( SELECT (COALESCE((auth.jwt() ->> 'tenant_id'::text), ((auth.jwt() -> 'app_metadata'::text) ->> 'tenant_id'::text)))::uuid AS "coalesce")));
comment on policy usage_changed_days_select_tenant on copilot_internal.usage_changed_days is 'A tenant sees which of its own days are read from records.';
grant select on copilot_internal.usage_changed_days to authenticated;
grant delete, insert, select, update on copilot_internal.usage_changed_days to service_role;

create table copilot_internal.usage_changes (
  tenant_id uuid not null,
  id uuid default gen_random_uuid() not null,
  resource_type text not null,
  record_id uuid not null,
  request_id text,
  change text not null,
  former jsonb not null,
  reason text,
  changed_at timestamp with time zone default clock_timestamp() not null,
  changed_by text default CURRENT_USER not null,
  constraint usage_changes_pkey PRIMARY KEY (tenant_id, id),
  constraint usage_changes_change_known CHECK ((change = ANY (ARRAY['revised'::text, 'voided'::text, 'repriced'::text]))),
  constraint usage_changes_former_is_object CHECK ((jsonb_typeof(former) = 'object'::text)),
  constraint usage_changes_resource_type_known CHECK ((resource_type = ANY (ARRAY['llm'::text, 'e2b'::text])))
);
comment on table copilot_internal.usage_changes is 'What records were before they were revised, voided or repriced: a record itself is never rewritten.';
comment on column copilot_internal.usage_changes.tenant_id is 'The tenant that pays.';
comment on column copilot_internal.usage_changes.id is 'Identifies the change within its tenant.';
comment on column copilot_internal.usage_changes.resource_type is 'What was used: llm or e2b.';
comment on column copilot_internal.usage_changes.record_id is 'The record; a revised or repriced one goes on under the same id.';
comment on column copilot_internal.usage_changes.request_id is 'The caller''s own name for the request, if any.';
comment on column copilot_internal.usage_changes.change is 'What was done: revised, voided or repriced.';
comment on column copilot_internal.usage_changes.former is 'The whole record as it was.';
comment on column copilot_internal.usage_changes.reason is 'Why, in the words of whoever did it.';
comment on column copilot_internal.usage_changes.changed_at is 'When it was changed.';
comment on column copilot_internal.usage_changes.changed_by is 'Which database role changed it.';
CREATE INDEX usage_changes_tenant_id_record_id_idx ON copilot_internal.usage_changes USING btree (tenant_id, record_id);
alter table copilot_internal.usage_changes enable row level security;
grant delete, insert, select, update on copilot_internal.usage_changes to service_role;

create table copilot_internal.usage_requests (
  tenant_id uuid not null,
  resource_type text not null,
  request_id text not null,
  record_id uuid not null,
  constraint usage_requests_pkey PRIMARY KEY (tenant_id, resource_type, request_id),
  constraint usage_requests_resource_type_known CHECK ((resource_type = ANY (ARRAY['llm'::text, 'e2b'::text])))
);
comment on table copilot_internal.usage_requests is 'Requests whose usage has been recorded, by the caller''s own name for them: each is recorded once.';
comment on column copilot_internal.usage_requests.tenant_id is 'The tenant that pays.';
comment on column copilot_internal.usage_requests.resource_type is 'What was used: llm or e2b. One request may use both.';
comment on column copilot_internal.usage_requests.request_id is 'The caller''s own name for the request.';
comment on column copilot_internal.usage_requests.record_id is 'The record that was written for it.';
alter table copilot_internal.usage_requests enable row level security;
grant delete, insert, select, update on copilot_internal.usage_requests to service_role;

create table copilot_internal.usage_rollup_state (
  resource_type text not null,
  covered_before date not null,
  folded_at timestamp with time zone default now() not null,
  constraint usage_rollup_state_pkey PRIMARY KEY (resource_type),
  constraint usage_rollup_state_covered_before_finite CHECK (isfinite(covered_before)),
  constraint usage_rollup_state_resource_type_known CHECK ((resource_type = ANY (ARRAY['llm'::text, 'e2b'::text])))
);
comment on table copilot_internal.usage_rollup_state is 'How far the rollups of each kind reach: all days before covered_before. No row: nobody has folded, and views read records only.';
comment on column copilot_internal.usage_rollup_state.resource_type is 'What was used: llm or e2b.';
comment on column copilot_internal.usage_rollup_state.covered_before is 'The first UTC day that is read from records.';
comment on column copilot_internal.usage_rollup_state.folded_at is 'When it last moved.';
alter table copilot_internal.usage_rollup_state enable row level security;
create policy usage_rollup_state_select_authenticated on copilot_internal.usage_rollup_state for select to authenticated
  using (true);
comment on policy usage_rollup_state_select_authenticated on copilot_internal.usage_rollup_state is 'Whoever is signed in sees how far the rollups reach: a date, and nothing of anybody.';
grant select on copilot_internal.usage_rollup_state to authenticated;
grant delete, insert, select, update on copilot_internal.usage_rollup_state to service_role;


-- =================================================================================================
-- Foreign keys
-- =================================================================================================

alter table copilot_internal.cost_quota_periods add constraint cost_quota_periods_quota_id_fkey FOREIGN KEY (quota_id) REFERENCES copilot_internal.cost_quotas(id) ON DELETE SET NULL;

alter table copilot_internal.e2b_cost_records add constraint e2b_cost_records_pricing_id_fkey FOREIGN KEY (pricing_id) REFERENCES copilot_internal.e2b_pricing(id) NOT VALID;

alter table copilot_internal.llm_cost_records add constraint llm_cost_records_pricing_id_fkey FOREIGN KEY (pricing_id) REFERENCES copilot_internal.model_pricing(id) NOT VALID;

alter table copilot_internal.model_pricing_components add constraint model_pricing_components_pricing_id_fkey FOREIGN KEY (pricing_id) REFERENCES copilot_internal.model_pricing(id) ON DELETE CASCADE;

alter table copilot_internal.quota_charge_estimates add constraint quota_charge_estimates_quota_id_fkey FOREIGN KEY (quota_id) REFERENCES copilot_internal.cost_quotas(id) ON DELETE CASCADE;


-- =================================================================================================
-- Views
-- =================================================================================================

create view copilot_internal.e2b_cost_summary_by_conversation with (security_invoker=true) as
 SELECT tenant_id,
    conversation_id,
    run_count,
    trim_scale(execution_time_seconds) AS execution_time_seconds,
    trim_scale(cpu_core_seconds) AS cpu_core_seconds,
    trim_scale(memory_gb_seconds) AS memory_gb_seconds,
    trim_scale(disk_io_gb) AS disk_io_gb,
    COALESCE((trim_scale(NULLIF(execution_cost_usd, (0)::numeric)) + 0.000), (0)::numeric) AS execution_cost_usd,
    COALESCE((trim_scale(NULLIF(resource_cost_usd, (0)::numeric)) + 0.000), (0)::numeric) AS resource_cost_usd,
    COALESCE((trim_scale(NULLIF(total_cost_usd, (0)::numeric)) + 0.000), (0)::numeric) AS total_cost_usd,
    COALESCE((trim_scale(NULLIF(round((total_cost_usd / (run_count)::numeric), 18), (0)::numeric)) + 0.000), (0)::numeric) AS average_cost_usd,
    estimated_count,
    unpriced_count,
    first_recorded_at,
    last_recorded_at
   FROM ( SELECT parts.tenant_id,
            parts.conversation_id,
            (sum(parts.run_count))::bigint AS run_count,
            sum(parts.execution_time_seconds) AS execution_time_seconds,
            sum(parts.cpu_core_seconds) AS cpu_core_seconds,
            sum(parts.memory_gb_seconds) AS memory_gb_seconds,
            sum(parts.disk_io_gb) AS disk_io_gb,
            sum(parts.execution_cost_usd) AS execution_cost_usd,
            sum(parts.resource_cost_usd) AS resource_cost_usd,
            sum(parts.total_cost_usd) AS total_cost_usd,
            (sum(parts.estimated_count))::bigint AS estimated_count,
            (sum(parts.unpriced_count))::bigint AS unpriced_count,
            min(parts.first_recorded_at) AS first_recorded_at,
            max(parts.last_recorded_at) AS last_recorded_at
           FROM ( SELECT e2b_cost_records.tenant_id,
                    e2b_cost_records.conversation_id,
                    count(*) AS run_count,
                    sum(e2b_cost_records.execution_time_seconds) AS execution_time_seconds,
                    sum(e2b_cost_records.cpu_core_seconds) AS cpu_core_seconds,
                    sum(e2b_cost_records.memory_gb_seconds) AS memory_gb_seconds,
                    sum(e2b_cost_records.disk_io_gb) AS disk_io_gb,
                    sum(e2b_cost_records.execution_cost_usd) AS execution_cost_usd,
                    sum(e2b_cost_records.resource_cost_usd) AS resource_cost_usd,
                    sum(e2b_cost_records.total_cost_usd) AS total_cost_usd,
                    count(*) FILTER (WHERE e2b_cost_records.is_estimated) AS estimated_count,
                    count(*) FILTER (WHERE e2b_cost_records.is_unpriced) AS unpriced_count,
                    min(e2b_cost_records.recorded_at) AS first_recorded_at,
                    max(e2b_cost_records.recorded_at) AS last_recorded_at
                   FROM copilot_internal.e2b_cost_records
                  GROUP BY e2b_cost_records.tenant_id, e2b_cost_records.conversation_id
                UNION ALL
                 SELECT e2b_usage_totals.tenant_id,
                    e2b_usage_totals.conversation_id,
                    e2b_usage_totals.run_count,
                    e2b_usage_totals.execution_time_seconds,
                    e2b_usage_totals.cpu_core_seconds,
                    e2b_usage_totals.memory_gb_seconds,
                    e2b_usage_totals.disk_io_gb,
                    e2b_usage_totals.execution_cost_usd,
                    e2b_usage_totals.resource_cost_usd,
                    e2b_usage_totals.total_cost_usd,
                    e2b_usage_totals.estimated_count,
                    e2b_usage_totals.unpriced_count,
                    e2b_usage_totals.first_recorded_at,
                    e2b_usage_totals.last_recorded_at
                   FROM copilot_internal.e2b_usage_totals) parts
          GROUP BY parts.tenant_id, parts.conversation_id) totals;
comment on view copilot_internal.e2b_cost_summary_by_conversation is 'Sandbox usage and cost per conversation of a tenant; runs outside a conversation are one row per tenant.';
grant select on copilot_internal.e2b_cost_summary_by_conversation to authenticated;
grant select on copilot_internal.e2b_cost_summary_by_conversation to service_role;

create view copilot_internal.e2b_price_periods with (security_invoker=true) as
 SELECT p.id AS pricing_id,
    p.tier,
    p.region,
    p.price_per_second,
    p.price_per_cpu_core_second,
    p.price_per_gb_memory_second,
    p.price_per_gb_disk_io,
    min(b.begins) AS effective_date,
        CASE
            WHEN bool_or((b.ends IS NULL)) THEN NULL::timestamp with time zone
            ELSE max(b.ends)
        END AS expires_at
   FROM (( SELECT s.tier,
            s.region,
            s.begins,
            s.ends,
            s.id,
            s.is_other,
            count(*) FILTER (WHERE s.is_other) OVER (PARTITION BY s.tier, s.region ORDER BY s.begins) AS period
           FROM ( SELECT m.tier,
                    m.region,
                    m.begins,
                    m.ends,
                    v.id,
                    (v.id IS DISTINCT FROM lag(v.id) OVER (PARTITION BY m.tier, m.region ORDER BY m.begins)) AS is_other
                   FROM (( SELECT moments.tier,
                            moments.region,
                            moments.begins,
                            lead(moments.begins) OVER (PARTITION BY moments.tier, moments.region ORDER BY moments.begins) AS ends
                           FROM ( SELECT e2b_pricing.tier,
                                    e2b_pricing.region,
                                    e2b_pricing.effective_date AS begins
                                   FROM copilot_internal.e2b_pricing
                                UNION
                                 SELECT e2b_pricing.tier,
                                    e2b_pricing.region,
                                    e2b_pricing.expires_at
                                   FROM copilot_internal.e2b_pricing
                                  WHERE (e2b_pricing.expires_at IS NOT NULL)) moments) m
                     LEFT JOIN LATERAL ( SELECT p_1.id
                           FROM copilot_internal.e2b_pricing p_1
                          WHERE ((p_1.tier = m.tier) AND (p_1.region = m.region) AND (p_1.effective_date <= m.begins) AND ((p_1.expires_at IS NULL) OR (m.begins < p_1.expires_at)))
                          ORDER BY p_1.effective_date DESC
                         LIMIT 1) v ON (true))) s) b
     JOIN copilot_internal.e2b_pricing p ON ((p.id = b.id)))
  GROUP BY p.id, b.period;
comment on view copilot_internal.e2b_price_periods is 'When each version of a tier''s price in a region is in force, as model_price_periods.';
grant select on copilot_internal.e2b_price_periods to authenticated;
grant select on copilot_internal.e2b_price_periods to service_role;

create view copilot_internal.e2b_uncovered_records with (security_invoker=true) as
 SELECT e2b_cost_records.tenant_id,
    e2b_cost_records.recorded_at,
    e2b_cost_records.tier,
    e2b_cost_records.execution_time_seconds,
    e2b_cost_records.cpu_core_seconds,
    e2b_cost_records.memory_gb_seconds,
    e2b_cost_records.disk_io_gb,
    e2b_cost_records.execution_cost_usd,
    e2b_cost_records.resource_cost_usd,
    e2b_cost_records.total_cost_usd,
    e2b_cost_records.is_estimated,
    e2b_cost_records.is_unpriced
   FROM copilot_internal.e2b_cost_records
  WHERE (NOT (EXISTS ( SELECT 1
           FROM copilot_internal.usage_rollup_state s
          WHERE (s.resource_type = 'e2b'::text))))
UNION ALL
 SELECT e2b_cost_records.tenant_id,
    e2b_cost_records.recorded_at,
    e2b_cost_records.tier,
    e2b_cost_records.execution_time_seconds,
    e2b_cost_records.cpu_core_seconds,
    e2b_cost_records.memory_gb_seconds,
    e2b_cost_records.disk_io_gb,
    e2b_cost_records.execution_cost_usd,
    e2b_cost_records.resource_cost_usd,
    e2b_cost_records.total_cost_usd,
    e2b_cost_records.is_estimated,
    e2b_cost_records.is_unpriced
   FROM copilot_internal.e2b_cost_records
  WHERE ((e2b_cost_records.recorded_at >= ( SELECT ((s.covered_before)::timestamp without time zone AT TIME ZONE 'UTC'::text) AS timezone
           FROM copilot_internal.usage_rollup_state s
          WHERE (s.resource_type = 'e2b'::text))) AND (e2b_cost_records.recorded_at <= ( SELECT 'infinity'::timestamp with time zone AS timestamptz)))
UNION ALL
 SELECT r.tenant_id,
    r.recorded_at,
    r.tier,
    r.execution_time_seconds,
    r.cpu_core_seconds,
    r.memory_gb_seconds,
    r.disk_io_gb,
    r.execution_cost_usd,
    r.resource_cost_usd,
    r.total_cost_usd,
    r.is_estimated,
    r.is_unpriced
   FROM (( SELECT DISTINCT c.tenant_id,
            c.day
           FROM copilot_internal.usage_changed_days c
          WHERE ((c.resource_type = 'e2b'::text) AND (c.day < ( SELECT s.covered_before
                   FROM copilot_internal.usage_rollup_state s
                  WHERE (s.resource_type = 'e2b'::text))))) changed
     JOIN copilot_internal.e2b_cost_records r ON (((r.tenant_id = changed.tenant_id) AND (r.recorded_at >= ((changed.day)::timestamp without time zone AT TIME ZONE 'UTC'::text)) AND (r.recorded_at < (((changed.day + 1))::timestamp without time zone AT TIME ZONE 'UTC'::text)))));
comment on view copilot_internal.e2b_uncovered_records is 'Records of sandbox runs that are in no row of e2b_usage_by_day: both together are all usage, each run once.';
grant select on copilot_internal.e2b_uncovered_records to authenticated;
grant select on copilot_internal.e2b_uncovered_records to service_role;

create view copilot_internal.e2b_usage_by_day with (security_invoker=true) as
 SELECT e2b_usage_totals.tenant_id,
    e2b_usage_totals.day,
    e2b_usage_totals.tier,
    e2b_usage_totals.run_count,
    e2b_usage_totals.execution_time_seconds,
    e2b_usage_totals.cpu_core_seconds,
    e2b_usage_totals.memory_gb_seconds,
    e2b_usage_totals.disk_io_gb,
    e2b_usage_totals.execution_cost_usd,
    e2b_usage_totals.resource_cost_usd,
    e2b_usage_totals.total_cost_usd,
    e2b_usage_totals.estimated_count,
    e2b_usage_totals.unpriced_count,
    e2b_usage_totals.first_recorded_at,
    e2b_usage_totals.last_recorded_at
   FROM copilot_internal.e2b_usage_totals
UNION ALL
 SELECT u.tenant_id,
    u.day,
    u.tier,
    u.run_count,
    u.execution_time_seconds,
    u.cpu_core_seconds,
    u.memory_gb_seconds,
    u.disk_io_gb,
    u.execution_cost_usd,
    u.resource_cost_usd,
    u.total_cost_usd,
    u.estimated_count,
    u.unpriced_count,
    u.first_recorded_at,
    u.last_recorded_at
   FROM copilot_internal.e2b_usage_rollups u
  WHERE (NOT (EXISTS ( SELECT 1
           FROM copilot_internal.usage_changed_days c
          WHERE ((c.resource_type = 'e2b'::text) AND (c.tenant_id = u.tenant_id) AND (c.day = u.day)))));
comment on view copilot_internal.e2b_usage_by_day is 'Sandbox runs of whole UTC days, added up: what e2b_uncovered_records does not show.';
grant select on copilot_internal.e2b_usage_by_day to authenticated;
grant select on copilot_internal.e2b_usage_by_day to service_role;

create view copilot_internal.llm_uncovered_records with (security_invoker=true) as
 SELECT llm_cost_records.tenant_id,
    llm_cost_records.recorded_at,
    llm_cost_records.provider,
    llm_cost_records.model,
    llm_cost_records.task,
    llm_cost_records.input_tokens,
    llm_cost_records.output_tokens,
    llm_cost_records.input_cost_usd,
    llm_cost_records.output_cost_usd,
    llm_cost_records.total_cost_usd,
    llm_cost_records.is_estimated,
    llm_cost_records.is_unpriced
   FROM copilot_internal.llm_cost_records
  WHERE (NOT (EXISTS ( SELECT 1
           FROM copilot_internal.usage_rollup_state s
          WHERE (s.resource_type = 'llm'::text))))
UNION ALL
 SELECT llm_cost_records.tenant_id,
    llm_cost_records.recorded_at,
    llm_cost_records.provider,
    llm_cost_records.model,
    llm_cost_records.task,
    llm_cost_records.input_tokens,
    llm_cost_records.output_tokens,
    llm_cost_records.input_cost_usd,
    llm_cost_records.output_cost_usd,
    llm_cost_records.total_cost_usd,
    llm_cost_records.is_estimated,
    llm_cost_records.is_unpriced
   FROM copilot_internal.llm_cost_records
  WHERE ((llm_cost_records.recorded_at >= ( SELECT ((s.covered_before)::timestamp without time zone AT TIME ZONE 'UTC'::text) AS timezone
           FROM copilot_internal.usage_rollup_state s
          WHERE (s.resource_type = 'llm'::text))) AND (llm_cost_records.recorded_at <= ( SELECT 'infinity'::timestamp with time zone AS timestamptz)))
UNION ALL
 SELECT r.tenant_id,
    r.recorded_at,
    r.provider,
    r.model,
    r.task,
    r.input_tokens,
    r.output_tokens,
    r.input_cost_usd,
    r.output_cost_usd,
    r.total_cost_usd,
    r.is_estimated,
    r.is_unpriced
   FROM (( SELECT DISTINCT c.tenant_id,
            c.day
           FROM copilot_internal.usage_changed_days c
          WHERE ((c.resource_type = 'llm'::text) AND (c.day < ( SELECT s.covered_before
                   FROM copilot_internal.usage_rollup_state s
                  WHERE (s.resource_type = 'llm'::text))))) changed
     JOIN copilot_internal.llm_cost_records r ON (((r.tenant_id = changed.tenant_id) AND (r.recorded_at >= ((changed.day)::timestamp without time zone AT TIME ZONE 'UTC'::text)) AND (r.recorded_at < (((changed.day + 1))::timestamp without time zone AT TIME ZONE 'UTC'::text)))));
comment on view copilot_internal.llm_uncovered_records is 'Records of LLM calls that are in no row of llm_usage_by_day: both together are all usage, each call once.';
grant select on copilot_internal.llm_uncovered_records to authenticated;
grant select on copilot_internal.llm_uncovered_records to service_role;

create view copilot_internal.llm_usage_by_day with (security_invoker=true) as
 SELECT llm_usage_totals.tenant_id,
    llm_usage_totals.day,
    llm_usage_totals.provider,
    llm_usage_totals.model,
    llm_usage_totals.task,
    llm_usage_totals.request_count,
    llm_usage_totals.input_tokens,
    llm_usage_totals.output_tokens,
    llm_usage_totals.input_cost_usd,
    llm_usage_totals.output_cost_usd,
    llm_usage_totals.total_cost_usd,
    llm_usage_totals.estimated_count,
    llm_usage_totals.unpriced_count,
    llm_usage_totals.first_recorded_at,
    llm_usage_totals.last_recorded_at
   FROM copilot_internal.llm_usage_totals
UNION ALL
 SELECT u.tenant_id,
    u.day,
    u.provider,
    u.model,
    u.task,
    u.request_count,
    u.input_tokens,
    u.output_tokens,
    u.input_cost_usd,
    u.output_cost_usd,
    u.total_cost_usd,
    u.estimated_count,
    u.unpriced_count,
    u.first_recorded_at,
    u.last_recorded_at
   FROM copilot_internal.llm_usage_rollups u
  WHERE (NOT (EXISTS ( SELECT 1
           FROM copilot_internal.usage_changed_days c
          WHERE ((c.resource_type = 'llm'::text) AND (c.tenant_id = u.tenant_id) AND (c.day = u.day)))));
comment on view copilot_internal.llm_usage_by_day is 'LLM calls of whole UTC days, added up: what llm_uncovered_records does not show.';
grant select on copilot_internal.llm_usage_by_day to authenticated;
grant select on copilot_internal.llm_usage_by_day to service_role;

create view copilot_internal.model_price_periods with (security_invoker=true) as
 SELECT p.id AS pricing_id,
    p.provider,
    p.model,
    p.input_price_per_million,
    p.output_price_per_million,
    min(b.begins) AS effective_date,
        CASE
            WHEN bool_or((b.ends IS NULL)) THEN NULL::timestamp with time zone
            ELSE max(b.ends)
        END AS expires_at
   FROM (( SELECT s.provider,
            s.model,
            s.begins,
            s.ends,
            s.id,
            s.is_other,
            count(*) FILTER (WHERE s.is_other) OVER (PARTITION BY s.provider, s.model ORDER BY s.begins) AS period
           FROM ( SELECT m.provider,
                    m.model,
                    m.begins,
                    m.ends,
                    v.id,
                    (v.id IS DISTINCT FROM lag(v.id) OVER (PARTITION BY m.provider, m.model ORDER BY m.begins)) AS is_other
                   FROM (( SELECT moments.provider,
                            moments.model,
                            moments.begins,
                            lead(moments.begins) OVER (PARTITION BY moments.provider, moments.model ORDER BY moments.begins) AS ends
                           FROM ( SELECT model_pricing.provider,
                                    model_pricing.model,
                                    model_pricing.effective_date AS begins
                                   FROM copilot_internal.model_pricing
                                UNION
                                 SELECT model_pricing.provider,
                                    model_pricing.model,
                                    model_pricing.expires_at
                                   FROM copilot_internal.model_pricing
                                  WHERE (model_pricing.expires_at IS NOT NULL)) moments) m
                     LEFT JOIN LATERAL ( SELECT p_1.id
                           FROM copilot_internal.model_pricing p_1
                          WHERE ((p_1.provider = m.provider) AND (p_1.model = m.model) AND (p_1.effective_date <= m.begins) AND ((p_1.expires_at IS NULL) OR (m.begins < p_1.expires_at)))
                          ORDER BY p_1.effective_date DESC
                         LIMIT 1) v ON (true))) s) b
     JOIN copilot_internal.model_pricing p ON ((p.id = b.id)))
  GROUP BY p.id, b.period;
comment on view copilot_internal.model_price_periods is 'When each version of a model''s price is in force: [effective_date, expires_at). Periods of a model never overlap. A version that a promotion interrupts has two.';
grant select on copilot_internal.model_price_periods to authenticated;
grant select on copilot_internal.model_price_periods to service_role;

create view copilot_internal.price_versions with (security_invoker=true) as
 SELECT 'model_pricing'::text AS list,
    model_pricing.provider AS name,
    model_pricing.model AS part,
    model_pricing.id,
    model_pricing.effective_date,
    model_pricing.expires_at,
    model_pricing.announced_end,
    model_pricing.created_at
   FROM copilot_internal.model_pricing
UNION ALL
 SELECT 'e2b_pricing'::text AS list,
    e2b_pricing.tier AS name,
    e2b_pricing.region AS part,
    e2b_pricing.id,
    e2b_pricing.effective_date,
    e2b_pricing.expires_at,
    e2b_pricing.announced_end,
    e2b_pricing.created_at
   FROM copilot_internal.e2b_pricing;
comment on view copilot_internal.price_versions is 'The versions of both price lists: whose price it is (provider and model, tier and region) and from when to when it may be in force.';
grant select on copilot_internal.price_versions to service_role;

create view copilot_internal.priced_usage with (security_invoker=true) as
 SELECT 'model_pricing'::text AS list,
    llm_cost_records.pricing_id,
    llm_cost_records.recorded_at
   FROM copilot_internal.llm_cost_records
  WHERE (llm_cost_records.pricing_id IS NOT NULL)
UNION ALL
 SELECT 'e2b_pricing'::text AS list,
    e2b_cost_records.pricing_id,
    e2b_cost_records.recorded_at
   FROM copilot_internal.e2b_cost_records
  WHERE (e2b_cost_records.pricing_id IS NOT NULL);
comment on view copilot_internal.priced_usage is 'When usage was recorded at which version of a price.';
grant select on copilot_internal.priced_usage to service_role;

create view copilot_internal.combined_cost_summary_by_tenant with (security_invoker=true) as
 SELECT tenant_id,
    llm_request_count,
    e2b_run_count,
    (llm_request_count + e2b_run_count) AS total_count,
    llm_total_tokens,
    e2b_execution_time_seconds,
    llm_cost_usd,
    e2b_cost_usd,
    COALESCE((trim_scale(NULLIF(cost_usd, (0)::numeric)) + 0.000), (0)::numeric) AS total_cost_usd,
    COALESCE((trim_scale(NULLIF(average_cost_usd, (0)::numeric)) + 0.000), (0)::numeric) AS average_cost_usd,
    estimated_count,
    unpriced_count,
    first_recorded_at,
    last_recorded_at
   FROM ( SELECT tenant_id,
            COALESCE(llm.request_count, (0)::bigint) AS llm_request_count,
            COALESCE(e2b.run_count, (0)::bigint) AS e2b_run_count,
            COALESCE(llm.total_tokens, (0)::numeric) AS llm_total_tokens,
            COALESCE(e2b.execution_time_seconds, (0)::numeric) AS e2b_execution_time_seconds,
            COALESCE(llm.total_cost_usd, (0)::numeric) AS llm_cost_usd,
            COALESCE(e2b.total_cost_usd, (0)::numeric) AS e2b_cost_usd,
            (COALESCE(llm.total_cost_usd, (0)::numeric) + COALESCE(e2b.total_cost_usd, (0)::numeric)) AS cost_usd,
            round((((COALESCE(llm.total_cost_usd, (0)::numeric) + COALESCE(e2b.total_cost_usd, (0)::numeric)))::numeric(38,18) / ((COALESCE(llm.request_count, (0)::bigint) + COALESCE(e2b.run_count, (0)::bigint)))::numeric), 18) AS average_cost_usd,
            (COALESCE(llm.estimated_count, (0)::bigint) + COALESCE(e2b.estimated_count, (0)::bigint)) AS estimated_count,
            (COALESCE(llm.unpriced_count, (0)::bigint) + COALESCE(e2b.unpriced_count, (0)::bigint)) AS unpriced_count,
            LEAST(llm.first_recorded_at, e2b.first_recorded_at) AS first_recorded_at,
            GREATEST(llm.last_recorded_at, e2b.last_recorded_at) AS last_recorded_at
           FROM (copilot_internal.cost_summary_by_tenant llm
             FULL JOIN copilot_internal.e2b_cost_summary_by_tenant e2b USING (tenant_id))) totals;
comment on view copilot_internal.combined_cost_summary_by_tenant is 'LLM and sandbox cost of each tenant side by side, and their sum; tenants with only one kind included.';
grant select on copilot_internal.combined_cost_summary_by_tenant to authenticated;
grant select on copilot_internal.combined_cost_summary_by_tenant to service_role;

create view copilot_internal.cost_summary_by_model with (security_invoker=true) as
 SELECT provider,
    model,
    request_count,
    input_tokens,
    output_tokens,
    (input_tokens + output_tokens) AS total_tokens,
    COALESCE((trim_scale(NULLIF(input_cost_usd, (0)::numeric)) + 0.000), (0)::numeric) AS input_cost_usd,
    COALESCE((trim_scale(NULLIF(output_cost_usd, (0)::numeric)) + 0.000), (0)::numeric) AS output_cost_usd,
    COALESCE((trim_scale(NULLIF(total_cost_usd, (0)::numeric)) + 0.000), (0)::numeric) AS total_cost_usd,
    COALESCE((trim_scale(NULLIF(round((total_cost_usd / (request_count)::numeric), 18), (0)::numeric)) + 0.000), (0)::numeric) AS average_cost_usd,
    estimated_count,
    unpriced_count,
    first_recorded_at,
    last_recorded_at
   FROM ( SELECT parts.provider,
            parts.model,
            (sum(parts.request_count))::bigint AS request_count,
            sum(parts.input_tokens) AS input_tokens,
            sum(parts.output_tokens) AS output_tokens,
            sum(parts.input_cost_usd) AS input_cost_usd,
            sum(parts.output_cost_usd) AS output_cost_usd,
            sum(parts.total_cost_usd) AS total_cost_usd,
            (sum(parts.estimated_count))::bigint AS estimated_count,
            (sum(parts.unpriced_count))::bigint AS unpriced_count,
            min(parts.first_recorded_at) AS first_recorded_at,
            max(parts.last_recorded_at) AS last_recorded_at
           FROM ( SELECT llm_uncovered_records.provider,
                    llm_uncovered_records.model,
                    count(*) AS request_count,
                    sum(llm_uncovered_records.input_tokens) AS input_tokens,
                    sum(llm_uncovered_records.output_tokens) AS output_tokens,
                    sum(llm_uncovered_records.input_cost_usd) AS input_cost_usd,
                    sum(llm_uncovered_records.output_cost_usd) AS output_cost_usd,
                    sum(llm_uncovered_records.total_cost_usd) AS total_cost_usd,
                    count(*) FILTER (WHERE llm_uncovered_records.is_estimated) AS estimated_count,
                    count(*) FILTER (WHERE llm_uncovered_records.is_unpriced) AS unpriced_count,
                    min(llm_uncovered_records.recorded_at) AS first_recorded_at,
                    max(llm_uncovered_records.recorded_at) AS last_recorded_at
                   FROM copilot_internal.llm_uncovered_records
                  GROUP BY llm_uncovered_records.provider, llm_uncovered_records.model
                UNION ALL
                 SELECT llm_usage_by_day.provider,
                    llm_usage_by_day.model,
                    llm_usage_by_day.request_count,
                    llm_usage_by_day.input_tokens,
                    llm_usage_by_day.output_tokens,
                    llm_usage_by_day.input_cost_usd,
                    llm_usage_by_day.output_cost_usd,
                    llm_usage_by_day.total_cost_usd,
                    llm_usage_by_day.estimated_count,
                    llm_usage_by_day.unpriced_count,
                    llm_usage_by_day.first_recorded_at,
                    llm_usage_by_day.last_recorded_at
                   FROM copilot_internal.llm_usage_by_day) parts
          GROUP BY parts.provider, parts.model) totals;
comment on view copilot_internal.cost_summary_by_model is 'LLM usage and cost per provider and model, over all tenants the caller may see.';
grant select on copilot_internal.cost_summary_by_model to authenticated;
grant select on copilot_internal.cost_summary_by_model to service_role;

create view copilot_internal.cost_summary_by_task with (security_invoker=true) as
 SELECT task,
    request_count,
    input_tokens,
    output_tokens,
    (input_tokens + output_tokens) AS total_tokens,
    COALESCE((trim_scale(NULLIF(input_cost_usd, (0)::numeric)) + 0.000), (0)::numeric) AS input_cost_usd,
    COALESCE((trim_scale(NULLIF(output_cost_usd, (0)::numeric)) + 0.000), (0)::numeric) AS output_cost_usd,
    COALESCE((trim_scale(NULLIF(total_cost_usd, (0)::numeric)) + 0.000), (0)::numeric) AS total_cost_usd,
    COALESCE((trim_scale(NULLIF(round((total_cost_usd / (request_count)::numeric), 18), (0)::numeric)) + 0.000), (0)::numeric) AS average_cost_usd,
    estimated_count,
    unpriced_count,
    first_recorded_at,
    last_recorded_at
   FROM ( SELECT parts.task,
            (sum(parts.request_count))::bigint AS request_count,
            sum(parts.input_tokens) AS input_tokens,
            sum(parts.output_tokens) AS output_tokens,
            sum(parts.input_cost_usd) AS input_cost_usd,
            sum(parts.output_cost_usd) AS output_cost_usd,
            sum(parts.total_cost_usd) AS total_cost_usd,
            (sum(parts.estimated_count))::bigint AS estimated_count,
            (sum(parts.unpriced_count))::bigint AS unpriced_count,
            min(parts.first_recorded_at) AS first_recorded_at,
            max(parts.last_recorded_at) AS last_recorded_at
           FROM ( SELECT llm_uncovered_records.task,
                    count(*) AS request_count,
                    sum(llm_uncovered_records.input_tokens) AS input_tokens,
                    sum(llm_uncovered_records.output_tokens) AS output_tokens,
                    sum(llm_uncovered_records.input_cost_usd) AS input_cost_usd,
                    sum(llm_uncovered_records.output_cost_usd) AS output_cost_usd,
                    sum(llm_uncovered_records.total_cost_usd) AS total_cost_usd,
                    count(*) FILTER (WHERE llm_uncovered_records.is_estimated) AS estimated_count,
                    count(*) FILTER (WHERE llm_uncovered_records.is_unpriced) AS unpriced_count,
                    min(llm_uncovered_records.recorded_at) AS first_recorded_at,
                    max(llm_uncovered_records.recorded_at) AS last_recorded_at
                   FROM copilot_internal.llm_uncovered_records
                  GROUP BY llm_uncovered_records.task
                UNION ALL
                 SELECT llm_usage_by_day.task,
                    llm_usage_by_day.request_count,
                    llm_usage_by_day.input_tokens,
                    llm_usage_by_day.output_tokens,
                    llm_usage_by_day.input_cost_usd,
                    llm_usage_by_day.output_cost_usd,
                    llm_usage_by_day.total_cost_usd,
                    llm_usage_by_day.estimated_count,
                    llm_usage_by_day.unpriced_count,
                    llm_usage_by_day.first_recorded_at,
                    llm_usage_by_day.last_recorded_at
                   FROM copilot_internal.llm_usage_by_day) parts
          GROUP BY parts.task) totals;
comment on view copilot_internal.cost_summary_by_task is 'LLM usage and cost per task, over all tenants the caller may see; calls without a task are one row of their own.';
grant select on copilot_internal.cost_summary_by_task to authenticated;
grant select on copilot_internal.cost_summary_by_task to service_role;

create view copilot_internal.cost_summary_by_tenant with (security_invoker=true) as
 SELECT tenant_id,
    request_count,
    input_tokens,
    output_tokens,
    (input_tokens + output_tokens) AS total_tokens,
    COALESCE((trim_scale(NULLIF(input_cost_usd, (0)::numeric)) + 0.000), (0)::numeric) AS input_cost_usd,
    COALESCE((trim_scale(NULLIF(output_cost_usd, (0)::numeric)) + 0.000), (0)::numeric) AS output_cost_usd,
    COALESCE((trim_scale(NULLIF(total_cost_usd, (0)::numeric)) + 0.000), (0)::numeric) AS total_cost_usd,
    COALESCE((trim_scale(NULLIF(round((total_cost_usd / (request_count)::numeric), 18), (0)::numeric)) + 0.000), (0)::numeric) AS average_cost_usd,
    estimated_count,
    unpriced_count,
    first_recorded_at,
    last_recorded_at
   FROM ( SELECT parts.tenant_id,
            (sum(parts.request_count))::bigint AS request_count,
            sum(parts.input_tokens) AS input_tokens,
            sum(parts.output_tokens) AS output_tokens,
            sum(parts.input_cost_usd) AS input_cost_usd,
            sum(parts.output_cost_usd) AS output_cost_usd,
            sum(parts.total_cost_usd) AS total_cost_usd,
            (sum(parts.estimated_count))::bigint AS estimated_count,
            (sum(parts.unpriced_count))::bigint AS unpriced_count,
            min(parts.first_recorded_at) AS first_recorded_at,
            max(parts.last_recorded_at) AS last_recorded_at
           FROM ( SELECT llm_uncovered_records.tenant_id,
                    count(*) AS request_count,
                    sum(llm_uncovered_records.input_tokens) AS input_tokens,
                    sum(llm_uncovered_records.output_tokens) AS output_tokens,
                    sum(llm_uncovered_records.input_cost_usd) AS input_cost_usd,
                    sum(llm_uncovered_records.output_cost_usd) AS output_cost_usd,
                    sum(llm_uncovered_records.total_cost_usd) AS total_cost_usd,
                    count(*) FILTER (WHERE llm_uncovered_records.is_estimated) AS estimated_count,
                    count(*) FILTER (WHERE llm_uncovered_records.is_unpriced) AS unpriced_count,
                    min(llm_uncovered_records.recorded_at) AS first_recorded_at,
                    max(llm_uncovered_records.recorded_at) AS last_recorded_at
                   FROM copilot_internal.llm_uncovered_records
                  GROUP BY llm_uncovered_records.tenant_id
                UNION ALL
                 SELECT llm_usage_by_day.tenant_id,
                    llm_usage_by_day.request_count,
                    llm_usage_by_day.input_tokens,
                    llm_usage_by_day.output_tokens,
                    llm_usage_by_day.input_cost_usd,
                    llm_usage_by_day.output_cost_usd,
                    llm_usage_by_day.total_cost_usd,
                    llm_usage_by_day.estimated_count,
                    llm_usage_by_day.unpriced_count,
                    llm_usage_by_day.first_recorded_at,
                    llm_usage_by_day.last_recorded_at
                   FROM copilot_internal.llm_usage_by_day) parts
          GROUP BY parts.tenant_id) totals;
comment on view copilot_internal.cost_summary_by_tenant is 'LLM usage and cost per tenant: records and totals of whole days together. The average is per request, rounded to 18 decimals; sums are exact.';
grant select on copilot_internal.cost_summary_by_tenant to authenticated;
grant select on copilot_internal.cost_summary_by_tenant to service_role;

create view copilot_internal.e2b_cost_summary_by_tenant with (security_invoker=true) as
 SELECT tenant_id,
    run_count,
    trim_scale(execution_time_seconds) AS execution_time_seconds,
    trim_scale(cpu_core_seconds) AS cpu_core_seconds,
    trim_scale(memory_gb_seconds) AS memory_gb_seconds,
    trim_scale(disk_io_gb) AS disk_io_gb,
    COALESCE((trim_scale(NULLIF(execution_cost_usd, (0)::numeric)) + 0.000), (0)::numeric) AS execution_cost_usd,
    COALESCE((trim_scale(NULLIF(resource_cost_usd, (0)::numeric)) + 0.000), (0)::numeric) AS resource_cost_usd,
    COALESCE((trim_scale(NULLIF(total_cost_usd, (0)::numeric)) + 0.000), (0)::numeric) AS total_cost_usd,
    COALESCE((trim_scale(NULLIF(round((total_cost_usd / (run_count)::numeric), 18), (0)::numeric)) + 0.000), (0)::numeric) AS average_cost_usd,
    estimated_count,
    unpriced_count,
    first_recorded_at,
    last_recorded_at
   FROM ( SELECT parts.tenant_id,
            (sum(parts.run_count))::bigint AS run_count,
            sum(parts.execution_time_seconds) AS execution_time_seconds,
            sum(parts.cpu_core_seconds) AS cpu_core_seconds,
            sum(parts.memory_gb_seconds) AS memory_gb_seconds,
            sum(parts.disk_io_gb) AS disk_io_gb,
            sum(parts.execution_cost_usd) AS execution_cost_usd,
            sum(parts.resource_cost_usd) AS resource_cost_usd,
            sum(parts.total_cost_usd) AS total_cost_usd,
            (sum(parts.estimated_count))::bigint AS estimated_count,
            (sum(parts.unpriced_count))::bigint AS unpriced_count,
            min(parts.first_recorded_at) AS first_recorded_at,
            max(parts.last_recorded_at) AS last_recorded_at
           FROM ( SELECT e2b_uncovered_records.tenant_id,
                    count(*) AS run_count,
                    sum(e2b_uncovered_records.execution_time_seconds) AS execution_time_seconds,
                    sum(e2b_uncovered_records.cpu_core_seconds) AS cpu_core_seconds,
                    sum(e2b_uncovered_records.memory_gb_seconds) AS memory_gb_seconds,
                    sum(e2b_uncovered_records.disk_io_gb) AS disk_io_gb,
                    sum(e2b_uncovered_records.execution_cost_usd) AS execution_cost_usd,
                    sum(e2b_uncovered_records.resource_cost_usd) AS resource_cost_usd,
                    sum(e2b_uncovered_records.total_cost_usd) AS total_cost_usd,
                    count(*) FILTER (WHERE e2b_uncovered_records.is_estimated) AS estimated_count,
                    count(*) FILTER (WHERE e2b_uncovered_records.is_unpriced) AS unpriced_count,
                    min(e2b_uncovered_records.recorded_at) AS first_recorded_at,
                    max(e2b_uncovered_records.recorded_at) AS last_recorded_at
                   FROM copilot_internal.e2b_uncovered_records
                  GROUP BY e2b_uncovered_records.tenant_id
                UNION ALL
                 SELECT e2b_usage_by_day.tenant_id,
                    e2b_usage_by_day.run_count,
                    e2b_usage_by_day.execution_time_seconds,
                    e2b_usage_by_day.cpu_core_seconds,
                    e2b_usage_by_day.memory_gb_seconds,
                    e2b_usage_by_day.disk_io_gb,
                    e2b_usage_by_day.execution_cost_usd,
                    e2b_usage_by_day.resource_cost_usd,
                    e2b_usage_by_day.total_cost_usd,
                    e2b_usage_by_day.estimated_count,
                    e2b_usage_by_day.unpriced_count,
                    e2b_usage_by_day.first_recorded_at,
                    e2b_usage_by_day.last_recorded_at
                   FROM copilot_internal.e2b_usage_by_day) parts
          GROUP BY parts.tenant_id) totals;
comment on view copilot_internal.e2b_cost_summary_by_tenant is 'Sandbox usage and cost per tenant: records and totals of whole days together. The average is per run, rounded to 18 decimals; sums are exact.';
grant select on copilot_internal.e2b_cost_summary_by_tenant to authenticated;
grant select on copilot_internal.e2b_cost_summary_by_tenant to service_role;

create view copilot_internal.e2b_cost_summary_by_tier with (security_invoker=true) as
 SELECT tier,
    run_count,
    trim_scale(execution_time_seconds) AS execution_time_seconds,
    trim_scale(cpu_core_seconds) AS cpu_core_seconds,
    trim_scale(memory_gb_seconds) AS memory_gb_seconds,
    trim_scale(disk_io_gb) AS disk_io_gb,
    COALESCE((trim_scale(NULLIF(execution_cost_usd, (0)::numeric)) + 0.000), (0)::numeric) AS execution_cost_usd,
    COALESCE((trim_scale(NULLIF(resource_cost_usd, (0)::numeric)) + 0.000), (0)::numeric) AS resource_cost_usd,
    COALESCE((trim_scale(NULLIF(total_cost_usd, (0)::numeric)) + 0.000), (0)::numeric) AS total_cost_usd,
    COALESCE((trim_scale(NULLIF(round((total_cost_usd / (run_count)::numeric), 18), (0)::numeric)) + 0.000), (0)::numeric) AS average_cost_usd,
    estimated_count,
    unpriced_count,
    first_recorded_at,
    last_recorded_at
   FROM ( SELECT parts.tier,
            (sum(parts.run_count))::bigint AS run_count,
            sum(parts.execution_time_seconds) AS execution_time_seconds,
            sum(parts.cpu_core_seconds) AS cpu_core_seconds,
            sum(parts.memory_gb_seconds) AS memory_gb_seconds,
            sum(parts.disk_io_gb) AS disk_io_gb,
            sum(parts.execution_cost_usd) AS execution_cost_usd,
            sum(parts.resource_cost_usd) AS resource_cost_usd,
            sum(parts.total_cost_usd) AS total_cost_usd,
            (sum(parts.estimated_count))::bigint AS estimated_count,
            (sum(parts.unpriced_count))::bigint AS unpriced_count,
            min(parts.first_recorded_at) AS first_recorded_at,
            max(parts.last_recorded_at) AS last_recorded_at
           FROM ( SELECT all_records.tier,
                    all_records.run_count,
                    all_records.execution_time_seconds,
                    all_records.cpu_core_seconds,
                    all_records.memory_gb_seconds,
                    all_records.disk_io_gb,
                    all_records.execution_cost_usd,
                    all_records.resource_cost_usd,
                    all_records.total_cost_usd,
                    all_records.estimated_count,
                    all_records.unpriced_count,
                    all_records.first_recorded_at,
                    all_records.last_recorded_at
                   FROM ( SELECT e2b_cost_records.tier,
                            count(*) AS run_count,
                            sum(e2b_cost_records.execution_time_seconds) AS execution_time_seconds,
                            sum(e2b_cost_records.cpu_core_seconds) AS cpu_core_seconds,
                            sum(e2b_cost_records.memory_gb_seconds) AS memory_gb_seconds,
                            sum(e2b_cost_records.disk_io_gb) AS disk_io_gb,
                            sum(e2b_cost_records.execution_cost_usd) AS execution_cost_usd,
                            sum(e2b_cost_records.resource_cost_usd) AS resource_cost_usd,
                            sum(e2b_cost_records.total_cost_usd) AS total_cost_usd,
                            count(*) FILTER (WHERE e2b_cost_records.is_estimated) AS estimated_count,
                            count(*) FILTER (WHERE e2b_cost_records.is_unpriced) AS unpriced_count,
                            min(e2b_cost_records.recorded_at) AS first_recorded_at,
                            max(e2b_cost_records.recorded_at) AS last_recorded_at
                           FROM copilot_internal.e2b_cost_records
                          GROUP BY e2b_cost_records.tier) all_records
                  WHERE ((NOT (EXISTS ( SELECT 1
                           FROM copilot_internal.usage_rollup_state s
                          WHERE (s.resource_type = 'e2b'::text)))) AND (pg_backend_pid() IS NOT NULL))
                UNION ALL
                 SELECT e2b_uncovered_records.tier,
                    count(*) AS run_count,
                    sum(e2b_uncovered_records.execution_time_seconds) AS execution_time_seconds,
                    sum(e2b_uncovered_records.cpu_core_seconds) AS cpu_core_seconds,
                    sum(e2b_uncovered_records.memory_gb_seconds) AS memory_gb_seconds,
                    sum(e2b_uncovered_records.disk_io_gb) AS disk_io_gb,
                    sum(e2b_uncovered_records.execution_cost_usd) AS execution_cost_usd,
                    sum(e2b_uncovered_records.resource_cost_usd) AS resource_cost_usd,
                    sum(e2b_uncovered_records.total_cost_usd) AS total_cost_usd,
                    count(*) FILTER (WHERE e2b_uncovered_records.is_estimated) AS estimated_count,
                    count(*) FILTER (WHERE e2b_uncovered_records.is_unpriced) AS unpriced_count,
                    min(e2b_uncovered_records.recorded_at) AS first_recorded_at,
                    max(e2b_uncovered_records.recorded_at) AS last_recorded_at
                   FROM copilot_internal.e2b_uncovered_records
                  WHERE ((EXISTS ( SELECT 1
                           FROM copilot_internal.usage_rollup_state s
                          WHERE (s.resource_type = 'e2b'::text))) AND (pg_backend_pid() IS NOT NULL))
                  GROUP BY e2b_uncovered_records.tier
                UNION ALL
                 SELECT e2b_usage_by_day.tier,
                    e2b_usage_by_day.run_count,
                    e2b_usage_by_day.execution_time_seconds,
                    e2b_usage_by_day.cpu_core_seconds,
                    e2b_usage_by_day.memory_gb_seconds,
                    e2b_usage_by_day.disk_io_gb,
                    e2b_usage_by_day.execution_cost_usd,
                    e2b_usage_by_day.resource_cost_usd,
                    e2b_usage_by_day.total_cost_usd,
                    e2b_usage_by_day.estimated_count,
                    e2b_usage_by_day.unpriced_count,
                    e2b_usage_by_day.first_recorded_at,
                    e2b_usage_by_day.last_recorded_at
                   FROM copilot_internal.e2b_usage_by_day) parts
          GROUP BY parts.tier) totals;
comment on view copilot_internal.e2b_cost_summary_by_tier is 'Sandbox usage and cost per tier, over all tenants the caller may see.';
grant select on copilot_internal.e2b_cost_summary_by_tier to authenticated;
grant select on copilot_internal.e2b_cost_summary_by_tier to service_role;
