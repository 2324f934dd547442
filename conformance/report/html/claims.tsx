/** @jsxImportSource preact */
import { inShort } from '../evidence.ts'
import { type Finding, OUTCOMES, type Outcome } from '../finding.ts'
import { columnOf } from '../matrix.ts'
import { countsOf } from '../report.ts'
import { grouped } from '../tally.ts'
import { Drawing } from './drawing.tsx'
import { Folded } from './folded.tsx'
import { Scrollable } from './scrollable.tsx'
import { slug } from './slug.ts'

const MARKS: Readonly<Record<Outcome, string>> = {
  passed: '✓',
  failed: '✗',
  error: '?',
  skipped: '–',
}

/** Up to here the names of engines have room side by side. */
const FEW = 3

/** The matrix: every claim on every engine, with a picture of it and what finds a claim in it. */
export function Claims(props: { readonly findings: readonly Finding[]; readonly chart: string }) {
  const { findings, chart } = props
  const engines = [...new Set(findings.map(columnOf))].sort()
  return (
    <Folded id="claims" title="All claims" note={`${new Set(findings.map(({ id }) => id)).size} claims`}>
      <Drawing svg={chart} caption="How many claims ended in which way, by area, on all engines together." />
      <p class="legend">
        {OUTCOMES.map((outcome) => (
          <span>
            <b class={`mark ${slug(outcome)}`}>{MARKS[outcome]}</b> {outcome}
          </span>
        ))}
      </p>
      <Filter />
      {[...grouped(findings, ({ group }) => group)].map(([group, claims]) => (
        <Group name={group} claims={claims} engines={engines} />
      ))}
    </Folded>
  )
}

/** Hidden until the page's script is there to make it work. */
function Filter() {
  return (
    <search id="filter" class="filter" hidden>
      <label>
        Search <input type="search" id="words" placeholder="words of a claim or file" />
      </label>
      <label>
        Outcome{' '}
        <select id="outcome">
          <option value="">any</option>
          {OUTCOMES.map((outcome) => (
            <option value={slug(outcome)}>{outcome}</option>
          ))}
        </select>
      </label>
      <output id="shown" for="words outcome" />
    </search>
  )
}

function Group(props: {
  readonly name: string
  readonly claims: readonly Finding[]
  readonly engines: readonly string[]
}) {
  const counts = countsOf(props.claims)
  const tried = props.engines.filter((engine) => props.claims.some((finding) => columnOf(finding) === engine))
  return (
    <details class="group" open={counts.failed + counts.error > 0}>
      <summary>
        <h3 class="path">{props.name}</h3>
        <span class="tally">
          {OUTCOMES.filter((outcome) => counts[outcome] > 0).map((outcome) => (
            <span class={slug(outcome)}>
              {counts[outcome]} {outcome}
            </span>
          ))}
        </span>
      </summary>
      <Scrollable label={props.name}>
        <table class={`matrix ${tried.length > FEW ? 'many' : ''}`}>
          <caption class="unseen">{props.name}: claim × engine</caption>
          <thead>
            <tr>
              <th scope="col">Claim</th>
              {tried.map((engine) => (
                <th scope="col">{engine}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[...grouped(props.claims, ({ id }) => id).values()].map((ofClaim) => (
              <Row ofClaim={ofClaim} engines={tried} />
            ))}
          </tbody>
        </table>
      </Scrollable>
    </details>
  )
}

function Row(props: { readonly ofClaim: readonly Finding[]; readonly engines: readonly string[] }) {
  const outcomes = [...new Set(props.ofClaim.map(({ outcome }) => slug(outcome)))]
  return (
    <tr data-outcomes={outcomes.join(' ')}>
      <th scope="row">{props.ofClaim[0]?.title}</th>
      {props.engines.map((engine) => {
        const finding = props.ofClaim.find((candidate) => columnOf(candidate) === engine)
        return finding ? <Cell finding={finding} /> : <td />
      })}
    </tr>
  )
}

function Cell({ finding }: { readonly finding: Finding }) {
  return (
    <td class={slug(finding.outcome)} title={inShort(finding)}>
      <span aria-hidden="true">{MARKS[finding.outcome]}</span>
      <span class="unseen">{inShort(finding)}</span>
    </td>
  )
}
