-- Model aliases
--
-- What:  the names that providers and routers answer with for the 27 models of the price list: dated snapshots, families, prefixes.
-- Why:   usage under a name that nobody has mapped is unpriced, and bypasses every quota that lets it.
-- Rerun: safe at any time, on any data. Seeds aliases only into an empty table, so one that was changed or deleted stays so.
-- Undo:  delete from copilot_internal.model_aliases where source in ('litellm 2026-01-03: the same prices', 'prefix of a router or an API');

-- Applied after the files before it, which know what to do with tables of these names that are somebody else's.
do $$
declare
  missing text;
begin
  select string_agg(format('%s.%s', "table", "column"), ', ' order by n, m) into missing
  from (values
    (1, false, 'model_pricing', 'verified_on'),
    (2, false, 'model_aliases', 'alias')
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
      message = '20260106000001_model_aliases.sql needs 20260105000004_price_components.sql before it: nothing was changed.',
      detail = format('Not there: %s.', missing),
      hint = 'Run the files in the order of their names, from 20260103000001_cost_tracking_foundation.sql on, and stop at the first that is refused: it says what is in the way.';
  end if;
end
$$;

-- Of snapshots and families only those to which a public list of 2026-01-03 gives exactly the same prices: input, output and cached
-- input. So gpt-4o-2024-05-13 (5 and 15 USD per million) is no gpt-4o. A name with a prefix is the same model. The list: BerriAI/litellm model_prices_and_context_window.json at the state that the price
-- list was read from (20260104000002_llm_model_pricing.sql).
insert into copilot_internal.model_aliases (provider, alias, model, source)
with named (provider, name, model) as (
  values
    -- Dated snapshots.
    ('openai',    'gpt-5.2-2025-12-11',      'gpt-5.2'),
    ('openai',    'gpt-5.1-2025-11-13',      'gpt-5.1'),
    ('openai',    'gpt-5-2025-08-07',        'gpt-5'),
    ('openai',    'gpt-5-mini-2025-08-07',   'gpt-5-mini'),
    ('openai',    'gpt-5-nano-2025-08-07',   'gpt-5-nano'),
    ('openai',    'gpt-4.1-2025-04-14',      'gpt-4.1'),
    ('openai',    'gpt-4.1-mini-2025-04-14', 'gpt-4.1-mini'),
    ('openai',    'gpt-4o-2024-08-06',       'gpt-4o'),
    ('openai',    'gpt-4o-2024-11-20',       'gpt-4o'),
    ('openai',    'gpt-4o-mini-2024-07-18',  'gpt-4o-mini'),
    ('openai',    'o3-2025-04-16',           'o3'),
    ('openai',    'o4-mini-2025-04-16',      'o4-mini'),
    ('openai',    'gpt-4-turbo-2024-04-09',  'gpt-4-turbo'),
    -- Families, which the provider resolves to their only snapshot.
    ('anthropic', 'claude-opus-4-5',         'claude-opus-4-5-20251101'),
    ('anthropic', 'claude-opus-4-1',         'claude-opus-4-1-20250805'),
    ('anthropic', 'claude-sonnet-4-5',       'claude-sonnet-4-5-20250929'),
    ('anthropic', 'claude-haiku-4-5',        'claude-haiku-4-5-20251001')
), known (provider, name, model) as (
  table named
  union all
  select p.provider, p.model, p.model
  from copilot_internal.model_pricing as p
  where p.verified_on = '2026-01-04' and p.provider in ('openai', 'anthropic', 'google', 'groq')
  group by p.provider, p.model
), prefixes (provider, prefix) as (
  -- As routers write them, and Google's own API.
  values ('openai', 'openai/'), ('anthropic', 'anthropic/'), ('google', 'gemini/'), ('google', 'google/'), ('google', 'models/'),
         ('groq', 'groq/')
)
select k.provider, k.name, k.model, 'litellm 2026-01-03: the same prices'
from named as k
where not exists (select from copilot_internal.model_aliases)
union all
select k.provider, x.prefix || k.name, k.model, 'prefix of a router or an API'
from known as k join prefixes as x using (provider)
where not exists (select from copilot_internal.model_aliases)
on conflict do nothing;
