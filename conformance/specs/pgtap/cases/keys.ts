import { after, type Call, call, name, names, text } from '../call.ts'
import { allWays, inTurn } from '../ways.ts'

const tables: readonly (readonly [schema: string, table: string])[] = [
  ['zoo', 'animals'],
  ['zoo', 'portions'],
  ['zoo', 'notes'],
  ['zoo', 'feedings'],
  ['Odd Zoo', 'Strange Table'],
  ['nowhere', 'animals'],
  ['zoo', 'nothing'],
]

/** Whether the table has a constraint of a kind, and whether pgTAP needs no description with the schema. */
const existence: readonly Call[] = (
  [
    ['has_pk', true],
    ['hasnt_pk', false],
    ['has_fk', false],
    ['hasnt_fk', false],
    ['has_check', false],
  ] as const
).flatMap(([claim, undescribed]) => [
  ...inTurn(tables, ([schema, table]) => allWays(claim, schema, [name(table)], { undescribed })),
  call(claim, name('Strange Table')),
])

const unique: readonly Call[] = ['keepers', 'feedings', 'notes', 'nothing'].flatMap((table) => [
  call('has_unique', text('zoo'), text(table), text('a description')),
  call('has_unique', text(table), text('a description')),
  call('has_unique', text(table)),
])

type Place = readonly [schema: string, table: string, columns: readonly string[]]

/** Columns of a table, one by its name or several, and whether they are a key or not. */
const columns: readonly Place[] = [
  ['zoo', 'animals', ['id']],
  ['zoo', 'animals', ['keeper_id']],
  ['zoo', 'animals', ['legs']],
  ['zoo', 'animals', ['name', 'species']],
  ['zoo', 'keepers', ['name']],
  ['zoo', 'feedings', ['animal_id', 'fed_at']],
  ['zoo', 'feedings', ['fed_at', 'animal_id']],
  ['zoo', 'feedings', ['fed_at', 'food']],
  ['zoo', 'feedings', ['amount_kg']],
  ['zoo', 'portions', ['animal_id', 'fed_at']],
  ['zoo', 'portions', ['animal_id']],
  ['zoo', 'notes', ['body']],
  ['Odd Zoo', 'Strange Table', ['Some Id']],
  ['Odd Zoo', 'Strange Table', ['has "quotes"']],
  ['zoo', 'nothing', ['nothing']],
  ['Odd Zoo', 'Strange Table', ['Keeper']],
  ['nowhere', 'animals', ['id']],
]

/** Of tables that have such constraints, but for one: there pgTAP has no words. */
const constrained: readonly Place[] = [
  ['zoo', 'feedings', ['amount_kg']],
  ['zoo', 'keepers', ['name']],
  ['zoo', 'keepers', ['id']],
  ['zoo', 'animals', ['legs']],
  ['zoo', 'notes', ['body']],
  ['zoo', 'feedings', ['fed_at', 'food']],
  ['zoo', 'feedings', ['food', 'fed_at']],
  ['zoo', 'animals', ['name', 'species']],
  ['Odd Zoo', 'Strange Table', ['has "quotes"']],
]

const onColumns: readonly Call[] = (
  [
    ['col_is_pk', columns, true],
    ['col_isnt_pk', columns, false],
    ['col_is_fk', columns, false],
    ['col_isnt_fk', columns, false],
    ['col_is_unique', constrained, true],
    ['col_has_check', constrained, false],
  ] as const
).flatMap(([claim, places, undescribed]) => {
  const ways = ([schema, table, [one = '', ...others]]: Place) =>
    allWays(claim, schema, [name(table), others.length === 0 ? name(one) : names(one, ...others)], {
      undescribed,
    })
  const [single, several] = [(at: number) => at === 1, (at: number) => at > 1].map((those) =>
    places.filter(([, , { length }]) => those(length)),
  )
  return [...inTurn(single ?? [], ways), ...inTurn(several ?? [], ways)]
})

/** A foreign key: of a table's columns to another's. */
const references: readonly (readonly [string, readonly string[], string, readonly string[]])[] = [
  ['animals', ['keeper_id'], 'keepers', ['id']],
  ['animals', ['keeper_id'], 'keepers', ['name']],
  ['animals', ['keeper_id'], 'lobby', ['id']],
  ['animals', ['species'], 'keepers', ['id']],
  ['portions', ['animal_id', 'fed_at'], 'feedings', ['animal_id', 'fed_at']],
  ['portions', ['animal_id', 'fed_at'], 'feedings', ['fed_at', 'animal_id']],
  ['portions', ['animal_id'], 'feedings', ['animal_id']],
  ['nothing', ['id'], 'keepers', ['id']],
]

const foreignKeys: readonly Call[] = references.flatMap(([table, columns, other, others]) => {
  const [from, to] = [columns[0] ?? '', others[0] ?? '']
  const several = [
    call('fk_ok', name(table), names(...columns), name(other), names(...others)),
    call('fk_ok', name(table), names(...columns), name(other), names(...others), text('a description')),
    call('fk_ok', name('zoo'), name(table), names(...columns), name('zoo'), name(other), names(...others)),
    call(
      'fk_ok',
      ...[name('zoo'), name(table), names(...columns)],
      ...[name('zoo'), name(other), names(...others), text('a description')],
    ),
  ]
  if (columns.length > 1) return several
  return [
    ...several,
    call('fk_ok', name(table), name(from), name(other), name(to)),
    call('fk_ok', name(table), name(from), name(other), name(to), text('a description')),
    call('fk_ok', name('zoo'), name(table), name(from), name('zoo'), name(other), text(to)),
    call(
      'fk_ok',
      ...[name('zoo'), name(table), name(from)],
      ...[name('zoo'), name(other), name(to), text('a description')],
    ),
  ]
})

/** Without a schema pgTAP goes by the name of the table that is referred to, wherever that is. */
const elsewhere: readonly Call[] = [
  ['keepers', 'id'],
  ['keepers', 'name'],
  ['lobby', 'id'],
].flatMap(([to = '', column = '']) =>
  [
    [name('Keeper'), name(to), name(column)],
    [names('Keeper'), name(to), names(column)],
  ].flatMap((args) =>
    [[], [text('a description')]].map((description) =>
      after(
        ['set local search_path = "Odd Zoo", extensions'],
        call('fk_ok', name('Strange Table'), ...args, ...description),
      ),
    ),
  ),
)

export const keys: readonly Call[] = [
  ...elsewhere,
  ...existence,
  ...unique,
  ...onColumns,
  ...foreignKeys,
  call(
    'fk_ok',
    ...[name('Odd Zoo'), name('Strange Table'), name('Keeper')],
    ...[name('zoo'), name('keepers'), text('id')],
  ),
  call(
    'fk_ok',
    ...[name('zoo'), name('animals'), name('keeper_id')],
    ...[name('Odd Zoo'), name('Strange Table'), text('Some Id')],
  ),
]
