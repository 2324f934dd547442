/**
 * The server is killed while clients record usage: what was answered is kept, what was not is whole or not there.
 *
 * Method: a server of its own, with commits that wait for the disk. Clients record under request ids of their own. Each
 * time all have been answered some more, one server process is killed with SIGKILL, at which PostgreSQL ends all others, forgets
 * its memory and recovers from its log.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { acme } from '../../../fixtures/people.ts'
import { type Database, type Session, SqlError } from '../../engines/index.ts'
import { expect, needs, Run, rounds } from '../../harness/index.ts'

const CLIENTS = 8
const CRASHES = rounds(3)
/** How often each client is answered before, between and after the crashes. */
const ANSWERS_EACH = 4

const RECORD = `
  select copilot_internal.record_llm_usage($1, 'openai', 'gpt-4', 1000, 500, $2)`

/** The quota's spend beside the sum of what was recorded. */
const BOOKS = `
  select q.spent_usd = coalesce(sum(r.total_cost_usd), 0) as in_order, count(r.id) as records,
         count(distinct r.request_id) as requests
  from copilot_internal.cost_quotas as q
  left join copilot_internal.llm_cost_records as r on r.tenant_id = q.scope_id
  group by q.id`

/** A client, what it was answered, and how often it lost its connection. */
interface Client {
  readonly name: string
  readonly answered: string[]
  lost: number
}

needs(
  'own-cluster',
  'own-processes',
  'own-backend',
)('what was answered survives a crash, and the books are in order', async ({ ownCluster }) => {
  const database = await (await ownCluster()).open()
  const control = await database.connect()
  await control.query(
    `insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
       values ('tenant', $1, 'llm', 1000, 'month')`,
    [acme.tenantId],
  )
  await control.query(`alter role postgres set synchronous_commit = on`)
  await control.close()

  const run = new Run()
  const clients = Array.from({ length: CLIENTS }, (_, i) => ({
    name: `client-${i}`,
    answered: [],
    lost: 0,
  }))
  await run.all([...clients.map((client) => record(database, client, run)), crash(database, clients, run)])

  const session = await database.connect()
  const [books] = await session.query(BOOKS)
  const kept = await session.query('select request_id from copilot_internal.llm_cost_records')
  await session.close()
  const requests = new Set(kept.map(({ request_id }) => request_id))
  const answered = clients.flatMap((client) => client.answered)
  expect(answered.filter((request) => !requests.has(request))).toEqual([])
  expect(books?.['in_order']).toBe('t')
  expect(books?.['records']).toBe(books?.['requests'])
  expect(answered.length).toBeGreaterThan(50)
  expect(Math.min(...clients.map(({ lost }) => lost))).toBeGreaterThanOrEqual(CRASHES)
})

/** Kills the server each time every client has been answered some more; at last, ends the run. */
async function crash(database: Database, clients: readonly Client[], run: Run): Promise<void> {
  for (let crashes = 0; ; crashes += 1) {
    const before = clients.map(({ answered }) => answered.length)
    await run.until(`answers for each client after crash ${crashes}`, () =>
      clients.every(({ answered }, i) => answered.length >= (before[i] ?? 0) + ANSWERS_EACH),
    )
    if (crashes === CRASHES) break
    const lost = clients.map((client) => client.lost)
    await killOne(database)
    await run.until(`crash ${crashes + 1} noticed by each client`, () =>
      clients.every((client, i) => client.lost > (lost[i] ?? 0)),
    )
  }
  run.end()
}

/** Records until the run is over, each request again until it is answered. */
async function record(database: Database, client: Client, run: Run): Promise<void> {
  let session = await database.connect()
  for (let i = 0; !run.over; ) {
    const request = `${client.name}-${i}`
    try {
      await session.query(RECORD, [acme.tenantId, request])
      client.answered.push(request)
      i += 1
    } catch (error) {
      // Shut down, or just gone: the request is sent again, as a client would. Any other refusal is the product's.
      if (error instanceof SqlError && !/^(57P|08)/.test(error.code)) throw error
      client.lost += 1
      await session.close().catch(() => 'it is closed already')
      session = await connectAgain(database, run)
    }
  }
  await session.close()
}

/** Kills a process of the server as nothing in it can prevent. */
async function killOne(database: Database): Promise<void> {
  const session = await database.connect()
  const [row] = await session.query('select pg_backend_pid() as pid')
  process.kill(Number(row?.['pid']), 'SIGKILL')
  await session.close().catch(() => 'it is closed already')
}

/** A connection, as soon as the server lets anybody in again. */
async function connectAgain(database: Database, run: Run): Promise<Session> {
  for (;;) {
    try {
      return await database.connect()
    } catch (error) {
      if (run.over) throw error
      await sleep(50)
    }
  }
}
