-- Price components
--
-- What:  what the seeded models cost besides plain input and output: cached input, cache writes, batch, long context; and
--        calculate_llm_cost_detailed, which prices a request with them.
-- Why:   a cached token can cost a tenth of a fresh one, and a long request twice as much: plain prices are wrong for both.
-- Rerun: safe at any time, on any data. Seeds components only into an empty table.
-- Undo:  drop function copilot_internal.calculate_llm_cost_detailed;


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
    (11, true, 'model_aliases', 'provider alias model source')
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
      message = '20260105000004_price_components.sql needs 20260105000003_quota_reservations.sql before it: nothing was changed.',
      detail = format('Not there: %s.', missing),
      hint = 'Run the files in the order of their names, from 20260103000001_cost_tracking_foundation.sql on, and stop at the first that is refused: it says what is in the way.';
  end if;
end
$$;


-- =====================================================================================================================
-- Seed
-- =====================================================================================================================
-- Sources: those of the price they belong to, as of 2026-01-04. A batch price that no list states is half the standard
-- price, by the providers' general rule, and marked as derived.

do $$
begin
  if exists (select from copilot_internal.model_pricing_components) then
    return;
  end if;
  -- Also where usage is recorded at the seeded prices already: what it was charged is stamped on it.
  alter table copilot_internal.model_pricing_components disable trigger _200_guard_new_components;
  insert into copilot_internal.model_pricing_components
    (pricing_id, variant, component, price_per_million, threshold_input_tokens, is_derived, notes)
  select price.id, seed.variant, seed.component, seed.price, seed.threshold, seed.is_derived, seed.notes
  from (values
    ('openai',    'gpt-5.2',                    'standard',     'cached_input',    0.175,   null, false, null),
    ('openai',    'gpt-5.2',                    'batch',        'input',           0.875,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('openai',    'gpt-5.2',                    'batch',        'output',              7,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('openai',    'gpt-5.1',                    'standard',     'cached_input',    0.125,   null, false, null),
    ('openai',    'gpt-5.1',                    'batch',        'input',           0.625,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('openai',    'gpt-5.1',                    'batch',        'output',              5,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('openai',    'gpt-5',                      'standard',     'cached_input',    0.125,   null, false, null),
    ('openai',    'gpt-5',                      'batch',        'input',           0.625,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('openai',    'gpt-5',                      'batch',        'output',              5,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('openai',    'gpt-5-mini',                 'standard',     'cached_input',    0.025,   null, false, null),
    ('openai',    'gpt-5-mini',                 'batch',        'input',           0.125,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('openai',    'gpt-5-mini',                 'batch',        'output',              1,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('openai',    'gpt-5-nano',                 'standard',     'cached_input',    0.005,   null, false, null),
    ('openai',    'gpt-5-nano',                 'batch',        'input',           0.025,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('openai',    'gpt-5-nano',                 'batch',        'output',            0.2,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('openai',    'gpt-4.1',                    'standard',     'cached_input',     0.50,   null, false, null),
    ('openai',    'gpt-4.1',                    'batch',        'input',               1,   null, false, null),
    ('openai',    'gpt-4.1',                    'batch',        'output',              4,   null, false, null),
    ('openai',    'gpt-4.1-mini',               'standard',     'cached_input',     0.10,   null, false, null),
    ('openai',    'gpt-4.1-mini',               'batch',        'input',             0.2,   null, false, null),
    ('openai',    'gpt-4.1-mini',               'batch',        'output',            0.8,   null, false, null),
    ('openai',    'gpt-4o',                     'standard',     'cached_input',     1.25,   null, false, null),
    ('openai',    'gpt-4o',                     'batch',        'input',            1.25,   null, false, null),
    ('openai',    'gpt-4o',                     'batch',        'output',              5,   null, false, null),
    ('openai',    'gpt-4o-mini',                'standard',     'cached_input',    0.075,   null, false, null),
    ('openai',    'gpt-4o-mini',                'batch',        'input',           0.075,   null, false, null),
    ('openai',    'gpt-4o-mini',                'batch',        'output',            0.3,   null, false, null),
    ('openai',    'o3',                         'standard',     'cached_input',     0.50,   null, false, null),
    ('openai',    'o3',                         'batch',        'input',               1,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('openai',    'o3',                         'batch',        'output',              4,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('openai',    'o4-mini',                    'standard',     'cached_input',    0.275,   null, false, null),
    ('openai',    'o4-mini',                    'batch',        'input',            0.55,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('openai',    'o4-mini',                    'batch',        'output',            2.2,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('openai',    'gpt-4-turbo',                'batch',        'input',               5,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('openai',    'gpt-4-turbo',                'batch',        'output',             15,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('openai',    'gpt-4',                      'batch',        'input',              15,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('openai',    'gpt-4',                      'batch',        'output',             30,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('anthropic', 'claude-opus-4-5-20251101',   'standard',     'cached_input',     0.50,   null, false, null),
    ('anthropic', 'claude-opus-4-5-20251101',   'standard',     'cache_write_5m',   6.25,   null, false, null),
    ('anthropic', 'claude-opus-4-5-20251101',   'standard',     'cache_write_1h',  10.00,   null, false, null),
    ('anthropic', 'claude-opus-4-5-20251101',   'batch',        'input',             2.5,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('anthropic', 'claude-opus-4-5-20251101',   'batch',        'output',           12.5,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('anthropic', 'claude-opus-4-1-20250805',   'standard',     'cached_input',     1.50,   null, false, null),
    ('anthropic', 'claude-opus-4-1-20250805',   'standard',     'cache_write_5m',  18.75,   null, false, null),
    ('anthropic', 'claude-opus-4-1-20250805',   'standard',     'cache_write_1h',  30.00,   null, false, null),
    ('anthropic', 'claude-opus-4-1-20250805',   'batch',        'input',             7.5,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('anthropic', 'claude-opus-4-1-20250805',   'batch',        'output',           37.5,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('anthropic', 'claude-sonnet-4-5-20250929', 'standard',     'cached_input',     0.30,   null, false, null),
    ('anthropic', 'claude-sonnet-4-5-20250929', 'standard',     'cache_write_5m',   3.75,   null, false, null),
    ('anthropic', 'claude-sonnet-4-5-20250929', 'standard',     'cache_write_1h',   6.00,   null, false, null),
    ('anthropic', 'claude-sonnet-4-5-20250929', 'batch',        'input',             1.5,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('anthropic', 'claude-sonnet-4-5-20250929', 'batch',        'output',            7.5,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('anthropic', 'claude-sonnet-4-5-20250929', 'long_context', 'input',            6.00, 200000, false, '1M-context beta only.'),
    ('anthropic', 'claude-sonnet-4-5-20250929', 'long_context', 'output',          22.50, 200000, false, '1M-context beta only.'),
    ('anthropic', 'claude-sonnet-4-5-20250929', 'long_context', 'cached_input',     0.60, 200000, false, '1M-context beta only.'),
    ('anthropic', 'claude-sonnet-4-5-20250929', 'long_context', 'cache_write_5m',   7.50, 200000, false, '1M-context beta only.'),
    ('anthropic', 'claude-sonnet-4-20250514',   'standard',     'cached_input',     0.30,   null, false, null),
    ('anthropic', 'claude-sonnet-4-20250514',   'standard',     'cache_write_5m',   3.75,   null, false, null),
    ('anthropic', 'claude-sonnet-4-20250514',   'standard',     'cache_write_1h',   6.00,   null, false, null),
    ('anthropic', 'claude-sonnet-4-20250514',   'batch',        'input',             1.5,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('anthropic', 'claude-sonnet-4-20250514',   'batch',        'output',            7.5,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('anthropic', 'claude-sonnet-4-20250514',   'long_context', 'input',            6.00, 200000, false, '1M-context beta only; langfuse/genai-prices omit the tier for this model.'),
    ('anthropic', 'claude-sonnet-4-20250514',   'long_context', 'output',          22.50, 200000, false, '1M-context beta only; langfuse/genai-prices omit the tier for this model.'),
    ('anthropic', 'claude-sonnet-4-20250514',   'long_context', 'cached_input',     0.60, 200000, false, '1M-context beta only; langfuse/genai-prices omit the tier for this model.'),
    ('anthropic', 'claude-sonnet-4-20250514',   'long_context', 'cache_write_5m',   7.50, 200000, false, '1M-context beta only; langfuse/genai-prices omit the tier for this model.'),
    ('anthropic', 'claude-haiku-4-5-20251001',  'standard',     'cached_input',     0.10,   null, false, null),
    ('anthropic', 'claude-haiku-4-5-20251001',  'standard',     'cache_write_5m',   1.25,   null, false, null),
    ('anthropic', 'claude-haiku-4-5-20251001',  'standard',     'cache_write_1h',   2.00,   null, false, null),
    ('anthropic', 'claude-haiku-4-5-20251001',  'batch',        'input',             0.5,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('anthropic', 'claude-haiku-4-5-20251001',  'batch',        'output',            2.5,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('anthropic', 'claude-3-5-haiku-20241022',  'standard',     'cached_input',     0.08,   null, false, null),
    ('anthropic', 'claude-3-5-haiku-20241022',  'standard',     'cache_write_5m',   1.00,   null, false, null),
    ('anthropic', 'claude-3-5-haiku-20241022',  'standard',     'cache_write_1h',   1.60,   null, false, null),
    ('anthropic', 'claude-3-5-haiku-20241022',  'batch',        'input',             0.4,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('anthropic', 'claude-3-5-haiku-20241022',  'batch',        'output',              2,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('google',    'gemini-3-pro-preview',       'standard',     'cached_input',     0.20,   null, false, null),
    ('google',    'gemini-3-pro-preview',       'batch',        'input',               1,   null, false, null),
    ('google',    'gemini-3-pro-preview',       'batch',        'output',              6,   null, false, null),
    ('google',    'gemini-3-pro-preview',       'long_context', 'input',            4.00, 200000, false, null),
    ('google',    'gemini-3-pro-preview',       'long_context', 'output',          18.00, 200000, false, null),
    ('google',    'gemini-3-pro-preview',       'long_context', 'cached_input',     0.40, 200000, false, null),
    ('google',    'gemini-2.5-pro',             'standard',     'cached_input',    0.125,   null, false, null),
    ('google',    'gemini-2.5-pro',             'batch',        'input',           0.625,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('google',    'gemini-2.5-pro',             'batch',        'output',              5,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('google',    'gemini-2.5-pro',             'long_context', 'input',            2.50, 200000, false, null),
    ('google',    'gemini-2.5-pro',             'long_context', 'output',          15.00, 200000, false, null),
    ('google',    'gemini-2.5-pro',             'long_context', 'cached_input',     0.25, 200000, false, null),
    ('google',    'gemini-2.5-flash',           'standard',     'cached_input',     0.03,   null, false, null),
    ('google',    'gemini-2.5-flash',           'batch',        'input',            0.15,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('google',    'gemini-2.5-flash',           'batch',        'output',           1.25,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('google',    'gemini-2.5-flash-lite',      'standard',     'cached_input',     0.01,   null, false, null),
    ('google',    'gemini-2.5-flash-lite',      'batch',        'input',            0.05,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('google',    'gemini-2.5-flash-lite',      'batch',        'output',            0.2,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('groq',      'llama-3.3-70b-versatile',    'batch',        'input',           0.295,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('groq',      'llama-3.3-70b-versatile',    'batch',        'output',          0.395,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('groq',      'llama-3.1-8b-instant',       'batch',        'input',           0.025,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('groq',      'llama-3.1-8b-instant',       'batch',        'output',           0.04,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('groq',      'openai/gpt-oss-120b',        'standard',     'cached_input',    0.075,   null, false, null),
    ('groq',      'openai/gpt-oss-120b',        'batch',        'input',           0.075,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('groq',      'openai/gpt-oss-120b',        'batch',        'output',            0.3,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('groq',      'openai/gpt-oss-20b',         'standard',     'cached_input',   0.0375,   null, false, null),
    ('groq',      'openai/gpt-oss-20b',         'batch',        'input',          0.0375,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.'),
    ('groq',      'openai/gpt-oss-20b',         'batch',        'output',           0.15,   null, true,  'Half the standard price: provider-wide 50% batch discount; verify per model.')
  ) as seed (provider, model, variant, component, price, threshold, is_derived, notes)
  join lateral (
    -- The seeded version of the model: its first.
    select p.id
    from copilot_internal.model_pricing as p
    where p.provider = seed.provider and p.model = seed.model and p.verified_on = '2026-01-04'
    order by p.effective_date
    limit 1
  ) as price on true;
  alter table copilot_internal.model_pricing_components enable trigger _200_guard_new_components;
end
$$;


-- =====================================================================================================================
-- calculate_llm_cost_detailed
-- =====================================================================================================================

create or replace function copilot_internal.calculate_llm_cost_detailed(
  provider              text,
  model                 text,
  input_tokens          bigint,
  output_tokens         bigint,
  cached_input_tokens   bigint      default 0,
  cache_write_5m_tokens bigint      default 0,
  cache_write_1h_tokens bigint      default 0,
  is_batch              boolean     default false,
  pricing_date          timestamptz default now()
)
  returns table (
    input_cost_usd        numeric,
    cached_input_cost_usd numeric,
    cache_write_cost_usd  numeric,
    output_cost_usd       numeric,
    total_cost_usd        numeric,
    pricing_found         boolean,
    is_long_context       boolean,
    is_estimated          boolean
  )
  language plpgsql
  stable
  security invoker
  set search_path = ''
as $$
declare
  asked  copilot_internal.llm_cost_records;
  priced copilot_internal.llm_cost_records;
begin
  if num_nulls(provider, model, input_tokens, output_tokens, cached_input_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
               is_batch, pricing_date) > 0
  then
    raise exception using errcode = '22004', message = 'No argument may be NULL.',
      detail = format('Got provider %L, model %L, input_tokens %L, output_tokens %L, cached_input_tokens %L, '
                      'cache_write_5m_tokens %L, cache_write_1h_tokens %L, is_batch %L, pricing_date %L.',
                      provider, model, input_tokens, output_tokens, cached_input_tokens, cache_write_5m_tokens,
                      cache_write_1h_tokens, is_batch, pricing_date),
      hint = 'Leave out what has a default; pass 0 for no tokens.';
  end if;
  if least(input_tokens, output_tokens, cached_input_tokens, cache_write_5m_tokens, cache_write_1h_tokens) < 0 then
    raise exception using errcode = '22023', message = 'Tokens must be 0 or more.',
      detail = format('Got input_tokens %s, output_tokens %s, cached_input_tokens %s, cache_write_5m_tokens %s, '
                      'cache_write_1h_tokens %s.', input_tokens, output_tokens, cached_input_tokens,
                      cache_write_5m_tokens, cache_write_1h_tokens),
      hint = 'Pass the counts of the provider''s usage report.';
  end if;
  -- As numeric: the sum of three bigints need not be one.
  if cached_input_tokens::numeric + cache_write_5m_tokens + cache_write_1h_tokens > input_tokens then
    raise exception using errcode = '22023',
      message = 'Cached and cache-write tokens are part of input_tokens and cannot be more than those.',
      detail = format('Got input_tokens %s, cached_input_tokens %s, cache_write_5m_tokens %s, cache_write_1h_tokens %s.',
                      input_tokens, cached_input_tokens, cache_write_5m_tokens, cache_write_1h_tokens),
      hint = 'Anthropic reports them beside input_tokens: add all of them up first.';
  end if;

  asked.provider              := provider;
  asked.model                 := model;
  asked.recorded_at           := pricing_date;
  asked.input_tokens          := input_tokens;
  asked.output_tokens         := output_tokens;
  asked.cached_input_tokens   := cached_input_tokens;
  asked.cache_write_5m_tokens := cache_write_5m_tokens;
  asked.cache_write_1h_tokens := cache_write_1h_tokens;
  asked.is_batch              := is_batch;
  asked.is_estimated          := false;
  priced := (copilot_internal.calculate_llm_records(array[asked]))[1];

  pricing_found         := not priced.is_unpriced;
  is_long_context       := priced.variant = 'long_context';
  is_estimated          := priced.is_estimated;
  cached_input_cost_usd := coalesce(cached_input_tokens * priced.cached_input_price_per_million * 0.000001, 0);
  cache_write_cost_usd  := coalesce((cache_write_5m_tokens * priced.cache_write_5m_price_per_million
                                     + cache_write_1h_tokens * priced.cache_write_1h_price_per_million) * 0.000001, 0);
  input_cost_usd        := priced.input_cost_usd - cached_input_cost_usd - cache_write_cost_usd;

  -- Without loss and without padding: 0 for zero, else three decimals or as many as it takes.
  input_cost_usd        := coalesce(trim_scale(nullif(input_cost_usd, 0)) + 0.000, 0);
  cached_input_cost_usd := coalesce(trim_scale(nullif(cached_input_cost_usd, 0)) + 0.000, 0);
  cache_write_cost_usd  := coalesce(trim_scale(nullif(cache_write_cost_usd, 0)) + 0.000, 0);
  output_cost_usd       := coalesce(trim_scale(nullif(priced.output_cost_usd, 0)) + 0.000, 0);
  total_cost_usd        := coalesce(trim_scale(nullif(priced.total_cost_usd, 0)) + 0.000, 0);
  return next;
end
$$;
comment on function copilot_internal.calculate_llm_cost_detailed(
  text, text, bigint, bigint, bigint, bigint, bigint, boolean, timestamptz
) is
  'What an LLM call costs with cached input, cache writes, batch and long-context prices, in USD, exact. input_tokens '
  'includes cached and cache-write tokens and output_tokens includes reasoning tokens, as OpenAI and Google report them; '
  'for Anthropic, whose usage lists them beside, pass input_tokens + cache_read_input_tokens + cache_creation_input_tokens. '
  'More input than the threshold re-rates the whole request. is_estimated: something had no price of its own, or a derived one, '
  'and was priced by the dearest rule of the same list. A model without a price costs 0 with pricing_found false. Raises '
  '22004 for NULL, 22023 for negative tokens or more special tokens than input.';
