/**
 * `npm run verify:phase1 -- --full`, as a person runs it: what is printed, and the exit status.
 *
 * Method: the script is run as a process of its own against databases of one server.
 */
import type { Database, RunningEngine, Session } from '../../engines/index.ts'
import {
  afterAll,
  beforeAll,
  describe,
  expect,
  fixture,
  referenceServer,
  test,
  verb,
} from '../../harness/index.ts'
import { inReadOnlyTransaction, verifyFull } from '../../verify/index.ts'

let server: RunningEngine
beforeAll(async () => {
  server = await referenceServer()
})
afterAll(() => server.stop())

const verify = ({ url = '' }: Database, ...args: string[]) =>
  verb('verify-phase1-migrations', ['--full', ...args], { DATABASE_URL: url })

/** A database in which something was done. */
async function databaseWith(script: string): Promise<Database> {
  const database = await server.open()
  await during(database, (session) => session.run(script))
  return database
}

async function during<T>(database: Database, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await database.connect()
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

test('all holds: the published block, the full one below it, status 0', async () => {
  const database = await databaseWith(fixture('a-metered-platform'))
  const plain = await verb('verify-phase1-migrations', [], { DATABASE_URL: database.url ?? '' })
  const run = await verify(database)
  expect(run).toMatchObject({ exitCode: 0 })
  expect(run.stdout.startsWith(plain.stdout)).toBe(true)
  expect(plain.stdout).toMatch(/PASSED ===\nAll migrations applied successfully!\n$/)
  expect(run.stdout).toMatch(/\n=== Full Verification PASSED ===\n34 checks hold, 0 warnings, \d+ notes\.\n$/)
  expect(Math.max(...run.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  // What was changed as it may be is told, and is no finding.
  const words = run.stdout.replace(/\s+/g, ' ')
  expect(words).toMatch(
    /· Price openai gpt-5-mini from [-\d: ]+ UTC: 0\.2 USD in, 1\.6 out, set by anna, source openai\.com\/pricing\./,
  )
  expect(words).toMatch(/· Price gpu us-east-1 from [-\d: ]+ UTC: 0\.001 USD a second, set by postgres\./)
})

test('findings: each is named, nothing says PASSED, status 1', async () => {
  const run = await verify(
    await databaseWith(`
      alter policy e2b_cost_records_select_tenant on copilot_internal.e2b_cost_records using (true);
      grant execute on function copilot_internal.check_quota(text, uuid, text, numeric) to authenticated;
      alter table copilot_internal.cost_quotas disable row level security;`),
  )
  expect(run.exitCode).toBe(1)
  expect(run.stdout).not.toContain('PASSED')
  expect(run.stdout.match(/^ {2}✗ .*$/gm)).toEqual([
    '  ✗ function copilot_internal.check_quota(text, uuid, text, numeric)',
    '  ✗ table copilot_internal.cost_quotas',
    '  ✗ table copilot_internal.e2b_cost_records',
  ])
  expect(run.stdout).toContain(
    '      privileges of authenticated\n        have: EXECUTE\n        want: none\n',
  )
  expect(run.stdout).toContain('      row level security\n        have: off\n        want: on\n')
  expect(run.stdout).toMatch(/\n=== Full Verification FAILED ===\n3 findings, /)
})

test('the nine lines hold and a fact does not: they do not say PASSED', async () => {
  const run = await verify(
    await databaseWith('alter function copilot_internal.quota_status security definer'),
  )
  expect(run.exitCode).toBe(1)
  expect(run.stdout.match(/^[✓✗]/gm)?.join('')).toBe('✓✓✓✓✓✓✓✓✓')
  expect(run.stdout).toContain(
    '=== Phase 1 Verification FAILED ===\nThese checks hold, but the full verification has findings.\n',
  )
})

describe('usage without a price', () => {
  let database: Database
  beforeAll(async () => {
    database = await databaseWith(
      `select copilot_internal.record_llm_usage('aaaaaaaa-0000-4000-8000-000000000001', 'openai', 'gpt-99', 7, 5)`,
    )
  })

  test('is a warning, status 0', async () => {
    const run = await verify(database)
    expect(run.exitCode).toBe(0)
    expect(run.stdout).toMatch(/\nwarnings:\n {2}! usage of openai gpt-99\n/)
  })

  test('is a finding with --strict, status 1', async () => {
    const run = await verify(database, '--strict')
    expect(run.exitCode).toBe(1)
    expect(run.stdout).not.toContain('PASSED')
  })
})

describe('what could not be checked', () => {
  test('for a lock: it is said, nothing says PASSED, status 2', async () => {
    const database = await databaseWith('')
    await during(database, async (session) => {
      await session.query('begin')
      await session.query('lock table copilot_internal.llm_cost_records in access exclusive mode')
      const run = await verify(database, '--timeout', '1')
      expect(run.exitCode).toBe(2)
      expect(run.stdout).not.toContain('PASSED')
      expect(run.stdout).toContain('error: somebody holds a lock')
      expect(run.stdout).toMatch(/=== Full Verification INCOMPLETE ===/)
      expect(run.stderr).toMatch(/\nCould not check: Not everything could be checked: [^\n]+\n$/)
    })
  })

  test('for the time limit: nothing is said to hold that was not read', async () => {
    await during(await databaseWith(''), async (session) => {
      const limits = { statementTimeoutMs: 1 }
      const { findings } = await inReadOnlyTransaction(session, () => verifyFull(session), limits)
      expect(findings).toMatchObject([{ outcome: 'error', reason: expect.stringMatching(/57014/) }])
    })
  })

  test('--strict alone is refused', async () => {
    const run = await verb('verify-phase1-migrations', ['--strict'])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toMatch(/give both/)
  })
})
