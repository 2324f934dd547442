/**
 * One request, many clients: it is paid once. One limit, many clients: it is spent once.
 *
 * Method: real connections to one database, all asking at the same moment.
 */
import { acme } from '../../../fixtures/people.ts'
import type { Database, Session } from '../../engines/index.ts'
import { describe, expect, needs } from '../../harness/index.ts'

const concurrent = needs('two-sessions', 'own-database')

async function crowd(database: Database, size: number): Promise<Session[]> {
  return Promise.all(Array.from({ length: size }, () => database.connect()))
}

describe('the same request from ten clients at once', () => {
  concurrent('is recorded and charged once, and all get the same record', async ({ ownDatabase }) => {
    const database = await ownDatabase()
    const clients = await crowd(database, 10)
    const [first] = clients
    await first?.query(
      `insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
       values ('tenant', $1, 'all', 10, 'day')`,
      [acme.tenantId],
    )
    const answers = await Promise.all(
      clients.map((client, i) =>
        client.query(
          // Each reports other numbers: whose are first is open, that they are the only ones is not.
          `select id, total_cost_usd from copilot_internal.record_llm_usage($1, 'openai', 'gpt-4', $2, 0, 'the-request')`,
          [acme.tenantId, 1000 * (i + 1)],
        ),
      ),
    )
    expect(new Set(answers.map((rows) => JSON.stringify(rows))).size).toBe(1)
    const books = await first?.query(
      `select (select count(*) from copilot_internal.llm_cost_records) as records,
              (select sum(total_cost_usd) from copilot_internal.llm_cost_records)
              = (select spent_usd from copilot_internal.cost_quotas) as balanced`,
    )
    expect(books).toEqual([{ records: '1', balanced: 't' }])
    await Promise.all(clients.map((client) => client.close()))
  })

  concurrent('is held once, also where no quota queues them', async ({ ownDatabase }) => {
    const clients = await crowd(await ownDatabase(), 10)
    const answers = await Promise.all(
      clients.map((client) =>
        client.query(
          `select reservation_id from copilot_internal.reserve_quota($1, 'e2b', 1, null, 'the-request')`,
          [acme.tenantId],
        ),
      ),
    )
    expect(new Set(answers.map(([row]) => row?.['reservation_id'])).size).toBe(1)
    await Promise.all(clients.map((client) => client.close()))
  })
})

concurrent('of 32 clients who ask for a tenth of the limit, ten are admitted', async ({ ownDatabase }) => {
  const clients = await crowd(await ownDatabase(), 32)
  await clients[0]?.query(
    `insert into copilot_internal.cost_quotas (scope, resource_type, limit_usd, period) values ('platform', 'e2b', 1, 'day')`,
  )
  const answers = await Promise.all(
    clients.map((client) =>
      client.query(`select granted from copilot_internal.reserve_quota($1, 'e2b', 0.1)`, [acme.tenantId]),
    ),
  )
  expect(answers.filter(([row]) => row?.['granted'] === 't')).toHaveLength(10)
  await Promise.all(clients.map((client) => client.close()))
})
