/** Claims on constraints, views and comments that pgTAP lacks, where they hold and where they do not. */
import { catalog } from '../../../pgtap/index.ts'
import { type Broken, differs, type Kept } from './without-pgtap.ts'

export const kept: readonly Kept[] = [
  [
    'Table zoo.animals should have constraint animals_pkey',
    (zoo) => catalog.hasConstraint(zoo, 'zoo.animals', 'animals_pkey'),
  ],
  [
    'Table zoo.animals should not have constraint animals_id_not_null',
    (zoo) => catalog.hasntConstraint(zoo, 'zoo.animals', 'animals_id_not_null'),
  ],
  [
    'Table zoo.keepers should have the correct constraints',
    (zoo) => catalog.constraintsAre(zoo, 'zoo.keepers', ['keepers_name_key', 'keepers_pkey']),
  ],
  [
    'Constraint portions_int4range_excl on table portions should be EXCLUDE USING gist (int4range(portion, (portion + 1)) WITH &&)',
    (zoo) =>
      catalog.constraintIs(
        zoo,
        'portions',
        'portions_int4range_excl',
        'EXCLUDE USING gist (int4range(portion, (portion + 1)) WITH &&)',
      ),
  ],
  [
    'View zoo.heavy_animals should be a security invoker',
    (zoo) => catalog.viewIsSecurityInvoker(zoo, 'zoo.heavy_animals'),
  ],
  [
    'View heavy_animals should have the correct options',
    (zoo) => catalog.viewOptionsAre(zoo, 'heavy_animals', { security_invoker: 'on' }),
  ],
  ['words', (zoo) => catalog.viewOptionsAre(zoo, '"Odd Zoo"."Strange View"', {}, 'words')],
  [
    'Comment on column zoo.animals.species should be correct',
    (zoo) => catalog.commentIs(zoo, 'column', ['zoo.animals', 'species'], 'In English.'),
  ],
  ['words', (zoo) => catalog.commentIs(zoo, 'table', 'animals', 'Who lives here.', 'words')],
  [
    'Comment on schema zoo should be correct',
    (zoo) => catalog.commentIs(zoo, 'schema', 'zoo', 'Where the animals live.'),
  ],
  [
    'Comment on function zoo.greet(text) should be correct',
    (zoo) => catalog.commentIs(zoo, 'function', 'zoo.greet(text)', 'Says hello.'),
  ],
  [
    'Comment on procedure zoo.clean(integer) should be correct',
    (zoo) => catalog.commentIs(zoo, 'procedure', 'zoo.clean(integer)', null),
  ],
  [
    'Comment on policy "Odd Policy" on zoo.feedings should be correct',
    (zoo) => catalog.commentIs(zoo, 'policy', ['zoo.feedings', 'Odd Policy'], 'Keepers feed by the pound.'),
  ],
  [
    'Comment on constraint animals_legs_are_few on zoo.animals should be correct',
    (zoo) => catalog.commentIs(zoo, 'constraint', ['zoo.animals', 'animals_legs_are_few'], 'Up to 100.'),
  ],
  [
    'Comment on type zoo.mood should be correct',
    (zoo) => catalog.commentIs(zoo, 'type', 'zoo.mood', 'How they are.'),
  ],
  [
    'Comment on view zoo.heavy_animals should be correct',
    (zoo) => catalog.commentIs(zoo, 'view', 'zoo.heavy_animals', 'Over 100 kg.'),
  ],
  [
    'Comment on trigger _100_note_change on zoo.animals should be correct',
    (zoo) => catalog.commentIs(zoo, 'trigger', ['zoo.animals', '_100_note_change'], null),
  ],
  [
    'Comment on rule no_deletes on zoo.notes should be correct',
    (zoo) => catalog.commentIs(zoo, 'rule', ['zoo.notes', 'no_deletes'], null),
  ],
  [
    'Comment on domain zoo.address should be correct',
    (zoo) => catalog.commentIs(zoo, 'domain', 'zoo.address', null),
  ],
  [
    'Comment on aggregate zoo.total_weight(numeric) should be correct',
    (zoo) => catalog.commentIs(zoo, 'aggregate', 'zoo.total_weight(numeric)', null),
  ],
  [
    'Comment on index zoo.animals_pkey should be correct',
    (zoo) => catalog.commentIs(zoo, 'index', 'zoo.animals_pkey', null),
  ],
]

export const broken: readonly Broken[] = [
  ['', (zoo) => catalog.hasConstraint(zoo, 'zoo.animals', 'keepers_pkey')],
  ['', (zoo) => catalog.hasntConstraint(zoo, 'zoo.animals', 'animals_pkey')],
  [
    '    Extra constraints:\n        keepers_pkey\n    Missing constraints:\n        "Odd One"',
    (zoo) => catalog.constraintsAre(zoo, 'zoo.keepers', ['keepers_name_key', 'Odd One']),
  ],
  [
    differs('PRIMARY KEY (id)', 'UNIQUE (id)'),
    (zoo) => catalog.constraintIs(zoo, 'zoo.animals', 'animals_pkey', 'UNIQUE (id)'),
  ],
  [
    '    Constraint "Odd One" does not exist on zoo.animals',
    (zoo) => catalog.constraintIs(zoo, 'zoo.animals', 'Odd One', 'UNIQUE (id)'),
  ],
  ['', (zoo) => catalog.viewIsSecurityInvoker(zoo, '"Odd Zoo"."Strange View"')],
  ['    View zoo.animals does not exist', (zoo) => catalog.viewIsSecurityInvoker(zoo, 'zoo.animals')],
  [
    '    Extra options:\n        security_invoker=true\n    Missing options:\n        security_barrier=true\n        security_invoker=false',
    (zoo) =>
      catalog.viewOptionsAre(zoo, 'zoo.heavy_animals', { security_invoker: false, security_barrier: 'yes' }),
  ],
  ['    View nothing does not exist', (zoo) => catalog.viewOptionsAre(zoo, 'nothing', {})],
  [
    differs('In English.', 'In Latin.'),
    (zoo) => catalog.commentIs(zoo, 'column', ['zoo.animals', 'species'], 'In Latin.'),
  ],
  [differs('NULL', ''), (zoo) => catalog.commentIs(zoo, 'table', 'zoo.keepers', '')],
  [
    '    Column zoo.animals.wings does not exist',
    (zoo) => catalog.commentIs(zoo, 'column', ['zoo.animals', 'wings'], null),
  ],
  ['    View zoo.animals does not exist', (zoo) => catalog.commentIs(zoo, 'view', 'zoo.animals', null)],
  [
    '    Function zoo.greet(integer) does not exist',
    (zoo) => catalog.commentIs(zoo, 'function', 'zoo.greet(integer)', null),
  ],
  [
    '    Procedure zoo.greet(text) does not exist',
    (zoo) => catalog.commentIs(zoo, 'procedure', 'zoo.greet(text)', null),
  ],
  ['    Domain zoo.mood does not exist', (zoo) => catalog.commentIs(zoo, 'domain', 'zoo.mood', null)],
  ['    Schema nowhere does not exist', (zoo) => catalog.commentIs(zoo, 'schema', 'nowhere', null)],
  ['    Extension zoo does not exist', (zoo) => catalog.commentIs(zoo, 'extension', 'zoo', null)],
  [
    '    Policy nothing on zoo.animals does not exist',
    (zoo) => catalog.commentIs(zoo, 'policy', ['zoo.animals', 'nothing'], null),
  ],
]
