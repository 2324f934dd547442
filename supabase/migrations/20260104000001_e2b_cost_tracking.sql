-- E2B cost tracking
--
-- What:  prices of E2B sandboxes, the record of each sandbox run, quotas that know the kind of resource, and the
--        functions that price a run, check a quota and charge it.
-- Why:   sandboxes are billed by the second and cost as much as the LLM calls that start them.
-- Rerun: safe at any time, on any data. Seeds prices only into an empty price list, so a changed price stays changed.
--        After `drop table … cascade` of either table, running this file again brings back all that went with it.
-- Undo:  drop table copilot_internal.e2b_cost_records, copilot_internal.e2b_pricing cascade;


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

comment on table copilot_internal.e2b_pricing is
  'What an E2B sandbox costs, by tier and region. A price is in force from effective_date until just before expires_at.';
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

-- Finds the price at a date, and keeps two versions from starting at once (an empty period is no version).
create unique index if not exists e2b_pricing_tier_region_effective_date_idx
  on copilot_internal.e2b_pricing (tier, region, effective_date)
  where expires_at is null or expires_at > effective_date;


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
  constraint e2b_cost_records_total_cost_usd_is_the_sum check (
    total_cost_usd = execution_cost_usd + resource_cost_usd
  ),
  constraint e2b_cost_records_unpriced_costs_nothing check (not is_unpriced or total_cost_usd = 0),
  constraint e2b_cost_records_metadata_is_object check (jsonb_typeof(metadata) = 'object')
);

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

create index if not exists e2b_cost_records_recorded_at_idx
  on copilot_internal.e2b_cost_records (recorded_at);
create index if not exists e2b_cost_records_tenant_id_conversation_id_idx
  on copilot_internal.e2b_cost_records (tenant_id, conversation_id);
create index if not exists e2b_cost_records_tenant_id_request_id_idx
  on copilot_internal.e2b_cost_records (tenant_id, request_id);
create index if not exists e2b_cost_records_pricing_id_idx
  on copilot_internal.e2b_cost_records (pricing_id);

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


-- =====================================================================================================================
-- PART 3: Extend cost_quotas with resource_type
-- =====================================================================================================================

alter table copilot_internal.cost_quotas add column if not exists resource_type text not null default 'llm';
comment on column copilot_internal.cost_quotas.resource_type is
  'What is counted: llm, e2b, or all for both together.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_constraint
    where conrelid = 'copilot_internal.cost_quotas'::regclass and conname = 'cost_quotas_resource_type_known'
  ) then
    alter table copilot_internal.cost_quotas
      add constraint cost_quotas_resource_type_known check (resource_type in ('llm', 'e2b', 'all'));
  end if;
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
end
$$;
alter table copilot_internal.cost_quotas drop constraint if exists cost_quotas_scope_scope_id_period_key;


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

  constraint quota_reservations_pkey primary key (tenant_id, id),
  constraint quota_reservations_resource_type_known check (resource_type in ('llm', 'e2b')),
  constraint quota_reservations_amount_usd_not_negative check (amount_usd >= 0 and amount_usd < 'NaN'),
  constraint quota_reservations_expires_at_after_created_at check (expires_at > created_at),
  constraint quota_reservations_expired_is_closed check (not is_expired or closed_at is not null)
);
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

create index if not exists quota_reservations_open_tenant_id_idx
  on copilot_internal.quota_reservations (tenant_id, expires_at) where closed_at is null;
create index if not exists quota_reservations_open_user_id_idx
  on copilot_internal.quota_reservations (user_id, expires_at) where closed_at is null;
create index if not exists quota_reservations_open_expires_at_idx
  on copilot_internal.quota_reservations (expires_at) where closed_at is null;

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
  'Closed periods of quotas: what was allowed and what was spent. Written when a quota rolls over.';
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

create index if not exists cost_quota_periods_quota_id_period_start_idx
  on copilot_internal.cost_quota_periods (quota_id, period_start);

create or replace function copilot_internal.archive_quota_period()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  insert into copilot_internal.cost_quota_periods
    (quota_id, scope, scope_id, resource_type, period, period_start, period_end, limit_usd, spent_usd)
  values
    (old.id, old.scope, old.scope_id, old.resource_type, old.period, old.period_start, old.period_end,
     old.limit_usd, old.spent_usd);
  return null;
end
$$;
comment on function copilot_internal.archive_quota_period() is
  'Trigger: keeps the books of the period that a quota leaves behind.';
revoke execute on function copilot_internal.archive_quota_period() from public, anon, authenticated;
grant execute on function copilot_internal.archive_quota_period() to service_role;

create or replace trigger _100_archive_quota_period
  after update on copilot_internal.cost_quotas
  for each row when (new.period_start > old.period_start)
  execute function copilot_internal.archive_quota_period();
comment on trigger _100_archive_quota_period on copilot_internal.cost_quotas is
  'Whoever moves a quota on to a later period, the one before is archived.';

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
revoke execute on function copilot_internal.assert_quota_arguments(text, uuid, numeric, text)
  from public, anon, authenticated;
grant execute on function copilot_internal.assert_quota_arguments(text, uuid, numeric, text) to service_role;

-- ── Shared by check and charge, of sandboxes and of whatever else is counted ─────────────────────────────────────────

create or replace function copilot_internal.quota_held_usd(scope text, scope_id uuid, resource_type text)
  returns numeric
  language sql
  stable
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.quota_held_usd(text, uuid, text) is
  'USD held by open reservations against a quota of this scope and resource type.';
revoke execute on function copilot_internal.quota_held_usd(text, uuid, text) from public, anon, authenticated;
grant execute on function copilot_internal.quota_held_usd(text, uuid, text) to service_role;

create or replace function copilot_internal.charge_quotas(quota_ids uuid[], amount numeric)
  returns void
  language sql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.charge_quotas(uuid[], numeric) is
  'Adds an amount (USD) to the spend of these quotas, after closing each period that is over. An amount of 0 only does '
  'the latter, and locks.';
revoke execute on function copilot_internal.charge_quotas(uuid[], numeric) from public, anon, authenticated;
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
    select from copilot_internal.cost_quotas as q
    where q.scope = check_quota.scope
      and q.scope_id is not distinct from check_quota.scope_id
      and q.resource_type in (check_quota.resource_type, 'all')
      and not q.spent_usd
              + copilot_internal.quota_held_usd(q.scope, q.scope_id, q.resource_type)
              + estimated_cost <= q.limit_usd
  );
end
$$;
comment on function copilot_internal.check_quota(text, uuid, text, numeric) is
  'What check_e2b_quota promises, for any resource type.';
revoke execute on function copilot_internal.check_quota(text, uuid, text, numeric) from public, anon, authenticated;
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
$$;
comment on function copilot_internal.increment_quota_spend(text, uuid, text, numeric) is
  'What increment_e2b_quota_spend promises, for any resource type.';
revoke execute on function copilot_internal.increment_quota_spend(text, uuid, text, numeric)
  from public, anon, authenticated;
grant execute on function copilot_internal.increment_quota_spend(text, uuid, text, numeric) to service_role;

-- ── E2B ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

create or replace function copilot_internal.check_e2b_quota(scope text, scope_id uuid, estimated_cost numeric)
  returns boolean
  language sql
  volatile
  security invoker
  set search_path = ''
as $$
  select copilot_internal.check_quota(scope, scope_id, 'e2b', estimated_cost)
$$;
comment on function copilot_internal.check_e2b_quota(text, uuid, numeric) is
  'Whether a sandbox run of this estimated cost (USD) fits every e2b and all quota of the scope: spend, open reservations '
  'and the estimate together within the limit, equal included. No quota, no limit. Promises nothing for later: another '
  'client may spend in between. Raises 22004 for NULL, 22023 for an unknown scope or a negative estimate.';
revoke execute on function copilot_internal.check_e2b_quota(text, uuid, numeric) from public, anon, authenticated;

create or replace function copilot_internal.increment_e2b_quota_spend(scope text, scope_id uuid, amount numeric)
  returns void
  language sql
  volatile
  security invoker
  set search_path = ''
as $$
  select copilot_internal.increment_quota_spend(scope, scope_id, 'e2b', amount)
$$;
comment on function copilot_internal.increment_e2b_quota_spend(text, uuid, numeric) is
  'Adds a cost (USD) to the spend of every e2b and all quota of the scope, atomically. Spend may pass the limit: what was '
  'used was used. Raises 22004 for NULL, 22023 for an unknown scope or a negative amount.';
revoke execute on function copilot_internal.increment_e2b_quota_spend(text, uuid, numeric)
  from public, anon, authenticated;


-- =====================================================================================================================
-- PART 5: Cost aggregation views
-- =====================================================================================================================

create or replace view copilot_internal.e2b_cost_summary_by_tenant with (security_invoker = true) as
select
  tenant_id,
  run_count,
  execution_time_seconds,
  cpu_core_seconds,
  memory_gb_seconds,
  disk_io_gb,
  round(execution_cost_usd, greatest(3, min_scale(execution_cost_usd)) * (execution_cost_usd <> 0)::integer) as execution_cost_usd,
  round(resource_cost_usd,  greatest(3, min_scale(resource_cost_usd))  * (resource_cost_usd <> 0)::integer)  as resource_cost_usd,
  round(total_cost_usd,     greatest(3, min_scale(total_cost_usd))     * (total_cost_usd <> 0)::integer)     as total_cost_usd,
  round(average_cost_usd,   greatest(3, min_scale(average_cost_usd))   * (average_cost_usd <> 0)::integer)   as average_cost_usd,
  estimated_count,
  unpriced_count,
  first_recorded_at,
  last_recorded_at
from (
  select
    tenant_id,
    count(*)                                as run_count,
    trim_scale(sum(execution_time_seconds)) as execution_time_seconds,
    trim_scale(sum(cpu_core_seconds))       as cpu_core_seconds,
    trim_scale(sum(memory_gb_seconds))      as memory_gb_seconds,
    trim_scale(sum(disk_io_gb))             as disk_io_gb,
    sum(execution_cost_usd)                 as execution_cost_usd,
    sum(resource_cost_usd)                  as resource_cost_usd,
    sum(total_cost_usd)                     as total_cost_usd,
    round(avg(total_cost_usd), 18)          as average_cost_usd,
    count(*) filter (where is_estimated)    as estimated_count,
    count(*) filter (where is_unpriced)     as unpriced_count,
    min(recorded_at)                        as first_recorded_at,
    max(recorded_at)                        as last_recorded_at
  from copilot_internal.e2b_cost_records
  group by tenant_id
) as totals;
comment on view copilot_internal.e2b_cost_summary_by_tenant is
  'Sandbox usage and cost per tenant. The average is per run, rounded to 18 decimals; sums are exact.';

create or replace view copilot_internal.e2b_cost_summary_by_tier with (security_invoker = true) as
select
  tier,
  run_count,
  execution_time_seconds,
  cpu_core_seconds,
  memory_gb_seconds,
  disk_io_gb,
  round(execution_cost_usd, greatest(3, min_scale(execution_cost_usd)) * (execution_cost_usd <> 0)::integer) as execution_cost_usd,
  round(resource_cost_usd,  greatest(3, min_scale(resource_cost_usd))  * (resource_cost_usd <> 0)::integer)  as resource_cost_usd,
  round(total_cost_usd,     greatest(3, min_scale(total_cost_usd))     * (total_cost_usd <> 0)::integer)     as total_cost_usd,
  round(average_cost_usd,   greatest(3, min_scale(average_cost_usd))   * (average_cost_usd <> 0)::integer)   as average_cost_usd,
  estimated_count,
  unpriced_count,
  first_recorded_at,
  last_recorded_at
from (
  select
    tier,
    count(*)                                as run_count,
    trim_scale(sum(execution_time_seconds)) as execution_time_seconds,
    trim_scale(sum(cpu_core_seconds))       as cpu_core_seconds,
    trim_scale(sum(memory_gb_seconds))      as memory_gb_seconds,
    trim_scale(sum(disk_io_gb))             as disk_io_gb,
    sum(execution_cost_usd)                 as execution_cost_usd,
    sum(resource_cost_usd)                  as resource_cost_usd,
    sum(total_cost_usd)                     as total_cost_usd,
    round(avg(total_cost_usd), 18)          as average_cost_usd,
    count(*) filter (where is_estimated)    as estimated_count,
    count(*) filter (where is_unpriced)     as unpriced_count,
    min(recorded_at)                        as first_recorded_at,
    max(recorded_at)                        as last_recorded_at
  from copilot_internal.e2b_cost_records
  group by tier
) as totals;
comment on view copilot_internal.e2b_cost_summary_by_tier is
  'Sandbox usage and cost per tier, over all tenants the caller may see.';

create or replace view copilot_internal.e2b_cost_summary_by_conversation with (security_invoker = true) as
select
  tenant_id,
  conversation_id,
  run_count,
  execution_time_seconds,
  cpu_core_seconds,
  memory_gb_seconds,
  disk_io_gb,
  round(execution_cost_usd, greatest(3, min_scale(execution_cost_usd)) * (execution_cost_usd <> 0)::integer) as execution_cost_usd,
  round(resource_cost_usd,  greatest(3, min_scale(resource_cost_usd))  * (resource_cost_usd <> 0)::integer)  as resource_cost_usd,
  round(total_cost_usd,     greatest(3, min_scale(total_cost_usd))     * (total_cost_usd <> 0)::integer)     as total_cost_usd,
  round(average_cost_usd,   greatest(3, min_scale(average_cost_usd))   * (average_cost_usd <> 0)::integer)   as average_cost_usd,
  estimated_count,
  unpriced_count,
  first_recorded_at,
  last_recorded_at
from (
  select
    tenant_id,
    conversation_id,
    count(*)                                as run_count,
    trim_scale(sum(execution_time_seconds)) as execution_time_seconds,
    trim_scale(sum(cpu_core_seconds))       as cpu_core_seconds,
    trim_scale(sum(memory_gb_seconds))      as memory_gb_seconds,
    trim_scale(sum(disk_io_gb))             as disk_io_gb,
    sum(execution_cost_usd)                 as execution_cost_usd,
    sum(resource_cost_usd)                  as resource_cost_usd,
    sum(total_cost_usd)                     as total_cost_usd,
    round(avg(total_cost_usd), 18)          as average_cost_usd,
    count(*) filter (where is_estimated)    as estimated_count,
    count(*) filter (where is_unpriced)     as unpriced_count,
    min(recorded_at)                        as first_recorded_at,
    max(recorded_at)                        as last_recorded_at
  from copilot_internal.e2b_cost_records
  group by tenant_id, conversation_id
) as totals;
comment on view copilot_internal.e2b_cost_summary_by_conversation is
  'Sandbox usage and cost per conversation of a tenant; runs outside a conversation are one row per tenant.';

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
  round(cost_usd, greatest(3, min_scale(cost_usd)) * (cost_usd <> 0)::integer) as total_cost_usd,
  round(average_cost_usd, greatest(3, min_scale(average_cost_usd)) * (average_cost_usd <> 0)::integer) as average_cost_usd,
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
) as totals;
comment on view copilot_internal.combined_cost_summary_by_tenant is
  'LLM and sandbox cost of each tenant side by side, and their sum; tenants with only one kind included.';


-- =====================================================================================================================
-- PART 6: Helper cost calculation function
-- =====================================================================================================================

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
$$;
comment on function copilot_internal.calculate_e2b_cost(text, text, numeric, numeric, numeric, numeric, timestamptz) is
  'What a sandbox run costs at the prices of pricing_date, in USD, exact. is_estimated: the region had no price then, and '
  'the dearest other region''s price of the tier was used. Metrics left NULL count as 0. Raises 22004 for a required '
  'NULL, 22023 for a negative number or a tier without a price at that date.';
revoke execute on function copilot_internal.calculate_e2b_cost(text, text, numeric, numeric, numeric, numeric, timestamptz)
  from public, anon, authenticated;


-- =====================================================================================================================
-- PART 7: Row Level Security
-- =====================================================================================================================

alter table copilot_internal.e2b_pricing        enable row level security;
alter table copilot_internal.e2b_cost_records   enable row level security;
-- These two have no policy: only the platform sees them.
alter table copilot_internal.quota_reservations enable row level security;
alter table copilot_internal.cost_quota_periods enable row level security;

drop policy if exists e2b_pricing_select_authenticated on copilot_internal.e2b_pricing;
create policy e2b_pricing_select_authenticated on copilot_internal.e2b_pricing
  for select to authenticated
  using (true);
comment on policy e2b_pricing_select_authenticated on copilot_internal.e2b_pricing is
  'Whoever is signed in sees the price list.';

drop policy if exists e2b_cost_records_select_tenant on copilot_internal.e2b_cost_records;
create policy e2b_cost_records_select_tenant on copilot_internal.e2b_cost_records
  for select to authenticated
  using (tenant_id = (select coalesce(auth.jwt() ->> 'tenant_id', auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid));
comment on policy e2b_cost_records_select_tenant on copilot_internal.e2b_cost_records is
  'A tenant sees what its own sandboxes cost.';


-- =====================================================================================================================
-- PART 8: Grants
-- =====================================================================================================================

revoke all on
  copilot_internal.e2b_pricing,
  copilot_internal.e2b_cost_records,
  copilot_internal.quota_reservations,
  copilot_internal.cost_quota_periods,
  copilot_internal.e2b_cost_summary_by_tenant,
  copilot_internal.e2b_cost_summary_by_tier,
  copilot_internal.e2b_cost_summary_by_conversation,
  copilot_internal.combined_cost_summary_by_tenant
from public, anon, authenticated, service_role;

grant select on
  copilot_internal.e2b_pricing,
  copilot_internal.e2b_cost_records,
  copilot_internal.e2b_cost_summary_by_tenant,
  copilot_internal.e2b_cost_summary_by_tier,
  copilot_internal.e2b_cost_summary_by_conversation,
  copilot_internal.combined_cost_summary_by_tenant
to authenticated, service_role;

grant insert, update, delete on copilot_internal.e2b_pricing, copilot_internal.e2b_cost_records to service_role;
grant select, insert, update, delete on
  copilot_internal.quota_reservations, copilot_internal.cost_quota_periods
to service_role;

grant execute on function
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
) as seed (tier, price_per_second, notes)
where not exists (select from copilot_internal.e2b_pricing);


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

  select count(distinct tier) into tiers from copilot_internal.e2b_pricing;
  if tiers < 4 then
    raise exception using
      message = format('The E2B price list holds %s of at least 4 tiers.', tiers),
      hint = 'Add the missing prices, or empty the table and run this file again.';
  end if;
  raise notice '✓ % pricing tiers seeded', tiers;
end
$$;
