/**
 * Quotas and holds that two change in a known order: one stops in the middle, the other comes, waits, and finds what the first has left.
 *
 * Method: whoever has to wait is seen waiting before the first goes on. No round is left to chance.
 */
import { acme } from '../../../fixtures/people.ts'
import type { Database, Session } from '../../engines/index.ts'
import { expect, needs, Run } from '../../harness/index.ts'
import { waiting } from '../races/two-clients.ts'

const concurrent = needs('two-sessions', 'own-database', 'own-backend')
const id = acme.tenantId
const [Q1, Q2] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']
const quota = (key: string, period: string) => `
  insert into copilot_internal.cost_quotas (id, scope, scope_id, resource_type, limit_usd, period)
  values ('${key}', 'tenant', '${id}', 'llm', 10, '${period}');`
const set = (given: string) => `select copilot_internal.set_quota('tenant', '${id}', 'llm', ${given}) as id`

async function some(database: Database, count: number): Promise<Session[]> {
  return Promise.all(Array.from({ length: count }, () => database.connect()))
}

concurrent('set_quota locks quotas in the order of their ids, as everybody does', async ({ ownDatabase }) => {
  const [first, second, third] = await some(await ownDatabase(), 3)
  if (!first || !second || !third) throw new Error('There are three sessions.')
  await first.run(quota(Q2, 'day') + quota(Q1, 'month'))
  await first.query('begin')
  // Even for a reader: what is changed is taken alone.
  await first.query(`select from copilot_internal.cost_quotas where id = '${Q1}' for share`)
  const [answer] = await waiting(first, second, set(`20, 'day'`))
  expect(
    await third.query(`select id from copilot_internal.cost_quotas where id = '${Q2}' for update nowait`),
  ).toEqual([{ id: Q2 }])
  await first.query('rollback')
  expect(await answer).toEqual([{ id: Q2 }])
  await Promise.all([first.close(), second.close(), third.close()])
})

concurrent('two who count a quota otherwise at once mean the same one', async ({ ownDatabase }) => {
  const [first, second] = await some(await ownDatabase(), 2)
  if (!first || !second) throw new Error('There are two sessions.')
  await first.run(quota(Q1, 'hour'))
  await first.query('begin')
  await first.query(set(`period => 'month', from_period => 'hour'`))
  const [answer] = await waiting(first, second, set(`20, 'month', from_period => 'hour'`))
  await first.query('commit')
  expect(await answer).toEqual([{ id: Q1 }])
  expect(
    await first.query('select period, trim_scale(limit_usd) as limit from copilot_internal.cost_quotas'),
  ).toEqual([{ period: 'month', limit: '20' }])
  await Promise.all([first.close(), second.close()])
})

concurrent('two who make the same quota at once make one, and both count', async ({ ownDatabase }) => {
  const [first, second] = await some(await ownDatabase(), 2)
  if (!first || !second) throw new Error('There are two sessions.')
  await first.query('begin')
  const [made] = await first.query(set(`10, 'day', warning_threshold => 0.5`))
  const [answer] = await waiting(first, second, set(`20, 'day'`))
  await first.query('commit')
  expect(await answer).toEqual([made])
  expect(
    await first.query(
      'select trim_scale(limit_usd) as limit, trim_scale(warning_threshold) as warned from copilot_internal.cost_quotas',
    ),
  ).toEqual([{ limit: '20', warned: '0.5' }])
  await Promise.all([first.close(), second.close()])
})

concurrent('two who ask again for one request wait, and neither fails', async ({ ownDatabase }) => {
  const [reader, first, second] = await some(await ownDatabase(), 3)
  if (!reader || !first || !second) throw new Error('There are three sessions.')
  const reserve = (amount: number) =>
    `select granted from copilot_internal.reserve_quota('${id}', 'llm', ${amount}, request_id => 'r')`
  await reader.query(reserve(1))
  await reader.query('begin')
  await reader.query('select from copilot_internal.quota_reservations for share')
  const [one] = await waiting(reader, first, reserve(2))
  const [two] = await waiting(reader, second, reserve(3))
  await reader.query('rollback')
  expect(await one).toEqual([{ granted: 't' }])
  expect(await two).toEqual([{ granted: 't' }])
  expect(
    await reader.query('select trim_scale(amount_usd) as amount from copilot_internal.quota_reservations'),
  ).toEqual([{ amount: '3' }])
  await Promise.all([reader.close(), first.close(), second.close()])
})

concurrent(
  'what another changes of a quota that has just been made is not undone',
  async ({ ownDatabase }) => {
    const [first, second] = await some(await ownDatabase(), 2)
    if (!first || !second) throw new Error('There are two sessions.')
    // The second finds no quota, and stops before it makes one; and again when it has seen that there is one.
    await first.run(`
    create function public.pause() returns trigger language plpgsql as $$
    begin
      if current_setting('test.pauses', true) = 'yes' then
        perform pg_advisory_lock(tg_argv[0]::integer);
      end if;
      return new;
    end $$;
    create trigger _000_pause before insert on copilot_internal.cost_quotas for each row execute function public.pause('1');
    create trigger _999_pause after insert on copilot_internal.cost_quotas for each statement execute function public.pause('2');
    select pg_advisory_lock(1), pg_advisory_lock(2)`)
    await second.query(`set test.pauses = 'yes'`)
    const waitsFor = (what: string) => async () =>
      (await first.query(`select from pg_locks where not granted and ${what}`)).length > 0
    const [answer] = await waiting(first, second, set(`20, 'day'`))
    await first.run(quota(Q1, 'day'))
    await first.query('select pg_advisory_unlock(1)')
    await new Run().until('it has seen the quota', waitsFor(`locktype = 'advisory' and objid = 2`))
    await first.query('begin')
    // Whoever only reads it under a lock is waited for as well: what it writes then is still to come.
    await first.query('select from copilot_internal.cost_quotas for share')
    await first.query('select pg_advisory_unlock(2)')
    await new Run().until('it waits for the change', waitsFor(`locktype = 'transactionid'`))
    await first.query('update copilot_internal.cost_quotas set warning_threshold = 0.5')
    await first.query('commit')
    expect(await answer).toEqual([{ id: Q1 }])
    expect(
      await first.query(
        'select trim_scale(limit_usd) as limit, trim_scale(warning_threshold) as warned from copilot_internal.cost_quotas',
      ),
    ).toEqual([{ limit: '20', warned: '0.5' }])
    await Promise.all([first.close(), second.close()])
  },
)

concurrent.for([
  ['llm', `provider => 'openai', model => 'gpt-4'`],
  ['e2b', `tier => 'gpu'`],
] as const)(
  'reserve_quota: whoever comes second has the same hold, as it asks: %s',
  async ([kind, priced], { ownDatabase }) => {
    const [first, second, third] = await some(await ownDatabase(), 3)
    if (!first || !second || !third) throw new Error('There are three sessions.')
    const reserve = (amount: number, more: string) => `
      select reservation_id as id, granted from copilot_internal.reserve_quota(
        '${id}', '${kind}', ${amount}, '${acme.userId}', 'r', ${more})`
    await first.query('begin')
    const [held] = await first.query(reserve(1, `interval '1 hour'`))
    const [answer] = await waiting(third, second, reserve(3, `interval '2 hours', ${priced}`))
    // Meanwhile there is a quota, which grants what has a price.
    await third.run(`
      insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period, unpriced_policy)
      values ('tenant', '${id}', 'all', 10, 'day', 'refuse_hold')`)
    await first.query('commit')
    expect(await answer).toEqual([held])
    expect(
      await first.query(`
        select user_id, trim_scale(amount_usd) as amount, expires_at > now() + interval '90 minutes' as longer
        from copilot_internal.quota_reservations`),
    ).toEqual([{ user_id: acme.userId, amount: '3', longer: 't' }])
    await Promise.all([first.close(), second.close(), third.close()])
  },
)
