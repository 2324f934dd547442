/**
 * price_lock, take_price_locks — whoever changes a price by function keeps other changes of it away at once, and those who record it only at the commit.
 *
 * Method: the advisory locks that the test's own transaction holds alone, by the names of their prices. What is deferred to the
 * commit is done before.
 */
import { owner } from '../../../fixtures/people.ts'
import { listsWith, type PriceList } from '../../../fixtures/price-lists.ts'
import type { Session } from '../../engines/index.ts'
import { describe, expect, needs, Run, test } from '../../harness/index.ts'
import { two } from '../races/two-clients.ts'

const ahead = (time: string) => `now() + interval '${time}'`
const atTheCommit = 'set constraints all immediate'
/** What is locked alone: the price, changes of it, and what would be by names in another order. */
const locked = ({ table, row }: PriceList) => {
  const [name, part] = row('0').split(', ')
  return `
    select r.what
    from (values
      ('price', '${table}', ${name}, ${part}), ('changes', 'change of ${table}', ${name}, ${part}),
      ('price otherwise', '${table}', ${part}, ${name}), ('changes otherwise', 'change of ${table}', ${part}, ${name}),
      ('nothing', null, null, null)
    ) as r (what, list, name, part)
    join pg_catalog.pg_locks as l on l.locktype = 'advisory' and l.objsubid = 1 and l.pid = pg_backend_pid()
      and (l.classid::bigint << 32) | l.objid::bigint = copilot_internal.price_lock(r.list, r.name, r.part)
    where l.mode = 'ExclusiveLock'`
}
const held = (...what: readonly string[]) => what.map((one) => ({ what: one }))

describe.each(listsWith('price_lock, check_price, settle_price, set_*_price, cancel_*_price'))(
  '%s',
  (_functions, list) => {
    const scheduled = list.set('5', `effective_date => ${ahead('1 day')}`)

    test('a change by function locks changes, and at the commit the price', async ({ as, session }) => {
      await session.query(list.set('5'))
      await as(owner)(locked(list)).bagEq(held('changes'))
      await session.query(atTheCommit)
      await as(owner)(locked(list)).bagEq(held('changes', 'price'))
    })

    test('a change by statement locks the price at the commit', async ({ as, session }) => {
      await session.query(
        `update copilot_internal.${list.table} set ${list.prices[0]} = 5 where ${list.where}`,
      )
      await as(owner)(locked(list)).isEmpty()
      await session.query(atTheCommit)
      await as(owner)(locked(list)).bagEq(held('price'))
    })

    test('a version that is set another end locks the price at the commit', async ({ as, session }) => {
      await session.query(
        `update copilot_internal.${list.table} set expires_at = ${ahead('1 day')} where ${list.where}`,
      )
      await as(owner)(locked(list)).isEmpty()
      await session.query(atTheCommit)
      await as(owner)(locked(list)).bagEq(held('price'))
    })

    test('a cancellation locks changes', async ({ as, session }) => {
      await session.query(list.cancel())
      await as(owner)(locked(list)).bagEq(held('changes'))
    })

    test('a version that is cancelled before the commit locks no price', async ({ as, session }) => {
      await session.query(scheduled)
      await session.query(list.cancel())
      await session.query(atTheCommit)
      await as(owner)(locked(list)).bagEq(held('changes'))
    })
  },
)

test('take_price_locks: each of several prices is locked alone', async ({ as, session }) => {
  await session.query(`select copilot_internal.take_price_locks('{7, 5, 7}')`)
  await as(owner)`
    select objid, mode from pg_catalog.pg_locks
    where locktype = 'advisory' and pid = pg_backend_pid() order by objid`.resultsEq([
    { objid: 5, mode: 'ExclusiveLock' },
    { objid: 7, mode: 'ExclusiveLock' },
  ])
})

test('price_lock: the key of a price is that of the release before', async ({ as }) => {
  // Functions are replaced while servers record usage: a key of their own would let a change pass them by.
  await as(owner)`
    select copilot_internal.price_lock('model_pricing', 'openai', 'gpt-4o') as model,
           copilot_internal.price_lock('e2b_pricing', 'gpu', 'us-east-1') as tier`.resultsEq([
    { model: '4783018301810981999', tier: '-2938678323391886429' },
  ])
})

/** When each turn of a session began that waits for an advisory lock, in milliseconds; of as many as are asked for. */
async function turnsOf(watch: Session, pid: string, count: number): Promise<number[]> {
  const begun = new Set<number>()
  await new Run().until(`it has waited ${count} times`, async () => {
    const waits = await watch.query(
      'select extract(epoch from waitstart) * 1000 as at from pg_locks where pid = $1 and not granted',
      [pid],
    )
    for (const { at } of waits) if (at !== null) begun.add(Number(at))
    return begun.size >= count
  })
  return [...begun]
}

const concurrent = needs('two-sessions', 'own-database', 'own-backend', 'thorough-run')

concurrent('take_price_locks: no turn is shorter than 50, 100 and 200 ms', async ({ ownDatabase }) => {
  const [recorder, changer] = await two(ownDatabase, 'select pg_advisory_lock_shared(5)')
  const [own] = await changer.query('select pg_backend_pid() as pid')
  const change = changer.query(`select copilot_internal.take_price_locks('{5}')`)
  const [a = 0, b = 0, c = 0, d = 0] = await turnsOf(recorder, own?.['pid'] ?? '', 4)
  await recorder.query('select pg_advisory_unlock_shared(5)')
  await change
  // Between turns it sleeps for a while. A busy machine adds to that, and takes nothing off.
  expect(b - a).toBeGreaterThanOrEqual(50)
  expect(c - b).toBeGreaterThanOrEqual(100)
  expect(d - c).toBeGreaterThanOrEqual(200)
  await Promise.all([recorder.close(), changer.close()])
})

concurrent(
  'take_price_locks: whoever gives up says so, and slept no longer than its turns',
  async ({ ownDatabase }) => {
    const [recorder, changer] = await two(ownDatabase, 'select pg_advisory_lock_shared(5)')
    // It has less patience, and says for how long it would sleep.
    const [made] = await recorder.query(
      `select pg_get_functiondef('copilot_internal.take_price_locks(bigint[])'::regprocedure) as text`,
    )
    const text = made?.['text'] ?? ''
    const told = text
      .replace(`interval '5 seconds'`, `interval '300 milliseconds'`)
      .replace(/perform pg_sleep\((.*)\);/, `raise notice '% %', turn, $1;`)
    expect(told).toMatch(/300 milliseconds[\s\S]*raise notice/)
    await recorder.run(told)

    const turns: number[][] = []
    changer.onNotice(({ message }) => {
      turns.push(message.split(' ').map(Number))
      // One that never gives up gets what it waits for.
      if (turns.length === 10) void recorder.query('select pg_advisory_unlock_shared(5)')
    })
    await expect(changer.query(`select copilot_internal.take_price_locks('{5}')`)).rejects.toMatchObject({
      code: '55P03',
      message: expect.stringMatching(/for 5 seconds there was no moment at which nobody was recording/),
    })
    expect(turns.length).toBeGreaterThan(0)
    for (const [turn, [lasted = 0, slept = 0]] of turns.entries()) {
      expect(lasted).toBe(Math.min(50 * 2 ** turn, 400))
      expect(slept * 1000).toBeLessThan(lasted)
    }
    await Promise.all([recorder.close(), changer.close()])
  },
)

concurrent(
  'take_price_locks: whoever waits for one price holds none that comes after it',
  async ({ ownDatabase }) => {
    const [recorder, changer] = await two(ownDatabase, 'select pg_advisory_lock_shared(5)')
    const [own] = await changer.query('select pg_backend_pid() as pid')
    const change = changer.query(`select copilot_internal.take_price_locks('{7, 5}')`)
    const locks = `
    select bool_or(not granted)::integer as waiting, count(*) filter (where granted) as held
    from pg_locks where pid = $1 and locktype = 'advisory'`
    await new Run().until('it waits, and holds nothing', async () => {
      const [seen] = await recorder.query(locks, [own?.['pid']])
      expect(seen?.['held']).toBe('0')
      return seen?.['waiting'] === '1'
    })
    await recorder.query('select pg_advisory_unlock_shared(5)')
    await change
    await Promise.all([recorder.close(), changer.close()])
  },
)
