/**
 * The indexes of schema copilot_internal, those of its constraints among them: what is looked up is found without a search.
 */
import { service } from '../../../fixtures/people.ts'
import { tables } from '../../../fixtures/tables.ts'
import { describe, test } from '../../harness/index.ts'

test.for(Object.entries(tables))(
  '%s has these indexes and no other',
  async ([table, { indexes }], { tap }) => {
    await tap.indexDefinitionsAre(`copilot_internal.${table}`, indexes)
  },
)

test('no other table has any, and no view', async ({ tap }) => {
  await tap.tablesAre('copilot_internal', Object.keys(tables))
  await tap.materializedViewsAre('copilot_internal', [])
})

const lists = [
  { table: 'model_pricing', columns: 'provider, model, input_price_per_million, output_price_per_million' },
  { table: 'e2b_pricing', columns: 'tier, region, price_per_second' },
]

describe.each(lists)('$table', ({ table, columns }) => {
  /** A second version that starts when the first did, and ends so much later. */
  const second = (lasts: string) => `
    insert into copilot_internal.${table} (${columns}, effective_date, expires_at)
    select ${columns}, effective_date, effective_date + interval '${lasts}' from copilot_internal.${table} limit 1`

  test('two versions do not start at once, however short', async ({ as }) => {
    await as(service)(second('0')).throwsOk('23505')
    await as(service)(second('1 microsecond')).throwsOk('23505')
  })
})
