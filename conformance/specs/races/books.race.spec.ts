/**
 * The books add up, whatever happens at once: 32 clients reserve, record, settle, release and abandon against the same
 * quotas, some are killed in the middle, and prices change all the while.
 *
 * Method: for some seconds, real connections do random things; a client whose connection is killed goes on with a new one.
 * What a settlement charged is noted in the same transaction. An observer looks at the quotas throughout.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { acme, birch, type Member } from '../../../fixtures/people.ts'
import { type Database, type Session, SqlError, Unavailable } from '../../engines/index.ts'
import { expect, needs } from '../../harness/index.ts'

const CLIENTS = 32
const LASTS_MS = 3_000
const HOLD_MS = 2_000
/** The dearest price of the run, per million tokens; the other is a fifth of it. */
const DEAREST = 50

const LIMITS = `
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
  select s.scope, s.id::uuid, kind, 5, 'day'
  from (values ('platform', null), ('tenant', '${acme.tenantId}'), ('tenant', '${birch.tenantId}'),
               ('user', '${acme.userId}'), ('user', '${birch.userId}')) as s (scope, id)
  cross join unnest('{llm,all}'::text[]) as kind;
  create table public.settled (tenant_id uuid, user_id uuid, amount_usd numeric(38,18));`

needs('two-sessions', 'own-database', 'own-backend')(
  'admitted stays within the limit, and every charge is accounted for',
  async ({ ownDatabase }) => {
    const database = await ownDatabase()
    const control = await database.connect()
    await control.run(LIMITS)
    await control.query(`select copilot_internal.set_model_price('p', 'm', $1, $1)`, [DEAREST])

    const until = Date.now() + LASTS_MS
    const codes = new Map<string, number>()
    const overspent: unknown[] = []
    await Promise.all([
      ...Array.from({ length: CLIENTS }, (_, i) =>
        client(database, until, i % 2 === 0 ? acme : birch, codes),
      ),
      changePrices(await database.connect(), until),
      kill(await database.connect(), until),
      observe(await database.connect(), until, overspent),
    ])

    // Nothing but the killing was in anybody's way: no deadlock, no lost serialization, no constraint.
    expect([...codes.keys()].filter((code) => code !== '57P01' && code !== 'lost')).toEqual([])
    expect(overspent).toEqual([])
    expect(await control.query(IMBALANCES)).toEqual([])
    const [done] = await control.query(
      `select (select count(*) from copilot_internal.llm_cost_records) > 50 as recorded,
              (select count(*) from public.settled) > 20 as settled,
              (select count(distinct input_price_per_million) from copilot_internal.llm_cost_records) = 2 as both_prices`,
    )
    expect({ ...done, killed: codes.size > 0 }).toEqual({
      recorded: 't',
      settled: 't',
      both_prices: 't',
      killed: true,
    })

    await sleep(HOLD_MS)
    expect(
      await control.query(
        `select distinct s.held_usd from copilot_internal.cost_quotas as q
         cross join lateral copilot_internal.quota_status(q.scope, q.scope_id) as s`,
      ),
    ).toEqual([{ held_usd: '0' }])
    await control.close()
  },
  60_000,
)

/** Quotas whose spend is not the sum of what was recorded and settled against them, or above the limit. */
const IMBALANCES = `
  with charges as (
    select tenant_id, user_id, total_cost_usd as amount from copilot_internal.llm_cost_records
    union all select tenant_id, user_id, amount_usd from public.settled
  )
  select q.scope, q.resource_type, q.spent_usd, sum(c.amount) as charged, q.limit_usd
  from copilot_internal.cost_quotas as q
  left join charges as c
    on q.scope = 'platform' or q.scope = 'tenant' and c.tenant_id = q.scope_id or q.scope = 'user' and c.user_id = q.scope_id
  group by q.id
  having q.spent_usd <> coalesce(sum(c.amount), 0) or q.spent_usd > q.limit_usd`

async function client(
  database: Database,
  until: number,
  member: Member,
  codes: Map<string, number>,
): Promise<void> {
  let session = await database.connect()
  while (Date.now() < until) {
    try {
      await act(session, member)
    } catch (error) {
      const code =
        error instanceof SqlError ? error.code : error instanceof Unavailable ? 'lost' : String(error)
      codes.set(code, (codes.get(code) ?? 0) + 1)
      await session.close().catch(() => 'it is closed already')
      session = await database.connect()
    }
  }
  await session.close().catch(() => 'it was killed last')
}

/** Reserves what some tokens cost at most, and then does one of the things that people do with a reservation. */
async function act(session: Session, { tenantId, userId }: Member): Promise<void> {
  const tokens = 1 + Math.floor(Math.random() * 1000)
  const [hold] = await session.query(
    `select reservation_id as id from copilot_internal.reserve_quota(
       $1, 'llm', $2::bigint * $3 * 0.000001, $4, null, $5 * interval '1 millisecond') where granted`,
    [tenantId, tokens, DEAREST, userId, HOLD_MS],
  )
  if (!hold) return
  const record = (requestId: string) =>
    session.query(
      `select copilot_internal.record_llm_usage(
         $1, 'p', 'm', $2, 0, request_id => $3, user_id => $4, reservation_id => $5)`,
      [tenantId, tokens, requestId, userId, hold['id']],
    )
  const choice = Math.random()
  if (choice < 0.4) {
    await record(crypto.randomUUID())
  } else if (choice < 0.5) {
    const requestId = crypto.randomUUID()
    await record(requestId)
    await record(requestId)
  } else if (choice < 0.7) {
    await session.query('begin')
    await session.query(
      `insert into public.settled
       select $1, $2, ($3::bigint * 0.000001) where copilot_internal.settle_reservation($1, $4, $3::bigint * 0.000001)`,
      [tenantId, userId, tokens, hold['id']],
    )
    await session.query('commit')
  } else if (choice < 0.9) {
    await session.query('select copilot_internal.release_reservation($1, $2)', [tenantId, hold['id']])
  }
}

async function changePrices(session: Session, until: number): Promise<void> {
  for (let i = 0; Date.now() < until; i += 1) {
    const price = i % 2 === 0 ? DEAREST / 5 : DEAREST
    await session.query(`select copilot_internal.set_model_price('p', 'm', $1, $1)`, [price])
    await sleep(50)
  }
  await session.close()
}

/** Kills one client's connection every so often; never those that watch. */
async function kill(session: Session, until: number): Promise<void> {
  while (Date.now() < until) {
    await sleep(100)
    await session.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and query ~ '(reserve_quota|record_llm_usage|settle_reservation)'
         and pid <> pg_backend_pid()
       order by random() limit 1`,
    )
  }
  await session.close()
}

/** Notes every moment at which spend and open holds are above a limit. */
async function observe(session: Session, until: number, overspent: unknown[]): Promise<void> {
  while (Date.now() < until) {
    overspent.push(
      ...(await session.query(
        `select q.scope, s.resource_type, s.left_usd from copilot_internal.cost_quotas as q
         cross join lateral copilot_internal.quota_status(q.scope, q.scope_id) as s where s.left_usd < 0`,
      )),
    )
    await sleep(20)
  }
  await session.close()
}
