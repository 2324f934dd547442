/**
 * copilot_internal.wait_for_writers — whom a fold waits for: those who are writing this table of this database, and for how long.
 *
 * Method: one session holds a lock and does not end; the other asks how many there are. Nothing is left to chance.
 */
import { acme } from '../../../fixtures/people.ts'
import type { Session } from '../../engines/index.ts'
import { expect, needs } from '../../harness/index.ts'

const concurrent = needs('two-sessions', 'own-database')
const asked = (patience = '0', table = 'llm_cost_records') =>
  `select copilot_internal.wait_for_writers('copilot_internal.${table}', '${patience}') as writers`
const writers = async (session: Session, table?: string) => {
  const [row] = await session.query(asked('0', table))
  return row?.['writers']
}
const CALL = `
  insert into copilot_internal.llm_cost_records (tenant_id, provider, model, is_unpriced) values ('${acme.tenantId}', 'p', 'm', true)`

concurrent('whoever may be writing counts, in whatever mode, and nobody else', async ({ ownDatabase }) => {
  const database = await ownDatabase()
  const [holder, session] = [await database.connect(), await database.connect()]
  const counted: unknown[] = []
  for (const mode of [
    ...['access share', 'row share', 'share update exclusive', 'share'],
    ...['row exclusive', 'share row exclusive', 'exclusive', 'access exclusive'],
  ]) {
    await holder.query('begin')
    await holder.query(`lock table copilot_internal.llm_cost_records in ${mode} mode`)
    counted.push(await writers(session))
    expect(await writers(session, 'e2b_cost_records')).toBe('0')
    await holder.query('rollback')
  }
  expect(counted).toEqual(['0', '0', '0', '0', '1', '1', '1', '1'])
  await Promise.all([holder.close(), session.close()])
})

concurrent('a writer counts once, and who asks does not', async ({ ownDatabase }) => {
  const database = await ownDatabase()
  const [first, second, session] = [
    await database.connect(),
    await database.connect(),
    await database.connect(),
  ]
  for (const writer of [first, second]) {
    await writer.query('begin')
    await writer.query(CALL)
  }
  // In two modes.
  await first.query('lock table copilot_internal.e2b_cost_records in row exclusive mode')
  await first.query('lock table copilot_internal.e2b_cost_records in exclusive mode')
  await session.query('begin')
  await session.query(CALL)
  expect(await writers(session)).toBe('2')
  expect(await writers(session, 'e2b_cost_records')).toBe('1')
  await session.query('rollback')
  await Promise.all([first.close(), second.close(), session.close()])
})

concurrent('who writes the table of another database does not count', async ({ ownDatabase }) => {
  const [here, elsewhere] = [await (await ownDatabase()).connect(), await (await ownDatabase()).connect()]
  const oid = `select 'copilot_internal.llm_cost_records'::regclass::oid as oid`
  expect(await here.query(oid)).toEqual(await elsewhere.query(oid))
  await elsewhere.query('begin')
  await elsewhere.query(CALL)
  expect(await writers(here)).toBe('0')
  expect(await writers(elsewhere)).toBe('0')
  await Promise.all([here.close(), elsewhere.close()])
})

concurrent('patience counts from the call, and is looked at often', async ({ ownDatabase }) => {
  const database = await ownDatabase()
  const [writer, session] = [await database.connect(), await database.connect()]
  await writer.query('begin')
  await writer.query(CALL)
  await session.query('begin')
  expect(await writers(session)).toBe('1')
  await session.query(`select pg_sleep(0.1), set_config('statement_timeout', '8s', true)`)
  const [row] = await session.query(`
    select w.writers, clock_timestamp() - b.begun >= interval '0.1 second' as waited
    from (select clock_timestamp() as begun) as b cross join lateral (${asked('0.1 second')} where b.begun is not null) as w`)
  expect(row).toEqual({ writers: '1', waited: 't' })
  await Promise.all([writer.close(), session.close()])
})

concurrent(
  'while somebody folds, another is told how far it is, and does nothing',
  async ({ ownDatabase }) => {
    const database = await ownDatabase()
    const [first, second] = [await database.connect(), await database.connect()]
    await first.query(`
    insert into copilot_internal.usage_rollup_state (resource_type, covered_before) values ('e2b', '2026-02-02'), ('llm', '2026-02-01')`)
    await first.query('begin')
    await first.query('select copilot_internal.fold_usage(1)')
    expect(await second.query('select * from copilot_internal.fold_usage(1)')).toEqual(
      [
        { resource_type: 'llm', covered_before: '2026-02-01' },
        { resource_type: 'e2b', covered_before: '2026-02-02' },
      ].map((one) => ({ ...one, days_folded: '0', days_renewed: '0', writers_awaited: '0' })),
    )
    await Promise.all([first.close(), second.close()])
  },
)
