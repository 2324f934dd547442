import { prices } from '../../fixtures/prices.ts'
import type { Report } from '../report/index.ts'

type Prices = NonNullable<Report['prices']>

const TOKENS = '1,000,000 tokens'

/** The price sheet that the migrations were written from, with what each price was compared with and when. */
export function priceList(): Prices {
  const { meta, models, e2b } = prices
  return {
    asOf: meta.as_of,
    sources: [
      ...Object.entries(meta.sources).map(([id, what]) => ({ id, what })),
      ...e2b.sources.map((what, index) => ({ id: `e2b-${index + 1}`, what })),
    ],
    lines: [
      ...models.map((model) => ({
        list: 'llm' as const,
        of: model.provider,
        name: model.model,
        prices: given(TOKENS, [
          ['input', model.input],
          ['output', model.output],
          ['cached input', model.cached_input],
          ['batch input', model.batch.input],
          ['batch output', model.batch.output],
        ]),
        sources: model.source_ids,
        verifiedOn: model.as_of,
      })),
      ...e2b.tiers.map((tier) => ({
        list: 'e2b' as const,
        of: tier.region,
        name: tier.tier,
        prices: given('second', [['running', tier.price_per_second]]),
        sources: e2b.sources.map((_, index) => `e2b-${index + 1}`),
        verifiedOn: e2b.as_of.slice(0, 'yyyy-mm-dd'.length),
        note: tier.binding,
      })),
    ],
  }
}

function given(per: string, amounts: readonly (readonly [what: string, usd: string | null])[]) {
  return amounts.flatMap(([what, usd]) => (usd === null ? [] : [{ what, usd, per }]))
}
