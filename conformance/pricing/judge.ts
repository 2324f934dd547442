/** Every check, and what they come to for a proposal: findings, and the keys that `--accept` takes. */
import { type Finding, failed, finding, PASSED, printable, printableLines } from '../report/index.ts'
import { amounts } from './checks/amounts.ts'
import type { Breach, Check, Proposal } from './checks/check.ts'
import { history } from './checks/history.ts'
import { lists } from './checks/lists.ts'
import { rules } from './checks/rules.ts'
import { Refused } from './refused.ts'

/** In the order in which they are told. */
export const CHECKS: readonly Check[] = [...amounts, ...rules, ...history, ...lists]

/** A breach with the key by which it can be accepted. */
export interface Noticed extends Breach {
  readonly check: Check
  readonly key: string
  /** The reason that somebody gave. */
  readonly accepted?: string
}

/** What all checks noticed. Throws {@link Refused} for a reason that belongs to nothing, and for an empty one. */
export function judge(proposal: Proposal, accepted: Readonly<Record<string, string>> = {}): Noticed[] {
  const noticed = CHECKS.flatMap((check) =>
    check.notice(proposal).map((breach): Noticed => {
      const key = `${check.id}:${breach.about}`
      const reason = check.weight === 'unsafe' ? accepted[key] : undefined
      return { ...breach, check, key, ...(reason === undefined ? {} : { accepted: reason }) }
    }),
  )
  const known = noticed.filter(({ check }) => check.weight === 'unsafe').map(({ key }) => key)
  for (const [key, reason] of Object.entries(accepted)) {
    if (!known.includes(key))
      throw new Refused(
        `Nothing unsafe is called ${key}, so it cannot be accepted; there is ${known.length > 0 ? known.join(', ') : 'nothing unsafe'}.`,
      )
    if (reason.trim() === '' || printable(reason) !== reason)
      throw new Refused(`${key} is accepted without a reason: say why, in one line of printable characters.`)
  }
  return noticed
}

/** What stops a migration. */
export function unsafe(noticed: readonly Noticed[]): Noticed[] {
  return noticed.filter(({ check, accepted }) => check.weight !== 'warning' && accepted === undefined)
}

/** A finding for each check that holds, and for each price where one does not. Warnings are notes, and not among them. */
export function findingsOf(noticed: readonly Noticed[], group: string): Finding[] {
  return CHECKS.filter(({ weight }) => weight !== 'warning').flatMap((check) => {
    const open = noticed.filter((one) => one.check === check && one.accepted === undefined)
    if (open.length === 0) return [finding({ id: `${group}/${check.id}`, title: check.title, group }, PASSED)]
    return open.map(({ key, about, have, want, reason }) =>
      finding(
        { id: `${group}/${key}`, title: `${check.title}: ${about}`, group, objects: [about] },
        failed({ have, ...(want === undefined ? {} : { want }), reason, hint: hintOf(check, key) }),
      ),
    )
  })
}

function hintOf({ hint, weight }: Check, key: string): string {
  return weight === 'never' ? hint : `${hint} To accept it: --accept '${key}=REASON'`
}

/** What no migration is refused for, and somebody should look at all the same. */
const WARNINGS: readonly string[] = ['retroactive', 'ended', 'stale']

/** What is told beside the findings. */
export function notesOf(noticed: readonly Noticed[], group: string) {
  return noticed
    .filter(({ check, accepted }) => check.weight === 'warning' || accepted !== undefined)
    .map(({ check, about, have, want, accepted }) => ({
      kind:
        check.weight === 'warning' && !WARNINGS.includes(check.id) ? ('note' as const) : ('warning' as const),
      group,
      text: `${check.id} ${about}: ${have.replaceAll('\n', '; ')}${want ? `; not ${want}` : ''}${accepted ? ` (accepted: ${accepted})` : ''}`,
    }))
}

/** How many breaches of one check are told one by one. */
const TOLD = 12

/** What the checks noticed, for people at a terminal: what is unsafe with the key that accepts it, then the rest. */
export function noticedText(noticed: readonly Noticed[], all: boolean): string {
  const order = ['never', 'unsafe', 'warning']
  const lines = CHECKS.toSorted((a, b) => order.indexOf(a.weight) - order.indexOf(b.weight)).flatMap(
    (check) => {
      const ones = noticed.filter((one) => one.check === check)
      const told = all ? ones : ones.slice(0, TOLD)
      const more = ones.length - told.length
      const mark = check.weight === 'warning' ? '!' : '✗'
      return [
        ...told.map(({ key, have, want, reason, accepted }) =>
          accepted === undefined
            ? `${mark} ${key}\n    ${reason} ${check.weight === 'warning' ? '' : check.hint}`.trimEnd() +
              `\n    ${have.replaceAll('\n', '\n    ')}${want ? `\n    not ${want}` : ''}`
            : `· ${key}\n    accepted: ${accepted}`,
        ),
        ...(more > 0 ? [`${mark} ${check.id}: ${more} more`] : []),
      ]
    },
  )
  return printableLines(lines.map((line) => `${line}\n`).join(''))
}
