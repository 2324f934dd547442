/** @jsxImportSource preact */
import { createHash } from 'node:crypto'
import { render } from 'preact-render-to-string'
import type { Report } from '../report.ts'
import { AccessMatrix } from './access.tsx'
import { AgreementTable } from './agreement.tsx'
import { asset } from './assets.ts'
import { SinceBase } from './changes.tsx'
import { outcomesChart, pricesChart, sectionChart } from './charts.ts'
import { Claims } from './claims.tsx'
import { FailedClaims } from './failed.tsx'
import { MutationScore } from './mutation.tsx'
import { Notes } from './notes.tsx'
import { PriceList } from './prices.tsx'
import { Sections } from './sections.tsx'
import { Skipped } from './skipped.tsx'
import { Trial } from './trial.tsx'
import { VERDICTS, Verdict } from './verdict.tsx'

/**
 * The report as one page that needs nothing else: no network, no framework, and no script to be read. What comes from
 * outside is escaped by the components, and the page's policy would not let it run anyway.
 */
export function html(report: Report): string {
  const style = asset('page.css')
  const script = asset('page.js')
  const hash = createHash('sha256').update(script).digest('base64')
  const body = render(<Page report={report} />)
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'">
<title>${VERDICTS[report.verdict].word}: conformance report</title>
<style>${style}</style>
</head>
<body>
${body}
<script>${script}</script>
</body>
</html>
`
}

function Page({ report }: { readonly report: Report }) {
  const { access, prices, agreement, mutation, sections } = report
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <Verdict report={report} />
      <main id="content">
        <FailedClaims report={report} />
        {sections && <Sections sections={sections} draw={sectionChart} />}
        {report.notes && report.notes.length > 0 && <Notes notes={report.notes} />}
        {report.since && <SinceBase since={report.since} />}
        {access && access.length > 0 && <AccessMatrix access={access} />}
        {prices && <PriceList prices={prices} chart={pricesChart(prices)} />}
        <Claims findings={report.findings} chart={outcomesChart(report.findings)} />
        <Skipped report={report} />
        <Trial report={report} />
        {agreement && <AgreementTable agreement={agreement} />}
        {mutation && <MutationScore mutation={mutation} />}
      </main>
      <footer>
        <p>
          Schema {report.schemaVersion}. Two runs on the same input differ in the time, the host and the
          duration only.
        </p>
      </footer>
    </>
  )
}
