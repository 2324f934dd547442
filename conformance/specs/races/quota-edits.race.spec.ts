/**
 * People edit quotas, in whatever order, while usage is recorded: no client that records, reserves or settles fails by it, and
 * quotas that stay keep every charge.
 *
 * Method: real connections. Administrators update all quotas in random order, some of them row by row in one transaction, change
 * their periods, call set_quota, delete quotas and make them again, until each client and each kind of edit has had its turns. An
 * administrator may be the victim of a deadlock (40P01); no client may.
 */
import { acme, birch, type Member } from '../../../fixtures/people.ts'
import { type Session, SqlError } from '../../engines/index.ts'
import { expect, needs, Run } from '../../harness/index.ts'

const CLIENTS = 6
const CALLS_EACH = 15
const EDITS_EACH = 3

/** The platform's and acme's quotas for all kinds stay; the others come and go. */
const QUOTAS = `
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
  select s.scope, s.id::uuid, kind, 1000000, 'month'
  from (values ('platform', null), ('tenant', '${acme.tenantId}'), ('tenant', '${birch.tenantId}'),
               ('user', '${acme.userId}'), ('user', '${birch.userId}')) as s (scope, id)
  cross join unnest('{llm,e2b,all}'::text[]) as kind
  where not exists (
    select from copilot_internal.cost_quotas as q where q.resource_type = kind and q.scope = s.scope and q.scope_id is not distinct from s.id::uuid
  )
  on conflict do nothing;`
const STAYS = `resource_type = 'all' and (scope = 'platform' or scope_id = '${acme.tenantId}')`

const number = (below: number) => Math.floor(Math.random() * below)
const one = <T>(those: readonly T[]): T => those[number(those.length)] as T

const edits = {
  'all at once, in random order': () =>
    `with locked as materialized (select id from copilot_internal.cost_quotas order by random() for update)
     update copilot_internal.cost_quotas as q set limit_usd = 1000000 + ${number(1000)} from locked where q.id = locked.id`,
  'one after the other': () =>
    `do $$ declare quota uuid; begin
       for quota in select id from copilot_internal.cost_quotas order by random() limit 5 loop
         update copilot_internal.cost_quotas set limit_usd = 1000000 + ${number(1000)} where id = quota;
         perform pg_sleep(0.002);
       end loop;
     end $$`,
  'another period': () =>
    `update copilot_internal.cost_quotas set period = '${one(['day', 'week', 'month'])}' where resource_type = '${one(['llm', 'e2b', 'all'])}'`,
  set_quota: () =>
    `select copilot_internal.set_quota('tenant', '${one([acme, birch]).tenantId}', '${one(['llm', 'e2b'])}', 1000000 + ${number(1000)})`,
  'deleted and made again': () =>
    `delete from copilot_internal.cost_quotas where not (${STAYS}) and resource_type = '${one(['llm', 'e2b', 'all'])}'; ${QUOTAS}`,
}
type Edit = keyof typeof edits
/** What an edit may be refused with: it is a victim, or the quota is there, or two are and it does not say which one it means. */
const REFUSALS = ['40P01', '23505', '22004']

const calls = [
  ({ tenantId, userId }: Member) =>
    `select copilot_internal.record_llm_usage('${tenantId}', 'openai', 'gpt-4', ${number(1000)}, 1, user_id => '${userId}')`,
  ({ tenantId, userId }: Member) =>
    `select copilot_internal.record_e2b_usage('${tenantId}', 'gpu', 'us-east-1', ${number(1000)}, user_id => '${userId}')`,
  () =>
    `select copilot_internal.record_llm_usage_batch(jsonb_build_array(${[acme, birch, acme]
      .map(
        ({ tenantId, userId }) =>
          `jsonb_build_object('tenant_id', '${tenantId}', 'user_id', '${userId}', 'provider', 'openai', 'model', 'gpt-4',
             'input_tokens', ${number(1000)}, 'output_tokens', 1)`,
      )
      .join()}))`,
]

/** Quotas that have stayed, whose spend and books together are not what was recorded. */
const IMBALANCES = `
  select q.scope, q.spent_usd, a.archived, r.recorded
  from copilot_internal.cost_quotas as q
  cross join lateral (
    select coalesce(sum(p.spent_usd), 0) as archived from copilot_internal.cost_quota_periods as p where p.quota_id = q.id
  ) as a
  cross join lateral (
    select sum(u.total_cost_usd) as recorded
    from (
      select tenant_id, total_cost_usd from copilot_internal.llm_cost_records
      union all select tenant_id, total_cost_usd from copilot_internal.e2b_cost_records
    ) as u
    where q.scope = 'platform' or u.tenant_id = q.scope_id
  ) as r
  where ${STAYS} and q.spent_usd + a.archived is distinct from r.recorded`

async function client(session: Session, run: Run, answered: number[], i: number): Promise<void> {
  while (!run.over) {
    const member = one([acme, birch])
    if (number(3) > 0) await session.query(one(calls)(member))
    else await withHold(session, member)
    answered[i] = (answered[i] ?? 0) + 1
  }
  await session.close()
}

/** Reserves, and then settles or records: one call in a transaction. */
async function withHold(session: Session, { tenantId, userId }: Member): Promise<void> {
  const [hold] = await session.query(
    `select reservation_id as id from copilot_internal.reserve_quota($1, 'llm', 0.5, $2)`,
    [tenantId, userId],
  )
  if (number(2) > 0)
    await session.query('select copilot_internal.settle_reservation($1, $2, 0)', [tenantId, hold?.['id']])
  await session.query(
    `select copilot_internal.record_llm_usage($1, 'openai', 'gpt-4', 500, 1, user_id => $2, reservation_id => $3)`,
    [tenantId, userId, hold?.['id']],
  )
}

async function administrator(session: Session, run: Run, done: Map<string, number>): Promise<void> {
  while (!run.over) {
    const name = one(Object.keys(edits)) as Edit
    try {
      await session.run(edits[name]())
      done.set(name, (done.get(name) ?? 0) + 1)
    } catch (error) {
      if (!(error instanceof SqlError && REFUSALS.includes(error.code))) throw error
    }
  }
  await session.close()
}

needs(
  'two-sessions',
  'own-database',
  'own-backend',
  'thorough-run',
)('quotas edited in any order cost no client its recording', async ({ ownDatabase }) => {
  const database = await ownDatabase()
  const control = await database.connect()
  await control.run(QUOTAS)
  const run = new Run()
  const answered: number[] = []
  const done = new Map<string, number>()
  const sessions = await Promise.all(Array.from({ length: CLIENTS + 2 }, () => database.connect()))
  await run.all([
    ...sessions.map((session, i) =>
      i < CLIENTS ? client(session, run, answered, i) : administrator(session, run, done),
    ),
    run
      .until(
        `${CALLS_EACH} calls of each client, ${EDITS_EACH} edits of each kind`,
        () =>
          Array.from({ length: CLIENTS }, (_, i) => answered[i] ?? 0).every((count) => count >= CALLS_EACH) &&
          Object.keys(edits).every((name) => (done.get(name) ?? 0) >= EDITS_EACH),
      )
      .then(() => run.end()),
  ])
  expect(await control.query(IMBALANCES)).toEqual([])
  expect(await control.query(`select count(*) from copilot_internal.cost_quotas where ${STAYS}`)).toEqual([
    { count: '2' },
  ])
  await control.close()
})
