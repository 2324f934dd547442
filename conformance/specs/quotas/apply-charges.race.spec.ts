/**
 * Who charges several quotas waits for one of them without holding another: so whoever locks quotas in another order waits for
 * nobody.
 *
 * Method: somebody holds one quota; who charges is seen waiting; the other quota can be had by a third.
 */
import { acme } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { expect, needs } from '../../harness/index.ts'
import { waiting } from '../races/two-clients.ts'

const concurrent = needs('two-sessions', 'own-database', 'own-backend')
const [Q1, Q2] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']
const QUOTAS = `
  insert into copilot_internal.cost_quotas (id, scope, scope_id, resource_type, limit_usd, period)
  values ('${Q1}', 'tenant', '${acme.tenantId}', 'llm', 10, 'day'), ('${Q2}', 'tenant', '${acme.tenantId}', 'all', 10, 'day')`
const lock = (id: string, how: string) =>
  `select id from copilot_internal.cost_quotas where id = '${id}' for ${how}`

concurrent.for([
  ['first', 'update'],
  ['second', 'update'],
  // Also of a reader: what is charged is taken alone.
  ['first', 'share'],
  ['second', 'share'],
] as const)(
  'the %s, locked for %s, is waited for without the other',
  async ([which, how], { ownDatabase }) => {
    const [held, free] = which === 'first' ? [Q1, Q2] : [Q2, Q1]
    const database = await ownDatabase()
    const [holder, charger, third] = (await Promise.all(
      Array.from({ length: 3 }, () => database.connect()),
    )) as [Session, Session, Session]
    await holder.run(QUOTAS)
    await holder.query('begin')
    await holder.query(lock(held, how))
    const [answer] = await waiting(
      holder,
      charger,
      `select copilot_internal.apply_charges('{${Q1},${Q2}}', '{1,2}')`,
    )
    expect(await third.query(lock(free, 'update nowait'))).toEqual([{ id: free }])
    await holder.query('rollback')
    await answer
    expect(
      await third.query(
        'select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas order by id',
      ),
    ).toEqual([{ spent: '1' }, { spent: '2' }])
    await Promise.all([holder.close(), charger.close(), third.close()])
  },
)

/** A deadlock is looked for after a second. */
const deadlocked = needs('two-sessions', 'own-database', 'own-backend', 'thorough-run')
deadlocked('who has charged before is not the one that a deadlock ends', async ({ ownDatabase }) => {
  const database = await ownDatabase()
  const [charger, editor] = (await Promise.all([database.connect(), database.connect()])) as [
    Session,
    Session,
  ]
  await charger.run(QUOTAS)
  await charger.query('begin')
  await charger.query(`select copilot_internal.apply_charges('{${Q1}}', '{1}')`)
  await editor.query('begin')
  await editor.query(lock(Q2, 'update'))
  const [answer] = await waiting(editor, charger, `select copilot_internal.apply_charges('{${Q2}}', '{2}')`)
  // Each waits for the other now. Whoever sees it first is the first victim; the editor is the last.
  await expect(editor.query(lock(Q1, 'update'))).rejects.toMatchObject({ code: '40P01' })
  await editor.query('rollback')
  await answer
  await charger.query('commit')
  expect(
    await editor.query('select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas order by id'),
  ).toEqual([{ spent: '1' }, { spent: '2' }])
  await Promise.all([charger.close(), editor.close()])
})

deadlocked('who charges one quota is not the one that a deadlock ends', async ({ ownDatabase }) => {
  const database = await ownDatabase()
  const [charger, editor] = (await Promise.all([database.connect(), database.connect()])) as [
    Session,
    Session,
  ]
  // As who records has a price, which an administrator waits for who has edited the quota.
  const price = 'select pg_advisory_xact_lock(1)'
  await charger.run(QUOTAS)
  await charger.query('begin')
  await charger.query(price)
  await editor.query('begin')
  await editor.query(lock(Q1, 'update'))
  const [answer] = await waiting(editor, charger, `select copilot_internal.apply_charges('{${Q1}}', '{1}')`)
  // The editor looks for a deadlock once, and then who charges has to wait again.
  await editor.query('select pg_sleep(0.3)')
  await expect(editor.query(price)).rejects.toMatchObject({ code: '40P01' })
  await editor.query('rollback')
  await answer
  await charger.query('commit')
  expect(
    await editor.query(
      `select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas where id = '${Q1}'`,
    ),
  ).toEqual([{ spent: '1' }])
  await Promise.all([charger.close(), editor.close()])
})

concurrent(
  'a correction waits for who deletes the quota that it was estimated for',
  async ({ ownDatabase }) => {
    const database = await ownDatabase()
    const [editor, reporter] = (await Promise.all([database.connect(), database.connect()])) as [
      Session,
      Session,
    ]
    await reporter.run(`
    select copilot_internal.set_quota('tenant', '${acme.tenantId}', 'llm', 10, 'day', unpriced_policy => 'charge_hold');
    select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'none', 1, 0, 'r',
      reservation_id => (select reservation_id from copilot_internal.reserve_quota('${acme.tenantId}', 'llm', 5)))`)
    await editor.query('begin')
    await editor.query('update copilot_internal.cost_quotas set limit_usd = 11')
    const [answer] = await waiting(
      editor,
      reporter,
      `select copilot_internal.void_usage('${acme.tenantId}', 'llm', 'r') as voided`,
    )
    await editor.query('delete from copilot_internal.cost_quotas')
    await editor.query('commit')
    expect(await answer).toEqual([{ voided: 't' }])
    await Promise.all([editor.close(), reporter.close()])
  },
)

/** Of those who wait, so many wait for the row; the others for one of these. */
const AT_THE_ROW = 4

concurrent(
  'of those who charge a quota few wait for it, and not for who edits it',
  async ({ ownDatabase }) => {
    const database = await ownDatabase()
    const [editor, ...chargers] = (await Promise.all(
      Array.from({ length: 3 * AT_THE_ROW }, () => database.connect()),
    )) as [Session, ...Session[]]
    await editor.run(QUOTAS)
    await editor.query('begin')
    await editor.query(lock(Q1, 'update'))
    const charge = `select copilot_internal.apply_charges('{${Q1}}', '{1}')`
    const answers: Promise<unknown>[] = []
    const awaited: (string | null | undefined)[] = []
    for (const charger of chargers) {
      const [own] = await charger.query('select pg_backend_pid() as pid')
      answers.push(...(await waiting(editor, charger, charge)))
      const [wait] = await editor.query('select locktype from pg_locks where pid = $1 and not granted', [
        own?.['pid'],
      ])
      awaited.push(wait?.['locktype'])
    }
    expect(awaited[0]).toBe('transactionid')
    expect(awaited.filter((lock) => lock !== 'advisory').length).toBeLessThanOrEqual(AT_THE_ROW)
    // Whoever holds the row does not stand behind those who wait for it.
    await editor.query(`set local lock_timeout = '100ms'`)
    await editor.query(charge)
    await editor.query('commit')
    await Promise.all(answers)
    expect(
      await editor.query(
        `select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas where id = '${Q1}'`,
      ),
    ).toEqual([{ spent: String(3 * AT_THE_ROW) }])
    await Promise.all([editor, ...chargers].map((session) => session.close()))
  },
)
