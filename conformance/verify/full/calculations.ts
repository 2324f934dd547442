/** What the functions make of the prices in force, against the same sums done here: every model, every tier. */
import type { Row } from '../../engines/index.ts'
import { e2bCost, llmCost, money } from '../../oracle/index.ts'
import { applies, byFunction, compared, MOMENTS, TRIED, unusable, wrong } from './calculated.ts'
import type { Check } from './check.ts'
import { versionNamed } from './price-lists.ts'

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
       where ${applies('model_pricing', 'o.provider = p.provider and o.model = p.model')}
       order by p.effective_date desc limit ${TRIED}`,
    )
    const current = await session.query(
      `select p.provider || ' ' || p.model as name, p.id as want, c.pricing_id as have
       from copilot_internal.model_pricing as p
       cross join lateral (values (now())) as m (moment)
       left join lateral copilot_internal.get_current_model_pricing(p.provider, p.model) as c on true
       where ${applies('model_pricing', 'o.provider = p.provider and o.model = p.model')}
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
       where ${applies('e2b_pricing', 'o.tier = p.tier and o.region = p.region')}
       order by p.effective_date desc limit ${TRIED}`,
    )
    const elsewhere = await session.query(
      `select * from (
         select distinct on (p.tier) p.tier || ' in a region without a price' as name, ${columns}
         from copilot_internal.e2b_pricing as p
         cross join lateral (values (now())) as m (moment)
         cross join lateral copilot_internal.calculate_e2b_cost(p.tier, 'no such region', 300.5, 601, 1202, 0.25, m.moment) as c
         where ${applies('e2b_pricing', 'o.tier = p.tier and o.region = p.region')}
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
