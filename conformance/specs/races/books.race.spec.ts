/**
 * The books add up, whatever happens at once: 24 clients reserve, record, settle, release and abandon against the same
 * quotas, some are killed in the middle, prices change, and one of the platform's quotas is spread and gathered all the while.
 *
 * Method: real connections do random things until each thing has happened often enough; a client whose connection is killed
 * goes on with a new one. What a settlement charged is noted in the same transaction. Limits that have refused often are raised.
 * An observer looks at the quotas throughout.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { acme, birch, type Member } from '../../../fixtures/people.ts'
import { type Database, type Session, SqlError, Unavailable } from '../../engines/index.ts'
import { expect, needs, Run } from '../../harness/index.ts'

const CLIENTS = 24
/** The dearest price of the run, per million tokens; the other is a fifth of it. */
const DEAREST = 50
/** So long that nobody who comes back comes too late, however slow the machine. */
const HOLD = '1 hour'
const ABANDONED_HOLD = '100 milliseconds'
const ACTS_PER_KILL = 20
const REFUSALS_PER_RAISE = 20

/** How often each thing has happened when the run is over, at least. */
const ENOUGH = {
  'recorded dearly': 15,
  'recorded cheaply': 15,
  'recorded again': 8,
  settled: 20,
  released: 20,
  abandoned: 8,
  refused: 30,
  'limits raised': 2,
  gathered: 4,
  'price changed': 4,
  'connection lost': 5,
  observed: 10,
}
type Event = keyof typeof ENOUGH

/** What has happened so far. */
class Tally {
  readonly #counts = new Map<string, number>()

  count(event: Event): void {
    this.#counts.set(event, this.of(event) + 1)
  }

  of(event: string): number {
    return this.#counts.get(event) ?? 0
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }

  get isEnough(): boolean {
    return Object.entries(ENOUGH).every(([event, enough]) => this.of(event) >= enough)
  }
}

const LIMITS = `
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
  select s.scope, s.id::uuid, kind, 2, 'day'
  from (values ('platform', null), ('tenant', '${acme.tenantId}'), ('tenant', '${birch.tenantId}'),
               ('user', '${acme.userId}'), ('user', '${birch.userId}')) as s (scope, id)
  cross join unnest('{llm,all}'::text[]) as kind;
  create table public.settled (tenant_id uuid, user_id uuid, amount_usd numeric(38,18));`

/** One of the platform's two, the other stays one row. */
const SPREAD = `select copilot_internal.spread_quota(id) from copilot_internal.cost_quotas
  where scope = 'platform' and resource_type = 'all'`

const SET_PRICE = `select copilot_internal.set_model_price('p', 'm', $1, $1)`

needs(
  'two-sessions',
  'own-database',
  'own-backend',
  'time',
)('admitted stays within the limit, and every charge is accounted for', async ({ ownDatabase }) => {
  const database = await ownDatabase()
  const control = await database.connect()
  await control.run(LIMITS)
  await control.query(SPREAD)
  await control.query(SET_PRICE, [DEAREST])

  const run = new Run()
  const sharing = { run, tally: new Tally(), pause: { wanted: false } }
  await run.all([
    ...Array.from({ length: CLIENTS }, (_, i) => client(database, i % 2 === 0 ? acme : birch, sharing)),
    changePrices(await database.connect(), sharing),
    raiseLimits(await database.connect(), sharing),
    gather(await database.connect(), sharing),
    kill(await database.connect(), sharing),
    observe(await database.connect(), sharing),
    run
      .until(`each often enough: ${Object.keys(ENOUGH).join(', ')}`, () => sharing.tally.isEnough)
      .then(() => run.end()),
  ])

  expect(await control.query(IMBALANCES)).toEqual([])

  // An hour passes for the holds of those who were killed; the others end by themselves.
  await control.query(
    `update copilot_internal.quota_reservations set expires_at = clock_timestamp()
       where closed_at is null and expires_at > clock_timestamp() + interval '10 minutes'`,
  )
  await new Run().until('the end of all holds', async () => {
    const holds = await control.query(
      `select from copilot_internal.quota_reservations where closed_at is null and expires_at > clock_timestamp()`,
    )
    return holds.length === 0
  })
  expect(
    await control.query(
      `select distinct s.held_usd from copilot_internal.cost_quotas as q
         cross join lateral copilot_internal.quota_status(q.scope, q.scope_id) as s`,
    ),
  ).toEqual([{ held_usd: '0' }])
  await control.close()
})

/** Quotas whose spend is not the sum of what was recorded and settled against them, or above the limit. */
const IMBALANCES = `
  with charges as (
    select tenant_id, user_id, total_cost_usd as amount from copilot_internal.llm_cost_records
    union all select tenant_id, user_id, amount_usd from public.settled
  )
  select q.scope, q.resource_type, q.spent, sum(c.amount) as charged, q.limit_usd
  from (select *, spent_usd + copilot_internal.quota_parts_usd(id) as spent from copilot_internal.cost_quotas) as q
  left join charges as c
    on q.scope = 'platform' or q.scope = 'tenant' and c.tenant_id = q.scope_id or q.scope = 'user' and c.user_id = q.scope_id
  group by q.id, q.scope, q.resource_type, q.spent, q.limit_usd
  having q.spent <> coalesce(sum(c.amount), 0) or q.spent > q.limit_usd`

/** Quotas whose spend and open holds together are above the limit. */
const OVERSPENT = `
  select q.scope, s.resource_type, s.left_usd from copilot_internal.cost_quotas as q
  cross join lateral copilot_internal.quota_status(q.scope, q.scope_id) as s where s.left_usd < 0`

interface Sharing {
  readonly run: Run
  readonly tally: Tally
  /** Whether a price change that gave up waits for everybody to pause. */
  readonly pause: { wanted: boolean }
}

/** Acts until the run is over. Only the killing is in its way: no deadlock, no lost serialization, no constraint. */
async function client(database: Database, member: Member, { run, tally, pause }: Sharing): Promise<void> {
  let session: Session | undefined
  while (!run.over) {
    try {
      session ??= await database.connect()
      await act(session, member, tally)
      while (pause.wanted && !run.over) await sleep(5)
    } catch (error) {
      const lost = error instanceof Unavailable || (error instanceof SqlError && error.code === '57P01')
      if (!lost) throw error
      tally.count('connection lost')
      await session?.close().catch(() => 'it is closed already')
      session = undefined
    }
  }
  await session?.close().catch(() => 'it was killed last')
}

/** Reserves what some tokens cost at most, and then does one of the things that people do with a reservation. */
async function act(session: Session, { tenantId, userId }: Member, tally: Tally): Promise<void> {
  const tokens = 1 + Math.floor(Math.random() * 1000)
  const choice = Math.random()
  const abandons = choice >= 0.9
  const [hold] = await session.query(
    `select reservation_id as id from copilot_internal.reserve_quota(
       $1, 'llm', $2::bigint * $3 * 0.000001, $4, null, $5) where granted`,
    [tenantId, tokens, DEAREST, userId, abandons ? ABANDONED_HOLD : HOLD],
  )
  if (!hold) return tally.count('refused')
  const record = async (requestId: string) => {
    const [recorded] = await session.query(
      `select input_price_per_million = $6 as dearly from copilot_internal.record_llm_usage(
         $1, 'p', 'm', $2, 0, request_id => $3, user_id => $4, reservation_id => $5)`,
      [tenantId, tokens, requestId, userId, hold['id'], DEAREST],
    )
    return recorded?.['dearly'] === 't' ? 'recorded dearly' : 'recorded cheaply'
  }
  if (choice < 0.4) {
    tally.count(await record(crypto.randomUUID()))
  } else if (choice < 0.5) {
    const requestId = crypto.randomUUID()
    tally.count(await record(requestId))
    await record(requestId)
    tally.count('recorded again')
  } else if (choice < 0.7) {
    await session.query('begin')
    await session.query(
      `insert into public.settled
       select $1, $2, ($3::bigint * 0.000001) where copilot_internal.settle_reservation($1, $4, $3::bigint * 0.000001)`,
      [tenantId, userId, tokens, hold['id']],
    )
    await session.query('commit')
    tally.count('settled')
  } else if (abandons) {
    tally.count('abandoned')
  } else {
    await session.query('select copilot_internal.release_reservation($1, $2)', [tenantId, hold['id']])
    tally.count('released')
  }
}

/**
 * Changes the price back and forth. A change may give up waiting for those who record, rather than keep them waiting; then
 * they pause, so that it happens however many they are.
 */
async function changePrices(session: Session, { run, tally, pause }: Sharing): Promise<void> {
  for (let price = DEAREST / 5; !run.over; await sleep(50)) {
    try {
      await session.query(SET_PRICE, [price])
      tally.count('price changed')
      price = price === DEAREST ? DEAREST / 5 : DEAREST
      pause.wanted = false
    } catch (error) {
      if (!(error instanceof SqlError && error.code === '55P03')) throw error
      pause.wanted = true
    }
  }
  await session.close()
}

/** Raises the limits whenever they have refused so often: each time, everybody is after the last cents again. */
async function raiseLimits(session: Session, { run, tally }: Sharing): Promise<void> {
  const quotas = await session.query('select id from copilot_internal.cost_quotas')
  for (let refused = 0; !run.over; await sleep(5)) {
    if (tally.of('refused') < refused + REFUSALS_PER_RAISE) continue
    expect(await session.query(OVERSPENT)).toEqual([])
    for (const { id } of quotas)
      await session.query(
        'update copilot_internal.cost_quotas set limit_usd = limit_usd + 0.25 where id = $1',
        [id],
      )
    tally.count('limits raised')
    refused = tally.of('refused')
  }
  await session.close()
}

/** Makes the quota that is spread one row, and spreads it again. */
async function gather(session: Session, { run, tally }: Sharing): Promise<void> {
  for (; !run.over; await sleep(20)) {
    await session.query('select copilot_internal.gather_quota(id) from copilot_internal.cost_quotas')
    tally.count('gathered')
    await session.query(SPREAD)
  }
  await session.close()
}

/** Kills one client's connection every so many acts; never those that watch. */
async function kill(session: Session, { run, tally }: Sharing): Promise<void> {
  for (let acts = 0; !run.over; await sleep(5)) {
    if (tally.total < acts + ACTS_PER_KILL) continue
    await session.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and query ~ '(reserve_quota|record_llm_usage|settle_reservation)'
         and pid <> pg_backend_pid()
       order by random() limit 1`,
    )
    acts = tally.total
  }
  await session.close()
}

/** Sees no moment at which spend and open holds are above a limit. */
async function observe(session: Session, { run, tally }: Sharing): Promise<void> {
  for (; !run.over; await sleep(10)) {
    expect(await session.query(OVERSPENT)).toEqual([])
    tally.count('observed')
  }
  await session.close()
}
