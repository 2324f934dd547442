/**
 * `npm run db`: a database to work with, for as long as the command runs.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectRemote } from '../../engines/index.ts'
import { afterAll, describe, expect, onTestFinished, test, verb } from '../../harness/index.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

interface Running {
  readonly url: string
  /** As Ctrl-C does. Answers the exit status and the signal. */
  end(): Promise<unknown>
}

async function db(...args: string[]): Promise<Running> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/db.ts', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(child, 'close')
  onTestFinished(() => void child.kill('SIGINT')) // in case the test fails before it ends it
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
  return {
    url: line.trim(),
    async end() {
      child.kill('SIGINT')
      return ended
    },
  }
}

async function ask(url: string, statement: string) {
  const session = await connectRemote(url)
  try {
    return await session.query(statement)
  } finally {
    await session.close()
  }
}

test('it prints the URL of a migrated, seeded database, gone after Ctrl-C', async () => {
  const { url, end } = await db()
  expect(
    await ask(url, 'select llm_request_count from copilot_internal.combined_cost_summary_by_tenant'),
  ).toEqual([{ llm_request_count: '3' }])
  expect(await end()).toEqual([0, null])
  await expect(connectRemote(url)).rejects.toThrow(/Cannot connect/)
})

test('it ends, and its server with it, when npm is told to end', async () => {
  const npm = spawn('npm', ['run', '--silent', 'db'], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
  const [line] = (await once(npm.stdout.setEncoding('utf8'), 'data')) as [string]
  npm.kill('SIGTERM')
  await expect
    .poll(() => ask(line.trim(), 'select 1').then(() => 'there', String), { timeout: 60_000 })
    .toMatch(/Cannot connect/)
})

describe('what is kept', () => {
  // Below a folder that the server's account may enter, whoever runs this.
  const parent = mkdtempSync('/tmp/conformance-kept-')
  chmodSync(parent, 0o755)
  const folder = join(parent, 'mine')
  afterAll(() => rmSync(parent, { recursive: true }))

  test('comes back with its data, its password and its changed prices', async () => {
    const first = await db('--keep', folder)
    await ask(
      first.url,
      `select copilot_internal.set_model_price('openai', 'gpt-4', 31, 61, source => 'a test')`,
    )
    expect(await first.end()).toEqual([0, null])

    const second = await db('--keep', folder)
    expect(new URL(second.url).password).toBe(new URL(first.url).password)
    expect(
      await ask(
        second.url,
        `select (select llm_request_count from copilot_internal.combined_cost_summary_by_tenant) as records,
                input_price_per_million as price from copilot_internal.get_current_model_pricing('openai', 'gpt-4')`,
      ),
    ).toEqual([{ records: '3', price: '31.000' }])

    const third = await verb('db', ['--keep', folder])
    expect(third).toMatchObject({ exitCode: 2, stdout: '' })
    expect(third.stderr).toMatch(/^Could not check: Another server has .* open/)
    expect(await second.end()).toEqual([0, null])
  })

  test('is not opened by another major', async () => {
    const { exitCode, stdout, stderr } = await verb('db', ['--keep', folder, '--engine', 'embedded-16'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toMatch(/holds a database of PostgreSQL 17, .* take --engine embedded-17/)
  })

  test('goes into no folder that holds something else', async () => {
    writeFileSync(join(parent, 'precious'), '')
    const { exitCode, stderr } = await verb('db', ['--keep', parent])
    expect({ exitCode, left: readdirSync(parent).sort() }).toEqual({
      exitCode: 2,
      left: ['mine', 'precious'],
    })
    expect(stderr).toMatch(/holds something else: choose a folder that is empty/)
  })
})

test('a port that is none, and an engine that listens nowhere, are refused', async () => {
  const port = await verb('db', ['--port', '99999'])
  expect(port).toMatchObject({ exitCode: 2, stdout: '' })
  expect(port.stderr).toMatch(/from 1 to 65535/)
  const engine = await verb('db', ['--engine', 'pglite'])
  expect(engine).toMatchObject({ exitCode: 2, stdout: '' })
  expect(engine.stderr).toMatch(/embedded-15, embedded-16, embedded-17, .*embedded-18, container/)
})
