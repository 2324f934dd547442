/**
 * The recipes that are published with phase 1 for what comes after the migrations: they run as written.
 */
import { acme, owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

describe.each([owner, service])('as $name', (actor) => {
  test('the E2B price of a tier is updated in place', async ({ as }) => {
    await as(actor)`
      UPDATE copilot_internal.e2b_pricing
      SET price_per_second = 0.0002
      WHERE tier = 'standard' AND region = 'us-east-1';`.livesOk()
    await as(actor)`
      SELECT total_cost_usd FROM copilot_internal.calculate_e2b_cost('standard', 'us-east-1', 300)`.resultsEq(
      [{ total_cost_usd: '0.060' }],
    )
  })

  test('an LLM price is closed and followed by a new one', async ({ as }) => {
    await as(actor)`
      UPDATE copilot_internal.model_pricing
      SET
        input_price_per_million = 20,
        output_price_per_million = 40,
        expires_at = NOW(),
        updated_at = NOW()
      WHERE provider = 'openai' AND model = 'gpt-4';`.livesOk()
    await as(actor)`
      INSERT INTO copilot_internal.model_pricing
        (provider, model, input_price_per_million, output_price_per_million, effective_date, notes)
      VALUES
        ('openai', 'gpt-4', 20, 40, NOW(), 'Updated pricing 2026-01-04');`.livesOk()
    await as(actor)`
      SELECT total_cost_usd, pricing_found
      FROM copilot_internal.calculate_llm_cost('openai', 'gpt-4', 1000, 500)`.resultsEq([
      { total_cost_usd: '0.040', pricing_found: true },
    ])
  })

  test('test quotas for E2B and LLM live side by side', async ({ as }) => {
    await as(actor)`
      INSERT INTO copilot_internal.cost_quotas
        (scope, scope_id, resource_type, limit_usd, period, period_start, period_end)
      VALUES
        ('tenant', ${acme.tenantId}, 'e2b', 10.00, 'day', NOW(), NOW() + INTERVAL '1 day');`.livesOk()
    await as(actor)`
      INSERT INTO copilot_internal.cost_quotas
        (scope, scope_id, resource_type, limit_usd, period, period_start, period_end)
      VALUES
        ('tenant', ${acme.tenantId}, 'llm', 50.00, 'day', NOW(), NOW() + INTERVAL '1 day');`.livesOk()
    await as(
      actor,
    )`SELECT count(*) FROM copilot_internal.cost_quotas WHERE scope_id = ${acme.tenantId}`.resultsEq([
      { count: 2 },
    ])
  })
})
