/** @jsxImportSource preact */
import { failedAlike } from '../alike.ts'
import type { Finding } from '../finding.ts'
import { grouped } from '../tally.ts'
import { Difference } from './difference.tsx'
import { slug } from './slug.ts'

/** Everything that failed or could not be checked, with what speaks for it. */
export function BrokenClaims({ findings }: { readonly findings: readonly Finding[] }) {
  const failed = failedAlike(findings)
  if (failed.length === 0) return null
  return (
    <section id="failed">
      <h2>What failed</h2>
      {[...grouped(failed, ([finding]) => finding?.group ?? '')].map(([group, claims]) => (
        <section>
          <h3 class="path">{group}</h3>
          {claims.map((alike) => (
            <Claim alike={alike} />
          ))}
        </section>
      ))}
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
        {outcome}
        {engines.length > 0 && ` on ${engines.join(', ')}`}
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
