import type { Finding } from './finding.ts'

/** What speaks for an outcome, in lines, for formats that have one text for it. Empty for a claim that was kept. */
export function evidenceText(finding: Finding): string {
  if (finding.outcome === 'passed') return ''
  const { reason, hint } = finding
  const { have, want, extra, missing } = finding.outcome === 'failed' ? finding : {}
  return [
    ...labelled('have', have),
    ...labelled('want', want),
    ...labelled('extra', extra?.join('\n')),
    ...labelled('missing', missing?.join('\n')),
    ...(reason === undefined ? [] : [reason]),
    ...(hint === undefined ? [] : [`What to do: ${hint}`]),
  ].join('\n')
}

/** What came of it, in a line: the reason where there is one, else that it failed. */
export function inShort(finding: Finding): string {
  if (finding.outcome === 'passed') return 'passed'
  if (finding.reason !== undefined) return `${finding.outcome}: ${firstLine(finding.reason)}`
  return finding.outcome
}

/** `have: first line`, further lines aligned below it. */
function labelled(label: string, text: string | undefined): string[] {
  if (text === undefined) return []
  const indent = ' '.repeat(label.length + 2)
  return [`${label}: ${(text || '(nothing)').replaceAll('\n', `\n${indent}`)}`]
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
