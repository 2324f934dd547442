-- Exact prices
--
-- What:  set_model_price keeps components that are set again with the same plain prices in one transaction, it and set_e2b_price
--        answer no id that is not there, and components that are not understood are refused with a sentence. A change of a price
--        waits 5 seconds at most for who records under repeatable read or serializable, as for others.
-- Why:   in one transaction, components given after usage at the same plain prices were lost, and a price set back to the one
--        before was answered with the id of a version that is in no table. A wrong threshold_input_tokens raised 22P02, 22003 or
--        23514 without a hint, one without a price was dropped, and a component that is given and derived raised 23505. A
--        session that was idle in such a transaction held up every change of a price for as long.
-- Rerun: safe at any time, on any data, while others work. Running 20260105000001_price_history.sql again brings the former
--        functions back, until this file is run again.
-- Undo:  run that file again: it makes the functions as they were.


-- Applied after the files before it, which know what to do with tables of these names that are somebody else's.
do $$
begin
  if to_regprocedure('copilot_internal.set_model_price(text, text, numeric, numeric, timestamptz, text, text, text, boolean, jsonb, timestamptz)') is null then
    raise exception using
      errcode = 'QT006',
      message = '20260107000005_exact_prices.sql needs 20260107000004_exact_quotas.sql before it: nothing was changed.',
      detail = 'Not there: copilot_internal.set_model_price.',
      hint = 'Run the files in the order of their names, from 20260103000001_cost_tracking_foundation.sql on, and stop at the first that is refused: it says what is in the way.';
  end if;
end
$$;


-- =====================================================================================================================
-- Components as they are given
-- =====================================================================================================================

create or replace function copilot_internal.read_components(components jsonb)
  returns table (variant text, component text, price_per_million numeric, threshold_input_tokens bigint, is_derived boolean)
  language plpgsql
  immutable
  security invoker
  set search_path = ''
as $$
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
$$;


-- =====================================================================================================================
-- Waiting for who records
-- =====================================================================================================================
-- Under repeatable read, who records locks the price until the transaction is over.

create or replace function copilot_internal.touch_price_versions(list text, name text, part text, starts timestamptz)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;


-- =====================================================================================================================
-- A price that is there already
-- =====================================================================================================================
-- The trigger keeps it out; who set it is answered the version that is in force.

create or replace function copilot_internal.start_model_price()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;

create or replace function copilot_internal.set_model_price(
  provider                 text,
  model                    text,
  input_price_per_million  numeric,
  output_price_per_million numeric,
  effective_date           timestamptz default now(),
  source                   text        default null,
  notes                    text        default null,
  changed_by               text        default null,
  allow_jump               boolean     default false,
  components               jsonb       default null,
  expires_at               timestamptz default null
)
  returns uuid
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;

create or replace function copilot_internal.set_e2b_price(
  tier                       text,
  region                     text,
  price_per_second           numeric,
  price_per_cpu_core_second  numeric     default null,
  price_per_gb_memory_second numeric     default null,
  price_per_gb_disk_io       numeric     default null,
  effective_date             timestamptz default now(),
  source                     text        default null,
  notes                      text        default null,
  changed_by                 text        default null,
  allow_jump                 boolean     default false,
  expires_at                 timestamptz default null
)
  returns uuid
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
