-- E2B cost tracking
--
-- What:  prices of E2B sandboxes, the record of each sandbox run, quotas that know the kind of resource, and the
--        functions that price a run, check a quota and charge it.
-- Why:   sandboxes are billed by the second and cost as much as the LLM calls that start them.
-- Rerun: safe at any time, on any data, while others record. Seeds a price list once, so a price that was changed or
--        deleted stays so. After `drop table … cascade` of either table, running this file again brings back all that went with it.
-- Undo:  drop table copilot_internal.e2b_cost_records, copilot_internal.e2b_usage_totals, copilot_internal.e2b_pricing cascade;


-- Applied after the files before it, which know what to do with tables of these names that are somebody else's.
do $$
declare
  missing text;
begin
  select string_agg(format('%s.%s', "table", "column"), ', ' order by n, m) into missing
  from (values
    (1, false, 'llm_cost_records', 'tenant_id recorded_at id user_id conversation_id request_id provider model input_tokens output_tokens pricing_id input_cost_usd output_cost_usd total_cost_usd is_estimated is_unpriced metadata is_adopted'),
    (2, false, 'cost_quotas', 'id scope scope_id limit_usd spent_usd warning_threshold period period_start period_end period_anchor'),
    (3, true, 'e2b_pricing', 'id tier region price_per_second price_per_cpu_core_second price_per_gb_memory_second price_per_gb_disk_io effective_date expires_at source verified_on notes'),
    (4, true, 'e2b_cost_records', 'tenant_id recorded_at id user_id conversation_id request_id sandbox_id tier region status execution_time_seconds cpu_core_seconds memory_gb_seconds disk_io_gb pricing_id execution_cost_usd resource_cost_usd total_cost_usd is_estimated is_unpriced metadata'),
    (5, true, 'quota_reservations', 'tenant_id id user_id resource_type amount_usd request_id expires_at closed_at is_expired'),
    (6, true, 'cost_quota_periods', 'id quota_id scope scope_id resource_type period period_start period_end limit_usd spent_usd'),
    (7, true, 'e2b_usage_totals', 'tenant_id day dimensions_hash tier conversation_id run_count')
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
      message = '20260104000001_e2b_cost_tracking.sql needs 20260103000001_cost_tracking_foundation.sql before it: nothing was changed.',
      detail = format('Not there: %s.', missing),
      hint = 'Run the files in the order of their names, from 20260103000001_cost_tracking_foundation.sql on, and stop at the first that is refused: it says what is in the way.';
  end if;
end
$$;


-- =====================================================================================================================
-- PART 1: e2b_pricing table
-- =====================================================================================================================

-- Resource rates are per second although vendors print them per hour: nothing has to be divided, so nothing is rounded.
create table if not exists copilot_internal.e2b_pricing (
  id                           uuid           not null default gen_random_uuid(),
  tier                         text           not null,
  region                       text           not null,
  price_per_second             numeric(20,12) not null,
  price_per_cpu_core_second    numeric(20,12) not null default 0,
  price_per_gb_memory_second   numeric(20,12) not null default 0,
  price_per_gb_disk_io         numeric(20,12) not null default 0,
  effective_date               timestamptz    not null default now(),
  expires_at                   timestamptz,
  source                       text,
  verified_on                  date,
  notes                        text,
  created_at                   timestamptz    not null default now(),
  updated_at                   timestamptz    not null default now(),

  constraint e2b_pricing_pkey primary key (id),
  constraint e2b_pricing_tier_not_blank check (btrim(tier) <> ''),
  constraint e2b_pricing_region_not_blank check (btrim(region) <> ''),
  -- NaN is greater than every number, hence the upper bounds.
  constraint e2b_pricing_prices_not_negative check (
    price_per_second >= 0 and price_per_second < 'NaN'
    and price_per_cpu_core_second >= 0 and price_per_cpu_core_second < 'NaN'
    and price_per_gb_memory_second >= 0 and price_per_gb_memory_second < 'NaN'
    and price_per_gb_disk_io >= 0 and price_per_gb_disk_io < 'NaN'
  ),
  constraint e2b_pricing_effective_date_finite check (isfinite(effective_date)),
  constraint e2b_pricing_expires_at_not_before_effective_date check (expires_at >= effective_date)
);

-- The prices of an earlier attempt; rates per hour become rates per second, exactly.
do $$
begin
  if to_regclass('copilot_adoption.e2b_pricing') is null then
    return;
  end if;
  insert into copilot_internal.e2b_pricing
    (id, tier, region, price_per_second, price_per_cpu_core_second, price_per_gb_memory_second, price_per_gb_disk_io,
     effective_date, expires_at, source, notes, created_at, updated_at)
  select
    coalesce((old ->> 'id')::uuid, gen_random_uuid()),
    old ->> 'tier',
    old ->> 'region',
    coalesce(old ->> 'price_per_second', old ->> 'execution_price_per_second', old ->> 'cost_per_second')::numeric,
    coalesce(
      (old ->> 'price_per_cpu_core_second')::numeric,
      round(coalesce(old ->> 'price_per_cpu_core_hour', old ->> 'cpu_price_per_core_hour', old ->> 'cpu_cost_per_core_hour',
                     old ->> 'cpu_core_price_per_hour', old ->> 'cpu_price_per_hour')::numeric / 3600, 12),
      0),
    coalesce(
      (old ->> 'price_per_gb_memory_second')::numeric,
      round(coalesce(old ->> 'price_per_gb_memory_hour', old ->> 'price_per_memory_gb_hour', old ->> 'memory_price_per_gb_hour',
                     old ->> 'memory_cost_per_gb_hour', old ->> 'memory_gb_price_per_hour')::numeric / 3600, 12),
      0),
    coalesce(
      old ->> 'price_per_gb_disk_io', old ->> 'price_per_disk_io_gb', old ->> 'price_per_disk_gb', old ->> 'disk_io_price_per_gb',
      old ->> 'disk_io_cost_per_gb', old ->> 'disk_price_per_gb', old ->> 'disk_cost_per_gb', '0')::numeric,
    -- A day begins in UTC.
    (starts || case when length(starts) = 10 then ' 00:00+00' else '' end)::timestamptz,
    (ends || case when length(ends) = 10 then ' 00:00+00' else '' end)::timestamptz,
    old ->> 'source',
    coalesce(old ->> 'notes', old ->> 'description'),
    coalesce((old ->> 'created_at')::timestamptz, now()),
    coalesce((old ->> 'updated_at')::timestamptz, now())
  from copilot_adoption.e2b_pricing as former
  cross join to_jsonb(former) as old
  cross join lateral (
    select coalesce(old ->> 'effective_date', old ->> 'effective_from', old ->> 'valid_from') as starts,
           coalesce(old ->> 'expires_at', old ->> 'effective_until', old ->> 'effective_to', old ->> 'valid_until', old ->> 'valid_to') as ends
  ) as given;
  drop table copilot_adoption.e2b_pricing;
  if not exists (select from pg_catalog.pg_class where relnamespace = 'copilot_adoption'::regnamespace) then
    drop schema copilot_adoption;
  end if;
end
$$;

comment on table copilot_internal.e2b_pricing is
  'What an E2B sandbox costs, by tier and region: a row a version. In force is, of the versions that have begun and not '
  'expired, the one that began last; so a version ends where the next begins, and one that expires gives way to the one before it.';
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

-- Finds the price at a date, and keeps two versions from starting at once.
do $$
begin
  if to_regclass('copilot_internal.e2b_pricing_tier_region_effective_date_key') is null then
    alter table copilot_internal.e2b_pricing
      add constraint e2b_pricing_tier_region_effective_date_key unique (tier, region, effective_date);
  end if;
end
$$;


-- =====================================================================================================================
-- PART 2: e2b_cost_records table
-- =====================================================================================================================

-- Same key and same reasons as llm_cost_records. Prices have 12 decimals and metered quantities 6: costs need 18.
create table if not exists copilot_internal.e2b_cost_records (
  tenant_id                    uuid           not null,
  recorded_at                  timestamptz    not null default now(),
  id                           uuid           not null default gen_random_uuid(),
  user_id                      uuid,
  conversation_id              text,
  request_id                   text,
  sandbox_id                   text,
  tier                         text           not null,
  region                       text           not null,
  status                       text           not null default 'completed',
  execution_time_seconds       numeric(20,6)  not null,
  cpu_core_seconds             numeric(20,6)  not null default 0,
  memory_gb_seconds            numeric(20,6)  not null default 0,
  disk_io_gb                   numeric(20,6)  not null default 0,
  pricing_id                   uuid,
  price_per_second             numeric(20,12),
  price_per_cpu_core_second    numeric(20,12),
  price_per_gb_memory_second   numeric(20,12),
  price_per_gb_disk_io         numeric(20,12),
  execution_cost_usd           numeric(38,18) not null default 0,
  resource_cost_usd            numeric(38,18) not null default 0,
  total_cost_usd               numeric(38,18) not null default 0,
  is_estimated                 boolean        not null default false,
  is_unpriced                  boolean        not null default false,
  metadata                     jsonb          not null default '{}',
  is_adopted                   boolean        not null default false,

  constraint e2b_cost_records_pkey primary key (tenant_id, recorded_at, id),
  constraint e2b_cost_records_recorded_at_finite check (isfinite(recorded_at)),
  constraint e2b_cost_records_status_known check (
    status in ('running', 'paused', 'completed', 'failed', 'timed_out', 'killed')
  ),
  constraint e2b_cost_records_usage_not_negative check (
    execution_time_seconds >= 0 and execution_time_seconds < 'NaN'
    and cpu_core_seconds >= 0 and cpu_core_seconds < 'NaN'
    and memory_gb_seconds >= 0 and memory_gb_seconds < 'NaN'
    and disk_io_gb >= 0 and disk_io_gb < 'NaN'
  ),
  constraint e2b_cost_records_costs_not_negative check (
    execution_cost_usd >= 0 and execution_cost_usd < 'NaN' and resource_cost_usd >= 0 and resource_cost_usd < 'NaN'
  ),
  -- What was adopted cost what it cost.
  constraint e2b_cost_records_total_cost_usd_is_the_sum check (
    is_adopted or total_cost_usd = execution_cost_usd + resource_cost_usd
  ),
  constraint e2b_cost_records_unpriced_costs_nothing check (not is_unpriced or total_cost_usd = 0),
  constraint e2b_cost_records_metadata_is_object check (jsonb_typeof(metadata) = 'object')
);

do $$
begin
  if not exists (
    select from pg_catalog.pg_attribute
    where attrelid = 'copilot_internal.e2b_cost_records'::regclass and attname = 'is_adopted' and not attisdropped
  ) then
    alter table copilot_internal.e2b_cost_records
      add column is_adopted boolean not null default false,
      drop constraint if exists e2b_cost_records_total_cost_usd_is_the_sum,
      add constraint e2b_cost_records_total_cost_usd_is_the_sum check (
        is_adopted or total_cost_usd = execution_cost_usd + resource_cost_usd
      );
  end if;
end
$$;

-- What an earlier attempt had recorded: every row, its costs as they were.
do $$
begin
  if to_regclass('copilot_adoption.e2b_cost_records') is null then
    return;
  end if;
  insert into copilot_internal.e2b_cost_records
    (tenant_id, recorded_at, id, user_id, conversation_id, sandbox_id, tier, region, execution_time_seconds,
     cpu_core_seconds, memory_gb_seconds, disk_io_gb, execution_cost_usd, resource_cost_usd, total_cost_usd, is_estimated,
     metadata, is_adopted)
  select
    (old ->> 'tenant_id')::uuid,
    (old ->> case when old ? 'timestamp' then 'timestamp' else 'recorded_at' end)::timestamptz,
    case when old ->> 'id' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then (old ->> 'id')::uuid else gen_random_uuid() end,
    (old ->> 'user_id')::uuid,
    old ->> 'conversation_id',
    old ->> 'sandbox_id',
    old ->> case when old ? 'tier' then 'tier' else 'sandbox_tier' end,
    old ->> 'region',
    coalesce(old ->> 'execution_time_seconds', old ->> 'execution_seconds', old ->> 'duration_seconds')::numeric,
    coalesce((old ->> 'cpu_core_seconds')::numeric, 0),
    coalesce((old ->> 'memory_gb_seconds')::numeric, 0),
    coalesce((old ->> 'disk_io_gb')::numeric, 0),
    coalesce((old ->> 'execution_cost_usd')::numeric, 0),
    coalesce((old ->> 'resource_cost_usd')::numeric, 0),
    (old ->> 'total_cost_usd')::numeric,
    coalesce((old ->> 'is_estimated')::boolean, false),
    rest.metadata,
    true
  from copilot_adoption.e2b_cost_records as former
  cross join to_jsonb(former) as old
  cross join lateral (
    -- What there is no column for, beside what was metadata before.
    select case
             when coalesce(jsonb_typeof(old -> 'metadata'), 'null') = 'null' then more
             when jsonb_typeof(old -> 'metadata') = 'object' and not more ?| array(select jsonb_object_keys(old -> 'metadata'))
               then (old -> 'metadata') || more
             else more || jsonb_build_object('metadata', old -> 'metadata')
           end as metadata
    from (
      select coalesce(jsonb_object_agg(key, value), '{}') as more
      from jsonb_each(old)
      where value <> 'null'
        and key <> all ('{tenant_id, user_id, conversation_id, sandbox_id, region, cpu_core_seconds, memory_gb_seconds,
          disk_io_gb, execution_cost_usd, resource_cost_usd, total_cost_usd, is_estimated, metadata}')
        -- Of two names for the same column, the first was taken.
        and key not in (
          case when old ? 'timestamp' then 'timestamp' else 'recorded_at' end,
          case when old ? 'tier' then 'tier' else 'sandbox_tier' end,
          case when old ? 'execution_time_seconds' then 'execution_time_seconds'
               when old ? 'execution_seconds' then 'execution_seconds' else 'duration_seconds' end
        )
        and not (key = 'id' and value #>> '{}' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
    ) as others
  ) as rest;
  drop table copilot_adoption.e2b_cost_records;
  if not exists (select from pg_catalog.pg_class where relnamespace = 'copilot_adoption'::regnamespace) then
    drop schema copilot_adoption;
  end if;
end
$$;

comment on table copilot_internal.e2b_cost_records is
  'One row per sandbox run: who started it, what it used, what it cost, and the prices that were applied.';
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

-- Looked up first: these lock the table even where there is nothing to do, and others may be writing to it.
do $$
begin
  if to_regclass('copilot_internal.e2b_cost_records_recorded_at_idx') is null then
    create index e2b_cost_records_recorded_at_idx on copilot_internal.e2b_cost_records (recorded_at);
  end if;
  if to_regclass('copilot_internal.e2b_cost_records_tenant_id_conversation_id_idx') is null then
    create index e2b_cost_records_tenant_id_conversation_id_idx
      on copilot_internal.e2b_cost_records (tenant_id, conversation_id);
  end if;
  if to_regclass('copilot_internal.e2b_cost_records_tenant_id_request_id_idx') is null then
    create index e2b_cost_records_tenant_id_request_id_idx
      on copilot_internal.e2b_cost_records (tenant_id, request_id);
  end if;
  if to_regclass('copilot_internal.e2b_cost_records_pricing_id_recorded_at_idx') is null then
    create index e2b_cost_records_pricing_id_recorded_at_idx on copilot_internal.e2b_cost_records (pricing_id, recorded_at);
  end if;
  -- Of an earlier state.
  if to_regclass('copilot_internal.e2b_cost_records_pricing_id_idx') is not null then
    drop index copilot_internal.e2b_cost_records_pricing_id_idx;
  end if;
end
$$;

-- Not valid, for good: whatever is written is checked, and so is a price's removal. But a record outlives a price list
-- that was dropped and seeded anew; its own unit prices still tell what was charged.
do $$
begin
  if not exists (
    select from pg_catalog.pg_constraint
    where conrelid = 'copilot_internal.e2b_cost_records'::regclass and conname = 'e2b_cost_records_pricing_id_fkey'
  ) then
    alter table copilot_internal.e2b_cost_records
      add constraint e2b_cost_records_pricing_id_fkey
      foreign key (pricing_id) references copilot_internal.e2b_pricing (id) not valid;
  end if;
end
$$;

-- ── Totals of whole days ─────────────────────────────────────────────────────────────────────────────────────────────

-- As llm_usage_totals: sums have room for 2^63 records of the largest size, and the key holds a hash.
create table if not exists copilot_internal.e2b_usage_totals (
  tenant_id              uuid           not null,
  day                    date           not null,
  dimensions_hash        bytea          not null generated always as (
    sha256((quote_nullable(tier) || ',' || quote_nullable(conversation_id))::bytea)
  ) stored,
  tier                   text           not null,
  conversation_id        text,
  run_count              bigint         not null,
  execution_time_seconds numeric(39,6)  not null,
  cpu_core_seconds       numeric(39,6)  not null,
  memory_gb_seconds      numeric(39,6)  not null,
  disk_io_gb             numeric(39,6)  not null,
  execution_cost_usd     numeric(57,18) not null,
  resource_cost_usd      numeric(57,18) not null,
  total_cost_usd         numeric(57,18) not null,
  estimated_count        bigint         not null,
  unpriced_count         bigint         not null,
  first_recorded_at      timestamptz    not null,
  last_recorded_at       timestamptz    not null,

  constraint e2b_usage_totals_pkey primary key (tenant_id, day, dimensions_hash),
  constraint e2b_usage_totals_counts_are_part_of_runs check (
    run_count > 0 and estimated_count between 0 and run_count and unpriced_count between 0 and run_count
  ),
  constraint e2b_usage_totals_usage_not_negative check (
    execution_time_seconds >= 0 and execution_time_seconds < 'NaN'
    and cpu_core_seconds >= 0 and cpu_core_seconds < 'NaN'
    and memory_gb_seconds >= 0 and memory_gb_seconds < 'NaN'
    and disk_io_gb >= 0 and disk_io_gb < 'NaN'
  ),
  constraint e2b_usage_totals_costs_not_negative check (
    execution_cost_usd >= 0 and execution_cost_usd < 'NaN' and resource_cost_usd >= 0 and resource_cost_usd < 'NaN'
  ),
  constraint e2b_usage_totals_recorded_on_the_day check (
    first_recorded_at <= last_recorded_at
    and (first_recorded_at at time zone 'UTC')::date = day and (last_recorded_at at time zone 'UTC')::date = day
  )
);

comment on table copilot_internal.e2b_usage_totals is
  'Sandbox usage of whole days, added up exactly: one row per tenant, UTC day, tier and conversation. The views add it to the '
  'records.';
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


-- =====================================================================================================================
-- PART 3: Extend cost_quotas with resource_type
-- =====================================================================================================================

do $$
declare
  known record;
begin
  if not exists (
    select from pg_catalog.pg_attribute
    where attrelid = 'copilot_internal.cost_quotas'::regclass and attname = 'resource_type' and not attisdropped
  ) then
    alter table copilot_internal.cost_quotas add column resource_type text not null default 'llm';
  end if;
  -- The new one, and those that an earlier state of these files wrote as lists.
  for known in
    select k.name, k.among, format('cost_quotas_%s_known', k.name) as constraint_name
    from (values
      ('scope', '{platform,tenant,user}'), ('resource_type', '{llm,e2b,all}'), ('period', '{hour,day,week,month}'),
      ('unpriced_policy', '{allow,charge_hold,refuse_hold}')
    ) as k (name, among)
    where not exists (
      select from pg_catalog.pg_constraint as c
      where c.conrelid = 'copilot_internal.cost_quotas'::regclass
        and pg_get_constraintdef(c.oid) = format('CHECK ((%I = ANY (%L::text[])))', k.name, k.among)
    )
  loop
    execute format(
      'alter table copilot_internal.cost_quotas drop constraint if exists %1$I, add constraint %1$I check (%2$I = any (%3$L))',
      known.constraint_name, known.name, known.among);
  end loop;
  -- The wider key first, so that there is never none.
  if not exists (
    select from pg_catalog.pg_constraint
    where conrelid = 'copilot_internal.cost_quotas'::regclass
      and conname = 'cost_quotas_scope_scope_id_resource_type_period_key'
  ) then
    alter table copilot_internal.cost_quotas
      add constraint cost_quotas_scope_scope_id_resource_type_period_key
      unique nulls not distinct (scope, scope_id, resource_type, period);
  end if;
  if exists (
    select from pg_catalog.pg_constraint
    where conrelid = 'copilot_internal.cost_quotas'::regclass and conname = 'cost_quotas_scope_scope_id_period_key'
  ) then
    alter table copilot_internal.cost_quotas drop constraint cost_quotas_scope_scope_id_period_key;
  end if;
end
$$;
comment on column copilot_internal.cost_quotas.resource_type is
  'What is counted: llm, e2b, or all for both together.';


-- =====================================================================================================================
-- PART 4: E2B-specific quota functions
-- =====================================================================================================================

-- ── What a quota counts besides its spend: holds that are still open ─────────────────────────────────────────────────

create table if not exists copilot_internal.quota_reservations (
  tenant_id     uuid           not null,
  id            uuid           not null default gen_random_uuid(),
  user_id       uuid,
  resource_type text           not null,
  amount_usd    numeric(38,18) not null,
  request_id    text,
  created_at    timestamptz    not null default now(),
  expires_at    timestamptz    not null,
  closed_at     timestamptz,
  is_expired    boolean        not null default false,
  settled_usd   numeric(38,18),
  record_id     uuid,

  constraint quota_reservations_pkey primary key (tenant_id, id),
  constraint quota_reservations_resource_type_known check (resource_type in ('llm', 'e2b')),
  constraint quota_reservations_amount_usd_not_negative check (amount_usd >= 0 and amount_usd < 'NaN'),
  constraint quota_reservations_expires_at_after_created_at check (expires_at > created_at),
  constraint quota_reservations_expired_is_closed check (not is_expired or closed_at is not null),
  constraint quota_reservations_settled_usd_not_negative check (settled_usd >= 0 and settled_usd < 'NaN'),
  constraint quota_reservations_used_is_closed check (
    settled_usd is null and record_id is null or closed_at is not null and not is_expired
  )
);
-- What the table did not have from the start.
do $$
begin
  if not exists (
    select from pg_catalog.pg_attribute
    where attrelid = 'copilot_internal.quota_reservations'::regclass and attname = 'settled_usd' and not attisdropped
  ) then
    alter table copilot_internal.quota_reservations
      add column settled_usd numeric(38,18),
      add column record_id uuid,
      add constraint quota_reservations_settled_usd_not_negative check (settled_usd >= 0 and settled_usd < 'NaN'),
      add constraint quota_reservations_used_is_closed check (
        settled_usd is null and record_id is null or closed_at is not null and not is_expired
      );
  end if;
end
$$;
comment on table copilot_internal.quota_reservations is
  'Estimated costs held against quotas until the actual cost is known. A hold counts while it is neither closed nor expired.';
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
comment on column copilot_internal.quota_reservations.settled_usd is
  'USD that settle_reservation charged; null when it was not settled so. Usage recorded afterwards is charged the difference.';
comment on column copilot_internal.quota_reservations.record_id is
  'The record that the usage became, whose quotas then have been charged its cost and not this amount; null without one.';

do $$
begin
  if to_regclass('copilot_internal.quota_reservations_open_tenant_id_idx') is null then
    create index quota_reservations_open_tenant_id_idx
      on copilot_internal.quota_reservations (tenant_id, expires_at) where closed_at is null;
  end if;
  if to_regclass('copilot_internal.quota_reservations_open_user_id_idx') is null then
    create index quota_reservations_open_user_id_idx
      on copilot_internal.quota_reservations (user_id, expires_at) where closed_at is null;
  end if;
  if to_regclass('copilot_internal.quota_reservations_open_expires_at_idx') is null then
    create index quota_reservations_open_expires_at_idx
      on copilot_internal.quota_reservations (expires_at) where closed_at is null;
  end if;
end
$$;

-- ── What a quota was in the periods before the current one ───────────────────────────────────────────────────────────

create table if not exists copilot_internal.cost_quota_periods (
  id            uuid           not null default gen_random_uuid(),
  quota_id      uuid,
  scope         text           not null,
  scope_id      uuid,
  resource_type text           not null,
  period        text           not null,
  period_start  timestamptz    not null,
  period_end    timestamptz    not null,
  limit_usd     numeric(38,18) not null,
  spent_usd     numeric(38,18) not null,
  closed_at     timestamptz    not null default now(),

  constraint cost_quota_periods_pkey primary key (id),
  -- The books of a period outlive the quota they were kept for.
  constraint cost_quota_periods_quota_id_fkey
    foreign key (quota_id) references copilot_internal.cost_quotas (id) on delete set null
);
comment on table copilot_internal.cost_quota_periods is
  'Closed periods of quotas: what was allowed and what was spent. Written when a quota rolls over, is counted by another '
  'period, or is deleted.';
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

do $$
begin
  if to_regclass('copilot_internal.cost_quota_periods_quota_id_period_start_idx') is null then
    create index cost_quota_periods_quota_id_period_start_idx
      on copilot_internal.cost_quota_periods (quota_id, period_start);
  end if;
end
$$;

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
  ends constant timestamptz := least(now(), new.period_start);
begin
  -- A period that was over already, unnoticed, is followed by the one that has begun since: nothing was spent in it.
  insert into copilot_internal.cost_quota_periods
    (quota_id, scope, scope_id, resource_type, period, period_start, period_end, limit_usd, spent_usd)
  select
    new.id, old.scope, old.scope_id, old.resource_type, old.period, p.starts, greatest(p.starts, p.ends), old.limit_usd, p.spent
  from (values
    (old.period_start, least(old.period_end, ends), old.spent_usd),
    (greatest(old.period_end, lower(copilot_internal.quota_period(old.period_anchor, old.period, ends))), ends, 0)
  ) as p (starts, ends, spent)
  where old.period_start <= clock_timestamp() and (p.ends > p.starts or p.spent <> 0);
  return null;
end
$$;
comment on function copilot_internal.archive_quota_period() is
  'Trigger: keeps the books of the period that a quota leaves behind, under the name that period had: until it was over, or '
  'until now if it was not. One that has not begun, and one without length and spend, leaves none.';
grant execute on function copilot_internal.archive_quota_period() to service_role;

do $$
declare
  wanted text;
begin
  foreach wanted in array array[
    'CREATE TRIGGER _100_archive_quota_period AFTER UPDATE OF period, period_anchor, period_start ON copilot_internal.cost_quotas '
    'FOR EACH ROW WHEN (((new.period_start > old.period_start) OR ((new.period_start = old.period_start) AND '
    '((new.period <> old.period) OR (new.period_anchor <> old.period_anchor))))) '
    'EXECUTE FUNCTION copilot_internal.archive_quota_period()',
    'CREATE TRIGGER _110_archive_deleted_quota AFTER DELETE ON copilot_internal.cost_quotas FOR EACH ROW '
    'EXECUTE FUNCTION copilot_internal.archive_quota_period()'
  ] loop
    if not exists (select from pg_catalog.pg_trigger where pg_get_triggerdef(oid) = wanted and tgenabled = 'O') then
      execute regexp_replace(wanted, '^CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER');
    end if;
  end loop;
end
$$;
comment on trigger _100_archive_quota_period on copilot_internal.cost_quotas is
  'Whoever moves a quota on to a later period, or counts its periods otherwise, the one before is archived.';
comment on trigger _110_archive_deleted_quota on copilot_internal.cost_quotas is
  'Whoever deletes a quota, its open period is archived.';

create or replace function copilot_internal.quota_counts_since(quota copilot_internal.cost_quotas)
  returns timestamptz
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
begin
  return greatest(quota.created_at, least(quota.period_start, (
    select min(p.period_start) from copilot_internal.cost_quota_periods as p where p.quota_id = quota.id
  )));
end
$$;
comment on function copilot_internal.quota_counts_since(copilot_internal.cost_quotas) is
  'Since when a quota has been charged: since it was made, or since its first period began where that was later.';
grant execute on function copilot_internal.quota_counts_since(copilot_internal.cost_quotas) to service_role;

-- ── Arguments ────────────────────────────────────────────────────────────────────────────────────────────────────────

create or replace function copilot_internal.assert_quota_arguments(
  scope text, scope_id uuid, amount numeric, amount_name text
)
  returns void
  language plpgsql
  immutable
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.assert_quota_arguments(text, uuid, numeric, text) is
  'Raises 22004 for a NULL and 22023 for a value that no quota can have; otherwise does nothing.';
grant execute on function copilot_internal.assert_quota_arguments(text, uuid, numeric, text) to service_role;

-- ── Shared by check and charge, of sandboxes and of whatever else is counted ─────────────────────────────────────────

create or replace function copilot_internal.quota_held_usd(scope text, scope_id uuid, resource_type text)
  returns numeric
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.quota_held_usd(text, uuid, text) is
  'USD held by open reservations against a quota of this scope and resource type.';
grant execute on function copilot_internal.quota_held_usd(text, uuid, text) to service_role;

-- The one place that changes what a quota has spent.
create or replace function copilot_internal.apply_charges(quota_ids uuid[], amounts numeric[])
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  is_locked boolean;
  locked    uuid[];
  awaited   uuid;
  deadlocks integer := 0;
begin
  if cardinality(quota_ids) <> cardinality(amounts) or array_position(amounts, null) is not null then
    raise exception using errcode = '22004', message = 'Each quota needs an amount.',
      detail = format('Got %s quotas and the amounts %s.', cardinality(quota_ids), amounts),
      hint = 'Pass 0 to charge nothing.';
  end if;

  -- The usual case: one quota, in its period, and none charged before. It may be waited for, as nobody waits for a quota of this
  -- transaction. Of many that wait for a row, each commit wakes up all. So whoever does not get it asks a few times more, in less
  -- time than it takes to be woken up, and then joins a line, of which one waits for the row. Whoever has locked the row before,
  -- to edit the quota, gets it at once, and so never stands behind those who wait for that.
  if cardinality(quota_ids) = 1 and current_setting('copilot_internal.has_charged', true) is distinct from 'on' then
    for attempt in 1 .. 8 loop
      perform 1 from copilot_internal.cost_quotas as q where q.id = quota_ids[1] for no key update skip locked;
      is_locked := found;
      exit when is_locked;
    end loop;
    if not is_locked then
      perform pg_advisory_xact_lock(uuid_hash_extended(quota_ids[1], 0));
    end if;
    update copilot_internal.cost_quotas as q
    set spent_usd = q.spent_usd + round(amounts[1], 18), updated_at = now()
    where q.id = quota_ids[1] and now() < q.period_end and q.period_start <= clock_timestamp();
    if found then
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
      perform 1 from copilot_internal.cost_quotas as q where q.id = awaited for update;
      locked := array(
        select q.id from copilot_internal.cost_quotas as q where q.id = any (quota_ids) for update skip locked
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
comment on function copilot_internal.apply_charges(uuid[], numeric[]) is
  'Adds to the spend of each of these quotas its amount (USD), after closing each period that is over. A negative amount is a '
  'credit; one of 0 only closes and locks; those of a quota that comes twice are added up. A quota that has not started is '
  'locked and left as it is. Whoever edits quotas meanwhile, in whatever order, costs no charge. Raises 22004 when an amount is missing.';
grant execute on function copilot_internal.apply_charges(uuid[], numeric[]) to service_role;

create or replace function copilot_internal.charge_quotas(quota_ids uuid[], amount numeric)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  perform copilot_internal.apply_charges(quota_ids, array_fill(amount, array[cardinality(quota_ids)]));
end
$$;
comment on function copilot_internal.charge_quotas(uuid[], numeric) is
  'Adds one amount (USD) to the spend of each of these quotas, as apply_charges does.';
grant execute on function copilot_internal.charge_quotas(uuid[], numeric) to service_role;

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
    select 1 from copilot_internal.cost_quotas as q
    where q.scope = check_quota.scope
      and q.scope_id is not distinct from check_quota.scope_id
      and q.resource_type in (check_quota.resource_type, 'all')
      and q.period_start <= clock_timestamp()
      and not q.spent_usd
              + copilot_internal.quota_held_usd(q.scope, q.scope_id, q.resource_type)
              + estimated_cost <= q.limit_usd
  );
end
$$;
comment on function copilot_internal.check_quota(text, uuid, text, numeric) is
  'What check_e2b_quota promises, for any resource type.';
grant execute on function copilot_internal.check_quota(text, uuid, text, numeric) to service_role;

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
  -- Each further function that is called takes longer than the charge itself.
  if (scope in ('platform', 'tenant', 'user') and (scope = 'platform') = (scope_id is null) and amount >= 0 and amount < 'Infinity')
      is not true then
    perform copilot_internal.assert_quota_arguments(scope, scope_id, amount, 'amount');
  end if;

  quotas := array(
    select q.id from copilot_internal.cost_quotas as q
    where q.scope = increment_quota_spend.scope
      and q.scope_id is not distinct from increment_quota_spend.scope_id
      and q.resource_type in (increment_quota_spend.resource_type, 'all')
  );
  perform copilot_internal.apply_charges(quotas, array_fill(amount, array[cardinality(quotas)]));
end
$$;
comment on function copilot_internal.increment_quota_spend(text, uuid, text, numeric) is
  'What increment_e2b_quota_spend promises, for any resource type.';
grant execute on function copilot_internal.increment_quota_spend(text, uuid, text, numeric) to service_role;

-- ── E2B ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

create or replace function copilot_internal.check_e2b_quota(scope text, scope_id uuid, estimated_cost numeric)
  returns boolean
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  return copilot_internal.check_quota(scope, scope_id, 'e2b', estimated_cost);
end
$$;
comment on function copilot_internal.check_e2b_quota(text, uuid, numeric) is
  'Whether a sandbox run of this estimated cost (USD) fits every e2b and all quota of the scope: spend, open reservations '
  'and the estimate together within the limit, equal included. No quota, or none that has started, no limit. Promises nothing '
  'for later: another client may spend in between. Raises 22004 for NULL, 22023 for an unknown scope or a negative estimate.';

create or replace function copilot_internal.increment_e2b_quota_spend(scope text, scope_id uuid, amount numeric)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  perform copilot_internal.increment_quota_spend(scope, scope_id, 'e2b', amount);
end
$$;
comment on function copilot_internal.increment_e2b_quota_spend(text, uuid, numeric) is
  'Adds a cost (USD) to the spend of every e2b and all quota of the scope that has started, atomically. Spend may pass the '
  'limit: what was used was used. Raises 22004 for NULL, 22023 for an unknown scope or a negative amount.';


-- =====================================================================================================================
-- PART 5: Cost aggregation views
-- =====================================================================================================================

-- As in the foundation: 20260106000005_usage_rollups.sql replaces these two. Conversations are not added up by day: each is
-- about as small as its records.
do $$
begin
  if to_regclass('copilot_internal.e2b_uncovered_records') is null then
    create view copilot_internal.e2b_uncovered_records with (security_invoker = true) as
    select
      tenant_id, recorded_at, tier, execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb, execution_cost_usd,
      resource_cost_usd, total_cost_usd, is_estimated, is_unpriced
    from copilot_internal.e2b_cost_records;
  end if;
  if to_regclass('copilot_internal.e2b_usage_by_day') is null then
    create view copilot_internal.e2b_usage_by_day with (security_invoker = true) as
    select
      tenant_id, day, tier, run_count, execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb,
      execution_cost_usd, resource_cost_usd, total_cost_usd, estimated_count, unpriced_count, first_recorded_at,
      last_recorded_at
    from copilot_internal.e2b_usage_totals;
  end if;
end
$$;
comment on view copilot_internal.e2b_uncovered_records is
  'Records of sandbox runs that are in no row of e2b_usage_by_day: both together are all usage, each run once.';
comment on view copilot_internal.e2b_usage_by_day is
  'Sandbox runs of whole UTC days, added up: what e2b_uncovered_records does not show.';

-- Each is tried as a temporary view first, and replaced only where what the server prints of the two differs: whoever
-- reads one meanwhile does not wait.
do $do$
declare
  wanted text;
  "view" text;
begin
  foreach wanted in array array[
$view$
create or replace view copilot_internal.e2b_cost_summary_by_tenant with (security_invoker = true) as
select
  tenant_id,
  run_count,
  trim_scale(execution_time_seconds) as execution_time_seconds,
  trim_scale(cpu_core_seconds)       as cpu_core_seconds,
  trim_scale(memory_gb_seconds)      as memory_gb_seconds,
  trim_scale(disk_io_gb)             as disk_io_gb,
  coalesce(trim_scale(nullif(execution_cost_usd, 0)) + 0.000, 0) as execution_cost_usd,
  coalesce(trim_scale(nullif(resource_cost_usd, 0)) + 0.000, 0) as resource_cost_usd,
  coalesce(trim_scale(nullif(total_cost_usd, 0)) + 0.000, 0) as total_cost_usd,
  coalesce(trim_scale(nullif(round(total_cost_usd / run_count, 18), 0)) + 0.000, 0) as average_cost_usd,
  estimated_count,
  unpriced_count,
  first_recorded_at,
  last_recorded_at
from (
  select
    tenant_id,
    sum(run_count)::bigint       as run_count,
    sum(execution_time_seconds)  as execution_time_seconds,
    sum(cpu_core_seconds)        as cpu_core_seconds,
    sum(memory_gb_seconds)       as memory_gb_seconds,
    sum(disk_io_gb)              as disk_io_gb,
    sum(execution_cost_usd)      as execution_cost_usd,
    sum(resource_cost_usd)       as resource_cost_usd,
    sum(total_cost_usd)          as total_cost_usd,
    sum(estimated_count)::bigint as estimated_count,
    sum(unpriced_count)::bigint  as unpriced_count,
    min(first_recorded_at)       as first_recorded_at,
    max(last_recorded_at)        as last_recorded_at
  from (
    select
      tenant_id,
      count(*)                             as run_count,
      sum(execution_time_seconds)          as execution_time_seconds,
      sum(cpu_core_seconds)                as cpu_core_seconds,
      sum(memory_gb_seconds)               as memory_gb_seconds,
      sum(disk_io_gb)                      as disk_io_gb,
      sum(execution_cost_usd)              as execution_cost_usd,
      sum(resource_cost_usd)               as resource_cost_usd,
      sum(total_cost_usd)                  as total_cost_usd,
      count(*) filter (where is_estimated) as estimated_count,
      count(*) filter (where is_unpriced)  as unpriced_count,
      min(recorded_at)                     as first_recorded_at,
      max(recorded_at)                     as last_recorded_at
    from copilot_internal.e2b_uncovered_records
    group by tenant_id
    union all
    select
      tenant_id,
      run_count, execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb, execution_cost_usd,
      resource_cost_usd, total_cost_usd, estimated_count, unpriced_count, first_recorded_at, last_recorded_at
    from copilot_internal.e2b_usage_by_day
  ) as parts
  group by tenant_id
) as totals
$view$,
$view$
create or replace view copilot_internal.e2b_cost_summary_by_tier with (security_invoker = true) as
select
  tier,
  run_count,
  trim_scale(execution_time_seconds) as execution_time_seconds,
  trim_scale(cpu_core_seconds)       as cpu_core_seconds,
  trim_scale(memory_gb_seconds)      as memory_gb_seconds,
  trim_scale(disk_io_gb)             as disk_io_gb,
  coalesce(trim_scale(nullif(execution_cost_usd, 0)) + 0.000, 0) as execution_cost_usd,
  coalesce(trim_scale(nullif(resource_cost_usd, 0)) + 0.000, 0) as resource_cost_usd,
  coalesce(trim_scale(nullif(total_cost_usd, 0)) + 0.000, 0) as total_cost_usd,
  coalesce(trim_scale(nullif(round(total_cost_usd / run_count, 18), 0)) + 0.000, 0) as average_cost_usd,
  estimated_count,
  unpriced_count,
  first_recorded_at,
  last_recorded_at
from (
  select
    tier,
    sum(run_count)::bigint       as run_count,
    sum(execution_time_seconds)  as execution_time_seconds,
    sum(cpu_core_seconds)        as cpu_core_seconds,
    sum(memory_gb_seconds)       as memory_gb_seconds,
    sum(disk_io_gb)              as disk_io_gb,
    sum(execution_cost_usd)      as execution_cost_usd,
    sum(resource_cost_usd)       as resource_cost_usd,
    sum(total_cost_usd)          as total_cost_usd,
    sum(estimated_count)::bigint as estimated_count,
    sum(unpriced_count)::bigint  as unpriced_count,
    min(first_recorded_at)       as first_recorded_at,
    max(last_recorded_at)        as last_recorded_at
  from (
    select
      tier,
      count(*)                             as run_count,
      sum(execution_time_seconds)          as execution_time_seconds,
      sum(cpu_core_seconds)                as cpu_core_seconds,
      sum(memory_gb_seconds)               as memory_gb_seconds,
      sum(disk_io_gb)                      as disk_io_gb,
      sum(execution_cost_usd)              as execution_cost_usd,
      sum(resource_cost_usd)               as resource_cost_usd,
      sum(total_cost_usd)                  as total_cost_usd,
      count(*) filter (where is_estimated) as estimated_count,
      count(*) filter (where is_unpriced)  as unpriced_count,
      min(recorded_at)                     as first_recorded_at,
      max(recorded_at)                     as last_recorded_at
    from copilot_internal.e2b_uncovered_records
    group by tier
    union all
    select
      tier,
      run_count, execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb, execution_cost_usd,
      resource_cost_usd, total_cost_usd, estimated_count, unpriced_count, first_recorded_at, last_recorded_at
    from copilot_internal.e2b_usage_by_day
  ) as parts
  group by tier
) as totals
$view$,
$view$
create or replace view copilot_internal.e2b_cost_summary_by_conversation with (security_invoker = true) as
select
  tenant_id,
  conversation_id,
  run_count,
  trim_scale(execution_time_seconds) as execution_time_seconds,
  trim_scale(cpu_core_seconds)       as cpu_core_seconds,
  trim_scale(memory_gb_seconds)      as memory_gb_seconds,
  trim_scale(disk_io_gb)             as disk_io_gb,
  coalesce(trim_scale(nullif(execution_cost_usd, 0)) + 0.000, 0) as execution_cost_usd,
  coalesce(trim_scale(nullif(resource_cost_usd, 0)) + 0.000, 0) as resource_cost_usd,
  coalesce(trim_scale(nullif(total_cost_usd, 0)) + 0.000, 0) as total_cost_usd,
  coalesce(trim_scale(nullif(round(total_cost_usd / run_count, 18), 0)) + 0.000, 0) as average_cost_usd,
  estimated_count,
  unpriced_count,
  first_recorded_at,
  last_recorded_at
from (
  select
    tenant_id,
    conversation_id,
    sum(run_count)::bigint       as run_count,
    sum(execution_time_seconds)  as execution_time_seconds,
    sum(cpu_core_seconds)        as cpu_core_seconds,
    sum(memory_gb_seconds)       as memory_gb_seconds,
    sum(disk_io_gb)              as disk_io_gb,
    sum(execution_cost_usd)      as execution_cost_usd,
    sum(resource_cost_usd)       as resource_cost_usd,
    sum(total_cost_usd)          as total_cost_usd,
    sum(estimated_count)::bigint as estimated_count,
    sum(unpriced_count)::bigint  as unpriced_count,
    min(first_recorded_at)       as first_recorded_at,
    max(last_recorded_at)        as last_recorded_at
  from (
    select
      tenant_id,
      conversation_id,
      count(*)                             as run_count,
      sum(execution_time_seconds)          as execution_time_seconds,
      sum(cpu_core_seconds)                as cpu_core_seconds,
      sum(memory_gb_seconds)               as memory_gb_seconds,
      sum(disk_io_gb)                      as disk_io_gb,
      sum(execution_cost_usd)              as execution_cost_usd,
      sum(resource_cost_usd)               as resource_cost_usd,
      sum(total_cost_usd)                  as total_cost_usd,
      count(*) filter (where is_estimated) as estimated_count,
      count(*) filter (where is_unpriced)  as unpriced_count,
      min(recorded_at)                     as first_recorded_at,
      max(recorded_at)                     as last_recorded_at
    from copilot_internal.e2b_cost_records
    group by tenant_id, conversation_id
    union all
    select
      tenant_id,
      conversation_id,
      run_count, execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb, execution_cost_usd,
      resource_cost_usd, total_cost_usd, estimated_count, unpriced_count, first_recorded_at, last_recorded_at
    from copilot_internal.e2b_usage_totals
  ) as parts
  group by tenant_id, conversation_id
) as totals
$view$,
$view$
create or replace view copilot_internal.combined_cost_summary_by_tenant with (security_invoker = true) as
select
  tenant_id,
  llm_request_count,
  e2b_run_count,
  llm_request_count + e2b_run_count as total_count,
  llm_total_tokens,
  e2b_execution_time_seconds,
  llm_cost_usd,
  e2b_cost_usd,
  coalesce(trim_scale(nullif(cost_usd, 0)) + 0.000, 0) as total_cost_usd,
  coalesce(trim_scale(nullif(average_cost_usd, 0)) + 0.000, 0) as average_cost_usd,
  estimated_count,
  unpriced_count,
  first_recorded_at,
  last_recorded_at
from (
  select
    tenant_id,
    coalesce(llm.request_count, 0)                                     as llm_request_count,
    coalesce(e2b.run_count, 0)                                         as e2b_run_count,
    coalesce(llm.total_tokens, 0)                                      as llm_total_tokens,
    coalesce(e2b.execution_time_seconds, 0)                            as e2b_execution_time_seconds,
    coalesce(llm.total_cost_usd, 0)                                    as llm_cost_usd,
    coalesce(e2b.total_cost_usd, 0)                                    as e2b_cost_usd,
    coalesce(llm.total_cost_usd, 0) + coalesce(e2b.total_cost_usd, 0)  as cost_usd,
    round(
      (coalesce(llm.total_cost_usd, 0) + coalesce(e2b.total_cost_usd, 0))::numeric(38,18)
      / (coalesce(llm.request_count, 0) + coalesce(e2b.run_count, 0)),
      18
    )                                                                  as average_cost_usd,
    coalesce(llm.estimated_count, 0) + coalesce(e2b.estimated_count, 0) as estimated_count,
    coalesce(llm.unpriced_count, 0) + coalesce(e2b.unpriced_count, 0)  as unpriced_count,
    least(llm.first_recorded_at, e2b.first_recorded_at)                as first_recorded_at,
    greatest(llm.last_recorded_at, e2b.last_recorded_at)               as last_recorded_at
  from copilot_internal.cost_summary_by_tenant as llm
  full join copilot_internal.e2b_cost_summary_by_tenant as e2b using (tenant_id)
) as totals
$view$
  ] loop
    "view" := substring(wanted from 'copilot_internal\.(\w+)');
    execute replace(wanted, 'create or replace view copilot_internal.', 'create temporary view ');
    if not exists (
      select pg_get_viewdef(c.oid), c.reloptions from pg_catalog.pg_class as c
      where c.oid = to_regclass('copilot_internal.' || "view")
      intersect
      select pg_get_viewdef(c.oid), c.reloptions from pg_catalog.pg_class as c
      where c.oid = to_regclass('pg_temp.' || "view")
    ) then
      execute wanted;
    end if;
    execute format('drop view pg_temp.%I', "view");
  end loop;
end
$do$;
comment on view copilot_internal.e2b_cost_summary_by_tenant is
  'Sandbox usage and cost per tenant: records and totals of whole days together. The average is per run, rounded to 18 decimals; sums are exact.';
comment on view copilot_internal.e2b_cost_summary_by_tier is
  'Sandbox usage and cost per tier, over all tenants the caller may see.';
comment on view copilot_internal.e2b_cost_summary_by_conversation is
  'Sandbox usage and cost per conversation of a tenant; runs outside a conversation are one row per tenant.';
comment on view copilot_internal.combined_cost_summary_by_tenant is
  'LLM and sandbox cost of each tenant side by side, and their sum; tenants with only one kind included.';


-- =====================================================================================================================
-- PART 6: Helper cost calculation function
-- =====================================================================================================================

create or replace function copilot_internal.calculate_e2b_rates(
  tier                   text,
  region                 text,
  execution_time_seconds numeric,
  cpu_core_seconds       numeric,
  memory_gb_seconds      numeric,
  disk_io_gb             numeric,
  pricing_date           timestamptz
)
  returns table (
    pricing_id                 uuid,
    is_estimated               boolean,
    price_per_second           numeric,
    price_per_cpu_core_second  numeric,
    price_per_gb_memory_second numeric,
    price_per_gb_disk_io       numeric
  )
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.calculate_e2b_rates(text, text, numeric, numeric, numeric, numeric, timestamptz) is
  'The price of a sandbox run: that of its region, else, as an estimate, that of the region of the tier which is dearest for '
  'this usage; no row when the tier has none at that date.';

create or replace function copilot_internal.calculate_e2b_cost(
  tier                   text,
  region                 text,
  execution_time_seconds numeric,
  cpu_core_seconds       numeric     default null,
  memory_gb_seconds      numeric     default null,
  disk_io_gb             numeric     default null,
  pricing_date           timestamptz default now()
)
  returns table (execution_cost_usd numeric, resource_cost_usd numeric, total_cost_usd numeric, is_estimated boolean)
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.calculate_e2b_cost(text, text, numeric, numeric, numeric, numeric, timestamptz) is
  'What a sandbox run costs at the prices of pricing_date, in USD, exact. is_estimated: the region had no price then, and '
  'the price of the tier''s region that is dearest for this usage was used. Metrics left NULL count as 0. Raises 22004 for a required '
  'NULL, 22023 for a negative number or a tier without a price at that date.';


-- =====================================================================================================================
-- PART 7: Row Level Security
-- =====================================================================================================================

-- The last two have no policy: only the platform sees them.
do $$
declare
  "table" regclass;
begin
  for "table" in
    select oid from pg_catalog.pg_class
    where relnamespace = 'copilot_internal'::regnamespace and not relrowsecurity
      and relname in ('e2b_pricing', 'e2b_cost_records', 'e2b_usage_totals', 'quota_reservations', 'cost_quota_periods')
  loop
    execute format('alter table %s enable row level security', "table");
  end loop;
end
$$;

-- As in the foundation: each is tried on an empty twin of its table, and replaced only where it differs.
do $do$
declare
  wanted  text;
  policy  text;
  "table" text;
begin
  foreach wanted in array array[
    $$create policy e2b_pricing_select_authenticated on copilot_internal.e2b_pricing
        for select to authenticated
        using (true)$$,
    $$create policy e2b_cost_records_select_tenant on copilot_internal.e2b_cost_records
        for select to authenticated
        using (
          tenant_id = (select coalesce(auth.jwt() ->> 'tenant_id', auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid)
        )$$,
    $$create policy e2b_usage_totals_select_tenant on copilot_internal.e2b_usage_totals
        for select to authenticated
        using (
          tenant_id = (select coalesce(auth.jwt() ->> 'tenant_id', auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid)
        )$$
  ] loop
    policy  := substring(wanted from 'create policy (\w+)');
    "table" := substring(wanted from 'on copilot_internal\.(\w+)');
    execute format('create temporary table %I (like copilot_internal.%1$I)', "table");
    execute replace(wanted, 'on copilot_internal.', 'on pg_temp.');
    if not exists (
      select p.permissive, p.roles, p.cmd, p.qual, p.with_check from pg_catalog.pg_policies as p
      where (p.schemaname, p.tablename, p.policyname) = ('copilot_internal', "table", policy)
      intersect
      select p.permissive, p.roles, p.cmd, p.qual, p.with_check from pg_catalog.pg_policies as p
      where (p.schemaname, p.tablename, p.policyname) = (pg_my_temp_schema()::regnamespace::text, "table", policy)
    ) then
      execute format('drop policy if exists %I on copilot_internal.%I', policy, "table");
      execute wanted;
    end if;
    execute format('drop table pg_temp.%I', "table");
  end loop;
end
$do$;
comment on policy e2b_pricing_select_authenticated on copilot_internal.e2b_pricing is
  'Whoever is signed in sees the price list.';
comment on policy e2b_cost_records_select_tenant on copilot_internal.e2b_cost_records is
  'A tenant sees what its own sandboxes cost.';
comment on policy e2b_usage_totals_select_tenant on copilot_internal.e2b_usage_totals is
  'A tenant sees what its own sandboxes cost.';


-- =====================================================================================================================
-- PART 8: Grants
-- =====================================================================================================================
-- Only what lacks. What is too much is taken away by 20260106000009_access.sql.

do $$
declare
  lacking text;
begin
  for lacking in
    select format('grant %s on copilot_internal.%I to %I', privilege, relation, grantee)
    from (values
      ('authenticated', 'select',                      'e2b_pricing e2b_cost_records e2b_usage_totals'),
      ('service_role',  'select insert update delete', 'e2b_pricing e2b_cost_records e2b_usage_totals'),
      ('service_role',  'select insert update delete', 'quota_reservations cost_quota_periods'),
      ('authenticated', 'select', 'e2b_cost_summary_by_tenant e2b_cost_summary_by_tier e2b_cost_summary_by_conversation'),
      ('service_role',  'select', 'e2b_cost_summary_by_tenant e2b_cost_summary_by_tier e2b_cost_summary_by_conversation'),
      ('authenticated', 'select', 'e2b_uncovered_records e2b_usage_by_day'),
      ('authenticated', 'select', 'combined_cost_summary_by_tenant'),
      ('service_role',  'select', 'e2b_uncovered_records e2b_usage_by_day'),
      ('service_role',  'select', 'combined_cost_summary_by_tenant')
    ) as wanted (grantee, privileges, relations)
    cross join string_to_table(privileges, ' ') as privilege
    cross join string_to_table(relations, ' ') as relation
    where not has_table_privilege(grantee, 'copilot_internal.' || relation, privilege)
  loop
    execute lacking;
  end loop;
end
$$;

grant execute on function
  copilot_internal.calculate_e2b_rates(text, text, numeric, numeric, numeric, numeric, timestamptz),
  copilot_internal.calculate_e2b_cost(text, text, numeric, numeric, numeric, numeric, timestamptz)
to authenticated, service_role;
grant execute on function
  copilot_internal.check_e2b_quota(text, uuid, numeric),
  copilot_internal.increment_e2b_quota_spend(text, uuid, numeric)
to service_role;


-- =====================================================================================================================
-- PART 9: Seed default pricing
-- =====================================================================================================================
-- Internal charge-back rates, set on 2026-01-04. They cover more than the sandbox: E2B's own list price of a default
-- sandbox (2 vCPU, 512 MiB) was 0.00003025 USD per second that day. Resource rates are E2B's list rates, per second:
-- github.com/e2b-dev/docs at d940a4e, docs/legacy/pricing.mdx of 2025-12-17.

-- Once in the life of the table, which its key remembers: whoever deletes a price, or all of them, means it.
do $$
declare
  tiers bigint;
begin
  if obj_description((
    select oid from pg_catalog.pg_constraint
    where conrelid = 'copilot_internal.e2b_pricing'::regclass and conname = 'e2b_pricing_pkey'
  ), 'pg_constraint') is not null then
    return;
  end if;
  if not exists (select from copilot_internal.e2b_pricing) then
    insert into copilot_internal.e2b_pricing
      (tier, region, price_per_second, price_per_cpu_core_second, price_per_gb_memory_second, price_per_gb_disk_io,
       effective_date, source, verified_on, notes)
    select
      seed.tier, 'us-east-1', seed.price_per_second, 0.000014, 0.0000045, 0,
      '2026-01-04 00:00:00+00',
      'internal charge-back rate; resource rates: e2b-dev/docs@d940a4e (2025-12-17)', '2026-01-04',
      seed.notes
    from (values
      ('standard',    0.0001,  'Internal charge-back rate, 2.70 times the E2B list price of 2 vCPU / 2 GiB (0.000037 per second).'),
      ('high-cpu',    0.0004,  'Internal charge-back rate, proposed: 2.70 times the E2B list price of 8 vCPU / 8 GiB (0.000148 per second).'),
      ('high-memory', 0.00054, 'Internal charge-back rate, proposed: 2.70 times the E2B list price of 4 vCPU / 32 GiB (0.0002 per second; above E2B''s public 8 GiB, so by contract only).'),
      ('gpu',         0.0012,  'PLACEHOLDER. Internal charge-back rate for 4 vCPU / 16 GiB and a GPU; E2B offers no GPU, so there is no vendor price to compare with.')
    ) as seed (tier, price_per_second, notes);
    select count(distinct tier) into tiers from copilot_internal.e2b_pricing;
    if tiers < 4 then
      raise exception using
        message = format('The E2B price list holds %s of at least 4 tiers.', tiers),
        detail = 'It was empty, and what this file inserts did not all arrive.',
        hint = 'Look for a trigger or rule on copilot_internal.e2b_pricing that is not the product''s.';
    end if;
  end if;
  comment on constraint e2b_pricing_pkey on copilot_internal.e2b_pricing is
    'This list has been filled: what is deleted from it stays deleted.';
end
$$;


-- =====================================================================================================================
-- PART 10: Verification
-- =====================================================================================================================

do $$
declare
  tiers bigint;
begin
  if to_regclass('copilot_internal.e2b_pricing') is null then
    raise exception 'Table copilot_internal.e2b_pricing is missing.';
  end if;
  raise notice '✓ e2b_pricing table created';

  if to_regclass('copilot_internal.e2b_cost_records') is null then
    raise exception 'Table copilot_internal.e2b_cost_records is missing.';
  end if;
  raise notice '✓ e2b_cost_records table created';

  if not exists (
    select from pg_catalog.pg_attribute
    where attrelid = 'copilot_internal.cost_quotas'::regclass and attname = 'resource_type' and attnotnull
  ) then
    raise exception 'Column resource_type of copilot_internal.cost_quotas is missing, or may be null.';
  end if;
  raise notice '✓ cost_quotas extended with resource_type';

  -- Fewer than were seeded is no failure: somebody has deleted the others.
  select count(distinct tier) into tiers from copilot_internal.e2b_pricing;
  raise notice '✓ % pricing tiers seeded', tiers;
end
$$;
