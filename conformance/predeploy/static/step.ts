/** The second step: what the statements say, without running them. */
import { DATA_RULE } from '../data-rule.ts'
import type { MigrationsFolder } from '../folder.ts'
import { seenHarmless } from '../observe/harmless.ts'
import type { ObservedFile } from '../observe/observe.ts'
import { WATCHED } from '../observe/suppressed.ts'
import { type Claim, judged, type StepResult, type Trouble, together, unchecked } from '../step.ts'
import { notAnalysable } from './not-analysable.ts'
import type { Found } from './rule.ts'
import { RULES } from './rules/index.ts'
import { scriptOf } from './script.ts'
import { squawkFinds } from './squawk.ts'
import { ASKED } from './squawk-rules.ts'
import {
  covers,
  type Suppression,
  type Suppressions,
  suppressionsOf,
  unusedSuppression,
} from './suppressions.ts'

const GROUP = 'static'

interface JudgedClaim {
  readonly claim: Claim
  readonly found: readonly Found[]
  readonly hint?: string
}

/** All claims of the step but those that a rule does not make, by id. */
export const STATIC_CLAIMS: readonly Claim[] = [
  ...RULES.map(({ id, title }) => claim(id, title)),
  ...Object.entries(ASKED).map(([rule, { title }]) => claim(`squawk/${rule}`, title)),
]

const USED_ELSEWHERE: readonly string[] = [...WATCHED, DATA_RULE]

const SUPPRESSIONS = claim('suppressions', 'every suppression has a rule, a reason and a day that is to come')

function claim(id: string, title: string): Claim {
  return { id: `${GROUP}/${id}`, title, group: GROUP }
}

/** How statements are judged. */
export interface StaticOptions {
  readonly today?: Date
  /** What a watched replay has seen of the files, where there was one. */
  readonly watched?: readonly ObservedFile[]
}

/** Judges the statements of a folder. Runs squawk, and needs neither a database nor the network. */
export async function staticStep(
  folder: MigrationsFolder,
  { today = new Date(), watched = [] }: StaticOptions = {},
): Promise<StepResult> {
  const script = await scriptOf(folder)
  const released = new Set(script.statements.filter((each) => each.isReleased).map(({ file }) => file.name))
  // Comments for what only a watched replay or a target can tell are read here, and used there.
  const rules = new Set([...STATIC_CLAIMS.map(({ id }) => id), ...USED_ELSEWHERE])
  const day = today.toISOString().slice(0, 10)
  const suppressions = suppressionsOf(folder, rules, { today: day, released })
  const judgements = RULES.map((rule): JudgedClaim => {
    const found = rule.judge(script).filter(({ at }) => rule.concerns === 'state' || !at.isReleased)
    return { claim: claim(rule.id, rule.title), found, hint: rule.hint }
  })
  const squawk = await squawkFinds(script, seenHarmless(watched)).catch((error: unknown) => ({ error }))
  const ofSquawk = 'error' in squawk ? [] : squawkClaims(squawk.found)
  const failure = 'error' in squawk ? [unchecked(claim('squawk', 'squawk answers'), squawk.error)] : []
  const all = [...judgements, ...ofSquawk]
  return together([
    ...all.map((each) => resultOf(each, suppressions.valid)),
    ...failure,
    judged(SUPPRESSIONS, [...suppressions.troubles, ...unused(suppressions, all)]),
    suppressed(suppressions, all),
    notAnalysable(script, 'error' in squawk ? [] : squawk.unread),
  ])
}

function squawkClaims(found: ReadonlyMap<string, readonly Found[]>): JudgedClaim[] {
  return [...found].map(([rule, each]) => ({
    claim: claim(`squawk/${rule}`, ASKED[rule]?.title ?? rule),
    found: each,
  }))
}

function resultOf(
  { claim: about, found, hint }: JudgedClaim,
  suppressions: readonly Suppression[],
): StepResult {
  const left = found.filter((each) => !suppressions.some((one) => covers(one, about.id, each)))
  return judged(about, merged(left.map((each) => troubleOf(each, about.id, hint))))
}

function troubleOf(
  { at, objects = [], reason, hint, severity = 'error' }: Found,
  id: string,
  general?: string,
): Trouble {
  const cure = hint ?? general
  return {
    objects: [`${at.file.name}:${at.line}`, ...objects],
    reason: `${reason} (${id})`,
    ...(at.isReleased
      ? { hint: `Its file is released and does not change: cure it in a new migration. ${cure ?? ''}`.trim() }
      : cure
        ? { hint: cure }
        : {}),
    severity: at.isReleased ? 'warning' : severity,
  }
}

/** What is said of the same place and objects becomes one trouble. */
function merged(troubles: readonly Trouble[]): Trouble[] {
  const byPlace = new Map<string, Trouble>()
  for (const trouble of troubles) {
    const key = trouble.objects.join('\n')
    const known = byPlace.get(key)
    if (!known) byPlace.set(key, trouble)
    else if (!known.reason.includes(trouble.reason))
      byPlace.set(key, { ...known, reason: `${known.reason} ${trouble.reason}` })
  }
  return [...byPlace.values()]
}

function unused({ valid }: Suppressions, all: readonly JudgedClaim[]): Trouble[] {
  return valid
    .filter(({ rule }) => !USED_ELSEWHERE.some((id) => id === rule))
    .filter(
      (one) => !all.some(({ claim: about, found }) => found.some((each) => covers(one, about.id, each))),
    )
    .map(unusedSuppression)
}

function suppressed({ valid }: Suppressions, all: readonly JudgedClaim[]): StepResult {
  const notes = valid.flatMap((one) => {
    const count = all.flatMap(({ claim: about, found }) =>
      found.filter((each) => covers(one, about.id, each)),
    ).length
    if (count === 0) return []
    const { file, line, rule, until, reason } = one
    const end = until === '9999-12-31' ? 'in a released file' : `until ${until}`
    return [`${file.name}:${line}: ${count} × ${rule}, ${end}: ${reason}`]
  })
  if (notes.length === 0) return { findings: [], notes: [] }
  const text = [
    `${notes.length} ${notes.length === 1 ? 'suppression' : 'suppressions'} in use.`,
    ...notes,
  ].join('\n')
  return { findings: [], notes: [{ kind: 'note', group: GROUP, text }] }
}
