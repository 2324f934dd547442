/**
 * `npm run verify:phase1 -- --db-url …`, as a person runs it: what is printed where, and the exit status.
 *
 * Method: the script is run as a process of its own against a database of its own.
 */
import type { Database } from '../../engines/index.ts'
import { describe, expect, needs, verb } from '../../harness/index.ts'
import { ReportSchema } from '../../report/index.ts'

const PASSED = `=== Phase 1 Migration Verification ===

✓ All required tables exist
✓ E2B pricing seeded (4 tiers)
✓ LLM pricing seeded (27 models, 4 providers)
✓ resource_type column added to cost_quotas
✓ All 5 helper functions created
✓ E2B cost calculation working
✓ LLM cost calculation working
✓ All 7 aggregation views created
✓ RLS policies active on all tables

=== Phase 1 Verification PASSED ===
All migrations applied successfully!
`

const verify = (args: readonly string[], env?: Record<string, string>) =>
  verb('verify-phase1-migrations', args, env)

/** Everything a verification could have changed: the catalog's own counters of writes, and the rows. */
async function traces(database: Database) {
  const session = await database.connect()
  const rows = await session.query(
    `select (select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_all_tables where schemaname = 'copilot_internal') as writes,
            (select count(*) from copilot_internal.model_pricing) as models, (select count(*) from pg_class) as relations`,
  )
  await session.close()
  return rows
}

describe('an existing database', () => {
  needs('network', 'own-database')('passes with exactly the published block', async ({ ownDatabase }) => {
    const database = await ownDatabase()
    const before = await traces(database)
    const run = await verify(['--db-url', database.url ?? ''])
    expect(run).toMatchObject({ exitCode: 0, stdout: PASSED })
    expect(run.stderr).toMatch(
      /An existing database, read-only: "\w+" on Postgres \d+.*, as postgres\.\nNot checked without --full: .*\nTook [\d.]+ s\.\n$/,
    )
    expect(await traces(database)).toEqual(before)
  })

  needs('network', 'own-database')('is found through DATABASE_URL, too', async ({ ownDatabase }) => {
    const { url = '' } = await ownDatabase()
    expect(await verify([], { DATABASE_URL: url })).toMatchObject({ exitCode: 0, stdout: PASSED })
  })

  needs('network', 'own-database')('fails with have and want, all nine reported', async ({ ownDatabase }) => {
    const database = await ownDatabase()
    const session = await database.connect()
    await session.run(`
      delete from copilot_internal.e2b_pricing where tier = 'gpu';
      alter view copilot_internal.cost_summary_by_task set (security_invoker = false);`)
    await session.close()
    const run = await verify(['--db-url', database.url ?? ''])
    expect(run.exitCode).toBe(1)
    expect(run.stdout.match(/^[✓✗]/gm)?.join('')).toBe('✓✗✓✓✓✓✓✗✓')
    expect(run.stdout).toContain(
      '✗ E2B pricing seeded (4 tiers)\n    have: 3 of 4\n    want: also gpu in us-east-1\n',
    )
    expect(run.stdout).toContain('cost_summary_by_task (not security_invoker)')
    expect(run.stdout).toMatch(/=== Phase 1 Verification FAILED ===\n2 of 9 checks failed\.\n$/)
  })

  needs('network', 'own-database')(
    'prints one JSON object instead, the same twice',
    async ({ ownDatabase }) => {
      const { url = '' } = await ownDatabase()
      const runs = [
        await verify(['--json'], { DATABASE_URL: url }),
        await verify(['--json'], { DATABASE_URL: url }),
      ]
      const [first, second] = runs.map(({ stdout }) => {
        const { header, ...rest } = ReportSchema.parse(JSON.parse(stdout))
        expect(header.durationMs).toBeGreaterThan(0)
        return rest
      })
      expect(first).toEqual(second)
      expect(first).toMatchObject({
        verb: 'verify:phase1',
        verdict: 'passed',
        trial: { servers: [{ engine: 'database' }] },
      })
      expect(first?.findings.map(({ outcome }) => outcome)).toEqual(Array(9).fill('passed'))
    },
  )

  needs('network', 'own-database')('fails in all nine when nothing was applied', async ({ ownDatabase }) => {
    const { url = '' } = await ownDatabase({ holds: 'platform' })
    const run = await verify(['--db-url', url])
    expect(run.exitCode).toBe(1)
    expect(run.stdout.match(/^[✓✗]/gm)?.join('')).toBe('✗✗✗✗✗✗✗✗✗')
    expect(run.stderr).toMatch(/Nothing of phase 1 is in this database: apply the migrations first/)
  })
})

describe('a database that cannot be checked', () => {
  needs('network')('leaves one JSON object that says so', async () => {
    const run = await verify(['--json', '--db-url', 'postgresql://postgres@127.0.0.1:1/postgres'])
    expect(run.exitCode).toBe(2)
    expect(ReportSchema.parse(JSON.parse(run.stdout)).verdict).toBe('error')
  })

  const refusals = [
    [
      'no server listens there',
      (url: URL) => {
        url.port = '1'
      },
    ],
    [
      'the password is wrong',
      (url: URL) => {
        url.password = 'not-the-password'
      },
    ],
    [
      'there is no such database',
      (url: URL) => {
        url.pathname = '/nowhere'
      },
    ],
  ] as const

  for (const [mistake, make] of refusals) {
    needs('network', 'own-database')(`exits with 2 and one sentence: ${mistake}`, async ({ ownDatabase }) => {
      const url = new URL((await ownDatabase()).url ?? '')
      const { password } = url
      make(url)
      const run = await verify(['--db-url', url.href])
      expect(run).toMatchObject({ exitCode: 2, stdout: '' })
      expect(run.stderr).toMatch(/^The database is from --db-url\.\nCould not check: [^\n]+\n$/)
      expect(run.stderr).not.toContain(password)
      expect(run.stderr).not.toContain('not-the-password')
    })
  }
})
