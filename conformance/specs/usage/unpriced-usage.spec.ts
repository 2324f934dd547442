/**
 * Usage that has no price: recorded, marked, and a quota says what it does about it (unpriced_policy).
 *
 * Method: Acme has a quota of each policy, for each kind of usage and with the same limit; holds of 2 USD for what nobody knows
 * the price of.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

/** Three quotas that concern Acme's user: the tenant's allows, the user's charges the hold, the platform's is as the test says. */
const quotas = (platform: string) => `
  insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period, unpriced_policy)
  values ('tenant', '${acme.tenantId}', 'all', 10, 'day', 'allow'), ('user', '${acme.userId}', 'all', 10, 'day', 'charge_hold'),
         ('platform', null, 'all', 10, 'day', '${platform}')`
const spent = `select scope, trim_scale(spent_usd) as spent from copilot_internal.cost_quotas`
const books = (tenant: string | number, user: string | number, platform: string | number) => [
  { scope: 'tenant', spent: tenant },
  { scope: 'user', spent: user },
  { scope: 'platform', spent: platform },
]

const kinds = [
  {
    kind: 'llm',
    named: `provider => 'acme', model => 'in-house'`,
    priced: `provider => 'openai', model => 'gpt-4'`,
    records: 'llm_cost_records',
    record: (hold: string, more = '') =>
      `select trim_scale(total_cost_usd) as cost, is_unpriced, is_estimated
       from copilot_internal.record_llm_usage('${acme.tenantId}', 'acme', 'in-house', 1000000, 0, user_id => '${acme.userId}',
         reservation_id => ${hold} ${more})`,
    revise: `select is_unpriced, is_estimated from copilot_internal.revise_llm_usage('${acme.tenantId}', 'req-1', 2000000)`,
  },
  {
    kind: 'e2b',
    named: `tier => 'mainframe'`,
    priced: `tier => 'gpu'`,
    records: 'e2b_cost_records',
    record: (hold: string, more = '') =>
      `select trim_scale(total_cost_usd) as cost, is_unpriced, is_estimated
       from copilot_internal.record_e2b_usage('${acme.tenantId}', 'mainframe', 'us-east-1', 100, user_id => '${acme.userId}',
         reservation_id => ${hold} ${more})`,
    revise: `select is_unpriced, is_estimated from copilot_internal.revise_e2b_usage('${acme.tenantId}', 'req-1', 200)`,
  },
] as const

describe.each(kinds)('$kind', ({ kind, named, priced, record, records, revise }) => {
  const reserve = (more: string) => `
    select granted, refused_by is null as by_nobody from copilot_internal.reserve_quota(
      '${acme.tenantId}', '${kind}', 2, '${acme.userId}', ${more})`
  /** The id of a hold of 2 USD, as SQL. */
  const hold = `(select reservation_id from copilot_internal.reserve_quota('${acme.tenantId}', '${kind}', 2, '${acme.userId}', 'hold-1'))`

  test('allow, the default, counts nothing, and gives the hold back', async ({ as, session }) => {
    await session.run(quotas('allow'))
    await as(service)(record(hold)).livesOk()
    await as(owner)`
      select trim_scale(s.spent_usd) as spent, trim_scale(s.held_usd) as held
      from copilot_internal.quota_status('tenant', ${acme.tenantId}) as s`.resultsEq([{ spent: 0, held: 0 }])
  })

  test('charge_hold charges what was held, marked as an estimate', async ({ as, session }) => {
    await session.run(quotas('charge_hold'))
    await as(service)(record(hold)).resultsEq([{ cost: 0, is_unpriced: true, is_estimated: true }])
    await as(owner)(spent).bagEq(books(0, 2, 2))
  })

  test('charge_hold without a hold counts nothing, and is no estimate', async ({ as, session }) => {
    await session.run(quotas('charge_hold'))
    for (const none of ['null', 'gen_random_uuid()']) {
      await as(service)(record(none)).resultsEq([{ cost: 0, is_unpriced: true, is_estimated: false }])
    }
    await as(owner)(spent).bagEq(books(0, 0, 0))
  })

  test('charge_hold charges one hold once, whoever names it again', async ({ as, session }) => {
    await session.run(quotas('charge_hold'))
    await session.query(record(hold))
    const closed = `(select id from copilot_internal.quota_reservations)`
    await as(service)(record(closed)).resultsEq([{ cost: 0, is_unpriced: true, is_estimated: false }])
    await as(owner)(spent).bagEq(books(0, 2, 2))
  })

  test('a hold that was released is charged once, or not at all', async ({ as, session }) => {
    await session.run(quotas('charge_hold'))
    await session.query(`
      select copilot_internal.release_reservation('${acme.tenantId}', r.reservation_id)
      from copilot_internal.reserve_quota('${acme.tenantId}', '${kind}', 2, '${acme.userId}') as r`)
    const released = `(select id from copilot_internal.quota_reservations)`
    for (const _ of ['once', 'twice', 'three times']) await session.query(record(released))
    await as(owner)`select max(spent_usd) <= 2 as once from copilot_internal.cost_quotas`.resultsEq([
      { once: true },
    ])
  })

  test('usage that has a price is charged that, whatever was held', async ({ as, session }) => {
    await session.run(quotas('charge_hold'))
    await as(service)(
      record(hold).replace(`'acme', 'in-house'`, `'openai', 'gpt-4'`).replace('mainframe', 'gpu'),
    ).livesOk()
    const cost = kind === 'llm' ? 30 : '0.12'
    await as(owner)(spent).bagEq(books(cost, cost, cost))
  })

  test('refuse_hold grants no hold for what has no price', async ({ as, session }) => {
    await session.run(quotas('refuse_hold'))
    await as(service)(reserve(named)).resultsEq([{ granted: false, by_nobody: false }])
    await as(service)(reserve(priced)).resultsEq([{ granted: true, by_nobody: true }])
    await as(service)(reserve('null')).resultsEq([{ granted: true, by_nobody: true }])
  })

  test('the other policies grant one', async ({ as, session }) => {
    await session.run(quotas('charge_hold'))
    await as(service)(reserve(named)).resultsEq([{ granted: true, by_nobody: true }])
  })

  test('refuse_hold keeps usage that was had nevertheless, and counts nothing', async ({ as, session }) => {
    await session.run(quotas('refuse_hold'))
    await as(service)(record('null')).resultsEq([{ cost: 0, is_unpriced: true, is_estimated: false }])
    await as(owner)(spent).bagEq(books(0, 0, 0))
  })

  test('a revision without a price leaves what its hold was charged', async ({ as, session }) => {
    await session.run(quotas('charge_hold'))
    await session.query(record(hold, `, request_id => 'req-1'`))
    await as(service)(revise).resultsEq([{ is_unpriced: true, is_estimated: true }])
    await as(owner)(spent).bagEq(books(0, 2, 2))
  })

  test('what was charged in place of a price goes back when it is voided', async ({ as, session }) => {
    await session.run(quotas('charge_hold'))
    await session.query(record(hold, `, request_id => 'req-1'`))
    await as(
      service,
    )`select copilot_internal.void_usage(${acme.tenantId}, ${kind}, 'req-1') as done`.resultsEq([
      { done: true },
    ])
    await as(owner)(spent).bagEq(books(0, 0, 0))
    await as(owner)(`select id from copilot_internal.${records}`).isEmpty()
  })
})

test('refuse_hold is asked by the alias, too', async ({ as, session }) => {
  await session.run(quotas('refuse_hold'))
  const reserve = (model: string) => `
    select granted from copilot_internal.reserve_quota('${acme.tenantId}', 'llm', 2, provider => 'openai', model => '${model}')`
  await as(service)(reserve('gpt-4-0613')).resultsEq([{ granted: false }])
  await session.run(
    `insert into copilot_internal.model_aliases (provider, alias, model) values ('openai', 'gpt-4-0613', 'gpt-4')`,
  )
  await as(service)(reserve('gpt-4-0613')).resultsEq([{ granted: true }])
})

test('an unknown policy is refused', async ({ as }) => {
  await as(service)(quotas('ignore')).throwsOk('23514')
})
