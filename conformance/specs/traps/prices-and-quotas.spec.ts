/**
 * Traps that other cost trackers fell into, each with the story that springs it. A naive implementation fails here.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import { describe, expect, test } from '../../harness/index.ts'

const dailyLimit = (usd: number) =>
  `insert into copilot_internal.cost_quotas (scope, scope_id, resource_type, limit_usd, period)
   values ('tenant', '${acme.tenantId}', 'all', ${usd}, 'day')`

describe('prices', () => {
  test('a price in the wrong unit: per token instead of per million', async ({ as }) => {
    await as(service)`select copilot_internal.set_model_price('openai', 'gpt-4', 0.00003, 0.00006)`.throwsOk(
      'QT003',
      {
        message: /another unit/,
        hint: /per million tokens/,
      },
    )
    await as(service)`select copilot_internal.set_e2b_price('standard', 'us-east-1', 0.36)`.throwsOk(
      'QT003',
      {
        hint: /per second/,
      },
    )
    await as(service)`
      select copilot_internal.set_model_price('openai', 'gpt-4', 0.00003, 0.00006, allow_jump => true)`.livesOk()
    // A real cut, of 80 %, needs no permission.
    await as(service)`select copilot_internal.set_model_price('openai', 'o3', 0.4, 1.6)`.livesOk()
  })

  test.for([
    ['thousand-fold too dear', 30_000, 60_000],
    ['thousand-fold too cheap', 0.03, 0.06],
    ['225,000 times too dear', 6_750_000, 60],
    ['only its output, a hundred-fold', 30, 0.6],
  ] as const)('a unit error that ships: %s', async ([, input, output], { as }) => {
    await as(
      service,
    )`select copilot_internal.set_model_price('openai', 'gpt-4', ${input}, ${output})`.throwsOk('QT003')
  })

  test('a start date that is stored and never compared with the event', async ({ as, session }) => {
    await session.query(
      `select copilot_internal.set_model_price('openai', 'gpt-4', 1, 2, now() + interval '1 hour')`,
    )
    const cost = (minutes: number) => as(service)`
      select trim_scale(total_cost_usd) as cost from copilot_internal.record_llm_usage(
        ${acme.tenantId}, 'openai', 'gpt-4', 1000000, 0, recorded_at => now() + ${minutes} * interval '1 minute')`
    await cost(59).resultsEq([{ cost: 30 }])
    await cost(60).resultsEq([{ cost: 1 }])
  })

  test('usage of an unknown model booked at 0 in silence', async ({ as }) => {
    await as(service)`
      select copilot_internal.record_llm_usage(${acme.tenantId}, 'openai', 'gpt-99', 1000, 500)`.livesOk()
    await as(owner)`select unpriced_count from copilot_internal.cost_summary_by_tenant`.resultsEq([
      { unpriced_count: 1 },
    ])
  })

  test('cached tokens counted beside the prompt they are part of', async ({ as }) => {
    // 1,000 tokens of which 900 cached, at 2.00 and 0.50: not 1,900 tokens, and not 1,000 at full price.
    await as(service)`
      select total_cost_usd from copilot_internal.calculate_llm_cost_detailed('openai', 'gpt-4.1', 1000, 0, 900)`.resultsEq(
      [{ total_cost_usd: '0.00065' }],
    )
  })

  test('cached tokens that are beside the prompt taken for a part of it', async ({ as }) => {
    // As Anthropic reports them: 3 fresh, 20,000 read from the cache, 1,000 written to it.
    const cost = (tokens: string) =>
      `select total_cost_usd from copilot_internal.calculate_llm_cost_detailed(
         'anthropic', 'claude-sonnet-4-5-20250929', ${tokens})`
    await as(service)(cost('3, 0, 20000, 1000')).throwsOk('22023', { hint: /Anthropic.*add all of them up/ })
    await as(service)(cost('3 + 20000 + 1000, 0, 20000, 1000')).resultsEq([{ total_cost_usd: '0.009759' }])
  })

  test('a long-context price applied only to what is above the threshold', async ({ as }) => {
    await as(service)`
      select total_cost_usd from copilot_internal.calculate_llm_cost_detailed('google', 'gemini-2.5-pro', 300000, 0)`.resultsEq(
      [{ total_cost_usd: '0.750' }],
    )
  })

  test('the cut of the gpt-oss prices: each day costs what it cost then', async ({ as, session }) => {
    // Groq cut the output price from 0.75 to 0.60 on 2025-11-11; public lists followed up to 69 days later.
    await session.run(`
      delete from copilot_internal.model_pricing where model = 'openai/gpt-oss-120b';
      select copilot_internal.set_model_price('groq', 'openai/gpt-oss-120b', 0.15, 0.75, '2025-08-05 00:00+00');
      select copilot_internal.set_model_price('groq', 'openai/gpt-oss-120b', 0.15, 0.60, '2025-11-11 00:00+00');`)
    for (const [day, cost] of [
      ['2025-08-04', '0'],
      ['2025-08-05', '0.750'],
      ['2025-11-10', '0.750'],
      ['2025-11-11', '0.600'],
      ['2026-01-19', '0.600'],
    ] as const) {
      await as(service)`
        select output_cost_usd from copilot_internal.calculate_llm_cost(
          'groq', 'openai/gpt-oss-120b', 0, 1000000, ${`${day} 12:00+00`})`.resultsEq([
        { output_cost_usd: cost },
      ])
    }
  })
})

describe('quotas', () => {
  test('a budget stuck at 25.000000000000004', async ({ as, session }) => {
    await session.run(dailyLimit(1))
    for (let i = 0; i < 10; i += 1) {
      await as(
        service,
      )`select copilot_internal.increment_llm_quota_spend('tenant', ${acme.tenantId}, 0.1)`.livesOk()
    }
    await as(service)`
      select spent_usd, left_usd from copilot_internal.quota_status('tenant', ${acme.tenantId})`.resultsEq([
      { spent_usd: '1.000', left_usd: '0' },
    ])
  })

  test('a hold that leaks and blocks its tenant for good', async ({ as, session }) => {
    await session.run(dailyLimit(1))
    await as(
      service,
    )`select granted from copilot_internal.reserve_quota(${acme.tenantId}, 'llm', 1)`.resultsEq([
      { granted: true },
    ])
    await as(
      service,
    )`select granted from copilot_internal.reserve_quota(${acme.tenantId}, 'llm', 1)`.resultsEq([
      { granted: false },
    ])
    await session.run(`
      update copilot_internal.quota_reservations
      set created_at = created_at - interval '16 minutes', expires_at = expires_at - interval '16 minutes'`)
    await as(
      service,
    )`select granted from copilot_internal.reserve_quota(${acme.tenantId}, 'llm', 1)`.resultsEq([
      { granted: true },
    ])
  })

  test('a reset that never comes', async ({ as, session }) => {
    await session.run(dailyLimit(1))
    await session.run(`
      update copilot_internal.cost_quotas
      set spent_usd = 1, period_anchor = now() - interval '30 days', period_start = now() - interval '30 days',
          period_end = now() - interval '29 days'`)
    await as(
      service,
    )`select copilot_internal.check_llm_quota('tenant', ${acme.tenantId}, 1) as fits`.resultsEq([
      { fits: true },
    ])
  })

  test('a reset that zeroes the spend at once', async ({ as, session }) => {
    await session.run(dailyLimit(1))
    await as(
      service,
    )`select copilot_internal.increment_llm_quota_spend('tenant', ${acme.tenantId}, 0.6)`.livesOk()
    await as(
      service,
    )`select copilot_internal.increment_llm_quota_spend('tenant', ${acme.tenantId}, 0.6)`.livesOk()
    await as(
      service,
    )`select copilot_internal.check_llm_quota('tenant', ${acme.tenantId}, 0) as fits`.resultsEq([
      { fits: false },
    ])
  })

  test('spend made negative', async ({ as, session }) => {
    await session.run(dailyLimit(1))
    await as(service)`
      select copilot_internal.increment_llm_quota_spend('tenant', ${acme.tenantId}, -1)`.throwsOk('22023')
    await as(service)`update copilot_internal.cost_quotas set spent_usd = 'NaN'`.throwsOk('23514')
  })

  test('usage booked twice', async ({ as, session }) => {
    await session.run(dailyLimit(1))
    for (const _ of ['sent', 'sent again']) {
      await as(service)`
        select copilot_internal.record_llm_usage(${acme.tenantId}, 'openai', 'gpt-4', 1000, 500, 'req-1')`.livesOk()
    }
    const [quota] = await session.query(
      'select trim_scale(spent_usd) as spent from copilot_internal.cost_quotas',
    )
    expect(quota).toEqual({ spent: '0.06' })
  })
})
