-- Cost tracking: the foundation
--
-- What:  schema copilot_internal, the record of each LLM call, the quotas, and three views that add LLM costs up.
-- Why:   the E2B and LLM migrations of 2026-01-04 extend these; they take them for granted.
-- Rerun: safe at any time, on any data. Creates what is missing, replaces functions and views, keeps every row.
-- Undo:  drop schema copilot_internal cascade;
--        alter default privileges grant execute on functions to public;


-- =====================================================================================================================
-- Schema
-- =====================================================================================================================

create schema if not exists copilot_internal;
comment on schema copilot_internal is
  'What AI agents cost: price lists, cost records, quotas. Written by the platform (service_role), read per tenant.';

revoke all on schema copilot_internal from public, anon, authenticated;
grant usage on schema copilot_internal to authenticated, service_role;

-- Postgres lets PUBLIC execute every new function, and that default can only be taken back for all schemas at once:
-- `in schema copilot_internal` would change nothing, silently. It concerns functions that this role creates from now on.
alter default privileges revoke execute on functions from public;


-- =====================================================================================================================
-- llm_cost_records
-- =====================================================================================================================

-- The key starts with the tenant and holds the time, so that the table can be distributed by tenant and partitioned by
-- time without a change to those who write to it.
-- Prices have 12 decimals, and tokens are priced per million: a cost with 18 decimals is exact, nothing is rounded.
create table if not exists copilot_internal.llm_cost_records (
  tenant_id                uuid           not null,
  recorded_at              timestamptz    not null default now(),
  id                       uuid           not null default gen_random_uuid(),
  user_id                  uuid,
  conversation_id          text,
  request_id               text,
  provider                 text           not null,
  model                    text           not null,
  task                     text,
  input_tokens             bigint         not null default 0,
  output_tokens            bigint         not null default 0,
  pricing_id               uuid,
  input_price_per_million  numeric(20,12),
  output_price_per_million numeric(20,12),
  input_cost_usd           numeric(38,18) not null default 0,
  output_cost_usd          numeric(38,18) not null default 0,
  total_cost_usd           numeric(38,18) not null default 0,
  is_estimated             boolean        not null default false,
  is_unpriced              boolean        not null default false,
  metadata                 jsonb          not null default '{}',

  constraint llm_cost_records_pkey primary key (tenant_id, recorded_at, id),
  constraint llm_cost_records_recorded_at_finite check (isfinite(recorded_at)),
  constraint llm_cost_records_input_tokens_not_negative check (input_tokens >= 0),
  constraint llm_cost_records_output_tokens_not_negative check (output_tokens >= 0),
  -- NaN is greater than every number, hence the upper bound.
  constraint llm_cost_records_costs_not_negative check (
    input_cost_usd >= 0 and input_cost_usd < 'NaN' and output_cost_usd >= 0 and output_cost_usd < 'NaN'
  ),
  constraint llm_cost_records_total_cost_usd_is_the_sum check (total_cost_usd = input_cost_usd + output_cost_usd),
  constraint llm_cost_records_unpriced_costs_nothing check (not is_unpriced or total_cost_usd = 0),
  constraint llm_cost_records_metadata_is_object check (jsonb_typeof(metadata) = 'object')
);

comment on table copilot_internal.llm_cost_records is
  'One row per LLM call: who made it, what it used, what it cost, and the prices that were applied.';
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

create index if not exists llm_cost_records_recorded_at_idx
  on copilot_internal.llm_cost_records (recorded_at);
create index if not exists llm_cost_records_tenant_id_conversation_id_idx
  on copilot_internal.llm_cost_records (tenant_id, conversation_id);
create index if not exists llm_cost_records_tenant_id_request_id_idx
  on copilot_internal.llm_cost_records (tenant_id, request_id);
create index if not exists llm_cost_records_pricing_id_idx
  on copilot_internal.llm_cost_records (pricing_id);

alter table copilot_internal.llm_cost_records enable row level security;
revoke all on copilot_internal.llm_cost_records from public, anon, authenticated, service_role;
grant select on copilot_internal.llm_cost_records to authenticated;
grant select, insert, update, delete on copilot_internal.llm_cost_records to service_role;

-- The tenant of the caller is a claim that only the platform can write: tenant_id of the token itself, else of its
-- app_metadata. Users edit user_metadata themselves, so it is never read. No claim: null, which equals no tenant.
-- A policy runs with the caller's rights and the caller may execute nothing here but calculations: hence no function.
drop policy if exists llm_cost_records_select_tenant on copilot_internal.llm_cost_records;
create policy llm_cost_records_select_tenant on copilot_internal.llm_cost_records
  for select to authenticated
  using (tenant_id = (select coalesce(auth.jwt() ->> 'tenant_id', auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid));
comment on policy llm_cost_records_select_tenant on copilot_internal.llm_cost_records is
  'A tenant sees what its own LLM calls cost.';


-- =====================================================================================================================
-- cost_quotas
-- =====================================================================================================================

create table if not exists copilot_internal.cost_quotas (
  id                uuid           not null default gen_random_uuid(),
  scope             text           not null,
  scope_id          uuid,
  limit_usd         numeric(38,18) not null,
  spent_usd         numeric(38,18) not null default 0,
  warning_threshold numeric(5,4)   not null default 0.80,
  period            text           not null,
  period_start      timestamptz    not null,
  period_end        timestamptz    not null,
  period_anchor     timestamptz    not null,
  created_at        timestamptz    not null default now(),
  updated_at        timestamptz    not null default now(),

  constraint cost_quotas_pkey primary key (id),
  constraint cost_quotas_scope_known check (scope in ('platform', 'tenant', 'user')),
  constraint cost_quotas_scope_id_fits_scope check ((scope = 'platform') = (scope_id is null)),
  constraint cost_quotas_limit_usd_not_negative check (limit_usd >= 0 and limit_usd < 'NaN'),
  constraint cost_quotas_spent_usd_not_negative check (spent_usd >= 0 and spent_usd < 'NaN'),
  constraint cost_quotas_warning_threshold_is_share check (warning_threshold > 0 and warning_threshold <= 1),
  constraint cost_quotas_period_known check (period in ('hour', 'day', 'week', 'month')),
  constraint cost_quotas_period_end_after_start check (period_end > period_start),
  constraint cost_quotas_period_start_finite check (isfinite(period_start) and isfinite(period_anchor))
);

comment on table copilot_internal.cost_quotas is
  'What a platform, tenant or user may spend in a period, and what it has spent in the current one.';
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

-- One quota per scope and period. The E2B migration widens this by the kind of resource and takes this one away.
do $$
begin
  if not exists (
    select from pg_catalog.pg_constraint
    where conrelid = 'copilot_internal.cost_quotas'::regclass and contype = 'u'
  ) then
    alter table copilot_internal.cost_quotas
      add constraint cost_quotas_scope_scope_id_period_key unique nulls not distinct (scope, scope_id, period);
  end if;
end
$$;

alter table copilot_internal.cost_quotas enable row level security;
revoke all on copilot_internal.cost_quotas from public, anon, authenticated, service_role;
grant select on copilot_internal.cost_quotas to authenticated;
grant select, insert, update, delete on copilot_internal.cost_quotas to service_role;

drop policy if exists cost_quotas_select_tenant on copilot_internal.cost_quotas;
create policy cost_quotas_select_tenant on copilot_internal.cost_quotas
  for select to authenticated
  using (
    scope = 'tenant'
    and scope_id = (select coalesce(auth.jwt() ->> 'tenant_id', auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid)
  );
comment on policy cost_quotas_select_tenant on copilot_internal.cost_quotas is
  'A tenant sees its own quotas.';

drop policy if exists cost_quotas_select_user on copilot_internal.cost_quotas;
create policy cost_quotas_select_user on copilot_internal.cost_quotas
  for select to authenticated
  using (scope = 'user' and scope_id = (select auth.uid()));
comment on policy cost_quotas_select_user on copilot_internal.cost_quotas is
  'A user sees their own quotas.';


-- =====================================================================================================================
-- The periods of a quota
-- =====================================================================================================================

create or replace function copilot_internal.quota_period(anchor timestamptz, period text, moment timestamptz)
  returns tstzrange
  language plpgsql
  immutable
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.quota_period(timestamptz, text, timestamptz) is
  'The period that holds a moment: start included, end excluded. Periods are counted in UTC from the anchor, so that '
  'months anchored on the 31st end on each month''s last day without drifting. Unknown period: 22023.';
revoke execute on function copilot_internal.quota_period(timestamptz, text, timestamptz) from public, anon, authenticated;
grant execute on function copilot_internal.quota_period(timestamptz, text, timestamptz) to service_role;

create or replace function copilot_internal.fill_quota_period()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  new.period_start  := coalesce(new.period_start, now());
  new.period_anchor := coalesce(new.period_anchor, new.period_start);
  if new.period_end is null then
    new.period_end := upper(copilot_internal.quota_period(new.period_anchor, new.period, new.period_start));
  end if;
  return new;
end
$$;
comment on function copilot_internal.fill_quota_period() is
  'Trigger: a new quota starts now, is anchored where it starts and ends one period later, unless told otherwise.';
revoke execute on function copilot_internal.fill_quota_period() from public, anon, authenticated;
grant execute on function copilot_internal.fill_quota_period() to service_role;

create or replace trigger _100_fill_quota_period
  before insert on copilot_internal.cost_quotas
  for each row execute function copilot_internal.fill_quota_period();
comment on trigger _100_fill_quota_period on copilot_internal.cost_quotas is
  'Start, anchor and end of the first period may be left out.';


-- =====================================================================================================================
-- Views
-- =====================================================================================================================
-- Each runs with the rights of whoever asks (security_invoker), so that the policies of the tables decide.
-- Money is shown without loss and without padding: 0 for zero, else three decimals or as many as it takes.

create or replace view copilot_internal.cost_summary_by_tenant with (security_invoker = true) as
select
  tenant_id,
  request_count,
  input_tokens,
  output_tokens,
  input_tokens + output_tokens as total_tokens,
  round(input_cost_usd,   greatest(3, min_scale(input_cost_usd))   * (input_cost_usd <> 0)::integer)   as input_cost_usd,
  round(output_cost_usd,  greatest(3, min_scale(output_cost_usd))  * (output_cost_usd <> 0)::integer)  as output_cost_usd,
  round(total_cost_usd,   greatest(3, min_scale(total_cost_usd))   * (total_cost_usd <> 0)::integer)   as total_cost_usd,
  round(average_cost_usd, greatest(3, min_scale(average_cost_usd)) * (average_cost_usd <> 0)::integer) as average_cost_usd,
  estimated_count,
  unpriced_count,
  first_recorded_at,
  last_recorded_at
from (
  select
    tenant_id,
    count(*)                             as request_count,
    sum(input_tokens)                    as input_tokens,
    sum(output_tokens)                   as output_tokens,
    sum(input_cost_usd)                  as input_cost_usd,
    sum(output_cost_usd)                 as output_cost_usd,
    sum(total_cost_usd)                  as total_cost_usd,
    round(avg(total_cost_usd), 18)       as average_cost_usd,
    count(*) filter (where is_estimated) as estimated_count,
    count(*) filter (where is_unpriced)  as unpriced_count,
    min(recorded_at)                     as first_recorded_at,
    max(recorded_at)                     as last_recorded_at
  from copilot_internal.llm_cost_records
  group by tenant_id
) as totals;
comment on view copilot_internal.cost_summary_by_tenant is
  'LLM usage and cost per tenant. The average is per request, rounded to 18 decimals; sums are exact.';

create or replace view copilot_internal.cost_summary_by_model with (security_invoker = true) as
select
  provider,
  model,
  request_count,
  input_tokens,
  output_tokens,
  input_tokens + output_tokens as total_tokens,
  round(input_cost_usd,   greatest(3, min_scale(input_cost_usd))   * (input_cost_usd <> 0)::integer)   as input_cost_usd,
  round(output_cost_usd,  greatest(3, min_scale(output_cost_usd))  * (output_cost_usd <> 0)::integer)  as output_cost_usd,
  round(total_cost_usd,   greatest(3, min_scale(total_cost_usd))   * (total_cost_usd <> 0)::integer)   as total_cost_usd,
  round(average_cost_usd, greatest(3, min_scale(average_cost_usd)) * (average_cost_usd <> 0)::integer) as average_cost_usd,
  estimated_count,
  unpriced_count,
  first_recorded_at,
  last_recorded_at
from (
  select
    provider,
    model,
    count(*)                             as request_count,
    sum(input_tokens)                    as input_tokens,
    sum(output_tokens)                   as output_tokens,
    sum(input_cost_usd)                  as input_cost_usd,
    sum(output_cost_usd)                 as output_cost_usd,
    sum(total_cost_usd)                  as total_cost_usd,
    round(avg(total_cost_usd), 18)       as average_cost_usd,
    count(*) filter (where is_estimated) as estimated_count,
    count(*) filter (where is_unpriced)  as unpriced_count,
    min(recorded_at)                     as first_recorded_at,
    max(recorded_at)                     as last_recorded_at
  from copilot_internal.llm_cost_records
  group by provider, model
) as totals;
comment on view copilot_internal.cost_summary_by_model is
  'LLM usage and cost per provider and model, over all tenants the caller may see.';

create or replace view copilot_internal.cost_summary_by_task with (security_invoker = true) as
select
  task,
  request_count,
  input_tokens,
  output_tokens,
  input_tokens + output_tokens as total_tokens,
  round(input_cost_usd,   greatest(3, min_scale(input_cost_usd))   * (input_cost_usd <> 0)::integer)   as input_cost_usd,
  round(output_cost_usd,  greatest(3, min_scale(output_cost_usd))  * (output_cost_usd <> 0)::integer)  as output_cost_usd,
  round(total_cost_usd,   greatest(3, min_scale(total_cost_usd))   * (total_cost_usd <> 0)::integer)   as total_cost_usd,
  round(average_cost_usd, greatest(3, min_scale(average_cost_usd)) * (average_cost_usd <> 0)::integer) as average_cost_usd,
  estimated_count,
  unpriced_count,
  first_recorded_at,
  last_recorded_at
from (
  select
    task,
    count(*)                             as request_count,
    sum(input_tokens)                    as input_tokens,
    sum(output_tokens)                   as output_tokens,
    sum(input_cost_usd)                  as input_cost_usd,
    sum(output_cost_usd)                 as output_cost_usd,
    sum(total_cost_usd)                  as total_cost_usd,
    round(avg(total_cost_usd), 18)       as average_cost_usd,
    count(*) filter (where is_estimated) as estimated_count,
    count(*) filter (where is_unpriced)  as unpriced_count,
    min(recorded_at)                     as first_recorded_at,
    max(recorded_at)                     as last_recorded_at
  from copilot_internal.llm_cost_records
  group by task
) as totals;
comment on view copilot_internal.cost_summary_by_task is
  'LLM usage and cost per task, over all tenants the caller may see; calls without a task are one row of their own.';

revoke all on
  copilot_internal.cost_summary_by_tenant,
  copilot_internal.cost_summary_by_model,
  copilot_internal.cost_summary_by_task
from public, anon, authenticated, service_role;
grant select on
  copilot_internal.cost_summary_by_tenant,
  copilot_internal.cost_summary_by_model,
  copilot_internal.cost_summary_by_task
to authenticated, service_role;
