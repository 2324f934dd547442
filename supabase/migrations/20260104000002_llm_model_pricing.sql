-- LLM model pricing
--
-- What:  prices of LLM models by provider and model, the other names that providers answer with, and the functions that
--        look a price up and price a call.
-- Why:   a price changes more often than code does; whoever bills needs it in a table, with its source and its dates.
-- Rerun: safe at any time, on any data, while others record. Seeds a price list once, so a price that was changed or
--        deleted stays so. After `drop table copilot_internal.model_pricing cascade`, running this file again brings everything back.
-- Undo:  drop table copilot_internal.model_pricing, copilot_internal.model_aliases cascade;
--        drop function copilot_internal.get_current_model_pricing, copilot_internal.calculate_llm_cost;


-- Applied after the files before it, which know what to do with tables of these names that are somebody else's.
do $$
declare
  missing text;
begin
  select string_agg(format('%s.%s', "table", "column"), ', ' order by n, m) into missing
  from (values
    (1, false, 'llm_cost_records', 'tenant_id recorded_at id user_id conversation_id request_id provider model input_tokens output_tokens pricing_id input_cost_usd output_cost_usd total_cost_usd is_estimated is_unpriced metadata is_adopted'),
    (2, false, 'cost_quotas', 'id scope scope_id limit_usd spent_usd warning_threshold period period_start period_end period_anchor resource_type'),
    (3, false, 'e2b_pricing', 'id tier region price_per_second price_per_cpu_core_second price_per_gb_memory_second price_per_gb_disk_io effective_date expires_at source verified_on notes'),
    (4, false, 'e2b_cost_records', 'tenant_id recorded_at id user_id conversation_id request_id sandbox_id tier region status execution_time_seconds cpu_core_seconds memory_gb_seconds disk_io_gb pricing_id execution_cost_usd resource_cost_usd total_cost_usd is_estimated is_unpriced metadata is_adopted'),
    (5, true, 'model_pricing', 'id provider model input_price_per_million output_price_per_million effective_date expires_at source verified_on notes')
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
      message = '20260104000002_llm_model_pricing.sql needs 20260104000001_e2b_cost_tracking.sql before it: nothing was changed.',
      detail = format('Not there: %s.', missing),
      hint = 'Run the files in the order of their names, from 20260103000001_cost_tracking_foundation.sql on, and stop at the first that is refused: it says what is in the way.';
  end if;
end
$$;


-- =====================================================================================================================
-- PART 1: model_pricing table
-- =====================================================================================================================

create table if not exists copilot_internal.model_pricing (
  id                       uuid           not null default gen_random_uuid(),
  provider                 text           not null,
  model                    text           not null,
  input_price_per_million  numeric(20,12) not null,
  output_price_per_million numeric(20,12) not null,
  effective_date           timestamptz    not null default now(),
  expires_at               timestamptz,
  source                   text,
  verified_on              date,
  notes                    text,
  created_at               timestamptz    not null default now(),
  updated_at               timestamptz    not null default now(),

  constraint model_pricing_pkey primary key (id),
  constraint model_pricing_provider_not_blank check (btrim(provider) <> ''),
  constraint model_pricing_model_not_blank check (btrim(model) <> ''),
  -- NaN is greater than every number, hence the upper bounds.
  constraint model_pricing_prices_not_negative check (
    input_price_per_million >= 0 and input_price_per_million < 'NaN'
    and output_price_per_million >= 0 and output_price_per_million < 'NaN'
  ),
  constraint model_pricing_effective_date_finite check (isfinite(effective_date)),
  constraint model_pricing_expires_at_not_before_effective_date check (expires_at >= effective_date)
);

-- The prices of an earlier attempt.
do $$
begin
  if to_regclass('copilot_adoption.model_pricing') is null then
    return;
  end if;
  insert into copilot_internal.model_pricing
    (id, provider, model, input_price_per_million, output_price_per_million, effective_date, expires_at, source, notes,
     created_at, updated_at)
  select
    coalesce((old ->> 'id')::uuid, gen_random_uuid()),
    old ->> 'provider',
    coalesce(old ->> 'model', old ->> 'model_name', old ->> 'model_id'),
    coalesce(old ->> 'input_price_per_million', old ->> 'input_cost_per_million', old ->> 'input_price_per_1m',
             old ->> 'input_cost_per_1m', old ->> 'input_price_per_million_tokens', old ->> 'input_cost_per_million_tokens')::numeric,
    coalesce(old ->> 'output_price_per_million', old ->> 'output_cost_per_million', old ->> 'output_price_per_1m',
             old ->> 'output_cost_per_1m', old ->> 'output_price_per_million_tokens', old ->> 'output_cost_per_million_tokens')::numeric,
    -- A day begins in UTC.
    (starts || case when length(starts) = 10 then ' 00:00+00' else '' end)::timestamptz,
    (ends || case when length(ends) = 10 then ' 00:00+00' else '' end)::timestamptz,
    old ->> 'source',
    coalesce(old ->> 'notes', old ->> 'description'),
    coalesce((old ->> 'created_at')::timestamptz, now()),
    coalesce((old ->> 'updated_at')::timestamptz, now())
  from copilot_adoption.model_pricing as former
  cross join to_jsonb(former) as old
  cross join lateral (
    select coalesce(old ->> 'effective_date', old ->> 'effective_from', old ->> 'valid_from') as starts,
           coalesce(old ->> 'expires_at', old ->> 'effective_until', old ->> 'effective_to', old ->> 'valid_until', old ->> 'valid_to') as ends
  ) as given;
  drop table copilot_adoption.model_pricing;
  if not exists (select from pg_catalog.pg_class where relnamespace = 'copilot_adoption'::regnamespace) then
    drop schema copilot_adoption;
  end if;
end
$$;

comment on table copilot_internal.model_pricing is
  'What an LLM call costs, by provider and model: a row a version. In force is, of the versions that have begun and not '
  'expired, the one that began last; so a version ends where the next begins, and one that expires gives way to the one before it.';
comment on column copilot_internal.model_pricing.id is 'Identifies this version of the price.';
comment on column copilot_internal.model_pricing.provider is 'Who serves the model: openai, anthropic, google, groq or one of your own.';
comment on column copilot_internal.model_pricing.model is 'The model, as the provider''s API names it.';
comment on column copilot_internal.model_pricing.input_price_per_million is 'USD for a million tokens sent.';
comment on column copilot_internal.model_pricing.output_price_per_million is 'USD for a million tokens received.';
comment on column copilot_internal.model_pricing.effective_date is 'First moment at which the price is in force.';
comment on column copilot_internal.model_pricing.expires_at is 'An end that somebody asked for, as of a promotion. Null: until the next version begins.';
comment on column copilot_internal.model_pricing.source is 'Where the price comes from.';
comment on column copilot_internal.model_pricing.verified_on is 'The day somebody compared the price with its source.';
comment on column copilot_internal.model_pricing.notes is 'What else a reader of the price should know.';
comment on column copilot_internal.model_pricing.created_at is 'When the row was written.';
comment on column copilot_internal.model_pricing.updated_at is 'When the row last changed.';

-- A provider answers with names of its own making: dated snapshots, families, prefixes. Each is mapped by hand, never by guess.
create table if not exists copilot_internal.model_aliases (
  provider   text        not null,
  alias      text        not null,
  model      text        not null,
  source     text,
  created_at timestamptz not null default now(),
  created_by text        not null default current_user,

  constraint model_aliases_pkey primary key (provider, alias),
  constraint model_aliases_alias_not_blank check (btrim(alias) <> ''),
  constraint model_aliases_model_is_another check (model <> alias and btrim(model) <> '')
);
comment on table copilot_internal.model_aliases is
  'Other names of priced models: usage under an alias is priced as its model. A name that has a price of its own keeps it.';
comment on column copilot_internal.model_aliases.provider is 'Provider, as in model_pricing.provider.';
comment on column copilot_internal.model_aliases.alias is 'The name that is met in usage.';
comment on column copilot_internal.model_aliases.model is 'The model it is priced as, as in model_pricing.model.';
comment on column copilot_internal.model_aliases.source is 'Where it is said that both are the same.';
comment on column copilot_internal.model_aliases.created_at is 'When the row was written.';
comment on column copilot_internal.model_aliases.created_by is 'Which database role wrote it.';


-- Not valid, for good: whatever is written is checked, and so is a price's removal. But a record outlives a price list
-- that was dropped and seeded anew; its own unit prices still tell what was charged.
do $$
begin
  if not exists (
    select from pg_catalog.pg_constraint
    where conrelid = 'copilot_internal.llm_cost_records'::regclass and conname = 'llm_cost_records_pricing_id_fkey'
  ) then
    alter table copilot_internal.llm_cost_records
      add constraint llm_cost_records_pricing_id_fkey
      foreign key (pricing_id) references copilot_internal.model_pricing (id) not valid;
  end if;
end
$$;


-- =====================================================================================================================
-- PART 2: Indexes
-- =====================================================================================================================

-- Finds the price at a date, and keeps two versions from starting at once.
do $$
begin
  if to_regclass('copilot_internal.model_pricing_provider_model_effective_date_key') is null then
    alter table copilot_internal.model_pricing
      add constraint model_pricing_provider_model_effective_date_key unique (provider, model, effective_date);
  end if;
end
$$;


-- =====================================================================================================================
-- PART 3: Seed pricing data (30+ models)
-- =====================================================================================================================
-- 27 models of four providers, standard rates as of 2026-01-04. Each row names the lists it was read from; where one of
-- them differed, the others or the provider itself were followed. The lists, at the state that was read:
--   litellm         BerriAI/litellm model_prices_and_context_window.json via automated mirror RoCry/llm-api-price@804bd48a1d9ba0deadc715f1ea28d072f6f16fcf (2026-01-03T20:08:59Z)
--   models.dev      anomalyco/models.dev@65b43b44c1aefb37483a03f1859f10f6718b7b31 (2026-01-04T11:16:54-08:00)
--   langfuse        langfuse/langfuse@8f1b7e3db7457527574250fb6a20ac5aa26ab01f worker/src/constants/default-model-prices.json (2026-01-04)
--   genai-prices    pydantic/genai-prices@defd911ca7449b84ea295e7c81aa784884be8d34 (2025-12-31)
--   llm-prices      simonw/llm-prices@b690a0adad79c482bba79adf0bd8083bd8ad7cc6 (2025-12-17)
--   anthropic-docs  https://platform.claude.com/docs/en/about-claude/pricing (stored copy, Opus 4.6 era; rows for these models unchanged)

-- Once in the life of the table, which its key remembers: whoever deletes a price, or all of them, means it.
do $$
declare
  records bigint;
begin
  if obj_description((
    select oid from pg_catalog.pg_constraint
    where conrelid = 'copilot_internal.model_pricing'::regclass and conname = 'model_pricing_pkey'
  ), 'pg_constraint') is not null then
    return;
  end if;
  if not exists (select from copilot_internal.model_pricing) then
    insert into copilot_internal.model_pricing
      (provider, model, input_price_per_million, output_price_per_million, effective_date, source, verified_on, notes)
    select
      seed.provider, seed.model, seed.input_price, seed.output_price,
      seed.effective_on::timestamp at time zone 'UTC', seed.source, '2026-01-04', seed.notes
    from (values
      -- openai
      ('openai',    'gpt-5.2',                     1.75, 14.00, '2025-12-11', 'litellm, models.dev, langfuse, genai-prices, llm-prices',                 'In force since: launch.'),
      ('openai',    'gpt-5.1',                     1.25, 10.00, '2025-11-13', 'litellm, models.dev, langfuse, genai-prices, llm-prices',                 'In force since: launch.'),
      ('openai',    'gpt-5',                       1.25, 10.00, '2025-08-07', 'litellm, models.dev, langfuse, genai-prices, llm-prices',                 'In force since: launch.'),
      ('openai',    'gpt-5-mini',                  0.25,  2.00, '2025-08-07', 'litellm, models.dev, langfuse, genai-prices, llm-prices',                 'In force since: launch.'),
      ('openai',    'gpt-5-nano',                  0.05,  0.40, '2025-08-07', 'litellm, models.dev, langfuse, genai-prices, llm-prices',                 'In force since: launch. LiteLLM input_cost_per_token_priority=2.50/M is a copy/paste error (50x the standard 0.05); no output priority listed.'),
      ('openai',    'gpt-4.1',                     2.00,  8.00, '2025-04-14', 'litellm, models.dev, langfuse, genai-prices, llm-prices',                 'In force since: launch.'),
      ('openai',    'gpt-4.1-mini',                0.40,  1.60, '2025-04-14', 'litellm, models.dev, langfuse, genai-prices, llm-prices',                 'In force since: launch.'),
      ('openai',    'gpt-4o',                      2.50, 10.00, '2024-10-02', 'litellm, models.dev, langfuse, genai-prices, llm-prices',                 'In force since: alias moved to -2024-08-06 rates (date from general knowledge; LiteLLM mirror already shows it on 2025-02-06).'),
      ('openai',    'gpt-4o-mini',                 0.15,  0.60, '2024-07-18', 'litellm, models.dev, langfuse, genai-prices, llm-prices',                 'In force since: launch.'),
      ('openai',    'o3',                          2.00,  8.00, '2025-06-10', 'litellm, models.dev, langfuse, genai-prices, llm-prices',                 'In force since: price cut from 10/40 (genai-prices start_date constraint; LiteLLM mirror 2025-06-11).'),
      ('openai',    'o4-mini',                     1.10,  4.40, '2025-04-16', 'litellm, models.dev, langfuse, genai-prices, llm-prices',                 'In force since: launch.'),
      ('openai',    'gpt-4-turbo',                10.00, 30.00, '2024-04-09', 'litellm, models.dev, langfuse, genai-prices',                             'In force since: GA of the alias (general knowledge).'),
      ('openai',    'gpt-4',                      30.00, 60.00, '2023-03-14', 'litellm, models.dev, langfuse, genai-prices',                             'In force since: API launch (general knowledge; models.dev release_date 2023-11-06 is wrong).'),
      -- anthropic
      ('anthropic', 'claude-opus-4-5-20251101',    5.00, 25.00, '2025-11-24', 'litellm, models.dev, langfuse, genai-prices, llm-prices, anthropic-docs', 'In force since: launch (genai-prices prices_checked).'),
      ('anthropic', 'claude-opus-4-1-20250805',   15.00, 75.00, '2025-08-05', 'litellm, models.dev, langfuse, genai-prices, llm-prices, anthropic-docs', 'In force since: launch.'),
      ('anthropic', 'claude-sonnet-4-5-20250929',  3.00, 15.00, '2025-09-29', 'litellm, models.dev, langfuse, genai-prices, llm-prices, anthropic-docs', 'In force since: launch.'),
      ('anthropic', 'claude-sonnet-4-20250514',    3.00, 15.00, '2025-05-22', 'litellm, models.dev, langfuse, genai-prices, anthropic-docs',             'In force since: launch.'),
      ('anthropic', 'claude-haiku-4-5-20251001',   1.00,  5.00, '2025-10-15', 'litellm, models.dev, langfuse, genai-prices, anthropic-docs',             'In force since: launch.'),
      ('anthropic', 'claude-3-5-haiku-20241022',   0.80,  4.00, '2025-02-28', 'litellm, models.dev, langfuse, genai-prices, llm-prices, anthropic-docs', 'In force since: first observed in LiteLLM mirror (was 1.00/5.00); true cut earlier. LiteLLM cache_creation_above_1hr=6.00 is wrong (Anthropic page: 1.60); LiteLLM deprecation_date 2025-10-01 - legacy model, keep for history.'),
      -- google
      ('google',    'gemini-3-pro-preview',        2.00, 12.00, '2025-11-18', 'litellm, models.dev, langfuse, genai-prices, llm-prices',                 'In force since: launch.'),
      ('google',    'gemini-2.5-pro',              1.25, 10.00, '2025-06-17', 'litellm, models.dev, langfuse, genai-prices, llm-prices',                 'In force since: GA; cached rate was 0.31 at launch, 0.125 by 2025-10-31 (genai-prices prices_checked).'),
      ('google',    'gemini-2.5-flash',            0.30,  2.50, '2025-06-19', 'litellm, models.dev, langfuse, genai-prices, llm-prices',                 'In force since: first observed in LiteLLM mirror at GA; cached rate 0.075 until 2025-11-08 in LiteLLM.'),
      ('google',    'gemini-2.5-flash-lite',       0.10,  0.40, '2025-07-24', 'litellm, models.dev, langfuse, genai-prices, llm-prices',                 'In force since: first observed in LiteLLM mirror at GA.'),
      -- groq
      ('groq',      'llama-3.3-70b-versatile',     0.59,  0.79, '2024-12-06', 'litellm, models.dev, genai-prices',                                       'In force since: launch.'),
      ('groq',      'llama-3.1-8b-instant',        0.05,  0.08, '2024-07-23', 'litellm, models.dev, genai-prices',                                       'In force since: launch.'),
      ('groq',      'openai/gpt-oss-120b',         0.15,  0.60, '2025-11-11', 'litellm, models.dev, genai-prices',                                       'In force since: observed in genai-prices (was 0.15/0.75 from 2025-08-05); models.dev followed 2026-01-04, LiteLLM 2026-01-19.'),
      ('groq',      'openai/gpt-oss-20b',         0.075,  0.30, '2025-11-11', 'litellm, models.dev, genai-prices',                                       'In force since: as gpt-oss-120b (was 0.10/0.50).')
    ) as seed (provider, model, input_price, output_price, effective_on, source, notes);
    select count(*) into records from copilot_internal.model_pricing;
    if records < 27 then
      raise exception using
        message = format('The LLM price list holds %s of at least 27 records.', records),
        detail = 'It was empty, and what this file inserts did not all arrive.',
        hint = 'Look for a trigger or rule on copilot_internal.model_pricing that is not the product''s.';
    end if;
  end if;
  comment on constraint model_pricing_pkey on copilot_internal.model_pricing is
    'This list has been filled: what is deleted from it stays deleted.';
end
$$;


-- =====================================================================================================================
-- PART 4: Helper functions
-- =====================================================================================================================

-- The look-up of a price stands in each of these by itself: whoever is signed in may call them, and no function besides.

create or replace function copilot_internal.get_current_model_pricing(provider text, model text)
  returns table (
    pricing_id               uuid,
    input_price_per_million  numeric,
    output_price_per_million numeric,
    effective_date           timestamptz,
    expires_at               timestamptz
  )
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
begin
  if provider is null or model is null then
    raise exception using errcode = '22004', message = 'provider and model must not be NULL.',
      detail = format('Got provider %L, model %L.', provider, model),
      hint = 'Pass both, as they stand in copilot_internal.model_pricing.';
  end if;

  return query
    select
      p.id,
      coalesce(trim_scale(nullif(p.input_price_per_million, 0)) + 0.000, 0),
      coalesce(trim_scale(nullif(p.output_price_per_million, 0)) + 0.000, 0),
      p.effective_date,
      least(p.expires_at, (
        select min(n.effective_date)
        from copilot_internal.model_pricing as n
        where n.provider = p.provider and n.model = p.model and n.effective_date > now()
      ))
    from copilot_internal.model_pricing as p
    where p.provider = get_current_model_pricing.provider
      and p.model in (get_current_model_pricing.model, (
        select a.model from copilot_internal.model_aliases as a
        where a.provider = get_current_model_pricing.provider and a.alias = get_current_model_pricing.model
      ))
      and p.effective_date <= now()
      and (p.expires_at is null or now() < p.expires_at)
    order by p.model <> get_current_model_pricing.model, p.effective_date desc
    limit 1;
end
$$;
comment on function copilot_internal.get_current_model_pricing(text, text) is
  'The price of a model, or of the model an alias stands for, that is in force now, USD per million tokens; no row when '
  'there is none. expires_at: when it ends, as far as is known. Raises 22004 for NULL.';

create or replace function copilot_internal.calculate_llm_cost(
  provider      text,
  model         text,
  input_tokens  bigint,
  output_tokens bigint,
  pricing_date  timestamptz default now()
)
  returns table (input_cost_usd numeric, output_cost_usd numeric, total_cost_usd numeric, pricing_found boolean)
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
declare
  price record;
begin
  if provider is null or model is null or input_tokens is null or output_tokens is null or pricing_date is null then
    raise exception using errcode = '22004',
      message = 'provider, model, input_tokens, output_tokens and pricing_date must not be NULL.',
      detail = format('Got provider %L, model %L, input_tokens %L, output_tokens %L, pricing_date %L.',
                      provider, model, input_tokens, output_tokens, pricing_date),
      hint = 'Pass 0 for no tokens; leave pricing_date out for now.';
  end if;
  if input_tokens < 0 or output_tokens < 0 then
    raise exception using errcode = '22023', message = 'Tokens must be 0 or more.',
      detail = format('Got input_tokens %s, output_tokens %s.', input_tokens, output_tokens),
      hint = 'Pass the counts of the provider''s usage report.';
  end if;

  -- Its own price first: the one look-up that most calls need.
  select p.input_price_per_million as input, p.output_price_per_million as output
  into price
  from copilot_internal.model_pricing as p
  where p.provider = calculate_llm_cost.provider and p.model = calculate_llm_cost.model
    and p.effective_date <= pricing_date
    and (p.expires_at is null or pricing_date < p.expires_at)
  order by p.effective_date desc
  limit 1;
  if not found then
    select p.input_price_per_million as input, p.output_price_per_million as output
    into price
    from copilot_internal.model_aliases as a
    join copilot_internal.model_pricing as p on p.provider = a.provider and p.model = a.model
    where a.provider = calculate_llm_cost.provider and a.alias = calculate_llm_cost.model
      and p.effective_date <= pricing_date
      and (p.expires_at is null or pricing_date < p.expires_at)
    order by p.effective_date desc
    limit 1;
  end if;
  pricing_found := found;

  -- A multiplication is exact where a division by a million might not be.
  input_cost_usd  := case when pricing_found then input_tokens * price.input * 0.000001 else 0 end;
  output_cost_usd := case when pricing_found then output_tokens * price.output * 0.000001 else 0 end;
  total_cost_usd  := input_cost_usd + output_cost_usd;

  -- Without loss and without padding: 0 for zero, else three decimals or as many as it takes.
  input_cost_usd  := coalesce(trim_scale(nullif(input_cost_usd, 0)) + 0.000, 0);
  output_cost_usd := coalesce(trim_scale(nullif(output_cost_usd, 0)) + 0.000, 0);
  total_cost_usd  := coalesce(trim_scale(nullif(total_cost_usd, 0)) + 0.000, 0);
  return next;
end
$$;
comment on function copilot_internal.calculate_llm_cost(text, text, bigint, bigint, timestamptz) is
  'What an LLM call costs at the plain prices of pricing_date, in USD, exact; an alias is priced as its model. A model '
  'without a price at that date costs 0 with pricing_found false: treat it as unknown, not as free. Raises 22004 for NULL, '
  '22023 for negative tokens.';


-- =====================================================================================================================
-- PART 5: Row Level Security
-- =====================================================================================================================

do $$
begin
  if not (select relrowsecurity from pg_catalog.pg_class where oid = 'copilot_internal.model_pricing'::regclass) then
    alter table copilot_internal.model_pricing enable row level security;
  end if;
  if not (select relrowsecurity from pg_catalog.pg_class where oid = 'copilot_internal.model_aliases'::regclass) then
    alter table copilot_internal.model_aliases enable row level security;
  end if;
end
$$;

-- As in the foundation: tried on an empty twin of the table, and replaced only where it differs.
do $do$
declare
  wanted  text;
  policy  text;
  "table" text;
begin
  foreach wanted in array array[
    $$create policy model_pricing_select_authenticated on copilot_internal.model_pricing
        for select to authenticated
        using (true)$$,
    $$create policy model_aliases_select_authenticated on copilot_internal.model_aliases
        for select to authenticated
        using (true)$$
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
comment on policy model_pricing_select_authenticated on copilot_internal.model_pricing is
  'Whoever is signed in sees the price list.';

comment on policy model_aliases_select_authenticated on copilot_internal.model_aliases is
  'Whoever is signed in sees the price list.';


-- =====================================================================================================================
-- PART 6: Grants
-- =====================================================================================================================
-- Only what lacks. What is too much is taken away by 20260106000009_access.sql.

do $$
declare
  lacking text;
begin
  for lacking in
    select format('grant %s on copilot_internal.%I to %I', privilege, relation, grantee)
    from (values
      ('authenticated', 'select',                      'model_pricing model_aliases'),
      ('service_role',  'select insert update delete', 'model_pricing model_aliases')
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
  copilot_internal.get_current_model_pricing(text, text),
  copilot_internal.calculate_llm_cost(text, text, bigint, bigint, timestamptz)
to authenticated, service_role;


-- =====================================================================================================================
-- PART 7: Verification
-- =====================================================================================================================

do $$
declare
  records bigint;
begin
  if to_regclass('copilot_internal.model_pricing') is null then
    raise exception 'Table copilot_internal.model_pricing is missing.';
  end if;
  raise notice '✓ model_pricing table created';

  -- Fewer than were seeded is no failure: somebody has deleted the others.
  select count(*) into records from copilot_internal.model_pricing;
  raise notice '✓ % total pricing records seeded', records;
end
$$;
