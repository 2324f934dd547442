/** No report grows beyond measure by what fails: it is at most twice as long as one in which all passes. */
import type { Finding } from './finding.ts'
import type { Report } from './report.ts'

/** What a short report may grow by in any case, so that it can say at all what failed. */
export const LEAST_GROWTH = 4_000

/** How many characters of evidence a claim may have: the first with which the report is short enough. */
const STEPS = [Number.POSITIVE_INFINITY, 3_000, 1_000, 400, 150, 0]
/** Where there is no room for evidence: of why something could not be checked, and of a cause. */
const LEAST_REASON = 80
const LEAST_CAUSE = 300

/** The longest that a report may be whose counterpart without failures has this length. */
export function longest(passing: number): number {
  return Math.max(2 * passing, passing + LEAST_GROWTH)
}

/** Renders a report with as much evidence as keeps it short. */
export function bounded(report: Report, make: (report: Report) => string): string {
  const whole = make(report)
  if (!report.findings.some(hasFailed)) return whole
  const most = longest(make(asIfPassed(report)).length)
  let text = whole
  for (const step of STEPS) {
    if (text.length <= most) return text
    text = make(withEvidence(report, step))
  }
  return text
}

/** The same report, had everything passed that failed. */
export function asIfPassed({ changes: _changes, ...report }: Report): Report {
  return {
    ...report,
    verdict: 'passed',
    findings: report.findings.map((finding) =>
      hasFailed(finding) ? { ...aboutOf(finding), outcome: 'passed' } : finding,
    ),
  }
}

function hasFailed({ outcome }: Finding): boolean {
  return outcome === 'failed' || outcome === 'error'
}

function aboutOf({ id, title, group, engine }: Finding) {
  return { id, title, group, ...(engine === undefined ? {} : { engine }) }
}

/** Each field of the evidence in so many characters. */
function withEvidence(report: Report, most: number): Report {
  const cut = (text: string, length = most) => (text.length > length ? `${text.slice(0, length)} …` : text)
  const cutAll = (items: readonly string[]) => {
    const shown = items.slice(0, Math.ceil(most / 100)).map((item) => cut(item))
    return shown.length < items.length ? [...shown, `… and ${items.length - shown.length} more`] : shown
  }
  const findings = report.findings.map((finding): Finding => {
    if (finding.outcome === 'error')
      return {
        ...aboutOf(finding),
        outcome: 'error',
        reason: cut(finding.reason, Math.max(most, LEAST_REASON)),
      }
    if (finding.outcome !== 'failed') return finding
    if (most === 0) return { ...aboutOf(finding), outcome: 'failed' }
    const { have, want, extra, missing, reason, hint, ...rest } = finding
    return {
      ...rest,
      ...(have === undefined ? {} : { have: cut(have) }),
      ...(want === undefined ? {} : { want: cut(want) }),
      ...(extra === undefined ? {} : { extra: cutAll(extra) }),
      ...(missing === undefined ? {} : { missing: cutAll(missing) }),
      ...(reason === undefined ? {} : { reason: cut(reason) }),
      ...(hint === undefined ? {} : { hint: cut(hint) }),
    }
  })
  const changes = report.changes?.slice(0, 20).map(({ have, want, ...rest }) => ({
    ...rest,
    ...(have === undefined ? {} : { have: cut(have, Math.max(most, LEAST_CAUSE)) }),
    ...(want === undefined ? {} : { want: cut(want, Math.max(most, LEAST_CAUSE)) }),
  }))
  return { ...report, findings, ...(changes === undefined ? {} : { changes }) }
}
