/** Requests with cached tokens, in batches and with long contexts, against the same sums done here. */
import type { Row, Session } from '../../engines/index.ts'
import { type DetailedPrices, detailedCost, money } from '../../oracle/index.ts'
import { applies, byFunction, compared, noNumbers, TRIED } from './calculated.ts'
import type { Check, Told } from './check.ts'
import { versionNamed } from './price-lists.ts'

/** Every model in force that has components: with cached tokens, as a batch, and above its threshold. */
export const detailedCalculation: Check = {
  id: 'full/calculations/detailed',
  title: 'calculate_llm_cost_detailed prices cached, batch and long requests as the list says',
  group: 'calculations',
  since: versionNamed('price_components'),
  reads: ['model_pricing', 'model_pricing_components'],
  calls: ['calculate_llm_cost_detailed'],
  async ask(session) {
    const models = await session.query(
      `select p.provider || ' ' || p.model as name, p.provider, p.model, p.input_price_per_million as input,
              p.output_price_per_million as output, s.*
       from copilot_internal.model_pricing as p
       cross join lateral (values (now())) as m (moment)
       cross join lateral (
         select coalesce(bool_or(c.is_derived) filter (where c.variant = 'standard'), false) as derived,
                coalesce(bool_or(c.is_derived) filter (where c.variant = 'batch'), false) as derived_batch,
                coalesce(bool_or(c.is_derived) filter (where c.variant = 'long_context'), false) as derived_long,
                max(c.threshold_input_tokens) as threshold, min(c.threshold_input_tokens) as least_threshold,
                ${COMPONENTS.map(([alias, variant, component]) => `max(c.price_per_million) filter (where c.variant = '${variant}' and c.component = '${component}') as ${alias}`).join(',\n')}
         from copilot_internal.model_pricing_components as c where c.pricing_id = p.id
       ) as s
       where ${applies('model_pricing', 'o.provider = p.provider and o.model = p.model')}
       order by p.effective_date desc limit ${TRIED}`,
    )
    const usual = models.filter((row) => isUsual(row) && noNumbers(row).length === 0)
    const requests = usual.flatMap(requestsOf)
    const rows = await answersTo(session, requests)
    const unusual = models.length - usual.length
    return {
      broken: byFunction(compared('calculate_llm_cost_detailed', rows, (_, i) => requests[i]?.want ?? '')),
      notes:
        unusual > 0
          ? [`${unusual} models have half a batch or long-context price, and were not calculated with it.`]
          : [],
    } satisfies Told
  },
}

const COMPONENTS = [
  ['cached', 'standard', 'cached_input'],
  ['write_5m', 'standard', 'cache_write_5m'],
  ['write_1h', 'standard', 'cache_write_1h'],
  ['batch_input', 'batch', 'input'],
  ['batch_output', 'batch', 'output'],
  ['batch_cached', 'batch', 'cached_input'],
  ['long_input', 'long_context', 'input'],
  ['long_output', 'long_context', 'output'],
  ['long_cached', 'long_context', 'cached_input'],
  ['long_write_5m', 'long_context', 'cache_write_5m'],
  ['long_write_1h', 'long_context', 'cache_write_1h'],
] as const

/** Whether the oracle knows a price of this shape: both halves of a batch price or none, all of a long one or none. */
function isUsual(row: Row): boolean {
  const all = (...names: string[]) => names.every((name) => row[name] !== null)
  const none = (...names: string[]) => names.every((name) => row[name] === null)
  return (
    (all('batch_input', 'batch_output') || none('batch_input', 'batch_output')) &&
    none('batch_cached', 'long_write_1h') &&
    row['threshold'] === row['least_threshold'] &&
    (all('threshold', 'long_input', 'long_output', 'long_cached') ||
      none('threshold', 'long_input', 'long_output', 'long_cached', 'long_write_5m'))
  )
}

interface Request {
  readonly name: string
  readonly arguments: readonly unknown[]
  readonly want: string
}

function requestsOf(row: Row): Request[] {
  const prices = pricesOf(row)
  const threshold = BigInt(prices.long_context?.threshold_input_tokens ?? 0)
  const request = (what: string, input: bigint, batch: boolean): Request => {
    const usage = { input, output: 500n, cached: 300n, write5m: 20n, write1h: 10n, batch }
    const { input: plain, cached, write, output, total, isLong, estimated } = detailedCost(prices, usage)
    const unstated = batch && row['batch_input'] === null
    // Each request uses all components there are, so any that was derived makes it an estimate.
    const derived = row[isLong ? 'derived_long' : batch ? 'derived_batch' : 'derived'] === 't'
    return {
      name: `${row['name']}, ${what}`,
      arguments: [row['provider'], row['model'], input, 500n, 300n, 20n, 10n, batch].map(String),
      want: [
        ...[plain, cached, write, output, total].map(money),
        true,
        isLong,
        estimated || unstated || derived,
      ].join('|'),
    }
  }
  return [
    request('cached', 1000n, false),
    request('batch', 1000n, true),
    ...(prices.long_context
      ? [request('long', threshold + 1n, false), request('at the threshold', threshold, false)]
      : []),
  ]
}

function pricesOf(row: Row): DetailedPrices {
  const price = (name: string) => row[name] ?? ''
  const plain = { input: price('input'), output: price('output') }
  return {
    ...plain,
    cached_input: row['cached'] ?? null,
    cache_write_5m: row['write_5m'] ?? null,
    cache_write_1h: row['write_1h'] ?? null,
    batch:
      row['batch_input'] === null ? plain : { input: price('batch_input'), output: price('batch_output') },
    long_context:
      row['threshold'] === null
        ? null
        : {
            threshold_input_tokens: Number(row['threshold']),
            input: price('long_input'),
            output: price('long_output'),
            cached_input: price('long_cached'),
            cache_write_5m: row['long_write_5m'] ?? undefined,
          },
  }
}

async function answersTo(session: Session, requests: readonly Request[]): Promise<Row[]> {
  return session.query(
    `select r.request ->> 'name' as name,
            concat_ws('|', c.input_cost_usd, c.cached_input_cost_usd, c.cache_write_cost_usd, c.output_cost_usd, c.total_cost_usd,
                      c.pricing_found::text, c.is_long_context::text, c.is_estimated::text) as have
     from jsonb_array_elements($1::jsonb) with ordinality as r (request, n)
     cross join lateral (select r.request -> 'arguments') as a (a)
     cross join lateral copilot_internal.calculate_llm_cost_detailed(
       a ->> 0, a ->> 1, (a ->> 2)::bigint, (a ->> 3)::bigint, (a ->> 4)::bigint, (a ->> 5)::bigint, (a ->> 6)::bigint,
       (a ->> 7)::boolean
     ) as c
     order by r.n`,
    [JSON.stringify(requests)],
  )
}
