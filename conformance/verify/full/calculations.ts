/** What the functions make of the prices in force, against the same sums done here: every model, every tier. */
import type { Row, Session } from '../../engines/index.ts'
import { type DetailedPrices, detailedCost, e2bCost, llmCost, money } from '../../oracle/index.ts'
import type { Check, Told, Trouble } from './check.ts'
import { versionNamed } from './price-lists.ts'

/** Prices that are tried; of more, those that started last. */
const TRIED = 2_000

/** In force at `m.moment`, and not one that a later version takes the place of. */
const APPLIES = (table: string, key: string) => `
  p.effective_date <= m.moment and (p.expires_at is null or m.moment < p.expires_at)
  and not exists (
    select from copilot_internal.${table} as o
    where ${key} and o.effective_date > p.effective_date and o.effective_date <= m.moment
      and (o.expires_at is null or m.moment < o.expires_at))`

const MOMENTS = `cross join lateral (values (p.effective_date), (now())) as m (moment)`

/** Each version of each model's price, when it came and now. */
export const llmCalculation: Check = {
  id: 'full/calculations/llm',
  title: 'calculate_llm_cost prices every model as the price list says',
  group: 'calculations',
  since: versionNamed('llm_model_pricing'),
  reads: ['model_pricing'],
  calls: ['calculate_llm_cost', 'get_current_model_pricing'],
  async ask(session) {
    const rows = await session.query(
      `select p.provider || ' ' || p.model as name, p.input_price_per_million as input, p.output_price_per_million as output,
              c.input_cost_usd || '|' || c.output_cost_usd || '|' || c.total_cost_usd || '|' || c.pricing_found as have
       from copilot_internal.model_pricing as p ${MOMENTS}
       cross join lateral copilot_internal.calculate_llm_cost(p.provider, p.model, 1234567, 89012, m.moment) as c
       where ${APPLIES('model_pricing', 'o.provider = p.provider and o.model = p.model')}
       order by p.effective_date desc limit ${TRIED}`,
    )
    const current = await session.query(
      `select p.provider || ' ' || p.model as name, p.id as want, c.pricing_id as have
       from copilot_internal.model_pricing as p
       cross join lateral (values (now())) as m (moment)
       left join lateral copilot_internal.get_current_model_pricing(p.provider, p.model) as c on true
       where ${APPLIES('model_pricing', 'o.provider = p.provider and o.model = p.model')}
         and c.pricing_id is distinct from p.id
       order by 1 limit 20`,
    )
    const [unknown] = await session.query(
      `select c.total_cost_usd || '|' || c.pricing_found as have
       from copilot_internal.calculate_llm_cost('nobody', 'no such model', 1, 1) as c`,
    )
    return {
      broken: [
        ...unusable(rows),
        ...byFunction([
          ...compared('calculate_llm_cost', rows, ({ input, output }) => {
            const cost = llmCost(
              { input: input ?? '', output: output ?? '' },
              { input: '1234567', output: '89012' },
            )
            return [money(cost.input), money(cost.output), money(cost.total), 'true'].join('|')
          }),
          ...compared(
            'calculate_llm_cost',
            [{ name: 'an unknown model', have: unknown?.['have'] ?? null }],
            () => '0|false',
          ),
          ...current.map(({ name, have, want }) => wrong('get_current_model_pricing', name, have, want)),
        ]),
      ],
    }
  },
}

/** Each version of each tier's price, when it came and now, with all that is metered; and a region without a price. */
export const e2bCalculation: Check = {
  id: 'full/calculations/e2b',
  title: 'calculate_e2b_cost prices every tier as the price list says',
  group: 'calculations',
  since: versionNamed('e2b_cost_tracking'),
  reads: ['e2b_pricing'],
  calls: ['calculate_e2b_cost'],
  async ask(session) {
    const columns = `p.price_per_second as second, p.price_per_cpu_core_second as core, p.price_per_gb_memory_second as memory,
      p.price_per_gb_disk_io as disk,
      c.execution_cost_usd || '|' || c.resource_cost_usd || '|' || c.total_cost_usd || '|' || c.is_estimated as have`
    const own = await session.query(
      `select p.tier || ' in ' || p.region as name, ${columns}
       from copilot_internal.e2b_pricing as p ${MOMENTS}
       cross join lateral copilot_internal.calculate_e2b_cost(p.tier, p.region, 300.5, 601, 1202, 0.25, m.moment) as c
       where ${APPLIES('e2b_pricing', 'o.tier = p.tier and o.region = p.region')}
       order by p.effective_date desc limit ${TRIED}`,
    )
    const elsewhere = await session.query(
      `select * from (
         select distinct on (p.tier) p.tier || ' in a region without a price' as name, ${columns}
         from copilot_internal.e2b_pricing as p
         cross join lateral (values (now())) as m (moment)
         cross join lateral copilot_internal.calculate_e2b_cost(p.tier, 'no such region', 300.5, 601, 1202, 0.25, m.moment) as c
         where ${APPLIES('e2b_pricing', 'o.tier = p.tier and o.region = p.region')}
         order by p.tier, p.price_per_second desc, p.effective_date desc, p.region
       ) as dearest limit ${TRIED}`,
    )
    const cost = (estimated: boolean) => (row: Row) => {
      const { second, core, memory, disk } = row
      const { execution, resource, total } = e2bCost(
        {
          second: second ?? '',
          cpuCoreSecond: core ?? '',
          gbMemorySecond: memory ?? '',
          gbDiskIo: disk ?? '',
        },
        { seconds: '300.5', cpuCoreSeconds: '601', gbMemorySeconds: '1202', gbDiskIo: '0.25' },
      )
      return [money(execution), money(resource), money(total), estimated].join('|')
    }
    return {
      broken: [
        ...unusable(own),
        ...byFunction([
          ...compared('calculate_e2b_cost', own, cost(false)),
          ...compared('calculate_e2b_cost', elsewhere, cost(true)),
        ]),
      ],
    }
  },
}

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
         select max(c.threshold_input_tokens) as threshold, min(c.threshold_input_tokens) as least_threshold,
                ${COMPONENTS.map(([alias, variant, component]) => `max(c.price_per_million) filter (where c.variant = '${variant}' and c.component = '${component}') as ${alias}`).join(',\n')}
         from copilot_internal.model_pricing_components as c where c.pricing_id = p.id
       ) as s
       where ${APPLIES('model_pricing', 'o.provider = p.provider and o.model = p.model')}
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
    return {
      name: `${row['name']}, ${what}`,
      arguments: [row['provider'], row['model'], input, 500n, 300n, 20n, 10n, batch].map(String),
      want: [...[plain, cached, write, output, total].map(money), true, isLong, estimated || unstated].join(
        '|',
      ),
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

function compared(name: string, rows: readonly Row[], want: (row: Row, i: number) => string): Trouble[] {
  return rows.flatMap((row, i) => {
    if (noNumbers(row).length > 0) return []
    const wanted = want(row, i)
    return row['have'] === wanted ? [] : [wrong(name, row['name'], row['have'], wanted)]
  })
}

/** Prices that are no number: nothing can be calculated with them, and without its constraint the list can hold some. */
function noNumbers(row: Row): string[] {
  return ['input', 'output', 'second', 'core', 'memory', 'disk'].filter(
    (name) => row[name] !== undefined && !/^\d+(\.\d+)?$/.test(row[name] ?? ''),
  )
}

function unusable(rows: readonly Row[]): Trouble[] {
  const names = new Map(rows.flatMap((row) => noNumbers(row).map((column) => [row['name'], row[column]])))
  return [...names].map(([name, have]) => ({
    objects: [`price of ${name}`],
    have: have ?? 'nothing',
    want: 'a number, 0 or more',
  }))
}

function wrong(
  name: string,
  what: string | null | undefined,
  have: string | null | undefined,
  want: string | null | undefined,
): Trouble {
  return { objects: [name], have: `${what}: ${have ?? 'nothing'}`, want: `${what}: ${want ?? 'nothing'}` }
}

/** Examples that are told of one function. */
const TOLD = 5

/** One trouble for each function, with some of what it got wrong. */
function byFunction(troubles: readonly Trouble[]): Trouble[] {
  const functions = new Map<string, Trouble[]>()
  for (const trouble of troubles) {
    const name = `function copilot_internal.${trouble.objects[0]}`
    functions.set(name, [...(functions.get(name) ?? []), trouble])
  }
  return [...functions].map(([name, own]) => ({
    objects: [name],
    reason: `${own.length} calculations are not what the price list makes of them.`,
    have: own
      .slice(0, TOLD)
      .map(({ have }) => have)
      .join('\n'),
    want: own
      .slice(0, TOLD)
      .map(({ want }) => want)
      .join('\n'),
  }))
}
