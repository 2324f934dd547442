/** Claims that pgTAP lacks, where they hold and where they do not. */
import { catalog, type Verdict } from '../../../pgtap/index.ts'

type Session = Parameters<typeof catalog.hasTable>[0]
export type Claim = (zoo: Session) => Promise<Verdict>

const differs = (have: string, want: string) => `        have: ${have}\n        want: ${want}`

/** A claim that holds, and its default description. */
export const kept: readonly (readonly [description: string, claim: Claim])[] = [
  [
    'Table zoo.animals should have row level security enabled',
    (zoo) => catalog.rlsIsEnabled(zoo, 'zoo.animals'),
  ],
  ['words', (zoo) => catalog.rlsIsEnabled(zoo, 'animals', 'words')],
  [
    'Table "Odd Zoo"."Strange Table" should not have row level security enabled',
    (zoo) => catalog.rlsIsntEnabled(zoo, '"Odd Zoo"."Strange Table"'),
  ],
  ['Table feedings should have row level security forced', (zoo) => catalog.rlsIsForced(zoo, 'feedings')],
  [
    'Table zoo.animals should not have row level security forced',
    (zoo) => catalog.rlsIsntForced(zoo, 'zoo.animals'),
  ],
  [
    'Table zoo.lobby should not have row level security forced',
    (zoo) => catalog.rlsIsntForced(zoo, 'zoo.lobby'),
  ],
  [
    'Policy "Odd Policy" for table zoo.feedings should be permissive',
    (zoo) => catalog.policyIsPermissive(zoo, 'zoo.feedings', 'Odd Policy'),
  ],
  [
    'Policy animals_all for table animals should be restrictive',
    (zoo) => catalog.policyIsRestrictive(zoo, 'animals', 'animals_all'),
  ],
  [
    'Policy "Odd Policy" for table zoo.feedings should have the correct USING',
    (zoo) => catalog.policyUsingIs(zoo, 'zoo.feedings', 'Odd Policy', '(amount_kg < (10)::numeric)'),
  ],
  [
    'Policy animals_insert_vets for table zoo.animals should have no USING',
    (zoo) => catalog.policyUsingIs(zoo, 'zoo.animals', 'animals_insert_vets', null),
  ],
  [
    'Policy "Odd Policy" for table zoo.feedings should have the correct WITH CHECK',
    (zoo) => catalog.policyWithCheckIs(zoo, 'zoo.feedings', 'Odd Policy', '(amount_kg < (20)::numeric)'),
  ],
  ['words', (zoo) => catalog.policyWithCheckIs(zoo, 'animals', 'animals_select_keepers', null, 'words')],
  [
    'Policy animals_all for table zoo.animals should have the correct roles',
    (zoo) => catalog.policyRolesAre(zoo, 'zoo.animals', 'animals_all', ['public']),
  ],
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

/** A claim that does not hold, and the words that say why not; none where the description says it all. */
export const broken: readonly (readonly [diagnostics: string, claim: Claim])[] = [
  ['', (zoo) => catalog.rlsIsEnabled(zoo, 'zoo.lobby')],
  ['    Table zoo.heavy_animals does not exist', (zoo) => catalog.rlsIsEnabled(zoo, 'zoo.heavy_animals')],
  ['', (zoo) => catalog.rlsIsntEnabled(zoo, 'zoo.animals')],
  ['    Table nowhere.animals does not exist', (zoo) => catalog.rlsIsntEnabled(zoo, 'nowhere.animals')],
  ['', (zoo) => catalog.rlsIsForced(zoo, 'zoo.animals')],
  ['', (zoo) => catalog.rlsIsntForced(zoo, 'zoo.feedings')],
  ['    Table zoo."Odd" does not exist', (zoo) => catalog.rlsIsntForced(zoo, 'zoo."Odd"')],
  ['', (zoo) => catalog.policyIsPermissive(zoo, 'zoo.animals', 'animals_all')],
  ['', (zoo) => catalog.policyIsRestrictive(zoo, 'zoo.feedings', 'Odd Policy')],
  [
    '    Policy "odd Policy" does not exist on zoo.feedings',
    (zoo) => catalog.policyIsRestrictive(zoo, 'zoo.feedings', 'odd Policy'),
  ],
  [
    differs('(keeper_id IS NOT NULL)', 'true'),
    (zoo) => catalog.policyUsingIs(zoo, 'zoo.animals', 'animals_select_keepers', 'true'),
  ],
  [differs('true', 'NULL'), (zoo) => catalog.policyUsingIs(zoo, 'zoo.animals', 'animals_all', null)],
  [
    differs('NULL', 'true'),
    (zoo) => catalog.policyWithCheckIs(zoo, 'zoo.animals', 'animals_select_keepers', 'true'),
  ],
  [
    '    Policy nothing does not exist on zoo.animals',
    (zoo) => catalog.policyWithCheckIs(zoo, 'zoo.animals', 'nothing', null),
  ],
  [
    '    Extra policy roles:\n        zoo_keepers\n    Missing policy roles:\n        public',
    (zoo) => catalog.policyRolesAre(zoo, 'zoo.animals', 'animals_select_keepers', ['public']),
  ],
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
