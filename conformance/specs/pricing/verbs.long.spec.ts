/**
 * The verbs about prices on databases: what they refuse, that they write nothing then, and the report in all its forms.
 *
 * Method: a server of the reference version with three databases: without the migrations, with a month of usage, and empty.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Database, RunningEngine } from '../../engines/index.ts'
import { afterAll, beforeAll, describe, expect, referenceServer, test, verb } from '../../harness/index.ts'
import { manifestOf, releasedAs, writeManifest } from '../../predeploy/index.ts'
import { REPORTER_NAMES, REPORTERS, ReportSchema } from '../../report/index.ts'
import { loadMonth } from '../../usage/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'pricing-'))
let server: RunningEngine
let used: Database
let bare: Database

beforeAll(async () => {
  server = await referenceServer()
  used = await server.open()
  bare = await server.open({ holds: 'platform' })
  const session = await used.connect()
  await loadMonth(session, 600)
  await session.close()
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

const SHEET = 'fixtures/pricing/several-changes.json'
const out = join(folder, 'out')

describe('wrong input ends with one sentence and status 2, writing nothing', () => {
  const refused = async (name: string, args: readonly string[], says: RegExp) => {
    const run = await verb(name, args)
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr.split('\n').filter((line) => line.startsWith('Could not check: '))).toHaveLength(1)
    expect(run.stderr).toMatch(says)
    expect(existsSync(out)).toBe(false)
  }

  test('a database that is not migrated', async () => {
    await refused(
      'pricing-diff',
      [SHEET, '--db-url', bare.url ?? ''],
      /has not the price lists of the migrations/,
    )
    await refused(
      'pricing-migration',
      [SHEET, '--db-url', bare.url ?? '', '--out', out],
      /has not the price lists/,
    )
    await refused('pricing-report', [SHEET, '--db-url', bare.url ?? ''], /has not the price lists/)
  }, 120_000)

  test('a start in the past with usage after it', async () => {
    const args = [SHEET, '--db-url', used.url ?? '', '--out', out]
    await refused(
      'pricing-migration',
      args,
      /would begin at 2026-01-\d\d.*usage until .* is charged .*: let it begin later\.\n$/,
    )
  }, 60_000)

  test('a file that is not there, and a commit that is none', async () => {
    await refused('pricing-migration', ['none.json', '--out', out], /none\.json cannot be read/)
    await refused('pricing-report', ['--base', 'no-such-commit'], /--base no-such-commit cannot be read/)
    await refused('pricing-report', [], /Say what to compare/)
  }, 60_000)

  const LIST = 'fixtures/pricing/litellm-2026-01-03.json'
  const ABOUT_DAYS = /^Could not check: --\w+ "[^"]+" is no (day|moment in UTC): expected YYYY-MM-DD.*\.\n$/

  const dates = [
    { option: '--effective', date: '2026-02-30' },
    { option: '--effective', date: '2026-01-19T24:00:00Z' },
    { option: '--today', date: '2026-02-31' },
  ]
  test.for(dates)('$option $date', { timeout: 60_000 }, async ({ option, date }) => {
    const args = ['--from', LIST, SHEET, option, date]
    await refused('pricing-migration', [...args, '--out', out], ABOUT_DAYS)
  })

  test('a provider that is misspelt', async () => {
    const says = /has a price of --provider grokk: there is .*\bgroq\b/
    await refused('pricing-diff', ['--from', LIST, LIST, '--provider', 'grokk'], says)
  }, 60_000)

  const conflicts = [
    { name: 'pricing-diff', both: ['--engine', 'pglite', '--db-url', 'postgresql://localhost/x'] },
    { name: 'pricing-report', both: ['--engine', 'pglite', '--linked'] },
    { name: 'pricing-diff', both: ['--from', LIST, '--db-url', 'bogus'] },
    { name: 'pricing-migration', both: ['--from', LIST, '--engine', 'pglite', '--out', out] },
  ]
  test.for(conflicts)('$name: $both.0 beside $both.2', { timeout: 60_000 }, async ({ name, both }) => {
    const run = await verb(name, [SHEET, ...both])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toMatch(/^error: option '--\S+ <[\w-]+>' cannot be used with option '--/)
    expect(existsSync(out)).toBe(false)
  })

  test('no folder to write to', async () => {
    const run = await verb('pricing-migration', [SHEET, '--out', ''])
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toContain('It is empty: expected a folder')
  }, 60_000)

  test('usage into a database that holds some, or that nobody named', async () => {
    await refused('usage', ['--db-url', used.url ?? ''], /holds usage already/)
    await refused('usage', [], /No database is named/)
  }, 60_000)
})

test('paths are the caller’s, wherever npm runs the verb', async () => {
  const called = (name: string) => ({ INIT_CWD: folder, npm_lifecycle_event: name })
  writeFileSync(join(folder, 'mine.json'), readFileSync(SHEET))
  const none = await verb('pricing-diff', ['none.json'], called('pricing:diff'))
  expect(none.stderr).toContain(`Could not check: ${join(folder, 'none.json')} cannot be read (ENOENT)`)
  const run = await verb('pricing-migration', ['mine.json', '--out', 'theirs'], called('pricing:migration'))
  expect(run.exitCode, run.stderr).toBe(0)
  expect(run.stderr).toContain(`${join(folder, 'theirs', 'migrations')}/`)
  // What runs a verb of its own is called from elsewhere.
  const inner = await verb('pricing-diff', ['mine.json'], called('test'))
  expect(inner.stderr).toContain(`Could not check: ${resolve('mine.json')} cannot be read`)
}, 120_000)

describe('both files of a migration are written, or neither', () => {
  const lists = ['2026-01-03', '2026-07-24'].map((day) => `fixtures/pricing/litellm-${day}.json`)
  const name = '20260119000001_groq'
  const args = ['--from', ...lists, '--provider', 'groq', '--effective', '2026-01-19', '--name', name]
  const ways = [
    { what: 'a file in place of a folder', at: 'prices', code: /EEXIST|ENOTDIR/, isFolder: false },
    { what: 'a folder in place of a file', at: `prices/${name}.json`, code: /E\w+/, isFolder: true },
  ]
  test.for(ways)('$what', { timeout: 60_000 }, async ({ at, code, isFolder }) => {
    const there = mkdtempSync(join(folder, 'half-'))
    if (isFolder) mkdirSync(join(there, at, 'inside'), { recursive: true })
    else writeFileSync(join(there, at), 'mine')
    const before = readdirSync(there, { recursive: true })
    const run = await verb('pricing-migration', [...args, '--out', there])
    expect(run.exitCode, run.stderr).toBe(2)
    expect(run.stderr).toMatch(
      /^Could not check: \S+ cannot be written \([A-Z]+\), and nothing is: [^\n]+\.\n$/,
    )
    expect(run.stderr).toContain(join(there, at))
    expect(run.stderr).toMatch(code)
    expect(readdirSync(there, { recursive: true })).toEqual(before)
  })

  test('over no migration of another hand, nor a released one', async () => {
    const there = mkdtempSync(join(folder, 'theirs-'))
    const path = join(there, 'migrations', `${name}.sql`)
    const make = (...more: string[]) => verb('pricing-migration', [...args, ...more, '--out', there])
    mkdirSync(dirname(path))
    writeFileSync(path, '-- Mine.\nselect 1;\n')
    const foreign = await make()
    expect(foreign).toMatchObject({ exitCode: 2 })
    expect(foreign.stderr).toBe(
      `Could not check: ${path} was not made by this verb, and is left as it is: give the migration another --name.\n`,
    )
    expect(readdirSync(there, { recursive: true }).sort()).toEqual(['migrations', `migrations/${name}.sql`])
    expect(readFileSync(path, 'utf8')).toBe('-- Mine.\nselect 1;\n')

    rmSync(path)
    expect((await make()).exitCode).toBe(0)
    expect((await make('--title', 'A long title, '.repeat(9))).stderr).toContain(`${path} is written`)
    const bytes = readFileSync(path)
    writeManifest(manifestOf(dirname(path)), releasedAs([{ name: `${name}.sql`, bytes }]))
    const released = await make('--title', 'Another')
    expect(released).toMatchObject({ exitCode: 2 })
    expect(released.stderr).toContain(`${path} is released with another text`)
    expect(readFileSync(path)).toEqual(bytes)
    expect((await make('--title', 'A long title, '.repeat(9), '--check')).exitCode).toBe(0)
  }, 120_000)
})

test('something unsafe ends with status 1, names its key, and writes nothing', async () => {
  const sheet = JSON.parse(readFileSync(SHEET, 'utf8'))
  sheet.models[0].input = '1.6'
  const file = join(folder, 'unsafe.json')
  writeFileSync(file, JSON.stringify(sheet))
  const run = await verb('pricing-migration', [file, '--out', out])
  expect(run.exitCode).toBe(1)
  expect(run.stdout).toContain('✗ unit:openai/o3')
  expect(existsSync(out)).toBe(false)
  const accepted = await verb('pricing-migration', [
    file,
    '--out',
    out,
    '--accept',
    'unit:openai/o3=the page says so',
    '--accept',
    'output-below-input:openai/o3=so does this',
  ])
  expect(accepted.exitCode, accepted.stderr + accepted.stdout).toBe(0)
  const [, path = ''] = /^(\S+\.sql) is written/m.exec(accepted.stderr) ?? []
  expect(readFileSync(path, 'utf8')).toContain('Accepted unit:openai/o3: the page says so')
}, 60_000)

test('a report on a database only reads, and comes in every form', async () => {
  const reports = join(folder, 'reports')
  const run = await verb('pricing-report', [SHEET, '--db-url', used.url ?? '', '--report', reports])
  // Three of the prices would begin before usage that is charged already.
  expect(run.exitCode, run.stderr).toBe(1)
  expect(REPORTER_NAMES.filter((name) => !existsSync(join(reports, REPORTERS[name])))).toEqual([])
  const report = ReportSchema.parse(JSON.parse(readFileSync(join(reports, 'report.json'), 'utf8')))
  expect(report.sections?.map(({ title }) => title)).toEqual([
    'What is compared',
    'What changes',
    'Timeline of each price that changes',
    'Replay of recorded usage',
    'Replay by tenant: the ten most affected',
    'Replay by model',
    'Replay by task',
    'Replay by day',
    'Quotas that flip',
  ])
  expect(report.findings.map(({ id }) => id)).toContain('usage/drift')
  const page = readFileSync(join(reports, 'report.html'), 'utf8')
  expect(page.match(/<svg/g)?.length).toBeGreaterThanOrEqual(3)
  expect(readFileSync(join(reports, 'report.md'), 'utf8')).toContain('## Replay by model')
}, 60_000)

test('two reports on the same input differ in the header only', async () => {
  const made = async (name: string) => {
    const reports = join(folder, name)
    await verb('pricing-report', [
      SHEET,
      '--db-url',
      used.url ?? '',
      '--today',
      '2026-01-21',
      '--reporter',
      'json',
      '--report',
      reports,
    ])
    const { header: _, trial: __, ...rest } = JSON.parse(readFileSync(join(reports, 'report.json'), 'utf8'))
    return rest
  }
  expect(await made('one')).toEqual(await made('two'))
}, 60_000)
