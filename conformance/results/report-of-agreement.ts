import { REFERENCE_ENGINE } from '../agreement/index.ts'
import { migrationsOnTrial } from '../evidence/index.ts'
import {
  type AgreementLine,
  type Finding,
  failed,
  finding,
  PASSED,
  type Report,
  reportOf,
} from '../report/index.ts'
import { headerOf, type When } from './header-of.ts'

/** How an engine's answer stands to the reference, and both of them. */
export interface Answered extends AgreementLine {
  readonly answer: readonly string[]
  readonly reference: readonly string[] | undefined
}

/** What was asked of whom. */
export interface Asking extends When {
  readonly command: string
  readonly servers: Report['trial']['servers']
  readonly notStarted: Report['trial']['notStarted']
}

/** The report of `npm run agreement`: a claim per question and engine. */
export function reportOfAgreement(
  answered: readonly Answered[],
  { command, servers, notStarted, ...when }: Asking,
): Report {
  return reportOf({
    verb: 'agreement',
    header: headerOf(when),
    trial: { command, migrations: migrationsOnTrial(), servers, notStarted },
    findings: answered.map(findingOf),
    agreement: {
      reference: REFERENCE_ENGINE,
      lines: answered.map(({ answer: _answer, reference: _reference, ...line }) => line),
    },
  })
}

function findingOf({ engine, probe, agrees, note, answer, reference }: Answered): Finding {
  const about = { id: `agreement > ${probe}`, title: probe, group: 'agreement', engine }
  if (agrees) return finding(about, PASSED)
  return finding(
    about,
    failed({
      have: answer.join('\n'),
      ...(reference === undefined ? {} : { want: reference.join('\n') }),
      ...(note === undefined ? {} : { reason: note }),
    }),
  )
}
