-- Usage recording
--
-- What:  record_llm_usage and record_e2b_usage: one call prices usage at its own time, writes the record with the price
--        that was applied, and charges every quota concerned.
-- Why:   price, record and quota belong into one transaction, and a report that is sent twice must not be paid twice.
-- Rerun: safe at any time, on any data. Requests recorded before this file are recognised from then on.
-- Undo:  drop function copilot_internal.record_llm_usage, copilot_internal.record_e2b_usage;
--        drop function copilot_internal.assert_request, copilot_internal.quotas_concerned, copilot_internal.close_hold;
--        drop table copilot_internal.usage_requests;


-- =====================================================================================================================
-- usage_requests
-- =====================================================================================================================

-- A table of its own, and not a unique key of the records: theirs holds the time, so that they can be partitioned by it.
create table if not exists copilot_internal.usage_requests (
  tenant_id     uuid        not null,
  resource_type text        not null,
  request_id    text        not null,
  recorded_at   timestamptz not null,
  record_id     uuid        not null,

  constraint usage_requests_pkey primary key (tenant_id, resource_type, request_id),
  constraint usage_requests_resource_type_known check (resource_type in ('llm', 'e2b'))
);
comment on table copilot_internal.usage_requests is
  'Requests whose usage has been recorded, by the caller''s own name for them: each is recorded once.';
comment on column copilot_internal.usage_requests.tenant_id is 'The tenant that pays.';
comment on column copilot_internal.usage_requests.resource_type is 'What was used: llm or e2b. One request may use both.';
comment on column copilot_internal.usage_requests.request_id is 'The caller''s own name for the request.';
comment on column copilot_internal.usage_requests.recorded_at is 'With record_id, the record that was written for it.';
comment on column copilot_internal.usage_requests.record_id is 'With recorded_at, the record that was written for it.';

alter table copilot_internal.usage_requests enable row level security;
revoke all on copilot_internal.usage_requests from public, anon, authenticated, service_role;
grant select, insert, update, delete on copilot_internal.usage_requests to service_role;

-- A record that is gone (with its table, say) can be reported again.
delete from copilot_internal.usage_requests as u
where u.resource_type = 'llm' and not exists (
  select from copilot_internal.llm_cost_records as r
  where (r.tenant_id, r.recorded_at, r.id) = (u.tenant_id, u.recorded_at, u.record_id)
)
or u.resource_type = 'e2b' and not exists (
  select from copilot_internal.e2b_cost_records as r
  where (r.tenant_id, r.recorded_at, r.id) = (u.tenant_id, u.recorded_at, u.record_id)
);

-- What was recorded without this table is known by its first record.
insert into copilot_internal.usage_requests (tenant_id, resource_type, request_id, recorded_at, record_id)
select distinct on (tenant_id, request_id) tenant_id, 'llm', request_id, recorded_at, id
from copilot_internal.llm_cost_records
where request_id is not null
order by tenant_id, request_id, recorded_at, id
on conflict do nothing;
insert into copilot_internal.usage_requests (tenant_id, resource_type, request_id, recorded_at, record_id)
select distinct on (tenant_id, request_id) tenant_id, 'e2b', request_id, recorded_at, id
from copilot_internal.e2b_cost_records
where request_id is not null
order by tenant_id, request_id, recorded_at, id
on conflict do nothing;


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
revoke execute on function copilot_internal.assert_request(text, text, timestamptz) from public, anon, authenticated;
grant execute on function copilot_internal.assert_request(text, text, timestamptz) to service_role;


-- =====================================================================================================================
-- Quotas concerned
-- =====================================================================================================================

create or replace function copilot_internal.quotas_concerned(tenant_id uuid, user_id uuid, resource_type text)
  returns uuid[]
  language sql
  stable
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.quotas_concerned(uuid, uuid, text) is
  'The quotas that usage of this kind, by this user of this tenant, counts against: the platform''s, the tenant''s and the '
  'user''s, of that kind and of all kinds.';
revoke execute on function copilot_internal.quotas_concerned(uuid, uuid, text) from public, anon, authenticated;
grant execute on function copilot_internal.quotas_concerned(uuid, uuid, text) to service_role;

create or replace function copilot_internal.close_hold(tenant_id uuid, reservation_id uuid, resource_type text)
  returns void
  language sql
  volatile
  security invoker
  set search_path = ''
as $$
  update copilot_internal.quota_reservations as h
  set closed_at = now(), is_expired = false
  where h.tenant_id = close_hold.tenant_id
    and h.id = close_hold.reservation_id
    and h.resource_type = close_hold.resource_type
    and (h.closed_at is null or h.is_expired)
$$;
comment on function copilot_internal.close_hold(uuid, uuid, text) is
  'Closes a hold that has served: what it stood for is charged. Does nothing for one that is closed, of another tenant or '
  'kind, or not there: usage is recorded in any case.';
revoke execute on function copilot_internal.close_hold(uuid, uuid, text) from public, anon, authenticated;
grant execute on function copilot_internal.close_hold(uuid, uuid, text) to service_role;


-- =====================================================================================================================
-- record_llm_usage
-- =====================================================================================================================

create or replace function copilot_internal.record_llm_usage(
  tenant_id       uuid,
  provider        text,
  model           text,
  input_tokens    bigint,
  output_tokens   bigint,
  request_id      text        default null,
  user_id         uuid        default null,
  conversation_id text        default null,
  task            text        default null,
  recorded_at     timestamptz default now(),
  is_estimated    boolean     default false,
  metadata        jsonb       default '{}',
  reservation_id  uuid        default null
)
  returns copilot_internal.llm_cost_records
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.record_llm_usage(
  uuid, text, text, bigint, bigint, text, uuid, text, text, timestamptz, boolean, jsonb, uuid
) is
  'Records an LLM call at the price of its own time, charges the platform''s, the tenant''s and the user''s quotas of '
  'their current period, closes the reservation if one is named, and answers the record. The same request_id of a tenant '
  'again answers the first record and charges nothing. A model without a price is recorded as unpriced. Raises 22004 for '
  'NULL where a value is required, 22023 for negative tokens, a blank request_id or an infinite time.';
revoke execute on function copilot_internal.record_llm_usage(
  uuid, text, text, bigint, bigint, text, uuid, text, text, timestamptz, boolean, jsonb, uuid
) from public, anon, authenticated;
grant execute on function copilot_internal.record_llm_usage(
  uuid, text, text, bigint, bigint, text, uuid, text, text, timestamptz, boolean, jsonb, uuid
) to service_role;


-- =====================================================================================================================
-- record_e2b_usage
-- =====================================================================================================================

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
$$;
comment on function copilot_internal.record_e2b_usage(
  uuid, text, text, numeric, numeric, numeric, numeric, text, uuid, text, text, text, timestamptz, jsonb, uuid
) is
  'Records a sandbox run at the price of its own time, charges the platform''s, the tenant''s and the user''s quotas of '
  'their current period, closes the reservation if one is named, and answers the record. Quantities are kept, and priced, '
  'to six decimals. The same request_id of a tenant again answers the first record and charges nothing. A tier without a '
  'price is recorded as unpriced. Raises 22004 for NULL where a value is required, 22023 for a negative quantity, a blank '
  'request_id or an infinite time.';
revoke execute on function copilot_internal.record_e2b_usage(
  uuid, text, text, numeric, numeric, numeric, numeric, text, uuid, text, text, text, timestamptz, jsonb, uuid
) from public, anon, authenticated;
grant execute on function copilot_internal.record_e2b_usage(
  uuid, text, text, numeric, numeric, numeric, numeric, text, uuid, text, text, text, timestamptz, jsonb, uuid
) to service_role;
