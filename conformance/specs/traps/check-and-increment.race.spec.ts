/**
 * Traps that other cost trackers fell into, and that spring only when several clients come at once.
 *
 * Method: real connections, all at the same moment. A naive implementation looks first, and writes what it has seen.
 */
import { acme } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { expect, needs } from '../../harness/index.ts'

const concurrent = needs('two-sessions', 'own-database')
const CLIENTS = 20

const quota = (limit: number, ended: string) => `
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, spent_usd, period, period_start, period_end)
  values ('tenant', '${acme.tenantId}', 'all', ${limit}, 5, 'day', now() - interval '30 hours', ${ended})`
const spent = `
  select trim_scale(q.spent_usd) as spent, trim_scale(a.spent_usd) as archived
  from copilot_internal.cost_quotas as q left join copilot_internal.cost_quota_periods as a on a.quota_id = q.id`

/** Lets everybody do the same at once, each on a connection of its own. */
async function atOnce(open: () => Promise<Session>, statement: string) {
  const sessions = await Promise.all(Array.from({ length: CLIENTS }, open))
  const answers = await Promise.all(sessions.map((session) => session.query(statement)))
  await Promise.all(sessions.map((session) => session.close()))
  return answers.flat()
}

concurrent('a race between check and increment', async ({ ownDatabase }) => {
  const database = await ownDatabase()
  const session = await database.connect()
  await session.run(quota(10, `now() + interval '1 day'`))
  const answers = await atOnce(
    () => database.connect(),
    `select granted from copilot_internal.reserve_quota('${acme.tenantId}', 'llm', 1)`,
  )
  expect(answers.filter(({ granted }) => granted === 't')).toHaveLength(5)
  await session.close()
})

concurrent('increments that overwrite each other', async ({ ownDatabase }) => {
  const database = await ownDatabase()
  const session = await database.connect()
  await session.run(quota(10, `now() + interval '1 day'`))
  await atOnce(
    () => database.connect(),
    `select copilot_internal.increment_llm_quota_spend('tenant', '${acme.tenantId}', 0.1)`,
  )
  expect(await session.query(spent)).toEqual([{ spent: '7', archived: null }])
  await session.close()
})

concurrent('a reset by each of those who meet the end of a period', async ({ ownDatabase }) => {
  const database = await ownDatabase()
  const session = await database.connect()
  await session.run(quota(10, `now() - interval '1 second'`))
  await atOnce(
    () => database.connect(),
    `select copilot_internal.increment_llm_quota_spend('tenant', '${acme.tenantId}', 0.1)`,
  )
  expect(await session.query(spent)).toEqual([{ spent: '2', archived: '5' }])
  await session.close()
})

concurrent('usage that is booked twice by a client who was not answered', async ({ ownDatabase }) => {
  const database = await ownDatabase()
  const session = await database.connect()
  await session.run(quota(10, `now() + interval '1 day'`))
  const answers = await atOnce(
    () => database.connect(),
    `select id from copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1000, 500, 'req-1')`,
  )
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
  expect(await session.query(spent)).toEqual([{ spent: '5.06', archived: null }])
  await session.close()
})
