/** Where ours differs from pgTAP on purpose, and why. An explanation that no longer explains anything fails. */
import type { Ending, Trial } from './judge.ts'

export interface Explanation {
  readonly reason: string
  readonly applies: (trial: Trial) => boolean
}

const refusal = (ending: Ending): string => ('refused' in ending ? ending.refused : '')
const diagnostics = (ending: Ending): string => ('refused' in ending ? '' : ending.diagnostics)
const isVerdict = (ending: Ending): boolean => !('refused' in ending)

export const explanations: readonly Explanation[] = [
  {
    reason:
      'pgTAP makes a table of each answer, which cannot have two columns of one name; ours compares them',
    applies: ({ pgtap, ours }) => refusal(pgtap).startsWith('42701') && isVerdict(ours),
  },
  {
    reason:
      'pgTAP runs the statement in PL/pgSQL and reports that as the context of the error; ours has none',
    applies: ({ pgtap, ours }) => {
      const [before, context] = diagnostics(pgtap).split('\n        CONTEXT:')
      return context !== undefined && before === diagnostics(ours)
    },
  },
  {
    reason: 'a time that was measured is never the same twice',
    applies: ({ call, pgtap, ours }) => {
      const [one, other] = [pgtap, ours].map((ending) => diagnostics(ending).replaceAll(/[\d.]+ ms/g, ''))
      return call.name.startsWith('performs') && one === other
    },
  },
  {
    reason: 'pgTAP prints the wanted row by its cast to text; ours prints both rows as records',
    applies: ({ call, pgtap }) => call.name === 'row_eq' && diagnostics(pgtap).includes('want: 1:3'),
  },
  {
    reason:
      'pgTAP says of some claims on a function that is not there only that the result was NULL; ours says why',
    applies: ({ pgtap, ours }) =>
      diagnostics(pgtap) === '    (test result was NULL)' && diagnostics(ours).endsWith(' does not exist'),
  },
  {
    reason:
      'pgTAP names a relation that is not there by its name and the role, where there is no schema; ours by its name',
    applies: ({ call, pgtap, ours }) =>
      call.name.endsWith('_privs_are') &&
      diagnostics(pgtap).replace(/\.\w+ does/, ' does') === diagnostics(ours),
  },
  {
    reason:
      'pgTAP folds the name of a domain and prints it as it was given; ours prints the name it looked for',
    applies: ({ call, pgtap, ours }) =>
      call.name.startsWith('domain_type_is') &&
      diagnostics(pgtap).replace('.Short Text ', '."short text" ') === diagnostics(ours),
  },
  {
    reason: 'pgTAP compares a word that is no context of a cast with the context; ours refuses the word',
    applies: ({ pgtap, ours }) =>
      diagnostics(pgtap).endsWith('want: unknown') && refusal(ours).includes('is no context of a cast'),
  },
  {
    reason: 'pgTAP stops where a type’s schema does not exist; to ours the type does not',
    applies: ({ pgtap, ours }) => refusal(pgtap).startsWith('3F000') && isVerdict(ours),
  },
  {
    reason: 'pgTAP means to say that there are no such constraints, and says nothing',
    applies: ({ pgtap, ours }) =>
      diagnostics(pgtap) === diagnostics(ours).replace(/(?<=have: )No (unique|check) constraints/, ''),
  },
  {
    reason:
      'pgTAP prints the table that a foreign key refers to without quotes; ours quotes what must be quoted',
    applies: ({ call, pgtap }) =>
      call.name === 'fk_ok' && diagnostics(pgtap).includes('Odd Zoo.Strange Table'),
  },
  {
    reason: 'a rule cannot be on what pgTAP calls UNKNOWN; ours lists what it can be on',
    applies: ({ call, ours }) => call.name === 'rule_is_on' && refusal(ours).includes('not on "truncate"'),
  },
  {
    reason:
      'pgTAP lists the foreign keys of all tables of that name, also of those that the search path does not find',
    applies: ({ call, pgtap, ours }) =>
      call.name === 'col_is_fk' &&
      diagnostics(pgtap).includes(' on these columns:') &&
      diagnostics(ours).endsWith(' has no foreign key columns'),
    reason:
      'pgTAP compares the text of a partition’s name; ours reads the name as SQL does and refuses what is none',
    applies: ({ call, ours }) => call.name === 'partitions_are' && refusal(ours).includes('is not a name'),
  },
]
