/** What a comment in a file lets pass of a watched replay: see `static/suppressions.ts`. */
import type { Statement } from '../../syntax/index.ts'
import type { MigrationFile, MigrationsFolder } from '../folder.ts'
import type { Suppression } from '../static/suppressions.ts'
import { suppressionsOf, unusedSuppression } from '../static/suppressions.ts'
import { type Claim, judged, type StepResult, type Trouble, together } from '../step.ts'
import type { ObservedFile } from './observe.ts'
import type { Snapshot } from './snapshot.ts'

/** What the watched replay claims. */
export const WATCHED = [
  'locks/nobody-waits',
  'locks/within-budget',
  'privileges/nothing-opens',
  'former-release/still-answered',
  'former-release/specs-pass',
] as const

type Watched = Claim & { readonly id: (typeof WATCHED)[number] }

/** What is wrong between two states of a database. */
type TroublesBetween = (before: Snapshot, after: Snapshot) => readonly Trouble[]

/** The comments that stand above statements of a folder, for what the watched replay claims. */
export function suppressionsFor(folder: MigrationsFolder): readonly Suppression[] {
  const today = new Date().toISOString().slice(0, 10)
  return suppressionsOf(folder, new Set(WATCHED), { today, released: new Set() }).valid
}

/** Whether what a statement does is looked at alone, since a comment stands above it. */
export function isExcused(
  suppressions: readonly Suppression[],
  file: MigrationFile,
  statement: Statement,
): boolean {
  return suppressions.some((one) => isAbove(one, file, statement))
}

function isAbove({ file, from }: Suppression, { name }: MigrationFile, { line, text }: Statement): boolean {
  return file.name === name && line <= from && from < line + text.split('\n').length
}

/** Troubles at places of files, judged without those whose statement stands below a comment. */
export function judgedAtPlaces(
  claim: Watched,
  files: readonly ObservedFile[],
  suppressions: readonly Suppression[],
  troubles: readonly Trouble[],
): StepResult {
  return withoutSuppressed(claim, ownOf(claim, files, suppressions), troubles, (one, { objects }) =>
    objects.some((object) => {
      const [, name, line] = /^(.+\.sql):(\d+)$/.exec(object) ?? []
      return name === one.file.name && Number(line) >= one.from && Number(line) <= one.to
    }),
  )
}

/**
 * What is wrong between pairs of states, judged without what the statements below comments do themselves: what another statement
 * does to the same object is told, unless such a statement has made that object.
 */
export function judgedBetween(
  claim: Watched,
  files: readonly ObservedFile[],
  suppressions: readonly Suppression[],
  pairs: readonly { readonly before: Snapshot; readonly after: Snapshot }[],
  between: TroublesBetween,
): StepResult {
  const own = ownOf(claim, files, suppressions).map((one) => ({ ...one, ...doneBelow(one, files, between) }))
  const troubles = pairs.flatMap(({ before, after }) => between(before, after))
  return withoutSuppressed(
    claim,
    own,
    troubles,
    ({ does, makes }, trouble) =>
      does.has(keyOf(trouble)) || trouble.objects.some((object) => makes.has(object)),
  )
}

/** The specs of a former release that fail, judged without those that the reason of a comment names. */
export function judgedSpecs(
  claim: Watched,
  folder: MigrationsFolder,
  isPending: (file: MigrationFile) => boolean,
  troubles: readonly Trouble[],
): StepResult {
  const own = suppressionsFor(folder).filter(({ rule, file }) => rule === claim.id && isPending(file))
  return withoutSuppressed(claim, own, troubles, ({ reason }, { objects: [file = ''] }) =>
    reason.includes(file),
  )
}

function ownOf(claim: Watched, files: readonly ObservedFile[], all: readonly Suppression[]): Suppression[] {
  return all.filter(
    ({ rule, file }) => rule === claim.id && files.some((each) => each.file.name === file.name),
  )
}

/** What the statements below a comment do that is wrong, and the objects that they make. */
function doneBelow(one: Suppression, files: readonly ObservedFile[], between: TroublesBetween) {
  const changes = files.flatMap(({ file, effects }) =>
    effects.flatMap(({ statement, change }) => (change && isAbove(one, file, statement) ? [change] : [])),
  )
  return {
    does: new Set(changes.flatMap(({ before, after }) => between(before, after).map(keyOf))),
    makes: new Set(
      changes.flatMap(({ before, after }) => {
        const former = new Set(objectsOf(before))
        return objectsOf(after).filter((object) => !former.has(object))
      }),
    ),
  }
}

/** Tables, views and functions, named as in troubles. */
function objectsOf({ relations, routines }: Snapshot): string[] {
  return [
    ...relations.flatMap(({ kind, name }) =>
      kind === 'i' ? [] : [`${'rp'.includes(kind) ? 'table' : 'view'} ${name}`],
    ),
    ...routines.map(({ signature }) => `function ${signature}`),
  ]
}

function keyOf({ objects, reason }: Trouble): string {
  return [...objects, reason].join('\n')
}

/** The claim judged without what is let pass; a comment that lets nothing pass is a warning, and those in use are noted. */
function withoutSuppressed<One extends Suppression>(
  claim: Watched,
  own: readonly One[],
  troubles: readonly Trouble[],
  covers: (one: One, trouble: Trouble) => boolean,
): StepResult {
  const used = own.map((one) => ({ one, count: troubles.filter((trouble) => covers(one, trouble)).length }))
  const notes = used
    .filter(({ count }) => count > 0)
    .map(({ one: { file, line, rule, until, reason }, count }) => ({
      kind: 'note' as const,
      group: claim.group,
      text: `Suppressed: ${file.name}:${line}: ${count} × ${rule}, until ${until}: ${reason}`,
    }))
  const unused = used.filter(({ count }) => count === 0).map(({ one }) => unusedSuppression(one))
  const left = troubles.filter((trouble) => !own.some((one) => covers(one, trouble)))
  return together([judged(claim, [...left, ...unused]), { findings: [], notes }])
}
