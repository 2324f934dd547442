/** @jsxImportSource preact */
import { evidenceText } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import { grouped } from '../tally.ts'
import { Difference } from './difference.tsx'
import { slug } from './slug.ts'

type Failed = Extract<Finding, { outcome: 'broken' | 'could not check' }>

/** Everything that is broken or could not be checked, with what speaks for it. */
export function BrokenClaims({ findings }: { readonly findings: readonly Finding[] }) {
  const failed = findings.filter(isFailed)
  if (failed.length === 0) return null
  return (
    <section id="broken">
      <h2>What is broken</h2>
      {[...grouped(failed, ({ group }) => group)].map(([group, claims]) => (
        <section>
          <h3 class="path">{group}</h3>
          {[...grouped(claims, inTheSameWay).values()].map((alike) => (
            <Claim alike={alike.filter(isFailed)} />
          ))}
        </section>
      ))}
    </section>
  )
}

/** A claim that is broken on several engines in the same way is told once. */
function inTheSameWay(finding: Finding): string {
  return JSON.stringify([finding.id, finding.outcome, evidenceText(finding)])
}

function Claim({ alike }: { readonly alike: readonly Failed[] }) {
  const [finding] = alike
  if (finding === undefined) return null
  const { title, objects, reason, hint, outcome } = finding
  const { have, want, extra, missing } = outcome === 'broken' ? finding : {}
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

function isFailed(finding: Finding): finding is Failed {
  return finding.outcome === 'broken' || finding.outcome === 'could not check'
}
