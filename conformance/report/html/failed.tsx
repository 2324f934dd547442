/** @jsxImportSource preact */
import { failedAlike } from '../alike.ts'
import type { Finding } from '../finding.ts'
import type { Report } from '../report.ts'
import { grouped } from '../tally.ts'
import { Causes } from './changes.tsx'
import { Difference } from './difference.tsx'
import { slug } from './slug.ts'

/** So few claims are told unfolded. */
const FEW = 3
/** Beyond this, claims are named in the list of all claims only. */
const MOST = 150

/** Everything that failed or could not be checked: the causes, and by file the claims with what speaks for them. */
export function FailedClaims({ report }: { readonly report: Report }) {
  const failed = failedAlike(report.findings)
  if (failed.length === 0) return null
  const files = [...grouped(failed.slice(0, MOST), ([finding]) => finding?.group ?? '')]
  return (
    <section id="failed">
      <h2>What failed</h2>
      {report.changes !== undefined && <Causes changes={report.changes} />}
      {report.changes !== undefined && (
        <h3>
          {failed.length} {failed.length === 1 ? 'claim fails' : 'claims fail'} with it
        </h3>
      )}
      {files.map(([group, claims]) => (
        <details class="file" open={failed.length <= FEW}>
          <summary>
            <h3 class="path">{group}</h3>
            <span class="tally">
              {claims.length === 1 ? claims[0]?.[0]?.title : `${claims.length} claims`}
            </span>
          </summary>
          {claims.map((alike) => (
            <Claim alike={alike} />
          ))}
        </details>
      ))}
      {failed.length > MOST && <p>… and {failed.length - MOST} more, in the list of all claims below.</p>}
    </section>
  )
}

function Claim({ alike }: { readonly alike: readonly Finding[] }) {
  const [finding] = alike
  if (finding === undefined || finding.outcome === 'passed') return null
  const { title, objects, reason, hint, outcome } = finding
  const { have, want, extra, missing } = outcome === 'failed' ? finding : {}
  const engines = alike.flatMap(({ engine }) => engine ?? [])
  return (
    <article class={slug(outcome)}>
      <h4>{title}</h4>
      <p class="where">
        {outcome === 'failed' ? outcome : 'could not be checked'}
        {engines.length > 0 && ` on ${engines.join(', ')}`}
        {outcome === 'failed' && finding.at !== undefined && ` · ${finding.at}`}
        {objects !== undefined && ` · ${objects.join(', ')}`}
      </p>
      <Difference have={have} want={want} />
      <Lines label="Extra" lines={extra} kind="have" />
      <Lines label="Missing" lines={missing} kind="want" />
      {reason !== undefined && <pre class="reason">{reason}</pre>}
      {hint !== undefined && (
        <p class="hint">
          <b>What to do:</b> {hint}
        </p>
      )}
    </article>
  )
}

function Lines(props: {
  readonly label: string
  readonly lines: readonly string[] | undefined
  readonly kind: 'have' | 'want'
}) {
  if (props.lines === undefined) return null
  return (
    <div class={`lines ${props.kind}`}>
      <h5>{props.label}</h5>
      <ul>
        {props.lines.map((line) => (
          <li>{props.kind === 'have' ? <del>{line}</del> : <ins>{line}</ins>}</li>
        ))}
      </ul>
    </div>
  )
}
