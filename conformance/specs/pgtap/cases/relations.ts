import { type Call, call, name, names, text } from '../call.ts'

/** Each kind of relation, one of its own and one of another kind, by all four ways of asking. */
const kinds: readonly (readonly [kind: string, there: string, other: string])[] = [
  ['table', 'animals', 'census'],
  ['view', 'heavy_animals', 'animals'],
  ['materialized_view', 'census', 'heavy_animals'],
  ['sequence', 'ticket_numbers', 'animals'],
  ['foreign_table', 'visitors_elsewhere', 'animals'],
  ['composite', 'place', 'animals'],
  ['relation', 'animals', 'nothing'],
]

/** Kinds for which pgTAP knows no `(schema, name)`: there the second argument is a description. */
const described = [
  'has_materialized_view',
  'hasnt_materialized_view',
  'has_relation',
  'hasnt_relation',
  'hasnt_sequence',
]

const existence = kinds.flatMap(([kind, there, other]) =>
  [`has_${kind}`, `hasnt_${kind}`].flatMap((claim) =>
    [there, other].flatMap((relation) => [
      call(claim, name('zoo'), name(relation), text('a description')),
      ...(described.includes(claim) ? [] : [call(claim, name('zoo'), name(relation))]),
      call(claim, name(relation), text('a description')),
      call(claim, name(relation)),
    ]),
  ),
)

export const relations: readonly Call[] = [
  ...existence,
  call('has_table', name('Odd Zoo'), name('Strange Table')),
  call('has_table', name('Odd Zoo'), name('strange table')),
  call('has_table', name('nowhere'), name('animals')),
  call('has_table', name('visits')),
  call('has_table', name('stables')),
  call('has_table', name('animals'), text('words that\nbreak the line and "quote"')),
  call('tables_are', name('zoo_annex'), names('stables', 'keepers_twin', 'visits_later')),
  call(
    'tables_are',
    name('zoo_annex'),
    names('stables', 'Missing One', 'visits_later'),
    text('a description'),
  ),
  call('tables_are', name('nowhere'), names('stables')),
  call('tables_are', name('Odd Zoo'), names('Strange Table')),
  call('tables_are', names('animals'), text('a description')),
  call('tables_are', names('animals')),
  call('views_are', name('zoo'), names('heavy_animals')),
  call('views_are', name('zoo'), names('animals'), text('a description')),
  call('views_are', names('heavy_animals')),
  call('views_are', names('nothing'), text('a description')),
  call('materialized_views_are', name('zoo'), names('census')),
  call('materialized_views_are', name('zoo'), names('animals'), text('a description')),
  call('materialized_views_are', names('census')),
  call('materialized_views_are', names('nothing'), text('a description')),
  call('sequences_are', name('zoo'), names('ticket_numbers', 'keepers_id_seq')),
  call('sequences_are', name('zoo'), names('animals'), text('a description')),
  call('sequences_are', names('ticket_numbers')),
  call('sequences_are', names('nothing'), text('a description')),
  call('foreign_tables_are', name('zoo'), names('visitors_elsewhere')),
  call('foreign_tables_are', name('zoo'), names('animals'), text('a description')),
  call('foreign_tables_are', names('visitors_elsewhere')),
  call('foreign_tables_are', names('nothing'), text('a description')),
]
