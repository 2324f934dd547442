/**
 * `verify:phase1 --full` names what was changed in a database, and nothing else.
 *
 * Method: one thing at a time is changed in a migrated database, in a transaction that is rolled back. What is to be named is
 * part of the change. What is on trial are the words, so one server is enough.
 */
import { schemaChanges } from '../../../fixtures/planted-changes.ts'
import { tamperedData } from '../../../fixtures/tampered-data.ts'
import { migrations, type RunningEngine, type Session, splitStatements } from '../../engines/index.ts'
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  fixture,
  referenceServer,
  test,
} from '../../harness/index.ts'
import type { Finding } from '../../report/index.ts'
import { verifyFull, verifySchema } from '../../verify/index.ts'

let server: RunningEngine
let session: Session
beforeAll(async () => {
  server = await referenceServer()
  session = await (await server.open()).connect()
})
beforeEach(() => session.query('begin'))
afterEach(() => session.query('rollback'))
afterAll(async () => {
  await session.close()
  await server.stop()
})

/** The names of what has a finding. */
async function named(on = session): Promise<string[]> {
  return namesIn((await verifyFull(on)).findings)
}

function namesIn(findings: readonly Finding[]): string[] {
  const names = findings.flatMap((found) =>
    found.outcome === 'failed' ? (found.objects ?? [found.title]) : [],
  )
  return [...new Set(names)]
}

/** A name without what kind of thing it is, as both the fingerprint and the report have it. */
function bare(name: string): string {
  return name
    .replace(/^(relation|table|view|sequence|function|type|role|schema|database) ?/, '')
    .replace('copilot_internal.', '')
}

describe('each change of the schema is named, and nothing else', () => {
  // What a project may choose for its roles is told, but is no finding.
  const chosen = (change: string) => change.includes('statement_timeout')

  test.for(schemaChanges.filter(([change]) => !chosen(change)))('%s', async ([change, object]) => {
    await session.query(change)
    // The claim of a full verification that is about the schema; all of them at once stand in specs/verification.
    const { findings = [] } = (await verifySchema(session)) ?? {}
    expect(namesIn(findings).map(bare)).toEqual([bare(object)])
  })

  test.for(schemaChanges.filter(([change]) => chosen(change)))('a note: %s', async ([change]) => {
    await session.query(change)
    const { findings, notes } = await verifyFull(session)
    expect(findings.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
    expect(notes.map(({ text }) => text).join('\n')).toMatch(
      /role authenticated: setting statement_timeout is 1h/,
    )
  })

  test('a setting that could be a secret is told without its value', async () => {
    await session.query(`alter role anon set work_mem = '7777kB'`)
    const { findings, notes } = await verifyFull(session)
    expect(findings.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
    expect(JSON.stringify(notes)).toMatch(/role anon: setting work_mem is set/)
    expect(JSON.stringify(notes)).not.toContain('7777')
  })

  test.for([
    [
      'a rule',
      `create rule extra as on insert to copilot_internal.e2b_cost_records do instead nothing`,
      'e2b_cost_records',
    ],
    [
      'a table that inherits',
      `create table public.extra () inherits (copilot_internal.llm_cost_records)`,
      'llm_cost_records',
    ],
    ['a composite type', `create type copilot_internal.extra as (a int)`, 'extra'],
    [
      'a dropped column',
      `alter table copilot_internal.llm_cost_records drop column metadata`,
      'llm_cost_records',
    ],
  ] as const)('%s', async ([, change, object]) => {
    await session.query(change)
    expect((await named()).map(bare)).toEqual([object])
  })
})

describe('each change of data is named, and nothing else', () => {
  test.for(tamperedData)('$title', async ({ script, objects, warned = false }) => {
    await session.run(fixture('a-metered-platform'))
    await session.run(script)
    const { findings, warnings } = await verifyFull(session)
    const found = findings.filter(({ outcome }) => outcome !== 'passed')
    if (warned) expect(found).toEqual([])
    const told = [...found, ...warnings]
    const names = [...new Set(told.flatMap((each) => each.objects ?? [each.title]))]
    expect(names.filter((name) => !objects.some((object) => object.test(name)))).toEqual([])
    for (const object of objects) expect(names).toContainEqual(expect.stringMatching(object))
    // Both sides are named, and what to do where that does not follow from them.
    for (const each of told)
      expect(each).toMatchObject({ have: expect.any(String), want: expect.any(String) })
  })
})

describe('what a function gets wrong is told beside that it was changed', () => {
  const MONEY = (...columns: string[]) => columns.map((column) => `${column} numeric`).join(', ')
  test.for([
    [
      'calculate_llm_cost',
      `(provider text, model text, input_tokens bigint, output_tokens bigint, pricing_date timestamptz default now())
       returns table (${MONEY('input_cost_usd', 'output_cost_usd', 'total_cost_usd')}, pricing_found boolean)`,
      'select 1::numeric, 1::numeric, 2::numeric, true',
      'openai gpt-5.2: 1|1|2|true',
    ],
    [
      'get_current_model_pricing',
      `(provider text, model text)
       returns table (pricing_id uuid, ${MONEY('input_price_per_million', 'output_price_per_million')},
                      effective_date timestamptz, expires_at timestamptz)`,
      'select null::uuid, 1::numeric, 1::numeric, now(), now()',
      'anthropic claude-3-5-haiku-20241022: nothing',
    ],
    [
      'calculate_e2b_cost',
      `(tier text, region text, execution_time_seconds numeric, cpu_core_seconds numeric default null,
        memory_gb_seconds numeric default null, disk_io_gb numeric default null, pricing_date timestamptz default now())
       returns table (${MONEY('execution_cost_usd', 'resource_cost_usd', 'total_cost_usd')}, is_estimated boolean)`,
      'select 0.03, 0::numeric, 0.03, false',
      'in us-east-1: 0.03|0|0.03|false',
    ],
    [
      'calculate_llm_cost_detailed',
      `(provider text, model text, input_tokens bigint, output_tokens bigint, cached_input_tokens bigint default 0,
        cache_write_5m_tokens bigint default 0, cache_write_1h_tokens bigint default 0, is_batch boolean default false,
        pricing_date timestamptz default now())
       returns table (${MONEY('input_cost_usd', 'cached_input_cost_usd', 'cache_write_cost_usd', 'output_cost_usd', 'total_cost_usd')},
                      pricing_found boolean, is_long_context boolean, is_estimated boolean)`,
      'select 1::numeric, 0::numeric, 0::numeric, 0::numeric, 1::numeric, true, false, false',
      'cached: 1|0|0|0|1|true|false|false',
    ],
  ] as const)('%s', async ([name, signature, body, have]) => {
    await session.run(
      `create or replace function copilot_internal.${name} ${signature} language sql stable set search_path = '' as '${body}'`,
    )
    const { findings } = await verifyFull(session)
    const wrong = findings.filter(({ outcome }) => outcome !== 'passed')
    expect(wrong.map(({ group, outcome }) => `${group}: ${outcome}`)).toEqual([
      'schema: failed',
      'calculations: failed',
    ])
    expect(wrong[1]).toMatchObject({ have: expect.stringContaining(have) })
    expect((await named()).map((object) => object.replace(/\(.*/, ''))).toContain(
      `function copilot_internal.${name}`,
    )
  })

  test('one that could write is not called', async () => {
    await session.run(
      'alter function copilot_internal.calculate_e2b_cost volatile; alter function copilot_internal.calculate_llm_cost security definer',
    )
    const { findings } = await verifyFull(session)
    const calculations = findings.filter(({ group }) => group === 'calculations')
    expect(calculations).toMatchObject([
      {
        outcome: 'skipped',
        reason: expect.stringMatching(/^not run: function calculate_llm_cost is volatile or a definer/),
      },
      {
        outcome: 'skipped',
        reason: expect.stringMatching(/^not run: function calculate_e2b_cost is volatile or a definer/),
      },
      { outcome: 'passed' },
    ])
  })
})

describe('a finding has both sides', () => {
  test('a policy, by its expression', async () => {
    await session.query(
      'alter policy e2b_cost_records_select_tenant on copilot_internal.e2b_cost_records using (true)',
    )
    const [found] = (await verifyFull(session)).findings.filter(({ outcome }) => outcome === 'failed')
    expect(found).toMatchObject({
      objects: ['table copilot_internal.e2b_cost_records'],
      have: 'policy e2b_cost_records_select_tenant, using: true',
      want: expect.stringMatching(/^policy e2b_cost_records_select_tenant, using: \(tenant_id = /),
    })
  })

  test('a function’s body, by its first different line', async () => {
    await session.run(`
      create or replace function copilot_internal.release_reservation(tenant_id uuid, reservation_id uuid) returns boolean
      language plpgsql security invoker set search_path = '' as $$
      begin
        return true;
      end
      $$`)
    const [found] = (await verifyFull(session)).findings.filter(({ outcome }) => outcome === 'failed')
    expect(found).toMatchObject({
      objects: ['function copilot_internal.release_reservation(uuid, uuid)'],
      have: 'body: line 2: return true;',
      want: 'body: line 2: if tenant_id is null or reservation_id is null then',
    })
  })
})

describe('what is a warning, and no finding', () => {
  test('a time to come for which no price is set', async () => {
    await session.run(`
      insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million, effective_date)
      values ('openai', 'o3', 1, 1, now() + interval '2 days');
      update copilot_internal.model_pricing set expires_at = now() + interval '1 day' where model = 'o3' and effective_date < now()`)
    const { findings, warnings } = await verifyFull(session)
    expect(findings.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
    expect(warnings).toMatchObject([
      { objects: ['price of openai o3'], have: expect.stringMatching(/^none from /) },
    ])
  })
})

describe('the ledger of the Supabase CLI', () => {
  const ledger = async (on = session) => {
    await on.run(`
      create schema supabase_migrations;
      create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);`)
    for (const { name, sql } of migrations())
      await on.query(
        'insert into supabase_migrations.schema_migrations select $1, array(select jsonb_array_elements_text($2::jsonb)), $3',
        [name.slice(0, 14), JSON.stringify(splitStatements(sql)), name.slice(15, -4)],
      )
  }
  const S = 'supabase_migrations.schema_migrations'

  test.for([
    ['that is complete', '', []],
    [
      'with migrations of the project’s own',
      `insert into ${S} values ('20260601000000', '{create table public.x ()}', 'x')`,
      [],
    ],
    [
      'that is newer than this checkout',
      `insert into ${S} values ('20990101000000', '{drop view copilot_internal.x}', 'x')`,
      ['migration 20990101000000_x'],
    ],
    [
      'that does not say what was applied',
      `insert into ${S} values ('20990101000000', null, null)`,
      ['migration 20990101000000'],
    ],
    [
      'with a gap',
      `delete from ${S} where version = '20260105000002'`,
      ['migration 20260105000002_usage_recording'],
    ],
    [
      'with a file that was edited since',
      `update ${S} set statements[3] = 'select 1' where version = '20260105000003'`,
      ['migration 20260105000003_quota_reservations'],
    ],
    [
      'with a file that was cut since',
      `update ${S} set statements = statements || '{select 1}' where version = '20260105000003'`,
      ['migration 20260105000003_quota_reservations'],
    ],
    ['of an older CLI', `alter table ${S} drop column statements, drop column name`, []],
  ] as const)('%s', async ([, change, objects]) => {
    await ledger()
    await session.run(change)
    expect(await named()).toEqual(objects)
  })

  test('that says more than is there', async () => {
    const platform = await (await server.open({ holds: 'platform' })).connect()
    await platform.query('begin')
    for (const { sql } of migrations().slice(0, 5)) await platform.run(sql)
    await ledger(platform)
    expect(await named(platform)).toEqual(
      migrations()
        .slice(5)
        // It adds rows and nothing else, which may have been taken out.
        .filter(({ name }) => !name.includes('model_aliases'))
        .map(({ name }) => `migration ${name.replace('.sql', '')}`),
    )
    await platform.close()
  })
})

describe('a database that is not migrated, or not to the end', () => {
  test('a file left half-way is named, and what it has begun is not blamed', async () => {
    const platform = await (await server.open({ holds: 'platform' })).connect()
    await platform.query('begin')
    const files = migrations()
    for (const { sql } of files.slice(0, 4)) await platform.run(sql)
    const statements = splitStatements(files[4]?.sql ?? '')
    // Tables and constraints are there, the functions are not.
    for (const statement of statements.slice(0, statements.length / 3)) await platform.query(statement)
    const { state, findings } = await verifyFull(platform)
    expect(state).toMatch(/4 of \d+ migrations; 20260105000002_usage_recording was left half-way/)
    expect(findings.filter(({ outcome }) => outcome === 'failed')).toMatchObject([
      {
        objects: ['migration 20260105000002_usage_recording'],
        want: expect.stringMatching(/function copilot_internal\.record_llm_usage/),
      },
    ])
    await platform.close()
  })

  test('a database without the schema has a finding, and no more is told', async () => {
    const platform = await (await server.open({ holds: 'platform' })).connect()
    await platform.query('begin')
    const { findings } = await verifyFull(platform)
    expect(findings.filter(({ outcome }) => outcome === 'failed')).toMatchObject([
      { objects: ['schema copilot_internal'] },
    ])
    await platform.close()
  })
})
