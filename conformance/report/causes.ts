/** What a run failed of, in a few lines: what is not as recorded, then the claims, each once for all engines. */
import { failedAlike, placeOf } from './alike.ts'
import { changeLines } from './change-text.ts'
import { evidenceText } from './evidence.ts'
import type { Finding } from './finding.ts'
import { fitting, otherReports } from './fitting.ts'
import { type Paint, plain } from './paint.ts'
import type { Report } from './report.ts'
import { grouped } from './tally.ts'
import { indented, wrapped } from './wrapped.ts'

const COLUMNS = 80
/** Of the lines there are, for what is not as recorded, when there are claims to tell of, too. */
const SHARE = 0.6
/** Lines for files. */
const MOST_EDITED = 3
/** Of one object, and of one claim where there are many. */
const MOST_OF_ONE = 7

type Told = Pick<Report, 'findings' | 'changes' | 'since'>

/** Causes first, in at most `room` lines. Empty when nothing failed. `hasPage`: whether a page was written, which has all. */
export function causesText(
  { findings, changes = [], since }: Told,
  room: number,
  paint: Paint = plain,
  hasPage = false,
): string {
  const failed = failedAlike(findings)
  if (failed.length === 0) return ''
  const edited = since && since.migrations.length > 0 ? editedFiles(since) : []
  const first = [
    ...(changes.length > 0 ? changed(changes, Math.floor(room * SHARE) - edited.length, paint) : []),
    ...edited,
  ]
  const rest = room - first.length - (first.length > 0 ? 1 : 0)
  const second =
    changes.length > 0 ? byFile(failed, changes, rest, paint) : inFull(failed, rest, paint, hasPage)
  return [...first, ...(first.length > 0 ? [''] : []), ...second].map((line) => `${line}\n`).join('')
}

/** The migrations that are not those of the main branch: where the cause most likely is. */
function editedFiles({ base, migrations }: NonNullable<Report['since']>): string[] {
  const WORDS = { added: ' (new)', removed: ' (gone)', changed: '' } as const
  const names = migrations.map(({ name, state }) => `${name}${WORDS[state]}`)
  return lines(`Migrations that differ from ${base}: ${names.join(', ')}`, 0, MOST_EDITED)
}

function changed(changes: NonNullable<Report['changes']>, room: number, paint: Paint): string[] {
  const head = heading('The database is not as supabase/schema.facts.jsonl has it:', paint)
  const blocks = changes.map((change) => [
    ...lines(change.object, 2, 2).map((line) => paint('red', line)),
    ...changeLines(change, COLUMNS)
      .flatMap((line) => lines(line, 4, 2))
      .slice(0, MOST_OF_ONE - 1),
  ])
  const hint = '  Is it meant to be so? Then `npm run schema` records it.'
  return [head, ...fitting(blocks, room - 2, (left) => also(changes.slice(-left))), paint('dim', hint)]
}

function also(left: NonNullable<Report['changes']>): string {
  return cut(`  … and ${left.length} more: ${left.map(({ object }) => object).join(', ')}`)
}

/** A line a file: those first that speak of what has changed. */
function byFile(
  failed: readonly Finding[][],
  changes: NonNullable<Report['changes']>,
  room: number,
  paint: Paint,
): string[] {
  const names = changes.map(({ object }) => /\w+(?=\(|$)/.exec(object.replace(/.*\./, ''))?.[0] ?? object)
  const concerned = (claims: readonly Finding[][]) =>
    claims.filter(([one]) => names.some((name) => JSON.stringify(one).includes(name))).length
  const files = [...grouped(failed, ([one]) => one?.group ?? '')].sort(
    ([, a], [, b]) => concerned(b) - concerned(a) || b.length - a.length,
  )
  const told = files.map(([group, claims]) => {
    const more = claims.length > 1 ? ` (and ${claims.length - 1} more)` : ''
    const [title, ...others] = lines(`✗ ${claims[0]?.[0]?.title ?? ''}${more}`, 2, 1)
    return [title ?? '', ...others, paint('dim', cut(`    ${placeIn(claims[0] ?? [], group)}`))]
  })
  const head = heading(
    `${counted(failed.length, 'claim')} in ${counted(files.length, 'file')} ${failed.length === 1 ? 'fails' : 'fail'} with it:`,
    paint,
  )
  const more = (left: number) => {
    const claims = files.slice(-left).reduce((sum, [, own]) => sum + own.length, 0)
    return `  … and ${counted(claims, 'claim')} in ${counted(left, 'more file')}`
  }
  return [head, ...fitting(told, room - 1, more)]
}

/** With what speaks for each; claims that fail for the same reason share it. */
function inFull(failed: readonly Finding[][], room: number, paint: Paint, hasPage: boolean): string[] {
  const reasons = [...grouped(failed, ([one]) => (one ? sortOf(one) : ''))].map(([, claims]) => claims)
  const most = Math.max(MOST_OF_ONE, Math.floor(room / reasons.length) - 4)
  const told = reasons.map((claims) => {
    const [alike = []] = claims
    const [one] = alike
    if (!one) return []
    const more = claims.length > 1 ? ` (and ${claims.length - 1} more claims, likewise)` : ''
    const mark = one.outcome === 'error' ? '?' : '✗'
    return [
      ...lines(`${mark} ${one.title}${more}`, 0, 2).map((line) => paint('red', line)),
      paint('dim', cut(`  ${placeIn(alike, one.group)}`)),
      ...lines(evidenceText(one), 4, most),
      '',
    ]
  })
  const rest = (left: number) => {
    const claims = reasons.slice(-left).reduce((sum, own) => sum + own.length, 0)
    return `… and ${counted(claims, 'more claim')}: ${otherReports(hasPage)}.`
  }
  return fitting(told, room, rest)
}

/** What is thrown before a claim is reached is the same for all claims. */
function sortOf(finding: Finding): string {
  const { outcome } = finding
  const reason = outcome === 'passed' ? '' : (finding.reason ?? '')
  const own = outcome === 'failed' && (finding.have ?? finding.want ?? finding.extra ?? finding.missing)
  return own ? finding.id : `${outcome} ${reason}`
}

function placeIn(alike: readonly Finding[], group: string): string {
  const [one] = alike
  const at = one?.outcome === 'failed' ? one.at : undefined
  return at?.startsWith(`${group}:`) ? placeOf(alike).replace(group, at) : placeOf(alike)
}

function heading(text: string, paint: Paint): string {
  return paint('bold', text)
}

/** A text in lines of 80 columns, at most so many. */
function lines(text: string, indent: number, most: number): string[] {
  const all = indented(wrapped(text, indent), indent).split('\n')
  const shown = all.slice(0, most)
  if (all.length <= most) return shown
  return [...shown.slice(0, -1), cut(`${shown.at(-1)?.trimEnd() ?? ''} …`, true)]
}

/** The first line of a text, in 80 columns; that there is more of it is marked. */
function cut(text: string, marked = false): string {
  const [line = '', ...more] = wrapped(text, 0).split('\n')
  if (more.length === 0) return line
  if (!marked && line.endsWith('…')) return line
  const mark = ' …'
  return `${wrapped(line, mark.length).split('\n')[0]?.trimEnd()}${mark}`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
