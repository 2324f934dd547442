/**
 * Tables of the product's names that were there before it: what the platform had is adopted, every row kept and every value as it
 * was; anything else is refused by one sentence that lists each difference, before anything is changed.
 *
 * Method: on a database with the platform and the tables of a fixture, in one transaction.
 */
import { acme, birch, owner } from '../../../fixtures/people.ts'
import { schemaText } from '../../catalog/index.ts'
import { migrations, type Session, SqlError, splitStatements } from '../../engines/index.ts'
import { describe, expect, fixture, needs } from '../../harness/index.ts'

const test = needs('thorough-run')
const files = migrations()
const C = 'copilot_internal'

/** Runs the files, and answers the warnings. */
async function apply(session: Session, some = files): Promise<string[]> {
  const warnings: string[] = []
  const stop = session.onNotice(({ severity, message }) => {
    if (severity === 'WARNING') warnings.push(message)
  })
  for (const { sql } of some) await session.run(sql)
  stop()
  return warnings
}

/** How a file is refused; what it has changed by then stays to be seen. */
async function refusalOf(session: Session, sql: string): Promise<SqlError> {
  await session.query('savepoint before')
  const error = await session.run(sql).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  await session.query('rollback to savepoint before')
  if (!(error instanceof SqlError)) throw new Error(`Not refused: ${error}`)
  return error
}

/** What a fresh installation adds up to, seen and taken back. */
async function freshSchema(session: Session): Promise<string> {
  await session.query('savepoint fresh')
  await apply(session)
  const schema = await schemaText(session)
  await session.query('rollback to savepoint fresh')
  return schema
}

/** All that the two fixtures' rows have become, but for what was made up on the way. */
const ROWS = `
  select 'quota' as what, to_jsonb(q) - '{id, created_at, updated_at}'::text[] as row from ${C}.cost_quotas as q
  union all select 'call', to_jsonb(r) - 'id' from ${C}.llm_cost_records as r
  union all select 'run', to_jsonb(r) from ${C}.e2b_cost_records as r
  union all select 'tier', to_jsonb(p) - '{created_at, updated_at}'::text[] from ${C}.e2b_pricing as p
  union all select 'model', to_jsonb(p) - '{id, created_at, updated_at}'::text[] from ${C}.model_pricing as p
  order by 1, 2`

describe('what the platform had is adopted', () => {
  test('the schema is the one of a fresh installation, and stays so', async ({ platform }) => {
    const fresh = await freshSchema(platform)
    await platform.run(fixture('platform-tables'))
    await platform.run(fixture('earlier-attempt'))
    await apply(platform)
    expect(await schemaText(platform)).toBe(fresh)
    const rows = await platform.query(ROWS)
    await apply(platform)
    expect(await schemaText(platform)).toBe(fresh)
    expect(await platform.query(ROWS)).toEqual(rows)
    expect(await platform.query(`select from pg_namespace where nspname = 'copilot_adoption'`)).toEqual([])
  })

  test('calls keep their costs to the last digit, and are marked', async ({ platform, on }) => {
    await platform.run(fixture('platform-tables'))
    await apply(platform)
    await on(platform)
      .as(owner)(`
      select to_char(recorded_at at time zone 'UTC', 'HH24:MI:SS.US') as at, provider, model, input_tokens, output_tokens,
             trim_scale(input_cost_usd) as input, trim_scale(output_cost_usd) as output, trim_scale(total_cost_usd) as total,
             is_estimated, is_unpriced, is_adopted, tenant_id, user_id, task, conversation_id, pricing_id, metadata
      from ${C}.llm_cost_records order by recorded_at, input_tokens desc`)
      .resultsEq([
        {
          at: '10:00:00.123456',
          provider: 'openai',
          model: 'gpt-4',
          input_tokens: 1000,
          output_tokens: 500,
          input: '0.03',
          output: '0.03',
          total: '0.06',
          is_estimated: false,
          is_unpriced: false,
          is_adopted: true,
          tenant_id: acme.tenantId,
          user_id: acme.userId,
          task: 'planning',
          conversation_id: 'cccccccc-0000-4000-8000-000000000001',
          pricing_id: null,
          metadata:
            '{"id": 1, "cached": false, "success": true, "streaming": true, "duration_ms": 1234, "total_tokens": 1500}',
        },
        {
          at: '11:00:00.000000',
          provider: 'openai',
          model: 'gpt-4',
          input_tokens: 10,
          output_tokens: 0,
          input: '0.000333',
          output: '0',
          total: '0.000334',
          is_estimated: true,
          is_unpriced: false,
          is_adopted: true,
          tenant_id: acme.tenantId,
          user_id: null,
          task: null,
          conversation_id: null,
          pricing_id: null,
          metadata: '{"id": 2, "total_tokens": 10}',
        },
        {
          at: '12:00:00.000000',
          provider: 'meta',
          model: 'llama-2',
          input_tokens: 7,
          output_tokens: 7,
          input: '0',
          output: '0',
          total: '0.000014',
          is_estimated: false,
          is_unpriced: false,
          is_adopted: true,
          tenant_id: birch.tenantId,
          user_id: null,
          task: 'summary',
          conversation_id: null,
          pricing_id: null,
          metadata:
            '{"id": 3, "cached": true, "success": false, "streaming": false, "duration_ms": 0, "total_tokens": 14}',
        },
        {
          at: '12:00:00.000000',
          provider: 'meta',
          model: 'llama-2',
          input_tokens: 0,
          output_tokens: 0,
          input: '0',
          output: '0',
          total: '0',
          is_estimated: false,
          is_unpriced: false,
          is_adopted: true,
          tenant_id: birch.tenantId,
          user_id: null,
          task: 'summary',
          conversation_id: null,
          pricing_id: null,
          metadata:
            '{"id": 4, "cached": true, "success": false, "streaming": false, "duration_ms": 0, "total_tokens": 0}',
        },
      ])
  })

  test('quotas keep limit, spend and period; an end that is missing is derived', async ({ platform, on }) => {
    await platform.run(fixture('platform-tables'))
    await apply(platform)
    const day = (column: string) => `to_char(${column} at time zone 'UTC', 'MM-DD HH24') as ${column}`
    await on(platform)
      .as(owner)(`
      select scope, scope_id, trim_scale(limit_usd) as "limit", trim_scale(spent_usd) as spent, trim_scale(warning_threshold) as warning,
             period, resource_type, ${day('period_start')}, ${day('period_end')}, ${day('period_anchor')}
      from ${C}.cost_quotas order by scope, scope_id`)
      .resultsEq([
        {
          scope: 'platform',
          scope_id: null,
          limit: '5000',
          spent: '1234.567891',
          warning: '0.9',
          period: 'month',
          resource_type: 'llm',
          period_start: '01-01 00',
          period_end: '02-01 00',
          period_anchor: '01-01 00',
        },
        {
          scope: 'tenant',
          scope_id: acme.tenantId,
          limit: '100',
          spent: '12.000001',
          warning: '0.8',
          period: 'month',
          resource_type: 'llm',
          period_start: '01-31 00',
          period_end: '02-28 00',
          period_anchor: '01-31 00',
        },
        {
          scope: 'tenant',
          scope_id: birch.tenantId,
          limit: '50',
          spent: '0',
          warning: '0.8',
          period: 'month',
          resource_type: 'llm',
          period_start: '01-15 12',
          period_end: '02-01 00',
          period_anchor: '02-01 00',
        },
        {
          scope: 'user',
          scope_id: acme.userId,
          limit: '10',
          spent: '9.999999',
          warning: '0.75',
          period: 'day',
          resource_type: 'llm',
          period_start: '01-04 00',
          period_end: '01-05 00',
          period_anchor: '01-04 00',
        },
      ])
  })

  test('adopted calls count in the views, and adopted quotas are charged', async ({ platform, on }) => {
    await platform.run(fixture('platform-tables'))
    await apply(platform)
    const { as } = on(platform)
    await as(acme)(
      `select request_count, total_cost_usd, unpriced_count from ${C}.cost_summary_by_tenant`,
    ).resultsEq([{ request_count: 2, total_cost_usd: '0.060334', unpriced_count: 0 }])
    await platform.query(`select ${C}.record_llm_usage($1, 'openai', 'gpt-4', 1000, 500)`, [birch.tenantId])
    await as(owner)(`
      select trim_scale(spent_usd) as spent, period_start <= now() and now() < period_end as current
      from ${C}.cost_quotas where scope_id = '${birch.tenantId}'`).resultsEq([
      { spent: '0.06', current: true },
    ])
    await as(owner)(
      `select trim_scale(spent_usd) as spent from ${C}.cost_quota_periods where scope = 'platform'`,
    ).resultsEq([{ spent: '1234.567891' }])
  })

  test('an earlier attempt’s prices and runs are adopted, rates by second', async ({ platform, on }) => {
    await platform.run(fixture('earlier-attempt'))
    await apply(platform)
    const { as } = on(platform)
    await as(owner)(`
      select id, tier, region, trim_scale(price_per_second) as second, trim_scale(price_per_cpu_core_second) as core,
             trim_scale(price_per_gb_memory_second) as memory, trim_scale(price_per_gb_disk_io) as disk,
             to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD') as ends, notes
      from ${C}.e2b_pricing order by id`).resultsEq([
      {
        id: 'e2b00000-0000-4000-8000-000000000001',
        tier: 'standard',
        region: 'us-east-1',
        second: '0.00012345',
        core: '0.000014',
        memory: '0.0000045',
        disk: '0',
        ends: null,
        notes: 'first',
      },
      {
        id: 'e2b00000-0000-4000-8000-000000000002',
        tier: 'standard',
        region: 'eu-west-1',
        second: '0.0002',
        core: '0',
        memory: '0',
        disk: '0.00000001',
        ends: '2026-06-01',
        notes: null,
      },
    ])
    await as(owner)(`
      select id, tier, trim_scale(execution_time_seconds) as seconds, trim_scale(cpu_core_seconds) as core,
             trim_scale(execution_cost_usd) as execution, trim_scale(total_cost_usd) as total, is_adopted, is_unpriced, metadata
      from ${C}.e2b_cost_records order by id`).resultsEq([
      {
        id: 'e2b00000-0000-4000-8000-00000000000a',
        tier: 'standard',
        seconds: '300',
        core: '12.5',
        execution: '0.037035',
        total: '0.04000001',
        is_adopted: true,
        is_unpriced: false,
        metadata: '{"agent": "planner", "tries": [1, 2], "success": true}',
      },
      {
        id: 'e2b00000-0000-4000-8000-00000000000b',
        tier: 'gpu',
        seconds: '1',
        core: '0',
        execution: '0',
        total: '0.00000001',
        is_adopted: true,
        is_unpriced: false,
        metadata: '{}',
      },
    ])
    await as(owner)(`
      select provider, model, trim_scale(input_price_per_million) as input, trim_scale(output_price_per_million) as output,
             effective_date = timestamp '2025-01-01' at time zone 'UTC' as new,
             expires_at = timestamp '2025-01-01' at time zone 'UTC' as ends
      from ${C}.model_pricing order by effective_date`).resultsEq([
      { provider: 'openai', model: 'gpt-4', input: '30', output: '60', new: false, ends: true },
      { provider: 'openai', model: 'gpt-4', input: '28.50000001', output: '57', new: true, ends: null },
    ])
  })

  test('what belonged to the tables and is not kept is named', async ({ platform }) => {
    await platform.run(`${fixture('platform-tables')}
      create table public.tenants (id text primary key);
      insert into public.tenants select distinct tenant_id from ${C}.llm_cost_records;
      alter table ${C}.llm_cost_records add constraint of_a_tenant foreign key (tenant_id) references public.tenants;
      create policy everybody on ${C}.llm_cost_records for select using (true);
      create function public.touch() returns trigger language plpgsql as 'begin return new; end';
      create trigger touch before update on ${C}.cost_quotas for each row execute function public.touch();`)
    expect(await apply(platform)).toEqual([
      `${C}.llm_cost_records is adopted without what belonged to it: foreign key of_a_tenant FOREIGN KEY (tenant_id) ` +
        'REFERENCES tenants(id); policy everybody (permissive, for select to public, using true).',
      `${C}.cost_quotas is adopted without what belonged to it: trigger touch.`,
    ])
    expect(await platform.query(`select from pg_policies where policyname = 'everybody'`)).toEqual([])
  })
})

describe('a file that is cut off while it adopts', () => {
  const adopting = files.slice(0, 3).map((file, i) => ({ ...file, earlier: files.slice(0, i) }))
  needs('every-statement').for(adopting)(
    '$name can be run again after any statement',
    { timeout: 600_000 },
    async ({ name, sql, earlier }, { platform }) => {
      await platform.run(fixture('platform-tables'))
      await platform.run(fixture('earlier-attempt'))
      await apply(platform, earlier)
      const later = files.slice(earlier.length + 1)
      await platform.query('savepoint start')
      await apply(platform, [{ name, sql }, ...later])
      const whole = { rows: await platform.query(ROWS), schema: await schemaText(platform) }
      expect(whole.rows).toHaveLength(4 + 4 + 2 + 2 + 2)
      await platform.query('rollback to savepoint start')
      for (const [i, statement] of splitStatements(sql).entries()) {
        await platform.query(statement)
        // Only what moves rows can lose some.
        if (!/copilot_adoption|^create table/.test(statement)) continue
        await platform.query('savepoint cut_off')
        await apply(platform, [{ name, sql }, ...later])
        expect(await platform.query(ROWS), `${name}, cut off after statement ${i + 1}`).toEqual(whole.rows)
        expect(await schemaText(platform), `${name}, cut off after statement ${i + 1}`).toBe(whole.schema)
        await platform.query('rollback to savepoint cut_off')
        await platform.query('release savepoint cut_off')
      }
    },
  )
})

/** All there is in the schema: to see that nothing of it was changed. */
const EVERYTHING = `
  select c.oid, c.relname as name, c.relacl::text as acl, c.xmin::text as by from pg_class as c
  where c.relnamespace = to_regnamespace('${C}')
  union all select a.attrelid, a.attname, a.attacl::text, a.xmin::text from pg_attribute as a
  join pg_class as c on c.oid = a.attrelid where c.relnamespace = to_regnamespace('${C}')
  union all select oid, proname, proacl::text, xmin::text from pg_proc where pronamespace = to_regnamespace('${C}')
  union all select oid, nspname, nspacl::text, xmin::text from pg_namespace where nspname like 'copilot%'
  union all select oid, defaclobjtype::text, defaclacl::text, xmin::text from pg_default_acl
  order by 1, 2`

async function nothingIsChangedBy(some: typeof files, platform: Session): Promise<void> {
  const before = await platform.query(EVERYTHING)
  for (const { name, sql } of some) {
    const error = await refusalOf(platform, sql)
    expect(error.code, `${name}: ${error.message}`).toBe('QT006')
    expect(error.message).toMatch(
      /^(Schema copilot_internal|\d{14}_\w+\.sql needs) .*: nothing was changed\.$/,
    )
    expect(await platform.query(EVERYTHING), name).toEqual(before)
  }
}

describe('anything else is refused, with nothing changed:', () => {
  test.for<readonly [what: string, script: string, ...differences: RegExp[]]>([
    [
      'a table with other columns',
      `create schema ${C}; create table ${C}.cost_quotas (id bigint primary key, tenant text not null, budget numeric);`,
      /^cost_quotas: .*column scope is missing; .*column period_start is missing/,
    ],
    [
      'two tables at once, with every difference',
      `${fixture('platform-tables')}
       alter table ${C}.cost_quotas drop column period; alter table ${C}.llm_cost_records alter total_cost_usd type double precision;`,
      /^cost_quotas: column period is missing\.$/m,
      /^llm_cost_records: column total_cost_usd is double precision instead of numeric\.$/m,
    ],
    [
      'tenants and users that are no UUID',
      `${fixture('platform-tables')}
       update ${C}.llm_cost_records set tenant_id = 'acme', user_id = 'anna@acme.example' where input_tokens = 10;
       update ${C}.cost_quotas set scope_id = 'acme' where scope = 'user';`,
      /^llm_cost_records: .*column tenant_id holds 'acme': a UUID is needed/m,
      /column user_id holds 'anna@acme.example': a UUID is needed/,
      /^cost_quotas: column scope_id holds 'acme': a UUID is needed\.$/m,
    ],
    [
      'a quota that has nobody, and two of one scope',
      `${fixture('platform-tables')}
       update ${C}.cost_quotas set scope_id = null where scope = 'user';
       insert into ${C}.cost_quotas (scope, limit_usd, period, period_start) values ('platform', 1, 'month', now());`,
      /column scope_id holds NULL: a UUID is needed/,
      /2 rows have the same scope, scope_id, period: platform, NULL, month/,
    ],
    [
      'a threshold in percent and a scope of another kind',
      `${fixture('platform-tables')}
       alter table ${C}.cost_quotas alter warning_threshold type numeric;
       update ${C}.cost_quotas set warning_threshold = 80 where scope = 'user';
       update ${C}.cost_quotas set scope = 'team' where warning_threshold = 80;`,
      /column warning_threshold holds '80': a share of 1/,
      /column scope holds 'team': platform, tenant or user is needed/,
    ],
    [
      'a quota with a column that has no place',
      `${fixture('platform-tables')}
       alter table ${C}.cost_quotas add owner_email text; update ${C}.cost_quotas set owner_email = 'a@b.c' where scope = 'user';`,
      /^cost_quotas: column owner_email is none of ours, and holds 'a@b.c'\.$/m,
    ],
    [
      'a rate per hour that has no exact rate per second',
      `${fixture('earlier-attempt')} update ${C}.e2b_pricing set cpu_price_per_core_hour = 0.05 where region = 'us-east-1';`,
      /^e2b_pricing: column cpu_price_per_core_hour holds '0.05000000': per second it would have to be rounded\.$/m,
    ],
    [
      'views that read a table',
      `${fixture('platform-tables')} create view public.report as select tenant_id, total_cost_usd from ${C}.llm_cost_records;`,
      /^llm_cost_records: .*view report depends on it\.$/m,
    ],
    [
      'a view and a function of the product’s names',
      `create schema ${C}; create view ${C}.cost_summary_by_tenant as select 1 as one;
       create function ${C}.check_e2b_quota(text, text, numeric) returns boolean language sql as 'select true';`,
      /^view cost_summary_by_tenant: it is none of ours/m,
      /^function copilot_internal\.check_e2b_quota\(text,text,numeric\): it is none of ours\.$/m,
    ],
    [
      'a table of a later file that has to be given more',
      `create schema ${C}; create table ${C}.usage_requests (tenant_id uuid, resource_type text, request_id text, record_id uuid,
         region text not null, primary key (tenant_id, request_id));`,
      /^usage_requests: column region \(text\) is none of ours, and has to be given; its primary key is \(tenant_id, request_id\) instead of \(tenant_id, resource_type, request_id\)\.$/m,
    ],
    [
      'something that is no table',
      `create schema ${C}; create view ${C}.model_pricing as select 1 as one;`,
      /^model_pricing: it is no table\.$/m,
    ],
  ])('%s', async ([, script, ...differences], { platform }) => {
    await platform.run(script)
    // Those that adopt; a later one looks for the one before it only.
    await nothingIsChangedBy(files.slice(0, 3), platform)
    const { detail } = await refusalOf(platform, files[0]?.sql ?? '')
    for (const difference of differences) expect(detail).toMatch(difference)
  })

  test('each file that adopts nothing, beside tables of these names', async ({ platform }) => {
    await platform.run(`${fixture('platform-tables')} alter table ${C}.cost_quotas drop column period;`)
    await nothingIsChangedBy(files.slice(3), platform)
  })

  test('each file alone, on an empty database, but the first', async ({ platform }) => {
    for (const [i, { name, sql }] of files.slice(1).entries())
      expect(await refusalOf(platform, sql), name).toMatchObject({
        code: 'QT006',
        message: `${name} needs ${files[i]?.name} before it: nothing was changed.`,
      })
  })
})

describe('what is ours goes through', () => {
  test('in the state before records could be adopted', async ({ platform }) => {
    const fresh = await freshSchema(platform)
    await apply(platform, files.slice(0, 3))
    await platform.run(`
      alter table ${C}.llm_cost_records drop column is_adopted cascade;
      alter table ${C}.llm_cost_records add constraint llm_cost_records_total_cost_usd_is_the_sum
        check (total_cost_usd = input_cost_usd + output_cost_usd);
      alter table ${C}.e2b_cost_records drop column is_adopted cascade;
      alter table ${C}.e2b_cost_records add constraint e2b_cost_records_total_cost_usd_is_the_sum
        check (total_cost_usd = execution_cost_usd + resource_cost_usd)`)
    await apply(platform)
    expect(await schemaText(platform)).toBe(fresh)
  })

  test('with a column and an index of somebody’s own', async ({ session }) => {
    await session.run(`
      alter table ${C}.llm_cost_records add column invoice text, add column checked boolean not null default false;
      create index by_invoice on ${C}.llm_cost_records (invoice)`)
    expect(await apply(session)).toEqual([])
  })
})

test('policies that are not the product’s are named with what they open', async ({ session }) => {
  await session.run(`
    create policy read_all on ${C}.llm_cost_records for select to authenticated using (true);
    create policy team on ${C}.cost_quotas as restrictive for update to service_role with check (scope = 'user')`)
  expect(await apply(session)).toEqual([
    `Policy team on ${C}.cost_quotas is not the product's: it restricts update to service_role with check (scope = 'user'::text).`,
    `Policy read_all on ${C}.llm_cost_records is not the product's: it opens select to authenticated where true.`,
  ])
})
