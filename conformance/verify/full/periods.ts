/** When prices are in force: one at any moment by construction, and none missing in between. */
import type { Session } from '../../engines/index.ts'
import type { Check } from './check.ts'
import { momentIn, nameIn, PRICE_LISTS, type PriceList, stretches, versionNamed } from './price-lists.ts'

/** Examples that are told of each kind. */
const TOLD = 20

/** Times without a price, versions that never come into force, and two that begin at once. */
export const periods: readonly Check[] = PRICE_LISTS.map((list) => ({
  id: `full/prices/periods-of-${list.table}`,
  title: `Every price of ${list.table} has one value at any moment, and none is missing in between`,
  group: 'prices',
  since: versionNamed(list.seededBy[0]),
  reads: [list.table],
  async ask(session) {
    const gaps = await gapsOf(session, list)
    return {
      broken: (await twinsOf(session, list)).map(({ name, from, count }) => ({
        objects: [`price of ${name}`],
        have: `${count} versions that begin at ${from}`,
        want: 'one: which of them is in force is left to chance',
        hint: 'Delete the wrong one, then run the migrations again: they bring back the unique index.',
      })),
      warnings: gaps
        .filter(({ to, ahead }) => ahead && to)
        .map(({ name, from, to }) => ({
          objects: [`price of ${name}`],
          have: `none from ${from} to ${to}`,
          want: 'one: usage of that time will be recorded unpriced',
          hint: 'Set a price for that time, or let the running one end later.',
        })),
      notes: [
        ...gaps
          .filter(({ to, ahead }) => !ahead || !to)
          .map(({ name, from, to, ahead }) =>
            to
              ? `${name} had no price from ${from} to ${to}.`
              : `${name} ${ahead ? 'has' : 'had'} no price from ${from} on: its last one ${ahead ? 'ends' : 'ended'} then.`,
          ),
        ...(await neverInForce(session, list)).map(
          ({ name, from }) =>
            `A price of ${name} from ${from} never comes into force: it ends where it begins.`,
        ),
      ],
    }
  },
}))

async function gapsOf(session: Session, list: PriceList) {
  const rows = await session.query(
    `select ${nameIn(list, 's')} as name, ${momentIn('s.begins')} as from, ${momentIn('s.ends')} as to,
            coalesce(s.ends, s.begins) > now() as ahead
     from (${stretches(list)}) as s
     where s.id is null
     order by ahead desc, s.begins desc, 1 limit ${TOLD}`,
  )
  return rows.map(({ name, from, to, ahead }) => ({ name, from, to, ahead: ahead === 't' }))
}

async function neverInForce(session: Session, list: PriceList) {
  return session.query(
    `select ${nameIn(list, 'p')} as name, ${momentIn('p.effective_date')} as from
     from copilot_internal.${list.table} as p
     where p.expires_at <= p.effective_date
     order by p.effective_date desc, 1 limit ${TOLD}`,
  )
}

async function twinsOf(session: Session, list: PriceList) {
  return session.query(
    `select ${nameIn(list, 'p')} as name, ${momentIn('p.effective_date')} as from, count(*) as count
     from copilot_internal.${list.table} as p
     where p.expires_at is null or p.expires_at > p.effective_date
     group by ${list.key.map((column) => `p.${column}`).join(', ')}, p.effective_date
     having count(*) > 1
     order by p.effective_date desc, 1 limit ${TOLD}`,
  )
}
