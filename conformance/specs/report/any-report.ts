/** Reports of any kind, with names that no renderer would wish for. */
import fc from 'fast-check'
import { type Finding, type Report, reportOf } from '../../report/index.ts'

/** What means something to one format or another, to a terminal, or to nobody. */
const HOSTILE = [
  ...[']]>', '<script>alert(1)</script>', '</script>', '<!--', '&amp;', '&#0;', '"', "'", '</details>'],
  ...['#', '# SKIP', '# TODO', '\\', '\\#', 'not ok 1', '1..3', '---', '...', 'Bail out!', '{'],
  ...['\n', '\r\n', '\r', '\t', '\0', '\u001b[31m', '\u001b]8;;http://x\u0007', '\u007f', '\u0085'],
  ...['\u202e', '\u2066', '\u200b', '\ufeff', '\u2028', '\ufffe', '\ud800', '\udc00', '👩‍👩‍👧', '表', 'é'],
  ...['|', '`', '```', '~~~', '*a*', '_', '[x](y)', '![x](y)', '> ', '- ', '1. ', '@somebody', '\n\n'],
  ...['::error::', '{{x}}', 'constructor', '__proto__', ' '],
]

/** A text that is not empty. */
export const hostileText = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...HOSTILE) },
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.string({ unit: 'binary', maxLength: 12 }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.join(''))
  .filter((text) => text !== '')

const lines = fc.array(hostileText, { minLength: 1, maxLength: 3 })
const maybe = <T>(name: string, value: fc.Arbitrary<T>) =>
  fc.option(value.map((given) => ({ [name]: given })))

const about = fc.record({
  title: hostileText,
  group: fc.oneof(hostileText, fc.constantFrom('quotas/rollover.spec.ts', 'access/tenants.spec.ts')),
  engine: fc.oneof(hostileText, fc.constantFrom('pglite', 'embedded-17', undefined)),
})

const judgement = fc.oneof(
  fc.constant({ outcome: 'passed' as const }),
  fc
    .tuple(
      maybe('have', hostileText),
      maybe('want', hostileText),
      maybe('extra', lines),
      maybe('missing', lines),
      maybe('reason', hostileText),
      maybe('hint', hostileText),
    )
    .map((parts) => ({ outcome: 'failed' as const, ...Object.assign({}, ...parts) })),
  fc
    .tuple(fc.constantFrom('not applicable', 'not run'), hostileText)
    .map(([why, text]) => ({ outcome: 'skipped' as const, reason: `${why}: ${text}` })),
  fc.record({ outcome: fc.constant('error' as const), reason: hostileText }),
)

const findings = fc.array(fc.tuple(about, judgement), { maxLength: 12 }).map((pairs) =>
  pairs.map(([{ engine, ...what }, how], index): Finding => {
    const id = `${what.group} > ${index}`
    return { id, ...what, ...(engine ? { engine } : {}), ...how }
  }),
)

/** A report with these findings, and everything else in it. */
export function reportWith(found: readonly Finding[], text = 'text'): Report {
  return reportOf({
    verb: 'test',
    header: {
      startedAt: '2026-01-04T12:00:00.000Z',
      durationMs: 1234,
      host: text,
      node: 'v20.19.0 linux x64',
    },
    trial: {
      command: `npm test -- --title ${text}`,
      migrations: [{ name: '20260104000001_e2b_cost_tracking.sql', sha256: '0'.repeat(64) }],
      servers: [{ engine: 'embedded-17', version: '17.10', regime: 'closed' }],
      notStarted: [{ engine: 'container', reason: text }],
    },
    findings: [...found],
    sections: [
      {
        title: text,
        lines: [text],
        columns: [{ name: text }, { name: 'USD', isNumber: true }],
        rows: [[text, '0.15']],
        chart: {
          kind: 'bars',
          caption: text,
          unit: 'USD',
          points: [{ series: text, at: text, value: '0.15' }],
        },
      },
      {
        title: 'over time',
        chart: {
          kind: 'steps',
          caption: 'over time',
          unit: 'USD',
          points: [
            { series: 'a price', at: '2026-01-04T00:00:00Z', value: '0.15' },
            { series: 'a price', at: '2026-01-19T00:00:00Z', value: '0.6' },
          ],
        },
      },
    ],
    access: [
      {
        engines: ['embedded-17'],
        cells: [
          { kind: 'table', object: text, role: 'anon', privileges: [] },
          { kind: 'table', object: text, role: 'authenticated', privileges: ['SELECT'] },
          { kind: 'function', object: 'calculate_llm_cost', role: 'anon', privileges: [] },
          { kind: 'function', object: 'calculate_llm_cost', role: 'authenticated', privileges: ['EXECUTE'] },
        ],
      },
    ],
    prices: {
      asOf: '2026-01-04',
      sources: [{ id: 'list', what: text }],
      lines: [
        {
          list: 'llm',
          of: 'openai',
          name: text,
          prices: [
            { what: 'input', usd: '0.05', per: '1,000,000 tokens' },
            { what: 'output', usd: '10.00', per: '1,000,000 tokens' },
          ],
          sources: ['list'],
          verifiedOn: '2026-01-04',
        },
      ],
    },
    agreement: {
      reference: 'embedded-17',
      lines: [{ engine: 'pglite', probe: text, agrees: true, note: text }],
    },
    mutation: { noticed: 9, total: 10, survivors: [{ mutant: text, change: text }] },
  })
}

/** Any report: its findings, and the texts beside them. */
export const anyReport = fc.tuple(findings, hostileText).map(([found, text]) => reportWith(found, text))
