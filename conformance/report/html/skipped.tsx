/** @jsxImportSource preact */
import type { Finding } from '../finding.ts'
import { columnOf } from '../matrix.ts'
import type { Report } from '../report.ts'
import { grouped } from '../tally.ts'
import { Folded } from './folded.tsx'
import { Scrollable } from './scrollable.tsx'

/** What was skipped, counted by its reason. */
export function Skipped({ report: { findings, trial } }: { readonly report: Report }) {
  const untried = findings.filter(({ outcome }) => outcome === 'skipped')
  if (untried.length + trial.notStarted.length === 0) return null
  return (
    <Folded id="skipped" title="Skipped" note={`${untried.length} claims, by reason`}>
      <Scrollable label="Reasons">
        <table>
          <caption>Why, and how many claims</caption>
          <thead>
            <tr>
              <th scope="col">Engine</th>
              <th scope="col">Reason</th>
              <th scope="col" class="number">
                Claims
              </th>
            </tr>
          </thead>
          <tbody>
            {[...grouped(untried, columnOf)].flatMap(([engine, ofEngine]) =>
              [...grouped(ofEngine, why)].map(([reason, claims]) => (
                <tr>
                  <td>{engine}</td>
                  <td>{reason}</td>
                  <td class="number">{claims.length}</td>
                </tr>
              )),
            )}
            {trial.notStarted.map(({ engine, reason }) => (
              <tr>
                <td>{engine}</td>
                <td>not run: {reason}</td>
                <td class="number">all</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrollable>
    </Folded>
  )
}

function why(finding: Finding): string {
  return finding.outcome === 'skipped' ? finding.reason : ''
}
