-- Usage recording
--
-- What:  record_llm_usage, record_e2b_usage and their batches: one call prices usage at its own time, writes the records with
--        the prices that were applied, and charges every quota concerned.
-- Why:   price, record and quota belong into one transaction, and a report that is sent twice must not be paid twice.
-- Rerun: safe at any time, on any data. Requests recorded before this file are recognised from then on. Records of an earlier
--        state that carry no price are marked: unpriced where they cost nothing, else adopted.
-- Undo:  drop function copilot_internal.record_llm_usage, copilot_internal.record_e2b_usage,
--          copilot_internal.record_llm_usage_batch, copilot_internal.record_e2b_usage_batch, copilot_internal.record_llm_reports,
--          copilot_internal.record_e2b_reports, copilot_internal.charge_usage, copilot_internal.claim_requests;
--        drop function copilot_internal.refuse_record_rewriting, copilot_internal.check_llm_record_prices,
--          copilot_internal.check_e2b_record_prices cascade;
--        drop table copilot_internal.usage_requests, copilot_internal.usage_changes, copilot_internal.quota_charge_estimates;


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
    (7, false, 'model_pricing_components', 'pricing_id'),
    (8, true, 'usage_requests', 'tenant_id resource_type request_id record_id'),
    (9, true, 'usage_changes', 'tenant_id id resource_type record_id request_id change former reason changed_at changed_by'),
    (10, true, 'quota_charge_estimates', 'tenant_id record_id quota_id amount_usd')
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
      message = '20260105000002_usage_recording.sql needs 20260105000001_price_history.sql before it: nothing was changed.',
      detail = format('Not there: %s.', missing),
      hint = 'Run the files in the order of their names, from 20260103000001_cost_tracking_foundation.sql on, and stop at the first that is refused: it says what is in the way.';
  end if;
end
$$;


-- =====================================================================================================================
-- What a record holds
-- =====================================================================================================================

do $$
begin
  if not exists (
    select from pg_catalog.pg_attribute
    where attrelid = 'copilot_internal.llm_cost_records'::regclass and attname = 'charged_at' and not attisdropped
  ) then
    alter table copilot_internal.llm_cost_records
      add column if not exists cached_input_tokens              bigint  not null default 0,
      add column if not exists cache_write_5m_tokens            bigint  not null default 0,
      add column if not exists cache_write_1h_tokens            bigint  not null default 0,
      add column if not exists is_batch                         boolean not null default false,
      add column if not exists variant                          text    not null default 'standard',
      add column if not exists priced_model                     text,
      add column if not exists cached_input_price_per_million   numeric(20,12),
      add column if not exists cache_write_5m_price_per_million numeric(20,12),
      add column if not exists cache_write_1h_price_per_million numeric(20,12),
      add column if not exists reservation_id                   uuid,
      add column if not exists charged_at                       timestamptz;
  end if;
  if not exists (
    select from pg_catalog.pg_attribute
    where attrelid = 'copilot_internal.e2b_cost_records'::regclass and attname = 'charged_at' and not attisdropped
  ) then
    alter table copilot_internal.e2b_cost_records
      add column if not exists reservation_id uuid,
      add column if not exists charged_at     timestamptz;
  end if;
end
$$;

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
comment on column copilot_internal.e2b_cost_records.reservation_id is 'The reservation that held its estimate, if any.';
comment on column copilot_internal.llm_cost_records.charged_at is 'When it was reported, and charged to the quotas of that time; null when it was not, as what is inserted by hand.';
comment on column copilot_internal.e2b_cost_records.charged_at is 'When it was reported, and charged to the quotas of that time; null when it was not, as what is inserted by hand.';

-- A record carries the price that was applied, and its costs follow from that to the last digit, or it is marked: unpriced
-- (nobody knows what it costs) or adopted (recorded elsewhere, at that price list).
do $$
declare
  has_lost boolean;
begin
  if not exists (
    select from pg_catalog.pg_constraint
    where conrelid = 'copilot_internal.llm_cost_records'::regclass and conname = 'llm_cost_records_priced_or_marked'
  ) then
    alter table copilot_internal.llm_cost_records disable trigger user;
    -- What is marked here goes past the triggers that keep rollups right.
    if to_regclass('copilot_internal.llm_usage_rollups') is not null then
      delete from copilot_internal.llm_usage_rollups;
      delete from copilot_internal.usage_rollup_state where resource_type = 'llm';
    end if;
    update copilot_internal.llm_cost_records as r
    set is_unpriced = r.total_cost_usd = 0, is_adopted = r.total_cost_usd <> 0, pricing_id = null,
        input_price_per_million = null, output_price_per_million = null
    where not r.is_unpriced and not r.is_adopted
      and (r.pricing_id is not null
           and r.input_cost_usd = r.input_tokens * r.input_price_per_million * 0.000001
           and r.output_cost_usd = r.output_tokens * r.output_price_per_million * 0.000001) is not true;
    update copilot_internal.llm_cost_records as r
    set pricing_id = null, input_price_per_million = null, output_price_per_million = null
    where (r.is_unpriced or r.is_adopted)
      and coalesce(r.pricing_id::text, r.input_price_per_million::text, r.output_price_per_million::text) is not null;
    -- Also where the price is gone with a list that was dropped: the key is checked for what is new only.
    has_lost := exists (
      select from copilot_internal.llm_cost_records as r
      where r.pricing_id is not null
        and not exists (select from copilot_internal.model_pricing as p where p.id = r.pricing_id)
    );
    if has_lost then
      alter table copilot_internal.llm_cost_records drop constraint if exists llm_cost_records_pricing_id_fkey;
    end if;
    -- What was there before was charged when it was used.
    update copilot_internal.llm_cost_records as r
    set priced_model = case when r.pricing_id is not null then coalesce(r.priced_model, r.model) end,
        charged_at = coalesce(r.charged_at, r.recorded_at);
    if has_lost then
      alter table copilot_internal.llm_cost_records
        add constraint llm_cost_records_pricing_id_fkey
        foreign key (pricing_id) references copilot_internal.model_pricing (id) not valid;
    end if;

    alter table copilot_internal.llm_cost_records enable trigger user;
    alter table copilot_internal.llm_cost_records
      add constraint llm_cost_records_variant_known check (variant in ('standard', 'batch', 'long_context')),
      add constraint llm_cost_records_cached_is_part_of_input check (
        least(cached_input_tokens, cache_write_5m_tokens, cache_write_1h_tokens) >= 0
        and cached_input_tokens::numeric + cache_write_5m_tokens + cache_write_1h_tokens <= greatest(input_tokens, 0)
      ),
      add constraint llm_cost_records_priced_or_marked check (
        case when is_unpriced or is_adopted
          then not (is_unpriced and is_adopted)
               and num_nulls(pricing_id, priced_model, input_price_per_million, output_price_per_million,
                             cached_input_price_per_million, cache_write_5m_price_per_million, cache_write_1h_price_per_million) = 7
          else num_nulls(pricing_id, priced_model, input_price_per_million, output_price_per_million) = 0
               and (cached_input_tokens = 0 or cached_input_price_per_million is not null)
               and (cache_write_5m_tokens = 0 or cache_write_5m_price_per_million is not null)
               and (cache_write_1h_tokens = 0 or cache_write_1h_price_per_million is not null)
        end
      ),
      add constraint llm_cost_records_costs_follow_from_prices check (
        is_unpriced or is_adopted
        or coalesce(
             input_cost_usd = (
               (input_tokens - cached_input_tokens - cache_write_5m_tokens - cache_write_1h_tokens) * input_price_per_million
               + cached_input_tokens * coalesce(cached_input_price_per_million, 0)
               + cache_write_5m_tokens * coalesce(cache_write_5m_price_per_million, 0)
               + cache_write_1h_tokens * coalesce(cache_write_1h_price_per_million, 0)
             ) * 0.000001
             and output_cost_usd = output_tokens * output_price_per_million * 0.000001,
             false)
      );
  end if;
  if not exists (
    select from pg_catalog.pg_constraint
    where conrelid = 'copilot_internal.e2b_cost_records'::regclass and conname = 'e2b_cost_records_priced_or_marked'
  ) then
    alter table copilot_internal.e2b_cost_records disable trigger user;
    -- What is marked here goes past the triggers that keep rollups right.
    if to_regclass('copilot_internal.e2b_usage_rollups') is not null then
      delete from copilot_internal.e2b_usage_rollups;
      delete from copilot_internal.usage_rollup_state where resource_type = 'e2b';
    end if;
    update copilot_internal.e2b_cost_records as r
    set is_unpriced = r.total_cost_usd = 0, is_adopted = r.total_cost_usd <> 0, pricing_id = null, price_per_second = null,
        price_per_cpu_core_second = null, price_per_gb_memory_second = null, price_per_gb_disk_io = null
    where not r.is_unpriced and not r.is_adopted
      and (r.pricing_id is not null
           and r.execution_cost_usd = r.execution_time_seconds * r.price_per_second
           and r.resource_cost_usd = r.cpu_core_seconds * r.price_per_cpu_core_second
             + r.memory_gb_seconds * r.price_per_gb_memory_second + r.disk_io_gb * r.price_per_gb_disk_io) is not true;
    update copilot_internal.e2b_cost_records as r
    set pricing_id = null, price_per_second = null, price_per_cpu_core_second = null, price_per_gb_memory_second = null,
        price_per_gb_disk_io = null
    where (r.is_unpriced or r.is_adopted)
      and num_nonnulls(r.pricing_id, r.price_per_second, r.price_per_cpu_core_second, r.price_per_gb_memory_second,
                       r.price_per_gb_disk_io) > 0;

    update copilot_internal.e2b_cost_records set charged_at = recorded_at where charged_at is null;

    alter table copilot_internal.e2b_cost_records enable trigger user;
    alter table copilot_internal.e2b_cost_records
      add constraint e2b_cost_records_priced_or_marked check (
        case when is_unpriced or is_adopted
          then not (is_unpriced and is_adopted)
               and num_nulls(pricing_id, price_per_second, price_per_cpu_core_second, price_per_gb_memory_second,
                             price_per_gb_disk_io) = 5
          else num_nulls(pricing_id, price_per_second, price_per_cpu_core_second, price_per_gb_memory_second,
                         price_per_gb_disk_io) = 0
        end
      ),
      add constraint e2b_cost_records_costs_follow_from_prices check (
        is_unpriced or is_adopted
        or coalesce(
             execution_cost_usd = execution_time_seconds * price_per_second
             and resource_cost_usd = cpu_core_seconds * price_per_cpu_core_second
               + memory_gb_seconds * price_per_gb_memory_second + disk_io_gb * price_per_gb_disk_io,
             false)
      );
  end if;

  -- Usage of a price in a time, and usage that waits for a price.
  if to_regclass('copilot_internal.llm_cost_records_pricing_id_recorded_at_idx') is null then
    create index llm_cost_records_pricing_id_recorded_at_idx on copilot_internal.llm_cost_records (pricing_id, recorded_at);
    drop index if exists copilot_internal.llm_cost_records_pricing_id_idx;
  end if;
  if to_regclass('copilot_internal.e2b_cost_records_pricing_id_recorded_at_idx') is null then
    create index e2b_cost_records_pricing_id_recorded_at_idx on copilot_internal.e2b_cost_records (pricing_id, recorded_at);
    drop index if exists copilot_internal.e2b_cost_records_pricing_id_idx;
  end if;
  if to_regclass('copilot_internal.llm_cost_records_provider_model_recorded_at_idx') is null then
    create index llm_cost_records_provider_model_recorded_at_idx
      on copilot_internal.llm_cost_records (provider, model, recorded_at) where is_unpriced;
  end if;
  if to_regclass('copilot_internal.e2b_cost_records_tier_recorded_at_idx') is null then
    create index e2b_cost_records_tier_recorded_at_idx
      on copilot_internal.e2b_cost_records (tier, recorded_at) where is_unpriced;
  end if;
end
$$;


-- =====================================================================================================================
-- usage_requests
-- =====================================================================================================================

-- A table of its own, and not a unique key of the records: theirs holds the time, so that they can be partitioned by it.
create table if not exists copilot_internal.usage_requests (
  tenant_id     uuid        not null,
  resource_type text        not null,
  request_id    text        not null,
  record_id     uuid        not null,

  constraint usage_requests_pkey primary key (tenant_id, resource_type, request_id),
  constraint usage_requests_resource_type_known check (resource_type in ('llm', 'e2b'))
);
comment on table copilot_internal.usage_requests is
  'Requests whose usage has been recorded, by the caller''s own name for them: each is recorded once.';
comment on column copilot_internal.usage_requests.tenant_id is 'The tenant that pays.';
comment on column copilot_internal.usage_requests.resource_type is 'What was used: llm or e2b. One request may use both.';
comment on column copilot_internal.usage_requests.request_id is 'The caller''s own name for the request.';
comment on column copilot_internal.usage_requests.record_id is 'The record that was written for it.';

-- =====================================================================================================================
-- usage_changes
-- =====================================================================================================================

-- No foreign key: what a record was is kept when the record is gone.
create table if not exists copilot_internal.usage_changes (
  tenant_id     uuid        not null,
  id            uuid        not null default gen_random_uuid(),
  resource_type text        not null,
  record_id     uuid        not null,
  request_id    text,
  change        text        not null,
  former        jsonb       not null,
  reason        text,
  changed_at    timestamptz not null default clock_timestamp(),
  changed_by    text        not null default current_user,

  constraint usage_changes_pkey primary key (tenant_id, id),
  constraint usage_changes_resource_type_known check (resource_type in ('llm', 'e2b')),
  constraint usage_changes_change_known check (change in ('revised', 'voided', 'repriced')),
  constraint usage_changes_former_is_object check (jsonb_typeof(former) = 'object')
);
comment on table copilot_internal.usage_changes is
  'What records were before they were revised, voided or repriced: a record itself is never rewritten.';
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

-- What a quota was charged for usage without a price, to be given back when the price is known.
create table if not exists copilot_internal.quota_charge_estimates (
  tenant_id  uuid           not null,
  record_id  uuid           not null,
  quota_id   uuid           not null,
  amount_usd numeric(38,18) not null,

  constraint quota_charge_estimates_pkey primary key (tenant_id, record_id, quota_id),
  constraint quota_charge_estimates_quota_id_fkey
    foreign key (quota_id) references copilot_internal.cost_quotas (id) on delete cascade
);
comment on table copilot_internal.quota_charge_estimates is
  'What quotas with unpriced_policy charge_hold were charged for usage without a price: the amount of its reservation.';
comment on column copilot_internal.quota_charge_estimates.tenant_id is 'The tenant that pays.';
comment on column copilot_internal.quota_charge_estimates.record_id is 'The record without a price.';
comment on column copilot_internal.quota_charge_estimates.quota_id is 'The quota that was charged.';
comment on column copilot_internal.quota_charge_estimates.amount_usd is 'USD charged.';

do $$
begin
  if to_regclass('copilot_internal.usage_changes_tenant_id_record_id_idx') is null then
    create index usage_changes_tenant_id_record_id_idx on copilot_internal.usage_changes (tenant_id, record_id);
  end if;
  if to_regclass('copilot_internal.quota_charge_estimates_quota_id_idx') is null then
    create index quota_charge_estimates_quota_id_idx on copilot_internal.quota_charge_estimates (quota_id);
  end if;
  if not (select relrowsecurity from pg_catalog.pg_class where oid = 'copilot_internal.usage_requests'::regclass) then
    alter table copilot_internal.usage_requests enable row level security;
  end if;
  if not (select relrowsecurity from pg_catalog.pg_class where oid = 'copilot_internal.usage_changes'::regclass) then
    alter table copilot_internal.usage_changes enable row level security;
  end if;
  if not (select relrowsecurity from pg_catalog.pg_class where oid = 'copilot_internal.quota_charge_estimates'::regclass) then
    alter table copilot_internal.quota_charge_estimates enable row level security;
  end if;

  if exists (
    select from pg_catalog.pg_attribute
    where attrelid = 'copilot_internal.usage_requests'::regclass and attname = 'recorded_at' and not attisdropped
  ) then
    alter table copilot_internal.usage_requests drop column recorded_at;
  end if;
end
$$;

-- What was recorded without these tables is known by its first record. A request whose record is gone, with its table say,
-- can be reported again, unless it was voided.
delete from copilot_internal.usage_requests as u
where not exists (
    select from copilot_internal.usage_changes as c
    where c.tenant_id = u.tenant_id and c.record_id = u.record_id and c.change = 'voided'
  )
  and case u.resource_type
    when 'llm' then not exists (
      select from copilot_internal.llm_cost_records as r
      where r.tenant_id = u.tenant_id and r.request_id = u.request_id and r.id = u.record_id)
    else not exists (
      select from copilot_internal.e2b_cost_records as r
      where r.tenant_id = u.tenant_id and r.request_id = u.request_id and r.id = u.record_id)
  end;
insert into copilot_internal.usage_requests (tenant_id, resource_type, request_id, record_id)
select distinct on (tenant_id, request_id) tenant_id, 'llm', request_id, id
from copilot_internal.llm_cost_records
where request_id is not null
order by tenant_id, request_id, recorded_at, id
on conflict do nothing;
insert into copilot_internal.usage_requests (tenant_id, resource_type, request_id, record_id)
select distinct on (tenant_id, request_id) tenant_id, 'e2b', request_id, id
from copilot_internal.e2b_cost_records
where request_id is not null
order by tenant_id, request_id, recorded_at, id
on conflict do nothing;


-- =====================================================================================================================
-- The one place where the cost of a record is made
-- =====================================================================================================================

create or replace function copilot_internal.calculate_dearest_price(price numeric, ratios numeric[])
  returns numeric
  language plpgsql
  immutable
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.calculate_dearest_price(numeric, numeric[]) is
  'A price, or what the largest of some ratios makes of it if that is dearer. Ratios are pairs of numerator and denominator; one '
  'with a null counts for nothing.';

create or replace function copilot_internal.calculate_llm_rates(pricing_id uuid, variant text, is_batch boolean default false)
  returns table (
    input numeric, output numeric, cached_input numeric, cache_write_5m numeric, cache_write_1h numeric, estimated text[]
  )
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.calculate_llm_rates(uuid, text, boolean) is
  'What a version of a price asks for each component in a variant (standard, batch, long_context), USD per million tokens, and '
  'which of them are estimates: derived, or without a price of their own and then priced by the dearest rule of the same list.';

create or replace function copilot_internal.calculate_llm_records(records copilot_internal.llm_cost_records[])
  returns copilot_internal.llm_cost_records[]
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
declare
  priced  record;
  stamped copilot_internal.llm_cost_records;
  answers copilot_internal.llm_cost_records[] := records;
  price   record;
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
  end if;
  for priced in
    with asked as materialized (
      select r.ordinality as position, r.provider, r.model, r.recorded_at, r.is_batch, r.output_tokens, r.cached_input_tokens,
             r.cache_write_5m_tokens, r.cache_write_1h_tokens, r.input_tokens,
             r.input_tokens - r.cached_input_tokens - r.cache_write_5m_tokens - r.cache_write_1h_tokens as plain_tokens
      from unnest(records) with ordinality as r
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
$$;
comment on function copilot_internal.calculate_llm_records(copilot_internal.llm_cost_records[]) is
  'The records with prices, costs and marks that the price list gives them as of their own times, in the same order: what '
  'calculate_llm_cost_detailed answers and what is recorded are one calculation. Reads price lists only.';

create or replace function copilot_internal.calculate_e2b_records(records copilot_internal.e2b_cost_records[])
  returns copilot_internal.e2b_cost_records[]
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.calculate_e2b_records(copilot_internal.e2b_cost_records[]) is
  'The records with prices, costs and marks that the price list gives them as of their own times, in the same order. Reads '
  'price lists only.';


-- =====================================================================================================================
-- What was charged is not rewritten, and lies in the period of its price
-- =====================================================================================================================

create or replace function copilot_internal.refuse_record_rewriting()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  raise exception using errcode = 'QT005',
    message = 'What was charged is not rewritten.',
    detail = format('%s: record %s of tenant %s.', tg_table_name, old.id, old.tenant_id),
    hint = 'Replace quantities with copilot_internal.revise_llm_usage or revise_e2b_usage; take usage back with copilot_internal.void_usage.';
end
$$;
comment on function copilot_internal.refuse_record_rewriting() is
  'Trigger: raises QT005 when an UPDATE would change what a record was charged for, or to whom.';

create or replace function copilot_internal.lock_llm_prices(providers text[], models text[])
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
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
$$;
comment on function copilot_internal.lock_llm_prices(text[], text[]) is
  'Shares the locks of the prices of these models until the transaction ends: none of them changes before it has committed.';

create or replace function copilot_internal.lock_e2b_prices(tiers text[], regions text[], moments timestamptz[])
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.lock_e2b_prices(text[], text[], timestamptz[]) is
  'Shares the locks of the prices that these runs may be priced by, until the transaction ends.';

create or replace function copilot_internal.price_llm_reports(reports copilot_internal.llm_cost_records[])
  returns copilot_internal.llm_cost_records[]
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  priced copilot_internal.llm_cost_records[];
  report copilot_internal.llm_cost_records;
  prices uuid[];
  held   integer;
begin
  -- No price changes between the look at it and the commit. One report is taken out of its array: reading that as a table takes
  -- long.
  report := reports[1];
  if cardinality(reports) = 1 then
    perform copilot_internal.lock_llm_prices(array[report.provider], array[report.model]);
  else
    perform copilot_internal.lock_llm_prices(array_agg(r.provider), array_agg(r.model)) from unnest(reports) as r;
  end if;
  -- A price may be deleted that had not begun when its deletion did. Its reference would wait for that, and then fail.
  loop
    priced := copilot_internal.calculate_llm_records(reports);
    report := priced[1];
    prices := case when cardinality(reports) = 1 then array_remove(array[report.pricing_id], null)
                   else array(select distinct r.pricing_id from unnest(priced) as r where r.pricing_id is not null) end;
    select count(*) into held
    from (select 1 from copilot_internal.model_pricing as p where p.id = any (prices) order by p.id for key share) as p;
    exit when held = cardinality(prices);
  end loop;
  return priced;
end
$$;
comment on function copilot_internal.price_llm_reports(copilot_internal.llm_cost_records[]) is
  'What these calls cost, at prices that neither change nor go before the transaction ends.';

create or replace function copilot_internal.price_e2b_reports(reports copilot_internal.e2b_cost_records[])
  returns copilot_internal.e2b_cost_records[]
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.price_e2b_reports(copilot_internal.e2b_cost_records[]) is
  'What these runs cost, at prices that neither change nor go before the transaction ends.';

create or replace function copilot_internal.check_llm_record_prices()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  wrong record;
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
      or a.priced_model <> a.model and not exists (
        select 1 from copilot_internal.model_aliases as n
        where n.provider = a.provider and n.alias = a.model and n.model = a.priced_model
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
$$;
comment on function copilot_internal.check_llm_record_prices() is
  'Trigger: raises QT001 when a record carries a price that the list does not have for its time, 40001 when a snapshot is too old to tell.';

create or replace function copilot_internal.check_e2b_record_prices()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.check_e2b_record_prices() is
  'Trigger: raises QT001 when a record carries a price that the list does not have for its time, 40001 when a snapshot is too old to tell.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger
    where tgrelid = 'copilot_internal.llm_cost_records'::regclass and tgname = '_100_refuse_rewriting'
  ) then
    create trigger _100_refuse_rewriting
      before update on copilot_internal.llm_cost_records
      for each row
      when (
        (old.tenant_id, old.recorded_at, old.id, old.user_id, old.request_id, old.provider, old.model, old.priced_model, old.variant,
         old.is_batch, old.input_tokens, old.output_tokens, old.cached_input_tokens, old.cache_write_5m_tokens,
         old.cache_write_1h_tokens, old.pricing_id, old.input_price_per_million, old.output_price_per_million,
         old.cached_input_price_per_million, old.cache_write_5m_price_per_million, old.cache_write_1h_price_per_million,
         old.input_cost_usd, old.output_cost_usd, old.total_cost_usd, old.is_estimated, old.is_unpriced, old.is_adopted,
         old.reservation_id, old.charged_at)
        is distinct from
        (new.tenant_id, new.recorded_at, new.id, new.user_id, new.request_id, new.provider, new.model, new.priced_model, new.variant,
         new.is_batch, new.input_tokens, new.output_tokens, new.cached_input_tokens, new.cache_write_5m_tokens,
         new.cache_write_1h_tokens, new.pricing_id, new.input_price_per_million, new.output_price_per_million,
         new.cached_input_price_per_million, new.cache_write_5m_price_per_million, new.cache_write_1h_price_per_million,
         new.input_cost_usd, new.output_cost_usd, new.total_cost_usd, new.is_estimated, new.is_unpriced, new.is_adopted,
         new.reservation_id, new.charged_at)
      )
      execute function copilot_internal.refuse_record_rewriting();
  end if;
  if not exists (
    select from pg_catalog.pg_trigger
    where tgrelid = 'copilot_internal.e2b_cost_records'::regclass and tgname = '_100_refuse_rewriting'
  ) then
    create trigger _100_refuse_rewriting
      before update on copilot_internal.e2b_cost_records
      for each row
      when (
        (old.tenant_id, old.recorded_at, old.id, old.user_id, old.request_id, old.tier, old.region, old.execution_time_seconds,
         old.cpu_core_seconds, old.memory_gb_seconds, old.disk_io_gb, old.pricing_id, old.price_per_second,
         old.price_per_cpu_core_second, old.price_per_gb_memory_second, old.price_per_gb_disk_io, old.execution_cost_usd,
         old.resource_cost_usd, old.total_cost_usd, old.is_estimated, old.is_unpriced, old.is_adopted, old.reservation_id,
         old.charged_at)
        is distinct from
        (new.tenant_id, new.recorded_at, new.id, new.user_id, new.request_id, new.tier, new.region, new.execution_time_seconds,
         new.cpu_core_seconds, new.memory_gb_seconds, new.disk_io_gb, new.pricing_id, new.price_per_second,
         new.price_per_cpu_core_second, new.price_per_gb_memory_second, new.price_per_gb_disk_io, new.execution_cost_usd,
         new.resource_cost_usd, new.total_cost_usd, new.is_estimated, new.is_unpriced, new.is_adopted, new.reservation_id,
         new.charged_at)
      )
      execute function copilot_internal.refuse_record_rewriting();
  end if;
  if not exists (
    select from pg_catalog.pg_trigger
    where tgrelid = 'copilot_internal.llm_cost_records'::regclass and tgname = '_200_check_record_prices'
  ) then
    create trigger _200_check_record_prices
      after insert on copilot_internal.llm_cost_records
      referencing new table as added
      for each statement execute function copilot_internal.check_llm_record_prices();
  end if;
  if not exists (
    select from pg_catalog.pg_trigger
    where tgrelid = 'copilot_internal.e2b_cost_records'::regclass and tgname = '_200_check_record_prices'
  ) then
    create trigger _200_check_record_prices
      after insert on copilot_internal.e2b_cost_records
      referencing new table as added
      for each statement execute function copilot_internal.check_e2b_record_prices();
  end if;
end
$$;
comment on trigger _100_refuse_rewriting on copilot_internal.llm_cost_records is
  'What was charged is not rewritten.';
comment on trigger _100_refuse_rewriting on copilot_internal.e2b_cost_records is
  'What was charged is not rewritten.';
comment on trigger _200_check_record_prices on copilot_internal.llm_cost_records is
  'A record lies in the period of its price.';
comment on trigger _200_check_record_prices on copilot_internal.e2b_cost_records is
  'A record lies in the period of its price.';


-- =====================================================================================================================
-- Arguments
-- =====================================================================================================================

create or replace function copilot_internal.assert_request(
  request_id text, conversation_id text default null, recorded_at timestamptz default now()
)
  returns void
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.assert_request(text, text, timestamptz) is
  'Raises 22023 for a request_id that is blank, names that are too long for an index, and a time that is infinite; '
  'otherwise, and for NULL, does nothing.';

create or replace function copilot_internal.assert_llm_report(report copilot_internal.llm_cost_records)
  returns void
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
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
  end if;
  perform copilot_internal.assert_request(report.request_id, report.conversation_id, report.recorded_at);
end
$$;
comment on function copilot_internal.assert_llm_report(copilot_internal.llm_cost_records) is
  'Raises 22004 for a NULL and 22023 for a value that no report of an LLM call can have; otherwise does nothing.';

create or replace function copilot_internal.assert_e2b_report(report copilot_internal.e2b_cost_records)
  returns void
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
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
  end if;
  perform copilot_internal.assert_request(report.request_id, report.conversation_id, report.recorded_at);
end
$$;
comment on function copilot_internal.assert_e2b_report(copilot_internal.e2b_cost_records) is
  'Raises 22004 for a NULL and 22023 for a value that no report of a sandbox run can have; otherwise does nothing.';


-- =====================================================================================================================
-- Each request once, and each charge once
-- =====================================================================================================================

create or replace function copilot_internal.quotas_concerned(tenant_id uuid, user_id uuid, resource_type text)
  returns uuid[]
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.quotas_concerned(uuid, uuid, text) is
  'The quotas that usage of this kind, by this user of this tenant, counts against: the platform''s, the tenant''s and the '
  'user''s, of that kind and of all kinds. One that has not started is left alone by apply_charges.';

create or replace function copilot_internal.claim_requests(
  resource_type text, tenant_ids uuid[], request_ids text[], record_ids uuid[]
)
  returns uuid[]
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  claimed integer;
begin
  if num_nonnulls(variadic request_ids) = 0 then
    return record_ids;
  end if;
  -- In the order of their names, so that two that report several do not deadlock. Whoever reports the same request at the
  -- same time waits here until the first has committed.
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
$$;
comment on function copilot_internal.claim_requests(text, uuid[], text[], uuid[]) is
  'Notes the requests that are new, and answers for each report the record that its request belongs to: its own, that of '
  'whoever reported it first, or null when somebody has removed that request meanwhile.';

create or replace function copilot_internal.usage_charged_usd(
  quota copilot_internal.cost_quotas, tenant_id uuid, record_id uuid
)
  returns numeric
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.usage_charged_usd(copilot_internal.cost_quotas, uuid, uuid) is
  'USD that a quota concerned has been charged for a record, by its report and by all changes but the last one.';

create or replace function copilot_internal.charge_usage(
  resource_type   text,
  tenant_ids      uuid[],
  user_ids        uuid[],
  amounts         numeric[],
  record_ids      uuid[],
  reservation_ids uuid[],
  unpriced        boolean[],
  is_correction   boolean default false
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
          and q.id = any (locked) and copilot_internal.quota_counts_since(q) <= more.closed_at;
      end if;
      if more.is_unpriced and more.amount_usd > 0 then
        with estimates as (
          insert into copilot_internal.quota_charge_estimates as e (tenant_id, record_id, quota_id, amount_usd)
          select more.tenant_id, more.record_id, q.id, more.amount_usd
          from copilot_internal.cost_quotas as q
          where q.id = any (copilot_internal.quotas_concerned(more.tenant_id, more.user_id, charge_usage.resource_type))
            and q.unpriced_policy = 'charge_hold' and q.id = any (locked)
          returning e.quota_id, e.amount_usd
        )
        select quota_ids || array_agg(e.quota_id), charges || array_agg(e.amount_usd) into quota_ids, charges from estimates as e;
      end if;
    end loop;
  end if;
  if is_correction then
    -- The price has become known, or the usage was taken back: what was charged in its place is given back.
    with known as (
      delete from copilot_internal.quota_charge_estimates as e
      using unnest(tenant_ids, record_ids, unpriced) as u (tenant_id, record_id, is_unpriced)
      where not u.is_unpriced and e.tenant_id = u.tenant_id and e.record_id = u.record_id
      returning e.quota_id, e.amount_usd
    )
    select quota_ids || array_agg(k.quota_id), charges || array_agg(-k.amount_usd) into quota_ids, charges from known as k;

    -- What a quota was not charged for this usage, because it is newer, is not given back by it.
    select quota_ids || array_agg(n.quota_id), charges || array_agg(n.amount) into quota_ids, charges
    from (
      select q.id as quota_id, -u.amount - copilot_internal.usage_charged_usd(q, u.tenant_id, u.record_id) as amount
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
$$;
comment on function copilot_internal.charge_usage(text, uuid[], uuid[], numeric[], uuid[], uuid[], boolean[], boolean) is
  'Charges what usage costs, or credits what it costs less (negative amounts), to every quota concerned, each once, and closes '
  'the holds that it was reserved by. What a settlement of such a hold has charged is taken off. Usage without a price is '
  'charged the amount of its hold to quotas with unpriced_policy charge_hold, until its price is known. A credit gives each quota '
  'back what it was charged, and no more; in doubt is only one that was made while the usage was just being charged.';

create or replace function copilot_internal.is_held_estimate(tenant_id uuid, user_id uuid, resource_type text, reservation_id uuid)
  returns boolean
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
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
      and q.unpriced_policy = 'charge_hold'
  );
end
$$;
comment on function copilot_internal.is_held_estimate(uuid, uuid, text, uuid) is
  'Whether usage without a price will be charged the amount of its hold to some quota, as an estimate.';


-- =====================================================================================================================
-- Recording
-- =====================================================================================================================
-- One report or many, it is one way: reports in, records out, in the same order.

create or replace function copilot_internal.known_llm_record(tenant_id uuid, request_id text, record_id uuid)
  returns copilot_internal.llm_cost_records
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.known_llm_record(uuid, text, uuid) is
  'The record of a request, also one that was voided; null when it is gone.';

create or replace function copilot_internal.tell_known_llm_usage(
  known copilot_internal.llm_cost_records, report copilot_internal.llm_cost_records
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.tell_known_llm_usage(copilot_internal.llm_cost_records, copilot_internal.llm_cost_records) is
  'Raises a WARNING when a request that is known is reported again with other numbers.';

create or replace function copilot_internal.record_llm_reports(reports copilot_internal.llm_cost_records[])
  returns copilot_internal.llm_cost_records[]
  language plpgsql
  volatile
  security invoker
  set search_path = ''
  -- Planned once in a session: planning anew each time would take longer than recording.
  set plan_cache_mode = force_generic_plan
as $$
declare
  ids      uuid[];
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

  select array_agg(r.id order by r.ordinality),
         copilot_internal.claim_requests('llm', array_agg(r.tenant_id order by r.ordinality),
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

  fresh := case
    when owners = ids then reports
    else array(select r from unnest(reports) as r where exists (select 1 from unnest(owners) as o (id) where o.id = r.id))
  end;
  if cardinality(fresh) > 0 then
    fresh := copilot_internal.price_llm_reports(fresh);
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
$$;
comment on function copilot_internal.record_llm_reports(copilot_internal.llm_cost_records[]) is
  'Records reports of LLM calls: prices them as of their own times, writes the records, charges each quota once and closes the '
  'holds. Answers the records in the order of the reports; a request that is known is answered by its first record, with a '
  'WARNING when the numbers differ, and charges nothing.';

create or replace function copilot_internal.known_e2b_record(tenant_id uuid, request_id text, record_id uuid)
  returns copilot_internal.e2b_cost_records
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.known_e2b_record(uuid, text, uuid) is
  'The record of a request, also one that was voided; null when it is gone.';

create or replace function copilot_internal.tell_known_e2b_usage(
  known copilot_internal.e2b_cost_records, report copilot_internal.e2b_cost_records
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.tell_known_e2b_usage(copilot_internal.e2b_cost_records, copilot_internal.e2b_cost_records) is
  'Raises a WARNING when a request that is known is reported again with other numbers.';

create or replace function copilot_internal.record_e2b_reports(reports copilot_internal.e2b_cost_records[])
  returns copilot_internal.e2b_cost_records[]
  language plpgsql
  volatile
  security invoker
  set search_path = ''
  -- Planned once in a session: planning anew each time would take longer than recording.
  set plan_cache_mode = force_generic_plan
as $$
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
$$;
comment on function copilot_internal.record_e2b_reports(copilot_internal.e2b_cost_records[]) is
  'Records reports of sandbox runs: prices them as of their own times, writes the records, charges each quota once and closes the '
  'holds. Answers the records in the order of the reports; a request that is known is answered by its first record, with a '
  'WARNING when the numbers differ, and charges nothing.';

drop function if exists copilot_internal.record_llm_usage(
  uuid, text, text, bigint, bigint, text, uuid, text, text, timestamptz, boolean, jsonb, uuid
);
create or replace function copilot_internal.record_llm_usage(
  tenant_id             uuid,
  provider              text,
  model                 text,
  input_tokens          bigint,
  output_tokens         bigint,
  request_id            text        default null,
  user_id               uuid        default null,
  conversation_id       text        default null,
  task                  text        default null,
  recorded_at           timestamptz default now(),
  is_estimated          boolean     default false,
  metadata              jsonb       default '{}',
  reservation_id        uuid        default null,
  cached_input_tokens   bigint      default 0,
  cache_write_5m_tokens bigint      default 0,
  cache_write_1h_tokens bigint      default 0,
  is_batch              boolean     default false
)
  returns copilot_internal.llm_cost_records
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.record_llm_usage(
  uuid, text, text, bigint, bigint, text, uuid, text, text, timestamptz, boolean, jsonb, uuid, bigint, bigint, bigint, boolean
) is
  'Records an LLM call at the prices of its own time, as calculate_llm_cost_detailed prices it (input_tokens includes cached and '
  'cache-write tokens), charges the platform''s, the tenant''s and the user''s quotas of their current period, closes the '
  'reservation if one is named, and answers the record. The same request_id of a tenant again answers the first record and '
  'charges nothing; a WARNING says so when the numbers differ. A model without a price is recorded as unpriced. Raises 22004 for '
  'NULL where a value is required, 22023 for negative tokens, a blank request_id or an infinite time.';

create or replace function copilot_internal.record_llm_usage_batch(records jsonb)
  returns setof copilot_internal.llm_cost_records
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  known   constant text[] := array['tenant_id', 'provider', 'model', 'input_tokens', 'output_tokens', 'request_id', 'user_id', 'conversation_id', 'task', 'recorded_at', 'is_estimated', 'metadata', 'reservation_id', 'cached_input_tokens', 'cache_write_5m_tokens', 'cache_write_1h_tokens', 'is_batch'];
  base    copilot_internal.llm_cost_records;
  reports copilot_internal.llm_cost_records[];
  bad     record;
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

  base.recorded_at           := now();
  base.charged_at            := now();
  base.is_estimated          := false;
  base.metadata              := '{}';
  base.cached_input_tokens   := 0;
  base.cache_write_5m_tokens := 0;
  base.cache_write_1h_tokens := 0;
  base.is_batch              := false;
  begin
    reports := array(
      select jsonb_populate_record(base, e.value || jsonb_build_object('id', gen_random_uuid()))
      from jsonb_array_elements(records) with ordinality as e
      order by e.ordinality
    );
    perform copilot_internal.assert_llm_report(r) from unnest(reports) as r;
  exception when others then
    -- Something is wrong with one of them: the first is named by its position.
    for bad in select e.ordinality as position, e.value from jsonb_array_elements(records) with ordinality as e order by e.ordinality loop
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
$$;
comment on function copilot_internal.record_llm_usage_batch(jsonb) is
  'Records many LLM calls in one call: a JSON array of objects with the arguments of record_llm_usage by name. The same answers '
  'as single calls, in order; all or nothing; each quota is charged once. An error names the first bad record by its position.';

create or replace function copilot_internal.record_e2b_usage(
  tenant_id              uuid,
  tier                   text,
  region                 text,
  execution_time_seconds numeric,
  cpu_core_seconds       numeric     default null,
  memory_gb_seconds      numeric     default null,
  disk_io_gb             numeric     default null,
  request_id             text        default null,
  user_id                uuid        default null,
  conversation_id        text        default null,
  sandbox_id             text        default null,
  status                 text        default 'completed',
  recorded_at            timestamptz default now(),
  metadata               jsonb       default '{}',
  reservation_id         uuid        default null
)
  returns copilot_internal.e2b_cost_records
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.record_e2b_usage(
  uuid, text, text, numeric, numeric, numeric, numeric, text, uuid, text, text, text, timestamptz, jsonb, uuid
) is
  'Records a sandbox run at the price of its own time, charges the platform''s, the tenant''s and the user''s quotas of '
  'their current period, closes the reservation if one is named, and answers the record. Quantities are kept, and priced, '
  'to six decimals. The same request_id of a tenant again answers the first record and charges nothing; a WARNING says so when '
  'the numbers differ. A tier without a price is recorded as unpriced. Raises 22004 for NULL where a value is required, 22023 '
  'for a negative quantity, a blank request_id or an infinite time.';

create or replace function copilot_internal.record_e2b_usage_batch(records jsonb)
  returns setof copilot_internal.e2b_cost_records
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  known   constant text[] := array['tenant_id', 'tier', 'region', 'execution_time_seconds', 'cpu_core_seconds', 'memory_gb_seconds', 'disk_io_gb', 'request_id', 'user_id', 'conversation_id', 'sandbox_id', 'status', 'recorded_at', 'metadata', 'reservation_id'];
  base    copilot_internal.e2b_cost_records;
  reports copilot_internal.e2b_cost_records[];
  bad     record;
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
  exception when others then
    -- Something is wrong with one of them: the first is named by its position.
    for bad in select e.ordinality as position, e.value from jsonb_array_elements(records) with ordinality as e order by e.ordinality loop
      declare
        code text; problem text; more text; cure text;
      begin
        perform copilot_internal.assert_e2b_report(
          jsonb_populate_record(base, (bad.value - '{cpu_core_seconds,memory_gb_seconds,disk_io_gb}'::text[]
        || jsonb_strip_nulls(jsonb_build_object('cpu_core_seconds', bad.value -> 'cpu_core_seconds', 'memory_gb_seconds', bad.value -> 'memory_gb_seconds',
                                                'disk_io_gb', bad.value -> 'disk_io_gb'))) || jsonb_build_object('id', gen_random_uuid())));
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
$$;
comment on function copilot_internal.record_e2b_usage_batch(jsonb) is
  'Records many sandbox runs in one call: a JSON array of objects with the arguments of record_e2b_usage by name. The same answers '
  'as single calls, in order; all or nothing; each quota is charged once. An error names the first bad record by its position.';
