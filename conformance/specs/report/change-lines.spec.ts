/** What has changed of an object is seen at a glance, also where both sides are long and differ at their end. */
import { expect, test } from '../../harness/index.ts'
import { changeLines } from '../../report/index.ts'

const START =
  'index an_index_of_records: CREATE INDEX an_index_of_records ON copilot_internal.e2b_cost_records USING btree (tier, recorded_at)'

test('of long lines that begin alike, the difference is shown', () => {
  expect(changeLines({ have: START, want: `${START} WHERE is_unpriced` }, 80)).toEqual([
    'index an_index_of_records, have: … btree (tier, recorded_at)',
    'index an_index_of_records, want: … btree (tier, recorded_at) WHERE is_unpriced',
  ])
})

test('short lines, and long ones that differ early, are shown whole', () => {
  expect(changeLines({ have: 'default: 0.90', want: 'default: 0.80' })).toEqual([
    'default, have: 0.90',
    'default, want: 0.80',
  ])
  const [have, want] = [`a: no ${'word '.repeat(30)}`, `a: yes ${'word '.repeat(30)}`]
  expect(changeLines({ have, want }, 80)).toEqual([`a, have: ${have.slice(3)}`, `a, want: ${want.slice(3)}`])
})
