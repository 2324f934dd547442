/** The price lists, and SQL about them: which version of a price is in force when. */
import { migrations, versionOf } from '../../engines/index.ts'

/** The two price lists: what names a price, what a price is, also in words (of row `p`), who seeds it, and the usage that is charged by it. */
export const PRICE_LISTS = [
  {
    table: 'e2b_pricing',
    key: ['tier', 'region'],
    prices: [
      'price_per_second',
      'price_per_cpu_core_second',
      'price_per_gb_memory_second',
      'price_per_gb_disk_io',
    ],
    inWords: `trim_scale(p.price_per_second) || ' USD a second'`,
    seededBy: ['e2b_cost_tracking'],
    records: 'e2b_cost_records',
  },
  {
    table: 'model_pricing',
    key: ['provider', 'model'],
    prices: ['input_price_per_million', 'output_price_per_million'],
    inWords: `trim_scale(p.input_price_per_million) || ' USD in, ' || trim_scale(p.output_price_per_million) || ' out'`,
    seededBy: ['llm_model_pricing', 'price_components'],
    records: 'llm_cost_records',
  },
] as const

/** One of them. */
export type PriceList = (typeof PRICE_LISTS)[number]

/** The version of the migration with this name. Throws when there is none. */
export function versionNamed(name: string): string {
  const file = migrations().find((each) => each.name.endsWith(`_${name}.sql`))
  if (!file) throw new Error(`No migration is called ${name}.`)
  return versionOf(file)
}

/** Whether a database of that version keeps the history of its prices: before, the published recipes rewrote rows in place. */
export function keepsHistory(version: string): boolean {
  return version >= versionNamed('price_history')
}

/** An expression for what a price is called, such as `openai gpt-4`; `row` is the alias of its row. */
export function nameIn({ key }: PriceList, row: string): string {
  return key.map((column) => `${row}.${column}`).join(` || ' ' || `)
}

/** A condition: two rows are versions of the same price. */
export function samePrice({ key }: PriceList, a: string, b: string): string {
  return key.map((column) => `${a}.${column} = ${b}.${column}`).join(' and ')
}

/** A condition: the version of row `row` may be in force at a moment. Of those that may be, the one that began last is. */
export function covers(row: string, moment: string): string {
  return `${row}.effective_date <= ${moment} and (${row}.expires_at is null or ${moment} < ${row}.expires_at)`
}

/**
 * A query: stretches of time between two moments at which a version of a price begins or expires, with the version that is in
 * force then, `id`; null for none. The last of each price has no end. Computed, whatever the views of the product say.
 */
export function stretches({ table, key }: PriceList): string {
  const columns = key.join(', ')
  const all = `copilot_internal.${table}`
  return `
    select ${key.map((column) => `m.${column}`).join(', ')}, m.begins, m.ends, v.id
    from (
      select ${columns}, begins, lead(begins) over (partition by ${columns} order by begins) as ends
      from (
        select ${columns}, effective_date as begins from ${all}
        union select ${columns}, expires_at from ${all} where expires_at is not null
      ) as moments
    ) as m
    left join lateral (
      select p.id from ${all} as p
      where ${key.map((column) => `p.${column} = m.${column}`).join(' and ')} and ${covers('p', 'm.begins')}
      order by p.effective_date desc, p.id limit 1
    ) as v on true`
}

/** An expression: a moment as reports have it. */
export function momentIn(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || ' UTC'`
}
