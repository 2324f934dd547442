import { failedAlike, placeOf } from './alike.ts'
import { changeLines } from './change-text.ts'
import { evidenceText } from './evidence.ts'
import type { Finding } from './finding.ts'
import { columnOf } from './matrix.ts'
import { countsOf, type Report } from './report.ts'
import type { Section } from './section.ts'
import { grouped, tallyLine } from './tally.ts'

/** GitHub takes a step summary of a mebibyte at most. */
const MOST_FILES = 10
const MOST_NAMES = 3
const MOST_OF_A_NAME = 120
const MOST_CHARACTERS = 2_000
const MOST_CHANGES = 10
/** Of a section's table, and from how many on it is folded. */
const MOST_ROWS = 200
const MOST_SHOWN = 20

const SIGN = { passed: '✅ Passed', failed: '❌ Failed', error: '⚠️ Error: could not be checked' } as const

/** GitHub's Markdown, for the summary of a workflow's step or a comment: the verdict, engines, what is broken and why. */
export function markdown({
  verb,
  verdict,
  trial,
  findings,
  changes = [],
  notes = [],
  sections = [],
}: Report): string {
  const failed = [...grouped(failedAlike(findings), ([one]) => one?.group ?? '')]
  const rest = failed.length - MOST_FILES
  return [
    `## ${SIGN[verdict]}: ${literal(verb)}`,
    tallyLine(findings),
    table(
      ['Engine', 'Server', 'Passed', 'Failed', 'Errors', 'Skipped'],
      [...grouped(findings, columnOf)].map(([engine, claims]) => {
        const counts = countsOf(claims)
        const server = trial.servers.find((candidate) => candidate.engine === engine)
        return [
          literal(engine),
          literal(server?.version ?? ''),
          ...[counts.passed, counts.failed, counts.error, counts.skipped].map(String),
        ]
      }),
    ),
    ...changed(changes),
    ...failed.slice(0, MOST_FILES).map(file),
    ...(rest > 0 ? [`… and ${rest} more files: see the other reports.`] : []),
    ...notes.map(
      ({ kind, text }) => `- ${kind === 'warning' ? '⚠️ ' : ''}${literal(text.replaceAll('\n', ' '))}`,
    ),
    ...sections.flatMap(sectionOf),
    details(
      'What was on trial',
      `To reproduce:\n\n${fenced(trial.command)}\n\n${table(
        ['Migration', 'SHA-256'],
        trial.migrations.map(({ name, sha256 }) => [literal(name), `\`${sha256}\``]),
      )}`,
    ),
    '',
  ].join('\n\n')
}

/** What is not as recorded: the likely cause of what follows. */
function changed(changes: NonNullable<Report['changes']>): string[] {
  if (changes.length === 0) return []
  const shown = changes
    .slice(0, MOST_CHANGES)
    .map((change) => [change.object, ...changeLines(change).map((line) => `  ${line}`)].join('\n'))
  const left = changes.length - shown.length
  const text = [...shown, ...(left > 0 ? [`… and ${left} more`] : [])].join('\n')
  return ['**The database is not as `supabase/schema.facts.jsonl` has it:**', fenced(text)]
}

/** What failed in a file: its claims by name, and what speaks for the first. */
function file([group, claims]: [group: string, claims: readonly Finding[][]]): string {
  const [first = []] = claims
  const [one] = first
  const text = one ? evidenceText(one) : ''
  const names = claims
    .slice(0, MOST_NAMES)
    .map(([finding]) => `- ${literal((finding?.title ?? '').slice(0, MOST_OF_A_NAME))}`)
  const left = claims.length - names.length
  const mark = claims.some(([finding]) => finding?.outcome === 'failed') ? '❌' : '⚠️'
  return [
    `### ${mark} ${literal(group)}`,
    [...names, ...(left > 0 ? [`- … and ${left} more`] : [])].join('\n'),
    ...(text === '' ? [] : [literal(placeOf(first)), fenced(text.slice(0, MOST_CHARACTERS))]),
  ].join('\n\n')
}

/** Long tables are folded. */
function sectionOf({ title, lines = [], columns = [], rows = [] }: Section): string[] {
  const shown = rows.slice(0, MOST_ROWS)
  const more = rows.length - shown.length
  const whole = [
    ...(rows.length > 0
      ? [
          table(
            columns.map(({ name }) => literal(name)),
            shown.map((row) => row.map((cell) => literal(cell.replaceAll('\n', ' ')))),
          ),
        ]
      : []),
    ...(more > 0 ? [`… and ${more} more: see the other reports.`] : []),
  ].join('\n\n')
  return [
    `## ${literal(title)}`,
    ...lines.map((line) => literal(line.replaceAll('\n', ' '))),
    ...(rows.length > MOST_SHOWN ? [details(`${rows.length} lines`, whole)] : whole === '' ? [] : [whole]),
  ]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Folded until somebody asks. */
function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`
}

/** Text that means nothing but itself: every sign that Markdown could take for its own is escaped. */
function literal(text: string): string {
  return text.replace(/[!-/:-@[-`{-~]/g, String.raw`\$&`)
}

/** As it is, in a fence longer than any run of backticks inside. */
function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}text\n${text}\n${fence}`
}
