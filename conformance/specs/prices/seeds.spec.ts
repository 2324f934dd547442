/**
 * The seeded price lists are the published prices of 2026-01-04, and nothing else.
 *
 * Method: every amount of every list is compared with the price sheet, which was checked by itself.
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

describe('model_pricing_components', () => {
  test('each model has its published component prices, and no other', async ({ as }) => {
    await as(owner)`
      select p.provider, p.model, c.variant, c.component, trim_scale(c.price_per_million) as price,
             c.threshold_input_tokens as threshold, c.is_derived
      from copilot_internal.model_pricing_components as c
      join copilot_internal.model_pricing as p on p.id = c.pricing_id`.bagEq(
      prices.models.flatMap(componentsOf),
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

  test('each rate names its source, the day it was verified and its start', async ({ as }) => {
    await as(owner)`
      select tier, source ~ 'internal charge-back rate' as internal, source ~ 'e2b-dev/docs@[0-9a-f]{7}' as pinned, verified_on,
             to_char(effective_date at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as effective_from, expires_at
      from copilot_internal.e2b_pricing`.bagEq(
      prices.e2b.tiers.map(({ tier }) => ({
        tier,
        internal: true,
        pinned: true,
        verified_on: prices.meta.as_of,
        effective_from: `${prices.meta.as_of} 00:00:00`,
        expires_at: null,
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

/** The components that the sheet has of a model: a price that no list states is half the plain one, and marked as derived. */
function componentsOf({ provider, model, batch, long_context, ...plain }: (typeof prices.models)[number]) {
  const { cached_input, cache_write_5m, cache_write_1h } = plain
  const { threshold_input_tokens: threshold, ...beyond } = long_context ?? { threshold_input_tokens: null }
  const of = (variant: string, given: Readonly<Record<string, string | null | undefined>>) =>
    Object.entries(given).flatMap(([component, price]) =>
      price
        ? [
            {
              provider,
              model,
              variant,
              component,
              price: trimmed(price),
              threshold: variant === 'long_context' ? threshold : null,
              is_derived: variant === 'batch' && batch.basis.startsWith('derived'),
            },
          ]
        : [],
    )
  return [
    ...of('standard', { cached_input, cache_write_5m, cache_write_1h }),
    ...of('batch', { input: batch.input, output: batch.output }),
    ...of('long_context', beyond),
  ]
}

/** A decimal string without trailing zeros, as trim_scale prints it. */
function trimmed(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal
}
