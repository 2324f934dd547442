import exported, { type Builder, type TestCase } from 'junit-report-builder'
import { evidenceText, inShort } from './evidence.ts'
import type { Finding } from './finding.ts'
import { columnOf } from './matrix.ts'
import type { Report } from './report.ts'
import { grouped } from './tally.ts'

// What the package exports is the builder itself; its types say otherwise.
const builders = exported as unknown as Builder

/**
 * JUnit XML, as Jenkins, GitLab and GitHub's reporters read it: a suite per engine and group. What failed is a failure,
 * what could not be checked an error; what was skipped says why in its output.
 */
export function junit({ verb, header, trial, findings }: Report): string {
  const builder = builders.newBuilder().name(`conformance: ${verb}`)
  const startedAt = header.startedAt.replace(/\.\d+|Z/g, '')
  for (const [engine, ofEngine] of grouped(findings, columnOf)) {
    const server = trial.servers.find((candidate) => candidate.engine === engine)
    for (const [group, claims] of grouped(ofEngine, (finding) => finding.group)) {
      const suite = builder.testSuite().name(`${engine}: ${group}`).timestamp(startedAt)
      if (server) suite.property('server_version', server.version)
      for (const claim of claims) {
        say(claim, suite.testCase().name(claim.title).className(`${engine}.${group}`))
      }
    }
  }
  return builder.build()
}

function say(finding: Finding, testCase: TestCase): void {
  const { outcome } = finding
  if (outcome === 'failed') testCase.failure(inShort(finding), outcome).stacktrace(content(finding))
  else if (outcome === 'error') testCase.error(inShort(finding), outcome, content(finding))
  // The builder has no message for what is skipped.
  else if (outcome !== 'passed') testCase.skipped().standardOutput(inData(inShort(finding)))
}

function content(finding: Finding): string {
  return inData(evidenceText(finding))
}

/** Text for a CDATA section. Of the marks that would end it, the builder breaks up the first only. */
function inData(text: string): string {
  return text.replaceAll(']]>', ']]&gt;')
}
