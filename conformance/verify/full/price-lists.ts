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
