/**
 * copilot_internal.prune_usage beside everybody else: from several places at once, interrupted, and while usage is recorded,
 * reported again, revised and voided, no record is lost or counted twice, and nobody is in anybody's way.
 *
 * Method: real connections. All usage is old, and was reported when it was used, so that whatever is recorded may go at once. One quota is charged for all of it:
 * what the views answer is what it has spent, at any moment in one statement. Rounds are counted, not seconds.
 */
import { acme } from '../../../fixtures/people.ts'
import { type Database, type Session, SqlError, Unavailable } from '../../engines/index.ts'
import { expect, fixture, needs, Run } from '../../harness/index.ts'

/** It has been charged since January, in a period that is closed. */
const QUOTA = `
  with made as (
    insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period, created_at)
    values ('tenant', '${acme.tenantId}', 'all', 1000000, 'month', '2026-01-01') returning *
  )
  insert into copilot_internal.cost_quota_periods
    (quota_id, scope, scope_id, resource_type, period, period_start, period_end, limit_usd, spent_usd)
  select id, scope, scope_id, resource_type, period, '2026-01-01', period_start, limit_usd, 0 from made`
const OLD = `'2026-02-01 10:00+00'::timestamptz`
const PRUNE = `select sum(rows) as rows from copilot_internal.prune_usage('2026-03-01', false, 25)`
/** Few, so that clients meet. */
const REQUESTS = 40

/** Spend of the quota beside what the views answer, in one snapshot. */
const BOOKS = `
  select q.spent_usd = coalesce(v.total_cost_usd, 0) as in_order, q.spent_usd, v.total_cost_usd
  from copilot_internal.cost_quotas as q
  left join copilot_internal.combined_cost_summary_by_tenant as v on v.tenant_id = q.scope_id`

/** Changes become old. Two that update the same rows meet them in any order: what another has locked is left to it. */
const AGE = `
  update copilot_internal.usage_changes set changed_at = ${OLD}
  where id in (select id from copilot_internal.usage_changes where changed_at <> ${OLD} for update skip locked)`

const PASSED = `
  select (select count(*) from copilot_internal.llm_cost_records) as records,
         (select count(*) from copilot_internal.llm_usage_totals) as totals`

const concurrent = needs('two-sessions', 'own-database')

concurrent('a call that is killed leaves all as it was', async ({ ownDatabase }) => {
  const database = await ownDatabase()
  const [control, pruner] = [await database.connect(), await database.connect()]
  await control.run(fixture('reported-in-time'))
  await control.query(recordMany(20))
  await pruner.query('begin')
  await pruner.query(PRUNE)
  expect(await pruner.query(PASSED)).toEqual([{ records: '8', totals: '1' }])
  const [backend] = await pruner.query('select pg_backend_pid() as pid')
  await control.query('select pg_terminate_backend($1, 10000)', [backend?.['pid']])
  await pruner.close().catch(() => 'it is closed already')
  expect(await control.query(PASSED)).toEqual([{ records: '20', totals: '0' }])
  await control.query(PRUNE)
  expect(await control.query(PASSED)).toEqual([{ records: '8', totals: '1' }])
  await control.close()
})

concurrent('what somebody is just revising is passed over, and nobody waits', async ({ ownDatabase }) => {
  const database = await ownDatabase()
  const [reviser, pruner] = [await database.connect(), await database.connect()]
  await reviser.run(fixture('reported-in-time'))
  await reviser.query(QUOTA)
  await reviser.query(recordMany(10))
  await reviser.query('begin')
  await reviser.query(`select copilot_internal.revise_llm_usage('${acme.tenantId}', 'request-1', 77)`)
  await pruner.query(`set lock_timeout = '5s'`)
  await pruner.query(PRUNE)
  await reviser.query('commit')
  expect(
    await pruner.query(`select request_id, input_tokens from copilot_internal.llm_cost_records`),
  ).toEqual([{ request_id: 'request-1', input_tokens: '77' }])
  expect(await pruner.query(BOOKS)).toMatchObject([{ in_order: 't' }])
  await pruner.query(PRUNE)
  expect(await pruner.query(PASSED)).toEqual([{ records: '0', totals: '1' }])
  expect(await pruner.query(BOOKS)).toMatchObject([{ in_order: 't' }])
  await reviser.close()
  await pruner.close()
})

concurrent('two at once remove each record once', async ({ ownDatabase }) => {
  const database = await ownDatabase()
  const sessions = await Promise.all([1, 2, 3, 4].map(() => database.connect()))
  const [control] = sessions
  await control?.run(fixture('reported-in-time'))
  await control?.query(recordMany(200))
  const removed = await Promise.all(sessions.map(drain))
  expect(removed.reduce((sum, rows) => sum + rows, 0)).toBe(400)
  expect(
    await control?.query(`select sum(request_count) as count from copilot_internal.llm_usage_totals`),
  ).toEqual([{ count: '200' }])
  await Promise.all(sessions.map((session) => session.close()))
})

needs(
  'two-sessions',
  'own-database',
  'own-backend',
  'time',
)(
  'beside clients that record and correct, the books are in order at any moment',
  async ({ ownDatabase }) => {
    const database = await ownDatabase()
    const control = await database.connect()
    await control.run(fixture('reported-in-time'))
    await control.query(QUOTA)

    const run = new Run()
    const seen = { recorded: 0, corrected: 0, pruned: 0, looks: 0, kills: 0, lost: 0 }
    const wrong: unknown[] = []
    await run.all([
      ...[1, 2, 3].map(() => client(database, run, seen, wrong)),
      ...[1, 2].map(() => pruner(database, run, seen, wrong)),
      observer(await database.connect(), run, seen, wrong),
      killer(await database.connect(), run, seen),
      run
        .until(
          '200 records, 60 corrections, 100 removals, 50 looks, 5 kills',
          () =>
            seen.recorded >= 200 &&
            seen.corrected >= 60 &&
            seen.pruned >= 100 &&
            seen.looks >= 50 &&
            seen.lost >= 5,
        )
        .then(() => run.end()),
    ])
    expect(wrong).toEqual([])
    expect(await control.query(BOOKS)).toMatchObject([{ in_order: 't' }])
    await drain(control)
    expect(await control.query(BOOKS)).toMatchObject([{ in_order: 't' }])
    expect(
      await control.query(`select (select count(*) from copilot_internal.llm_cost_records) as records,
                                  (select count(*) from copilot_internal.e2b_cost_records) as runs`),
    ).toEqual([{ records: '0', runs: '0' }])
    await control.close()
  },
  300_000,
)

type Seen = Record<'recorded' | 'corrected' | 'pruned' | 'looks' | 'kills' | 'lost', number>

/** Records under few names, some of them again, and corrects what it finds. */
async function client(database: Database, run: Run, seen: Seen, wrong: unknown[]): Promise<void> {
  const session = await database.connect()
  await session.query(`set statement_timeout = '60s'`)
  const t = acme.tenantId
  while (!run.over) {
    const request = `request-${Math.floor(Math.random() * REQUESTS)}`
    const tokens = Math.floor(Math.random() * 1000)
    const [kind, statement] = one([
      [
        'recorded',
        `record_llm_usage('${t}', 'openai', 'gpt-4', ${tokens}, 1, '${request}', recorded_at => ${OLD})`,
      ],
      [
        'recorded',
        `record_e2b_usage('${t}', 'standard', 'us-east-1', ${tokens}, request_id => '${request}', recorded_at => ${OLD})`,
      ],
      ['corrected', `revise_llm_usage('${t}', '${request}', ${tokens})`],
      ['corrected', `revise_e2b_usage('${t}', '${request}', ${tokens})`],
      ['corrected', `void_usage('${t}', '${tokens % 2 ? 'llm' : 'e2b'}', '${request}')`],
    ] as const)
    try {
      await session.query(`select copilot_internal.${statement}`)
      seen[kind] += 1
    } catch (error) {
      // There is nothing to correct under this name just now.
      if (!(kind === 'corrected' && error instanceof SqlError && error.code === 'QT008')) wrong.push(error)
    }
    // What was voided may go at once, too.
    if (tokens % 10 === 0) await session.query(AGE)
  }
  await session.close()
}

async function pruner(database: Database, run: Run, seen: Seen, wrong: unknown[]): Promise<void> {
  let session = await database.connect()
  while (!run.over) {
    try {
      const [answer] = await session.query(`${PRUNE} /* to be killed */`)
      seen.pruned += Number(answer?.['rows'])
    } catch (error) {
      const killed = error instanceof Unavailable || (error instanceof SqlError && error.code === '57P01')
      if (!killed) wrong.push(error)
      seen.lost += 1
      await session.close().catch(() => 'it is closed already')
      session = await database.connect()
    }
  }
  await session.close().catch(() => 'it was killed last')
}

async function observer(session: Session, run: Run, seen: Seen, wrong: unknown[]): Promise<void> {
  while (!run.over) {
    const [books] = await session.query(BOOKS)
    if (books?.['in_order'] !== 't') wrong.push(books)
    seen.looks += 1
  }
  await session.close()
}

/** Kills a call in the middle every so often. */
async function killer(session: Session, run: Run, seen: Seen): Promise<void> {
  while (!run.over) {
    await session.query('select pg_sleep(0.1)')
    const killed = await session.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and state = 'active' and query like '%/* to be killed */' and pid <> pg_backend_pid() limit 1`,
    )
    seen.kills += killed.length
  }
  await session.close()
}

/** Calls until a call removes nothing; how much they removed. */
async function drain(session: Session): Promise<number> {
  for (let removed = 0; ; ) {
    const [answer] = await session.query(PRUNE)
    if (Number(answer?.['rows']) === 0) return removed
    removed += Number(answer?.['rows'])
  }
}

function recordMany(count: number): string {
  return `select count(copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', i, i, 'request-' || i,
            recorded_at => ${OLD})) from generate_series(1, ${count}) as i`
}

function one<T>(those: readonly T[]): T {
  const it = those[Math.floor(Math.random() * those.length)]
  if (it === undefined) throw new Error('There is nothing to choose from.')
  return it
}
