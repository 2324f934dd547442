/**
 * The server is killed while clients record usage: what was answered is kept, what was not is whole or not there.
 *
 * Method: a server of its own, with commits that wait for the disk. Clients record under request ids of their own. One
 * server process is killed with SIGKILL, at which PostgreSQL ends all others, forgets its memory and recovers from its log.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { acme } from '../../../fixtures/people.ts'
import type { Database, Session } from '../../engines/index.ts'
import { expect, needs } from '../../harness/index.ts'

const CLIENTS = 8
const CRASHES = 3
const BETWEEN_MS = 400
const PATIENCE_MS = 20_000

const RECORD = `
  select copilot_internal.record_llm_usage($1, 'openai', 'gpt-4', 1000, 500, $2)`

/** The quota's spend beside the sum of what was recorded. */
const BOOKS = `
  select q.spent_usd = coalesce(sum(r.total_cost_usd), 0) as in_order, count(r.id) as records,
         count(distinct r.request_id) as requests
  from copilot_internal.cost_quotas as q
  left join copilot_internal.llm_cost_records as r on r.tenant_id = q.scope_id
  group by q.id`

needs('own-cluster', 'own-processes', 'own-backend')(
  'what was answered survives a crash, and the books are in order',
  async ({ ownCluster }) => {
    const database = await (await ownCluster()).open()
    const control = await database.connect()
    await control.query(
      `insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
       values ('tenant', $1, 'llm', 1000, 'month')`,
      [acme.tenantId],
    )
    await control.query(`alter role postgres set synchronous_commit = on`)
    await control.close()

    const answered: string[] = []
    const run = { over: false }
    const clients = Array.from({ length: CLIENTS }, (_, i) => record(database, `client-${i}`, answered, run))
    for (let crash = 0; crash < CRASHES; crash += 1) {
      await sleep(BETWEEN_MS)
      await killOne(database)
    }
    await sleep(BETWEEN_MS)
    run.over = true
    const crashesSeen = (await Promise.all(clients)).reduce((sum, seen) => sum + seen, 0)

    const session = await connectAgain(database)
    const [books] = await session.query(BOOKS)
    const kept = await session.query('select request_id from copilot_internal.llm_cost_records')
    await session.close()
    const requests = new Set(kept.map(({ request_id }) => request_id))
    expect(answered.filter((request) => !requests.has(request))).toEqual([])
    expect(books?.['in_order']).toBe('t')
    expect(books?.['records']).toBe(books?.['requests'])
    expect(answered.length).toBeGreaterThan(50)
    expect(crashesSeen).toBeGreaterThanOrEqual(CRASHES)
  },
  90_000,
)

/** Records until it is over, each request again until it is answered; how often the connection was lost. */
async function record(
  database: Database,
  name: string,
  answered: string[],
  run: { readonly over: boolean },
): Promise<number> {
  let session = await connectAgain(database)
  let lost = 0
  for (let i = 0; !run.over; ) {
    const request = `${name}-${i}`
    try {
      await session.query(RECORD, [acme.tenantId, request])
      answered.push(request)
      i += 1
    } catch {
      // Killed: whatever the reason given, the request is sent again, as a client would.
      lost += 1
      await session.close().catch(() => 'it is closed already')
      session = await connectAgain(database)
    }
  }
  await session.close()
  return lost
}

/** Kills a process of the server as nothing in it can prevent, and waits until the others have gone with it. */
async function killOne(database: Database): Promise<void> {
  const session = await connectAgain(database)
  const [row] = await session.query('select pg_backend_pid() as pid')
  process.kill(Number(row?.['pid']), 'SIGKILL')
  await session.close().catch(() => 'it is closed already')
}

/** A connection, as soon as the server lets anybody in again. */
async function connectAgain(database: Database): Promise<Session> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      return await database.connect()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(50)
    }
  }
}
