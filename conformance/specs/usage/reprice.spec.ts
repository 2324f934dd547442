/**
 * copilot_internal.reprice_unpriced_usage, reprice_unpriced_e2b_usage — a price that comes late is charged, once.
 *
 * Method: a million tokens, or 100 seconds, a month each since January, of what has no price; then a price from February on, so
 * that one of the records stays unpriced.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import { describe, fixture, test } from '../../harness/index.ts'

const MONTHS = ['2026-01-15', '2026-02-15', '2026-03-15'] as const

const kinds = [
  {
    kind: 'llm',
    records: 'llm_cost_records',
    columns: 'provider, model, input_tokens',
    values: `'acme', 'in-house', 1000000`,
    view: 'cost_summary_by_tenant',
    // 2 USD per million from February, 3 from March.
    price: `
      insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million, effective_date)
      values ('acme', 'in-house', 2, 4, '2026-02-01'), ('acme', 'in-house', 3, 4, '2026-03-01')`,
    record: (at: string, more = '') =>
      `select copilot_internal.record_llm_usage('${acme.tenantId}', 'acme', 'in-house', 1000000, 0, user_id => '${acme.userId}',
         recorded_at => '${at}' ${more})`,
    reprice: (more = '') =>
      `select copilot_internal.reprice_unpriced_usage('acme', 'in-house' ${more}) as repriced`,
  },
  {
    kind: 'e2b',
    records: 'e2b_cost_records',
    columns: 'tier, region, execution_time_seconds',
    values: `'mainframe', 'us-east-1', 100`,
    view: 'e2b_cost_summary_by_tenant',
    price: `
      insert into copilot_internal.e2b_pricing (tier, region, price_per_second, effective_date)
      values ('mainframe', 'us-east-1', 0.02, '2026-02-01'), ('mainframe', 'us-east-1', 0.03, '2026-03-01')`,
    record: (at: string, more = '') =>
      `select copilot_internal.record_e2b_usage('${acme.tenantId}', 'mainframe', 'us-east-1', 100, user_id => '${acme.userId}',
         recorded_at => '${at}' ${more})`,
    reprice: (more = '') =>
      `select copilot_internal.reprice_unpriced_e2b_usage('mainframe' ${more}) as repriced`,
  },
] as const

const spent = `
  select distinct trim_scale(spent_usd) as spent from copilot_internal.cost_quotas
  where scope_id is distinct from '${birch.tenantId}' and spent_usd <> 0`

describe.each(kinds)('$kind', ({ kind, records, columns, values, view, price, record, reprice }) => {
  const costs = `
    select recorded_at::date::text as day, is_unpriced, is_estimated, trim_scale(total_cost_usd) as cost, pricing_id is not null as stamped
    from copilot_internal.${records} order by recorded_at`
  const row = (day: string, cost: number) => ({
    day,
    is_unpriced: cost === 0,
    is_estimated: false,
    cost,
    stamped: cost !== 0,
  })

  test.beforeEach(async ({ session }) => {
    await session.query(`set local timezone = 'UTC'`)
    await session.run(fixture('quotas'))
    for (const month of MONTHS) await session.query(record(month))
  })

  test('usage is priced as of its own time, stamped and charged', async ({ as, session }) => {
    await session.run(price)
    await as(service)(reprice()).resultsEq([{ repriced: 2 }])
    await as(owner)(costs).resultsEq([row('2026-01-15', 0), row('2026-02-15', 2), row('2026-03-15', 3)])
    await as(owner)(spent).resultsEq([{ spent: 5 }])
    await as(owner)(
      `select trim_scale(total_cost_usd) as cost, unpriced_count as unpriced from copilot_internal.${view}`,
    ).resultsEq([{ cost: 5, unpriced: 1 }])
  })

  test('an estimate of another charge says nothing of this one', async ({ as, session }) => {
    await session.run(`
      insert into copilot_internal.${records} (tenant_id, request_id, recorded_at, is_unpriced, is_estimated, ${columns})
      values ('${acme.tenantId}', 'guessed', '2026-02-20', true, true, ${values});
      insert into copilot_internal.quota_charge_estimates (tenant_id, record_id, quota_id, amount_usd)
      select '${acme.tenantId}', r.id, q.id, 1 from copilot_internal.${records} as r, copilot_internal.cost_quotas as q
      where r.recorded_at < '2026-02-01' and q.scope = 'platform' limit 1;${price}`)
    await as(service)(reprice()).resultsEq([{ repriced: 3 }])
    await as(owner)(
      `select is_estimated, is_unpriced from copilot_internal.${records} where request_id = 'guessed'`,
      // A call may have been estimated by whoever reported it; a run is an estimate only by its price.
    ).resultsEq([{ is_estimated: kind === 'llm', is_unpriced: false }])
  })

  test('again it changes nothing', async ({ as, session }) => {
    await session.run(price)
    await session.query(reprice())
    await as(service)(reprice()).resultsEq([{ repriced: 0 }])
    await as(owner)(spent).resultsEq([{ spent: 5 }])
    await as(owner)`select count(*) as changes from copilot_internal.usage_changes`.resultsEq([
      { changes: 2 },
    ])
  })

  test('before there is a price it changes nothing', async ({ as }) => {
    await as(service)(reprice()).resultsEq([{ repriced: 0 }])
    await as(owner)`select id from copilot_internal.usage_changes`.isEmpty()
  })

  test('times bound it, the first included and the last not', async ({ as, session }) => {
    await session.run(price)
    await as(service)(reprice(`, '2026-02-16'`)).resultsEq([{ repriced: 1 }])
    await as(service)(reprice(`, '2026-01-01', '2026-02-15'`)).resultsEq([{ repriced: 0 }])
    await as(service)(reprice(`, '2026-02-15', '2026-02-16'`)).resultsEq([{ repriced: 1 }])
  })

  test('it is done in parts, each charged once', async ({ as, session }) => {
    await session.run(price)
    for (const repriced of [1, 1, 0]) {
      await as(service)(reprice(', max_records => 1')).resultsEq([{ repriced }])
    }
    await as(owner)(spent).resultsEq([{ spent: 5 }])
  })

  test('parts are taken by tenant, the oldest first', async ({ as, session }) => {
    await session.query(record('2026-02-01').replace(acme.tenantId, birch.tenantId))
    await session.query(record('2026-02-10'))
    await session.run(price)
    for (const days of [1, 2, 3, 4]) {
      await session.query(reprice(', max_records => 1'))
      await as(owner)(
        `select tenant_id, recorded_at::date::text as day from copilot_internal.${records} where not is_unpriced`,
      ).bagEq(
        [
          { tenant_id: acme.tenantId, day: '2026-02-10' },
          { tenant_id: acme.tenantId, day: '2026-02-15' },
          { tenant_id: acme.tenantId, day: '2026-03-15' },
          { tenant_id: birch.tenantId, day: '2026-02-01' },
        ].slice(0, days),
      )
    }
  })

  test('the former record stays readable', async ({ as, session }) => {
    await session.run(price)
    await session.query(reprice())
    await as(owner)`
      select c.change, c.resource_type, c.former ->> 'is_unpriced' as was_unpriced, (c.former ->> 'total_cost_usd')::numeric = 0 as was_free,
             c.changed_by, c.changed_at between now() and clock_timestamp() as dated, c.tenant_id
      from copilot_internal.usage_changes as c limit 1`.resultsEq([
      {
        change: 'repriced',
        resource_type: kind,
        was_unpriced: 'true',
        was_free: true,
        changed_by: 'postgres',
        dated: true,
        tenant_id: acme.tenantId,
      },
    ])
  })

  test('a record keeps its id, and its request its record', async ({ as, session }) => {
    await session.query(record('2026-03-20', `, request_id => 'req-1'`))
    const id = `select id from copilot_internal.${records} where request_id = 'req-1'`
    const before = await session.query(id)
    await session.run(price)
    await session.query(reprice())
    await as(owner)(id).resultsEq(before)
    await as(service)(record('2026-03-20', `, request_id => 'req-1'`)).livesOk()
    await as(owner)(spent).resultsEq([{ spent: 8 }])
  })

  test('what its hold was charged is given back', async ({ as, session }) => {
    await session.run(
      `update copilot_internal.cost_quotas set unpriced_policy = 'charge_hold' where scope = 'tenant'`,
    )
    await session.query(
      record(
        '2026-03-20',
        `, reservation_id => (select reservation_id from copilot_internal.reserve_quota(
           '${acme.tenantId}', '${kind}', 7, '${acme.userId}'))`,
      ),
    )
    await as(owner)(spent).resultsEq([{ spent: 7 }])
    await session.run(price)
    await as(service)(reprice()).resultsEq([{ repriced: 3 }])
    await as(owner)(spent).resultsEq([{ spent: 8 }])
    await as(owner)`select record_id from copilot_internal.quota_charge_estimates`.isEmpty()
    await as(owner)(
      `select count(*) as estimates from copilot_internal.${records} where is_estimated`,
    ).resultsEq([{ estimates: 0 }])
  })

  test('the difference is charged to the quotas of today', async ({ as, session }) => {
    await session.run(`delete from copilot_internal.cost_quotas`)
    await session.run(price)
    await session.run(`
      insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
      values ('user', '${acme.userId}', 'all', 1, 'day')`)
    await session.query(reprice())
    await as(owner)`select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas`.resultsEq([
      { spent: 5 },
    ])
  })

  test.for([
    [`, max_records => 0`, '22023'],
    [`, max_records => -1`, '22023'],
    [`, null`, '22004'],
    [`, used_to => null`, '22004'],
  ] as const)('(%s) is refused with %s', async ([more, code], { as }) => {
    await as(service)(reprice(more)).throwsOk(code, { detail: /Got/, hint: /Leave/ })
  })
})

describe('names', () => {
  const alias = `insert into copilot_internal.model_aliases (provider, alias, model) values ('openai', 'gpt-4-0613', 'gpt-4')`

  test.beforeEach(async ({ session }) => {
    await session.run(fixture('quotas'))
    await session.query(
      `select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4-0613', 1000000, 0, 'req-1')`,
    )
  })

  test.for(['gpt-4', 'gpt-4-0613'])(
    'usage of an alias that comes late is priced by the name %s',
    async (name, { as, session }) => {
      await session.run(alias)
      await as(
        service,
      )`select copilot_internal.reprice_unpriced_usage('openai', ${name}) as repriced`.resultsEq([
        { repriced: 1 },
      ])
      await as(owner)`
      select model, priced_model, trim_scale(total_cost_usd) as cost from copilot_internal.llm_cost_records`.resultsEq(
        [{ model: 'gpt-4-0613', priced_model: 'gpt-4', cost: 30 }],
      )
    },
  )

  test('usage of other names stays as it is', async ({ as }) => {
    await as(
      service,
    )`select copilot_internal.reprice_unpriced_usage('openai', 'gpt-4') as repriced`.resultsEq([
      { repriced: 0 },
    ])
  })
})

test('usage under a name of another model stays as it is', async ({ as, session }) => {
  await session.run(`
    insert into copilot_internal.model_aliases (provider, alias, model)
    values ('acme', 'in-house-latest', 'in-house'), ('acme', 'other-latest', 'other');
    select copilot_internal.record_llm_usage('${acme.tenantId}', 'acme', name, 1000000, 0, recorded_at => '2026-02-15')
    from unnest('{in-house-latest,other-latest}'::text[]) as name;
    insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million, effective_date)
    values ('acme', 'in-house', 2, 4, '2026-02-01'), ('acme', 'other', 3, 4, '2026-02-01')`)
  await as(service)`select copilot_internal.reprice_unpriced_usage('acme', 'in-house') as repriced`.resultsEq(
    [{ repriced: 1 }],
  )
  await as(owner)`
    select model, is_unpriced from copilot_internal.llm_cost_records order by model`.resultsEq([
    { model: 'in-house-latest', is_unpriced: false },
    { model: 'other-latest', is_unpriced: true },
  ])
})

test('usage under a name that is an alias at another provider stays as it is', async ({ as, session }) => {
  await session.run(`
    insert into copilot_internal.model_aliases (provider, alias, model)
    values ('router', 'latest', 'in-house'), ('router', 'in-house', 'former');
    select copilot_internal.record_llm_usage('${acme.tenantId}', 'acme', name, 1000000, 0, recorded_at => '2026-02-15')
    from unnest('{in-house,latest,former}'::text[]) as name;
    insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million, effective_date)
    select 'acme', name, 2, 4, '2026-02-01' from unnest('{in-house,latest,former}'::text[]) as name`)
  await as(service)`select copilot_internal.reprice_unpriced_usage('acme', 'in-house') as repriced`.resultsEq(
    [{ repriced: 1 }],
  )
})
