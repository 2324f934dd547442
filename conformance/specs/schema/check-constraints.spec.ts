/**
 * What the tables refuse to hold: every CHECK constraint of the schema, by its name.
 *
 * Method: each table has a row that it accepts, and for each constraint the changes to it that break this one and no
 * other (fixtures/refused-rows.ts). The list is compared with the catalog, so that a constraint without a refusal is
 * noticed.
 */
import { service } from '../../../fixtures/people.ts'
import { type Cells, tables } from '../../../fixtures/refused-rows.ts'
import { tables as all } from '../../../fixtures/tables.ts'
import { describe, test } from '../../harness/index.ts'

function insert(table: string, cells: Cells): string {
  const { accepts } = tables[table] ?? { accepts: {} }
  const row = Object.entries({ ...accepts, ...cells })
  return `insert into copilot_internal.${table} (${row.map(([column]) => column).join(', ')})
          values (${row.map(([, value]) => value).join(', ')})`
}

test('every check constraint of the schema is refused by its name', async ({ tap }) => {
  for (const table of Object.keys(all)) {
    const names = Object.keys(tables[table]?.refuses ?? {}).map((name) => `${table}_${name}`)
    await tap.checksAre(`copilot_internal.${table}`, names)
  }
  await tap.tablesAre('copilot_internal', Object.keys(all))
  await tap.domainsAre('copilot_internal', [])
})

describe.each(Object.entries(tables))('%s', (table, { edges, refuses }) => {
  test('an ordinary row is accepted, and so is each that is just within', async ({ as, session }) => {
    for (const cells of [{}, ...edges]) {
      await session.query('savepoint without')
      await as(service)(insert(table, cells)).livesOk()
      await session.query('rollback to savepoint without')
    }
  })

  test.for(Object.entries(refuses))('%s', async ([name, rows], { as }) => {
    for (const cells of rows) {
      await as(service)(insert(table, cells)).throwsOk('23514', {
        message: new RegExp(`"${table}_${name}"`),
      })
    }
  })
})
