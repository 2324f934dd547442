import type { Finding } from './finding.ts'
import type { Report } from './report.ts'

/**
 * TAP 14. What could not be checked is `not ok`; what was not tried is skipped, with its reason. The diagnostics are YAML
 * whose values are JSON strings, which YAML is a superset of.
 */
export function tap({ verb, verdict, findings }: Report): string {
  return [
    'TAP version 14',
    `1..${findings.length}${findings.length === 0 ? ' # SKIP nothing was tried' : ''}`,
    `# ${escaped(`${verb}: ${verdict}`)}`,
    ...findings.flatMap((finding, index) => point(finding, index + 1)),
    '',
  ].join('\n')
}

function point(finding: Finding, number: number): string[] {
  const { outcome, engine, group, title } = finding
  const description = escaped([group, title].join(': ') + (engine === undefined ? '' : ` [${engine}]`))
  if (outcome === 'passed') return [`ok ${number} - ${description}`]
  if (outcome === 'skipped')
    return [`ok ${number} - ${description} # SKIP ${escaped(oneLine(finding.reason))}`]
  return [`not ok ${number} - ${description}`, ...diagnostics(finding)]
}

function diagnostics(finding: Finding): string[] {
  const { id: _id, title: _title, group: _group, engine: _engine, ...evidence } = finding
  const lines = Object.entries(evidence).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`)
  return ['  ---', ...lines, '  ...']
}

/** `#` begins a directive, and a backslash escapes. */
function escaped(text: string): string {
  return text.replace(/[\\#]/g, String.raw`\$&`)
}

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ')
}
