-- Price history
--
-- What:  versions of a price that never rewrite the past: what is in force when, components that belong to a version, the
--        triggers that make the published recipes keep history, and set_model_price, set_e2b_price, cancel_model_price and
--        cancel_e2b_price, the right way to change a price.
-- Why:   what was charged yesterday has to be explained tomorrow: a price change must never rewrite the past.
-- Rerun: safe at any time, on any data. Ends that an earlier state of this file wrote into versions are taken out.
-- Undo:  drop view copilot_internal.model_price_periods, copilot_internal.e2b_price_periods;
--        drop function copilot_internal.set_model_price, copilot_internal.set_e2b_price, copilot_internal.cancel_model_price,
--          copilot_internal.cancel_e2b_price;
--        drop function copilot_internal.start_model_price, copilot_internal.start_e2b_price, copilot_internal.guard_model_price,
--          copilot_internal.guard_e2b_price, copilot_internal.keep_former_model_price, copilot_internal.keep_former_e2b_price,
--          copilot_internal.give_components, copilot_internal.check_price, copilot_internal.settle_price,
--          copilot_internal.guard_component, copilot_internal.guard_new_components cascade;
--        drop view copilot_internal.price_versions, copilot_internal.priced_usage;
--        drop table copilot_internal.model_pricing_components;

-- A row of a price list is a version. Of the versions that have begun and not expired, the one that began last is in force:
-- one at any moment, by construction. No row is written because of another, so a statement that writes none changes nothing,
-- and what is cancelled, expires or was never inserted leaves nothing to repair.


-- Applied after the files before it, which know what to do with tables of these names that are somebody else's.
do $$
declare
  missing text;
begin
  select string_agg(format('%s.%s', "table", "column"), ', ' order by n, m) into missing
  from (values
    (1, false, 'llm_cost_records', 'pricing_id is_adopted'),
    (2, false, 'e2b_cost_records', 'pricing_id is_adopted'),
    (3, false, 'cost_quotas', 'spent_usd resource_type'),
    (4, false, 'e2b_pricing', 'price_per_second price_per_cpu_core_second'),
    (5, false, 'model_pricing', 'id input_price_per_million'),
    (6, false, 'quota_reservations', 'amount_usd'),
    (7, true, 'model_pricing_components', 'pricing_id variant component price_per_million threshold_input_tokens is_derived notes')
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
      message = '20260105000001_price_history.sql needs 20260104000002_llm_model_pricing.sql before it: nothing was changed.',
      detail = format('Not there: %s.', missing),
      hint = 'Run the files in the order of their names, from 20260103000001_cost_tracking_foundation.sql on, and stop at the first that is refused: it says what is in the way.';
  end if;
end
$$;


-- =====================================================================================================================
-- Who changed a price
-- =====================================================================================================================
-- When is created_at, from what source is source.

do $$
begin
  if not exists (
    select from pg_catalog.pg_attribute where attrelid = 'copilot_internal.model_pricing'::regclass and attname = 'created_by'
  ) then
    alter table copilot_internal.model_pricing add column created_by text not null default current_user;
  end if;
  if not exists (
    select from pg_catalog.pg_attribute where attrelid = 'copilot_internal.model_pricing'::regclass and attname = 'announced_end'
  ) then
    alter table copilot_internal.model_pricing add column announced_end timestamptz;
  end if;
  if not exists (
    select from pg_catalog.pg_attribute where attrelid = 'copilot_internal.e2b_pricing'::regclass and attname = 'announced_end'
  ) then
    alter table copilot_internal.e2b_pricing add column announced_end timestamptz;
  end if;
  -- What is not given is the tier's: see start_e2b_price.
  if exists (
    select from pg_catalog.pg_attribute
    where attrelid = 'copilot_internal.e2b_pricing'::regclass and attname = 'price_per_cpu_core_second' and atthasdef
  ) then
    alter table copilot_internal.e2b_pricing
      alter column price_per_cpu_core_second drop default,
      alter column price_per_gb_memory_second drop default,
      alter column price_per_gb_disk_io drop default;
  end if;
  if not exists (
    select from pg_catalog.pg_attribute where attrelid = 'copilot_internal.e2b_pricing'::regclass and attname = 'created_by'
  ) then
    alter table copilot_internal.e2b_pricing add column created_by text not null default current_user;
  end if;
end
$$;
comment on column copilot_internal.model_pricing.created_by is 'Who set the price: a name that was given, else the database role.';
comment on column copilot_internal.e2b_pricing.created_by is 'Who set the price: a name that was given, else the database role.';
comment on column copilot_internal.model_pricing.announced_end is 'When a successor is to begin, as the first half of the published recipe has said: it ends nothing, but the second half may not leave a gap.';
comment on column copilot_internal.e2b_pricing.announced_end is 'When a successor is to begin, as an UPDATE that set prices and an end has said: it ends nothing, but the successor may not leave a gap.';


-- =====================================================================================================================
-- From an earlier state
-- =====================================================================================================================
-- Ends used to be written into the version before. Without them a version ends where the next begins, as it did.

do $$
declare
  old_trigger record;
begin
  if not exists (select from pg_catalog.pg_constraint where conname = 'model_pricing_periods_do_not_overlap') then
    return;
  end if;
  for old_trigger in
    select tgrelid::regclass as list, tgname from pg_catalog.pg_trigger
    where tgrelid in ('copilot_internal.model_pricing'::regclass, 'copilot_internal.e2b_pricing'::regclass) and not tgisinternal
  loop
    execute format('drop trigger %I on %s', old_trigger.tgname, old_trigger.list);
  end loop;
  alter table copilot_internal.model_pricing drop constraint if exists model_pricing_periods_do_not_overlap;
  alter table copilot_internal.e2b_pricing drop constraint if exists e2b_pricing_periods_do_not_overlap;

  -- What was replaced at its own start has never been in force.
  delete from copilot_internal.model_pricing as p
  where p.expires_at = p.effective_date
    and not exists (select from copilot_internal.llm_cost_records as r where r.pricing_id = p.id);
  delete from copilot_internal.e2b_pricing as p
  where p.expires_at = p.effective_date
    and not exists (select from copilot_internal.e2b_cost_records as r where r.pricing_id = p.id);
  update copilot_internal.model_pricing as p set expires_at = null
  where exists (
    select from copilot_internal.model_pricing as n
    where (n.provider, n.model, n.effective_date) = (p.provider, p.model, p.expires_at)
  );
  update copilot_internal.e2b_pricing as p set expires_at = null
  where exists (
    select from copilot_internal.e2b_pricing as n where (n.tier, n.region, n.effective_date) = (p.tier, p.region, p.expires_at)
  );
end
$$;
drop function if exists copilot_internal.queue_price_change() cascade;
drop function if exists copilot_internal.price_end(text, uuid, timestamptz);
drop function if exists copilot_internal.open_price() cascade;
drop function if exists copilot_internal.await_successor() cascade;
drop function if exists copilot_internal.guard_price() cascade;
drop function if exists copilot_internal.split_price() cascade;
drop function if exists copilot_internal.refuse_rewriting() cascade;
drop function if exists copilot_internal.set_model_price(text, text, numeric, numeric, timestamptz, text, text, text, boolean);
drop function if exists
  copilot_internal.set_e2b_price(text, text, numeric, numeric, numeric, numeric, timestamptz, text, text, text, boolean);
drop index if exists copilot_internal.model_pricing_provider_model_effective_date_idx;
drop index if exists copilot_internal.e2b_pricing_tier_region_effective_date_idx;


-- =====================================================================================================================
-- Components of a version
-- =====================================================================================================================

create table if not exists copilot_internal.model_pricing_components (
  pricing_id             uuid           not null,
  variant                text           not null,
  component              text           not null,
  price_per_million      numeric(20,12) not null,
  threshold_input_tokens bigint,
  is_derived             boolean        not null default false,
  notes                  text,
  created_at             timestamptz    not null default now(),

  constraint model_pricing_components_pkey primary key (pricing_id, variant, component),
  constraint model_pricing_components_variant_known check (variant in ('standard', 'batch', 'long_context')),
  constraint model_pricing_components_component_known check (
    component in ('input', 'output', 'cached_input', 'cache_write_5m', 'cache_write_1h')
  ),
  -- The plain prices stand in model_pricing.
  constraint model_pricing_components_standard_is_not_plain check (
    variant <> 'standard' or component not in ('input', 'output')
  ),
  constraint model_pricing_components_threshold_for_long_context check (
    (variant = 'long_context') = (threshold_input_tokens is not null)
  ),
  constraint model_pricing_components_threshold_not_negative check (threshold_input_tokens >= 0),
  constraint model_pricing_components_price_not_negative check (price_per_million >= 0 and price_per_million < 'NaN')
);

comment on table copilot_internal.model_pricing_components is
  'What a version of a model''s price asks for other than plain input and output tokens.';
comment on column copilot_internal.model_pricing_components.pricing_id is 'The version of the price, a row of model_pricing.';
comment on column copilot_internal.model_pricing_components.variant is 'When it applies: standard, batch (requests that may wait), long_context (input above the threshold).';
comment on column copilot_internal.model_pricing_components.component is 'What it is for: input, output, cached_input, cache_write_5m or cache_write_1h (kept for five minutes or an hour).';
comment on column copilot_internal.model_pricing_components.price_per_million is 'USD for a million tokens.';
comment on column copilot_internal.model_pricing_components.threshold_input_tokens is 'Long context: with more input tokens than this, cached ones included, the whole request is priced so.';
comment on column copilot_internal.model_pricing_components.is_derived is 'Whether the price was derived, from a rule or from the version before, and not read from a price list: what is priced with it is an estimate.';
comment on column copilot_internal.model_pricing_components.notes is 'What else a reader of the price should know.';
comment on column copilot_internal.model_pricing_components.created_at is 'When the row was written.';

do $$
begin
  if not (select relrowsecurity from pg_catalog.pg_class where oid = 'copilot_internal.model_pricing_components'::regclass) then
    alter table copilot_internal.model_pricing_components enable row level security;
  end if;
  if not exists (
    select from pg_catalog.pg_policy
    where polrelid = 'copilot_internal.model_pricing_components'::regclass
      and polname = 'model_pricing_components_select_authenticated'
  ) then
    create policy model_pricing_components_select_authenticated on copilot_internal.model_pricing_components
      for select to authenticated
      using (true);
  end if;
end
$$;
comment on policy model_pricing_components_select_authenticated on copilot_internal.model_pricing_components is
  'Whoever is signed in sees the price list.';

-- Components of a price list that was dropped belong to nothing.
delete from copilot_internal.model_pricing_components as c
where not exists (select from copilot_internal.model_pricing as p where p.id = c.pricing_id);

do $$
begin
  if not exists (
    select from pg_catalog.pg_constraint
    where conrelid = 'copilot_internal.model_pricing_components'::regclass
      and conname = 'model_pricing_components_pricing_id_fkey'
  ) then
    alter table copilot_internal.model_pricing_components
      add constraint model_pricing_components_pricing_id_fkey
      foreign key (pricing_id) references copilot_internal.model_pricing (id) on delete cascade;
  end if;
end
$$;


-- =====================================================================================================================
-- What is in force when
-- =====================================================================================================================

do $$
begin
  if to_regclass('copilot_internal.model_price_periods') is null then
    create view copilot_internal.model_price_periods with (security_invoker = true) as
    select
      p.id as pricing_id, p.provider, p.model, p.input_price_per_million, p.output_price_per_million,
      min(b.begins) as effective_date,
      case when bool_or(b.ends is null) then null else max(b.ends) end as expires_at
    from (
      -- Between two moments at which a version begins or expires, nothing changes. Such stretches of one version that touch
      -- are one period: counted by the changes of version before them.
      select s.*, count(*) filter (where s.is_other) over (partition by s.provider, s.model order by s.begins) as period
      from (
        select m.provider, m.model, m.begins, m.ends, v.id,
               v.id is distinct from lag(v.id) over (partition by m.provider, m.model order by m.begins) as is_other
        from (
          select provider, model, begins, lead(begins) over (partition by provider, model order by begins) as ends
          from (
            select provider, model, effective_date as begins from copilot_internal.model_pricing
            union select provider, model, expires_at from copilot_internal.model_pricing where expires_at is not null
          ) as moments
        ) as m
        left join lateral (
          select p.id from copilot_internal.model_pricing as p
          where p.provider = m.provider and p.model = m.model
            and p.effective_date <= m.begins and (p.expires_at is null or m.begins < p.expires_at)
          order by p.effective_date desc limit 1
        ) as v on true
      ) as s
    ) as b
    join copilot_internal.model_pricing as p on p.id = b.id
    group by p.id, b.period;
  end if;
end
$$;
comment on view copilot_internal.model_price_periods is
  'When each version of a model''s price is in force: [effective_date, expires_at). Periods of a model never overlap. A '
  'version that a promotion interrupts has two.';

do $$
begin
  if to_regclass('copilot_internal.e2b_price_periods') is null then
    create view copilot_internal.e2b_price_periods with (security_invoker = true) as
    select
      p.id as pricing_id, p.tier, p.region, p.price_per_second, p.price_per_cpu_core_second, p.price_per_gb_memory_second,
      p.price_per_gb_disk_io,
      min(b.begins) as effective_date,
      case when bool_or(b.ends is null) then null else max(b.ends) end as expires_at
    from (
      select s.*, count(*) filter (where s.is_other) over (partition by s.tier, s.region order by s.begins) as period
      from (
        select m.tier, m.region, m.begins, m.ends, v.id,
               v.id is distinct from lag(v.id) over (partition by m.tier, m.region order by m.begins) as is_other
        from (
          select tier, region, begins, lead(begins) over (partition by tier, region order by begins) as ends
          from (
            select tier, region, effective_date as begins from copilot_internal.e2b_pricing
            union select tier, region, expires_at from copilot_internal.e2b_pricing where expires_at is not null
          ) as moments
        ) as m
        left join lateral (
          select p.id from copilot_internal.e2b_pricing as p
          where p.tier = m.tier and p.region = m.region
            and p.effective_date <= m.begins and (p.expires_at is null or m.begins < p.expires_at)
          order by p.effective_date desc limit 1
        ) as v on true
      ) as s
    ) as b
    join copilot_internal.e2b_pricing as p on p.id = b.id
    group by p.id, b.period;
  end if;
end
$$;
comment on view copilot_internal.e2b_price_periods is
  'When each version of a tier''s price in a region is in force, as model_price_periods.';

-- Both lists as one, and the usage priced by either: what holds for periods is said once.
do $$
begin
  if to_regclass('copilot_internal.price_versions') is null then
    create view copilot_internal.price_versions with (security_invoker = true) as
    select 'model_pricing' as list, provider as name, model as part, id, effective_date, expires_at, announced_end, created_at
    from copilot_internal.model_pricing
    union all
    select 'e2b_pricing', tier, region, id, effective_date, expires_at, announced_end, created_at
    from copilot_internal.e2b_pricing;
  end if;
end
$$;
comment on view copilot_internal.price_versions is
  'The versions of both price lists: whose price it is (provider and model, tier and region) and from when to when it may be in force.';

do $$
begin
  if to_regclass('copilot_internal.priced_usage') is null then
    create view copilot_internal.priced_usage with (security_invoker = true) as
    select 'model_pricing' as list, pricing_id, recorded_at from copilot_internal.llm_cost_records where pricing_id is not null
    union all
    select 'e2b_pricing', pricing_id, recorded_at from copilot_internal.e2b_cost_records where pricing_id is not null;
  end if;
end
$$;
comment on view copilot_internal.priced_usage is
  'When usage was recorded at which version of a price.';


create or replace function copilot_internal.model_price_at(provider text, model text, moment timestamptz)
  returns uuid
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.model_price_at(text, text, timestamptz) is
  'The version of the price of a model, or of the model an alias stands for, that is in force at a moment; null when there is none.';

create or replace function copilot_internal.e2b_tier_priced(tier text, moment timestamptz)
  returns boolean
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
begin
  return exists (
    select 1 from copilot_internal.e2b_pricing as p
    where p.tier = e2b_tier_priced.tier
      and p.effective_date <= moment
      and (p.expires_at is null or moment < p.expires_at)
  );
end
$$;
comment on function copilot_internal.e2b_tier_priced(text, timestamptz) is
  'Whether any region of a tier has a price at a moment, by which a run is priced or estimated.';


-- =====================================================================================================================
-- One price, one lock
-- =====================================================================================================================
-- Whoever records usage shares the lock of the price that is applied, until the record is committed. Whoever changes that
-- price takes it alone, for the moment of the commit.

create or replace function copilot_internal.price_lock(list text, name text, part text)
  returns bigint
  language plpgsql
  immutable
  security invoker
  set search_path = ''
as $$
begin
  return hash_array_extended(array[list, name, part], 0);
end
$$;
comment on function copilot_internal.price_lock(text, text, text) is
  'The advisory lock of one price: of a list, and of provider and model or tier and region.';

create or replace function copilot_internal.take_price_locks(keys bigint[])
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
  set lock_timeout = '50ms'
as $$
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
$$;
comment on function copilot_internal.take_price_locks(bigint[]) is
  'Waits until nobody records usage at these prices, 5 seconds at most, then raises 55P03. Holds up whoever begins to record for '
  '50 to 400 milliseconds at a time at most.';


-- =====================================================================================================================
-- Triggers before a row is written: they look at it, correct it or refuse it, and write nothing
-- =====================================================================================================================
-- The product's own corrections go past the triggers: while one writes, the setting copilot_internal.price_change is on. Alone
-- it opens nothing: a client's statement is never inside a trigger of its own.

create or replace function copilot_internal.price_moment(list text, name text, part text)
  returns timestamptz
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
begin
  return greatest(now(), (
    select max(v.effective_date) from copilot_internal.price_versions as v
    where (v.list, v.name, v.part) = (price_moment.list, price_moment.name, price_moment.part)
      and v.effective_date >= now() and v.effective_date < now() + interval '1 millisecond' and v.created_at = now()
  ));
end
$$;
comment on function copilot_internal.price_moment(text, text, text) is
  'Now, for who changes a price: when the last of the versions begins that this transaction has begun.';

create or replace function copilot_internal.price_start(list text, name text, part text, wanted timestamptz)
  returns timestamptz
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.price_start(text, text, text, timestamptz) is
  'When a new version that is to start at a moment starts: now, when that is within a minute, else then. Raises QT007 when that '
  'would leave a time to come without a price.';

create or replace function copilot_internal.start_model_price()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  new.effective_date := copilot_internal.price_start('model_pricing', new.provider, new.model, new.effective_date);
  -- The same price again, about now and in one transaction, is there already.
  if exists (
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
comment on function copilot_internal.start_model_price() is
  'Trigger: a price that is to start about now starts now, by the database''s clock.';

create or replace function copilot_internal.start_e2b_price()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.start_e2b_price() is
  'Trigger: a price that is to start about now starts now, by the database''s clock; resource rates that are not given are '
  'those of the region, else of the tier''s dearest region.';

create or replace function copilot_internal.refuse_price_rewriting(
  message text, list text, price uuid, hint text default 'Set a new price with copilot_internal.set_model_price or copilot_internal.set_e2b_price.'
)
  returns void
  language plpgsql
  immutable
  security invoker
  set search_path = ''
as $$
begin
  raise exception using errcode = 'QT001', message = message, detail = format('%s: price %s.', list, coalesce(price::text, 'unknown')), hint = hint;
end
$$;
comment on function copilot_internal.refuse_price_rewriting(text, text, uuid, text) is
  'Raises QT001: what was calculated or charged has to stay true.';

-- What an UPDATE or DELETE may do to a version, on either list; the function of the list hands over what it is about.
create or replace function copilot_internal.guard_price(
  list text, price uuid, began timestamptz, is_deleted boolean, is_renamed boolean, is_moved boolean
)
  returns void
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.guard_price(text, uuid, timestamptz, boolean, boolean, boolean) is
  'Raises QT001 when a version that usage refers to would be deleted, or one that it refers to or that has been in force be renamed or moved.';

create or replace function copilot_internal.price_expiry(
  list text, price uuid, began timestamptz, former timestamptz, wanted timestamptz, announces_successor boolean
)
  returns timestamptz
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.price_expiry(text, uuid, timestamptz, timestamptz, timestamptz, boolean) is
  'When a version whose expires_at is set to a moment expires: about now is now. Where the same statement sets prices, it is '
  'the first half of the published recipe: then nothing expires, and the successor will end it by beginning.';

create or replace function copilot_internal.guard_model_price()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.guard_model_price() is
  'Trigger: a version that usage refers to is not deleted, one that has been in force is neither renamed nor moved, and an '
  'UPDATE that sets prices and an end announces a successor: the price in force stays as it is until that is inserted.';

create or replace function copilot_internal.guard_e2b_price()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.guard_e2b_price() is
  'Trigger: as guard_model_price, for the prices of sandboxes.';


-- =====================================================================================================================
-- Triggers after a row is written: whoever is here knows that it was
-- =====================================================================================================================

-- ── Components of a new version ──────────────────────────────────────────────────────────────────────────────────────

create or replace function copilot_internal.calculate_scaled_price(price numeric, numerator numeric, denominator numeric)
  returns numeric
  language plpgsql
  immutable
  security invoker
  set search_path = ''
as $$
begin
  -- Rounded up to what a price list holds, without a division that rounds on the way.
  return case when denominator > 0 then
    (div(price * numerator * 1000000000000, denominator)
     + (mod(price * numerator * 1000000000000, denominator) > 0)::integer) * 0.000000000001
  end;
end
$$;
comment on function copilot_internal.calculate_scaled_price(numeric, numeric, numeric) is
  'A price times a ratio, rounded up to 12 decimals; null when the ratio has no denominator.';

create or replace function copilot_internal.inherit_components(price uuid)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.inherit_components(uuid) is
  'Gives a version the components of the one before it that it does not have: unchanged, or scaled with the plain price, '
  'whichever is dearer, and marked as derived.';

-- Of an earlier state, which knew no derived components.
do $$
begin
  if exists (
    select from pg_catalog.pg_proc
    where oid = to_regprocedure('copilot_internal.read_components(jsonb)') and not 'is_derived' = any (proargnames)
  ) then
    drop function copilot_internal.read_components(jsonb);
  end if;
end
$$;

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
    end if;
    for one in select key, value from jsonb_each(part.prices) where key <> 'threshold_input_tokens' loop
      if one.key <> all (known) or part.name = 'standard' and one.key in ('input', 'output') then
        raise exception using errcode = '22023', message = format('Unknown component %L.', one.key),
          detail = format('It stands under %s.', part.name),
          hint = 'Use cached_input, cache_write_5m or cache_write_1h; input and output also, under batch and long_context.';
      elsif jsonb_typeof(one.value) not in ('number', 'string') or (one.value #>> '{}') !~ '^[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?$' then
        raise exception using errcode = '22023', message = format('The price of component %s is no number.', one.key),
          detail = format('Got %s.', one.value), hint = 'Pass USD per million tokens.';
      end if;
      perform copilot_internal.assert_price((one.value #>> '{}')::numeric);
      variant := part.name;
      component := one.key;
      price_per_million := (one.value #>> '{}')::numeric;
      threshold_input_tokens := (part.prices ->> 'threshold_input_tokens')::bigint;
      is_derived := part.is_derived;
      return next;
    end loop;
  end loop;
end
$$;
comment on function copilot_internal.read_components(jsonb) is
  'The components in a JSON object: standard ones by name, those of batch and long_context in an object of their own, as in '
  '{"cached_input": 0.3, "batch": {"input": 1.5}, "long_context": {"threshold_input_tokens": 200000, "input": 6}}; under derived, in '
  'the same form, those that no price list states. Raises 22023 for what is not understood.';

create or replace function copilot_internal.give_components()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.give_components() is
  'Trigger: a new version has the components that set_model_price was given (setting copilot_internal.components), else those '
  'of the version before it.';

create or replace function copilot_internal.guard_component()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.guard_component() is
  'Trigger: raises QT001 when a component of a version that has been in force, or that usage refers to, would be rewritten or deleted.';

create or replace function copilot_internal.guard_new_components()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.guard_new_components() is
  'Trigger: a version gets its components in one statement and before it is used; raises QT001 for more of them later. One that is '
  'in force, has none and was never charged may still be given them, all at once: until then all but plain usage of it was an '
  'estimate, and no record depends on it.';

-- ── A price that is changed in place leaves the old one behind ───────────────────────────────────────────────────────
-- The whole statement is judged at once: of the rows that it met, the version in force goes on as a new one, and those that
-- are scheduled or over, which a recipe meets by the way, keep what they had.

create or replace function copilot_internal.keep_former_model_price()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.keep_former_model_price() is
  'Trigger: a price in force that is changed in place keeps its value for its time, and a new version goes on with the new '
  'one. What is scheduled beside it keeps its price. Raises QT001 when the statement met only prices that are over.';

create or replace function copilot_internal.keep_former_e2b_price()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.keep_former_e2b_price() is
  'Trigger: as keep_former_model_price, for the prices of sandboxes.';

-- ── Usage lies in the period of the price it was charged at ──────────────────────────────────────────────────────────

create or replace function copilot_internal.touch_price_versions(list text, name text, part text, starts timestamptz)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  -- Written anew as they are: whoever records at one of them under repeatable read, with a snapshot from before, finds out.
  -- Here, and not at the commit: nobody waits for a row while others wait for an advisory lock that they hold.
  perform set_config('copilot_internal.price_change', 'on', true);
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
  perform set_config('copilot_internal.price_change', '', true);
end
$$;
comment on function copilot_internal.touch_price_versions(text, text, text, timestamptz) is
  'Writes the versions that a new one takes time from once more, so that snapshots from before are found to be too old.';

create or replace function copilot_internal.settle_price(price uuid, at_commit boolean)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.settle_price(uuid, boolean) is
  'Holds that all usage lies in the period of the price it was charged at: a price that begins or ends now does so right after '
  'the last usage recorded at the price before. Raises QT001 for another that would break it, and 55P03 when others do not '
  'commit what they record.';

create or replace function copilot_internal.check_price()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.check_price() is
  'Trigger: calls settle_price, at once for what can be seen and once more at the commit, alone with the price.';

-- ── On both price lists ──────────────────────────────────────────────────────────────────────────────────────────────

do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger where tgrelid = 'copilot_internal.model_pricing'::regclass and tgname = '_100_start_price'
  ) then
    create trigger _100_start_price
      before insert on copilot_internal.model_pricing
      for each row
      execute function copilot_internal.start_model_price();
  end if;
end
$$;
comment on trigger _100_start_price on copilot_internal.model_pricing is
  'About now is now.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger where tgrelid = 'copilot_internal.model_pricing'::regclass and tgname = '_200_await_successor'
  ) then
    create trigger _200_await_successor
      before update of input_price_per_million, output_price_per_million on copilot_internal.model_pricing
      for each row
      when (pg_trigger_depth() = 0 or current_setting('copilot_internal.price_change', true) is distinct from 'on')
      execute function copilot_internal.guard_model_price('announces');
  end if;
end
$$;
comment on trigger _200_await_successor on copilot_internal.model_pricing is
  'The first half of the published recipe changes nothing yet.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger where tgrelid = 'copilot_internal.model_pricing'::regclass and tgname = '_300_guard_price'
  ) then
    create trigger _300_guard_price
      before update or delete on copilot_internal.model_pricing
      for each row
      when (pg_trigger_depth() = 0 or current_setting('copilot_internal.price_change', true) is distinct from 'on')
      execute function copilot_internal.guard_model_price();
  end if;
end
$$;
comment on trigger _300_guard_price on copilot_internal.model_pricing is
  'What was charged stays explained.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger where tgrelid = 'copilot_internal.model_pricing'::regclass and tgname = '_400_give_components'
  ) then
    create trigger _400_give_components
      after insert on copilot_internal.model_pricing
      for each row
      execute function copilot_internal.give_components();
  end if;
end
$$;
comment on trigger _400_give_components on copilot_internal.model_pricing is
  'A version has components from its first moment.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger where tgrelid = 'copilot_internal.model_pricing'::regclass and tgname = '_500_keep_former_price'
  ) then
    create trigger _500_keep_former_price
      after update on copilot_internal.model_pricing
      referencing old table as former new table as wanted
      for each statement
      when (pg_trigger_depth() = 0 or current_setting('copilot_internal.price_change', true) is distinct from 'on')
      execute function copilot_internal.keep_former_model_price();
  end if;
end
$$;
comment on trigger _500_keep_former_price on copilot_internal.model_pricing is
  'A price changed in place leaves the old one behind.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger where tgrelid = 'copilot_internal.model_pricing'::regclass and tgname = '_600_check_new_price'
  ) then
    create trigger _600_check_new_price
      after insert on copilot_internal.model_pricing
      for each row
      execute function copilot_internal.check_price('at once');
  end if;
end
$$;
comment on trigger _600_check_new_price on copilot_internal.model_pricing is
  'Usage lies in the period of its price.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger where tgrelid = 'copilot_internal.model_pricing'::regclass and tgname = '_610_check_moved_price'
  ) then
    create trigger _610_check_moved_price
      after update on copilot_internal.model_pricing
      for each row
      when ((new.effective_date, new.expires_at) is distinct from (old.effective_date, old.expires_at)
            and (pg_trigger_depth() = 0 or current_setting('copilot_internal.price_change', true) is distinct from 'on'))
      execute function copilot_internal.check_price('at once');
  end if;
end
$$;
comment on trigger _610_check_moved_price on copilot_internal.model_pricing is
  'Usage lies in the period of its price.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger where tgrelid = 'copilot_internal.model_pricing'::regclass and tgname = '_700_settle_new_price'
  ) then
    create constraint trigger _700_settle_new_price
      after insert on copilot_internal.model_pricing
      deferrable initially deferred for each row
      execute function copilot_internal.check_price('at commit');
  end if;
end
$$;
comment on trigger _700_settle_new_price on copilot_internal.model_pricing is
  'Usage that others are recording lies in the period of its price, too.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger where tgrelid = 'copilot_internal.model_pricing'::regclass and tgname = '_710_settle_moved_price'
  ) then
    create constraint trigger _710_settle_moved_price
      after update on copilot_internal.model_pricing
      deferrable initially deferred for each row
      when ((new.effective_date, new.expires_at) is distinct from (old.effective_date, old.expires_at)
            and (pg_trigger_depth() = 0 or current_setting('copilot_internal.price_change', true) is distinct from 'on'))
      execute function copilot_internal.check_price('at commit');
  end if;
end
$$;
comment on trigger _710_settle_moved_price on copilot_internal.model_pricing is
  'Usage that others are recording lies in the period of its price, too.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger where tgrelid = 'copilot_internal.e2b_pricing'::regclass and tgname = '_100_start_price'
  ) then
    create trigger _100_start_price
      before insert on copilot_internal.e2b_pricing
      for each row
      execute function copilot_internal.start_e2b_price();
  end if;
end
$$;
comment on trigger _100_start_price on copilot_internal.e2b_pricing is
  'About now is now, and resource rates are those of the tier.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger where tgrelid = 'copilot_internal.e2b_pricing'::regclass and tgname = '_200_await_successor'
  ) then
    create trigger _200_await_successor
      before update of price_per_second, price_per_cpu_core_second, price_per_gb_memory_second, price_per_gb_disk_io on copilot_internal.e2b_pricing
      for each row
      when (pg_trigger_depth() = 0 or current_setting('copilot_internal.price_change', true) is distinct from 'on')
      execute function copilot_internal.guard_e2b_price('announces');
  end if;
end
$$;
comment on trigger _200_await_successor on copilot_internal.e2b_pricing is
  'A price that is set together with an end announces its successor.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger where tgrelid = 'copilot_internal.e2b_pricing'::regclass and tgname = '_300_guard_price'
  ) then
    create trigger _300_guard_price
      before update or delete on copilot_internal.e2b_pricing
      for each row
      when (pg_trigger_depth() = 0 or current_setting('copilot_internal.price_change', true) is distinct from 'on')
      execute function copilot_internal.guard_e2b_price();
  end if;
end
$$;
comment on trigger _300_guard_price on copilot_internal.e2b_pricing is
  'What was charged stays explained.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger where tgrelid = 'copilot_internal.e2b_pricing'::regclass and tgname = '_500_keep_former_price'
  ) then
    create trigger _500_keep_former_price
      after update on copilot_internal.e2b_pricing
      referencing old table as former new table as wanted
      for each statement
      when (pg_trigger_depth() = 0 or current_setting('copilot_internal.price_change', true) is distinct from 'on')
      execute function copilot_internal.keep_former_e2b_price();
  end if;
end
$$;
comment on trigger _500_keep_former_price on copilot_internal.e2b_pricing is
  'A price changed in place leaves the old one behind.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger where tgrelid = 'copilot_internal.e2b_pricing'::regclass and tgname = '_600_check_new_price'
  ) then
    create trigger _600_check_new_price
      after insert on copilot_internal.e2b_pricing
      for each row
      execute function copilot_internal.check_price('at once');
  end if;
end
$$;
comment on trigger _600_check_new_price on copilot_internal.e2b_pricing is
  'Usage lies in the period of its price.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger where tgrelid = 'copilot_internal.e2b_pricing'::regclass and tgname = '_610_check_moved_price'
  ) then
    create trigger _610_check_moved_price
      after update on copilot_internal.e2b_pricing
      for each row
      when ((new.effective_date, new.expires_at) is distinct from (old.effective_date, old.expires_at)
            and (pg_trigger_depth() = 0 or current_setting('copilot_internal.price_change', true) is distinct from 'on'))
      execute function copilot_internal.check_price('at once');
  end if;
end
$$;
comment on trigger _610_check_moved_price on copilot_internal.e2b_pricing is
  'Usage lies in the period of its price.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger where tgrelid = 'copilot_internal.e2b_pricing'::regclass and tgname = '_700_settle_new_price'
  ) then
    create constraint trigger _700_settle_new_price
      after insert on copilot_internal.e2b_pricing
      deferrable initially deferred for each row
      execute function copilot_internal.check_price('at commit');
  end if;
end
$$;
comment on trigger _700_settle_new_price on copilot_internal.e2b_pricing is
  'Usage that others are recording lies in the period of its price, too.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger where tgrelid = 'copilot_internal.e2b_pricing'::regclass and tgname = '_710_settle_moved_price'
  ) then
    create constraint trigger _710_settle_moved_price
      after update on copilot_internal.e2b_pricing
      deferrable initially deferred for each row
      when ((new.effective_date, new.expires_at) is distinct from (old.effective_date, old.expires_at)
            and (pg_trigger_depth() = 0 or current_setting('copilot_internal.price_change', true) is distinct from 'on'))
      execute function copilot_internal.check_price('at commit');
  end if;
end
$$;
comment on trigger _710_settle_moved_price on copilot_internal.e2b_pricing is
  'Usage that others are recording lies in the period of its price, too.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger where tgrelid = 'copilot_internal.model_pricing_components'::regclass and tgname = '_100_guard_component'
  ) then
    create trigger _100_guard_component
      before update or delete on copilot_internal.model_pricing_components
      for each row execute function copilot_internal.guard_component();
  end if;
end
$$;
comment on trigger _100_guard_component on copilot_internal.model_pricing_components is
  'What was calculated stays explained.';
do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger where tgrelid = 'copilot_internal.model_pricing_components'::regclass and tgname = '_200_guard_new_components'
  ) then
    create trigger _200_guard_new_components
      after insert on copilot_internal.model_pricing_components
      referencing new table as added
      for each statement execute function copilot_internal.guard_new_components();
  end if;
end
$$;
comment on trigger _200_guard_new_components on copilot_internal.model_pricing_components is
  'A version gets its components at once.';


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

create or replace function copilot_internal.begin_price_change(list text, name text, part text)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
  set lock_timeout = '5s'
as $$
begin
  -- A lock of those who change prices, not of those who record.
  perform pg_advisory_xact_lock(copilot_internal.price_lock('change of ' || list, name, part));
exception when lock_not_available then
  raise exception using errcode = '55P03',
    message = format('The price of %s %s is not changed: another change of it has not been committed for 5 seconds.', name, part),
    detail = format('Changes of one price in %s come one after the other.', list),
    hint = 'Try again; look for sessions that are idle in transaction in pg_stat_activity.';
end
$$;
comment on function copilot_internal.begin_price_change(text, text, text) is
  'Waits until nobody else changes a price by function, 5 seconds at most, then raises 55P03.';

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
     set_model_price.notes, coalesce(changed_by, current_user));
  perform set_config('copilot_internal.components', '', true);
  return opened;
end
$$;
comment on function copilot_internal.set_model_price(
  text, text, numeric, numeric, timestamptz, text, text, text, boolean, jsonb, timestamptz
) is
  'Sets the price of a model from effective_date on, in USD per million tokens, and answers the id of that version. A time '
  'within a minute of now is now. With expires_at it is a promotion: the price before it follows it. components: cached, '
  'cache-write, batch and long-context prices, as in {"cached_input": 0.3, "batch": {"input": 1.5, "output": 7.5}}, and under derived '
  'those that no price list states, which are estimates; left out, those of the version before are taken over as estimates, and '
  'never cheaper. Does nothing when all that is so already. A price '
  'scheduled for later stays. Raises 22004 for NULL, 22023 for a price that is none, QT001 when usage after that date is '
  'recorded, QT003 for a change by a factor of 100 or more, unless it is allowed, QT007 for a gap, 55P03 when others do not '
  'commit within 5 seconds what they record at this price.';

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
     starts, set_e2b_price.expires_at, set_e2b_price.source, set_e2b_price.notes, coalesce(changed_by, current_user));
  return opened;
end
$$;
comment on function copilot_internal.set_e2b_price(
  text, text, numeric, numeric, numeric, numeric, timestamptz, text, text, text, boolean, timestamptz
) is
  'Sets the price of a tier in a region from effective_date on, in USD, and answers the id of that version. A time within a '
  'minute of now is now. Resource rates left NULL stay as they are; those of a new region are the tier''s dearest. With '
  'expires_at it is a promotion: the price before it follows it. Does nothing when all that is so already. A price scheduled '
  'for later stays. Raises 22004 for NULL, 22023 for a price that is none, QT001 when usage after that date is recorded, QT003 '
  'for a change by a factor of 100 or more, unless it is allowed, QT007 for a gap, 55P03 when others do not commit within 5 '
  'seconds what they record at this price.';

create or replace function copilot_internal.cancel_model_price(
  provider text, model text, effective_date timestamptz default null
)
  returns integer
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.cancel_model_price(text, text, timestamptz) is
  'Cancels the price of a model that is scheduled for effective_date, or all that are scheduled, and answers how many; the '
  'price before then goes on. Raises 22004 for NULL, QT001 for a price that has begun or at which usage is reported already.';

create or replace function copilot_internal.cancel_e2b_price(
  tier text, region text, effective_date timestamptz default null
)
  returns integer
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.cancel_e2b_price(text, text, timestamptz) is
  'Cancels the price of a tier in a region that is scheduled for effective_date, or all that are scheduled, and answers how '
  'many: as cancel_model_price.';
