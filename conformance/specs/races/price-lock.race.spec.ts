/**
 * A price change holds up nobody: it locks the price that changes and no other, waits a stated time, and then gives up.
 *
 * Method: one client sleeps in a transaction in which it has recorded, or changed a price. Others go on: each statement has to
 * be through in less than a second, unless it waits for what it should.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { acme, birch } from '../../../fixtures/people.ts'
import { misdatedRecords, priceLists } from '../../../fixtures/price-lists.ts'
import type { Database, Session } from '../../engines/index.ts'
import { describe, expect, needs, sampled } from '../../harness/index.ts'

const CONCURRENT = ['two-sessions', 'own-database', 'own-backend'] as const
const LEVELS = ['repeatable read', 'serializable'] as const
const concurrent = needs(...CONCURRENT)
/** Those who give up do so after five seconds. */
const givingUp = needs(...CONCURRENT, 'time')
const PATIENCE_MS = 5000
const AT_ONCE_MS = 1000

const others = [
  `select copilot_internal.record_llm_usage('${birch.tenantId}', 'openai', 'gpt-4', 1000, 0)`,
  `select copilot_internal.record_llm_usage('${birch.tenantId}', 'anthropic', 'claude-haiku-4-5-20251001', 1000, 0, is_batch => true)`,
  `select copilot_internal.record_e2b_usage('${birch.tenantId}', 'standard', 'us-east-1', 1)`,
]

async function clients<const N extends number>(database: Database, count: N): Promise<Session[]> {
  return Promise.all(Array.from({ length: count }, () => database.connect()))
}

/** How long a statement takes, in milliseconds, and with which SQLSTATE it ends. */
async function timed(session: Session, statement: string): Promise<{ tookMs: number; error: unknown }> {
  const from = performance.now()
  const error = await session.query(statement).then(
    () => undefined,
    (refused: unknown) => refused,
  )
  return { tookMs: performance.now() - from, error }
}

givingUp(
  'many short transactions can keep a change from its moment, and it says so',
  async ({ ownDatabase }) => {
    const [changer, ...recorders] = (await clients(await ownDatabase(), 8)) as [Session, ...Session[]]
    const over = { done: false }
    const recording = recorders.map(async (session, i) => {
      for (let hold = 0.4 * (i + 1); !over.done; hold = 1 + Math.random()) {
        await session.query('begin')
        await session.query(
          `select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1, 0)`,
        )
        await session.query('select pg_sleep($1)', [hold])
        await session.query('commit')
      }
      await session.close()
    })
    await changer.query('select pg_sleep(0.3)')
    const { error } = await timed(changer, `select copilot_internal.set_model_price('openai', 'gpt-4', 5, 5)`)
    over.done = true
    expect(error).toMatchObject({
      code: '55P03',
      message: expect.not.stringMatching(/open for more than/),
      hint: expect.stringMatching(/when less is recorded/),
    })
    await Promise.all(recording)
    await changer.close()
  },
)

describe.each(priceLists)('$table', (list) => {
  const { set, record, cost, table, where, columns, row, cancel } = list
  const same = record(birch.tenantId)

  givingUp(
    `${table}: who sleeps after recording stops no recording while a change waits, and the change gives up`,
    async ({ ownDatabase }) => {
      const database = await ownDatabase()
      const [idle, changer, ...recorders] = (await clients(database, 6)) as [Session, Session, ...Session[]]
      await idle.run('begin')
      await idle.query(record(acme.tenantId))
      const change = timed(changer, set('5'))
      const over = { done: false }
      const slowest = Promise.all(
        recorders.map(async (session, i) => {
          let [worst, count] = [0, 0]
          while (!over.done) {
            const { tookMs, error } = await timed(
              session,
              i < 2 ? same : (others[count % others.length] ?? same),
            )
            expect(error).toBeUndefined()
            worst = Math.max(worst, tookMs)
            count += 1
          }
          return { worst, count }
        }),
      )
      const { tookMs, error } = await change
      over.done = true
      for (const { worst, count } of await slowest) {
        expect(worst).toBeLessThan(AT_ONCE_MS)
        expect(count).toBeGreaterThan(10)
      }
      expect(error).toMatchObject({
        code: '55P03',
        message: expect.stringMatching(/is not changed: for 5 seconds there was no moment at which nobody/),
        hint: expect.stringMatching(/idle in transaction/),
      })
      expect(tookMs).toBeGreaterThan(PATIENCE_MS - 500)
      expect(tookMs).toBeLessThan(2 * PATIENCE_MS)
      // The change has left nothing behind, and goes through when the sleeper is gone.
      expect(await changer.query(cost('now()'))).not.toEqual([{ cost: '5' }])
      await idle.run('commit')
      await changer.query(set('5'))
      expect(await changer.query(cost('now()'))).toEqual([{ cost: '5' }])
      expect(await changer.query(misdatedRecords)).toEqual([])
      for (const session of [idle, changer, ...recorders]) await session.close()
    },
    30_000,
  )

  sampled(
    [
      ['set', set('5')],
      ['changed in place', `update copilot_internal.${table} set ${list.prices[0]} = 5 where ${where}`],
      ['inserted', `insert into copilot_internal.${table} (${columns}) values (${row('5')})`],
      ['scheduled', set('5', `effective_date => now() + interval '1 day'`)],
      [
        'ended',
        `update copilot_internal.${table} set expires_at = now() + interval '1 day' where ${where} and effective_date <= now()`,
      ],
      ['cancelled', cancel()],
    ] as const,
    ...CONCURRENT,
  )(
    `${table}: who sleeps with a price %s stops no recording, nor the change of another price`,
    async ([, change], { ownDatabase }) => {
      const database = await ownDatabase()
      const [idle, other] = (await clients(database, 2)) as [Session, Session]
      await other.query(set('4', `effective_date => now() + interval '2 days'`))
      await idle.run('begin')
      await idle.query(change)
      for (const statement of [
        same,
        ...others,
        `select copilot_internal.set_model_price('openai', 'o3', 2.1, 8.1)`,
        `select copilot_internal.set_e2b_price('high-cpu', 'us-east-1', 0.0005)`,
      ]) {
        const { tookMs, error } = await timed(other, statement)
        expect(error).toBeUndefined()
        expect(tookMs).toBeLessThan(AT_ONCE_MS)
      }
      await idle.run('commit')
      expect(await other.query(misdatedRecords)).toEqual([])
      await idle.close()
      await other.close()
    },
  )

  concurrent(
    `${table}: usage recorded while a change sleeps has the price before it`,
    async ({ ownDatabase }) => {
      const [changer, recorder] = (await clients(await ownDatabase(), 2)) as [Session, Session]
      await changer.run('begin')
      await changer.query(set('5'))
      await recorder.query(same)
      await changer.run('commit')
      expect(await recorder.query(misdatedRecords)).toEqual([])
      await recorder.query(same)
      expect(await recorder.query(misdatedRecords)).toEqual([])
      expect(
        await recorder.query(
          `select count(distinct pricing_id) as prices from (
           select pricing_id from copilot_internal.llm_cost_records union all select pricing_id from copilot_internal.e2b_cost_records
         ) as r`,
        ),
      ).toEqual([{ prices: '2' }])
      await changer.close()
      await recorder.close()
    },
  )

  needs(...CONCURRENT, 'thorough-run')(
    `${table}: usage waits for the deletion of a version that begins meanwhile, and costs the former price`,
    async ({ ownDatabase }) => {
      const [deleter, recorder] = (await clients(await ownDatabase(), 2)) as [Session, Session]
      // A start within a minute would be taken for now.
      const id = `(select id from copilot_internal.${table} where ${where} order by effective_date desc limit 1)`
      await deleter.query(set('5', `effective_date => now() + interval '1 hour'`))
      await deleter.run(`
        alter table copilot_internal.${table} disable trigger user;
        update copilot_internal.${table} set effective_date = clock_timestamp() + interval '300 ms' where id = ${id};
        alter table copilot_internal.${table} enable trigger user;
        begin`)
      await deleter.query(`delete from copilot_internal.${table} where id = ${id}`)
      await deleter.query('select pg_sleep(0.4)')
      const recording = recorder.query(record(acme.tenantId))
      await deleter.query('select pg_sleep(0.1)')
      await deleter.run('commit')
      await recording
      expect(await recorder.query(misdatedRecords)).toEqual([])
      await deleter.close()
      await recorder.close()
    },
  )

  sampled(LEVELS, ...CONCURRENT)(
    `${table}: recording under %s with a snapshot from before a change gets 40001`,
    async (level, { ownDatabase }) => {
      const [first, second] = (await clients(await ownDatabase(), 2)) as [Session, Session]
      await first.run(`begin isolation level ${level}`)
      await first.query('select 1 from copilot_internal.cost_quotas')
      await second.query(set('5'))
      // Its now() is before the change, so usage of now would lie in the former period; usage of later does not.
      await expect(first.query(record(acme.tenantId, `clock_timestamp()`))).rejects.toMatchObject({
        code: '40001',
      })
      await first.run('rollback')
      await first.query(record(acme.tenantId))
      expect(await first.query(misdatedRecords)).toEqual([])
      await first.close()
      await second.close()
    },
  )

  sampled(LEVELS, ...CONCURRENT)(
    `${table}: a change under %s starts after usage that its snapshot does not show`,
    async (level, { ownDatabase }) => {
      const [first, second] = (await clients(await ownDatabase(), 2)) as [Session, Session]
      await first.run(`begin isolation level ${level}`)
      await first.query('select 1 from copilot_internal.cost_quotas')
      await sleep(20)
      await second.query(same)
      const changed = await first.query(set('5')).then(
        () => first.run('commit'),
        (error: unknown) => error,
      )
      if (changed) {
        expect(changed).toMatchObject({ code: '40001' })
        await first.run('rollback')
      }
      expect(await second.query(misdatedRecords)).toEqual([])
      await first.close()
      await second.close()
    },
  )

  sampled(LEVELS, ...CONCURRENT)(
    `${table}: an end under %s comes after usage that its snapshot does not show`,
    async (level, { ownDatabase }) => {
      const [first, second] = (await clients(await ownDatabase(), 2)) as [Session, Session]
      await first.run(`begin isolation level ${level}`)
      // It ends before the commit, and those who record meanwhile do not know.
      await first.query(
        `update copilot_internal.${table} set expires_at = clock_timestamp() + interval '30 ms' where ${where}`,
      )
      await first.query('select pg_sleep(0.05)')
      await second.query(same)
      await first.run('commit')
      expect(await second.query(misdatedRecords)).toEqual([])
      await first.close()
      await second.close()
    },
  )

  concurrent(
    `${table}: begin_price_change: of two changes the second waits, and gives up`,
    async ({ ownDatabase }) => {
      const [first, second] = (await clients(await ownDatabase(), 2)) as [Session, Session]
      const patience = 'copilot_internal.begin_price_change(text, text, text)'
      expect(
        await first.query(
          `select array_to_string(proconfig, ',') as settings from pg_proc where oid = '${patience}'::regprocedure`,
        ),
      ).toEqual([{ settings: 'search_path="",lock_timeout=5s' }])
      // Five seconds would only take longer.
      await first.run(`alter function ${patience} set lock_timeout = '100ms'; begin`)
      await first.query(set('5'))
      for (const change of [set('6'), cancel()]) {
        const { error } = await timed(second, change)
        expect(error).toMatchObject({
          code: '55P03',
          message: expect.stringMatching(/is not changed: another change/),
        })
      }
      await first.run('commit')
      await second.query(set('6'))
      expect(await second.query(cost('now()'))).toEqual([{ cost: '6' }])
      await first.close()
      await second.close()
    },
  )

  concurrent.for([
    ['within a minute', '5 seconds'],
    ['beyond a minute', '1 hour'],
  ] as const)(
    `${table}: usage ahead of time, %s, then a price change`,
    async ([which, ahead], { ownDatabase }) => {
      const [recorder, changer] = (await clients(await ownDatabase(), 2)) as [Session, Session]
      await recorder.query(record(acme.tenantId, `now() + interval '${ahead}'`))
      const { error } = await timed(changer, set('5'))
      if (which === 'beyond a minute') expect(error).toMatchObject({ code: 'QT001' })
      else {
        expect(error).toBeUndefined()
        expect(
          await changer.query(
            `select p.effective_date - r.recorded_at as later from copilot_internal.${list.periods} as p, (
             select recorded_at from copilot_internal.llm_cost_records union all select recorded_at from copilot_internal.e2b_cost_records
           ) as r where ${where} and p.expires_at is null`,
          ),
        ).toEqual([{ later: '00:00:00.000001' }])
      }
      expect(await changer.query(misdatedRecords)).toEqual([])
      await recorder.close()
      await changer.close()
    },
  )

  concurrent(
    `${table}: a recording under way ahead of time delays a change, or refuses it`,
    async ({ ownDatabase }) => {
      const [recorder, changer] = (await clients(await ownDatabase(), 2)) as [Session, Session]
      await recorder.run('begin')
      await recorder.query(record(acme.tenantId, `now() + interval '1 hour'`))
      const change = timed(changer, set('5'))
      await sleep(100)
      await recorder.run('commit')
      const { error } = await change
      expect(error).toMatchObject({ code: 'QT001' })
      expect(await changer.query(misdatedRecords)).toEqual([])
      await recorder.close()
      await changer.close()
    },
  )
})
