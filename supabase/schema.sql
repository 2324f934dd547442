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

CREATE OR REPLACE FUNCTION copilot_internal.archive_quota_period()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  insert into copilot_internal.cost_quota_periods
    (quota_id, scope, scope_id, resource_type, period, period_start, period_end, limit_usd, spent_usd)
  values
    (old.id, old.scope, old.scope_id, old.resource_type, old.period, old.period_start, old.period_end,
     old.limit_usd, old.spent_usd);
  return null;
end
$function$;
comment on function copilot_internal.archive_quota_period() is 'Trigger: keeps the books of the period that a quota leaves behind.';
revoke all on function copilot_internal.archive_quota_period() from public;
grant execute on function copilot_internal.archive_quota_period() to service_role;

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

CREATE OR REPLACE FUNCTION copilot_internal.await_successor()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if new.expires_at is distinct from now()
    or current_setting('copilot_internal.price_change', true) = 'on' and pg_trigger_depth() > 1
  then
    return new;
  end if;
  if old.effective_date <= now() and (old.expires_at is null or old.expires_at > now()) then
    raise notice 'The price of % % stays in force until its successor is inserted.', old.provider, old.model;
  end if;
  return old;
end
$function$;
comment on function copilot_internal.await_successor() is 'Trigger: an UPDATE that sets prices and ends them now announces a successor. The old price keeps its value and stays in force; inserting the successor ends it, so that there is no moment without a price.';
revoke all on function copilot_internal.await_successor() from public;
grant execute on function copilot_internal.await_successor() to service_role;

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

  -- This region's price, else the dearest of the tier's other regions: an estimate that does not flatter.
  select p.region <> calculate_e2b_cost.region as is_estimated, p.price_per_second, p.price_per_cpu_core_second,
         p.price_per_gb_memory_second, p.price_per_gb_disk_io
  into price
  from copilot_internal.e2b_pricing as p
  where p.tier = calculate_e2b_cost.tier
    and p.effective_date <= pricing_date
    and (p.expires_at is null or pricing_date < p.expires_at)
  order by p.region <> calculate_e2b_cost.region,
           case when p.region <> calculate_e2b_cost.region then p.price_per_second end desc,
           p.effective_date desc, p.region
  limit 1;

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
  execution_cost_usd := round(execution_cost_usd, greatest(3, min_scale(execution_cost_usd)) * (execution_cost_usd <> 0)::integer);
  resource_cost_usd  := round(resource_cost_usd, greatest(3, min_scale(resource_cost_usd)) * (resource_cost_usd <> 0)::integer);
  total_cost_usd     := round(total_cost_usd, greatest(3, min_scale(total_cost_usd)) * (total_cost_usd <> 0)::integer);
  return next;
end
$function$;
comment on function copilot_internal.calculate_e2b_cost(text,text,numeric,numeric,numeric,numeric,timestamp with time zone) is 'What a sandbox run costs at the prices of pricing_date, in USD, exact. is_estimated: the region had no price then, and the dearest other region''s price of the tier was used. Metrics left NULL count as 0. Raises 22004 for a required NULL, 22023 for a negative number or a tier without a price at that date.';
revoke all on function copilot_internal.calculate_e2b_cost(text,text,numeric,numeric,numeric,numeric,timestamp with time zone) from public;
grant execute on function copilot_internal.calculate_e2b_cost(text,text,numeric,numeric,numeric,numeric,timestamp with time zone) to authenticated;
grant execute on function copilot_internal.calculate_e2b_cost(text,text,numeric,numeric,numeric,numeric,timestamp with time zone) to service_role;

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

  select p.input_price_per_million as input, p.output_price_per_million as output
  into price
  from copilot_internal.model_pricing as p
  where p.provider = calculate_llm_cost.provider
    and p.model = calculate_llm_cost.model
    and p.effective_date <= pricing_date
    and (p.expires_at is null or pricing_date < p.expires_at)
  order by p.effective_date desc
  limit 1;
  pricing_found := found;

  -- A multiplication is exact where a division by a million might not be.
  input_cost_usd  := case when pricing_found then input_tokens * price.input * 0.000001 else 0 end;
  output_cost_usd := case when pricing_found then output_tokens * price.output * 0.000001 else 0 end;
  total_cost_usd  := input_cost_usd + output_cost_usd;

  -- Without loss and without padding: 0 for zero, else three decimals or as many as it takes.
  input_cost_usd  := round(input_cost_usd, greatest(3, min_scale(input_cost_usd)) * (input_cost_usd <> 0)::integer);
  output_cost_usd := round(output_cost_usd, greatest(3, min_scale(output_cost_usd)) * (output_cost_usd <> 0)::integer);
  total_cost_usd  := round(total_cost_usd, greatest(3, min_scale(total_cost_usd)) * (total_cost_usd <> 0)::integer);
  return next;
end
$function$;
comment on function copilot_internal.calculate_llm_cost(text,text,bigint,bigint,timestamp with time zone) is 'What an LLM call costs at the prices of pricing_date, in USD, exact. A model without a price at that date costs 0 with pricing_found false: treat it as unknown, not as free. Raises 22004 for NULL, 22023 for negative tokens.';
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
  plain        record;
  rates        jsonb;
  used         text;
  special      bigint;
  input_rate   numeric;
  output_rate  numeric;
  cached_rate  numeric;
  write_5m     numeric;
  write_1h     numeric;
begin
  if provider is null or model is null or input_tokens is null or output_tokens is null or cached_input_tokens is null
    or cache_write_5m_tokens is null or cache_write_1h_tokens is null or is_batch is null or pricing_date is null
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
  special := cached_input_tokens + cache_write_5m_tokens + cache_write_1h_tokens;

  select p.id, p.input_price_per_million as input, p.output_price_per_million as output
  into plain
  from copilot_internal.model_pricing as p
  where p.provider = calculate_llm_cost_detailed.provider
    and p.model = calculate_llm_cost_detailed.model
    and p.effective_date <= pricing_date
    and (p.expires_at is null or pricing_date < p.expires_at)
  order by p.effective_date desc
  limit 1;
  pricing_found := found;
  if not pricing_found then
    return query select 0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric, false, false, false;
    return;
  end if;

  select coalesce(jsonb_object_agg(c.variant || ' ' || c.component, c.price_per_million), '{}'),
         coalesce(bool_or(input_tokens > c.threshold_input_tokens), false)
  into rates, is_long_context
  from copilot_internal.model_pricing_components as c
  where c.pricing_id = plain.id;

  -- Long context re-rates the whole request, also one that was sent as a batch.
  used := case when is_long_context then 'long_context ' when is_batch then 'batch ' else 'standard ' end;
  input_rate  := coalesce((rates ->> (used || 'input'))::numeric, plain.input);
  output_rate := coalesce((rates ->> (used || 'output'))::numeric, plain.output);
  -- What has no price of its own is priced as plain input, or as it is otherwise, whichever is dearer.
  cached_rate := coalesce((rates ->> (used || 'cached_input'))::numeric,
                          greatest(input_rate, (rates ->> 'standard cached_input')::numeric));
  write_5m    := coalesce((rates ->> (used || 'cache_write_5m'))::numeric,
                          greatest(input_rate, (rates ->> 'standard cache_write_5m')::numeric));
  write_1h    := coalesce((rates ->> (used || 'cache_write_1h'))::numeric,
                          greatest(input_rate, (rates ->> 'standard cache_write_1h')::numeric));
  is_estimated :=
    cached_input_tokens > 0 and not rates ? (used || 'cached_input')
    or cache_write_5m_tokens > 0 and not rates ? (used || 'cache_write_5m')
    or cache_write_1h_tokens > 0 and not rates ? (used || 'cache_write_1h')
    or is_batch and (is_long_context or not rates ? 'batch input' or not rates ? 'batch output');

  input_cost_usd        := (input_tokens - special) * input_rate * 0.000001;
  cached_input_cost_usd := cached_input_tokens * cached_rate * 0.000001;
  cache_write_cost_usd  := (cache_write_5m_tokens * write_5m + cache_write_1h_tokens * write_1h) * 0.000001;
  output_cost_usd       := output_tokens * output_rate * 0.000001;
  total_cost_usd        := input_cost_usd + cached_input_cost_usd + cache_write_cost_usd + output_cost_usd;

  -- Without loss and without padding: 0 for zero, else three decimals or as many as it takes.
  input_cost_usd        := round(input_cost_usd, greatest(3, min_scale(input_cost_usd)) * (input_cost_usd <> 0)::integer);
  cached_input_cost_usd := round(cached_input_cost_usd, greatest(3, min_scale(cached_input_cost_usd)) * (cached_input_cost_usd <> 0)::integer);
  cache_write_cost_usd  := round(cache_write_cost_usd, greatest(3, min_scale(cache_write_cost_usd)) * (cache_write_cost_usd <> 0)::integer);
  output_cost_usd       := round(output_cost_usd, greatest(3, min_scale(output_cost_usd)) * (output_cost_usd <> 0)::integer);
  total_cost_usd        := round(total_cost_usd, greatest(3, min_scale(total_cost_usd)) * (total_cost_usd <> 0)::integer);
  return next;
end
$function$;
comment on function copilot_internal.calculate_llm_cost_detailed(text,text,bigint,bigint,bigint,bigint,bigint,boolean,timestamp with time zone) is 'What an LLM call costs with cached input, cache writes, batch and long-context prices, in USD, exact. input_tokens includes cached and cache-write tokens and output_tokens includes reasoning tokens, as OpenAI and Google report them; for Anthropic, whose usage lists them beside, pass input_tokens + cache_read_input_tokens + cache_creation_input_tokens. More input than the threshold re-rates the whole request. is_estimated: something had no price of its own and was priced as plain input, or as otherwise, whichever is dearer. A model without a price costs 0 with pricing_found false. Raises 22004 for NULL, 22023 for negative tokens or more special tokens than input.';
revoke all on function copilot_internal.calculate_llm_cost_detailed(text,text,bigint,bigint,bigint,bigint,bigint,boolean,timestamp with time zone) from public;
grant execute on function copilot_internal.calculate_llm_cost_detailed(text,text,bigint,bigint,bigint,bigint,bigint,boolean,timestamp with time zone) to authenticated;
grant execute on function copilot_internal.calculate_llm_cost_detailed(text,text,bigint,bigint,bigint,bigint,bigint,boolean,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.charge_quotas(quota_ids uuid[], amount numeric)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  -- One statement, so that no charge is lost or doubled. Everybody locks in the order of the ids, so nobody deadlocks.
  with locked as materialized (
    select id from copilot_internal.cost_quotas where id = any (quota_ids) order by id for update
  )
  update copilot_internal.cost_quotas as q
  set (period_start, period_end, spent_usd) = (
        select
          case when now() < q.period_end then q.period_start else greatest(q.period_end, lower(p.current)) end,
          case when now() < q.period_end then q.period_end else upper(p.current) end,
          case when now() < q.period_end then q.spent_usd else 0 end + amount
        from (select copilot_internal.quota_period(q.period_anchor, q.period, now())) as p (current)
      ),
      updated_at = now()
  from locked
  where q.id = locked.id
$function$;
comment on function copilot_internal.charge_quotas(uuid[],numeric) is 'Adds an amount (USD) to the spend of these quotas, after closing each period that is over. An amount of 0 only does the latter, and locks.';
revoke all on function copilot_internal.charge_quotas(uuid[],numeric) from public;
grant execute on function copilot_internal.charge_quotas(uuid[],numeric) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.check_e2b_quota(scope text, scope_id uuid, estimated_cost numeric)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select copilot_internal.check_quota(scope, scope_id, 'e2b', estimated_cost)
$function$;
comment on function copilot_internal.check_e2b_quota(text,uuid,numeric) is 'Whether a sandbox run of this estimated cost (USD) fits every e2b and all quota of the scope: spend, open reservations and the estimate together within the limit, equal included. No quota, no limit. Promises nothing for later: another client may spend in between. Raises 22004 for NULL, 22023 for an unknown scope or a negative estimate.';
revoke all on function copilot_internal.check_e2b_quota(text,uuid,numeric) from public;
grant execute on function copilot_internal.check_e2b_quota(text,uuid,numeric) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.check_llm_quota(scope text, scope_id uuid, estimated_cost numeric)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select copilot_internal.check_quota(scope, scope_id, 'llm', estimated_cost)
$function$;
comment on function copilot_internal.check_llm_quota(text,uuid,numeric) is 'Whether an LLM call of this estimated cost (USD) fits every llm and all quota of the scope: as check_e2b_quota.';
revoke all on function copilot_internal.check_llm_quota(text,uuid,numeric) from public;
grant execute on function copilot_internal.check_llm_quota(text,uuid,numeric) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.check_quota(scope text, scope_id uuid, resource_type text, estimated_cost numeric)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform copilot_internal.assert_quota_arguments(scope, scope_id, estimated_cost, 'estimated_cost');

  -- A period that is over is closed before anything is compared with its limit.
  perform copilot_internal.charge_quotas(
    array(
      select q.id from copilot_internal.cost_quotas as q
      where q.scope = check_quota.scope
        and q.scope_id is not distinct from check_quota.scope_id
        and q.resource_type in (check_quota.resource_type, 'all')
        and q.period_end <= now()
    ),
    0
  );

  return not exists (
    select from copilot_internal.cost_quotas as q
    where q.scope = check_quota.scope
      and q.scope_id is not distinct from check_quota.scope_id
      and q.resource_type in (check_quota.resource_type, 'all')
      and not q.spent_usd
              + copilot_internal.quota_held_usd(q.scope, q.scope_id, q.resource_type)
              + estimated_cost <= q.limit_usd
  );
end
$function$;
comment on function copilot_internal.check_quota(text,uuid,text,numeric) is 'What check_e2b_quota promises, for any resource type.';
revoke all on function copilot_internal.check_quota(text,uuid,text,numeric) from public;
grant execute on function copilot_internal.check_quota(text,uuid,text,numeric) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.close_expired_reservations()
 RETURNS bigint
 LANGUAGE sql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.close_expired_reservations() is 'Closes the holds whose time is over, and answers how many. They no longer count anyway: this keeps the open ones few. For a scheduled job.';
revoke all on function copilot_internal.close_expired_reservations() from public;
grant execute on function copilot_internal.close_expired_reservations() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.close_hold(tenant_id uuid, reservation_id uuid, resource_type text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  update copilot_internal.quota_reservations as h
  set closed_at = now(), is_expired = false
  where h.tenant_id = close_hold.tenant_id
    and h.id = close_hold.reservation_id
    and h.resource_type = close_hold.resource_type
    and (h.closed_at is null or h.is_expired)
$function$;
comment on function copilot_internal.close_hold(uuid,uuid,text) is 'Closes a hold that has served: what it stood for is charged. Does nothing for one that is closed, of another tenant or kind, or not there: usage is recorded in any case.';
revoke all on function copilot_internal.close_hold(uuid,uuid,text) from public;
grant execute on function copilot_internal.close_hold(uuid,uuid,text) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.fill_quota_period()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  new.period_start  := coalesce(new.period_start, now());
  new.period_anchor := coalesce(new.period_anchor, new.period_start);
  if new.period_end is null then
    new.period_end := upper(copilot_internal.quota_period(new.period_anchor, new.period, new.period_start));
  end if;
  return new;
end
$function$;
comment on function copilot_internal.fill_quota_period() is 'Trigger: a new quota starts now, is anchored where it starts and ends one period later, unless told otherwise.';
revoke all on function copilot_internal.fill_quota_period() from public;
grant execute on function copilot_internal.fill_quota_period() to service_role;

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
      round(p.input_price_per_million,
            greatest(3, min_scale(p.input_price_per_million)) * (p.input_price_per_million <> 0)::integer),
      round(p.output_price_per_million,
            greatest(3, min_scale(p.output_price_per_million)) * (p.output_price_per_million <> 0)::integer),
      p.effective_date,
      p.expires_at
    from copilot_internal.model_pricing as p
    where p.provider = get_current_model_pricing.provider
      and p.model = get_current_model_pricing.model
      and p.effective_date <= now()
      and (p.expires_at is null or now() < p.expires_at)
    order by p.effective_date desc
    limit 1;
end
$function$;
comment on function copilot_internal.get_current_model_pricing(text,text) is 'The price of a model that is in force now, USD per million tokens; no row when there is none. Raises 22004 for NULL.';
revoke all on function copilot_internal.get_current_model_pricing(text,text) from public;
grant execute on function copilot_internal.get_current_model_pricing(text,text) to authenticated;
grant execute on function copilot_internal.get_current_model_pricing(text,text) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.guard_component()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if (tg_op = 'DELETE' or (new.pricing_id, new.variant, new.component, new.price_per_million, new.threshold_input_tokens)
                          is distinct from (old.pricing_id, old.variant, old.component, old.price_per_million, old.threshold_input_tokens))
    and exists (
      select from copilot_internal.model_pricing as p
      where p.id = old.pricing_id
        and (p.expires_at <= now() or exists (select from copilot_internal.llm_cost_records as r where r.pricing_id = p.id))
    )
  then
    raise exception using errcode = 'QT001',
      message = 'A component of a price that is over, or that usage refers to, cannot be rewritten or deleted.',
      detail = format('%s %s belongs to price %s.', old.variant, old.component, old.pricing_id),
      hint = 'Set a new price with copilot_internal.set_model_price, and give that its components.';
  end if;
  return coalesce(new, old);
end
$function$;
comment on function copilot_internal.guard_component() is 'Trigger: raises QT001 when a component of a price that is over, or that usage refers to, would be rewritten or deleted.';
revoke all on function copilot_internal.guard_component() from public;
grant execute on function copilot_internal.guard_component() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.guard_price()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  before jsonb := to_jsonb(old);
  after  jsonb;
  used   boolean;
  cut    boolean;
begin
  if current_setting('copilot_internal.price_change', true) = 'on' and pg_trigger_depth() > 1 then
    return coalesce(new, old);
  end if;

  execute format('select exists (select from copilot_internal.%I where pricing_id = $1)', tg_argv[2]) into used using old.id;
  if tg_op = 'DELETE' then
    if used then
      raise exception using errcode = 'QT001',
        message = 'A price that usage refers to cannot be deleted.',
        detail = format('%s refers to price %s.', tg_argv[2], old.id),
        hint = 'End it instead: set expires_at to now() or later.';
    end if;
    return old;
  end if;

  after := to_jsonb(new);
  if old.expires_at <= now() and exists (
    select from unnest(string_to_array(tg_argv[1], ' ')) as c where before -> c is distinct from after -> c
  ) then
    -- History is kept. Whether that was meant or by the way is known when the statement is over: see refuse_rewriting.
    perform set_config('copilot_internal.kept_price', old.id::text, true);
    return old;
  end if;

  -- The value of a price in force may change: split_price then leaves the old one behind.
  if used and exists (
    select from unnest(string_to_array(
      tg_argv[0] || ' id effective_date' || case when old.effective_date > now() then ' ' || tg_argv[1] else '' end, ' '
    )) as c
    where before -> c is distinct from after -> c
  ) then
    raise exception using errcode = 'QT001',
      message = 'A price that usage refers to keeps its name and its start.',
      detail = format('%s refers to price %s.', tg_argv[2], old.id),
      hint = 'Set a new price with copilot_internal.set_model_price or copilot_internal.set_e2b_price.';
  end if;

  if used and new.expires_at is distinct from old.expires_at then
    execute format('select exists (select from copilot_internal.%I where pricing_id = $1 and recorded_at >= $2)', tg_argv[2])
    into cut using old.id, new.expires_at;
    if cut and new.expires_at < now() then
      raise exception using errcode = 'QT001',
        message = format('A price cannot end at %s: usage after that time is recorded at it.', new.expires_at),
        detail = format('%s refers to price %s.', tg_argv[2], old.id),
        hint = 'Let it end now or later.';
    elsif cut then
      new.expires_at := copilot_internal.price_end(tg_argv[2], old.id, new.expires_at);
    end if;
  end if;
  return new;
end
$function$;
comment on function copilot_internal.guard_price() is 'Trigger: raises QT001 when a price that usage refers to would be deleted, renamed, moved or cut short of that usage, and keeps the value of a price that is over.';
revoke all on function copilot_internal.guard_price() from public;
grant execute on function copilot_internal.guard_price() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.increment_e2b_quota_spend(scope text, scope_id uuid, amount numeric)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select copilot_internal.increment_quota_spend(scope, scope_id, 'e2b', amount)
$function$;
comment on function copilot_internal.increment_e2b_quota_spend(text,uuid,numeric) is 'Adds a cost (USD) to the spend of every e2b and all quota of the scope, atomically. Spend may pass the limit: what was used was used. Raises 22004 for NULL, 22023 for an unknown scope or a negative amount.';
revoke all on function copilot_internal.increment_e2b_quota_spend(text,uuid,numeric) from public;
grant execute on function copilot_internal.increment_e2b_quota_spend(text,uuid,numeric) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.increment_llm_quota_spend(scope text, scope_id uuid, amount numeric)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select copilot_internal.increment_quota_spend(scope, scope_id, 'llm', amount)
$function$;
comment on function copilot_internal.increment_llm_quota_spend(text,uuid,numeric) is 'Adds a cost (USD) to the spend of every llm and all quota of the scope: as increment_e2b_quota_spend.';
revoke all on function copilot_internal.increment_llm_quota_spend(text,uuid,numeric) from public;
grant execute on function copilot_internal.increment_llm_quota_spend(text,uuid,numeric) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.increment_quota_spend(scope text, scope_id uuid, resource_type text, amount numeric)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform copilot_internal.assert_quota_arguments(scope, scope_id, amount, 'amount');
  perform copilot_internal.charge_quotas(
    array(
      select q.id from copilot_internal.cost_quotas as q
      where q.scope = increment_quota_spend.scope
        and q.scope_id is not distinct from increment_quota_spend.scope_id
        and q.resource_type in (increment_quota_spend.resource_type, 'all')
    ),
    amount
  );
end
$function$;
comment on function copilot_internal.increment_quota_spend(text,uuid,text,numeric) is 'What increment_e2b_quota_spend promises, for any resource type.';
revoke all on function copilot_internal.increment_quota_spend(text,uuid,text,numeric) from public;
grant execute on function copilot_internal.increment_quota_spend(text,uuid,text,numeric) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.open_price()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  key       jsonb;
  used      boolean;
  former    uuid;
  next_from timestamptz;
begin
  if current_setting('copilot_internal.price_change', true) = 'on' and pg_trigger_depth() > 1 then
    return new;
  end if;
  select jsonb_object_agg(k, to_jsonb(new) -> k) into key from unnest(string_to_array(tg_argv[0], ' ')) as k;

  execute format(
    'select min(p.effective_date) from %s as p
     where to_jsonb(p) @> $1 and p.effective_date > $2 and (p.expires_at is null or p.expires_at > p.effective_date)',
    tg_relid::regclass
  ) into next_from using key, new.effective_date;
  new.expires_at := coalesce(new.expires_at, next_from);

  -- A price that starts at this very moment may be replaced by another that does; one that started earlier may not.
  execute format(
    'select p.id from %s as p
     where to_jsonb(p) @> $1 and (p.expires_at is null or p.expires_at > $2)
       and (p.effective_date < $2 or p.effective_date = $2 and $2 >= now())',
    tg_relid::regclass
  ) into former using key, new.effective_date;
  if former is null then
    return new;
  end if;

  if new.effective_date < now() then
    execute format('select exists (select from copilot_internal.%I where pricing_id = $1 and recorded_at >= $2)', tg_argv[2])
    into used using former, new.effective_date;
    if used then
      raise exception using errcode = 'QT001',
        message = format('A price cannot start at %s: usage after that time is recorded at the price before it.', new.effective_date),
        detail = format('%s refers to price %s.', tg_argv[2], former),
        hint = 'Let the new price start now or later.';
    end if;
  else
    new.effective_date := copilot_internal.price_end(tg_argv[2], former, new.effective_date);
  end if;

  perform set_config('copilot_internal.price_change', 'on', true);
  execute format('update %s set expires_at = $1, updated_at = now() where id = $2', tg_relid::regclass)
  using new.effective_date, former;
  perform set_config('copilot_internal.price_change', '', true);
  return new;
end
$function$;
comment on function copilot_internal.open_price() is 'Trigger: the price in force ends where a new one starts, and the new one ends where the next starts, so that neither gap nor overlap arises. Raises QT001 when that would change the price of usage already recorded.';
revoke all on function copilot_internal.open_price() from public;
grant execute on function copilot_internal.open_price() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.price_end(records text, price uuid, wanted timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  last_used timestamptz;
begin
  execute format('select max(recorded_at) from copilot_internal.%I where pricing_id = $1 and recorded_at between $2 and $3', records)
  into last_used using price, wanted, clock_timestamp();
  return coalesce(last_used + interval '1 microsecond', wanted);
end
$function$;
comment on function copilot_internal.price_end(text,uuid,timestamp with time zone) is 'When a price that is to end at a moment ends: then, or, when usage was recorded at it between that moment and this one (other clients go on while a change waits for its turn), right after the last of that usage. So usage lies in the period of the price it was charged at.';
revoke all on function copilot_internal.price_end(text,uuid,timestamp with time zone) from public;
grant execute on function copilot_internal.price_end(text,uuid,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.queue_price_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform pg_advisory_xact_lock(hashtextextended(tg_table_name, 0));
  return null;
end
$function$;
comment on function copilot_internal.queue_price_change() is 'Trigger: whoever changes a price list waits for the one before, holding nothing yet that the other could want, and for usage that is being recorded at the list.';
revoke all on function copilot_internal.queue_price_change() from public;
grant execute on function copilot_internal.queue_price_change() to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.quota_held_usd(scope text, scope_id uuid, resource_type text)
 RETURNS numeric
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.quota_held_usd(text,uuid,text) is 'USD held by open reservations against a quota of this scope and resource type.';
revoke all on function copilot_internal.quota_held_usd(text,uuid,text) from public;
grant execute on function copilot_internal.quota_held_usd(text,uuid,text) to service_role;

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
$function$;
comment on function copilot_internal.quota_status(text,uuid) is 'How the quotas of a scope stand, for dashboards: limit, spend, open holds, what is left (negative when overspent), whether spend and holds have reached the warning threshold, and the current period. Reads only. Raises 22004 and 22023 for bad arguments.';
revoke all on function copilot_internal.quota_status(text,uuid) from public;
grant execute on function copilot_internal.quota_status(text,uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.quotas_concerned(tenant_id uuid, user_id uuid, resource_type text)
 RETURNS uuid[]
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select array(
    select q.id
    from copilot_internal.cost_quotas as q
    where q.resource_type in (quotas_concerned.resource_type, 'all')
      and (
        q.scope = 'platform'
        or q.scope = 'tenant' and q.scope_id = quotas_concerned.tenant_id
        or q.scope = 'user' and q.scope_id = quotas_concerned.user_id
      )
  )
$function$;
comment on function copilot_internal.quotas_concerned(uuid,uuid,text) is 'The quotas that usage of this kind, by this user of this tenant, counts against: the platform''s, the tenant''s and the user''s, of that kind and of all kinds.';
revoke all on function copilot_internal.quotas_concerned(uuid,uuid,text) from public;
grant execute on function copilot_internal.quotas_concerned(uuid,uuid,text) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.record_e2b_usage(tenant_id uuid, tier text, region text, execution_time_seconds numeric, cpu_core_seconds numeric DEFAULT NULL::numeric, memory_gb_seconds numeric DEFAULT NULL::numeric, disk_io_gb numeric DEFAULT NULL::numeric, request_id text DEFAULT NULL::text, user_id uuid DEFAULT NULL::uuid, conversation_id text DEFAULT NULL::text, sandbox_id text DEFAULT NULL::text, status text DEFAULT 'completed'::text, recorded_at timestamp with time zone DEFAULT now(), metadata jsonb DEFAULT '{}'::jsonb, reservation_id uuid DEFAULT NULL::uuid)
 RETURNS copilot_internal.e2b_cost_records
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  recorded copilot_internal.e2b_cost_records;
begin
  if tenant_id is null or tier is null or region is null or execution_time_seconds is null or status is null
    or recorded_at is null or metadata is null
  then
    raise exception using errcode = '22004',
      message = 'tenant_id, tier, region, execution_time_seconds, status, recorded_at and metadata must not be NULL.',
      detail = format('Got tenant_id %L, tier %L, region %L, execution_time_seconds %L, status %L, recorded_at %L, metadata %L.',
                      tenant_id, tier, region, execution_time_seconds, status, recorded_at, metadata),
      hint = 'Leave out what has a default; cpu_core_seconds, memory_gb_seconds and disk_io_gb may be NULL.';
  end if;
  perform copilot_internal.assert_request(request_id, conversation_id, recorded_at);
  -- Here as well as in calculate_e2b_cost: what has no price is not calculated. NaN is greater than Infinity.
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

  recorded.id := gen_random_uuid();
  if request_id is not null then
    -- Whoever reports the same request at the same time waits here until the first has been committed.
    insert into copilot_internal.usage_requests as u (tenant_id, resource_type, request_id, recorded_at, record_id)
    values (record_e2b_usage.tenant_id, 'e2b', record_e2b_usage.request_id, record_e2b_usage.recorded_at, recorded.id)
    on conflict on constraint usage_requests_pkey do nothing;
    if not found then
      perform from copilot_internal.usage_requests as u
      where (u.tenant_id, u.resource_type, u.request_id) = (record_e2b_usage.tenant_id, 'e2b', record_e2b_usage.request_id)
      for update;
      select r.* into recorded
      from copilot_internal.usage_requests as u
      join copilot_internal.e2b_cost_records as r
        on r.tenant_id = u.tenant_id and r.recorded_at = u.recorded_at and r.id = u.record_id
      where (u.tenant_id, u.resource_type, u.request_id) = (record_e2b_usage.tenant_id, 'e2b', record_e2b_usage.request_id);
      if found then
        perform copilot_internal.close_hold(recorded.tenant_id, record_e2b_usage.reservation_id, 'e2b');
        return recorded;
      end if;
      -- Its record is gone, so the request is as new.
      recorded.id := gen_random_uuid();
      insert into copilot_internal.usage_requests as u (tenant_id, resource_type, request_id, recorded_at, record_id)
      values (record_e2b_usage.tenant_id, 'e2b', record_e2b_usage.request_id, record_e2b_usage.recorded_at, recorded.id)
      on conflict on constraint usage_requests_pkey do update
      set recorded_at = excluded.recorded_at, record_id = excluded.record_id;
    end if;
  end if;

  -- Prices do not change between the look at them and the commit, and a change waits for those who have looked.
  perform pg_advisory_xact_lock_shared(hashtextextended('e2b_pricing', 0));

  -- What is kept is what is priced: quantities to six decimals.
  recorded.execution_time_seconds := execution_time_seconds;
  recorded.cpu_core_seconds       := coalesce(cpu_core_seconds, 0);
  recorded.memory_gb_seconds      := coalesce(memory_gb_seconds, 0);
  recorded.disk_io_gb             := coalesce(disk_io_gb, 0);

  -- Price and cost come from one statement, so they see the same price list. Its own region's price, else the dearest
  -- other's, as calculate_e2b_cost chooses; without any, the run is kept unpriced.
  insert into copilot_internal.e2b_cost_records as r
    (tenant_id, recorded_at, id, user_id, conversation_id, request_id, sandbox_id, tier, region, status,
     execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb,
     pricing_id, price_per_second, price_per_cpu_core_second, price_per_gb_memory_second, price_per_gb_disk_io,
     execution_cost_usd, resource_cost_usd, total_cost_usd, is_estimated, is_unpriced, metadata)
  select
    record_e2b_usage.tenant_id, record_e2b_usage.recorded_at, recorded.id, record_e2b_usage.user_id,
    record_e2b_usage.conversation_id, record_e2b_usage.request_id, record_e2b_usage.sandbox_id, record_e2b_usage.tier,
    record_e2b_usage.region, record_e2b_usage.status,
    recorded.execution_time_seconds, recorded.cpu_core_seconds, recorded.memory_gb_seconds, recorded.disk_io_gb,
    price.id, price.price_per_second, price.price_per_cpu_core_second, price.price_per_gb_memory_second,
    price.price_per_gb_disk_io,
    coalesce(cost.execution_cost_usd, 0), coalesce(cost.resource_cost_usd, 0), coalesce(cost.total_cost_usd, 0),
    coalesce(cost.is_estimated, false), price.id is null, record_e2b_usage.metadata
  from (select) as always
  left join lateral (
    select p.*
    from copilot_internal.e2b_pricing as p
    where p.tier = record_e2b_usage.tier
      and p.effective_date <= record_e2b_usage.recorded_at
      and (p.expires_at is null or record_e2b_usage.recorded_at < p.expires_at)
    order by p.region <> record_e2b_usage.region, p.price_per_second desc, p.effective_date desc, p.region
    limit 1
  ) as price on true
  left join lateral (
    select c.*
    from copilot_internal.calculate_e2b_cost(
      record_e2b_usage.tier, record_e2b_usage.region, recorded.execution_time_seconds, recorded.cpu_core_seconds,
      recorded.memory_gb_seconds, recorded.disk_io_gb, record_e2b_usage.recorded_at
    ) as c
    where price.id is not null
  ) as cost on true
  returning r.* into recorded;

  if recorded.total_cost_usd > 0 then
    perform copilot_internal.charge_quotas(
      copilot_internal.quotas_concerned(recorded.tenant_id, recorded.user_id, 'e2b'), recorded.total_cost_usd);
  end if;
  perform copilot_internal.close_hold(recorded.tenant_id, record_e2b_usage.reservation_id, 'e2b');
  return recorded;
end
$function$;
comment on function copilot_internal.record_e2b_usage(uuid,text,text,numeric,numeric,numeric,numeric,text,uuid,text,text,text,timestamp with time zone,jsonb,uuid) is 'Records a sandbox run at the price of its own time, charges the platform''s, the tenant''s and the user''s quotas of their current period, closes the reservation if one is named, and answers the record. Quantities are kept, and priced, to six decimals. The same request_id of a tenant again answers the first record and charges nothing. A tier without a price is recorded as unpriced. Raises 22004 for NULL where a value is required, 22023 for a negative quantity, a blank request_id or an infinite time.';
revoke all on function copilot_internal.record_e2b_usage(uuid,text,text,numeric,numeric,numeric,numeric,text,uuid,text,text,text,timestamp with time zone,jsonb,uuid) from public;
grant execute on function copilot_internal.record_e2b_usage(uuid,text,text,numeric,numeric,numeric,numeric,text,uuid,text,text,text,timestamp with time zone,jsonb,uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.record_llm_usage(tenant_id uuid, provider text, model text, input_tokens bigint, output_tokens bigint, request_id text DEFAULT NULL::text, user_id uuid DEFAULT NULL::uuid, conversation_id text DEFAULT NULL::text, task text DEFAULT NULL::text, recorded_at timestamp with time zone DEFAULT now(), is_estimated boolean DEFAULT false, metadata jsonb DEFAULT '{}'::jsonb, reservation_id uuid DEFAULT NULL::uuid)
 RETURNS copilot_internal.llm_cost_records
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  recorded copilot_internal.llm_cost_records;
begin
  if tenant_id is null or recorded_at is null or is_estimated is null or metadata is null then
    raise exception using errcode = '22004',
      message = 'tenant_id, recorded_at, is_estimated and metadata must not be NULL.',
      detail = format('Got tenant_id %L, recorded_at %L, is_estimated %L, metadata %L.', tenant_id, recorded_at, is_estimated, metadata),
      hint = 'Leave out what has a default.';
  end if;
  perform copilot_internal.assert_request(request_id, conversation_id, recorded_at);

  recorded.id := gen_random_uuid();
  if request_id is not null then
    -- Whoever reports the same request at the same time waits here until the first has been committed.
    insert into copilot_internal.usage_requests as u (tenant_id, resource_type, request_id, recorded_at, record_id)
    values (record_llm_usage.tenant_id, 'llm', record_llm_usage.request_id, record_llm_usage.recorded_at, recorded.id)
    on conflict on constraint usage_requests_pkey do nothing;
    if not found then
      perform from copilot_internal.usage_requests as u
      where (u.tenant_id, u.resource_type, u.request_id) = (record_llm_usage.tenant_id, 'llm', record_llm_usage.request_id)
      for update;
      select r.* into recorded
      from copilot_internal.usage_requests as u
      join copilot_internal.llm_cost_records as r
        on r.tenant_id = u.tenant_id and r.recorded_at = u.recorded_at and r.id = u.record_id
      where (u.tenant_id, u.resource_type, u.request_id) = (record_llm_usage.tenant_id, 'llm', record_llm_usage.request_id);
      if found then
        perform copilot_internal.close_hold(recorded.tenant_id, record_llm_usage.reservation_id, 'llm');
        return recorded;
      end if;
      -- Its record is gone, so the request is as new.
      recorded.id := gen_random_uuid();
      insert into copilot_internal.usage_requests as u (tenant_id, resource_type, request_id, recorded_at, record_id)
      values (record_llm_usage.tenant_id, 'llm', record_llm_usage.request_id, record_llm_usage.recorded_at, recorded.id)
      on conflict on constraint usage_requests_pkey do update
      set recorded_at = excluded.recorded_at, record_id = excluded.record_id;
    end if;
  end if;

  -- Prices do not change between the look at them and the commit, and a change waits for those who have looked.
  perform pg_advisory_xact_lock_shared(hashtextextended('model_pricing', 0));

  -- Price and cost come from one statement, so they see the same price list.
  insert into copilot_internal.llm_cost_records as r
    (tenant_id, recorded_at, id, user_id, conversation_id, request_id, provider, model, task, input_tokens, output_tokens,
     pricing_id, input_price_per_million, output_price_per_million, input_cost_usd, output_cost_usd, total_cost_usd,
     is_estimated, is_unpriced, metadata)
  select
    record_llm_usage.tenant_id, record_llm_usage.recorded_at, recorded.id, record_llm_usage.user_id,
    record_llm_usage.conversation_id, record_llm_usage.request_id, record_llm_usage.provider, record_llm_usage.model,
    record_llm_usage.task, record_llm_usage.input_tokens, record_llm_usage.output_tokens,
    price.id, price.input_price_per_million, price.output_price_per_million,
    cost.input_cost_usd, cost.output_cost_usd, cost.total_cost_usd,
    record_llm_usage.is_estimated, not cost.pricing_found, record_llm_usage.metadata
  from copilot_internal.calculate_llm_cost(
    record_llm_usage.provider, record_llm_usage.model, record_llm_usage.input_tokens, record_llm_usage.output_tokens,
    record_llm_usage.recorded_at
  ) as cost
  left join copilot_internal.model_pricing as price
    on price.provider = record_llm_usage.provider
    and price.model = record_llm_usage.model
    and price.effective_date <= record_llm_usage.recorded_at
    and (price.expires_at is null or record_llm_usage.recorded_at < price.expires_at)
  returning r.* into recorded;

  if recorded.total_cost_usd > 0 then
    perform copilot_internal.charge_quotas(
      copilot_internal.quotas_concerned(recorded.tenant_id, recorded.user_id, 'llm'), recorded.total_cost_usd);
  end if;
  perform copilot_internal.close_hold(recorded.tenant_id, record_llm_usage.reservation_id, 'llm');
  return recorded;
end
$function$;
comment on function copilot_internal.record_llm_usage(uuid,text,text,bigint,bigint,text,uuid,text,text,timestamp with time zone,boolean,jsonb,uuid) is 'Records an LLM call at the price of its own time, charges the platform''s, the tenant''s and the user''s quotas of their current period, closes the reservation if one is named, and answers the record. The same request_id of a tenant again answers the first record and charges nothing. A model without a price is recorded as unpriced. Raises 22004 for NULL where a value is required, 22023 for negative tokens, a blank request_id or an infinite time.';
revoke all on function copilot_internal.record_llm_usage(uuid,text,text,bigint,bigint,text,uuid,text,text,timestamp with time zone,boolean,jsonb,uuid) from public;
grant execute on function copilot_internal.record_llm_usage(uuid,text,text,bigint,bigint,text,uuid,text,text,timestamp with time zone,boolean,jsonb,uuid) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.refuse_rewriting()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  kept constant text := current_setting('copilot_internal.kept_price', true);
begin
  if coalesce(kept, '') = '' or current_setting('copilot_internal.price_change', true) = 'on' and pg_trigger_depth() > 1 then
    return null;
  end if;
  perform set_config('copilot_internal.kept_price', '', true);
  -- Beside a price that is not over, those that are were met by the way, as the published recipe does.
  if exists (select from touched where expires_at is null or expires_at > now() or effective_date = now()) then
    return null;
  end if;
  raise exception using errcode = 'QT001',
    message = 'A price that is over cannot be rewritten.',
    detail = format('Price %s was in force in its time, and what was calculated then has to stay true.', kept),
    hint = 'Set a new price with copilot_internal.set_model_price or copilot_internal.set_e2b_price.';
end
$function$;
comment on function copilot_internal.refuse_rewriting() is 'Trigger: raises QT001 when an UPDATE was aimed at prices that are over and at nothing else.';
revoke all on function copilot_internal.refuse_rewriting() from public;
grant execute on function copilot_internal.refuse_rewriting() to service_role;

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
    select from copilot_internal.quota_reservations as h
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

CREATE OR REPLACE FUNCTION copilot_internal.reserve_quota(tenant_id uuid, resource_type text, amount numeric, user_id uuid DEFAULT NULL::uuid, request_id text DEFAULT NULL::text, hold_for interval DEFAULT '00:15:00'::interval)
 RETURNS TABLE(reservation_id uuid, granted boolean, refused_by uuid, left_usd numeric)
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
comment on function copilot_internal.reserve_quota(uuid,text,numeric,uuid,text,interval) is 'Holds an estimate (USD) against every quota that the usage would count against, if all have room for it, equal included. Answers the reservation, or which quota refused; left_usd is what is then left in the tightest of them, null without any. The hold counts until it is settled, released, recorded or hold_for is over. The same request_id again answers the same open hold, of the larger amount and the later end. With any number of clients, what is admitted never exceeds a limit. Raises 22004 and 22023 for bad arguments, QT004 when the request already holds for another user.';
revoke all on function copilot_internal.reserve_quota(uuid,text,numeric,uuid,text,interval) from public;
grant execute on function copilot_internal.reserve_quota(uuid,text,numeric,uuid,text,interval) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.set_e2b_price(tier text, region text, price_per_second numeric, price_per_cpu_core_second numeric DEFAULT NULL::numeric, price_per_gb_memory_second numeric DEFAULT NULL::numeric, price_per_gb_disk_io numeric DEFAULT NULL::numeric, effective_date timestamp with time zone DEFAULT now(), source text DEFAULT NULL::text, notes text DEFAULT NULL::text, changed_by text DEFAULT NULL::text, allow_jump boolean DEFAULT false)
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  current record;
  wanted  record;
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

  -- As queue_price_change does: nobody changes the list between this look at it and the change.
  perform pg_advisory_xact_lock(hashtextextended('e2b_pricing', 0));

  select p.* into current
  from copilot_internal.e2b_pricing as p
  where p.tier = set_e2b_price.tier and p.region = set_e2b_price.region
    and p.effective_date <= set_e2b_price.effective_date
    and (p.expires_at is null or set_e2b_price.effective_date < p.expires_at);

  select price_per_second as second,
         coalesce(price_per_cpu_core_second, current.price_per_cpu_core_second, 0) as core_second,
         coalesce(price_per_gb_memory_second, current.price_per_gb_memory_second, 0) as gb_second,
         coalesce(price_per_gb_disk_io, current.price_per_gb_disk_io, 0) as gb_disk
  into wanted;

  if (current.price_per_second, current.price_per_cpu_core_second, current.price_per_gb_memory_second,
      current.price_per_gb_disk_io) = (wanted.second, wanted.core_second, wanted.gb_second, wanted.gb_disk)
  then
    return current.id;
  end if;
  if allow_jump is not true then
    perform copilot_internal.assert_no_price_jump(current.price_per_second, wanted.second, 'per second');
    perform copilot_internal.assert_no_price_jump(current.price_per_cpu_core_second, wanted.core_second, 'per core-second');
    perform copilot_internal.assert_no_price_jump(current.price_per_gb_memory_second, wanted.gb_second, 'per GiB-second');
    perform copilot_internal.assert_no_price_jump(current.price_per_gb_disk_io, wanted.gb_disk, 'per GB');
  end if;

  -- A scheduled price that is set again before it starts is corrected; all others get a successor.
  if current.effective_date = effective_date and effective_date > now() then
    update copilot_internal.e2b_pricing as p
    set price_per_second = wanted.second, price_per_cpu_core_second = wanted.core_second,
        price_per_gb_memory_second = wanted.gb_second, price_per_gb_disk_io = wanted.gb_disk,
        source = set_e2b_price.source, notes = set_e2b_price.notes,
        created_by = coalesce(changed_by, current_user), updated_at = now()
    where p.id = current.id;
    return current.id;
  end if;

  if current.effective_date = effective_date and effective_date < now() then
    raise exception using errcode = 'QT001',
      message = format('The price of %s in %s that started at %s cannot be replaced by another from the same time.',
                       tier, region, effective_date),
      detail = format('Price %s has been in force since then.', current.id),
      hint = 'Let the new price start now or later.';
  end if;

  insert into copilot_internal.e2b_pricing as p
    (tier, region, price_per_second, price_per_cpu_core_second, price_per_gb_memory_second, price_per_gb_disk_io,
     effective_date, source, notes, created_by)
  values
    (set_e2b_price.tier, set_e2b_price.region, wanted.second, wanted.core_second, wanted.gb_second, wanted.gb_disk,
     set_e2b_price.effective_date, set_e2b_price.source, set_e2b_price.notes, coalesce(changed_by, current_user))
  returning p.id into opened;
  return opened;
end
$function$;
comment on function copilot_internal.set_e2b_price(text,text,numeric,numeric,numeric,numeric,timestamp with time zone,text,text,text,boolean) is 'Sets the price of a tier in a region from effective_date on, in USD, and answers the id of the price then in force. Resource rates left NULL stay as they are. The price before ends there, without gap; a price scheduled for later stays. Does nothing when that is the price already. Raises 22004 for NULL, 22023 for a price that is none, QT001 when usage after that date is already recorded, QT003 for a change by a factor of 100 or more, unless it is allowed.';
revoke all on function copilot_internal.set_e2b_price(text,text,numeric,numeric,numeric,numeric,timestamp with time zone,text,text,text,boolean) from public;
grant execute on function copilot_internal.set_e2b_price(text,text,numeric,numeric,numeric,numeric,timestamp with time zone,text,text,text,boolean) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.set_model_price(provider text, model text, input_price_per_million numeric, output_price_per_million numeric, effective_date timestamp with time zone DEFAULT now(), source text DEFAULT NULL::text, notes text DEFAULT NULL::text, changed_by text DEFAULT NULL::text, allow_jump boolean DEFAULT false)
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  current record;
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

  -- As queue_price_change does: nobody changes the list between this look at it and the change.
  perform pg_advisory_xact_lock(hashtextextended('model_pricing', 0));

  select p.id, p.effective_date as since, p.input_price_per_million as input, p.output_price_per_million as output
  into current
  from copilot_internal.model_pricing as p
  where p.provider = set_model_price.provider and p.model = set_model_price.model
    and p.effective_date <= set_model_price.effective_date
    and (p.expires_at is null or set_model_price.effective_date < p.expires_at);

  if found and (current.input, current.output) = (input_price_per_million, output_price_per_million) then
    return current.id;
  end if;
  if found and allow_jump is not true then
    perform copilot_internal.assert_no_price_jump(current.input, input_price_per_million, 'per million tokens');
    perform copilot_internal.assert_no_price_jump(current.output, output_price_per_million, 'per million tokens');
  end if;

  -- A scheduled price that is set again before it starts is corrected; all others get a successor.
  if current.since = effective_date and effective_date > now() then
    update copilot_internal.model_pricing as p
    set input_price_per_million = set_model_price.input_price_per_million,
        output_price_per_million = set_model_price.output_price_per_million,
        source = set_model_price.source, notes = set_model_price.notes,
        created_by = coalesce(changed_by, current_user), updated_at = now()
    where p.id = current.id;
    return current.id;
  end if;

  if current.since = effective_date and effective_date < now() then
    raise exception using errcode = 'QT001',
      message = format('The price of %s %s that started at %s cannot be replaced by another from the same time.',
                       provider, model, effective_date),
      detail = format('Price %s has been in force since then.', current.id),
      hint = 'Let the new price start now or later.';
  end if;

  insert into copilot_internal.model_pricing as p
    (provider, model, input_price_per_million, output_price_per_million, effective_date, source, notes, created_by)
  values
    (set_model_price.provider, set_model_price.model, set_model_price.input_price_per_million,
     set_model_price.output_price_per_million, set_model_price.effective_date, set_model_price.source,
     set_model_price.notes, coalesce(changed_by, current_user))
  returning p.id into opened;
  return opened;
end
$function$;
comment on function copilot_internal.set_model_price(text,text,numeric,numeric,timestamp with time zone,text,text,text,boolean) is 'Sets the price of a model from effective_date on, in USD per million tokens, and answers the id of the price then in force. The price before ends there, without gap; a price scheduled for later stays. Does nothing when that is the price already. Raises 22004 for NULL, 22023 for a price that is none, QT001 when usage after that date is already recorded, QT003 for a change by a factor of 100 or more, unless it is allowed.';
revoke all on function copilot_internal.set_model_price(text,text,numeric,numeric,timestamp with time zone,text,text,text,boolean) from public;
grant execute on function copilot_internal.set_model_price(text,text,numeric,numeric,timestamp with time zone,text,text,text,boolean) to service_role;

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
$function$;
comment on function copilot_internal.settle_reservation(uuid,uuid,numeric) is 'Replaces a hold by what the usage cost (USD), for usage that is not recorded with record_llm_usage or record_e2b_usage: those charge by themselves and close the hold they are told. True when charged; false, and nothing charged, when the hold was settled, recorded or released before. A hold whose time is over can still be settled, also when it was closed for that: what was used was used. Raises 22004 for NULL, 22023 for a negative cost, QT002 for a reservation that does not exist.';
revoke all on function copilot_internal.settle_reservation(uuid,uuid,numeric) from public;
grant execute on function copilot_internal.settle_reservation(uuid,uuid,numeric) to service_role;

CREATE OR REPLACE FUNCTION copilot_internal.split_price()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  before  jsonb := to_jsonb(old);
  after   jsonb := to_jsonb(new);
  columns text;
  used    boolean;
  moment  timestamptz;
begin
  -- Not in force yet: free to change. Over: guard_price has kept it.
  if current_setting('copilot_internal.price_change', true) = 'on' and pg_trigger_depth() > 1
    or old.effective_date > now()
    or old.expires_at <= now()
    or not exists (
      select from unnest(string_to_array(tg_argv[1], ' ')) as c where before -> c is distinct from after -> c
    )
  then
    return null;
  end if;
  -- In force only since this very moment: free as well, unless somebody has been charged it already.
  if old.effective_date = now() then
    execute format('select exists (select from copilot_internal.%I where pricing_id = $1)', tg_argv[2]) into used using old.id;
    if not used then
      return null;
    end if;
  end if;

  select string_agg(quote_ident(attname), ', ') into columns
  from pg_catalog.pg_attribute where attrelid = tg_relid and attnum > 0 and not attisdropped;

  moment := copilot_internal.price_end(tg_argv[2], old.id, now());
  -- Where the new value comes from is what the UPDATE says; what it does not say does not hold for the new value.
  if before -> 'source' is not distinct from after -> 'source' then
    after := after || jsonb_build_object('source', null);
  end if;
  if before -> 'verified_on' is not distinct from after -> 'verified_on' then
    after := after || jsonb_build_object('verified_on', null);
  end if;

  perform set_config('copilot_internal.price_change', 'on', true);
  execute format('update %1$s set (%2$s) = (select %2$s from jsonb_populate_record(null::%1$s, $1)) where id = $2',
                 tg_relid::regclass, columns)
  using before || jsonb_build_object('expires_at', moment, 'updated_at', now()), old.id;
  execute format('insert into %1$s (%2$s) select %2$s from jsonb_populate_record(null::%1$s, $1)', tg_relid::regclass, columns)
  using after || jsonb_build_object(
    'id', gen_random_uuid(), 'effective_date', moment, 'created_at', now(), 'updated_at', now(), 'created_by', current_user
  );
  perform set_config('copilot_internal.price_change', '', true);
  return null;
end
$function$;
comment on function copilot_internal.split_price() is 'Trigger: a price in force that is changed in place ends now with the value it had, and goes on as a new row with the new value. Source and day of verification are those of the UPDATE, or none.';
revoke all on function copilot_internal.split_price() from public;
grant execute on function copilot_internal.split_price() to service_role;


-- =================================================================================================
-- Tables
-- =================================================================================================

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
comment on table copilot_internal.cost_quota_periods is 'Closed periods of quotas: what was allowed and what was spent. Written when a quota rolls over.';
comment on column copilot_internal.cost_quota_periods.id is 'Identifies the closed period.';
comment on column copilot_internal.cost_quota_periods.quota_id is 'The quota; null once it is deleted.';
comment on column copilot_internal.cost_quota_periods.scope is 'Whose spending was limited: platform, tenant or user.';
comment on column copilot_internal.cost_quota_periods.scope_id is 'The tenant or user; null for the platform.';
comment on column copilot_internal.cost_quota_periods.resource_type is 'What was counted: llm, e2b or all.';
comment on column copilot_internal.cost_quota_periods.period is 'Length of the period: hour, day, week or month.';
comment on column copilot_internal.cost_quota_periods.period_start is 'When it began.';
comment on column copilot_internal.cost_quota_periods.period_end is 'When it ended; this moment belongs to the next.';
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
  period text not null,
  period_start timestamp with time zone not null,
  period_end timestamp with time zone not null,
  period_anchor timestamp with time zone not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  resource_type text default 'llm'::text not null,
  constraint cost_quotas_pkey PRIMARY KEY (id),
  constraint cost_quotas_scope_scope_id_resource_type_period_key UNIQUE NULLS NOT DISTINCT (scope, scope_id, resource_type, period),
  constraint cost_quotas_limit_usd_not_negative CHECK (((limit_usd >= (0)::numeric) AND (limit_usd < 'NaN'::numeric))),
  constraint cost_quotas_period_end_after_start CHECK ((period_end > period_start)),
  constraint cost_quotas_period_known CHECK ((period = ANY (ARRAY['hour'::text, 'day'::text, 'week'::text, 'month'::text]))),
  constraint cost_quotas_period_start_finite CHECK ((isfinite(period_start) AND isfinite(period_anchor))),
  constraint cost_quotas_resource_type_known CHECK ((resource_type = ANY (ARRAY['llm'::text, 'e2b'::text, 'all'::text]))),
  constraint cost_quotas_scope_id_fits_scope CHECK (((scope = 'platform'::text) = (scope_id IS NULL))),
  constraint cost_quotas_scope_known CHECK ((scope = ANY (ARRAY['platform'::text, 'tenant'::text, 'user'::text]))),
  constraint cost_quotas_spent_usd_not_negative CHECK (((spent_usd >= (0)::numeric) AND (spent_usd < 'NaN'::numeric))),
  constraint cost_quotas_warning_threshold_is_share CHECK (((warning_threshold > (0)::numeric) AND (warning_threshold <= (1)::numeric)))
);
comment on table copilot_internal.cost_quotas is 'What a platform, tenant or user may spend in a period, and what it has spent in the current one.';
comment on column copilot_internal.cost_quotas.id is 'Identifies the quota.';
comment on column copilot_internal.cost_quotas.scope is 'Whose spending is limited: platform (everybody''s), tenant or user.';
comment on column copilot_internal.cost_quotas.scope_id is 'The tenant or user; null for the platform.';
comment on column copilot_internal.cost_quotas.limit_usd is 'USD that may be spent in one period. Spending exactly this much is within the limit.';
comment on column copilot_internal.cost_quotas.spent_usd is 'USD spent in the current period, exact.';
comment on column copilot_internal.cost_quotas.warning_threshold is 'Share of the limit at which a warning is due, 0.80 being 80 %.';
comment on column copilot_internal.cost_quotas.period is 'Length of a period: hour, day, week or month, counted in UTC.';
comment on column copilot_internal.cost_quotas.period_start is 'When the current period began. Default: now.';
comment on column copilot_internal.cost_quotas.period_end is 'When the current period ends; this moment belongs to the next. Default: one period after the start.';
comment on column copilot_internal.cost_quotas.period_anchor is 'Where periods are counted from: period n starts at anchor + n periods. Default: the first period_start.';
comment on column copilot_internal.cost_quotas.created_at is 'When the quota was created.';
comment on column copilot_internal.cost_quotas.updated_at is 'When limit, spend or period last changed.';
comment on column copilot_internal.cost_quotas.resource_type is 'What is counted: llm, e2b, or all for both together.';
CREATE TRIGGER _100_archive_quota_period AFTER UPDATE ON copilot_internal.cost_quotas FOR EACH ROW WHEN ((new.period_start > old.period_start)) EXECUTE FUNCTION copilot_internal.archive_quota_period();
comment on trigger _100_archive_quota_period on copilot_internal.cost_quotas is 'Whoever moves a quota on to a later period, the one before is archived.';
CREATE TRIGGER _100_fill_quota_period BEFORE INSERT ON copilot_internal.cost_quotas FOR EACH ROW EXECUTE FUNCTION copilot_internal.fill_quota_period();
comment on trigger _100_fill_quota_period on copilot_internal.cost_quotas is 'Start, anchor and end of the first period may be left out.';
alter table copilot_internal.cost_quotas enable row level security;
create policy cost_quotas_select_tenant on copilot_internal.cost_quotas for select to authenticated
  using (((scope = 'tenant'::text) AND (scope_id = ( SELECT (COALESCE((auth.jwt() ->> 'tenant_id'::text), ((auth.jwt() -> 'app_metadata'::text) ->> 'tenant_id'::text)))::uuid AS "coalesce"))));
comment on policy cost_quotas_select_tenant on copilot_internal.cost_quotas is 'A tenant sees its own quotas.';
create policy cost_quotas_select_user on copilot_internal.cost_quotas for select to authenticated
  using (((scope = 'user'::text) AND (scope_id = ( SELECT auth.uid() AS uid))));
comment on policy cost_quotas_select_user on copilot_internal.cost_quotas is 'A user sees their own quotas.';
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
  constraint e2b_cost_records_pkey PRIMARY KEY (tenant_id, recorded_at, id),
  constraint e2b_cost_records_costs_not_negative CHECK (((execution_cost_usd >= (0)::numeric) AND (execution_cost_usd < 'NaN'::numeric) AND (resource_cost_usd >= (0)::numeric) AND (resource_cost_usd < 'NaN'::numeric))),
  constraint e2b_cost_records_metadata_is_object CHECK ((jsonb_typeof(metadata) = 'object'::text)),
  constraint e2b_cost_records_recorded_at_finite CHECK (isfinite(recorded_at)),
  constraint e2b_cost_records_status_known CHECK ((status = ANY (ARRAY['running'::text, 'paused'::text, 'completed'::text, 'failed'::text, 'timed_out'::text, 'killed'::text]))),
  constraint e2b_cost_records_total_cost_usd_is_the_sum CHECK ((total_cost_usd = (execution_cost_usd + resource_cost_usd))),
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
CREATE INDEX e2b_cost_records_pricing_id_idx ON copilot_internal.e2b_cost_records USING btree (pricing_id);
CREATE INDEX e2b_cost_records_recorded_at_idx ON copilot_internal.e2b_cost_records USING btree (recorded_at);
CREATE INDEX e2b_cost_records_tenant_id_conversation_id_idx ON copilot_internal.e2b_cost_records USING btree (tenant_id, conversation_id);
CREATE INDEX e2b_cost_records_tenant_id_request_id_idx ON copilot_internal.e2b_cost_records USING btree (tenant_id, request_id);
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
  price_per_cpu_core_second numeric(20,12) default 0 not null,
  price_per_gb_memory_second numeric(20,12) default 0 not null,
  price_per_gb_disk_io numeric(20,12) default 0 not null,
  effective_date timestamp with time zone default now() not null,
  expires_at timestamp with time zone,
  source text,
  verified_on date,
  notes text,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  created_by text default CURRENT_USER not null,
  constraint e2b_pricing_periods_do_not_overlap EXCLUDE USING gist (tier WITH =, region WITH =, tstzrange(effective_date, expires_at) WITH &&),
  constraint e2b_pricing_pkey PRIMARY KEY (id),
  constraint e2b_pricing_effective_date_finite CHECK (isfinite(effective_date)),
  constraint e2b_pricing_expires_at_not_before_effective_date CHECK ((expires_at >= effective_date)),
  constraint e2b_pricing_prices_not_negative CHECK (((price_per_second >= (0)::numeric) AND (price_per_second < 'NaN'::numeric) AND (price_per_cpu_core_second >= (0)::numeric) AND (price_per_cpu_core_second < 'NaN'::numeric) AND (price_per_gb_memory_second >= (0)::numeric) AND (price_per_gb_memory_second < 'NaN'::numeric) AND (price_per_gb_disk_io >= (0)::numeric) AND (price_per_gb_disk_io < 'NaN'::numeric))),
  constraint e2b_pricing_region_not_blank CHECK ((btrim(region) <> ''::text)),
  constraint e2b_pricing_tier_not_blank CHECK ((btrim(tier) <> ''::text))
);
comment on table copilot_internal.e2b_pricing is 'What an E2B sandbox costs, by tier and region. A price is in force from effective_date until just before expires_at.';
comment on column copilot_internal.e2b_pricing.id is 'Identifies this version of the price.';
comment on column copilot_internal.e2b_pricing.tier is 'Size of the sandbox: standard, high-cpu, high-memory, gpu or one of your own.';
comment on column copilot_internal.e2b_pricing.region is 'Where the sandbox runs, such as us-east-1.';
comment on column copilot_internal.e2b_pricing.price_per_second is 'USD for each second of execution.';
comment on column copilot_internal.e2b_pricing.price_per_cpu_core_second is 'USD for each second of each CPU core, where it is metered.';
comment on column copilot_internal.e2b_pricing.price_per_gb_memory_second is 'USD for each second of each GiB of memory, where it is metered.';
comment on column copilot_internal.e2b_pricing.price_per_gb_disk_io is 'USD for each GB read from or written to disk, where it is metered.';
comment on column copilot_internal.e2b_pricing.effective_date is 'First moment at which the price is in force.';
comment on column copilot_internal.e2b_pricing.expires_at is 'First moment at which it no longer is; null while no end is known.';
comment on column copilot_internal.e2b_pricing.source is 'Where the price comes from.';
comment on column copilot_internal.e2b_pricing.verified_on is 'The day somebody compared the price with its source.';
comment on column copilot_internal.e2b_pricing.notes is 'What else a reader of the price should know.';
comment on column copilot_internal.e2b_pricing.created_at is 'When the row was written.';
comment on column copilot_internal.e2b_pricing.updated_at is 'When the row last changed.';
comment on column copilot_internal.e2b_pricing.created_by is 'Who set the price: a name that was given, else the database role.';
CREATE UNIQUE INDEX e2b_pricing_tier_region_effective_date_idx ON copilot_internal.e2b_pricing USING btree (tier, region, effective_date) WHERE ((expires_at IS NULL) OR (expires_at > effective_date));
CREATE TRIGGER _000_queue_price_change BEFORE INSERT OR DELETE OR UPDATE ON copilot_internal.e2b_pricing FOR EACH STATEMENT EXECUTE FUNCTION copilot_internal.queue_price_change();
comment on trigger _000_queue_price_change on copilot_internal.e2b_pricing is 'Changes of the list come one after the other, so that none deadlocks with another.';
CREATE TRIGGER _100_open_price BEFORE INSERT ON copilot_internal.e2b_pricing FOR EACH ROW EXECUTE FUNCTION copilot_internal.open_price('tier region', 'price_per_second price_per_cpu_core_second price_per_gb_memory_second price_per_gb_disk_io', 'e2b_cost_records');
comment on trigger _100_open_price on copilot_internal.e2b_pricing is 'A new price ends the one before it.';
CREATE TRIGGER _300_guard_price BEFORE DELETE OR UPDATE ON copilot_internal.e2b_pricing FOR EACH ROW EXECUTE FUNCTION copilot_internal.guard_price('tier region', 'price_per_second price_per_cpu_core_second price_per_gb_memory_second price_per_gb_disk_io', 'e2b_cost_records');
comment on trigger _300_guard_price on copilot_internal.e2b_pricing is 'What was charged stays explained.';
CREATE TRIGGER _400_split_price AFTER UPDATE ON copilot_internal.e2b_pricing FOR EACH ROW EXECUTE FUNCTION copilot_internal.split_price('tier region', 'price_per_second price_per_cpu_core_second price_per_gb_memory_second price_per_gb_disk_io', 'e2b_cost_records');
comment on trigger _400_split_price on copilot_internal.e2b_pricing is 'A price changed in place leaves the old one behind.';
CREATE TRIGGER _500_refuse_rewriting AFTER UPDATE ON copilot_internal.e2b_pricing REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION copilot_internal.refuse_rewriting();
comment on trigger _500_refuse_rewriting on copilot_internal.e2b_pricing is 'History is not rewritten.';
alter table copilot_internal.e2b_pricing enable row level security;
create policy e2b_pricing_select_authenticated on copilot_internal.e2b_pricing for select to authenticated
  using (true);
comment on policy e2b_pricing_select_authenticated on copilot_internal.e2b_pricing is 'Whoever is signed in sees the price list.';
grant select on copilot_internal.e2b_pricing to authenticated;
grant delete, insert, select, update on copilot_internal.e2b_pricing to service_role;

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
  constraint llm_cost_records_pkey PRIMARY KEY (tenant_id, recorded_at, id),
  constraint llm_cost_records_costs_not_negative CHECK (((input_cost_usd >= (0)::numeric) AND (input_cost_usd < 'NaN'::numeric) AND (output_cost_usd >= (0)::numeric) AND (output_cost_usd < 'NaN'::numeric))),
  constraint llm_cost_records_input_tokens_not_negative CHECK ((input_tokens >= 0)),
  constraint llm_cost_records_metadata_is_object CHECK ((jsonb_typeof(metadata) = 'object'::text)),
  constraint llm_cost_records_output_tokens_not_negative CHECK ((output_tokens >= 0)),
  constraint llm_cost_records_recorded_at_finite CHECK (isfinite(recorded_at)),
  constraint llm_cost_records_total_cost_usd_is_the_sum CHECK ((total_cost_usd = (input_cost_usd + output_cost_usd))),
  constraint llm_cost_records_unpriced_costs_nothing CHECK (((NOT is_unpriced) OR (total_cost_usd = (0)::numeric)))
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
comment on column copilot_internal.llm_cost_records.input_tokens is 'Tokens sent.';
comment on column copilot_internal.llm_cost_records.output_tokens is 'Tokens received.';
comment on column copilot_internal.llm_cost_records.pricing_id is 'The row of model_pricing that was applied; null when unpriced.';
comment on column copilot_internal.llm_cost_records.input_price_per_million is 'The input price applied, USD per million tokens; null when unpriced.';
comment on column copilot_internal.llm_cost_records.output_price_per_million is 'The output price applied, USD per million tokens; null when unpriced.';
comment on column copilot_internal.llm_cost_records.input_cost_usd is 'USD for the tokens sent, exact.';
comment on column copilot_internal.llm_cost_records.output_cost_usd is 'USD for the tokens received, exact.';
comment on column copilot_internal.llm_cost_records.total_cost_usd is 'USD in all: input plus output.';
comment on column copilot_internal.llm_cost_records.is_estimated is 'Whether the cost is an estimate rather than the price list''s answer.';
comment on column copilot_internal.llm_cost_records.is_unpriced is 'Whether no price was found: the cost is 0 because it is unknown, not because it is free.';
comment on column copilot_internal.llm_cost_records.metadata is 'Anything else the caller wants to keep, a JSON object.';
CREATE INDEX llm_cost_records_pricing_id_idx ON copilot_internal.llm_cost_records USING btree (pricing_id);
CREATE INDEX llm_cost_records_recorded_at_idx ON copilot_internal.llm_cost_records USING btree (recorded_at);
CREATE INDEX llm_cost_records_tenant_id_conversation_id_idx ON copilot_internal.llm_cost_records USING btree (tenant_id, conversation_id);
CREATE INDEX llm_cost_records_tenant_id_request_id_idx ON copilot_internal.llm_cost_records USING btree (tenant_id, request_id);
alter table copilot_internal.llm_cost_records enable row level security;
create policy llm_cost_records_select_tenant on copilot_internal.llm_cost_records for select to authenticated
  using ((tenant_id = ( SELECT (COALESCE((auth.jwt() ->> 'tenant_id'::text), ((auth.jwt() -> 'app_metadata'::text) ->> 'tenant_id'::text)))::uuid AS "coalesce")));
comment on policy llm_cost_records_select_tenant on copilot_internal.llm_cost_records is 'A tenant sees what its own LLM calls cost.';
grant select on copilot_internal.llm_cost_records to authenticated;
grant delete, insert, select, update on copilot_internal.llm_cost_records to service_role;

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
  constraint model_pricing_periods_do_not_overlap EXCLUDE USING gist (provider WITH =, model WITH =, tstzrange(effective_date, expires_at) WITH &&),
  constraint model_pricing_pkey PRIMARY KEY (id),
  constraint model_pricing_effective_date_finite CHECK (isfinite(effective_date)),
  constraint model_pricing_expires_at_not_before_effective_date CHECK ((expires_at >= effective_date)),
  constraint model_pricing_model_not_blank CHECK ((btrim(model) <> ''::text)),
  constraint model_pricing_prices_not_negative CHECK (((input_price_per_million >= (0)::numeric) AND (input_price_per_million < 'NaN'::numeric) AND (output_price_per_million >= (0)::numeric) AND (output_price_per_million < 'NaN'::numeric))),
  constraint model_pricing_provider_not_blank CHECK ((btrim(provider) <> ''::text))
);
comment on table copilot_internal.model_pricing is 'What an LLM call costs, by provider and model. A price is in force from effective_date until just before expires_at.';
comment on column copilot_internal.model_pricing.id is 'Identifies this version of the price.';
comment on column copilot_internal.model_pricing.provider is 'Who serves the model: openai, anthropic, google, groq or one of your own.';
comment on column copilot_internal.model_pricing.model is 'The model, as the provider''s API names it.';
comment on column copilot_internal.model_pricing.input_price_per_million is 'USD for a million tokens sent.';
comment on column copilot_internal.model_pricing.output_price_per_million is 'USD for a million tokens received.';
comment on column copilot_internal.model_pricing.effective_date is 'First moment at which the price is in force.';
comment on column copilot_internal.model_pricing.expires_at is 'First moment at which it no longer is; null while no end is known.';
comment on column copilot_internal.model_pricing.source is 'Where the price comes from.';
comment on column copilot_internal.model_pricing.verified_on is 'The day somebody compared the price with its source.';
comment on column copilot_internal.model_pricing.notes is 'What else a reader of the price should know.';
comment on column copilot_internal.model_pricing.created_at is 'When the row was written.';
comment on column copilot_internal.model_pricing.updated_at is 'When the row last changed.';
comment on column copilot_internal.model_pricing.created_by is 'Who set the price: a name that was given, else the database role.';
CREATE UNIQUE INDEX model_pricing_provider_model_effective_date_idx ON copilot_internal.model_pricing USING btree (provider, model, effective_date) WHERE ((expires_at IS NULL) OR (expires_at > effective_date));
CREATE TRIGGER _000_queue_price_change BEFORE INSERT OR DELETE OR UPDATE ON copilot_internal.model_pricing FOR EACH STATEMENT EXECUTE FUNCTION copilot_internal.queue_price_change();
comment on trigger _000_queue_price_change on copilot_internal.model_pricing is 'Changes of the list come one after the other, so that none deadlocks with another.';
CREATE TRIGGER _100_open_price BEFORE INSERT ON copilot_internal.model_pricing FOR EACH ROW EXECUTE FUNCTION copilot_internal.open_price('provider model', 'input_price_per_million output_price_per_million', 'llm_cost_records');
comment on trigger _100_open_price on copilot_internal.model_pricing is 'A new price ends the one before it.';
CREATE TRIGGER _200_await_successor BEFORE UPDATE OF input_price_per_million, output_price_per_million ON copilot_internal.model_pricing FOR EACH ROW EXECUTE FUNCTION copilot_internal.await_successor();
comment on trigger _200_await_successor on copilot_internal.model_pricing is 'The first half of the published recipe changes nothing yet.';
CREATE TRIGGER _300_guard_price BEFORE DELETE OR UPDATE ON copilot_internal.model_pricing FOR EACH ROW EXECUTE FUNCTION copilot_internal.guard_price('provider model', 'input_price_per_million output_price_per_million', 'llm_cost_records');
comment on trigger _300_guard_price on copilot_internal.model_pricing is 'What was charged stays explained.';
CREATE TRIGGER _400_split_price AFTER UPDATE ON copilot_internal.model_pricing FOR EACH ROW EXECUTE FUNCTION copilot_internal.split_price('provider model', 'input_price_per_million output_price_per_million', 'llm_cost_records');
comment on trigger _400_split_price on copilot_internal.model_pricing is 'A price changed in place leaves the old one behind.';
CREATE TRIGGER _500_refuse_rewriting AFTER UPDATE ON copilot_internal.model_pricing REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION copilot_internal.refuse_rewriting();
comment on trigger _500_refuse_rewriting on copilot_internal.model_pricing is 'History is not rewritten.';
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
comment on column copilot_internal.model_pricing_components.is_derived is 'Whether the price was calculated from a published rule and not read from a price list.';
comment on column copilot_internal.model_pricing_components.notes is 'What else a reader of the price should know.';
comment on column copilot_internal.model_pricing_components.created_at is 'When the row was written.';
CREATE TRIGGER _100_guard_component BEFORE DELETE OR UPDATE ON copilot_internal.model_pricing_components FOR EACH ROW EXECUTE FUNCTION copilot_internal.guard_component();
comment on trigger _100_guard_component on copilot_internal.model_pricing_components is 'What was calculated stays explained.';
alter table copilot_internal.model_pricing_components enable row level security;
create policy model_pricing_components_select_authenticated on copilot_internal.model_pricing_components for select to authenticated
  using (true);
comment on policy model_pricing_components_select_authenticated on copilot_internal.model_pricing_components is 'Whoever is signed in sees the price list.';
grant select on copilot_internal.model_pricing_components to authenticated;
grant delete, insert, select, update on copilot_internal.model_pricing_components to service_role;

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
  constraint quota_reservations_pkey PRIMARY KEY (tenant_id, id),
  constraint quota_reservations_amount_usd_not_negative CHECK (((amount_usd >= (0)::numeric) AND (amount_usd < 'NaN'::numeric))),
  constraint quota_reservations_expired_is_closed CHECK (((NOT is_expired) OR (closed_at IS NOT NULL))),
  constraint quota_reservations_expires_at_after_created_at CHECK ((expires_at > created_at)),
  constraint quota_reservations_resource_type_known CHECK ((resource_type = ANY (ARRAY['llm'::text, 'e2b'::text])))
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
CREATE INDEX quota_reservations_open_expires_at_idx ON copilot_internal.quota_reservations USING btree (expires_at) WHERE (closed_at IS NULL);
CREATE UNIQUE INDEX quota_reservations_open_request_id_idx ON copilot_internal.quota_reservations USING btree (tenant_id, resource_type, request_id) WHERE ((closed_at IS NULL) AND (request_id IS NOT NULL));
CREATE INDEX quota_reservations_open_tenant_id_idx ON copilot_internal.quota_reservations USING btree (tenant_id, expires_at) WHERE (closed_at IS NULL);
CREATE INDEX quota_reservations_open_user_id_idx ON copilot_internal.quota_reservations USING btree (user_id, expires_at) WHERE (closed_at IS NULL);
alter table copilot_internal.quota_reservations enable row level security;
grant delete, insert, select, update on copilot_internal.quota_reservations to service_role;

create table copilot_internal.usage_requests (
  tenant_id uuid not null,
  resource_type text not null,
  request_id text not null,
  recorded_at timestamp with time zone not null,
  record_id uuid not null,
  constraint usage_requests_pkey PRIMARY KEY (tenant_id, resource_type, request_id),
  constraint usage_requests_resource_type_known CHECK ((resource_type = ANY (ARRAY['llm'::text, 'e2b'::text])))
);
comment on table copilot_internal.usage_requests is 'Requests whose usage has been recorded, by the caller''s own name for them: each is recorded once.';
comment on column copilot_internal.usage_requests.tenant_id is 'The tenant that pays.';
comment on column copilot_internal.usage_requests.resource_type is 'What was used: llm or e2b. One request may use both.';
comment on column copilot_internal.usage_requests.request_id is 'The caller''s own name for the request.';
comment on column copilot_internal.usage_requests.recorded_at is 'With record_id, the record that was written for it.';
comment on column copilot_internal.usage_requests.record_id is 'With recorded_at, the record that was written for it.';
alter table copilot_internal.usage_requests enable row level security;
grant delete, insert, select, update on copilot_internal.usage_requests to service_role;


-- =================================================================================================
-- Foreign keys
-- =================================================================================================

alter table copilot_internal.cost_quota_periods add constraint cost_quota_periods_quota_id_fkey FOREIGN KEY (quota_id) REFERENCES copilot_internal.cost_quotas(id) ON DELETE SET NULL;

alter table copilot_internal.e2b_cost_records add constraint e2b_cost_records_pricing_id_fkey FOREIGN KEY (pricing_id) REFERENCES copilot_internal.e2b_pricing(id) NOT VALID;

alter table copilot_internal.llm_cost_records add constraint llm_cost_records_pricing_id_fkey FOREIGN KEY (pricing_id) REFERENCES copilot_internal.model_pricing(id) NOT VALID;

alter table copilot_internal.model_pricing_components add constraint model_pricing_components_pricing_id_fkey FOREIGN KEY (pricing_id) REFERENCES copilot_internal.model_pricing(id) ON DELETE CASCADE;


-- =================================================================================================
-- Views
-- =================================================================================================

create view copilot_internal.cost_summary_by_model with (security_invoker=true) as
 SELECT provider,
    model,
    request_count,
    input_tokens,
    output_tokens,
    (input_tokens + output_tokens) AS total_tokens,
    round(input_cost_usd, (GREATEST(3, min_scale(input_cost_usd)) * ((input_cost_usd <> (0)::numeric))::integer)) AS input_cost_usd,
    round(output_cost_usd, (GREATEST(3, min_scale(output_cost_usd)) * ((output_cost_usd <> (0)::numeric))::integer)) AS output_cost_usd,
    round(total_cost_usd, (GREATEST(3, min_scale(total_cost_usd)) * ((total_cost_usd <> (0)::numeric))::integer)) AS total_cost_usd,
    round(average_cost_usd, (GREATEST(3, min_scale(average_cost_usd)) * ((average_cost_usd <> (0)::numeric))::integer)) AS average_cost_usd,
    estimated_count,
    unpriced_count,
    first_recorded_at,
    last_recorded_at
   FROM ( SELECT llm_cost_records.provider,
            llm_cost_records.model,
            count(*) AS request_count,
            sum(llm_cost_records.input_tokens) AS input_tokens,
            sum(llm_cost_records.output_tokens) AS output_tokens,
            sum(llm_cost_records.input_cost_usd) AS input_cost_usd,
            sum(llm_cost_records.output_cost_usd) AS output_cost_usd,
            sum(llm_cost_records.total_cost_usd) AS total_cost_usd,
            round(avg(llm_cost_records.total_cost_usd), 18) AS average_cost_usd,
            count(*) FILTER (WHERE llm_cost_records.is_estimated) AS estimated_count,
            count(*) FILTER (WHERE llm_cost_records.is_unpriced) AS unpriced_count,
            min(llm_cost_records.recorded_at) AS first_recorded_at,
            max(llm_cost_records.recorded_at) AS last_recorded_at
           FROM copilot_internal.llm_cost_records
          GROUP BY llm_cost_records.provider, llm_cost_records.model) totals;
comment on view copilot_internal.cost_summary_by_model is 'LLM usage and cost per provider and model, over all tenants the caller may see.';
grant select on copilot_internal.cost_summary_by_model to authenticated;
grant select on copilot_internal.cost_summary_by_model to service_role;

create view copilot_internal.cost_summary_by_task with (security_invoker=true) as
 SELECT task,
    request_count,
    input_tokens,
    output_tokens,
    (input_tokens + output_tokens) AS total_tokens,
    round(input_cost_usd, (GREATEST(3, min_scale(input_cost_usd)) * ((input_cost_usd <> (0)::numeric))::integer)) AS input_cost_usd,
    round(output_cost_usd, (GREATEST(3, min_scale(output_cost_usd)) * ((output_cost_usd <> (0)::numeric))::integer)) AS output_cost_usd,
    round(total_cost_usd, (GREATEST(3, min_scale(total_cost_usd)) * ((total_cost_usd <> (0)::numeric))::integer)) AS total_cost_usd,
    round(average_cost_usd, (GREATEST(3, min_scale(average_cost_usd)) * ((average_cost_usd <> (0)::numeric))::integer)) AS average_cost_usd,
    estimated_count,
    unpriced_count,
    first_recorded_at,
    last_recorded_at
   FROM ( SELECT llm_cost_records.task,
            count(*) AS request_count,
            sum(llm_cost_records.input_tokens) AS input_tokens,
            sum(llm_cost_records.output_tokens) AS output_tokens,
            sum(llm_cost_records.input_cost_usd) AS input_cost_usd,
            sum(llm_cost_records.output_cost_usd) AS output_cost_usd,
            sum(llm_cost_records.total_cost_usd) AS total_cost_usd,
            round(avg(llm_cost_records.total_cost_usd), 18) AS average_cost_usd,
            count(*) FILTER (WHERE llm_cost_records.is_estimated) AS estimated_count,
            count(*) FILTER (WHERE llm_cost_records.is_unpriced) AS unpriced_count,
            min(llm_cost_records.recorded_at) AS first_recorded_at,
            max(llm_cost_records.recorded_at) AS last_recorded_at
           FROM copilot_internal.llm_cost_records
          GROUP BY llm_cost_records.task) totals;
comment on view copilot_internal.cost_summary_by_task is 'LLM usage and cost per task, over all tenants the caller may see; calls without a task are one row of their own.';
grant select on copilot_internal.cost_summary_by_task to authenticated;
grant select on copilot_internal.cost_summary_by_task to service_role;

create view copilot_internal.cost_summary_by_tenant with (security_invoker=true) as
 SELECT tenant_id,
    request_count,
    input_tokens,
    output_tokens,
    (input_tokens + output_tokens) AS total_tokens,
    round(input_cost_usd, (GREATEST(3, min_scale(input_cost_usd)) * ((input_cost_usd <> (0)::numeric))::integer)) AS input_cost_usd,
    round(output_cost_usd, (GREATEST(3, min_scale(output_cost_usd)) * ((output_cost_usd <> (0)::numeric))::integer)) AS output_cost_usd,
    round(total_cost_usd, (GREATEST(3, min_scale(total_cost_usd)) * ((total_cost_usd <> (0)::numeric))::integer)) AS total_cost_usd,
    round(average_cost_usd, (GREATEST(3, min_scale(average_cost_usd)) * ((average_cost_usd <> (0)::numeric))::integer)) AS average_cost_usd,
    estimated_count,
    unpriced_count,
    first_recorded_at,
    last_recorded_at
   FROM ( SELECT llm_cost_records.tenant_id,
            count(*) AS request_count,
            sum(llm_cost_records.input_tokens) AS input_tokens,
            sum(llm_cost_records.output_tokens) AS output_tokens,
            sum(llm_cost_records.input_cost_usd) AS input_cost_usd,
            sum(llm_cost_records.output_cost_usd) AS output_cost_usd,
            sum(llm_cost_records.total_cost_usd) AS total_cost_usd,
            round(avg(llm_cost_records.total_cost_usd), 18) AS average_cost_usd,
            count(*) FILTER (WHERE llm_cost_records.is_estimated) AS estimated_count,
            count(*) FILTER (WHERE llm_cost_records.is_unpriced) AS unpriced_count,
            min(llm_cost_records.recorded_at) AS first_recorded_at,
            max(llm_cost_records.recorded_at) AS last_recorded_at
           FROM copilot_internal.llm_cost_records
          GROUP BY llm_cost_records.tenant_id) totals;
comment on view copilot_internal.cost_summary_by_tenant is 'LLM usage and cost per tenant. The average is per request, rounded to 18 decimals; sums are exact.';
grant select on copilot_internal.cost_summary_by_tenant to authenticated;
grant select on copilot_internal.cost_summary_by_tenant to service_role;

create view copilot_internal.e2b_cost_summary_by_conversation with (security_invoker=true) as
 SELECT tenant_id,
    conversation_id,
    run_count,
    execution_time_seconds,
    cpu_core_seconds,
    memory_gb_seconds,
    disk_io_gb,
    round(execution_cost_usd, (GREATEST(3, min_scale(execution_cost_usd)) * ((execution_cost_usd <> (0)::numeric))::integer)) AS execution_cost_usd,
    round(resource_cost_usd, (GREATEST(3, min_scale(resource_cost_usd)) * ((resource_cost_usd <> (0)::numeric))::integer)) AS resource_cost_usd,
    round(total_cost_usd, (GREATEST(3, min_scale(total_cost_usd)) * ((total_cost_usd <> (0)::numeric))::integer)) AS total_cost_usd,
    round(average_cost_usd, (GREATEST(3, min_scale(average_cost_usd)) * ((average_cost_usd <> (0)::numeric))::integer)) AS average_cost_usd,
    estimated_count,
    unpriced_count,
    first_recorded_at,
    last_recorded_at
   FROM ( SELECT e2b_cost_records.tenant_id,
            e2b_cost_records.conversation_id,
            count(*) AS run_count,
            trim_scale(sum(e2b_cost_records.execution_time_seconds)) AS execution_time_seconds,
            trim_scale(sum(e2b_cost_records.cpu_core_seconds)) AS cpu_core_seconds,
            trim_scale(sum(e2b_cost_records.memory_gb_seconds)) AS memory_gb_seconds,
            trim_scale(sum(e2b_cost_records.disk_io_gb)) AS disk_io_gb,
            sum(e2b_cost_records.execution_cost_usd) AS execution_cost_usd,
            sum(e2b_cost_records.resource_cost_usd) AS resource_cost_usd,
            sum(e2b_cost_records.total_cost_usd) AS total_cost_usd,
            round(avg(e2b_cost_records.total_cost_usd), 18) AS average_cost_usd,
            count(*) FILTER (WHERE e2b_cost_records.is_estimated) AS estimated_count,
            count(*) FILTER (WHERE e2b_cost_records.is_unpriced) AS unpriced_count,
            min(e2b_cost_records.recorded_at) AS first_recorded_at,
            max(e2b_cost_records.recorded_at) AS last_recorded_at
           FROM copilot_internal.e2b_cost_records
          GROUP BY e2b_cost_records.tenant_id, e2b_cost_records.conversation_id) totals;
comment on view copilot_internal.e2b_cost_summary_by_conversation is 'Sandbox usage and cost per conversation of a tenant; runs outside a conversation are one row per tenant.';
grant select on copilot_internal.e2b_cost_summary_by_conversation to authenticated;
grant select on copilot_internal.e2b_cost_summary_by_conversation to service_role;

create view copilot_internal.e2b_cost_summary_by_tenant with (security_invoker=true) as
 SELECT tenant_id,
    run_count,
    execution_time_seconds,
    cpu_core_seconds,
    memory_gb_seconds,
    disk_io_gb,
    round(execution_cost_usd, (GREATEST(3, min_scale(execution_cost_usd)) * ((execution_cost_usd <> (0)::numeric))::integer)) AS execution_cost_usd,
    round(resource_cost_usd, (GREATEST(3, min_scale(resource_cost_usd)) * ((resource_cost_usd <> (0)::numeric))::integer)) AS resource_cost_usd,
    round(total_cost_usd, (GREATEST(3, min_scale(total_cost_usd)) * ((total_cost_usd <> (0)::numeric))::integer)) AS total_cost_usd,
    round(average_cost_usd, (GREATEST(3, min_scale(average_cost_usd)) * ((average_cost_usd <> (0)::numeric))::integer)) AS average_cost_usd,
    estimated_count,
    unpriced_count,
    first_recorded_at,
    last_recorded_at
   FROM ( SELECT e2b_cost_records.tenant_id,
            count(*) AS run_count,
            trim_scale(sum(e2b_cost_records.execution_time_seconds)) AS execution_time_seconds,
            trim_scale(sum(e2b_cost_records.cpu_core_seconds)) AS cpu_core_seconds,
            trim_scale(sum(e2b_cost_records.memory_gb_seconds)) AS memory_gb_seconds,
            trim_scale(sum(e2b_cost_records.disk_io_gb)) AS disk_io_gb,
            sum(e2b_cost_records.execution_cost_usd) AS execution_cost_usd,
            sum(e2b_cost_records.resource_cost_usd) AS resource_cost_usd,
            sum(e2b_cost_records.total_cost_usd) AS total_cost_usd,
            round(avg(e2b_cost_records.total_cost_usd), 18) AS average_cost_usd,
            count(*) FILTER (WHERE e2b_cost_records.is_estimated) AS estimated_count,
            count(*) FILTER (WHERE e2b_cost_records.is_unpriced) AS unpriced_count,
            min(e2b_cost_records.recorded_at) AS first_recorded_at,
            max(e2b_cost_records.recorded_at) AS last_recorded_at
           FROM copilot_internal.e2b_cost_records
          GROUP BY e2b_cost_records.tenant_id) totals;
comment on view copilot_internal.e2b_cost_summary_by_tenant is 'Sandbox usage and cost per tenant. The average is per run, rounded to 18 decimals; sums are exact.';
grant select on copilot_internal.e2b_cost_summary_by_tenant to authenticated;
grant select on copilot_internal.e2b_cost_summary_by_tenant to service_role;

create view copilot_internal.e2b_cost_summary_by_tier with (security_invoker=true) as
 SELECT tier,
    run_count,
    execution_time_seconds,
    cpu_core_seconds,
    memory_gb_seconds,
    disk_io_gb,
    round(execution_cost_usd, (GREATEST(3, min_scale(execution_cost_usd)) * ((execution_cost_usd <> (0)::numeric))::integer)) AS execution_cost_usd,
    round(resource_cost_usd, (GREATEST(3, min_scale(resource_cost_usd)) * ((resource_cost_usd <> (0)::numeric))::integer)) AS resource_cost_usd,
    round(total_cost_usd, (GREATEST(3, min_scale(total_cost_usd)) * ((total_cost_usd <> (0)::numeric))::integer)) AS total_cost_usd,
    round(average_cost_usd, (GREATEST(3, min_scale(average_cost_usd)) * ((average_cost_usd <> (0)::numeric))::integer)) AS average_cost_usd,
    estimated_count,
    unpriced_count,
    first_recorded_at,
    last_recorded_at
   FROM ( SELECT e2b_cost_records.tier,
            count(*) AS run_count,
            trim_scale(sum(e2b_cost_records.execution_time_seconds)) AS execution_time_seconds,
            trim_scale(sum(e2b_cost_records.cpu_core_seconds)) AS cpu_core_seconds,
            trim_scale(sum(e2b_cost_records.memory_gb_seconds)) AS memory_gb_seconds,
            trim_scale(sum(e2b_cost_records.disk_io_gb)) AS disk_io_gb,
            sum(e2b_cost_records.execution_cost_usd) AS execution_cost_usd,
            sum(e2b_cost_records.resource_cost_usd) AS resource_cost_usd,
            sum(e2b_cost_records.total_cost_usd) AS total_cost_usd,
            round(avg(e2b_cost_records.total_cost_usd), 18) AS average_cost_usd,
            count(*) FILTER (WHERE e2b_cost_records.is_estimated) AS estimated_count,
            count(*) FILTER (WHERE e2b_cost_records.is_unpriced) AS unpriced_count,
            min(e2b_cost_records.recorded_at) AS first_recorded_at,
            max(e2b_cost_records.recorded_at) AS last_recorded_at
           FROM copilot_internal.e2b_cost_records
          GROUP BY e2b_cost_records.tier) totals;
comment on view copilot_internal.e2b_cost_summary_by_tier is 'Sandbox usage and cost per tier, over all tenants the caller may see.';
grant select on copilot_internal.e2b_cost_summary_by_tier to authenticated;
grant select on copilot_internal.e2b_cost_summary_by_tier to service_role;

create view copilot_internal.combined_cost_summary_by_tenant with (security_invoker=true) as
 SELECT tenant_id,
    llm_request_count,
    e2b_run_count,
    (llm_request_count + e2b_run_count) AS total_count,
    llm_total_tokens,
    e2b_execution_time_seconds,
    llm_cost_usd,
    e2b_cost_usd,
    round(cost_usd, (GREATEST(3, min_scale(cost_usd)) * ((cost_usd <> (0)::numeric))::integer)) AS total_cost_usd,
    round(average_cost_usd, (GREATEST(3, min_scale(average_cost_usd)) * ((average_cost_usd <> (0)::numeric))::integer)) AS average_cost_usd,
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
