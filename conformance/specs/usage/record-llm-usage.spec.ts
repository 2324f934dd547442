/**
 * copilot_internal.record_llm_usage — one call prices, records and charges.
 *
 * Method: Acme, its user, Birch and the platform have quotas of every kind; each starts with nothing spent.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import { describe, fixture, test } from '../../harness/index.ts'

test.beforeEach(({ session }) => session.run(fixture('quotas')))

const record = 'select * from copilot_internal.record_llm_usage'
const spent = `
  select scope, resource_type, trim_scale(spent_usd) as spent from copilot_internal.cost_quotas where spent_usd <> 0`

test('the record holds usage, cost, and the price that was applied', async ({ as }) => {
  await as(service)`
    select r.input_tokens, r.output_tokens, trim_scale(r.total_cost_usd) as cost, r.is_unpriced, r.user_id, r.conversation_id,
           r.task, r.request_id, r.metadata, p.model,
           (p.input_price_per_million, p.output_price_per_million)
           = (r.input_price_per_million, r.output_price_per_million) as stamped
    from copilot_internal.record_llm_usage(
      ${acme.tenantId}, 'openai', 'gpt-4', 1000, 500, 'req-1', ${acme.userId}, 'chat-1', 'planning',
      metadata => '{"trace": 7}') as r
    join copilot_internal.model_pricing as p on p.id = r.pricing_id`.resultsEq([
    {
      input_tokens: 1000,
      output_tokens: 500,
      cost: '0.06',
      is_unpriced: false,
      user_id: acme.userId,
      conversation_id: 'chat-1',
      task: 'planning',
      request_id: 'req-1',
      metadata: '{"trace": 7}',
      model: 'gpt-4',
      stamped: true,
    },
  ])
})

test('it charges platform, tenant and user, llm and all, and nobody else', async ({ as }) => {
  await as(service)(
    `${record}('${acme.tenantId}', 'openai', 'gpt-4', 1000, 500, user_id => '${acme.userId}')`,
  ).livesOk()
  await as(owner)(spent).bagEq(
    ['platform', 'tenant', 'user'].flatMap((scope) =>
      ['llm', 'all'].map((kind) => ({ scope, resource_type: kind, spent: '0.06' })),
    ),
  )
})

test('a call without a user charges no user', async ({ as }) => {
  await as(service)(`${record}('${birch.tenantId}', 'openai', 'gpt-4', 1000, 500)`).livesOk()
  await as(owner)(spent).bagEq(
    ['platform', 'tenant'].flatMap((scope) =>
      ['llm', 'all'].map((kind) => ({ scope, resource_type: kind, spent: '0.06' })),
    ),
  )
})

describe('the same request again', () => {
  test('answers the first record and charges nothing', async ({ as }) => {
    const again = (tokens: number) =>
      as(service)`
        select input_tokens, trim_scale(total_cost_usd) as cost
        from copilot_internal.record_llm_usage(${acme.tenantId}, 'openai', 'gpt-4', ${tokens}, 0, 'req-1')`
    await again(1000).resultsEq([{ input_tokens: 1000, cost: '0.03' }])
    await again(9999).resultsEq([{ input_tokens: 1000, cost: '0.03' }])
    await as(owner)`select count(*) from copilot_internal.llm_cost_records`.resultsEq([{ count: 1 }])
    await as(owner)`select trim_scale(max(spent_usd)) as spent from copilot_internal.cost_quotas`.resultsEq([
      { spent: '0.03' },
    ])
  })

  test('is another request when another tenant, or a sandbox, uses the name', async ({ as }) => {
    await as(service)(`${record}('${acme.tenantId}', 'openai', 'gpt-4', 1000, 0, 'req-1')`).livesOk()
    await as(service)(`${record}('${birch.tenantId}', 'openai', 'gpt-4', 1000, 0, 'req-1')`).livesOk()
    await as(service)`
      select copilot_internal.record_e2b_usage(${acme.tenantId}, 'standard', 'us-east-1', 300, request_id => 'req-1')`.livesOk()
    await as(owner)`
      select sum(total_count) as records from copilot_internal.combined_cost_summary_by_tenant`.resultsEq([
      { records: 3 },
    ])
  })
})

describe('time', () => {
  test('usage is priced at its own time', async ({ as, session }) => {
    await session.run(`
      update copilot_internal.model_pricing set expires_at = '2026-03-01 00:00+00' where model = 'gpt-4';
      insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million, effective_date)
      values ('openai', 'gpt-4', 1, 2, '2026-03-01 00:00+00');`)
    for (const [at, cost] of [
      ['2026-02-28 23:59:59.999999+00', '30'],
      ['2026-03-01 00:00:00+00', '1'],
    ] as const) {
      await as(service)`
        select trim_scale(total_cost_usd) as cost, recorded_at = ${at} as dated
        from copilot_internal.record_llm_usage(${acme.tenantId}, 'openai', 'gpt-4', 1000000, 0, recorded_at => ${at})`.resultsEq(
        [{ cost, dated: true }],
      )
    }
  })

  test('usage that is reported late is charged to the current period', async ({ as }) => {
    await as(service)(
      `${record}('${acme.tenantId}', 'openai', 'gpt-4', 1000, 0, recorded_at => now() - interval '40 days')`,
    ).livesOk()
    await as(owner)`select count(*) from copilot_internal.cost_quotas where spent_usd = 0.03`.resultsEq([
      { count: 4 },
    ])
  })
})

test('usage of an unknown model is kept, marked, counted and not charged', async ({ as }) => {
  await as(service)`
    select trim_scale(total_cost_usd) as cost, is_unpriced, pricing_id, input_price_per_million
    from copilot_internal.record_llm_usage(${acme.tenantId}, 'acme', 'in-house', 1000, 500)`.resultsEq([
    { cost: 0, is_unpriced: true, pricing_id: null, input_price_per_million: null },
  ])
  await as(owner)(spent).isEmpty()
  await as(
    owner,
  )`select request_count, unpriced_count from copilot_internal.cost_summary_by_tenant`.resultsEq([
    { request_count: 1, unpriced_count: 1 },
  ])
})

test('the reservation that is named is closed, and no other', async ({ as, session }) => {
  await session.run(`
    insert into copilot_internal.quota_reservations (tenant_id, id, resource_type, amount_usd, expires_at)
    select '${acme.tenantId}', id::uuid, 'llm', 1, now() + interval '1 hour'
    from unnest('{00000000-0000-4000-8000-000000000001,00000000-0000-4000-8000-000000000002}'::text[]) as id`)
  await as(service)(
    `${record}('${acme.tenantId}', 'openai', 'gpt-4', 1, 1, reservation_id => '00000000-0000-4000-8000-000000000001')`,
  ).livesOk()
  await as(owner)`
    select right(id::text, 1) as id, closed_at is not null as closed from copilot_internal.quota_reservations`.bagEq(
    [
      { id: 1, closed: true },
      { id: 2, closed: false },
    ],
  )
})

test.for([
  [`null, 'openai', 'gpt-4', 1, 1`, '22004'],
  [`'${acme.tenantId}', null, 'gpt-4', 1, 1`, '22004'],
  [`'${acme.tenantId}', 'openai', null, 1, 1`, '22004'],
  [`'${acme.tenantId}', 'openai', 'gpt-4', null, 1`, '22004'],
  [`'${acme.tenantId}', 'openai', 'gpt-4', 1, 1, recorded_at => null`, '22004'],
  [`'${acme.tenantId}', 'openai', 'gpt-4', 1, -1`, '22023'],
  [`'${acme.tenantId}', 'openai', 'gpt-4', 1, 1, metadata => '[]'`, '22023'],
] as const)('(%s) is refused with %s, and nothing is charged', async ([args, code], { as }) => {
  await as(service)(`${record}(${args})`).throwsOk(code)
  await as(owner)(spent).isEmpty()
  await as(owner)`select 1 from copilot_internal.usage_requests`.isEmpty()
})

test('check_llm_record_prices: of several thresholds the least decides', async ({ as, session }) => {
  await session.run(`
    insert into copilot_internal.model_pricing (id, provider, model, input_price_per_million, output_price_per_million, effective_date)
    values ('00000000-0000-4000-8000-000000000001', 'acme', 'long', 1, 1, '2026-01-01');
    insert into copilot_internal.model_pricing_components (pricing_id, variant, component, price_per_million, threshold_input_tokens)
    values ('00000000-0000-4000-8000-000000000001', 'long_context', 'input', 2, 200),
           ('00000000-0000-4000-8000-000000000001', 'long_context', 'output', 3, 100)`)
  for (const [tokens, variant] of [
    [100, 'standard'],
    [101, 'long_context'],
    [201, 'long_context'],
  ] as const)
    await as(service)`
      select variant from copilot_internal.record_llm_usage(${acme.tenantId}, 'acme', 'long', ${tokens}, 1)`.resultsEq(
      [{ variant }],
    )
})
