/**
 * A batch looks up a price once for all reports that it was in force for: what lies before, between and after versions, or passes
 * a threshold, is priced as it is alone.
 *
 * Method: a model of the test's own, with a gap between two versions and an end; the answers of a batch beside those of single
 * calls, under other names.
 */
import { owner } from '../../../fixtures/people.ts'
import { describe, expect, test } from '../../harness/index.ts'
import { A, batch, type Report, single } from './reports.ts'

const HOUR_MS = 3_600_000
const noon = Date.now() - 10 * 24 * HOUR_MS
const at = (hours: number) => new Date(noon + hours * HOUR_MS).toISOString()

/** In force from hour 0 to 10, and from 20 to 30; the second has a long-context price above 1,000 tokens. */
const PRICES = `
  insert into copilot_internal.model_pricing
    (provider, model, input_price_per_million, output_price_per_million, effective_date, expires_at)
  values ('ours', 'm', 10, 30, '${at(0)}', '${at(10)}'), ('ours', 'm', 20, 60, '${at(20)}', '${at(30)}');
  insert into copilot_internal.model_pricing_components (pricing_id, component, variant, price_per_million, threshold_input_tokens)
  select id, component, 'long_context', 40, 1000
  from copilot_internal.model_pricing, unnest('{input,output}'::text[]) as component
  where provider = 'ours' and input_price_per_million = 20`

const call = (hours: number, input = 100, cached = 0): Report => ({
  ...{ tenant_id: A, provider: 'ours', model: 'm', input_tokens: input, output_tokens: 10 },
  cached_input_tokens: cached,
  recorded_at: at(hours),
})

describe.each<readonly [what: string, reports: readonly Report[]]>([
  ['one version', [call(1), call(2), call(9)]],
  ['before the first', [call(-1), call(1)]],
  ['across the gap', [call(9), call(15), call(21)]],
  ['from the gap on', [call(15), call(21)]],
  ['after the end', [call(25), call(31)]],
  ['beyond the threshold', [call(21, 1000), call(22, 1001)]],
  ['partly cached, across versions', [call(9), call(9, 100, 50), call(21, 100, 50), call(21)]],
])('a batch %s', (_, reports) => {
  test('is priced as single calls are', async ({ session, on }) => {
    await session.run(PRICES)
    const costs = (name: string) =>
      `select pricing_id, variant, is_unpriced, is_estimated, cached_input_price_per_million, input_cost_usd, total_cost_usd from (${name}) as r`
    const alone = []
    for (const report of reports) alone.push(...(await session.query(costs(single('llm', report)))))
    expect(alone).toHaveLength(reports.length)
    await on(session)
      .as(owner)(costs(batch('llm', ...reports)))
      .resultsEq(alone)
  })
})
