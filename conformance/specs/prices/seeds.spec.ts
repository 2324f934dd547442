/**
 * The seeded price lists are the published prices of 2026-01-04, and nothing else.
 */
import { owner } from '../../../fixtures/people.ts'
import { prices } from '../../../fixtures/prices.ts'
import { describe, test } from '../../harness/index.ts'

describe('model_pricing', () => {
  test('each model has its published price, since its own date', async ({ as }) => {
    await as(owner)`
      select provider, model, trim_scale(input_price_per_million) as input, trim_scale(output_price_per_million) as output,
             to_char(effective_date at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as effective_from, expires_at
      from copilot_internal.model_pricing`.bagEq(
      prices.models.map(({ provider, model, input, output, effective_from }) => ({
        provider,
        model,
        input: trimmed(input),
        output: trimmed(output),
        effective_from: `${effective_from} 00:00:00`,
        expires_at: null,
      })),
    )
  })

  test('each price names its sources and the day it was verified', async ({ as }) => {
    await as(owner)`select provider, model, source, verified_on from copilot_internal.model_pricing`.bagEq(
      prices.models.map(({ provider, model, source_ids, as_of }) => ({
        provider,
        model,
        source: source_ids.join(', '),
        verified_on: as_of,
      })),
    )
  })
})

describe('e2b_pricing', () => {
  test('each tier has its charge-back rate and the vendor’s resource rates', async ({ as }) => {
    const { vcpu_per_second, gib_ram_per_second } = prices.e2b.list_rates
    await as(owner)`
      select tier, region, trim_scale(price_per_second) as second, trim_scale(price_per_cpu_core_second) as core_second,
             trim_scale(price_per_gb_memory_second) as gb_second, trim_scale(price_per_gb_disk_io) as gb_disk
      from copilot_internal.e2b_pricing`.bagEq(
      prices.e2b.tiers.map(({ tier, region, price_per_second, price_per_gb_disk_io }) => ({
        tier,
        region,
        second: price_per_second,
        core_second: vcpu_per_second,
        gb_second: gib_ram_per_second,
        gb_disk: price_per_gb_disk_io,
      })),
    )
  })

  test('notes say that the rates are internal, and which is a placeholder', async ({ as }) => {
    await as(owner)`
      select tier, notes ~ 'Internal charge-back rate' as internal, notes ~ 'PLACEHOLDER' as placeholder,
             notes ~ 'proposed' as proposed
      from copilot_internal.e2b_pricing`.bagEq([
      { tier: 'standard', internal: true, placeholder: false, proposed: false },
      { tier: 'high-cpu', internal: true, placeholder: false, proposed: true },
      { tier: 'high-memory', internal: true, placeholder: false, proposed: true },
      { tier: 'gpu', internal: true, placeholder: true, proposed: false },
    ])
  })
})

describe.each(['e2b_pricing', 'model_pricing'])('%s', (table) => {
  test('it refuses a negative price and one that is no number', async ({ as }) => {
    for (const price of ['-0.000001', "'NaN'"]) {
      await as(owner)(update(table, price)).throwsOk('23514', { message: /prices_not_negative/ })
    }
  })

  test('it refuses a price that ends before it starts', async ({ as }) => {
    await as(owner)(
      `update copilot_internal.${table} set expires_at = effective_date - interval '1 second'`,
    ).throwsOk('23514', { message: /expires_at_not_before_effective_date/ })
  })

  test('it refuses two versions that start at once', async ({ as }) => {
    const columns =
      table === 'e2b_pricing'
        ? 'tier, region, price_per_second'
        : 'provider, model, input_price_per_million, output_price_per_million'
    await as(owner)(
      `insert into copilot_internal.${table} (${columns}, effective_date) select ${columns}, effective_date from copilot_internal.${table}`,
    ).throwsOk('23505')
  })
})

function update(table: string, price: string): string {
  const column = table === 'e2b_pricing' ? 'price_per_second' : 'output_price_per_million'
  return `update copilot_internal.${table} set ${column} = ${price}`
}

/** A decimal string without trailing zeros, as trim_scale prints it. */
function trimmed(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal
}
