/** Recorded usage: what each record cost, by which price, and what has no price at all. */
import type { Session } from '../../engines/index.ts'
import type { Check, Trouble } from './check.ts'
import { nameIn, PRICE_LISTS, type PriceList, versionNamed } from './price-lists.ts'

/** Examples that are told of each kind. */
const TOLD = 5

/** What each part of a cost is, from the prices that are stamped on the record. */
const COSTS = {
  llm_cost_records: {
    input_cost_usd: 'r.input_tokens * r.input_price_per_million * 0.000001',
    output_cost_usd: 'r.output_tokens * r.output_price_per_million * 0.000001',
  },
  e2b_cost_records: {
    execution_cost_usd: 'r.execution_time_seconds * r.price_per_second',
    resource_cost_usd:
      'r.cpu_core_seconds * r.price_per_cpu_core_second + r.memory_gb_seconds * r.price_per_gb_memory_second + r.disk_io_gb * r.price_per_gb_disk_io',
  },
} as const

/** The first migration that has the table of these records. */
const SINCE = { llm_cost_records: 'cost_tracking_foundation', e2b_cost_records: 'e2b_cost_tracking' } as const

/** Recomputed from its stamped prices, a record costs what it says. */
export const costs: readonly Check[] = PRICE_LISTS.map(({ records }) => ({
  id: `full/usage/costs-of-${records}`,
  title: `Every record of ${records} costs what its own prices make of it`,
  group: 'usage',
  since: versionNamed(SINCE[records]),
  reads: [records],
  async ask(session) {
    const parts = Object.entries(COSTS[records])
    const wrong = parts.map(([column, sum]) => `r.${column} <> ${sum}`).join(' or ')
    const cells = (each: ([column, sum]: [string, string]) => string) =>
      `concat_ws(e'\\n', ${parts.map((part) => `'${part[0]}: ' || ${each(part)} || ' USD'`).join(', ')})`
    const rows = await session.query(
      `select r.tenant_id, r.recorded_at::text as recorded_at, r.id, count(*) over () as count,
              ${cells(([column]) => `trim_scale(r.${column})`)} as have, ${cells(([, sum]) => `trim_scale(${sum})`)} as want
       from copilot_internal.${records} as r
       where not r.is_unpriced and (${wrong})
       order by r.recorded_at desc, r.id limit ${TOLD}`,
    )
    return {
      broken: examples(
        rows.map(({ count }) => count),
        rows.map((row) => ({
          objects: [`record ${row['id']} of ${records}, tenant ${row['tenant_id']}, ${row['recorded_at']}`],
          have: row['have'] ?? '',
          want: row['want'] ?? '',
        })),
      ),
    }
  },
}))

/** A record is stamped with the prices of the row it refers to: a row that says something else was rewritten afterwards. */
export const stamps: readonly Check[] = PRICE_LISTS.map((list) => ({
  id: `full/usage/prices-of-${list.records}`,
  title: `Every price that ${list.records} was charged by still has that value`,
  group: 'usage',
  since: versionNamed(list.seededBy[0]),
  reads: [list.table, list.records],
  async ask(session) {
    const columns = list.prices
    const values = (row: string) =>
      `concat_ws(' ', ${columns.map((column) => `trim_scale(${row}.${column})`).join(', ')})`
    const rows = await session.query(
      `select ${nameIn(list, 'p')} as name, p.id, ${values('p')} as have, ${values('r')} as want, r.count
       from (
         select pricing_id, ${columns.join(', ')}, count(*) as count
         from copilot_internal.${list.records}
         where pricing_id is not null and ${columns.map((column) => `${column} is not null`).join(' and ')}
         group by pricing_id, ${columns.join(', ')}
       ) as r
       join copilot_internal.${list.table} as p on p.id = r.pricing_id
       where (${columns.map((column) => `p.${column}`).join(', ')}) <> (${columns.map((column) => `r.${column}`).join(', ')})
       order by r.count desc, 1 limit ${TOLD}`,
    )
    return {
      broken: rows.map(({ name, id, have, want, count }) => ({
        objects: [`price of ${name}`],
        reason: `Row ${id} was rewritten after usage had been charged by it (records: ${count}).`,
        have: have ?? '',
        want: want ?? '',
        hint: 'Put the value back: the records say what it was.',
      })),
    }
  },
}))

/** Usage without a price costs nothing until somebody notices: the money is missing, whatever the schema looks like. */
export const unpriced: readonly Check[] = PRICE_LISTS.map((list) => ({
  id: `full/usage/unpriced-in-${list.records}`,
  title: `All usage in ${list.records} has a price`,
  group: 'usage',
  since: versionNamed(SINCE[list.records]),
  reads: [list.records],
  async ask(session) {
    const rows = await unpricedBy(session, list)
    return {
      warnings: rows.map(({ name, count, usage, last }) => ({
        objects: [`usage of ${name}`],
        have: `unpriced records: ${count}; ${usage}; the last at ${last}`,
        want: 'a price for each',
        hint: 'Set its price; what was recorded before stays unpriced, and is yours to bill.',
      })),
    }
  },
}))

async function unpricedBy(session: Session, { records, key }: PriceList) {
  const usage =
    records === 'llm_cost_records'
      ? `sum(r.input_tokens) || ' tokens in and ' || sum(r.output_tokens) || ' out'`
      : `trim_scale(sum(r.execution_time_seconds)) || ' seconds'`
  return session.query(
    `select ${key.map((column) => `r.${column}`).join(` || ' ' || `)} as name, count(*) as count, ${usage} as usage,
            max(r.recorded_at)::text as last
     from copilot_internal.${records} as r
     where r.is_unpriced
     group by ${key.map((column) => `r.${column}`).join(', ')}
     order by count(*) desc, 1 limit 20`,
  )
}

/** Some of many: the last says how many there are. */
function examples(counts: readonly (string | null | undefined)[], troubles: readonly Trouble[]): Trouble[] {
  const more = Number(counts[0] ?? 0) - troubles.length
  return troubles.map((trouble, i) =>
    more > 0 && i === troubles.length - 1 ? { ...trouble, hint: `And ${more} more of the kind.` } : trouble,
  )
}
