/** What pricing by the functions costs beside arithmetic written by hand. */
import type { Session } from '../engines/index.ts'
import type { Say } from './median.ts'
import { type Ratio, ratioOf } from './ratio.ts'

const CALLS = 20_000
const ROWS = 1_000_000

export async function calculationCosts(session: Session, say: Say): Promise<Ratio[]> {
  await session.query(
    `create temporary table calls as
     select 'openai'::text as provider, 'gpt-4o-mini'::text as model, 1000 + n::bigint as input_tokens, n::bigint as output_tokens,
            now() as recorded_at
     from generate_series(1, ${ROWS}) as n`,
  )
  await session.query('analyze calls')
  const looped = (body: string) => () =>
    session.query(
      `do $$ declare total numeric := 0; cost record; price record; begin for i in 1..${CALLS} loop ${body} end loop; end $$`,
    )
  const llm = looped(
    `select * into cost from copilot_internal.calculate_llm_cost('openai', 'gpt-4o-mini', 1000 + i, i); total := total + cost.total_cost_usd;`,
  )
  const e2b = looped(
    `select * into cost from copilot_internal.calculate_e2b_cost('standard', 'us-east-1', i, i, i, 0); total := total + cost.total_cost_usd;`,
  )
  const withPrice = 'the same price look-up and arithmetic in PL/pgSQL'
  const withoutPrice = 'the same arithmetic in PL/pgSQL, prices written into it'
  return [
    await ratioOf(
      {
        ...{ figure: 'calculate_llm_cost, a call at a time', against: withPrice, rounds: 7, atMost: 8 },
        product: llm,
        alternative: looped(
          `select p.input_price_per_million as input, p.output_price_per_million as output into price
           from copilot_internal.model_pricing as p
           where p.provider = 'openai' and p.model = 'gpt-4o-mini' and p.effective_date <= now()
             and (p.expires_at is null or now() < p.expires_at)
           order by p.effective_date desc limit 1;
           total := total + (1000 + i) * price.input * 0.000001 + i * price.output * 0.000001;`,
        ),
      },
      say,
    ),
    await ratioOf(
      {
        ...{ figure: 'calculate_llm_cost, a call at a time', against: withoutPrice, rounds: 7 },
        product: llm,
        alternative: looped('total := total + (1000 + i) * 0.15 * 0.000001 + i * 0.6 * 0.000001;'),
      },
      say,
    ),
    await ratioOf(
      {
        ...{ figure: 'calculate_e2b_cost, a call at a time', against: withPrice, rounds: 7, atMost: 8 },
        product: e2b,
        alternative: looped(
          `select p.* into price from copilot_internal.e2b_pricing as p
           where p.tier = 'standard' and p.region = 'us-east-1' and p.effective_date <= now()
             and (p.expires_at is null or now() < p.expires_at)
           order by p.effective_date desc limit 1;
           total := total + i * price.price_per_second + i * price.price_per_cpu_core_second + i * price.price_per_gb_memory_second;`,
        ),
      },
      say,
    ),
    await ratioOf(
      {
        figure: `${ROWS} calls priced at once by a join with model_price_periods`,
        against: 'the same arithmetic, each price looked up in model_pricing',
        product: () =>
          session.query(
            `select sum(c.input_tokens * p.input_price_per_million * 0.000001 + c.output_tokens * p.output_price_per_million * 0.000001)
             from calls as c
             join copilot_internal.model_price_periods as p
               on p.provider = c.provider and p.model = c.model
               and c.recorded_at >= p.effective_date and (p.expires_at is null or c.recorded_at < p.expires_at)`,
          ),
        alternative: () =>
          session.query(
            `select sum(c.input_tokens * p.input_price_per_million * 0.000001 + c.output_tokens * p.output_price_per_million * 0.000001)
             from calls as c
             cross join lateral (
               select v.input_price_per_million, v.output_price_per_million from copilot_internal.model_pricing as v
               where v.provider = c.provider and v.model = c.model and v.effective_date <= c.recorded_at
                 and (v.expires_at is null or c.recorded_at < v.expires_at)
               order by v.effective_date desc limit 1
             ) as p`,
          ),
        rounds: 7,
        atMost: 1.5,
      },
      say,
    ),
  ]
}
