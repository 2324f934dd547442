/** Where ours differs from pgTAP on purpose, and why. An explanation that no longer explains anything fails. */
import type { Ending, Trial } from './judge.ts'

export interface Explanation {
  readonly reason: string
  readonly applies: (trial: Trial) => boolean
}

const refusal = (ending: Ending): string => ('refused' in ending ? ending.refused : '')
const isVerdict = (ending: Ending): boolean => !('refused' in ending)

type InWords = (theirs: string, ours: string, name: string) => boolean

/** That both have a verdict, and `applies` to the words of pgTAP's and of ours: the description, then the diagnostics. */
function words(applies: InWords) {
  return ({ call, pgtap, ours }: Trial): boolean => {
    if (!('ok' in pgtap && 'ok' in ours)) return false
    const [theirs, own] = [pgtap, ours].map(
      ({ description, diagnostics }) => `${description}\n${diagnostics}`,
    )
    return applies(theirs ?? '', own ?? '', call.name)
  }
}

/** The same of the diagnostics alone, under the same description. */
function diagnostics(applies: InWords) {
  return ({ call, pgtap, ours }: Trial): boolean =>
    'ok' in pgtap &&
    'ok' in ours &&
    pgtap.description === ours.description &&
    applies(pgtap.diagnostics, ours.diagnostics, call.name)
}

const unquoted = (text: string): string => text.replaceAll('"', '')

export const explanations: readonly Explanation[] = [
  {
    reason:
      'pgTAP makes a table of each answer, which cannot have two columns of one name, nor one of void; ours compares them',
    applies: ({ pgtap, ours }) => /^(42701|42P16)/.test(refusal(pgtap)) && isVerdict(ours),
  },
  {
    reason:
      'pgTAP runs the statement in PL/pgSQL and reports that as the context of the error; ours has none',
    applies: diagnostics((theirs, ours) => {
      const [before, context] = theirs.split('\n        CONTEXT:')
      return context !== undefined && before === ours
    }),
  },
  {
    reason: 'a time that was measured is never the same twice',
    applies: diagnostics((theirs, ours, name) => {
      const [one, other] = [theirs, ours].map((words) => words.replaceAll(/[\d.]+ ms/g, ''))
      return name.startsWith('performs') && one === other
    }),
  },
  {
    reason: 'pgTAP prints the wanted row by its cast to text; ours prints both rows as records',
    applies: diagnostics((theirs, _, name) => name === 'row_eq' && theirs.includes('want: 1:3')),
  },
  {
    reason:
      'pgTAP says of some claims on a function that is not there only that the result was NULL; ours says why',
    applies: diagnostics(
      (theirs, ours) => theirs === '    (test result was NULL)' && ours.endsWith(' does not exist'),
    ),
  },
  {
    reason:
      'pgTAP names a relation that is not there by its name and the role, where there is no schema; ours by its name',
    applies: diagnostics(
      (theirs, ours, name) => name.endsWith('_privs_are') && theirs.replace(/\.\w+ does/, ' does') === ours,
    ),
  },
  {
    reason:
      'NULL, an empty name and a word for an operator name nothing: pgTAP looks for that and finds none; ours refuses it',
    applies: ({ pgtap, ours }) =>
      isVerdict(pgtap) && /NULL, which names nothing|is not a name|is not an operator/.test(refusal(ours)),
  },
  {
    reason:
      'what is no type, or of a schema that is not there, stops the one that reads it; pgTAP reads it not always',
    applies: ({ pgtap, ours }) =>
      isVerdict(pgtap) !== isVerdict(ours) &&
      /^(3F000|42601|22P02|42704|0A000)/.test(refusal(pgtap) || refusal(ours)),
  },
  {
    reason: 'a NULL among its words makes all that pgTAP answers NULL, which is no verdict',
    applies: ({ pgtap, ours }) => refusal(pgtap) === 'pgTAP answers NULL' && isVerdict(ours),
  },
  {
    reason: 'pgTAP stops at what is no sequence; to ours nobody has privileges on it',
    applies: ({ pgtap, ours }) => refusal(pgtap).startsWith('42809') && isVerdict(ours),
  },
  {
    reason: 'pgTAP compares values of one type only, and rows only of like ones; to ours others differ',
    applies: ({ pgtap, ours }) => /^(42883|42804)/.test(refusal(pgtap)) && isVerdict(ours),
  },
  {
    reason: 'pgTAP means to say that there are no such constraints, and says nothing',
    applies: diagnostics(
      (theirs, ours) => theirs === ours.replace(/(?<=have: )No (unique|check) constraints/, ''),
    ),
  },
  {
    reason:
      'pgTAP prints the table that a foreign key refers to without quotes; ours quotes what must be quoted',
    applies: words((theirs, ours, name) => name === 'fk_ok' && unquoted(theirs) === unquoted(ours)),
  },
  {
    reason:
      'pgTAP lists the foreign keys of all tables of that name, also of those that the search path does not find',
    applies: diagnostics(
      (theirs, ours, name) =>
        name === 'col_is_fk' &&
        theirs.includes(' on these columns:') &&
        ours.endsWith(' has no foreign key columns'),
    ),
  },
  {
    reason:
      'pgTAP evaluates a default; what a generated column is computed from is none and may name other columns',
    applies: ({ call, pgtap, ours }) =>
      call.name === 'col_default_is' && refusal(pgtap).startsWith('42703') && isVerdict(ours),
  },
]
