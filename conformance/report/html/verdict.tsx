/** @jsxImportSource preact */
import { countsOf, type Report } from '../report.ts'
import { slug } from './slug.ts'

/** What a verdict is called, and what it means. */
export const VERDICTS = {
  holds: { word: 'Holds', meaning: 'Everything that was tried is as claimed.' },
  broken: { word: 'Broken', meaning: 'Something is not as claimed.' },
  'could not check': {
    word: 'Could not be checked',
    meaning: 'Nothing is known to be broken, but not everything could be found out.',
  },
} as const satisfies Record<Report['verdict'], object>

const COUNTED = [
  ['kept', 'kept'],
  ['broken', 'broken'],
  ['could not check', 'could not be checked'],
  ['not run', 'not run'],
  ['not applicable', 'not applicable'],
] as const

/** The top of the page: what it comes to, in a word, in a sentence and in numbers. */
export function Verdict({ report }: { readonly report: Report }) {
  const { word, meaning } = VERDICTS[report.verdict]
  const counts = countsOf(report.findings)
  const { startedAt, durationMs, host, node } = report.header
  return (
    <header class={`verdict ${slug(report.verdict)}`}>
      <p class="kicker">Conformance report · {report.verb}</p>
      <h1>{word}</h1>
      <p class="meaning">{meaning}</p>
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
  trial,
  access,
  prices,
  agreement,
  mutation,
  sections: own = [],
}: Report): [id: string, name: string][] {
  const {
    broken,
    'could not check': unknown,
    'not run': left,
    'not applicable': senseless,
  } = countsOf(findings)
  const sections: [string, string, boolean][] = [
    ['broken', 'What is broken', broken + unknown > 0],
    ['notes', 'Also to know', (notes?.length ?? 0) > 0],
    ...own.map(({ title }, index): [string, string, boolean] => [`section-${index + 1}`, title, true]),
    ['trial', 'What was on trial', true],
    ['claims', 'Claims', true],
    ['not-tried', 'Not tried', left + senseless + trial.notStarted.length > 0],
    ['access', 'Access', (access?.length ?? 0) > 0],
    ['prices', 'Prices', prices !== undefined],
    ['agreement', 'Agreement', agreement !== undefined],
    ['mutation', 'Planted faults', mutation !== undefined],
  ]
  return sections.filter(([, , there]) => there).map(([id, name]) => [id, name])
}
