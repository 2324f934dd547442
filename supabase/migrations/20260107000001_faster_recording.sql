-- Faster recording
--
-- What:  record_llm_usage in four fifths of the time, record_llm_usage_batch in two thirds, with the same answers, errors and locks.
-- Why:   of a batch, each report was read, checked and priced as if it were alone, and a report alone as if it were a batch. Now
--        each price is looked up once for all reports that it was in force for, and what comes alone makes no list.
-- Rerun: safe at any time, on any data, while others record. Running 20260105000002_usage_recording.sql again brings the former
--        functions back, until this file is run again.
-- Undo:  run 20260105000002_usage_recording.sql again: it makes the functions as they were.


-- Applied after the files before it, which know what to do with tables of these names that are somebody else's.
do $$
declare
  missing text;
begin
  select string_agg(format('%s.%s', "table", "column"), ', ' order by n, m) into missing
  from (values
    (1, false, 'llm_cost_records', 'charged_at'),
    (2, false, 'model_pricing', 'verified_on'),
    (3, false, 'model_pricing_components', 'threshold_input_tokens'),
    (4, false, 'model_aliases', 'alias'),
    (5, false, 'usage_requests', 'record_id')
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
      message = '20260107000001_faster_recording.sql needs 20260106000009_access.sql before it: nothing was changed.',
      detail = format('Not there: %s.', missing),
      hint = 'Run the files in the order of their names, from 20260103000001_cost_tracking_foundation.sql on, and stop at the first that is refused: it says what is in the way.';
  end if;
end
$$;


-- =====================================================================================================================
-- One price of many calls
-- =====================================================================================================================

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
  place   integer;
  settled boolean[];  -- by place: priced already
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
  else
    -- Plain usage of many calls: one look-up for each model that had one price in all of their time.
    for price in
      select p.id, p.model, p.input_price_per_million as input, p.output_price_per_million as output,
             p.input_price_per_million * 0.000001 as input_each, p.output_price_per_million * 0.000001 as output_each, m.places
      from (
        select r.provider, r.model, array_agg(r.ordinality) as places, min(r.recorded_at) as first_at,
               max(r.recorded_at) as last_at, max(r.input_tokens) as most_tokens
        from unnest(records) with ordinality as r
        where not r.is_batch and r.cached_input_tokens = 0 and r.cache_write_5m_tokens = 0 and r.cache_write_1h_tokens = 0
        group by r.provider, r.model
      ) as m
      cross join lateral (
        -- The newest of that time: if it began before the first call and goes on after the last, no other price can be meant.
        select v.id, v.model, v.input_price_per_million, v.output_price_per_million, v.effective_date, v.expires_at
        from copilot_internal.model_pricing as v
        where v.provider = m.provider and v.model = m.model and v.effective_date <= m.last_at
        order by v.effective_date desc
        limit 1
      ) as p
      where p.effective_date <= m.first_at and (p.expires_at is null or m.last_at < p.expires_at)
        and (m.most_tokens > (
          select min(c.threshold_input_tokens) from copilot_internal.model_pricing_components as c where c.pricing_id = p.id
        )) is not true
    loop
      foreach place in array price.places loop
        stamped := records[place];
        stamped.pricing_id                       := price.id;
        stamped.priced_model                     := price.model;
        stamped.variant                          := 'standard';
        stamped.input_price_per_million          := price.input;
        stamped.output_price_per_million         := price.output;
        stamped.cached_input_price_per_million   := null;
        stamped.cache_write_5m_price_per_million := null;
        stamped.cache_write_1h_price_per_million := null;
        stamped.input_cost_usd                   := stamped.input_tokens * price.input_each;
        stamped.output_cost_usd                  := stamped.output_tokens * price.output_each;
        stamped.total_cost_usd                   := stamped.input_cost_usd + stamped.output_cost_usd;
        stamped.is_unpriced                      := false;
        stamped.is_adopted                       := false;
        answers[place] := stamped;
        settled[place] := true;
      end loop;
    end loop;
    if cardinality(array_positions(settled, true)) = cardinality(records) then
      return answers;
    end if;
  end if;
  for priced in
    with asked as materialized (
      select r.ordinality as position, r.provider, r.model, r.recorded_at, r.is_batch, r.output_tokens, r.cached_input_tokens,
             r.cache_write_5m_tokens, r.cache_write_1h_tokens, r.input_tokens,
             r.input_tokens - r.cached_input_tokens - r.cache_write_5m_tokens - r.cache_write_1h_tokens as plain_tokens
      from unnest(records) with ordinality as r
      where settled[r.ordinality] is not true
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

create or replace function copilot_internal.lock_llm_prices(providers text[], models text[])
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  -- One model without an alias, as most are.
  if cardinality(models) = 1
    and not exists (select 1 from copilot_internal.model_aliases as a where a.provider = providers[1] and a.alias = models[1])
  then
    perform pg_advisory_xact_lock_shared(copilot_internal.price_lock('model_pricing', providers[1], models[1]));
    return;
  end if;
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
  -- No price changes between the look at it and the commit. A price may be deleted that had not begun when its deletion did. Its
  -- reference would wait for that, and then fail. One report is taken out of its array: reading that as a table takes long.
  if cardinality(reports) = 1 then
    report := reports[1];
    perform copilot_internal.lock_llm_prices(array[report.provider], array[report.model]);
    loop
      priced := copilot_internal.calculate_llm_records(reports);
      report := priced[1];
      exit when report.pricing_id is null;
      perform 1 from copilot_internal.model_pricing as p where p.id = report.pricing_id for key share;
      exit when found;
    end loop;
    return priced;
  end if;
  perform copilot_internal.lock_llm_prices(array_agg(r.provider), array_agg(r.model)) from unnest(reports) as r;
  loop
    priced := copilot_internal.calculate_llm_records(reports);
    prices := array(select distinct r.pricing_id from unnest(priced) as r where r.pricing_id is not null);
    select count(*) into held
    from (select 1 from copilot_internal.model_pricing as p where p.id = any (prices) order by p.id for key share) as p;
    exit when held = cardinality(prices);
  end loop;
  return priced;
end
$$;
comment on function copilot_internal.price_llm_reports(copilot_internal.llm_cost_records[]) is
  'What these calls cost, at prices that neither change nor go before the transaction ends.';

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

-- =====================================================================================================================
-- Recording
-- =====================================================================================================================

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
  -- All are new, as most are: one without a list, many without asking of each whether it is.
  if cardinality(record_ids) = 1 then
    insert into copilot_internal.usage_requests as u (tenant_id, resource_type, request_id, record_id)
    values (tenant_ids[1], claim_requests.resource_type, request_ids[1], record_ids[1])
    on conflict on constraint usage_requests_pkey do nothing;
    if found then
      return record_ids;
    end if;
  else
    begin
      -- In the order of their names, so that two that report several do not deadlock. Whoever reports the same request at the
      -- same time waits here until the first has committed.
      insert into copilot_internal.usage_requests as u (tenant_id, resource_type, request_id, record_id)
      select r.tenant_id, claim_requests.resource_type, r.request_id, r.record_id
      from unnest(tenant_ids, request_ids, record_ids) as r (tenant_id, request_id, record_id)
      where r.request_id is not null
      order by r.tenant_id, r.request_id;
      return record_ids;
    exception when unique_violation then
      null;
    end;
  end if;
  -- Of what comes twice, the first is taken.
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
  tenants  uuid[];
  requests text[];
  holds    uuid[];
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

  select array_agg(r.id), array_agg(r.tenant_id), array_agg(r.request_id), array_agg(r.reservation_id)
  into ids, tenants, requests, holds
  from unnest(reports) as r;
  owners := copilot_internal.claim_requests('llm', tenants, requests, ids);
  -- Requests that were recorded before, and not by these reports, are answered by what was recorded.
  if owners <> ids then
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
  end if;

  fresh := case
    when owners = ids then reports
    else array(select r from unnest(reports) as r where exists (select 1 from unnest(owners) as o (id) where o.id = r.id))
  end;
  if cardinality(fresh) > 0 then
    fresh := copilot_internal.price_llm_reports(fresh);
    if num_nonnulls(variadic holds) > 0 then
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
    end if;
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

create or replace function copilot_internal.record_llm_usage_batch(records jsonb)
  returns setof copilot_internal.llm_cost_records
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
declare
  known    constant text[] := array['tenant_id', 'provider', 'model', 'input_tokens', 'output_tokens', 'request_id', 'user_id', 'conversation_id', 'task', 'recorded_at', 'is_estimated', 'metadata', 'reservation_id', 'cached_input_tokens', 'cache_write_5m_tokens', 'cache_write_1h_tokens', 'is_batch'];
  base     copilot_internal.llm_cost_records;
  reports  copilot_internal.llm_cost_records[] := '{}';
  report   copilot_internal.llm_cost_records;
  ids      uuid[];
  position integer := 0;
  bad      record;
begin
  if records is null then
    raise exception using errcode = '22004', message = 'records must not be NULL.',
      detail = 'Got NULL.', hint = 'Pass a JSON array of reports, [] for none.';
  elsif jsonb_typeof(records) <> 'array' then
    raise exception using errcode = '22023', message = 'records must be a JSON array.',
      detail = format('Got %s.', jsonb_typeof(records)), hint = 'Pass an array of objects, one for each report.';
  end if;
  -- Whether a key is unknown, and only then, which.
  if exists (
    select 1 from jsonb_array_elements(records) as e
    where case jsonb_typeof(e.value) when 'object' then e.value - known <> '{}' else true end
  ) then
    select e.ordinality as position, e.value, k.key into bad
    from jsonb_array_elements(records) with ordinality as e
    left join lateral jsonb_object_keys(case when jsonb_typeof(e.value) = 'object' then e.value else '{}' end) as k (key) on k.key <> all (known)
    where jsonb_typeof(e.value) <> 'object' or k.key is not null
    order by e.ordinality
    limit 1;
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
    -- Ids in ascending order: neighbours in the batch are neighbours in the indexes.
    ids := array(select gen_random_uuid() as id from generate_series(1, jsonb_array_length(records)) order by id);
    for report in select r.* from jsonb_populate_recordset(base, records) as r loop
      position  := position + 1;
      report.id := ids[position];
      -- What assert_llm_report and assert_request refuse. They are asked only for the words, because a call takes longer.
      if num_nulls(report.tenant_id, report.provider, report.model, report.input_tokens, report.output_tokens,
                   report.cached_input_tokens, report.cache_write_5m_tokens, report.cache_write_1h_tokens, report.is_batch,
                   report.recorded_at, report.is_estimated, report.metadata) > 0
        or least(report.input_tokens, report.output_tokens, report.cached_input_tokens, report.cache_write_5m_tokens,
                 report.cache_write_1h_tokens) < 0
        or report.cached_input_tokens::numeric + report.cache_write_5m_tokens + report.cache_write_1h_tokens > report.input_tokens
        or jsonb_typeof(report.metadata) <> 'object'
        or btrim(report.request_id) = ''
        or octet_length(report.request_id) > 1000
        or octet_length(report.provider) > 1000
        or octet_length(report.model) > 1000
        or octet_length(report.conversation_id) > 1000
        or not isfinite(report.recorded_at)
      then
        perform copilot_internal.assert_llm_report(report);
      end if;
      reports[position] := report;
    end loop;
  exception when others then
    -- Something is wrong with one of them: the first is named by its position.
    for bad in select e.ordinality as position, e.value from jsonb_array_elements(records) with ordinality as e loop
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
