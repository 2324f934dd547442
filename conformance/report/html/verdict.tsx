/** @jsxImportSource preact */
import { countsOf, type Report } from '../report.ts'
import { slug } from './slug.ts'

/** What a verdict is called, and what it means. */
export const VERDICTS = {
  passed: { word: 'Passed', meaning: 'Everything that was checked is as claimed.' },
  failed: { word: 'Failed', meaning: 'Something is not as claimed.' },
  error: { word: 'Error', meaning: 'Nothing failed, but not everything could be checked.' },
} as const satisfies Record<Report['verdict'], object>

const COUNTED = [
  ['passed', 'passed'],
  ['failed', 'failed'],
  ['error', 'could not be checked'],
  ['skipped', 'skipped'],
] as const

/** The top of the page: what it comes to, in a word, in a sentence and in numbers. */
export function Verdict({ report }: { readonly report: Report }) {
  const { word, meaning } = VERDICTS[report.verdict]
  const counts = countsOf(report.findings)
  const { startedAt, durationMs, host, node } = report.header
  return (
    <header class={`verdict ${slug(report.verdict)}`}>
      <div>
        <p class="kicker">Conformance report · {report.verb}</p>
        <h1>{word}</h1>
        <p class="meaning">{meaning}</p>
      </div>
      <dl class="counts">
        {COUNTED.map(([outcome, label]) => (
          <div class={counts[outcome] === 0 ? 'none' : slug(outcome)}>
            <dt>{label}</dt>
            <dd>{counts[outcome]}</dd>
          </div>
        ))}
      </dl>
      <p class="when">
        <time dateTime={startedAt}>{startedAt.slice(0, 16).replace('T', ' ')} UTC</time> on {host} ({node}),
        in {(durationMs / 1000).toFixed(1)} s
      </p>
      <nav aria-label="Sections">
        <ul>
          {sectionsOf(report).map(([id, name]) => (
            <li>
              <a href={`#${id}`}>{name}</a>
            </li>
          ))}
        </ul>
      </nav>
    </header>
  )
}

function sectionsOf({
  findings,
  notes,
  since,
  trial,
  access,
  prices,
  agreement,
  mutation,
  sections: own = [],
}: Report): [id: string, name: string][] {
  const { failed, error, skipped } = countsOf(findings)
  const sections: [string, string, boolean][] = [
    ['failed', 'What failed', failed + error > 0],
    ...own.map(({ title }, index): [string, string, boolean] => [`section-${index + 1}`, title, true]),
    ['notes', 'Also to know', (notes?.length ?? 0) > 0],
    ['since', 'Changed', since !== undefined],
    ['access', 'Who may do what', (access?.length ?? 0) > 0],
    ['prices', 'Prices', prices !== undefined],
    ['claims', 'All claims', true],
    ['skipped', 'Skipped', skipped + trial.notStarted.length > 0],
    ['trial', 'What was checked', true],
    ['agreement', 'Agreement', agreement !== undefined],
    ['mutation', 'Planted faults', mutation !== undefined],
  ]
  return sections.filter(([, , there]) => there).map(([id, name]) => [id, name])
}
