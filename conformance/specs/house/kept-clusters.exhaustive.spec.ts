/**
 * Servers start from a cluster that is kept between runs, and it is never stale.
 *
 * Method: a checkout of its own, with nothing kept in it yet. Processes start a server there and say what they find; between
 * them a migration or the platform is changed, or one is killed.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectRemote } from '../../engines/index.ts'
import {
  afterAll,
  beforeEach,
  describe,
  expect,
  inject,
  ownCheckout,
  referenceServer,
  test,
} from '../../harness/index.ts'

const own = ownCheckout('conformance', 'supabase', 'fixtures')
const checkout = own.folder
const kept = join(checkout, 'node_modules/.cache/conformance')

interface Found {
  readonly cluster: string
  readonly templates: string
  readonly comment: string
  readonly roles: string
}

function start() {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'conformance/harness/describe-server.ts', 'embedded-17'],
    {
      cwd: checkout,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text
    })
  return { child, ended: once(child, 'close').then(([status]) => ({ status, ...said })) }
}

async function found(): Promise<Found> {
  const { status, stdout, stderr } = await start().ended
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout.replace(STARTED, ''))
}

const stages = () => readdirSync(kept).map((name) => name.replace(/-[0-9a-f]{12}$/, ''))
const MIGRATION = join(
  checkout,
  'supabase/migrations',
  readdirSync(join(checkout, 'supabase/migrations')).at(-1) ?? '',
)
const PLATFORM = join(checkout, 'fixtures/platform.sql')
const STARTED = 'started\n'
const PATIENCE_MS = 120_000
const BOTH = ['cluster-17-bytes-closed-migrations', 'cluster-17-bytes-closed-platform']

/** Appends to a file for as long as `work` takes. */
async function changed<T>(file: string, sql: string, work: () => Promise<T>): Promise<T> {
  const before = readFileSync(file, 'utf8')
  appendFileSync(file, sql)
  try {
    return await work()
  } finally {
    writeFileSync(file, before)
  }
}

afterAll(own.remove)

describe('a server', { timeout: PATIENCE_MS }, () => {
  test('starts from what another has left, and builds nothing', async () => {
    const first = await found()
    expect(await found()).toEqual(first)
    expect(first.templates).toMatch(/template_migrations_closed_/)
    expect(stages()).toEqual(BOTH)
  })

  test('has a changed migration, on the platform as it was', async () => {
    const before = await found()
    const after = await changed(MIGRATION, `comment on schema copilot_internal is 'Changed.';`, found)
    expect(after).toMatchObject({ cluster: before.cluster, comment: 'Changed.' })
    expect(stages()).toEqual(BOTH)
    expect(await found()).toMatchObject({ comment: before.comment })
  })

  test('has a changed platform, and nothing of it once it is taken back', async () => {
    const before = await found()
    const after = await changed(PLATFORM, 'create role added;', found)
    expect(after.roles).toMatch(/\badded\b/)
    expect(after.cluster).not.toBe(before.cluster)
    expect(await found()).toMatchObject({ roles: before.roles, comment: before.comment })
  })

  test('starts though a migration is refused: opening a database tells it', async () => {
    const refused = await changed(MIGRATION, 'select 1/0;', () => start().ended)
    expect(refused).toMatchObject({ status: 1, stdout: STARTED })
    expect(refused.stderr).toMatch(/\d{14}_\w+\.sql: division by zero/)
  })
})

describe('where nothing is kept yet', { timeout: PATIENCE_MS }, () => {
  beforeEach(() => rmSync(kept, { recursive: true, force: true }))

  test('two at once both start, and one cluster of each stage is kept', async () => {
    const [one, other] = await Promise.all([found(), found()])
    expect(one.comment).toBe(other.comment)
    expect(stages()).toEqual(BOTH)
  })

  test('one that is killed while it keeps a cluster leaves half of none', async ({ skip }) => {
    if (inject('depth') !== 'exhaustive')
      skip('not run: it builds clusters again and again; npm run test:exhaustive has the time')
    const { child, ended } = start()
    while (
      !(existsSync(kept) && readdirSync(kept).some((name) => name.startsWith('draft-'))) &&
      child.exitCode === null
    )
      await sleep(1)
    child.kill('SIGKILL')
    await ended
    const left = readdirSync(kept)
    expect(left).toEqual([expect.stringMatching(/^draft-/)])
    expect((await found()).templates).toMatch(/template_migrations_closed_/)
    expect(stages()).toEqual([...BOTH, 'draft'])

    utimesSync(join(kept, left[0] ?? ''), 0, 0)
    await changed(MIGRATION, '-- anything', found)
    expect(stages()).toEqual(BOTH)
  })
})

test('two servers from one cluster have passwords of their own', async () => {
  const servers = await Promise.all([referenceServer(), referenceServer()])
  try {
    const [one, other] = await Promise.all(servers.map(async (server) => (await server.open()).url ?? ''))
    const mixed = new URL(one ?? '')
    mixed.password = new URL(other ?? '').password
    await (await connectRemote(one ?? '')).close()
    await expect(connectRemote(mixed.href)).rejects.toThrow(/password of postgres was refused/)
  } finally {
    for (const server of servers) await server.stop()
  }
})
