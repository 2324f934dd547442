/**
 * `verify:phase1 --full` on every engine: what holds, what does not, and what could not be found out.
 *
 * Method: the verification is asked within the test's own transaction. That each single change is named is claimed once, in
 * `specs/house/full-names.spec.ts`; here, that all of them are, whatever the engine.
 */
import { schemaChanges } from '../../../fixtures/planted-changes.ts'
import { type Session, SqlError } from '../../engines/index.ts'
import { describe, expect, fixture, test } from '../../harness/index.ts'
import { verifyFull } from '../../verify/index.ts'

/** The names of what has a finding. */
async function named(session: Session): Promise<string[]> {
  const { findings } = await verifyFull(session)
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

test('a fresh database holds in every check', async ({ session }) => {
  const full = await verifyFull(session)
  expect(full.findings.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
  expect(full.findings.length).toBeGreaterThanOrEqual(19)
  expect(full.warnings).toEqual([])
})

test('a platform in its second month holds in every check', async ({ session }) => {
  await session.run(fixture('a-metered-platform'))
  const { findings, warnings } = await verifyFull(session)
  expect(findings.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
  expect(warnings).toEqual([])
})

test('all changes at once are all named, and nothing else', async ({ session }) => {
  const planted: string[] = []
  const wanted = new Set<string>()
  for (const [change, object] of schemaChanges) {
    await session.query('savepoint planting')
    try {
      await session.query(change)
    } catch (error) {
      // One that an earlier one has made impossible, such as a second object of the same name.
      if (!(error instanceof SqlError)) throw error
      await session.query('rollback to savepoint planting')
      continue
    }
    planted.push(change)
    wanted.add(bare(object))
  }
  expect(planted.length).toBeGreaterThanOrEqual(45)
  expect((await named(session)).map(bare).sort()).toEqual([...wanted].sort())
})

test('usage without a price is a warning, by model and by tier', async ({ session }) => {
  await session.run(fixture('a-metered-platform'))
  await session.run(`
      select copilot_internal.record_llm_usage('aaaaaaaa-0000-4000-8000-000000000001', 'openai', 'gpt-99', 7, 5);
      select copilot_internal.record_e2b_usage('aaaaaaaa-0000-4000-8000-000000000001', 'mainframe', 'us-east-1', 60);`)
  const { findings, warnings } = await verifyFull(session)
  expect(findings.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
  expect(warnings).toMatchObject([
    {
      objects: ['usage of mainframe us-east-1'],
      have: expect.stringMatching(/^unpriced records: 1; 60 seconds; /),
    },
    {
      objects: ['usage of openai gpt-99'],
      have: expect.stringMatching(/^unpriced records: 1; 7 tokens in and 5 out; /),
    },
  ])
})

describe('nothing is not everything', () => {
  test('hidden rows are not taken for none', async ({ session }) => {
    await session.run(`
      grant select on all tables in schema copilot_internal to authenticated;
      set local role authenticated;`)
    const { findings } = await verifyFull(session)
    const outcomes = (wanted: string) =>
      new Set(findings.filter(({ group }) => group === wanted).map(({ outcome }) => outcome))
    // A policy shows the price lists whole, and of the records its tenant's alone.
    expect(outcomes('prices')).toEqual(new Set(['passed']))
    expect(outcomes('usage')).toEqual(new Set(['error']))
    expect(outcomes('quotas')).toEqual(new Set(['error']))
  })

  test('what may not be read is not taken for broken', async ({ session }) => {
    await session.run('set local role anon;')
    const { findings } = await verifyFull(session)
    expect(findings.map(({ outcome }) => outcome)).not.toContain('failed')
    expect(findings.map(({ outcome }) => outcome)).toContain('error')
  })
})

test('of many changes, those of access come first', async ({ session }) => {
  await session.run(`
    do $$ begin
      for i in 1..12 loop
        execute format('create table copilot_internal.a%s (id int primary key)', i);
      end loop;
    end $$;
    drop policy llm_cost_records_select_tenant on copilot_internal.llm_cost_records;
    grant select on copilot_internal.usage_requests to anon`)
  const { leading } = await verifyFull(session)
  expect(leading.flatMap(({ objects }) => objects).slice(0, 2)).toEqual([
    'table copilot_internal.llm_cost_records',
    'table copilot_internal.usage_requests',
  ])
  expect(leading).toHaveLength(5)
})
