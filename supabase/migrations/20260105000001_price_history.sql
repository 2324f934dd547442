-- Price history
--
-- What:  periods of a price that never overlap, triggers that make the published price-change recipes keep the past, and
--        set_model_price and set_e2b_price, the right way to change a price.
-- Why:   what was charged yesterday has to be explained tomorrow: a price change must never rewrite the past.
-- Rerun: safe at any time, on any data. Periods that overlap (the recipes could leave such before this file) are cut at
--        the start of the next.
-- Undo:  drop function copilot_internal.set_model_price, copilot_internal.set_e2b_price;
--        drop function copilot_internal.queue_price_change, copilot_internal.await_successor, copilot_internal.price_end, copilot_internal.open_price,
--          copilot_internal.guard_price, copilot_internal.split_price, copilot_internal.refuse_rewriting cascade;
--        alter table copilot_internal.model_pricing drop constraint model_pricing_periods_do_not_overlap;
--        alter table copilot_internal.e2b_pricing drop constraint e2b_pricing_periods_do_not_overlap;


-- =====================================================================================================================
-- Who changed a price
-- =====================================================================================================================
-- When is created_at, from what source is source.

alter table copilot_internal.model_pricing add column if not exists created_by text not null default current_user;
comment on column copilot_internal.model_pricing.created_by is 'Who set the price: a name that was given, else the database role.';
alter table copilot_internal.e2b_pricing add column if not exists created_by text not null default current_user;
comment on column copilot_internal.e2b_pricing.created_by is 'Who set the price: a name that was given, else the database role.';


-- =====================================================================================================================
-- Periods do not overlap
-- =====================================================================================================================

create extension if not exists btree_gist with schema extensions;

-- Empty periods follow nothing and cut nothing: a price that was replaced at its own start was never in force.
update copilot_internal.model_pricing as p
set expires_at = following.effective_date
from (
  select id, lead(effective_date) over (partition by provider, model order by effective_date, created_at) as effective_date
  from copilot_internal.model_pricing
  where expires_at is null or expires_at > effective_date
) as following
where following.id = p.id and (p.expires_at is null or p.expires_at > following.effective_date)
  and following.effective_date is not null;

update copilot_internal.e2b_pricing as p
set expires_at = following.effective_date
from (
  select id, lead(effective_date) over (partition by tier, region order by effective_date, created_at) as effective_date
  from copilot_internal.e2b_pricing
  where expires_at is null or expires_at > effective_date
) as following
where following.id = p.id and (p.expires_at is null or p.expires_at > following.effective_date)
  and following.effective_date is not null;

do $$
begin
  if not exists (
    select from pg_catalog.pg_constraint
    where conrelid = 'copilot_internal.model_pricing'::regclass and conname = 'model_pricing_periods_do_not_overlap'
  ) then
    alter table copilot_internal.model_pricing
      add constraint model_pricing_periods_do_not_overlap
      exclude using gist (provider with =, model with =, tstzrange(effective_date, expires_at) with &&);
  end if;
  if not exists (
    select from pg_catalog.pg_constraint
    where conrelid = 'copilot_internal.e2b_pricing'::regclass and conname = 'e2b_pricing_periods_do_not_overlap'
  ) then
    alter table copilot_internal.e2b_pricing
      add constraint e2b_pricing_periods_do_not_overlap
      exclude using gist (tier with =, region with =, tstzrange(effective_date, expires_at) with &&);
  end if;
end
$$;


-- =====================================================================================================================
-- Triggers
-- =====================================================================================================================
-- Both price lists have the same; what differs is handed over: the columns that name a price, the columns that are
-- the price, and the table of usage that refers to it. Their own corrections go past them: while a trigger writes, the
-- setting copilot_internal.price_change is on. Alone it opens nothing: a statement of a client is never such a correction.

-- ── One price change at a time ───────────────────────────────────────────────────────────────────────────────────────

create or replace function copilot_internal.queue_price_change()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(tg_table_name, 0));
  return null;
end
$$;
comment on function copilot_internal.queue_price_change() is
  'Trigger: whoever changes a price list waits for the one before, holding nothing yet that the other could want, and for '
  'usage that is being recorded at the list.';
revoke execute on function copilot_internal.queue_price_change() from public, anon, authenticated;
grant execute on function copilot_internal.queue_price_change() to service_role;

-- ── A price ends after the usage that was charged at it ──────────────────────────────────────────────────────────────

create or replace function copilot_internal.price_end(records text, price uuid, wanted timestamptz)
  returns timestamptz
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  last_used timestamptz;
begin
  execute format('select max(recorded_at) from copilot_internal.%I where pricing_id = $1 and recorded_at between $2 and $3', records)
  into last_used using price, wanted, clock_timestamp();
  return coalesce(last_used + interval '1 microsecond', wanted);
end
$$;
comment on function copilot_internal.price_end(text, uuid, timestamptz) is
  'When a price that is to end at a moment ends: then, or, when usage was recorded at it between that moment and this one '
  '(other clients go on while a change waits for its turn), right after the last of that usage. So usage lies in the period '
  'of the price it was charged at.';
revoke execute on function copilot_internal.price_end(text, uuid, timestamptz) from public, anon, authenticated;
grant execute on function copilot_internal.price_end(text, uuid, timestamptz) to service_role;

-- ── A new price closes the one before it ─────────────────────────────────────────────────────────────────────────────

create or replace function copilot_internal.open_price()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.open_price() is
  'Trigger: the price in force ends where a new one starts, and the new one ends where the next starts, so that neither '
  'gap nor overlap arises. Raises QT001 when that would change the price of usage already recorded.';
revoke execute on function copilot_internal.open_price() from public, anon, authenticated;
grant execute on function copilot_internal.open_price() to service_role;

-- ── The published LLM recipe: UPDATE … SET prices, expires_at = NOW(), then INSERT ────────────────────────────────────

create or replace function copilot_internal.await_successor()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.await_successor() is
  'Trigger: an UPDATE that sets prices and ends them now announces a successor. The old price keeps its value and stays '
  'in force; inserting the successor ends it, so that there is no moment without a price.';
revoke execute on function copilot_internal.await_successor() from public, anon, authenticated;
grant execute on function copilot_internal.await_successor() to service_role;

-- ── A price that has been in force is neither rewritten nor deleted ──────────────────────────────────────────────────

create or replace function copilot_internal.guard_price()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.guard_price() is
  'Trigger: raises QT001 when a price that usage refers to would be deleted, renamed, moved or cut short of that usage, '
  'and keeps the value of a price that is over.';
revoke execute on function copilot_internal.guard_price() from public, anon, authenticated;
grant execute on function copilot_internal.guard_price() to service_role;

-- ── The published E2B recipe: UPDATE … SET price in place ─────────────────────────────────────────────────────────────

create or replace function copilot_internal.split_price()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.split_price() is
  'Trigger: a price in force that is changed in place ends now with the value it had, and goes on as a new row with the '
  'new value. Source and day of verification are those of the UPDATE, or none.';
revoke execute on function copilot_internal.split_price() from public, anon, authenticated;
grant execute on function copilot_internal.split_price() to service_role;

create or replace function copilot_internal.refuse_rewriting()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.refuse_rewriting() is
  'Trigger: raises QT001 when an UPDATE was aimed at prices that are over and at nothing else.';
revoke execute on function copilot_internal.refuse_rewriting() from public, anon, authenticated;
grant execute on function copilot_internal.refuse_rewriting() to service_role;

-- ── On both price lists ──────────────────────────────────────────────────────────────────────────────────────────────

create or replace trigger _000_queue_price_change
  before insert or update or delete on copilot_internal.model_pricing
  for each statement execute function copilot_internal.queue_price_change();
comment on trigger _000_queue_price_change on copilot_internal.model_pricing is
  'Changes of the list come one after the other, so that none deadlocks with another.';
create or replace trigger _100_open_price
  before insert on copilot_internal.model_pricing
  for each row execute function copilot_internal.open_price(
    'provider model', 'input_price_per_million output_price_per_million', 'llm_cost_records');
comment on trigger _100_open_price on copilot_internal.model_pricing is
  'A new price ends the one before it.';
create or replace trigger _200_await_successor
  before update of input_price_per_million, output_price_per_million on copilot_internal.model_pricing
  for each row execute function copilot_internal.await_successor();
comment on trigger _200_await_successor on copilot_internal.model_pricing is
  'The first half of the published recipe changes nothing yet.';
create or replace trigger _300_guard_price
  before update or delete on copilot_internal.model_pricing
  for each row execute function copilot_internal.guard_price(
    'provider model', 'input_price_per_million output_price_per_million', 'llm_cost_records');
comment on trigger _300_guard_price on copilot_internal.model_pricing is
  'What was charged stays explained.';
create or replace trigger _400_split_price
  after update on copilot_internal.model_pricing
  for each row execute function copilot_internal.split_price(
    'provider model', 'input_price_per_million output_price_per_million', 'llm_cost_records');
comment on trigger _400_split_price on copilot_internal.model_pricing is
  'A price changed in place leaves the old one behind.';
create or replace trigger _500_refuse_rewriting
  after update on copilot_internal.model_pricing
  referencing old table as touched
  for each statement execute function copilot_internal.refuse_rewriting();
comment on trigger _500_refuse_rewriting on copilot_internal.model_pricing is
  'History is not rewritten.';

create or replace trigger _000_queue_price_change
  before insert or update or delete on copilot_internal.e2b_pricing
  for each statement execute function copilot_internal.queue_price_change();
comment on trigger _000_queue_price_change on copilot_internal.e2b_pricing is
  'Changes of the list come one after the other, so that none deadlocks with another.';
create or replace trigger _100_open_price
  before insert on copilot_internal.e2b_pricing
  for each row execute function copilot_internal.open_price(
    'tier region', 'price_per_second price_per_cpu_core_second price_per_gb_memory_second price_per_gb_disk_io', 'e2b_cost_records');
comment on trigger _100_open_price on copilot_internal.e2b_pricing is
  'A new price ends the one before it.';
create or replace trigger _300_guard_price
  before update or delete on copilot_internal.e2b_pricing
  for each row execute function copilot_internal.guard_price(
    'tier region', 'price_per_second price_per_cpu_core_second price_per_gb_memory_second price_per_gb_disk_io', 'e2b_cost_records');
comment on trigger _300_guard_price on copilot_internal.e2b_pricing is
  'What was charged stays explained.';
create or replace trigger _400_split_price
  after update on copilot_internal.e2b_pricing
  for each row execute function copilot_internal.split_price(
    'tier region', 'price_per_second price_per_cpu_core_second price_per_gb_memory_second price_per_gb_disk_io', 'e2b_cost_records');
comment on trigger _400_split_price on copilot_internal.e2b_pricing is
  'A price changed in place leaves the old one behind.';
create or replace trigger _500_refuse_rewriting
  after update on copilot_internal.e2b_pricing
  referencing old table as touched
  for each statement execute function copilot_internal.refuse_rewriting();
comment on trigger _500_refuse_rewriting on copilot_internal.e2b_pricing is
  'History is not rewritten.';


-- =====================================================================================================================
-- The right way to change a price
-- =====================================================================================================================

create or replace function copilot_internal.assert_price(variadic prices numeric[])
  returns void
  language plpgsql
  immutable
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.assert_price(numeric[]) is
  'Raises 22023 for a price that a price list cannot hold exactly; otherwise, and for NULL, does nothing.';
revoke execute on function copilot_internal.assert_price(numeric[]) from public, anon, authenticated;
grant execute on function copilot_internal.assert_price(numeric[]) to service_role;

create or replace function copilot_internal.assert_no_price_jump(before numeric, after numeric, unit text)
  returns void
  language plpgsql
  immutable
  security invoker
  set search_path = ''
as $$
begin
  if before > 0 and after > 0 and (after >= before * 100 or before >= after * 100) then
    raise exception using errcode = 'QT003',
      message = format('A price of %s instead of %s looks like another unit.', trim_scale(after), trim_scale(before)),
      detail = 'It would change by a factor of 100 or more.',
      hint = format('Prices are in USD %s. If it is meant, pass allow_jump => true.', unit);
  end if;
end
$$;
comment on function copilot_internal.assert_no_price_jump(numeric, numeric, text) is
  'Raises QT003 when a price would change by a factor of 100 or more: most such changes mistake the unit.';
revoke execute on function copilot_internal.assert_no_price_jump(numeric, numeric, text) from public, anon, authenticated;
grant execute on function copilot_internal.assert_no_price_jump(numeric, numeric, text) to service_role;

create or replace function copilot_internal.set_model_price(
  provider                 text,
  model                    text,
  input_price_per_million  numeric,
  output_price_per_million numeric,
  effective_date           timestamptz default now(),
  source                   text        default null,
  notes                    text        default null,
  changed_by               text        default null,
  allow_jump               boolean     default false
)
  returns uuid
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.set_model_price(text, text, numeric, numeric, timestamptz, text, text, text, boolean) is
  'Sets the price of a model from effective_date on, in USD per million tokens, and answers the id of the price then in '
  'force. The price before ends there, without gap; a price scheduled for later stays. Does nothing when that is the price '
  'already. Raises 22004 for NULL, 22023 for a price that is none, QT001 when usage after that date is already recorded, '
  'QT003 for a change by a factor of 100 or more, unless it is allowed.';
revoke execute on function copilot_internal.set_model_price(text, text, numeric, numeric, timestamptz, text, text, text, boolean)
  from public, anon, authenticated;
grant execute on function copilot_internal.set_model_price(text, text, numeric, numeric, timestamptz, text, text, text, boolean)
  to service_role;

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
  allow_jump                 boolean     default false
)
  returns uuid
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.set_e2b_price(text, text, numeric, numeric, numeric, numeric, timestamptz, text, text, text, boolean) is
  'Sets the price of a tier in a region from effective_date on, in USD, and answers the id of the price then in force. '
  'Resource rates left NULL stay as they are. The price before ends there, without gap; a price scheduled for later stays. '
  'Does nothing when that is the price already. Raises 22004 for NULL, 22023 for a price that is none, QT001 when usage '
  'after that date is already recorded, QT003 for a change by a factor of 100 or more, unless it is allowed.';
revoke execute on function
  copilot_internal.set_e2b_price(text, text, numeric, numeric, numeric, numeric, timestamptz, text, text, text, boolean)
from public, anon, authenticated;
grant execute on function
  copilot_internal.set_e2b_price(text, text, numeric, numeric, numeric, numeric, timestamptz, text, text, text, boolean)
to service_role;
