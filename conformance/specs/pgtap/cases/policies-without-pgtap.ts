/** Claims on row level security and policies that pgTAP lacks, where they hold and where they do not. */
import { catalog } from '../../../pgtap/index.ts'
import { type Broken, differs, type Kept } from './without-pgtap.ts'

export const kept: readonly Kept[] = [
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
]

export const broken: readonly Broken[] = [
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
]
