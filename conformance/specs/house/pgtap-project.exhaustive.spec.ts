/**
 * `npm run pgtap -- --project`: another project at once, its reports, other readers of TAP, and a database of one's own.
 *
 * Method: projects of fixtures/projects, run by the verb as a process. What it prints is also read by Debian's prove.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { $ } from 'zx'
import { expect, needsTool, test, verb } from '../../harness/index.ts'

const SLOW = { timeout: 120_000 }
const checkout = fileURLToPath(new URL('../../../', import.meta.url))

/** Does something in a folder of its own. */
async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'pgtap-project-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('a project runs by one command, and its reports have each test', SLOW, () =>
  inFolder(async (folder) => {
    const { exitCode, stdout } = await verb('pgtap', [
      ...['--project', 'fixtures/projects/cron-jobs', '--report', folder],
    ])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^# 1 file with 5 tests: 1 passed, 0 failed, 0 skipped, 0 not run$/m)
    expect(stdout).toMatch(/^# Stand-in for extension pg_cron: jobs are kept in cron\.job, and none runs$/m)
    const junit = readFileSync(join(folder, 'junit.xml'), 'utf8')
    expect(junit).toContain('old carts are purged')
    expect(junit).toContain('supabase/tests/jobs.test.sql')
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('old carts are purged')
  }),
)

test('an extension that one engine has chooses it, and says so', SLOW, async () => {
  const { exitCode, stdout, stderr } = await verb('pgtap', ['--project', 'fixtures/projects/vector-search'])
  expect(stderr).toMatch(/^The project uses vector: its files run on pglite, which has the real extension\./m)
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: expect.stringMatching(/^# 1 file with 4 tests: 1 passed, 0 failed/m),
  })
})

test('a file that needs what an earlier one makes says which option it needs', SLOW, async () => {
  const apart = await verb('pgtap', ['--project', 'fixtures/projects/analytics'])
  expect(apart.exitCode).toBe(1)
  expect(apart.stdout).toMatch(/schema \\"test_tools\\" does not exist/)
  expect(apart.stdout).toMatch(/run with --one-database, as supabase test db does/)
  const together = await verb('pgtap', ['--project', 'fixtures/projects/analytics', '--one-database'])
  expect(together.exitCode).toBe(0)
})

test('what only the other regime grants names the engine that has it', SLOW, () =>
  inFolder(async (folder) => {
    const file = join(folder, 'denied.sql')
    writeFileSync(
      file,
      'begin; select plan(1); create table public.t (); set local role anon; select is_empty($$ select from public.t $$);',
    )
    const { stdout } = await verb('pgtap', ['--holds', 'platform', '--regime', 'closed', file])
    expect(stdout).toMatch(/permission denied for table t/)
    expect(stdout).toMatch(/--regime open has that, and so has engine embedded-17-open/)
    const open = await verb('pgtap', ['--holds', 'platform', '--regime', 'open', file])
    expect(open.stdout).not.toMatch(/permission denied/)
  }),
)

test('TAP 13 is read by prove, with the reasons', SLOW, async ({ skip }) => {
  const prove = await needsTool('prove', skip)
  const { stdout } = await verb('pgtap', ['fixtures/pgtap/fails/too-few.sql', '--tap', '13'])
  await inFolder(async (folder) => {
    writeFileSync(join(folder, 'run.tap'), stdout)
    const shell = $({ quiet: true, nothrow: true })
    const read = await shell`${prove} --exec cat --comments --verbose ${join(folder, 'run.tap')}`
    expect(read.exitCode).toBe(1)
    expect(read.stdout).toMatch(/Failed 1\/1 subtests/)
    expect(read.stdout).toMatch(/^# It planned 3 tests and ended after 1\.$/m)
    expect(read.stdout).not.toMatch(/Parse errors|Unknown TAP|versions later/)
  })
})

test('a run that is interrupted bails out', SLOW, async () => {
  const running = spawn(
    process.execPath,
    ['--import', 'tsx', 'scripts/pgtap.ts', 'fixtures/pgtap/elsewhere/sleeps.sql'],
    { cwd: checkout, stdio: ['ignore', 'pipe', 'ignore'] },
  )
  let printed = ''
  running.stdout.on('data', (chunk: Buffer) => {
    printed += chunk
    if (printed.includes('    1..1\n')) running.kill('SIGINT')
  })
  const status = await new Promise((resolve) => running.once('exit', resolve))
  expect(status).not.toBe(0)
  expect(printed).toMatch(/^Bail out! Interrupted by SIGINT\.\n$/m)
})

test('another host than this machine has to be named twice', async () => {
  const { exitCode, stderr } = await verb('pgtap', [
    ...[
      '--db-url',
      'postgresql://postgres:secret@db.example.com/postgres',
      'fixtures/pgtap/passes/goes-on.sql',
    ],
  ])
  expect({ exitCode, stderr }).toEqual({
    exitCode: 2,
    stderr: expect.stringMatching(/db\.example\.com is not this machine\. .* add --host db\.example\.com\./),
  })
})
