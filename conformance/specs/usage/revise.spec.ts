/**
 * copilot_internal.revise_llm_usage, revise_e2b_usage — usage that goes on, or was counted wrong, is charged the difference.
 *
 * Method: one recorded request of each kind, revised up, down and to nothing, before quotas of every kind.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import { describe, fixture, test } from '../../harness/index.ts'

test.beforeEach(({ session }) => session.run(fixture('quotas')))

const kinds = [
  {
    kind: 'llm',
    records: 'llm_cost_records',
    view: 'cost_summary_by_tenant',
    quantity: 'input_tokens',
    // 30 USD per million tokens.
    record: `copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 1000, 0, 'req-1', '${acme.userId}')`,
    revise: (to: string, more = '') =>
      `copilot_internal.revise_llm_usage('${acme.tenantId}', 'req-1', ${to} ${more})`,
    sizes: { first: '1000', more: '3000', less: '500' },
    costs: { first: '0.03', more: '0.09', less: '0.015' },
  },
  {
    kind: 'e2b',
    records: 'e2b_cost_records',
    view: 'e2b_cost_summary_by_tenant',
    quantity: 'execution_time_seconds',
    // 0.0001 USD a second.
    record: `copilot_internal.record_e2b_usage('${acme.tenantId}', 'standard', 'us-east-1', 60, request_id => 'req-1', user_id => '${acme.userId}', status => 'running')`,
    revise: (to: string, more = '') =>
      `copilot_internal.revise_e2b_usage('${acme.tenantId}', 'req-1', ${to} ${more})`,
    sizes: { first: '60', more: '540000', less: '30' },
    costs: { first: '0.006', more: '54', less: '0.003' },
  },
] as const

const spent = `
  select distinct trim_scale(spent_usd) as spent from copilot_internal.cost_quotas as q
  where q.scope_id is distinct from '${birch.tenantId}' and q.resource_type in ('all', $1)`

describe.each(kinds)('$kind', ({ kind, records, view, quantity, record, revise, sizes, costs }) => {
  test.beforeEach(async ({ session }) => {
    await session.query(`select ${record}`)
  })

  test.for(['more', 'less'] as const)(
    '%s is charged, or credited, by the difference',
    async (way, { as }) => {
      await as(service)(
        `select trim_scale(${quantity}) = ${sizes[way]} as revised, trim_scale(total_cost_usd) as cost from ${revise(sizes[way])}`.replace(
          /trim_scale\(input_tokens\)/,
          'input_tokens',
        ),
      ).resultsEq([{ revised: true, cost: costs[way] }])
      await as(owner)(spent, kind).resultsEq([{ spent: costs[way] }])
      await as(owner)(`select trim_scale(total_cost_usd) as cost from copilot_internal.${view}`).resultsEq([
        { cost: costs[way] },
      ])
    },
  )

  test('to nothing it costs nothing, and stays recorded', async ({ as }) => {
    await as(service)(`select trim_scale(total_cost_usd) as cost, is_unpriced from ${revise('0')}`).resultsEq(
      [{ cost: 0, is_unpriced: false }],
    )
    await as(owner)(spent, kind).resultsEq([{ spent: 0 }])
    await as(owner)(`select count(*) as records from copilot_internal.${records}`).resultsEq([{ records: 1 }])
  })

  test('up and down again, the books are as before', async ({ as, session }) => {
    for (const size of [sizes.more, sizes.less, '0', sizes.first])
      await session.query(`select ${revise(size)}`)
    await as(owner)(spent, kind).resultsEq([{ spent: costs.first }])
    await as(owner)`select count(*) as changes from copilot_internal.usage_changes`.resultsEq([
      { changes: 4 },
    ])
  })

  test('twice the same is once', async ({ as, session }) => {
    const twice = [await session.query(`select ${revise(sizes.more)} as record`)]
    twice.push(await session.query(`select ${revise(sizes.more)} as record`))
    await as(owner)(spent, kind).resultsEq([{ spent: costs.more }])
    await as(owner)`select count(*) as changes from copilot_internal.usage_changes`.resultsEq([
      { changes: 1 },
    ])
    await as(owner)('select $1::text = $2::text as same', ...twice.map(([row]) => row?.['record'])).resultsEq(
      [{ same: true }],
    )
  })

  test('the former state stays readable, with reason, time and who', async ({ as, session }) => {
    const [before] = await session.query(`select to_jsonb(r) as record from copilot_internal.${records} as r`)
    await as(service)(`select from ${revise(sizes.more, `, reason => 'the stream went on'`)}`).livesOk()
    await as(owner)`
      select former = ${before?.['record']}::jsonb as as_it_was, change, resource_type, request_id, reason, changed_at between now() and clock_timestamp() as dated,
             changed_by
      from copilot_internal.usage_changes`.resultsEq([
      {
        as_it_was: true,
        change: 'revised',
        resource_type: kind,
        request_id: 'req-1',
        reason: 'the stream went on',
        dated: true,
        changed_by: 'service_role',
      },
    ])
  })

  test('the record keeps its id, its time and its request', async ({ as, session }) => {
    const what = `select id, recorded_at, request_id, user_id, metadata from copilot_internal.${records}`
    const before = await session.query(what)
    await as(service)(`select from ${revise(sizes.more)}`).livesOk()
    await as(owner)(what).resultsEq(before)
  })

  test('reported again, the request is answered by what it was revised to', async ({ as, session }) => {
    await session.query(`select ${revise(sizes.more)}`)
    await as(service)(`select trim_scale(total_cost_usd) as cost from ${record}`).resultsEq([
      { cost: costs.more },
    ])
    await as(owner)(spent, kind).resultsEq([{ spent: costs.more }])
  })

  test('it is priced as of its own time, whatever the price is now', async ({ as, session }) => {
    await session.query(
      `select ${record.replace(/\)$/, `, recorded_at => now() - interval '1 day')`).replace('req-1', 'req-2')}`,
    )
    await session.run(`
      select copilot_internal.set_model_price('openai', 'gpt-4', 60, 60);
      select copilot_internal.set_e2b_price('standard', 'us-east-1', 0.0002)`)
    await as(service)(
      `select trim_scale(total_cost_usd) as cost from ${revise(sizes.more).replace('req-1', 'req-2')}`,
    ).resultsEq([{ cost: costs.more }])
  })

  test('a record without a request is revised by its id', async ({ as, session }) => {
    const [row] = await session.query(`select id from ${record.replace(`'req-1'`, 'null')}`)
    await as(service)(
      `select trim_scale(total_cost_usd) as cost from ${revise(sizes.more, `, record_id => '${row?.['id']}'`).replace(`'req-1'`, 'null')}`,
    ).resultsEq([{ cost: costs.more }])
  })

  test.for([
    ['of another tenant', (call: string) => call.replace(acme.tenantId, birch.tenantId), 'QT008'],
    ['of another name', (call: string) => call.replace('req-1', 'req-2'), 'QT008'],
    ['of no name', (call: string) => call.replace(`'req-1'`, 'null'), '22004'],
    ['of no tenant', (call: string) => call.replace(`'${acme.tenantId}'`, 'null'), '22004'],
    ['to less than nothing', (call: string) => call.replace(sizes.more, '-1'), '22023'],
  ] as const)('a request %s is refused', async ([, otherwise, code], { as }) => {
    await as(service)(`select from ${otherwise(revise(sizes.more))}`).throwsOk(code, {
      detail: /./,
      hint: /./,
    })
    await as(owner)(spent, kind).resultsEq([{ spent: costs.first }])
  })

  test('a request that was voided is refused', async ({ as, session }) => {
    await session.query(`select copilot_internal.void_usage('${acme.tenantId}', '${kind}', 'req-1')`)
    await as(service)(`select from ${revise(sizes.more)}`).throwsOk('QT008')
  })

  test('a record that was adopted keeps its costs', async ({ as, session }) => {
    const columns =
      kind === 'llm'
        ? [`provider, model, input_tokens, output_tokens, output_cost_usd`, `'p', 'm', 1, 1, 5`]
        : [`tier, region, execution_time_seconds, execution_cost_usd`, `'t', 'r', 1, 5`]
    await session.run(`
      insert into copilot_internal.${records} (tenant_id, id, ${columns[0]}, total_cost_usd, is_adopted)
      values ('${acme.tenantId}', '00000000-0000-4000-8000-000000000001', ${columns[1]}, 5, true)`)
    await as(service)(
      `select from ${revise('7', `, record_id => '00000000-0000-4000-8000-000000000001'`).replace(`'req-1'`, 'null')}`,
    ).throwsOk('QT005', { hint: /void_usage/ })
  })

  test('usage without a price is charged once it has one', async ({ as, session }) => {
    const unpriced = record
      .replace(`'openai', 'gpt-4'`, `'acme', 'in-house'`)
      .replace(`'standard'`, `'mainframe'`)
      .replace('req-1', 'req-2')
    await session.query(`select ${unpriced}`)
    await session.run(`
      insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million, effective_date)
      values ('acme', 'in-house', 30, 30, '2026-01-01');
      insert into copilot_internal.e2b_pricing (tier, region, price_per_second, effective_date)
      values ('mainframe', 'us-east-1', 0.0001, '2026-01-01')`)
    await as(service)(
      `select trim_scale(total_cost_usd) as cost, is_unpriced, is_estimated from ${revise(sizes.more).replace('req-1', 'req-2')}`,
    ).resultsEq([{ cost: costs.more, is_unpriced: false, is_estimated: false }])
  })
})

describe('of an LLM call', () => {
  test('each quantity is revised on its own, what is left out stays', async ({ as, session }) => {
    await session.query(
      `select copilot_internal.record_llm_usage('${acme.tenantId}', 'anthropic', 'claude-sonnet-4-5-20250929', 1000, 10, 'req-1')`,
    )
    const revised = async (change: string, cost: string) =>
      as(service)(`
        select input_tokens, output_tokens, trim_scale(total_cost_usd) as cost
        from copilot_internal.revise_llm_usage('${acme.tenantId}', 'req-1', ${change})`).resultsEq([
        { input_tokens: 1000, output_tokens: 10, cost },
      ])
    await revised('cached_input_tokens => 900', '0.00072')
    await revised('cached_input_tokens => 0, cache_write_5m_tokens => 900', '0.003825')
    await revised('cache_write_5m_tokens => 0, cache_write_1h_tokens => 900', '0.00585')
    await revised('cache_write_1h_tokens => 0, is_batch => true', '0.001575')
    await revised('is_batch => false', '0.00315')
  })

  test('beyond the threshold it becomes a long context, and back', async ({ as, session }) => {
    await session.query(
      `select copilot_internal.record_llm_usage('${acme.tenantId}', 'google', 'gemini-2.5-pro', 200000, 10000, 'req-1')`,
    )
    for (const [tokens, variant, cost] of [
      [300_000, 'long_context', '0.9'],
      [200_000, 'standard', '0.35'],
    ] as const) {
      await as(service)`
        select variant, trim_scale(total_cost_usd) as cost
        from copilot_internal.revise_llm_usage(${acme.tenantId}, 'req-1', ${tokens})`.resultsEq([
        { variant, cost },
      ])
    }
  })

  test('what the caller called an estimate stays one', async ({ as, session }) => {
    await session.query(
      `select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4', 10, 10, 'req-1', is_estimated => true)`,
    )
    await as(service)`
      select is_estimated from copilot_internal.revise_llm_usage(${acme.tenantId}, 'req-1', 20)`.resultsEq([
      { is_estimated: true },
    ])
  })

  test('what the price list made an estimate is judged anew', async ({ as, session }) => {
    await session.query(
      `select copilot_internal.record_llm_usage('${acme.tenantId}', 'google', 'gemini-2.5-pro', 300000, 0, 'req-1', is_batch => true)`,
    )
    await as(service)`
      select is_estimated
      from copilot_internal.revise_llm_usage(${acme.tenantId}, 'req-1', is_batch => false)`.resultsEq([
      { is_estimated: false },
    ])
  })

  test('more cached tokens than tokens are refused', async ({ as, session }) => {
    await session.query(
      `select copilot_internal.record_llm_usage('${acme.tenantId}', 'openai', 'gpt-4o', 10, 10, 'req-1')`,
    )
    await as(service)`
      select copilot_internal.revise_llm_usage(${acme.tenantId}, 'req-1', cached_input_tokens => 11)`.throwsOk(
      '22023',
    )
  })

  test('a hold that was charged in place of a price is no estimate any more', async ({ as, session }) => {
    await session.run(`update copilot_internal.cost_quotas set unpriced_policy = 'charge_hold'`)
    await session.query(
      `select copilot_internal.record_llm_usage('${acme.tenantId}', 'acme', 'in-house', 10, 10, 'req-1', reservation_id =>
         (select reservation_id from copilot_internal.reserve_quota('${acme.tenantId}', 'llm', 2)))`,
    )
    await session.run(`
      insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million, effective_date)
      values ('acme', 'in-house', 30, 30, '2026-01-01')`)
    await as(service)`
      select is_unpriced, is_estimated from copilot_internal.revise_llm_usage(${acme.tenantId}, 'req-1', 20)`.resultsEq(
      [{ is_unpriced: false, is_estimated: false }],
    )
  })
})

describe('of a sandbox run', () => {
  test('one that ran is completed: 60 seconds running, 540,000 at its end', async ({ as, session }) => {
    await session.query(
      `select copilot_internal.record_e2b_usage('${acme.tenantId}', 'standard', 'us-east-1', 60, request_id => 'req-1', status => 'running')`,
    )
    await as(service)`
      select status, execution_time_seconds, trim_scale(total_cost_usd) as cost
      from copilot_internal.revise_e2b_usage(${acme.tenantId}, 'req-1', 540000, status => 'completed')`.resultsEq(
      [{ status: 'completed', execution_time_seconds: '540000.000000', cost: 54 }],
    )
  })

  test('its status alone is revised, and costs nothing more', async ({ as, session }) => {
    await session.query(
      `select copilot_internal.record_e2b_usage('${acme.tenantId}', 'standard', 'us-east-1', 60, request_id => 'req-1', status => 'running')`,
    )
    await as(service)`
      select status, trim_scale(total_cost_usd) as cost
      from copilot_internal.revise_e2b_usage(${acme.tenantId}, 'req-1', status => 'killed')`.resultsEq([
      { status: 'killed', cost: '0.006' },
    ])
  })

  test('every metric is revised on its own', async ({ as, session }) => {
    await session.run(
      `update copilot_internal.e2b_pricing
       set price_per_second = 1, price_per_cpu_core_second = 10, price_per_gb_memory_second = 100, price_per_gb_disk_io = 1000
       where tier = 'gpu'`,
    )
    await session.query(
      `select copilot_internal.record_e2b_usage('${acme.tenantId}', 'gpu', 'us-east-1', 1, 1, 1, 1, request_id => 'req-1')`,
    )
    for (const [metric, cost] of [
      ['execution_time_seconds', 1112],
      ['cpu_core_seconds', 1122],
      ['memory_gb_seconds', 1222],
      ['disk_io_gb', 2222],
    ] as const) {
      await as(service)(`
        select trim_scale(total_cost_usd) as cost
        from copilot_internal.revise_e2b_usage('${acme.tenantId}', 'req-1', ${metric} => 2)`).resultsEq([
        { cost },
      ])
    }
  })

  test.for([
    [`'NaN'`, '22023'],
    [`'Infinity'`, '22023'],
    [`null, status => 'lost'`, '23514'],
  ] as const)('(%s) is refused with %s', async ([change, code], { as, session }) => {
    await session.query(
      `select copilot_internal.record_e2b_usage('${acme.tenantId}', 'standard', 'us-east-1', 60, request_id => 'req-1')`,
    )
    await as(service)(
      `select copilot_internal.revise_e2b_usage('${acme.tenantId}', 'req-1', ${change})`,
    ).throwsOk(code)
  })
})
