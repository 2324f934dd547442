-- Exact revisions
--
-- What:  revise_llm_usage prices a call as the model that it was priced as, whatever its alias means today. record_e2b_usage_batch and
--        revise_e2b_usage refuse the quantities that record_e2b_usage refuses, in its words. Names of more than 1000 bytes are refused
--        by name.
-- Why:   an alias that was moved or deleted made a revision of one token charge, or credit, the whole call anew. And quantities were
--        judged when they had their six decimals: less than nothing was taken for nothing, and Infinity raised 22003. A name
--        that no key holds raised 54000, and a batch did not say of which report.
-- Rerun: safe at any time, on any data, while others work. Running 20260105000002_usage_recording.sql,
--        20260106000002_usage_corrections.sql or 20260107000001_faster_recording.sql again brings former functions back, until this
--        file is run again.
-- Undo:  run those three files again, in that order: they make the functions as they were.


-- Applied after the files before it, which know what to do with tables of these names that are somebody else's.
do $$
begin
  if to_regproc('copilot_internal.replace_llm_records') is null then
    raise exception using
      errcode = 'QT006',
      message = '20260107000006_exact_revisions.sql needs 20260107000005_exact_prices.sql before it: nothing was changed.',
      detail = 'Not there: copilot_internal.replace_llm_records.',
      hint = 'Run the files in the order of their names, from 20260103000001_cost_tracking_foundation.sql on, and stop at the first that is refused: it says what is in the way.';
  end if;
end
$$;


-- =====================================================================================================================
-- A call stays the model that it was priced as
-- =====================================================================================================================

create or replace function copilot_internal.check_llm_record_prices()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  priced bigint;  -- records with a price
  fine   bigint;  -- of them, plain usage that is right
  wrong  record;
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

  -- Plain usage is looked at first, which most is: each price is looked up once, and if all is right, that is all.
  with applied as materialized (
    select p.id, p.provider, p.model, p.input_price_per_million, p.output_price_per_million, p.effective_date,
           least(p.expires_at, (
             select min(v.effective_date) from copilot_internal.model_pricing as v
             where v.provider = p.provider and v.model = p.model and v.effective_date > p.effective_date
           )) as ends_at,
           (
             select min(c.threshold_input_tokens) from copilot_internal.model_pricing_components as c where c.pricing_id = p.id
           ) as threshold
    from copilot_internal.model_pricing as p
    where p.id in (select a.pricing_id from added as a)
  )
  select count(*), count(*) filter (where
    a.provider = p.provider and a.priced_model = p.model and a.model = p.model
    and a.recorded_at >= p.effective_date and (p.ends_at is null or a.recorded_at < p.ends_at)
    and a.variant = 'standard' and not a.is_batch and (a.input_tokens > p.threshold) is not true
    and a.input_price_per_million = p.input_price_per_million and a.output_price_per_million = p.output_price_per_million
    and a.cached_input_tokens + a.cache_write_5m_tokens + a.cache_write_1h_tokens = 0)
  into priced, fine
  from added as a
  left join applied as p on p.id = a.pricing_id
  where a.pricing_id is not null;
  if fine = priced then
    return null;
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
  -- Names that no alias of today explains, if there are any.
  if not found and exists (
    select 1 from added as a
    where a.priced_model <> a.model and not exists (
      select 1 from copilot_internal.model_aliases as n
      where n.provider = a.provider and n.alias = a.model and n.model = a.priced_model
    )
  ) then
    -- A revision goes on as the model that the call was priced as. It is one by the change that is written with it, of the same
    -- transaction: what is inserted later under the id of a call that was revised once is none.
    select a.id, a.tenant_id, a.pricing_id, a.recorded_at into wrong
    from added as a
    where a.priced_model <> a.model
      and not exists (
        select 1 from copilot_internal.model_aliases as n
        where n.provider = a.provider and n.alias = a.model and n.model = a.priced_model
      )
      and (
        select bool_or(c.xmin = r.xmin
                       and (c.former ->> 'provider', c.former ->> 'model', c.former ->> 'priced_model')
                           = (a.provider, a.model, a.priced_model))
        from copilot_internal.usage_changes as c
        join copilot_internal.llm_cost_records as r on (r.tenant_id, r.recorded_at, r.id) = (a.tenant_id, a.recorded_at, a.id)
        where c.tenant_id = a.tenant_id and c.record_id = a.id and c.resource_type = 'llm' and c.change = 'revised'
      ) is not true
    limit 1;
  end if;
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
  -- The model that it is priced as. An alias says so once: what it means today is asked for calls that have no price yet.
  named  text;
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
  named := coalesce(former.priced_model, former.model);
  anew.model := named;
  perform copilot_internal.lock_llm_prices(array[anew.provider], array[named]);
  -- What the caller has called an estimate stays one; what the price list made one is judged anew.
  anew.is_estimated := former.is_estimated and not exists (
    select 1 from copilot_internal.quota_charge_estimates as e where e.tenant_id = former.tenant_id and e.record_id = former.id
  ) and not ((copilot_internal.calculate_llm_records(array[
      jsonb_populate_record(former, jsonb_build_object('is_estimated', false, 'model', named))
    ]))[1]).is_estimated;
  anew := (copilot_internal.price_llm_reports(array[anew]))[1];
  -- The record keeps the name that was reported.
  anew.model := former.model;
  if anew.is_unpriced then
    anew.is_estimated := former.is_estimated;
  end if;
  perform copilot_internal.replace_llm_records(array[former], array[anew], 'revised', reason);
  return anew;
end
$$;
comment on function copilot_internal.revise_llm_usage(uuid, text, bigint, bigint, bigint, bigint, bigint, boolean, text, uuid) is
  'Replaces quantities of an LLM call that was recorded, by its request_id or else its record_id: of a stream that went on, or of what '
  'was counted wrong. What is left NULL stays. Priced anew as of its own time, as the model that it was priced as, whatever its '
  'alias means now; what was unpriced, by the aliases of now. The difference is charged or credited to the quotas '
  'of today; the former state is kept in usage_changes. The same quantities again change nothing. Raises 22004, 22023, QT005 for '
  'an adopted record, QT008 when there is no such record.';


-- =====================================================================================================================
-- Names that fit into keys
-- =====================================================================================================================

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
  -- They are part of keys, which hold no more.
  elsif octet_length(report.provider) > 1000 or octet_length(report.model) > 1000 then
    raise exception using errcode = '22023', message = 'provider and model must have 1000 bytes at most.',
      detail = format('Got %s bytes of provider, %s bytes of model.', octet_length(report.provider), octet_length(report.model)),
      hint = 'Pass the name that the provider gives it.';
  end if;
  perform copilot_internal.assert_request(report.request_id, report.conversation_id, report.recorded_at);
end
$$;

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
  -- They are part of keys, which hold no more.
  elsif octet_length(report.tier) > 1000 or octet_length(report.region) > 1000 then
    raise exception using errcode = '22023', message = 'tier and region must have 1000 bytes at most.',
      detail = format('Got %s bytes of tier, %s bytes of region.', octet_length(report.tier), octet_length(report.region)),
      hint = 'Pass the name that the platform gives it.';
  end if;
  perform copilot_internal.assert_request(report.request_id, report.conversation_id, report.recorded_at);
end
$$;


-- =====================================================================================================================
-- What was measured is judged as it was measured
-- =====================================================================================================================

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

  -- Here already: a quantity that is kept is finite, and a little less than nothing is kept as nothing. NaN is greater than Infinity.
  if greatest(execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb) >= 'Infinity'
    or least(execution_time_seconds, cpu_core_seconds, memory_gb_seconds, disk_io_gb) < 0
  then
    raise exception using errcode = '22023', message = 'Usage must be a finite number, 0 or more.',
      detail = format('Got execution_time_seconds %s, cpu_core_seconds %s, memory_gb_seconds %s, disk_io_gb %s.',
                      coalesce(execution_time_seconds, former.execution_time_seconds),
                      coalesce(cpu_core_seconds, former.cpu_core_seconds),
                      coalesce(memory_gb_seconds, former.memory_gb_seconds), coalesce(disk_io_gb, former.disk_io_gb)),
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

create or replace function copilot_internal.record_e2b_usage_batch(records jsonb)
  returns setof copilot_internal.e2b_cost_records
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  known    constant text[] := array['tenant_id', 'tier', 'region', 'execution_time_seconds', 'cpu_core_seconds', 'memory_gb_seconds', 'disk_io_gb', 'request_id', 'user_id', 'conversation_id', 'sandbox_id', 'status', 'recorded_at', 'metadata', 'reservation_id'];
  base     copilot_internal.e2b_cost_records;
  reports  copilot_internal.e2b_cost_records[];
  report   copilot_internal.e2b_cost_records;
  measured record;  -- quantities as they were reported
  bad      record;
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
    -- A little less than nothing has become nothing by now. Which report it is, and what is wrong with it, is found below.
    if exists (
      select 1
      from jsonb_to_recordset(records) as m (execution_time_seconds numeric, cpu_core_seconds numeric, memory_gb_seconds numeric, disk_io_gb numeric)
      where least(m.execution_time_seconds, m.cpu_core_seconds, m.memory_gb_seconds, m.disk_io_gb) < 0
    ) then
      raise exception using errcode = '22023', message = 'Usage must be a finite number, 0 or more.';
    end if;
  exception when others then
    -- Something is wrong with one of them: the first is named by its position.
    for bad in select e.ordinality as position, e.value from jsonb_array_elements(records) with ordinality as e order by e.ordinality loop
      declare
        code text; problem text; more text; cure text;
      begin
        -- As record_e2b_usage does: quantities are judged before they are kept, which is to six decimals.
        report := jsonb_populate_record(base, bad.value - '{execution_time_seconds,cpu_core_seconds,memory_gb_seconds,disk_io_gb}'::text[]);
        select m.* into measured
        from jsonb_to_record(bad.value) as m (execution_time_seconds numeric, cpu_core_seconds numeric, memory_gb_seconds numeric, disk_io_gb numeric);
        if greatest(measured.execution_time_seconds, measured.cpu_core_seconds, measured.memory_gb_seconds, measured.disk_io_gb) >= 'Infinity'
          or least(measured.execution_time_seconds, measured.cpu_core_seconds, measured.memory_gb_seconds, measured.disk_io_gb) < 0
        then
          raise exception using errcode = '22023',
            message = 'Usage must be a finite number, 0 or more.',
            detail = format('Got execution_time_seconds %s, cpu_core_seconds %s, memory_gb_seconds %s, disk_io_gb %s.',
                            measured.execution_time_seconds, coalesce(measured.cpu_core_seconds, 0),
                            coalesce(measured.memory_gb_seconds, 0), coalesce(measured.disk_io_gb, 0)),
            hint = 'Pass what was measured; leave out what was not.';
        end if;
        report.execution_time_seconds := measured.execution_time_seconds;
        report.cpu_core_seconds       := measured.cpu_core_seconds;
        report.memory_gb_seconds      := measured.memory_gb_seconds;
        report.disk_io_gb             := measured.disk_io_gb;
        perform copilot_internal.assert_e2b_report(report);
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
