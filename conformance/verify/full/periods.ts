/** The periods in which prices are in force: none at once with another, none missing in between. */
import type { Session } from '../../engines/index.ts'
import type { Check } from './check.ts'
import { keepsHistory, nameIn, PRICE_LISTS, type PriceList, versionNamed } from './price-lists.ts'

/** Examples that are told of each kind. */
const TOLD = 20

/** Overlaps and gaps. Overlaps before price_history, and gaps that are over, are what the recipes leave behind. */
export const periods: readonly Check[] = PRICE_LISTS.map((list) => ({
  id: `full/prices/periods-of-${list.table}`,
  title: `No price of ${list.table} has two values at once, and none is missing in between`,
  group: 'prices',
  since: versionNamed(list.seededBy[0]),
  reads: [list.table],
  async ask(session, { version }) {
    const seams = await seamsOf(session, list)
    const overlaps = seams.filter(({ overlap }) => overlap)
    const ahead = seams.filter(({ overlap, ahead }) => !overlap && ahead)
    const over = seams.filter(({ overlap, ahead }) => !overlap && !ahead)
    return {
      broken: (keepsHistory(version) ? overlaps : []).map(({ name, from, to }) => ({
        objects: [`price of ${name}`],
        have: `two prices from ${from} to ${to}`,
        want: 'one',
        hint: 'Let the first end where the second starts, then run the migrations again.',
      })),
      warnings: ahead.map(({ name, from, to }) => ({
        objects: [`price of ${name}`],
        have: `none from ${from} to ${to}`,
        want: 'one: usage of that time will be recorded unpriced',
        hint: 'Set a price for that time, or let the running one end later.',
      })),
      notes: [
        ...(keepsHistory(version) ? [] : overlaps).map(
          ({ name, from, to }) =>
            `${name} has two prices from ${from} to ${to}: the later is used; price_history ends the former.`,
        ),
        ...over.map(({ name, from, to }) => `${name} had no price from ${from} to ${to}.`),
      ],
    }
  },
}))

interface Seam {
  readonly name: string
  readonly overlap: boolean
  /** Whether it has not come yet, or lasts. */
  readonly ahead: boolean
  readonly from: string
  readonly to: string
}

async function seamsOf(session: Session, list: PriceList): Promise<Seam[]> {
  const moment = (column: string) =>
    `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || ' UTC'`
  const rows = await session.query(
    `select name, overlap, ahead, coalesce(${moment('lower')}, 'ever') as from, coalesce(${moment('upper')}, 'then on') as to
     from (
       select name, ends is null or ends > follows as overlap, follows > now() as ahead,
              case when ends is null or ends > follows then follows else ends end as lower,
              case when ends is null or ends > follows then least(ends, follows_until) else follows end as upper
       from (
         select ${nameIn(list, 'p')} as name, p.expires_at as ends,
                lead(p.effective_date) over versions as follows, lead(p.expires_at) over versions as follows_until
         from copilot_internal.${list.table} as p
         where p.expires_at is null or p.expires_at > p.effective_date
         window versions as (partition by ${list.key.map((column) => `p.${column}`).join(', ')} order by p.effective_date, p.id)
       ) as versions
       where follows is not null and (ends is null or ends <> follows)
     ) as seams
     order by overlap desc, ahead desc, lower desc, name limit ${TOLD}`,
  )
  return rows.map(({ name, overlap, ahead, from, to }) => ({
    name: name ?? '',
    overlap: overlap === 't',
    ahead: ahead === 't',
    from: from ?? '',
    to: to ?? '',
  }))
}
