/** From a proposal to the two files of an update: the migration, and the sheet that is kept beside it. */
import { migrations, type Session } from '../engines/index.ts'
import { archiveText, provenance } from './archive.ts'
import { type Proposal, proposed } from './checks/check.ts'
import { judge, type Noticed, unsafe } from './judge.ts'
import { before } from './known.ts'
import { migrationText } from './migration.ts'
import type { PriceList } from './price.ts'
import { Refused } from './refused.ts'
import { inOneLine } from './sql.ts'

/** What is asked for. */
export interface Asked {
  readonly lists: readonly PriceList[]
  readonly proposal: Proposal
  readonly options: { readonly accept?: Readonly<Record<string, string>>; readonly title?: string }
  /** The name of both files; undefined when it is to follow from the sheet. */
  readonly name: string | undefined
  readonly day: string
}

/** What came of it. */
export interface Made {
  readonly noticed: readonly Noticed[]
  /** What stops it. */
  readonly open: readonly Noticed[]
  /** The texts by path; undefined when nothing changes, or something stops it. */
  readonly files: Readonly<Record<string, string>> | undefined
}

/** Makes both texts, unless nothing changes or something is unsafe. */
export function makeUpdate({ lists, proposal, options, name, day }: Asked): Made {
  const accepted = { ...Object.assign({}, ...lists.map((list) => list.accepted)), ...options.accept }
  const noticed = judge(proposal, accepted)
  const open = unsafe(noticed)
  const changes = proposed(proposal)
  if (open.length > 0 || changes.length === 0) return { noticed, open, files: undefined }
  const undated = changes.filter(({ price }) => !price.from).map(({ key }) => key)
  if (undated.length > 0)
    throw new Refused(
      `${undated.join(', ')}: no sheet says when the price begins; give --effective YYYY-MM-DD.`,
    )

  const title = inOneLine(options.title ?? lists.find((list) => list.title)?.title ?? `Prices as of ${day}`)
  const named =
    name ??
    nameFor(
      day,
      changes.map(({ price }) => (price.list === 'llm' ? price.of : 'e2b')),
    )
  const sources = Object.assign({}, ...lists.map((list) => list.sources ?? provenance([list])))
  const update = {
    name: named,
    title,
    sources,
    changes,
    accepted: noticed.filter((one) => one.accepted !== undefined),
  }
  const archive = archiveText({
    asOf: day,
    title,
    sources,
    prices: changes.map(({ price }) => price),
    accepted,
  })
  return {
    noticed,
    open,
    files: { [`migrations/${named}.sql`]: migrationText(update), [`prices/${named}.json`]: archive },
  }
}

/** The newest day of the lists. Ages are counted from it, so that an update is the same whenever it is made. */
export function latestDay(lists: readonly PriceList[]): string {
  const days = lists
    .flatMap(({ asOf, prices }) => asOf ?? prices.flatMap(({ verifiedOn }) => verifiedOn ?? []))
    .sort()
  const day = days.at(-1)
  if (!day) throw new Refused('No list says of which day it is: give --today YYYY-MM-DD.')
  return day
}

/** After every migration there is, and of the day of the sheet. */
function nameFor(day: string, groups: readonly string[]): string {
  const last = migrations().at(-1)?.name.slice(0, 14) ?? ''
  const wanted = `${day.replaceAll('-', '')}000001`
  const version = wanted > last ? wanted : String(BigInt(last) + 1n)
  const about = [...new Set(groups)].sort().slice(0, 4).join('_').replace(/\W+/g, '_').toLowerCase()
  return `${version}_prices_${about}`
}

const LAST_USAGE = `
  select max(u.recorded_at) as last from copilot_internal.price_versions as v
  join copilot_internal.priced_usage as u on u.list = v.list and u.pricing_id = v.id
  where v.list = $1 and v.name = $2 and v.part = $3 and u.recorded_at >= $4::timestamptz`

/** Throws {@link Refused} for a price that would begin before usage which is recorded at the price before it. */
export async function refuseRetroactive(session: Session, proposal: Proposal): Promise<void> {
  const [late] = await lateUsage(session, proposal)
  if (late) throw new Refused(`${late}: let it begin later.`)
}

/** Prices that would begin before usage which is recorded at the price before them, a sentence each. */
export async function lateUsage(session: Session, proposal: Proposal): Promise<string[]> {
  const late: string[] = []
  for (const { key, price } of proposed(proposal)) {
    if (!price.from || !before(price.from, proposal.known.now)) continue
    const [list, name, part] =
      price.list === 'llm' ? ['model_pricing', price.of, price.name] : ['e2b_pricing', price.name, price.of]
    const [row] = await session.query(LAST_USAGE, [list, name, part, price.from])
    if (row?.['last'])
      late.push(
        `${key} would begin at ${price.from}, and usage until ${row['last']} is charged at the price before it`,
      )
  }
  return late
}
