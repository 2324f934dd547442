/**
 * Who waits for whom, and what they find afterwards: two clients at a time, in the order that hurts.
 *
 * Method: one client leaves its transaction open; the other, who gives up soon, is seen to wait, and then asks again. How long it
 * waits is a setting of its session, which a transaction-mode pooler would give to somebody else.
 */
import { acme } from '../../../fixtures/people.ts'
import type { Database, Row, Session } from '../../engines/index.ts'
import { describe, expect, needs, Run } from '../../harness/index.ts'

const concurrent = needs('two-sessions', 'own-database', 'own-backend')
const GAVE_UP = { code: '55P03' }

const record = `select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1000, 0)`
const run = `select copilot_internal.record_e2b_usage('${acme.tenantId}', 'standard', 'us-east-1', 1)`
const reserve = `select granted from copilot_internal.reserve_quota('${acme.tenantId}', 'llm', 6)`
const limit = `
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
  values ('tenant', '${acme.tenantId}', 'llm', 10, 'day')`

/** Two clients of one database; the second gives up a wait after a tenth of a second. */
async function two(ownDatabase: () => Promise<Database>): Promise<[Session, Session]> {
  const database = await ownDatabase()
  const [first, second] = [await database.connect(), await database.connect()]
  await second.run(`set lock_timeout = '100ms'`)
  return [first, second]
}

/** Lets the second do what makes it wait, and comes back when the first has seen it wait. */
async function waiting(
  first: Session,
  second: Session,
  statement: string,
): Promise<{ answer: Promise<Row[]> }> {
  await second.run('set lock_timeout = 0')
  const [own] = await second.query('select pg_backend_pid() as pid')
  const answer = second.query(statement)
  answer.catch(() => 'whoever waits for the answer is told')
  await new Run().until('the second waits for the first', async () => {
    // Not pg_stat_activity, of which a transaction sees the same throughout.
    const waits = await first.query('select from pg_locks where pid = $1 and not granted', [own?.['pid']])
    return waits.length > 0
  })
  return { answer }
}

describe('a price change waits for usage being recorded, and is then refused', () => {
  needs('two-sessions', 'own-database', 'own-backend', 'time').for([
    [record, `update copilot_internal.model_pricing set model = 'other' where model = 'gpt-4'`],
    [record, `delete from copilot_internal.model_pricing where model = 'gpt-4'`],
    [record, `update copilot_internal.model_pricing set expires_at = '2026-01-05' where model = 'gpt-4'`],
    [
      record,
      `select copilot_internal.set_model_price('openai', 'gpt-4', 1, 1, '2026-01-05', allow_jump => true)`,
    ],
    [run, `update copilot_internal.e2b_pricing set region = 'other' where tier = 'standard'`],
    [run, `delete from copilot_internal.e2b_pricing where tier = 'standard'`],
    [
      run,
      `select copilot_internal.set_e2b_price('standard', 'us-east-1', 0.0002, effective_date => '2026-01-05')`,
    ],
  ] as const)('%s; %s', async ([usage, change], { ownDatabase }) => {
    const [first, second] = await two(ownDatabase)
    await first.run('begin')
    await first.query(usage)
    await expect(second.query(change)).rejects.toMatchObject(GAVE_UP)
    await first.run('commit')
    await expect(second.query(change)).rejects.toMatchObject({ code: 'QT001' })
    await Promise.all([first.close(), second.close()])
  })
})

concurrent(
  'usage waits for no price change that is under way, and costs the old price',
  async ({ ownDatabase }) => {
    const [first, second] = await two(ownDatabase)
    await first.run('begin')
    await first.query(`select copilot_internal.set_model_price('openai', 'gpt-4', 7, 7)`)
    const cost = record.replace('select ', 'select (').replace(/$/, ').total_cost_usd as cost')
    expect(await second.query(cost)).toEqual([{ cost: '0.030000000000000000' }])
    await first.run('commit')
    // The change begins after it.
    expect(await second.query(cost)).toEqual([{ cost: '0.007000000000000000' }])
    await Promise.all([first.close(), second.close()])
  },
)

concurrent('those who record do not wait for each other where no quota is', async ({ ownDatabase }) => {
  const [first, second] = await two(ownDatabase)
  await first.run('begin')
  await first.query(record)
  await first.query(run)
  expect(await second.query(record)).toHaveLength(1)
  expect(await second.query(run)).toHaveLength(1)
  await first.run('commit')
  await Promise.all([first.close(), second.close()])
})

describe('who sleeps after recording under repeatable read', () => {
  needs('two-sessions', 'own-database', 'own-backend', 'time', 'thorough-run').for([
    [record, `select copilot_internal.set_model_price('openai', 'gpt-4', 31, 61)`],
    [run, `select copilot_internal.set_e2b_price('standard', 'us-east-1', 0.0002)`],
  ] as const)(
    'stops a change of that price for seconds, and not for longer: %s',
    async ([used, change], { ownDatabase }) => {
      const [first, second] = await two(ownDatabase)
      await first.run('begin isolation level repeatable read')
      await first.query(used)
      // Whoever gives up sooner is left to it.
      await expect(second.query(change)).rejects.toMatchObject({ ...GAVE_UP, message: /lock timeout/ })
      await second.run('set lock_timeout = 0')
      await expect(second.query(change)).rejects.toMatchObject({
        ...GAVE_UP,
        message: /^The price is not changed: for 5 seconds usage at it was being recorded/,
      })
      await first.run('commit')
      await second.query('begin')
      await second.query(change)
      expect(await second.query('show lock_timeout')).toEqual([{ lock_timeout: '0' }])
      await second.query('commit')
      await Promise.all([first.close(), second.close()])
    },
  )
})

describe('what was counted when a transaction began admits nobody', () => {
  concurrent.for(['repeatable read', 'serializable'])(
    'under %s the second fails',
    async (level, { ownDatabase }) => {
      const [first, second] = await two(ownDatabase)
      await first.run(limit)
      await second.run(`begin isolation level ${level}`)
      await second.query('select 1 from copilot_internal.cost_quotas')
      expect(await first.query(reserve)).toEqual([{ granted: 't' }])
      await expect(second.query(reserve)).rejects.toMatchObject({ code: '40001' })
      await second.run('rollback')
      expect(await second.query(reserve)).toEqual([{ granted: 'f' }])
      await Promise.all([first.close(), second.close()])
    },
  )

  concurrent('under read committed the second waits, and is refused', async ({ ownDatabase }) => {
    const [first, second] = await two(ownDatabase)
    await first.run(limit)
    await second.run('begin')
    await second.query('select 1 from copilot_internal.cost_quotas')
    await second.run('savepoint before')
    await first.run('begin')
    expect(await first.query(reserve)).toEqual([{ granted: 't' }])
    await expect(second.query(reserve)).rejects.toMatchObject(GAVE_UP)
    await second.run('rollback to savepoint before')
    await first.run('commit')
    expect(await second.query(reserve)).toEqual([{ granted: 'f' }])
    await second.run('commit')
    await Promise.all([first.close(), second.close()])
  })
})

describe('the same request at once', () => {
  const named = (tokens: number) => `
    select input_tokens as tokens
    from copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', ${tokens}, 0, 'req-1')`

  concurrent('waits for the first, and answers it', async ({ ownDatabase }) => {
    const [first, second] = await two(ownDatabase)
    await first.run('begin')
    await first.query(named(1))
    await expect(second.query(named(2))).rejects.toMatchObject(GAVE_UP)
    await first.run('commit')
    expect(await second.query(named(2))).toEqual([{ tokens: '1' }])
    await Promise.all([first.close(), second.close()])
  })

  concurrent('is the first one when that was taken back', async ({ ownDatabase }) => {
    const [first, second] = await two(ownDatabase)
    await first.run('begin')
    await first.query(named(1))
    await first.run('rollback')
    expect(await second.query(named(2))).toEqual([{ tokens: '2' }])
    await Promise.all([first.close(), second.close()])
  })

  concurrent('is recorded anew once when its record is gone', async ({ ownDatabase }) => {
    const [first, second] = await two(ownDatabase)
    await first.query(named(1))
    await first.run('delete from copilot_internal.llm_cost_records; begin')
    await first.query(named(2))
    await expect(second.query(named(3))).rejects.toMatchObject(GAVE_UP)
    await first.run('commit')
    expect(await second.query(named(3))).toEqual([{ tokens: '2' }])
    await Promise.all([first.close(), second.close()])
  })

  concurrent('a hold that is being given back is not granted again', async ({ ownDatabase }) => {
    const [first, second] = await two(ownDatabase)
    await first.run(limit)
    const ask = reserve.replace('6)', `6, request_id => 'req-1')`)
    await first.query(ask)
    await first.run('begin')
    await first.query(`
      select copilot_internal.release_reservation(tenant_id, id) from copilot_internal.quota_reservations`)
    await expect(second.query(ask)).rejects.toMatchObject(GAVE_UP)
    // And now the one who waits is there when it is given back.
    const asked = await waiting(first, second, ask)
    await first.run('commit')
    expect(await asked.answer).toEqual([{ granted: 't' }])
    expect(
      await second.query(
        'select count(*) as holds from copilot_internal.quota_reservations where closed_at is null',
      ),
    ).toEqual([{ holds: '1' }])
    await Promise.all([first.close(), second.close()])
  })
})

concurrent('who settles a hold and who asks for it again lock in the same order', async ({ ownDatabase }) => {
  const [first, second] = await two(ownDatabase)
  await first.run(limit)
  const ask = reserve.replace('6)', `1, request_id => 'req-1')`)
  await first.query(ask)
  await first.run('begin')
  await first.query(reserve)
  const settled = await waiting(
    first,
    second,
    `select copilot_internal.settle_reservation(tenant_id, id, 1) as charged
     from copilot_internal.quota_reservations where request_id = 'req-1'`,
  )
  expect(await first.query(ask)).toEqual([{ granted: 't' }])
  await first.run('commit')
  expect(await settled.answer).toEqual([{ charged: 't' }])
  await Promise.all([first.close(), second.close()])
})
