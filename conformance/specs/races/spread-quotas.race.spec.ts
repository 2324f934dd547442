/**
 * Recordings do not wait for each other at a quota of the platform that is spread, and what it spends is exact all the same.
 *
 * Method: clients whose transactions are open at the same time; nobody is seen waiting. Who waits for what is known from the order of
 * the statements.
 */
import { acme } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { expect, needs } from '../../harness/index.ts'
import { two, waiting } from './two-clients.ts'

const concurrent = needs('two-sessions', 'own-database', 'own-backend')
const QUOTA = `
  select copilot_internal.set_quota('platform', null, 'llm', 100, 'day');
  select copilot_internal.spread_quota(id) from copilot_internal.cost_quotas`
/** Three dollars, of a tenant of its own. */
const record = (tenant = 0) => `
  select from copilot_internal.record_llm_usage('${acme.tenantId.slice(0, -1)}${tenant}', 'openai', 'gpt-4', 100000, 0)`
const GATHER = 'select copilot_internal.gather_quota(id) from copilot_internal.cost_quotas'
const SPENT = `
  select trim_scale(spent_usd) as row, trim_scale(copilot_internal.quota_parts_usd(id)) as parts,
         (select count(*) from copilot_internal.cost_quota_parts) as count
  from copilot_internal.cost_quotas`

concurrent('nobody waits for a recording whose commit is due', async ({ ownDatabase }) => {
  const database = await ownDatabase()
  const clients = await Promise.all(Array.from({ length: 5 }, () => database.connect()))
  const [first] = clients as [Session]
  await first.run(QUOTA)
  for (const [index, client] of clients.entries()) {
    await client.query('begin')
    await client.query(`set local lock_timeout = '20s'`)
    await client.query(record(index))
  }
  for (const client of clients) await client.query('commit')
  expect(await first.query(SPENT)).toEqual([{ row: '0', parts: '15', count: '5' }])
  // As many as were needed at once are enough.
  await first.query(record())
  expect(await first.query(SPENT)).toEqual([{ row: '0', parts: '18', count: '5' }])
  await Promise.all(clients.map((client) => client.close()))
})

concurrent('a transaction remembers that it has charged, and no other', async ({ ownDatabase }) => {
  const [client, other] = await two(ownDatabase, QUOTA)
  const charged = `select coalesce(current_setting('copilot_internal.has_charged', true), '') as charged`
  await client.query('begin')
  await client.query(record())
  expect(await client.query(charged)).toEqual([{ charged: 'on' }])
  await client.query('commit')
  expect(await client.query(charged)).toEqual([{ charged: '' }])
  await Promise.all([client.close(), other.close()])
})

concurrent('who only charges its scope charges the row', async ({ ownDatabase }) => {
  const [client, other] = await two(ownDatabase, QUOTA)
  await client.query(`select copilot_internal.increment_llm_quota_spend('platform', null, 2)`)
  expect(await client.query(SPENT)).toEqual([{ row: '2', parts: '0', count: '1' }])
  await Promise.all([client.close(), other.close()])
})

concurrent('a reservation counts what is committed, and waits for no recording', async ({ ownDatabase }) => {
  const [recorder, reserver] = await two(ownDatabase, QUOTA)
  const left = `
    select trim_scale(left_usd) as left from copilot_internal.reserve_quota('${acme.tenantId}', 'llm', 10)`
  await recorder.query('begin')
  await recorder.query(record())
  expect(await reserver.query(left)).toEqual([{ left: '90' }])
  await recorder.query('commit')
  expect(await reserver.query(left)).toEqual([{ left: '77' }])
  await Promise.all([recorder.close(), reserver.close()])
})

concurrent('who reserves after recording waits for who reserves', async ({ ownDatabase }) => {
  const [first, second] = await two(ownDatabase, QUOTA)
  const reserve = (dollars: number) => `
    select granted from copilot_internal.reserve_quota('${acme.tenantId}', 'llm', ${dollars})`
  for (const client of [first, second]) {
    await client.query('begin')
    await client.query(record(client === first ? 0 : 1))
  }
  expect(await first.query(reserve(60))).toEqual([{ granted: 't' }])
  const [answer] = await waiting(first, second, reserve(60))
  await first.query('commit')
  expect(await answer).toEqual([{ granted: 'f' }])
  await second.query('commit')
  await Promise.all([first.close(), second.close()])
})

concurrent('who gathers waits for a part that is charged, and misses nothing', async ({ ownDatabase }) => {
  const [recorder, gatherer] = await two(ownDatabase, QUOTA)
  await recorder.query('begin')
  await recorder.query(record())
  const [gathered] = await waiting(recorder, gatherer, GATHER)
  await recorder.query('commit')
  await gathered
  expect(await recorder.query(SPENT)).toEqual([{ row: '3', parts: '0', count: '0' }])
  await Promise.all([recorder.close(), gatherer.close()])
})

concurrent('who records while it is gathered waits, and charges the row', async ({ ownDatabase }) => {
  const [gatherer, recorder] = await two(ownDatabase, QUOTA)
  await gatherer.query('begin')
  await gatherer.query(GATHER)
  const [recorded] = await waiting(gatherer, recorder, record())
  await gatherer.query('commit')
  await recorded
  expect(await recorder.query(SPENT)).toEqual([{ row: '3', parts: '0', count: '0' }])
  await Promise.all([gatherer.close(), recorder.close()])
})

concurrent('a period that ends waits for a part that is charged in it', async ({ ownDatabase }) => {
  const [recorder, other] = await two(ownDatabase, QUOTA)
  await recorder.query('begin')
  await recorder.query(record())
  await other.query(
    `update copilot_internal.cost_quotas set period_start = now() - interval '25 hours', period_end = now() - interval '1 hour'`,
  )
  const [recorded] = await waiting(recorder, other, record(1))
  await recorder.query('commit')
  await recorded
  expect(await recorder.query(SPENT)).toEqual([{ row: '3', parts: '0', count: '1' }])
  expect(
    await recorder.query('select trim_scale(spent_usd) as spent from copilot_internal.cost_quota_periods'),
  ).toEqual([{ spent: '3' }])
  await Promise.all([recorder.close(), other.close()])
})
