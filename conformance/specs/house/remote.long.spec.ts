/**
 * `npm test -- --engine remote`: the suite on a database that somebody else runs.
 *
 * Method: `npm run db` is that somebody. The whole suite would take its time, so a few specs stand for it; what they leave
 * behind is looked for in the server's own counters.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { connectRemote, engines } from '../../engines/index.ts'
import { describe, expect, test, verb } from '../../harness/index.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const SPECS = ['calculate-llm-cost.spec', 'record-llm-usage', 'requests.race', 'reapply']

/** Does something with a database of somebody else's. */
async function withRemote(work: (url: string) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/db.ts', '--no-seed'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(child, 'close')
  try {
    const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
    await work(line.trim())
  } finally {
    child.kill('SIGINT')
    await ended
  }
}

/** What writing would have changed, rolled back or not: rows inserted, updated or deleted since the server started. */
async function writes(url: string): Promise<string | null | undefined> {
  const session = await connectRemote(url)
  const [row] = await session.query(
    `select sum(n_tup_ins + n_tup_upd + n_tup_del) as writes from pg_stat_all_tables where schemaname = 'copilot_internal'`,
  )
  await session.close()
  return row?.['writes']
}

const suite = (env: Record<string, string>, specs: readonly string[] = SPECS) =>
  verb('test', ['--engine', 'remote', ...specs], env)

describe('a remote database', () => {
  test('is only read, and what would write is skipped with the reason', async () => {
    await withRemote(async (url) => {
      const before = await writes(url)
      const { exitCode, stdout, stderr } = await suite({ CONFORMANCE_REMOTE_URL: url })
      expect(stdout).toMatch(/\n[1-9]\d* passed, 0 failed, [1-9]\d* skipped\n$/)
      expect(exitCode).toBe(0)
      expect(stdout).toMatch(/CONFORMANCE_REMOTE_MAY_WRITE=127\.0\.0\.1 lets tests write/)
      expect(stdout + stderr).not.toContain(new URL(url).password)
      expect(await writes(url)).toBe(before)
    })
  })

  test('is written to when a second key names its host, and all is rolled back', async () => {
    await withRemote(async (url) => {
      const rows = async () => {
        const session = await connectRemote(url)
        const counted = await session.query(
          'select count(*) as records from copilot_internal.llm_cost_records',
        )
        await session.close()
        return counted
      }
      const [before, written] = [await rows(), await writes(url)]
      const { exitCode, stdout } = await suite(
        { CONFORMANCE_REMOTE_URL: url, CONFORMANCE_REMOTE_MAY_WRITE: '127.0.0.1' },
        ['record-llm-usage'],
      )
      expect(stdout).toMatch(/\n[1-9]\d* passed, 0 failed, 0 skipped\n$/)
      expect(exitCode).toBe(0)
      expect(await rows()).toEqual(before)
      expect(Number(await writes(url))).toBeGreaterThan(Number(written))
    })
  })
})

describe('nothing is tested', () => {
  test('when nobody is there', async () => {
    const { exitCode, stdout, stderr } = await suite(
      { CONFORMANCE_REMOTE_URL: 'postgresql://postgres:secret@127.0.0.1:1/postgres' },
      ['calculate-llm-cost.spec'],
    )
    expect({ exitCode, passed: /[1-9]\d* passed/.test(stdout) }).toEqual({ exitCode: 2, passed: false })
    expect(stdout + stderr).toMatch(/Cannot connect to Postgres at 127\.0\.0\.1, port 1/)
    expect(stdout + stderr).not.toContain('secret')
  })

  test.for([
    ['without a URL', {}, /CONFORMANCE_REMOTE_URL is not set/],
    ['with a URL that is none', { CONFORMANCE_REMOTE_URL: 'prod' }, /not of the form postgresql:/],
    [
      'with the key to another host',
      {
        CONFORMANCE_REMOTE_URL: 'postgresql://postgres:secret@db.example.com/postgres',
        CONFORMANCE_REMOTE_MAY_WRITE: 'staging',
      },
      /CONFORMANCE_REMOTE_MAY_WRITE is staging, but CONFORMANCE_REMOTE_URL leads to db\.example\.com\.$/,
    ],
  ] as const)('%s', async ([, env, words]) => {
    const before = { ...process.env }
    Object.assign(process.env, env)
    try {
      await expect(engines.find(({ name }) => name === 'remote')?.start()).rejects.toThrow(words)
    } finally {
      for (const name of Object.keys(env)) delete process.env[name]
      Object.assign(process.env, before)
    }
  })
})
