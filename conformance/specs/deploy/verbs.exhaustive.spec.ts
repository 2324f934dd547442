/**
 * The two verbs as people call them: how they end, what they ask for, what they leave, and that no secret leaves them.
 *
 * Method: each is run as a process of its own on databases of a server; while one deploys, the list of processes is read again
 * and again.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test, verb } from '../../harness/index.ts'
import { writePlan } from '../../predeploy/index.ts'
import { ReportSchema } from '../../report/index.ts'
import { projectOf, SHOP, serverForFile } from './project.ts'

const ownDatabase = serverForFile()

async function project() {
  const { url = '', connect } = await ownDatabase({ holds: 'platform' })
  const own = projectOf(SHOP)
  const [plan, report] = [join(own.root, 'plan.json'), join(own.root, 'reports')]
  const temporary = mkdtempSync(join(tmpdir(), 'verbs-'))
  onTestFinished(() => rmSync(temporary, { recursive: true }))
  const common = ['--migrations', own.folder, '--plan', plan]
  return {
    own,
    url,
    plan,
    report,
    temporary,
    connect,
    name: new URL(url).pathname.slice(1),
    password: new URL(url).password,
    predeploy: (...args: string[]) => verb('predeploy', [...common, ...args], { DATABASE_URL: url }),
    deploy: (...args: string[]) =>
      verb('deploy', [...common, '--report', report, ...args], { DATABASE_URL: url, TMPDIR: temporary }),
  }
}

test('gate, plan, deploy: the report says what is applied, no secret is seen', async () => {
  const { predeploy, deploy, name, password, plan, report, temporary } = await project()
  const gate = await predeploy()
  expect(gate.exitCode).toBe(0)
  expect(gate.stdout).toContain(name)
  expect(existsSync(plan)).toBe(true)

  const seen: string[] = []
  let isOver = false
  const deploying = deploy('--yes', '--target', name).finally(() => {
    isOver = true
  })
  const { $ } = await import('zx')
  while (!isOver) seen.push((await $({ quiet: true })`ps -A -o args`).stdout)
  const { exitCode, stdout, stderr } = await deploying
  expect({ exitCode, ran: seen.some((list) => /db push/.test(list)) }).toEqual({ exitCode: 0, ran: true })
  expect(stderr).toMatch(/\n\d\d:\d\d:\d\d Applying 20250101000001_goods\.sql\n/)
  const left = readFileSync(join(report, 'report.json'), 'utf8')
  for (const text of [gate.stdout, gate.stderr, stdout, stderr, left, readFileSync(plan, 'utf8'), ...seen])
    expect(text.includes(password)).toBe(false)
  expect(ReportSchema.parse(JSON.parse(left))).toMatchObject({ verb: 'deploy', verdict: 'passed' })
  // What Node’s loader and the CLI’s own runtime keep is theirs.
  expect(readdirSync(temporary).filter((name) => !/^(tsx-|\.bun-)/.test(name))).toEqual([])
})

describe('nothing is applied, with status 2,', () => {
  test.for([
    ['when nobody can be asked', [], /--yes --target NAME confirms/],
    ['without the name', ['--yes'], /--yes needs --target NAME/],
    [
      'with another name',
      ['--yes', '--target', 'staging'],
      /that was not what was said: nothing was applied/,
    ],
  ] as const)('%s', async ([, args, words]) => {
    const { own, plan, url, deploy, connect } = await project()
    writePlan(plan, await own.plan(url))
    const { exitCode, stderr } = await deploy(...args)
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(words)
    const session = await connect()
    const [row] = await session.query(`select to_regclass('public.goods') is null as nothing`)
    await session.close()
    expect(row?.['nothing']).toBe('t')
  })

  test('without a plan', async () => {
    const { deploy, name } = await project()
    const { exitCode, stderr } = await deploy('--yes', '--target', name)
    expect({ exitCode, said: /There is no plan .*npm run predeploy/.test(stderr) }).toEqual({
      exitCode: 2,
      said: true,
    })
  })
})

test('a gate with a finding writes no plan, and takes a former one away', async () => {
  const { predeploy, connect, plan, own, url } = await project()
  writePlan(plan, await own.plan(url))
  const session = await connect()
  await session.run('create table public.twice (id int); insert into public.twice values (1), (1)')
  await session
    .run('create unique index concurrently twice_id on public.twice (id)')
    .catch(() => 'has duplicates')
  await session.close()
  const { exitCode, stdout, stderr } = await predeploy()
  expect(exitCode).toBe(1)
  expect(stdout).toContain('public.twice_id')
  expect(stderr).toContain('No plan was written')
  expect(existsSync(plan)).toBe(false)
})

describe('npm, which runs predeploy before deploy by its name,', () => {
  const npm = async (...args: string[]) => {
    const { $ } = await import('zx')
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(DATABASE_URL$|PG|SUPABASE_|npm_)/.test(name)),
    )
    return $({
      quiet: true,
      nothrow: true,
      cwd: fileURLToPath(new URL('../../../', import.meta.url)),
      env,
    })`npm run -s ${args}`
  }

  test('does not judge again in a deploy', async () => {
    const { exitCode, stdout, stderr } = await npm('deploy', '--', '--plan', 'none.json')
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toMatch(/passed over.*\n.*There is no plan none\.json/s)
  })

  test('judges when it is asked to', async () => {
    const { exitCode, stdout } = await npm('predeploy')
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/[1-9]\d* passed, 0 failed/)
  })
})
