/**
 * Where a claim does not decide as the function of pgTAP that it is named after: the claim says what is true of the database.
 * `callPgtap` decides as pgTAP does, there too. When pgTAP comes to say what is true, these fail.
 */
import type { Session } from '../../engines/index.ts'
import { describe, expect, needs, test } from '../../harness/index.ts'
import { catalog, type Verdict } from '../../pgtap/index.ts'
import { after, type Call, call, int, name, names, text } from './call.ts'
import { trial } from './judge.ts'

interface Other {
  readonly title: string
  /** What the claim says, and pgTAP does not. */
  readonly holds: boolean
  readonly call: Call
  readonly claim: (session: Session) => Promise<Verdict>
}

const onPath = (path: string, call: Call) => after([`set local search_path = ${path}`], call)

/** Table `lobby` of another schema than the one that the path finds, and an index of it that the path does find. */
const hidden = [
  'create schema twins',
  'create table twins.lobby (id integer constraint twins_lobby_key unique)',
]

const others: readonly Other[] = [
  {
    title: 'a great-grandparent is an ancestor',
    holds: true,
    call: call('is_ancestor_of', name('building'), name('lagoon')),
    claim: (session) => catalog.isAncestorOf(session, 'building', 'lagoon'),
  },
  {
    title: 'a great-grandparent is not no ancestor',
    holds: false,
    call: call('isnt_ancestor_of', name('zoo'), name('building'), name('zoo'), name('lagoon')),
    claim: (session) => catalog.isntAncestorOf(session, 'zoo.building', 'zoo.lagoon'),
  },
  {
    title: 'a great-grandchild is a descendent in the third generation',
    holds: true,
    call: call('is_descendent_of', name('zoo'), name('lagoon'), name('zoo'), name('building'), int('3')),
    claim: (session) => catalog.isDescendentOf(session, 'zoo.lagoon', 'zoo.building', 3),
  },
  {
    title: 'a great-grandchild is not no descendent',
    holds: false,
    call: call('isnt_descendent_of', name('lagoon'), name('building'), int('3')),
    claim: (session) => catalog.isntDescendentOf(session, 'lagoon', 'building', 3),
  },
  {
    title: 'a partition may be named with the schema it is in, whatever the path',
    holds: true,
    call: call('partitions_are', name('tickets'), names('zoo."Odd Tickets"')),
    claim: (session) => catalog.partitionsAre(session, 'tickets', ['zoo."Odd Tickets"']),
  },
  {
    title: 'a trigger of another table is none of this one',
    holds: false,
    call: call('triggers_are', name('animals'), names('_100_note_change', 'Odd Trigger', 'stables_change')),
    claim: (session) =>
      catalog.triggersAre(session, 'animals', ['_100_note_change', 'Odd Trigger', 'stables_change']),
  },
  {
    title: 'a policy of another table is none of this one',
    holds: false,
    call: call('policies_are', name('keepers'), names('Odd Policy')),
    claim: (session) => catalog.policiesAre(session, 'keepers', ['Odd Policy']),
  },
  {
    title: 'a policy for PUBLIC is for PUBLIC',
    holds: true,
    call: call('policy_roles_are', name('zoo'), name('animals'), name('animals_all'), names('public')),
    claim: (session) => catalog.policyRolesAre(session, 'zoo.animals', 'animals_all', ['public']),
  },
  {
    title: 'a policy of a table that the path does not find has no roles',
    holds: false,
    call: onPath(
      'extensions',
      call('policy_roles_are', name('feedings'), name('Odd Policy'), names('zoo_keepers')),
    ),
    claim: (session) => catalog.policyRolesAre(session, 'feedings', 'Odd Policy', ['zoo_keepers']),
  },
  {
    title: 'a policy of a table that the path does not find is for no command',
    holds: false,
    call: onPath('extensions', call('policy_cmd_is', name('feedings'), name('Odd Policy'), text('update'))),
    claim: (session) => catalog.policyCmdIs(session, 'feedings', 'Odd Policy', 'UPDATE'),
  },
  {
    title: 'a rule of a table that the path does not find is on nothing',
    holds: false,
    call: onPath('extensions', call('rule_is_on', name('notes'), name('no_deletes'), text('delete'))),
    claim: (session) => catalog.ruleIsOn(session, 'notes', 'no_deletes', 'DELETE'),
  },
  {
    title: 'a foreign key to what the path does not find is to no such name',
    holds: false,
    call: onPath(
      '"Odd Zoo", extensions',
      call('fk_ok', name('Strange Table'), name('Keeper'), name('keepers'), name('id')),
    ),
    claim: (session) => catalog.fkOk(session, '"Strange Table"', 'Keeper', 'keepers', 'id'),
  },
  {
    title: 'a trigger that calls what the path does not find calls no such name',
    holds: false,
    call: onPath(
      'zoo_annex, extensions',
      call('trigger_is', name('stables'), name('stables_change'), name('note_change')),
    ),
    claim: (session) => catalog.triggerIs(session, 'stables', 'stables_change', 'note_change'),
  },
  {
    title: 'a table that the path does not find is not indexed',
    holds: false,
    call: onPath('extensions', call('is_indexed', name('animals'), names('species'))),
    claim: (session) => catalog.isIndexed(session, 'animals', ['species']),
  },
  {
    title: 'an index that the path does not find is of no type',
    holds: false,
    call: onPath('extensions', call('index_is_type', name('animals_tags_idx'), name('gin'))),
    claim: (session) => catalog.indexIsType(session, 'animals_tags_idx', 'gin'),
  },
  {
    title: 'a table that the path does not find is not clustered',
    holds: false,
    call: onPath('extensions', call('is_clustered', name('feedings'), name('feedings_pkey'))),
    claim: (session) => catalog.isClustered(session, 'feedings', 'feedings_pkey'),
  },
  {
    title: 'an index that the path finds is unique, though its table is hidden',
    holds: true,
    call: after(
      [...hidden, 'set local search_path = zoo, twins, extensions'],
      call('index_is_unique', name('twins_lobby_key')),
    ),
    claim: (session) => catalog.indexIsUnique(session, 'twins_lobby_key'),
  },
  {
    title: 'a table of the system has columns',
    holds: true,
    call: call('columns_are', name('pg_attrdef'), names('oid', 'adrelid', 'adnum', 'adbin')),
    claim: (session) => catalog.columnsAre(session, 'pg_attrdef', ['oid', 'adrelid', 'adnum', 'adbin']),
  },
  {
    title: 'a table of the system has indexes',
    holds: false,
    call: call('indexes_are', name('pg_attrdef'), names()),
    claim: (session) => catalog.indexesAre(session, 'pg_attrdef', []),
  },
  {
    title: 'a view of the system has a rule',
    holds: false,
    call: call('rules_are', name('pg_tables'), names()),
    claim: (session) => catalog.rulesAre(session, 'pg_tables', []),
  },
  {
    title: 'a table of the system is none that the path should have',
    holds: true,
    call: onPath('information_schema, extensions', call('views_are', names())),
    claim: (session) => catalog.viewsAre(session, []),
  },
  {
    title: 'a column is of a type of a schema on the path that needs quotes',
    holds: true,
    call: onPath(
      '"Odd Zoo", extensions',
      call(
        'col_type_is',
        ...[name('Odd Zoo'), name('Strange Table'), name('Swing'), name('Odd Zoo'), text('"Mood Swing"')],
      ),
    ),
    claim: (session) =>
      catalog.colTypeIs(session, '"Odd Zoo"."Strange Table"', 'Swing', {
        schema: 'Odd Zoo',
        type: '"Mood Swing"',
      }),
  },
  {
    title: 'a domain is on a type of a schema on the path that needs quotes',
    holds: true,
    call: after(
      ['create domain zoo.swing as "Odd Zoo"."Mood Swing"', 'set local search_path = "Odd Zoo", extensions'],
      call('domain_type_is', name('zoo'), text('swing'), name('Odd Zoo'), text('"Mood Swing"')),
    ),
    claim: (session) => catalog.domainTypeIs(session, 'zoo.swing', '"Odd Zoo"."Mood Swing"'),
  },
]

describe('to the claim, and not to pgTAP', () => {
  for (const { title, holds, call, claim } of others) {
    needs('pgtap')(title, async ({ zoo }) => {
      await zoo.query('select * from extensions.no_plan()')
      const { pgtap, ours } = await trial(zoo, call)
      for (const statement of call.setup) await zoo.query(statement)
      expect([await claim(zoo), pgtap, ours]).toMatchObject([{ ok: holds }, { ok: !holds }, { ok: !holds }])
    })
  }
})

test('a tablespace is at its location and nowhere else', async ({ tapAtZoo: tap }) => {
  await tap.hasTablespace('pg_default', { location: '' })
  await expect(tap.hasTablespace('pg_default', { location: '/elsewhere' })).rejects.toThrow(
    'Tablespace pg_default should exist at /elsewhere',
  )
})

test('what is no operator and what is no name is refused', async ({ tapAtZoo: tap }) => {
  await expect(tap.hasOperator('text', 'zoo.place', 'text')).rejects.toThrow(
    '"zoo.place" is not an operator: expected one such as = or schema.=',
  )
  await expect(tap.hasLeftop('a.b.!', 'text')).rejects.toThrow('"a.b.!" is not an operator')
  await expect(tap.hasExtension('uuid-ossp')).rejects.toThrow('"uuid-ossp" is not a name')
  await expect(tap.partitionsAre('zoo.tickets', ['Odd Tickets'])).rejects.toThrow(
    '"Odd Tickets" is not a name',
  )
})

describe('the protocol names the base type of a domain', () => {
  needs('pgtap')('so its column has the type of that, where pgTAP tells the two apart', async ({ zoo }) => {
    await zoo.query('select * from extensions.no_plan()')
    const own = 'select 4::zoo.weight_kg as weight'
    const { pgtap, ours } = await trial(
      zoo,
      call('results_eq', text(own), text('select 4::numeric as weight')),
    )
    expect([pgtap, ours]).toMatchObject([{ ok: false }, { ok: true }])
    expect(await trial(zoo, call('results_eq', text(own), text(own)))).toMatchObject({
      pgtap: { ok: true },
      ours: { ok: true },
    })
  })
})
