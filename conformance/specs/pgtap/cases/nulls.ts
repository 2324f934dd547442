/** NULLs: those that mean something to pgTAP, and some that name nothing. */
import { bool, type Call, call, char, int, name, names, text, value } from '../call.ts'

const FAILS = 'select 1 / 0'

const refusals: readonly Call[] = [FAILS, 'select 1'].flatMap((sql) => [
  call('throws_ok', text(sql), char(null), text(null), text(null)),
  call('throws_ok', text(sql), char('22012'), text(null), text('a description')),
  call('throws_ok', text(sql), char(null), text('division by zero'), text(null)),
  call('throws_ok', text(sql), int(null), text('division by zero'), text('a description')),
  call('throws_ok', text(sql), int('22012'), text(null)),
  call('throws_ok', text(sql), int(null)),
  call('throws_ok', text(sql), text(null)),
  call('throws_ok', text(sql), text('22012'), text(null)),
  call('throws_ok', text(sql), text(null), text('a description')),
  call('throws_ok', text(sql), text('division by zero'), text(null)),
  call('throws_like', text(sql), text('division%'), text(null)),
  call('lives_ok', text(sql), text(null)),
])

/** A description that is NULL is none. */
const undescribed: readonly Call[] = [
  call('ok', bool('true'), text(null)),
  call('ok', bool(null), text(null)),
  call('pass', text(null)),
  call('fail', text(null)),
  call('is', text('one'), text('two'), text(null)),
  call('cmp_ok', value('integer', '1'), text('<'), value('integer', '2'), text(null)),
  call('matches', text('foo'), text('bar'), text(null)),
  call('alike', text('foo'), text('fo%'), text(null)),
  call('results_eq', text('select 1'), text('select 2'), text(null)),
  call('set_eq', text('select 1'), text('select 1'), text(null)),
  call('is_empty', text('select 1'), text(null)),
  call('has_table', name('zoo'), name('animals'), text(null)),
  call('hasnt_table', name('zoo'), name('animals'), text(null)),
  call('col_not_null', name('animals'), name('species'), text(null)),
  call('col_is_null', name('zoo'), name('animals'), name('species'), text(null)),
  call('has_column', name('animals'), name('nothing'), text(null)),
  call('tables_are', name('zoo'), names('animals'), text(null)),
  call('triggers_are', name('animals'), names('nothing'), text(null)),
  call('partitions_are', name('visits'), names('nothing'), text(null)),
  call('policies_are', name('animals'), names('animals_all'), text(null)),
  call('policy_roles_are', name('animals'), name('animals_all'), names('public'), text(null)),
  call('function_returns', name('greet'), names('text'), text('text'), text(null)),
  call('fk_ok', name('animals'), name('keeper_id'), name('keepers'), name('id'), text(null)),
]

/** What is claimed of values. */
const values: readonly Call[] = [
  call('is', text(null), text(null), text('a description')),
  call('isnt', text(null), text('x'), text('a description')),
  call('col_default_is', name('animals'), name('nickname'), text(null)),
  call('col_default_is', name('animals'), name('species'), text(null), text('a description')),
  call('rule_is_on', name('notes'), name('no_deletes'), text(null), text('a description')),
  call('cast_context_is', name('zoo.mood'), name('integer'), text(null), text('a description')),
]

/** pgTAP looks for them, and finds nothing; ours refuses them. */
const nameless: readonly Call[] = [
  call('has_table', name(null), name('animals')),
  call('has_table', name('zoo'), name('')),
  call('has_operator', name('text'), name('zoo'), name('text')),
  call('tables_are', name('zoo'), value('name[]', null)),
]

export const nulls: readonly Call[] = [...refusals, ...undescribed, ...values, ...nameless]
