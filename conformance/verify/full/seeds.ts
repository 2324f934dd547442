/** Prices that the migrations seeded, told apart: changed by the product's own ways, or behind its back. */

import { type Fact, factsAt, priceFacts } from '../../catalog/index.ts'
import type { Session } from '../../engines/index.ts'
import { keyOf } from './applied.ts'
import type { Check, Told } from './check.ts'
import { keepsHistory, nameIn, PRICE_LISTS, type PriceList, samePrice, versionNamed } from './price-lists.ts'
import { nameOf } from './wording.ts'

/** What is seeded stays, with its value: a change is a row of its own. One that was deleted may have been on purpose. */
export const seeds: readonly Check[] = PRICE_LISTS.map((list) => ({
  id: `full/prices/seeds-of-${list.table}`,
  title: `Every seeded price of ${list.table} is there with its value`,
  group: 'prices',
  since: versionNamed(list.seededBy[0]),
  reads: [list.table],
  async ask(session, { version, history }) {
    const seededBy = list.seededBy.map(versionNamed)
    const wanted = factsAt(history, version).filter(
      ({ object, since }) => object.startsWith('price ') && seededBy.includes(since),
    )
    const have = new Map((await priceFacts(session)).map((fact) => [keyOf(fact), fact]))
    const rewritten = wanted.filter((want) => amountOf(have.get(keyOf(want))) !== amountOf(want))
    const behind = keepsHistory(version)
      ? await writtenPastTriggers(session, list, rewritten)
      : new Set<string>()
    const told = rewritten.map((want) => judged(want, have, behind))
    return {
      broken: told.flatMap(({ broken = [] }) => broken),
      warnings: told.flatMap(({ warnings = [] }) => warnings),
      notes: [...told.flatMap(({ notes = [] }) => notes), ...(await changes(session, list, wanted))],
    }
  },
}))

function judged(want: Fact, have: ReadonlyMap<string, Fact>, behind: ReadonlySet<string>): Told {
  const price = have.get(keyOf(want))
  const objects = [nameOf(want.object)]
  const since = want.fact.slice(want.fact.indexOf('from '))
  const component = want.fact.slice(0, -since.length).trim()
  const day = since.replace(/( 00:00:00)?\.000000$/, '')
  const line = (value: string) => `${component || 'price'} ${day}: ${value}`
  if (!price) {
    // A component goes with its price, which is named already.
    if (component && !have.has(keyOf({ ...want, fact: since }))) return {}
    const hint =
      'If it was deleted on purpose, nothing is to be done: the migrations do not bring it back. Else insert the row again, with its effective_date.'
    return { warnings: [{ objects, have: line('gone'), want: line(amountOf(want) ?? ''), hint }] }
  }
  const value = amountOf(price) ?? ''
  if (!behind.has(keyOf(want)))
    return {
      notes: [
        component
          ? `${objects[0]}: ${component} ${since} was rewritten from ${amountOf(want)} to ${value} before any usage was charged by that price.`
          : `${objects[0]}: its row ${since} was rewritten from ${amountOf(want)} to ${value}, as the recipes did before price_history.`,
      ],
    }
  return {
    broken: [
      {
        objects,
        have: line(value),
        want: line(amountOf(want) ?? ''),
        hint: 'Nothing of the product rewrites a price. Put the value back, then set the new price.',
      },
    ],
  }
}

const SINCE = `'from ' || to_char(p.effective_date at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')`

/**
 * Which of these rows, by the key of their fact, somebody wrote to past the triggers of the price lists.
 *
 * Told by who wrote a row last. A transaction before the one that brought the triggers is one of the old recipes; the one
 * that wrote a row's successor is the product, which writes the row anew then. Any other went past them. A component is free
 * until usage is charged by its price: a record that is older than it shows that it was not.
 */
async function writtenPastTriggers(
  session: Session,
  list: PriceList,
  rewritten: readonly Fact[],
): Promise<Set<string>> {
  if (rewritten.length === 0) return new Set()
  const those = `('price ' || ${nameIn(list, 'p')}) = any ($1)`
  const ofPrices = `
    select 'price ' || ${nameIn(list, 'p')}, ${SINCE}
    from copilot_internal.${list.table} as p
    join pg_catalog.pg_attribute as k on k.attrelid = 'copilot_internal.${list.table}'::regclass and k.attname = 'created_by'
    left join lateral (
      select s.id, s.xmin as written from copilot_internal.${list.table} as s
      where ${samePrice(list, 's', 'p')} and s.effective_date > p.effective_date
      order by s.effective_date limit 1
    ) as s on true
    where ${those} and age(p.xmin) < age(k.xmin) and (s.id is null or age(p.xmin) < age(s.written))`
  const ofComponents = `
    select 'price ' || ${nameIn(list, 'p')}, c.variant || ' ' || c.component || ' ' || ${SINCE}
    from copilot_internal.model_pricing_components as c
    join copilot_internal.${list.table} as p on p.id = c.pricing_id
    where ${those} and exists (
      select from copilot_internal.${list.records} as r where r.pricing_id = p.id and age(r.xmin) > age(c.xmin))`
  const components = rewritten.some(({ fact }) => !fact.startsWith('from '))
  const rows = await session.query(
    `select f.object, f.fact from (${components ? `${ofPrices} union all ${ofComponents}` : ofPrices}) as f (object, fact)`,
    [rewritten.map(({ object }) => object)],
  )
  return new Set(
    rows.map(({ object, fact }) => keyOf({ object: object ?? '', fact: fact ?? '', value: null })),
  )
}

/** The price of a row, whenever it ends: an end is somebody's wish, and no change of the price. */
function amountOf(price: Pick<Fact, 'value'> | undefined): string | undefined {
  return price?.value?.replace(/ ?until .*/, '')
}

/** How many changes are told. */
const TOLD = 20

/** What came after the seeds, and what was never seeded: the price list's own history. */
async function changes(session: Session, list: PriceList, wanted: readonly Fact[]): Promise<string[]> {
  const rows = await session.query(
    `select p.name, count(*) over () as count, p.line
     from (
       select ${nameIn(list, 'p')} as name, p.effective_date,
              ${nameIn(list, 'p')} || ' from ' || to_char(p.effective_date at time zone 'UTC', 'YYYY-MM-DD HH24:MI')
              || ' UTC: ' || ${list.inWords}
              || coalesce(', set by ' || (to_jsonb(p) ->> 'created_by'), '') || coalesce(', source ' || p.source, '') as line
       from copilot_internal.${list.table} as p
       where not ('price ' || ${nameIn(list, 'p')} || e'\\n' || ${SINCE} = any ($1))
         and (p.expires_at is null or p.expires_at > p.effective_date)
     ) as p
     order by p.effective_date desc, p.name limit ${TOLD}`,
    [wanted.map(({ object, fact }) => `${object}\n${fact}`)],
  )
  const more = Number(rows[0]?.['count'] ?? 0) - rows.length
  return [
    ...rows.map(({ line }) => `Price ${line}.`),
    ...(more > 0 ? [`And ${more} more prices that were set since in ${list.table}.`] : []),
  ]
}
