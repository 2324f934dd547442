/**
 * A deploy that is killed at any moment: the next one ends right, and no report says what is not so.
 *
 * Method: the verb runs in a process group of its own, which is killed with SIGKILL after a random time, up to what a whole
 * run takes. Each file notes itself once, with the time of its transaction. Then the same plan is carried out again.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, inject, test } from '../../harness/index.ts'
import { nameOf, writePlan } from '../../predeploy/index.ts'
import { ReportSchema } from '../../report/index.ts'
import { projectOf, serverForFile } from './project.ts'

const ownDatabase = serverForFile()
const root = fileURLToPath(new URL('../../../', import.meta.url))
const ROUNDS = inject('depth') === 'exhaustive' ? 20 : 5
const NOTE = 'insert into public.notes (file, at) values'

const FILES = {
  '20250101000001_notes.sql': `create table public.notes (file int, at timestamptz);\n${NOTE} (1, now());\n`,
  '20250101000002_quick.sql': `create table public.quick (id int);\n${NOTE} (2, now());\n`,
  '20250101000003_slow.sql': `create table public.slow (id int);\n${NOTE} (3, now());\nselect pg_sleep(0.4);\n`,
  '20250101000004_slower.sql': `${NOTE} (4, now());\nselect pg_sleep(0.4);\ncreate table public.slower (id int);\n`,
  '20250101000005_last.sql': `create table public.last (id int);\n${NOTE} (5, now());\n`,
} as const

/** The verb on a database of its own, killed after some time or let run to its end; and the second run of the plan. */
async function round(killAfterMs?: number) {
  const { url = '', connect } = await ownDatabase({ holds: 'platform' })
  const project = projectOf(FILES)
  const plan = await project.plan(url)
  const [file, report] = [join(project.root, 'plan.json'), join(project.root, 'reports')]
  writePlan(file, plan)
  const args = ['--plan', file, '--migrations', project.folder, '--yes', '--target', nameOf(plan.target)]
  const startedAt = Date.now()
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'scripts/deploy.ts', ...args, '--report', report, '--reporter', 'json'],
    { cwd: root, detached: true, stdio: 'ignore', env: { ...process.env, DATABASE_URL: url } },
  )
  const ended = once(child, 'close')
  if (killAfterMs !== undefined) {
    await Promise.race([sleep(killAfterMs), ended])
    // The process may have ended by itself.
    if (child.exitCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL')
  }
  const [exitCode] = (await ended) as [number | null]
  const tookMs = Date.now() - startedAt
  const left = existsSync(join(report, 'report.json'))
    ? ReportSchema.parse(JSON.parse(readFileSync(join(report, 'report.json'), 'utf8')))
    : undefined
  const session = await connect()
  const [{ now = '' } = {}] = await session.query('select clock_timestamp() as now')
  const second = await project.deploy(plan, url)
  const notes = await session.query(
    'select file, at > $1::timestamptz as later from public.notes order by 1',
    [now],
  )
  await session.close()
  return { exitCode, tookMs, left, second, notes }
}

test('nothing is killed, and the whole is applied once', async () => {
  const { exitCode, left, second, notes } = await round()
  expect({ exitCode, verdict: left?.verdict, failed: second.failed }).toEqual({
    exitCode: 0,
    verdict: 'passed',
    failed: [],
  })
  expect(notes.map(({ file }) => file)).toEqual(['1', '2', '3', '4', '5'])
})

test(`after a kill at ${ROUNDS} moments, the next run ends right, as told`, async () => {
  const { tookMs } = await round()
  for (let i = 0; i < ROUNDS; i += 1) {
    const killAfterMs = Math.round(((i + Math.random()) / ROUNDS) * tookMs)
    const { exitCode, left, second, notes } = await round(killAfterMs)
    const about = `killed after ${killAfterMs} of ${tookMs} ms`
    expect(second.failed, about).toEqual([])
    expect(second.passed, about).toContain('deploy/verified')
    // Every file once, and who applied it is as the second report has it.
    expect(
      notes.map(({ file }) => file),
      about,
    ).toEqual(['1', '2', '3', '4', '5'])
    const states = Object.keys(FILES).map((name) => second.states[name])
    expect(states, about).toEqual(
      notes.map(({ later }) => (later === 't' ? 'applied by this run' : 'applied before this run')),
    )
    // What the killed one has left says that it has not ended, unless it had.
    if (exitCode === 0) expect(left?.verdict, about).toBe('passed')
    else if (left && left.verdict !== 'passed') expect(left.verdict, about).toBe('error')
    if (left?.verdict === 'passed')
      expect(new Set(states), about).toEqual(new Set(['applied before this run']))
  }
})
