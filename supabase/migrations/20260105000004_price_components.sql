-- Price components
--
-- What:  what a model costs besides its plain input and output: cached input, cache writes, batch, long context; and
--        calculate_llm_cost_detailed, which prices a request with them.
-- Why:   a cached token can cost a tenth of a fresh one, and a long request twice as much: plain prices are wrong for both.
--        The components have a table of their own, so that a model stays one row of the price list.
-- Rerun: safe at any time, on any data. Seeds components only into an empty table.
-- Undo:  drop function copilot_internal.calculate_llm_cost_detailed;
--        drop table copilot_internal.model_pricing_components;
--        drop function copilot_internal.guard_component;


-- =====================================================================================================================
-- model_pricing_components
-- =====================================================================================================================

create table if not exists copilot_internal.model_pricing_components (
  pricing_id             uuid           not null,
  variant                text           not null,
  component              text           not null,
  price_per_million      numeric(20,12) not null,
  threshold_input_tokens bigint,
  is_derived             boolean        not null default false,
  notes                  text,
  created_at             timestamptz    not null default now(),

  constraint model_pricing_components_pkey primary key (pricing_id, variant, component),
  constraint model_pricing_components_variant_known check (variant in ('standard', 'batch', 'long_context')),
  constraint model_pricing_components_component_known check (
    component in ('input', 'output', 'cached_input', 'cache_write_5m', 'cache_write_1h')
  ),
  -- The plain prices stand in model_pricing.
  constraint model_pricing_components_standard_is_not_plain check (
    variant <> 'standard' or component not in ('input', 'output')
  ),
  constraint model_pricing_components_threshold_for_long_context check (
    (variant = 'long_context') = (threshold_input_tokens is not null)
  ),
  constraint model_pricing_components_threshold_not_negative check (threshold_input_tokens >= 0),
  constraint model_pricing_components_price_not_negative check (price_per_million >= 0 and price_per_million < 'NaN')
);

comment on table copilot_internal.model_pricing_components is
  'What a version of a model''s price asks for other than plain input and output tokens.';
comment on column copilot_internal.model_pricing_components.pricing_id is 'The version of the price, a row of model_pricing.';
comment on column copilot_internal.model_pricing_components.variant is 'When it applies: standard, batch (requests that may wait), long_context (input above the threshold).';
comment on column copilot_internal.model_pricing_components.component is 'What it is for: input, output, cached_input, cache_write_5m or cache_write_1h (kept for five minutes or an hour).';
comment on column copilot_internal.model_pricing_components.price_per_million is 'USD for a million tokens.';
comment on column copilot_internal.model_pricing_components.threshold_input_tokens is 'Long context: with more input tokens than this, cached ones included, the whole request is priced so.';
comment on column copilot_internal.model_pricing_components.is_derived is 'Whether the price was calculated from a published rule and not read from a price list.';
comment on column copilot_internal.model_pricing_components.notes is 'What else a reader of the price should know.';
comment on column copilot_internal.model_pricing_components.created_at is 'When the row was written.';

alter table copilot_internal.model_pricing_components enable row level security;
revoke all on copilot_internal.model_pricing_components from public, anon, authenticated, service_role;
grant select on copilot_internal.model_pricing_components to authenticated;
grant select, insert, update, delete on copilot_internal.model_pricing_components to service_role;

drop policy if exists model_pricing_components_select_authenticated on copilot_internal.model_pricing_components;
create policy model_pricing_components_select_authenticated on copilot_internal.model_pricing_components
  for select to authenticated
  using (true);
comment on policy model_pricing_components_select_authenticated on copilot_internal.model_pricing_components is
  'Whoever is signed in sees the price list.';

-- Components of a price list that was dropped belong to nothing.
delete from copilot_internal.model_pricing_components as c
where not exists (select from copilot_internal.model_pricing as p where p.id = c.pricing_id);

do $$
begin
  if not exists (
    select from pg_catalog.pg_constraint
    where conrelid = 'copilot_internal.model_pricing_components'::regclass
      and conname = 'model_pricing_components_pricing_id_fkey'
  ) then
    alter table copilot_internal.model_pricing_components
      add constraint model_pricing_components_pricing_id_fkey
      foreign key (pricing_id) references copilot_internal.model_pricing (id) on delete cascade;
  end if;
end
$$;

create or replace function copilot_internal.guard_component()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  if (tg_op = 'DELETE' or (new.pricing_id, new.variant, new.component, new.price_per_million, new.threshold_input_tokens)
                          is distinct from (old.pricing_id, old.variant, old.component, old.price_per_million, old.threshold_input_tokens))
    and exists (
      select from copilot_internal.model_pricing as p
      where p.id = old.pricing_id
        and (p.expires_at <= now() or exists (select from copilot_internal.llm_cost_records as r where r.pricing_id = p.id))
    )
  then
    raise exception using errcode = 'QT001',
      message = 'A component of a price that is over, or that usage refers to, cannot be rewritten or deleted.',
      detail = format('%s %s belongs to price %s.', old.variant, old.component, old.pricing_id),
      hint = 'Set a new price with copilot_internal.set_model_price, and give that its components.';
  end if;
  return coalesce(new, old);
end
$$;
comment on function copilot_internal.guard_component() is
  'Trigger: raises QT001 when a component of a price that is over, or that usage refers to, would be rewritten or deleted.';
revoke execute on function copilot_internal.guard_component() from public, anon, authenticated;
grant execute on function copilot_internal.guard_component() to service_role;

create or replace trigger _100_guard_component
  before update or delete on copilot_internal.model_pricing_components
  for each row execute function copilot_internal.guard_component();
comment on trigger _100_guard_component on copilot_internal.model_pricing_components is
  'What was calculated stays explained.';


-- =====================================================================================================================
-- Seed
-- =====================================================================================================================
-- Sources: those of the price they belong to, as of 2026-01-04. A batch price that no list states is half the standard
-- price, by the providers' general rule, and marked as derived.

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
) as price on true
where not exists (select from copilot_internal.model_pricing_components);


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
  plain        record;
  rates        jsonb;
  used         text;
  special      bigint;
  input_rate   numeric;
  output_rate  numeric;
  cached_rate  numeric;
  write_5m     numeric;
  write_1h     numeric;
begin
  if provider is null or model is null or input_tokens is null or output_tokens is null or cached_input_tokens is null
    or cache_write_5m_tokens is null or cache_write_1h_tokens is null or is_batch is null or pricing_date is null
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
  special := cached_input_tokens + cache_write_5m_tokens + cache_write_1h_tokens;

  select p.id, p.input_price_per_million as input, p.output_price_per_million as output
  into plain
  from copilot_internal.model_pricing as p
  where p.provider = calculate_llm_cost_detailed.provider
    and p.model = calculate_llm_cost_detailed.model
    and p.effective_date <= pricing_date
    and (p.expires_at is null or pricing_date < p.expires_at)
  order by p.effective_date desc
  limit 1;
  pricing_found := found;
  if not pricing_found then
    return query select 0::numeric, 0::numeric, 0::numeric, 0::numeric, 0::numeric, false, false, false;
    return;
  end if;

  select coalesce(jsonb_object_agg(c.variant || ' ' || c.component, c.price_per_million), '{}'),
         coalesce(bool_or(input_tokens > c.threshold_input_tokens), false)
  into rates, is_long_context
  from copilot_internal.model_pricing_components as c
  where c.pricing_id = plain.id;

  -- Long context re-rates the whole request, also one that was sent as a batch.
  used := case when is_long_context then 'long_context ' when is_batch then 'batch ' else 'standard ' end;
  input_rate  := coalesce((rates ->> (used || 'input'))::numeric, plain.input);
  output_rate := coalesce((rates ->> (used || 'output'))::numeric, plain.output);
  -- What has no price of its own is priced as plain input, or as it is otherwise, whichever is dearer.
  cached_rate := coalesce((rates ->> (used || 'cached_input'))::numeric,
                          greatest(input_rate, (rates ->> 'standard cached_input')::numeric));
  write_5m    := coalesce((rates ->> (used || 'cache_write_5m'))::numeric,
                          greatest(input_rate, (rates ->> 'standard cache_write_5m')::numeric));
  write_1h    := coalesce((rates ->> (used || 'cache_write_1h'))::numeric,
                          greatest(input_rate, (rates ->> 'standard cache_write_1h')::numeric));
  is_estimated :=
    cached_input_tokens > 0 and not rates ? (used || 'cached_input')
    or cache_write_5m_tokens > 0 and not rates ? (used || 'cache_write_5m')
    or cache_write_1h_tokens > 0 and not rates ? (used || 'cache_write_1h')
    or is_batch and (is_long_context or not rates ? 'batch input' or not rates ? 'batch output');

  input_cost_usd        := (input_tokens - special) * input_rate * 0.000001;
  cached_input_cost_usd := cached_input_tokens * cached_rate * 0.000001;
  cache_write_cost_usd  := (cache_write_5m_tokens * write_5m + cache_write_1h_tokens * write_1h) * 0.000001;
  output_cost_usd       := output_tokens * output_rate * 0.000001;
  total_cost_usd        := input_cost_usd + cached_input_cost_usd + cache_write_cost_usd + output_cost_usd;

  -- Without loss and without padding: 0 for zero, else three decimals or as many as it takes.
  input_cost_usd        := round(input_cost_usd, greatest(3, min_scale(input_cost_usd)) * (input_cost_usd <> 0)::integer);
  cached_input_cost_usd := round(cached_input_cost_usd, greatest(3, min_scale(cached_input_cost_usd)) * (cached_input_cost_usd <> 0)::integer);
  cache_write_cost_usd  := round(cache_write_cost_usd, greatest(3, min_scale(cache_write_cost_usd)) * (cache_write_cost_usd <> 0)::integer);
  output_cost_usd       := round(output_cost_usd, greatest(3, min_scale(output_cost_usd)) * (output_cost_usd <> 0)::integer);
  total_cost_usd        := round(total_cost_usd, greatest(3, min_scale(total_cost_usd)) * (total_cost_usd <> 0)::integer);
  return next;
end
$$;
comment on function copilot_internal.calculate_llm_cost_detailed(
  text, text, bigint, bigint, bigint, bigint, bigint, boolean, timestamptz
) is
  'What an LLM call costs with cached input, cache writes, batch and long-context prices, in USD, exact. input_tokens '
  'includes cached and cache-write tokens and output_tokens includes reasoning tokens, as OpenAI and Google report them; '
  'for Anthropic, whose usage lists them beside, pass input_tokens + cache_read_input_tokens + cache_creation_input_tokens. '
  'More input than the threshold re-rates the whole request. is_estimated: something had no price of its own and was priced '
  'as plain input, or as otherwise, whichever is dearer. A model without a price costs 0 with pricing_found false. Raises '
  '22004 for NULL, 22023 for negative tokens or more special tokens than input.';
revoke execute on function copilot_internal.calculate_llm_cost_detailed(
  text, text, bigint, bigint, bigint, bigint, bigint, boolean, timestamptz
) from public, anon, authenticated;
grant execute on function copilot_internal.calculate_llm_cost_detailed(
  text, text, bigint, bigint, bigint, bigint, bigint, boolean, timestamptz
) to authenticated, service_role;
