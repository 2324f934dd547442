-- Usage corrections
--
-- What:  revise_llm_usage and revise_e2b_usage, void_usage, reprice_unpriced_usage and reprice_unpriced_e2b_usage.
-- Why:   streams go on, sandboxes still run, mistakes are refunded, and prices come late. What was charged is never rewritten: the
--        record goes to usage_changes as it was, another takes its place, and quotas are charged or credited the difference.
-- Rerun: safe at any time, on any data.
-- Undo:  drop function copilot_internal.revise_llm_usage, copilot_internal.revise_e2b_usage, copilot_internal.void_usage,
--          copilot_internal.reprice_unpriced_usage, copilot_internal.reprice_unpriced_e2b_usage,
--          copilot_internal.replace_llm_records, copilot_internal.replace_e2b_records, copilot_internal.take_llm_record,
--          copilot_internal.take_e2b_record, copilot_internal.assert_usage_named, copilot_internal.refuse_unknown_usage;


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
    (8, false, 'usage_requests', 'tenant_id'),
    (9, false, 'usage_changes', 'tenant_id'),
    (10, false, 'quota_charge_estimates', 'tenant_id'),
    (11, false, 'model_aliases', 'alias')
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
      message = '20260106000002_usage_corrections.sql needs 20260106000001_model_aliases.sql before it: nothing was changed.',
      detail = format('Not there: %s.', missing),
      hint = 'Run the files in the order of their names, from 20260103000001_cost_tracking_foundation.sql on, and stop at the first that is refused: it says what is in the way.';
  end if;
end
$$;


-- =====================================================================================================================
-- Taking a record out of its place
-- =====================================================================================================================

-- Records are found by id within their tenant, whatever their time.
do $$
begin
  if to_regclass('copilot_internal.llm_cost_records_tenant_id_id_idx') is null then
    create index llm_cost_records_tenant_id_id_idx on copilot_internal.llm_cost_records (tenant_id, id);
  end if;
  if to_regclass('copilot_internal.e2b_cost_records_tenant_id_id_idx') is null then
    create index e2b_cost_records_tenant_id_id_idx on copilot_internal.e2b_cost_records (tenant_id, id);
  end if;
end
$$;

create or replace function copilot_internal.assert_usage_named(tenant_id uuid, request_id text, record_id uuid)
  returns void
  language plpgsql
  immutable
  security invoker
  set search_path = ''
as $$
begin
  if tenant_id is null or num_nonnulls(request_id, record_id) = 0 then
    raise exception using errcode = '22004', message = 'tenant_id, and request_id or record_id, must not be NULL.',
      detail = format('Got tenant_id %L, request_id %L, record_id %L.', tenant_id, request_id, record_id),
      hint = 'Pass the request_id that was recorded, or the id of the record.';
  end if;
end
$$;
comment on function copilot_internal.assert_usage_named(uuid, text, uuid) is
  'Raises 22004 when it is not said which usage is meant.';

create or replace function copilot_internal.refuse_unknown_usage(tenant_id uuid, resource_type text, named text)
  returns void
  language plpgsql
  immutable
  security invoker
  set search_path = ''
as $$
begin
  raise exception using errcode = 'QT008',
    message = format('There is no %s usage %L of tenant %s.', resource_type, named, tenant_id),
    detail = 'Usage is found by its tenant and its request_id, or the id of its record.',
    hint = 'Pass what was recorded; usage that was voided is in copilot_internal.usage_changes.';
end
$$;
comment on function copilot_internal.refuse_unknown_usage(uuid, text, text) is
  'Raises QT008: there is no such record.';

create or replace function copilot_internal.take_llm_record(tenant_id uuid, request_id text, record_id uuid)
  returns copilot_internal.llm_cost_records
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.take_llm_record(uuid, text, uuid) is
  'The record of a request, or with an id, locked until the transaction ends; null when there is none.';

create or replace function copilot_internal.replace_llm_records(
  former copilot_internal.llm_cost_records[], anew copilot_internal.llm_cost_records[], change text, reason text
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.replace_llm_records(copilot_internal.llm_cost_records[], copilot_internal.llm_cost_records[], text, text) is
  'Puts records in the place of others with the same ids, or none, keeps what they were, and charges or credits the difference '
  'to the quotas of today, each once.';

create or replace function copilot_internal.take_e2b_record(tenant_id uuid, request_id text, record_id uuid)
  returns copilot_internal.e2b_cost_records
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.take_e2b_record(uuid, text, uuid) is
  'The record of a request, or with an id, locked until the transaction ends; null when there is none.';

create or replace function copilot_internal.replace_e2b_records(
  former copilot_internal.e2b_cost_records[], anew copilot_internal.e2b_cost_records[], change text, reason text
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.replace_e2b_records(copilot_internal.e2b_cost_records[], copilot_internal.e2b_cost_records[], text, text) is
  'Puts records in the place of others with the same ids, or none, keeps what they were, and charges or credits the difference '
  'to the quotas of today, each once.';


-- =====================================================================================================================
-- Revise
-- =====================================================================================================================

create or replace function copilot_internal.revise_llm_usage(
  tenant_id             uuid,
  request_id            text,
  input_tokens          bigint  default null,
  output_tokens         bigint  default null,
  cached_input_tokens   bigint  default null,
  cache_write_5m_tokens bigint  default null,
  cache_write_1h_tokens bigint  default null,
  is_batch              boolean default null,
  reason                text    default null,
  record_id             uuid    default null
)
  returns copilot_internal.llm_cost_records
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  former copilot_internal.llm_cost_records;
  anew   copilot_internal.llm_cost_records;
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
  perform copilot_internal.lock_llm_prices(array[anew.provider], array[anew.model]);
  -- What the caller has called an estimate stays one; what the price list made one is judged anew.
  anew.is_estimated := former.is_estimated and not exists (
    select 1 from copilot_internal.quota_charge_estimates as e where e.tenant_id = former.tenant_id and e.record_id = former.id
  ) and not coalesce(
    ((copilot_internal.calculate_llm_records(array[jsonb_populate_record(former, '{"is_estimated": false}')]))[1]).is_estimated,
    false);
  anew := (copilot_internal.price_llm_reports(array[anew]))[1];
  if anew.is_unpriced then
    anew.is_estimated := former.is_estimated;
  end if;
  perform copilot_internal.replace_llm_records(array[former], array[anew], 'revised', reason);
  return anew;
end
$$;
comment on function copilot_internal.revise_llm_usage(uuid, text, bigint, bigint, bigint, bigint, bigint, boolean, text, uuid) is
  'Replaces quantities of an LLM call that was recorded, by its request_id or else its record_id: of a stream that went on, or of what '
  'was counted wrong. What is left NULL stays. Priced anew as of its own time; the difference is charged or credited to the quotas '
  'of today; the former state is kept in usage_changes. The same quantities again change nothing. Raises 22004, 22023, QT005 for '
  'an adopted record, QT008 when there is no such record.';

create or replace function copilot_internal.revise_e2b_usage(
  tenant_id              uuid,
  request_id             text,
  execution_time_seconds numeric default null,
  cpu_core_seconds       numeric default null,
  memory_gb_seconds      numeric default null,
  disk_io_gb             numeric default null,
  status                 text    default null,
  reason                 text    default null,
  record_id              uuid    default null
)
  returns copilot_internal.e2b_cost_records
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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

  -- Here already: a quantity that is kept is finite. NaN is greater than Infinity.
  if greatest(execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb) >= 'Infinity' then
    raise exception using errcode = '22023', message = 'Usage must be a finite number, 0 or more.',
      detail = format('Got execution_time_seconds %s, cpu_core_seconds %s, memory_gb_seconds %s, disk_io_gb %s.',
                      execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb),
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
$$;
comment on function copilot_internal.revise_e2b_usage(uuid, text, numeric, numeric, numeric, numeric, text, text, uuid) is
  'Replaces quantities of a sandbox run that was recorded, by its request_id or else its record_id: of a stream that went on, or of what '
  'was counted wrong. What is left NULL stays. Priced anew as of its own time; the difference is charged or credited to the quotas '
  'of today; the former state is kept in usage_changes. The same quantities again change nothing. Raises 22004, 22023, QT005 for '
  'an adopted record, QT008 when there is no such record.';


-- =====================================================================================================================
-- Void
-- =====================================================================================================================

create or replace function copilot_internal.void_usage(tenant_id uuid, resource_type text, usage text, reason text default null)
  returns boolean
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.void_usage(uuid, text, text, text) is
  'Takes usage back: a refund, a mistake, a duplicate. usage is its request_id, or the id of its record; resource_type is llm or e2b. '
  'The record leaves the totals, what it cost is credited to the quotas of today, and record, reason, time and who stay in '
  'usage_changes. True when that is done, false when it was done before. The request, reported again, is answered by what was '
  'voided. Raises 22004, 22023, QT008 when there is no such usage.';


-- =====================================================================================================================
-- Later prices
-- =====================================================================================================================

create or replace function copilot_internal.reprice_unpriced_usage(
  provider text,
  model text,
  used_from timestamptz default '-infinity',
  used_to timestamptz default 'infinity',
  max_records integer default null
)
  returns bigint
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.reprice_unpriced_usage(text, text, timestamptz, timestamptz, integer) is
  'Prices usage of a model that was recorded without a price, under its own name or an alias of it, in [used_from, used_to), now that the price list knows '
  'it: each as of its own time. The difference to what was charged is charged to the quotas of today. Answers how many records '
  'it priced; running it again changes nothing. max_records bounds one call: repeat until it answers 0.';

create or replace function copilot_internal.reprice_unpriced_e2b_usage(
  tier text,
  used_from timestamptz default '-infinity',
  used_to timestamptz default 'infinity',
  max_records integer default null
)
  returns bigint
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
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
$$;
comment on function copilot_internal.reprice_unpriced_e2b_usage(text, timestamptz, timestamptz, integer) is
  'Prices runs of a tier that were recorded without a price, in [used_from, used_to), now that the price list knows '
  'it: each as of its own time. The difference to what was charged is charged to the quotas of today. Answers how many records '
  'it priced; running it again changes nothing. max_records bounds one call: repeat until it answers 0.';
