/**
 * `npm run pgtap`: existing pgTAP files, as they stand in supabase/tests, without psql.
 *
 * Method: the files of fixtures/pgtap, run by the verb as a process; what it prints is read by a TAP reader of others.
 */
import { Parser, type Result } from 'tap-parser'
import { z } from 'zod'
import { expect, test, verb } from '../../harness/index.ts'

/** The part of a file's test point that says why it fails. */
const Diagnostics = z.strictObject({ reasons: z.array(z.string()) })
const Report = z.looseObject({
  files: z.array(z.looseObject({ outcome: z.string(), reasons: z.array(z.string()) })),
})

/** What a TAP reader makes of a stream: whether all is well, and the outer test points. */
function read(stream: string): { ok: boolean; points: Result[] } {
  const points: Result[] = []
  let ok = false
  const parser = new Parser((results) => {
    ok = results.ok
  })
  parser.on('assert', (result: Result) => points.push(result))
  parser.end(stream)
  return { ok, points }
}

test('files that pass are one TAP stream, a subtest each', async () => {
  const { exitCode, stdout } = await verb('pgtap', ['fixtures/pgtap/passes'])
  const { ok, points } = read(stdout)
  expect({ exitCode, ok }).toEqual({ exitCode: 0, ok: true })
  expect(points.map(({ name, skip }) => [name, skip])).toEqual([
    ['fixtures/pgtap/passes/copies-csv.sql', false],
    ['fixtures/pgtap/passes/copies.sql', false],
    ['fixtures/pgtap/passes/goes-on.sql', false],
    ['fixtures/pgtap/passes/language.sql', false],
    ['fixtures/pgtap/passes/quoting.sql', false],
    ['fixtures/pgtap/passes/runs-functions.sql', false],
    ['fixtures/pgtap/passes/skipped.sql', 'there is nothing to bill yet'],
    ['fixtures/pgtap/passes/tenants.sql', false],
  ])
  expect(stdout).toContain(`    ok 2 - Acme sees its own costs; and no other's\n`)
  expect(stdout).toMatch(/^# 8 files with 55 tests: 7 passed, 0 failed, 1 skipped, 0 not run$/m)
})

/** Each file of fixtures/pgtap/fails, and the sentence it fails with. */
const failures: Readonly<Record<string, RegExp>> = {
  'connection-lost.sql': /connection-lost\.sql: The connection to Postgres is closed: /,
  'empty.sql': /^It printed no TAP: expected select plan\(n\)/,
  'failing-test.sql': /^1 of 2 tests failed: 2\.$/,
  'late-else.sql': /late-else\.sql:5: \\elif cannot come after \\else\.$/,
  'no-if.sql': /no-if\.sql:1: \\endif has no \\if before it\.$/,
  'no-include.sql': /no-include\.sql:3: \\ir names .*nowhere\.sql, and there is no such file\.$/,
  'no-plan.sql': /^It ran 1 test without a plan: expected select plan\(n\)/,
  'no-row.sql': /no-row\.sql:3: \\gset takes exactly one row, and there are 0\.$/,
  'no-tap.sql': /^It printed no TAP: /,
  'no-test.sql': /no-test\.sql:3: # No tests run! \(SQLSTATE P0001\)$/,
  'no-value.sql': /no-value\.sql:1: ON_ERROR_STOP cannot be "maybe" here: on or off\.$/,
  'open-if.sql': /open-if\.sql:7: An \\if is not closed: \\endif is missing\.$/,
  'open-quote.sql': /open-quote\.sql:1: A quote is not closed before the end of the line\.$/,
  'out-of-sequence.sql': /^Its tests are out of sequence: number 3 where 2 is due\.$/,
  'sql-error.sql': /sql-error\.sql:5: relation "nowhere" does not exist \(SQLSTATE 42P01\)$/,
  'too-few.sql': /^It planned 3 tests and ended after 1\.$/,
  'too-many.sql': /^It planned 1 test and ran 2\.$/,
  'two-plans.sql': /^It has 2 plans: expected one/,
}

test('a file fails in each way with a sentence of its own', async () => {
  const { exitCode, stdout } = await verb('pgtap', ['fixtures/pgtap/fails'])
  const { ok, points } = read(stdout)
  expect({ exitCode, ok }).toEqual({ exitCode: 1, ok: false })
  expect(points.map(({ name, ok }) => [name, ok])).toEqual(
    Object.keys(failures).map((name) => [`fixtures/pgtap/fails/${name}`, false]),
  )
  for (const { name, diag } of points) {
    const { reasons } = Diagnostics.parse(diag)
    expect(reasons).toEqual([expect.stringMatching(failures[name.replace(/^.*\//, '')] ?? 'a sentence')])
  }
})

test('a file that needs more than a connection is not run, and says so', async () => {
  const { exitCode, stdout, stderr } = await verb('pgtap', ['fixtures/pgtap/refused', '--json'])
  expect(exitCode).toBe(2)
  expect(stderr).toMatch(
    /^Could not check: fixtures\/pgtap\/refused\/autocommit\.sql, .*copy\.sql could not be run/m,
  )
  const { files } = Report.parse(JSON.parse(stdout))
  expect(files.map(({ outcome, reasons }) => [outcome, ...reasons])).toEqual([
    ['not-run', expect.stringMatching(/autocommit\.sql:1: AUTOCOMMIT cannot be "off" here: only on\.$/)],
    ['not-run', expect.stringMatching(/backquotes\.sql:1: A command in backquotes is not run: .* --set\.$/)],
    [
      'not-run',
      expect.stringMatching(/connect\.sql:1: \\connect postgres is not done here: .* one connection/),
    ],
    [
      'not-run',
      expect.stringMatching(/copy\.sql:3: \\copy t to 'rows\.csv' is not done here: no file is written\.$/),
    ],
  ])
})

test('PGlite answers as a server does', async () => {
  // Each file takes a PGlite of its own, and seconds to start it: specs/engines plays all of them.
  const files = ['fixtures/pgtap/passes/goes-on.sql', 'fixtures/pgtap/passes/language.sql']
  const { exitCode, stdout } = await verb('pgtap', [...files, '--engine', 'pglite'])
  expect(exitCode).toBe(0)
  expect(read(stdout)).toMatchObject({ ok: true, points: { length: 2 } })
})

test.for([
  [['fixtures/pgtap/nowhere'], /There is no file or folder fixtures\/pgtap\/nowhere in /],
  [['fixtures/pgtap/passes', '--engine', 'oracle'], /Allowed choices are pglite, embedded-15/],
  [
    ['fixtures/pgtap/passes', '--first', 'fixtures/pgtap/first.psql'],
    /first\.psql:3: syntax error at or near ":"/,
  ],
] as const)('nothing is run with %j', async ([args, sentence]) => {
  const { exitCode, stdout, stderr } = await verb('pgtap', args)
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toMatch(sentence)
})
