/** Recorded usage: what each record cost, by which price and when, and what has no price at all. */
import type { Row, Session } from '../../engines/index.ts'
import type { Check, Trouble } from './check.ts'
import {
  covers,
  momentIn,
  nameIn,
  PRICE_LISTS,
  type PriceList,
  stretches,
  versionNamed,
} from './price-lists.ts'

/** Examples that are told of each kind. */
const TOLD = 5

/** The first migration that has the table of these records. */
const SINCE = { llm_cost_records: 'cost_tracking_foundation', e2b_cost_records: 'e2b_cost_tracking' } as const

/** Whether records are stamped with every rate, and whether they are marked where they have none: before, callers did as they liked. */
const isStamped = (version: string) => version >= versionNamed('usage_recording')

/** What each part of a cost is, from the prices that are stamped on the record. */
function partsOf({ records }: PriceList, version: string): Readonly<Record<string, string>> {
  if (records === 'e2b_cost_records')
    return {
      execution_cost_usd: 'r.execution_time_seconds * r.price_per_second',
      resource_cost_usd:
        'r.cpu_core_seconds * r.price_per_cpu_core_second + r.memory_gb_seconds * r.price_per_gb_memory_second + r.disk_io_gb * r.price_per_gb_disk_io',
    }
  const special = SPECIAL.map((of) => [`r.${of}_tokens`, `r.${of}_price_per_million`] as const)
  return {
    input_cost_usd: isStamped(version)
      ? `((${['r.input_tokens', ...special.map(([tokens]) => tokens)].join(' - ')}) * r.input_price_per_million
          + ${special.map(([tokens, price]) => `${tokens} * coalesce(${price}, 0)`).join(' + ')}) * 0.000001`
      : 'r.input_tokens * r.input_price_per_million * 0.000001',
    output_cost_usd: 'r.output_tokens * r.output_price_per_million * 0.000001',
  }
}

/** Parts of the input that may have a price of their own. */
const SPECIAL = ['cached_input', 'cache_write_5m', 'cache_write_1h'] as const

/** A record that carries a price: what else there is, is marked. */
const PRICED = 'not r.is_unpriced and not r.is_adopted'

/** Recomputed from its stamped prices, a record costs what it says. */
export const costs: readonly Check[] = PRICE_LISTS.map((list) => ({
  id: `full/usage/costs-of-${list.records}`,
  title: `Every record of ${list.records} costs what its own prices make of it`,
  group: 'usage',
  since: versionNamed(SINCE[list.records]),
  reads: [list.records],
  async ask(session, { version }) {
    const parts = Object.entries(partsOf(list, version))
    const wrong = parts.map(([column, sum]) => `r.${column} <> ${sum}`).join(' or ')
    const cells = (each: ([column, sum]: [string, string]) => string) =>
      `concat_ws(e'\\n', ${parts.map((part) => `'${part[0]}: ' || ${each(part)} || ' USD'`).join(', ')})`
    const rows = await session.query(
      `select ${RECORD}, count(*) over () as count,
              ${cells(([column]) => `trim_scale(r.${column})`)} as have, ${cells(([, sum]) => `trim_scale(${sum})`)} as want
       from copilot_internal.${list.records} as r
       where ${PRICED} and (${wrong})
       order by r.recorded_at desc, r.id limit ${TOLD}`,
    )
    return {
      broken: examples(rows, (row) => ({
        objects: [recordOf(list, row)],
        have: row['have'] ?? '',
        want: row['want'] ?? '',
      })),
    }
  },
}))

/** A record carries its price, or is marked as one that has none. */
export const marks: readonly Check[] = PRICE_LISTS.map((list) => ({
  id: `full/usage/marks-of-${list.records}`,
  title: `Every record of ${list.records} is priced, or marked as unpriced or adopted`,
  group: 'usage',
  since: versionNamed(SINCE[list.records]),
  reads: [list.records],
  async ask(session, { version }) {
    const prices = [
      'pricing_id',
      ...list.prices,
      ...(list.records === 'llm_cost_records' ? ['priced_model'] : []),
    ].map((column) => `r.${column}`)
    const first = list.prices[0]
    // Before records were stamped, a caller could leave a price out; that a record is free without any was never meant.
    const cases = isStamped(version)
      ? `when r.is_unpriced and r.is_adopted then 'marked both unpriced and adopted'
         when (r.is_unpriced or r.is_adopted) and num_nonnulls(${prices.join(', ')}) > 0 then 'marked as one without a price, and carries one'
         when r.is_unpriced and r.total_cost_usd <> 0 then 'marked unpriced, and costs ' || trim_scale(r.total_cost_usd) || ' USD'
         when ${PRICED} and num_nulls(${prices.join(', ')}) > 0 then ${LACKS}`
      : `when ${PRICED} and r.${first} is null and r.total_cost_usd = 0 and ${used(list)} > 0 then ${LACKS}`
    const rows = await session.query(
      `select ${RECORD}, count(*) over () as count, r.have
       from (select r.*, case ${cases} end as have from copilot_internal.${list.records} as r) as r
       where r.have is not null
       order by r.recorded_at desc, r.id limit ${TOLD}`,
    )
    return {
      broken: examples(rows, (row) => ({
        objects: [recordOf(list, row)],
        have: row['have'] ?? '',
        want: 'a price and what follows from it, or a mark: is_unpriced or is_adopted',
        hint: 'Run 20260105000002_usage_recording.sql: it marks such records and brings the constraint that refuses them.',
      })),
    }
  },
}))

const LACKS = `'no price and no mark: it counts as priced, and costs ' || trim_scale(r.total_cost_usd) || ' USD'`

const used = ({ records }: PriceList) =>
  records === 'llm_cost_records' ? 'r.input_tokens + r.output_tokens' : 'r.execution_time_seconds'

/** A record's price was in force at the record's time, also where that is still to come, and is that of its own model or tier. */
export const times: readonly Check[] = PRICE_LISTS.map((list) => ({
  id: `full/usage/periods-of-${list.records}`,
  title: `Every record of ${list.records} lies in the period of its price`,
  group: 'usage',
  since: versionNamed('price_history'),
  reads: [list.table, list.records],
  async ask(session, { version }) {
    const rows = await session.query(
      `with periods as materialized (select id, begins, ends from (${stretches(list)}) as s where id is not null)
       select ${RECORD}, r.count, r.named, ${momentIn('r.recorded_at')} as moment, ${nameIn(list, 'p')} as name, ${list.inWords} as price,
              ${momentIn('o.begins')} as begins, ${momentIn('o.ends')} as ends, n.price as then
       from (
         select r.*, ${ownName(list, 'r', version)} as named, count(*) over () as count
         from copilot_internal.${list.records} as r
         join copilot_internal.${list.table} as p on p.id = r.pricing_id
         where not exists (
             select from periods as s where s.id = r.pricing_id and r.recorded_at >= s.begins and (s.ends is null or r.recorded_at < s.ends))
           ${isStamped(version) ? `or ${anothers(list)}` : ''}
         order by r.recorded_at desc, r.id limit ${TOLD}
       ) as r
       join copilot_internal.${list.table} as p on p.id = r.pricing_id
       left join lateral (select min(s.begins) as begins, nullif(max(coalesce(s.ends, 'infinity')), 'infinity') as ends
                          from periods as s where s.id = p.id) as o on true
       left join lateral (
         select ${list.inWords} as price from copilot_internal.${list.table} as p
         where ${nameIn(list, 'p')} = r.named and ${covers('p', 'r.recorded_at')}
         order by p.effective_date desc limit 1
       ) as n on true
       order by r.recorded_at desc, r.id`,
    )
    return {
      broken: examples(rows, (row) => ({
        objects: [recordOf(list, row)],
        reason: `It is charged at ${row['moment']} by the price of ${row['name']}, ${row['price']}, which ${periodOf(row)}.`,
        have: row['price'] ?? '',
        want: row['then']
          ? `${row['then']}: the price of ${row['named']} at that time`
          : `no price: ${row['named']} has none at that time`,
        hint: 'Take it back with void_usage, and record it under another request_id: it is then charged by the price of its time.',
      })),
    }
  },
}))

/** Whether a price belongs to another model or tier than the record. A region without a price is estimated by another. */
function anothers({ records }: PriceList): string {
  return records === 'llm_cost_records'
    ? '(r.provider, r.priced_model) is distinct from (p.provider, p.model)'
    : 'r.tier <> p.tier or (r.region <> p.region) <> r.is_estimated'
}

/** What a record says it used, as the price list names it. */
function ownName(list: PriceList, row: string, version: string): string {
  if (list.records === 'e2b_cost_records' || !isStamped(version)) return nameIn(list, row)
  return `${row}.provider || ' ' || coalesce(${row}.priced_model, ${row}.model)`
}

function periodOf({ begins, ends }: Row): string {
  if (!begins) return 'is never in force'
  return `is in force from ${begins} to ${ends ?? 'then on'}`
}

/** A record is stamped with the prices of the row it refers to: a row that says something else was rewritten afterwards. */
export const stamps: readonly Check[] = PRICE_LISTS.map((list) => ({
  id: `full/usage/prices-of-${list.records}`,
  title: `Every price that ${list.records} was charged by still has that value`,
  group: 'usage',
  since: versionNamed(list.seededBy[0]),
  reads: [list.table, list.records],
  async ask(session, { version }) {
    const columns = list.prices
    const values = (row: string) =>
      `concat_ws(' ', ${columns.map((column) => `trim_scale(${row}.${column})`).join(', ')})`
    const plain = list.records === 'llm_cost_records' && isStamped(version) ? `and variant = 'standard'` : ''
    const rows = await session.query(
      `select ${nameIn(list, 'p')} as name, p.id, ${values('p')} as have, ${values('r')} as want, r.count
       from (
         select pricing_id, ${columns.join(', ')}, count(*) as count
         from copilot_internal.${list.records}
         where pricing_id is not null and ${columns.map((column) => `${column} is not null`).join(' and ')} ${plain}
         group by pricing_id, ${columns.join(', ')}
       ) as r
       join copilot_internal.${list.table} as p on p.id = r.pricing_id
       where (${columns.map((column) => `p.${column}`).join(', ')}) <> (${columns.map((column) => `r.${column}`).join(', ')})
       order by r.count desc, 1 limit ${TOLD}`,
    )
    return { broken: rows.map(rewritten) }
  },
}))

function rewritten({ name, id, have, want, count }: Row): Trouble {
  return {
    objects: [`price of ${name}`],
    reason: `Row ${id} was rewritten after usage had been charged by it (records: ${count}).`,
    have: have ?? '',
    want: want ?? '',
    hint: 'Put the value back: the records say what it was.',
  }
}

/**
 * The same for what is priced by components: a rate that the list would make otherwise now was rewritten. An estimate may have
 * been dearer, before a component was known; cheaper, it flattered.
 */
export const rates: Check = {
  id: 'full/usage/components-of-llm_cost_records',
  title: 'Every component that llm_cost_records was charged by still has that value',
  group: 'usage',
  since: versionNamed('usage_recording'),
  reads: ['model_pricing', 'model_pricing_components', 'llm_cost_records'],
  calls: ['calculate_llm_rates'],
  async ask(session) {
    const parts = ['input', 'output', ...SPECIAL]
    const stamped = parts.map((part) => `${part}_price_per_million`)
    const differs = (part: string) => `r.${part}_price_per_million <> c.${part}`
    const values = (row: 'r' | 'c') =>
      `concat_ws(', ', ${parts.map((part) => `case when ${differs(part)} then '${part} ' || trim_scale(${row === 'r' ? `r.${part}_price_per_million` : `c.${part}`}) end`).join(', ')})`
    const rows = await session.query(
      `select p.provider || ' ' || p.model as name, p.id, r.variant || ': ' || ${values('c')} as have,
              r.variant || ': ' || ${values('r')} as want, r.count
       from (
         select pricing_id, variant, is_estimated, ${stamped.join(', ')}, count(*) as count
         from copilot_internal.llm_cost_records as r
         where ${PRICED} and (variant <> 'standard' or ${SPECIAL.map((part) => `${part}_tokens > 0`).join(' or ')})
         group by pricing_id, variant, is_estimated, ${stamped.join(', ')}
       ) as r
       join copilot_internal.model_pricing as p on p.id = r.pricing_id
       cross join lateral copilot_internal.calculate_llm_rates(p.id, r.variant) as c
       where case when r.is_estimated then ${parts.map((part) => `r.${part}_price_per_million < c.${part}`).join(' or ')}
                  else ${parts.map(differs).join(' or ')} end
       order by r.count desc, 1 limit ${TOLD}`,
    )
    return {
      broken: rows.map((row) => ({
        ...rewritten(row),
        reason: `A component of row ${row['id']} was rewritten, added or deleted after usage had been charged by it (records: ${row['count']}).`,
      })),
    }
  },
}

/** Runs in a region without a price cost at least what the dearest region that was known then makes of them. */
export const estimates: Check = {
  id: 'full/usage/estimates-of-e2b_cost_records',
  title: 'No estimated run costs less than in the dearest region of its tier',
  group: 'usage',
  since: versionNamed('usage_recording'),
  reads: ['e2b_pricing', 'e2b_cost_records'],
  async ask(session) {
    const rows = await session.query(
      `select r.tier || ' ' || r.region as name, count(*) as count, trim_scale(sum(d.cost - r.total_cost_usd)) as missing
       from (
         select * from copilot_internal.e2b_cost_records as r
         where r.is_estimated and ${PRICED} order by r.recorded_at desc limit 10000
       ) as r
       cross join lateral (
         select max(r.execution_time_seconds * v.price_per_second + r.cpu_core_seconds * v.price_per_cpu_core_second
                    + r.memory_gb_seconds * v.price_per_gb_memory_second + r.disk_io_gb * v.price_per_gb_disk_io) as cost
         from (
           select distinct on (v.region) v.* from copilot_internal.e2b_pricing as v
           where v.tier = r.tier and v.created_at <= r.recorded_at and ${covers('v', 'r.recorded_at')}
           order by v.region, v.effective_date desc
         ) as v
       ) as d
       where r.total_cost_usd < d.cost
       group by r.tier, r.region order by sum(d.cost - r.total_cost_usd) desc limit 20`,
    )
    return {
      warnings: rows.map(({ name, count, missing }) => ({
        objects: [`usage of ${name}`],
        have: `estimated records that cost less than in the dearest region: ${count}`,
        want: `${missing} USD more: an estimate does not flatter`,
        hint: 'They were priced by an earlier state of the product. Set a price for the region, and charge the difference if it is to be paid.',
      })),
    }
  },
}

/** Usage without a price costs nothing until somebody notices: the money is missing, whatever the schema looks like. */
export const unpriced: readonly Check[] = PRICE_LISTS.map((list) => ({
  id: `full/usage/unpriced-in-${list.records}`,
  title: `All usage in ${list.records} has a price`,
  group: 'usage',
  since: versionNamed(SINCE[list.records]),
  reads: [list.records],
  async ask(session, { version }) {
    const rows = await unpricedBy(session, list)
    return {
      warnings: rows.map(({ name, count, usage, last }) => ({
        objects: [`usage of ${name}`],
        have: `unpriced records: ${count}; ${usage}; the last at ${last}`,
        want: 'a price for each',
        hint:
          version >= versionNamed('usage_corrections')
            ? `Where none is known, set one for that time; ${repricing(list)} then charges what was recorded before.`
            : 'Set its price; what was recorded before stays unpriced, and is yours to bill.',
      })),
    }
  },
}))

/** What was unpriced, and has a price now: it waits for whoever calls reprice_unpriced_usage. */
export const laterPrices: readonly Check[] = PRICE_LISTS.map((list) => ({
  id: `full/usage/later-prices-of-${list.records}`,
  title: `No usage in ${list.records} has been left unpriced although its price is known`,
  group: 'usage',
  since: versionNamed('usage_corrections'),
  reads: [list.records, list.table, ...(list.records === 'llm_cost_records' ? ['model_aliases'] : [])],
  async ask(session) {
    const known =
      list.records === 'llm_cost_records'
        ? `p.provider = r.provider and p.model in (r.model, (
             select a.model from copilot_internal.model_aliases as a where a.provider = r.provider and a.alias = r.model))`
        : 'p.tier = r.tier'
    const named = list.records === 'llm_cost_records' ? ['r.provider', 'r.model'] : ['r.tier']
    const rows = await session.query(
      `select ${nameIn(list, 'r')} as name, count(*) as count, concat_ws(', ', ${named.map((column) => `quote_literal(${column})`).join(', ')}) as arguments
       from copilot_internal.${list.records} as r
       where r.is_unpriced and exists (
         select from copilot_internal.${list.table} as p where ${known} and ${covers('p', 'r.recorded_at')})
       group by ${list.key.map((column) => `r.${column}`).join(', ')}
       order by count(*) desc, 1 limit 20`,
    )
    return {
      warnings: rows.map(({ name, count, arguments: those }) => ({
        objects: [`usage of ${name}`],
        have: `unpriced records that have a price now: ${count}`,
        want: 'none: they can be charged',
        hint: `select copilot_internal.${repricing(list)}(${those}) prices them as of their own time, and charges the quotas of today.`,
      })),
    }
  },
}))

const repricing = ({ records }: PriceList) =>
  records === 'llm_cost_records' ? 'reprice_unpriced_usage' : 'reprice_unpriced_e2b_usage'

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

const RECORD = 'r.tenant_id, r.recorded_at::text as recorded_at, r.id'

function recordOf({ records }: PriceList, row: Row): string {
  return `record ${row['id']} of ${records}, tenant ${row['tenant_id']}, ${row['recorded_at']}`
}

/** Some of many, each with its `count`: the last says how many there are. */
function examples(rows: readonly Row[], told: (row: Row) => Trouble): Trouble[] {
  const more = Number(rows[0]?.['count'] ?? 0) - rows.length
  return rows.map((row, i) => {
    const trouble = told(row)
    if (more <= 0 || i < rows.length - 1) return trouble
    return { ...trouble, hint: [`And ${more} more of the kind.`, trouble.hint].filter(Boolean).join(' ') }
  })
}
