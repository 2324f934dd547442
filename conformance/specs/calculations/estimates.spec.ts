/**
 * An estimate never flatters: what has no price of its own costs at least what any rule of the same list makes of it.
 *
 * Method: price cards with every combination of components that are there, derived or absent, hundreds at a time. Each component
 * is asked for alone, in each variant: its rate is its own price, or else no less than each rule of an oracle that shares
 * nothing with the SQL but the contract; and it is an estimate exactly when it had no price of its own, or a derived one.
 */
import Big from 'big.js'
import fc from 'fast-check'
import type { Row, Session } from '../../engines/index.ts'
import { describe, expect, rounds, test } from '../../harness/index.ts'
import {
  type Component,
  detailedCost,
  e2bCost,
  isDerived,
  money,
  ownPrice,
  type PriceCard,
  rulesFor,
  type Variant,
} from '../../oracle/index.ts'

const COMPONENTS = ['input', 'output', 'cached_input', 'cache_write_5m', 'cache_write_1h'] as const
const SPECIAL = ['cached_input', 'cache_write_5m', 'cache_write_1h'] as const
const THRESHOLD = 5_000_000
const MILLION = 1_000_000

/** Every way to choose some of these. */
function subsets<T>(all: readonly T[]): T[][] {
  return Array.from({ length: 2 ** all.length }, (_, bits) => all.filter((_one, i) => bits & (2 ** i)))
}

/** A card that has these components, at a price that `price` makes up. */
function card(
  standard: readonly Component[],
  batch: readonly Component[],
  long: readonly Component[],
  price: (variant: Variant, component: Component) => { price: string; derived?: boolean },
): PriceCard {
  const has = (variant: Variant, names: readonly Component[]) =>
    names.map((component) => ({ variant, component, ...price(variant, component) }))
  return {
    input: price('standard', 'input').price,
    output: price('standard', 'output').price,
    threshold: long.length > 0 ? THRESHOLD : null,
    components: [...has('standard', standard), ...has('batch', batch), ...has('long_context', long)],
  }
}

/** Puts cards into the list as models '0', '1', … of the provider 'card'. */
async function listed(session: Session, cards: readonly PriceCard[]): Promise<void> {
  await session.query(
    `insert into copilot_internal.model_pricing (provider, model, input_price_per_million, output_price_per_million)
     select 'card', (c.n - 1)::text, (c.card ->> 'input')::numeric, (c.card ->> 'output')::numeric
     from jsonb_array_elements($1::jsonb) with ordinality as c (card, n)`,
    [JSON.stringify(cards)],
  )
  await session.query(
    `insert into copilot_internal.model_pricing_components
       (pricing_id, variant, component, price_per_million, threshold_input_tokens, is_derived)
     select p.id, o.variant, o.component, o.price::numeric,
            case when o.variant = 'long_context' then (c.card ->> 'threshold')::bigint end, coalesce(o.derived, false)
     from jsonb_array_elements($1::jsonb) with ordinality as c (card, n)
     join copilot_internal.model_pricing as p on p.provider = 'card' and p.model = (c.n - 1)::text
     cross join lateral jsonb_to_recordset(c.card -> 'components') as o (variant text, component text, price text, derived boolean)`,
    [JSON.stringify(cards)],
  )
}

interface Asked {
  readonly variant: Variant
  readonly component: Component
  readonly batch: boolean
}

const ASKED: readonly Asked[] = (['standard', 'batch', 'long_context', 'long batch'] as const).flatMap(
  (which) =>
    COMPONENTS.map((component) => ({
      variant: which === 'long batch' ? 'long_context' : which,
      component,
      batch: which.endsWith('batch'),
    })),
)

/** What each component of each card costs alone, in each variant. */
async function answered(session: Session): Promise<Row[]> {
  const tokens = (a: string, component: Component) =>
    `case when ${a} ->> 'component' = '${component}' then t.tokens else 0 end`
  return session.query(
    `select p.model as card, a.n - 1 as asked, t.tokens, c.is_estimated, c.is_long_context,
            case a.asked ->> 'component'
              when 'input' then c.input_cost_usd when 'output' then c.output_cost_usd
              when 'cached_input' then c.cached_input_cost_usd else c.cache_write_cost_usd
            end as cost
     from copilot_internal.model_pricing as p
     cross join jsonb_array_elements($1::jsonb) with ordinality as a (asked, n)
     cross join lateral (select case when a.asked ->> 'variant' = 'long_context' then ${10 * MILLION} else ${MILLION} end) as t (tokens)
     cross join lateral copilot_internal.calculate_llm_cost_detailed(
       p.provider, p.model,
       case when a.asked ->> 'component' = 'output' and t.tokens = ${MILLION} then 0 else t.tokens end,
       ${tokens('a.asked', 'output')}, ${SPECIAL.map((one) => tokens('a.asked', one)).join(', ')},
       (a.asked ->> 'batch')::boolean
     ) as c
     where p.provider = 'card'
       and (a.asked ->> 'variant' <> 'long_context' or exists (
         select from copilot_internal.model_pricing_components as o where o.pricing_id = p.id and o.variant = 'long_context'
       ))`,
    [JSON.stringify(ASKED)],
  )
}

/** What is wrong with an answer: nothing, mostly. */
function faults(cards: readonly PriceCard[], row: Row): string[] {
  const [one, asked] = [cards[Number(row['card'])], ASKED[Number(row['asked'])]]
  if (!one || !asked) throw new Error('The answer is to a question that nobody asked.')
  const long = asked.variant === 'long_context'
  const { component, variant, batch } = asked
  const rate = new Big(row['cost'] ?? 0).times(MILLION).div(row['tokens'] ?? 1)
  const about = `${batch ? 'batch, ' : ''}${variant} ${component} at ${rate}, card ${JSON.stringify(one)}`
  const own = ownPrice(one, variant, component)
  const rulesIn = (which: Variant) => {
    const stated = ownPrice(one, which, component)
    return stated ? [stated] : rulesFor(one, which, component)
  }
  // A long request in a batch has no price of its own: rules of both apply.
  const rules = [...rulesIn(variant), ...(batch && long ? rulesIn('batch') : [])]
  // Output alone is not to be had in a long request: its input is there, too, and may be the estimate.
  const parts: readonly Component[] = long && component === 'output' ? ['input', 'output'] : [component]
  const estimated =
    (batch && long) || parts.some((part) => !ownPrice(one, variant, part) || isDerived(one, variant, part))
  return [
    ...rules.filter((rule) => rate.lt(rule)).map((rule) => `flatters: less than ${rule}: ${about}`),
    ...(own && !(batch && long) && !rate.eq(own) ? [`is not its own price ${own}: ${about}`] : []),
    ...(row['is_long_context'] === (long ? 't' : 'f') ? [] : [`is not the variant: ${about}`]),
    ...(row['is_estimated'] === (estimated ? 't' : 'f')
      ? []
      : [`${estimated ? 'is no estimate' : 'is an estimate'}: ${about}`]),
  ]
}

async function expectNoFlattery(session: Session, cards: readonly PriceCard[]): Promise<void> {
  await session.query('savepoint cards')
  await listed(session, cards)
  const rows = await answered(session)

  await session.run('rollback to savepoint cards; release savepoint cards')
  expect(rows.length).toBeGreaterThanOrEqual(cards.length * COMPONENTS.length * 2)
  expect(rows.flatMap((row) => faults(cards, row)).slice(0, 3)).toEqual([])
}

describe('LLM calls', () => {
  const figure = fc.oneof(
    fc.constantFrom('0', '0.1', '0.3', '3', '3.75', '6', '7', '15', '0.001'),
    fc.integer({ min: 100, max: 99_999 }).map((n) => `0.${String(n).padStart(5, '0')}`),
  )

  test('any combination of components costs no less than each rule says', async ({ session }) => {
    // Prices that are dearer in one place than in another, whichever is absent.
    const usual: Record<Component, number> = {
      input: 3,
      output: 15,
      cached_input: 0.3,
      cache_write_5m: 3.75,
      cache_write_1h: 6,
    }
    const ratios = {
      standard: [1, 1, 1, 1, 1],
      batch: [0.5, 0.7, 1.5, 0.4, 3],
      long_context: [2, 1.5, 3, 2.5, 0.9],
    }
    const price = (variant: Variant, component: Component) => ({
      price: new Big(usual[component]).times(ratios[variant][COMPONENTS.indexOf(component)] ?? 1).toFixed(),
    })
    const cards = subsets<Component>(SPECIAL).flatMap((standard) =>
      subsets<Component>(COMPONENTS).map((others) => card(standard, others, others, price)),
    )

    await listed(session, cards)

    const rows = await session.query(
      `select p.model as card, v.variant, r.input, r.output, r.cached_input, r.cache_write_5m, r.cache_write_1h,
              array_to_string(r.estimated, ',') as estimated
       from copilot_internal.model_pricing as p
       cross join unnest(array['standard', 'batch', 'long_context']) as v (variant)
       cross join lateral copilot_internal.calculate_llm_rates(p.id, v.variant) as r
       where p.provider = 'card' and (v.variant = 'standard' or exists (
         select from copilot_internal.model_pricing_components as c where c.pricing_id = p.id and c.variant = v.variant
       ))`,
    )

    const found = rows.flatMap((row) =>
      COMPONENTS.flatMap((component) => {
        const one = cards[Number(row['card'])]
        const variant = row['variant'] as Variant
        if (!one) throw new Error('The answer is to a question that nobody asked.')
        const rate = new Big(row[component] ?? 0)
        const own = ownPrice(one, variant, component)
        const about = `${variant} ${component} at ${rate}, card ${JSON.stringify(one)}`
        const estimated = row['estimated']?.split(',').includes(component) ?? false
        return [
          ...(own ? [] : rulesFor(one, variant, component))
            .filter((rule) => rate.lt(rule))
            .map((rule) => `flatters: less than ${rule}: ${about}`),
          ...(own && !rate.eq(own) ? [`is not its own price ${own}: ${about}`] : []),
          ...(estimated === (own === undefined) ? [] : [`says estimate ${estimated}: ${about}`]),
        ]
      }),
    )
    expect(rows.length).toBeGreaterThan(cards.length)
    expect(found.slice(0, 3)).toEqual([])
  })

  test('any card costs no less than any rule makes of it', async ({ session }) => {
    const some = <T>(all: readonly T[]) => fc.subarray([...all])
    const any = fc
      .tuple(
        some<Component>(SPECIAL),
        some<Component>(COMPONENTS),
        some<Component>(COMPONENTS),
        fc.array(fc.tuple(figure, fc.boolean()), { minLength: 15, maxLength: 15 }),
      )
      .map(([standard, batch, long, figures]) =>
        card(standard, batch, long, (variant, component) => {
          const i = ['standard', 'batch', 'long_context'].indexOf(variant) * 5 + COMPONENTS.indexOf(component)
          const [price = '1', derived = false] = figures[i] ?? []
          return { price, derived }
        }),
      )
    await fc.assert(
      fc.asyncProperty(fc.array(any, { minLength: 1, maxLength: 15 }), (cards) =>
        expectNoFlattery(session, cards),
      ),
      { numRuns: rounds(10) },
    )
  })

  test('what is recorded is what is calculated, estimates included', async ({ session }) => {
    const one = card(['cached_input'], ['output'], ['input'], (_, component) => ({
      price: component === 'output' ? '15' : '3',
      derived: component === 'cached_input',
    }))
    await listed(session, [one])
    const usage = { input: 6_000_000n, output: 7n, cached: 11n, write5m: 13n, write1h: 17n, batch: true }
    const { total } = detailedCost(one, usage)
    const [recorded] = await session.query(
      `select r.total_cost_usd >= ${money(total)} as enough, r.total_cost_usd = c.total_cost_usd as same, r.is_estimated
       from copilot_internal.record_llm_usage('aaaaaaaa-0000-4000-8000-000000000001', 'card', '0', 6000000, 7,
              cached_input_tokens => 11, cache_write_5m_tokens => 13, cache_write_1h_tokens => 17, is_batch => true) as r,
            copilot_internal.calculate_llm_cost_detailed('card', '0', 6000000, 7, 11, 13, 17, true) as c`,
    )
    expect(recorded).toEqual({ enough: 't', same: 't', is_estimated: 't' })
  })
})

describe('sandbox runs', () => {
  test('a run in an unknown region costs no less than in any other of its tier', async ({ session }) => {
    const rate = fc.constantFrom('0', '0.0001', '0.0012', '1', '0.5', '0.000000000001')
    const rates = fc.record({ second: rate, cpuCoreSecond: rate, gbMemorySecond: rate, gbDiskIo: rate })
    const amount = fc.constantFrom('0', '0.000001', '1', '3600', '12.5')
    const usage = fc.record({
      seconds: amount,
      cpuCoreSeconds: amount,
      gbMemorySeconds: amount,
      gbDiskIo: amount,
    })
    await fc.assert(
      fc.asyncProperty(fc.array(rates, { minLength: 1, maxLength: 5 }), usage, async (regions, used) => {
        await session.query('savepoint regions')
        for (const [i, one] of regions.entries()) {
          await session.query(`select copilot_internal.set_e2b_price('any', $1, $2, $3, $4, $5)`, [
            `region-${i}`,
            one.second,
            one.cpuCoreSecond,
            one.gbMemorySecond,
            one.gbDiskIo,
          ])
        }
        const rows = await session.query(
          `select total_cost_usd, is_estimated from copilot_internal.calculate_e2b_cost('any', 'nowhere', $1, $2, $3, $4)`,
          [used.seconds, used.cpuCoreSeconds, used.gbMemorySeconds, used.gbDiskIo],
        )
        await session.query('rollback to savepoint regions')
        const costs = regions.map((one) => e2bCost(one, used).total)
        const dearest = costs.reduce((most, cost) => (cost.gt(most) ? cost : most), new Big(0))
        expect(rows).toEqual([{ total_cost_usd: money(dearest), is_estimated: 't' }])
      }),
      { numRuns: rounds(60) },
    )
  })
})
