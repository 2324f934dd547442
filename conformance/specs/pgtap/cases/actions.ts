import { asked, type Call, call, name, names, text } from '../call.ts'
import { allWays, inTurn } from '../ways.ts'

type Place = readonly [schema: string, relation: string, part: string]

const triggers: readonly Place[] = [
  ['zoo', 'animals', '_100_note_change'],
  ['zoo', 'animals', 'Odd Trigger'],
  ['zoo', 'animals', 'odd trigger'],
  ['zoo_annex', 'stables', 'stables_change'],
  ['zoo', 'nothing', '_100_note_change'],
]
const rules: readonly Place[] = [
  ['zoo', 'notes', 'no_deletes'],
  ['zoo', 'lobby', 'also_note'],
  ['zoo', 'heavy_animals', '_RETURN'],
  ['zoo', 'notes', 'also_note'],
  ['zoo', 'nothing', 'no_deletes'],
  ['Odd Zoo', 'Strange Table', 'Odd Rule'],
]
const policies: readonly Place[] = [
  ['zoo', 'animals', 'animals_select_keepers'],
  ['zoo', 'animals', 'animals_insert_vets'],
  ['zoo', 'animals', 'animals_all'],
  ['zoo', 'feedings', 'Odd Policy'],
  ['zoo', 'animals', 'nothing'],
  ['zoo', 'nothing', 'animals_all'],
]

/** A claim on each part. `given` comes after it. */
function each(claim: string, places: readonly Place[], ...given: Call['args']): readonly Call[] {
  return inTurn(places, ([schema, relation, part]) =>
    allWays(claim, schema, [name(relation), name(part), ...given]),
  )
}

/** A claim on all parts of a relation. */
function listed(claim: string, relation: string, ...parts: readonly string[]): Call[] {
  return allWays(claim, 'zoo', [name(relation), names(...parts)])
}

const calls: readonly Call[] = triggers.flatMap(([schema, table, trigger], i) => [
  call('trigger_is', name(table), name(trigger), name('note_change')),
  call('trigger_is', name(table), name(trigger), name('greet'), text('a description')),
  call(
    'trigger_is',
    ...[name(schema), name(table), name(trigger), name('zoo'), name('note_change')],
    ...(i % 2 === 0 ? [] : [text('a description')]),
  ),
  call(
    'trigger_is',
    ...[name(schema), name(table), name(trigger), name('zoo_annex'), name('Odd Function')],
    ...(i % 2 === 0 ? [text('a description')] : []),
  ),
])

export const actions: readonly Call[] = [
  ...each('has_trigger', triggers),
  ...each('hasnt_trigger', triggers),
  ...calls,
  ...listed('triggers_are', 'animals', '_100_note_change', 'Odd Trigger'),
  ...listed('triggers_are', 'animals', '_100_note_change', 'Another One', 'another'),
  ...listed('triggers_are', 'nothing', 'another'),
  ...each('has_rule', rules),
  ...each('hasnt_rule', rules),
  ...each('rule_is_instead', rules),
  ...['insert', 'DELETE', 'Select'].flatMap((event) => each('rule_is_on', rules, text(event))),
  call('rule_is_on', name('Odd Zoo'), name('Strange Table'), name('Odd Rule'), text('update')),
  call('rule_is_on', name('zoo'), name('notes'), name('no_deletes'), text('truncate')),
  ...listed('rules_are', 'notes', 'no_deletes'),
  ...listed('rules_are', 'lobby', 'no_deletes', 'Odd Rule'),
  call('rules_are', name('zoo'), name('animals'), names()),
  call('rules_are', name('Odd Zoo'), name('Strange Table'), names('Odd Rule')),
  ...listed('policies_are', 'animals', 'animals_select_keepers', 'animals_insert_vets', 'animals_all'),
  ...listed('policies_are', 'feedings', 'animals_everything', 'Odd One'),
  call('policies_are', name('feedings'), names('Odd Policy')),
  call('policies_are', name('keepers'), names()),
  call('policies_are', name('nowhere'), name('animals'), names('animals_all')),
  ...each('policy_roles_are', policies, names('zoo_keepers')),
  ...each('policy_roles_are', policies, names('Zoo Guest', 'zoo_vets')),
  ...each('policy_roles_are', policies, names()),
  ...['select', 'UPDATE', 'all', 'Insert'].flatMap((command) =>
    each('policy_cmd_is', policies, text(command)),
  ),
  ...['truncate', ''].flatMap((command) => each('policy_cmd_is', policies, text(command))),
  // PUBLIC is no role to pgTAP.
  ...[names('public'), names(), names('PUBLIC')].flatMap((roles) =>
    allWays('policy_roles_are', 'zoo', [name('animals'), name('animals_all'), roles]),
  ),
  ...['has_trigger', 'hasnt_trigger'].flatMap((claim) =>
    allWays(claim, 'zoo', [
      name('keepers'),
      asked(
        'name',
        `select tgname as value from pg_trigger where tgrelid = 'zoo.keepers'::regclass order by oid limit 1`,
      ),
    ]),
  ),
]
