/**
 * Test files that cannot be read cost themselves and no other, and say why.
 *
 * Method: a folder with each kind of them is made; no database is asked but where a file is read.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { $ } from 'zx'
import { expect, test, verb } from '../../harness/index.ts'
import { type FileResult, findTests, readProject, tapStream, tapSummary } from '../../pgtap-files/index.ts'

const PASSES = 'select plan(1);\nselect ok(true);\nselect * from finish();\n'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Finds and reads the files of a folder, as a user for whom rights count. */
const READS = `
  import { join } from 'node:path'
  import { findTests } from './conformance/pgtap-files/index.ts'
  import { readScript } from './conformance/pgtap-files/read-script.ts'
  const [folder] = process.argv.slice(1)
  if (process.geteuid() === 0) process.seteuid(65534)
  const read = ({ file, why }) => why ?? readScript(join(folder, file), file).then(() => 'read', (error) => error.message)
  const found = findTests(['.'], folder)
  process.stdout.write(JSON.stringify(await Promise.all(found.map(async (each) => [each.file, await read(each)]))))`

/** Does something in a folder of its own. */
async function inFolder<T>(work: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'pgtap-paths-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('a path that cannot be read fails that path and no other', () =>
  inFolder((folder) => {
    writeFileSync(join(folder, 'a.sql'), PASSES)
    mkdirSync(join(folder, 'b.sql'))
    symlinkSync('c.sql', join(folder, 'c.sql'))
    symlinkSync('nowhere.sql', join(folder, 'd.sql'))
    expect(findTests(['.'], folder)).toEqual([
      { file: 'a.sql' },
      { file: 'b.sql', why: 'It cannot be read: it is a folder.' },
      { file: 'c.sql', why: 'It cannot be read: its link leads in a circle.' },
      { file: 'd.sql', why: 'It cannot be read: its link leads nowhere.' },
    ])
  }))

test('a path that there is no right to read fails that path and no other', () =>
  inFolder(async (folder) => {
    writeFileSync(join(folder, 'a.sql'), PASSES)
    writeFileSync(join(folder, 'b.sql'), PASSES, { mode: 0 })
    mkdirSync(join(folder, 'c'), { mode: 0 })
    chmodSync(folder, 0o755)
    const { stdout } = await $({
      quiet: true,
      cwd: root,
    })`node --import tsx --input-type=module --eval ${READS} ${folder}`
    expect(JSON.parse(stdout)).toEqual([
      ['a.sql', 'read'],
      ['b.sql', 'It cannot be read: this user has no right to read it.'],
      ['c', 'It cannot be read: this user has no right to read it.'],
    ])
  }))

test('a link to a folder above is not walked again', () =>
  inFolder((folder) => {
    mkdirSync(join(folder, 'below'))
    writeFileSync(join(folder, 'below', 'a.sql'), PASSES)
    symlinkSync('..', join(folder, 'below', 'up'))
    symlinkSync('.', join(folder, 'below', 'here'))
    mkdirSync(join(folder, 'elsewhere'))
    symlinkSync('../below', join(folder, 'elsewhere', 'linked'))
    expect(findTests(['.'], folder).map(({ file }) => file)).toEqual([
      'below/a.sql',
      'elsewhere/linked/a.sql',
    ])
  }))

test('what is no UTF-8 is refused, and the others are run', { timeout: 60_000 }, () =>
  inFolder(async (folder) => {
    writeFileSync(join(folder, '1.sql'), Buffer.from([0x73, 0xe4, 0x3b]))
    writeFileSync(join(folder, '2.sql'), Buffer.from(`\ufeff${PASSES}`, 'utf16le'))
    writeFileSync(join(folder, '3.sql'), `\ufeff${PASSES}`)
    mkdirSync(join(folder, '4.sql'))
    const { exitCode, stdout } = await verb('pgtap', [folder])
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/1\.sql: It is not in UTF-8: save it in UTF-8\.$/m)
    expect(stdout).toMatch(/2\.sql: It is in UTF-16: save it in UTF-8\.$/m)
    expect(stdout).toMatch(/4\.sql: It cannot be read: it is a folder\.$/m)
    expect(stdout).toMatch(/^# 4 files with 1 test: 1 passed, 2 failed, 0 skipped, 1 not run$/m)
  }),
)

test('a line break in the name of a file is printed as such', () => {
  let stream = ''
  const listener = tapStream(1, (text) => {
    stream += text
  })
  const result: FileResult = {
    file: 'a\nnot ok 2.sql',
    outcome: 'failed',
    durationMs: 1,
    points: [],
    planned: 1,
    skipped: undefined,
    bailedOut: undefined,
    reasons: ['of a\nb'],
  }
  listener.begins?.(result.file)
  listener.ends?.(result)
  expect(stream.split('\n').filter((line) => /^(not )?ok/.test(line))).toEqual([
    String.raw`not ok 1 - a\nnot ok 2.sql`,
  ])
  expect(tapSummary([result])).not.toMatch(/^not ok/m)
})

test('a project says what is wrong with its configuration', () =>
  inFolder((folder) => {
    expect(() => readProject(folder)).toThrow(/is no project of Supabase: expected a folder supabase in it/)
    mkdirSync(join(folder, 'supabase', 'seeds'), { recursive: true })
    writeFileSync(join(folder, 'supabase', 'seeds', 'b.sql'), '')
    writeFileSync(join(folder, 'supabase', 'seeds', 'a.sql'), '')
    writeFileSync(join(folder, 'supabase', 'config.toml'), '[db\n')
    expect(() => readProject(folder)).toThrow(/config\.toml: Invalid TOML document/)
    writeFileSync(join(folder, 'supabase', 'config.toml'), '[db]\nmajor_version = "15"\n')
    expect(() => readProject(folder)).toThrow(/config\.toml: db\.major_version: Invalid input: expected/)
    writeFileSync(join(folder, 'supabase', 'config.toml'), '[db.seed]\nsql_paths = ["./seeds/[ab]*.sql"]\n')
    expect(readProject(folder)).toMatchObject({
      major: 17,
      scripts: [{ path: 'supabase/seeds/a.sql' }, { path: 'supabase/seeds/b.sql' }],
    })
  }))
