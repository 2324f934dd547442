import { ReportBuilder, stringify, type Test, type TestStatus } from 'ctrf'
import { evidenceText, inShort } from './evidence.ts'
import type { Finding, Outcome } from './finding.ts'
import type { Report } from './report.ts'

const STATUS: Readonly<Record<Outcome, TestStatus>> = {
  passed: 'passed',
  failed: 'failed',
  error: 'failed',
  skipped: 'skipped',
}

/** Common Test Report Format. Durations of single claims are not measured, so they are 0. */
export function ctrf({ verb, verdict, header, trial, findings }: Report): string {
  const start = Date.parse(header.startedAt)
  const report = new ReportBuilder({ autoGenerateId: false, autoTimestamp: false })
    .timestamp(header.startedAt)
    .generatedBy(`npm run ${verb}`)
    .tool({ name: 'cost-tracking-conformance', extra: { verdict, node: header.node } })
    .environment({ appName: 'copilot_internal', extra: { ...trial } })
    .addTests(findings.map(testOf))
    .summaryOverrides({ start, stop: start + header.durationMs })
    .build()
  return `${stringify(report, { pretty: true })}\n`
}

function testOf(finding: Finding): Test {
  const { id, title, group, engine, outcome } = finding
  return {
    name: title,
    status: STATUS[outcome],
    rawStatus: outcome,
    duration: 0,
    suite: engine === undefined ? [group] : [engine, group],
    ...(outcome === 'passed' ? {} : { message: inShort(finding), trace: evidenceText(finding) }),
    extra: { id },
  }
}
