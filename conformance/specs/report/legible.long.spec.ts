/**
 * A failure is legible: the last screen of a run names the object that was changed, and no report grows beyond measure.
 *
 * Method: ten things are changed in a migrated database, one at a time. What a run would note is put into the report of a run
 * in which a good hundred claims fail with it; its end and all its forms are read.
 */
import type { Database, RunningEngine, Session } from '../../engines/index.ts'
import { afterAll, beforeAll, describe, expect, smallestServer, test } from '../../harness/index.ts'
import {
  asIfPassed,
  type Change,
  type Finding,
  failed,
  finding,
  longest,
  PASSED,
  REPORTER_NAMES,
  render,
} from '../../report/index.ts'
import { ending } from '../../results/index.ts'
import { schemaChanges } from '../../verify/index.ts'
import { reportWith } from './any-report.ts'

const SCREEN = 40
const T = 'copilot_internal.e2b_cost_records'

/** What is changed, and by which name the last screen has to call it. */
const breaks = [
  ['a policy', `drop policy e2b_cost_records_select_tenant on ${T}`, 'policy e2b_cost_records_select_tenant'],
  ['a grant', 'grant select on copilot_internal.usage_changes to anon', 'copilot_internal.usage_changes'],
  [
    'a price',
    `alter table copilot_internal.model_pricing disable trigger user;
     update copilot_internal.model_pricing set input_price_per_million = 2.6 where model = 'gpt-4o';
     alter table copilot_internal.model_pricing enable trigger user`,
    'price of openai gpt-4o',
  ],
  ['a constraint', `alter table ${T} drop constraint e2b_cost_records_status_known`, 'status_known'],
  [
    'the body of a function',
    `do $$ begin execute replace(pg_get_functiondef('copilot_internal.check_quota(text, uuid, text, numeric)'::regprocedure),
       'begin', 'begin perform 1;'); end $$`,
    'function copilot_internal.check_quota',
  ],
  [
    'a column of a view',
    'alter view copilot_internal.e2b_cost_summary_by_tier rename column tier to tier_name',
    'view copilot_internal.e2b_cost_summary_by_tier',
  ],
  ['a default', `alter table ${T} alter column status set default 'failed'`, 'column status'],
  ['a trigger', 'drop trigger _300_guard_price on copilot_internal.e2b_pricing', 'trigger _300_guard_price'],
  [
    'an index',
    'drop index copilot_internal.e2b_cost_records_recorded_at_idx',
    'index e2b_cost_records_recorded_at_idx',
  ],
  ['row level security', `alter table ${T} disable row level security`, `table ${T}`],
] as const

let engine: RunningEngine
let database: Database
let session: Session

beforeAll(async () => {
  engine = await smallestServer()
  database = await engine.open()
  session = await database.connect()
}, 60_000)

afterAll(async () => {
  await database.close()
  await engine.stop()
})

/** What is found after a statement, which is then taken back. */
async function changed(statement: string) {
  await session.query('begin')
  try {
    await session.run(statement)
    return await schemaChanges(session)
  } finally {
    await session.query('rollback')
  }
}

/** The report of a run in which every second of many claims fails, with far too much to say. */
function failing(changes: readonly Change[]) {
  const wordy = failed({
    have: 'a row that is there\n'.repeat(400),
    want: 'a row that should be\n'.repeat(400),
    reason: 'These rows differ.\n'.repeat(50),
  })
  const findings: Finding[] = Array.from({ length: 228 }, (_, i) =>
    finding(
      { id: `c${i}`, title: `claim ${i} of many`, group: `area/file-${i % 47}.spec.ts`, engine: 'pglite' },
      i % 2 === 0 ? wordy : PASSED,
    ),
  )
  return {
    ...reportWith(findings),
    changes: changes.map((change) => ({ ...change, engines: ['pglite'] })),
  }
}

describe('what was changed is named on the last screen', () => {
  test.for(breaks)('%s', { timeout: 30_000 }, async ([, statement, name]) => {
    const found = await changed(statement)
    const changes = found.map(({ objects, have = '', want = '' }) => ({ object: objects.join(), have, want }))
    const screen = ending(failing(changes), 'reports/report.html').trim().split('\n')
    expect(screen.length).toBeLessThanOrEqual(SCREEN)
    expect(screen.slice(0, 8).join('\n').replaceAll(/\s+/g, ' ')).toContain(name)
    expect(screen.at(-1)).toBe('114 passed, 114 failed, 0 skipped')
    expect(screen).toContain('The page: reports/report.html')
  })

  test('nothing is named where nothing was changed', async () => {
    expect(await schemaChanges(session)).toEqual([])
  })
})

test.for(REPORTER_NAMES)(
  '%s is at most twice as long when claims fail',
  { timeout: 60_000 },
  async (name) => {
    const report = failing([])
    const passing = await render(asIfPassed(report), name)
    expect((await render(report, name)).length).toBeLessThanOrEqual(longest(passing.length))
  },
)

describe('migrations that differ from the main branch', () => {
  const named = (migrations: NonNullable<ReturnType<typeof reportWith>['since']>['migrations']) => {
    const one = finding({ id: 'one', title: 'one', group: 'a.spec.ts' }, failed({ reason: 'No.' }))
    return ending(
      { ...reportWith([one]), since: { base: 'main (abc1234)', migrations, changes: [] } },
      undefined,
    )
  }

  test('are named first, with what became of each', () => {
    const [, first] = named([
      { name: '1_a.sql', state: 'removed' },
      { name: '2_a.sql', state: 'added' },
    ]).split('\n')
    expect(first).toBe('Migrations that differ from main (abc1234): 1_a.sql (gone), 2_a.sql (new)')
  })

  test('take three lines at most, and none where none differs', () => {
    const many = Array.from({ length: 40 }, (_, i) => ({
      name: `${i}_a_long_name.sql`,
      state: 'changed' as const,
    }))
    const lines = named(many).split('\n')
    expect(lines.indexOf('')).toBe(0)
    expect(lines.indexOf('', 1)).toBe(4)
    expect(named([])).not.toContain('differ')
  })
})
