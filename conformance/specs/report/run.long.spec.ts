/**
 * The reports of a run: the same twice but for the header, what is broken told in fields, and no secret in any of them.
 *
 * Method: Vitest runs small specs of our own making, some of which fail, twice; each run writes all reports as `npm test`
 * does. The password of a database stands in the failures.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { $ } from 'zx'
import { test as base, describe, expect } from '../../harness/index.ts'
import { REPORTER_NAMES, REPORTERS, ReportSchema, tallyOf } from '../../report/index.ts'
import { readers } from './readers.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const PASSWORD = 'hunter2/&"<#'
const url = `postgresql://postgres:${encodeURIComponent(PASSWORD)}@db.example.com:5432/postgres`

/** As `npm test` does it. */
const script = `
  import { startVitest } from 'vitest/node'
  import { redactionOf } from '${root}conformance/connection/index.ts'
  import { REPORTER_NAMES } from '${root}conformance/report/index.ts'
  import { EndOfRun, heardBy } from '${root}conformance/results/index.ts'
  import { Messenger } from '${root}conformance/runner/index.ts'
  const url = ${JSON.stringify(url)}
  const secrets = redactionOf([url], {})
  const vitest = await startVitest('test', [], {
    root: import.meta.dirname, config: false, watch: false, reporters: [new Messenger(heardBy([new EndOfRun({
      folder: process.argv[2], reporters: REPORTER_NAMES, command: 'npm test -- --url ' + url,
      clean: (text) => secrets.clean(text),
    })]))],
    projects: ['second', 'first'].map((name) => ({ test: { name, include: ['*.spec.ts'] } })),
  })
  await vitest.close()`

/** What a run can bring, a claim that is skipped for a reason with a secret in it included. */
const specs = {
  'z.spec.ts': `
    import fc from 'fast-check'
    import { expect, test } from 'vitest'
    import { Ledger } from '${root}conformance/harness/ledger.ts'
    const verdict = (evidence) => ({ ok: false, description: 'rows', diagnostics: 'in words', evidence })
    test('rows', () => { new Ledger().check(verdict({ have: 'n=1', want: 'n=2' }), '    acme: select n from copilot_internal.t') })
    test('lists', () => { new Ledger().check(verdict({ extra: ['a'], missing: ['b', 'c'] }), '    tap') })
    test('values', () => { expect({ cost: '0.1' }).toEqual({ cost: '0.2' }) })
    test('a property', () => fc.assert(
      fc.property(fc.nat(), (cents) => { expect({ cents }).toEqual({ cents: 7 }) }), { seed: 5 }))
    test('words', () => { const no = new Error('\\u001b[31mNo.\\u001b[39m'); no.cause = no; throw no })
    test('twice', () => {})
    test('twice', () => {})`,
  'a.spec.ts': `
    import { expect, test } from 'vitest'
    const url = ${JSON.stringify(url)}
    const password = ${JSON.stringify(PASSWORD)}
    test('the driver repeats the URL', () => { throw new Error('cannot connect to ' + url) })
    test('a value holds ' + password, () => { expect({ password }).toEqual({ password: 'x' + password }) })
    test('kept', () => { expect(1).toBe(1) })
    test.skip('left out [not applicable: it has no ' + password + ']', () => {})`,
}

interface Written {
  readonly stdout: string
  /** File → text. */
  readonly files: Readonly<Record<string, string>>
}

const test = base.extend(
  'runs',
  { scope: 'file' },
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the names of fixtures off the pattern
  async ({}, { onCleanup }) => {
    mkdirSync(join(root, 'reports'), { recursive: true })
    const folder = mkdtempSync(join(root, 'reports/run-'))
    onCleanup(() => rmSync(folder, { recursive: true }))
    for (const [name, text] of Object.entries({ ...specs, 'run.ts': script }))
      writeFileSync(join(folder, name), text)
    return Promise.all(['one', 'two'].map((name) => run(folder, name)))
  },
)

async function run(folder: string, name: string): Promise<Written> {
  const reports = join(folder, name)
  const shell = $({ quiet: true, nothrow: true, cwd: root })
  const { stdout } = await shell`node --import tsx ${join(folder, 'run.ts')} ${reports}`
  const files = readdirSync(reports).map((file) => [file, readFileSync(join(reports, file), 'utf8')])
  return { stdout, files: Object.fromEntries(files) }
}

const reportIn = ({ files }: Written) => ReportSchema.parse(JSON.parse(files[REPORTERS.json] ?? ''))

test('all of them are written, valid, and count as the last line does', { timeout: 240_000 }, async ({
  runs,
}) => {
  for (const written of runs) {
    expect(Object.keys(written.files).sort()).toEqual([...Object.values(REPORTERS), 'matrix.json'].sort())
    expect(written.stdout).toMatch(/\n6 passed, 14 failed, 2 skipped\n$/)
    for (const name of REPORTER_NAMES)
      expect(await readers[name](written.files[REPORTERS[name]] ?? ''), name).toEqual({
        passed: 6,
        failed: 14,
        skipped: 2,
      })
  }
})

test('two runs on the same input differ in the header only', ({ runs }) => {
  const [one, two] = runs.map((written) => {
    const { header, ...rest } = reportIn(written)
    expect(header.durationMs).toBeGreaterThan(0)
    return rest
  })
  expect(one).toEqual(two)
  for (const name of ['terminal', 'tap'] as const)
    expect(runs[0]?.files[REPORTERS[name]]).toBe(runs[1]?.files[REPORTERS[name]])
})

test('no report holds the password, in whatever way it may be written', ({ runs }) => {
  const ways = [PASSWORD, encodeURIComponent(PASSWORD), JSON.stringify(PASSWORD).slice(1, -1), 'hunter2']
  for (const [name, text] of runs.flatMap(({ files }) => Object.entries(files)))
    for (const way of ways) expect(text.includes(way), `${name} holds ${way}`).toBe(false)
})

describe('what is broken is told in fields', () => {
  const told = [
    ['rows', { have: 'n=1', want: 'n=2', objects: ['copilot_internal.t'] }],
    ['lists', { extra: ['a'], missing: ['b', 'c'] }],
    ['values', { have: expect.stringContaining('0.1'), want: expect.stringContaining('0.2') }],
    [
      'a property',
      {
        have: expect.stringContaining('"cents": 0'),
        want: expect.stringContaining('"cents": 7'),
        at: expect.stringMatching(/z\.spec\.ts:9$/),
        reason: expect.stringMatching(/Counterexample: \[0\](?!.*verbose)/s),
      },
    ],
    ['words', { reason: 'No.' }],
  ] as const
  test.for(told)('%s', ([title, evidence], { runs }) => {
    const [written] = runs
    const found = written ? reportIn(written).findings.filter((finding) => finding.title === title) : []
    expect(found.map(({ engine }) => engine)).toEqual(['first', 'second'])
    for (const finding of found) expect(finding).toMatchObject({ outcome: 'failed', ...evidence })
  })
})

test('claims of one title are told apart', ({ runs }) => {
  const ids = runs.flatMap((written) =>
    reportIn(written).findings.map(({ id, engine }) => `${id} on ${engine}`),
  )
  expect(new Set(ids).size).toBe(ids.length / 2)
  expect(tallyOf(runs.flatMap((written) => reportIn(written).findings)).passed).toBe(12)
})
