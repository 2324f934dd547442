/** The price lists of a database: every version of every price, read in one go. */
import { createHash } from 'node:crypto'
import type { Session } from '../engines/index.ts'
import { momentOf } from './moment.ts'
import { keyOf, type Price, type PriceList } from './price.ts'
import { Refused } from './refused.ts'

/** A price that a database holds. */
export interface Version extends Price {
  readonly id: string
  readonly from: string
}

/** What a database knows of prices. */
export interface Known {
  /** By key, in the order in which they begin. */
  readonly versions: ReadonlyMap<string, readonly Version[]>
  /** Models by their other names, `provider/alias`. */
  readonly aliases: ReadonlyMap<string, string>
  /** When it was read, by the server's clock. */
  readonly now: string
}

const ISO = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`
const moment = (column: string) =>
  `regexp_replace(to_char(${column} at time zone 'UTC', ${ISO}), '[.]000000Z$', 'Z')`
const amount = (column: string) => `trim_scale(${column})::text`

const MODELS = `
  select p.id, p.provider, p.model, ${amount('p.input_price_per_million')} as input, ${amount('p.output_price_per_million')} as output,
         ${moment('p.effective_date')} as begins, ${moment('p.expires_at')} as ends, p.source, p.verified_on::text, p.notes,
         coalesce(c.components, '[]') as components, c.threshold::text
  from copilot_internal.model_pricing as p
  left join (
    select pricing_id, min(threshold_input_tokens) as threshold, jsonb_agg(jsonb_build_object(
             'field', case variant when 'standard' then '' else variant || '.' end || component,
             'amount', ${amount('price_per_million')}, 'derived', is_derived) order by variant, component) as components
    from copilot_internal.model_pricing_components group by pricing_id
  ) as c on c.pricing_id = p.id
  order by p.effective_date, p.id`

const TIERS = `
  select p.id, p.region, p.tier, ${moment('p.effective_date')} as begins, ${moment('p.expires_at')} as ends, p.source,
         p.verified_on::text, p.notes, ${amount('p.price_per_second')} as price_per_second,
         ${amount('p.price_per_cpu_core_second')} as price_per_cpu_core_second,
         ${amount('p.price_per_gb_memory_second')} as price_per_gb_memory_second,
         ${amount('p.price_per_gb_disk_io')} as price_per_gb_disk_io
  from copilot_internal.e2b_pricing as p
  order by p.effective_date, p.id`

type Row = Readonly<Record<string, string | null>>

/** Reads the price lists. Throws {@link Refused} for a database without them. */
export async function readKnown(session: Session): Promise<Known> {
  const [there] = await session.query(
    `select to_regclass('copilot_internal.model_pricing_components') is not null
        and to_regclass('copilot_internal.e2b_pricing') is not null
        and to_regclass('copilot_internal.model_aliases') is not null as migrated, ${moment('now()')} as now`,
  )
  if (there?.['migrated'] !== 't' && there?.['migrated'] !== 'true')
    throw new Refused(
      'The database has not the price lists of the migrations: apply supabase/migrations to it first.',
    )
  const versions = new Map<string, Version[]>()
  for (const version of [
    ...(await session.query(MODELS)).map(model),
    ...(await session.query(TIERS)).map(tier),
  ]) {
    const key = keyOf(version)
    versions.set(key, [...(versions.get(key) ?? []), version])
  }
  const aliases = await session.query('select provider, alias, model from copilot_internal.model_aliases')
  return {
    versions,
    aliases: new Map(
      aliases.map((row) => [`${row['provider']}/${row['alias']}`, `${row['provider']}/${row['model']}`]),
    ),
    now: there['now'] ?? '',
  }
}

/** A list of prices as if a database held it: what it does not date begins with the list. */
export function knownOf({ prices, asOf = '1970-01-01' }: PriceList, now: string): Known {
  const versions = prices.map((price, index) => ({
    ...price,
    id: `${index}`,
    from: price.from ?? momentOf(asOf),
  }))
  return {
    versions: new Map(versions.map((version) => [keyOf(version), [version]])),
    aliases: new Map(),
    now,
  }
}

/** The version in force at a moment. */
export function versionAt(known: Known, key: string, at: string): Version | undefined {
  return known.versions
    .get(key)
    ?.filter((version) => before(version.from, at) && (!version.until || !before(version.until, at)))
    .at(-1)
}

/** Whether one moment is not after another. */
export function before(a: string, b: string): boolean {
  return exact(a) <= exact(b)
}

/** Comparable as text, to the microsecond. */
function exact(moment: string): string {
  const [seconds = '', fraction = ''] = moment.replace('Z', '').split('.')
  return `${seconds}.${fraction.padEnd(6, '0')}`
}

/** What is in force at a moment, as a list among others. */
export function listOf(known: Known, at: string, source: string): PriceList {
  const prices = [...known.versions.keys()].sort().flatMap((key) => versionAt(known, key, at) ?? [])
  const hash = createHash('sha256').update(JSON.stringify(prices.map(({ id: _, ...price }) => price)))
  return {
    source,
    file: source,
    sha256: hash.digest('hex'),
    format: 'database',
    asOf: at.slice(0, 10),
    complete: true,
    prices,
    leftovers: [],
    accepted: {},
  }
}

function common(row: Row) {
  return {
    id: row['id'] ?? '',
    from: row['begins'] ? momentOf(row['begins']) : '',
    ...(row['ends'] ? { until: momentOf(row['ends']) } : {}),
    sources: row['source'] ? [row['source']] : [],
    ...(row['verified_on'] ? { verifiedOn: row['verified_on'] } : {}),
    ...(row['notes'] ? { notes: row['notes'] } : {}),
  }
}

interface Stored {
  readonly field: string
  readonly amount: string
  readonly derived: boolean
}

function model(row: Row): Version {
  const components: readonly Stored[] = JSON.parse(row['components'] ?? '[]')
  return {
    ...common(row),
    list: 'llm',
    of: row['provider'] ?? '',
    name: row['model'] ?? '',
    amounts: {
      input: row['input'] ?? '',
      output: row['output'] ?? '',
      ...Object.fromEntries(components.map(({ field, amount }) => [field, amount])),
    },
    derived: components.filter(({ derived }) => derived).map(({ field }) => field),
    ...(row['threshold'] ? { threshold: Number(row['threshold']) } : {}),
  }
}

function tier(row: Row): Version {
  const amounts = [
    'price_per_second',
    'price_per_cpu_core_second',
    'price_per_gb_memory_second',
    'price_per_gb_disk_io',
  ]
  return {
    ...common(row),
    list: 'e2b',
    of: row['region'] ?? '',
    name: row['tier'] ?? '',
    amounts: Object.fromEntries(amounts.map((field) => [field, row[field] ?? ''])),
    derived: [],
  }
}
