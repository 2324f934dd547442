-- Cost tracking: the foundation
--
-- What:  schema copilot_internal, the record of each LLM call, the totals of whole days, the quotas, and three views that add
--        LLM costs up.
-- Why:   the E2B and LLM migrations of 2026-01-04 extend these; they take them for granted.
-- Rerun: safe at any time, on any data. Creates what is missing, replaces functions and views, keeps every row.
-- Undo:  drop schema copilot_internal cascade;
--        alter default privileges grant execute on functions to public;


-- =====================================================================================================================
-- What is there already
-- =====================================================================================================================
-- Before anything is changed: tables of these names may be somebody else's, and `create table if not exists` would pass
-- over whatever shape they have. Ours go through, also in an earlier state; what the platform had before, or an earlier
-- attempt at this schema, is set aside in schema copilot_adoption, and carried over, row by row and exactly, by the file
-- that creates the table; anything else is refused, with nothing changed. Concerns the tables of all files, so that a loop
-- over them is stopped here; those after it refuse to start without what this one creates.

do $do$
declare
  place       record;
  "table"     regclass;
  ours        text[];
  theirs      text[];
  unfit       text[];
  refused     text[] := '{}';
  adopted     text[] := '{}';
  lost        text;
  adopting    text;
  -- What may become of ours: relation, column of ours or - for none, names it may have, kind of type, rule for its values.
  -- Without ? the column has to be there. Prices per hour become prices per second, where that can be done exactly.
  shapes constant text := $shapes$
    cost_quotas | scope             | scope             | name | scope
    cost_quotas | scope_id          | scope_id          | id   | scope_id
    cost_quotas | limit_usd         | limit_usd         | usd  | amount
    cost_quotas | spent_usd         | current_spend_usd | usd  | amount or nothing
    cost_quotas | period            | period            | name | period
    cost_quotas | period_start      | period_start      | time | time
    cost_quotas | period_end        | period_end        | time | period_end or nothing
    cost_quotas | warning_threshold | warning_threshold | usd  | share or nothing
    cost_quotas | id?               | id                | uuid | anything
    cost_quotas | created_at?       | created_at        | time | anything
    cost_quotas | updated_at?       | updated_at        | time | anything
    cost_quotas | resource_type?    | resource_type     | name | llm or nothing

    llm_cost_records | recorded_at     | timestamp       | time | time
    llm_cost_records | provider        | provider        | name | name
    llm_cost_records | model           | model           | name | name
    llm_cost_records | input_tokens    | input_tokens    | int  | count
    llm_cost_records | output_tokens   | output_tokens   | int  | count
    llm_cost_records | -               | total_tokens    | int  | anything
    llm_cost_records | input_cost_usd  | input_cost_usd  | usd  | amount or nothing
    llm_cost_records | output_cost_usd | output_cost_usd | usd  | amount or nothing
    llm_cost_records | total_cost_usd  | total_cost_usd  | usd  | amount or nothing
    llm_cost_records | is_estimated    | is_estimated    | flag | anything
    llm_cost_records | tenant_id       | tenant_id       | id   | uuid
    llm_cost_records | user_id         | user_id         | id   | uuid or nothing
    llm_cost_records | task            | task            | name | anything
    llm_cost_records | conversation_id | conversation_id | id   | anything
    llm_cost_records | -               | cached          | flag | anything
    llm_cost_records | -               | streaming       | flag | anything
    llm_cost_records | -               | duration_ms     | int  | anything
    llm_cost_records | -               | success         | flag | anything
    llm_cost_records | metadata?       | metadata        | json | anything

    e2b_pricing | tier                       | tier | name | name
    e2b_pricing | region                     | region | name | name
    e2b_pricing | price_per_second           | price_per_second execution_price_per_second cost_per_second | usd | price
    e2b_pricing | price_per_cpu_core_second? | price_per_cpu_core_second | usd | price or nothing
    e2b_pricing | price_per_cpu_core_second? | price_per_cpu_core_hour cpu_price_per_core_hour cpu_cost_per_core_hour cpu_core_price_per_hour cpu_price_per_hour | usd | price per hour or nothing
    e2b_pricing | price_per_gb_memory_second? | price_per_gb_memory_second | usd | price or nothing
    e2b_pricing | price_per_gb_memory_second? | price_per_gb_memory_hour price_per_memory_gb_hour memory_price_per_gb_hour memory_cost_per_gb_hour memory_gb_price_per_hour | usd | price per hour or nothing
    e2b_pricing | price_per_gb_disk_io?      | price_per_gb_disk_io price_per_disk_io_gb price_per_disk_gb disk_io_price_per_gb disk_io_cost_per_gb disk_price_per_gb disk_cost_per_gb | usd | price or nothing
    e2b_pricing | effective_date             | effective_date effective_from valid_from | date | time
    e2b_pricing | expires_at?                | expires_at effective_until effective_to valid_until valid_to | date | end or nothing
    e2b_pricing | source?                    | source | name | anything
    e2b_pricing | notes?                     | notes description | name | anything
    e2b_pricing | id?                        | id | uuid | anything
    e2b_pricing | created_at?                | created_at | time | anything
    e2b_pricing | updated_at?                | updated_at | time | anything
    e2b_pricing | -?                         | is_active | flag | true

    model_pricing | provider                 | provider | name | name
    model_pricing | model                    | model model_name model_id | name | name
    model_pricing | input_price_per_million  | input_price_per_million input_cost_per_million input_price_per_1m input_cost_per_1m input_price_per_million_tokens input_cost_per_million_tokens | usd | price
    model_pricing | output_price_per_million | output_price_per_million output_cost_per_million output_price_per_1m output_cost_per_1m output_price_per_million_tokens output_cost_per_million_tokens | usd | price
    model_pricing | effective_date           | effective_date effective_from valid_from | date | time
    model_pricing | expires_at?              | expires_at effective_until effective_to valid_until valid_to | date | end or nothing
    model_pricing | source?                  | source | name | anything
    model_pricing | notes?                   | notes description | name | anything
    model_pricing | id?                      | id | uuid | anything
    model_pricing | created_at?              | created_at | time | anything
    model_pricing | updated_at?              | updated_at | time | anything
    model_pricing | -?                       | is_active | flag | true

    e2b_cost_records | recorded_at            | timestamp recorded_at | time | time
    e2b_cost_records | tenant_id              | tenant_id | id | uuid
    e2b_cost_records | user_id?               | user_id | id | uuid or nothing
    e2b_cost_records | conversation_id?       | conversation_id | id | anything
    e2b_cost_records | sandbox_id?            | sandbox_id | id | anything
    e2b_cost_records | tier                   | tier sandbox_tier | name | name
    e2b_cost_records | region                 | region | name | name
    e2b_cost_records | execution_time_seconds | execution_time_seconds execution_seconds duration_seconds | usd | quantity
    e2b_cost_records | cpu_core_seconds?      | cpu_core_seconds | usd | quantity or nothing
    e2b_cost_records | memory_gb_seconds?     | memory_gb_seconds | usd | quantity or nothing
    e2b_cost_records | disk_io_gb?            | disk_io_gb | usd | quantity or nothing
    e2b_cost_records | execution_cost_usd?    | execution_cost_usd | usd | amount or nothing
    e2b_cost_records | resource_cost_usd?     | resource_cost_usd | usd | amount or nothing
    e2b_cost_records | total_cost_usd         | total_cost_usd | usd | amount
    e2b_cost_records | is_estimated?          | is_estimated | flag | anything
    e2b_cost_records | metadata?              | metadata | json | anything
  $shapes$;
begin
  for place in
    select * from (values
      ('llm_cost_records', 'tenant_id recorded_at id', '',
       'tenant_id uuid, recorded_at timestamptz, id uuid, user_id uuid, conversation_id text, request_id text, provider text, model text, task text, input_tokens bigint, output_tokens bigint, pricing_id uuid, input_price_per_million numeric(20,12), output_price_per_million numeric(20,12), input_cost_usd numeric(38,18), output_cost_usd numeric(38,18), total_cost_usd numeric(38,18), is_estimated boolean, is_unpriced boolean, metadata jsonb'),
      ('e2b_cost_records', 'tenant_id recorded_at id', '',
       'tenant_id uuid, recorded_at timestamptz, id uuid, user_id uuid, conversation_id text, request_id text, sandbox_id text, tier text, region text, status text, execution_time_seconds numeric(20,6), cpu_core_seconds numeric(20,6), memory_gb_seconds numeric(20,6), disk_io_gb numeric(20,6), pricing_id uuid, price_per_second numeric(20,12), price_per_cpu_core_second numeric(20,12), price_per_gb_memory_second numeric(20,12), price_per_gb_disk_io numeric(20,12), execution_cost_usd numeric(38,18), resource_cost_usd numeric(38,18), total_cost_usd numeric(38,18), is_estimated boolean, is_unpriced boolean, metadata jsonb'),
      ('cost_quotas', 'id', 'scope scope_id period',
       'id uuid, scope text, scope_id uuid, limit_usd numeric(38,18), spent_usd numeric(38,18), warning_threshold numeric(5,4), period text, period_start timestamptz, period_end timestamptz, period_anchor timestamptz, created_at timestamptz, updated_at timestamptz'),
      ('e2b_pricing', 'id', 'tier region effective_date',
       'id uuid, tier text, region text, price_per_second numeric(20,12), price_per_cpu_core_second numeric(20,12), price_per_gb_memory_second numeric(20,12), price_per_gb_disk_io numeric(20,12), effective_date timestamptz, expires_at timestamptz, source text, verified_on date, notes text, created_at timestamptz, updated_at timestamptz'),
      ('model_pricing', 'id', 'provider model effective_date',
       'id uuid, provider text, model text, input_price_per_million numeric(20,12), output_price_per_million numeric(20,12), effective_date timestamptz, expires_at timestamptz, source text, verified_on date, notes text, created_at timestamptz, updated_at timestamptz'),
      ('model_pricing_components', 'pricing_id variant component', '',
       'pricing_id uuid, variant text, component text, price_per_million numeric(20,12), threshold_input_tokens bigint, is_derived boolean, notes text, created_at timestamptz'),
      ('quota_reservations', 'tenant_id id', '',
       'tenant_id uuid, id uuid, user_id uuid, resource_type text, amount_usd numeric(38,18), request_id text, created_at timestamptz, expires_at timestamptz, closed_at timestamptz, is_expired boolean'),
      ('cost_quota_periods', 'id', '',
       'id uuid, quota_id uuid, scope text, scope_id uuid, resource_type text, period text, period_start timestamptz, period_end timestamptz, limit_usd numeric(38,18), spent_usd numeric(38,18), closed_at timestamptz'),
      ('usage_requests', 'tenant_id resource_type request_id', '',
       'tenant_id uuid, resource_type text, request_id text, record_id uuid, recorded_at? timestamptz'),
      ('usage_changes', 'tenant_id id', '',
       'tenant_id uuid, id uuid, resource_type text, record_id uuid, request_id text, change text, former jsonb, reason text, changed_at timestamptz, changed_by text'),
      ('quota_charge_estimates', 'tenant_id record_id quota_id', '',
       'tenant_id uuid, record_id uuid, quota_id uuid, amount_usd numeric(38,18)'),
      ('model_aliases', 'provider alias', '',
       'provider text, alias text, model text, source text, created_at timestamptz, created_by text'),
      ('llm_usage_totals', 'tenant_id day dimensions_hash', '',
       'tenant_id uuid, day date, dimensions_hash bytea, provider text, model text, task text, request_count bigint, input_tokens numeric(38,0), output_tokens numeric(38,0), cached_input_tokens numeric(38,0), cache_write_5m_tokens numeric(38,0), cache_write_1h_tokens numeric(38,0), input_cost_usd numeric(57,18), output_cost_usd numeric(57,18), total_cost_usd numeric(57,18), estimated_count bigint, unpriced_count bigint, first_recorded_at timestamptz, last_recorded_at timestamptz'),
      ('e2b_usage_totals', 'tenant_id day dimensions_hash', '',
       'tenant_id uuid, day date, dimensions_hash bytea, tier text, conversation_id text, run_count bigint, execution_time_seconds numeric(39,6), cpu_core_seconds numeric(39,6), memory_gb_seconds numeric(39,6), disk_io_gb numeric(39,6), execution_cost_usd numeric(57,18), resource_cost_usd numeric(57,18), total_cost_usd numeric(57,18), estimated_count bigint, unpriced_count bigint, first_recorded_at timestamptz, last_recorded_at timestamptz'),
      ('llm_usage_rollups', 'tenant_id day dimensions_hash', '',
       'tenant_id uuid, day date, dimensions_hash bytea, provider text, model text, task text, request_count bigint, input_tokens numeric(38,0), output_tokens numeric(38,0), cached_input_tokens numeric(38,0), cache_write_5m_tokens numeric(38,0), cache_write_1h_tokens numeric(38,0), input_cost_usd numeric(57,18), output_cost_usd numeric(57,18), total_cost_usd numeric(57,18), estimated_count bigint, unpriced_count bigint, first_recorded_at timestamptz, last_recorded_at timestamptz'),
      ('e2b_usage_rollups', 'tenant_id day dimensions_hash', '',
       'tenant_id uuid, day date, dimensions_hash bytea, tier text, run_count bigint, execution_time_seconds numeric(39,6), cpu_core_seconds numeric(39,6), memory_gb_seconds numeric(39,6), disk_io_gb numeric(39,6), execution_cost_usd numeric(57,18), resource_cost_usd numeric(57,18), total_cost_usd numeric(57,18), estimated_count bigint, unpriced_count bigint, first_recorded_at timestamptz, last_recorded_at timestamptz'),
      ('usage_changed_days', 'tenant_id day resource_type transaction', '',
       'resource_type text, tenant_id uuid, day date, transaction xid8'),
      ('usage_rollup_state', 'resource_type', '',
       'resource_type text, covered_before date, folded_at timestamptz')
    ) as ours (relation, key, unique_by, columns)
    where to_regclass('copilot_internal.' || relation) is not null
  loop
    "table" := to_regclass('copilot_internal.' || place.relation);
    if not exists (select from pg_catalog.pg_class where oid = "table" and relkind in ('r', 'p')) then
      refused := refused || format('%s: it is no table.', place.relation);
      continue;
    end if;

    -- ── Is it ours? ──────────────────────────────────────────────────────────────────────────────────────────────────
    with wanted as (
      select rtrim(split_part(c, ' ', 1), '?') as name, replace(split_part(c, ' ', 2), 'timestamptz', 'timestamp with time zone') as type,
             split_part(c, ' ', 1) like '%?' as optional, n
      from string_to_table(place.columns, ', ') with ordinality as those (c, n)
    ),
    found as (
      select a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
             a.attnotnull and not a.atthasdef and a.attidentity = '' as has_to_be_given
      from pg_catalog.pg_attribute as a where a.attrelid = "table" and a.attnum > 0 and not a.attisdropped
    ),
    differences as (
      select w.n, case
          when f.name is null then format('column %s (%s) is missing', w.name, w.type)
          else format('column %s is %s instead of %s', w.name, f.type, w.type)
        end as difference
      from wanted as w left join found as f using (name)
      where f.type is distinct from w.type and not (w.optional and f.name is null)
      union all
      select 1000, format('column %s (%s) is none of ours, and has to be given', f.name, f.type)
      from found as f where f.has_to_be_given and f.name not in (select name from wanted)
      union all
      select 1001, format('its primary key is (%s) instead of (%s)', coalesce(k.columns, 'none'), replace(place.key, ' ', ', '))
      from (
        select string_agg(a.attname, ', ' order by u.n) as columns
        from pg_catalog.pg_constraint as p
        cross join unnest(p.conkey) with ordinality as u (attnum, n)
        join pg_catalog.pg_attribute as a on a.attrelid = p.conrelid and a.attnum = u.attnum
        where p.conrelid = "table" and p.contype = 'p'
      ) as k
      where k.columns is distinct from replace(place.key, ' ', ', ')
    )
    select coalesce(array_agg(difference order by n), '{}') into ours from differences;
    continue when ours = '{}';

    -- ── Is it what the platform had? ─────────────────────────────────────────────────────────────────────────────────
    create temporary table shape on commit drop as
    select trim(s[2], ' ?') as target, trim(s[2]) like '%?' as optional, trim(s[4]) as kind, trim(s[5]) as rule,
           string_to_array(trim(s[3]), ' ') as names,
           (select a.attname::text from pg_catalog.pg_attribute as a
            where a.attrelid = "table" and a.attnum > 0 and not a.attisdropped and a.attname = any (string_to_array(trim(s[3]), ' '))
            order by array_position(string_to_array(trim(s[3]), ' '), a.attname::text) limit 1) as source
    from string_to_table(shapes, e'\n') as line cross join string_to_array(line, '|') as s
    where trim(s[1]) = place.relation;

    select coalesce(array_agg(difference), '{}') into theirs
    from (
      select format('column %s is missing', names[1]) as difference from shape where source is null and not optional
      union all
      select format('column %s is %s instead of %s', s.source, format_type(a.atttypid, a.atttypmod), k.words)
      from shape as s
      join pg_catalog.pg_attribute as a on a.attrelid = "table" and a.attname = s.source
      join (values
        ('name', '{text,character varying,character}'::text[],      'text'),
        ('id',   '{text,character varying,character,uuid}',         'text or uuid'),
        ('uuid', '{uuid}',                                          'uuid'),
        ('usd',  '{numeric,smallint,integer,bigint}',               'numeric'),
        ('int',  '{smallint,integer,bigint}',                       'integer or bigint'),
        ('flag', '{boolean}',                                       'boolean'),
        ('json', '{json,jsonb}',                                    'jsonb'),
        ('time', '{timestamp with time zone}',                      'timestamp with time zone'),
        ('date', '{timestamp with time zone,date}',                 'timestamp with time zone')
      ) as k (kind, types, words) on k.kind = s.kind
      where format_type(a.atttypid, null) <> all (k.types)
        and not (s.kind = 'name' and exists (select from pg_catalog.pg_type as t where t.oid = a.atttypid and t.typtype = 'e'))
    ) as those;

    if theirs = '{}' and exists (select from shape) then
      -- ── Is nothing lost by it? ─────────────────────────────────────────────────────────────────────────────────────
      execute format($query$
        with former as (select to_jsonb(t) as row from copilot_internal.%I as t),
        held as (
          select s.source, replace(s.rule, ' or nothing', '') as rule, f.row ->> s.source as v, f.row
          from former as f cross join shape as s
          where s.source is not null and s.rule <> 'anything' and not (s.rule like '%% or nothing' and f.row ->> s.source is null)
        ),
        wrong as (
          select source, v, case
              when rule = 'name' then case when btrim(v) <> '' then null else 'it has to be given' end
              when rule = 'uuid' or rule = 'scope_id' and row ->> 'scope' <> 'platform' then
                case when v ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then null else 'a UUID is needed' end
              when rule = 'scope_id' then case when v is not null then 'the platform has none' end
              when rule = 'scope' then
                case when v in ('platform', 'tenant', 'user') then null else 'platform, tenant or user is needed' end
              when rule = 'period' then
                case when v in ('hour', 'day', 'week', 'month', 'hourly', 'daily', 'weekly', 'monthly') then null
                     else 'hour, day, week or month is needed' end
              when rule = 'time' then case when isfinite(v::timestamptz) then null else 'a time is needed' end
              when rule = 'period_end' then
                case when v::timestamptz > (row ->> 'period_start')::timestamptz and isfinite(v::timestamptz) then null
                     else 'it is no time after the start' end
              when rule = 'end' then
                case when v::timestamptz < (row ->> (select source from shape where target = 'effective_date'))::timestamptz
                     then 'it is before the start' end
              when rule = 'llm' then case when v = 'llm' then null else 'the platform counted llm alone' end
              when rule = 'true' then case when v = 'true' then null else 'a price ends by a date' end
              when rule = 'count' then case when v::numeric < 0 then 'it is negative' end
              when not (v::numeric >= 0 and v::numeric < 'Infinity') then 'it is negative, or no number'
              when rule = 'price per hour' then
                case when round(v::numeric / 3600, 12) * 3600 <> v::numeric then 'per second it would have to be rounded' end
              when v is null then 'it has to be given'
              when rule = 'share' and not (v::numeric > 0 and v::numeric <= 1) then 'a share of 1 is needed'
              when scale(trim_scale(v::numeric)) > case rule when 'amount' then 18 when 'price' then 12 when 'quantity' then 6 else 4 end
                then 'it would have to be rounded'
            end as why
          from held
        ),
        named as (
          select source, why, (array_agg(distinct coalesce(quote_literal(left(v, 60)), 'NULL')))[:5] as examples
          from wrong where why is not null group by source, why
        )
        select array(
          select format('column %%s holds %%s%%s: %%s', source, array_to_string(examples, ', '),
                        case when cardinality(examples) = 5 then ', …' end, why)
          from named
          union all
          -- A column that has no place, in a table that has no room for others, must be empty.
          select format('column %%s is none of ours, and holds %%s', key, (array_agg(distinct quote_literal(left(value, 60))))[1])
          from former cross join jsonb_each_text(row)
          where value is not null and not exists (select from shape where source = key)
            and not exists (select from shape where target = 'metadata')
          group by key
          union all
          select format('%%s rows have the same %%s: %%s', count(*), array_to_string(%2$L::text[], ', '), key)
          from (
            select (select string_agg(coalesce(row ->> s.source, 'NULL'), ', ' order by array_position(%2$L::text[], s.target))
                    from shape as s where s.target = any (%2$L::text[])) as key
            from former
          ) as keys
          where %2$L <> '{}' group by key having count(*) > 1
        )
      $query$, place.relation, string_to_array(place.unique_by, ' ')) into unfit;

      select theirs || unfit || coalesce(array_agg(difference), '{}') into theirs
      from (
        select format('%s depends on it', pg_describe_object(d.classid, d.objid, d.objsubid)) as difference
        from pg_catalog.pg_depend as d
        join pg_catalog.pg_class as c on c.oid = "table"
        where d.deptype = 'n'
          and (d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid
               or d.refclassid = 'pg_type'::regclass and d.refobjid in (
                 select t.oid from pg_catalog.pg_type as t where t.oid = c.reltype or t.typelem = c.reltype))
          and not exists (select from pg_catalog.pg_constraint as x where d.classid = 'pg_constraint'::regclass and x.oid = d.objid and x.conrelid = c.oid)
          and not exists (select from pg_catalog.pg_policy as x where d.classid = 'pg_policy'::regclass and x.oid = d.objid and x.polrelid = c.oid)
          and not exists (select from pg_catalog.pg_trigger as x where d.classid = 'pg_trigger'::regclass and x.oid = d.objid and x.tgrelid = c.oid)
          and not exists (select from pg_catalog.pg_attrdef as x where d.classid = 'pg_attrdef'::regclass and x.oid = d.objid and x.adrelid = c.oid)
        group by 1
        union all
        select 'it is partitioned, or inherits' from pg_catalog.pg_class
        where oid = "table" and (relkind = 'p' or relispartition or relhassubclass)
        union all
        select format('it belongs to %s', pg_get_userbyid(relowner)) from pg_catalog.pg_class
        where oid = "table" and not pg_has_role(relowner, 'usage')
      ) as those;
    end if;

    if theirs = '{}' and exists (select from shape) then
      adopted := adopted || place.relation;
    else
      -- The shape that it is closer to says what is wrong with it.
      refused := refused || format('%s: %s.', place.relation, array_to_string(
        case when exists (select from shape) and cardinality(theirs) < cardinality(ours) then theirs else ours end, '; '));
    end if;
    drop table pg_temp.shape;
  end loop;

  -- ── Views and functions ────────────────────────────────────────────────────────────────────────────────────────────
  select refused || coalesce(array_agg(format('%s.', difference) order by difference), '{}') into refused
  from (
    select format('view %s: it is none of ours, and reads what it likes', c.relname) as difference
    from pg_catalog.pg_class as c
    where c.relnamespace = to_regnamespace('copilot_internal') and c.relname ~ '^(e2b_|combined_)?cost_summary_by_(tenant|model|task|tier|conversation)$'
      and not exists (select from pg_catalog.pg_attribute as a where a.attrelid = c.oid and a.attname = 'unpriced_count')
    union all
    select format('function %s: it is none of ours', p.oid::regprocedure)
    from pg_catalog.pg_proc as p
    join (values
      ('calculate_e2b_cost',        '25 25 1700 1700 1700 1700 1184', 'execution_cost_usd'),
      ('calculate_llm_cost',        '25 25 20 20 1184',               'input_cost_usd'),
      ('check_e2b_quota',           '25 2950 1700',                   'boolean'),
      ('get_current_model_pricing', '25 25',                          'pricing_id'),
      ('increment_e2b_quota_spend', '25 2950 1700',                   'void')
    ) as known (name, arguments, result) on known.name = p.proname
    where p.pronamespace = to_regnamespace('copilot_internal')
      and not (starts_with(p.proargtypes::text, arguments) and pg_get_function_result(p.oid) ~ ('^(TABLE\()?' || result || '\M'))
  ) as those;

  if refused <> '{}' then
    raise exception using
      errcode = 'QT006',
      message = 'Schema copilot_internal holds tables, views or functions of these names that are not this product''s: nothing was changed.',
      detail = array_to_string(refused, e'\n'),
      hint = 'Move them to another schema (alter table … set schema …), or change them as listed; then run the files again, from this one on.';
  end if;

  if adopted <> '{}' then
    create schema if not exists copilot_adoption;
    comment on schema copilot_adoption is
      'Tables that the cost tracking has found and is about to carry over. Gone when all its files have been run.';
  end if;
  foreach adopting in array adopted loop
    "table" := to_regclass('copilot_internal.' || adopting);
    select string_agg(what, '; ' order by what) into lost
    from (
      select format('policy %s (%s, for %s to %s, using %s)', p.policyname, lower(p.permissive), lower(p.cmd),
                    array_to_string(p.roles, ', '), coalesce(p.qual, p.with_check)) as what
      from pg_catalog.pg_policies as p where p.schemaname = 'copilot_internal' and p.tablename = adopting
      union all
      select 'trigger ' || t.tgname from pg_catalog.pg_trigger as t where t.tgrelid = "table" and not t.tgisinternal
      union all
      select format('foreign key %s %s', f.conname, pg_get_constraintdef(f.oid))
      from pg_catalog.pg_constraint as f where f.conrelid = "table" and f.contype = 'f'
    ) as those;
    raise notice 'copilot_internal.% was there before: its rows are carried over.', adopting;
    if lost is not null then
      raise warning using
        message = format('copilot_internal.%s is adopted without what belonged to it: %s.', adopting, lost),
        hint = 'The product has policies, keys and triggers of its own.';
    end if;
    execute format('alter table copilot_internal.%I set schema copilot_adoption', adopting);
  end loop;
end
$do$;


-- =====================================================================================================================
-- Schema
-- =====================================================================================================================

create schema if not exists copilot_internal;
comment on schema copilot_internal is
  'What AI agents cost: price lists, cost records, quotas. Written by the platform (service_role), read per tenant.';

-- This file is run again while others work: nobody loses for a moment what they may keep. What lacks is granted, what is
-- too much is taken away, and nothing else is touched. Tables, views and functions: 20260106000009_access.sql.
do $$
declare
  change text;
begin
  for change in
    with wanted (privilege, grantee) as (values ('USAGE', 'authenticated'), ('USAGE', 'service_role')),
    found as (
      select a.privilege_type, coalesce(r.rolname, 'public') as grantee, a.is_grantable
      from pg_catalog.pg_namespace as n
      cross join pg_catalog.aclexplode(n.nspacl) as a
      left join pg_catalog.pg_roles as r on r.oid = a.grantee
      where n.nspname = 'copilot_internal'
        and (a.grantee = 0 or r.rolname in ('anon', 'authenticated', 'authenticator', 'service_role'))
    )
    select format('grant %s on schema copilot_internal to %I', privilege, grantee)
    from (table wanted except select privilege_type, grantee from found) as lacking
    union all
    select format('revoke %s %s on schema copilot_internal from %I cascade',
                  case when (privilege_type, grantee) in (table wanted) then 'grant option for' end, privilege_type, grantee)
    from found
    where (privilege_type, grantee) not in (table wanted) or is_grantable
  loop
    execute change;
  end loop;
end
$$;

-- What is created later in this schema is open to nobody.
do $$
declare
  opened record;
begin
  for opened in
    select o.rolname as creator, pg_has_role(o.oid, 'usage') as can_be_closed,
           case d.defaclobjtype
             when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types'
           end as kind,
           string_agg(distinct coalesce(quote_ident(r.rolname), 'public'), ', ') as grantees
    from pg_catalog.pg_default_acl as d
    join pg_catalog.pg_roles as o on o.oid = d.defaclrole
    cross join pg_catalog.aclexplode(d.defaclacl) as a
    left join pg_catalog.pg_roles as r on r.oid = a.grantee
    where d.defaclnamespace = 'copilot_internal'::regnamespace
      and (a.grantee = 0 or r.rolname in ('anon', 'authenticated', 'authenticator', 'service_role'))
    group by o.oid, o.rolname, d.defaclobjtype
  loop
    if opened.can_be_closed then
      execute format('alter default privileges for role %I in schema copilot_internal revoke all on %s from %s',
                     opened.creator, opened.kind, opened.grantees);
    else
      raise warning using
        message = format('What %s creates in schema copilot_internal will be open to %s.', opened.creator, opened.grantees),
        detail = format('Its default privileges for %s say so, and this role may not change them.', opened.kind),
        hint = format('As %s: alter default privileges in schema copilot_internal revoke all on %s from %s;',
                      opened.creator, opened.kind, opened.grantees);
    end if;
  end loop;
end
$$;

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
  is_adopted               boolean        not null default false,

  constraint llm_cost_records_pkey primary key (tenant_id, recorded_at, id),
  constraint llm_cost_records_recorded_at_finite check (isfinite(recorded_at)),
  constraint llm_cost_records_input_tokens_not_negative check (input_tokens >= 0),
  constraint llm_cost_records_output_tokens_not_negative check (output_tokens >= 0),
  -- NaN is greater than every number, hence the upper bound.
  constraint llm_cost_records_costs_not_negative check (
    input_cost_usd >= 0 and input_cost_usd < 'NaN' and output_cost_usd >= 0 and output_cost_usd < 'NaN'
  ),
  -- What was adopted cost what it cost.
  constraint llm_cost_records_total_cost_usd_is_the_sum check (
    is_adopted or total_cost_usd = input_cost_usd + output_cost_usd
  ),
  constraint llm_cost_records_unpriced_costs_nothing check (not is_unpriced or total_cost_usd = 0),
  constraint llm_cost_records_metadata_is_object check (jsonb_typeof(metadata) = 'object')
);

do $$
begin
  if not exists (
    select from pg_catalog.pg_attribute
    where attrelid = 'copilot_internal.llm_cost_records'::regclass and attname = 'is_adopted' and not attisdropped
  ) then
    alter table copilot_internal.llm_cost_records
      add column is_adopted boolean not null default false,
      drop constraint if exists llm_cost_records_total_cost_usd_is_the_sum,
      add constraint llm_cost_records_total_cost_usd_is_the_sum check (
        is_adopted or total_cost_usd = input_cost_usd + output_cost_usd
      );
  end if;
end
$$;

-- What the platform had recorded: every row, its costs as they were.
do $$
begin
  if to_regclass('copilot_adoption.llm_cost_records') is null then
    return;
  end if;
  insert into copilot_internal.llm_cost_records
    (tenant_id, recorded_at, id, user_id, conversation_id, provider, model, task, input_tokens, output_tokens,
     input_cost_usd, output_cost_usd, total_cost_usd, is_estimated, metadata, is_adopted)
  select
    (old ->> 'tenant_id')::uuid,
    (old ->> 'timestamp')::timestamptz,
    case when old ->> 'id' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then (old ->> 'id')::uuid else gen_random_uuid() end,
    (old ->> 'user_id')::uuid,
    old ->> 'conversation_id',
    old ->> 'provider',
    old ->> 'model',
    old ->> 'task',
    coalesce((old ->> 'input_tokens')::bigint, 0),
    coalesce((old ->> 'output_tokens')::bigint, 0),
    cost.input,
    cost.output,
    coalesce((old ->> 'total_cost_usd')::numeric, cost.input + cost.output),
    coalesce((old ->> 'is_estimated')::boolean, false),
    rest.metadata,
    true
  from copilot_adoption.llm_cost_records as former
  cross join to_jsonb(former) as old
  cross join lateral (
    select coalesce((old ->> 'input_cost_usd')::numeric, 0) as input, coalesce((old ->> 'output_cost_usd')::numeric, 0) as output
  ) as cost
  cross join lateral (
    -- What there is no column for, beside what was metadata before.
    select case
             when coalesce(jsonb_typeof(old -> 'metadata'), 'null') = 'null' then more
             when jsonb_typeof(old -> 'metadata') = 'object' and not more ?| array(select jsonb_object_keys(old -> 'metadata'))
               then (old -> 'metadata') || more
             else more || jsonb_build_object('metadata', old -> 'metadata')
           end as metadata
    from (
      select coalesce(jsonb_object_agg(key, value), '{}') as more
      from jsonb_each(old)
      where value <> 'null' and key <> all ('{tenant_id, timestamp, user_id, conversation_id, provider, model, task, input_tokens,
          output_tokens, input_cost_usd, output_cost_usd, total_cost_usd, is_estimated, metadata}')
        and not (key = 'id' and value #>> '{}' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
    ) as others
  ) as rest;
  drop table copilot_adoption.llm_cost_records;
  if not exists (select from pg_catalog.pg_class where relnamespace = 'copilot_adoption'::regnamespace) then
    drop schema copilot_adoption;
  end if;
end
$$;

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
comment on column copilot_internal.llm_cost_records.input_tokens is 'Tokens sent, cached and cache-write tokens included.';
comment on column copilot_internal.llm_cost_records.output_tokens is 'Tokens received.';
comment on column copilot_internal.llm_cost_records.pricing_id is 'The row of model_pricing that was applied; null when unpriced.';
comment on column copilot_internal.llm_cost_records.input_price_per_million is 'The price applied to plain input, USD per million tokens; null when unpriced.';
comment on column copilot_internal.llm_cost_records.output_price_per_million is 'The price applied to output, USD per million tokens; null when unpriced.';
comment on column copilot_internal.llm_cost_records.input_cost_usd is 'USD for the tokens sent, cached ones and cache writes included, exact.';
comment on column copilot_internal.llm_cost_records.output_cost_usd is 'USD for the tokens received, exact.';
comment on column copilot_internal.llm_cost_records.total_cost_usd is 'USD in all: input plus output.';
comment on column copilot_internal.llm_cost_records.is_estimated is 'Whether the cost is an estimate rather than the price list''s answer.';
comment on column copilot_internal.llm_cost_records.is_unpriced is 'Whether no price was found: the cost is 0 because it is unknown, not because it is free.';
comment on column copilot_internal.llm_cost_records.metadata is 'Anything else the caller wants to keep, a JSON object.';
comment on column copilot_internal.llm_cost_records.is_adopted is 'Whether the record was there before the product: its cost is what it was, not what a price list says.';

-- Looked up first: these lock the table even where there is nothing to do, and others may be writing to it.
do $$
begin
  if to_regclass('copilot_internal.llm_cost_records_recorded_at_idx') is null then
    create index llm_cost_records_recorded_at_idx on copilot_internal.llm_cost_records (recorded_at);
  end if;
  if to_regclass('copilot_internal.llm_cost_records_tenant_id_conversation_id_idx') is null then
    create index llm_cost_records_tenant_id_conversation_id_idx
      on copilot_internal.llm_cost_records (tenant_id, conversation_id);
  end if;
  if to_regclass('copilot_internal.llm_cost_records_tenant_id_request_id_idx') is null then
    create index llm_cost_records_tenant_id_request_id_idx
      on copilot_internal.llm_cost_records (tenant_id, request_id);
  end if;
  if to_regclass('copilot_internal.llm_cost_records_pricing_id_recorded_at_idx') is null then
    create index llm_cost_records_pricing_id_recorded_at_idx on copilot_internal.llm_cost_records (pricing_id, recorded_at);
  end if;
  -- Of an earlier state.
  if to_regclass('copilot_internal.llm_cost_records_pricing_id_idx') is not null then
    drop index copilot_internal.llm_cost_records_pricing_id_idx;
  end if;
  if not (select relrowsecurity from pg_catalog.pg_class where oid = 'copilot_internal.llm_cost_records'::regclass) then
    alter table copilot_internal.llm_cost_records enable row level security;
  end if;
end
$$;


-- =====================================================================================================================
-- llm_usage_totals
-- =====================================================================================================================

-- Sums have room for 2^63 records of the largest size. A name may be too long for an index, or null: the key holds a hash.
create table if not exists copilot_internal.llm_usage_totals (
  tenant_id             uuid           not null,
  day                   date           not null,
  dimensions_hash       bytea          not null generated always as (
    sha256((quote_nullable(provider) || ',' || quote_nullable(model) || ',' || quote_nullable(task))::bytea)
  ) stored,
  provider              text           not null,
  model                 text           not null,
  task                  text,
  request_count         bigint         not null,
  input_tokens          numeric(38,0)  not null,
  output_tokens         numeric(38,0)  not null,
  cached_input_tokens   numeric(38,0)  not null default 0,
  cache_write_5m_tokens numeric(38,0)  not null default 0,
  cache_write_1h_tokens numeric(38,0)  not null default 0,
  input_cost_usd        numeric(57,18) not null,
  output_cost_usd       numeric(57,18) not null,
  total_cost_usd        numeric(57,18) not null,
  estimated_count       bigint         not null,
  unpriced_count        bigint         not null,
  first_recorded_at     timestamptz    not null,
  last_recorded_at      timestamptz    not null,

  constraint llm_usage_totals_pkey primary key (tenant_id, day, dimensions_hash),
  constraint llm_usage_totals_counts_are_part_of_requests check (
    request_count > 0 and estimated_count between 0 and request_count and unpriced_count between 0 and request_count
  ),
  -- NaN is greater than every number, hence the upper bounds.
  constraint llm_usage_totals_tokens_not_negative check (
    least(input_tokens, output_tokens, cached_input_tokens, cache_write_5m_tokens, cache_write_1h_tokens) >= 0
    and output_tokens < 'NaN'
  ),
  constraint llm_usage_totals_cached_is_part_of_input check (
    cached_input_tokens + cache_write_5m_tokens + cache_write_1h_tokens <= input_tokens and input_tokens < 'NaN'
  ),
  constraint llm_usage_totals_costs_not_negative check (
    input_cost_usd >= 0 and input_cost_usd < 'NaN' and output_cost_usd >= 0 and output_cost_usd < 'NaN'
  ),
  constraint llm_usage_totals_recorded_on_the_day check (
    first_recorded_at <= last_recorded_at
    and (first_recorded_at at time zone 'UTC')::date = day and (last_recorded_at at time zone 'UTC')::date = day
  )
);

comment on table copilot_internal.llm_usage_totals is
  'LLM usage of whole days, added up exactly: one row per tenant, UTC day, provider, model and task. The views add it to the '
  'records.';
comment on column copilot_internal.llm_usage_totals.tenant_id is 'The tenant that pays.';
comment on column copilot_internal.llm_usage_totals.day is 'The UTC day on which the usage happened.';
comment on column copilot_internal.llm_usage_totals.dimensions_hash is 'Provider, model and task in a form that fits a key.';
comment on column copilot_internal.llm_usage_totals.provider is 'Provider, as it was recorded.';
comment on column copilot_internal.llm_usage_totals.model is 'Model, as it was recorded.';
comment on column copilot_internal.llm_usage_totals.task is 'What the calls were for; null for those without a task.';
comment on column copilot_internal.llm_usage_totals.request_count is 'How many calls there were.';
comment on column copilot_internal.llm_usage_totals.input_tokens is 'Tokens sent, cached and cache-write tokens included.';
comment on column copilot_internal.llm_usage_totals.output_tokens is 'Tokens received.';
comment on column copilot_internal.llm_usage_totals.cached_input_tokens is 'Of the tokens sent, those read from the provider''s cache.';
comment on column copilot_internal.llm_usage_totals.cache_write_5m_tokens is 'Of the tokens sent, those written to its cache for five minutes.';
comment on column copilot_internal.llm_usage_totals.cache_write_1h_tokens is 'Of the tokens sent, those written to its cache for an hour.';
comment on column copilot_internal.llm_usage_totals.input_cost_usd is 'USD for the tokens sent, exact.';
comment on column copilot_internal.llm_usage_totals.output_cost_usd is 'USD for the tokens received, exact.';
comment on column copilot_internal.llm_usage_totals.total_cost_usd is 'USD in all: input plus output.';
comment on column copilot_internal.llm_usage_totals.estimated_count is 'How many of the calls have an estimated cost.';
comment on column copilot_internal.llm_usage_totals.unpriced_count is 'How many of the calls have no price, and count 0.';
comment on column copilot_internal.llm_usage_totals.first_recorded_at is 'When the first of them happened.';
comment on column copilot_internal.llm_usage_totals.last_recorded_at is 'When the last of them happened.';

do $$
begin
  if not (select relrowsecurity from pg_catalog.pg_class where oid = 'copilot_internal.llm_usage_totals'::regclass) then
    alter table copilot_internal.llm_usage_totals enable row level security;
  end if;
end
$$;


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
  unpriced_policy   text           not null default 'allow',
  period            text           not null,
  period_start      timestamptz    not null,
  period_end        timestamptz    not null,
  period_anchor     timestamptz    not null,
  created_at        timestamptz    not null default now(),
  updated_at        timestamptz    not null default now(),

  constraint cost_quotas_pkey primary key (id),
  -- Every charge reads these constraints anew, a constant in half the time of a list of them.
  constraint cost_quotas_scope_known check (scope = any ('{platform,tenant,user}')),
  constraint cost_quotas_scope_id_fits_scope check ((scope = 'platform') = (scope_id is null)),
  constraint cost_quotas_limit_usd_not_negative check (limit_usd >= 0 and limit_usd < 'NaN'),
  -- Below zero after a credit for usage of an earlier period. NaN is greater than every number.
  constraint cost_quotas_spent_usd_finite check (spent_usd < 'NaN'),
  constraint cost_quotas_warning_threshold_is_share check (warning_threshold > 0 and warning_threshold <= 1),
  constraint cost_quotas_unpriced_policy_known check (unpriced_policy = any ('{allow,charge_hold,refuse_hold}')),
  constraint cost_quotas_period_known check (period = any ('{hour,day,week,month}')),
  constraint cost_quotas_period_end_after_start check (period_end > period_start),
  constraint cost_quotas_period_start_finite check (isfinite(period_start) and isfinite(period_anchor))
);

-- What the platform had limited: every quota, its spend as it was. A period that ends elsewhere than where it would by
-- counting from its start is followed by those that count from its end.
do $$
begin
  if to_regclass('copilot_adoption.cost_quotas') is null then
    return;
  end if;
  insert into copilot_internal.cost_quotas
    (id, scope, scope_id, limit_usd, spent_usd, warning_threshold, period, period_start, period_end, period_anchor,
     created_at, updated_at)
  select
    coalesce((old ->> 'id')::uuid, gen_random_uuid()),
    old ->> 'scope',
    (old ->> 'scope_id')::uuid,
    (old ->> 'limit_usd')::numeric,
    coalesce((old ->> 'current_spend_usd')::numeric, 0),
    coalesce((old ->> 'warning_threshold')::numeric, 0.80),
    given.period,
    given.starts,
    coalesce(given.ends, counted.ends),
    case when given.ends <> counted.ends then given.ends else given.starts end,
    coalesce((old ->> 'created_at')::timestamptz, now()),
    coalesce((old ->> 'updated_at')::timestamptz, now())
  from copilot_adoption.cost_quotas as former
  cross join to_jsonb(former) as old
  cross join lateral (
    select case old ->> 'period'
             when 'hourly' then 'hour' when 'daily' then 'day' when 'weekly' then 'week' when 'monthly' then 'month'
             else old ->> 'period'
           end as period,
           (old ->> 'period_start')::timestamptz as starts,
           (old ->> 'period_end')::timestamptz as ends
  ) as given
  cross join lateral (
    select (given.starts at time zone 'UTC' + ('1 ' || given.period)::interval) at time zone 'UTC' as ends
  ) as counted;
  drop table copilot_adoption.cost_quotas;
  if not exists (select from pg_catalog.pg_class where relnamespace = 'copilot_adoption'::regnamespace) then
    drop schema copilot_adoption;
  end if;
end
$$;

-- What the table did not have from the start.
do $$
begin
  if not exists (
    select from pg_catalog.pg_attribute
    where attrelid = 'copilot_internal.cost_quotas'::regclass and attname = 'unpriced_policy' and not attisdropped
  ) then
    alter table copilot_internal.cost_quotas
      add column unpriced_policy text not null default 'allow',
      add constraint cost_quotas_unpriced_policy_known check (unpriced_policy = any ('{allow,charge_hold,refuse_hold}'));
  end if;
  if exists (
    select from pg_catalog.pg_constraint
    where conrelid = 'copilot_internal.cost_quotas'::regclass and conname = 'cost_quotas_spent_usd_not_negative'
  ) then
    alter table copilot_internal.cost_quotas
      drop constraint cost_quotas_spent_usd_not_negative,
      add constraint cost_quotas_spent_usd_finite check (spent_usd < 'NaN');
  end if;
end
$$;

-- Each charge leaves a version of its quota's row behind, and each look at a quota walks past those that are left. With room on
-- its page they are taken away as soon as nobody can see them.
do $$
begin
  if not (select coalesce(reloptions, '{}') from pg_catalog.pg_class where oid = 'copilot_internal.cost_quotas'::regclass)
         @> '{fillfactor=10}'
  then
    alter table copilot_internal.cost_quotas set (fillfactor = 10);
  end if;
end
$$;

comment on table copilot_internal.cost_quotas is
  'What a platform, tenant or user may spend in a period, and what it has spent in the current one.';
comment on column copilot_internal.cost_quotas.id is 'Identifies the quota.';
comment on column copilot_internal.cost_quotas.scope is 'Whose spending is limited: platform (everybody''s), tenant or user.';
comment on column copilot_internal.cost_quotas.scope_id is 'The tenant or user; null for the platform.';
comment on column copilot_internal.cost_quotas.limit_usd is 'USD that may be spent in one period. Spending exactly this much is within the limit.';
comment on column copilot_internal.cost_quotas.spent_usd is
  'USD spent in the current period, exact. Less than 0 when more was credited than spent: what is taken back of an earlier '
  'period is credited to the current one.';
comment on column copilot_internal.cost_quotas.warning_threshold is 'Share of the limit at which a warning is due, 0.80 being 80 %.';
comment on column copilot_internal.cost_quotas.unpriced_policy is
  'What is done about usage without a price: allow (it counts 0), charge_hold (the amount of its reservation is charged) or '
  'refuse_hold (a reservation that names what has no price is not granted).';
comment on column copilot_internal.cost_quotas.period is 'Length of a period: hour, day, week or month, counted in UTC.';
comment on column copilot_internal.cost_quotas.period_start is
  'When the current period began. Default: now. In the future: the quota neither refuses nor is charged before.';
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
  if not (select relrowsecurity from pg_catalog.pg_class where oid = 'copilot_internal.cost_quotas'::regclass) then
    alter table copilot_internal.cost_quotas enable row level security;
  end if;
end
$$;


-- =====================================================================================================================
-- Policies
-- =====================================================================================================================
-- The tenant of the caller is a claim that only the platform can write: tenant_id of the token itself, else of its
-- app_metadata. Users edit user_metadata themselves, so it is never read. No claim: null, which equals no tenant.
-- A policy runs with the caller's rights and the caller may execute nothing here but calculations: hence no function.

-- Each is tried on an empty twin of its table, and replaced only where what the server prints of the two differs: a reader
-- never finds a table without its policy, and nobody waits for a lock.
do $do$
declare
  wanted  text;
  policy  text;
  "table" text;
begin
  foreach wanted in array array[
    $$create policy llm_cost_records_select_tenant on copilot_internal.llm_cost_records
        for select to authenticated
        using (
          tenant_id = (select coalesce(auth.jwt() ->> 'tenant_id', auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid)
        )$$,
    $$create policy llm_usage_totals_select_tenant on copilot_internal.llm_usage_totals
        for select to authenticated
        using (
          tenant_id = (select coalesce(auth.jwt() ->> 'tenant_id', auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid)
        )$$,
    $$create policy cost_quotas_select_tenant on copilot_internal.cost_quotas
        for select to authenticated
        using (
          scope = 'tenant'
          and scope_id = (select coalesce(auth.jwt() ->> 'tenant_id', auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid)
        )$$,
    $$create policy cost_quotas_select_user on copilot_internal.cost_quotas
        for select to authenticated
        using (
          scope = 'user'
          and scope_id = (
            -- auth.uid() raises for an id that is no UUID; such a user has no quotas.
            select case when auth.jwt() ->> 'sub' ~* '^([0-9a-f]{4}-?){7}[0-9a-f]{4}$' then (auth.jwt() ->> 'sub')::uuid end
          )
        )$$
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
comment on policy llm_cost_records_select_tenant on copilot_internal.llm_cost_records is
  'A tenant sees what its own LLM calls cost.';
comment on policy llm_usage_totals_select_tenant on copilot_internal.llm_usage_totals is
  'A tenant sees what its own LLM calls cost.';
comment on policy cost_quotas_select_tenant on copilot_internal.cost_quotas is
  'A tenant sees its own quotas.';
comment on policy cost_quotas_select_user on copilot_internal.cost_quotas is
  'A user sees their own quotas. One whose id is no UUID has none.';


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
grant execute on function copilot_internal.quota_period(timestamptz, text, timestamptz) to service_role;

create or replace function copilot_internal.fill_quota_period()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = ''
as $$
begin
  -- Periods are counted otherwise from now on. What the statement says itself of the current one is taken at its word.
  if tg_op = 'UPDATE' then
    new.period_start := coalesce(new.period_start, old.period_start);
    if new.period_start = old.period_start and old.period_start <= clock_timestamp() then
      new.period_start := greatest(old.period_start, now());
      if new.spent_usd = old.spent_usd then
        new.spent_usd := 0;
      end if;
    end if;
    if new.period_end = old.period_end then
      new.period_end := null;
    end if;
  end if;

  new.period_start  := coalesce(new.period_start, now());
  new.period_anchor := coalesce(new.period_anchor, new.period_start);
  if new.period_end is null then
    new.period_end := upper(copilot_internal.quota_period(new.period_anchor, new.period, new.period_start));
  end if;
  return new;
end
$$;
comment on function copilot_internal.fill_quota_period() is
  'Trigger: a new quota starts now, is anchored where it starts and ends one period later, unless told otherwise. One '
  'whose period or anchor changes starts its next period now, with nothing spent (or as before, if it has not started yet), '
  'and ends where a period of the anchor does.';
grant execute on function copilot_internal.fill_quota_period() to service_role;

do $$
declare
  wanted text;
begin
  foreach wanted in array array[
    'CREATE TRIGGER _100_fill_quota_period BEFORE INSERT ON copilot_internal.cost_quotas '
    'FOR EACH ROW EXECUTE FUNCTION copilot_internal.fill_quota_period()',
    'CREATE TRIGGER _110_start_next_period BEFORE UPDATE OF period, period_anchor ON copilot_internal.cost_quotas '
    'FOR EACH ROW WHEN (((old.period IS DISTINCT FROM new.period) OR (old.period_anchor IS DISTINCT FROM new.period_anchor))) '
    'EXECUTE FUNCTION copilot_internal.fill_quota_period()'
  ] loop
    if not exists (select from pg_catalog.pg_trigger where pg_get_triggerdef(oid) = wanted and tgenabled = 'O') then
      execute regexp_replace(wanted, '^CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER');
    end if;
  end loop;
end
$$;
comment on trigger _100_fill_quota_period on copilot_internal.cost_quotas is
  'Start, anchor and end of the first period may be left out.';
comment on trigger _110_start_next_period on copilot_internal.cost_quotas is
  'Whoever changes the period or the anchor of a quota ends its open period, and starts the next.';


-- =====================================================================================================================
-- Views
-- =====================================================================================================================
-- Each runs with the rights of whoever asks (security_invoker), so that the policies of the tables decide.
-- Money is shown without loss and without padding: 0 for zero, else three decimals or as many as it takes.
-- Records are added up first and the totals then added to them: where there are none, that is one more row a group.

-- What the three add up: single records, and days that are added up already. 20260106000005_usage_rollups.sql replaces these
-- two by what reads fewer records.
do $$
begin
  if to_regclass('copilot_internal.llm_uncovered_records') is null then
    create view copilot_internal.llm_uncovered_records with (security_invoker = true) as
    select
      tenant_id, recorded_at, provider, model, task, input_tokens, output_tokens, input_cost_usd, output_cost_usd,
      total_cost_usd, is_estimated, is_unpriced
    from copilot_internal.llm_cost_records;
  end if;
  if to_regclass('copilot_internal.llm_usage_by_day') is null then
    create view copilot_internal.llm_usage_by_day with (security_invoker = true) as
    select
      tenant_id, day, provider, model, task, request_count, input_tokens, output_tokens, input_cost_usd, output_cost_usd,
      total_cost_usd, estimated_count, unpriced_count, first_recorded_at, last_recorded_at
    from copilot_internal.llm_usage_totals;
  end if;
end
$$;
comment on view copilot_internal.llm_uncovered_records is
  'Records of LLM calls that are in no row of llm_usage_by_day: both together are all usage, each call once.';
comment on view copilot_internal.llm_usage_by_day is
  'LLM calls of whole UTC days, added up: what llm_uncovered_records does not show.';

-- Each is tried as a temporary view first, and replaced only where what the server prints of the two differs: whoever
-- reads one meanwhile does not wait.
do $do$
declare
  wanted text;
  "view" text;
begin
  foreach wanted in array array[
$view$
create or replace view copilot_internal.cost_summary_by_tenant with (security_invoker = true) as
select
  tenant_id,
  request_count,
  input_tokens,
  output_tokens,
  input_tokens + output_tokens as total_tokens,
  coalesce(trim_scale(nullif(input_cost_usd, 0)) + 0.000, 0) as input_cost_usd,
  coalesce(trim_scale(nullif(output_cost_usd, 0)) + 0.000, 0) as output_cost_usd,
  coalesce(trim_scale(nullif(total_cost_usd, 0)) + 0.000, 0) as total_cost_usd,
  coalesce(trim_scale(nullif(round(total_cost_usd / request_count, 18), 0)) + 0.000, 0) as average_cost_usd,
  estimated_count,
  unpriced_count,
  first_recorded_at,
  last_recorded_at
from (
  select
    tenant_id,
    sum(request_count)::bigint   as request_count,
    sum(input_tokens)            as input_tokens,
    sum(output_tokens)           as output_tokens,
    sum(input_cost_usd)          as input_cost_usd,
    sum(output_cost_usd)         as output_cost_usd,
    sum(total_cost_usd)          as total_cost_usd,
    sum(estimated_count)::bigint as estimated_count,
    sum(unpriced_count)::bigint  as unpriced_count,
    min(first_recorded_at)       as first_recorded_at,
    max(last_recorded_at)        as last_recorded_at
  from (
    select
      tenant_id,
      count(*)                             as request_count,
      sum(input_tokens)                    as input_tokens,
      sum(output_tokens)                   as output_tokens,
      sum(input_cost_usd)                  as input_cost_usd,
      sum(output_cost_usd)                 as output_cost_usd,
      sum(total_cost_usd)                  as total_cost_usd,
      count(*) filter (where is_estimated) as estimated_count,
      count(*) filter (where is_unpriced)  as unpriced_count,
      min(recorded_at)                     as first_recorded_at,
      max(recorded_at)                     as last_recorded_at
    from copilot_internal.llm_uncovered_records
    group by tenant_id
    union all
    select
      tenant_id,
      request_count, input_tokens, output_tokens, input_cost_usd, output_cost_usd, total_cost_usd,
      estimated_count, unpriced_count, first_recorded_at, last_recorded_at
    from copilot_internal.llm_usage_by_day
  ) as parts
  group by tenant_id
) as totals
$view$,
$view$
create or replace view copilot_internal.cost_summary_by_model with (security_invoker = true) as
select
  provider,
  model,
  request_count,
  input_tokens,
  output_tokens,
  input_tokens + output_tokens as total_tokens,
  coalesce(trim_scale(nullif(input_cost_usd, 0)) + 0.000, 0) as input_cost_usd,
  coalesce(trim_scale(nullif(output_cost_usd, 0)) + 0.000, 0) as output_cost_usd,
  coalesce(trim_scale(nullif(total_cost_usd, 0)) + 0.000, 0) as total_cost_usd,
  coalesce(trim_scale(nullif(round(total_cost_usd / request_count, 18), 0)) + 0.000, 0) as average_cost_usd,
  estimated_count,
  unpriced_count,
  first_recorded_at,
  last_recorded_at
from (
  select
    provider,
    model,
    sum(request_count)::bigint   as request_count,
    sum(input_tokens)            as input_tokens,
    sum(output_tokens)           as output_tokens,
    sum(input_cost_usd)          as input_cost_usd,
    sum(output_cost_usd)         as output_cost_usd,
    sum(total_cost_usd)          as total_cost_usd,
    sum(estimated_count)::bigint as estimated_count,
    sum(unpriced_count)::bigint  as unpriced_count,
    min(first_recorded_at)       as first_recorded_at,
    max(last_recorded_at)        as last_recorded_at
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
      count(*) filter (where is_estimated) as estimated_count,
      count(*) filter (where is_unpriced)  as unpriced_count,
      min(recorded_at)                     as first_recorded_at,
      max(recorded_at)                     as last_recorded_at
    from copilot_internal.llm_uncovered_records
    group by provider, model
    union all
    select
      provider,
      model,
      request_count, input_tokens, output_tokens, input_cost_usd, output_cost_usd, total_cost_usd,
      estimated_count, unpriced_count, first_recorded_at, last_recorded_at
    from copilot_internal.llm_usage_by_day
  ) as parts
  group by provider, model
) as totals
$view$,
$view$
create or replace view copilot_internal.cost_summary_by_task with (security_invoker = true) as
select
  task,
  request_count,
  input_tokens,
  output_tokens,
  input_tokens + output_tokens as total_tokens,
  coalesce(trim_scale(nullif(input_cost_usd, 0)) + 0.000, 0) as input_cost_usd,
  coalesce(trim_scale(nullif(output_cost_usd, 0)) + 0.000, 0) as output_cost_usd,
  coalesce(trim_scale(nullif(total_cost_usd, 0)) + 0.000, 0) as total_cost_usd,
  coalesce(trim_scale(nullif(round(total_cost_usd / request_count, 18), 0)) + 0.000, 0) as average_cost_usd,
  estimated_count,
  unpriced_count,
  first_recorded_at,
  last_recorded_at
from (
  select
    task,
    sum(request_count)::bigint   as request_count,
    sum(input_tokens)            as input_tokens,
    sum(output_tokens)           as output_tokens,
    sum(input_cost_usd)          as input_cost_usd,
    sum(output_cost_usd)         as output_cost_usd,
    sum(total_cost_usd)          as total_cost_usd,
    sum(estimated_count)::bigint as estimated_count,
    sum(unpriced_count)::bigint  as unpriced_count,
    min(first_recorded_at)       as first_recorded_at,
    max(last_recorded_at)        as last_recorded_at
  from (
    select
      task,
      count(*)                             as request_count,
      sum(input_tokens)                    as input_tokens,
      sum(output_tokens)                   as output_tokens,
      sum(input_cost_usd)                  as input_cost_usd,
      sum(output_cost_usd)                 as output_cost_usd,
      sum(total_cost_usd)                  as total_cost_usd,
      count(*) filter (where is_estimated) as estimated_count,
      count(*) filter (where is_unpriced)  as unpriced_count,
      min(recorded_at)                     as first_recorded_at,
      max(recorded_at)                     as last_recorded_at
    from copilot_internal.llm_uncovered_records
    group by task
    union all
    select
      task,
      request_count, input_tokens, output_tokens, input_cost_usd, output_cost_usd, total_cost_usd,
      estimated_count, unpriced_count, first_recorded_at, last_recorded_at
    from copilot_internal.llm_usage_by_day
  ) as parts
  group by task
) as totals
$view$
  ] loop
    "view" := substring(wanted from 'copilot_internal\.(\w+)');
    execute replace(wanted, 'create or replace view copilot_internal.', 'create temporary view ');
    if not exists (
      select pg_get_viewdef(c.oid), c.reloptions from pg_catalog.pg_class as c
      where c.oid = to_regclass('copilot_internal.' || "view")
      intersect
      select pg_get_viewdef(c.oid), c.reloptions from pg_catalog.pg_class as c
      where c.oid = to_regclass('pg_temp.' || "view")
    ) then
      execute wanted;
    end if;
    execute format('drop view pg_temp.%I', "view");
  end loop;
end
$do$;
comment on view copilot_internal.cost_summary_by_tenant is
  'LLM usage and cost per tenant: records and totals of whole days together. The average is per request, rounded to 18 decimals; sums are exact.';
comment on view copilot_internal.cost_summary_by_model is
  'LLM usage and cost per provider and model, over all tenants the caller may see.';
comment on view copilot_internal.cost_summary_by_task is
  'LLM usage and cost per task, over all tenants the caller may see; calls without a task are one row of their own.';


-- =====================================================================================================================
-- Grants
-- =====================================================================================================================
-- Only what lacks. What is too much is taken away by 20260106000009_access.sql.

do $$
declare
  lacking text;
begin
  for lacking in
    select format('grant %s on copilot_internal.%I to %I', privilege, relation, grantee)
    from (values
      ('authenticated', 'select',                       'llm_cost_records llm_usage_totals cost_quotas'),
      ('service_role',  'select insert update delete',  'llm_cost_records llm_usage_totals cost_quotas'),
      ('authenticated', 'select', 'cost_summary_by_tenant cost_summary_by_model cost_summary_by_task'),
      ('authenticated', 'select', 'llm_uncovered_records llm_usage_by_day'),
      ('service_role',  'select', 'cost_summary_by_tenant cost_summary_by_model cost_summary_by_task'),
      ('service_role',  'select', 'llm_uncovered_records llm_usage_by_day')
    ) as wanted (grantee, privileges, relations)
    cross join string_to_table(privileges, ' ') as privilege
    cross join string_to_table(relations, ' ') as relation
    where not has_table_privilege(grantee, 'copilot_internal.' || relation, privilege)
  loop
    execute lacking;
  end loop;
end
$$;
