/**
 * The fingerprint of a database: equal where everything is, on every engine, and different where anything is not.
 *
 * Method: one thing at a time is changed in a migrated database; the fingerprint names its object, and no other.
 */
import { readFileSync } from 'node:fs'
import { differences, fingerprint, fingerprintOf, fingerprintText } from '../../fingerprint/index.ts'
import { describe, expect, needs, test } from '../../harness/index.ts'

const golden = readFileSync(new URL('../../../supabase/schema.fingerprint', import.meta.url), 'utf8')

test('it is the golden one, whatever the engine', async ({ session }) => {
  expect(
    fingerprintText(await fingerprint(session)),
    'supabase/schema.fingerprint is stale: run `npm run schema` and review the diff of schema.sql',
  ).toBe(golden)
})

test('the session’s search path, time zone and date style are no part of it', async ({ session }) => {
  await session.run(
    `set local search_path = ''; set local timezone = 'Asia/Kathmandu'; set local datestyle = 'German';`,
  )
  expect(fingerprintText(await fingerprint(session))).toBe(golden)
})

describe('nothing is never equal', () => {
  test('a database without the schema has no fingerprint', async ({ platform }) => {
    await expect(fingerprint(platform)).rejects.toThrow(/no schema copilot_internal/)
  })

  test('a fingerprint without facts, or with one twice, is an error', () => {
    const fact = { object: 'relation a', fact: 'definition', value: 'x' }
    expect(() => fingerprintOf([])).toThrow(/without facts/)
    expect(() => fingerprintOf([fact, { ...fact, value: 'y' }])).toThrow(/each fact once/)
  })
})

const T = 'copilot_internal.e2b_cost_records'
const F = 'copilot_internal.check_quota(text, uuid, text, numeric)'

/** One change of each kind of fact, and the object it concerns. */
const changes: readonly (readonly [change: string, object: string])[] = [
  [`alter schema copilot_internal owner to service_role`, 'schema copilot_internal'],
  [`comment on schema copilot_internal is 'x'`, 'schema copilot_internal'],
  [`grant usage on schema copilot_internal to anon`, 'schema copilot_internal'],
  [`grant create on schema copilot_internal to service_role`, 'schema copilot_internal'],
  [`alter default privileges grant execute on functions to public`, 'schema copilot_internal'],
  [
    `alter default privileges in schema copilot_internal grant select on tables to anon`,
    'schema copilot_internal',
  ],
  [`create table copilot_internal.extra ()`, 'relation extra'],
  [`create sequence copilot_internal.extra`, 'relation extra'],
  [`create view copilot_internal.extra as select 1 as one`, 'relation extra'],
  [`create type copilot_internal.extra as enum ('a')`, 'type extra'],
  [`create domain copilot_internal.extra as text`, 'type extra'],
  [`create function copilot_internal.extra() returns int language sql as 'select 1'`, 'function extra()'],
  [`comment on table ${T} is 'x'`, 'relation e2b_cost_records'],
  [`alter table ${T} disable row level security`, 'relation e2b_cost_records'],
  [`alter table ${T} force row level security`, 'relation e2b_cost_records'],
  [`alter table ${T} set (fillfactor = 50)`, 'relation e2b_cost_records'],
  [`alter table ${T} add column extra int`, 'relation e2b_cost_records'],
  [`alter table ${T} alter column sandbox_id type varchar(99)`, 'relation e2b_cost_records'],
  [`alter table ${T} alter column status set default 'failed'`, 'relation e2b_cost_records'],
  [`alter table ${T} alter column status drop default`, 'relation e2b_cost_records'],
  [`alter table ${T} alter column status drop not null`, 'relation e2b_cost_records'],
  [`alter table ${T} rename column sandbox_id to sandbox`, 'relation e2b_cost_records'],
  [`comment on column ${T}.tier is 'x'`, 'relation e2b_cost_records'],
  [`alter table ${T} drop constraint e2b_cost_records_status_known`, 'relation e2b_cost_records'],
  [`alter table ${T} add constraint extra check (tier <> '')`, 'relation e2b_cost_records'],
  [`alter table ${T} validate constraint e2b_cost_records_pricing_id_fkey`, 'relation e2b_cost_records'],
  [
    `alter table copilot_internal.cost_quotas drop constraint cost_quotas_scope_scope_id_resource_type_period_key`,
    'relation cost_quotas',
  ],
  [
    `alter table copilot_internal.e2b_pricing drop constraint e2b_pricing_periods_do_not_overlap`,
    'relation e2b_pricing',
  ],
  [`drop index copilot_internal.e2b_cost_records_pricing_id_idx`, 'relation e2b_cost_records'],
  [`create index extra on ${T} (tier)`, 'relation e2b_cost_records'],
  [
    `alter view copilot_internal.cost_summary_by_task set (security_invoker = false)`,
    'relation cost_summary_by_task',
  ],
  [
    `create or replace view copilot_internal.cost_summary_by_task with (security_invoker = true) as
     select task, request_count, input_tokens, output_tokens, total_tokens, input_cost_usd, output_cost_usd, total_cost_usd,
            average_cost_usd, estimated_count, unpriced_count, last_recorded_at as first_recorded_at, last_recorded_at
     from (select null::text as task, 0::bigint as request_count, 0::numeric as input_tokens, 0::numeric as output_tokens,
                  0::numeric as total_tokens, 0::numeric as input_cost_usd, 0::numeric as output_cost_usd,
                  0::numeric as total_cost_usd, 0::numeric as average_cost_usd, 0::bigint as estimated_count,
                  0::bigint as unpriced_count, now() as last_recorded_at) as x`,
    'relation cost_summary_by_task',
  ],
  [`comment on view copilot_internal.cost_summary_by_task is null`, 'relation cost_summary_by_task'],
  [`grant select on ${T} to anon`, 'relation e2b_cost_records'],
  [`grant truncate on ${T} to service_role`, 'relation e2b_cost_records'],
  [
    `grant select (resource_type) on copilot_internal.quota_reservations to anon`,
    'relation quota_reservations',
  ],
  [`grant select on ${T} to service_role with grant option`, 'relation e2b_cost_records'],
  [
    `revoke select on copilot_internal.cost_summary_by_task from authenticated`,
    'relation cost_summary_by_task',
  ],
  [`grant execute on function ${F} to authenticated`, 'function check_quota(text, uuid, text, numeric)'],
  [`grant execute on function ${F} to public`, 'function check_quota(text, uuid, text, numeric)'],
  [`alter function ${F} security definer`, 'function check_quota(text, uuid, text, numeric)'],
  [`alter function ${F} set search_path = public`, 'function check_quota(text, uuid, text, numeric)'],
  [`alter function ${F} reset search_path`, 'function check_quota(text, uuid, text, numeric)'],
  [`alter function ${F} stable`, 'function check_quota(text, uuid, text, numeric)'],
  [`alter function ${F} strict`, 'function check_quota(text, uuid, text, numeric)'],
  [`alter function ${F} parallel safe`, 'function check_quota(text, uuid, text, numeric)'],
  [`comment on function ${F} is 'x'`, 'function check_quota(text, uuid, text, numeric)'],
  [
    `create or replace function copilot_internal.quotas_concerned(tenant_id uuid, user_id uuid, resource_type text)
     returns uuid[] language sql stable set search_path = '' as 'select null::uuid[]'`,
    'function quotas_concerned(uuid, uuid, text)',
  ],
  [`drop trigger _300_guard_price on copilot_internal.e2b_pricing`, 'relation e2b_pricing'],
  [`alter table copilot_internal.e2b_pricing disable trigger _300_guard_price`, 'relation e2b_pricing'],
  [`comment on trigger _300_guard_price on copilot_internal.e2b_pricing is 'x'`, 'relation e2b_pricing'],
  [`drop policy e2b_cost_records_select_tenant on ${T}`, 'relation e2b_cost_records'],
  [`alter policy e2b_cost_records_select_tenant on ${T} using (true)`, 'relation e2b_cost_records'],
  [`alter policy e2b_cost_records_select_tenant on ${T} to public`, 'relation e2b_cost_records'],
  [`create policy extra on ${T} as restrictive for insert with check (true)`, 'relation e2b_cost_records'],
  [`comment on policy e2b_cost_records_select_tenant on ${T} is 'x'`, 'relation e2b_cost_records'],
  [`alter role anon createdb`, 'role anon'],
  [`alter role authenticated set statement_timeout = '1h'`, 'role authenticated'],
  [`grant service_role to authenticated`, 'role authenticated'],
  [
    `update copilot_internal.model_pricing set output_price_per_million = 61 where model = 'gpt-4'`,
    'price openai gpt-4',
  ],
  [
    `update copilot_internal.model_pricing set expires_at = 'tomorrow' where model = 'gpt-4'`,
    'price openai gpt-4',
  ],
  [`update copilot_internal.e2b_pricing set price_per_second = 1 where tier = 'gpu'`, 'price gpu us-east-1'],
  [
    `delete from copilot_internal.model_pricing_components where variant = 'long_context' and price_per_million = 22.5 and pricing_id = (select id from copilot_internal.model_pricing where model = 'claude-sonnet-4-5-20250929')`,
    'price anthropic claude-sonnet-4-5-20250929',
  ],
]

describe('each single change is noticed, and nothing else is blamed', () => {
  const expected = golden.trimEnd().split('\n')
  needs('bulk-catalog-work').for(changes)('%s', async ([change, object], { session }) => {
    await session.query(change)
    const lines = fingerprintText(await fingerprint(session))
      .trimEnd()
      .split('\n')
    const differing = [
      ...lines.filter((l) => !expected.includes(l)),
      ...expected.filter((l) => !lines.includes(l)),
    ]
    expect([...new Set(differing.map((line) => line.slice(line.indexOf(' ') + 2)))]).toEqual([object])
  })
})

test('a difference names the fact, what is there and what was wanted', async ({ session }) => {
  const want = await fingerprint(session)
  await session.run(`
    alter role anon createdb;
    create sequence copilot_internal.extra;
    drop trigger _300_guard_price on copilot_internal.e2b_pricing;`)
  expect(differences(await fingerprint(session), want)).toMatchObject([
    { object: 'relation e2b_pricing', fact: 'comment on trigger _300_guard_price', want: expect.any(String) },
    {
      object: 'relation e2b_pricing',
      fact: 'trigger _300_guard_price',
      want: expect.stringContaining('guard_price'),
    },
    { object: 'relation extra', fact: 'comment', have: null },
    { object: 'relation extra', fact: 'definition', have: expect.stringContaining('S p owner postgres') },
    {
      object: 'role anon',
      fact: 'attributes',
      have: expect.stringContaining('createdb t'),
      want: expect.any(String),
    },
  ])
})
