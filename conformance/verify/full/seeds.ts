/** Prices that the migrations seeded, told apart: changed by the product's own ways, or behind its back. */
import type { Session } from '../../engines/index.ts'
import { type Fact, factsAt, priceFacts } from '../../fingerprint/index.ts'
import { keyOf } from './applied.ts'
import type { Check, Told, Trouble } from './check.ts'
import { keepsHistory, nameIn, PRICE_LISTS, type PriceList, samePrice, versionNamed } from './price-lists.ts'
import { nameOf } from './wording.ts'

/** What is seeded stays, with its value: a change is a row of its own. */
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
    const behind = keepsHistory(version) ? await writtenPastTriggers(session, list) : new Set<string>()
    const told = wanted.map((want) => judged(want, have, behind))
    return {
      broken: merged(told.flatMap(({ broken = [] }) => broken)),
      notes: [...told.flatMap(({ notes = [] }) => notes), ...(await changes(session, list, wanted))],
    }
  },
}))

function judged(want: Fact, have: ReadonlyMap<string, Fact>, behind: ReadonlySet<string>): Told {
  const price = have.get(keyOf(want))
  const objects = [nameOf(want.object)]
  const since = want.fact.slice(want.fact.indexOf('from '))
  const component = want.fact.slice(0, -since.length).trim()
  const line = (value: string) => `${component || 'price'} ${since}: ${value}`
  if (!price) {
    // A component goes with its price, which is named already.
    if (component && !have.has(keyOf({ ...want, fact: since }))) return {}
    const hint = 'Insert the row again, with its effective_date: usage of that time was priced by it.'
    return { broken: [{ objects, have: line('gone'), want: line(want.value ?? ''), hint }] }
  }
  const value = (price.value ?? '').replace(/ ?until .*/, '')
  if (value === want.value) return {}
  if (!component && !behind.has(keyOf(want)))
    return {
      notes: [
        `${objects[0]}: its row ${since} was rewritten from ${want.value} to ${value}, as the recipes did before price_history.`,
      ],
    }
  return {
    broken: [
      {
        objects,
        have: line(value),
        want: line(want.value ?? ''),
        hint: 'Nothing of the product rewrites a price. Put the value back, then set the new price.',
      },
    ],
  }
}

/** One trouble for each price, however many of its rows are concerned. */
function merged(troubles: readonly Trouble[]): Trouble[] {
  const prices = new Map<string, Trouble>()
  for (const trouble of troubles) {
    const name = trouble.objects.join()
    const former = prices.get(name)
    const both = former && {
      ...former,
      have: `${former.have}\n${trouble.have}`,
      want: `${former.want}\n${trouble.want}`,
    }
    prices.set(name, both ?? trouble)
  }
  return [...prices.values()]
}

const SINCE = `'from ' || to_char(p.effective_date at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')`

/**
 * Rows, by the key of their fact, that somebody wrote to past the triggers of price_history.
 *
 * Told by who wrote a row last. A transaction before the one that brought the triggers is one of the old recipes; the one
 * that inserted a row's successor is the product, ending it. Any other went past them.
 */
async function writtenPastTriggers(session: Session, list: PriceList): Promise<Set<string>> {
  const rows = await session.query(
    `select 'price ' || ${nameIn(list, 'p')} as object, ${SINCE} as fact
     from copilot_internal.${list.table} as p
     join pg_catalog.pg_constraint as k on k.conname = '${list.table}_periods_do_not_overlap'
     left join copilot_internal.${list.table} as s on ${samePrice(list, 's', 'p')} and s.effective_date = p.expires_at
     where age(p.xmin) < age(k.xmin) and (s.id is null or age(p.xmin) < age(s.xmin))`,
  )
  return new Set(
    rows.map(({ object, fact }) => keyOf({ object: object ?? '', fact: fact ?? '', value: null })),
  )
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
              || ' UTC: ' || concat_ws(' ', ${list.prices.map((price) => `trim_scale(p.${price})`).join(', ')})
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
