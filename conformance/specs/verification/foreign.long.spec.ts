/**
 * Somebody else's tables under the product's names are told apart from the product's, and from what is applied in part: by the
 * sentences beside the nine lines, by the nine, and by the full verification. The advice is never to run the files again.
 *
 * Method: a platform that has tables of its own, of the shapes that were met, in a database without the migrations; and a
 * migrated database to which somebody adds a policy, or from which something was dropped.
 */
import type { Session } from '../../engines/index.ts'
import { describe, expect, test } from '../../harness/index.ts'
import { migrationState, verifyFull, verifyPhase1 } from '../../verify/index.ts'

const C = 'copilot_internal'

const SCHEMA = `
  create schema ${C};
  grant usage on schema ${C} to authenticated, service_role;`

const QUOTAS = `
  create table ${C}.cost_quotas (
    id uuid primary key default gen_random_uuid(), scope text not null, scope_id text, limit_usd numeric(12,6) not null,
    period text not null, current_spend_usd numeric(12,6) not null default 0, period_start timestamptz not null,
    period_end timestamptz, warning_threshold numeric(5,4) default 0.80, unique (scope, scope_id));`

const CALLS = `
  create table ${C}.llm_cost_records (
    id bigserial primary key, timestamp timestamptz not null default now(), provider text not null, model text not null,
    input_tokens integer not null, output_tokens integer not null, total_tokens integer, input_cost_usd numeric(12,6),
    output_cost_usd numeric(12,6), total_cost_usd numeric(12,6), is_estimated boolean, tenant_id uuid, user_id uuid, task text,
    conversation_id uuid, cached boolean, streaming boolean, duration_ms integer, success boolean);`

/** What an earlier attempt has left around tables that are not the product's. */
const AROUND = `
  alter table ${C}.cost_quotas add column resource_type text not null default 'llm';
  alter table ${C}.cost_quotas add constraint cost_quotas_resource_type_known check (resource_type in ('llm', 'e2b', 'all'));
  create function ${C}.calculate_llm_cost(provider text, model text, input_tokens bigint, output_tokens bigint, pricing_date timestamptz default now())
    returns int language sql as 'select 1';`

/** Sentences, findings of the nine and findings of the full verification, as text. */
async function told(session: Session) {
  return {
    sentences: (await migrationState(session)).remarks,
    nine: await verifyPhase1(session),
    full: await verifyFull(session),
  }
}

describe('tables that are somebody else’s', () => {
  test('are named with each difference, and not to be cured by another run', async ({ platform }) => {
    await platform.run(SCHEMA + QUOTAS + CALLS)
    const { sentences, nine, full } = await told(platform)
    expect(sentences).toHaveLength(3)
    expect(sentences[0]).toMatch(
      /^Table cost_quotas is not the product's, only its name is: .*column scope_id is text instead of uuid; .*column spent_usd \(numeric\(38,18\)\) is missing; .*column current_spend_usd \(numeric\(12,6\)\) is none of ours\.$/,
    )
    expect(sentences[1]).toMatch(
      /^Table llm_cost_records is not the product's, only its name is: .*column recorded_at \(timestamp with time zone\) is missing; /,
    )
    expect(sentences[2]).toMatch(/the first migration, carries over the shapes that it knows/)
    expect(nine[0]).toMatchObject({
      outcome: 'failed',
      have: expect.stringMatching(/^cost_quotas, which is not the product's: /),
      hint: sentences[2],
    })
    expect(full.state).toBe(
      "None of the migrations is applied. Somebody else's, under names of the product: cost_quotas, llm_cost_records.",
    )
    expect(full.findings.filter(({ outcome }) => outcome === 'failed')).toMatchObject([
      {
        objects: [`table ${C}.cost_quotas`],
        have: expect.stringMatching(/current_spend_usd/),
        want: expect.any(String),
      },
      { objects: [`table ${C}.llm_cost_records`], have: expect.stringMatching(/recorded_at/) },
    ])
    expect(JSON.stringify({ sentences, nine, full })).not.toMatch(/again/)
  })

  test('stay somebody else’s when some of the files were applied around them', async ({ platform }) => {
    await platform.run(SCHEMA + QUOTAS + CALLS + AROUND)
    const { sentences, full } = await told(platform)
    expect(sentences.filter((sentence) => /^Table /.test(sentence))).toHaveLength(2)
    expect(sentences).toContain(
      '20260104000002_llm_model_pricing.sql was applied in part beside them, and does not work so.',
    )
    expect(full.state).toMatch(/^None of the migrations is applied\. Somebody else's/)
    expect(JSON.stringify(sentences)).not.toMatch(/again/)
  })

  test('are not taken for the product’s by a view of that name', async ({ platform }) => {
    await platform.run(`${SCHEMA} create view ${C}.cost_quotas as select 1 as one;`)
    expect((await migrationState(platform)).remarks[0]).toBe(
      "Table cost_quotas is not the product's, only its name is: it is no table.",
    )
  })

  test('beside the product’s own are left out of what is judged of those', async ({ session }) => {
    await session.run(`drop table ${C}.cost_quotas cascade; ${QUOTAS}`)
    const { findings } = await verifyFull(session)
    expect(findings.filter(({ group }) => group === 'quotas').map(({ outcome }) => outcome)).not.toContain(
      'failed',
    )
    expect(findings.find(({ objects }) => objects?.[0] === `table ${C}.cost_quotas`)).toMatchObject({
      reason: expect.stringMatching(/^It is not the product’s/),
    })
    expect(findings.find(({ id }) => id === 'full/quotas/periods')).toMatchObject({
      outcome: 'skipped',
      reason: expect.stringMatching(/^not run: table cost_quotas is not the product's/),
    })
  })
})

describe('tables of the product’s', () => {
  for (const [change, drift] of [
    ['a column was dropped', `alter table ${C}.cost_quotas drop column warning_threshold`],
    ['a column was renamed', `alter table ${C}.e2b_cost_records rename column sandbox_id to sandbox`],
    [
      'a column has another type',
      `alter table ${C}.e2b_cost_records alter column sandbox_id type varchar(99)`,
    ],
  ] as const)
    test(`stay the product’s when ${change}`, async ({ session }) => {
      await session.run(drift)
      expect((await migrationState(session)).remarks).toEqual([])
      const { findings } = await verifyFull(session)
      expect(findings.filter(({ outcome }) => outcome === 'failed')).toEqual([
        expect.not.objectContaining({ reason: expect.stringMatching(/not the product/) }),
      ])
    })
})

describe('a policy that is not the product’s', () => {
  test('and opens a table fails a line of the nine, and is named by each', async ({ session }) => {
    await session.run(
      `create policy everybody on ${C}.llm_cost_records for select to authenticated using (true)`,
    )
    const { sentences, nine, full } = await told(session)
    expect(sentences).toEqual([
      `Policy everybody on llm_cost_records is not the product's: it opens select to authenticated where true. If nobody needs it: drop policy everybody on ${C}.llm_cost_records.`,
    ])
    expect(nine.filter(({ outcome }) => outcome !== 'passed')).toMatchObject([
      { title: 'RLS policies active on all tables', have: expect.stringMatching(/policy everybody/) },
    ])
    expect(full.findings.filter(({ outcome }) => outcome !== 'passed')).toMatchObject([
      {
        objects: [`table ${C}.llm_cost_records`],
        hint: expect.stringMatching(/^No migration has made everybody/),
      },
    ])
  })

  test('and is for the platform alone is named, and fails none of the nine', async ({ session }) => {
    await session.run(`create policy backend on ${C}.llm_cost_records to service_role using (true)`)
    const { sentences, nine } = await told(session)
    expect(sentences).toEqual([
      expect.stringMatching(/^Policy backend on llm_cost_records is not the product's/),
    ])
    expect(nine.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
  })
})

describe('what somebody has opened', () => {
  for (const [what, grant, have] of [
    ['a table', `grant all on ${C}.cost_quotas to anon`, /privileges of anon: /],
    [
      'later tables',
      `alter default privileges in schema ${C} grant all on tables to anon, authenticated`,
      /default privileges on tables: /,
    ],
    [
      'later functions',
      `alter default privileges in schema ${C} grant execute on functions to anon`,
      /default privileges on functions: /,
    ],
  ] as const)
    test(`is a finding with both sides: ${what}`, async ({ session }) => {
      await session.run(grant)
      const { findings } = await verifyFull(session)
      expect(findings.filter(({ outcome }) => outcome === 'failed')).toMatchObject([
        {
          have: expect.stringMatching(have),
          want: expect.any(String),
          hint: expect.stringMatching(/^Run the migrations again/),
        },
      ])
    })
})
