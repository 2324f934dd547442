/**
 * The migrations are run again on a living system: no client gets an error, no reader sees less than before, and no recording
 * is lost.
 *
 * Method: eight clients record without a pause, two members read their summaries, while all files are run again three times; in
 * autocommit and in one transaction, over a connection and by psql. On a busy machine they are run more often: until each client
 * has got something done while they ran. One client more reads a view that is replaced, and may have to wait for a round.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { $ } from 'zx'
import { acme, birch, type Member } from '../../../fixtures/people.ts'
import { type Database, migrations, type Session, SqlError } from '../../engines/index.ts'
import { describe, expect, needs, needsTool } from '../../harness/index.ts'

const RECORDERS = 8
const ROUNDS = 3
/** So often at most, until each client has done something twice within one round: what waits for a whole round never does. */
const ROUNDS_AT_MOST = 40
const files = migrations()
const folder = fileURLToPath(new URL('../../../supabase/migrations/', import.meta.url))
const paths = files.flatMap(({ name }) => ['-f', join(folder, name)])

const LIMITS = `
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
  select s.scope, s.id::uuid, kind, 1000000, 'month'
  from (values ('platform', null), ('tenant', '${acme.tenantId}'), ('tenant', '${birch.tenantId}'),
               ('user', '${acme.userId}'), ('user', '${birch.userId}')) as s (scope, id)
  cross join unnest('{llm,e2b,all}'::text[]) as kind`

/** What went wrong, each with how often. */
type Faults = Map<string, number>

/** How far the files are. */
interface Course {
  done: boolean
  round: number
}

/** How often a client has done what it does: in all, in the last round that it did so in, and at most in one. */
class Progress {
  calls = 0
  most = 0
  readonly #course: Course
  #round = 0
  #inRound = 0

  constructor(course: Course) {
    this.#course = course
  }

  /** Does it, and counts it; to a round belongs what began and ended in it. */
  async of(work: () => Promise<unknown>): Promise<void> {
    const { round } = this.#course
    await work()
    this.calls += 1
    if (round !== this.#course.round) return
    this.#inRound = round === this.#round ? this.#inRound + 1 : 1
    this.#round = round
    this.most = Math.max(this.most, this.#inRound)
  }
}

describe('while eight clients record, the files are run again', { timeout: 300_000 }, () => {
  const concurrent = needs('two-sessions', 'own-database', 'own-backend', 'time')

  concurrent('in autocommit', async ({ ownDatabase }) => {
    const database = await ownDatabase()
    const session = await database.connect()
    await harmless(database, async () => {
      for (const { sql } of files) await session.run(sql)
    })
    await session.close()
  })

  concurrent('in one transaction', async ({ ownDatabase }) => {
    const database = await ownDatabase()
    const session = await database.connect()
    await harmless(database, async () => {
      await session.run('begin')
      for (const { sql } of files) await session.run(sql)
      await session.run('commit')
    })
    await session.close()
  })

  const byPsql = needs('two-sessions', 'own-database', 'own-backend', 'network', 'time')

  byPsql.for([
    { way: 'psql -f', options: [] },
    { way: 'psql -1', options: ['-1'] },
  ])('by $way', async ({ options }, { ownDatabase, skip }) => {
    const psql = await needsTool('psql', skip)
    const database = await ownDatabase()
    await harmless(
      database,
      () => $({ quiet: true })`${psql} --no-psqlrc -v ON_ERROR_STOP=1 ${options} ${database.url} ${paths}`,
    )
  })
})

/** Runs the files again for some rounds, amid clients, and claims that none of them noticed. */
async function harmless(database: Database, rerun: () => Promise<unknown>): Promise<void> {
  const control = await database.connect()
  await control.run(LIMITS)
  const faults: Faults = new Map()
  const course: Course = { done: false, round: 1 }
  const members = [acme, birch]
  // Somebody has to be there before the first reader asks.
  for (const member of members) await record(control, member)
  const recorders = Array.from({ length: RECORDERS }, () => new Progress(course))
  const readers = members.map(() => new Progress(course))
  const running = Promise.all([
    ...recorders.map(async (progress, i) =>
      recorder(await database.connect(), i % 2 === 0 ? acme : birch, course, progress, faults),
    ),
    ...readers.map(async (progress, i) =>
      reader(await database.connect(), members[i] ?? acme, course, progress, faults),
    ),
  ])
  const waiting = patientReader(await database.connect(), course, faults)
  const leastDone = () => Math.min(...[...recorders, ...readers].map(({ most }) => most))
  try {
    for (; course.round <= ROUNDS || (leastDone() < 2 && course.round <= ROUNDS_AT_MOST); course.round += 1)
      await rerun()
  } finally {
    course.done = true
    await running
  }
  expect(await waiting).toBeGreaterThan(0)
  expect(Object.fromEntries(faults)).toEqual({})

  const recorded = recorders.reduce((sum, { calls }) => sum + calls, members.length)
  expect(
    await control.query(
      `select (select count(*) from copilot_internal.llm_cost_records) as calls,
              (select count(*) from copilot_internal.e2b_cost_records) as runs,
              (select count(*) from copilot_internal.cost_quotas as q where q.spent_usd <> (
                 select sum(r.cost) from (
                   select tenant_id, user_id, 'llm' as kind, total_cost_usd as cost from copilot_internal.llm_cost_records
                   union all select tenant_id, user_id, 'e2b', total_cost_usd from copilot_internal.e2b_cost_records
                 ) as r
                 where q.resource_type in (r.kind, 'all') and coalesce(q.scope_id in (r.tenant_id, r.user_id), true)
               )) as wrong_quotas`,
    ),
  ).toEqual([{ calls: `${recorded}`, runs: `${recorded}`, wrong_quotas: '0' }])
  // Nobody has sat the files out.
  expect(leastDone()).toBeGreaterThanOrEqual(2)
  await control.close()
}

/** A call and a run, in one transaction, as a platform reports what an agent has done. */
async function record(session: Session, { tenantId, userId }: Member): Promise<void> {
  await session.run('begin')
  await session.query(
    `select copilot_internal.record_llm_usage($1, 'openai', 'gpt-4o', 1000, 100, request_id => $2, user_id => $3)`,
    [tenantId, crypto.randomUUID(), userId],
  )
  await session.query(
    `select copilot_internal.record_e2b_usage($1, 'standard', 'us-east-1', 7, request_id => $2, user_id => $3)`,
    [tenantId, crypto.randomUUID(), userId],
  )
  await session.run('commit')
}

/** Records as the platform until the files have been run. */
async function recorder(
  session: Session,
  member: Member,
  course: Course,
  progress: Progress,
  faults: Faults,
): Promise<void> {
  await session.run('set role service_role')
  while (!course.done)
    await progress
      .of(() => record(session, member))
      .catch((error: unknown) => noteAndGoOn(session, error, faults))
  await session.close()
}

/** Reads as a member, several views in one transaction; what it has seen once it sees again. */
async function reader(
  session: Session,
  { claims }: Member,
  course: Course,
  progress: Progress,
  faults: Faults,
): Promise<void> {
  let seen = 0
  const read = async () => {
    await session.run('begin; set local role authenticated')
    await session.query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify(claims)])
    const [all] = await session.query(
      'select total_count as count from copilot_internal.combined_cost_summary_by_tenant',
    )
    const [calls] = await session.query(
      'select request_count as count from copilot_internal.cost_summary_by_tenant',
    )
    const [limits] = await session.query('select count(*) from copilot_internal.cost_quotas')
    const [prices] = await session.query('select count(*) from copilot_internal.model_pricing')
    await session.run('commit')
    const now = Number(all?.['count'] ?? 0)
    if (now < seen || Number(calls?.['count'] ?? 0) * 2 < now)
      note(faults, `a summary shows ${now} after ${seen}`)
    if (limits?.['count'] !== '6') note(faults, `${limits?.['count']} quotas are shown`)
    if (prices?.['count'] !== '27') note(faults, `${prices?.['count']} prices are shown`)
    seen = now
  }
  while (!course.done) await progress.of(read).catch((error: unknown) => noteAndGoOn(session, error, faults))
  await session.close()
}

/**
 * Reads as the platform, last the one view that is replaced: it waits there, and holds locks on all others. Answers how often it
 * has read.
 */
async function patientReader(session: Session, course: Course, faults: Faults): Promise<number> {
  let reads = 0
  let seen = 0
  const read = async () => {
    await session.run('begin; set local role service_role')
    const [all] = await session.query(
      'select sum(e2b_run_count) as count from copilot_internal.combined_cost_summary_by_tenant',
    )
    const [runs] = await session.query(
      'select sum(run_count) as count from copilot_internal.e2b_cost_summary_by_tier',
    )
    await session.run('commit')
    const [before, after] = [Number(all?.['count'] ?? 0), Number(runs?.['count'] ?? 0)]
    if (before < seen || after < before) note(faults, `runs are ${seen}, then ${before}, then ${after}`)
    seen = after
    reads += 1
  }
  while (!course.done) await read().catch((error: unknown) => noteAndGoOn(session, error, faults))
  await session.close()
  return reads
}

function note(faults: Faults, what: string): void {
  faults.set(what, (faults.get(what) ?? 0) + 1)
}

async function noteAndGoOn(session: Session, error: unknown, faults: Faults): Promise<void> {
  note(faults, error instanceof SqlError ? `${error.code} ${error.message}` : String(error))
  await session.run('rollback')
}
