import { failedAlike, placeOf } from './alike.ts'
import { evidenceText } from './evidence.ts'
import type { Finding } from './finding.ts'
import { columnOf } from './matrix.ts'
import { countsOf, type Report } from './report.ts'
import type { Section } from './section.ts'
import { grouped, tallyLine } from './tally.ts'

/** GitHub takes a step summary of a mebibyte at most. */
const MOST_CLAIMS = 100
/** Of a section's table, and from how many on it is folded. */
const MOST_ROWS = 200
const MOST_SHOWN = 20
const MOST_CHARACTERS = 4_000

const SIGN = { holds: '✅ Holds', broken: '❌ Broken', 'could not check': '⚠️ Could not be checked' } as const

/** GitHub's Markdown, for the summary of a workflow's step or a comment: the verdict, engines, what is broken and why. */
export function markdown({ verb, verdict, trial, findings, notes = [], sections = [] }: Report): string {
  const failed = failedAlike(findings)
  const rest = failed.length - MOST_CLAIMS
  return [
    `## ${SIGN[verdict]}: ${literal(verb)}`,
    tallyLine(findings),
    table(
      ['Engine', 'Server', 'Kept', 'Broken', 'Could not check', 'Not run', 'Not applicable'],
      [...grouped(findings, columnOf)].map(([engine, claims]) => {
        const counts = countsOf(claims)
        const server = trial.servers.find((candidate) => candidate.engine === engine)
        return [
          literal(engine),
          literal(server?.version ?? ''),
          ...[counts.kept, counts.broken, counts['could not check'], counts['not run']].map(String),
          `${counts['not applicable']}`,
        ]
      }),
    ),
    ...failed.slice(0, MOST_CLAIMS).map(claim),
    ...(rest > 0 ? [`… and ${rest} more: see the other reports.`] : []),
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

function claim(alike: readonly Finding[]): string {
  const [finding] = alike
  if (finding === undefined) return ''
  const text = evidenceText(finding)
  const shown = text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}\n…`
  const title = `### ${finding.outcome === 'broken' ? '❌' : '⚠️'} ${literal(finding.title)}`
  return [title, literal(placeOf(alike)), ...(shown === '' ? [] : [fenced(shown)])].join('\n\n')
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
