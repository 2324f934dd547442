/** A regression report: what a change of prices comes to, as findings, notes and sections of the common model. */
import type { Session } from '../../engines/index.ts'
import { type Finding, failed, finding, PASSED, type Report, type Section } from '../../report/index.ts'
import type { Proposal } from '../checks/check.ts'
import { isVariantOf } from '../checks/names.ts'
import { findingsOf, judge, notesOf } from '../judge.ts'
import type { Known } from '../known.ts'
import type { PriceList } from '../price.ts'
import { type Replay, replay, usd } from '../replay/replay.ts'
import { drift } from '../replay/sums.ts'
import { lateUsage } from '../update.ts'
import { effectSections } from './effect.ts'
import { differenceSection, identitySection, leftoverSection, timelineSection } from './prices.ts'

/** What a report is about. */
export interface Compared {
  readonly lists: readonly PriceList[]
  readonly proposal: Proposal
  readonly before: Known
  readonly after: Known
  /** What both sides are called. */
  readonly names: readonly [before: string, after: string]
  /** What the usage is called, such as `the bundled month`. */
  readonly usage: string
  /** Whether it is the bundled month: prices may then begin within it. */
  readonly isMadeUp: boolean
  /** Reasons for what is unsafe. */
  readonly accepted: Readonly<Record<string, string>>
}

type Note = NonNullable<Report['notes']>[number]

/** What a report says, without who asked for it and when. */
export interface Told {
  readonly findings: readonly Finding[]
  readonly notes: readonly Note[]
  readonly sections: readonly Section[]
}

/** Reads usage, prices it under both lists, and says all that follows. Only reads. */
export async function reportOn(session: Session, compared: Compared): Promise<Told> {
  const { lists, proposal, before, after, names, usage, isMadeUp, accepted } = compared
  const reasons = { ...Object.assign({}, ...lists.map((list) => list.accepted)), ...accepted }
  const noticed = judge(proposal, reasons)
  const replayed = await replay(session, before, after)
  const drifted = await drift(session)
  // The bundled month is made up: nobody has been charged for it.
  const late = isMadeUp ? [] : await lateUsage(session, proposal)
  return {
    findings: [...findingsOf(noticed, 'prices'), ...usageFindings(replayed, drifted, late)],
    notes: [
      ...notesOf(noticed, 'prices'),
      ...coverageNotes(replayed, before, after),
      ...quotaNotes(replayed),
    ],
    sections: [
      identitySection(lists, before, after, names),
      differenceSection(proposal),
      timelineSection(proposal, after),
      ...effectSections(replayed, usage),
      ...leftoverSection(lists),
    ],
  }
}

function usageFindings(
  { unpriced }: Replay,
  drifted: Awaited<ReturnType<typeof drift>>,
  late: readonly string[],
): Finding[] {
  const lost = [...unpriced].filter(([, { unpricedBefore, unpricedAfter }]) => unpricedAfter > unpricedBefore)
  return [
    finding(
      { id: 'usage/drift', title: 'Every record costs what its stamped prices give', group: 'usage' },
      drifted.records === 0
        ? PASSED
        : failed({
            have: `${drifted.records} records that do not: ${drifted.examples.join(', ')}`,
            reason: 'Stored costs do not follow from the prices that are stamped on them.',
            hint: 'Somebody has written past the constraints: see verify:phase1 -- --full.',
          }),
    ),
    finding(
      { id: 'usage/loses-its-price', title: 'No usage that had a price loses it', group: 'usage' },
      lost.length === 0
        ? PASSED
        : failed({
            have: lost
              .map(
                ([name, costs]) =>
                  `${name}: ${costs.unpricedAfter - costs.unpricedBefore} records, ${usd(costs.before)} USD`,
              )
              .join('\n'),
            reason: 'Usage would have no price, and count nothing.',
            hint: 'Give the model a price that begins where the former one ends.',
          }),
    ),
    finding(
      {
        id: 'usage/before-its-price',
        title: 'No price begins before usage that is charged already',
        group: 'usage',
      },
      late.length === 0
        ? PASSED
        : failed({
            have: late.join('\n'),
            reason: 'What is charged is not rewritten, and the migration would be refused (QT001).',
            hint: 'Let the price begin later.',
          }),
    ),
  ]
}

function coverageNotes({ unpriced }: Replay, before: Known, after: Known): Note[] {
  const priced = new Set([...before.versions.keys(), ...after.versions.keys()])
  return [...unpriced].map(([name, { unpricedBefore, unpricedAfter }]) => {
    const kind = unpricedAfter > 0 ? ('warning' as const) : ('note' as const)
    const provider = name.slice(0, name.indexOf('/') + 1)
    const like = [...priced].filter(
      (key) =>
        key.startsWith(provider) &&
        !key.startsWith('e2b/') &&
        isVariantOf(key.slice(provider.length), name.slice(provider.length)),
    )
    const variant =
      like.length > 0
        ? `; its name is a dated or prefixed variant of ${like.join(', ')}: if it is the same model, add an alias`
        : ''
    return {
      kind,
      group: 'coverage',
      text: `${name}: ${unpricedBefore} records without a price before, ${unpricedAfter} after${variant}`,
    }
  })
}

function quotaNotes({ quotas }: Replay): Note[] {
  return quotas.map(({ quota, period, before, after }) => ({
    kind: 'warning' as const,
    group: 'quotas',
    text: `${quota}, period of ${period.slice(0, 10)}: exceeded ${before.exceeded ?? 'never'} before, ${after.exceeded ?? 'never'} after`,
  }))
}
