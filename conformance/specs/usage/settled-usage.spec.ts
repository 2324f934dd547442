/**
 * A reservation that is settled, and whose usage is recorded, is charged once, whichever comes first.
 *
 * Method: a hold of 1 USD, settled at more or less than the usage costs; usage recorded before, after, again, revised and taken
 * back. What the quotas are left with is what the usage costs.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import { describe, fixture, test } from '../../harness/index.ts'

test.beforeEach(({ session }) => session.run(fixture('quotas')))

const spent = `
  select distinct trim_scale(spent_usd) as spent from copilot_internal.cost_quotas
  where scope_id is distinct from '${birch.tenantId}' and resource_type in ('all', $1)`
const hold = `(select id from copilot_internal.quota_reservations where user_id = '${acme.userId}')`

const kinds = [
  {
    kind: 'llm',
    record: (more = '') =>
      `select trim_scale(total_cost_usd) as cost from copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1000, 0,
         user_id => '${acme.userId}', reservation_id => ${hold} ${more})`,
    unpriced: `select copilot_internal.record_llm_usage('${acme.tenantId}', 'acme', 'in-house', 1000, 0,
         user_id => '${acme.userId}', reservation_id => ${hold})`,
  },
  {
    kind: 'e2b',
    record: (more = '') =>
      `select trim_scale(total_cost_usd) as cost from copilot_internal.record_e2b_usage('${acme.tenantId}', 'standard', 'us-east-1', 300,
         user_id => '${acme.userId}', reservation_id => ${hold} ${more})`,
    unpriced: `select copilot_internal.record_e2b_usage('${acme.tenantId}', 'mainframe', 'us-east-1', 300,
         user_id => '${acme.userId}', reservation_id => ${hold})`,
  },
] as const

describe.each(kinds)('$kind', ({ kind, record, unpriced }) => {
  const settle = (cost: string) =>
    `select copilot_internal.settle_reservation('${acme.tenantId}', ${hold}, ${cost}) as settled`

  test.beforeEach(async ({ session }) => {
    await session.query(
      `select copilot_internal.reserve_quota('${acme.tenantId}', '${kind}', 1, '${acme.userId}', 'req-1')`,
    )
  })

  test.for(['0.02', '0.03', '0.5', '0', '0.0000000000000000004'])(
    'settled at %s, then recorded, it costs what the usage does',
    async (cost, { as }) => {
      await as(service)(settle(cost)).resultsEq([{ settled: true }])
      await as(service)(record()).resultsEq([{ cost: '0.03' }])
      await as(owner)(spent, kind).resultsEq([{ spent: '0.03' }])
    },
  )

  test('recorded, then settled, it costs what the usage does', async ({ as }) => {
    await as(service)(record()).resultsEq([{ cost: '0.03' }])
    await as(service)(settle('0.5')).resultsEq([{ settled: false }])
    await as(owner)(spent, kind).resultsEq([{ spent: '0.03' }])
  })

  test('settled and recorded again and again, it is charged once', async ({ as, session }) => {
    for (const _ of ['once', 'twice']) {
      await session.query(settle('0.5'))
      await session.query(record(`, request_id => 'req-1'`))
    }
    await as(owner)(spent, kind).resultsEq([{ spent: '0.03' }])
  })

  test('what is recorded for it later is charged in full', async ({ as, session }) => {
    await session.query(settle('0.5'))
    await session.query(record(`, request_id => 'req-1'`))
    await as(service)(record(`, request_id => 'req-2'`)).resultsEq([{ cost: '0.03' }])
    await as(owner)(spent, kind).resultsEq([{ spent: '0.06' }])
  })

  test('recorded without it, settled, and reported again with it: charged once', async ({ as, session }) => {
    await session.query(record(`, request_id => 'req-1'`).replace(hold, 'null'))
    await session.query(settle('0.5'))
    await as(service)(record(`, request_id => 'req-1'`)).resultsEq([{ cost: '0.03' }])
    await as(owner)(spent, kind).resultsEq([{ spent: '0.03' }])
  })

  test('the hold tells the record that it became', async ({ as, session }) => {
    await session.query(settle('0.5'))
    await session.query(record(`, request_id => 'req-1'`))
    await as(owner)`
      select trim_scale(h.settled_usd) as settled, h.record_id = u.record_id as same
      from copilot_internal.quota_reservations as h join copilot_internal.usage_requests as u using (tenant_id)`.resultsEq(
      [{ settled: '0.5', same: true }],
    )
  })

  test('revised afterwards, it costs what it is revised to', async ({ as, session }) => {
    await session.query(settle('0.5'))
    await session.query(record(`, request_id => 'req-1'`))
    await session.query(
      `select copilot_internal.revise_${kind}_usage('${acme.tenantId}', 'req-1', ${kind === 'llm' ? 2000 : 600})`,
    )
    await as(owner)(spent, kind).resultsEq([{ spent: '0.06' }])
  })

  test('taken back afterwards, nothing is left of it', async ({ as, session }) => {
    await session.query(settle('0.5'))
    await session.query(record(`, request_id => 'req-1'`))
    await session.query(`select copilot_internal.void_usage('${acme.tenantId}', '${kind}', 'req-1')`)
    await as(owner)(spent, kind).resultsEq([{ spent: 0 }])
  })

  test('usage without a price is charged by its policy alone', async ({ as, session }) => {
    await session.run(
      `update copilot_internal.cost_quotas set unpriced_policy = 'charge_hold' where scope = 'user'`,
    )
    await session.query(settle('0.5'))
    await session.query(unpriced)
    await as(owner)(`${spent} and scope <> 'user'`, kind).resultsEq([{ spent: 0 }])
    await as(owner)(`${spent} and scope = 'user'`, kind).resultsEq([{ spent: 1 }])
  })

  test('a settlement for another user is taken off where it was charged', async ({ as, session }) => {
    await session.query(settle('0.5'))
    await session.query(record().replace(`user_id => '${acme.userId}'`, `user_id => '${birch.userId}'`))
    await as(owner)(`${spent} and scope = 'user'`, kind).resultsEq([{ spent: 0 }])
    await as(owner)(`${spent} and scope <> 'user'`, kind).resultsEq([{ spent: '0.03' }])
  })

  test('a quota that is newer than the settlement is charged in full', async ({ as, session }) => {
    await session.query(settle('0.5'))
    await session.run(`
      update copilot_internal.quota_reservations set closed_at = now() - interval '1 hour', created_at = now() - interval '2 hours';
      insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
      values ('tenant', '${acme.tenantId}', '${kind}', 1, 'day')`)
    await session.query(record())
    await as(owner)`
      select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas where period = 'day'`.resultsEq(
      [{ spent: '0.03' }],
    )
  })

  test('a settlement is not taken off a quota that began after it', async ({ as, session }) => {
    await session.run(`
      insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period, period_start)
      values ('tenant', '${acme.tenantId}', '${kind}', 1, 'day', now() + interval '1 hour')`)
    await session.query(settle('0.5'))
    // Two hours pass.
    await session.run(`
      update copilot_internal.cost_quotas set created_at = created_at - interval '2 hours';
      update copilot_internal.cost_quotas
      set period_start = now() - interval '1 hour', period_end = now() + interval '23 hours' where period = 'day';
      update copilot_internal.quota_reservations
      set closed_at = now() - interval '2 hours', created_at = now() - interval '3 hours'`)
    await session.query(record())
    await as(owner)`
      select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas where period = 'day'`.resultsEq(
      [{ spent: '0.03' }],
    )
  })
})

test.for([0, 1, 2])('charge_usage: %d USD that were settled are taken off', async (usd, { as, session }) => {
  const hold = '00000000-0000-4000-8000-000000000001'
  await session.run(`
    delete from copilot_internal.cost_quotas;
    insert into copilot_internal.cost_quotas (scope, limit_usd, period, spent_usd) values ('platform', 10, 'day', ${usd});
    insert into copilot_internal.quota_reservations (tenant_id, id, resource_type, amount_usd, expires_at, closed_at, settled_usd)
    values ('${acme.tenantId}', '${hold}', 'llm', 1, now() + interval '1 hour', now(), ${usd});
    select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1000, 0, reservation_id => '${hold}')`)
  await as(owner)`select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas`.resultsEq([
    { spent: '0.03' },
  ])
})

test.for(kinds)(
  'charge_usage: a hold that was settled was closed then: $kind',
  async ({ kind }, { as, session }) => {
    const hold = '00000000-0000-4000-8000-000000000001'
    const usage = kind === 'llm' ? `'openai', 'gpt-4', 1000, 0` : `'standard', 'us-east-1', 1`
    await session.run(`
    insert into copilot_internal.quota_reservations
      (tenant_id, id, resource_type, amount_usd, created_at, expires_at, closed_at, settled_usd)
    values ('${acme.tenantId}', '${hold}', '${kind}', 1, '2026-02-01', '2026-02-03', '2026-02-02', 1);
    select copilot_internal.record_${kind}_usage('${acme.tenantId}', ${usage}, reservation_id => '${hold}')`)
    await as(owner)`
    select closed_at = '2026-02-02' as unchanged, record_id is not null as recorded from copilot_internal.quota_reservations`.resultsEq(
      [{ unchanged: true, recorded: true }],
    )
  },
)
